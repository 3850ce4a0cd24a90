"""Staffing: officers per zone and bell window, open hours, and officers' hours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from zoneplanner.domain.calendar.bells import BellSpan, BellTimes, BellWindow, compute_bell_spans
from zoneplanner.domain.calendar.local_time import TimeInterval
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_work_periods
from zoneplanner.domain.roster.shift import Officer, Shift, ShiftKind

_Spans = tuple[BellSpan, ...]


class UnitStaffing(StrEnum):
    """A unit's staffing on a day: all of its shifts have an officer, or one is open."""

    FILLED = "officer there"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class _UnderstaffedWindow:
    """A bell window in which a unit's zone has too few officers for some minutes.

    ``officers`` is the fewest officers at any time, ``shifts`` are the unit's open shifts.
    """

    unit: str
    day: date
    window: BellWindow
    officers: int
    needed: float
    missing_min: float
    shifts: tuple[str, ...]


def find_understaffed_windows(
    project: Project, first: date, last: date
) -> Iterator[_UnderstaffedWindow]:
    """Yield the zones and bell windows of school days that lack officers.

    A zone's window runs from the earliest start to the latest end among its sites. Days without
    any shift are omitted, because they are not planned yet.
    """
    needed = {
        window: project.roster_rules.figure(f"staff_{window.name.lower()}") for window in BellWindow
    }
    shifts = group_shifts_by_day(project, first, last)
    cache: dict[tuple[BellTimes, date], _Spans] = {}
    for day in project.calendar.school_days(first, last):
        plan = project.current_plan(day) if day in shifts else None
        if plan is None:
            continue
        for zone in plan.zones:
            own = [shift for shift in shifts[day] if shift.unit == zone.unit and shift.is_active]
            windows = _merge_zone_windows(project, plan.sites_of(zone.id), day, cache)
            for window, interval in windows.items():
                if needed[window] <= 0:
                    continue
                missing_min, fewest = _measure_shortfall(interval, own, needed[window])
                if missing_min > 0:
                    open_shifts = tuple(shift.uid for shift in own if shift.is_open)
                    yield _UnderstaffedWindow(
                        zone.unit, day, window, fewest, needed[window], missing_min, open_shifts
                    )


def group_shifts_by_day(
    project: Project, first: date = date.min, last: date = date.max
) -> dict[date, list[Shift]]:
    """Return the shifts that begin from ``first`` to ``last``, by local day."""
    return group_pairs(
        (shift.day(project.time_zone), shift) for shift in project.shifts_between(first, last)
    )


def find_next_shift_day(project: Project, today: date) -> date | None:
    """Return the next day with a shift, from today on, or None."""
    days = {shift.day(project.time_zone) for shift in project.shifts.values() if shift.is_active}
    return min((day for day in days if day >= today), default=None)


def map_unit_staffing(project: Project, day: date) -> dict[str, UnitStaffing]:
    """Return the staffing of each unit with a shift on a day."""
    staffing: dict[str, UnitStaffing] = {}
    for shift in project.shifts_between(day, day):
        if shift.is_active and staffing.get(shift.unit) is not UnitStaffing.OPEN:
            staffing[shift.unit] = UnitStaffing.OPEN if shift.is_open else UnitStaffing.FILLED
    return staffing


def list_officer_names(project: Project, day: date) -> dict[str, str]:
    """Return the names of each unit's officers on a day, “open” for an open shift."""
    names_by_unit: dict[str, dict[str, None]] = {}
    for shift in project.shifts_between(day, day):
        if shift.is_active:
            officer = project.officers.get(shift.officer or "")
            name = officer.name if officer else shift.officer or "open"
            names_by_unit.setdefault(shift.unit, {})[name] = None
    return {unit: ", ".join(names) for unit, names in names_by_unit.items()}


def _merge_zone_windows(
    project: Project,
    sites: Iterable[str],
    day: date,
    cache: dict[tuple[BellTimes, date], _Spans],
) -> dict[BellWindow, TimeInterval]:
    """Return each bell window from its earliest start to its latest end at some sites.

    Class is omitted. ``cache`` is shared by the sites with the same bell times.
    """
    calendar, kind = project.calendar, project.calendar.day_kind(day)
    ends: dict[BellWindow, list[tuple[datetime, datetime]]] = defaultdict(list)
    for site_id in sites:
        site = project.sites.get(site_id)
        if site is None or not site.patrolled or kind is None:
            continue
        times = calendar.bells.find_bell_times(site.id, site.level)
        if (times, day) not in cache:
            cache[times, day] = compute_bell_spans(
                calendar.bells, times, day, kind, time_zone=project.time_zone
            )
        for span in cache[times, day]:
            if span.window is not BellWindow.CLASS:
                ends[span.window].append((span.starts_at, span.ends_at))
    return {
        window: TimeInterval(min(start for start, _ in spans), max(end for _, end in spans))
        for window, spans in ends.items()
    }


def list_covered_windows(project: Project, shift: Shift) -> tuple[BellWindow, ...]:
    """Return the bell windows of its zone that a shift completely covers, in order of the day."""
    day = shift.day(project.time_zone)
    plan = project.current_plan(day)
    zone = next((zone for zone in plan.zones if zone.unit == shift.unit), None) if plan else None
    if plan is None or zone is None:
        return ()
    windows = _merge_zone_windows(project, plan.sites_of(zone.id), day, {})
    return tuple(
        window
        for window in BellWindow
        if window in windows
        and shift.starts_at <= windows[window].starts_at
        and windows[window].ends_at <= shift.ends_at
    )


def sum_open_hours(project: Project, first: date, last: date) -> Mapping[str, tuple[float, float]]:
    """Return by unit the hours of its shifts, and the hours without an officer."""
    hours: dict[str, tuple[float, float]] = {}
    for shift in project.shifts_between(first, last):
        if shift.is_active:
            planned, open_h = hours.get(shift.unit, (0.0, 0.0))
            more = shift.hours if shift.is_open else 0.0
            hours[shift.unit] = planned + shift.hours, open_h + more
    return hours


def _measure_shortfall(
    stretch: TimeInterval, shifts: Iterable[Shift], needed: float
) -> tuple[float, int]:
    """Return the minutes of a stretch with too few officers, and the fewest officers at a time."""
    staffed = [shift for shift in shifts if shift.officer is not None]
    missing_min, fewest = 0.0, len(staffed)
    inside = [shift for shift in staffed if stretch.overlaps(shift.interval)]
    cuts = {stretch.starts_at, stretch.ends_at}
    cuts |= {moment for shift in inside for moment in (shift.starts_at, shift.ends_at)}
    ordered = sorted(cut for cut in cuts if stretch.starts_at <= cut <= stretch.ends_at)
    for start, end in pairwise(ordered):
        present = sum(shift.starts_at <= start and end <= shift.ends_at for shift in inside)
        fewest = min(fewest, present)
        if present < needed:
            missing_min += (end - start).total_seconds() / 60
    return missing_min, fewest


@dataclass(frozen=True, slots=True)
class OfficerHours:
    """An officer's shifts in a period, without canceled ones.

    ``overtime_h`` are the hours here beyond the weekly hours before overtime, including the main
    job.
    """

    officer: str
    name: str
    agency: str
    kind: str
    shifts: tuple[Shift, ...]
    undesirable: int
    overtime_h: float = 0.0

    def sum_hours(self, *kinds: ShiftKind) -> float:
        """Return the hours of some kinds of shifts, or of all kinds."""
        return sum(shift.hours for shift in self.shifts if not kinds or shift.kind in kinds)


def compute_officer_hours(project: Project, first: date, last: date) -> tuple[OfficerHours, ...]:
    """Return the hours of each officer from ``first`` to ``last``, in the project's order."""
    by_officer: dict[str, list[Shift]] = {key: [] for key in project.officers}
    for shift in project.shifts_between(first, last):
        if shift.is_active and shift.officer in by_officer:
            by_officer[shift.officer].append(shift)
    hours = []
    for key, officer in project.officers.items():
        shifts = sorted(by_officer[key], key=lambda shift: (shift.starts_at, shift.uid))
        undesirable = sum(shift.is_undesirable(project.time_zone) for shift in shifts)
        hours.append(
            OfficerHours(
                key,
                officer.name,
                officer.agency,
                officer.kind,
                tuple(shifts),
                undesirable,
                _sum_overtime(project, officer, shifts, first, last),
            )
        )
    return tuple(hours)


def _sum_overtime(
    project: Project, officer: Officer, shifts: Sequence[Shift], first: date, last: date
) -> float:
    """Return the hours beyond each week's hours before overtime, at most the hours served here."""
    regular_h = project.roster_rules.figure("overtime_h")
    total_h: dict[date, float] = defaultdict(float)
    here_h: dict[date, float] = defaultdict(float)
    for work in list_work_periods(officer, shifts, first, last, project.time_zone):
        monday = work.day - timedelta(days=work.day.weekday())
        total_h[monday] += work.hours
        here_h[monday] += work.hours if work.shift is not None else 0.0
    return sum(min(here_h[week], max(0.0, total - regular_h)) for week, total in total_h.items())


def compute_hours_spread(hours: Sequence[OfficerHours]) -> dict[str, tuple[float, float, float]]:
    """Return the fewest, mean and most hours of each kind of officer."""
    by_kind = group_pairs((officer.kind, officer.sum_hours()) for officer in hours)
    return {kind: (min(each), sum(each) / len(each), max(each)) for kind, each in by_kind.items()}
