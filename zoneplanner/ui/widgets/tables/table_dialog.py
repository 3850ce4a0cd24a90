"""A dialog around one table: what it shows, the rows, and a way to close it."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_column_layout,
    make_dialog_title,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView


class _TextBelow(WrappedLabel):
    """Text below the rows; without a word it takes no room."""

    def setText(self, text: str) -> None:
        """Show a text, or nothing."""
        super().setText(text)
        self.setVisible(bool(text))


class TableDialog(QDialog):
    """Rows sorted by their first column, under a heading and ``about``; ``below`` is free text.

    ``beside`` stands at the right of the rows, such as a map of them.
    """

    def __init__(
        self,
        desk: UiContext,
        title: str,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        rows: Iterable[Any],
        *,
        about: QLabel,
        empty: str,
        size: tuple[int, int],
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(*size)
        self.about, self.below = about, _TextBelow()
        self.table = TableModel(columns, key, self)
        self.view = TableView(title.capitalize(), desk.icons, empty=empty)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.table.show(rows)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self.buttons.rejected.connect(self.reject)
        body = make_row_layout((self.view, 2), *([(beside, 1)] if beside is not None else []))
        parts = (make_dialog_title(title), about, (body, 1), self.below, self.buttons)
        make_column_layout(self, *parts, margin_px=WIDE_MARGIN_PX, spacing_px=SPACING_PX)

    def ask(self) -> None:
        """Open it; it is gone when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()
