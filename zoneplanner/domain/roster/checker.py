"""The rules that a roster breaks, each with its officer, shifts and remedy.

The checker is independent of the roster solver: pure functions of the project.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
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
from zoneplanner.messages import render_message

_FRIDAY = 5


@dataclass(frozen=True, slots=True)
class RosterViolation:
    """One broken rule; ``officer`` and ``shifts`` are ids, ``reason`` is a person's override.

    ``where`` says who and when. ``template`` and ``facts`` give the sentences ``what`` and
    ``remedy``.
    """

    rule: str
    level: Enforcement
    where: str
    template: str
    facts: Mapping[str, Any]
    formats: LocaleFormats
    officer: str = ""
    shifts: tuple[str, ...] = ()
    unit: str = ""
    day: date | None = None
    reason: str | None = None

    @property
    def what(self) -> str:
        """What is wrong, in a sentence."""
        return render_message(f"roster.{self.template}", self.facts, self.formats)

    @property
    def remedy(self) -> str:
        """What would fix it, in a sentence."""
        return render_message(f"remedy.{self.template}", self.facts, self.formats)

    @property
    def text(self) -> str:
        """Where and what is wrong, in one sentence."""
        return f"{self.where}: {self.what}"

    @property
    def is_unexcused(self) -> bool:
        """Whether nobody gave a reason to override the rule."""
        return self.reason is None


def find_roster_violations(
    project: Project, first: date, last: date, formats: LocaleFormats = ISO_FORMATS
) -> tuple[RosterViolation, ...]:
    """Return the rules broken by shifts that begin on the local days ``first`` to ``last``.

    Shifts before and after count toward rest, weeks and consecutive days. ``formats`` writes the
    days and times in the sentences.
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
            for violation in _find_officer_violations(project, officer_id, shifts, formats)
            if within.intersection(violation.shifts)
        ),
        *_check_cancellation_notice(project, within, formats),
        *_check_overlapping_leave(project, first, last, formats),
        *_check_minimum_staffing(project, first, last, formats),
    )


def find_shift_violations(
    project: Project, shift: Shift, formats: LocaleFormats = ISO_FORMATS
) -> tuple[RosterViolation, ...]:
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
    violations = _find_officer_violations(project, shift.officer, [*others, shift], formats)
    return tuple(violation for violation in violations if shift.uid in violation.shifts)


def _find_officer_violations(
    project: Project, officer_id: str, shifts: Sequence[Shift], formats: LocaleFormats = ISO_FORMATS
) -> Iterator[RosterViolation]:
    """Yield the rules that one officer's shifts break."""
    officer = project.officers.get(officer_id)
    check = _OfficerCheck(project, officer_id, officer.name if officer else officer_id, formats)
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
    """The officer whose shifts are checked, and the wording of violations."""

    project: Project
    officer: str
    name: str
    formats: LocaleFormats

    def words(self, shift: Shift) -> str:
        return describe_shift(shift, self.project.time_zone, self.formats)

    def breach(
        self,
        template: str,
        shifts: Sequence[Shift],
        *,
        blamed: Shift | None = None,
        **facts: object,
    ) -> Iterator[RosterViolation]:
        """Yield a violation of the rule before the template's dot, unless the rule is off."""
        rule = template.partition(".")[0]
        level = self.project.roster_rules.level(rule)
        if level is Enforcement.OFF:
            return
        last = blamed or max(shifts, key=lambda shift: shift.starts_at)
        reason = next(filter(None, (shift.find_override_reason(rule) for shift in shifts)), None)
        yield RosterViolation(
            rule,
            level,
            f"{self.name}, {self.words(last)}",
            template,
            facts,
            self.formats,
            officer=self.officer,
            shifts=tuple(shift.uid for shift in shifts),
            unit=last.unit,
            day=last.day(self.project.time_zone),
            reason=reason if level is Enforcement.OVERRIDE else None,
        )

    def figure(self, name: str) -> float:
        return self.project.roster_rules.figure(name)


def describe_shift(shift: Shift, time_zone: str, formats: LocaleFormats = ISO_FORMATS) -> str:
    """Return a shift's unit, local day and times as text."""
    zone = ZoneInfo(time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    title = f" ({shift.title})" if shift.title else ""
    comma = "," if formats.month_first else ""
    when = f"{formats.weekday(start)}{comma} {formats.span(start, end)}"
    return f"{shift.unit}{title} on {when}"


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
        template = "leave" if absence.last == absence.first else "leave.until"
        yield from check.breach(template, [shift], kind=absence.kind.noun, until=absence.last)
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
            words = check.words(first)
            yield from check.breach("double_booking", [first, second], blamed=second, other=words)
    least = check.figure("rest_h")
    for earlier, later in pairwise(all_duties):
        rest = (later.starts_at - earlier.ends_at).total_seconds() / 3600
        pair = [duty.shift for duty in (earlier, later) if duty.shift is not None]
        same_day = len(pair) == 2 and earlier.day == later.day
        if not 0 <= rest < least or same_day or not pair:
            continue
        template = (
            "rest.after_main_job"
            if earlier.shift is None
            else "rest.before_main_job"
            if later.shift is None
            else "rest"
        )
        yield from check.breach(template, pair, rest_h=rest, least_h=least, short_h=least - rest)


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
            template = "detail_minimum.weekend" if is_weekend else "detail_minimum"
            yield from check.breach(
                template, detail, hours=hours, least_h=least, short_h=least - hours
            )
        detail = []


def _check_cancellation_notice(
    project: Project, within: Iterable[str], formats: LocaleFormats
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
            name = who.name if who else "Nobody"
            yield RosterViolation(
                "cancellation",
                level,
                f"{name}, {describe_shift(shift, project.time_zone, formats)}",
                "cancellation",
                {"given_h": given, "notice_h": notice_h},
                formats,
                officer=shift.officer or "",
                shifts=(uid,),
                unit=shift.unit,
                day=shift.day(project.time_zone),
            )


def _check_overlapping_leave(
    project: Project, first: date, last: date, formats: LocaleFormats
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
                facts = {"kind": early.kind, "days": formats.days(early.first, early.last)}
                facts |= {"other": late.kind, "others": formats.days(late.first, late.last)}
                yield RosterViolation(
                    "leave_overlap",
                    level,
                    officer.name,
                    "leave_overlap",
                    facts,
                    formats,
                    officer.id,
                    day=min(days),
                )


def _check_minimum_staffing(
    project: Project, first: date, last: date, formats: LocaleFormats
) -> Iterator[RosterViolation]:
    level = project.roster_rules.level("minimum_staffing")
    if level is Enforcement.OFF or not project.shifts:
        return
    for gap in find_understaffed_windows(project, first, last):
        yield RosterViolation(
            "minimum_staffing",
            level,
            f"{gap.unit} on {formats.weekday(gap.day)} at {gap.window}",
            "minimum_staffing",
            {"officers": gap.officers, "needed": gap.needed, "missing_min": gap.missing_min},
            formats,
            shifts=gap.shifts,
            unit=gap.unit,
            day=gap.day,
        )
