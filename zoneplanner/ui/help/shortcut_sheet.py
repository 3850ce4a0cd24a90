"""A sheet over the window with every shortcut, built from the table of actions."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from zoneplanner.app.help.action_specs import ShortcutGroup, list_shortcut_groups
from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_layout_parts,
    make_column_layout,
    make_grid_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.window_geometry import DimmedOverlay
from zoneplanner.ui.widgets.services.ui_context import write_native_keys
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, WIDE_MARGIN_PX

_SCOPE_NOTE = (
    "This is a planning aid. It is not a dispatch system or an emergency alert system, and it "
    "contains no criminal-justice information and no student records."
)
_CLOSING_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Question)
_MAX_WIDTH_PX, _COLUMN_PX, _MARGIN_PX = 1120, 340, 32


class ShortcutSheet(DimmedOverlay):
    """Shows all shortcuts. Esc, ? or a click outside the card closes it; other keys do nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Keyboard")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.card = QFrame(self)
        self.card.setObjectName("sheet")
        self.card.setAutoFillBackground(True)
        columns = max(1, min(3, (parent.width() - 2 * _MARGIN_PX) // _COLUMN_PX))
        self.close_button = push_button("Close", do=self.close)
        self.columns = _build_columns(list_shortcut_groups(write_native_keys), columns)
        content = QWidget()
        content.setLayout(self.columns)
        self.area = wrap_in_scroll_area(content, "Keyboard")
        top = make_row_layout((make_heading_label("Keyboard"), 1), self.close_button)
        rows = make_column_layout(self.card, top, (self.area, 1), make_muted_label(_SCOPE_NOTE))
        rows.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, SPACING_PX, SPACING_PX)
        self.placed.connect(self._place)
        self._place()
        self.show()
        self.raise_()
        self.area.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """Keep key presses from triggering shortcuts of the window below."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Restore the focus."""
        self.restore_focus(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on ? or Esc."""
        if event.key() in _CLOSING_KEYS:
            self.close()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close on a click outside the card."""
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close()
        event.accept()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Keep the focus on the sheet."""
        other = self.close_button if self.area.hasFocus() else self.area
        other.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _place(self) -> None:
        width = min(self.width() - 2 * _MARGIN_PX, _MAX_WIDTH_PX)
        columns = self.columns.totalHeightForWidth(width - 3 * WIDE_MARGIN_PX)
        others = self.card.sizeHint().height() - self.area.sizeHint().height()
        height = min(self.height() - 2 * _MARGIN_PX, columns + others + WIDE_MARGIN_PX)
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        self.card.setGeometry(left, top, width, height)


def _build_columns(groups: Sequence[ShortcutGroup], count: int) -> QHBoxLayout:
    """Lay groups out in columns of about equal height, in their order."""
    margins_px = (0, SPACING_PX, SPACING_PX, SPACING_PX)
    row = make_row_layout(spacing_px=2 * WIDE_MARGIN_PX, margins_px=margins_px)
    for column_groups in balance_columns(groups, count):
        grid = make_grid_layout(spacings_px=(WIDE_MARGIN_PX, GRID_PX), stretches={1: 1})
        column = QVBoxLayout()
        for group in column_groups:
            _add_group(grid, group)
        add_layout_parts(column, (grid, None))
        row.addLayout(column, 1)
    return row


def balance_columns(groups: Sequence[ShortcutGroup], count: int) -> list[list[ShortcutGroup]]:
    """Distribute groups over columns of about equal height, in their order within each column."""
    columns: list[list[ShortcutGroup]] = [[] for _ in range(count)]
    for group in sorted(groups, key=_count_lines, reverse=True):
        min(columns, key=lambda column: sum(map(_count_lines, column))).append(group)
    ordered = [sorted(column, key=groups.index) for column in columns]
    return sorted(ordered, key=lambda column: groups.index(column[0]) if column else len(groups))


def _count_lines(group: ShortcutGroup) -> int:
    """Return a group's height in lines, including its title and the space above it."""
    return len(group.lines) + 2


def _add_group(grid: QGridLayout, group: ShortcutGroup) -> None:
    first_row = grid.rowCount()
    title = make_section_label(group.title)
    title.setContentsMargins(0, SPACING_PX if first_row > 1 else 0, 0, 0)
    grid.addWidget(title, first_row, 0, 1, 2)
    for row, (keys, effect) in enumerate(group.lines, start=first_row + 1):
        label = QLabel(keys)
        label.setObjectName("keys")
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(make_muted_label(effect), row, 1, Qt.AlignmentFlag.AlignVCenter)
