"""What stands over the compared maps: tags, scale bar, credits, the card and a pointer's mark.

The line between two maps that lie over each other, moved by mouse or arrow keys.
"""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from zoneplanner.ui.map.overlays.painted_overlay import (
    Attribution,
    PaintedOverlay,
    PointerCard,
    ScaleBar,
)
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


_WIDE_PX, _LINE_PX, _GRIP_PX = 30, 3.0, 26.0
_CAUGHT_PX = 10
_GRIP_SHARE = 0.78
"""How far down the grip is; a site that is gone to is in the middle."""
_STEP, _LONG_STEP = 0.02, 0.1
_LEAST, _MOST = 0.0, 1.0
_MIDDLE = 0.5


class SwipeDivider(PaintedOverlay):
    """``share`` is where it stands on what it is put on, 0 to 1 from the left."""

    moved = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self.share = _MIDDLE
        self._grabbed_px: float | None = None
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Divider between plan A and plan B")
        self.setToolTip("Drag, or press the arrow keys: plan A is on the left, plan B on the right")
        self._tell()

    def move_to(self, share: float) -> None:
        """Stand elsewhere, within what it is put on."""
        share = min(max(share, _LEAST), _MOST)
        if share != self.share:
            self.share = share
            self._tell()
            self.moved.emit(share)

    def stand(self, room: QRect) -> None:
        """Take the place on a room of this size."""
        at = round(room.width() * self.share)
        self.setGeometry(at - _WIDE_PX // 2, 0, _WIDE_PX, room.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed_px = event.position().x() - _WIDE_PX / 2
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        room = self.parentWidget()
        if self._grabbed_px is not None and room is not None:
            at = self.mapToParent(event.position()).x() - self._grabbed_px
            self.move_to(at / max(1, room.width()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed_px = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go back to the middle."""
        self.move_to(_MIDDLE)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow keys, with Shift in long steps, to an end by Home and End."""
        long = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = _LONG_STEP if long else _STEP
        goal = {
            Qt.Key.Key_Left: self.share - step,
            Qt.Key.Key_Right: self.share + step,
            Qt.Key.Key_Home: _LEAST,
            Qt.Key.Key_End: _MOST,
        }.get(Qt.Key(event.key()))
        if goal is None:
            event.ignore()
        else:
            self.move_to(round(goal, 4))
            event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew where the window comes to the front or goes back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Catch the pointer near the line and on the grip only."""
        high, middle = event.size().height(), _WIDE_PX // 2
        line = QRegion(middle - _CAUGHT_PX // 2, 0, _CAUGHT_PX, high)
        self.setMask(line.united(QRegion(self._grip().toAlignedRect().adjusted(-1, -1, 1, 1))))
        super().resizeEvent(event)

    def draw(self, painter: QPainter) -> None:
        """Draw the line with a halo, and a grip with two arrows on it."""
        color = QColor(self._theme.focus if self.hasFocus() else self._theme.text)
        middle, grip = _WIDE_PX / 2, self._grip()
        for ink, wide in ((QColor(self._theme.halo), _LINE_PX + 3), (color, _LINE_PX)):
            painter.fillRect(QRectF(middle - wide / 2, 0, wide, self.height()), ink)
        painter.setPen(QPen(color, 2.5 if self.hasFocus() else 1.5))
        painter.setBrush(QColor(self._theme.raised))
        painter.drawEllipse(grip.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for way in (-1, 1):
            tip = grip.center() + QPointF(way * 8.5, 0)
            back = QPointF(-way * 4.5, 4.5)
            painter.drawPolygon(QPolygonF([tip, tip + back, tip + QPointF(back.x(), -back.y())]))

    def _grip(self) -> QRectF:
        box = QRectF(0, 0, _GRIP_PX, _GRIP_PX)
        box.moveCenter(QPointF(_WIDE_PX / 2, self.height() * _GRIP_SHARE))
        return box

    def _tell(self) -> None:
        self.setAccessibleDescription(f"{self.share:.0%} of the map shows plan A")
