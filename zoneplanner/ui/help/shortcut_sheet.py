"""Help: every shortcut on a sheet over the window, made from the table of actions."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from zoneplanner.app.help.action_specs import ShortcutGroup, list_shortcut_groups
from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_layout_parts,
    make_column_layout,
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

_ABOUT = (
    "This is a planning aid. It is not a dispatch system or an emergency alert system, and it "
    "holds no criminal-justice information and no student records."
)
_CLOSING = (Qt.Key.Key_Escape, Qt.Key.Key_Question)
_MOST_PX, _COLUMN_PX, _MARGIN_PX = 1120, 340, 32


class ShortcutSheet(DimmedOverlay):
    """All shortcuts at one look. Esc, ? or a click beside it closes it; no other key acts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Keyboard")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.card = QFrame(self)
        self.card.setObjectName("sheet")
        self.card.setAutoFillBackground(True)
        columns = max(1, min(3, (parent.width() - 2 * _MARGIN_PX) // _COLUMN_PX))
        self.close_button = push_button("Close", do=self.close)
        self.inside = _in_columns(list_shortcut_groups(write_native_keys), columns)
        self.area = wrap_in_scroll_area(self.inside, "Keyboard")
        top = make_row_layout((make_heading_label("Keyboard"), 1), self.close_button)
        rows = make_column_layout(self.card, top, (self.area, 1), make_muted_label(_ABOUT))
        rows.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, SPACING_PX, SPACING_PX)
        self.placed.connect(self._place)
        self._place()
        self.show()
        self.raise_()
        self.area.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """Keep the keys from the actions of the window below."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the focus back to where it was."""
        self.give_focus_back(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close by the keys that opened it, or by Escape."""
        if event.key() in _CLOSING:
            self.close()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close by a click beside the card."""
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close()
        event.accept()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Stay on the sheet."""
        other = self.close_button if self.area.hasFocus() else self.area
        other.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _place(self) -> None:
        wide = min(self.width() - 2 * _MARGIN_PX, _MOST_PX)
        layout = self.inside.layout()
        inside = layout.totalHeightForWidth(wide - 3 * WIDE_MARGIN_PX) if layout is not None else 0
        others = self.card.sizeHint().height() - self.area.sizeHint().height()
        high = min(self.height() - 2 * _MARGIN_PX, inside + others + WIDE_MARGIN_PX)
        self.card.setGeometry((self.width() - wide) // 2, (self.height() - high) // 2, wide, high)


def _in_columns(found: Sequence[ShortcutGroup], columns: int) -> QWidget:
    """Lay parts out in columns of about the same length, in their order."""
    whole = QWidget()
    line = make_row_layout(
        parent=whole,
        spacing_px=2 * WIDE_MARGIN_PX,
        margins_px=(0, SPACING_PX, SPACING_PX, SPACING_PX),
    )
    for own in balance_columns(found, columns):
        grid, column = QGridLayout(), QVBoxLayout()
        grid.setHorizontalSpacing(WIDE_MARGIN_PX)
        grid.setVerticalSpacing(GRID_PX)
        grid.setColumnStretch(1, 1)
        for part in own:
            _add(grid, part)
        add_layout_parts(column, (grid, None))
        line.addLayout(column, 1)
    return whole


def balance_columns(found: Sequence[ShortcutGroup], columns: int) -> list[list[ShortcutGroup]]:
    """Share parts out to columns of about the same length, each in the parts' order."""
    shared: list[list[ShortcutGroup]] = [[] for _ in range(columns)]
    for part in sorted(found, key=_long, reverse=True):
        min(shared, key=lambda own: sum(map(_long, own))).append(part)
    ordered = [sorted(own, key=found.index) for own in shared]
    return sorted(ordered, key=lambda own: found.index(own[0]) if own else len(found))


def _long(part: ShortcutGroup) -> int:
    """Return how long a part is in lines, with its title and the room above it."""
    return len(part.lines) + 2


def _add(grid: QGridLayout, part: ShortcutGroup) -> None:
    row = grid.rowCount()
    title = make_section_label(part.title)
    title.setContentsMargins(0, SPACING_PX if row > 1 else 0, 0, 0)
    grid.addWidget(title, row, 0, 1, 2)
    for at, (keys, does) in enumerate(part.lines, start=row + 1):
        label = QLabel(keys)
        label.setObjectName("keys")
        right = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(label, at, 0, right)
        grid.addWidget(make_muted_label(does), at, 1, Qt.AlignmentFlag.AlignVCenter)
