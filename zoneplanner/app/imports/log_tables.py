"""Tables of the log that others wrote: which column is which, what doubtful times mean.

Headings that are ours are taken as they stand; else a profile or likeness tells which is which.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.app.imports.log_entries import LOG_TABLES, LogTableLayout, NumberedEntry
from zoneplanner.app.imports.map_features import (
    ImportOptions,
    choose_column_mapping,
    list_import_profiles,
)
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping, map_row
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS
from zoneplanner.exchange.mapping.profiles import ImportProfile, match_profile
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import TextRow, TextTable, read_text_table


@dataclass(frozen=True, eq=False, slots=True)
class LogTable:
    """A table of one kind of entries; ``ours`` where its headings are ours and taken as such."""

    table: TextTable
    layout: LogTableLayout
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

    def times(self, time_zone: str) -> LocalTimeParser:
        """Return what reads the table's times."""
        return LocalTimeParser(time_zone, forms=self.how.profile.times, changes=self.clocks)

    def rows(self) -> Iterator[TextRow | None]:
        """Yield the rows by our columns; None for one that is not wanted."""
        if self.ours:
            return self.table.rows()
        names, every = tuple(self.mapping), replace(self.table, ignored=())
        return (map_row(row, self.how, names) for row in every.rows())


def read_log_table(
    asked: ImportOptions,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> LogTable:
    """Read the heading of a table of the log and say which column is which.

    Raises
    ------
    UserError
        The file cannot be read, the profile is unknown or of another kind, or a column that is
        needed is not there.
    """
    layout = LOG_TABLES[asked.kind]
    if asked.layer or asked.crs or asked.replace_blocks:
        raise UserError("option_not_for_kind.log")
    needed = () if asked.kind in TARGET_COLUMNS else layout.needed
    table = read_text_table(
        asked.path, known=layout.columns, needed=needed, keep_off=keep_off, report=report
    )
    ours = all(name in table.columns for name in layout.needed)
    said = bool(asked.profile or asked.columns or asked.only)
    if asked.kind not in TARGET_COLUMNS:
        if said:
            raise UserError("option_not_for_kind.columns", kind=asked.kind)
        return _read_own_headings(table, layout, asked)
    fits = match_profile(list_import_profiles(asked.kind), table.columns, asked.kind)
    if ours and not said and fits is None:
        return _read_own_headings(table, layout, asked)
    return LogTable(table, layout, choose_column_mapping(asked, table.columns), asked)


def _read_own_headings(table: TextTable, layout: LogTableLayout, asked: ImportOptions) -> LogTable:
    columns = {name: (name,) for name in layout.columns if name in table.columns}
    how = ColumnMapping(columns, ImportProfile("", "Our own headings", asked.kind))
    return LogTable(table, layout, how, asked, ours=True)


def list_row_results(
    project: Project, listed: Mapping[RowOutcome, Sequence[NumberedEntry]], begun: Collection[str]
) -> tuple[RowResult, ...]:
    """Return the fate of rows: where, when and by whom; ``begun`` take up planned visits."""
    zone = ZoneInfo(project.time_zone)
    return tuple(
        RowResult(
            row,
            fate,
            _name_place(project, entry),
            _describe_entry(entry, zone, begun),
            id=entry.uid,
        )
        for fate, rows in listed.items()
        for row, entry in rows
    )


def _name_place(project: Project, entry: NewEntry) -> str:
    return project.sites[entry.site].name if entry.site else ""


def _describe_entry(entry: NewEntry, zone: ZoneInfo, begun: Collection[str]) -> str:
    at = entry.occurred_at.astimezone(zone)
    timed = entry.kind not in RECORD_KINDS or RECORD_KINDS[entry.kind].timed
    words = [f"{at:%Y-%m-%d %H:%M}" if timed else f"{at:%Y-%m-%d}"]
    if entry.unit:
        words.append(entry.unit)
    if entry.uid in begun:
        words.append("counts as the visit planned there")
    return ", ".join(words)
