"""Candidates: plans that searches found, with their figures, to try on, keep or throw away."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from zoneplanner.analysis.districting.plan_wishes import WishFigures, WishGauge
from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import PlanningBasis, count_students
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
from zoneplanner.messages import render_message


@dataclass(frozen=True, eq=False, slots=True)
class ScoredPlan:
    """One plan that a search found.

    ``run`` numbers the searches; ``units`` are planned units that its zones need; moves are
    counted from the plan named ``like``, and are 0 where there was none. ``drive_min`` is
    trip-minutes a day without what moved students and wishes cost in the search; ``response_min``
    the mean response to expect, None where nobody can answer; ``stands`` how it is with what
    planners ask beyond; ``uneven_shares`` that units of other areas carry far more or less.
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
    stands: WishFigures | None = None
    fair_load_min: Mapping[str, float] = field(default_factory=dict)
    uneven_shares: tuple[CheckFinding, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.proposal.plan


def search_plan_candidates(
    project: Project, plan: Plan, base: PlanningBasis, wish: SearchRequest, run: int
) -> Iterator[ScoredPlan]:
    """Search for better and better plans; ``project`` is as the plan sees it.

    Raises
    ------
    UserError
        As ``change_zone_count`` and the search do.
    """
    wider, draft = project, plan
    for agency, n in (wish.zones or {}).items():
        wider, draft = change_zone_count(wider, draft, agency, n)
    like = wish.near or _find_compared_plan(project, plan)
    found = search_proposals(
        wider,
        draft,
        base,
        tolerance=wish.tolerance,
        seed=wish.seed,
        time_limit_s=wish.time_limit_s,
        keep_close_to=wish.near_assignment,
        weight=wish.weight if wish.near else 0.0,
        wishes=wish.wishes,
    )
    units = list_added_units(project, wider)

    def candidates() -> Iterator[ScoredPlan]:
        gauge = WishGauge(build_problem(wider, draft, base), wider, draft, base)
        last: ScoredPlan | None = None
        for proposal in found:
            same = last is not None and last.plan.assignment == proposal.plan.assignment
            if last is not None and same:
                last = replace(last, proposal=proposal)
            else:
                last = _build_candidate(
                    wider, proposal, base, run=run, like=like, units=units, gauge=gauge
                )
            yield last

    return candidates()


@dataclass(frozen=True, eq=False, slots=True)
class ZoneCountResult:
    """The best plan found with so many zones of an agency; None where none was."""

    agency: str
    zones: int
    candidate: ScoredPlan | None

    @property
    def load_min(self) -> float | None:
        """Minutes a day that a zone of the agency carries on average."""
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
    """Search with one number of zones of an agency after the other, for the limit each.

    ``counts`` is the agency and the numbers.

    Raises
    ------
    UserError
        A number is below 1, or the agency has no zone in the plan.
    """
    agency, numbers = counts
    for n in numbers:
        last: ScoredPlan | None = None
        asked = replace(wish, zones={**(wish.zones or {}), agency: n})
        try:
            for each in search_plan_candidates(project, plan, base, asked, n):
                last = each
        except UserError as error:
            if "proven_infeasible" not in error.details:
                raise
        yield ZoneCountResult(agency, n, last)


def gauge_plan(state: ProjectState) -> tuple[float | None, WishFigures | None]:
    """Return the mean response to expect of the plan on screen, and how it stands otherwise."""
    project, plan, base = state.project, require_plan(state), state.basis
    standing = WishGauge(build_problem(project, plan, base), project, plan, base).measure(plan)
    return _expect_response(project, plan, base), standing


def describe_standing(response_min: float | None, standing: WishFigures) -> str:
    """Say in a sentence how a plan stands with what planners ask beyond the least drive."""
    facts = {
        "longest": standing.longest_drive_min,
        "border": standing.border_km,
        "response": response_min,
        "worst": standing.one_off_worst,
        "zone": standing.one_off_zone,
    }
    said = [render_message("standing", facts)]
    if response_min is not None:
        said.append(render_message("standing.response", facts))
    if standing.one_off_worst is not None:
        said.append(render_message("standing.one_off", facts))
    return " ".join(said)


def add_found_candidate(known: Sequence[ScoredPlan], new: ScoredPlan) -> tuple[ScoredPlan, ...]:
    """Return the candidates with a new one last; it replaces the same plan of the same run.

    What the new one tells of the least cost holds for all plans of its run.
    """
    bound = new.proposal.bound
    told = [_with_bound(each, bound) if each.run == new.run else each for each in known]
    last = told[-1] if told else None
    same = last is not None and last.run == new.run and last.plan.assignment == new.plan.assignment
    return (*(told[:-1] if same else told), new)


def save_candidate_plan(project: Project, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate as it is: added, or in place of the draft of its uid."""
    plan = _drop_missing_sites(project, candidate)
    return add_or_replace_draft(add_missing_units(project, candidate.units), plan)


def save_candidate_as_draft(
    project: Project, candidate: ScoredPlan, name: str, uid: str, *, at: datetime
) -> Project:
    """Return the project with a candidate as a draft of its own."""
    known = candidate.plan.uid in project.plans
    new = branch_plan(_drop_missing_sites(project, candidate), uid, name, at=at)
    plan = replace(new, parent=candidate.plan.uid if known else candidate.plan.parent)
    return add_plan(add_missing_units(project, candidate.units), plan)


def replace_draft_zones(project: Project, plan_uid: str, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate's zones in a draft that keeps its name, notes and locks.

    Raises
    ------
    UserError
        The plan is no draft, or the candidate moves a site that is locked in it.
    """
    draft = project.draft(plan_uid)
    seen = project.with_what_ifs(draft)
    after = overlay_candidate(project, draft, candidate)
    found = after.plans[draft.uid].assignment
    for site, zone in map_locked_sites(seen, draft).items():
        there = found.get(site)
        if there != zone:
            facts = {"rule": "locked", "site": site, "zone": zone, "home": there or "no zone"}
            raise UserError("site_locked.candidate", facts, name=seen.site(site).name)
    return after


def preview_candidate(project: Project, plan_uid: str | None, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate in a plan, or as one of its own where there is none."""
    plan = project.plans.get(plan_uid or "")
    if plan is None:
        return save_candidate_plan(project, candidate)
    return overlay_candidate(project, plan, candidate)


def overlay_candidate(project: Project, plan: Plan, candidate: ScoredPlan) -> Project:
    """Return the project with a candidate's zones in any plan, to be looked at and not kept.

    A site that the candidate does not know keeps its zone where that is still there.
    """
    return overlay_zones(project, plan, candidate.plan, candidate.units)


def _with_bound(candidate: ScoredPlan, bound: float) -> ScoredPlan:
    """Return a candidate with a bound that a search has shown since."""
    old = candidate.proposal
    if bound <= old.bound:
        return candidate
    proof = old.plan.proof
    plan = old.plan if proof is None else replace(old.plan, proof=replace(proof, bound=bound))
    gap = max(0.0, old.cost - bound) / old.cost if old.cost > 0 else 0.0
    proposal = replace(old, plan=plan, bound=bound, gap=gap, proven=gap <= PROVEN_GAP)
    return replace(candidate, proposal=proposal)


def _find_compared_plan(project: Project, plan: Plan) -> Plan:
    """Return the plan that moves are counted from: for a draft not kept yet, what it is of."""
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
    figures = compute_plan_measures(project, proposal.plan, base, {})
    old, new = like.assignment, proposal.plan.assignment
    moved = [site for site in base.sites if site.id in old and old[site.id] != new.get(site.id)]
    return ScoredPlan(
        run=run,
        proposal=proposal,
        units=units,
        like=like.name if old else "",
        drive_min=figures.cost,
        worst_deviation=figures.worst_deviation,
        sites_moved=len(moved),
        students_moved=sum(count_students(site, project.assumptions) for site in moved),
        response_min=_expect_response(project, proposal.plan, base),
        stands=gauge.measure(proposal.plan),
        fair_load_min=_list_fair_loads(project, proposal.plan, base),
        uneven_shares=tuple(
            find_uneven_shares(
                project,
                proposal.plan,
                {key: zone.target_min for key, zone in figures.zones.items()},
            )
        ),
    )


def _expect_response(project: Project, plan: Plan, base: PlanningBasis) -> float | None:
    """Return the mean response to expect in minutes; None where nobody can answer."""
    # the model takes longer to import than most commands take
    from zoneplanner.analysis.response_times.expected_response import compute_expected_response

    try:
        return compute_expected_response(project, plan, base).mean_response_min
    except UserError:
        return None


def _list_fair_loads(project: Project, plan: Plan, base: PlanningBasis) -> dict[str, float]:
    """Return the minutes a day that a zone of each agency carries on average."""
    loads, zones = base.list_loads_min(), Counter[str]()
    total: dict[str, float] = {}
    agency_of = {zone.id: project.units[zone.unit].agency for zone in plan.zones}
    zones.update(agency_of.values())
    for site, zone in plan.assignment.items():
        if site in loads and zone in agency_of:
            agency = agency_of[zone]
            total[agency] = total.get(agency, 0.0) + loads[site]
    return {agency: load / zones[agency] for agency, load in total.items()}


def _drop_missing_sites(project: Project, candidate: ScoredPlan) -> Plan:
    """Return the candidate's plan without sites that are gone from the project since."""
    plan = candidate.plan
    patrolled = {site.id for site in project.with_what_ifs(plan).patrolled}
    known = {site: zone for site, zone in plan.assignment.items() if site in patrolled}
    return plan if len(known) == len(plan.assignment) else replace(plan, assignment=known)
