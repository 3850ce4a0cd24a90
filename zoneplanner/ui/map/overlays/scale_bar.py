"""The scale bar: miles or feet above the line, kilometers or meters below it."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX, SPACING_PX, Theme

_LONGEST_PX = 125.0
_FOOT_M = 0.3048
_MILE_M = 1609.344


class ScaleBar(QWidget):
    """Lengths on the map at the present scale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = theme
        self._m_px = 10.0
        self.setAccessibleName("Scale bar")
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the room for the longest bar and its words."""
        return QSize(
            round(_LONGEST_PX)
            + QFontMetrics(_font()).horizontalAdvance("0.25 mi")
            + 2 * SPACING_PX,
            2 * QFontMetrics(_font()).height() + 10,
        )

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        self._theme = theme
        self.update()

    def set_scale(self, m_px: float) -> None:
        """Take the meters of one pixel; the map is painted anew then, and the bar with it."""
        self._m_px = m_px

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one line with ticks above for miles and below for kilometers."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = QColor(self._theme.land)
            ground.setAlphaF(0.93)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(self.rect(), CORNER_RADIUS_PX, CORNER_RADIUS_PX)
            painter.setFont(_font())
            middle = self.height() / 2
            above, below = (
                compute_imperial_bar(_LONGEST_PX * self._m_px),
                compute_metric_bar(_LONGEST_PX * self._m_px),
            )
            wide_up, wide_down = above[0] / self._m_px, below[0] / self._m_px
            lines = [
                (
                    QPointF(SPACING_PX, middle),
                    QPointF(SPACING_PX + max(wide_up, wide_down), middle),
                ),
                (QPointF(SPACING_PX, middle - 6), QPointF(SPACING_PX, middle + 6)),
                (QPointF(SPACING_PX + wide_up, middle - 6), QPointF(SPACING_PX + wide_up, middle)),
                (
                    QPointF(SPACING_PX + wide_down, middle),
                    QPointF(SPACING_PX + wide_down, middle + 6),
                ),
            ]
            painter.setPen(QPen(QColor(self._theme.text), 1.5, c=Qt.PenCapStyle.SquareCap))
            for start, end in lines:
                painter.drawLine(start, end)
            self._write(painter, above[1], wide_up, middle - 3, up=True)
            self._write(painter, below[1], wide_down, middle + 3, up=False)
        finally:
            painter.end()

    def _write(self, painter: QPainter, text: str, at: float, y: float, *, up: bool) -> None:
        high = QFontMetrics(_font()).height()
        box = QRectF(SPACING_PX + 5 + at, y - high + 1 if up else y - 1, 60, high)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self._theme.text))
        painter.drawText(box, align, text)


def compute_imperial_bar(longest_m: float) -> tuple[float, str]:
    """Return the longest round length in feet or miles as meters, and how it is written."""
    if longest_m < _MILE_M / 4:
        feet = _round(longest_m / _FOOT_M)
        return feet * _FOOT_M, f"{feet:,.0f} ft"
    if longest_m < _MILE_M:
        share = 0.5 if longest_m >= _MILE_M / 2 else 0.25
        return share * _MILE_M, f"{share:g} mi"
    miles = _round(longest_m / _MILE_M)
    return miles * _MILE_M, f"{miles:g} mi"


def compute_metric_bar(longest_m: float) -> tuple[float, str]:
    """Return the longest round length in meters, and how it is written."""
    meters = _round(longest_m)
    return meters, f"{meters / 1000:g} km" if meters >= 1000 else f"{meters:g} m"


def _round(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50 ... that is not above a length."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9))


def _font() -> QFont:
    font = QFont()
    font.setPixelSize(11)
    return font
