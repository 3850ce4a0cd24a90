"""The scene of the map: layers of zones, sites and basemap; only what changed is drawn again."""

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
    """True where blocks, areas and features are the same, but for layers of the user's own."""
    if before.basemap is not after.basemap:
        return False
    if before.blocks is not after.blocks or before.jurisdictions is not after.jurisdictions:
        return False
    if before.features is after.features:
        return True
    own = {layer.id for project in (before, after) for layer in project.user_layers}
    old, new = (
        [item for item in project.features if item.layer not in own] for project in (before, after)
    )
    return old == new


def _find_reassigned_sites(before: ProjectState, after: ProjectState) -> frozenset[str]:
    """Return the sites whose zone differs."""
    old = before.plan.assignment if before.plan else {}
    new = after.plan.assignment if after.plan else {}
    return frozenset(site for site, _ in old.items() ^ new.items())


def _find_recolored_sites(before: SiteColoring, after: SiteColoring) -> frozenset[str]:
    """Return the sites whose shade differs."""
    old, new = ([replace(one, sites=frozenset()) for one in of.shades] for of in (before, after))
    if old != new:
        return frozenset((*before.place, *after.place))
    return frozenset(site for site, _ in before.place.items() ^ after.place.items())


_BELOW = 0.01
_SERVICES_BELOW_M_PX = 20.0
_GROUND_SHARE = 0.75
_ROOM_SHARE = 2.5
"""Of the district on each side: a low and wide map shows it at one end, beside a card."""
_REST_MS = 90


class MapScene(QGraphicsScene):
    """All items of the map. The view tells the scale; the rest follows from the reading.

    A scene ``like`` another one takes over what that knows of the same ground. ``tiles_failed``
    says in a sentence why there are no web tiles.
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
        self._held: tuple[QRect, ...] = ()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._spoil_words)
        self._unpainted = False
        self.coloring = SiteColoring(ColoringChoice())
        self.marked: int | None = None
        self.picked: int | None = None
        self.chosen_site: str | None = None
        self.chosen_zone: str | None = None
        self.hovered: str | None = None
        self.highlights: Mapping[str, str] = {}
        self.actions: Mapping[str, Sequence[str]] = {}
        self.calls: tuple[CallMark, ...] = ()
        self.units: tuple[UnitMark, ...] = ()
        self._numbered = np.empty((0, 4))
        self._reach: BaseGeometry | None = None
        self._reach_item: ReachItem | None = None
        self.named: NamedFeatures | None = like.named if like is not None else None
        self._ground_read: tuple[object, BasemapByKind] = (
            like._ground_read if like is not None else (None, {})
        )
        self.complete = False
        self._lay_out()

    def _lay_out(self) -> None:
        """Make everything anew, as for another project or other areas."""
        self.clear()
        self.tiles.forget()
        project = self.state.project
        bounds = compute_map_bounds(project)
        self.frame = SceneTransform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        self._numbers = ZoneNumberPlacer(self.frame)
        self.home = self.frame.rect(bounds)
        rect = self.frame.rect(add_margin(bounds, _ROOM_SHARE))
        self.setSceneRect(rect)
        self.setBackgroundBrush(get_background_color(project, self.theme))
        self._ground = BackgroundLayer(
            rect, project, self.state.basis.cells.outside, self.frame, self.theme
        )
        self._lines = Linework(rect, project, self.frame, self.theme, self.ratio)
        self._basemap = self._read_basemap(rect, project)
        self._words = LabelLayer(rect, self.theme, self.ratio, self._write)
        me = weakref.proxy(self)
        self._zones = ZoneLayer(me, self.frame, self.theme, self.ratio)
        self._sites = SiteLayer(me, self.frame, self.theme, self.ratio)
        self._pins = PinLayer(me, self.frame, self.theme)
        self._actions = ResponseActionLayer(me, self.frame, self.theme)
        self._calls = CallLayer(me, self.frame, self.theme)
        self.zones: Mapping[str, ZoneItem] = self._zones.items
        self.sites: Mapping[str, SiteItem] = self._sites.items
        self.pins: Mapping[str, PinItem] = self._pins.items
        self._own = UserLayers(me, rect, self.frame, self.theme)
        self._lines.add_to(self)
        for item in (self._ground, *self._basemap.items.values(), self._words):
            self.addItem(item)
        self.named = collect_named_features(project, self.frame, self.named)
        self._own.show(project)
        self._show_layers()
        self._reach_item = None
        self.show_reach_area(self._reach)
        self._read_all()

    def _read_basemap(self, rect: QRectF, project: Project) -> BasemapLayers:
        """Take the project's basemap; what was read of the very same one is not read again."""
        if self._ground_read[0] is not project.basemap:
            self._ground_read = (project.basemap, find_basemap(project))
        district = merge_district_areas(project)
        return BasemapLayers(self._ground_read[1], district, rect, self.frame, self.theme)

    @property
    def has_streets(self) -> bool:
        """True where streets of a basemap take the place of the project's main streets."""
        return has_streets(self._ground_read[1])

    def show_state(
        self, state: ProjectState, coloring: SiteColoring, *, passing: bool = False
    ) -> None:
        """Show another state; only what differs is made anew, and no word moves in passing."""
        before, self.state = self.state, state
        old, self.coloring = self.coloring, coloring
        if not _has_same_background(before.project, state.project):
            self._lay_out()
        elif passing and before.project.sites is state.project.sites:
            self._show_zones()
            self._show_sites(
                only=_find_reassigned_sites(before, state) | _find_recolored_sites(old, coloring)
            )
        elif before is state and old.choice == coloring.choice:  # as after most entries
            self._show_sites(only=_find_recolored_sites(old, coloring))
            self._arrange_soon(at_rest=True)
        else:
            self._read_all()

    def set_theme(self, theme: Theme) -> None:
        """Paint everything in other colors."""
        self.theme = theme
        self._lay_out()

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order, more or less opaque, with other labels."""
        self.arrangement = arrangement
        self._show_layers()
        self._read_all()

    @property
    def shown(self) -> dict[str, bool]:
        """Which of the map's own layers are shown."""
        return {name: self.arrangement.shows(name) for name in MAP_LAYERS}

    def choose(self, site: str | None, zone: str | None) -> None:
        """Mark what is selected; beside open calls its name follows once the map rests."""
        changed = {self.chosen_site, site}
        self.chosen_site, self.chosen_zone = site, zone
        self._show_chosen_zone()
        self._show_sites(only=changed)
        self._arrange_soon()

    def show_reach_area(self, area: BaseGeometry | None) -> None:
        """Show the area that a unit reaches, None of none."""
        if self._reach_item is not None:
            self.remove_tool_item(self._reach_item)
        self._reach, self._reach_item = area, None
        if area is not None:
            self._reach_item = ReachItem(area, self.frame, self.theme)
            self.addItem(self._reach_item)

    def hover(self, site: str | None) -> None:
        """Ring the site under the pointer."""
        if site != self.hovered:
            changed = {self.hovered, site}
            self.hovered = site
            self._show_sites(only=changed)

    def highlight_zones(self, highlights: Mapping[str, str]) -> None:
        """Let zones stand out as targets or step back, by zone; those not named are normal."""
        if highlights != self.highlights:
            self.highlights = dict(highlights)
            self._fill_zones()

    def show_actions(self, actions: Mapping[str, Sequence[str]]) -> None:
        """Mark the sites where response actions go on, by their names."""
        if actions != self.actions:
            self.actions = actions
            self._actions.show(actions, self.state.project.sites)
            self._arrange_soon()

    def show_calls(self, calls: Sequence[CallMark], units: Sequence[UnitMark]) -> None:
        """Mark open calls, the way of the unit that is proposed, and units that wait or drive."""
        if (tuple(calls), tuple(units)) != (self.calls, self.units):
            self.calls, self.units, before = tuple(calls), tuple(units), self._calls.marks
            self._calls.show(self.calls, self.units)
            if self._calls.marks != before:
                self._arrange_soon(at_rest=True)  # or each stamp would wait for the words

    def mark(self, shade: int | None) -> None:
        """Ring the sites of a shade of the coloring, None of none."""
        if shade != self.marked:
            self.marked = shade
            self._show_sites()

    def pick(self, shade: int | None) -> None:
        """Let all sites but those of a shade of the coloring step back, None none."""
        if shade != self.picked:
            self.picked = shade
            self._show_sites()

    def zoomed(self, m_px: float, window: QRectF, *, passing: bool = False) -> None:
        """Follow the view to another scale; in passing the words stay as they are arranged."""
        grown = MAP_STYLE.at(m_px) is not MAP_STYLE.at(self.m_px)
        self.m_px = m_px
        self._window = QRectF(window)
        if grown:
            self._show_sites()
            self._fill_zones()
        else:
            self._sites.move_apart(m_px)
        if passing:
            self._rest.start()
            self._unpainted = True
        else:
            self._words.invalidate()

    def count_rest(self) -> None:
        """Count the rest of a map that is zoomed from when it was painted.

        On a slow machine the words would else be arranged between two turns of the wheel.
        """
        if self._unpainted and self._rest.isActive():
            self._rest.start()
        self._unpainted = False

    def hold(self, held: Sequence[QRect]) -> None:
        """Keep words from what stands on the view, in its pixels, when they are arranged next."""
        if tuple(held) != self._held:
            self._held = tuple(held)
            self._arrange_soon()

    def panned(self, window: QRectF) -> None:
        """Follow the view sideways; numbers stay in view, words are arranged anew at times."""
        self._window = QRectF(window)
        moved = self._numbers.follow(self.state, window, self.m_px)
        if not moved and self._words.covers(window):
            return
        self._arrange_soon()

    def _arrange_soon(self, *, at_rest: bool = False) -> None:
        """Have the words arranged anew: at once, or at rest where it takes long.

        So it does where thousands of streets have names, or calls have pins that must not lie over
        each other. At the first picture nothing is arranged yet that could stand in.
        """
        if (at_rest or self._ground_read[1] or self.calls) and self._words.placed:
            self._rest.start()
        else:
            self._words.invalidate()

    def site_at(self, point: QPointF, m_px: float) -> str | None:
        """Return the site whose symbol is at a point of the scene, the nearest of several."""
        return self._sites.at(point, m_px)

    def nearest_site(self, point: QPointF) -> str | None:
        """Return the visible site nearest to a point of the scene."""
        return self._sites.at(point, self.m_px, reach_px=inf)

    def site_toward(self, start: str, way: tuple[int, int]) -> str | None:
        """Return the site next to another one in a direction of the screen."""
        return self._sites.toward(start, way, self.m_px) if start in self._sites.items else None

    def pin_at(self, point: QPointF) -> Pin | None:
        """Return the note whose flag is at a point of the scene."""
        return self._pins.at(point, self.m_px) if self.pins else None

    def remove_tool_item(self, item: QGraphicsItem) -> None:
        """Remove what a tool put on the map; what went with an earlier map is gone already."""
        if shiboken6.isValid(item) and item.scene() is self:
            self.removeItem(item)

    def zone_at(self, point: QPointF) -> str | None:
        """Return the zone of the present outlines at a point of the scene."""
        return find_zone_at(self.state, *self.frame.to_project_m(point))

    @property
    def drawn(self) -> DrawnLayers:
        """What is known of the layers, for the legend."""
        own = {key: item.extents for key, item in self._own.items.items()}
        return DrawnLayers(self.arrangement.shows, own)

    @property
    def words(self) -> Mapping[str, QRectF]:
        """What is written, by key, as boxes in pixels at the present scale.

        Keys are a site's id, ``zone`` and its id, ``street`` or ``place`` and a name.
        """
        self._words.ensure_arranged()
        return self._words.placed

    def zone_spot(self, zone: str) -> QPointF | None:
        """Return where a zone's number stands in the scene, None out of view."""
        self._words.ensure_arranged()
        return self._numbers.spots.get(zone)

    def render_symbol(self, look: site_coloring.SiteSymbol) -> QPixmap:
        """Return the picture of a look."""
        return self._sites.picture_of(look)

    def _read_all(self) -> None:
        if self._own.show(self.state.project):
            self._show_layers()
        self._show_zones()
        self._show_sites()
        z, opacity = self._stand["pins"]
        self._pins.show(self.state, shown=self.shown["pins"], z=z, opacity=opacity)
        self._actions.show(self.actions, self.state.project.sites)
        self._calls.show(self.calls, self.units)
        self._show_chosen_zone()
        self._words.invalidate()

    def _show_layers(self) -> None:
        """Give each layer its height, opacity and visibility, and the map its web tiles."""
        look = self.arrangement
        heights = look.compute_z_values([layer.id for layer in self.state.project.user_layers])
        stand = self._stand = {name: (z, look.get_opacity(name)) for name, z in heights.items()}
        for name, item in (*self._lines.items.items(), *self._own.items.items()):
            item.setZValue(stand[name][0])
            item.setOpacity(stand[name][1])
            item.setVisible(look.shows(name))
        tiled = self.tiles.lay(self, self.state.project.crs, self.frame, look)
        for name, picture in self._basemap.items.items():
            # ground over the fills costs less than fills that let the ground show
            above, share = ("zones", _GROUND_SHARE) if name == "ground" else (name, stand[name][1])
            picture.setZValue(stand[above][0] + _BELOW)
            picture.setOpacity(share)
            picture.setVisible(look.shows(name) and not (tiled and name == "ground"))
            picture.complete = self.complete
        for name in ("roads", "river") if self.has_streets else ():
            self._lines.items[name].setVisible(False)
        (self._zones.z, self._zones.opacity), self._zones.clear = stand["zones"], tiled
        self._lines.raise_selection(stand["sites"][0] - _BELOW)
        self._zones.band_z = max(self._zones.z, stand["edges"][0]) - _BELOW
        self._sites.stand(stand["sites"], stand["others"])
        self._ground.shown = {name: look.shows(name) for name in self._ground.shown}
        self._ground.shown["roads"] &= not self.has_streets
        self._ground.tiled = tiled
        self._ground.update()

    def _show_zones(self) -> None:
        outlines = self.state.outlines
        self._fill_zones()
        self._lines.set_outlines({zone: outline.area for zone, outline in outlines.items()})
        self._lines.show_connections(self.state.project)

    def _fill_zones(self) -> None:
        muted, shown = self.coloring.subject != ZONE, self.shown["zones"]
        self._zones.show(self.state, self.highlights, muted=muted, shown=shown, m_px=self.m_px)

    def _show_chosen_zone(self) -> None:
        outline, shown = self.state.outlines.get(self.chosen_zone or ""), self.shown
        self._lines.choose(outline.area if outline and (shown["zones"] or shown["edges"]) else None)

    def _show_sites(self, only: Collection[str | None] | None = None) -> None:
        self._sites.show(self.state, self._showing(), only=only)

    def _showing(self) -> SiteDisplay:
        return SiteDisplay(
            coloring=self.coloring,
            chosen=self.chosen_site,
            hovered=self.hovered,
            marked=self.coloring.list_class_sites(self.marked) or frozenset(),
            picked=self.coloring.list_class_sites(self.picked),
            m_px=self.m_px,
            shown=self.shown["sites"],
            others=self.shown["others"],
        )

    def _spoil_words(self) -> None:
        self._words.invalidate()

    def _write(self) -> None:
        """Arrange the words for the present scale and state, once the view has told its window."""
        if self._window.isEmpty():
            return
        self._numbers.follow(self.state, self._window, self.m_px)
        shown, labels = self.shown, self.arrangement.labels
        ground = self.named or collect_named_features(self.state.project, self.frame)
        content = LabelContent(
            sites=self._sites.words(self.state, self.chosen_site, labels.get("sites", "name")),
            zones=self._numbers.words(self.state, self.coloring) if shown["zones"] else (),
            streets=ground.streets if shown["names"] and shown["roads"] else (),
            rivers=ground.rivers if shown["names"] and shown["river"] else (),
            places=ground.places if shown["names"] else (),
            own=self._own.words(
                self.state.project, self.arrangement, self._words.around(self._window)
            )
            if self._own.items
            else (),
        )
        if shown["names"] and self._ground_read[1]:
            content = replace(content, **self._write_basemap(ground))
        self._words.content = content
        self._numbered = self._words.place_numbers(1 / self.m_px, self._window, self._held)
        marks = list(self._actions.marks)
        if self._calls.items:
            self._stand_calls()
            marks += self._calls.marks
        self._words.arrange(marks)

    def _stand_calls(self) -> None:
        """Let pins and plates stand clear of each other, of numbers and of other schools."""
        symbols = [
            item.pos() / self.m_px + item.shift for item in self.sites.values() if item.isVisible()
        ]
        self._calls.arrange(self.m_px, self._actions.marks, symbols, self._numbered)

    def _write_basemap(self, ground: NamedFeatures) -> dict[str, Any]:
        """Return what the basemap adds to the words, or puts in place of the project's."""
        around, shown = self._words.around(self._window), self.shown
        known = {name.casefold() for name, _ in ground.places}
        places = [
            (name, np.array([[x, y]]))
            for _, name, x, y in self._basemap.list_places()
            if name.casefold() not in known
        ]
        found: dict[str, Any] = {"places": [*ground.places, *places]}
        if shown["roads"] and self.has_streets:
            named = self._basemap.list_street_names(around, self.m_px)
            found["streets"] = [line for kind in named if kind != "local" for line in named[kind]]
            found["local_streets"] = named.get("local", ())
            found["shields"] = self._basemap.list_shields(around)
        if shown["ground"] and self.m_px < _SERVICES_BELOW_M_PX:
            found["services"] = self._basemap.list_points(BASEMAP_SERVICES)
        return found


def find_zone_at(state: ProjectState, x_m: float, y_m: float) -> str | None:
    """Return the zone of a reading's outlines at a position in meters."""
    for zone, outline in state.outlines.items():
        if shapely.intersects_xy(outline.area, x_m, y_m):
            return zone
    return None
