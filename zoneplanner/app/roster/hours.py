"""Confirm, approve and hand out hours: what the window and the command line share."""

import hashlib
import json
from collections import Counter
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
    """Which lines are meant: days from first to last, and of whom; "" is all."""

    first: date
    last: date
    officer: str = ""
    agency: str = ""
    fund: str = ""
    unit: str = ""

    def fits(self, line: HoursLine) -> bool:
        """True of a line that is meant."""
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
    """Return a query by names as people write them; an unknown one is a UserError."""
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
    """Return an agency's id by its id, its short name, or a part that no other agency has.

    Raises
    ------
    UserError
        There is none, or several have it.
    """
    wanted = text.casefold()
    named = {key: (key.casefold(), one.short.casefold()) for key, one in project.agencies.items()}
    whole = [key for key, names in named.items() if wanted in names]
    part = [key for key, names in named.items() if any(wanted in name for name in names)]
    found = whole or part
    if len(found) != 1:
        raise UserError("unknown_agency", agency=text, known=list(project.agencies))
    return found[0]


def list_hours_lines(session: Session, query: HoursQuery) -> tuple[HoursLine, ...]:
    """Return the lines of a query."""
    entries = session.hours_journal.entries()
    found = list_hours(session.saved_project, entries, query.first, query.last, now=session.clock())
    return tuple(line for line in found if query.fits(line))


def confirm_hours(session: Session, lines: Iterable[HoursLine]) -> Sequence[NewEntry]:
    """Log for lines that are not confirmed that they were worked as scheduled; all or none.

    A line that another desk confirmed at the same time is kept once.

    Raises
    ------
    UserError
        Another desk logged other hours of the same shift, or the officer's time is taken.
    """
    open_lines = [one for one in lines if one.status is HoursStatus.UNCONFIRMED]
    now, project = session.clock(), session.saved_project
    standing = list(read_records(HOURS_RECORD, session.hours_journal.entries()))
    known = {one.uid: (one.began_at, one.ended_at, one.absent) for one in standing}
    uids = {one.key: _derive_uid(HOURS_RECORD.name, one.key, one.officer) for one in open_lines}
    there = session.store.by_uid(uids.values())
    entries = []
    for line in open_lines:
        assert line.shift is not None
        uid, root = uids[line.key], None
        if uid in known:  # another desk did it meanwhile
            if known[uid] != (line.shift.starts_at, line.shift.ends_at, None):
                raise UserError("uid_in_use.hours", uid=uid)
            continue
        if uid in there:  # it was confirmed once, and voided since
            uid, root = new_uid(), uid
        entry = build_entry(
            HOURS_RECORD,
            uid=uid,
            supersedes=root,
            time_zone=project.time_zone,
            now=now,
            officer=line.officer,
            unit=line.unit,
            shift=line.shift.uid,
            began_at=line.shift.starts_at,
            ended_at=line.shift.ends_at,
        )
        made = next(iter(read_records(HOURS_RECORD, [entry])))
        check_hours_overlap(project, made, standing)
        standing.append(made)
        entries.append(entry)
    _append(session, entries)
    return entries


def approve_hours(session: Session, lines: Iterable[HoursLine]) -> Sequence[NewEntry]:
    """Approve the lines that can be, as they were seen; all or none.

    Of hours that were voided after their approval none are approved then.

    Raises
    ------
    UserError
        The person may only log, or a line is not what it was when it was seen.
    """
    check_may_approve(session)
    ready = _select_unapproved(session, [line for line in lines if line.can_be_approved])
    now, zone = session.clock(), session.saved_project.time_zone
    uids = {one.key: _derive_uid(APPROVAL_RECORD.name, one.key, "") for one in ready}
    there = session.store.by_uid(uids.values())
    entries = []
    for line in ready:
        uid, root = uids[line.key], None
        if uid in there:
            uid, root = new_uid(), uid
        entries.append(
            build_entry(
                APPROVAL_RECORD,
                uid=uid,
                supersedes=root,
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


def _select_unapproved(session: Session, seen: Sequence[HoursLine]) -> list[HoursLine]:
    """Return the lines that nobody approved meanwhile; one that changed is a UserError."""
    if not seen:
        return []
    days = [line.day for line in seen]
    now = {one.key: one for one in list_hours_lines(session, HoursQuery(min(days), max(days)))}
    for line in seen:
        if line.key not in now or now[line.key].content != line.content:
            name = name_officer(session.saved_project, line.officer)
            raise UserError("hours_changed_since.approving", officer=name, day=line.day)
    return [line for line in seen if now[line.key].can_be_approved]


def withdraw_hours(session: Session, lines: Iterable[HoursLine], *, reason: str) -> int:
    """Take back the approval of lines, or of those without one their confirmation.

    Returns how many were taken back.

    Raises
    ------
    UserError
        The person may only log, or gives no reason.
    """
    now = session.clock()
    voided = []
    for line in lines:
        if line.approval is not None:
            check_may_approve(session)
            voided.append(line.approval.uid)
        elif line.worked is not None:
            voided.append(line.worked.uid)
    entries = [build_void_entry(uid=new_uid(), voids=uid, reason=reason, now=now) for uid in voided]
    _append(session, entries)
    return len(entries)


def take_back_hours(session: Session, entries: Sequence[NewEntry], *, reason: str) -> None:
    """Void the entries of one act, where nobody corrected them since."""
    now = session.clock()
    roots = [entry.supersedes or entry.uid for entry in entries]
    for entry in entries:
        if session.store.record(entry.uid)[-1].uid != entry.uid:
            raise UserError("hours_changed_since")
    _append(
        session,
        [build_void_entry(uid=new_uid(), voids=uid, reason=reason, now=now) for uid in roots],
    )


def _derive_uid(kind: str, key: str, officer: str) -> str:
    """Return the uid of the first entry about a line: the same at every desk."""
    text = json.dumps([key, officer])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _append(session: Session, entries: Sequence[NewEntry]) -> None:
    """Append entries as one act; what another desk appended under a uid must say the same."""
    if not entries:
        return
    session.log_table(entries, lambda _part, _text: None)
    kept = session.store.by_uid([entry.uid for entry in entries])
    for entry in entries:
        if entry.uid in kept and dict(kept[entry.uid].payload) != dict(entry.payload):
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
    """Return what payroll gets: each approved line, and the hours of each officer added up."""
    zone = ZoneInfo(project.time_zone)
    approved = [one for one in lines if _is_payable(one)]
    rows = []
    for line in approved:
        worked = line.worked
        assert worked is not None
        assert line.approved_at is not None
        rows.append(
            (
                *(line.officer, name_officer(project, line.officer), line.agency, line.day),
                *(worked.began_at.astimezone(zone), worked.ended_at.astimezone(zone)),
                *(worked.break_min or 0.0, line.hours, line.pay_code, line.fund),
                *(line.rate, line.amount, line.unit, worked.shift, line.approved_by),
                line.approved_at.astimezone(zone),
            )
        )
    sums: dict[tuple[str, ...], list[HoursLine]] = {}
    for line in approved:
        name = name_officer(project, line.officer)
        key = (line.officer, name, line.agency, line.fund, line.pay_code)
        sums.setdefault(key, []).append(line)
    totals = tuple(
        (*key, round(sum(one.hours for one in own), 2), _add_amounts(own))
        for key, own in sorted(sums.items())
    )
    return (
        ExportLayer("approved_hours", "Approved hours", _PAYROLL_COLUMNS, tuple(rows)),
        ExportLayer("totals", "By officer", _TOTAL_COLUMNS, totals),
    )


def _add_amounts(lines: Iterable[HoursLine]) -> float | None:
    """Return what is owed for some lines; None where one has no rate."""
    amounts = [line.amount for line in lines]
    known = [amount for amount in amounts if amount is not None]
    return round(sum(known), 2) if len(known) == len(amounts) else None


def write_payroll(
    session: Session, query: HoursQuery, path: Path
) -> tuple[tuple[Path, ...], tuple[HoursLine, ...]]:
    """Write the approved hours of a query as CSV or a workbook, or all hours on pages as PDF.

    Hours of several agencies are in a file for each, named by it beside ``path``: what goes to one
    tells nothing of another. Returns the files, and the lines that they leave out because they are
    not approved.

    Raises
    ------
    UserError
        The ending is none of these, nothing is approved, or it cannot be written.
    """
    _check_table_file(session, path, PAYROLL_FORMATS)
    lines = list_hours_lines(session, query)
    left = tuple(one for one in lines if one.can_be_approved or _is_unconfirmed(one))
    printed = path.suffix.lower() == ".pdf"
    told = lines if printed else [one for one in lines if _is_payable(one)]
    if not told:
        code = "no_hours" if printed else "nothing_approved"
        raise UserError(code, first=query.first, last=query.last)
    files = _split_by_agency(path, told)
    print_lines = prepare_hours_pages(session, query) if printed else None
    with stage_atomic_write(path) as part:
        for name, own in files.items():
            if print_lines is not None:
                part.with_name(name).write_bytes(print_lines(own))
            else:
                layers = build_payroll_layers(session.saved_project, own)
                _write_layers(part.with_name(name), layers)
    return tuple(path.with_name(name) for name in files), left


def _split_by_agency(path: Path, lines: Sequence[HoursLine]) -> dict[str, list[HoursLine]]:
    """Return lines by the name of their file: ``path`` itself where all are of one agency."""
    agencies = sorted({line.agency for line in lines})
    found: dict[str, list[HoursLine]] = {}
    taken = Counter[str]()
    for agency in agencies:
        name = path.name
        if len(agencies) > 1:
            stem = f"{path.stem}-{format_file_name(agency or 'No agency')}"
            taken[stem.casefold()] += 1
            number = taken[stem.casefold()]
            name = f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}"
        found[name] = [line for line in lines if line.agency == agency]
    return found


def write_tables(session: Session, path: Path, layers: Sequence[ExportLayer]) -> Path:
    """Write the first layer as CSV, or all as a workbook, by the ending."""
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


def _is_unconfirmed(line: HoursLine) -> bool:
    return line.status is HoursStatus.UNCONFIRMED


def prepare_hours_pages(
    session: Session, query: HoursQuery
) -> Callable[[Sequence[HoursLine]], bytes]:
    """Return what puts lines of a query on pages, those of an agency together.

    What else stands on each page is collected once, for the files of several agencies too.
    """
    from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
    from zoneplanner.publish.documents.hours_report import build_hours_report
    from zoneplanner.publish.pdf.page import render_pdf

    wanted = HandoutRequest(OWN, as_of=session.clock(), day=query.last)
    content = redact_for_audience(collect_handout(session, wanted, log=False))

    def print_lines(lines: Sequence[HoursLine]) -> bytes:
        names = {line.officer: name_officer(session.saved_project, line.officer) for line in lines}
        return render_pdf(build_hours_report(content, lines, query.first, query.last, names))

    return print_lines
