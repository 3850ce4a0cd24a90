"""One table model for rows that are values: columns say how a row is shown, sorted, explained."""

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
    """All that is drawn of a cell, so that a view asks once and not role by role.

    ``side`` is how the text is aligned, ``zone`` a place in the palette, ``mark`` an icon's name.
    """

    text: str
    side: int
    zone: int | None = None
    mark: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One column. ``value`` is what rows are sorted by (None sorts last), ``text`` what is read.

    ``figure`` columns are right-aligned in tabular digits; ``zone`` gives the place in the
    palette of a cell that names a zone; ``mark`` names an icon. ``whole`` columns, such as
    moments, are of no use cut off.
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
        """Return all that is drawn of a row's cell."""
        return TableCell(
            self.format_value(row),
            (_RIGHT if self.figure else _LEFT).value,
            self.zone(row) if self.zone else None,
            self.mark(row) if self.mark else None,
        )


class TableModel(QAbstractTableModel):
    """Rows under columns. ``key`` names a row, so that selection outlives a change of values."""

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
        self._place: dict[Hashable, int] = {}

    def show(self, rows: Iterable[Any]) -> None:
        """Show these rows; where only values changed, only those cells are told."""
        new = list(rows)
        keys = [self._key(row) for row in new]
        if keys == [self._key(row) for row in self._rows]:
            self._tell_changes(new)
            return
        self.beginResetModel()
        self._keep(new)
        self.endResetModel()

    def put(self, row: Any) -> None:
        """Show one row more, before the others, or what is new of one that is shown."""
        key = self._key(row)
        at = self._place.get(key)
        if at is not None:
            self._tell_changes([*self._rows[:at], row, *self._rows[at + 1 :]])
            return
        self.beginInsertRows(_ROOT, 0, 0)
        self._keep([row, *self._rows])
        self.endInsertRows()

    def remove(self, key: Hashable) -> None:
        """Show a row no longer, if it is shown."""
        at = self._place.get(key)
        if at is not None:
            self.beginRemoveRows(_ROOT, at, at)
            self._keep([*self._rows[:at], *self._rows[at + 1 :]])
            self.endRemoveRows()

    def row(self, at: int) -> Any:
        """Return the row at a place."""
        return self._rows[at]

    def place(self, key: Hashable) -> int | None:
        """Return where a row is, by its key."""
        return self._place.get(key)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if role not in _ROLES or not index.isValid():
            return None
        column, row = self.columns[index.column()], self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.format_value(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column.figure else _LEFT
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return column.title.replace("\n", ", ")
            case Qt.ItemDataRole.ToolTipRole:
                tip = column.cell_tip(row) if column.cell_tip else ""
                return escape_tooltip(tip or column.tip) or None
            case _:
                return self._own(column, row, role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title, its definition and its side; a row is called by its first cell.

        Titles of rows are not drawn: screen readers say them.
        """
        if orientation is not Qt.Orientation.Horizontal:
            known = role == Qt.ItemDataRole.DisplayRole and section < len(self._rows)
            return self.columns[0].format_value(self._rows[section]) if known else None
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

    def _keep(self, rows: list[Any]) -> None:
        self._rows = rows
        self._place = {self._key(row): at for at, row in enumerate(rows)}

    def _own(self, column: Column, row: Any, role: int) -> Any:
        if role == TABLE_CELL_ROLE:
            return column.cell(row)
        if role == KEY_ROLE:
            return self._key(row)
        if role == ZONE_ROLE:
            return column.zone(row) if column.zone else None
        if role == MARK_ROLE:
            return column.mark(row) if column.mark else None
        return None

    def _tell_changes(self, new: list[Any]) -> None:
        old, self._rows = self._rows, new
        changed: list[tuple[int, list[int]]] = []
        sorted_anew = 0
        for at, (before, after) in enumerate(zip(old, new, strict=True)):
            if before == after:
                continue
            cells = [n for n, column in enumerate(self.columns) if _differs(column, before, after)]
            if cells:
                changed.append((at, cells))
                sorted_anew += any(one.value(before) != one.value(after) for one in self.columns)
        if sorted_anew > 1:
            # told one by one, a sorted view would look for the place of each among the others'
            # old places, and rows would stand out of order
            cells = [cell for _, own in changed for cell in own]
            first, last = changed[0][0], changed[-1][0]
            self.dataChanged.emit(self.index(first, min(cells)), self.index(last, max(cells)))
            return
        for at, cells in changed:
            self.dataChanged.emit(self.index(at, cells[0]), self.index(at, cells[-1]))


def _differs(column: Column, before: Any, after: Any) -> bool:
    return column.value(before) != column.value(after) or column.cell(before) != column.cell(after)


class SortFilterModel(QSortFilterProxyModel):
    """Rows sorted by value, rows without one last, and only those that pass the filter."""

    def __init__(self, source: TableModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._only: Callable[[Any], bool] | None = None
        self.setSourceModel(source)

    def filter_words(self, text: str) -> None:
        """Show only rows in whose text all words occur."""
        self.beginFilterChange()
        self._words = tuple(text.casefold().split())
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filter_rows(self, only: Callable[[Any], bool] | None) -> None:
        """Show only rows that pass; None shows all."""
        self.beginFilterChange()
        self._only = only
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Tell whether a row passes both filters."""
        table = self._table()
        row = table.row(source_row)
        if self._only is not None and not self._only(row):
            return False
        if not self._words:
            return True
        text = " ".join(column.format_value(row) for column in table.columns).casefold()
        return all(word in text for word in self._words)

    def lessThan(self, source_left: _Index, source_right: _Index) -> bool:
        """Compare two cells by value, which the table gives faster than a model's index."""
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
