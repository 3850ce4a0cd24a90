"""What is over the compared maps: tags, scale bar, credits, a pointer marker and the divider."""

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
_MIN_TAG_PX = 60
_MARK_PX, _CROSS_GAP_PX = 25, 4.0


class ComparisonOverlays:
    """Tags in the upper corners, credits at the bottom left, scale bar at the bottom right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        self._parent_widget = parent
        self.scale_bar, self.credits = ScaleBar(theme, parent), Attribution(theme, parent)
        self.card = PointerCard(theme, parent)
        self.tags = tuple(_make_tag(parent) for _ in _LETTERS)
        self._texts = ("", "")
        self._shows_tags = True

    def set_theme(self, theme: Theme) -> None:
        """Change the colors; those of the tags come from the palette."""
        for part in (self.scale_bar, self.credits, self.card):
            part.set_theme(theme)

    def set_plan_names(self, tags: tuple[str, str]) -> None:
        """Set the names of plan A and plan B."""
        self._texts = tags

    def show_tags(self, shown: bool) -> None:
        """Show or hide the tags."""
        self._shows_tags = shown
        for tag in self.tags:
            tag.setVisible(shown)

    def set_scale(self, m_px: float) -> None:
        """Set the scale in meters per pixel."""
        self.scale_bar.set_scale(m_px)
        self.scale_bar.update()

    def lay_out(self, left_px: int) -> None:
        """Place everything in its corner; ``left_px`` is the width of plan A's part."""
        room = self._parent_widget.rect()
        self.credits.fit(room.width())
        self.credits.move(0, room.bottom() + 1 - self.credits.height())
        bar = self.scale_bar
        bottom = room.bottom() - SPACING_PX - PANEL_MARGIN_PX // 2
        if room.width() - PANEL_MARGIN_PX - bar.width() < self.credits.width():
            bottom -= self.credits.height()
        bar.move(room.right() - PANEL_MARGIN_PX - bar.width(), bottom - bar.height())
        if not self._shows_tags:
            return
        widths = (left_px, room.width() - left_px)
        for tag, letter, text, width in zip(self.tags, _LETTERS, self._texts, widths, strict=True):
            inner_px = width - 2 * PANEL_MARGIN_PX - 2 * SPACING_PX
            right = Qt.TextElideMode.ElideRight
            tag.setText(tag.fontMetrics().elidedText(f"{letter}  {text}", right, max(0, inner_px)))
            tag.setAccessibleName(f"Plan {letter}: {text}")
            tag.adjustSize()
            tag.setVisible(inner_px >= _MIN_TAG_PX)
        first, second = self.tags
        first.move(PANEL_MARGIN_PX, PANEL_MARGIN_PX)
        second.move(room.right() - PANEL_MARGIN_PX - second.width(), PANEL_MARGIN_PX)

    def place_above_scale_bar(self, size: QSize) -> QPoint:
        """Return the position of a legend above the scale bar."""
        bar = self.scale_bar.geometry()
        y = max(0, bar.top() - SPACING_PX - size.height())
        return QPoint(bar.right() + 1 - size.width(), y)


class PointerMarker(PaintedOverlay):
    """A cross on one map at the pointer's position on the other one."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName("The pointer’s position on the other map")
        self.resize(_MARK_PX, _MARK_PX)
        self.hide()

    def show_at(self, at: QPoint, room: QRect) -> None:
        """Show the cross at a position, if that is in view."""
        self.move(at - self.rect().center())
        self.setVisible(room.contains(at))
        self.raise_()

    def draw(self, painter: QPainter) -> None:
        """Draw four strokes around the position, which stays visible."""
        center, radius = QPointF(self.rect().center()), _MARK_PX / 2 - 1
        for color, width in ((self._theme.halo, 4.5), (self._theme.label, 2.0)):
            painter.setPen(QPen(QColor(color), width))
            for direction in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(center + direction * _CROSS_GAP_PX, center + direction * radius)


def _make_tag(parent: QWidget) -> QLabel:
    tag = QLabel(parent)
    tag.setObjectName("compareTag")
    tag.setFont(make_strong_font())
    tag.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return tag


_DIVIDER_WIDTH_PX, _LINE_PX, _GRIP_PX = 30, 3.0, 26.0
_HIT_WIDTH_PX = 10
_GRIP_POSITION = 0.78
"""How far down the grip is: below a site that was zoomed to, which is in the middle."""
_STEP, _LONG_STEP = 0.02, 0.1
_MIDDLE = 0.5


class SwipeDivider(PaintedOverlay):
    """The line between two maps on top of each other; ``share`` is 0 at the left and 1 at right."""

    moved = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self.share = _MIDDLE
        self._grip_offset_px: float | None = None
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Divider between plan A and plan B")
        self.setToolTip("Drag, or press the arrow keys: plan A is on the left, plan B on the right")
        self._update_description()

    def move_to(self, share: float) -> None:
        """Move the divider."""
        share = min(max(share, 0.0), 1.0)
        if share != self.share:
            self.share = share
            self._update_description()
            self.moved.emit(share)

    def fit_to(self, room: QRect) -> None:
        """Place the divider over maps of this size."""
        x = round(room.width() * self.share)
        self.setGeometry(x - _DIVIDER_WIDTH_PX // 2, 0, _DIVIDER_WIDTH_PX, room.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip_offset_px = event.position().x() - _DIVIDER_WIDTH_PX / 2
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the divider."""
        parent = self.parentWidget()
        if self._grip_offset_px is not None and parent is not None:
            x = self.mapToParent(event.position()).x() - self._grip_offset_px
            self.move_to(x / max(1, parent.width()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        self._grip_offset_px = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Move to the middle."""
        self.move_to(_MIDDLE)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrow keys (Shift: long steps), or to an end with Home and End."""
        is_long = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = _LONG_STEP if is_long else _STEP
        share = {
            Qt.Key.Key_Left: self.share - step,
            Qt.Key.Key_Right: self.share + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }.get(Qt.Key(event.key()))
        if share is None:
            event.ignore()
        else:
            self.move_to(round(share, 4))
            event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint if the window is activated or deactivated."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Handle the pointer only near the line and on the grip."""
        left = (_DIVIDER_WIDTH_PX - _HIT_WIDTH_PX) // 2
        line = QRegion(left, 0, _HIT_WIDTH_PX, event.size().height())
        grip = self._compute_grip_rect().toAlignedRect().adjusted(-1, -1, 1, 1)
        self.setMask(line.united(QRegion(grip)))
        super().resizeEvent(event)

    def draw(self, painter: QPainter) -> None:
        """Draw the line with a halo, and a grip with two arrows."""
        color = QColor(self._theme.focus if self.hasFocus() else self._theme.text)
        middle, grip = _DIVIDER_WIDTH_PX / 2, self._compute_grip_rect()
        for ink, width in ((QColor(self._theme.halo), _LINE_PX + 3), (color, _LINE_PX)):
            painter.fillRect(QRectF(middle - width / 2, 0, width, self.height()), ink)
        painter.setPen(QPen(color, 2.5 if self.hasFocus() else 1.5))
        painter.setBrush(QColor(self._theme.raised))
        painter.drawEllipse(grip.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for direction in (-1, 1):
            tip = grip.center() + QPointF(direction * 8.5, 0)
            corners = [tip + QPointF(-direction * 4.5, y) for y in (4.5, -4.5)]
            painter.drawPolygon(QPolygonF([tip, *corners]))

    def _compute_grip_rect(self) -> QRectF:
        box = QRectF(0, 0, _GRIP_PX, _GRIP_PX)
        box.moveCenter(QPointF(_DIVIDER_WIDTH_PX / 2, self.height() * _GRIP_POSITION))
        return box

    def _update_description(self) -> None:
        self.setAccessibleDescription(f"{self.share:.0%} of the map shows plan A")
