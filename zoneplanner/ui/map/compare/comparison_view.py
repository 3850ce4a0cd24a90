"""The maps of two plans, arranged for comparison; they have the same position and scale."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.plans.comparison import PlanPair
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.compare.change_legend import ChangeLegend
from zoneplanner.ui.map.compare.compared_maps import (
    DifferenceMap,
    ReadOnlyMap,
)
from zoneplanner.ui.map.compare.overlays import ComparisonOverlays, PointerMarker, SwipeDivider
from zoneplanner.ui.map.compare.zone_transfers import describe_site_change, group_transfers
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.viewport import ZONE_MARGIN, Viewpoint
from zoneplanner.ui.widgets.style.theme import GRID_PX, Theme

SWIPE, SIDE, DIFFERENCE = "swipe", "side", "difference"
_MODES = (SWIPE, SIDE, DIFFERENCE)
_GAP_PX = GRID_PX
_SITE_M_PX = 6.0
_LABEL_DELAY_MS = 120


class ComparisonView(QWidget):
    """Plan A on the left and plan B on the right, or one map of the differences.

    ``cursor_moved`` carries project meters; ``clicked`` carries a site and a zone, ``hovered`` the
    site under the pointer, or None.
    """

    cursor_moved = Signal(float, float)
    clicked = Signal(object, object)
    hovered = Signal(object)

    def __init__(self, pair: PlanPair, theme: Theme, main: MapScene) -> None:
        super().__init__()
        self.setMinimumSize(240, 180)
        self.setAccessibleName("Maps of both plans; every moved site is also a row of the table.")
        self._theme, self._pair = theme, pair
        self.mode = SWIPE
        self._ignores_moves = False
        self._selection: tuple[str | None, str | None] = (None, None)
        self._left, self._right = QWidget(self), QWidget(self)
        self.before = ReadOnlyMap(pair.before, theme, self._left, main)
        self.after = ReadOnlyMap(pair.after, theme, self._right, main)
        self.difference_map: DifferenceMap | None = None
        self._shown_pair: PlanPair | None = None
        self.overlays = ComparisonOverlays(theme, self)
        self.legend = ChangeLegend(theme, self)
        self.pointer_marker = PointerMarker(theme, self)
        self.divider = SwipeDivider(theme, self)
        self.divider.moved.connect(self._lay_out)
        self._label_timer = QTimer(self, singleShot=True, interval=_LABEL_DELAY_MS)
        self._label_timer.timeout.connect(self._update_label_obstacles)
        self.legend.toggled.connect(self._lay_out)
        for map_view in (self.before, self.after):
            self._connect_map(map_view)
        self.overlays.credits.show_sources(main)
        self._show_mode()

    @property
    def maps(self) -> tuple[ReadOnlyMap, ...]:
        """The maps of the current mode, the leading one first."""
        if self.mode == DIFFERENCE:
            return (self._get_difference_map(),)
        return (self.after, self.before)

    @property
    def lead(self) -> ReadOnlyMap:
        """The map whose viewpoint the others follow."""
        return self.maps[0]

    def show_comparison(
        self, pair: PlanPair, tags: tuple[str, str], formats: LocaleFormats
    ) -> None:
        """Show another pair of states; ``tags`` are the plans' names on the maps."""
        self.overlays.scale_bar.set_formats(formats)
        self._pair = pair
        self.before.show_state(pair.before)
        self.after.show_state(pair.after)
        if self.mode == DIFFERENCE:
            self._get_difference_map()
        self.legend.show_groups(group_transfers(pair))
        self.overlays.set_plan_names(tags)
        self._show_selection()
        self._lay_out()

    def set_mode(self, mode: str) -> None:
        """Change the mode, but not the viewpoint; an unknown mode raises ValueError."""
        if mode not in _MODES:
            raise ValueError(mode)
        get_viewpoint = self.get_viewpoint()
        self.mode = mode
        self._show_mode()
        self.look_at(get_viewpoint)

    def get_viewpoint(self) -> Viewpoint:
        """Return the viewpoint of the maps."""
        return self.lead.viewpoint()

    def look_at(self, get_viewpoint: Viewpoint) -> None:
        """Move all maps to a viewpoint."""
        with self._without_following():
            self.lead.look_at(get_viewpoint)
        self._follow(self.lead, True, False)

    def fit(self) -> None:
        """Show the whole district."""
        self.lead.fit()

    def zoom_by(self, factor: float) -> None:
        """Zoom at the middle."""
        self.lead.zoom_by(factor)

    def zoom_to_site(self, site_id: str) -> None:
        """Show a site of either plan with its surroundings."""
        for state in (self._pair.after, self._pair.before):
            site = state.project.sites.get(site_id)
            if site is not None:
                now = self.get_viewpoint().m_px
                self.look_at(Viewpoint(site.x_m, site.y_m, min(now, _SITE_M_PX)))
                return

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show a whole zone as it is in both plans."""
        rect = QRectF()
        for map_view in (self.after, self.before):
            item = map_view.map.zones.get(zone_id)
            if item is not None:
                rect = rect.united(item.boundingRect())
        if not rect.isEmpty():
            self.lead.show_rect(rect, margin=ZONE_MARGIN)

    def select(self, site: str | None, zone: str | None) -> None:
        """Highlight the selection."""
        self._selection = (site, zone)
        self._show_selection()

    def hover(self, site: str | None) -> None:
        """Highlight a site on all maps; None removes the highlight."""
        for map_view in self._list_maps():
            map_view.map.hover(site)

    def arrange_as(self, main: MapScene) -> None:
        """Show the layers like the main map."""
        for map_view in self._list_maps():
            map_view.map.tiles.offer = main.tiles.offer
            map_view.arrange(main.arrangement)
        self.overlays.credits.show_sources(main)

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        self._theme = theme
        self.overlays.set_theme(theme)
        for map_view in self._list_maps():
            map_view.set_theme(theme)
        for overlay in (self.legend, self.divider, self.pointer_marker):
            overlay.set_theme(theme)
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything for the new size."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Place everything, which is skipped while the view is hidden."""
        super().showEvent(event)
        self._lay_out()

    def _list_maps(self) -> tuple[ReadOnlyMap, ...]:
        both = (self.before, self.after)
        return both if self.difference_map is None else (*both, self.difference_map)

    def _get_difference_map(self) -> DifferenceMap:
        """Return the map of the differences, created on first use."""
        if self.difference_map is None:
            self.difference_map = DifferenceMap(self._pair, self._theme, self, self.after.map)
            self.difference_map.lower()
            self._connect_map(self.difference_map)
        elif self._shown_pair is not self._pair:
            self.difference_map.show_changes(self._pair)
        self._shown_pair = self._pair
        return self.difference_map

    def _connect_map(self, map_view: ReadOnlyMap) -> None:
        map_view.view_moved.connect(self._follow)
        map_view.pointed.connect(self._point)
        map_view.left.connect(self._leave)
        map_view.clicked.connect(self.clicked)

    def _follow(self, lead: ReadOnlyMap, zoomed: bool, transient: bool) -> None:
        """Move the other maps to the viewpoint of a map that a person moved."""
        if self._ignores_moves:
            return
        for map_view in self.maps:
            if map_view is not lead:
                map_view.follow(lead, zoomed=zoomed, transient=transient)
        if zoomed:
            self.overlays.set_scale(viewport.get_m_px(lead))

    def _point(self, map_view: ReadOnlyMap, at: QPoint) -> None:
        """Show what is under the pointer, and the same position on the other map."""
        x_m, y_m = map_view.map.frame.to_project_m(map_view.mapToScene(at))
        self.cursor_moved.emit(x_m, y_m)
        site = map_view.site_at(at)
        self.hover(site)
        self.hovered.emit(site)
        shown = map_view.map.state.project.sites.get(site or "")
        if shown is None:
            self.overlays.card.hide()
        else:
            lines = describe_site_change(self._pair, shown.id)
            position = map_view.viewport().mapTo(self, at)
            self.overlays.card.show_site(shown.name, lines, position)
        if self.mode == SIDE:
            other = self.before if map_view is self.after else self.after
            position = other.mapFromScene(other.map.frame.to_scene_point(x_m, y_m))
            position = other.viewport().mapTo(self, position)
            self.pointer_marker.show_at(position, other.map_geometry_to(self))

    def _leave(self) -> None:
        self.overlays.card.hide()
        self.pointer_marker.hide()
        self.hover(None)
        self.hovered.emit(None)

    def _show_selection(self) -> None:
        for map_view in self._list_maps():
            map_view.select(*self._selection)

    def _show_mode(self) -> None:
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self._leave()
        is_difference, is_swipe = self.mode == DIFFERENCE, self.mode == SWIPE
        widgets: dict[QWidget, bool] = dict.fromkeys((self._left, self._right), not is_difference)
        widgets[self.divider] = is_swipe
        if is_difference:
            widgets[self._get_difference_map()] = True
        elif self.difference_map is not None:
            widgets[self.difference_map] = False
        for widget, shown in widgets.items():
            if shown:
                widget.show()
        if had_focus:
            # a widget that is hidden passes the focus on to the next one, which may be a table
            (self.divider if is_swipe else self.lead).setFocus()
        for widget, shown in widgets.items():
            widget.setVisible(shown)
        self.legend.setVisible(is_difference)
        self.overlays.show_tags(not is_difference)
        self._show_selection()
        self._lay_out()

    def _lay_out(self) -> None:
        if not self.isVisible():
            return
        whole = self.rect()
        with self._without_following():
            if self.mode == SIDE:
                half = (whole.width() - _GAP_PX) // 2
                for window, map_view, left in (
                    (self._left, self.before, 0),
                    (self._right, self.after, half + _GAP_PX),
                ):
                    window.setGeometry(left, 0, half, whole.height())
                    map_view.setGeometry(0, 0, half, whole.height())
            elif self.mode == SWIPE:
                x = round(whole.width() * self.divider.share)
                self._left.setGeometry(0, 0, x, whole.height())
                self.before.setGeometry(whole)
                self._right.setGeometry(x, 0, whole.width() - x, whole.height())
                self.after.setGeometry(QRect(-x, 0, whole.width(), whole.height()))
                self.divider.fit_to(whole)
            else:
                self._get_difference_map().setGeometry(whole)
        lead = self.lead
        for map_view in self.maps[1:]:
            if map_view.viewpoint() != lead.viewpoint():
                map_view.follow(lead, zoomed=True)
        self.overlays.set_scale(viewport.get_m_px(lead))
        self.overlays.lay_out(self._left.width() if self.mode != DIFFERENCE else whole.width())
        self.legend.set_room(whole.size())
        self.legend.move(self.overlays.place_above_scale_bar(self.legend.size()))
        self._label_timer.start()

    def _update_label_obstacles(self) -> None:
        """Keep labels clear of the divider, once that no longer moves."""
        obstacles = (self.divider.geometry(),) if self.mode == SWIPE else ()
        for map_view in (self.before, self.after):
            map_view.map.set_label_obstacles(obstacles)

    @contextmanager
    def _without_following(self) -> Iterator[None]:
        """Move or resize maps without the others following."""
        self._ignores_moves = True
        try:
            yield
        finally:
            self._ignores_moves = False
