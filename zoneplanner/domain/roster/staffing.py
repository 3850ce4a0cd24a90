"""Who is in each zone at the bells: open zone hours and windows with too few officers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from zoneplanner.domain.calendar.bells import BellSpan, BellTimes, BellWindow, compute_bell_spans
from zoneplanner.domain.calendar.local_time import TimeInterval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_work_periods
from zoneplanner.domain.roster.shift import Officer, Shift, ShiftKind

_Spans = tuple[BellSpan, ...]


class UnitStaffing(StrEnum):
    """How a unit stands on a day: all its shifts have an officer, or one is open."""

    FILLED = "officer there"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class _UnderstaffedWindow:
    """A bell window in which a unit's zone has too few officers for some minutes.

    ``officers`` is the fewest at a time; ``shifts`` are the open ones there.
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

    A zone's window runs from the first of its sites' to the last. Days without any shift are left
    out: they are not planned yet.
    """
    needed = {
        window: project.roster_rules.figure(f"staff_{window.name.lower()}") for window in BellWindow
    }
    shifts = group_shifts_by_day(project, first, last)
    known: dict[tuple[BellTimes, date], _Spans] = {}
    for day in project.calendar.school_days(first, last):
        of_day = shifts.get(day, ())
        plan = project.current_plan(day) if of_day else None
        for zone in plan.zones if plan else ():
            mine = [shift for shift in of_day if shift.unit == zone.unit and shift.is_active]
            whole = _merge_zone_windows(project, plan.sites_of(zone.id), day, known) if plan else {}
            for window, stretch in whole.items():
                if needed[window] <= 0:
                    continue
                missing_min, fewest = _measure_shortfall(stretch, mine, needed[window])
                if missing_min > 0:
                    open_ones = tuple(shift.uid for shift in mine if shift.is_open)
                    yield _UnderstaffedWindow(
                        zone.unit, day, window, fewest, needed[window], missing_min, open_ones
                    )


def group_shifts_by_day(
    project: Project, first: date = date.min, last: date = date.max
) -> dict[date, list[Shift]]:
    """Return the shifts from one local day to another by the day on which they begin."""
    found: dict[date, list[Shift]] = defaultdict(list)
    for shift in project.shifts_between(first, last):
        found[shift.day(project.time_zone)].append(shift)
    return found


def find_next_shift_day(project: Project, today: date) -> date | None:
    """Return today, or the next day that has a shift; None where none is planned."""
    days = {shift.day(project.time_zone) for shift in project.shifts.values() if shift.is_active}
    return min((day for day in days if day >= today), default=None)


def map_unit_staffing(project: Project, day: date) -> dict[str, UnitStaffing]:
    """Return how each unit with a shift on a day stands."""
    found: dict[str, UnitStaffing] = {}
    for shift in project.shifts_between(day, day):
        if shift.is_active and found.get(shift.unit) is not UnitStaffing.OPEN:
            found[shift.unit] = UnitStaffing.OPEN if shift.is_open else UnitStaffing.FILLED
    return found


def list_officer_names(project: Project, day: date) -> dict[str, str]:
    """Return by unit who serves on a day, one name after the other; the word open for nobody."""
    found: dict[str, dict[str, None]] = {}
    for shift in project.shifts_between(day, day):
        if shift.is_active:
            officer = project.officers.get(shift.officer or "")
            name = officer.name if officer else shift.officer or "open"
            found.setdefault(shift.unit, {})[name] = None
    return {unit: ", ".join(names) for unit, names in found.items()}


def _merge_zone_windows(
    project: Project,
    sites: Iterable[str],
    day: date,
    known: dict[tuple[BellTimes, date], _Spans] | None = None,
) -> dict[BellWindow, TimeInterval]:
    """Return when the bell windows of some sites are, class apart, from the first to the last.

    ``known`` keeps what was computed for other sites.
    """
    cache = {} if known is None else known
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
        window: TimeInterval(min(one for one, _ in found), max(one for _, one in found))
        for window, found in ends.items()
    }


def list_covered_windows(project: Project, shift: Shift) -> tuple[BellWindow, ...]:
    """Return the bell windows of its zone that a shift covers whole, in order of the day."""
    day = shift.day(project.time_zone)
    plan = project.current_plan(day)
    zone = next((one for one in plan.zones if one.unit == shift.unit), None) if plan else None
    if plan is None or zone is None:
        return ()
    found = _merge_zone_windows(project, plan.sites_of(zone.id), day)
    return tuple(
        window
        for window in BellWindow
        if window in found
        and shift.starts_at <= found[window].starts_at
        and found[window].ends_at <= shift.ends_at
    )


def sum_open_hours(project: Project, first: date, last: date) -> Mapping[str, tuple[float, float]]:
    """Return by unit the hours of its shifts and those of them without an officer."""
    found: dict[str, tuple[float, float]] = {}
    for shift in project.shifts_between(first, last):
        if shift.is_active:
            planned, lacking = found.get(shift.unit, (0.0, 0.0))
            more = shift.hours if shift.is_open else 0.0
            found[shift.unit] = planned + shift.hours, lacking + more
    return found


def _measure_shortfall(
    stretch: TimeInterval, shifts: Iterable[Shift], needed: float
) -> tuple[float, int]:
    """Return the minutes of a stretch with fewer officers than needed, and the fewest."""
    staffed = [shift for shift in shifts if shift.officer is not None]
    missing_min, fewest = 0.0, len(staffed)
    inside = [shift for shift in staffed if stretch.overlaps(shift.interval)]
    cuts = {stretch.starts_at, stretch.ends_at}
    cuts |= {moment for one in inside for moment in (one.starts_at, one.ends_at)}
    ordered = sorted(cut for cut in cuts if stretch.starts_at <= cut <= stretch.ends_at)
    for start, end in pairwise(ordered):
        here = sum(one.starts_at <= start and end <= one.ends_at for one in inside)
        fewest = min(fewest, here)
        if here < needed:
            missing_min += (end - start).total_seconds() / 60
    return missing_min, fewest


@dataclass(frozen=True, slots=True)
class OfficerHours:
    """What one officer serves in a period; shifts that are canceled do not count.

    ``overtime_h`` are the hours here of weeks that, main job included, are over what the rules pay
    as usual.
    """

    officer: str
    name: str
    agency: str
    kind: str
    shifts: tuple[Shift, ...]
    undesirable: int
    overtime_h: float = 0.0

    def sum_hours(self, *kinds: ShiftKind) -> float:
        """Return the hours of some kinds of shift, or of all."""
        return sum(shift.hours for shift in self.shifts if not kinds or shift.kind in kinds)


def compute_officer_hours(project: Project, first: date, last: date) -> tuple[OfficerHours, ...]:
    """Return the hours of each officer from one local day to another, in the project's order."""
    mine: dict[str, list[Shift]] = {key: [] for key in project.officers}
    for shift in project.shifts_between(first, last):
        if shift.is_active and shift.officer in mine:
            mine[shift.officer].append(shift)
    found = []
    for key, officer in project.officers.items():
        shifts = sorted(mine[key], key=lambda shift: (shift.starts_at, shift.uid))
        bad = sum(shift.is_undesirable(project.time_zone) for shift in shifts)
        found.append(
            OfficerHours(
                *(key, officer.name, officer.agency, officer.kind, tuple(shifts), bad),
                _sum_overtime(project, officer, shifts, first, last),
            )
        )
    return tuple(found)


def _sum_overtime(
    project: Project, officer: Officer, shifts: Sequence[Shift], first: date, last: date
) -> float:
    """Return the hours beyond those that a week is paid as usual, at most those served here."""
    usual_h = project.roster_rules.figure("overtime_h")
    whole: dict[date, float] = defaultdict(float)
    here: dict[date, float] = defaultdict(float)
    for work in list_work_periods(officer, shifts, first, last, project.time_zone):
        monday = work.day - timedelta(days=work.day.weekday())
        whole[monday] += work.hours
        here[monday] += work.hours if work.shift is not None else 0.0
    return sum(min(here[week], max(0.0, total - usual_h)) for week, total in whole.items())


def compute_hours_spread(hours: Sequence[OfficerHours]) -> dict[str, tuple[float, float, float]]:
    """Return by kind of officer the least, mean and most hours: how even they are."""
    found: dict[str, list[float]] = {}
    for one in hours:
        found.setdefault(one.kind, []).append(one.sum_hours())
    return {kind: (min(own), sum(own) / len(own), max(own)) for kind, own in found.items()}
