"""Which rules a roster breaks, each with the officer, the shift, the rule and what would mend it.

Independent of how a roster is made: pure functions of the project.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
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

_FRIDAY = 5


@dataclass(frozen=True, slots=True)
class RosterViolation:
    """One broken rule: ``officer`` and ``shifts`` are ids, ``reason`` why it may stand.

    ``where`` names who and when, ``what`` is wrong there; ``remedy`` is what would mend it.
    """

    rule: str
    level: Enforcement
    where: str
    what: str
    remedy: str
    officer: str = ""
    shifts: tuple[str, ...] = ()
    unit: str = ""
    day: date | None = None
    reason: str | None = None

    @property
    def text(self) -> str:
        """Say where and what in one sentence."""
        return f"{self.where}: {self.what}"

    @property
    def is_unexcused(self) -> bool:
        """True where nobody gave a reason why it may be so."""
        return self.reason is None


def find_roster_violations(
    project: Project, first: date, last: date, formats: LocaleFormats = ISO_FORMATS
) -> tuple[RosterViolation, ...]:
    """Return the broken rules of the shifts that begin from one local day to another.

    What lies before and after counts toward rest, weeks and days in a row. ``formats`` writes
    the days and times of the sentences.
    """
    zone = ZoneInfo(project.time_zone)
    by_officer: dict[str, list[Shift]] = defaultdict(list)
    for shift in project.shifts.values():
        if shift.is_active and shift.officer is not None:
            by_officer[shift.officer].append(shift)
    found: list[RosterViolation] = []
    for officer_id, shifts in by_officer.items():
        near = [
            shift
            for shift in shifts
            if first - timedelta(days=30)
            <= shift.day(project.time_zone)
            <= last + timedelta(days=30)
        ]
        found += _find_officer_violations(project, officer_id, near, formats)
    within = {
        shift.uid
        for shift in project.shifts.values()
        if first <= shift.starts_at.astimezone(zone).date() <= last
    }
    found = [one for one in found if not one.shifts or within.intersection(one.shifts)]
    found += _check_cancellation_notice(project, within, formats)
    found += _check_overlapping_leave(project, first, last, formats)
    found += _check_minimum_staffing(project, first, last, formats)
    return tuple(found)


def find_shift_violations(
    project: Project, shift: Shift, formats: LocaleFormats = ISO_FORMATS
) -> tuple[RosterViolation, ...]:
    """Return the rules that one shift would break as it is, were it in the project."""
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
    found = _find_officer_violations(project, shift.officer, [*others, shift], formats)
    return tuple(one for one in found if shift.uid in one.shifts)


def _find_officer_violations(
    project: Project, officer_id: str, shifts: Sequence[Shift], formats: LocaleFormats = ISO_FORMATS
) -> Iterator[RosterViolation]:
    """Yield what is wrong with one officer's shifts."""
    officer = project.officers.get(officer_id)
    check = _OfficerCheck(project, officer_id, officer.name if officer else officer_id, formats)
    if officer is None:
        for shift in shifts:
            yield from check.breach(
                "unknown_officer",
                [shift],
                "is no officer of this project",
                "Give the shift to another officer, or bring the officer back in",
            )
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
    """Whose shifts are looked at, and how a breach is worded."""

    project: Project
    officer: str
    name: str
    formats: LocaleFormats

    def words(self, shift: Shift) -> str:
        return describe_shift(shift, self.project.time_zone, self.formats)

    def breach(
        self,
        rule: str,
        shifts: Sequence[Shift],
        what: str,
        remedy: str,
        *,
        blamed: Shift | None = None,
    ) -> Iterator[RosterViolation]:
        level = self.project.roster_rules.level(rule)
        if level is Enforcement.OFF:
            return
        last = blamed or max(shifts, key=lambda shift: shift.starts_at)
        reasons = [shift.find_override_reason(rule) for shift in shifts]
        given = next((reason for reason in reasons if reason), None)
        yield RosterViolation(
            rule=rule,
            level=level,
            where=f"{self.name}, {self.words(last)}",
            what=f"{what}.",
            remedy=f"{remedy}.",
            officer=self.officer,
            shifts=tuple(shift.uid for shift in shifts),
            unit=last.unit,
            day=last.day(self.project.time_zone),
            reason=given if level is Enforcement.OVERRIDE else None,
        )

    def figure(self, name: str) -> float:
        return self.project.roster_rules.figure(name)


def describe_shift(shift: Shift, time_zone: str, formats: LocaleFormats = ISO_FORMATS) -> str:
    """Name a shift by unit, local day and times."""
    zone = ZoneInfo(time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    title = f" ({shift.title})" if shift.title else ""
    comma = "," if formats.month_first else ""
    when = f"{formats.weekday(start)}{comma} {formats.span(start, end)}"
    return f"{shift.unit}{title} on {when}"


def _check_single_shift(
    check: _OfficerCheck, officer: Officer, shift: Shift
) -> Iterator[RosterViolation]:
    """Yield what is wrong with one shift, whatever the others are."""
    zone = check.project.time_zone
    if officer.until is not None and shift.day(zone) > officer.until:
        what = f"serves only until {check.formats.day(officer.until)}"
        yield from check.breach("unknown_officer", [shift], what, "Give it to another officer")
    why = explain_ineligibility(check.project, officer, shift)
    if why is not None:
        remedy = "Choose an eligible officer, or change what the officer may serve"
        yield from check.breach("eligibility", [shift], f"the officer {why}", remedy)
    off = find_absence(officer, shift.interval, zone)
    if off is not None:
        until = f" until {check.formats.day(off.last)}" if off.last != off.first else ""
        what = f"the officer is off ({off.kind}{until})"
        yield from check.breach("leave", [shift], what, "Give it to a substitute")
    elif not is_available_for(officer, shift.interval, zone):
        what = "the officer did not say they are available then"
        yield from check.breach("leave", [shift], what, "Give it to an officer who is free")
    if find_main_job_conflict(officer, shift.interval, zone) is not None:
        what = "the officer is at the main job then"
        yield from check.breach("main_job", [shift], what, "Give it to another officer")


def _check_overlap_and_rest(
    check: _OfficerCheck, all_duties: Sequence[WorkPeriod]
) -> Iterator[RosterViolation]:
    """Yield shifts that overlap, and rest that is too short."""
    own = [(duty, duty.shift) for duty in all_duties if duty.shift is not None]
    for at, (one, first) in enumerate(own):
        for other, second in own[at + 1 :]:
            if other.starts_at >= one.ends_at:
                break
            what = f"the officer also has {check.words(first)}"
            yield from check.breach(
                "double_booking",
                [first, second],
                what,
                "Give one of the two to another officer",
                blamed=second,
            )
    least = check.figure("rest_h")
    for one, other in pairwise(all_duties):
        rest = (other.starts_at - one.ends_at).total_seconds() / 3600
        here = one.shift is not None and other.shift is not None and one.day == other.day
        if not 0 <= rest < least or here or (one.shift is None and other.shift is None):
            continue
        shifts = [duty.shift for duty in (one, other) if duty.shift is not None]
        before = "the main job" if one.shift is None else "a shift"
        after = "the main job" if other.shift is None else "this shift"
        if other.shift is None:
            before = "this shift"
        what = f"{rest:.1f} h of rest between {before} and {after}, at least {least:g} h are needed"
        yield from check.breach(
            "rest", shifts, what, f"Move it by {least - rest:.1f} h, or give it to another officer"
        )


def _check_hours_and_days(
    check: _OfficerCheck, all_duties: Sequence[WorkPeriod]
) -> Iterator[RosterViolation]:
    """Yield days and weeks with too many hours, and too many days in a row."""
    by_day: dict[date, list[WorkPeriod]] = defaultdict(list)
    by_week: dict[date, list[WorkPeriod]] = defaultdict(list)
    for duty in all_duties:
        by_day[duty.day].append(duty)
        by_week[duty.day - timedelta(days=duty.day.weekday())].append(duty)
    for rule, figure, groups, word in (
        ("daily_hours", "daily_h", by_day, "that day"),
        ("weekly_hours", "weekly_h", by_week, "that week"),
    ):
        most = check.figure(figure)
        for group in groups.values():
            total = sum(duty.hours for duty in group)
            shifts = [duty.shift for duty in group if duty.shift is not None]
            if total > most + 1e-9 and shifts:
                what = f"{total:.1f} h of work {word}, at most {most:g} h are allowed"
                remedy = f"Give shifts of {total - most:.1f} h to another officer"
                yield from check.breach(rule, shifts, what, remedy)
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
            what = f"{length} days of work in a row, at most {most_days} are allowed"
            yield from check.breach(
                "consecutive_days", shifts, what, "Leave the officer a day off among them"
            )


def _check_shortest_detail(
    check: _OfficerCheck, officer: Officer, shifts: Sequence[Shift]
) -> Iterator[RosterViolation]:
    """Yield details below the shortest that is paid; shifts that follow at once are one detail."""
    if officer.kind not in check.project.roster_rules.detail_kinds:
        return
    zone = ZoneInfo(check.project.time_zone)
    detail: list[Shift] = []
    ordered = sorted(shifts, key=lambda shift: shift.starts_at)
    for shift, following in zip(ordered, [*ordered[1:], None], strict=True):
        detail.append(shift)
        if following is not None and following.starts_at == shift.ends_at:
            continue
        hours = sum(one.hours for one in detail)
        weekday = detail[0].starts_at.astimezone(zone).isoweekday()
        late = weekday >= _FRIDAY
        least = check.figure("detail_h_fri_sun" if late else "detail_h_mon_thu")
        if hours < least - 1e-9:
            days = "Friday to Sunday" if late else "Monday to Thursday"
            what = f"a detail of {hours:.1f} h, {days} at least {least:g} h"
            remedy = f"Lengthen it by {least - hours:.1f} h, or join it to a shift beside it"
            yield from check.breach("detail_minimum", detail, what, remedy)
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
            where = f"{name}, {describe_shift(shift, project.time_zone, formats)}"
            what = (
                f"canceled {given:.1f} h before it begins, {notice_h:g} h of notice are asked for."
            )
            remedy = "The detail may have to be paid; tell the agency."
            yield RosterViolation(
                "cancellation",
                level,
                where,
                what,
                remedy,
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
        off = [
            own
            for own in officer.times
            if own.kind in ABSENCE_KINDS and own.kind is not AvailabilityKind.UNAVAILABLE
        ]
        for one, other in combinations(sorted(off, key=lambda own: (own.first, own.last)), 2):
            shared = max(one.first, other.first, first), min(one.last, other.last, last)
            if shared[0] > shared[1]:
                continue
            days = set(one.days(*shared)) & set(other.days(*shared))
            if days:
                day = min(days)
                what = (
                    f"{one.kind} from {formats.days(one.first, one.last)} and {other.kind} from "
                    f"{formats.days(other.first, other.last)} overlap."
                )
                remedy = "Shorten or delete one of the two."
                yield RosterViolation(
                    "leave_overlap", level, officer.name, what, remedy, officer.id, day=day
                )


def _check_minimum_staffing(
    project: Project, first: date, last: date, formats: LocaleFormats
) -> Iterator[RosterViolation]:
    level = project.roster_rules.level("minimum_staffing")
    if level is Enforcement.OFF or not project.shifts:
        return
    for thin in find_understaffed_windows(project, first, last):
        where = f"{thin.unit} on {formats.weekday(thin.day)} at {thin.window}"
        what = (
            f"{thin.officers} of {thin.needed:g} officers, {thin.missing_min:.0f} min without "
            "enough."
        )
        yield RosterViolation(
            "minimum_staffing",
            level,
            where,
            what,
            "Fill the open shift there, or let a neighboring zone cover it.",
            shifts=thin.shifts,
            unit=thin.unit,
            day=thin.day,
        )
