"""Tables that others wrote: which column is which, how days and doubtful times are read.

Headings that are ours, with times in ISO 8601, are taken as they stand; else what was said of such
a table before, a profile or likeness tells which is which.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from zoneplanner.app.desk.settings import find_profile_folder
from zoneplanner.app.imports.code_meanings import UNITS, check_meanings
from zoneplanner.app.imports.foreign_rows import ForeignRowReader, find_day_order
from zoneplanner.app.imports.geography.map_features import (
    ImportOptions,
    choose_column_mapping,
)
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.results import MATCH_BY_LIKENESS
from zoneplanner.app.imports.roster import ROSTER_TABLES
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.calendar.written_times import DayOrder, TimeForm, judge_time_form
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.geography.site_finder import add_site_alias
from zoneplanner.domain.import_mappings import ImportMappings, LayoutChoice
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import (
    ColumnMapping,
    ImportProfile,
    match_profile,
    read_profiles,
    require_columns,
)
from zoneplanner.exchange.mapping.column_matching import PLACE_TARGETS, TARGET_COLUMNS, TIME_TARGETS
from zoneplanner.exchange.tables.text_table import TextRow, TextTable, read_text_table

_SAMPLE_ROWS, _SAMPLE_CELLS = 2_000, 300
TABLE_KINDS = tuple(kind for kind in (*LOG_TABLES, *ROSTER_TABLES) if kind in TARGET_COLUMNS)
"""Kinds of tables whose columns may be called anything."""


@dataclass(frozen=True, eq=False, slots=True)
class MappedTable:
    """A table of one kind; ``ours`` where its headings and times are ours and taken as such."""

    table: TextTable
    how: ColumnMapping
    asked: ImportOptions
    ours: bool = False

    @property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of the file that each of ours is read from."""
        return {**self.how.columns, **self.how.profile.joined}

    @property
    def clocks(self) -> DoubtfulTimePolicy:
        """What times mean that the change of the clocks makes doubtful."""
        told = self.asked.clock_changes
        return self.how.profile.clocks if told is None else told

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns of the file that nothing is read from."""
        used = {column for own in self.mapping.values() for column in own}
        return tuple(name for name in self.table.columns if name not in {*used, *self.how.only})

    def list_details(self, left_out: int) -> dict[str, object]:
        """Return how a table that others wrote was read, as JSON values."""
        return {
            "left_out": left_out,
            "crs": "",
            "mapping": self.how.profile.id or MATCH_BY_LIKENESS,
            "columns": {name: list(columns) for name, columns in self.mapping.items()},
            "joined": sorted(self.how.profile.joined),
        }

    def times(self, time_zone: str) -> LocalTimeParser:
        """Return what reads the table's times."""
        return LocalTimeParser(time_zone, forms=self.how.profile.times, changes=self.clocks)

    def make_reader(self, session: Session) -> ForeignRowReader | None:
        """Return what turns the rows into ours; None where they are.

        Raises
        ------
        UserError
            A column that is needed is not there, or the days may be read in two ways.
        """
        if self.ours:
            return None
        asked, project = self.asked, session.saved_project
        for text, site in asked.aliases.items():
            project = add_site_alias(project, site, text)
        require_columns(self.how, self.table.columns)
        said = project.mappings.layout(asked.kind, self.table.columns).dates
        dates = asked.dates or said
        order = (
            DayOrder(dates)
            if dates
            else find_day_order(self.table, self.how, asked.kind, session.clock())
        )
        layout = LOG_TABLES.get(asked.kind)
        record = layout.kind if layout else ""
        check_meanings(project, record, asked.words)
        words = {
            name: {
                **project.mappings.words(asked.kind, name),
                **{text.casefold(): own for text, own in asked.words.get(name, {}).items()},
            }
            for name in (*self.mapping, UNITS)
        }
        return ForeignRowReader(
            project,
            asked.kind,
            self.how,
            self.table,
            order=order,
            changes=self.clocks,
            now=session.clock(),
            words=words,
            record=record,
            needed=layout.needed if layout else (),
        )


def read_mapped_table(
    asked: ImportOptions,
    *,
    mappings: ImportMappings | None = None,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> MappedTable:
    """Read the heading of a table and say which column is which; what is not found is ``missing``.

    Raises
    ------
    UserError
        The file cannot be read, or the profile is unknown or of another kind.
    """
    layout = LOG_TABLES.get(asked.kind) or ROSTER_TABLES[asked.kind]
    in_workbook = asked.path.suffix.casefold() == ".xlsx"
    if (asked.layer and not in_workbook) or asked.crs or asked.replace_blocks:
        raise UserError("option_not_for_kind.log")
    needed = () if asked.kind in TARGET_COLUMNS else layout.needed
    table = read_text_table(
        asked.path,
        known=layout.columns,
        needed=needed,
        lenient=asked.kind in TARGET_COLUMNS,
        sheet=asked.layer,
        keep_off=keep_off,
        report=report,
    )
    said = bool(asked.profile or asked.columns or asked.only or asked.dates or asked.words)
    if asked.kind not in TARGET_COLUMNS:
        if said:
            raise UserError("option_not_for_kind.columns", kind=asked.kind)
        return _read_own_headings(table, layout.columns, asked)
    known = dict.fromkeys((*(one.name for one in TARGET_COLUMNS[asked.kind]), *layout.columns))
    for name in asked.columns:
        if name not in known:
            raise UserError("unknown_choice", what="column of ours", text=name, known=list(known))
    samples = _sample_cells(table)
    fits = match_profile(
        read_profiles(find_profile_folder(), asked.kind), table.columns, asked.kind
    )
    own = (*layout.needed, *getattr(layout, "own", ()))
    if not said and fits is None and _is_ours(asked.kind, own, samples):
        return _read_own_headings(table, layout.columns, asked)
    kept = (mappings or ImportMappings()).layout(asked.kind, table.columns).columns
    if kept and not asked.profile:
        asked = replace(asked, columns={**kept, **asked.columns})
    how = choose_column_mapping(asked, table.columns, samples)
    return MappedTable(table, how, asked)


def view_as_kind(read: MappedTable, kind: str) -> MappedTable:
    """Return a table as one of another kind, its columns by likeness."""
    asked = replace(read.asked, kind=kind, profile="", columns={}, words={}, clock_changes=None)
    columns = read.table.columns
    how = choose_column_mapping(asked, columns, _sample_cells(read.table))
    return MappedTable(read.table, how, asked)


def _is_ours(kind: str, needed: Sequence[str], samples: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a table has our headings, no other way to name a site, and times as ours."""
    if any(name not in samples for name in needed):
        return False
    if any(name in samples for name in PLACE_TARGETS):
        return False
    times = [cell for name in TIME_TARGETS.get(kind, ()) for cell in samples.get(name, ())]
    odd = sum(not LocalTimeParser.is_iso(cell) for cell in times)
    return odd * 2 <= len(times) or judge_time_form(times) is TimeForm.NONE


def _sample_cells(table: TextTable) -> dict[str, list[str]]:
    """Return some cells of each column that has a name."""
    found: dict[str, list[str]] = {column: [] for column in table.columns if column}
    for row in islice(replace(table, ignored=()).rows(), _SAMPLE_ROWS):
        for column, cell in row.cells.items():
            if len(found[column]) < _SAMPLE_CELLS:
                found[column].append(cell)
    return found


def _read_own_headings(table: TextTable, known: Sequence[str], asked: ImportOptions) -> MappedTable:
    columns = {name: (name,) for name in known if name in table.columns}
    how = ColumnMapping(columns, ImportProfile("", "Our own headings", asked.kind))
    return MappedTable(replace(table, lenient=False), how, asked, ours=True)


def iterate_rows(read: MappedTable, reader: ForeignRowReader | None) -> Iterator[TextRow]:
    """Yield the rows of a table by our columns."""
    return read.table.rows() if reader is None else reader.rows()


def read_project_table(
    session: Session, asked: ImportOptions, report: ProgressReport
) -> tuple[MappedTable, ForeignRowReader | None]:
    """Read a table as a project knows such ones; return with it what turns its rows into ours."""
    read = read_mapped_table(
        asked,
        mappings=session.saved_project.mappings,
        keep_off=session.store.files,
        report=report,
    )
    return read, read.make_reader(session)


def keep_answers(
    session: Session,
    asked: ImportOptions,
    headings: Sequence[str],
    *,
    days: DaySpan | None = None,
    kinds: Collection[str] = (),
) -> None:
    """Keep what a person said of a table as one step, so that nobody is asked again.

    With it the ``days`` that its rows reach over, of the ``kinds`` of records that it has, where
    the person may edit.
    """
    counted = kinds if days is not None and session.store.may_edit else ()

    def edit(project: Project) -> Project:
        mappings = project.mappings.with_layout(
            asked.kind, headings, LayoutChoice(asked.dates, asked.columns)
        ).with_words(asked.kind, asked.words)
        if mappings != project.mappings:
            project = replace(project, mappings=mappings)
        for text, site in asked.aliases.items():
            project = add_site_alias(project, site, text)
        for kind in counted:
            assert days is not None
            kept = project.records.with_file(kind, days)
            project = project if kept == project.records else project.with_records(kept)
        return project

    if edit(session.saved_project) is not session.saved_project:
        session.apply(f"Save how “{asked.path.name}” is read", edit, kind=EditKind.IMPORT)
