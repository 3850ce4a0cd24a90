"""Confirm, approve and export hours, for the window and the command line."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.app.exports.atomic_files import stage_atomic_write
from zoneplanner.app.log.logbook import check_may_approve
from zoneplanner.app.roster.schedule import format_file_name
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import build_void_entry
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.record_schema import build_entry, read_records
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import (
    HoursLine,
    HoursStatus,
    check_hours_overlap,
    list_hours,
    name_officer,
)
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.errors import UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer
from zoneplanner.exchange.formats.spreadsheets import build_csv, write_workbook
from zoneplanner.publish.audience import OWN, redact_for_audience

LONGEST_PERIOD_DAYS = 400
TABLE_FORMATS = (".csv", ".xlsx")
PAYROLL_FORMATS = (*TABLE_FORMATS, ".pdf")


@dataclass(frozen=True, slots=True)
class HoursQuery:
    """Selects lines from ``first`` to ``last``; an empty string selects all."""

    first: date
    last: date
    officer: str = ""
    agency: str = ""
    fund: str = ""
    unit: str = ""

    def fits(self, line: HoursLine) -> bool:
        """Whether the query selects a line."""
        return all(
            getattr(self, name) in ("", getattr(line, name))
            for name in ("officer", "agency", "fund", "unit")
        )


def make_hours_query(
    project: Project,
    first: date,
    last: date,
    *,
    officer: str = "",
    agency: str = "",
    fund: str = "",
    unit: str = "",
) -> HoursQuery:
    """Return a query by names or ids; an unknown one is a UserError."""
    if last < first:
        raise UserError("days_out_of_order", first=first, last=last)
    if (last - first).days > LONGEST_PERIOD_DAYS:
        raise UserError("period_too_long.hours", days=LONGEST_PERIOD_DAYS)
    if unit:
        project.unit(unit)
    return HoursQuery(
        first,
        last,
        get_officer(project, officer).id if officer else "",
        find_agency(project, agency) if agency else "",
        fund,
        unit,
    )


def find_agency(project: Project, text: str) -> str:
    """Return an agency's id by its id, its short name, or a part of either.

    Raises
    ------
    UserError
        No agency or more than one matches.
    """
    wanted = text.casefold()
    names = {key: (key.casefold(), one.short.casefold()) for key, one in project.agencies.items()}
    exact = [key for key, own in names.items() if wanted in own]
    matches = exact or [key for key, own in names.items() if any(wanted in name for name in own)]
    if len(matches) != 1:
        raise UserError("unknown_agency", agency=text, known=list(project.agencies))
    return matches[0]


def list_hours_lines(session: Session, query: HoursQuery) -> tuple[HoursLine, ...]:
    """Return the lines that a query selects."""
    entries, now = session.hours_journal.entries(), session.clock()
    lines = list_hours(session.saved_project, entries, query.first, query.last, now=now)
    return tuple(line for line in lines if query.fits(line))


def confirm_hours(session: Session, lines: Iterable[HoursLine]) -> Sequence[NewEntry]:
    """Log that unconfirmed lines were worked as scheduled, all or none.

    A line that another desk confirmed at the same time is logged only once.

    Raises
    ------
    UserError
        Another desk logged different hours for the same shift, or they overlap other hours.
    """
    unconfirmed = [line for line in lines if line.status is HoursStatus.UNCONFIRMED]
    now, project = session.clock(), session.saved_project
    worked = list(read_records(HOURS_RECORD, session.hours_journal.entries()))
    known = {hours.uid: (hours.began_at, hours.ended_at, hours.absent) for hours in worked}
    uids = {line.key: _derive_uid(HOURS_RECORD.name, line) for line in unconfirmed}
    logged = session.store.by_uid(uids.values())
    entries = []
    for line in unconfirmed:
        assert line.shift is not None
        uid = uids[line.key]
        if uid in known:  # another desk has confirmed it meanwhile
            if known[uid] != (line.shift.starts_at, line.shift.ends_at, None):
                raise UserError("uid_in_use.hours", uid=uid)
            continue
        was_voided = uid in logged
        entry = build_entry(
            HOURS_RECORD,
            uid=new_uid() if was_voided else uid,
            supersedes=uid if was_voided else None,
            time_zone=project.time_zone,
            now=now,
            officer=line.officer,
            unit=line.unit,
            shift=line.shift.uid,
            began_at=line.shift.starts_at,
            ended_at=line.shift.ends_at,
        )
        (hours,) = read_records(HOURS_RECORD, [entry])
        check_hours_overlap(project, hours, worked)
        worked.append(hours)
        entries.append(entry)
    _append(session, entries)
    return entries


def approve_hours(session: Session, lines: Iterable[HoursLine]) -> Sequence[NewEntry]:
    """Approve the lines that can be approved, all or none.

    Raises
    ------
    UserError
        The person's role may not approve, or a line has changed since it was displayed.
    """
    check_may_approve(session)
    approvable = _select_approvable(session, [line for line in lines if line.can_be_approved])
    now, zone = session.clock(), session.saved_project.time_zone
    uids = {line.key: _derive_uid(APPROVAL_RECORD.name, line) for line in approvable}
    logged = session.store.by_uid(uids.values())
    entries = []
    for line in approvable:
        uid = uids[line.key]
        was_withdrawn = uid in logged
        entries.append(
            build_entry(
                APPROVAL_RECORD,
                uid=new_uid() if was_withdrawn else uid,
                supersedes=uid if was_withdrawn else None,
                time_zone=zone,
                now=now,
                on=line.day,
                worked=line.key,
                officer=line.officer,
                agency=line.agency,
                hours=line.hours,
                rate=line.rate,
                pay_code=line.pay_code,
                fund=line.fund,
            )
        )
    _append(session, entries)
    return entries


def _select_approvable(session: Session, displayed: Sequence[HoursLine]) -> list[HoursLine]:
    """Return the lines not approved meanwhile; a line that has changed is a UserError."""
    if not displayed:
        return []
    days = [line.day for line in displayed]
    current_lines = list_hours_lines(session, HoursQuery(min(days), max(days)))
    current = {line.key: line for line in current_lines}
    for line in displayed:
        if line.key not in current or current[line.key].content != line.content:
            name = name_officer(session.saved_project, line.officer)
            raise UserError("hours_changed_since.approving", officer=name, day=line.day)
    return [line for line in displayed if current[line.key].can_be_approved]


def withdraw_hours(session: Session, lines: Iterable[HoursLine], *, reason: str) -> int:
    """Withdraw the approval of lines or, of unapproved lines, their confirmation; count them.

    Raises
    ------
    UserError
        The person's role may not approve, or there is no reason.
    """
    uids = []
    for line in lines:
        if line.approval is not None:
            check_may_approve(session)
            uids.append(line.approval.uid)
        elif line.worked is not None:
            uids.append(line.worked.uid)
    _void(session, uids, reason)
    return len(uids)


def take_back_hours(session: Session, entries: Sequence[NewEntry], *, reason: str) -> None:
    """Void the entries of one act; if one was corrected since, raise a UserError."""
    for entry in entries:
        if session.store.record(entry.uid)[-1].uid != entry.uid:
            raise UserError("hours_changed_since")
    _void(session, [entry.supersedes or entry.uid for entry in entries], reason)


def _derive_uid(kind: str, line: HoursLine) -> str:
    """Return the uid of the first entry about a line, which is the same at every desk."""
    officer = line.officer if kind == HOURS_RECORD.name else ""
    text = json.dumps([line.key, officer])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _void(session: Session, uids: Iterable[str], reason: str) -> None:
    now = session.clock()
    _append(
        session,
        [build_void_entry(uid=new_uid(), voids=uid, reason=reason, now=now) for uid in uids],
    )


def _append(session: Session, entries: Sequence[NewEntry]) -> None:
    """Append entries as one act; a different entry under the same uid is a UserError."""
    if not entries:
        return
    session.log_table(entries, lambda _part, _text: None)
    logged = session.store.by_uid([entry.uid for entry in entries])
    for entry in entries:
        if entry.uid in logged and dict(logged[entry.uid].payload) != dict(entry.payload):
            raise UserError("uid_in_use.hours", uid=entry.uid)


_AMOUNT = ColumnKind.AMOUNT
_PAYROLL_COLUMNS = (
    *map(ExportColumn, ("officer_id", "officer", "agency")),
    ExportColumn("day", ColumnKind.DAY),
    ExportColumn("began_at", ColumnKind.MOMENT),
    ExportColumn("ended_at", ColumnKind.MOMENT),
    ExportColumn("break_min", ColumnKind.NUMBER),
    ExportColumn("hours", _AMOUNT),
    *map(ExportColumn, ("pay_code", "fund")),
    ExportColumn("rate", _AMOUNT),
    ExportColumn("amount", _AMOUNT),
    *map(ExportColumn, ("unit", "shift", "approved_by")),
    ExportColumn("approved_at", ColumnKind.MOMENT),
)
_TOTAL_COLUMNS = (
    *map(ExportColumn, ("officer_id", "officer", "agency", "fund", "pay_code")),
    ExportColumn("hours", _AMOUNT),
    ExportColumn("amount", _AMOUNT),
)


def build_payroll_layers(project: Project, lines: Iterable[HoursLine]) -> tuple[ExportLayer, ...]:
    """Return the tables for payroll: the approved lines, and their totals by officer."""
    zone = ZoneInfo(project.time_zone)
    rows = []
    lines_by_officer: dict[tuple[str, ...], list[HoursLine]] = defaultdict(list)
    for line in filter(_is_payable, lines):
        worked = line.worked
        assert worked is not None
        assert line.approved_at is not None
        name = name_officer(project, line.officer)
        rows.append(
            (
                line.officer,
                name,
                line.agency,
                line.day,
                worked.began_at.astimezone(zone),
                worked.ended_at.astimezone(zone),
                worked.break_min or 0.0,
                line.hours,
                line.pay_code,
                line.fund,
                line.rate,
                line.amount,
                line.unit,
                worked.shift,
                line.approved_by,
                line.approved_at.astimezone(zone),
            )
        )
        key = (line.officer, name, line.agency, line.fund, line.pay_code)
        lines_by_officer[key].append(line)
    totals = tuple(
        (*key, round(sum(line.hours for line in own), 2), _add_amounts(own))
        for key, own in sorted(lines_by_officer.items())
    )
    return (
        ExportLayer("approved_hours", "Approved hours", _PAYROLL_COLUMNS, tuple(rows)),
        ExportLayer("totals", "By officer", _TOTAL_COLUMNS, totals),
    )


def _add_amounts(lines: Iterable[HoursLine]) -> float | None:
    """Return the dollars owed for some lines, or None if a line has no rate."""
    total = 0.0
    for line in lines:
        if line.amount is None:
            return None
        total += line.amount
    return round(total, 2)


def write_payroll(
    session: Session, query: HoursQuery, path: Path
) -> tuple[tuple[Path, ...], tuple[HoursLine, ...]]:
    """Write the approved hours of a query as CSV or a workbook, or all hours as PDF pages.

    Several agencies get a file each, next to ``path``, so that none sees the hours of another.
    Returns the files, and the lines that are not approved yet.

    Raises
    ------
    UserError
        The extension is unknown, nothing is approved, or a file cannot be written.
    """
    _check_table_file(session, path, PAYROLL_FORMATS)
    lines = list_hours_lines(session, query)
    unapproved = tuple(
        line for line in lines if line.can_be_approved or line.status is HoursStatus.UNCONFIRMED
    )
    is_pdf = path.suffix.lower() == ".pdf"
    included = lines if is_pdf else list(filter(_is_payable, lines))
    if not included:
        code = "no_hours" if is_pdf else "nothing_approved"
        raise UserError(code, first=query.first, last=query.last)
    files = _split_by_agency(path, included)
    print_lines = prepare_hours_pages(session, query) if is_pdf else None
    with stage_atomic_write(path) as part:
        for name, own in files.items():
            if print_lines is not None:
                part.with_name(name).write_bytes(print_lines(own))
            else:
                layers = build_payroll_layers(session.saved_project, own)
                _write_layers(part.with_name(name), layers)
    return tuple(path.with_name(name) for name in files), unapproved


def _split_by_agency(path: Path, lines: Sequence[HoursLine]) -> dict[str, list[HoursLine]]:
    """Return the lines of each agency by file name; a single agency's file is ``path``."""
    agencies = sorted({line.agency for line in lines})
    files: dict[str, list[HoursLine]] = {}
    stems = Counter[str]()
    for agency in agencies:
        name = path.name
        if len(agencies) > 1:
            stem = f"{path.stem}-{format_file_name(agency or 'No agency')}"
            stems[stem.casefold()] += 1
            number = stems[stem.casefold()]
            name = f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}"
        files[name] = [line for line in lines if line.agency == agency]
    return files


def write_tables(session: Session, path: Path, layers: Sequence[ExportLayer]) -> Path:
    """Write the first layer as CSV or all layers as a workbook, by the path's extension."""
    _check_table_file(session, path, TABLE_FORMATS)
    with stage_atomic_write(path) as part:
        _write_layers(part, layers)
    return path


def _check_table_file(session: Session, path: Path, formats: Sequence[str]) -> None:
    session.store.check_target(path)
    if path.suffix.lower() not in formats:
        raise UserError("unknown_format", format=path.suffix, known=list(formats))


def _write_layers(path: Path, layers: Sequence[ExportLayer]) -> None:
    if path.suffix.lower() == ".csv":
        path.write_text(build_csv(layers[0]), encoding="utf-8-sig", newline="")
    else:
        write_workbook(path, layers)


def _is_payable(line: HoursLine) -> bool:
    return line.status is HoursStatus.APPROVED and line.hours > 0


def prepare_hours_pages(
    session: Session, query: HoursQuery
) -> Callable[[Sequence[HoursLine]], bytes]:
    """Return a function that prints lines of a query as PDF.

    The rest of the pages' content is collected only once, for the files of several agencies too.
    """
    from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
    from zoneplanner.publish.documents.hours_report import build_hours_report
    from zoneplanner.publish.pdf.page import render_pdf

    request = HandoutRequest(OWN, as_of=session.clock(), day=query.last)
    content = redact_for_audience(collect_handout(session, request, log=False))

    def print_lines(lines: Sequence[HoursLine]) -> bytes:
        names = {line.officer: name_officer(session.saved_project, line.officer) for line in lines}
        return render_pdf(build_hours_report(content, lines, query.first, query.last, names))

    return print_lines
