"""The map of a session: its coloring, the site under the pointer, and the tool that is used."""

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
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS
from zoneplanner.ui.widgets.services.ui_context import ReadinessReader, Selection, SessionBridge
from zoneplanner.ui.widgets.style.theme import Theme

_REVEAL_MARGIN_PX = 48
_MIN_SCALE_BAR_HEIGHT_PX = 280
_PAN_MODIFIERS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


_SITE_M_PX = 4.0


class MapView(PanZoomView):
    """Zones, sites and lines of a session's project, complete without a network.

    No part of the view refers to the view itself, so that it is deleted with its last reference: if
    the cycle collector deletes a widget while another one is painted, the process crashes.

    Signals
    -------
    cursor_moved
        The pointer's position in project meters.
    gesture_refused, notice, gesture_text
        Why a gesture is not possible; what it did; what it would do (empty at its end).
    block_menu_requested, site_menu_requested
        A block or site, and the menu's position on the screen.
    note_requested, planned_site_requested
        A position in project meters.
    class_sites_changed
        The sites of the class chosen in the legend, None for all sites.
    overlays_updated
        The map's symbols may have changed, and so what a key to them explains.
    """

    site_clicked = Signal(str)
    zone_clicked = Signal(str)
    empty_clicked = Signal()
    cursor_moved = Signal(float, float)
    gesture_refused = Signal(object)
    notice = Signal(object)
    gesture_text = Signal(str)
    note_requested = Signal(float, float)
    planned_site_requested = Signal(float, float)
    note_opened = Signal(object)
    block_menu_requested = Signal(str, QPoint)
    site_menu_requested = Signal(str, QPoint)
    coloring_changed = Signal()
    overlays_updated = Signal()
    class_sites_changed = Signal(object)

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
        self._coloring_inputs = ColoringInputs(session, bridge, readiness)
        self.overlays = MapOverlays(theme, self.viewport())
        self.map = MapScene(session.state, theme, self.devicePixelRatioF(), self)
        self.setScene(self.map)
        self.toolbox = Toolbox(bridge, self)
        self.tools = create_tools(weakref.proxy(self))
        self.tool = self.tools[SELECT_TOOL]
        self._pan_start: QPoint | None = None
        self._covering_widgets: tuple[QWidget, ...] = ()
        self._permanent_widgets: tuple[QWidget, ...] = ()
        self._clear_right_px, self._clear_above_px = 0, 0
        self._gesture_cancelled, self._is_pointing = False, False
        self._land_index: LandIndex | None = None
        self.toolbox.chosen.connect(self._switch_tool)
        bridge.changed.connect(self._recolor)
        bridge.logged.connect(self._follow_log)
        bridge.previewed.connect(self._preview)
        if readiness is not None:
            readiness.was_read.connect(self._recolor)
        bridge.selection_changed.connect(self._select)
        bridge.pointed.connect(self._highlight_pointed)
        bridge.conditions_changed.connect(self._recolor)
        bridge.last_day_changed.connect(self._recolor)
        self.overlays.legend.toggled.connect(self._place_overlays)
        self.overlays.legend.class_pointed.connect(self.map.highlight_class)
        self.overlays.legend.class_chosen.connect(self.show_only_class)
        self.viewport_events.left.connect(self.end_hover)
        bridge.project_changed.connect(self._show_credits)
        self._recolor()
        self._show_credits()
        self._select(bridge.selection)
        self.fit()

    def set_covering_widgets(self, notices: QWidget, *parts: QWidget) -> None:
        """Set the widgets over the map, which are not to cover the fitted district."""
        self._covering_widgets, self._permanent_widgets = (notices, *parts), parts

    def reserve_margins(self, right_px: int, above_px: int = 0) -> None:
        """Keep legend, scale bar, card and revealed sites out of these margins."""
        if (right_px, above_px) != (self._clear_right_px, self._clear_above_px):
            self._clear_right_px, self._clear_above_px = right_px, above_px
            self.overlays.card.reserve_margins(right_px, above_px)
            self._place_overlays()

    def list_covered_rects(self) -> Sequence[QRectF]:
        """Return where legend, scale bar and other widgets cover the map."""
        widgets = (self.overlays.legend, self.overlays.scale_bar, *self._covering_widgets)
        covered = [QRectF(rect) for rect in self._map_to_viewport(widgets)]
        if not self.map.calls:
            return covered
        edge = QRectF(0, 0, self.viewport().width(), 1)  # a call's pin is above its school
        return [rect.adjusted(0, 0, 0, PIN_PX) for rect in (edge, *covered)]

    def _map_to_viewport(self, widgets: Sequence[QWidget]) -> list[QRect]:
        """Return the rectangles of the visible widgets in the viewport."""
        port, corner = self.viewport(), QPoint(0, 0)
        return [
            QRect(port.mapFromGlobal(widget.mapToGlobal(corner)), widget.size())
            for widget in widgets
            if not widget.isHidden()
        ]

    def update_label_obstacles(self) -> None:
        """Keep labels from being placed under overlays or across the edge of the map."""
        port = self.viewport().rect()
        across, down = QSize(port.width(), 1), QSize(1, port.height())
        edges = (
            QRect(port.topLeft(), across),
            QRect(port.topLeft(), down),
            QRect(port.bottomLeft(), across),
            QRect(port.topRight(), down),
        )
        widgets = self._map_to_viewport(self._permanent_widgets)
        self.map.set_label_obstacles((*self.overlays.occupied_rects, *widgets, *edges))

    def list_key_points(self) -> Sequence[QPointF]:
        """Return the positions of the sites."""
        return [item.pos() for item in self.map.sites.values()]

    def on_view_changed(self, *, zoomed: bool, transient: bool = False) -> None:
        """Update labels and scale bar after the view changed."""
        super().on_view_changed(zoomed=zoomed, transient=transient)
        self.overlays.scale_bar.set_scale(viewport.get_m_px(self))
        self.end_hover()

    def zoom_to_site(self, site_id: str) -> None:
        """Show a site with its streets; an unknown site raises UserError."""
        site = self.session.project.site(site_id)
        center = self.map.frame.to_scene_point(site.x_m, site.y_m)
        radius_m = max(self.viewport().width(), self.viewport().height()) * _SITE_M_PX / 2
        offset = QPointF(radius_m, radius_m)
        self.show_rect(QRectF(center - offset, center + offset))

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show a whole zone, if it has an area."""
        item = self.map.zones.get(zone_id)
        if item is not None:
            self.show_rect(item.boundingRect(), margin=ZONE_MARGIN)

    def set_coloring(self, name: str) -> None:
        """Color the sites by a theme of ``MAP_THEMES``; another name raises KeyError."""
        if name not in MAP_THEMES:
            raise KeyError(name)
        self.color_by(replace(self.choice, subject=name))

    def color_by(self, choice: ColoringChoice) -> None:
        """Color the sites by another theme or classification, with all classes shown."""
        if choice != self.choice:
            self.show_only_class(None)
        self.choice = choice
        self._recolor()

    def show_only_class(self, class_index: int | None) -> None:
        """Fade all sites except those of one class of the legend; None ends that."""
        self.map.show_only_class(class_index)
        self.overlays.legend.show_chosen_class(class_index)
        self.class_sites_changed.emit(self.map.coloring.list_class_sites(class_index))

    def arrange(self, arrangement: Arrangement) -> None:
        """Apply an arrangement of the layers."""
        self.map.arrange(arrangement)
        self._update_overlays()
        self._show_credits()

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        self.theme = theme
        self.tool.cancel()
        self.tool.clear_feedback()
        self.map.set_theme(theme)
        self.overlays.set_theme(theme)
        self._recolor()

    def render_image(self, width: int, height: int) -> QImage:
        """Return an image of the map with legend and scale bar, this size in pixels."""
        other = MapView(self.session, self.bridge, self.theme, self.readiness)
        other.resize(width, height)
        other.map.tiles.offer = self.map.tiles.offer
        other.map.paints_at_once = True
        other.arrange(self.map.arrangement)
        other.color_by(self.choice)
        other.overlays.legend.set_open(True)
        if not self.shows_all:
            other.show_rect(viewport.get_visible_rect(self))
        return other.grab().toImage()

    def _recolor(self, _event: object = None) -> None:
        session = self.session
        if self.tool.is_stale:
            self.tool.cancel()
        if self.overlays.card.isVisible():
            self.end_hover()
        self.overlays.scale_bar.set_formats(session.formats)
        coloring = compute_coloring(
            self.choice,
            session.state,
            self._coloring_inputs.read(self.choice.subject),
            self.theme,
            factual_state=partial(derive_factual_state, session),
        )
        home, viewpoint, before = self.map.home, self.viewpoint(), self.map.coloring
        self.map.show_state(session.state, coloring, transient=self.tool.active)
        if self.map.home != home:  # for example after the first schools or a boundary
            self.look_at(viewpoint)
        self._update_overlays()
        if (coloring.choice, coloring.classes) != (before.choice, before.classes):
            self.coloring_changed.emit()
        if self.map.shown_class is not None:
            self.class_sites_changed.emit(coloring.list_class_sites(self.map.shown_class))

    def _follow_log(self, _entries: object) -> None:
        """Color the sites again if the new entries can affect the theme; most calls cannot."""
        if self._coloring_inputs.has_changed(self.choice.subject):
            self._recolor()

    def _update_overlays(self) -> None:
        self.overlays.show_state(self.session.state, self.map.coloring)
        self.overlays_updated.emit()
        self._place_overlays()

    def _show_credits(self, _event: object = None) -> None:
        """Credit the sources of the layers that are shown."""
        self.overlays.credits.show_sources(self.map)
        self._place_overlays()

    def _preview(self, _event: object) -> None:
        state, breaks = self.session.state, self.map.coloring.class_breaks
        inputs = self._coloring_inputs.inputs
        coloring = compute_coloring(self.choice, state, inputs, self.theme, class_breaks=breaks)
        self.map.show_state(state, coloring, transient=self.tool.active)
        self.overlays.show_coloring(coloring)

    def _select(self, selection: Selection) -> None:
        self.map.select(selection.site, selection.zone)

    def _place_overlays(self, *, moving: bool = False) -> None:
        free = self.viewport().rect().adjusted(0, self._clear_above_px, -self._clear_right_px, 0)
        is_low = self._clear_above_px > 0 and free.height() < _MIN_SCALE_BAR_HEIGHT_PX
        self.overlays.scale_bar.setHidden(is_low)
        points = () if moving else self.list_key_points()
        sites = [self.mapFromScene(point) for point in points]
        self.overlays.lay_out(free, None if moving else sites, low=is_low)
        self.update_label_obstacles()

    def land_index(self) -> LandIndex:
        """Return the index of the land, built again only if sites or areas changed."""
        state, index = self.session.state, self._land_index
        if index is None or index.cells is not state.basis.cells:
            index = self._land_index = build_land_index(state.project, state.basis)
        return index

    def pan(self, by: QPoint) -> None:
        """Pan by pixels with a closed hand as the cursor."""
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.pan_by(by)

    def click(self, at: QPoint, site: str | None) -> None:
        """Select the site or zone at a position, open the note there, or select nothing."""
        point = self.mapToScene(at)
        pin, zone = self.map.pin_at(point), self.map.zone_at(point)
        if pin is not None:
            self.note_opened.emit(pin)
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
        """Highlight and name the site at a position, or show the note there; return the site."""
        point = self.mapToScene(at)
        pin = self.map.pin_at(point)
        site = None if pin is not None else self.site_at(at)
        self.map.hover(site)
        self._report_pointed(site, None if site or pin else self.map.zone_at(point))
        if pin is not None:
            self.overlays.show_pin(self.session, pin, at)
        else:
            self.overlays.show_site(self.session.state, site, at, self.session.formats)
        return site

    def _report_pointed(self, site: str | None, zone: str | None) -> None:
        """Let the tables highlight what is under the pointer."""
        self._is_pointing = True
        self.bridge.point(site=site, zone=zone)
        self._is_pointing = False

    def _highlight_pointed(self, pointed: Selection) -> None:
        """Highlight the site or zone under the pointer in a table."""
        if not self._is_pointing and not self.tool.active:
            self.map.hover(pointed.site)
            self.map.highlight_zones({pointed.zone: TARGET_ZONE} if pointed.zone else {})

    def _cancel_step(self) -> bool:
        """Cancel the gesture, else the chosen class, else the tool; return whether any was."""
        if self.tool.cancel():
            return True
        if self.map.shown_class is not None:
            self.show_only_class(None)
            return True
        had_tool = self.toolbox.tool != SELECT_TOOL
        self.toolbox.choose(SELECT_TOOL)
        return had_tool

    def _switch_tool(self, name: str) -> None:
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
        """Remove highlights and the card, except during a gesture, here and in the tables."""
        self.map.hover(None)
        self._report_pointed(None, None)
        if not self.tool.active:
            self.overlays.card.hide()
            self.tool.clear_feedback()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture or a pan; the right button cancels a gesture."""
        at = event.position().toPoint()
        button = event.button()
        self._gesture_cancelled = button == Qt.MouseButton.RightButton and self.tool.cancel()
        middle = button == Qt.MouseButton.MiddleButton
        event.accept()
        if button != Qt.MouseButton.LeftButton and not middle:
            return
        self.overlays.card.hide()
        if self.grabbing or middle:
            self._pan_start = at
        else:
            self.tool.press(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Continue a gesture or a pan, or show what is under the pointer."""
        at = event.position().toPoint()
        self.cursor_moved.emit(*self.map.frame.to_project_m(self.mapToScene(at)))
        if event.buttons() == Qt.MouseButton.NoButton:
            self._hover(at)
        elif self._pan_start is not None:
            self.pan(self._pan_start - at)
            self._pan_start = at
        else:
            self.tool.move(at)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        at = event.position().toPoint()
        if self._pan_start is not None:
            self._pan_start = None
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tool.release(at)
        self._hover(at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in at the pointer, or out with Shift, unless the tool handles the double click."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if self.grabbing or not self.tool.double_click(event.position().toPoint()):
            self.zoom_by_double_click(event)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Request the menu of the site or block under the pointer, or by key of the selected site.

        No menu is requested if the right button has cancelled a gesture.
        """
        cancelled, self._gesture_cancelled = self._gesture_cancelled, False
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        site = self.bridge.selection.site if by_key else self.site_at(event.pos())
        event.accept()
        if site is not None and not cancelled:
            at = self.find_screen_position(site) if by_key else event.globalPos()
            self.site_menu_requested.emit(site, at)
        elif not cancelled and not by_key:
            x_m, y_m = self.map.frame.to_project_m(self.mapToScene(event.pos()))
            area = self.land_index().find_area_at(x_m, y_m)
            if area is not None and area.block is not None:
                self.block_menu_requested.emit(area.block, event.globalPos())
        elif by_key:
            event.ignore()

    def find_screen_position(self, site: str) -> QPoint:
        """Return a site's position on the screen, or the map's center if it is out of view."""
        port = self.viewport()
        at = self.mapFromScene(self.map.sites[site].pos())
        return port.mapToGlobal(at if port.rect().contains(at) else port.rect().center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cancel a gesture or the tool with Esc, and finish a line with Enter.

        The arrow keys go from site to site; Enter selects a first one.
        """
        key = event.key()
        finished = key in ENTER_KEYS and self.tool.finish_line()
        cancelled = key == Qt.Key.Key_Escape and self._cancel_step()
        if finished or cancelled or (not self.tool.active and self._step_to_site(event)):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _step_to_site(self, event: QKeyEvent) -> bool:
        """Select the next site on an arrow key, or the central one on Enter.

        Returns
        -------
        Whether the key is handled; arrow keys with Shift or Ctrl pan the map.
        """
        key, selection = Qt.Key(event.key()), self.bridge.selection
        if key in ENTER_KEYS and selection == Selection():
            site = self.map.nearest_site(self.mapToScene(self.viewport().rect().center()))
            handled = site is not None
        elif key in ARROW_DIRECTIONS and not event.modifiers() & _PAN_MODIFIERS and selection.site:
            site, handled = self.map.site_toward(selection.site, ARROW_DIRECTIONS[key]), True
        else:
            return False
        if site is not None:
            self._select_and_reveal(site)
        return handled

    def _select_and_reveal(self, site: str) -> None:
        """Select a site, and pan as far as needed to show it."""
        self.bridge.select(site=site)
        at = self.mapFromScene(self.map.sites[site].pos())
        margin = _REVEAL_MARGIN_PX
        room = (
            self.viewport()
            .rect()
            .adjusted(
                margin, margin + self._clear_above_px, -margin - self._clear_right_px, -margin
            )
        )
        inside = QPoint(
            min(max(at.x(), room.left()), room.right()),
            min(max(at.y(), room.top()), room.bottom()),
        )
        if inside != at:
            self.pan_by(at - inside, for_selection=True)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the map, and move the overlays, which scroll with it, back to their corners."""
        super().scrollContentsBy(dx, dy)
        self._place_overlays(moving=True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the map; the delay before labels are placed begins now."""
        super().paintEvent(event)
        self.map.restart_label_delay()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the overlays in their corners, and fit the district next to them."""
        self._place_overlays()
        super().resizeEvent(event)
        self._place_overlays()
