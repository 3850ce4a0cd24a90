"""A week of made-up visits and incidents, marked as sample, to show what the log is for."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from zoneplanner.app.session import Session
from zoneplanner.domain.entries import build_incident_entry, build_visit_entry
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.plan import Plan, Zone

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
