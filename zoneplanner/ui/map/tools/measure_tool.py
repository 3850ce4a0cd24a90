"""Lengths and areas on the map."""

import shapely
from PySide6.QtCore import QPoint, QPointF

from zoneplanner.ui.map.tools.tool import MapSurface, MapTool


class MeasureTool(MapTool):
    """Click corner by corner; a double click or Enter ends, Esc clears."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.corners: list[QPointF] = []
        self._open = False

    @property
    def active(self) -> bool:
        """True while anything is measured."""
        return bool(self.corners)

    def press(self, at: QPoint) -> None:
        """Set a corner; after the end of a line, the first of the next one."""
        if not self._open:
            self.corners = []
        self._open = True
        self.corners.append(self.point(at))
        self._show(at)

    def move(self, at: QPoint) -> None:
        """Stretch the line to the pointer."""
        self._show(at)

    def hover(self, at: QPoint) -> None:
        """Stretch the line to the pointer while it is open."""
        if self._open:
            self._show(at)

    def double(self, at: QPoint) -> bool:
        """End the line where it is."""
        return self.enter() or True

    def enter(self) -> bool:
        """End the line; what it measured stays until Esc or the next corner."""
        was_open, self._open = self._open, False
        if was_open:
            self._draw(self.corners)
        return was_open

    def clear_feedback(self) -> None:
        """Clear the line, as when another tool is taken."""
        self.cancel()

    def cancel(self) -> bool:
        """Clear the line."""
        had = bool(self.corners)
        self.corners, self._open = [], False
        self.surface.overlays.card.hide()
        self.surface.gesture_text.emit("")
        self.remove_sketch()
        return had

    @property
    def text(self) -> str:
        """What is measured so far."""
        return "; ".join(self._rows(self.corners))

    def _show(self, at: QPoint) -> None:
        points = [*self.corners, self.point(at)]
        self._draw(points)
        rows = self._rows(points)
        hint = "Double-click to finish, Esc to clear."
        self.surface.overlays.card.show_site(rows[0], [*rows[1:], hint], at)
        self.surface.gesture_text.emit("; ".join(rows))

    def _draw(self, points: list[QPointF]) -> None:
        closed = len(points) > 3
        self.sketch.show_shapes(self.surface.map.m_px, line=points, closed=closed, dots=True)

    def _rows(self, points: list[QPointF]) -> list[str]:
        places = [self.surface.map.frame.to_project_m(point) for point in points]
        formats = self.surface.session.formats
        rows = [formats.length(shapely.LineString(places).length if len(places) > 1 else 0.0)]
        if len(places) > 2:
            rows.append(f"Last leg {formats.length(shapely.LineString(places[-2:]).length)}")
            rows.append(f"Inside {formats.area(shapely.Polygon(places).area)}")
        return rows
