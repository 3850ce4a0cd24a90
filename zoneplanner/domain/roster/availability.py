"""What keeps an officer busy: shifts, the main job, and times when they are off."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
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


@dataclass(frozen=True, slots=True)
class WorkPeriod(TimeInterval):
    """Work of an officer: a shift here, or the main job where ``shift`` is None."""

    shift: Shift | None
    day: date


def list_work_periods(
    officer: Officer, shifts: Iterable[Shift], first: date, last: date, time_zone: str
) -> list[WorkPeriod]:
    """Return the shifts given and what main job begins from ``first`` to ``last``, by start."""
    zone = ZoneInfo(time_zone)
    found = [
        WorkPeriod(shift.starts_at, shift.ends_at, shift, shift.starts_at.astimezone(zone).date())
        for shift in shifts
    ]
    for own in officer.times:
        if own.kind is AvailabilityKind.MAIN_JOB:
            for one in own.intervals(first, last, time_zone):
                day = one.starts_at.astimezone(zone).date()
                found.append(WorkPeriod(one.starts_at, one.ends_at, None, day))
    return sorted(found, key=lambda duty: (duty.starts_at, duty.ends_at))


def find_absence(
    officer: Officer, stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    """Return the leave, sickness or other absence that a stretch touches, or None."""
    return _find_period(officer, ABSENCE_KINDS, stretch, time_zone)


def find_main_job_conflict(
    officer: Officer, stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    """Return the main job that a stretch touches, or None."""
    return _find_period(officer, (AvailabilityKind.MAIN_JOB,), stretch, time_zone)


def is_available_for(officer: Officer, stretch: TimeInterval, time_zone: str) -> bool:
    """Whether an officer who named times when they are available is so for all of a stretch."""
    named = [own for own in officer.times if own.kind is AvailabilityKind.AVAILABLE]
    if not named:
        return True
    first, last = _days_around(stretch, time_zone)
    free = sorted(
        (one for own in named for one in own.intervals(first, last, time_zone)),
        key=lambda one: one.starts_at,
    )
    reached = stretch.starts_at
    for one in free:
        if one.starts_at <= reached < one.ends_at:
            reached = one.ends_at
    return reached >= stretch.ends_at


def explain_ineligibility(project: Project, officer: Officer, shift: Shift) -> str | None:
    """Say in one clause why an officer may not serve a shift's unit; None where they may."""
    unit = project.units.get(shift.unit)
    if unit is None:
        return f"there is no unit {shift.unit} in this project"
    if not officer.units:
        return "may not serve any unit yet"
    if unit.id not in officer.units:
        return f"may serve {', '.join(officer.units)}, not {unit.id}"
    if officer.kind not in (unit.kind, SUBSTITUTE_KIND):
        return f"is registered as “{officer.kind}”, but {unit.id} needs “{unit.kind}”"
    missing = [area for area in list_unit_jurisdictions(unit) if area not in officer.jurisdictions]
    if missing:
        return f"may not serve in {missing[0]}, where {unit.id} patrols"
    lacks = [need for need in shift.needs if need not in officer.qualifications]
    return f"lacks the qualification {lacks[0]}" if lacks else None


def list_unit_jurisdictions(unit: Unit) -> tuple[str, ...]:
    """Return the jurisdictions where a unit may be primary, else where it may assist."""
    primary = tuple(area for area, access in unit.access.items() if access is UnitAccess.PRIMARY)
    return primary or tuple(
        area for area, access in unit.access.items() if access is UnitAccess.ASSIST
    )


def find_day_runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Return the first and the last of each run of days that follow each other."""
    runs: list[list[date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return ((run[0], run[-1]) for run in runs)


def _find_period(
    officer: Officer, kinds: Collection[AvailabilityKind], stretch: TimeInterval, time_zone: str
) -> AvailabilityPeriod | None:
    first, last = _days_around(stretch, time_zone)
    return next(
        (
            own
            for own in officer.times
            if own.kind in kinds
            and own.first <= last
            and first <= own.last
            and any(one.overlaps(stretch) for one in own.intervals(first, last, time_zone))
        ),
        None,
    )


def _days_around(stretch: TimeInterval, time_zone: str) -> tuple[date, date]:
    zone = ZoneInfo(time_zone)
    first = stretch.starts_at.astimezone(zone).date() - timedelta(days=1)
    return first, stretch.ends_at.astimezone(zone).date()
