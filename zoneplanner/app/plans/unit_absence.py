"""A unit that is off for a day: who takes its zone, and what each answer costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.app.plans.optimization import find_workable_tolerance, search_proposals
from zoneplanner.app.plans.zone_options import ZoneOptions, build_zone_option, measure_plan_cost
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.edits import remove_zones
from zoneplanner.domain.plans.locks import find_zone_lock, list_locked_zones, map_locked_sites
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names

_STUDENT_MIN = 1.0
"""Trip-minutes that moving a student weighs in a split: more than any drive that it saves."""

_SEARCH_S = 3.0
_MOST_TRIES = 3
_SLACK = 1e-6


def search_unit_absence_options(
    state: ProjectState, zone_id: str, *, on: date | None = None, seconds: float = _SEARCH_S
) -> Iterator[ZoneOptions]:
    """Return an iterator of what to do while the unit of a zone is off.

    Each neighboring zone of its kind takes the whole zone; the zones are split anew, so that few
    students move, within the plan's tolerance or the smallest one that works; or its sites alone
    are split among the others. Each search takes up to ``seconds``, a few times where the
    tolerance must be widened.

    Raises
    ------
    UserError
        There is no plan, no other zone may take the sites, or a lock keeps them in the zone.
    """
    plan = require_plan(state)
    zone = plan.zone(zone_id)
    rest = _list_substitute_zones(state.project, plan, zone)
    _check_free(state.project, plan, zone)
    words = f"{zone.id} off{f' on {on}' if on else ''}"
    return _search_options(_AbsentUnit(state, plan, zone, rest, seconds), words)


@dataclass(frozen=True, eq=False, slots=True)
class _AbsentUnit:
    """The zone whose unit is off, and the other zones of its kind."""

    reading: ProjectState
    plan: Plan
    zone: Zone
    rest: tuple[Zone, ...]
    seconds: float


def _search_options(off: _AbsentUnit, words: str) -> Iterator[ZoneOptions]:
    state, plan, zone = off.reading, off.plan, off.zone
    today = measure_plan_cost(state.project, plan, state.basis)
    progress = ZoneOptions(
        words=words,
        start=plan,
        today=today,
        cost_if_idle=measure_plan_cost(state.project, plan, state.basis, without=(zone.unit,)),
        task="Checking the neighboring zones",
        part=0.05,
    )
    yield progress
    for title, assignment in _list_takeovers(off):
        after = remove_zones(plan.with_assignments(assignment), {zone.id})
        progress = progress.with_answer(build_zone_option(state, today, title, after))
    own = plan.sites_of(zone.id)
    for part, title, doing, alone in (
        (0.15, "Re-split", "Splitting the zones again", False),
        (0.55, "Split", "Splitting its sites among the others", True),
    ):
        progress = progress.with_progress(doing, part)
        yield progress
        best: Mapping[str, str] = {}
        for found in _search_splits(off, alone=alone) if own else ():
            best = found
            yield progress  # a person may stop the search here
        if best:
            after = remove_zones(plan.with_assignments(best), {zone.id})
            progress = progress.with_answer(
                build_zone_option(state, today, _split_words(title, off, best), after)
            )
    yield progress.with_progress("", 1.0)


def _split_words(title: str, off: _AbsentUnit, found: Mapping[str, str]) -> str:
    own = set(off.plan.sites_of(off.zone.id))
    takers = sorted({found[site] for site in own if site in found})
    others = sum(
        off.plan.assignment.get(site) != to for site, to in found.items() if site not in own
    )
    more = f", {others} other site{'s move' if others > 1 else ' moves'}" if others else ""
    return f"{title} between {join_names(takers)}{more}" if takers else f"{title}{more}"


def _list_substitute_zones(project: Project, plan: Plan, zone: Zone) -> tuple[Zone, ...]:
    """Return the other zones whose units may hold what this one holds; none is a UserError."""
    kind = find_primary_jurisdictions(project, zone.unit)
    rest = tuple(
        other
        for other in plan.zones
        if other is not zone and find_primary_jurisdictions(project, other.unit) == kind
    )
    if not rest:
        agency = project.units[zone.unit].agency
        raise UserError("no_substitute_zone", zone=zone.id, agency=agency)
    if all(find_zone_lock(project, plan, other.id) for other in rest):
        raise UserError("zones_locked.substitutes", zone=zone.id)
    return rest


def _check_free(project: Project, plan: Plan, zone: Zone) -> None:
    """Refuse where a lock keeps sites in the zone that is to go."""
    shut = find_zone_lock(project, plan, zone.id)
    if shut is not None:
        why = f" ({shut.reason})" if shut.reason else ""
        raise UserError("zone_locked.unit_off", zone=zone.id, why=why)
    held = [site for site, home in map_locked_sites(project, plan).items() if home == zone.id]
    if held:
        names = [project.site(site).name for site in held]
        raise UserError("sites_locked.unit_off", sites=names, zone=zone.id)


def _list_takeovers(off: _AbsentUnit) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield a title and an assignment for each zone that may take all of the one.

    Zones without a common border count only where none has one.
    """
    state, plan, zone = off.reading, off.plan, off.zone
    shut, cells = list_locked_zones(state.project, plan), state.basis.cells
    zones = [plan.assignment.get(sites[0]) for sites in cells.vertices]
    beside = {
        zones[other]
        for pair in cells.neighbors
        for one, other in (pair, pair[::-1])
        if zones[one] == zone.id
    }
    free = [other.id for other in off.rest if other.id not in shut]
    for taker in [key for key in free if key in beside] or free:
        yield f"{taker} takes all of {zone.id}", dict.fromkeys(plan.sites_of(zone.id), taker)


def _search_splits(off: _AbsentUnit, *, alone: bool) -> Iterator[Mapping[str, str]]:
    """Yield better and better assignments of the sites of all these zones to all but the one.

    With ``alone`` the sites of the other zones stay. Nothing comes where no tolerance works.
    """
    state, plan, rest = off.reading, off.plan, off.rest
    ids = {other.id for other in rest}
    stay = {site: home for site, home in plan.assignment.items() if home in ids}
    locks = {
        lock.key: lock for site in stay if alone for lock in (PlanLock(LockScope.SITE, site, ""),)
    }
    draft = replace(
        plan, zones=rest, assignment=stay, block_overrides={}, locks={**plan.locks, **locks}
    )
    tolerance = plan.tolerance
    for _ in range(_MOST_TRIES):
        try:
            for found in search_proposals(
                state.project,
                draft,
                state.basis,
                tolerance=tolerance,
                time_limit_s=off.seconds,
                keep_close_to=plan.assignment,
                weight=_STUDENT_MIN,
            ):
                yield found.plan.assignment
        except UserError as error:
            wider = find_workable_tolerance(error)
            if wider is None or not tolerance < wider < 1 - _SLACK:
                return
            tolerance = wider + _SLACK
        else:
            return
