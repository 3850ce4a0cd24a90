"""The maps of two plans, arranged to be compared; they look at the same place at one scale."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

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
_APART_PX = GRID_PX
_SITE_M_PX = 6.0
_REST_MS = 120


class _Themed(Protocol):
    """What takes other colors."""

    def set_theme(self, theme: Theme) -> None: ...


class ComparisonView(QWidget):
    """Plan A on the left and plan B on the right, or one map of what differs.

    ``cursor_moved`` carries project meters; ``clicked`` a site and a zone, None for neither;
    ``hovered`` the site under the pointer, None for none.
    """

    cursor_moved = Signal(float, float)
    clicked = Signal(object, object)
    hovered = Signal(object)

    def __init__(self, found: PlanPair, theme: Theme, main: MapScene) -> None:
        super().__init__()
        self.setMinimumSize(240, 180)
        self.setAccessibleName("Maps of both plans; every moved site is also a row of the table.")
        self._theme, self._found = theme, found
        self.mode = SWIPE
        self._quiet = False
        self._chosen: tuple[str | None, str | None] = (None, None)
        self._left, self._right = QWidget(self), QWidget(self)
        self.before = ReadOnlyMap(found.before, theme, self._left, main)
        self.after = ReadOnlyMap(found.after, theme, self._right, main)
        self.changed: DifferenceMap | None = None
        self._changed_of: PlanPair | None = None
        self.overlays = ComparisonOverlays(theme, self)
        self.legend = ChangeLegend(theme, self)
        self.mark = PointerMarker(theme, self)
        self.divider = SwipeDivider(theme, self)
        self.divider.moved.connect(self._lay_out)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._keep_words_clear)
        self.legend.folded.connect(self._lay_out)
        for part in (self.before, self.after):
            self._join(part)
        self.overlays.credits.show_sources(main)
        self._show_mode()

    @property
    def maps(self) -> tuple[ReadOnlyMap, ...]:
        """The maps of the present mode, the leading one first."""
        if self.mode == DIFFERENCE:
            return (self._changes(),)
        return (self.after, self.before)

    @property
    def lead(self) -> ReadOnlyMap:
        """The map that says where all of them look."""
        return self.maps[0]

    def show_comparison(
        self, found: PlanPair, tags: tuple[str, str], formats: LocaleFormats
    ) -> None:
        """Show two readings; ``tags`` name the plans on the maps."""
        self.overlays.scale_bar.set_formats(formats)
        self._found = found
        self.before.show_state(found.before)
        self.after.show_state(found.after)
        if self.mode == DIFFERENCE:
            self._changes()
        self.legend.show_streams(group_transfers(found))
        self.overlays.set_plan_names(tags)
        self._choose()
        self._lay_out()

    def set_mode(self, mode: str) -> None:
        """Compare in another way, at the same place; another name is a ValueError."""
        if mode not in _MODES:
            raise ValueError(mode)
        place = self.place()
        self.mode = mode
        self._show_mode()
        self.go_to(place)

    def place(self) -> Viewpoint:
        """Return where the maps look."""
        return self.lead.viewpoint()

    def go_to(self, place: Viewpoint) -> None:
        """Look at another place."""
        with self._quietly():
            self.lead.look_at(place)
        self._follow(self.lead, True, False)

    def fit(self) -> None:
        """Show the whole district."""
        self.lead.fit()

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle."""
        self.lead.zoom_by(factor)

    def zoom_to_site(self, site_id: str) -> None:
        """Show where a site of either plan is, near enough to see its surroundings."""
        for state in (self._found.after, self._found.before):
            site = state.project.sites.get(site_id)
            if site is not None:
                now = self.place().m_px
                self.go_to(Viewpoint(site.x_m, site.y_m, min(now, _SITE_M_PX)))
                return

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show the whole of a zone as it is in both plans."""
        rect = QRectF()
        for part in (self.after, self.before):
            item = part.map.zones.get(zone_id)
            if item is not None:
                rect = rect.united(item.boundingRect())
        if not rect.isEmpty():
            self.lead.show_rect(rect, margin=ZONE_MARGIN)

    def choose(self, site: str | None, zone: str | None) -> None:
        """Mark what is selected."""
        self._chosen = (site, zone)
        self._choose()

    def hover(self, site: str | None) -> None:
        """Ring a site on all maps, None none."""
        for part in self._made():
            part.map.hover(site)

    def arrange_as(self, main: MapScene) -> None:
        """Show the layers as the main map does."""
        for part in self._made():
            part.map.tiles.offer = main.tiles.offer
            part.arrange(main.arrangement)
        self.overlays.credits.show_sources(main)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        over = (self.overlays, self.legend, self.divider, self.mark)
        themed: tuple[_Themed, ...] = (*self._made(), *over)
        for part in themed:
            part.set_theme(theme)
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep everything in its place."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        self._lay_out()

    def _made(self) -> tuple[ReadOnlyMap, ...]:
        both = (self.before, self.after)
        return both if self.changed is None else (*both, self.changed)

    def _changes(self) -> DifferenceMap:
        """Return the map of what differs, made when it is first looked at."""
        if self.changed is None:
            self.changed = DifferenceMap(self._found, self._theme, self, self.after.map)
            self.changed.lower()
            self._join(self.changed)
        elif self._changed_of is not self._found:
            self.changed.show_changes(self._found)
        self._changed_of = self._found
        return self.changed

    def _join(self, part: ReadOnlyMap) -> None:
        part.view_moved.connect(self._follow)
        part.pointed.connect(self._point)
        part.left.connect(self._leave)
        part.clicked.connect(self.clicked)

    def _follow(self, lead: ReadOnlyMap, zoomed: bool, passing: bool) -> None:
        """Let the other maps look where one looks that a person moved."""
        if self._quiet:
            return
        for part in self.maps:
            if part is not lead:
                part.follow(lead, zoomed=zoomed, passing=passing)
        if zoomed:
            self.overlays.set_scale(viewport.get_m_px(lead))

    def _point(self, part: ReadOnlyMap, at: QPoint) -> None:
        """Tell what is under the pointer, and mark the same place on the other map."""
        x_m, y_m = part.map.frame.to_project_m(part.mapToScene(at))
        self.cursor_moved.emit(x_m, y_m)
        site = part.site_at(at)
        self.hover(site)
        self.hovered.emit(site)
        here = part.viewport().mapTo(self, at)
        found = part.map.state.project.sites.get(site or "")
        if found is None:
            self.overlays.card.hide()
        else:
            self.overlays.card.show_site(
                found.name, describe_site_change(self._found, found.id), here
            )
        if self.mode == SIDE:
            other = self.before if part is self.after else self.after
            there = other.mapFromScene(other.map.frame.to_scene_point(x_m, y_m))
            self.mark.show_at(other.viewport().mapTo(self, there), other.geometry_on(self))

    def _leave(self) -> None:
        self.overlays.card.hide()
        self.mark.hide()
        self.hover(None)
        self.hovered.emit(None)

    def _choose(self) -> None:
        for part in self._made():
            part.choose(*self._chosen)

    def _show_mode(self) -> None:
        focus = QApplication.focusWidget()
        held = focus is not None and self.isAncestorOf(focus)
        self._leave()
        changes, swipe = self.mode == DIFFERENCE, self.mode == SWIPE
        both = dict.fromkeys((self._left, self._right), not changes)
        parts: dict[QWidget, bool] = {**both, self.divider: swipe}
        if changes:
            parts[self._changes()] = True
        elif self.changed is not None:
            parts[self.changed] = False
        for part, shown in parts.items():
            if shown:
                part.show()
        if held:
            # a widget that is hidden hands the focus to the next one, which may be a table
            (self.divider if swipe else self.lead).setFocus()
        for part, shown in parts.items():
            part.setVisible(shown)
        self.legend.setVisible(changes)
        self.overlays.show_tags(not changes)
        self._choose()
        self._lay_out()

    def _lay_out(self) -> None:
        if not self.isVisible():
            return
        whole = self.rect()
        with self._quietly():
            if self.mode == SIDE:
                half = (whole.width() - _APART_PX) // 2
                for window, part, left in (
                    (self._left, self.before, 0),
                    (self._right, self.after, half + _APART_PX),
                ):
                    window.setGeometry(left, 0, half, whole.height())
                    part.setGeometry(0, 0, half, whole.height())
            elif self.mode == SWIPE:
                at = round(whole.width() * self.divider.share)
                self._left.setGeometry(0, 0, at, whole.height())
                self.before.setGeometry(whole)
                self._right.setGeometry(at, 0, whole.width() - at, whole.height())
                self.after.setGeometry(QRect(-at, 0, whole.width(), whole.height()))
                self.divider.stand(whole)
            else:
                self._changes().setGeometry(whole)
        lead = self.lead
        for part in self.maps[1:]:
            if part.viewpoint() != lead.viewpoint():
                part.follow(lead, zoomed=True)
        self.overlays.set_scale(viewport.get_m_px(lead))
        self.overlays.lay_out(self._left.width() if self.mode != DIFFERENCE else whole.width())
        self.legend.set_room(whole.size())
        self.legend.move(self.overlays.beside_scale_bar(self.legend.size()))
        self._rest.start()

    def _keep_words_clear(self) -> None:
        """Let no word be cut by the divider, once that stands still."""
        swipe = self.mode == SWIPE
        for part in (self.before, self.after):
            part.map.hold((self.divider.geometry(),) if swipe else ())

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Let maps change size or place without dragging each other along."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
