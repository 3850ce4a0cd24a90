"""What the map and its tools are to each other, and the tool that selects and drags.

Every tool says what a press, a move and a release do, and what it draws over the map meanwhile: a
ring, a box, a lasso, a measured line. With the select tool one press of the left button is a click
that selects a site, a drag of it to another zone, or a pan of the map.
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
from zoneplanner.ui.map.edit_gestures import MoveSiteGesture
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

_EDGE_PX, _HALO_PX, _AREA_EDGE_PX = 1.6, 3.6, 1.0
_REACH_PX = 8.0
_FILL_SHARE = 0.14
_DOT_PX = 3.0
_THREAD_PARTS = 12


class RubberBand(SceneItem):
    """Lines of constant width with a halo, and pale areas. Places are points of the scene."""

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
        """Show a line, filled where it is closed, areas, and a ring of so many pixels."""
        self.prepareGeometryChange()
        self._m_px = m_px
        self._line, self._closed, self._dots, self._dashed = QPolygonF(line), closed, dots, dashed
        self._areas = tuple(areas)
        self._ring = ring
        self._box = self._span()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.show_shapes(self._m_px)

    def boundingRect(self) -> QRectF:
        """Span all that is drawn."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw in device pixels, the halo first."""
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
        ground = fade_color(self._color, _FILL_SHARE)
        painter.fillPath(areas, ground)
        painter.strokePath(areas, QPen(self._color, _AREA_EDGE_PX))
        if self._closed or self._ring is not None:
            painter.fillPath(line, ground)
        painter.strokePath(line, QPen(self._halo, _HALO_PX))
        style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
        painter.strokePath(line, QPen(self._color, _EDGE_PX, style))
        if self._dots:
            painter.setPen(QPen(self._halo, 1.0))
            painter.setBrush(self._color)
            for point in world.map(self._line).toList():
                painter.drawEllipse(point, _DOT_PX, _DOT_PX)

    def _span(self) -> QRectF:
        span = self._line.boundingRect()
        for area in self._areas:
            span |= area.boundingRect()
        if self._ring is not None:
            at, reach = self._ring[0], QPointF(self._ring[1], self._ring[1]) * self._m_px
            span |= QRectF(at - reach, at + reach)
        edge = _REACH_PX * self._m_px
        return span.adjusted(-edge, -edge, edge, edge)


class DragSymbol(SceneItem):
    """Lies over all else while a site is carried, with a thread from the site's place.

    The thread is in parts: the rectangle around the whole of it would have a large part of the map
    painted anew at each step.
    """

    def __init__(self, start: QPointF, color: str) -> None:
        super().__init__()
        self._start, self._at = start, start
        self._color = QColor(color)
        self._picture: QPixmap | None = None
        self._reach_px = 1.0
        self._m_px = 1.0
        self._thread = [_ThreadPart(self, self._color) for _ in range(_THREAD_PARTS)]
        self.setZValue(60)

    def show_at(self, at: QPointF, look: SiteSymbol, picture: QPixmap, m_px: float) -> None:
        """Move to a point of the scene."""
        self.prepareGeometryChange()
        self._at, self._picture, self._m_px = at, picture, m_px
        self._reach_px = site_coloring.compute_symbol_reach_px(look)
        step = (at - self._start) / _THREAD_PARTS
        for place, part in enumerate(self._thread):
            begin = self._start + step * place
            part.show_line(QLineF(begin, begin + step), m_px, dotted=place == 0)

    def boundingRect(self) -> QRectF:
        """Span the symbol."""
        reach = (self._reach_px + 2) * self._m_px
        return QRectF(self._at, self._at).adjusted(-reach, -reach, reach, reach)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the symbol on whole pixels."""
        if self._picture is not None:
            at = world.map(self._at)
            left, top = round(at.x() - self._reach_px), round(at.y() - self._reach_px)
            painter.drawPixmap(left, top, self._picture)


class _ThreadPart(SceneItem):
    """A part of the thread below a symbol that is carried; the first one begins with a dot."""

    def __init__(self, symbol: DragSymbol, color: QColor) -> None:
        super().__init__()
        self._color = color
        self._line = QLineF()
        self._m_px = 1.0
        self._dotted = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemStacksBehindParent)
        self.setParentItem(symbol)

    def show_line(self, line: QLineF, m_px: float, *, dotted: bool) -> None:
        """Take another place in the scene."""
        self.prepareGeometryChange()
        self._line, self._m_px, self._dotted = line, m_px, dotted

    def boundingRect(self) -> QRectF:
        """Span the line with its width."""
        reach = (_DOT_PX + 2) * self._m_px
        box = QRectF(self._line.p1(), self._line.p2()).normalized()
        return box.adjusted(-reach, -reach, reach, reach)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the line in device pixels."""
        line = world.map(self._line)
        painter.setPen(QPen(self._color, _EDGE_PX))
        painter.drawLine(line)
        if self._dotted:
            painter.setBrush(self._color)
            painter.drawEllipse(line.p1(), 2.5, 2.5)


class MapSurface(Protocol):
    """The map as a tool sees it."""

    session: Session
    bridge: SessionBridge
    theme: Theme
    map: MapScene
    overlays: MapOverlays
    toolbox: Toolbox
    refused: SignalInstance
    notice: SignalInstance
    gesture_text: SignalInstance
    note_asked: SignalInstance
    planned_asked: SignalInstance
    pin_asked: SignalInstance

    def viewport(self) -> QWidget: ...

    def mapToScene(self, point: QPoint) -> QPointF: ...

    def pan(self, by: QPoint) -> None: ...

    def click(self, at: QPoint, site: str | None) -> None: ...

    def site_at(self, at: QPoint) -> str | None: ...

    def hover_site(self, at: QPoint) -> str | None: ...

    def ground(self) -> LandIndex: ...


class MapTool:
    """One thing that the left button does. Places are pixels of the viewport.

    A tool holds the map by a weak reference: the map owns the tools.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, surface: MapSurface) -> None:
        self.surface = surface
        self._sketch: RubberBand | None = None

    @property
    def active(self) -> bool:
        """True in the middle of a gesture."""
        return False

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the gesture by another hand."""
        return False

    def press(self, at: QPoint) -> None:
        """Begin."""

    def move(self, at: QPoint) -> None:
        """Go on with the button down."""

    def release(self, at: QPoint) -> None:
        """End."""

    def double(self, at: QPoint) -> bool:
        """Take a double click, which is a second press; False leaves it to the map's zoom."""
        self.press(at)
        return True

    def enter(self) -> bool:
        """Take the Enter key; tell whether it meant anything."""
        return False

    def hover(self, at: QPoint) -> None:
        """Tell what is under the pointer."""
        self.surface.hover_site(at)

    def clear_feedback(self) -> None:
        """Take away what follows the pointer."""

    def cancel(self) -> bool:
        """Give up what is under way; tell whether there was anything."""
        return False

    @property
    def sketch(self) -> RubberBand:
        """What is drawn over the map while the tool is in use."""
        if self._sketch is None or not isValid(self._sketch):
            self._sketch = RubberBand(self.surface.theme.text, self.surface.theme.land)
            self.surface.map.addItem(self._sketch)
        return self._sketch

    def remove_sketch(self) -> None:
        """Take the sketch off the map; what went with an earlier map is gone already."""
        if self._sketch is not None:
            self.surface.map.remove_tool_item(self._sketch)
            self._sketch = None

    def point(self, at: QPoint) -> QPointF:
        """Return a place in the scene."""
        return self.surface.mapToScene(at)

    def meters(self, at: QPoint) -> tuple[float, float]:
        """Return a place in project meters."""
        return self.surface.map.frame.to_project_m(self.point(at))


class Drag:
    """What is carried from a press to its release. This one carries nothing."""

    @property
    def active(self) -> bool:
        """True while something is carried."""
        return False

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the drag by another hand."""
        return False

    def lift(self, key: str) -> bool:
        """Take something up by its key; tell whether it may be moved at all."""
        return False

    def carry(self, at: QPoint) -> None:
        """Follow the pointer."""

    def drop(self, at: QPoint) -> None:
        """Keep what the drag did, or say why it is not possible."""

    def put_back(self) -> None:
        """Leave everything as it was."""


class SymbolDrag(Drag):
    """A drag of a site whose symbol follows the pointer on a thread."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._symbol: DragSymbol | None = None

    def raise_symbol(self, site: Site) -> None:
        """Begin at the site's place."""
        start = self._surface.map.frame.to_scene_point(site.x_m, site.y_m)
        self._symbol = DragSymbol(start, self._surface.theme.label)
        self._surface.map.addItem(self._symbol)

    def move_symbol(self, site: Site, at: QPoint) -> None:
        """Draw the symbol at a place of the viewport as the site looks now."""
        scene = self._surface.map
        look = scene.sites[site.id].look
        if self._symbol is not None:
            picture = scene.render_symbol(look)
            self._symbol.show_at(self._surface.mapToScene(at), look, picture, scene.m_px)

    def remove_symbol(self) -> None:
        """Take the symbol off the map, and the card away."""
        if self._symbol is not None:
            self._surface.map.remove_tool_item(self._symbol)
            self._symbol = None
        self._surface.overlays.card.hide()


class _NoteDrag(Drag):
    """One drag of a note at a time: its flag follows the pointer."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._pin: Pin | None = None
        self._grip = QPointF()

    @property
    def active(self) -> bool:
        """True while a note is carried."""
        return self._pin is not None

    @property
    def is_stale(self) -> bool:
        """True where the note changed under the drag."""
        plan, held = self._surface.session.plan, self._pin
        return held is not None and (plan is None or plan.pins.get(held.uid) is not held)

    def grip(self, held: Pin, at: QPoint) -> None:
        """Take a note by this place of its flag."""
        foot = self._surface.map.frame.to_scene_point(held.x_m, held.y_m)
        self._grip = foot - self._surface.mapToScene(at)

    def lift(self, key: str) -> bool:
        """Take a note up by its uid."""
        plan = self._surface.session.plan
        self._pin = plan.pins.get(key) if plan is not None else None
        self._surface.overlays.card.hide()
        return self._pin is not None

    def carry(self, at: QPoint) -> None:
        """Let the flag follow the pointer, held where it was taken."""
        item, point = self._item(), self._surface.mapToScene(at)
        if item is not None:
            item.setPos(point + self._grip)
            self._surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)

    def drop(self, at: QPoint) -> None:
        """Keep the note where it is let go, as one step."""
        held, item, plan = self._pin, self._item(), self._surface.session.plan
        if held is None or item is None or plan is None:
            self.put_back()
            return
        x_m, y_m = self._surface.map.frame.to_project_m(item.pos())
        self.put_back()
        there = replace(held, x_m=x_m, y_m=y_m)
        try:
            self._surface.session.apply(
                "Move a note", lambda project: put_pin(project, plan.uid, there)
            )
        except UserError as error:
            self._surface.refused.emit(error.notice)

    def put_back(self) -> None:
        """Leave the note where it was."""
        item, held = self._item(), self._pin
        self._pin = None
        if item is not None and held is not None:
            item.setPos(self._surface.map.frame.to_scene_point(held.x_m, held.y_m))

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
    carrying: bool = False


class DragTool(MapTool):
    """A tool whose drag begins on a site, or on a note, which goes to another place.

    ``over_site`` is the pointer above a site.
    """

    cursor = Qt.CursorShape.ArrowCursor
    over_site = Qt.CursorShape.PointingHandCursor

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.carrying = self.make_site_drag()
        self._notes = _NoteDrag(surface)
        self._press: _Press | None = None

    def make_site_drag(self) -> Drag:
        """Return what a drag of a site does; without one it pans."""
        return Drag()

    @property
    def active(self) -> bool:
        """True while a site or a note is carried."""
        return self._notes.active or self.carrying.active

    @property
    def is_stale(self) -> bool:
        """True where what is carried changed under the drag."""
        return self._notes.is_stale or self.carrying.is_stale

    def press(self, at: QPoint) -> None:
        """Begin a click, a drag or a pan."""
        pin = self.surface.map.pin_at(self.point(at))
        if pin is None:
            self._press = _Press(at, at, self.under(at), self.carrying)
        else:
            self._notes.grip(pin, at)
            self._press = _Press(at, at, pin.uid, self._notes)

    def under(self, at: QPoint) -> str | None:
        """Return the site that a drag from here would carry."""
        return self.surface.site_at(at)

    def move(self, at: QPoint) -> None:
        """Carry or pan; a press that hardly moves stays a click."""
        press = self._press
        if press is None:
            return
        if not press.carrying and not press.panning:
            if (at - press.start).manhattanLength() < QApplication.startDragDistance():
                return
            press.panning = press.key is None
            press.carrying = press.key is not None and press.drag.lift(press.key)
        if press.carrying:
            press.drag.carry(at)
        elif press.panning:
            self.surface.pan(press.last - at)
        else:
            self._press = None  # it may not be moved, and the reason was given
        press.last = at

    def release(self, at: QPoint) -> None:
        """Drop, or select."""
        press, self._press = self._press, None
        if press is None:
            return
        if press.carrying:
            press.drag.drop(at)
        elif not press.panning:
            self.click(at, press.key)

    def double(self, at: QPoint) -> bool:
        """Leave a double click to the map's zoom."""
        return False

    def hover(self, at: QPoint) -> None:
        """Point at sites and notes."""
        on_pin = self.surface.map.pin_at(self.point(at)) is not None
        on_site = self.surface.hover_site(at) is not None
        shape = self.over_site if on_site or on_pin else self.cursor
        self.surface.viewport().setCursor(shape)

    def cancel(self) -> bool:
        """Put back what is carried."""
        press, self._press = self._press, None
        if press is None or not press.carrying:
            return False
        press.drag.put_back()
        return True

    def click(self, at: QPoint, site: str | None) -> None:
        """Select."""
        self.surface.click(at, site)


class _SiteDrag(SymbolDrag):
    """One drag of a site at a time."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._move: MoveSiteGesture | None = None

    def lift(self, key: str) -> bool:
        """Take a site up; tell whether it may be moved at all."""
        try:
            move = MoveSiteGesture(self._surface.session, key)
        except UserError as error:
            self._surface.refused.emit(error.notice)
            return False
        self._move = move
        self.raise_symbol(move.site)
        return True

    def carry(self, at: QPoint) -> None:
        """Follow the pointer; the loads change when it comes over another zone."""
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
        """Keep the move, or say why it is not possible."""
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
            self._surface.refused.emit(refusal)
        elif zone is None:
            self._surface.refused.emit(
                f"There is no zone there; drop {move.name} on a zone on the map."
            )

    @property
    def active(self) -> bool:
        """True while a site is carried."""
        return self._move is not None

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the gesture by another hand."""
        return self._move is not None and self._move.start is not self._surface.session.state

    def put_back(self) -> None:
        """Leave everything as it was."""
        move = self._move
        self._end()
        if move is not None:
            move.cancel()

    def _zone_under(self, at: QPoint) -> str | None:
        """Return the zone of the plan as it was when the site was taken up."""
        if self._move is None:
            return None
        point = self._surface.mapToScene(at)
        return find_zone_at(self._move.start, *self._surface.map.frame.to_project_m(point))

    def _show_card(self, move: MoveSiteGesture, zone: str | None, at: QPoint) -> None:
        card = self._surface.overlays.card
        barred = zone is None or zone in move.refusals
        shape = Qt.CursorShape.ForbiddenCursor if barred else Qt.CursorShape.DragMoveCursor
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
    """The tool that is in hand at first."""

    def make_site_drag(self) -> Drag:
        """Carry a site to another zone."""
        return _SiteDrag(self.surface)
