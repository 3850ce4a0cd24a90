"""Collect a handout: everything that the documents of an edition show, as of one time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.analysis.geometry.cells_and_outlines import find_bordering_zones
from zoneplanner.analysis.response_times.deployment import (
    find_backup_units,
    order_sites_by_nearest,
)
from zoneplanner.app.coverage.demand import describe_demand, read_demand
from zoneplanner.app.geography.aerial_pictures import prepare_picture_file
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.app.geography.web_tiles import list_tile_providers, read_picture_file
from zoneplanner.app.plans.what_if import derive_factual_state
from zoneplanner.app.publishing.handout_log import add_journal_data
from zoneplanner.app.roster.visiting_order import compute_day_orders
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.bells import BellSchedule
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Officer, Shift, ShiftStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.publish.audience import find_audience as known
from zoneplanner.publish.audience import is_released
from zoneplanner.publish.handout import (
    ComingZones,
    Handout,
    PrintedProof,
    PublishedPictures,
    PublishedShift,
    PublishedStop,
    PublishedTiles,
    ZoneWorkload,
    find_card_day,
)

_SHOWN_DAYS = 14


def _add_roster_data(project: Project, handout: Handout) -> Handout:
    """Add the shifts, with only what a roster and a calendar show of officers and shifts."""
    posted = {
        uid: replace(shift, note="", overrides=(), former=(), needs=())
        for uid, shift in project.shifts.items()
        if shift.status is not ShiftStatus.DRAFT
    }
    serving = {shift.officer for shift in posted.values()}
    return replace(
        handout,
        duties=_list_assignments(project, handout.card_day),
        final_shifts=posted,
        officers={
            key: Officer(key, officer.name, officer.agency, officer.kind)
            for key, officer in project.officers.items()
            if key in serving
        },
    )


def _list_assignments(project: Project, day: date) -> tuple[PublishedShift, ...]:
    """Return the active shifts of a day's week and the next, in order of time."""
    monday = day - timedelta(days=day.weekday())
    end = monday + timedelta(days=_SHOWN_DAYS)
    shifts = [
        shift
        for shift in project.shifts.values()
        if shift.is_active and monday <= shift.day(project.time_zone) < end
    ]
    shifts.sort(key=lambda shift: (shift.starts_at, shift.uid))
    return tuple(_build_assignment(project, shift) for shift in shifts)


def _build_assignment(project: Project, shift: Shift) -> PublishedShift:
    officer = project.officers.get(shift.officer or "")
    return PublishedShift(
        unit=shift.unit,
        officer=officer.name if officer else shift.officer or "",
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        title=shift.title,
        final=shift.status is ShiftStatus.FINAL,
        sample=shift.is_sample,
    )


HANDOUT_PAPERS = tuple(PREFERENCE_CHOICES["paper"])


@dataclass(frozen=True, slots=True)
class HandoutRequest:
    """For whom, at which time, for which days, on which paper; None and "" take the default.

    By default, the time is that of the project's last record, so the same project gives the same
    files at any time. The default days are the four weeks before it, and for a monthly report the
    last month that ended before it. ``pictures`` is a file of aerial pictures under printed maps,
    ``day`` the day of the cards, ``target_min`` the district's response target, ``areas`` a layer
    whose areas the board's report counts by, and ``certificate`` the proof of the plan.
    """

    audience: str
    as_of: datetime | None = None
    first: date | None = None
    last: date | None = None
    paper: str = ""
    tiles: str = ""
    pictures: Path | None = None
    day: date | None = None
    target_min: float = RESPONSE_TARGET_MIN
    areas: str = ""
    certificate: PrintedProof | None = None


def find_usual_paper(project: Project) -> str:
    """Return the paper that an office prefers."""
    preferred = project.preferences.paper
    return preferred if preferred in HANDOUT_PAPERS else HANDOUT_PAPERS[0]


def find_last_record_time(session: Session) -> datetime:
    """Return the time of the last edit or log entry, or else the current time."""
    count, _ = session.store.head()
    moments = [edit.at for edit in session.store.edits()]
    moments += [entry.recorded_at for entry in session.store.entries(after_seq=count - 1)]
    moments += [plan.made_at for plan in session.project.plans.values() if plan.made_at]
    return max(moments, default=session.clock()).astimezone(UTC)


def collect_handout(
    session: Session,
    request: HandoutRequest | str,
    state: ProjectState | None = None,
    *,
    log: bool = True,
    only: Collection[str] | None = None,
) -> Handout:
    """Collect what is published about the plan on screen, or about another state of the project.

    Without ``log``, only the head of the log is read; a printed comparison needs no more. Data that
    take long and that only one part shows are left out unless ``only`` names that part.

    Raises
    ------
    UserError
        There is no plan yet, the audience or the paper is unknown, or the days make no sense.
    """
    request = HandoutRequest(request) if isinstance(request, str) else request
    audience = known(request.audience).key
    paper = request.paper or find_usual_paper(session.saved_project)
    if paper not in HANDOUT_PAPERS:
        raise UserError("unknown_paper", paper=paper, known=list(HANDOUT_PAPERS))
    state = state or derive_factual_state(session)
    plan, figures = require_plan(state), state.figures
    assert figures is not None
    as_of = request.as_of or find_last_record_time(session)
    today = as_of.astimezone(ZoneInfo(state.project.time_zone)).date()
    history, journal = session.store.heads()
    outlines = {key: line.area for key, line in state.outlines.items()}
    handout = Handout(
        project=state.project,
        plan=plan,
        outlines=outlines,
        placements=state.basis.placements,
        figures={
            key: ZoneWorkload(
                load_min=row.load_min,
                deviation=row.deviation,
                students=row.students,
                drive_min=row.drive_min_per_day,
            )
            for key, row in figures.zones.items()
        },
        demand=describe_demand(read_demand(state)),
        as_of=as_of,
        head_hash=journal.hash,
        certificate=request.certificate,
        entries=journal.entries,
        edit_hash=history.hash,
        edits=history.entries,
        unreadable=sum(not problem.quarantined for problem in session.store.unreadable_entries()),
        audience=audience,
        paper=paper,
        day=request.day,
        tiles=_find_tiles(request.tiles),
        pictures=_find_pictures(request.pictures),
        basemap=find_basemap(state.project),
        broken_rules=tuple(dict.fromkeys(problem.code for problem in state.problems)),
        problems=tuple(problem.message for problem in state.problems),
        backups=find_backup_units(state.project, plan, state.basis),
        neighbors=find_bordering_zones(outlines),
        coming=_find_coming_zones(session.saved_project, plan, today),
        bells=_list_bell_times(state.project),
        stops={
            zone.unit: tuple(map(PublishedStop, order_sites_by_nearest(plan, state.basis, zone.id)))
            for zone in plan.zones
        }
        | (
            collect_stops(state, request.day or find_card_day(state.project, today))
            if log and is_part_requested(only, "cards") and is_released(audience, "handout.stops")
            else {}
        ),
    )
    handout = _add_roster_data(session.saved_project, handout)
    if not log:
        return handout
    days = (request.first, request.last)
    weeks = is_part_requested(only, "map")
    return add_journal_data(session, handout, *days, target_min=request.target_min, weeks=weeks)


def is_part_requested(only: Collection[str] | None, part: str) -> bool:
    """Return whether a part is among those to make; None stands for all parts."""
    return only is None or part in only


def _find_coming_zones(project: Project, plan: Plan, today: date) -> ComingZones | None:
    """Return what follows when a plan in force ends, or None if it has no end."""
    if plan.status(today) is not PlanStatus.IN_FORCE or plan.expires_on is None:
        return None
    next_plan = project.plan_in_force(plan.expires_on)
    if next_plan is None:
        return ComingZones(plan.expires_on, None)
    units = {zone.id: zone.unit for zone in next_plan.zones}
    return ComingZones(
        plan.expires_on, {site: (zone, units[zone]) for site, zone in next_plan.assignment.items()}
    )


def collect_stops(state: ProjectState, day: date) -> dict[str, tuple[PublishedStop, ...]]:
    """Return the visits of a day in order, by unit; none on a day without school."""
    return {
        unit: tuple(
            PublishedStop(stop.site, stop.arrive_at, stop.leave_at, str(stop.window or ""))
            for stop in stops
        )
        for unit, stops in compute_day_orders(state, day).items()
    }


def _find_tiles(name: str) -> PublishedTiles | None:
    """Return a tile provider by its name in the window, or None without a name."""
    if not name:
        return None
    offered = list_tile_providers()
    if name not in offered:
        raise UserError("unknown_tiles", name=name, known=list(offered))
    provider = offered[name]
    return PublishedTiles(provider.title, provider.url, provider.attribution, provider.max_zoom)


def _find_pictures(path: Path | None) -> PublishedPictures | None:
    """Return the pictures in a file; a GeoTIFF is cut into tiles once on this computer."""
    if path is None:
        return None
    file = prepare_picture_file(path)
    metadata = read_picture_file(file)
    return PublishedPictures(file, metadata.attribution, metadata.max_zoom)


def _list_bell_times(project: Project) -> dict[str, Message]:
    """Return each school's bell times on a regular day, if the district entered them."""
    bells, usual = project.calendar.bells, BellSchedule()
    times = {
        site.id: bells.find_bell_times(site.id, site.level)
        for site in project.patrolled
        if site.id in bells.by_site
        or bells.find_bell_times(site.id, site.level) != usual.find_bell_times("", site.level)
    }
    return {
        site: Message("bell_times", starts=bell.starts, ends=bell.ends)
        for site, bell in times.items()
    }
