"""The scene of the map: zones, sites, basemap and labels; only what has changed is updated."""

import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import shapely
import shiboken6
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import BasemapByKind, has_streets
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.app.geography.map_themes import ZONE
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.basemap import BASEMAP_SERVICES
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.domain.project import Project
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.labels.label_layer import LabelLayer
from zoneplanner.ui.map.labels.label_texts import (
    LabelContent,
    NamedFeatures,
    ZoneNumberPlacer,
    add_margin,
    collect_named_features,
    compute_map_bounds,
)
from zoneplanner.ui.map.layers import DEFAULT_ARRANGEMENT, MAP_LAYERS, Arrangement, DrawnLayers
from zoneplanner.ui.map.scene.basemap import BasemapLayers
from zoneplanner.ui.map.scene.calls import CallLayer, CallMark, UnitMark
from zoneplanner.ui.map.scene.drawing import SceneTransform
from zoneplanner.ui.map.scene.sites import SiteDisplay, SiteItem, SiteLayer
from zoneplanner.ui.map.scene.tiles import TileBasemap
from zoneplanner.ui.map.scene.user_layers import (
    PinItem,
    PinLayer,
    ReachItem,
    ResponseActionLayer,
    UserLayers,
)
from zoneplanner.ui.map.scene.zones_and_lines import (
    BackgroundLayer,
    Linework,
    ZoneItem,
    ZoneLayer,
    get_background_color,
    merge_district_areas,
)
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.symbology.site_coloring import (
    ColoringChoice,
    SiteColoring,
)
from zoneplanner.ui.widgets.style.theme import Theme


def _has_same_background(before: Project, after: Project) -> bool:
    """Whether basemap, blocks, areas and features are the same, except for the user's layers."""
    identical = ("basemap", "blocks", "jurisdictions")
    if any(getattr(before, name) is not getattr(after, name) for name in identical):
        return False
    if before.features is after.features:
        return True
    user_layers = {layer.id for project in (before, after) for layer in project.user_layers}
    old, new = (
        [feature for feature in project.features if feature.layer not in user_layers]
        for project in (before, after)
    )
    return old == new


def _find_reassigned_sites(before: ProjectState, after: ProjectState) -> frozenset[str]:
    """Return the sites whose zone differs."""
    old = before.plan.assignment if before.plan else {}
    new = after.plan.assignment if after.plan else {}
    return frozenset(site for site, _ in old.items() ^ new.items())


def _find_recolored_sites(before: SiteColoring, after: SiteColoring) -> frozenset[str]:
    """Return the sites whose class, or its look, differs."""
    old, new = (
        [replace(color_class, sites=frozenset()) for color_class in coloring.classes]
        for coloring in (before, after)
    )
    if old != new:
        return frozenset((*before.class_index, *after.class_index))
    return frozenset(site for site, _ in before.class_index.items() ^ after.class_index.items())


_Z_STEP = 0.01
_SERVICES_MAX_M_PX = 20.0
_GROUND_OPACITY = 0.75
_SCENE_MARGIN_SHARE = 2.5
"""On each side of the district: a low and wide map may show it at one end, next to a card."""
_LABEL_DELAY_MS = 90


class MapScene(QGraphicsScene):
    """All items of the map, for a derived project state and the view's scale.

    A scene ``like`` another one reuses its basemap and named features. ``tiles_failed`` carries a
    sentence with the reason why there are no web tiles.
    """

    tiles_failed = Signal(str)

    def __init__(
        self,
        state: ProjectState,
        theme: Theme,
        ratio: float,
        parent: QObject,
        *,
        like: "MapScene | None" = None,
    ) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.arrangement = DEFAULT_ARRANGEMENT
        self.tiles = TileBasemap(self)
        self.tiles.failed.connect(self.tiles_failed)
        self.state, self.theme, self.ratio = state, theme, ratio
        self.m_px = 30.0
        self._window = QRectF()
        self._label_obstacles: tuple[QRect, ...] = ()
        self._label_timer = QTimer(self, singleShot=True, interval=_LABEL_DELAY_MS)
        self._label_timer.timeout.connect(self._invalidate_labels)
        self._restarts_on_paint = False
        self.coloring = SiteColoring(ColoringChoice())
        self.highlighted_class: int | None = None
        self.shown_class: int | None = None
        self.selected_site: str | None = None
        self.selected_zone: str | None = None
        self.hovered: str | None = None
        self.highlights: Mapping[str, str] = {}
        self.actions: Mapping[str, Sequence[str]] = {}
        self.calls: tuple[CallMark, ...] = ()
        self.units: tuple[UnitMark, ...] = ()
        self._reach: BaseGeometry | None = None
        self._reach_item: ReachItem | None = None
        self.named: NamedFeatures | None = like.named if like is not None else None
        self._basemap_read: tuple[object, BasemapByKind] = (
            like._basemap_read if like is not None else (None, {})
        )
        self.paints_at_once = False
        self._rebuild()

    def _rebuild(self) -> None:
        """Create all items again, for example for another project or other areas."""
        self.clear()
        self.tiles.discard_item()
        project = self.state.project
        bounds = compute_map_bounds(project)
        self.frame = SceneTransform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        self._number_placer = ZoneNumberPlacer(self.frame)
        self.home = self.frame.rect(bounds)
        rect = self.frame.rect(add_margin(bounds, _SCENE_MARGIN_SHARE))
        self.setSceneRect(rect)
        self.setBackgroundBrush(get_background_color(project, self.theme))
        self._background = BackgroundLayer(
            rect, project, self.state.basis.cells.outside, self.frame, self.theme
        )
        self._lines = Linework(rect, project, self.frame, self.theme, self.ratio)
        self._basemap = self._read_basemap(rect, project)
        self._labels = LabelLayer(rect, self.theme, self.ratio, self._compose_labels)
        me = weakref.proxy(self)
        self._zones = ZoneLayer(me, self.frame, self.theme, self.ratio)
        self._sites = SiteLayer(me, self.frame, self.theme, self.ratio)
        self._pins = PinLayer(me, self.frame, self.theme)
        self._actions = ResponseActionLayer(me, self.frame, self.theme)
        self._calls = CallLayer(me, self.frame, self.theme)
        self.zones: Mapping[str, ZoneItem] = self._zones.items
        self.sites: Mapping[str, SiteItem] = self._sites.items
        self.pins: Mapping[str, PinItem] = self._pins.items
        self._user_layers = UserLayers(me, rect, self.frame, self.theme)
        self._lines.add_to(self)
        for item in (self._background, *self._basemap.items.values(), self._labels):
            self.addItem(item)
        self.named = collect_named_features(project, self.frame, self.named)
        self._user_layers.show(project)
        self._apply_arrangement()
        self._reach_item = None
        self.show_reach_area(self._reach)
        self._update_items()

    def _read_basemap(self, rect: QRectF, project: Project) -> BasemapLayers:
        """Return the project's basemap, which is only read if it has changed."""
        if self._basemap_read[0] is not project.basemap:
            self._basemap_read = (project.basemap, find_basemap(project))
        district = merge_district_areas(project)
        return BasemapLayers(self._basemap_read[1], district, rect, self.frame, self.theme)

    @property
    def has_streets(self) -> bool:
        """Whether a basemap's streets replace the project's main streets."""
        return has_streets(self._basemap_read[1])

    def show_state(
        self, state: ProjectState, coloring: SiteColoring, *, transient: bool = False
    ) -> None:
        """Show another state, updating only what differs; a ``transient`` one moves no label."""
        before, self.state = self.state, state
        old, self.coloring = self.coloring, coloring
        if not _has_same_background(before.project, state.project):
            self._rebuild()
        elif transient and before.project.sites is state.project.sites:
            self._show_zones()
            self._show_sites(
                only=_find_reassigned_sites(before, state) | _find_recolored_sites(old, coloring)
            )
        elif before is state and old.choice == coloring.choice:  # as after most entries
            self._show_sites(only=_find_recolored_sites(old, coloring))
            self._schedule_labels(delayed=True)
        else:
            self._update_items()

    def set_theme(self, theme: Theme) -> None:
        """Change the colors of everything."""
        self.theme = theme
        self._rebuild()

    def arrange(self, arrangement: Arrangement) -> None:
        """Apply an arrangement of the layers."""
        self.arrangement = arrangement
        self._apply_arrangement()
        self._update_items()

    @property
    def shown(self) -> dict[str, bool]:
        """Which of the map's own layers are shown."""
        return {name: self.arrangement.shows(name) for name in MAP_LAYERS}

    def select(self, site: str | None, zone: str | None) -> None:
        """Highlight the selection; with open calls, labels are placed after a delay."""
        changed = {self.selected_site, site}
        self.selected_site, self.selected_zone = site, zone
        self._outline_selected_zone()
        self._show_sites(only=changed)
        self._schedule_labels()

    def show_reach_area(self, area: BaseGeometry | None) -> None:
        """Show the area that a unit reaches; None removes it."""
        if self._reach_item is not None:
            self.remove_item(self._reach_item)
        self._reach, self._reach_item = area, None
        if area is not None:
            self._reach_item = ReachItem(area, self.frame, self.theme)
            self.addItem(self._reach_item)

    def hover(self, site: str | None) -> None:
        """Highlight the site under the pointer."""
        if site != self.hovered:
            changed = {self.hovered, site}
            self.hovered = site
            self._show_sites(only=changed)

    def highlight_zones(self, highlights: Mapping[str, str]) -> None:
        """Show zones as targets or dimmed, by zone; all others are normal."""
        if highlights != self.highlights:
            self.highlights = dict(highlights)
            self._fill_zones()

    def show_actions(self, actions: Mapping[str, Sequence[str]]) -> None:
        """Mark sites with the names of their active response actions."""
        if actions != self.actions:
            self.actions = actions
            self._actions.show(actions, self.state.project.sites)
            self._schedule_labels()

    def show_calls(self, calls: Sequence[CallMark], units: Sequence[UnitMark]) -> None:
        """Show open calls, the line from the proposed unit to its call, and available units."""
        if (tuple(calls), tuple(units)) != (self.calls, self.units):
            self.calls, self.units, before = tuple(calls), tuple(units), self._calls.marks
            self._calls.show(self.calls, self.units)
            if self._calls.marks != before:
                self._schedule_labels(delayed=True)  # so that a stamp does not wait for labels

    def highlight_class(self, class_index: int | None) -> None:
        """Ring the sites of a class of the coloring; None removes the rings."""
        if class_index != self.highlighted_class:
            self.highlighted_class = class_index
            self._show_sites()

    def show_only_class(self, class_index: int | None) -> None:
        """Fade all sites except those of a class of the coloring; None ends that."""
        if class_index != self.shown_class:
            self.shown_class = class_index
            self._show_sites()

    def zoomed(self, m_px: float, window: QRectF, *, transient: bool = False) -> None:
        """Follow the view to another scale; if it is ``transient``, labels are placed later."""
        style_changed = MAP_STYLE.at(m_px) is not MAP_STYLE.at(self.m_px)
        self.m_px = m_px
        self._window = QRectF(window)
        if style_changed:
            self._show_sites()
            self._fill_zones()
        else:
            self._sites.separate_symbols(m_px)
        if transient:
            self._label_timer.start()
            self._restarts_on_paint = True
        else:
            self._labels.invalidate()

    def restart_label_delay(self) -> None:
        """Restart the delay before labels are placed when a zoomed map has been painted.

        On a slow computer, labels would otherwise be placed between two turns of the wheel.
        """
        if self._restarts_on_paint and self._label_timer.isActive():
            self._label_timer.start()
        self._restarts_on_paint = False

    def set_label_obstacles(self, obstacles: Sequence[QRect]) -> None:
        """Keep labels clear of rectangles, in pixels of the view."""
        if tuple(obstacles) != self._label_obstacles:
            self._label_obstacles = tuple(obstacles)
            self._schedule_labels()

    def panned(self, window: QRectF) -> None:
        """Follow the view to another position; labels are placed again only if necessary."""
        self._window = QRectF(window)
        moved = self._number_placer.follow(self.state, window, self.m_px)
        if moved or not self._labels.covers(window):
            self._schedule_labels()

    def _schedule_labels(self, *, delayed: bool = False) -> None:
        """Place the labels again: before the next painting, or after a delay if it takes long.

        It takes long if thousands of streets have names, or if pins of calls must not overlap. The
        first labels are never delayed.
        """
        if (delayed or self._basemap_read[1] or self.calls) and self._labels.placed:
            self._label_timer.start()
        else:
            self._labels.invalidate()

    def site_at(self, point: QPointF, m_px: float) -> str | None:
        """Return the nearest site whose symbol is at a point of the scene."""
        return self._sites.at(point, m_px)

    def nearest_site(self, point: QPointF) -> str | None:
        """Return the visible site nearest to a point of the scene."""
        return self._sites.at(point, self.m_px, reach_px=inf)

    def site_toward(self, start: str, direction: tuple[int, int]) -> str | None:
        """Return the site next to another one in a direction on the screen (right, down)."""
        known = start in self._sites.items
        return self._sites.toward(start, direction, self.m_px) if known else None

    def pin_at(self, point: QPointF) -> Pin | None:
        """Return the note whose flag is at a point of the scene."""
        return self._pins.at(point, self.m_px) if self.pins else None

    def remove_item(self, item: QGraphicsItem) -> None:
        """Remove a tool's item, unless it was deleted with an earlier map."""
        if shiboken6.isValid(item) and item.scene() is self:
            self.removeItem(item)

    def zone_at(self, point: QPointF) -> str | None:
        """Return the zone at a point of the scene."""
        return find_zone_at(self.state, *self.frame.to_project_m(point))

    @property
    def drawn(self) -> DrawnLayers:
        """Which layers are drawn, for the key to the symbols."""
        extents = {key: item.dimensions for key, item in self._user_layers.items.items()}
        return DrawnLayers(self.arrangement.shows, extents)

    @property
    def label_boxes(self) -> Mapping[str, QRectF]:
        """The boxes of all labels, in pixels at the current scale.

        The key is a site's id, ``zone`` and its id, or ``street`` or ``place`` and a name.
        """
        self._labels.ensure_arranged()
        return self._labels.placed

    def find_number_position(self, zone: str) -> QPointF | None:
        """Return the position of a zone's number in the scene, or None if it is out of view."""
        self._labels.ensure_arranged()
        return self._number_placer.positions.get(zone)

    def render_symbol(self, look: site_coloring.SiteSymbol) -> QPixmap:
        """Return the picture of a symbol."""
        return self._sites.render(look)

    def _update_items(self) -> None:
        if self._user_layers.show(self.state.project):
            self._apply_arrangement()
        self._show_zones()
        self._show_sites()
        z, opacity = self._layer_heights["pins"]
        self._pins.show(self.state, shown=self.shown["pins"], z=z, opacity=opacity)
        self._actions.show(self.actions, self.state.project.sites)
        self._calls.show(self.calls, self.units)
        self._outline_selected_zone()
        self._labels.invalidate()

    def _apply_arrangement(self) -> None:
        """Set the z value, opacity and visibility of each layer, and show web tiles."""
        look = self.arrangement
        z_values = look.compute_z_values([layer.id for layer in self.state.project.user_layers])
        heights = {name: (z, look.get_opacity(name)) for name, z in z_values.items()}
        self._layer_heights = heights
        for name, item in (*self._lines.items.items(), *self._user_layers.items.items()):
            item.setZValue(heights[name][0])
            item.setOpacity(heights[name][1])
            item.setVisible(look.shows(name))
        tiled = self.tiles.show(self, self.state.project.crs, self.frame, look)
        for name, picture in self._basemap.items.items():
            # painting the ground over the fills is faster than making the fills transparent
            z, opacity = heights["zones" if name == "ground" else name]
            picture.setZValue(z + _Z_STEP)
            picture.setOpacity(_GROUND_OPACITY if name == "ground" else opacity)
            picture.setVisible(look.shows(name) and not (tiled and name == "ground"))
            picture.paints_at_once = self.paints_at_once
        for name in ("roads", "river") if self.has_streets else ():
            self._lines.items[name].setVisible(False)
        (self._zones.z, self._zones.opacity), self._zones.clear = heights["zones"], tiled
        self._lines.set_selection_z(heights["sites"][0] - _Z_STEP)
        self._zones.band_z = max(self._zones.z, heights["edges"][0]) - _Z_STEP
        self._sites.set_stacking(heights["sites"], heights["others"])
        self._background.shown = {name: look.shows(name) for name in self._background.shown}
        self._background.shown["roads"] &= not self.has_streets
        self._background.tiled = tiled
        self._background.update()

    def _show_zones(self) -> None:
        outlines = self.state.outlines
        self._fill_zones()
        self._lines.set_outlines({zone: outline.area for zone, outline in outlines.items()})
        self._lines.show_connections(self.state.project)

    def _fill_zones(self) -> None:
        muted, shown = self.coloring.subject != ZONE, self.shown["zones"]
        self._zones.show(self.state, self.highlights, muted=muted, shown=shown, m_px=self.m_px)

    def _outline_selected_zone(self) -> None:
        outline, shown = self.state.outlines.get(self.selected_zone or ""), self.shown
        visible = outline is not None and (shown["zones"] or shown["edges"])
        self._lines.show_selection(outline.area if outline and visible else None)

    def _show_sites(self, only: Collection[str | None] | None = None) -> None:
        self._sites.show(self.state, self._get_site_display(), only=only)

    def _get_site_display(self) -> SiteDisplay:
        return SiteDisplay(
            coloring=self.coloring,
            selected=self.selected_site,
            hovered=self.hovered,
            highlighted=self.coloring.list_class_sites(self.highlighted_class) or frozenset(),
            unfaded=self.coloring.list_class_sites(self.shown_class),
            m_px=self.m_px,
            shown=self.shown["sites"],
            others=self.shown["others"],
        )

    def _invalidate_labels(self) -> None:
        self._labels.invalidate()

    def _compose_labels(self) -> None:
        """Place the labels for the current scale and state, once the view has a size."""
        if self._window.isEmpty():
            return
        self._number_placer.follow(self.state, self._window, self.m_px)
        shown, state = self.shown, self.state
        site_field = self.arrangement.labels.get("sites", "name")
        named = self.named or collect_named_features(state.project, self.frame)
        window = self._labels.around(self._window)
        content = LabelContent(
            sites=self._sites.list_labels(state, self.selected_site, site_field),
            zones=self._number_placer.list_labels(state, self.coloring) if shown["zones"] else (),
            streets=named.streets if shown["names"] and shown["roads"] else (),
            rivers=named.rivers if shown["names"] and shown["river"] else (),
            places=named.places if shown["names"] else (),
            features=self._user_layers.list_labels(state.project, self.arrangement, window)
            if self._user_layers.items
            else (),
        )
        if shown["names"] and self._basemap_read[1]:
            content = replace(content, **self._list_basemap_labels(named, window))
        self._labels.content = content
        obstacles = self._label_obstacles
        numbers = self._labels.place_numbers(1 / self.m_px, self._window, obstacles)
        marks = list(self._actions.marks)
        if self._calls.items:
            symbols = [
                item.pos() / self.m_px + item.shift
                for item in self.sites.values()
                if item.isVisible()
            ]
            self._calls.arrange(self.m_px, marks, symbols, numbers)
            marks += self._calls.marks
        self._labels.arrange(marks)

    def _list_basemap_labels(self, named: NamedFeatures, window: QRectF) -> dict[str, Any]:
        """Return the basemap's labels, which replace fields of ``LabelContent``."""
        shown = self.shown
        known = {name.casefold() for name, _ in named.places}
        places = [
            (name, np.array([[x, y]]))
            for _, name, x, y in self._basemap.list_places()
            if name.casefold() not in known
        ]
        labels: dict[str, Any] = {"places": [*named.places, *places]}
        if shown["roads"] and self.has_streets:
            streets = self._basemap.list_street_names(window, self.m_px)
            labels["local_streets"] = streets.pop("local", ())
            labels["streets"] = [line for lines in streets.values() for line in lines]
            labels["shields"] = self._basemap.list_shields(window)
        if shown["ground"] and self.m_px < _SERVICES_MAX_M_PX:
            labels["services"] = self._basemap.list_points(BASEMAP_SERVICES)
        return labels


def find_zone_at(state: ProjectState, x_m: float, y_m: float) -> str | None:
    """Return the zone at a position in meters."""
    for zone, outline in state.outlines.items():
        if shapely.intersects_xy(outline.area, x_m, y_m):
            return zone
    return None
