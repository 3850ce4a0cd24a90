"""The legend of what differs: a row for each change of zone, with the looks of both zones."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.messages import format_count
from zoneplanner.ui.map.compare.zone_transfers import TransferGroup
from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.map.symbology.site_coloring import paint_zone_swatch
from zoneplanner.ui.widgets.style.theme import (
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    draw_plate,
    make_strong_font,
    make_text_font,
)

_SWATCH_PX = (26, 16)
_MOST_ROWS = 12
_ROOMY_PX = (1040, 190)
"""From how wide a map on students are told; how much of its height is not for rows."""
_TITLE, _SAME, _NOTHING = "Change of zone", "as before", "Nothing differs."
_FOLD, _UNFOLD = "▾", "▸"
_SMALL_PX = 760
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ChangeLegend(PaintedOverlay):
    """Painted rows, folded by a click or Space; on a small map they are folded at first."""

    folded = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Collapse or expand the legend")
        self._open: bool | None = None
        self._small = False
        self._streams: list[TransferGroup] = []
        self._brief = False
        self._most_rows = _MOST_ROWS

    def show_streams(self, streams: Sequence[TransferGroup]) -> None:
        """Explain these changes, the largest first."""
        self._streams = list(streams)
        texts = [f"{text}: {after}" for text, after in self.rows()]
        self.setAccessibleName(f"{_TITLE}. {'; '.join(texts) or _NOTHING}")
        self._fit()

    def set_room(self, room: QSize) -> None:
        """Say less where the map is small."""
        self._brief = room.width() < _ROOMY_PX[0]
        self._small = room.width() < _SMALL_PX
        rows = (room.height() - _ROOMY_PX[1]) // self._row_px()
        self._most_rows = max(1, min(_MOST_ROWS, rows))
        self._fit()

    @property
    def unfolded(self) -> bool:
        """True while the rows are shown; what a person chose outlives changes of size."""
        return not self._small if self._open is None else self._open

    def fold(self) -> None:
        """Fold the rows away, or unfold them."""
        self._open = not self.unfolded
        self._fit()
        self.folded.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold."""
        self.fold()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Fold or unfold by Space or Enter."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.fold()
            event.accept()
        else:
            super().keyPressEvent(event)

    def rows(self) -> list[tuple[str, str]]:
        """Return what is written of each change: its ends, and sites with students."""
        return [(s.ends.text, self._size_words(s)) for s in self._streams]

    def draw(self, painter: QPainter) -> None:
        """Draw the ground, the title and the rows."""
        rim = self._theme.color("focus" if self.hasFocus() else "border")
        draw_plate(painter, QRectF(self.rect()), self._theme.color("raised"), rim)
        painter.setPen(QColor(self._theme.text))
        painter.setFont(make_strong_font())
        high = self._row_px()
        row = QRect(PANEL_MARGIN_PX, SPACING_PX, self.width() - 2 * PANEL_MARGIN_PX, high)
        painter.drawText(row, _LEFT, _TITLE)
        painter.drawText(row, _RIGHT, _FOLD if self.unfolded else _UNFOLD)
        for at, (name, text) in enumerate(self._lines(), start=1):
            self._draw_row(painter, row.translated(0, at * high), at - 1, name, text)

    def _size_words(self, stream: TransferGroup) -> str:
        sites = format_count(len(stream.sites), "site")
        return sites if self._brief else f"{sites}, {format_count(stream.students, 'student')}"

    def _fit(self) -> None:
        plain, strong = QFontMetrics(make_text_font()), QFontMetrics(make_strong_font())
        lines = self._lines()
        wide = max((plain.horizontalAdvance(text) for _, text in lines), default=0)
        self._name_px = max((strong.horizontalAdvance(name) for name, _ in lines), default=0)
        inner = (
            2 * _SWATCH_PX[0] + 3 * SPACING_PX + self._name_px + SPACING_PX + wide if lines else 0
        )
        self.resize(
            max(inner, strong.horizontalAdvance(f"{_TITLE}  {_UNFOLD}")) + 2 * PANEL_MARGIN_PX,
            (1 + len(lines)) * self._row_px() + 2 * SPACING_PX,
        )
        self.update()

    def _lines(self) -> list[tuple[str, str]]:
        """Return the rows that there is room for, and those that are always there."""
        if not self.unfolded:
            return []
        rows = self.rows()
        shown = rows[: self._most_rows]
        if len(rows) > len(shown):
            shown.append(("", f"and {len(rows) - len(shown)} more"))
        return [*shown, ("", _SAME)] if rows else [("", _NOTHING)]

    def _draw_row(self, painter: QPainter, row: QRect, at: int, name: str, text: str) -> None:
        wide, high = _SWATCH_PX
        top = row.center().y() - high // 2
        if name:
            ends = self._streams[at].ends
            arrow = row.left() + wide
            self._swatch(painter, QRect(row.left(), top, wide, high), ends.before_color, 0.3)
            self._arrow(painter, QPointF(arrow + 3, row.center().y() + 0.5))
            self._swatch(
                painter, QRect(arrow + 2 * SPACING_PX, top, wide, high), ends.after_color, 1.6
            )
        elif text == _SAME:
            pale = QRect(row.left() + wide + 2 * SPACING_PX, top, wide, high)
            painter.setPen(QColor(self._theme.border))
            painter.setBrush(QColor(self._theme.site_pale))
            painter.drawRoundedRect(pale, 3, 3)
        painter.setPen(QColor(self._theme.text))
        left = row.left() + 2 * wide + 3 * SPACING_PX
        painter.setFont(make_strong_font())
        painter.drawText(QRect(left, row.top(), self._name_px, row.height()), _LEFT, name)
        painter.setFont(make_text_font())
        painter.setPen(QColor(self._theme.muted))
        if text == _NOTHING:
            painter.drawText(row, _LEFT, text)
        else:
            left += self._name_px + (SPACING_PX if self._name_px else 0)
            painter.drawText(QRect(left, row.top(), self.width(), row.height()), _LEFT, text)

    def _swatch(self, painter: QPainter, box: QRect, color: int | None, strength: float) -> None:
        theme = self._theme
        painter.setPen(QColor(theme.muted))
        if color is None:
            painter.setBrush(QColor(theme.unassigned))
            painter.drawRoundedRect(box, 3, 3)
            return
        ratio = self.devicePixelRatioF()
        paint_zone_swatch(painter, QRectF(box), color, theme, ratio=ratio, strength=strength)

    def _arrow(self, painter: QPainter, start: QPointF) -> None:
        painter.setPen(QColor(self._theme.text))
        end = start + QPointF(10, 0)
        painter.drawLine(start, end)
        painter.drawLine(end, end + QPointF(-3, -3))
        painter.drawLine(end, end + QPointF(-3, 3))

    def _row_px(self) -> int:
        return max(QFontMetrics(make_text_font()).height(), _SWATCH_PX[1]) + 6
