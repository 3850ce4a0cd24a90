"""Lengths and areas on the map, and areas as people write them."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from PySide6.QtCore import QPoint, QPointF
from shiboken6 import isValid

from zoneplanner.ui.map.tools.rubber_band import RubberBand
from zoneplanner.ui.map.tools.tool import MapSurface, MapTool

_Position = tuple[float, float]


def _compute_length_m(places: Sequence[_Position]) -> float:
    """Return the length of a line through places in meters."""
    pairs = pairwise(places)
    return sum(hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairs)


def _compute_area_m2(places: Sequence[_Position]) -> float:
    """Return the area within a closed line through places, in square meters."""
    if len(places) < 3:
        return 0.0
    x0, y0 = places[0]
    pairs = pairwise(places[1:])
    twice = sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairs)
    return abs(twice) / 2


_NEAR_PX = 3


class MeasureTool(MapTool):
    """Click corner by corner; a double click or Enter ends, Esc clears."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.corners: list[QPointF] = []
        self._open = False
        self._sketch: RubberBand | None = None

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
        if self._sketch is not None:
            self.surface.map.remove_tool_item(self._sketch)
            self._sketch = None
        return had

    @property
    def text(self) -> str:
        """What is measured so far."""
        return "; ".join(self._rows(self.corners))

    def _show(self, at: QPoint) -> None:
        points = [*self.corners, self.point(at)]
        self._draw(points)
        rows = self._rows(points)
        hint = "Double-click ends, Esc clears."
        self.surface.overlays.card.show_site(rows[0], [*rows[1:], hint], at)
        self.surface.gesture_text.emit("; ".join(rows))

    def _draw(self, points: list[QPointF]) -> None:
        if self._sketch is None or not isValid(self._sketch):
            self._sketch = RubberBand(self.surface.theme.text, self.surface.theme.land)
            self.surface.map.addItem(self._sketch)
        closed = len(points) > 3
        self._sketch.show_shapes(self.surface.map.m_px, line=points, closed=closed, dots=True)

    def _rows(self, points: list[QPointF]) -> list[str]:
        places = [self.surface.map.frame.to_project_m(point) for point in points]
        formats = self.surface.session.formats
        rows = [formats.length(_compute_length_m(places))]
        if len(places) > 2:
            rows.append(f"Last leg {formats.length(_compute_length_m(places[-2:]))}")
            rows.append(f"Inside {formats.area(_compute_area_m2(places))}")
        return rows
