"""Options for a what-if about zones, and what each costs compared with the current plan.

The what-ifs are another number of zones, and a unit that is off for a day.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from zoneplanner.analysis.measures.plan_measures import (
    compute_plan_measures,
    find_primary_jurisdictions,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.expected_response import (
    compute_expected_response,
)
from zoneplanner.app.plans.candidates import ScoredPlan, search_plan_candidates
from zoneplanner.app.plans.what_if import branch_what_if, edit_what_if
from zoneplanner.app.plans.zone_counts import count_zones
from zoneplanner.app.plans.zone_proposals import (
    SearchRequest,
    find_workable_tolerance,
    search_proposals,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.edits import (
    add_missing_units,
    describe_lock_reason,
    find_zone_lock,
    list_locked_zones,
    map_locked_sites,
    overlay_zones,
    remove_zones,
)
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class PlanCost:
    """The cost of a plan: minutes of drive a day, the worst deviation, the expected response.

    ``within`` is the share of calls answered within the target. Both response figures are None if
    no unit can answer or there are no calls.
    """

    drive_min: float
    worst_deviation: float
    response_min: float | None
    within: float | None


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOption:
    """Zones that answer a what-if; changes are counted from the plan it is about.

    ``more_min`` is how much longer its drive is a day than the current plan's; ``units`` are the
    planned units that its zones need.
    """

    title: Message
    plan: Plan
    cost: PlanCost
    more_min: float
    sites_changed: int
    students_changed: int
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOptions:
    """The options found so far, the one with the shortest drive first.

    ``words`` name the plan that an option is saved as. ``cost_if_idle`` is the cost if nothing is
    done about an absent unit. ``task`` is what is being searched for, None at the end; ``part``
    is its progress, 0 to 1.
    """

    words: str
    start: Plan
    today: PlanCost
    cost_if_idle: PlanCost | None = None
    found: tuple[ZoneOption, ...] = ()
    task: Message | None = None
    part: float = 0.0

    def with_option(self, option: ZoneOption) -> "ZoneOptions":
        """Return the options with one more, unless one of them has the same zones."""
        if any(option.plan.assignment == other.plan.assignment for other in self.found):
            return self
        found = sorted((*self.found, option), key=lambda each: (each.more_min, str(each.title)))
        return replace(self, found=tuple(found))

    @property
    def done(self) -> bool:
        """Whether the search has ended."""
        return self.task is None


def measure_plan_cost(
    project: Project, plan: Plan, basis: PlanningBasis, *, without: Collection[str] = ()
) -> PlanCost:
    """Return the cost of a plan while the units in ``without`` are off."""
    figures = compute_plan_measures(project, plan, basis, {})
    mean_min = share = None
    with suppress(UserError):  # nobody can answer
        conditions = ResponseConditions(units_off=without)
        response = compute_expected_response(project, plan, basis, under=conditions)
        mean_min, share = response.mean_response_min, response.share_within_target
    return PlanCost(figures.cost, figures.worst_deviation, mean_min, share)


def build_zone_option(
    state: ProjectState,
    today: PlanCost,
    title: Message,
    after: Plan,
    *,
    units: Mapping[str, Unit] | None = None,
    without: Collection[str] = (),
) -> ZoneOption:
    """Return a plan as an option in place of the plan on screen."""
    before, units = require_plan(state), dict(units or {})
    project = add_missing_units(state.project, units)
    cost = measure_plan_cost(project, after, state.basis, without=without)
    moved = [
        site
        for site in state.basis.sites
        if before.assignment.get(site.id) != after.assignment.get(site.id)
    ]
    return ZoneOption(
        title=title,
        plan=replace(after, proof=None),
        cost=cost,
        more_min=cost.drive_min - today.drive_min,
        sites_changed=len(moved),
        students_changed=sum(project.count_students(site) for site in moved),
        units=units,
    )


def overlay_zone_option(project: Project, plan_uid: str, option: ZoneOption) -> Project:
    """Return the project with an option's zones in a plan, for a preview or to be saved.

    Sites that the option does not include keep their zone if it still exists. A plan that was
    deleted in the meantime is a UserError.
    """
    plan = project.plans.get(plan_uid)
    if plan is None:
        raise UserError("plan_deleted")
    return overlay_zones(project, plan, option.plan, option.units)


def save_zone_option(session: Session, options: ZoneOptions, option: ZoneOption) -> Plan:
    """Save an option in a what-if, as one step, and return that plan.

    It is saved in the what-if on screen if the options are about it and it has not changed, else in
    a branch of the plan they are about.
    """
    edit = partial(overlay_zone_option, option=option)
    if session.plan is options.start:
        return edit_what_if(session, options.words, edit)
    return branch_what_if(session, options.start, options.words, edit)


_SEARCH_S = 12.0


def search_zone_count_options(
    state: ProjectState, agency: str, n: int, *, seconds: float = _SEARCH_S
) -> Iterator[ZoneOptions]:
    """Return an iterator of successively better plans with ``n`` zones of an agency.

    Raises
    ------
    UserError
        There is no plan, it already has ``n``, or ``change_zone_count`` or the search fails.
    """
    plan = require_plan(state)
    if count_zones(state.project, plan).get(agency) == n:
        raise UserError("zone_count_unchanged", agency=agency, n=n, plan=plan.name)
    known = state.project.agencies.get(agency)
    wished = Message("zone_option.count", n=n, agency=known.short if known else agency)
    wish = SearchRequest(plan.tolerance, zones={agency: n}, time_limit_s=seconds)
    candidates = search_plan_candidates(state.project, plan, state.basis, wish, 1)
    return _search_options(state, candidates, wished, seconds)


def _search_options(
    state: ProjectState, candidates: Iterator[ScoredPlan], wished: Message, seconds: float
) -> Iterator[ZoneOptions]:
    plan = require_plan(state)
    today = measure_plan_cost(state.project, plan, state.basis)
    progress = ZoneOptions(str(wished), plan, today, task=Message("zone_search.best"))
    yield progress
    for candidate in candidates:
        option = build_zone_option(state, today, wished, candidate.plan, units=candidate.units)
        part = 1.0 if candidate.proposal.proven else candidate.proposal.seconds / seconds
        progress = replace(progress, found=(option,), part=min(part, 1.0))
        yield progress
    if not progress.found:
        raise UserError("no_plan_found", wish=wished, seconds=seconds)
    yield replace(progress, task=None, part=1.0)


_STUDENT_MIN = 1.0
"""Trip-minutes that moving a student costs in a split: more than any drive that it saves."""

_ABSENCE_SEARCH_S = 3.0
_MAX_TRIES = 3
_SLACK = 1e-6


def search_unit_absence_options(
    state: ProjectState, zone_id: str, *, on: date | None = None, seconds: float = _ABSENCE_SEARCH_S
) -> Iterator[ZoneOptions]:
    """Return an iterator of options for a zone whose unit is off.

    A neighboring zone of its kind takes the whole zone; or all zones are divided again so that few
    students move, within the plan's tolerance or the smallest one that works; or only its sites are
    divided among the others. Each search takes up to ``seconds``, several times as long if the
    tolerance must be widened.

    Raises
    ------
    UserError
        There is no plan, no other zone may include the sites, or a lock keeps them in the zone.
    """
    plan = require_plan(state)
    zone = plan.zone(zone_id)
    rest = _list_substitute_zones(state.project, plan, zone)
    _check_not_locked(state.project, plan, zone)
    words = f"{zone.id} off{f' on {on}' if on else ''}"
    return _search_absence_options(_AbsentUnit(state, plan, zone, rest, seconds), words)


@dataclass(frozen=True, eq=False, slots=True)
class _AbsentUnit:
    """The zone whose unit is off, and the other zones of its kind."""

    state: ProjectState
    plan: Plan
    zone: Zone
    rest: tuple[Zone, ...]
    seconds: float


def _search_absence_options(off: _AbsentUnit, words: str) -> Iterator[ZoneOptions]:
    state, plan, zone = off.state, off.plan, off.zone
    today = measure_plan_cost(state.project, plan, state.basis)
    progress = ZoneOptions(
        words=words,
        start=plan,
        today=today,
        cost_if_idle=measure_plan_cost(state.project, plan, state.basis, without=(zone.unit,)),
        task=Message("zone_search.neighbors"),
        part=0.05,
    )
    yield progress
    for title, assignment in _list_takeovers(off):
        after = remove_zones(plan.with_assignments(assignment), {zone.id})
        progress = progress.with_option(build_zone_option(state, today, title, after))
    own = plan.sites_of(zone.id)
    for part, code, others_stay in ((0.15, "again", False), (0.55, "split", True)):
        progress = replace(progress, task=Message(f"zone_search.{code}"), part=part)
        yield progress
        best: Mapping[str, str] = {}
        for assignment in _search_splits(off, others_stay=others_stay) if own else ():
            best = assignment
            yield progress  # a person may stop the search here
        if best:
            after = remove_zones(plan.with_assignments(best), {zone.id})
            progress = progress.with_option(
                build_zone_option(
                    state, today, _describe_split(f"zone_option.{code}", off, best), after
                )
            )
    yield replace(progress, task=None, part=1.0)


def _describe_split(code: str, off: _AbsentUnit, assignment: Mapping[str, str]) -> Message:
    own = set(off.plan.sites_of(off.zone.id))
    takers = sorted({assignment[site] for site in own if site in assignment})
    others = sum(
        off.plan.assignment.get(site) != zone
        for site, zone in assignment.items()
        if site not in own
    )
    more = Message("zone_option.others_move", n=others) if others else ""
    return Message(code, takers=takers, more=more)


def _list_substitute_zones(project: Project, plan: Plan, zone: Zone) -> tuple[Zone, ...]:
    """Return the other zones whose units may serve the same sites; UserError if there are none."""
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


def _check_not_locked(project: Project, plan: Plan, zone: Zone) -> None:
    """Raise a UserError if a lock keeps sites in the zone that is to be removed."""
    lock = find_zone_lock(project, plan, zone.id)
    if lock is not None:
        raise UserError("zone_locked.unit_off", zone=zone.id, why=describe_lock_reason(lock))
    homes = map_locked_sites(project, plan)
    names = [project.site(site).name for site, home in homes.items() if home == zone.id]
    if names:
        raise UserError("sites_locked.unit_off", sites=names, zone=zone.id)


def _list_takeovers(off: _AbsentUnit) -> Iterator[tuple[Message, Mapping[str, str]]]:
    """Yield a title and an assignment for each zone that may take all sites of the zone.

    Zones without a common border count only if no zone has one.
    """
    state, plan, zone = off.state, off.plan, off.zone
    locked, cells = list_locked_zones(state.project, plan), state.basis.cells
    zones = [plan.assignment.get(sites[0]) for sites in cells.vertices]
    adjacent = {
        zones[other]
        for pair in cells.neighbors
        for one, other in (pair, pair[::-1])
        if zones[one] == zone.id
    }
    free = [other.id for other in off.rest if other.id not in locked]
    for taker in [key for key in free if key in adjacent] or free:
        title = Message("zone_option.takes_all", taker=taker, zone=zone.id)
        yield title, dict.fromkeys(plan.sites_of(zone.id), taker)


def _search_splits(off: _AbsentUnit, *, others_stay: bool) -> Iterator[Mapping[str, str]]:
    """Yield successively better assignments of all sites to the other zones.

    With ``others_stay`` the sites of the other zones do not move. Yields nothing if no tolerance
    works.
    """
    state, plan, rest = off.state, off.plan, off.rest
    ids = {other.id for other in rest}
    stay = {site: home for site, home in plan.assignment.items() if home in ids}
    locks = {
        lock.key: lock
        for lock in (PlanLock(LockScope.SITE, site, "") for site in stay)
        if others_stay
    }
    draft = replace(
        plan, zones=rest, assignment=stay, block_overrides={}, locks={**plan.locks, **locks}
    )
    wish = SearchRequest(plan.tolerance, plan, _STUDENT_MIN, time_limit_s=off.seconds)
    for _ in range(_MAX_TRIES):
        try:
            for proposal in search_proposals(state.project, draft, state.basis, wish):
                yield proposal.plan.assignment
        except UserError as error:
            wider = find_workable_tolerance(error)
            if wider is None or not wish.tolerance < wider < 1 - _SLACK:
                return
            wish = replace(wish, tolerance=wider + _SLACK)
        else:
            return
