"""A table model for rows of any type, whose columns define how to show, sort and explain them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from zoneplanner.domain.clean_text import fold_for_search
from zoneplanner.domain.locale_formats import split_numbers
from zoneplanner.ui.widgets.layout.basic_widgets import escape_tooltip

KEY_ROLE = Qt.ItemDataRole.UserRole + 1
ZONE_ROLE = Qt.ItemDataRole.UserRole + 2
MARK_ROLE = Qt.ItemDataRole.UserRole + 3
TABLE_CELL_ROLE = Qt.ItemDataRole.UserRole + 4
UNCUT_COLUMN_ROLE = Qt.ItemDataRole.UserRole + 5
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ROLES = frozenset(
    (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleDescriptionRole,
        KEY_ROLE,
        ZONE_ROLE,
        MARK_ROLE,
        TABLE_CELL_ROLE,
    )
)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class TableCell:
    """Everything that is drawn in a cell, so that a view makes one call instead of one per role.

    ``side`` is the text's alignment, ``zone`` a place in the palette, and ``mark`` an icon's name.
    """

    text: str
    side: int
    zone: int | None = None
    mark: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """A column.

    ``value`` returns what rows are sorted by (None sorts last), ``text`` what is displayed,
    ``zone`` a zone's place in the palette, and ``mark`` an icon's name. ``figure`` columns are
    right-aligned with tabular digits. ``whole`` columns, such as times, are never cut off.
    """

    title: str
    value: Callable[[Any], Any]
    text: Callable[[Any], str] | None = None
    tip: str = ""
    figure: bool = False
    zone: Callable[[Any], int | None] | None = None
    mark: Callable[[Any], str] | None = None
    cell_tip: Callable[[Any], str] | None = None
    whole: bool = False

    def format_value(self, row: Any) -> str:
        """Return the text of a row's cell."""
        if self.text is not None:
            return self.text(row)
        value = self.value(row)
        return "" if value is None else str(value)

    def cell(self, row: Any) -> TableCell:
        """Return everything that is drawn in a row's cell."""
        return TableCell(
            self.format_value(row),
            (_RIGHT if self.figure else _LEFT).value,
            self.zone(row) if self.zone else None,
            self.mark(row) if self.mark else None,
        )


class TableModel(QAbstractTableModel):
    """Rows and columns. ``key`` identifies a row, so that the selection survives new values."""

    def __init__(
        self,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Any] = []
        self._indexes: dict[Hashable, int] = {}

    def show(self, rows: Iterable[Any]) -> None:
        """Show these rows; if the keys are the same, update only the cells that changed."""
        new = list(rows)
        if [self._key(row) for row in new] == [self._key(row) for row in self._rows]:
            self._update_cells(new)
            return
        self.beginResetModel()
        self._set_rows(new)
        self.endResetModel()

    def put(self, row: Any) -> None:
        """Update the row with the same key, or insert a new one before the others."""
        index = self._indexes.get(self._key(row))
        if index is not None:
            self._update_cells([*self._rows[:index], row, *self._rows[index + 1 :]])
            return
        self.beginInsertRows(_ROOT, 0, 0)
        self._set_rows([row, *self._rows])
        self.endInsertRows()

    def remove(self, key: Hashable) -> None:
        """Remove a row if it is shown."""
        index = self._indexes.get(key)
        if index is not None:
            self.beginRemoveRows(_ROOT, index, index)
            self._set_rows([*self._rows[:index], *self._rows[index + 1 :]])
            self.endRemoveRows()

    def row(self, index: int) -> Any:
        """Return the row at an index."""
        return self._rows[index]

    def place(self, key: Hashable) -> int | None:
        """Return a row's index by its key, or None if it is not shown."""
        return self._indexes.get(key)

    def find_row(self, key: Hashable) -> Any:
        """Return a row by its key, or None if it is not shown."""
        index = self._indexes.get(key)
        return None if index is None else self._rows[index]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's data for a role."""
        if role not in _ROLES or not index.isValid():
            return None
        column, row = self.columns[index.column()], self._rows[index.row()]
        data: Any = None
        if role == TABLE_CELL_ROLE:
            data = column.cell(row)
        elif role == KEY_ROLE:
            data = self._key(row)
        elif role == Qt.ItemDataRole.DisplayRole:
            data = column.format_value(row)
        elif role == Qt.ItemDataRole.TextAlignmentRole:
            data = _RIGHT if column.figure else _LEFT
        elif role == Qt.ItemDataRole.AccessibleDescriptionRole:
            data = column.title.replace("\n", ", ")
        elif role == Qt.ItemDataRole.ToolTipRole:
            tip = column.cell_tip(row) if column.cell_tip else ""
            data = escape_tooltip(tip or column.tip) or None
        elif role == ZONE_ROLE:
            data = column.zone(row) if column.zone else None
        else:
            data = column.mark(row) if column.mark else None
        return data

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title, definition or alignment; a row's title is its first cell.

        The titles of rows are not drawn, but screen readers read them.
        """
        if orientation is not Qt.Orientation.Horizontal:
            is_title = role == Qt.ItemDataRole.DisplayRole and section < len(self._rows)
            return self.columns[0].format_value(self._rows[section]) if is_title else None
        column = self.columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.title
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column.figure else _LEFT
            case _:
                return column.figure or column.whole if role == UNCUT_COLUMN_ROLE else None

    def _set_rows(self, rows: list[Any]) -> None:
        self._rows = rows
        self._indexes = {self._key(row): index for index, row in enumerate(rows)}

    def _update_cells(self, new: list[Any]) -> None:
        old, self._rows = self._rows, new
        changed: list[tuple[int, list[int]]] = []
        value_changes = 0
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            if before == after:
                continue
            cells = [n for n, column in enumerate(self.columns) if _differs(column, before, after)]
            if cells:
                changed.append((index, cells))
                value_changes += any(
                    column.value(before) != column.value(after) for column in self.columns
                )
        if value_changes > 1:
            # one signal per row would make a sorted view place each row among the others' old
            # places, which leaves them out of order
            all_cells = [cell for _, cells in changed for cell in cells]
            first, last = changed[0][0], changed[-1][0]
            self.dataChanged.emit(
                self.index(first, min(all_cells)), self.index(last, max(all_cells))
            )
            return
        for index, cells in changed:
            self.dataChanged.emit(self.index(index, cells[0]), self.index(index, cells[-1]))


def _differs(column: Column, before: Any, after: Any) -> bool:
    return column.value(before) != column.value(after) or column.cell(before) != column.cell(after)


class SortFilterModel(QSortFilterProxyModel):
    """Rows that pass the filters, sorted by value; rows without a value are last."""

    def __init__(self, source: TableModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._only: Callable[[Any], bool] | None = None
        self.setSourceModel(source)

    def filter_words(self, text: str) -> None:
        """Show only rows that contain all words."""
        self.beginFilterChange()
        self._words = tuple(fold_for_search(text).split())
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filter_rows(self, only: Callable[[Any], bool] | None) -> None:
        """Show only rows for which ``only`` is true; None shows all."""
        self.beginFilterChange()
        self._only = only
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Return whether a row passes both filters."""
        table = self._table()
        row = table.row(source_row)
        if self._only is not None and not self._only(row):
            return False
        if not self._words:
            return True
        text = fold_for_search(" ".join(column.format_value(row) for column in table.columns))
        return all(word in text for word in self._words)

    def lessThan(self, source_left: _Index, source_right: _Index) -> bool:
        """Compare two cells by value, read from the rows, which is faster than by model index."""
        table = self._table()
        value = table.columns[source_left.column()].value
        left, right = value(table.row(source_left.row())), value(table.row(source_right.row()))
        if left is None or right is None:
            ascending = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return (right is None and left is not None) == ascending and left is not right
        if isinstance(left, str) and isinstance(right, str):
            return split_numbers(left) < split_numbers(right)
        return bool(left < right)

    def row_of(self, index: _Index) -> Any:
        """Return the row behind an index of this model."""
        return self._table().row(self.mapToSource(index).row())

    def _table(self) -> TableModel:
        source = self.sourceModel()
        assert isinstance(source, TableModel)
        return source
