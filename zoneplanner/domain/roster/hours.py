"""Scheduled, worked and approved hours, line by line: posted shifts beside the journal."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import TimeInterval, local_to_utc
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

HOURS_KINDS = (HOURS_RECORD.name, APPROVAL_RECORD.name, "void")
"""The kinds of entries that lines of hours are made of."""
_FIRST_DAY, _LAST_DAY = date(FIRST_LOG_YEAR, 1, 1), date(9000, 1, 1)
_MARGIN_DAYS = 3
"""So many days around a period are read, for turns that begin or were logged beside it."""


class HoursStatus(StrEnum):
    """Where a line stands."""

    PLANNED = "planned"
    UNCONFIRMED = "not confirmed"
    CONFIRMED = "not approved"
    APPROVED = "approved"
    STALE = "changed since approval"
    ABSENT = "absent"


class HoursProblem(StrEnum):
    """What is odd about worked hours."""

    NOT_SCHEDULED = "not scheduled"
    OVERLAPS = "overlaps other hours of this officer"
    VOIDED = "voided after approval"


@dataclass(frozen=True, slots=True)
class HoursLine:
    """One turn of one officer: what was scheduled, what was worked, what was approved.

    ``hours`` are those to be paid, 0 where nothing is confirmed or the officer was absent; ``day``
    is the local day on which it begins. Without a ``shift`` it was not scheduled.
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
        """The hours of its shift."""
        return self.shift.hours if self.shift is not None else 0.0

    @property
    def approved_h(self) -> float:
        """The hours that were approved, whatever became of them since."""
        return (self.approval.hours or 0.0) if self.approval is not None else 0.0

    @property
    def amount(self) -> float | None:
        """What its hours cost; None without a rate."""
        return multiply_rate(self.hours, self.rate)

    @property
    def content(self) -> tuple[object, ...]:
        """What an approval of it says."""
        return (self.hours, self.officer, self.pay_code, self.fund, self.rate)

    @property
    def can_be_approved(self) -> bool:
        """Whether approving it says something new, and pays no time twice."""
        says_new = self.status in (HoursStatus.CONFIRMED, HoursStatus.STALE)
        return says_new and HoursProblem.OVERLAPS not in self.problems


@dataclass(frozen=True, slots=True)
class _Approved:
    """The approval of a record, and the entry that says so."""

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
    """Return the lines of some days, in order of day, officer and start.

    ``entries`` are those of ``HOURS_KINDS``. Hours that name no shift are those of the officer's
    posted shift which they overlap most, where nobody confirmed it otherwise.
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
    parts = frozenset(
        one.uid
        for one in worked
        if one.shift in posted and posted[one.shift].officer == one.officer
    )
    builder = _LineBuilder(project, now, approvals, _find_overlapping(worked), parts)
    taken = _match_shifts(posted, worked)
    lines = [builder.build_worked(one, posted.get(taken.get(one.uid, ""))) for one in worked]
    served = set(taken.values())
    lines += [builder.build_planned(one) for uid, one in posted.items() if uid not in served]
    lines += [builder.build_voided(own) for uid, own in approvals.items() if uid not in current]
    chosen = [line for line in lines if first <= line.day <= last]
    return tuple(sorted(chosen, key=lambda line: (line.day, line.agency, line.officer, line.key)))


def _match_shifts(posted: Mapping[str, Shift], worked: Sequence[WorkedHours]) -> dict[str, str]:
    """Return the posted shift that each record is about, each shift once."""
    taken: dict[str, str] = {}
    free = dict(posted)
    for one in worked:
        shift = free.get(one.shift)
        if shift is not None and shift.officer == one.officer:
            taken[one.uid] = shift.uid
            del free[shift.uid]
    by_officer: dict[str, list[Shift]] = defaultdict(list)
    for shift in free.values():
        by_officer[shift.officer or ""].append(shift)
    for one in worked:
        if one.uid in taken or one.shift in posted:
            continue
        mine = [
            (_measure_overlap_h(one, shift), shift)
            for shift in by_officer[one.officer]
            if shift.uid in free
        ]
        best = max(mine, key=lambda pair: pair[0], default=None)
        if best is not None and best[0] > 0:
            taken[one.uid] = best[1].uid
            del free[best[1].uid]
    return taken


def _measure_overlap_h(worked: WorkedHours, shift: Shift) -> float:
    begin, end = max(worked.began_at, shift.starts_at), min(worked.ended_at, shift.ends_at)
    return (end - begin).total_seconds() / 3600


def _find_overlapping(worked: Sequence[WorkedHours]) -> frozenset[str]:
    """Return the records of an officer's that share time with another of theirs."""
    mine: dict[str, list[WorkedHours]] = defaultdict(list)
    for one in worked:
        if not one.absent:
            mine[one.officer].append(one)
    found: set[str] = set()
    for own in mine.values():
        own.sort(key=lambda one: (one.began_at, one.ended_at))
        longest = None
        for before, after in pairwise(own):
            if longest is None or before.ended_at > longest.ended_at:
                longest = before
            if after.began_at < longest.ended_at:
                found |= {longest.uid, after.uid}
    return frozenset(found)


@dataclass(frozen=True, eq=False, slots=True)
class _LineBuilder:
    """Makes lines of one project and journal."""

    project: Project
    now: datetime
    approvals: Mapping[str, _Approved]
    overlapping: frozenset[str]
    parts: frozenset[str]
    """Records that name a posted shift of their officer, be it one of several of it."""

    def build_worked(self, worked: WorkedHours, shift: Shift | None) -> HoursLine:
        """Return the line of hours that were confirmed."""
        starts_at = shift.starts_at if shift is not None else worked.began_at
        rules = self.project.hours_rules
        who = (worked.officer, worked.unit or "")
        line = self._line(worked.uid, who, starts_at, shift, worked.pay_code)
        problems = []
        if shift is None and worked.uid not in self.parts:
            problems.append(HoursProblem.NOT_SCHEDULED)
        if worked.uid in self.overlapping:
            problems.append(HoursProblem.OVERLAPS)
        line = replace(
            line,
            worked=worked,
            hours=rules.pay_hours(worked),
            fund=worked.fund or line.fund,
            status=HoursStatus.ABSENT if worked.absent else HoursStatus.CONFIRMED,
            problems=tuple(problems),
        )
        own = self.approvals.get(worked.uid)
        return line if own is None else _with_approval(line, own)

    def build_planned(self, shift: Shift) -> HoursLine:
        """Return the line of a shift of which nothing is confirmed."""
        over = shift.ends_at <= self.now
        return replace(
            self._line(
                f"shift:{shift.uid}",
                (shift.officer or "", shift.unit),
                shift.starts_at,
                shift,
                PAY_CODES[0],
            ),
            status=HoursStatus.UNCONFIRMED if over else HoursStatus.PLANNED,
        )

    def build_voided(self, own: _Approved) -> HoursLine:
        """Return the line of an approval whose hours are there no more."""
        approval = own.approval
        line = HoursLine(
            key=approval.worked,
            day=approval.on,
            officer=approval.officer,
            agency=approval.agency  # it may have got another name since
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
        return _with_approval(line, own)

    def _line(
        self,
        key: str,
        who: tuple[str, str],
        starts_at: datetime,
        shift: Shift | None,
        pay_code: str,
    ) -> HoursLine:
        """Return a line of an officer at a unit, with fund and rate and nothing worked yet."""
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


def _with_approval(line: HoursLine, own: _Approved) -> HoursLine:
    """Return a line with its approval; one that says other than the line is stale."""
    approval = own.approval
    said = (approval.hours, approval.officer, approval.pay_code, approval.fund)
    same = said == (line.hours, line.officer, line.pay_code, line.fund)
    rates = (approval.rate, line.rate)
    same = same and (None in rates or rates[0] == rates[1])
    status = HoursStatus.APPROVED if same else HoursStatus.STALE
    if line.hours == 0 and same:
        status = HoursStatus.ABSENT if line.worked is not None else status
    return replace(line, status=status, approval=approval, approved_by=own.by, approved_at=own.at)


def find_officer_agency(project: Project, officer: str, unit: str = "") -> str:
    """Return the agency of an officer, of somebody unknown that of the unit; else empty."""
    known = project.officers.get(officer) or project.units.get(unit)
    return known.agency if known is not None else ""


def name_officer(project: Project, officer: str) -> str:
    """Return an officer's name; of one who is not in the project any more the id."""
    known = project.officers.get(officer)
    return known.name if known is not None else officer


def fill_hours_columns(project: Project, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of worked hours with what their shift tells filled in.

    An officer may be named by name.

    Raises
    ------
    UserError
        The shift or the officer is not known.
    """
    given = dict(columns)
    shift = None
    if given.get("shift"):
        shift = project.shifts.get(given["shift"])
        if shift is None and not given.get("began_at"):
            raise UserError("unknown_shift", shift=given["shift"])
    if shift is not None:
        own = {"officer": shift.officer or "", "unit": shift.unit}
        own |= {"began_at": shift.starts_at.isoformat(), "ended_at": shift.ends_at.isoformat()}
        given = own | {name: text for name, text in given.items() if text}
    if given.get("officer"):
        given["officer"] = get_officer(project, given["officer"]).id
    return given


def check_hours_overlap(
    project: Project, worked: WorkedHours, others: Iterable[WorkedHours]
) -> None:
    """Refuse hours that share time with other hours of the same officer."""
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
    """The lines of one officer, agency, fund or week added up."""

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
    def dollars(self) -> str:
        """The amount in words; without any rate it is not known rather than nothing."""
        known = bool(self.amount) or not self.without_rate
        return f"${self.amount:,.2f}" if known else "cost unknown"


HOURS_GROUPINGS: Mapping[str, Callable[[HoursLine], str]] = {
    "officer": lambda line: line.officer,
    "agency": lambda line: line.agency,
    "fund": lambda line: line.fund,
    "unit": lambda line: line.unit,
    "pay_code": lambda line: line.pay_code,
    "week": lambda line: "{}-W{:02}".format(*line.day.isocalendar()[:2]),
    "month": lambda line: f"{line.day:%Y-%m}",
}
"""How lines are grouped, by the name on the command line."""


def total_hours(lines: Iterable[HoursLine], by: str = "") -> tuple[HoursTotal, ...]:
    """Return the lines added up by one of ``HOURS_GROUPINGS``, or all of them as one."""
    groups: dict[str, list[HoursLine]] = defaultdict(list)
    for line in lines:
        groups[HOURS_GROUPINGS[by](line) if by else ""].append(line)
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
