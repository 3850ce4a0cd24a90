"""Scheduled, worked and approved hours, line by line, from posted shifts and the journal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import TimeInterval, local_to_utc
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.log.hours_entries import (
    APPROVAL_RECORD,
    HOURS_RECORD,
    PAY_CODES,
    HoursApproval,
    WorkedHours,
)
from zoneplanner.domain.log.journal import (
    FIRST_LOG_YEAR,
    JournalEntry,
    NewEntry,
    derive_current_entries,
)
from zoneplanner.domain.log.record_schema import read_record
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours_rules import multiply_rate
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.shift import Shift, ShiftStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

HOURS_KINDS = (HOURS_RECORD.name, APPROVAL_RECORD.name, "void")
"""The kinds of entries from which lines of hours are built."""
_FIRST_DAY, _LAST_DAY = date(FIRST_LOG_YEAR, 1, 1), date(9000, 1, 1)
_MARGIN_DAYS = 3
"""How many days before and after a period are read, for turns that begin or were logged there."""


class HoursStatus(StrEnum):
    """The status of a line."""

    PLANNED = "planned"
    UNCONFIRMED = "not confirmed"
    CONFIRMED = "not approved"
    APPROVED = "approved"
    STALE = "changed since approval"
    ABSENT = "absent"


class HoursProblem(StrEnum):
    """A problem with worked hours."""

    NOT_SCHEDULED = "not scheduled"
    OVERLAPS = "overlaps other hours of this officer"
    VOIDED = "voided after approval"


@dataclass(frozen=True, slots=True)
class HoursLine:
    """One officer's turn: the scheduled, the worked and the approved hours.

    ``hours`` are the hours to be paid, 0 if nothing is confirmed or the officer was absent. ``day``
    is the local day on which the turn begins. A turn without a ``shift`` was not scheduled.
    """

    key: str
    day: date
    officer: str
    agency: str
    unit: str
    shift: Shift | None
    worked: WorkedHours | None
    hours: float
    pay_code: str
    fund: str
    rate: float | None
    status: HoursStatus
    approval: HoursApproval | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    problems: tuple[HoursProblem, ...] = ()

    @property
    def scheduled_h(self) -> float:
        """The hours of the shift."""
        return self.shift.hours if self.shift is not None else 0.0

    @property
    def approved_h(self) -> float:
        """The hours that were approved, even if they have changed since."""
        return (self.approval.hours or 0.0) if self.approval is not None else 0.0

    @property
    def amount(self) -> float | None:
        """The cost of the hours, or None without a rate."""
        return multiply_rate(self.hours, self.rate)

    @property
    def content(self) -> tuple[object, ...]:
        """The values that an approval of the line covers."""
        return (self.hours, self.officer, self.pay_code, self.fund, self.rate)

    @property
    def can_be_approved(self) -> bool:
        """Whether the line needs approval, and overlaps no other hours."""
        needs_approval = self.status in (HoursStatus.CONFIRMED, HoursStatus.STALE)
        return needs_approval and HoursProblem.OVERLAPS not in self.problems


@dataclass(frozen=True, slots=True)
class _Approved:
    """The approval of a record, and its journal entry."""

    approval: HoursApproval
    entry: NewEntry

    @property
    def by(self) -> str:
        return self.entry.actor if isinstance(self.entry, JournalEntry) else ""

    @property
    def at(self) -> datetime | None:
        return self.entry.recorded_at if isinstance(self.entry, JournalEntry) else None


def list_hours(
    project: Project, entries: Iterable[NewEntry], first: date, last: date, *, now: datetime
) -> tuple[HoursLine, ...]:
    """Return the lines of some days, ordered by day, agency and officer.

    ``entries`` are of ``HOURS_KINDS``. Hours without a shift belong to the officer's posted shift
    that they overlap most, if no other hours confirm it.
    """
    current = derive_current_entries(entries)
    first, last = max(first, _FIRST_DAY), min(last, _LAST_DAY)
    zone, margin = project.time_zone, timedelta(days=_MARGIN_DAYS)
    start, end = (local_to_utc(day, time(0), zone) for day in (first - margin, last + margin))
    near = {uid: entry for uid, entry in current.items() if start <= entry.occurred_at < end}
    worked = [
        read_record(HOURS_RECORD, uid, entry)
        for uid, entry in near.items()
        if entry.kind == HOURS_RECORD.name
    ]
    approvals: dict[str, _Approved] = {}
    for uid, entry in near.items():
        if entry.kind == APPROVAL_RECORD.name:
            approval = read_record(APPROVAL_RECORD, uid, entry)
            approvals[approval.worked] = _Approved(approval, entry)
    posted = {
        uid: shift
        for uid, shift in project.shifts.items()
        if shift.status is ShiftStatus.FINAL and shift.officer and start <= shift.starts_at < end
    }
    own_shift = frozenset(
        record.uid
        for record in worked
        if record.shift in posted and posted[record.shift].officer == record.officer
    )
    builder = _LineBuilder(project, now, approvals, _find_overlapping(worked), own_shift)
    matched = _match_shifts(posted, worked)
    lines = [builder.build_worked(record, matched.get(record.uid)) for record in worked]
    served = {shift.uid for shift in matched.values()}
    lines += [builder.build_planned(shift) for uid, shift in posted.items() if uid not in served]
    lines += [builder.build_voided(own) for uid, own in approvals.items() if uid not in current]
    within = [line for line in lines if first <= line.day <= last]
    return tuple(sorted(within, key=lambda line: (line.day, line.agency, line.officer, line.key)))


def _match_shifts(posted: Mapping[str, Shift], worked: Sequence[WorkedHours]) -> dict[str, Shift]:
    """Return the posted shift that each record is about, by uid of the record, each shift once."""
    matched: dict[str, Shift] = {}
    free = dict(posted)
    for record in worked:
        shift = free.get(record.shift)
        if shift is not None and shift.officer == record.officer:
            matched[record.uid] = free.pop(shift.uid)
    by_officer = group_pairs((shift.officer or "", shift) for shift in free.values())
    for record in worked:
        if record.uid in matched or record.shift in posted:
            continue
        candidates = [shift for shift in by_officer.get(record.officer, ()) if shift.uid in free]
        best = max(candidates, key=partial(_measure_overlap_h, record), default=None)
        if best is not None and _measure_overlap_h(record, best) > 0:
            matched[record.uid] = free.pop(best.uid)
    return matched


def _measure_overlap_h(worked: WorkedHours, shift: Shift) -> float:
    begin, end = max(worked.began_at, shift.starts_at), min(worked.ended_at, shift.ends_at)
    return (end - begin).total_seconds() / 3600


def _find_overlapping(worked: Sequence[WorkedHours]) -> frozenset[str]:
    """Return the uids of records that overlap another record of the same officer."""
    by_officer = group_pairs((record.officer, record) for record in worked if not record.absent)
    overlapping: set[str] = set()
    for records in by_officer.values():
        records.sort(key=lambda record: (record.began_at, record.ended_at))
        longest = None
        for before, after in pairwise(records):
            if longest is None or before.ended_at > longest.ended_at:
                longest = before
            if after.began_at < longest.ended_at:
                overlapping |= {longest.uid, after.uid}
    return frozenset(overlapping)


@dataclass(frozen=True, eq=False, slots=True)
class _LineBuilder:
    """Builds the lines of one project and journal."""

    project: Project
    now: datetime
    approvals: Mapping[str, _Approved]
    overlapping: frozenset[str]
    own_shift: frozenset[str]
    """Records that refer to a posted shift of their officer; several may refer to one shift."""

    def build_worked(self, worked: WorkedHours, shift: Shift | None) -> HoursLine:
        """Return the line of confirmed hours."""
        starts_at = shift.starts_at if shift is not None else worked.began_at
        who = (worked.officer, worked.unit or "")
        line = self._line(worked.uid, who, starts_at, shift, worked.pay_code)
        problems = []
        if shift is None and worked.uid not in self.own_shift:
            problems.append(HoursProblem.NOT_SCHEDULED)
        if worked.uid in self.overlapping:
            problems.append(HoursProblem.OVERLAPS)
        line = replace(
            line,
            worked=worked,
            hours=self.project.hours_rules.pay_hours(worked),
            fund=worked.fund or line.fund,
            status=HoursStatus.ABSENT if worked.absent else HoursStatus.CONFIRMED,
            problems=tuple(problems),
        )
        own = self.approvals.get(worked.uid)
        return line if own is None else _with_approval(line, own)

    def build_planned(self, shift: Shift) -> HoursLine:
        """Return the line of a shift without confirmed hours."""
        who = (shift.officer or "", shift.unit)
        line = self._line(f"shift:{shift.uid}", who, shift.starts_at, shift, PAY_CODES[0])
        over = shift.ends_at <= self.now
        return replace(line, status=HoursStatus.UNCONFIRMED if over else HoursStatus.PLANNED)

    def build_voided(self, approved: _Approved) -> HoursLine:
        """Return the line of an approval whose hours were voided."""
        approval = approved.approval
        line = HoursLine(
            key=approval.worked,
            day=approval.on,
            officer=approval.officer,
            agency=approval.agency  # the agency may have been renamed since
            if approval.agency in self.project.agencies
            else find_officer_agency(self.project, approval.officer) or approval.agency,
            unit="",
            shift=None,
            worked=None,
            hours=0.0,
            pay_code=approval.pay_code,
            fund=approval.fund,
            rate=approval.rate,
            status=HoursStatus.STALE,
            problems=(HoursProblem.VOIDED,),
        )
        return _with_approval(line, approved)

    def _line(
        self,
        key: str,
        who: tuple[str, str],
        starts_at: datetime,
        shift: Shift | None,
        pay_code: str,
    ) -> HoursLine:
        """Return a line of an officer at a unit with fund and rate, but without worked hours."""
        project, (officer, unit) = self.project, who
        day = starts_at.astimezone(ZoneInfo(project.time_zone)).date()
        agency = find_officer_agency(project, officer, unit)
        rules = project.hours_rules
        return HoursLine(
            key=key,
            day=day,
            officer=officer,
            agency=agency,
            unit=unit,
            shift=shift,
            worked=None,
            hours=0.0,
            pay_code=pay_code,
            fund=rules.find_fund(shift, unit, agency),
            rate=rules.find_rate(agency, day, pay_code),
            status=HoursStatus.PLANNED,
        )


def _with_approval(line: HoursLine, approved: _Approved) -> HoursLine:
    """Return a line with its approval; an approval that differs from the line is stale."""
    approval = approved.approval
    content = (approval.hours, approval.officer, approval.pay_code, approval.fund)
    is_same = content == (line.hours, line.officer, line.pay_code, line.fund)
    rates = (approval.rate, line.rate)
    is_same = is_same and (None in rates or rates[0] == rates[1])
    status = HoursStatus.APPROVED if is_same else HoursStatus.STALE
    if is_same and line.hours == 0 and line.worked is not None:
        status = HoursStatus.ABSENT
    return replace(
        line, status=status, approval=approval, approved_by=approved.by, approved_at=approved.at
    )


def find_officer_agency(project: Project, officer: str, unit: str = "") -> str:
    """Return the agency of an officer, or the unit's if the officer is unknown, or ""."""
    known = project.officers.get(officer) or project.units.get(unit)
    return known.agency if known is not None else ""


def name_officer(project: Project, officer: str) -> str:
    """Return an officer's name, or the id if the officer is no longer in the project."""
    known = project.officers.get(officer)
    return known.name if known is not None else officer


def fill_hours_columns(project: Project, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of worked hours, with empty ones filled in from their shift.

    The officer may be given by name.

    Raises
    ------
    UserError
        The shift or the officer is unknown.
    """
    filled = {name: text for name, text in columns.items() if text}
    if "shift" in filled:
        shift = project.shifts.get(filled["shift"])
        if shift is not None:
            defaults = {"officer": shift.officer or "", "unit": shift.unit}
            defaults["began_at"] = shift.starts_at.isoformat()
            defaults["ended_at"] = shift.ends_at.isoformat()
            filled = defaults | filled
        elif "began_at" not in filled:
            raise UserError("unknown_shift", shift=filled["shift"])
    if filled.get("officer"):
        filled["officer"] = get_officer(project, filled["officer"]).id
    return filled


def check_hours_overlap(
    project: Project, worked: WorkedHours, others: Iterable[WorkedHours]
) -> None:
    """Refuse hours that overlap other hours of the same officer."""
    if worked.absent:
        return
    span, zone = TimeInterval(worked.began_at, worked.ended_at), ZoneInfo(project.time_zone)
    for other in others:
        if (
            other.uid != worked.uid
            and other.officer == worked.officer
            and not other.absent
            and span.overlaps(TimeInterval(other.began_at, other.ended_at))
        ):
            raise UserError(
                "hours_overlap",
                officer=name_officer(project, worked.officer),
                other=other.uid,
                began_at=other.began_at.astimezone(zone),
                ended_at=other.ended_at.astimezone(zone),
            )


@dataclass(frozen=True, slots=True)
class HoursTotal:
    """The totals of one officer, agency, fund or week."""

    name: str
    lines: int
    scheduled_h: float
    worked_h: float
    approved_h: float
    amount: float
    unconfirmed: int
    unapproved: int
    without_rate: int

    @property
    def cost(self) -> Message:
        """The amount, or that it is unknown rather than $0 if no line has a rate."""
        is_known = bool(self.amount) or not self.without_rate
        return Message("hours_cost" if is_known else "hours_cost.unknown", amount=self.amount)


HOURS_GROUPINGS: Mapping[str, Callable[[HoursLine], str]] = {
    "officer": lambda line: line.officer,
    "agency": lambda line: line.agency,
    "fund": lambda line: line.fund,
    "unit": lambda line: line.unit,
    "pay_code": lambda line: line.pay_code,
    "week": lambda line: "{}-W{:02}".format(*line.day.isocalendar()[:2]),
    "month": lambda line: f"{line.day:%Y-%m}",
}
"""How lines can be grouped, by name on the command line."""


def total_hours(lines: Iterable[HoursLine], by: str = "") -> tuple[HoursTotal, ...]:
    """Return the totals of lines by one of ``HOURS_GROUPINGS``, or of all lines."""
    groups = group_pairs((HOURS_GROUPINGS[by](line) if by else "", line) for line in lines)
    return tuple(_add_up(name, groups[name]) for name in sorted(groups))


def _add_up(name: str, lines: Sequence[HoursLine]) -> HoursTotal:
    status = [line.status for line in lines]
    return HoursTotal(
        name,
        len(lines),
        round(sum(line.scheduled_h for line in lines), 2),
        round(sum(line.hours for line in lines), 2),
        round(sum(line.approved_h for line in lines), 2),
        round(sum(line.amount or 0.0 for line in lines), 2),
        status.count(HoursStatus.UNCONFIRMED),
        sum(line.can_be_approved for line in lines),
        sum(line.rate is None and line.hours > 0 for line in lines),
    )
