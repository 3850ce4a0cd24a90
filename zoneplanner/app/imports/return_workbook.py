"""What a principal's workbook brings back: its sheets as records of one school, in one step.

A roster of trainings, one row a person, comes in as counts; its names are read over and kept
nowhere."""

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
    NoRowImported,
    PreparedImport,
    choose_import_verb,
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
from zoneplanner.messages import render_message

RETURN_KIND, ROSTER_KIND = "return", "training_roster"
_GIVEN = {"site", "site_name", "month"}
_GIVEN_HEADS = {RETURN_HEADS.get(name, name).casefold() for name in _GIVEN}
"""Columns that the workbook has filled in; a row with no more says nothing."""
_COLUMN_BY_HEAD = {
    re.sub(r"\s", "_", head.casefold()): name
    for name, head in RETURN_HEADS.items()
    if name not in _GIVEN or name == "site"
}
_ALL_ELEMENTS = ("all", "yes", "complete")
_COUNTED = {"drills": "Drills", "plan_steps": "Plan steps"}
"""Counts of a return whose rows are listed on a sheet of their own."""
_MONTH, _DAY = len("2026-10"), len("2026-10-05")
_WORD = re.compile("[a-z0-9]+")
_TRAININGS = "trainings"
_GROUPED = ("site", "course", "held_on", "who_kind", "expires_on")


@dataclass(frozen=True, eq=False, slots=True)
class ReturnRows:
    """What a workbook says: its entries, what became of each row, and of which schools it is.

    ``months`` are those that it is of, by school; ``filled`` the schools of which a row says more
    than the workbook had filled in.
    """

    entries: tuple[NewEntry, ...]
    rows: tuple[RowResult, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    months: Mapping[str, str]
    filled: frozenset[str]


def prepare_return_import(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read the sheets of a returned workbook; all that they say is kept in one transaction."""
    said = read_return(session, asked, report)
    return _summarize(
        *(session, asked, said.entries, said.rows, said.ignored),
        dry_run=dry_run,
        notes=said.notes,
    )


def read_return(session: Session, asked: ImportOptions, report: ProgressReport) -> ReturnRows:
    """Read the sheets of a returned workbook; nothing is kept."""
    _check_options(asked)
    order = DayOrder(asked.dates or DayOrder.MONTH_FIRST)
    times = LocalTimeParser(
        session.saved_project.time_zone, changes=asked.clock_changes or DoubtfulTimePolicy()
    )
    found: list[NewEntry] = []
    results: list[RowResult] = []
    ignored: set[str] = set()
    months: dict[str, str] = {}
    filled: dict[str, list[TextRow]] = {}
    known = {
        sheet: (*LOG_TABLES[kind].columns, *_COLUMN_BY_HEAD)
        for sheet, (kind, _) in RETURN_SHEETS.items()
    }
    tables = read_sheet_tables(asked.path, known, keep_off=session.store.files, report=report)
    for sheet, table in tables.items():
        layout = LOG_TABLES[RETURN_SHEETS[sheet][0]]
        rows = _list_rows(session, table, layout.kind, order)
        months |= {
            one.cells["site"]: one.cells["month"][:_MONTH]
            for one in rows
            if one.cells.keys() >= {"site", "month"}
        }
        filled[sheet] = [one for one in rows if one.fault or not one.cells.keys() <= _GIVEN]
        done = read_log_entries(
            *(session, layout, filled[sheet], report),
            lines=table.lines,
            times=times,
            corrects=True,
        )
        found += done.entries
        results += (one._replace(sheet=sheet) for one in done.rows)
        ignored |= {*table.ignored} - _GIVEN - _GIVEN_HEADS
    changed = sum(one.outcome is RowOutcome.CHANGED for one in results)
    notes = [render_message("return_corrects", {"rows": changed})] if changed else []
    notes += _describe_doubts(filled, months)
    sites = {one.cells.get("site", "") for rows in filled.values() for one in rows}
    return ReturnRows(
        *(tuple(found), tuple(results), tuple(sorted(ignored)), tuple(notes)),
        months,
        frozenset(sites) - {""},
    )


def _describe_doubts(
    filled: Mapping[str, Sequence[TextRow]], months: Mapping[str, str]
) -> Iterator[str]:
    """Say where a return counts other than its sheets list, and which days are of other months."""
    for one in filled["Return"]:
        for name, sheet in _COUNTED.items():
            said = one.cells.get(name, "")
            listed = sum(row.cells.get("site") == one.cells["site"] for row in filled[sheet])
            if said and normalize_decimal(said).removesuffix(".0") != str(listed):
                facts = {"said": said, "sheet": sheet, "listed": listed}
                yield render_message("return_doubt.count", facts)
    for sheet, rows in filled.items():
        for row in rows if sheet != "Return" else ():
            days = (row.cells[name] for name in ("held_at", "held_on", "on") if name in row.cells)
            day, month = next(days, "")[:_DAY], months.get(row.cells.get("site", ""), "")[:_MONTH]
            if day and month and not day.startswith(month):
                facts = {"row": row.row, "day": day, "sheet": sheet, "month": month}
                yield render_message("return_doubt.month", facts)


def _check_options(asked: ImportOptions) -> None:
    """Refuse what cannot be told of a workbook whose sheets are ours; its days may be."""
    if asked.profile or asked.columns or asked.only or asked.words:
        raise UserError("option_not_for_kind.columns", kind=RETURN_KIND)
    if asked.path.suffix.casefold() != ".xlsx" or asked.crs or asked.replace_blocks:
        raise UserError("option_not_for_kind.log")


def _list_rows(session: Session, table: TextTable, kind: str, order: DayOrder) -> list[TextRow]:
    """Return the rows of a sheet by our columns and in our words.

    A return came on the day that it is imported.
    """
    found, sites = [], session.saved_project.sites
    for row in table.rows():
        cells = {_COLUMN_BY_HEAD.get(name, name): cell for name, cell in row.cells.items()}
        cells = {name: _read_cell(RECORD_KINDS[kind], name, cells[name], order) for name in cells}
        if "month" in cells and not cells.keys() <= _GIVEN:
            cells.setdefault("on", session.today.isoformat())
        site = cells.get("site", "")
        if cells.get("elements", "").casefold() in _ALL_ELEMENTS and site in sites:
            cells["elements"] = ";".join(list_plan_elements(session, site))
        found.append(row._replace(cells=cells))
    return found


def _read_cell(kind: RecordKind[Any], name: str, text: str, order: DayOrder) -> str:
    """Return a cell as entries hold it: codes for words, days in ISO 8601; else as it stands."""
    if name in kind.choices:
        return _find_choice(kind.choices[name], text)
    field = kind.fields.get(name)
    if field is None or field.stored not in (ValueType.DAY, ValueType.TIME):
        return text
    try:
        said = read_written_time(text, order)
    except ValueError:
        return text
    if isinstance(said, datetime):
        return said.isoformat(" ") if field.stored is ValueType.TIME else said.date().isoformat()
    return said.isoformat() if isinstance(said, date) else text


def _find_choice(known: Iterable[str], text: str) -> str:
    """Return the choice whose words hold all those of a text, where it is the only one."""
    said = set(_WORD.findall(text.casefold()))
    alike = []
    for one in known:
        words = [set(_WORD.findall(name.casefold())) for name in (one, format_choice(one))]
        if said in words:
            return one
        if said and any(said <= own for own in words):
            alike.append(one)
    return alike[0] if len(alike) == 1 else text


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
        row._replace(
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
    notes: Sequence[str] = (),
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
        notes=tuple(notes),
        rows=rows,
    )
    if rows and len(refused) == len(rows):
        first = refused[0]
        raise NoRowImported.of(
            *(outcome, "no_row_imported"),
            source=asked.path.name,
            row=first.place,
            reason=first.reason,
        )

    def save(report: ProgressReport) -> None:
        if entries:
            session.log_table(entries, report)

    return PreparedImport(outcome, save)
