"""The list below the search field: groups under titles, each row with its state and its keys."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from zoneplanner.ui.widgets.style.theme import (
    CORNER_RADIUS_PX,
    GRID_PX,
    ICON_PX,
    SPACING_PX,
    make_strong_font,
)

RESULT_ROW_ROLE = Qt.ItemDataRole.UserRole
_ROW_PX, _TITLE_PX, _KEYS_PADDING_PX = 30, 26, 6
_LEAST_BESIDE_PX = 40
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class SearchResultRow:
    """One row. A ``title`` cannot be taken; a ``shut`` row says ``beside`` why it does nothing."""

    text: str
    beside: str = ""
    keys: str = ""
    icon: str = ""
    state: str = ""
    shut: bool = False
    title: bool = False
    spoken: str = ""


class SearchResultList(QListWidget):
    """Shown over everything without taking the focus from the field that it belongs to."""

    def __init__(self, icon: Callable[..., QIcon]) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setObjectName("found")
        self.setAccessibleName("What fits")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_SearchResultDelegate(icon, self))

    def show_rows(self, rows: list[SearchResultRow]) -> None:
        """Show these rows and mark the first that can be taken."""
        self.clear()
        for row in rows:
            item = QListWidgetItem(row.spoken or row.text)
            item.setData(RESULT_ROW_ROLE, row)
            item.setSizeHint(QSize(0, _TITLE_PX if row.title else _ROW_PX))
            if row.title:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
        self.step(0)

    def step(self, by: int) -> None:
        """Mark the next row that can be taken, or the one before; 0 marks the first."""
        rows = [at for at in range(self.count()) if not self.item(at).data(RESULT_ROW_ROLE).title]
        if not rows:
            self.setCurrentRow(-1)
            return
        now = self.currentRow()
        at = rows.index(now) + by if by and now in rows else 0
        self.setCurrentRow(rows[at % len(rows)])
        if self.currentRow() == rows[0]:
            self.scrollToTop()

    @property
    def wanted_px(self) -> int:
        """The height that shows all rows."""
        rows = (self.item(at).data(RESULT_ROW_ROLE) for at in range(self.count()))
        return sum(_TITLE_PX if row.title else _ROW_PX for row in rows) + 2 * GRID_PX + 2


class _SearchResultDelegate(QStyledItemDelegate):
    """Draws a row: icon, name, what is beside it, and its keys at the right."""

    def __init__(self, icon: Callable[..., QIcon], parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a title or a row."""
        row: SearchResultRow = index.data(RESULT_ROW_ROLE)
        area, palette = option.rect, option.palette
        if row.title:
            painter.setFont(make_strong_font())
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            low = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(area.adjusted(SPACING_PX, GRID_PX, -SPACING_PX, 0), low, row.text)
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.highlight())
            accent = palette.color(QPalette.ColorRole.Accent)
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), accent)
        self._draw(painter, area.adjusted(SPACING_PX + GRID_PX, 0, -SPACING_PX, 0), option, row)

    def _draw(
        self, painter: QPainter, area: QRect, option: QStyleOptionViewItem, row: SearchResultRow
    ) -> None:
        palette, metrics = option.palette, option.fontMetrics
        painter.setFont(option.font)
        text = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        box = QRect(area.left(), 0, ICON_PX, ICON_PX)
        box.moveTop(area.center().y() - ICON_PX // 2)
        if row.icon:
            self._icon(row.icon, "muted").paint(painter, box)
        area.setLeft(box.right() + 1 + SPACING_PX)
        for part in (row.keys, row.state):
            if part:
                self._keys(painter, area, option, part, quiet)
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        elide = Qt.TextElideMode.ElideRight
        painter.setPen(quiet if row.shut else text)
        name = metrics.elidedText(row.text, elide, area.width())
        painter.drawText(area, side, name)
        area.setLeft(area.left() + metrics.horizontalAdvance(name) + SPACING_PX + GRID_PX)
        if row.beside and area.width() > _LEAST_BESIDE_PX:
            painter.setPen(quiet)
            painter.drawText(area, side, metrics.elidedText(row.beside, elide, area.width()))

    def _keys(
        self, painter: QPainter, area: QRect, option: QStyleOptionViewItem, keys: str, ink: QColor
    ) -> None:
        """Draw keys or a state in a frame at the right and take its room away."""
        wide = option.fontMetrics.horizontalAdvance(keys) + 2 * _KEYS_PADDING_PX
        frame = QRect(area.right() - wide, area.top() + GRID_PX, wide, area.height() - 2 * GRID_PX)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(frame, CORNER_RADIUS_PX / 2, CORNER_RADIUS_PX / 2)
            painter.setPen(ink)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, keys)
        finally:
            painter.restore()
        area.setRight(frame.left() - SPACING_PX)
