"""The rules that a roster breaks, each with its officer, shifts and remedy.

The checker is independent of the roster solver: pure functions of the project.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import (
    WorkPeriod,
    explain_ineligibility,
    find_absence,
    find_day_runs,
    find_main_job_conflict,
    is_available_for,
    list_work_periods,
)
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import ABSENCE_KINDS, AvailabilityKind, Officer, Shift
from zoneplanner.domain.roster.staffing import find_understaffed_windows
from zoneplanner.messages import Message

_FRIDAY = 5


@dataclass(frozen=True, slots=True)
class RosterViolation:
    """One broken rule; ``officer`` and ``shifts`` are ids, ``reason`` is a person's override.

    ``where`` says who and when.
    """

    level: Enforcement
    where: Message
    breach: Message
    officer: str = ""
    shifts: tuple[str, ...] = ()
    unit: str = ""
    day: date | None = None
    reason: str | None = None

    @property
    def rule(self) -> str:
        """The broken rule: the second word of the message's code."""
        return self.breach.template.split(".")[1]

    @property
    def remedy(self) -> Message:
        """What would fix it."""
        return Message(f"remedy.{self.breach.template.partition('.')[2]}", **self.breach.facts)

    @property
    def message(self) -> Message:
        """Where and what is wrong."""
        return Message("roster_violation", where=self.where, what=self.breach)

    @property
    def is_unexcused(self) -> bool:
        """Whether nobody gave a reason to override the rule."""
        return self.reason is None


def find_roster_violations(
    project: Project, first: date, last: date
) -> tuple[RosterViolation, ...]:
    """Return the rules broken by shifts that begin on the local days ``first`` to ``last``.

    Shifts before and after count toward rest, weeks and consecutive days.
    """
    by_officer: dict[str, list[Shift]] = defaultdict(list)
    month = timedelta(days=30)
    for shift in project.shifts_between(first - month, last + month):
        if shift.is_active and shift.officer is not None:
            by_officer[shift.officer].append(shift)
    within = {shift.uid for shift in project.shifts_between(first, last)}
    return (
        *(
            violation
            for officer_id, shifts in by_officer.items()
            for violation in _find_officer_violations(project, officer_id, shifts)
            if within.intersection(violation.shifts)
        ),
        *_check_cancellation_notice(project, within),
        *_check_overlapping_leave(project, first, last),
        *_check_minimum_staffing(project, first, last),
    )


def find_shift_violations(project: Project, shift: Shift) -> tuple[RosterViolation, ...]:
    """Return the rules that a shift would break if it were in the project."""
    if shift.officer is None or not shift.is_active:
        return ()
    others = [
        other
        for other in project.shifts.values()
        if other.officer == shift.officer
        and other.is_active
        and other.uid != shift.uid
        and abs((other.starts_at - shift.starts_at).days) <= 31
    ]
    violations = _find_officer_violations(project, shift.officer, [*others, shift])
    return tuple(violation for violation in violations if shift.uid in violation.shifts)


def _find_officer_violations(
    project: Project, officer_id: str, shifts: Sequence[Shift]
) -> Iterator[RosterViolation]:
    """Yield the rules that one officer's shifts break."""
    officer = project.officers.get(officer_id)
    check = _OfficerCheck(project, officer_id, officer.name if officer else officer_id)
    if officer is None:
        for shift in shifts:
            yield from check.breach("unknown_officer", [shift])
        return
    for shift in shifts:
        yield from _check_single_shift(check, officer, shift)
    if not shifts:
        return
    days = sorted(shift.day(project.time_zone) for shift in shifts)
    around = timedelta(days=int(project.roster_rules.figure("days_in_a_row")) + 8)
    all_duties = list_work_periods(
        officer, shifts, days[0] - around, days[-1] + around, project.time_zone
    )
    yield from _check_overlap_and_rest(check, all_duties)
    yield from _check_hours_and_days(check, all_duties)
    yield from _check_shortest_detail(check, officer, shifts)


@dataclass(frozen=True, slots=True)
class _OfficerCheck:
    """The officer whose shifts are checked."""

    project: Project
    officer: str
    name: str

    def breach(
        self,
        code: str,
        shifts: Sequence[Shift],
        *,
        blamed: Shift | None = None,
        **facts: object,
    ) -> Iterator[RosterViolation]:
        """Yield a violation of the rule before the code's dot, unless the rule is off."""
        rule = code.partition(".")[0]
        level = self.project.roster_rules.level(rule)
        if level is Enforcement.OFF:
            return
        last = blamed or max(shifts, key=lambda shift: shift.starts_at)
        reason = next(filter(None, (shift.find_override_reason(rule) for shift in shifts)), None)
        yield RosterViolation(
            level,
            _locate_shift(self.project, self.name, last),
            Message(f"roster.{code}", **facts),
            officer=self.officer,
            shifts=tuple(shift.uid for shift in shifts),
            unit=last.unit,
            day=last.day(self.project.time_zone),
            reason=reason if level is Enforcement.OVERRIDE else None,
        )

    def figure(self, name: str) -> float:
        return self.project.roster_rules.figure(name)


def describe_shift(shift: Shift, time_zone: str) -> Message:
    """Return a shift's unit, local day and times."""
    zone = ZoneInfo(time_zone)
    when = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    code = "shift_named.titled" if shift.title else "shift_named"
    return Message(code, unit=shift.unit, title=shift.title, when=when)


def _locate_shift(project: Project, name: str | None, shift: Shift) -> Message:
    words = describe_shift(shift, project.time_zone)
    return Message(
        "roster_place.shift" if name else "roster_place.no_officer", name=name, shift=words
    )


def _check_single_shift(
    check: _OfficerCheck, officer: Officer, shift: Shift
) -> Iterator[RosterViolation]:
    """Yield the rules that a shift breaks regardless of the other shifts."""
    zone = check.project.time_zone
    if officer.until is not None and shift.day(zone) > officer.until:
        yield from check.breach("unknown_officer.left", [shift], until=officer.until)
    why = explain_ineligibility(check.project, officer, shift)
    if why is not None:
        yield from check.breach("eligibility", [shift], why=why)
    absence = find_absence(officer, shift.interval, zone)
    if absence is not None:
        code = "leave" if absence.last == absence.first else "leave.until"
        yield from check.breach(code, [shift], kind=absence.kind.noun, until=absence.last)
    elif not is_available_for(officer, shift.interval, zone):
        yield from check.breach("leave.unavailable", [shift])
    if find_main_job_conflict(officer, shift.interval, zone) is not None:
        yield from check.breach("main_job", [shift])


def _check_overlap_and_rest(
    check: _OfficerCheck, all_duties: Sequence[WorkPeriod]
) -> Iterator[RosterViolation]:
    """Yield shifts that overlap, and rest that is too short."""
    shifts = [duty.shift for duty in all_duties if duty.shift is not None]
    for index, first in enumerate(shifts):
        for second in shifts[index + 1 :]:
            if second.starts_at >= first.ends_at:
                break
            other = describe_shift(first, check.project.time_zone)
            yield from check.breach("double_booking", [first, second], blamed=second, other=other)
    least = check.figure("rest_h")
    for earlier, later in pairwise(all_duties):
        rest = (later.starts_at - earlier.ends_at).total_seconds() / 3600
        pair = [duty.shift for duty in (earlier, later) if duty.shift is not None]
        same_day = len(pair) == 2 and earlier.day == later.day
        if not 0 <= rest < least or same_day or not pair:
            continue
        code = (
            "rest.after_main_job"
            if earlier.shift is None
            else "rest.before_main_job"
            if later.shift is None
            else "rest"
        )
        yield from check.breach(code, pair, rest_h=rest, least_h=least, short_h=least - rest)


def _check_hours_and_days(
    check: _OfficerCheck, all_duties: Sequence[WorkPeriod]
) -> Iterator[RosterViolation]:
    """Yield days and weeks with too many hours, and too many days in a row."""
    by_day: dict[date, list[WorkPeriod]] = defaultdict(list)
    by_week: dict[date, list[WorkPeriod]] = defaultdict(list)
    for duty in all_duties:
        by_day[duty.day].append(duty)
        by_week[duty.day - timedelta(days=duty.day.weekday())].append(duty)
    for rule, figure, groups in (
        ("daily_hours", "daily_h", by_day),
        ("weekly_hours", "weekly_h", by_week),
        ("overtime", "overtime_h", by_week),
    ):
        most = check.figure(figure)
        for group in groups.values():
            total = sum(duty.hours for duty in group)
            shifts = [duty.shift for duty in group if duty.shift is not None]
            if total > most + 1e-9 and shifts:
                yield from check.breach(
                    rule, shifts, total_h=total, most_h=most, over_h=total - most
                )
    most_days = int(check.figure("days_in_a_row"))
    for start, end in find_day_runs(by_day):
        length = (end - start).days + 1
        shifts = [
            duty.shift
            for day, group in by_day.items()
            if start <= day <= end
            for duty in group
            if duty.shift is not None
        ]
        if length > most_days and shifts:
            yield from check.breach("consecutive_days", shifts, days=length, most=most_days)


def _check_shortest_detail(
    check: _OfficerCheck, officer: Officer, shifts: Sequence[Shift]
) -> Iterator[RosterViolation]:
    """Yield details shorter than the paid minimum; consecutive shifts are one detail."""
    if officer.kind not in check.project.roster_rules.detail_kinds:
        return
    zone = ZoneInfo(check.project.time_zone)
    detail: list[Shift] = []
    ordered = sorted(shifts, key=lambda shift: shift.starts_at)
    for shift, following in zip(ordered, [*ordered[1:], None], strict=True):
        detail.append(shift)
        if following is not None and following.starts_at == shift.ends_at:
            continue
        hours = sum(part.hours for part in detail)
        is_weekend = detail[0].starts_at.astimezone(zone).isoweekday() >= _FRIDAY
        least = check.figure("detail_h_fri_sun" if is_weekend else "detail_h_mon_thu")
        if hours < least - 1e-9:
            code = "detail_minimum.weekend" if is_weekend else "detail_minimum"
            yield from check.breach(code, detail, hours=hours, least_h=least, short_h=least - hours)
        detail = []


def _check_cancellation_notice(
    project: Project, within: Iterable[str]
) -> Iterator[RosterViolation]:
    rules = project.roster_rules
    level, notice_h = rules.level("cancellation"), rules.figure("notice_h")
    for uid in within if level is not Enforcement.OFF else ():
        shift = project.shifts[uid]
        if shift.is_active or shift.cancelled_at is None:
            continue
        given = (shift.starts_at - shift.cancelled_at).total_seconds() / 3600
        if given < notice_h:
            who = project.officers.get(shift.officer or "")
            yield RosterViolation(
                level,
                _locate_shift(project, who.name if who else None, shift),
                Message("roster.cancellation", given_h=given, notice_h=notice_h),
                officer=shift.officer or "",
                shifts=(uid,),
                unit=shift.unit,
                day=shift.day(project.time_zone),
            )


def _check_overlapping_leave(
    project: Project, first: date, last: date
) -> Iterator[RosterViolation]:
    level = project.roster_rules.level("leave_overlap")
    for officer in project.officers.values() if level is not Enforcement.OFF else ():
        leave = [
            period
            for period in officer.times
            if period.kind in ABSENCE_KINDS and period.kind is not AvailabilityKind.UNAVAILABLE
        ]
        leave.sort(key=lambda period: (period.first, period.last))
        for early, late in combinations(leave, 2):
            shared = max(late.first, first), min(early.last, late.last, last)
            days = set(early.days(*shared)) & set(late.days(*shared))
            if days:
                breach = Message(
                    "roster.leave_overlap",
                    kind=early.kind,
                    first=early.first,
                    last=early.last,
                    other=late.kind,
                    other_first=late.first,
                    other_last=late.last,
                )
                where = Message("roster_place.officer", name=officer.name)
                yield RosterViolation(level, where, breach, officer.id, day=min(days))


def _check_minimum_staffing(project: Project, first: date, last: date) -> Iterator[RosterViolation]:
    level = project.roster_rules.level("minimum_staffing")
    if level is Enforcement.OFF or not project.shifts:
        return
    for gap in find_understaffed_windows(project, first, last):
        yield RosterViolation(
            level,
            Message("roster_place.window", unit=gap.unit, day=gap.day, window=gap.window),
            Message(
                "roster.minimum_staffing",
                officers=gap.officers,
                needed=gap.needed,
                missing_min=gap.missing_min,
            ),
            shifts=gap.shifts,
            unit=gap.unit,
            day=gap.day,
        )
