"""The cost of each rule of a plan: the best plan with it compared with the best one without.

A printed page shows the prices of a plan's rules to a board.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoneplanner.analysis.districting.plan_search import search_plans
from zoneplanner.analysis.districting.plan_wishes import compute_plan_cost
from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.districting.problem_builder import index_plan_zones
from zoneplanner.analysis.measures.plan_measures import subtract_as_shown
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.coverage.demand import describe_plan_sensitivity, judge_plan_sensitivity
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.plans.zone_proposals import (
    PlanProposal,
    SearchRequest,
    build_problem,
    describe_proof,
    find_plan_bound,
)
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.publish.documents.rule_price_page import (
    PrintedPrice,
    RulePrices,
    build_price_page,
)
from zoneplanner.publish.handout import PrintedProof
from zoneplanner.publish.pdf.charts import ChartPoint
from zoneplanner.publish.pdf.page import Booklet, render_pdf

if TYPE_CHECKING:
    from zoneplanner.analysis.districting.problem import DistrictingProblem, SearchCandidate


_ANY_TOLERANCE = 0.99  # almost none: each zone has at least a hundredth of its fair share
FRONTIER_TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class RulePrice:
    """The cost of a rule, in trip-minutes a day.

    ``rule`` is tolerance, jurisdiction, closeness, a wish (robust, one_off, max_drive, shape) or
    the key of a lock. ``cost_without`` is the cost of the best plan found without the rule and
    ``bound_without`` a lower bound on such plans; both are None if none was found or none is within
    the tolerance. ``price`` is the difference from the plan with the rule, proven to be between
    ``least`` and ``most``. For one_off and shape, all costs are without the wish: the drive of a
    usual day.
    """

    rule: str
    name: str
    cost_without: float | None
    bound_without: float | None
    price: float | None
    least: float | None
    most: float | None

    @property
    def as_written(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Cost without the rule, price, least and most for a table, to a tenth.

        They add up, because each difference is computed from rounded figures.
        """
        if self.cost_without is None or self.price is None:
            return None, None, None, None
        assert self.least is not None and self.most is not None
        without, cost = self.cost_without, self.cost_without + self.price
        least = subtract_as_shown(without, without + self.least, 1)
        most = subtract_as_shown(cost - self.most, cost, 1)
        return round(without, 1), subtract_as_shown(without, cost, 1), least, most


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The cost of the best plan found at a tolerance, and a lower bound, or None without a plan."""

    tolerance: float
    cost: float | None
    bound: float | None


def propose_present_plan(state: ProjectState) -> PlanProposal:
    """Return the plan on screen, which must break no rule, with the bound known for it.

    If no bound is known yet, this takes a second at a thousand sites.
    """
    plan, figures = require_plan(state), state.figures
    assert figures is not None
    proof = state.proof or find_plan_bound(state, lambda part, text: None)
    bound = min(proof.bound, figures.cost)
    gap = (figures.cost - bound) / figures.cost if figures.cost > 0 else 0.0
    return PlanProposal(plan, figures.cost, bound, gap, gap <= PROVEN_GAP, 0.0)


def price_rules(
    project: Project, found: PlanProposal, basis: PlanningBasis, wish: SearchRequest
) -> Iterator[RulePrice]:
    """Search without each rule in turn, each for the time limit, and yield the rule's price.

    ``found`` is the plan with all rules. ``wish`` is the request it was searched with, which counts
    in its cost and in the cost without another rule.
    """
    for rule, name, problem in _list_problems_without(project, found.plan, basis, wish):
        best = _search(problem, wish)
        cost, bound = found.cost, found.bound
        if rule in {"one_off", "shape"}:  # they add to the cost: compare it without the wish
            assignment = index_plan_zones(project, found.plan, basis.cells)
            cost = bound = compute_plan_cost(problem, assignment)
        yield _make_price(rule, name, cost, bound, best)


def trace_frontier(
    project: Project,
    found: PlanProposal,
    basis: PlanningBasis,
    wish: SearchRequest,
    tolerances: Sequence[float] = FRONTIER_TOLERANCES,
) -> Iterator[FrontierPoint]:
    """Search at each tolerance in turn, each for the time limit: drive against balance.

    The tolerance of ``found`` is among them. Results carry over: a plan to every wider tolerance,
    a bound to every narrower one.
    """
    plan = found.plan
    known = [FrontierPoint(plan.tolerance, found.cost, found.bound)]
    for tolerance in tolerances:
        if abs(tolerance - plan.tolerance) > 1e-9:
            other = replace(plan, tolerance=tolerance)
            problem = build_problem(project, other, basis, wish, start_from=plan.assignment)
            best = _search(problem, wish)
            figures = (None, None) if best is None else (best.cost, best.bound)
            known.append(FrontierPoint(tolerance, *figures))
    yield from _make_monotonic(sorted(known, key=lambda point: point.tolerance))


def _make_monotonic(points: Sequence[FrontierPoint]) -> list[FrontierPoint]:
    """Carry over cheaper plans from narrower tolerances and higher bounds from wider ones."""
    costs = [np.inf if point.cost is None else point.cost for point in points]
    bounds = [-np.inf if point.bound is None else point.bound for point in points]
    least = np.minimum.accumulate(costs).tolist()
    most = np.maximum.accumulate(bounds[::-1])[::-1].tolist()
    return [
        point if cost == np.inf else FrontierPoint(point.tolerance, cost, min(bound, cost))
        for point, cost, bound in zip(points, least, most, strict=True)
    ]


def _search(problem: "DistrictingProblem", wish: SearchRequest) -> "SearchCandidate | None":
    """Return the best plan found, or None."""
    best: SearchCandidate | None = None
    try:
        for candidate in search_plans(problem, seed=wish.seed, time_limit_s=wish.time_limit_s):
            best = candidate
    except UserError as error:
        if "proven_infeasible" not in error.details:
            raise
    return best


def name_goals(wish: SearchRequest) -> dict[str, str]:
    """Return what people call each goal that a search weighs other than driving."""
    names, facts = ["closeness"] if wish.near is not None and wish.weight > 0 else [], {}
    if wish.wishes is not None:
        names += wish.wishes.names
        facts = {"minutes": wish.wishes.longest_drive_min, "demands": list(wish.wishes.robust)}
    return {name: str(Message(f"rule.{name}", **facts)) for name in names}


def _list_problems_without(
    project: Project, plan: Plan, basis: PlanningBasis, wish: SearchRequest
) -> Iterator[tuple[str, str, "DistrictingProblem"]]:
    """Yield (key, displayed name, the problem without the rule) for each rule of a search."""
    wishes, present = wish.wishes, plan.assignment
    whole = build_problem(project, plan, basis, wish, start_from=present)
    balance = str(Message("rule.tolerance", percent=100 * plan.tolerance))
    yield "tolerance", balance, replace(whole, tolerance=_ANY_TOLERANCE)
    if not whole.allowed.all():
        anywhere = replace(whole, allowed=np.ones_like(whole.allowed))
        yield "jurisdiction", str(Message("rule.jurisdiction")), anywhere
    goals = name_goals(wish)
    if whole.linear is not None:
        yield "closeness", goals["closeness"], replace(whole, linear=None)
    if wishes is not None:
        for key in wishes.names:
            other = replace(wish, wishes=wishes.without(key))
            yield key, goals[key], build_problem(project, plan, basis, other, start_from=present)
    for key, lock in plan.locks.items():
        others = {each: other for each, other in plan.locks.items() if each != key}
        is_site = lock.kind is LockScope.SITE
        target = project.site(lock.target).name if is_site else lock.target
        name = str(Message(f"rule.lock_{lock.kind}", target=target))
        free = replace(plan, locks=others)
        yield key, name, build_problem(project, free, basis, wish, start_from=present)


def _make_price(
    rule: str, name: str, cost: float, bound: float, without: "SearchCandidate | None"
) -> RulePrice:
    """Return the price of a rule from the costs and bounds with it and without it.

    A plan that keeps a rule is also a plan without it, except for jurisdictions: without them loads
    are balanced among other zones, so their price may be negative.
    """
    if without is None:
        return RulePrice(rule, name, None, None, None, None, None)
    cost_without, bound_without = without.cost, without.bound
    least = bound - without.cost
    if rule != "jurisdiction":
        cost_without, bound_without = min(without.cost, cost), min(without.bound, cost)
        least = max(0.0, bound - cost_without)
    price, most = cost - cost_without, cost - bound_without
    return RulePrice(rule, name, cost_without, bound_without, price, least, most)


def collect_price_page(
    session: Session,
    found: PlanProposal,
    prices: Sequence[RulePrice],
    frontier: Sequence[FrontierPoint],
    *,
    certificate: PrintedProof | None = None,
) -> Booklet:
    """Collect the page of the plan on screen; ``found`` is the plan with its bound.

    ``certificate`` is the file that proves it. The result refers to no project, so a job can write
    it.
    """
    points = [
        ChartPoint(100 * each.tolerance, each.bound, each.cost)
        for each in frontier
        if each.bound is not None and each.cost is not None
    ]
    rows = [PrintedPrice(each.name, *each.as_written) for each in prices]
    drive = found.cost if session.state.figures is None else session.state.figures.cost
    sensitivity = describe_plan_sensitivity(
        judge_plan_sensitivity(session.state), require_plan(session.state).tolerance
    )
    proven = [] if found.weighed else [describe_proof(found.gap, proven=found.proven)]
    proof = (*proven, *sensitivity)  # the proof is for one demand only
    whole = found.cost if found.weighed else None
    page = RulePrices(proof, drive, rows, points, certificate, whole)
    return build_price_page(collect_handout(session, "staff", session.state, log=False), page)


def print_price_page(page: Booklet, path: Path) -> Path:
    """Write the page; a path that cannot be written is a UserError."""
    return write_file_atomically(path, render_pdf(page))
