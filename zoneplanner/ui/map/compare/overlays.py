"""What stands over the compared maps: tags, scale bar, credits, the card and a pointer's mark."""

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLabel, QWidget

from zoneplanner.ui.map.overlays.attribution import Attribution
from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.map.overlays.pointer_card import PointerCard
from zoneplanner.ui.map.overlays.scale_bar import ScaleBar
from zoneplanner.ui.widgets.style.theme import (
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    make_strong_font,
)

_LETTERS = ("A", "B")
_LEAST_TAG_PX = 60
_MARK_PX, _GAP_PX = 25, 4.0


class ComparisonOverlays:
    """Tags in the upper corners, credits at the bottom left, scale bar at the bottom right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        self._on = parent
        self.scale_bar, self.credits = ScaleBar(theme, parent), Attribution(theme, parent)
        self.card = PointerCard(theme, parent)
        self.tags = tuple(_tag(parent) for _ in _LETTERS)
        self._texts = ("", "")
        self._tagged = True

    def set_theme(self, theme: Theme) -> None:
        """Take other colors; tags have those of the palette."""
        for part in (self.scale_bar, self.credits, self.card):
            part.set_theme(theme)

    def set_plan_names(self, tags: tuple[str, str]) -> None:
        """Name plan A and plan B."""
        self._texts = tags

    def show_tags(self, shown: bool) -> None:
        """Show which plan is where, or not."""
        self._tagged = shown
        for tag in self.tags:
            tag.setVisible(shown)

    def set_scale(self, m_px: float) -> None:
        """Take the meters of one pixel."""
        self.scale_bar.set_scale(m_px)
        self.scale_bar.update()

    def lay_out(self, left_px: int) -> None:
        """Put everything in its corner; ``left_px`` is the width of plan A's part."""
        room = self._on.rect()
        self.credits.fit(room.width())
        self.credits.move(0, room.bottom() + 1 - self.credits.height())
        bar = self.scale_bar
        bottom = room.bottom() - SPACING_PX - PANEL_MARGIN_PX // 2
        if room.width() - PANEL_MARGIN_PX - bar.width() < self.credits.width():
            bottom -= self.credits.height()
        bar.move(room.right() - PANEL_MARGIN_PX - bar.width(), bottom - bar.height())
        if not self._tagged:
            return
        for tag, letter, text, wide in zip(
            self.tags, _LETTERS, self._texts, (left_px, room.width() - left_px), strict=True
        ):
            inner = wide - 2 * PANEL_MARGIN_PX - 2 * SPACING_PX
            side = Qt.TextElideMode.ElideRight
            tag.setText(tag.fontMetrics().elidedText(f"{letter}  {text}", side, max(0, inner)))
            tag.setAccessibleName(f"Plan {letter}: {text}")
            tag.adjustSize()
            tag.setVisible(inner >= _LEAST_TAG_PX)
        first, second = self.tags
        first.move(PANEL_MARGIN_PX, PANEL_MARGIN_PX)
        second.move(room.right() - PANEL_MARGIN_PX - second.width(), PANEL_MARGIN_PX)

    def beside_scale_bar(self, size: QSize) -> QPoint:
        """Return where a legend stands: above the scale bar, in the same corner."""
        bar = self.scale_bar.geometry()
        return QPoint(
            bar.right() + 1 - size.width(), max(0, bar.top() - SPACING_PX - size.height())
        )


class PointerMarker(PaintedOverlay):
    """A cross at the place on one map at which the pointer is on the other one."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName("The pointer's position on the other map")
        self.resize(_MARK_PX, _MARK_PX)
        self.hide()

    def show_at(self, at: QPoint, room: QRect) -> None:
        """Stand at a place, where it is in view."""
        self.move(at - self.rect().center())
        self.setVisible(room.contains(at))
        self.raise_()

    def draw(self, painter: QPainter) -> None:
        """Draw four strokes around the place, which stays free."""
        middle, reach = QPointF(self.rect().center()), _MARK_PX / 2 - 1
        for color, wide in ((self._theme.halo, 4.5), (self._theme.label, 2.0)):
            painter.setPen(QPen(QColor(color), wide))
            for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(middle + way * _GAP_PX, middle + way * reach)


def _tag(parent: QWidget) -> QLabel:
    tag = QLabel(parent)
    tag.setObjectName("compareTag")
    tag.setFont(make_strong_font())
    tag.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return tag
