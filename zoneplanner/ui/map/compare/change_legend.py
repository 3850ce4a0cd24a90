"""The legend of the differences: a row for each change of zone, with the colors of both zones."""

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
from zoneplanner.ui.map.overlays.painted_overlay import LEFT, RIGHT, PaintedOverlay
from zoneplanner.ui.map.symbology.site_coloring import paint_zone_swatch
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS
from zoneplanner.ui.widgets.style.theme import (
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    draw_plate,
    make_strong_font,
    make_text_font,
)

_SWATCH_PX = (26, 16)
_MAX_ROWS = 12
_ROOMY_PX = (1040, 190)
"""The width from which students are counted, and the height that is not available for rows."""
_TITLE, _SAME, _NOTHING = "Change of zone", "as before", "Nothing differs."
_CLOSE_SIGN, _OPEN_SIGN = "▾", "▸"
_MIN_OPEN_WIDTH_PX = 760


class ChangeLegend(PaintedOverlay):
    """Painted rows, collapsed by a click or Space; on a small map they start collapsed."""

    toggled = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Collapse or expand the legend")
        self._chosen_open: bool | None = None
        self._is_small = False
        self._groups: list[TransferGroup] = []
        self._is_brief = False
        self._max_rows = _MAX_ROWS

    def show_groups(self, groups: Sequence[TransferGroup]) -> None:
        """List these changes, largest first."""
        self._groups = list(groups)
        texts = [f"{text}: {after}" for text, after in self.rows()]
        self.setAccessibleName(f"{_TITLE}. {'; '.join(texts) or _NOTHING}")
        self._update_size()

    def set_room(self, room: QSize) -> None:
        """Adapt to the size of the map."""
        self._is_brief = room.width() < _ROOMY_PX[0]
        self._is_small = room.width() < _MIN_OPEN_WIDTH_PX
        rows = (room.height() - _ROOMY_PX[1]) // self._get_row_px()
        self._max_rows = max(1, min(_MAX_ROWS, rows))
        self._update_size()

    @property
    def is_open(self) -> bool:
        """Whether the rows are shown; a person's choice outlives changes of size."""
        return not self._is_small if self._chosen_open is None else self._chosen_open

    def toggle(self) -> None:
        """Collapse or expand the rows."""
        self._chosen_open = not self.is_open
        self._update_size()
        self.toggled.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Collapse or expand the rows."""
        self.toggle()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Collapse or expand the rows with Space or Enter."""
        if event.key() in (*ENTER_KEYS, Qt.Key.Key_Space):
            self.toggle()
            event.accept()
        else:
            super().keyPressEvent(event)

    def rows(self) -> list[tuple[str, str]]:
        """Return the strings of each change: its zones, and its sites with students."""
        return [(group.transfer.text, self._describe_size(group)) for group in self._groups]

    def draw(self, painter: QPainter) -> None:
        """Draw the background, the title and the rows."""
        rim = self._theme.color("focus" if self.hasFocus() else "border")
        draw_plate(painter, QRectF(self.rect()), self._theme.color("raised"), rim)
        painter.setPen(QColor(self._theme.text))
        painter.setFont(make_strong_font())
        row_px = self._get_row_px()
        row = QRect(PANEL_MARGIN_PX, SPACING_PX, self.width() - 2 * PANEL_MARGIN_PX, row_px)
        painter.drawText(row, LEFT, _TITLE)
        painter.drawText(row, RIGHT, _CLOSE_SIGN if self.is_open else _OPEN_SIGN)
        for index, (name, text) in enumerate(self._lines()):
            row.translate(0, row_px)
            self._draw_row(painter, row, index, name, text)

    def _describe_size(self, group: TransferGroup) -> str:
        sites = format_count(len(group.sites), "site")
        return sites if self._is_brief else f"{sites}, {format_count(group.students, 'student')}"

    def _update_size(self) -> None:
        plain, strong = QFontMetrics(make_text_font()), QFontMetrics(make_strong_font())
        lines = self._lines()
        text_px = max((plain.horizontalAdvance(text) for _, text in lines), default=0)
        self._name_px = max((strong.horizontalAdvance(name) for name, _ in lines), default=0)
        width = strong.horizontalAdvance(f"{_TITLE}  {_OPEN_SIGN}")
        if lines:
            width = max(width, 2 * _SWATCH_PX[0] + 4 * SPACING_PX + self._name_px + text_px)
        height = (1 + len(lines)) * self._get_row_px() + 2 * SPACING_PX
        self.resize(width + 2 * PANEL_MARGIN_PX, height)
        self.update()

    def _lines(self) -> list[tuple[str, str]]:
        """Return the rows that fit, and those that are always shown."""
        if not self.is_open:
            return []
        rows = self.rows()
        shown = rows[: self._max_rows]
        if len(rows) > len(shown):
            shown.append(("", f"and {len(rows) - len(shown)} more"))
        return [*shown, ("", _SAME)] if rows else [("", _NOTHING)]

    def _draw_row(self, painter: QPainter, row: QRect, index: int, name: str, text: str) -> None:
        width, height = _SWATCH_PX
        before = QRect(row.left(), row.center().y() - height // 2, width, height)
        after = before.translated(width + 2 * SPACING_PX, 0)
        if name:
            transfer = self._groups[index].transfer
            self._draw_swatch(painter, before, transfer.before_color, 0.3)
            self._draw_arrow(painter, QPointF(before.left() + width + 3, row.center().y() + 0.5))
            self._draw_swatch(painter, after, transfer.after_color, 1.6)
        elif text == _SAME:
            painter.setPen(QColor(self._theme.border))
            painter.setBrush(QColor(self._theme.site_pale))
            painter.drawRoundedRect(after, 3, 3)
        painter.setPen(QColor(self._theme.text))
        left = row.left() + 2 * width + 3 * SPACING_PX
        painter.setFont(make_strong_font())
        painter.drawText(QRect(left, row.top(), self._name_px, row.height()), LEFT, name)
        painter.setFont(make_text_font())
        painter.setPen(QColor(self._theme.muted))
        if text == _NOTHING:
            painter.drawText(row, LEFT, text)
        else:
            left += self._name_px + (SPACING_PX if self._name_px else 0)
            painter.drawText(QRect(left, row.top(), self.width(), row.height()), LEFT, text)

    def _draw_swatch(
        self, painter: QPainter, box: QRect, color: int | None, strength: float
    ) -> None:
        theme = self._theme
        painter.setPen(QColor(theme.muted))
        if color is None:
            painter.setBrush(QColor(theme.unassigned))
            painter.drawRoundedRect(box, 3, 3)
            return
        ratio = self.devicePixelRatioF()
        paint_zone_swatch(painter, QRectF(box), color, theme, ratio=ratio, strength=strength)

    def _draw_arrow(self, painter: QPainter, start: QPointF) -> None:
        painter.setPen(QColor(self._theme.text))
        end = start + QPointF(10, 0)
        painter.drawLine(start, end)
        painter.drawLine(end, end + QPointF(-3, -3))
        painter.drawLine(end, end + QPointF(-3, 3))

    def _get_row_px(self) -> int:
        return max(QFontMetrics(make_text_font()).height(), _SWATCH_PX[1]) + 6
