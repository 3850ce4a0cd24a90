"""Answers to a what-if about zones: other zones, and what they cost beside today's."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from zoneplanner.analysis.demand.site_load import count_students
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response.conditions import ResponseConditions
from zoneplanner.analysis.response.expected_response import (
    compute_expected_response,
)
from zoneplanner.app.plans.candidates import ScoredPlan, search_plan_candidates
from zoneplanner.app.plans.optimization import SearchRequest
from zoneplanner.app.plans.what_if import branch_what_if, edit_what_if
from zoneplanner.app.plans.zone_counts import count_zones
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.edits import add_missing_units, overlay_zones
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError


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
    progress = ZoneOptions(words, plan, today, task="Searching for the best split")
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
