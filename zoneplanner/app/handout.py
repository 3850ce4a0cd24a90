"""Collect what is published: all that a map, page or table for an audience is made from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.analysis.around import backup_units, nearest_order, zone_neighbours
from zoneplanner.analysis.coverage import DEFAULT_TARGET_MIN, coverage_rows
from zoneplanner.app.logbook import all_drills, all_incidents, all_reviews, all_visits
from zoneplanner.app.readiness import project_rules, read_readiness
from zoneplanner.app.reading import Reading
from zoneplanner.app.session import Session
from zoneplanner.app.tiles import providers
from zoneplanner.app.visiting_order import orders_of_day
from zoneplanner.domain.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.follow_up_entries import after_actions, corrective_actions
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import Item, project_items, worst
from zoneplanner.domain.roster import Officer, ShiftStatus
from zoneplanner.domain.school_year import school_year, year_name
from zoneplanner.errors import UserError
from zoneplanner.publish.audience import PUBLIC
from zoneplanner.publish.audience import audience as known
from zoneplanner.publish.content import Coverage, Duty, Handout, Tiles, Week, ZoneNumbers

PAPERS = ("letter", "a4")
WEEKS = 12
"""How many weeks back the staff map's slider goes."""
PERIOD_DAYS = 28
FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION, CONCERN)
VISITED = ("on_site", "completed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom, at which moment, over which days, on which paper; None takes the usual.

    The usual moment is that of the project's last record, so that the same project gives the same
    files at any time; the usual days are the four weeks up to it.
    """

    audience: str
    as_of: datetime | None = None
    first: date | None = None
    last: date | None = None
    paper: str = "letter"
    tiles: str = ""


def last_record(session: Session) -> datetime:
    """Return when the project or its journal last took something; now where nothing is kept."""
    count, _ = session.store.head()
    moments = [edit.at for edit in session.store.edits()]
    moments += [entry.recorded_at for entry in session.store.entries(after_seq=count - 1)]
    moments += [plan.made_at for plan in session.project.plans.values() if plan.made_at]
    return max(moments, default=session.clock()).astimezone(UTC)


def handout(
    session: Session, wanted: Wanted | str, reading: Reading | None = None, *, log: bool = True
) -> Handout:
    """Collect what is published of the plan on screen, or of another reading of the project.

    Without ``log`` nothing of the journal is read but its head; a printed comparison needs none.

    Raises
    ------
    UserError
        There is no plan yet, the audience or the paper is unknown, or the days make no sense.
    """
    wanted = Wanted(wanted) if isinstance(wanted, str) else wanted
    audience = known(wanted.audience).key
    if wanted.paper not in PAPERS:
        raise UserError(f"There is no paper “{wanted.paper}”. Choose: {', '.join(PAPERS)}.")
    reading = reading or session.reading
    plan, figures = reading.plan, reading.figures
    if plan is None or figures is None:
        raise UserError("There is no plan to publish yet; propose zones first.")
    as_of = wanted.as_of or last_record(session)
    count, head = session.store.head()
    found = Handout(
        project=reading.project,
        plan=plan,
        outlines={key: line.area for key, line in reading.outlines.items()},
        placements=reading.basis.placements,
        figures={
            key: ZoneNumbers(
                load_min=row.load_min,
                deviation=row.deviation,
                students=row.students,
                drive_min=row.drive_min_per_day,
            )
            for key, row in figures.zones.items()
        },
        last_visits={},
        as_of=as_of,
        head_hash=head,
        entries=count,
        audience=audience,
        paper=wanted.paper,
        tiles=_tiles(wanted.tiles),
        has_problems=bool(reading.problems),
        problems=reading.problems,
        backups=backup_units(reading.project, plan, reading.basis),
        neighbours=zone_neighbours(plan, reading.basis),
        bells=_bells(reading.project),
        stops=_stops(reading, plan, as_of, audience),
    )
    return _with_log(session, found, wanted) if log else found


def _stops(
    reading: Reading, plan: Plan, as_of: datetime, audience: str
) -> dict[str, tuple[str, ...]]:
    """Return the sites in visiting order by unit; inside, the order of the day."""
    day = as_of.astimezone(ZoneInfo(reading.project.time_zone)).date()
    near = {zone.unit: nearest_order(plan, reading.basis, zone.id) for zone in plan.zones}
    return near if audience == PUBLIC else {**near, **orders_of_day(reading, day)}


def _tiles(name: str) -> Tiles | None:
    """Return a provider of tiles by its name, as the window offers them; none without a name."""
    if not name:
        return None
    offered = providers()
    if name not in offered:
        raise UserError(f"There are no tiles “{name}”. Choose: {', '.join(offered)}.")
    one = offered[name]
    return Tiles(one.title, one.url, one.attribution, one.max_zoom)


def _bells(project: Project) -> dict[str, str]:
    """Return when each school's bells ring on a regular day, where the district said so."""
    bells, assumed = project.calendar.bells, project.calendar.assumed
    times = {
        site.id: bells.times_of(site.id, site.level)
        for site in project.patrolled
        if not assumed or site.id in bells.by_site
    }
    return {site: f"{one.starts:%H:%M} to {one.ends:%H:%M}" for site, one in times.items()}


def _with_log(session: Session, found: Handout, wanted: Wanted) -> Handout:
    """Add what the journal tells up to the handout's moment."""
    zone = ZoneInfo(found.project.time_zone)
    visits = [one for one in all_visits(session) if one.arrived_at <= found.as_of]
    calls = [one for one in all_incidents(session) if one.received_at <= found.as_of]
    days = [
        (one.site, one.arrived_at.astimezone(zone).date())
        for one in visits
        if one.status in VISITED
    ]
    coverage = _coverage(found, visits, calls, wanted)
    inside = [
        one
        for one in calls
        if coverage.first <= one.received_at.astimezone(zone).date() <= coverage.last
    ]
    return replace(
        found,
        sample=any(one.sample for one in visits) or any(one.sample for one in calls),
        last_visits=dict(sorted(days, key=lambda pair: pair[1])),
        weeks=_weeks(session, found, days, calls),
        coverage=coverage,
        incidents=tuple(inside),
        **_ready(session, found),
        duties=_duties(session.reading.kept, found.today),
        **_calendars(session.reading.kept),
        school_year=year_name(found.today),
    )


def _coverage(
    found: Handout, visits: Sequence[Visit], calls: Sequence[Incident], wanted: Wanted
) -> Coverage:
    last = wanted.last or found.today
    first = wanted.first or last - timedelta(days=PERIOD_DAYS - 1)
    rows = {
        by: coverage_rows(
            visits, calls, project=found.project, by=by, now=found.as_of, first=first, last=last
        )
        for by in ("all", "zone", "site", "week")
    }
    zone = ZoneInfo(found.project.time_zone)
    waits = [
        (one.onscene_at - one.received_at).total_seconds() / 60
        for one in calls
        if one.onscene_at and first <= one.received_at.astimezone(zone).date() <= last
    ]
    return Coverage(
        first=first,
        last=last,
        target_min=DEFAULT_TARGET_MIN,
        whole=rows["all"][0],
        zones=rows["zone"],
        sites=rows["site"],
        weeks=rows["week"],
        waits_min=tuple(waits),
    )


def _weeks(
    session: Session,
    found: Handout,
    days: Sequence[tuple[str, date]],
    calls: Sequence[Incident],
) -> tuple[Week, ...]:
    """Return the weeks up to the handout's day, from the first that holds anything."""
    zone = ZoneInfo(found.project.time_zone)
    called = [(one.site, one.received_at.astimezone(zone).date()) for one in calls if one.site]
    this = _monday(found.today)
    known = [_monday(day) for _, day in (*days, *called)]
    begun = min(known, default=this)
    weeks = []
    for back in range(WEEKS - 1, -1, -1):
        monday = this - timedelta(weeks=back)
        if monday < begun:
            continue
        end = min(monday + timedelta(days=6), found.today)
        items = _readiness(session, found, end)
        weeks.append(
            Week(
                monday=monday,
                visits=Counter(site for site, day in days if _monday(day) == monday),
                calls=Counter(site for site, day in called if _monday(day) == monday),
                readiness={site: worst(own).value for site, own in items.items()},
            )
        )
    return tuple(weeks)


def _ready(session: Session, found: Handout) -> dict[str, Any]:
    """Return duties by school, what follows from incidents, and the reviews, as of today."""
    whole = read_readiness(session.store, found.project, found.today)
    entries = session.store.entries(kinds=("after_action", "corrective_action", "void"))
    by_site: dict[str, list[Item]] = {}
    for item in whole.items:
        if item.what not in FOLLOW_UPS and item.site in found.project.sites:
            by_site.setdefault(item.site, []).append(item)
    return {
        "readiness": {site: tuple(own) for site, own in by_site.items()},
        "follow_ups": tuple(item for item in whole.items if item.what in FOLLOW_UPS),
        "after_actions": tuple(one for one in after_actions(entries) if one.held_on <= found.today),
        "actions": corrective_actions(entries),
    }


def _duties(project: Project, today: date) -> tuple[Duty, ...]:
    """Return the shifts of a day's week and the next that are not cancelled, in order of time."""
    monday = _monday(today)
    week = [
        shift
        for shift in project.shifts.values()
        if shift.on and monday <= shift.day(project.time_zone) < monday + timedelta(days=14)
    ]
    return tuple(
        Duty(
            unit=shift.unit,
            officer=_officer(project, shift.officer),
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            title=shift.title,
            final=shift.status is ShiftStatus.FINAL,
        )
        for shift in sorted(week, key=lambda one: (one.starts_at, one.uid))
    )


def _calendars(project: Project) -> dict[str, Any]:
    """Return final shifts and their officers with what a calendar shows of them, no more."""
    final = {
        uid: replace(shift, note="", overrides=(), former=(), needs=())
        for uid, shift in project.shifts.items()
        if shift.status is not ShiftStatus.DRAFT
    }
    serving = {shift.officer for shift in final.values()}
    return {
        "final_shifts": final,
        "officers": {
            key: Officer(key, one.name, one.agency, one.kind)
            for key, one in project.officers.items()
            if key in serving
        },
    }


def _officer(project: Project, officer: str | None) -> str:
    known = project.officers.get(officer or "")
    return known.name if known else officer or ""


def _readiness(session: Session, found: Handout, day: date) -> dict[str, tuple[Item, ...]]:
    """Return each site's duties as the journal knew them on a day."""
    zone = ZoneInfo(found.project.time_zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return project_items(
        found.project,
        project_rules(found.project),
        school_year(found.project.calendar, day),
        drills=[one for one in all_drills(session) if one.held_at < min(end, found.as_of)],
        reviews=[one for one in all_reviews(session) if one.on <= day],
        on=day,
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
