"""What every tool is to the map, and what the map is to every tool.

What a tool draws over the map while it is in use: a ring, a box, a lasso, a measured line.
"""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget
from shiboken6 import isValid

from zoneplanner.analysis.geometry.land_index import LandIndex
from zoneplanner.app.session.session import Session
from zoneplanner.ui.map.overlays.map_overlays import MapOverlays
from zoneplanner.ui.map.scene.drawing import SceneItem
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.symbology import symbols_and_fills
from zoneplanner.ui.map.symbology.symbols_and_fills import SiteSymbol
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
        self._reach_px = symbols_and_fills.compute_symbol_reach_px(look)
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
