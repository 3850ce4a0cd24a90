"""The form that maps a file's columns to the project's, and the preview of a table."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from zoneplanner.app.imports.file_import import prepare_import
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.mapped_tables import TABLE_KINDS, MappedTable, read_mapped_table
from zoneplanner.app.imports.results import PreparedImport
from zoneplanner.app.session.session import Session
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS
from zoneplanner.exchange.vector.layers import ForeignRow, ForeignRows
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_grid_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_FILTER_ROWS, _BOX_LETTERS = 2, 12
_MAX_ROWS, _MAX_SAMPLE_LETTERS = 2_000, 19
_IMPORTABLE_FILES = (
    "Schools: the state’s directory, NCES locations, a spreadsheet.\n"
    "Boundaries: counties, cities and the district, from the Census or the county.\n"
    "Blocks and roads: Census TIGER/Line, OpenStreetMap.\n"
    "A plan or zones drawn elsewhere; lists of visits, incidents, shifts.\n\n"
    "Shapefile, GeoPackage, GeoJSON, KML, FlatGeobuf, CSV, XLSX; alone, in a folder or in a zip."
)
_COORDINATES = ("latitude", "longitude")
_SEPARATOR = "\n"
"""Separates the file's columns if several of them make up one of the project's columns."""


class ColumnMappingForm(QWidget):
    """One row per column of the project, and a filter of the file's rows.

    ``coordinates_changed``: a person chose another column of coordinates; ``changed``: any other.
    """

    changed = Signal()
    coordinates_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        margins_px = (0, 0, SPACING_PX, 0)
        self._grid = make_grid_layout(self, margins_px=margins_px, stretches={1: 3, 2: 2})
        self.boxes: dict[str, ChoiceBox] = {}
        self.filter_column, self.filter_value = ChoiceBox(), ChoiceBox()
        self._samples: dict[str, QLabel] = {}
        self._suggested: dict[str, str] = {}
        self._suggested_filter: dict[str, list[str]] = {}
        self._required: set[str] = set()
        self._has_shapes = True
        self._rows: Sequence[Mapping[str, str]] = ()
        self.show_empty()

    def show_empty(self) -> None:
        """Describe which files can be imported, before one is chosen."""
        self._clear()
        label = make_muted_label(_IMPORTABLE_FILES)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._grid.addWidget(label, 0, 0, 1, 3)
        self._grid.setRowStretch(1, 1)

    def show_file(self, kind: str, file: ForeignRows, mapping: ColumnMapping | None) -> None:
        """Show the columns of a file with their mapping; without a mapping, nothing is chosen."""
        self._has_shapes = kind not in TABLE_KINDS
        with QSignalBlocker(self):  # signals are for a person's choices only
            self._clear()
            self._rows = [row.fields for row in file.rows[:_MAX_ROWS]]
            columns = list(dict.fromkeys((*file.columns, *file.places)))
            targets = [
                target
                for target in TARGET_COLUMNS[kind]
                if target.name not in _COORDINATES or kind in TABLE_KINDS or file.how or file.places
            ]
            self._add_filter(columns, mapping)
            for row, target in enumerate(targets, _FILTER_ROWS):
                self._add_row(row, target.name, target.title, columns, required=target.needed)
                self._suggest(target.name, file, mapping)
            self._grid.setRowStretch(_FILTER_ROWS + len(targets), 1)
        self._show_samples()

    def read_chosen_columns(self) -> dict[str, str]:
        """Return the columns that a person chose ("" if left out), and those of coordinates."""
        chosen = {name: str(box.currentData() or "") for name, box in self.boxes.items()}
        return {
            name: column
            for name, column in chosen.items()
            if (name in _COORDINATES and self._has_shapes) or column != self._suggested[name]
        }

    def read_row_filter(self) -> dict[str, list[str]]:
        """Return the filter that a person chose: values by column, none to remove a suggestion."""
        column, text = str(self.filter_column.currentData() or ""), self.filter_value.currentText()
        values = [part.strip() for part in text.split(";") if part.strip()]
        chosen = {column: values} if column and values else {}
        if chosen == self._suggested_filter:
            return {}
        return {name: [] for name in self._suggested_filter} | chosen

    def _add_row(
        self, row: int, name: str, title: str, columns: Sequence[str], *, required: bool
    ) -> None:
        label = QLabel(title)
        if required:
            self._required.add(name)
        choices = {"": "–  not in the file"} | {column: column for column in columns}
        box = make_choice_box(choices, name=f"Column for {title}", least_letters=_BOX_LETTERS)
        sample = make_muted_label()
        sample.setWordWrap(False)
        sample.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setBuddy(box)
        self.boxes[name], self._samples[name] = box, sample
        box.currentIndexChanged.connect(lambda _index, name=name: self._follow_choice(name))
        for grid_column, widget in enumerate((label, box, sample)):
            self._grid.addWidget(widget, row, grid_column)

    def _suggest(self, name: str, file: ForeignRows, mapping: ColumnMapping | None) -> None:
        """Choose the mapped column, or an entry for several columns."""
        box = self.boxes[name]
        columns: tuple[str, ...] = ()
        conjunction = ", else "
        if mapping is not None:
            columns = mapping.columns.get(name, ())
            if name in mapping.profile.joined:
                columns, conjunction = mapping.profile.joined[name], " and "
        if name in _COORDINATES and len(file.places) == 2:
            columns = (file.places[_COORDINATES[::-1].index(name)],)
        if len(columns) > 1:
            box.insertItem(1, conjunction.join(columns), _SEPARATOR.join(columns))
        box.setCurrentIndex(max(0, box.findData(_SEPARATOR.join(columns))))
        self._suggested[name] = str(box.currentData() or "")

    def _add_filter(self, columns: Sequence[str], mapping: ColumnMapping | None) -> None:
        choices = {"": "All rows"} | {column: f"only where {column} is" for column in columns}
        self.filter_column, self.filter_value = (
            make_choice_box(options, name=name, least_letters=_BOX_LETTERS)
            for name, options in (("Only rows where", choices), ("has the value", {}))
        )
        self.filter_value.setEditable(True)
        self.filter_value.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.filter_value.setEnabled(False)
        label = QLabel("Read")
        label.setBuddy(self.filter_column)
        self._grid.addWidget(label, 0, 0)
        self._grid.addWidget(self.filter_column, 0, 1)
        self._grid.addWidget(self.filter_value, 0, 2)
        self._grid.setRowMinimumHeight(1, SPACING_PX)
        for column, values in list(mapping.only.items() if mapping is not None else ())[:1]:
            self._suggested_filter = {column: list(values)}
            self.filter_column.setCurrentIndex(max(0, self.filter_column.findData(column)))
            self._list_values()
            self.filter_value.setCurrentText("; ".join(values))
        self.filter_column.currentIndexChanged.connect(self._follow_filter)
        self.filter_value.currentTextChanged.connect(self.changed)

    def _follow_filter(self) -> None:
        with QSignalBlocker(self):
            self._list_values()
        self.changed.emit()

    def _list_values(self) -> None:
        """Offer the most common values of the filter's column."""
        column = str(self.filter_column.currentData() or "")
        self.filter_value.clear()
        self.filter_value.setEnabled(bool(column))
        if column:
            counts = Counter(row.get(column, "") for row in self._rows)
            self.filter_value.addItems([value for value, _ in counts.most_common(200) if value])
            self.filter_value.setCurrentText("")

    def _follow_choice(self, name: str) -> None:
        self._show_samples()
        is_coordinate = name in _COORDINATES and self._has_shapes
        (self.coordinates_changed if is_coordinate else self.changed).emit()

    def _show_samples(self) -> None:
        """Show the first value in each chosen column."""
        for name, box in self.boxes.items():
            column = str(box.currentData() or "")
            value = next(filter(None, (_read_sample(row, column) for row in self._rows)), "")
            if not column and name in self._required:
                value = "required: choose one"
            short = (
                value
                if len(value) <= _MAX_SAMPLE_LETTERS
                else f"{value[: _MAX_SAMPLE_LETTERS - 1]}…"
            )
            self._samples[name].setText(short)
            self._samples[name].setToolTip(value)

    def _clear(self) -> None:
        clear_layout(self._grid)
        for row in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(row, 0)
            self._grid.setRowStretch(row, 0)
        self.boxes, self._samples, self._suggested, self._suggested_filter = {}, {}, {}, {}


def _read_sample(row: Mapping[str, str], columns: str) -> str:
    return " ".join(filter(None, (row.get(column, "") for column in columns.split(_SEPARATOR))))


@dataclass(frozen=True, eq=False, slots=True)
class TablePreview:
    """How a table is read, and the import prepared from it, or the problem that prevents one."""

    table: MappedTable
    prepared: PreparedImport | None
    problem: UserError | None = None


def preview_table(session: Session, options: ImportOptions, report: ProgressReport) -> TablePreview:
    """Read a table; safe in any thread.

    Raises
    ------
    UserError
        The file is not a table.
    """
    table = read_mapped_table(options, mappings=session.saved_project.mappings)
    try:
        prepared = prepare_import(
            session, options.path, options.kind, options=options, report=report
        )
    except UserError as error:
        return TablePreview(table, None, error)
    return TablePreview(table, prepared)


def normalize_log_headings(file: ForeignRows) -> ForeignRows:
    """Return the first rows with headings like the log's: lowercase, with underscores."""
    columns = dict.fromkeys(map(_normalize_heading, (*file.columns, *file.places)))
    rows = (
        ForeignRow(
            row.row, None, {_normalize_heading(key): value for key, value in row.fields.items()}
        )
        for row in file.rows[:_MAX_ROWS]
    )
    return replace(file, columns=tuple(columns), rows=tuple(rows), places=(), how=None)


def _normalize_heading(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip().casefold())
