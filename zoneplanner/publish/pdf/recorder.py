"""A canvas that keeps what is drawn on a page, so that a window can show it without a PDF."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zoneplanner.publish.pdf.canvas import choose_font

_Point = tuple[float, float]
_Color = tuple[float, float, float, float]
Subpath = tuple[tuple[_Point, ...], bool]
"""Points one after the other, and whether the last is joined to the first."""


@dataclass(frozen=True, slots=True)
class DrawCommand:
    """One thing that is drawn; coordinates are points from the lower left corner.

    ``kind`` is fill, line, text, clip, circle, save, restore, shift or turn; what it needs of the
    other fields is set. ``at`` is where a text begins, ends or has its middle, by ``align``.
    """

    kind: str
    runs: tuple[Subpath, ...] = ()
    at: _Point = (0.0, 0.0)
    amount: float = 0.0
    width: float = 1.0
    dash: tuple[float, ...] = ()
    color: _Color = (0.0, 0.0, 0.0, 1.0)
    text: str = ""
    font: str = ""
    align: str = "left"


@dataclass(frozen=True, eq=False, slots=True)
class RecordedPage:
    """One page as it is drawn: size in points and what is on it, from the lowest up."""

    width: float
    height: float
    strokes: tuple[DrawCommand, ...]


@dataclass(eq=False, slots=True)
class _PathRecorder:
    """A path under way, with the methods of reportlab's."""

    runs: list[tuple[list[_Point], bool]] = field(default_factory=list)

    def moveTo(self, x: float, y: float) -> None:
        """Begin another run."""
        self.runs.append(([(x, y)], False))

    def lineTo(self, x: float, y: float) -> None:
        """Go on to a point."""
        self.runs[-1][0].append((x, y))

    def close(self) -> None:
        """Join the last point to the first."""
        self.runs[-1] = (self.runs[-1][0], True)

    def rect(self, x: float, y: float, width: float, height: float) -> None:
        """Add a rectangle."""
        self.runs.append((_corners(x, y, width, height), True))

    def list_subpaths(self) -> tuple[Subpath, ...]:
        """Return the runs as they stand."""
        return tuple((tuple(points), closed) for points, closed in self.runs)


class PageRecorder:
    """Takes the calls that pages make of reportlab's canvas and keeps them as strokes."""

    def __init__(self) -> None:
        self.strokes: list[DrawCommand] = []
        self._code: list[str] = []
        self._fill: _Color = (0.0, 0.0, 0.0, 1.0)
        self._line: _Color = (0.0, 0.0, 0.0, 1.0)
        self._width = 1.0
        self._dash: tuple[float, ...] = ()
        self._font, self._size = "", 10.0
        self._kept: list[tuple[Any, ...]] = []

    def setFillColor(self, color: Any) -> None:
        """Fill and write in a color from here on."""
        self._fill = _rgba(color)

    def setStrokeColor(self, color: Any) -> None:
        """Draw lines in a color from here on."""
        self._line = _rgba(color)

    def setLineWidth(self, width: float) -> None:
        """Draw lines of a width from here on."""
        self._width = width

    def setDash(self, dash: Sequence[float]) -> None:
        """Draw dashed lines from here on; nothing ends that."""
        self._dash = tuple(dash)

    def setLineJoin(self, _join: int) -> None:
        """Corners are always round here."""

    def setLineCap(self, _cap: int) -> None:
        """Ends are always flat here."""

    def setFont(self, font: str, size: float) -> None:
        """Write in a font from here on."""
        self._font, self._size = font, size

    def saveState(self) -> None:
        """Keep colors, widths, place and clip."""
        state = (self._fill, self._line, self._width, self._dash, self._font, self._size)
        self._kept.append(state)
        self.strokes.append(DrawCommand("save"))

    def restoreState(self) -> None:
        """Go back to what was kept last."""
        state = self._kept.pop()
        self._fill, self._line, self._width, self._dash, self._font, self._size = state
        self.strokes.append(DrawCommand("restore"))

    def translate(self, x: float, y: float) -> None:
        """Move the corner that coordinates count from."""
        self.strokes.append(DrawCommand("shift", at=(x, y)))

    def rotate(self, angle: float) -> None:
        """Turn by degrees, counter-clockwise."""
        self.strokes.append(DrawCommand("turn", amount=angle))

    def beginPath(self) -> _PathRecorder:
        """Begin a path."""
        return _PathRecorder()

    def drawPath(
        self, path: _PathRecorder, *, stroke: int = 1, fill: int = 0, fillMode: int = 0
    ) -> None:
        """Fill a path, draw its line, or both."""
        self._shape(path.list_subpaths(), stroke=stroke, fill=fill)

    def clipPath(self, path: _PathRecorder, **_how: int) -> None:
        """Draw inside a path alone from here on."""
        self.strokes.append(DrawCommand("clip", runs=path.list_subpaths()))

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a line."""
        self.lines([(x1, y1, x2, y2)])

    def lines(self, several: Sequence[tuple[float, ...]]) -> None:
        """Draw lines."""
        runs = tuple((((x1, y1), (x2, y2)), False) for x1, y1, x2, y2 in several)
        self._shape(runs, stroke=1, fill=0)

    def rect(
        self, x: float, y: float, width: float, height: float, *, stroke: int = 1, fill: int = 0
    ) -> None:
        """Draw a rectangle."""
        run = (tuple(_corners(x, y, width, height)), True)
        self._shape((run,), stroke=stroke, fill=fill)

    def circle(self, x: float, y: float, radius: float, *, stroke: int = 1, fill: int = 0) -> None:
        """Draw a circle."""
        if fill:
            self._add("circle", self._fill, at=(x, y), amount=radius, width=0.0)
        if stroke:
            self._add("circle", self._line, at=(x, y), amount=radius, width=self._width)

    def drawString(self, x: float, y: float, text: str, *, mode: int = 0) -> None:
        """Write from a point on; ``mode`` 1 draws the letters' edges."""
        self._write((x, y), text, "left", mode)

    def drawRightString(self, x: float, y: float, text: str) -> None:
        """Write up to a point."""
        self._write((x, y), text, "right", 0)

    def drawCentredString(self, x: float, y: float, text: str) -> None:
        """Write around a point."""
        self._write((x, y), text, "center", 0)

    def linkRect(self, *_where: Any, **_how: Any) -> None:
        """Links are for a PDF alone."""

    def _write(self, at: _Point, text: str, align: str, mode: int) -> None:
        color, width = (self._line, self._width) if mode else (self._fill, 0.0)
        self._add(
            "text",
            color,
            at=at,
            amount=self._size,
            width=width,
            text=text,
            font=choose_font(text, self._font),
            align=align,
        )

    def _shape(self, runs: tuple[Subpath, ...], *, stroke: int, fill: int) -> None:
        if fill:
            self._add("fill", self._fill, runs=runs)
        if stroke:
            self._add("line", self._line, runs=runs, width=self._width, dash=self._dash)

    def _add(self, kind: str, color: _Color, **more: Any) -> None:
        self.strokes.append(DrawCommand(kind, color=color, **more))


def _rgba(color: Any) -> _Color:
    return color.red, color.green, color.blue, getattr(color, "alpha", 1.0)


def _corners(x: float, y: float, width: float, height: float) -> list[_Point]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
