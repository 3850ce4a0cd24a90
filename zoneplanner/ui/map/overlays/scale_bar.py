"""The scale bar: miles or feet above the line, kilometers or meters below it."""

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Theme, make_micro_font

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
            + QFontMetrics(make_micro_font()).horizontalAdvance("0.25 mi")
            + 2 * SPACING_PX,
            2 * QFontMetrics(make_micro_font()).height() + 10,
        )

    def set_scale(self, m_px: float) -> None:
        """Take the meters of one pixel; the map is painted anew then, and the bar with it."""
        self._m_px = m_px

    def draw(self, painter: QPainter) -> None:
        """Draw one line with ticks above for miles and below for kilometers, on a halo."""
        painter.setFont(make_micro_font())
        left, middle = SPACING_PX, self.height() / 2
        longest_m = _LONGEST_PX * self._m_px
        (up_m, up_text), (down_m, down_text) = (
            compute_imperial_bar(longest_m),
            compute_metric_bar(longest_m),
        )
        up, down = left + up_m / self._m_px, left + down_m / self._m_px
        shape = QPainterPath()
        for x1, y1, x2, y2 in (
            (left, middle, max(up, down), middle),
            (left, middle - 6, left, middle + 6),
            (up, middle - 6, up, middle),
            (down, middle, down, middle + 6),
        ):
            shape.moveTo(x1, y1)
            shape.lineTo(x2, y2)
        metrics = QFontMetrics(painter.font())
        words = QPainterPath()
        words.addText(up + 5, middle - 2 - metrics.descent(), painter.font(), up_text)
        words.addText(down + 5, middle + 2 + metrics.ascent(), painter.font(), down_text)
        halo, ink = self._theme.color("halo"), self._theme.color("text")
        painter.strokePath(shape, QPen(halo, 4.5, c=Qt.PenCapStyle.SquareCap))
        painter.strokePath(words, QPen(halo, 3.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shape, QPen(ink, 1.5, c=Qt.PenCapStyle.SquareCap))
        painter.fillPath(words, ink)


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
