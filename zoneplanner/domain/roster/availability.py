"""Officers' availability: shifts, the main job, and times off."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import TimeInterval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import (
    ABSENCE_KINDS,
    SUBSTITUTE_KIND,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
)
from zoneplanner.domain.units import Unit, UnitAccess
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class WorkPeriod(TimeInterval):
    """An officer's work: a shift here, or the main job if ``shift`` is None."""

    shift: Shift | None
    day: date


def list_work_periods(
    officer: Officer, shifts: Iterable[Shift], first: date, last: date, time_zone: str
) -> list[WorkPeriod]:
    """Return the given shifts, and main-job periods from ``first`` to ``last``, by start."""
    zone = ZoneInfo(time_zone)
    main_job = (
        (interval, None)
        for period in officer.times
        if period.kind is AvailabilityKind.MAIN_JOB
        for interval in period.intervals(first, last, time_zone)
    )
    periods = [
        WorkPeriod(work.starts_at, work.ends_at, shift, work.starts_at.astimezone(zone).date())
        for work, shift in (*((shift.interval, shift) for shift in shifts), *main_job)
    ]
    return sorted(periods, key=lambda work: (work.starts_at, work.ends_at))


def find_absence(
    officer: Officer, stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    """Return the leave, sick time or other absence that overlaps a stretch, or None."""
    return _find_period(officer, ABSENCE_KINDS, stretch, time_zone)


def find_main_job_conflict(
    officer: Officer, stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    """Return the main-job period that overlaps a stretch, or None."""
    return _find_period(officer, (AvailabilityKind.MAIN_JOB,), stretch, time_zone)


def is_available_for(officer: Officer, stretch: TimeInterval, time_zone: str) -> bool:
    """Return whether an officer's available times cover a stretch; true if they have none."""
    periods = [period for period in officer.times if period.kind is AvailabilityKind.AVAILABLE]
    if not periods:
        return True
    first, last = _days_around(stretch, time_zone)
    intervals = (each for period in periods for each in period.intervals(first, last, time_zone))
    covered_until = stretch.starts_at
    for interval in sorted(intervals, key=lambda each: each.starts_at):
        if interval.starts_at <= covered_until < interval.ends_at:
            covered_until = interval.ends_at
    return covered_until >= stretch.ends_at


def explain_ineligibility(project: Project, officer: Officer, shift: Shift) -> Message | None:
    """Return why an officer may not serve a shift's unit, or None if they may."""
    unit = project.units.get(shift.unit)
    if unit is None:
        return Message("ineligible.unknown_unit", unit=shift.unit)
    if not officer.units:
        return Message("ineligible.no_units")
    if unit.id not in officer.units:
        return Message("ineligible.other_units", units=officer.units, unit=unit.id)
    if officer.kind not in (unit.kind, SUBSTITUTE_KIND):
        return Message("ineligible.kind", kind=officer.kind, unit=unit.id, needed=unit.kind)
    areas = [area for area in list_unit_jurisdictions(unit) if area not in officer.jurisdictions]
    if areas:
        return Message("ineligible.jurisdiction", area=areas[0], unit=unit.id)
    lacking = [need for need in shift.needs if need not in officer.qualifications]
    return Message("ineligible.qualification", lacking=lacking[0]) if lacking else None


def list_unit_jurisdictions(unit: Unit) -> tuple[str, ...]:
    """Return the jurisdictions where a unit may be primary, or else where it may assist."""
    primary = tuple(area for area, access in unit.access.items() if access is UnitAccess.PRIMARY)
    return primary or tuple(
        area for area, access in unit.access.items() if access is UnitAccess.ASSIST
    )


def find_day_runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each run of consecutive days."""
    numbered = enumerate(sorted(set(days)))
    for _, group in groupby(numbered, lambda pair: pair[1].toordinal() - pair[0]):
        run = [day for _, day in group]
        yield run[0], run[-1]


def _find_period(
    officer: Officer, kinds: Collection[AvailabilityKind], stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    first, last = _days_around(stretch, time_zone)
    candidates = (
        period
        for period in officer.times
        if period.kind in kinds and period.first <= last and first <= period.last
    )
    for period in candidates:
        if any(each.overlaps(stretch) for each in period.intervals(first, last, time_zone)):
            return period
    return None


def _days_around(stretch: TimeInterval, time_zone: str) -> tuple[date, date]:
    zone = ZoneInfo(time_zone)
    first = stretch.starts_at.astimezone(zone).date() - timedelta(days=1)
    return first, stretch.ends_at.astimezone(zone).date()
