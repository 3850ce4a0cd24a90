"""What each rule of a plan costs: the best plan with it beside the best one without.

The prices of a plan's rules on one printed page, for a board.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
    find_plan_bound,
    format_proof,
)
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message
from zoneplanner.publish.documents.rule_price_page import (
    PrintedPrice,
    RulePrices,
    build_price_page,
)
from zoneplanner.publish.handout import PrintedProof
from zoneplanner.publish.pdf.charts import ChartPoint
from zoneplanner.publish.pdf.page import Booklet, render_pdf

if TYPE_CHECKING:
    from zoneplanner.analysis.districting.plan_wishes import PlanWishes
    from zoneplanner.analysis.districting.problem import DistrictingProblem, SearchCandidate


_ANY_TOLERANCE = 0.99  # as good as none: a zone has a hundredth of a fair load at least
FRONTIER_TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class RulePrice:
    """What a rule costs, in trip-minutes a day.

    ``rule`` is tolerance, jurisdiction, closeness, a wish (robust, one_off, max_drive, shape) or
    the key of a lock. ``cost_without`` is the cost of the best plan found without it,
    ``bound_without`` what none without it is below; both are None where no plan was found, or none
    is within the tolerance. ``price`` is the difference from the plan with the rule; proven is
    that it lies between ``least`` and ``most``. Of one_off and shape, all are the cost without
    them: the drive of a usual day.
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
        """Cost without the rule, price, least and most to a tenth, as a table has them.

        They add up: each difference is one of figures that are rounded before.
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
    """The best plan found at a tolerance, and what none at it is below; None without a plan."""

    tolerance: float
    cost: float | None
    bound: float | None


def propose_present_plan(state: ProjectState) -> PlanProposal:
    """Return the plan on screen, which breaks no rule, with what is known of the best one.

    A second's work at a thousand sites where nothing is known of it yet.
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
    """Search without one rule after the other, for the limit each, and yield its price.

    ``found`` is the plan with all rules, and ``wish`` what it was searched with, which counts in
    its cost and in that without another rule.
    """
    for rule, name, problem in _list_problems_without(project, found.plan, basis, wish):
        last = _search(problem, wish)
        dearer = rule in {"one_off", "shape"}
        cost = _cost_found(project, found, basis, problem) if dearer else found.cost
        yield _make_price(rule, name, cost, cost if dearer else found.bound, last)


def trace_frontier(
    project: Project,
    found: PlanProposal,
    basis: PlanningBasis,
    wish: SearchRequest,
    tolerances: Sequence[float] = FRONTIER_TOLERANCES,
) -> Iterator[FrontierPoint]:
    """Search at one tolerance after the other, for the limit each: drive for even loads.

    The tolerance of ``found`` is among them; what is known of one holds for the others, too: a
    plan for all that are wider, a bound for all that are narrower.
    """
    plan = found.plan
    known = [FrontierPoint(plan.tolerance, found.cost, found.bound)]
    for tolerance in tolerances:
        if abs(tolerance - plan.tolerance) > 1e-9:
            other = replace(plan, tolerance=tolerance)
            last = _search(_build(project, other, basis, wish, wish.wishes), wish)
            figures = (None, None) if last is None else (last.cost, last.bound)
            known.append(FrontierPoint(tolerance, *figures))
    yield from _straighten(sorted(known, key=lambda each: each.tolerance))


def _straighten(points: Sequence[FrontierPoint]) -> list[FrontierPoint]:
    """Take over the cheaper plans of narrower tolerances, and the higher bounds of wider ones."""
    costs = [np.inf if each.cost is None else each.cost for each in points]
    bounds = [-np.inf if each.bound is None else each.bound for each in points]
    least = np.minimum.accumulate(costs).tolist()
    most = np.maximum.accumulate(bounds[::-1])[::-1].tolist()
    return [
        each if cost == np.inf else FrontierPoint(each.tolerance, cost, min(bound, cost))
        for each, cost, bound in zip(points, least, most, strict=True)
    ]


def _build(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    wish: SearchRequest,
    wishes: "PlanWishes | None",
) -> "DistrictingProblem":
    return build_problem(
        project,
        plan,
        basis,
        keep_close_to=wish.near_assignment,
        weight=wish.weight,
        wishes=wishes,
        start_from=plan.assignment,
    )


def _search(problem: "DistrictingProblem", wish: SearchRequest) -> "SearchCandidate | None":
    """Return the best plan found, None where none was."""
    from zoneplanner.analysis.districting.plan_search import search_plans

    last: SearchCandidate | None = None
    try:
        for each in search_plans(problem, seed=wish.seed, time_limit_s=wish.time_limit_s):
            last = each
    except UserError as error:
        if "proven_infeasible" not in error.details:
            raise
    return last


def _cost_found(
    project: Project, found: PlanProposal, basis: PlanningBasis, problem: "DistrictingProblem"
) -> float:
    """Return what the plan costs by a problem without one of its wishes."""
    from zoneplanner.analysis.districting.plan_wishes import compute_plan_cost

    return compute_plan_cost(problem, index_plan_zones(project, found.plan, basis.cells))


def name_goals(wish: SearchRequest) -> dict[str, str]:
    """Return what people call each goal that a search weighs beside driving."""
    wishes = wish.wishes
    names = ["closeness"] if wish.near is not None and wish.weight > 0 else []
    if wishes is None:
        return {name: render_message(f"rule.{name}", {}) for name in names}
    facts = {"minutes": wishes.longest_drive_min, "demands": list(wishes.robust)}
    return {name: render_message(f"rule.{name}", facts) for name in (*names, *wishes.names)}


def _list_problems_without(
    project: Project, plan: Plan, basis: PlanningBasis, wish: SearchRequest
) -> Iterator[tuple[str, str, "DistrictingProblem"]]:
    """Yield (rule, what people call it, the problem without it) for each rule that there is."""
    wishes = wish.wishes
    whole = _build(project, plan, basis, wish, wishes)
    balance = render_message("rule.tolerance", {"percent": 100 * plan.tolerance})
    yield "tolerance", balance, replace(whole, tolerance=_ANY_TOLERANCE)
    if not whole.allowed.all():
        free = replace(whole, allowed=np.ones_like(whole.allowed))
        yield "jurisdiction", render_message("rule.jurisdiction", {}), free
    goals = name_goals(wish)
    if whole.linear is not None:
        yield "closeness", goals["closeness"], replace(whole, linear=None)
    for asked in wishes.names if wishes is not None else ():
        assert wishes is not None
        yield asked, goals[asked], _build(project, plan, basis, wish, wishes.without(asked))
    for key, lock in plan.locks.items():
        others = {each: kept for each, kept in plan.locks.items() if each != key}
        target = lock.target
        if lock.kind is LockScope.SITE:
            target = project.site(lock.target).name
        name = render_message(f"rule.lock_{lock.kind}", {"target": target})
        yield key, name, _build(project, replace(plan, locks=others), basis, wish, wishes)


def _make_price(
    rule: str, name: str, cost: float, bound: float, without: "SearchCandidate | None"
) -> RulePrice:
    """Compare. A plan that keeps a rule is one without it, too, save for lines of jurisdiction:
    across them, loads are to be even among other zones, so that their price may be below nothing.
    """
    if without is None:
        return RulePrice(rule, name, None, None, None, None, None)
    cost_without, bound_without = without.cost, without.bound
    least = bound - without.cost
    if rule != "jurisdiction":
        cost_without, bound_without = min(without.cost, cost), min(without.bound, cost)
        least = max(0.0, bound - cost_without)
    return RulePrice(
        rule,
        name,
        cost_without,
        bound_without,
        cost - cost_without,
        least,
        cost - bound_without,
    )


def collect_price_page(
    session: Session,
    found: PlanProposal,
    prices: Sequence[RulePrice],
    frontier: Sequence[FrontierPoint],
    *,
    certificate: PrintedProof | None = None,
) -> Booklet:
    """Collect the page of the plan on screen; ``found`` is what is known of it.

    ``certificate`` is the file that proves it. It touches no project, so that it may
    be written as a job.
    """
    points = [
        ChartPoint(100 * each.tolerance, each.bound, each.cost)
        for each in frontier
        if each.bound is not None and each.cost is not None
    ]
    rows = [PrintedPrice(each.name, *each.as_written) for each in prices]
    drive = found.cost if session.state.figures is None else session.state.figures.cost
    stands = describe_plan_sensitivity(
        judge_plan_sensitivity(session.state), require_plan(session.state).tolerance
    )
    told = "" if found.weighed else format_proof(found.gap, proven=found.proven)
    proof = f"{told} {stands}".strip()  # it holds at one demand
    whole = found.cost if found.weighed else None
    page = RulePrices(proof, drive, rows, points, certificate, whole)
    return build_price_page(collect_handout(session, "staff", session.state, log=False), page)


def print_price_page(page: Booklet, path: Path) -> Path:
    """Write the page; a path that cannot be written is a UserError."""

    return write_file_atomically(path, render_pdf(page))
