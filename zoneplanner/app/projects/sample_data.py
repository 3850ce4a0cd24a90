"""Fictional officers, shifts, visits and calls, marked as sample, to show the use of the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from string import ascii_uppercase
from zoneinfo import ZoneInfo

from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.log.entries import build_incident_entry, build_visit_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_unit_jurisdictions
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import (
    SAMPLE_PREFIX,
    SUBSTITUTE_KIND,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
    ShiftStatus,
)
from zoneplanner.domain.roster.shift_edits import make_standard_posts, put_post
from zoneplanner.domain.units import Unit

_VISITED_SHARE = 0.9
_SAMPLE_OFFICER = "Officer A"
"""The visiting officer if the project has no officers."""
_PURPOSES = ("enforcement", "counselling", "teaching")
_CALL_TYPES = ("trespass", "fight", "welfare check", "suspicious vehicle", "alarm", "threat")
_CALL_HOURS = {7: 5, 8: 13, 9: 10, 10: 10, 11: 14, 12: 16, 13: 10, 14: 10, 15: 8, 16: 4}
"""Weights of the hours of a school day for calls: most at lunch and before the bell."""
_CALLS_PER_DAY = 12
"""Enough calls for a median by hour of a term; a real district has its own number."""
_STEPS_MIN = ((0.5, 2.0), (0.3, 1.5), (2.0, 9.0), (10.0, 40.0))
_SHIFT_HOURS = (time(7, 30), time(15, 30))


def log_sample_week(session: Session, *, seed: int = 0, days: int = 7) -> int:
    """Log sample visits and incidents for the school days before today; return how many."""
    first = session.today - timedelta(days=days)
    return _log_sample_days(session, _list_school_days(session, first), seed)


def add_sample_weeks(session: Session, weeks: int, *, seed: int = 0) -> int:
    """Add sample officers, shifts, visits and calls for the last weeks with school.

    Returns how many entries were logged. With ``weeks=16``, about a term, most figures have enough
    records.
    """
    today = session.today
    past = (today - timedelta(days=number) for number in range(1, _LONGEST_BACK_DAYS))
    school_days = filter(session.project.calendar.is_school_day, past)
    days = list(islice(school_days, 5 * weeks))[::-1]
    if session.project.units and not session.project.officers:
        session.apply("Sample officers", lambda project: add_sample_officers(project, today))
    if session.plan is not None:
        shifts = _build_shifts(session.saved_project, session.plan, days)
        session.apply(
            "Sample shifts",
            lambda project: replace(project, shifts={**project.shifts, **shifts}),
        )
    return _log_sample_days(session, days, seed)


_LONGEST_BACK_DAYS = 730


def _list_school_days(session: Session, first: date) -> list[date]:
    """Return the school days from a first day to yesterday."""
    days = (first + timedelta(days=number) for number in range((session.today - first).days))
    return list(filter(session.project.calendar.is_school_day, days))


def _log_sample_days(session: Session, days: Sequence[date], seed: int) -> int:
    plan = session.plan
    if plan is None:
        return 0
    random = Random(seed)
    entries = [entry for day in days for entry in _build_day(session, plan, day, random)]
    session.log_many(entries)
    return len(entries)


def _build_day(session: Session, plan: Plan, day: date, random: Random) -> list[NewEntry]:
    """Return the entries of a school day: visits of most schools, and some calls."""
    zone_time = ZoneInfo(session.project.time_zone)
    entries: list[NewEntry] = []
    zones = [zone for zone in plan.zones if plan.sites_of(zone.id)]
    for zone in zones:
        at = datetime.combine(day, time(8, 0), zone_time) + timedelta(minutes=random.randrange(20))
        stops = list(plan.sites_of(zone.id))
        random.shuffle(stops)
        officer = _choose_officer(session.saved_project, zone.unit, day) or _SAMPLE_OFFICER
        for site in stops[: max(1, round(len(stops) * _VISITED_SHARE * random.uniform(0.4, 0.8)))]:
            stay = timedelta(minutes=random.randrange(10, 25))
            entries.append(
                build_visit_entry(
                    uid=f"sample-visit-{day}-{zone.id}-{site}",
                    site=site,
                    unit=zone.unit,
                    arrived_at=at.astimezone(UTC),
                    departed_at=(at + stay).astimezone(UTC),
                    purpose=random.choice(_PURPOSES),
                    officer=officer,
                    time_zone=session.project.time_zone,
                    now=session.clock(),
                    sample=True,
                )
            )
            at += stay + timedelta(minutes=random.randrange(6, 15))
    if zones:
        calls = random.randrange(_CALLS_PER_DAY // 2, 3 * _CALLS_PER_DAY // 2 + 1)
        entries += [_build_incident(session, plan, day, n, random=random) for n in range(calls)]
    return entries


def _build_incident(
    session: Session, plan: Plan, day: date, number: int, *, random: Random
) -> NewEntry:
    """Return a call at a school of any zone; some end before anybody arrives."""
    zones = [zone for zone in plan.zones if plan.sites_of(zone.id)]
    zone = random.choices(zones, [len(plan.sites_of(zone.id)) for zone in zones])[0]
    (hour,) = random.choices(list(_CALL_HOURS), list(_CALL_HOURS.values()))
    start = datetime.combine(day, time(hour), ZoneInfo(session.project.time_zone))
    received = (start + timedelta(seconds=random.randrange(3600))).astimezone(UTC)
    steps = [timedelta(minutes=random.uniform(low, high)) for low, high in _STEPS_MIN]
    stamps = [received + sum(steps[: n + 1], timedelta()) for n in range(len(steps))]
    arrived = random.random() < 0.94
    return build_incident_entry(
        uid=f"sample-incident-{day}-{number}",
        site=random.choice(plan.sites_of(zone.id)),
        type=random.choice(_CALL_TYPES),
        received_at=received,
        dispatched_at=stamps[0],
        enroute_at=stamps[1] if random.random() < 0.8 else None,
        onscene_at=stamps[2] if arrived else None,
        cleared_at=stamps[3] if arrived else stamps[1],
        priority=random.choice((1, 2, 2, 3)),
        units=(zone.unit,),
        time_zone=session.project.time_zone,
        now=session.clock(),
        sample=True,
    )


def _build_shifts(project: Project, plan: Plan, days: Sequence[date]) -> dict[str, Shift]:
    """Return a posted shift for each zone's unit on each day, if there is an officer."""
    zone_time = ZoneInfo(project.time_zone)
    shifts: dict[str, Shift] = {}
    for day in days:
        starts_at, ends_at = (
            datetime.combine(day, hour, zone_time).astimezone(UTC) for hour in _SHIFT_HOURS
        )
        for unit in dict.fromkeys(zone.unit for zone in plan.zones):
            officer, uid = _choose_officer(project, unit, day), f"{SAMPLE_PREFIX}shift-{day}-{unit}"
            if officer and uid not in project.shifts:
                shifts[uid] = Shift(uid, unit, officer, starts_at, ends_at, ShiftStatus.FINAL)
    return shifts


def _choose_officer(project: Project, unit: str, day: date) -> str:
    """Return an officer of a unit, another one each week, or an empty string.

    Officers who prefer the unit come first, and officers without their main job on this day.
    """
    officers = project.officers.values()
    candidates = [each for each in officers if unit in each.prefers or each.units == (unit,)]
    candidates = candidates or [each for each in officers if unit in each.units]
    if not candidates:
        return ""
    first = day.isocalendar().week % len(candidates)
    rotated = candidates[first:] + candidates[:first]
    weekday = day.isoweekday()
    free = (each for each in rotated if all(weekday not in time.weekdays for time in each.times))
    return next(free, rotated[0]).id


_SUBSTITUTES = 4
_PER_UNIT = 4
_DAY_JOB = (time(7), time(17))
_SWING_JOB = (time(15), time(1))
_MAIN_JOBS = (
    (frozenset((5, 6, 7, 1)), _SWING_JOB),
    (frozenset((3, 4, 5, 6)), _DAY_JOB),
    (frozenset((7, 1, 2, 3)), _DAY_JOB),
    (frozenset((6, 7, 1, 2)), _SWING_JOB),
    (frozenset((4, 5, 6, 7)), _SWING_JOB),
)
"""ISO weekdays and times of the four-day weeks in off-duty deputies' main jobs."""


def add_sample_officers(project: Project, today: date) -> Project:
    """Add sample officers to a project, and a post for each unit without one.

    Units outside the city get several off-duty deputies, whose main jobs are on other days; units
    of the city get one officer each. The last few officers are substitutes for all units.
    """
    units = [unit for unit in project.units.values() if unit.holds_zone or unit.posts]
    year = build_school_year(project.calendar, today)
    shared = [unit for unit in units if unit.kind in ("deputy", "specialist")]
    alone = [unit for unit in units if unit not in shared]
    names = list(ascii_uppercase)
    most = max(1, min(_PER_UNIT * len(shared), len(names) - _SUBSTITUTES - len(alone)))
    for number in range(most if shared else 0):
        job, hours = _MAIN_JOBS[number % len(_MAIN_JOBS)]
        times = (
            AvailabilityPeriod(
                "main-job", AvailabilityKind.MAIN_JOB, year.first, year.last, *hours, job
            ),
        )
        favorite = shared[number % len(shared)].id
        project = _add_officer(project, names.pop(0), shared, times=times, prefers=(favorite,))
    for unit in alone[: len(names) - _SUBSTITUTES]:
        project = _add_officer(project, names.pop(0), [unit])
    for _ in range(_SUBSTITUTES):
        project = _add_officer(project, names.pop(0), units, kind=SUBSTITUTE_KIND)
    for post in make_standard_posts(project):
        if not any(known.unit == post.unit for known in project.posts.values()):
            project = put_post(project, post)
    return project


def _add_officer(
    project: Project,
    letter: str,
    units: list[Unit],
    *,
    kind: str = "",
    times: tuple[AvailabilityPeriod, ...] = (),
    prefers: tuple[str, ...] = (),
) -> Project:
    areas = dict.fromkeys(area for unit in units for area in list_unit_jurisdictions(unit))
    officer = Officer(
        id=f"{SAMPLE_PREFIX}{letter}",
        name=f"Officer {letter}",
        agency=units[0].agency,
        kind=kind or units[0].kind,
        units=tuple(unit.id for unit in units),
        jurisdictions=tuple(areas),
        prefers=prefers,
        times=times,
    )
    return put_officer(project, officer)
