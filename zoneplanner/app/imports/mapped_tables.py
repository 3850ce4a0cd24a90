"""Foreign tables: which column is which, and how days and ambiguous times are read.

A table with our headings and ISO 8601 times is read directly. For others, the columns are matched
by earlier answers about such a table, a profile, or similar headings.
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
from zoneplanner.domain.edits import EditKind
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
"""Kinds of tables that may have any headings."""


@dataclass(frozen=True, eq=False, slots=True)
class MappedTable:
    """A table of one kind; ``ours`` if its headings and times are ours and are read directly."""

    table: TextTable
    how: ColumnMapping
    options: ImportOptions
    ours: bool = False

    @property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """The file's columns by ours."""
        return {**self.how.columns, **self.how.profile.joined}

    @property
    def clocks(self) -> DoubtfulTimePolicy:
        """How to read local times that are ambiguous or missing when the clocks change."""
        chosen = self.options.clock_changes
        return self.how.profile.clocks if chosen is None else chosen

    @property
    def ignored(self) -> tuple[str, ...]:
        """The file's columns that are not read."""
        used = {column for columns in self.mapping.values() for column in columns}
        return tuple(name for name in self.table.columns if name not in {*used, *self.how.only})

    def list_details(self, left_out: int) -> dict[str, object]:
        """Return how a foreign table was read, as JSON values."""
        return {
            "left_out": left_out,
            "crs": "",
            "mapping": self.how.profile.id or MATCH_BY_LIKENESS,
            "columns": {name: list(columns) for name, columns in self.mapping.items()},
            "joined": sorted(self.how.profile.joined),
        }

    def times(self, time_zone: str) -> LocalTimeParser:
        """Return the parser for the table's times."""
        return LocalTimeParser(time_zone, forms=self.how.profile.times, changes=self.clocks)

    def make_reader(self, session: Session) -> ForeignRowReader | None:
        """Return a reader that converts the rows into ours, or None if they are ours already.

        Raises
        ------
        UserError
            A needed column is missing, or the days can be read in two ways.
        """
        if self.ours:
            return None
        options, project = self.options, session.saved_project
        for text, site in options.aliases.items():
            project = add_site_alias(project, site, text)
        require_columns(self.how, self.table.columns)
        dates = options.dates or project.mappings.layout(options.kind, self.table.columns).dates
        order = (
            DayOrder(dates)
            if dates
            else find_day_order(self.table, self.how, options.kind, session.clock())
        )
        layout = LOG_TABLES.get(options.kind)
        record = layout.kind if layout else ""
        check_meanings(project, record, options.words)
        words = {
            name: {
                **project.mappings.words(options.kind, name),
                **{word.casefold(): own for word, own in options.words.get(name, {}).items()},
            }
            for name in (*self.mapping, UNITS)
        }
        return ForeignRowReader(
            project,
            options.kind,
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
    options: ImportOptions,
    *,
    mappings: ImportMappings | None = None,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> MappedTable:
    """Read a table's headings and match its columns; needed ones may be ``missing``.

    Raises
    ------
    UserError
        The file cannot be read, or the profile is unknown or of another kind.
    """
    layout = LOG_TABLES.get(options.kind) or ROSTER_TABLES[options.kind]
    in_workbook = options.path.suffix.casefold() == ".xlsx"
    if (options.layer and not in_workbook) or options.crs or options.replace_blocks:
        raise UserError("option_not_for_kind.log")
    needed = () if options.kind in TARGET_COLUMNS else layout.needed
    table = read_text_table(
        options.path,
        known=layout.columns,
        needed=needed,
        lenient=options.kind in TARGET_COLUMNS,
        sheet=options.layer,
        protected=protected,
        report=report,
    )
    has_choices = bool(
        options.profile or options.columns or options.only or options.dates or options.words
    )
    if options.kind not in TARGET_COLUMNS:
        if has_choices:
            raise UserError("option_not_for_kind.columns", kind=options.kind)
        return _read_own_headings(table, layout.columns, options)
    targets = (target.name for target in TARGET_COLUMNS[options.kind])
    known = dict.fromkeys((*targets, *layout.columns))
    for name in options.columns:
        if name not in known:
            raise UserError("unknown_choice", what="planner column", text=name, known=list(known))
    samples = _sample_cells(table)
    profile = match_profile(
        read_profiles(find_profile_folder(), options.kind), table.columns, options.kind
    )
    if not has_choices and profile is None and _is_ours(options.kind, layout.identifying, samples):
        return _read_own_headings(table, layout.columns, options)
    earlier = (mappings or ImportMappings()).layout(options.kind, table.columns).columns
    if earlier and not options.profile:
        options = replace(options, columns={**earlier, **options.columns})
    how = choose_column_mapping(options, table.columns, samples)
    return MappedTable(table, how, options)


def view_as_kind(read: MappedTable, kind: str) -> MappedTable:
    """Return a table as a table of another kind, with its columns matched by similarity."""
    options = replace(read.options, kind=kind, profile="", columns={}, words={}, clock_changes=None)
    columns = read.table.columns
    how = choose_column_mapping(options, columns, _sample_cells(read.table))
    return MappedTable(read.table, how, options)


def _is_ours(kind: str, needed: Sequence[str], samples: Mapping[str, Sequence[str]]) -> bool:
    """Whether a table has our headings and times, and no other columns for a site's place."""
    if any(name not in samples for name in needed):
        return False
    if any(name in samples for name in PLACE_TARGETS):
        return False
    times = [cell for name in TIME_TARGETS.get(kind, ()) for cell in samples.get(name, ())]
    foreign = sum(not LocalTimeParser.is_iso(cell) for cell in times)
    return foreign * 2 <= len(times) or judge_time_form(times) is TimeForm.NONE


def _sample_cells(table: TextTable) -> dict[str, list[str]]:
    """Return some cells of each column that has a name."""
    samples: dict[str, list[str]] = {column: [] for column in table.columns if column}
    for row in islice(replace(table, ignored=()).rows(), _SAMPLE_ROWS):
        for column, cell in row.cells.items():
            if len(samples[column]) < _SAMPLE_CELLS:
                samples[column].append(cell)
    return samples


def _read_own_headings(
    table: TextTable, known: Sequence[str], options: ImportOptions
) -> MappedTable:
    columns = {name: (name,) for name in known if name in table.columns}
    how = ColumnMapping(columns, ImportProfile("", "Our own headings", options.kind))
    return MappedTable(replace(table, lenient=False), how, options, ours=True)


def iterate_rows(read: MappedTable, reader: ForeignRowReader | None) -> Iterator[TextRow]:
    """Yield the rows of a table by our columns."""
    return read.table.rows() if reader is None else reader.rows()


def read_project_table(
    session: Session, options: ImportOptions, report: ProgressReport
) -> tuple[MappedTable, ForeignRowReader | None]:
    """Read a table with the project's earlier answers; also return the reader of its rows."""
    read = read_mapped_table(
        options,
        mappings=session.saved_project.mappings,
        protected=session.store.files,
        report=report,
    )
    return read, read.make_reader(session)


def save_answers(
    session: Session,
    options: ImportOptions,
    headings: Sequence[str],
    *,
    days: DaySpan | None = None,
    kinds: Collection[str] = (),
) -> None:
    """Save a person's answers about a table as one step, so that nobody is asked again.

    If the person may edit, the step also has the ``days`` that the file covers, for the ``kinds``
    of records in it.
    """

    def edit(project: Project) -> Project:
        mappings = project.mappings.with_layout(
            options.kind, headings, LayoutChoice(options.dates, options.columns)
        ).with_words(options.kind, options.words)
        if mappings != project.mappings:
            project = replace(project, mappings=mappings)
        for text, site in options.aliases.items():
            project = add_site_alias(project, site, text)
        if days is not None and session.store.may_edit:
            for kind in kinds:
                records = project.records.with_file(kind, days)
                if records != project.records:
                    project = project.with_records(records)
        return project

    if edit(session.saved_project) is not session.saved_project:
        session.apply(f"Save how “{options.path.name}” is read", edit, kind=EditKind.IMPORT)
