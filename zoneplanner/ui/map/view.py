"""The map of a session: what is shown, what is under the pointer, which tool has the mouse."""

import weakref
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.analysis.geometry.land_index import LandIndex, build_land_index
from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.plans.what_if import derive_factual_state
from zoneplanner.app.session.session import Session
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.layers import Arrangement
from zoneplanner.ui.map.overlays.legend import MapOverlays
from zoneplanner.ui.map.scene.calls import PIN_PX
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.scene.zones_and_lines import TARGET_ZONE
from zoneplanner.ui.map.symbology.site_coloring import (
    ColoringChoice,
    ColoringInputs,
    compute_coloring,
)
from zoneplanner.ui.map.tools.registry import create_tools
from zoneplanner.ui.map.tools.toolbox import SELECT_TOOL, Toolbox
from zoneplanner.ui.map.viewport import ARROW_DIRECTIONS, ZONE_MARGIN, PanZoomView
from zoneplanner.ui.widgets.services.ui_context import ReadinessReader, Selection, SessionBridge
from zoneplanner.ui.widgets.style.theme import Theme

_EDGE_PX = 48
_LEAST_BAR_PX = 280
_PAN_MODIFIERS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
_ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


_SITE_M_PX = 4.0


class MapView(PanZoomView):
    """Zones, sites and lines of a session's project, complete without any network.

    ``toolbox`` says which tool is in hand. ``cursor_moved`` carries project meters; ``refused``
    says in a sentence why a gesture is not possible, ``told`` what one did; ``gesture_text`` what
    it would do, empty at its end; ``block_asked`` names a block for which a menu is wanted, and
    where on the screen, ``site_asked`` a site; ``note_asked`` a place in meters for a new note,
    ``pin_asked`` a note; ``planned_asked`` a place for a planned site; ``colored`` tells that the
    sites were colored anew, ``picked`` the sites of the class of the legend that is looked at,
    None for all; ``explained`` tells that what is drawn may need other words. No part holds the
    view itself, so that it goes when it is let go of: a widget that
    the cycle collector finds in the middle of another one's painting takes the process with it.
    """

    site_clicked = Signal(str)
    zone_clicked = Signal(str)
    empty_clicked = Signal()
    cursor_moved = Signal(float, float)
    refused = Signal(object)
    notice = Signal(str)
    gesture_text = Signal(str)
    note_asked = Signal(float, float)
    planned_asked = Signal(float, float)
    pin_asked = Signal(object)
    block_asked = Signal(str, QPoint)
    site_asked = Signal(str, QPoint)
    coloring_changed = Signal()
    explained = Signal()
    picked = Signal(object)

    def __init__(
        self,
        session: Session,
        bridge: SessionBridge,
        theme: Theme,
        readiness: ReadinessReader | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.bridge, self.theme, self.readiness = session, bridge, theme, readiness
        self.setAccessibleName("Map of zones and sites")
        self.setAccessibleDescription(
            "Every site and zone is also a row in the Sites and Zones tables. Press Enter to "
            "select a site, an arrow key to go to the next one, or a digit to assign it to that "
            "zone."
        )
        self.choice = ColoringChoice()
        self._journal = ColoringInputs(session, bridge, readiness)
        self.overlays = MapOverlays(theme, self.viewport())
        self.map = MapScene(session.state, theme, self.devicePixelRatioF(), self)
        self.setScene(self.map)
        self.toolbox = Toolbox(bridge, self)
        self.tools = create_tools(weakref.proxy(self))
        self.tool = self.tools[SELECT_TOOL]
        self._panned: QPoint | None = None
        self._over: tuple[QWidget, ...] = ()
        self._staying: tuple[QWidget, ...] = ()
        self._clear_px, self._clear_above_px = 0, 0
        self._gave_up, self._pointing = False, False
        self._ground: LandIndex | None = None
        self.toolbox.chosen.connect(self._take_tool)
        bridge.changed.connect(self._changed)
        bridge.logged.connect(self._follow_log)
        bridge.previewed.connect(self._preview)
        if readiness is not None:
            readiness.was_read.connect(self._changed)
        bridge.selection_changed.connect(self._select)
        bridge.pointed.connect(self._mark)
        bridge.conditions_changed.connect(self._changed)
        bridge.last_day_changed.connect(self._changed)
        self.overlays.legend.folded.connect(self._lay_out)
        self.overlays.legend.pointed.connect(self.map.mark)
        self.overlays.legend.picked.connect(self.pick)
        self.touch.left.connect(self.end_hover)
        bridge.project_changed.connect(self._credit)
        self._changed()
        self._credit()
        self._select(bridge.selection)
        self.fit()

    def stand_under(self, notices: QWidget, *parts: QWidget) -> None:
        """Say what else lies over the map: all of the district is seen beside it."""
        self._over, self._staying = (notices, *parts), parts

    def keep_clear(self, right_px: int, above_px: int = 0) -> None:
        """Keep legend, scale bar, hover and what keys select clear of what lies over the map."""
        if (right_px, above_px) != (self._clear_px, self._clear_above_px):
            self._clear_px, self._clear_above_px = right_px, above_px
            self.overlays.card.keep_clear(right_px, above_px)
            self._lay_out()

    def list_covered_rects(self) -> Sequence[QRectF]:
        """Return where legend, scale bar and notices lie over the map."""
        own = (self.overlays.legend, self.overlays.scale_bar, *self._over)
        over = [QRectF(rect) for rect in self._list_rects(own)]
        if not self.map.calls:
            return over
        edge = QRectF(0, 0, self.viewport().width(), 1)  # a pin stands above its school
        return [one.adjusted(0, 0, 0, PIN_PX) for one in (edge, *over)]

    def _list_rects(self, parts: Sequence[QWidget]) -> list[QRect]:
        port, corner = self.viewport(), QPoint(0, 0)
        return [
            QRect(port.mapFromGlobal(part.mapToGlobal(corner)), part.size())
            for part in parts
            if not part.isHidden()
        ]

    def keep_words_clear(self) -> None:
        """Put no word under what stays on the map, and none across its edge."""
        port = self.viewport().rect()
        across, down = QSize(port.width(), 1), QSize(1, port.height())
        edges = (
            QRect(port.topLeft(), across),
            QRect(port.topLeft(), down),
            QRect(port.bottomLeft(), across),
            QRect(port.topRight(), down),
        )
        over = self._list_rects(self._staying)
        self.map.hold((*self.overlays.occupied_rects, *over, *edges))

    def list_key_points(self) -> Sequence[QPointF]:
        """Return where the sites are."""
        return [item.pos() for item in self.map.sites.values()]

    def on_view_changed(self, *, zoomed: bool, passing: bool = False) -> None:
        """Let words, numbers and scale bar follow."""
        super().on_view_changed(zoomed=zoomed, passing=passing)
        self.overlays.scale_bar.set_scale(viewport.get_m_px(self))
        self.end_hover()

    def zoom_to_site(self, site_id: str) -> None:
        """Show a site near enough to see its streets; an unknown one is a UserError."""
        site = self.session.project.site(site_id)
        at = self.map.frame.to_scene_point(site.x_m, site.y_m)
        reach = max(self.viewport().width(), self.viewport().height()) * _SITE_M_PX / 2
        self.show_rect(QRectF(at - QPointF(reach, reach), at + QPointF(reach, reach)))

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show the whole of a zone; one without an area changes nothing."""
        item = self.map.zones.get(zone_id)
        if item is not None:
            self.show_rect(item.boundingRect(), margin=ZONE_MARGIN)

    def set_coloring(self, name: str) -> None:
        """Color the sites by a subject of ``app.themes``; another name is a KeyError."""
        if name not in MAP_THEMES:
            raise KeyError(name)
        self.color_by(replace(self.choice, subject=name))

    def color_by(self, choice: ColoringChoice) -> None:
        """Color the sites as a person chose; what was picked in the legend is let go of."""
        if choice != self.choice:
            self.pick(None)
        self.choice = choice
        self._changed()

    def pick(self, shade: int | None) -> None:
        """Show the sites of one class of the legend and let the others step back; None ends it."""
        self.map.pick(shade)
        self.overlays.legend.show_picked(shade)
        self.picked.emit(self.map.coloring.list_class_sites(shade))

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order, more or less opaque, with other labels and tiles."""
        self.map.arrange(arrangement)
        self._explain()
        self._credit()

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.theme = theme
        self.tool.cancel()
        self.tool.clear_feedback()
        self.map.set_theme(theme)
        self.overlays.set_theme(theme)
        self._changed()

    def picture(self, width: int, height: int) -> QImage:
        """Return the map as a picture of this size in pixels, with legend and scale bar."""
        other = MapView(self.session, self.bridge, self.theme, self.readiness)
        other.resize(width, height)
        other.map.tiles.offer = self.map.tiles.offer
        other.map.complete = True
        other.arrange(self.map.arrangement)
        other.color_by(self.choice)
        other.overlays.legend.set_open(True)
        if not self.whole:
            other.show_rect(viewport.get_visible_rect(self))
        return other.grab().toImage()

    def _changed(self, _event: object = None) -> None:
        session = self.session
        if self.tool.is_stale:
            self.tool.cancel()
        if self.overlays.card.isVisible():
            self.end_hover()
        self.overlays.scale_bar.set_formats(session.formats)
        coloring = compute_coloring(
            *(self.choice, session.state, self._journal.read(self.choice.subject), self.theme),
            ground=partial(derive_factual_state, session),
        )
        home, place, before = self.map.home, self.viewpoint(), self.map.coloring
        self.map.show_state(session.state, coloring, passing=self.tool.active)
        if self.map.home != home:  # the first schools, a boundary
            self.look_at(place)
        self._explain()
        if (coloring.choice, coloring.shades) != (before.choice, before.shades):
            self.coloring_changed.emit()
        if self.map.picked is not None:
            self.picked.emit(coloring.list_class_sites(self.map.picked))

    def _follow_log(self, _entries: object) -> None:
        """Color anew where what was logged is about what the colors say; most calls are not."""
        if self._journal.may_differ(self.choice.subject):
            self._changed()

    def _explain(self) -> None:
        self.overlays.show_state(self.session.state, self.map.coloring)
        self.explained.emit()
        self._lay_out()

    def _credit(self, _event: object = None) -> None:
        """Name the makers of what is shown; who has which school is not theirs."""
        self.overlays.credits.show_sources(self.map)
        self._lay_out()

    def _preview(self, _event: object) -> None:
        state, held = self.session.state, self.map.coloring.classes
        coloring = compute_coloring(self.choice, state, self._journal.logged, self.theme, held=held)
        self.map.show_state(state, coloring, passing=self.tool.active)
        self.overlays.follow(coloring)

    def _select(self, selection: Selection) -> None:
        self.map.choose(selection.site, selection.zone)

    def _lay_out(self, *, moving: bool = False) -> None:
        free = self.viewport().rect().adjusted(0, self._clear_above_px, -self._clear_px, 0)
        low = self._clear_above_px > 0 and free.height() < _LEAST_BAR_PX
        self.overlays.scale_bar.setHidden(low)
        points = () if moving else self.list_key_points()
        marks = [self.mapFromScene(point) for point in points]
        self.overlays.lay_out(free, None if moving else marks, low=low)
        self.keep_words_clear()

    def ground(self) -> LandIndex:
        """Return what lies where; laid anew only where sites or areas changed."""
        state, ground = self.session.state, self._ground
        if ground is None or ground.cells is not state.basis.cells:
            ground = self._ground = build_land_index(state.project, state.basis)
        return ground

    def pan(self, by: QPoint) -> None:
        """Move the map by pixels under a closed hand."""
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.pan_by(by)

    def click(self, at: QPoint, site: str | None) -> None:
        """Select what is at a place: a site, a note, a zone, or nothing."""
        point = self.mapToScene(at)
        pin, zone = self.map.pin_at(point), self.map.zone_at(point)
        if pin is not None:
            self.pin_asked.emit(pin)
        elif site is not None:
            self.bridge.select(site=site)
            self.site_clicked.emit(site)
        elif zone is not None:
            self.bridge.select(zone=zone)
            self.zone_clicked.emit(zone)
        else:
            self.bridge.select()
            self.empty_clicked.emit()

    def hover_site(self, at: QPoint) -> str | None:
        """Ring and name the site at a place, or show the note there; return the site."""
        point = self.mapToScene(at)
        pin = self.map.pin_at(point)
        site = None if pin is not None else self.site_at(at)
        self.map.hover(site)
        self._point(site, None if site or pin else self.map.zone_at(point))
        if pin is not None:
            self.overlays.show_pin(self.session, pin, at)
        else:
            self.overlays.show_site(self.session.state, site, at, self.session.formats)
        return site

    def _point(self, site: str | None, zone: str | None) -> None:
        """Tell the tables what the pointer is on."""
        self._pointing = True
        self.bridge.point(site=site, zone=zone)
        self._pointing = False

    def _mark(self, pointed: Selection) -> None:
        """Ring the site and fill the zone that the pointer is on in a table."""
        if not self._pointing and not self.tool.active:
            self.map.hover(pointed.site)
            self.map.highlight_zones({pointed.zone: TARGET_ZONE} if pointed.zone else {})

    def _give_up(self) -> bool:
        """Give up the gesture, else the class picked, else the tool; tell whether there was any."""
        if self.tool.cancel():
            return True
        if self.map.picked is not None:
            self.pick(None)
            return True
        in_hand = self.toolbox.tool != SELECT_TOOL
        self.toolbox.choose(SELECT_TOOL)
        return in_hand

    def _take_tool(self, name: str) -> None:
        self.tool.cancel()
        self.tool.clear_feedback()
        self.end_hover()
        self.tool = self.tools[name]
        self._show_cursor()

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.OpenHandCursor if self.grabbing else self.tool.cursor
        self.viewport().setCursor(shape)

    def _hover(self, at: QPoint) -> None:
        self._show_cursor()
        if self.grabbing:
            self.end_hover()
        else:
            self.tool.hover(at)

    def end_hover(self) -> None:
        """Put away what the pointer called up, here and in the tables; a gesture keeps its card."""
        self.map.hover(None)
        self._point(None, None)
        if not self.tool.active:
            self.overlays.card.hide()
            self.tool.clear_feedback()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what the tool does, or a pan; the right button gives a gesture up."""
        at = event.position().toPoint()
        button = event.button()
        self._gave_up = button == Qt.MouseButton.RightButton and self.tool.cancel()
        middle = button == Qt.MouseButton.MiddleButton
        event.accept()
        if button != Qt.MouseButton.LeftButton and not middle:
            return
        self.overlays.card.hide()
        if self.grabbing or middle:
            self._panned = at
        else:
            self.tool.press(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a gesture, or tell what is under the pointer."""
        at = event.position().toPoint()
        self.cursor_moved.emit(*self.map.frame.to_project_m(self.mapToScene(at)))
        if event.buttons() == Qt.MouseButton.NoButton:
            self._hover(at)
        elif self._panned is not None:
            self.pan(self._panned - at)
            self._panned = at
        else:
            self.tool.move(at)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        at = event.position().toPoint()
        if self._panned is not None:
            self._panned = None
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tool.release(at)
        self._hover(at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in about the pointer, with Shift out, where the tool has no use for it."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if self.grabbing or not self.tool.double(event.position().toPoint()):
            self.zoom_on_double_click(event)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the site or block under the pointer, by key of the selected site.

        A gesture that is given up by the right button asks for none.
        """
        gave_up, self._gave_up = self._gave_up, False
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        site = self.bridge.selection.site if by_key else self.site_at(event.pos())
        event.accept()
        if site is not None and not gave_up:
            at = self.place_of(site) if by_key else event.globalPos()
            self.site_asked.emit(site, at)
        elif not gave_up and not by_key:
            spot = self.ground().find_area_at(
                *self.map.frame.to_project_m(self.mapToScene(event.pos()))
            )
            if spot is not None and spot.block is not None:
                self.block_asked.emit(spot.block, event.globalPos())
        elif by_key:
            event.ignore()

    def place_of(self, site: str) -> QPoint:
        """Return where on the screen a site is, the middle of the map where it is out of sight."""
        port = self.viewport()
        at = self.mapFromScene(self.map.sites[site].pos())
        return port.mapToGlobal(at if port.rect().contains(at) else port.rect().center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give a gesture up with Esc, and the tool where there is none; end a line with Enter.

        The arrows go from site to site, Enter to the first one.
        """
        key = event.key()
        ended = key in _ENTER_KEYS and self.tool.enter()
        given_up = key == Qt.Key.Key_Escape and self._give_up()
        if ended or given_up or (not self.tool.active and self._step_to_site(event)):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _step_to_site(self, event: QKeyEvent) -> bool:
        """Select the next site by an arrow, the one in the middle by Enter; tell if it was meant.

        An arrow with Shift or Ctrl is left to the map, which pans.
        """
        key, chosen = Qt.Key(event.key()), self.bridge.selection
        if key in _ENTER_KEYS and chosen == Selection():
            site = self.map.nearest_site(self.mapToScene(self.viewport().rect().center()))
            meant = site is not None
        elif key in ARROW_DIRECTIONS and not event.modifiers() & _PAN_MODIFIERS and chosen.site:
            site, meant = self.map.site_toward(chosen.site, ARROW_DIRECTIONS[key]), True
        else:
            return False
        if site is not None:
            self._select_and_reveal(site)
        return meant

    def _select_and_reveal(self, site: str) -> None:
        """Select a site and move the map as far as it takes to see it."""
        self.bridge.select(site=site)
        at = self.mapFromScene(self.map.sites[site].pos())
        right_px, above_px = _EDGE_PX + self._clear_px, _EDGE_PX + self._clear_above_px
        room = self.viewport().rect().adjusted(_EDGE_PX, above_px, -right_px, -_EDGE_PX)
        inside = QPoint(
            min(max(at.x(), room.left()), room.right()),
            min(max(at.y(), room.top()), room.bottom()),
        )
        if inside != at:
            self.pan_by(at - inside, for_selection=True)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the picture; the furniture, which scrolls with it, goes back to its corners."""
        super().scrollContentsBy(dx, dy)
        self._lay_out(moving=True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the map; from then on it may rest."""
        super().paintEvent(event)
        self.map.count_rest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the furniture in its corners; the whole district is fitted beside it."""
        self._lay_out()
        super().resizeEvent(event)
        self._lay_out()
