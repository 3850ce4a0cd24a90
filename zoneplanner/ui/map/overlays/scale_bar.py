"""The scale bar: miles or feet above the line, kilometers or meters below it."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX, SPACING_PX, Theme

_LONGEST_PX = 125.0
_FOOT_M = 0.3048
_MILE_M = 1609.344


class ScaleBar(PaintedOverlay):
    """Lengths on the map at the present scale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
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

    def set_scale(self, m_px: float) -> None:
        """Take the meters of one pixel; the map is painted anew then, and the bar with it."""
        self._m_px = m_px

    def draw(self, painter: QPainter) -> None:
        """Draw one line with ticks above for miles and below for kilometers."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fade_color(self._theme.land, 0.93))
        painter.drawRoundedRect(self.rect(), CORNER_RADIUS_PX, CORNER_RADIUS_PX)
        painter.setFont(_font())
        left, middle = SPACING_PX, self.height() / 2
        longest_m = _LONGEST_PX * self._m_px
        (up_m, up_text), (down_m, down_text) = (
            compute_imperial_bar(longest_m),
            compute_metric_bar(longest_m),
        )
        up, down = left + up_m / self._m_px, left + down_m / self._m_px
        painter.setPen(QPen(QColor(self._theme.text), 1.5, c=Qt.PenCapStyle.SquareCap))
        for x1, y1, x2, y2 in (
            (left, middle, max(up, down), middle),
            (left, middle - 6, left, middle + 6),
            (up, middle - 6, up, middle),
            (down, middle, down, middle + 6),
        ):
            painter.drawLine(QPointF(x1, y1), QPointF(x2, y2))
        high = QFontMetrics(_font()).height()
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for text, x, y in ((up_text, up, middle - 2 - high), (down_text, down, middle + 2)):
            painter.drawText(QRectF(x + 5, y, 60, high), align, text)


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
