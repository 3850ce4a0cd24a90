"""A small line chart that is redrawn as its figures come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from zoneplanner.ui.widgets.style.theme import fade_color

_HEIGHT_PX = 116
_PAD_PX, _TICK_PX, _LABEL_GAP_PX = 4, 4, 6
_LINE_PX = 2.0
_HEADROOM = 0.12
_FILL_SHARE = 0.14


@dataclass(frozen=True, slots=True)
class StepLine:
    """A line of steps through points (x, y) with rising x.

    ``role`` is its color in the palette; a ``dashed`` line looks like a limit.
    """

    name: str
    points: Sequence[tuple[float, float]]
    role: QPalette.ColorRole = QPalette.ColorRole.Link
    dashed: bool = False


class StepChart(QWidget):
    """Lines over a common time axis, labeled with their last values.

    The area between the first two lines is tinted, which shows how their gap closes.
    """

    def __init__(self, name: str, *, unit: str = "s") -> None:
        super().__init__()
        self._unit = unit
        self.lines: tuple[StepLine, ...] = ()
        self._low, self._high = 0.0, 1.0
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_lines(
        self, lines: Sequence[StepLine], *, low: float, high: float, description: str
    ) -> None:
        """Draw lines in a range of values; ``description`` is also the tooltip."""
        self.lines = tuple(line for line in lines if line.points)
        room = _HEADROOM * max(high - low, 1e-9 * max(1.0, abs(high)))
        self._low, self._high = low - room, high + room
        self.setAccessibleDescription(description)
        self.setToolTip(description)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed height."""
        return QSize(200, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axis, the lines and their labels."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        frame = self._measure_frame(metrics)
        colors = self.palette()
        painter.setPen(QPen(colors.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        if not self.lines:
            return
        last = max(line.points[-1][0] for line in self.lines) or 1.0
        paths = [self._make_path(line, frame, last) for line in self.lines]
        painter.setClipRect(frame.adjusted(0, -_LINE_PX, _LINE_PX, 0))
        if len(paths) > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fade_color(colors.color(self.lines[0].role), _FILL_SHARE))
            painter.save()
            start = max(paths[0][0].x(), paths[1][0].x())
            painter.setClipRect(QRectF(start, frame.top(), frame.right() - start, frame.height()))
            painter.drawPolygon(QPolygonF([*paths[0], *reversed(paths[1])]))
            painter.restore()
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, path in zip(self.lines, paths, strict=True):
            pen = QPen(colors.color(line.role), _LINE_PX)
            pen.setStyle(Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(path))
        painter.setClipping(False)
        self._write_labels(painter, frame, metrics, last)

    def _measure_frame(self, metrics: QFontMetricsF) -> QRectF:
        """Return the area between the labels at the right and below."""
        labels = (metrics.horizontalAdvance(_write_label(line)) for line in self.lines)
        right_px = max(labels, default=0.0) + _LABEL_GAP_PX + _PAD_PX
        return QRectF(self.rect()).adjusted(
            _PAD_PX, _PAD_PX, -right_px, -metrics.height() - _TICK_PX
        )

    def _make_path(self, line: StepLine, frame: QRectF, last: float) -> list[QPointF]:
        path: list[QPointF] = []
        for x, y in line.points:
            x_px = frame.left() + frame.width() * x / last
            if path:
                path.append(QPointF(x_px, path[-1].y()))
            path.append(QPointF(x_px, self._to_y_px(y, frame)))
        path.append(QPointF(frame.right(), path[-1].y()))
        return path

    def _to_y_px(self, value: float, frame: QRectF) -> float:
        share = (value - self._low) / (self._high - self._low)
        return frame.bottom() - frame.height() * share

    def _write_labels(
        self, painter: QPainter, frame: QRectF, metrics: QFontMetricsF, last: float
    ) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        below = QRectF(frame.left(), frame.bottom() + _TICK_PX, frame.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{last:.0f} {self._unit}")
        ends = sorted(self.lines, key=lambda line: -line.points[-1][1])
        free_top = frame.top() - _PAD_PX
        remaining_px = metrics.height() * len(ends)
        for line in ends:
            wanted = self._to_y_px(line.points[-1][1], frame) - metrics.height() / 2
            top = max(free_top, min(wanted, frame.bottom() - remaining_px + _PAD_PX))
            painter.setPen(self.palette().color(line.role))
            box = QRectF(frame.right() + _LABEL_GAP_PX, top, self.width(), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, _write_label(line))
            free_top, remaining_px = top + metrics.height(), remaining_px - metrics.height()


def _write_label(line: StepLine) -> str:
    return f"{line.name} {line.points[-1][1]:,.0f}"
