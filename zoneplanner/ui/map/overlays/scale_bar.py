"""The scale bar: the desk's unit above the line, the other one below it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from zoneplanner.domain.locale_formats import US_FORMATS, LocaleFormats
from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Theme, make_micro_font

_LONGEST_PX = 125.0


class ScaleBar(PaintedOverlay):
    """Lengths on the map at the present scale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._m_px = 10.0
        self._formats = US_FORMATS
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

    def set_formats(self, formats: LocaleFormats) -> None:
        """Put the units of a desk above the line."""
        if formats != self._formats:
            self._formats = formats
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw one line with a tick above and one below, on a halo."""
        painter.setFont(make_micro_font())
        left, middle = SPACING_PX, self.height() / 2
        (up_m, up_text), (down_m, down_text) = self._formats.scale_bars(_LONGEST_PX * self._m_px)
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
