"""A week of made-up visits and incidents, marked as sample, to show what the log is for."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from string import ascii_uppercase
from zoneinfo import ZoneInfo

from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.log.entries import build_incident_entry, build_visit_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_unit_jurisdictions
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import (
    SUBSTITUTE_KIND,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
)
from zoneplanner.domain.roster.shift_edits import make_standard_posts, put_post
from zoneplanner.domain.units import Unit

_SAMPLE_INCIDENT_TYPES = ("trespass", "fight", "welfare check", "suspicious vehicle", "alarm")
_VISITED_SHARE = 0.9


def log_sample_week(session: Session, *, seed: int = 0, days: int = 7) -> int:
    """Append sample visits and incidents of the school days before today; return how many."""
    plan = session.plan
    if plan is None:
        return 0
    random = Random(seed)
    entries: list[NewEntry] = []
    for back in range(days, 0, -1):
        day = session.today - timedelta(days=back)
        if session.project.calendar.is_school_day(day):
            entries += _build_day(session, plan, day, random)
    session.log_many(entries)
    return len(entries)


def _build_day(session: Session, plan: Plan, day: date, random: Random) -> list[NewEntry]:
    """One school day: each unit visits most of its schools, and now and then help is called."""
    zone_time = ZoneInfo(session.project.time_zone)
    entries: list[NewEntry] = []
    for zone in plan.zones:
        at = datetime.combine(day, time(8, 0), zone_time) + timedelta(minutes=random.randrange(20))
        stops = list(plan.sites_of(zone.id))
        random.shuffle(stops)
        for site in stops[: max(1, round(len(stops) * _VISITED_SHARE * random.uniform(0.4, 0.8)))]:
            stay = timedelta(minutes=random.randrange(10, 25))
            entries.append(
                build_visit_entry(
                    uid=f"sample-visit-{day}-{zone.id}-{site}",
                    site=site,
                    unit=zone.unit,
                    arrived_at=at.astimezone(UTC),
                    departed_at=(at + stay).astimezone(UTC),
                    purpose=random.choice(("enforcement", "counselling", "teaching")),
                    officer="Officer A",
                    time_zone=session.project.time_zone,
                    now=session.clock(),
                    sample=True,
                )
            )
            at += stay + timedelta(minutes=random.randrange(6, 15))
        if stops and random.random() < 0.5:
            entries.append(_build_incident(session, plan, zone, day, random))
    return entries


def _build_incident(
    session: Session, plan: Plan, zone: Zone, day: date, random: Random
) -> NewEntry:
    start = datetime.combine(day, time(9, 0), ZoneInfo(session.project.time_zone))
    received = (start + timedelta(minutes=random.randrange(330))).astimezone(UTC)
    steps = [timedelta(minutes=random.uniform(low, high)) for low, high in _STEPS]
    stamps = [received + sum(steps[: n + 1], timedelta()) for n in range(len(steps))]
    return build_incident_entry(
        uid=f"sample-incident-{day}-{zone.id}",
        site=random.choice(plan.sites_of(zone.id)),
        type=random.choice(_SAMPLE_INCIDENT_TYPES),
        received_at=received,
        dispatched_at=stamps[0],
        enroute_at=stamps[1] if random.random() < 0.8 else None,
        onscene_at=stamps[2],
        cleared_at=stamps[3],
        priority=random.choice((1, 2, 2, 3)),
        units=(zone.unit,),
        time_zone=session.project.time_zone,
        now=session.clock(),
        sample=True,
    )


_STEPS = ((0.5, 2.0), (0.3, 1.5), (2.0, 9.0), (10.0, 40.0))

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
"""ISO weekdays and times of the four-day weeks that off-duty deputies work elsewhere."""


def add_sample_officers(project: Project, today: date) -> Project:
    """Add sample officers to a project, and a post for each unit where it has none.

    Units outside the city get several off-duty deputies each, whose main job leaves them other
    days; units of the city one officer each; the last few are substitutes for all.
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
        id=f"sample-{letter}",
        name=f"Officer {letter}",
        agency=units[0].agency,
        kind=kind or units[0].kind,
        units=tuple(unit.id for unit in units),
        jurisdictions=tuple(areas),
        prefers=prefers,
        times=times,
    )
    return put_officer(project, officer)
