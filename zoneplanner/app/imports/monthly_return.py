"""What a principal's workbook brings back: its sheets as records of one school, in one step.

A roster of trainings, one row a person, comes in as counts; its names are read over and kept
nowhere.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneplanner.app.imports.log_entries import LOG_TABLES, read_log_entries
from zoneplanner.app.imports.map_features import ImportOptions
from zoneplanner.app.imports.mapped_tables import iterate_rows, read_mapped_table
from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
    choose_import_verb,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import RETURN_SHEETS
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import TextRow

RETURN_KIND, ROSTER_KIND = "return", "training_roster"
_GIVEN = {"site", "site_name", "month"}
"""Columns that the workbook has filled in; a row with no more says nothing."""
_TRAININGS = "trainings"
_GROUPED = ("site", "course", "held_on", "who_kind", "expires_on")


def prepare_return_import(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read the sheets of a returned workbook; all that they say is kept in one transaction."""
    found: list[NewEntry] = []
    results: list[RowResult] = []
    ignored: set[str] = set()
    for sheet, (kind, _) in RETURN_SHEETS.items():
        own = replace(asked, kind=kind, layer=sheet)
        read = read_mapped_table(own, keep_off=session.store.files, report=report)
        rows = _complete(iterate_rows(read, None), session.today.isoformat())
        times = read.times(session.saved_project.time_zone)
        done = read_log_entries(
            session, LOG_TABLES[kind], rows, report, lines=read.table.lines, times=times
        )
        found += done.entries
        results += done.rows
        ignored |= {*read.ignored} - _GIVEN
    return _summarize(session, asked, found, results, sorted(ignored), dry_run=dry_run)


def _complete(rows: Iterable[TextRow], today: str) -> Iterator[TextRow]:
    """Yield the rows that somebody filled in; a return came on the day that it is imported."""
    for row in rows:
        if {name for name, cell in row.cells.items() if cell.strip()} <= _GIVEN:
            continue
        cells = {**row.cells, "on": row.cells.get("on") or today} if "month" in row.cells else None
        yield row if cells is None else replace(row, cells=cells)


def prepare_roster_import(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read a roster of who was trained, and count by site, course, day and group."""
    own = replace(asked, kind=_TRAININGS)
    read = read_mapped_table(own, keep_off=session.store.files, report=report)
    counts: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], TextRow] = {}
    for row in iterate_rows(read, None):
        group = tuple(row.cells.get(name, "").strip() for name in _GROUPED)
        counts[group] += 1
        first.setdefault(group, row)
    rows = (
        replace(
            row,
            cells={
                **{name: cell for name, cell in zip(_GROUPED, group, strict=True) if cell},
                "trained": str(counts[group]),
            },
        )
        for group, row in first.items()
    )
    times = read.times(session.saved_project.time_zone)
    done = read_log_entries(
        session, LOG_TABLES[_TRAININGS], rows, report, lines=read.table.lines, times=times
    )
    return _summarize(session, asked, done.entries, done.rows, read.ignored, dry_run=dry_run)


def _summarize(
    session: Session,
    asked: ImportOptions,
    found: Iterable[NewEntry],
    results: Iterable[RowResult],
    ignored: Iterable[str],
    *,
    dry_run: bool,
) -> PreparedImport:
    entries, rows = tuple(found), tuple(results)
    refused = tuple(one for one in rows if one.outcome is RowOutcome.REFUSED)
    taken = len(entries)
    outcome = ImportResult(
        text=f"{taken:,} of {len(rows):,} rows of “{asked.path.name}” "
        f"{choose_import_verb(dry_run, taken)}.",
        read=len(rows),
        taken=taken,
        already=sum(one.outcome is RowOutcome.KNOWN for one in rows),
        refused=refused,
        ignored=tuple(ignored),
        rows=rows,
    )
    if rows and len(refused) == len(rows):
        first = refused[0]
        raise NoRowImported.of(
            *(outcome, "no_row_imported"),
            source=asked.path.name,
            row=first.row,
            reason=first.reason,
        )

    def save(report: ProgressReport) -> None:
        if entries:
            session.log_table(entries, report)

    return PreparedImport(outcome, save)
