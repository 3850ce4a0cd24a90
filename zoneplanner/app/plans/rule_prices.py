"""What each rule of a plan costs: the best plan with it beside the best one without."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.plans.optimization import PlanProposal
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message

if TYPE_CHECKING:
    from zoneplanner.analysis.districting.problem import DistrictingProblem, SearchCandidate

_ANY_TOLERANCE = 0.99  # as good as none: a zone has a hundredth of a fair load at least


@dataclass(frozen=True, slots=True)
class RulePrice:
    """What a rule costs, in trip-minutes a day.

    ``rule`` is tolerance, jurisdiction, closeness, or the key of a lock. ``cost_without`` is the
    cost of the best plan found without it, ``bound_without`` what none without it is below; both
    are None where no plan was found, or none is within the tolerance. ``price`` is the difference
    from the plan with the rule; proven is that it lies between ``least`` and ``most``.
    """

    rule: str
    name: str
    cost_without: float | None
    bound_without: float | None
    price: float | None
    least: float | None
    most: float | None


def price_rules(
    project: Project,
    found: PlanProposal,
    basis: PlanningBasis,
    *,
    keep_close_to: Mapping[str, str] | None = None,
    weight: float = 0.0,
    seed: int = 0,
    time_limit_s: float = 60.0,
) -> Iterator[RulePrice]:
    """Search without one rule after the other, for ``time_limit_s`` each, and yield its price.

    ``found`` is the plan with all rules; ``keep_close_to`` and ``weight`` are what it was searched
    with, and count in its cost and in that without another rule.
    """
    from zoneplanner.analysis.districting.plan_search import search_plans
    from zoneplanner.analysis.districting.problem_builder import build_districting_problem

    plan = found.plan

    def build(kept: Plan) -> "DistrictingProblem":
        return build_districting_problem(
            project,
            kept,
            basis,
            tolerance=plan.tolerance,
            keep_close_to=keep_close_to,
            weight=weight,
            start_from=plan.assignment,
        )

    for rule, name, problem in _list_problems_without(project, plan, build(plan), build):
        last: SearchCandidate | None = None
        try:
            for each in search_plans(problem, seed=seed, time_limit_s=time_limit_s):
                last = each
        except UserError as error:
            if "proven_infeasible" not in error.details:
                raise
        yield _make_price(rule, name, found, last)


def _list_problems_without(
    project: Project,
    plan: Plan,
    whole: "DistrictingProblem",
    build: "Callable[[Plan], DistrictingProblem]",
) -> Iterator[tuple[str, str, "DistrictingProblem"]]:
    """Yield (rule, what people call it, the problem without it) for each rule that there is."""
    balance = render_message("rule.tolerance", {"tolerance": plan.tolerance})
    yield "tolerance", balance, replace(whole, tolerance=_ANY_TOLERANCE)
    if not whole.allowed.all():
        free = replace(whole, allowed=np.ones_like(whole.allowed))
        yield "jurisdiction", render_message("rule.jurisdiction", {}), free
    if whole.linear is not None:
        yield "closeness", render_message("rule.closeness", {}), replace(whole, linear=None)
    for key, lock in plan.locks.items():
        others = {each: kept for each, kept in plan.locks.items() if each != key}
        target = lock.target
        if lock.kind is LockScope.SITE:
            target = project.site(lock.target).name
        name = render_message(f"rule.lock_{lock.kind}", {"target": target})
        yield key, name, build(replace(plan, locks=others))


def _make_price(
    rule: str, name: str, found: PlanProposal, without: "SearchCandidate | None"
) -> RulePrice:
    """Compare. A plan that keeps a rule is one without it, too, save for lines of jurisdiction:
    across them, loads are to be even among other zones, so that their price may be below nothing.
    """
    if without is None:
        return RulePrice(rule, name, None, None, None, None, None)
    cost, bound, least = without.cost, without.bound, found.bound - without.cost
    if rule != "jurisdiction":
        cost, bound = min(cost, found.cost), min(bound, found.cost)
        least = max(0.0, found.bound - cost)
    return RulePrice(rule, name, cost, bound, found.cost - cost, least, found.cost - bound)
