"""Which column of the file is which of ours: a choice and a sample each, and the rows wanted."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

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
from zoneplanner.ui.widgets.layout.basic_widgets import clear_layout, make_muted_label
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_NOT_TAKEN = "–  not in the file"
_ANY_ROW = "All rows"
_FILTER_ROWS, _BOX_LETTERS = 2, 12
_MOST_VALUES, _LONGEST_SAMPLE = 2_000, 19
_WHAT_COMES_IN = (
    "Schools: the state’s directory, NCES locations, a spreadsheet.\n"
    "Boundaries: counties, cities and the district, from the Census or the county.\n"
    "Blocks and roads: Census TIGER/Line, OpenStreetMap.\n"
    "A plan or zones drawn elsewhere; lists of visits, incidents, shifts.\n\n"
    "Shapefile, GeoPackage, GeoJSON, KML, FlatGeobuf, CSV, XLSX; alone, in a folder or in a zip."
)
_PLACES = ("latitude", "longitude")
_SEVERAL = "\n"
"""Stands between the columns of the file that one of ours is read from."""


class ColumnMappingForm(QWidget):
    """A row for each of our columns; ``changed`` tells that a person chose another."""

    changed = Signal()
    places_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, SPACING_PX, 0)
        self._grid.setHorizontalSpacing(SPACING_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 2)
        self.boxes: dict[str, ChoiceBox] = {}
        self.filter_column, self.filter_value = ChoiceBox(), ChoiceBox()
        self._samples: dict[str, QLabel] = {}
        self._shown: dict[str, str] = {}
        self._wanted: dict[str, list[str]] = {}
        self._needed: set[str] = set()
        self._placed = True
        self._rows: Sequence[Mapping[str, str]] = ()
        self.show_empty()

    def show_empty(self) -> None:
        """Say what may come in, before a file is chosen."""
        self._empty()
        label = make_muted_label(_WHAT_COMES_IN)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._grid.addWidget(label, 0, 0, 1, 3)
        self._grid.setRowStretch(1, 1)

    def show_file(self, kind: str, found: ForeignRows, how: ColumnMapping | None) -> None:
        """Show the columns of a file as they are read; without ``how`` nothing is chosen."""
        self._placed = kind not in TABLE_KINDS
        with QSignalBlocker(self):  # only what a person chooses is told
            self._empty()
            self._rows = [row.fields for row in found.rows[:_MOST_VALUES]]
            columns = list(dict.fromkeys((*found.columns, *found.places)))
            targets = [
                own
                for own in TARGET_COLUMNS[kind]
                if own.name not in _PLACES or kind in TABLE_KINDS or found.how or found.places
            ]
            self._add_filter(columns, how)
            for at, target in enumerate(targets, _FILTER_ROWS):
                self._add(at, target.name, target.words, columns, needed=target.needed)
                self._choose(target.name, found, how)
            self._grid.setRowStretch(_FILTER_ROWS + len(targets), 1)
        self._sample()

    def read_chosen_columns(self) -> dict[str, str]:
        """Return the columns that a person chose, empty for one to leave out, and the places."""
        chosen = {name: str(box.currentData() or "") for name, box in self.boxes.items()}
        return {
            name: column
            for name, column in chosen.items()
            if (name in _PLACES and self._placed) or column != self._shown[name]
        }

    def read_row_filter(self) -> dict[str, list[str]]:
        """Return the rows wanted where a person chose them: values by column, none to lift them."""
        column, text = str(self.filter_column.currentData() or ""), self.filter_value.currentText()
        wanted = {column: _parts(text)} if column and _parts(text) else {}
        if wanted == self._wanted:
            return {}
        return {name: [] for name in self._wanted} | wanted

    def _add(self, at: int, name: str, words: str, columns: Sequence[str], *, needed: bool) -> None:
        label = QLabel(words)
        if needed:
            self._needed.add(name)
        options = {"": _NOT_TAKEN} | {column: column for column in columns}
        box = make_choice_box(options, name=f"Column for {words}", least_letters=_BOX_LETTERS)
        sample = make_muted_label()
        sample.setWordWrap(False)
        sample.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setBuddy(box)
        self.boxes[name], self._samples[name] = box, sample
        box.currentIndexChanged.connect(lambda _at, own=name: self._chosen(own))
        for place, widget in enumerate((label, box, sample)):
            self._grid.addWidget(widget, at, place)

    def _choose(self, name: str, found: ForeignRows, how: ColumnMapping | None) -> None:
        box = self.boxes[name]
        columns: tuple[str, ...] = ()
        word = ", else "
        if how is not None:
            columns = how.columns.get(name, ())
            if name in how.profile.joined:
                columns, word = how.profile.joined[name], " and "
        if name in _PLACES and len(found.places) == 2:
            columns = (found.places[_PLACES[::-1].index(name)],)
        if len(columns) > 1:
            box.insertItem(1, word.join(columns), _SEVERAL.join(columns))
        box.setCurrentIndex(max(0, box.findData(_SEVERAL.join(columns))))
        self._shown[name] = str(box.currentData() or "")

    def _add_filter(self, columns: Sequence[str], how: ColumnMapping | None) -> None:
        options = {"": _ANY_ROW} | {column: f"only where {column} is" for column in columns}
        self.filter_column, self.filter_value = (
            make_choice_box(values, name=name, least_letters=_BOX_LETTERS)
            for name, values in (("Only rows where", options), ("has the value", {}))
        )
        self.filter_value.setEditable(True)
        self.filter_value.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.filter_value.setEnabled(False)
        told = QLabel("Read")
        told.setBuddy(self.filter_column)
        self._grid.addWidget(told, 0, 0)
        self._grid.addWidget(self.filter_column, 0, 1)
        self._grid.addWidget(self.filter_value, 0, 2)
        self._grid.setRowMinimumHeight(1, SPACING_PX)
        for column, values in list(how.only.items() if how is not None else ())[:1]:
            self._wanted = {column: list(values)}
            self.filter_column.setCurrentIndex(max(0, self.filter_column.findData(column)))
            self._show_values()
            self.filter_value.setCurrentText("; ".join(values))
        self.filter_column.currentIndexChanged.connect(self._filter_chosen)
        self.filter_value.currentTextChanged.connect(self.changed)

    def _filter_chosen(self) -> None:
        with QSignalBlocker(self):
            self._show_values()
        self.changed.emit()

    def _show_values(self) -> None:
        column = str(self.filter_column.currentData() or "")
        self.filter_value.clear()
        self.filter_value.setEnabled(bool(column))
        if column:
            tally = Counter(row.get(column, "") for row in self._rows)
            self.filter_value.addItems([value for value, _ in tally.most_common(200) if value])
            self.filter_value.setCurrentText("")

    def _chosen(self, name: str) -> None:
        self._sample()
        places = name in _PLACES and self._placed
        (self.places_changed if places else self.changed).emit()

    def _sample(self) -> None:
        """Show what the first rows hold in each chosen column."""
        for name, box in self.boxes.items():
            column = str(box.currentData() or "")
            value = next(filter(None, (_sample_of(row, column) for row in self._rows)), "")
            if not column and name in self._needed:
                value = "needed: choose one"
            short = value if len(value) <= _LONGEST_SAMPLE else f"{value[: _LONGEST_SAMPLE - 1]}…"
            self._samples[name].setText(short)
            self._samples[name].setToolTip(value)

    def _empty(self) -> None:
        clear_layout(self._grid)
        for at in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(at, 0)
            self._grid.setRowStretch(at, 0)
        self.boxes, self._samples, self._shown, self._wanted = {}, {}, {}, {}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _sample_of(row: Mapping[str, str], columns: str) -> str:
    return " ".join(filter(None, (row.get(column, "") for column in columns.split(_SEVERAL))))


@dataclass(frozen=True, eq=False, slots=True)
class TablePreview:
    """How a table is read, and what would become of it; ``problem`` says why nothing does."""

    read: MappedTable
    prepared: PreparedImport | None
    problem: UserError | None = None


def preview_table(session: Session, asked: ImportOptions, report: ProgressReport) -> TablePreview:
    """Read a table, in any thread.

    Raises
    ------
    UserError
        The file is no table.
    """
    read = read_mapped_table(asked, mappings=session.saved_project.mappings)
    try:
        done = prepare_import(
            session, asked.path, asked.kind, dry_run=True, asked=asked, report=report
        )
    except UserError as error:
        return TablePreview(read, None, error)
    return TablePreview(read, done)


def normalize_log_headings(found: ForeignRows) -> ForeignRows:
    """Return the first rows with headings as the log has them: small, blanks as underscores."""
    every = dict.fromkeys(_heading(column) for column in (*found.columns, *found.places))
    rows = (
        ForeignRow(row.row, None, {_heading(key): value for key, value in row.fields.items()})
        for row in found.rows[:_MOST_VALUES]
    )
    return replace(found, columns=tuple(every), rows=tuple(rows), places=(), how="")


def _heading(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip().casefold())
