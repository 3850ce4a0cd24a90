"""The base of the map's tools, the surface they work on, and the tool that selects and drags.

A tool decides what a press, a move and a release do, and what is sketched over the map meanwhile:
a ring, a box, a lasso, a measured line. With the select tool, a press of the left button becomes a
click that selects a site, a drag of a site to another zone, or a pan of the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform
from PySide6.QtWidgets import QApplication, QGraphicsItem, QWidget
from shiboken6 import isValid

from zoneplanner.analysis.geometry.land_index import LandIndex
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import put_pin
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.map.edit_preview import MoveSiteGesture
from zoneplanner.ui.map.overlays.legend import MapOverlays
from zoneplanner.ui.map.scene.drawing import SceneItem
from zoneplanner.ui.map.scene.map_scene import MapScene, find_zone_at
from zoneplanner.ui.map.scene.user_layers import PinItem
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, TARGET_ZONE
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.symbology.site_coloring import SiteSymbol
from zoneplanner.ui.map.tools.toolbox import Toolbox
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style.theme import Theme, fade_color

_LINE_PX, _HALO_LINE_PX, _AREA_LINE_PX = 1.6, 3.6, 1.0
_SKETCH_MARGIN_PX = 8.0
_FILL_ALPHA = 0.14
_DOT_PX = 3.0
_THREAD_SEGMENTS = 12


class RubberBand(SceneItem):
    """Lines of constant width with a halo, and pale areas, in scene coordinates."""

    def __init__(self, color: str, halo: str) -> None:
        super().__init__()
        self._color, self._halo = QColor(color), QColor(halo)
        self._areas: tuple[QPolygonF, ...] = ()
        self._line = QPolygonF()
        self._closed = self._dots = self._dashed = False
        self._ring: tuple[QPointF, float] | None = None
        self._m_px = 1.0
        self._box = QRectF()
        self.setZValue(58)

    def show_shapes(
        self,
        m_px: float,
        *,
        line: Sequence[QPointF] = (),
        closed: bool = False,
        dots: bool = False,
        dashed: bool = False,
        areas: Sequence[QPolygonF] = (),
        ring: tuple[QPointF, float] | None = None,
    ) -> None:
        """Show a line (filled if it is closed), areas, and a ring (center, radius in pixels)."""
        self.prepareGeometryChange()
        self._m_px = m_px
        self._line, self._closed, self._dots, self._dashed = QPolygonF(line), closed, dots, dashed
        self._areas = tuple(areas)
        self._ring = ring
        self._box = self._compute_span()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.show_shapes(self._m_px)

    def boundingRect(self) -> QRectF:
        """Return the bounds of everything drawn."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the shapes, halos first."""
        areas, line = QPainterPath(), QPainterPath()
        for area in self._areas:
            areas.addPolygon(world.map(area))
            areas.closeSubpath()
        if self._line.size() > 1:
            line.addPolygon(world.map(self._line))
        if self._closed:
            line.closeSubpath()
        if self._ring is not None:
            line.addEllipse(world.map(self._ring[0]), self._ring[1], self._ring[1])
        fill = fade_color(self._color, _FILL_ALPHA)
        painter.fillPath(areas, fill)
        painter.strokePath(areas, QPen(self._color, _AREA_LINE_PX))
        if self._closed or self._ring is not None:
            painter.fillPath(line, fill)
        painter.strokePath(line, QPen(self._halo, _HALO_LINE_PX))
        style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
        painter.strokePath(line, QPen(self._color, _LINE_PX, style))
        if self._dots:
            painter.setPen(QPen(self._halo, 1.0))
            painter.setBrush(self._color)
            for point in world.map(self._line).toList():
                painter.drawEllipse(point, _DOT_PX, _DOT_PX)

    def _compute_span(self) -> QRectF:
        span = self._line.boundingRect()
        for area in self._areas:
            span |= area.boundingRect()
        if self._ring is not None:
            center, radius = self._ring[0], QPointF(self._ring[1], self._ring[1]) * self._m_px
            span |= QRectF(center - radius, center + radius)
        margin = _SKETCH_MARGIN_PX * self._m_px
        return span.adjusted(-margin, -margin, margin, margin)


class DragSymbol(SceneItem):
    """The symbol of a dragged site, above everything else, with a thread to the site's position.

    The thread consists of segments: the bounding rectangle of a whole line would have a large part
    of the map painted again at each step.
    """

    def __init__(self, start: QPointF, color: str) -> None:
        super().__init__()
        self._start, self._position = start, start
        self._picture: QPixmap | None = None
        self._reach_px = 1.0
        self._m_px = 1.0
        self._thread = [_ThreadSegment(self, QColor(color)) for _ in range(_THREAD_SEGMENTS)]
        self.setZValue(60)

    def show_at(self, position: QPointF, symbol: SiteSymbol, picture: QPixmap, m_px: float) -> None:
        """Move the symbol to a point of the scene."""
        self.prepareGeometryChange()
        self._position, self._picture, self._m_px = position, picture, m_px
        self._reach_px = site_coloring.compute_symbol_reach_px(symbol)
        step = (position - self._start) / _THREAD_SEGMENTS
        for index, segment in enumerate(self._thread):
            begin = self._start + step * index
            segment.show_line(QLineF(begin, begin + step), m_px, dotted=index == 0)

    def boundingRect(self) -> QRectF:
        """Return the bounds of the symbol."""
        reach = (self._reach_px + 2) * self._m_px
        return QRectF(self._position, self._position).adjusted(-reach, -reach, reach, reach)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the symbol on whole pixels."""
        if self._picture is not None:
            center = world.map(self._position)
            left, top = round(center.x() - self._reach_px), round(center.y() - self._reach_px)
            painter.drawPixmap(left, top, self._picture)


class _ThreadSegment(SceneItem):
    """A segment of the thread below a dragged symbol; the first one begins with a dot."""

    def __init__(self, symbol: DragSymbol, color: QColor) -> None:
        super().__init__()
        self._color = color
        self._line = QLineF()
        self._m_px = 1.0
        self._dotted = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemStacksBehindParent)
        self.setParentItem(symbol)

    def show_line(self, line: QLineF, m_px: float, *, dotted: bool) -> None:
        """Move to another line of the scene."""
        self.prepareGeometryChange()
        self._line, self._m_px, self._dotted = line, m_px, dotted

    def boundingRect(self) -> QRectF:
        """Return the bounds of the line, including its width."""
        reach = (_DOT_PX + 2) * self._m_px
        box = QRectF(self._line.p1(), self._line.p2()).normalized()
        return box.adjusted(-reach, -reach, reach, reach)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the line, and the dot of the first segment."""
        line = world.map(self._line)
        painter.setPen(QPen(self._color, _LINE_PX))
        painter.drawLine(line)
        if self._dotted:
            painter.setBrush(self._color)
            painter.drawEllipse(line.p1(), 2.5, 2.5)


class MapSurface(Protocol):
    """The map as its tools use it."""

    session: Session
    bridge: SessionBridge
    theme: Theme
    map: MapScene
    overlays: MapOverlays
    toolbox: Toolbox
    gesture_refused: SignalInstance
    notice: SignalInstance
    gesture_text: SignalInstance
    note_requested: SignalInstance
    planned_site_requested: SignalInstance
    note_opened: SignalInstance

    def viewport(self) -> QWidget: ...

    def mapToScene(self, point: QPoint) -> QPointF: ...

    def pan(self, by: QPoint) -> None: ...

    def click(self, at: QPoint, site: str | None) -> None: ...

    def site_at(self, at: QPoint) -> str | None: ...

    def hover_site(self, at: QPoint) -> str | None: ...

    def land_index(self) -> LandIndex: ...


class MapTool:
    """What the left button does; positions are in pixels of the viewport.

    A tool has only a weak reference to the map, because the map owns the tools.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, surface: MapSurface) -> None:
        self.surface = surface
        self._sketch: RubberBand | None = None

    @property
    def active(self) -> bool:
        """Whether a gesture is in progress."""
        return False

    @property
    def is_stale(self) -> bool:
        """Whether something else changed the project since the gesture began."""
        return False

    def press(self, at: QPoint) -> None:
        """Begin a gesture."""

    def move(self, at: QPoint) -> None:
        """Continue the gesture with the button down."""

    def release(self, at: QPoint) -> None:
        """End the gesture."""

    def double_click(self, at: QPoint) -> bool:
        """Handle a double click as a second press; return False to let the map zoom."""
        self.press(at)
        return True

    def finish_line(self) -> bool:
        """End a line on Enter; return whether there was one."""
        return False

    def hover(self, at: QPoint) -> None:
        """Show what is under the pointer."""
        self.surface.hover_site(at)

    def clear_feedback(self) -> None:
        """Remove what follows the pointer."""

    def cancel(self) -> bool:
        """Cancel the gesture; return whether there was one."""
        return False

    @property
    def sketch(self) -> RubberBand:
        """The shapes drawn over the map while the tool is in use."""
        if self._sketch is None or not isValid(self._sketch):
            self._sketch = RubberBand(self.surface.theme.text, self.surface.theme.land)
            self.surface.map.addItem(self._sketch)
        return self._sketch

    def remove_sketch(self) -> None:
        """Remove the sketch from the map, unless it was deleted with an earlier map."""
        if self._sketch is not None:
            self.surface.map.remove_item(self._sketch)
            self._sketch = None

    def point(self, at: QPoint) -> QPointF:
        """Return a position in the scene."""
        return self.surface.mapToScene(at)

    def meters(self, at: QPoint) -> tuple[float, float]:
        """Return a position in project meters."""
        return self.surface.map.frame.to_project_m(self.point(at))


class Drag:
    """A drag from a press to its release; this base class drags nothing."""

    @property
    def active(self) -> bool:
        """Whether something is being dragged."""
        return False

    @property
    def is_stale(self) -> bool:
        """Whether something else changed the project since the drag began."""
        return False

    def lift(self, key: str) -> bool:
        """Begin to drag something by its key; return whether it can be moved."""
        return False

    def carry(self, at: QPoint) -> None:
        """Follow the pointer."""

    def drop(self, at: QPoint) -> None:
        """Save the change, or show why it is not possible."""

    def put_back(self) -> None:
        """Restore everything as it was before the drag."""


class SymbolDrag(Drag):
    """A drag of a site whose symbol follows the pointer on a thread."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._symbol: DragSymbol | None = None

    def raise_symbol(self, site: Site) -> None:
        """Pick up a site: show its symbol at its position."""
        start = self._surface.map.frame.to_scene_point(site.x_m, site.y_m)
        self._symbol = DragSymbol(start, self._surface.theme.label)
        self._surface.map.addItem(self._symbol)

    def move_symbol(self, site: Site, at: QPoint) -> None:
        """Move the symbol to a position of the viewport, with the site's current look."""
        scene = self._surface.map
        symbol = scene.sites[site.id].symbol
        if self._symbol is not None:
            picture = scene.render_symbol(symbol)
            self._symbol.show_at(self._surface.mapToScene(at), symbol, picture, scene.m_px)

    def remove_symbol(self) -> None:
        """Remove the symbol and the card."""
        if self._symbol is not None:
            self._surface.map.remove_item(self._symbol)
            self._symbol = None
        self._surface.overlays.card.hide()


class _NoteDrag(Drag):
    """A drag of a note whose flag follows the pointer."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._pin: Pin | None = None
        self._grip_offset = QPointF()

    @property
    def active(self) -> bool:
        """Whether a note is being dragged."""
        return self._pin is not None

    @property
    def is_stale(self) -> bool:
        """Whether the note has changed since the drag began."""
        plan, pin = self._surface.session.plan, self._pin
        return pin is not None and (plan is None or plan.pins.get(pin.uid) is not pin)

    def set_grip(self, pin: Pin, at: QPoint) -> None:
        """Remember where the flag of a note was gripped."""
        foot = self._surface.map.frame.to_scene_point(pin.x_m, pin.y_m)
        self._grip_offset = foot - self._surface.mapToScene(at)

    def lift(self, key: str) -> bool:
        """Begin to drag a note by its uid."""
        plan = self._surface.session.plan
        self._pin = plan.pins.get(key) if plan is not None else None
        self._surface.overlays.card.hide()
        return self._pin is not None

    def carry(self, at: QPoint) -> None:
        """Move the flag with the pointer, gripped at the same spot."""
        item, point = self._item(), self._surface.mapToScene(at)
        if item is not None:
            item.setPos(point + self._grip_offset)
            self._surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)

    def drop(self, at: QPoint) -> None:
        """Move the note to where it was dropped, as one step."""
        pin, item, plan = self._pin, self._item(), self._surface.session.plan
        moved = item.pos() if item is not None else QPointF()
        self.put_back()
        if pin is None or item is None or plan is None:
            return
        x_m, y_m = self._surface.map.frame.to_project_m(moved)
        moved_pin = replace(pin, x_m=x_m, y_m=y_m)
        try:
            self._surface.session.apply(
                "Move a note", lambda project: put_pin(project, plan.uid, moved_pin)
            )
        except UserError as error:
            self._surface.gesture_refused.emit(error.notice)

    def put_back(self) -> None:
        """Return the note to its place."""
        item, pin = self._item(), self._pin
        self._pin = None
        if item is not None and pin is not None:
            item.setPos(self._surface.map.frame.to_scene_point(pin.x_m, pin.y_m))

    def _item(self) -> PinItem | None:
        return self._surface.map.pins.get(self._pin.uid) if self._pin is not None else None


@dataclass(slots=True)
class _Press:
    """A press of the left button: a click until it moves, then a drag or a pan."""

    start: QPoint
    last: QPoint
    key: str | None
    drag: Drag
    panning: bool = False
    dragging: bool = False


class DragTool(MapTool):
    """A tool that drags sites and notes; ``over_site`` is the cursor's shape over a site."""

    cursor = Qt.CursorShape.ArrowCursor
    over_site = Qt.CursorShape.PointingHandCursor

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.site_drag = self.make_site_drag()
        self._notes = _NoteDrag(surface)
        self._press: _Press | None = None

    def make_site_drag(self) -> Drag:
        """Return the drag of a site."""
        return Drag()

    @property
    def active(self) -> bool:
        """Whether a site or a note is being dragged."""
        return self._notes.active or self.site_drag.active

    @property
    def is_stale(self) -> bool:
        """Whether what is dragged has changed since the drag began."""
        return self._notes.is_stale or self.site_drag.is_stale

    def press(self, at: QPoint) -> None:
        """Begin a click, a drag or a pan."""
        pin = self.surface.map.pin_at(self.point(at))
        if pin is None:
            self._press = _Press(at, at, self.draggable_site_at(at), self.site_drag)
        else:
            self._notes.set_grip(pin, at)
            self._press = _Press(at, at, pin.uid, self._notes)

    def draggable_site_at(self, at: QPoint) -> str | None:
        """Return the site that a drag from here would move; None to pan."""
        return self.surface.site_at(at)

    def move(self, at: QPoint) -> None:
        """Drag or pan; a press that hardly moves stays a click."""
        press = self._press
        if press is None:
            return
        if not press.dragging and not press.panning:
            if (at - press.start).manhattanLength() < QApplication.startDragDistance():
                return
            press.panning = press.key is None
            press.dragging = press.key is not None and press.drag.lift(press.key)
        if press.dragging:
            press.drag.carry(at)
        elif press.panning:
            self.surface.pan(press.last - at)
        else:
            self._press = None  # it cannot be moved; ``lift`` has shown why
        press.last = at

    def release(self, at: QPoint) -> None:
        """Drop what is dragged, or select what was clicked."""
        press, self._press = self._press, None
        if press is None:
            return
        if press.dragging:
            press.drag.drop(at)
        elif not press.panning:
            self.click(at, press.key)

    def double_click(self, at: QPoint) -> bool:
        """Leave a double click to the map's zoom."""
        return False

    def hover(self, at: QPoint) -> None:
        """Change the cursor's shape over sites and notes."""
        on_pin = self.surface.map.pin_at(self.point(at)) is not None
        on_site = self.surface.hover_site(at) is not None
        shape = self.over_site if on_site or on_pin else self.cursor
        self.surface.viewport().setCursor(shape)

    def cancel(self) -> bool:
        """Put back what is dragged."""
        press, self._press = self._press, None
        if press is None or not press.dragging:
            return False
        press.drag.put_back()
        return True

    def click(self, at: QPoint, site: str | None) -> None:
        """Select what was clicked."""
        self.surface.click(at, site)


class _SiteDrag(SymbolDrag):
    """A drag of a site to another zone."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._move: MoveSiteGesture | None = None

    def lift(self, key: str) -> bool:
        """Begin to drag a site, or show why it cannot be moved."""
        try:
            self._move = MoveSiteGesture(self._surface.session, key)
        except UserError as error:
            self._surface.gesture_refused.emit(error.notice)
            return False
        self.raise_symbol(self._move.site)
        return True

    def carry(self, at: QPoint) -> None:
        """Follow the pointer; over another zone, the loads change."""
        move = self._move
        if move is None:
            return
        zone = self._zone_under(at)
        if move.preview_target(zone):
            self._surface.gesture_text.emit(move.text())
        self.move_symbol(move.site, at)
        highlights = dict.fromkeys(move.refusals, DIMMED_ZONE)
        if zone is not None and zone not in highlights and zone != move.home:
            highlights[zone] = TARGET_ZONE
        self._surface.map.highlight_zones(highlights)
        self._show_card(move, zone, at)

    def drop(self, at: QPoint) -> None:
        """Save the move, or show why it is not possible."""
        move = self._move
        if move is None:
            return
        zone = self._zone_under(at)
        refusal: str | UserError | None = move.refusals.get(zone or "")
        self._end()
        try:
            move.drop()
        except UserError as error:
            refusal = error.notice
        if refusal is not None:
            self._surface.gesture_refused.emit(refusal)
        elif zone is None:
            self._surface.gesture_refused.emit(Message("no_zone_there.drop", sites=move.name))

    @property
    def active(self) -> bool:
        """Whether a site is being dragged."""
        return self._move is not None

    @property
    def is_stale(self) -> bool:
        """Whether something else changed the project since the drag began."""
        return self._move is not None and self._move.start is not self._surface.session.state

    def put_back(self) -> None:
        """Restore everything as it was before the drag."""
        move = self._move
        self._end()
        if move is not None:
            move.cancel()

    def _zone_under(self, at: QPoint) -> str | None:
        """Return the zone at a position in the plan as it was when the drag began."""
        if self._move is None:
            return None
        point = self._surface.mapToScene(at)
        return find_zone_at(self._move.start, *self._surface.map.frame.to_project_m(point))

    def _show_card(self, move: MoveSiteGesture, zone: str | None, at: QPoint) -> None:
        card = self._surface.overlays.card
        forbidden = zone is None or zone in move.refusals
        shape = Qt.CursorShape.ForbiddenCursor if forbidden else Qt.CursorShape.DragMoveCursor
        self._surface.viewport().setCursor(shape)
        if zone is None:
            card.show_refusal(move.name, "No zone here.", at)
        elif zone in move.refusals:
            card.show_refusal(f"{move.name} → {zone}", move.refusals[zone], at)
        elif zone == move.home:
            card.show_site(move.name, [f"Stays in {zone}"], at)
        else:
            card.show_move(f"{move.name} → {zone}", move.changes(), move.warnings(), at)

    def _end(self) -> None:
        self._move = None
        self.remove_symbol()
        self._surface.map.highlight_zones({})
        self._surface.gesture_text.emit("")


class SelectTool(DragTool):
    """The default tool: selects on a click and drags sites to other zones."""

    def make_site_drag(self) -> Drag:
        """Return the drag of a site to another zone."""
        return _SiteDrag(self.surface)
