"""Candidates: plans found by searches, with their figures, to preview, save or discard."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from zoneplanner.analysis.districting.plan_wishes import WishFigures, WishGauge
from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.plans.zone_counts import change_zone_count, list_added_units
from zoneplanner.app.plans.zone_proposals import (
    PlanProposal,
    SearchRequest,
    add_or_replace_draft,
    build_problem,
    search_proposals,
)
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.checks import CheckFinding, find_uneven_shares
from zoneplanner.domain.plans.edits import (
    add_missing_units,
    add_plan,
    branch_plan,
    map_locked_sites,
    overlay_zones,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all


@dataclass(frozen=True, eq=False, slots=True)
class ScoredPlan:
    """One plan that a search found.

    ``run`` is the number of the search; ``units`` are the planned units that its zones need. Moves
    are counted from the plan named ``like`` and are 0 if there was none. ``drive_min`` is
    trip-minutes a day, without the cost of moved students and wishes in the search.
    ``response_min`` is the expected mean response, or None if no unit can answer. ``wish_figures``
    measure planners' other wishes. ``uneven_shares`` are units of other areas that carry far more
    or less work.
    """

    run: int
    proposal: PlanProposal
    units: Mapping[str, Unit]
    like: str
    drive_min: float
    worst_deviation: float
    sites_moved: int
    students_moved: int
    response_min: float | None = None
    wish_figures: WishFigures | None = None
    fair_load_min: Mapping[str, float] = field(default_factory=dict)
    uneven_shares: tuple[CheckFinding, ...] = ()

    @property
    def plan(self) -> Plan:
        """The candidate's plan."""
        return self.proposal.plan


def search_plan_candidates(
    project: Project, plan: Plan, base: PlanningBasis, wish: SearchRequest, run: int
) -> Iterator[ScoredPlan]:
    """Search for better and better plans; ``project`` includes the plan's what-ifs.

    Raises
    ------
    UserError
        As ``change_zone_count`` and the search do.
    """
    wider, draft = project, plan
    for agency, n in (wish.zones or {}).items():
        wider, draft = change_zone_count(wider, draft, agency, n)
    like = wish.near or _find_compared_plan(project, plan)
    proposals = search_proposals(wider, draft, base, wish)
    units = list_added_units(project, wider)

    def score_proposals() -> Iterator[ScoredPlan]:
        gauge = WishGauge(build_problem(wider, draft, base), wider, draft, base)
        last: ScoredPlan | None = None
        for proposal in proposals:
            if last is not None and last.plan.assignment == proposal.plan.assignment:
                last = replace(last, proposal=proposal)
            else:
                last = _build_candidate(
                    wider, proposal, base, run=run, like=like, units=units, gauge=gauge
                )
            yield last

    return score_proposals()


@dataclass(frozen=True, eq=False, slots=True)
class ZoneCountResult:
    """The best plan found with a number of zones of an agency, or None if none was found."""

    agency: str
    zones: int
    candidate: ScoredPlan | None

    @property
    def load_min(self) -> float | None:
        """The average load of the agency's zones in minutes a day."""
        if self.candidate is None:
            return None
        return self.candidate.fair_load_min.get(self.agency)


def search_zone_counts(
    project: Project,
    plan: Plan,
    base: PlanningBasis,
    wish: SearchRequest,
    counts: tuple[str, Sequence[int]],
) -> Iterator[ZoneCountResult]:
    """Search with each number of zones of an agency in turn, each for the time limit.

    ``counts`` is the agency and the numbers of zones.

    Raises
    ------
    UserError
        A number is below 1, or the agency has no zone in the plan.
    """
    agency, numbers = counts
    for n in numbers:
        last: ScoredPlan | None = None
        request = replace(wish, zones={**(wish.zones or {}), agency: n})
        try:
            for candidate in search_plan_candidates(project, plan, base, request, n):
                last = candidate
        except UserError as error:
            if "proven_infeasible" not in error.details:
                raise
        yield ZoneCountResult(agency, n, last)


def gauge_plan(state: ProjectState) -> tuple[float | None, WishFigures | None]:
    """Return the plan on screen's expected mean response in minutes, and its wish figures."""
    project, plan, base = state.project, require_plan(state), state.basis
    figures = WishGauge(build_problem(project, plan, base), project, plan, base).measure(plan)
    return _expect_response(project, plan, base), figures


def describe_wish_figures(response_min: float | None, figures: WishFigures) -> str:
    """Describe how well a plan meets planners' wishes other than the shortest drive."""
    facts = {
        "longest": figures.longest_drive_min,
        "border": figures.border_km,
        "response": response_min,
        "worst": figures.one_off_worst,
        "zone": figures.one_off_zone,
    }
    sentences = [Message("standing", **facts)]
    if response_min is not None:
        sentences.append(Message("standing.response", **facts))
    if figures.one_off_worst is not None:
        sentences.append(Message("standing.one_off", **facts))
    return say_all(sentences)


def add_found_candidate(known: Sequence[ScoredPlan], new: ScoredPlan) -> tuple[ScoredPlan, ...]:
    """Return the candidates with a new one last, in place of the last if its plan is the same.

    The new one's bound applies to all candidates of its run.
    """
    bound = new.proposal.bound
    updated = [_with_bound(each, bound) if each.run == new.run else each for each in known]
    if updated:
        last = updated[-1]
        if last.run == new.run and last.plan.assignment == new.plan.assignment:
            updated.pop()
    return (*updated, new)


def save_candidate_plan(project: Project, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate's plan added, or in place of the draft with its uid."""
    plan = _drop_missing_sites(project, candidate)
    return add_or_replace_draft(add_missing_units(project, candidate.units), plan)


def save_candidate_as_draft(
    project: Project, candidate: ScoredPlan, name: str, uid: str, *, at: datetime
) -> Project:
    """Return the project with a candidate as a separate draft."""
    is_known = candidate.plan.uid in project.plans
    new = branch_plan(_drop_missing_sites(project, candidate), uid, name, at=at)
    plan = replace(new, parent=candidate.plan.uid if is_known else candidate.plan.parent)
    return add_plan(add_missing_units(project, candidate.units), plan)


def replace_draft_zones(project: Project, plan_uid: str, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate's zones in a draft; its name, notes and locks stay.

    Raises
    ------
    UserError
        The plan is not a draft, or the candidate moves a site that is locked in it.
    """
    draft = project.draft(plan_uid)
    supposed = project.with_what_ifs(draft)
    after = overlay_candidate(project, draft, candidate)
    assignment = after.plans[draft.uid].assignment
    for site, zone in map_locked_sites(supposed, draft).items():
        home = assignment.get(site)
        if home != zone:
            facts = {"rule": "locked", "site": site, "zone": zone, "home": home or "no zone"}
            raise UserError("site_locked.candidate", facts, name=supposed.site(site).name)
    return after


def preview_candidate(project: Project, plan_uid: str | None, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate in a plan, or added if there is no such plan."""
    plan = project.plans.get(plan_uid or "")
    if plan is None:
        return save_candidate_plan(project, candidate)
    return overlay_candidate(project, plan, candidate)


def overlay_candidate(project: Project, plan: Plan, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate's zones in any plan, to be shown but not saved.

    A site that the candidate does not include keeps its zone if the zone still exists.
    """
    return overlay_zones(project, plan, candidate.plan, candidate.units)


def _with_bound(candidate: ScoredPlan, bound: float) -> ScoredPlan:
    """Return a candidate with a bound that its search has proven since."""
    old = candidate.proposal
    if bound <= old.bound:
        return candidate
    proof = old.plan.proof
    plan = old.plan if proof is None else replace(old.plan, proof=replace(proof, bound=bound))
    gap = max(0.0, old.cost - bound) / old.cost if old.cost > 0 else 0.0
    proposal = replace(old, plan=plan, bound=bound, gap=gap, proven=gap <= PROVEN_GAP)
    return replace(candidate, proposal=proposal)


def _find_compared_plan(project: Project, plan: Plan) -> Plan:
    """Return the plan that moves are counted from: an unsaved draft's parent, else the plan."""
    return plan if plan.uid in project.plans else project.plans.get(plan.parent or "", plan)


def _build_candidate(
    project: Project,
    proposal: PlanProposal,
    base: PlanningBasis,
    *,
    run: int,
    like: Plan,
    units: Mapping[str, Unit],
    gauge: WishGauge,
) -> ScoredPlan:
    plan = proposal.plan
    figures = compute_plan_measures(project, plan, base, {})
    old, new = like.assignment, plan.assignment
    moved = [site for site in base.sites if site.id in old and old[site.id] != new.get(site.id)]
    return ScoredPlan(
        run=run,
        proposal=proposal,
        units=units,
        like=like.name if old else "",
        drive_min=figures.cost,
        worst_deviation=figures.worst_deviation,
        sites_moved=len(moved),
        students_moved=sum(project.count_students(site) for site in moved),
        response_min=_expect_response(project, plan, base),
        wish_figures=gauge.measure(plan),
        fair_load_min=_list_fair_loads(project, plan, base),
        uneven_shares=tuple(
            find_uneven_shares(
                project, plan, {key: zone.target_min for key, zone in figures.zones.items()}
            )
        ),
    )


def _expect_response(project: Project, plan: Plan, base: PlanningBasis) -> float | None:
    """Return the expected mean response in minutes, or None if no unit can answer."""
    # the model takes longer to import than most commands take
    from zoneplanner.analysis.response_times.expected_response import compute_expected_response

    try:
        return compute_expected_response(project, plan, base).mean_response_min
    except UserError:
        return None


def _list_fair_loads(project: Project, plan: Plan, base: PlanningBasis) -> dict[str, float]:
    """Return the average load of a zone of each agency in minutes a day."""
    loads, total = base.list_loads_min(), defaultdict[str, float](float)
    agency_of = {zone.id: project.units[zone.unit].agency for zone in plan.zones}
    zones = Counter(agency_of.values())
    for site, zone in plan.assignment.items():
        if site in loads and zone in agency_of:
            total[agency_of[zone]] += loads[site]
    return {agency: load / zones[agency] for agency, load in total.items()}


def _drop_missing_sites(project: Project, candidate: ScoredPlan) -> Plan:
    """Return the candidate's plan without sites that are no longer patrolled."""
    plan = candidate.plan
    patrolled = {site.id for site in project.with_what_ifs(plan).patrolled}
    known = {site: zone for site, zone in plan.assignment.items() if site in patrolled}
    return plan if len(known) == len(plan.assignment) else replace(plan, assignment=known)
