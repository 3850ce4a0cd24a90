"""Answers to a what-if about zones: other zones, and what they cost beside today's.

A unit that is off for a day: who takes its zone, and what each answer costs.
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
from zoneplanner.analysis.planning_basis import PlanningBasis, count_students
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
from zoneplanner.messages import join_names


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What a plan costs: minutes of drive a day, the worst deviation, the response to expect.

    ``within`` is the share of calls met within the target. The response is None where there is
    nobody to answer or no call.
    """

    drive_min: float
    worst_deviation: float
    response_min: float | None
    within: float | None


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOption:
    """Zones that answer a what-if; changes are counted from the plan that was asked about.

    ``more_min`` is its drive less today's, a day; ``units`` are planned units that its zones need.
    """

    title: str
    plan: Plan
    cost: PlanCost
    more_min: float
    sites_changed: int
    students_changed: int
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOptions:
    """What is known so far, the answer with the least drive first.

    ``words`` name the plan that one is kept as. ``idle`` is the cost where nothing is done about
    a unit that is off. ``doing`` says what is looked for now, empty at the end; ``part`` how far
    that is, 0 to 1.
    """

    words: str
    start: Plan
    today: PlanCost
    cost_if_idle: PlanCost | None = None
    found: tuple[ZoneOption, ...] = ()
    task: str = ""
    part: float = 0.0

    def with_progress(self, doing: str, part: float) -> "ZoneOptions":
        """Return these answers while something else is looked for."""
        return replace(self, task=doing, part=part)

    def with_answer(self, answer: ZoneOption) -> "ZoneOptions":
        """Return the answers with one more, unless it has the zones of one that is there."""
        same = (answer.plan.assignment == other.plan.assignment for other in self.found)
        if any(same):
            return self
        found = sorted((*self.found, answer), key=lambda each: (each.more_min, each.title))
        return replace(self, found=tuple(found))

    @property
    def done(self) -> bool:
        """True once nothing is looked for any more."""
        return not self.task


def measure_plan_cost(
    project: Project, plan: Plan, basis: PlanningBasis, *, without: Collection[str] = ()
) -> PlanCost:
    """Return what a plan costs while the units in ``without`` are off."""
    figures = compute_plan_measures(project, plan, basis, {})
    mean_min = share = None
    with suppress(UserError):  # nobody can answer
        under = ResponseConditions(units_off=without)
        response = compute_expected_response(project, plan, basis, under=under)
        mean_min, share = response.mean_response_min, response.share_within_target
    return PlanCost(figures.cost, figures.worst_deviation, mean_min, share)


def build_zone_option(
    state: ProjectState,
    today: PlanCost,
    title: str,
    after: Plan,
    *,
    units: Mapping[str, Unit] | None = None,
    without: Collection[str] = (),
) -> ZoneOption:
    """Return a plan as an answer about the plan that is read."""
    before, new = require_plan(state), dict(units or {})
    project = add_missing_units(state.project, new)
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
        students_changed=sum(count_students(site, project.assumptions) for site in moved),
        units=new,
    )


def overlay_zone_option(project: Project, plan_uid: str, answer: ZoneOption) -> Project:
    """Return the project with an answer's zones in a plan, to be looked at or kept.

    Sites that the answer does not know keep their zone where it is still there. A plan that was
    deleted meanwhile is a UserError.
    """
    plan = project.plans.get(plan_uid)
    if plan is None:
        raise UserError("plan_deleted")
    return overlay_zones(project, plan, answer.plan, answer.units)


def save_zone_option(session: Session, answers: ZoneOptions, answer: ZoneOption) -> Plan:
    """Keep an answer in a what-if, as one step, and return that plan.

    It goes into the what-if on screen where that is what was asked about, as it was then; else
    into a branch of the plan that was.
    """
    edit = partial(overlay_zone_option, answer=answer)
    if session.plan is answers.start:
        return edit_what_if(session, answers.words, edit)
    return branch_what_if(session, answers.start, answers.words, edit)


_SEARCH_S = 12.0


def search_zone_count_options(
    state: ProjectState, agency: str, n: int, *, seconds: float = _SEARCH_S
) -> Iterator[ZoneOptions]:
    """Return an iterator of better and better plans with ``n`` zones of an agency.

    Raises
    ------
    UserError
        There is no plan, it has that many, or ``change_zone_count`` or the search refuses.
    """
    plan = require_plan(state)
    if count_zones(state.project, plan).get(agency) == n:
        raise UserError("zone_count_unchanged", agency=agency, n=n, plan=plan.name)
    known = state.project.agencies.get(agency)
    words = f"{_format_zone_count(n)} of {known.short if known else agency}"
    wish = SearchRequest(plan.tolerance, zones={agency: n}, time_limit_s=seconds)
    found = search_plan_candidates(state.project, plan, state.basis, wish, 1)
    return _search_options(state, found, words, seconds)


def _search_options(
    state: ProjectState, found: Iterator[ScoredPlan], words: str, seconds: float
) -> Iterator[ZoneOptions]:
    plan = require_plan(state)
    today = measure_plan_cost(state.project, plan, state.basis)
    progress = ZoneOptions(words, plan, today, task="Searching for the best zones")
    yield progress
    for candidate in found:
        answer = build_zone_option(state, today, words, candidate.plan, units=candidate.units)
        part = 1.0 if candidate.proposal.proven else candidate.proposal.seconds / seconds
        progress = ZoneOptions(
            words, plan, today, found=(answer,), task=progress.task, part=min(part, 1.0)
        )
        yield progress
    if not progress.found:
        raise UserError("no_plan_found", wish=words, seconds=seconds)
    yield progress.with_progress("", 1.0)


def _format_zone_count(n: int) -> str:
    return f"{n} zone{'' if n == 1 else 's'}"


_STUDENT_MIN = 1.0
"""Trip-minutes that moving a student weighs in a split: more than any drive that it saves."""

_ABSENCE_SEARCH_S = 3.0
_MOST_TRIES = 3
_SLACK = 1e-6


def search_unit_absence_options(
    state: ProjectState, zone_id: str, *, on: date | None = None, seconds: float = _ABSENCE_SEARCH_S
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
    return _search_absence_options(_AbsentUnit(state, plan, zone, rest, seconds), words)


@dataclass(frozen=True, eq=False, slots=True)
class _AbsentUnit:
    """The zone whose unit is off, and the other zones of its kind."""

    reading: ProjectState
    plan: Plan
    zone: Zone
    rest: tuple[Zone, ...]
    seconds: float


def _search_absence_options(off: _AbsentUnit, words: str) -> Iterator[ZoneOptions]:
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
        (0.15, "Re-split", "Dividing the zones again", False),
        (0.55, "Split", "Dividing its sites among the other zones", True),
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
