"""Panels and dialogs with a table: a bar with a filter, buttons and a count, and the rows."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    LayoutPart,
    LazyPanel,
    make_column_layout,
    make_dialog_title,
    make_filter_field,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX, WIDE_MARGIN_PX
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_view import TableView

BAR_MARGINS_PX = (PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)


class TablePanel(LazyPanel):
    """A table below a bar. ``key`` identifies a row; a subclass reads its rows in ``refresh``.

    A subclass calls ``lay_out`` with the parts of its bar, such as ``filter`` and ``counted``. The
    latter shows how many rows are visible if there is a ``noun`` for them.
    """

    def __init__(
        self,
        desk: UiContext,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        *,
        name: str,
        empty: str = "",
        filter_name: str = "",
        filter_hint: str = "Filter…",
        noun: str = "",
        about: str = "",
    ) -> None:
        super().__init__()
        self._desk, self._key, self._noun = desk, key, noun
        self.view = TableView(name, desk.icons, empty=empty, about=about)
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        self.filter = make_filter_field(filter_name, filter_hint, self._filter_words)
        self.show_columns(columns)

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show an empty table with these columns, in place of any previous one."""
        self.view.show_columns(columns, self._key)
        self.table, self.sorted = self.view.table, self.view.sorted
        self._filter_words(self.filter.text())
        if self._noun:
            table = self.sorted
            for changed in (table.modelReset, table.rowsInserted, table.rowsRemoved):
                changed.connect(self._count_rows)
            self._count_rows()

    def lay_out(
        self, *bar: LayoutPart, margins_px: tuple[int, int, int, int] = BAR_MARGINS_PX
    ) -> None:
        """Put a bar above the table, or only show the table."""
        above = [make_row_layout(*bar, margins_px=margins_px)] if bar else []
        make_column_layout(self, *above, (self.view, 1), margin_px=0, spacing_px=0)

    def show_rows(self, rows: Iterable[Any]) -> None:
        """Show rows; columns fit the first rows, and only widen for later ones."""
        was_empty = not self.table.rowCount()
        self.table.show(rows)
        self.view.fit_columns(only_wider=not was_empty)

    def _count_rows(self) -> None:
        shown, total = self.sorted.rowCount(), self.table.rowCount()
        part = f"{shown:,} of {total:,} {self._noun}s"
        self.counted.setText(format_count(total, self._noun) if shown == total else part)

    def _filter_words(self, text: str) -> None:
        self.sorted.filter_words(text)


class TableDialog(QDialog):
    """Rows sorted by their first column, with ``about`` above and the label ``below``.

    ``beside`` is a widget at the right of the rows, such as a map.
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
        self.about, self.below = about, HidingLabel()
        self.view = TableView(title.capitalize(), desk.icons, empty=empty)
        self.view.show_columns(columns, key)
        self.table = self.view.table
        self.table.show(rows)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        self._row_buttons: list[tuple[QPushButton, Callable[[Any], bool]]] = []
        for changed in (
            self.view.selectionModel().currentRowChanged,
            self.view.sorted.dataChanged,
            self.view.sorted.modelReset,
        ):
            changed.connect(self._update_buttons)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self.buttons.rejected.connect(self.reject)
        body = make_row_layout((self.view, 2), *([(beside, 1)] if beside is not None else []))
        parts = (make_dialog_title(title), about, (body, 1), self.below, self.buttons)
        make_column_layout(self, *parts, margin_px=WIDE_MARGIN_PX, spacing_px=SPACING_PX)

    def add_button(
        self,
        text: str,
        act: Callable[[], object],
        fits: Callable[[Any], bool] | None = None,
    ) -> QPushButton:
        """Add a button next to Close, which Enter does not press.

        With ``fits``, it is enabled only while a row for which that is true is selected.
        """
        button = push_button(text, do=act)
        self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        if fits is not None:
            self._row_buttons.append((button, fits))
            self._update_buttons()
        return button

    def _update_buttons(self, *_: object) -> None:
        """Enable the buttons for the selected row that fit it."""
        row = self.view.current_row()
        for button, fits in self._row_buttons:
            button.setEnabled(row is not None and fits(row))

    def add_above_buttons(self, *parts: QWidget | QLayout) -> None:
        """Add widgets or rows between the table and the buttons."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        for part in parts:
            place = column.indexOf(self.buttons)
            if isinstance(part, QLayout):
                column.insertLayout(place, part)
            else:
                column.insertWidget(place, part)

    def ask(self) -> None:
        """Open the dialog, which is deleted when it closes."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()
