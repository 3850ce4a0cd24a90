"""Import a principal's workbook: its sheets as records of one school, in one step.

A roster of trainings, with one row per person, is imported as counts; its names are not stored.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.log_entries import LOG_TABLES, read_log_entries
from zoneplanner.app.imports.mapped_tables import iterate_rows, read_mapped_table
from zoneplanner.app.imports.results import (
    ImportResult,
    PreparedImport,
    require_imported_rows,
)
from zoneplanner.app.readiness.records import list_plan_elements
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.calendar.written_times import DayOrder, read_written_time
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import RETURN_HEADS, RETURN_SHEETS
from zoneplanner.domain.log.record_schema import RecordKind, ValueType, format_choice
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    TextTable,
    normalize_decimal,
    read_sheet_tables,
)
from zoneplanner.messages import Message

RETURN_KIND, ROSTER_KIND = "return", "training_roster"
_PREFILLED = {"site", "site_name", "month"}
_PREFILLED_HEADINGS = {RETURN_HEADS.get(name, name).casefold() for name in _PREFILLED}
"""Columns that the workbook has filled in; a row with only these is empty."""
_COLUMN_BY_HEADING = {
    re.sub(r"\s", "_", head.casefold()): name
    for name, head in RETURN_HEADS.items()
    if name not in _PREFILLED or name == "site"
}
_ALL_ELEMENTS = ("all", "yes", "complete")
_COUNTED = {"drills": "Drills", "plan_steps": "Plan steps"}
"""Counts of a return whose rows are on separate sheets."""
_MONTH, _DAY = len("2026-10"), len("2026-10-05")
_WORD = re.compile("[a-z0-9]+")
_TRAININGS = "trainings"
_GROUP_COLUMNS = ("site", "course", "held_on", "who_kind", "expires_on")


@dataclass(frozen=True, eq=False, slots=True)
class ReturnRows:
    """A workbook's entries, the results of its rows, and its schools.

    ``months`` are the months of the return by school; ``filled`` are schools with a row that
    somebody filled in.
    """

    entries: tuple[NewEntry, ...]
    rows: tuple[RowResult, ...]
    ignored: tuple[str, ...]
    notes: tuple[Message, ...]
    months: Mapping[str, str]
    filled: frozenset[str]


def prepare_return_import(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Read the sheets of a returned workbook; they are saved in one transaction."""
    read = read_return(session, options, report)
    return _summarize(
        session, options, read.entries, read.rows, ignored=read.ignored, notes=read.notes
    )


def read_return(session: Session, options: ImportOptions, report: ProgressReport) -> ReturnRows:
    """Read the sheets of a returned workbook; nothing is saved."""
    _check_options(options)
    order = DayOrder(options.dates or DayOrder.MONTH_FIRST)
    times = LocalTimeParser(
        session.saved_project.time_zone, changes=options.clock_changes or DoubtfulTimePolicy()
    )
    entries: list[NewEntry] = []
    results: list[RowResult] = []
    ignored: set[str] = set()
    months: dict[str, str] = {}
    filled: dict[str, list[TextRow]] = {}
    known = {
        sheet: (*LOG_TABLES[kind].columns, *_COLUMN_BY_HEADING)
        for sheet, (kind, _) in RETURN_SHEETS.items()
    }
    tables = read_sheet_tables(options.path, known, protected=session.store.files, report=report)
    for sheet, table in tables.items():
        layout = LOG_TABLES[RETURN_SHEETS[sheet][0]]
        rows = _list_rows(session, table, layout.kind, order)
        months |= {
            row.cells["site"]: row.cells["month"][:_MONTH]
            for row in rows
            if row.cells.keys() >= {"site", "month"}
        }
        filled[sheet] = [row for row in rows if row.fault or not row.cells.keys() <= _PREFILLED]
        read = read_log_entries(
            session,
            layout,
            filled[sheet],
            report,
            lines=table.last_row_number,
            times=times,
            corrects=True,
        )
        entries += read.entries
        results += (row._replace(sheet=sheet) for row in read.rows)
        ignored |= {*table.ignored} - _PREFILLED - _PREFILLED_HEADINGS
    changed = sum(row.outcome is RowOutcome.CHANGED for row in results)
    notes = [Message("return_corrects", rows=changed)] if changed else []
    notes += _describe_doubts(filled, months)
    sites = {row.cells.get("site", "") for rows in filled.values() for row in rows}
    return ReturnRows(
        entries=tuple(entries),
        rows=tuple(results),
        ignored=tuple(sorted(ignored)),
        notes=tuple(notes),
        months=months,
        filled=frozenset(sites) - {""},
    )


def _describe_doubts(
    filled: Mapping[str, Sequence[TextRow]], months: Mapping[str, str]
) -> Iterator[Message]:
    """Yield notes on counts that differ from the sheets' rows, and on days of other months."""
    for summary in filled["Return"]:
        for name, sheet in _COUNTED.items():
            count = summary.cells.get(name, "")
            listed = sum(row.cells.get("site") == summary.cells["site"] for row in filled[sheet])
            if count and normalize_decimal(count).removesuffix(".0") != str(listed):
                yield Message("return_doubt.count", said=count, sheet=sheet, listed=listed)
    for sheet, rows in filled.items():
        for row in rows if sheet != "Return" else ():
            days = (row.cells[name] for name in ("held_at", "held_on", "on") if name in row.cells)
            day, month = next(days, "")[:_DAY], months.get(row.cells.get("site", ""), "")[:_MONTH]
            if day and month and not day.startswith(month):
                yield Message("return_doubt.month", row=row.row, day=day, sheet=sheet, month=month)


def _check_options(options: ImportOptions) -> None:
    """Refuse options that have no meaning for our own workbook; the order of days has one."""
    if options.profile or options.columns or options.only or options.words:
        raise UserError("option_not_for_kind.columns", kind=RETURN_KIND)
    if options.crs or options.replace_blocks:
        raise UserError("option_not_for_kind.log")
    if options.path.suffix.casefold() != ".xlsx":
        raise UserError("unreadable_file.no_return", file=options.path.name)


def _list_rows(session: Session, table: TextTable, kind: str, order: DayOrder) -> list[TextRow]:
    """Return the rows of a sheet with our columns and words; a return is dated today."""
    rows, sites = [], session.saved_project.sites
    for row in table.rows():
        cells = {_COLUMN_BY_HEADING.get(name, name): cell for name, cell in row.cells.items()}
        cells = {name: _read_cell(RECORD_KINDS[kind], name, cells[name], order) for name in cells}
        if "month" in cells and not cells.keys() <= _PREFILLED:
            cells.setdefault("on", session.today.isoformat())
        site = cells.get("site", "")
        if cells.get("elements", "").casefold() in _ALL_ELEMENTS and site in sites:
            cells["elements"] = ";".join(list_plan_elements(session, site))
        rows.append(row._replace(cells=cells))
    return rows


def _read_cell(kind: RecordKind[Any], name: str, text: str, order: DayOrder) -> str:
    """Return a cell as in entries: codes for words, days in ISO 8601; other text unchanged."""
    if name in kind.choices:
        return _find_choice(kind.choices[name], text)
    field = kind.fields.get(name)
    if field is None or field.stored not in (ValueType.DAY, ValueType.TIME):
        return text
    try:
        time = read_written_time(text, order)
    except ValueError:
        return text
    if isinstance(time, datetime):
        return time.isoformat(" ") if field.stored is ValueType.TIME else time.date().isoformat()
    return time.isoformat() if isinstance(time, date) else text


def _find_choice(choices: Iterable[str], text: str) -> str:
    """Return the only choice with all the words of a text, or the text itself."""
    words = set(_WORD.findall(text.casefold()))
    partial_matches = []
    for choice in choices:
        names = [set(_WORD.findall(name.casefold())) for name in (choice, format_choice(choice))]
        if words in names:
            return choice
        if words and any(words <= name for name in names):
            partial_matches.append(choice)
    return partial_matches[0] if len(partial_matches) == 1 else text


def prepare_roster_import(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Read a roster of trained people, and count them by site, course, day and group."""
    read = read_mapped_table(
        replace(options, kind=_TRAININGS), protected=session.store.files, report=report
    )
    counts: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], TextRow] = {}
    for row in iterate_rows(read, None):
        group = tuple(row.cells.get(name, "").strip() for name in _GROUP_COLUMNS)
        counts[group] += 1
        first.setdefault(group, row)
    rows = (
        row._replace(
            cells={
                **{name: cell for name, cell in zip(_GROUP_COLUMNS, group, strict=True) if cell},
                "trained": str(counts[group]),
            },
        )
        for group, row in first.items()
    )
    times = read.times(session.saved_project.time_zone)
    log_rows = read_log_entries(
        session, LOG_TABLES[_TRAININGS], rows, report, lines=read.table.last_row_number, times=times
    )
    return _summarize(session, options, log_rows.entries, log_rows.rows, ignored=read.ignored)


def _summarize(
    session: Session,
    options: ImportOptions,
    entries: tuple[NewEntry, ...],
    rows: tuple[RowResult, ...],
    *,
    ignored: tuple[str, ...],
    notes: tuple[Message, ...] = (),
) -> PreparedImport:
    taken, source = len(entries), options.path.name
    outcome = ImportResult(
        message=Message("rows_imported.preview", taken=taken, read=len(rows), source=source),
        read=len(rows),
        taken=taken,
        already=sum(row.outcome is RowOutcome.KNOWN for row in rows),
        ignored=ignored,
        notes=notes,
        rows=rows,
    )
    require_imported_rows(outcome, source)

    def save(report: ProgressReport) -> None:
        if entries:
            session.log_table(entries, report)

    return PreparedImport(outcome, save)
