"""The price of a rule: the difference of two best plans with proven bounds."""

from dataclasses import replace

import pytest
from builders import project_from

from zoneplanner.analysis.demand.call_demand import PlanAtDemand
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.coverage.demand import describe_plan_sensitivity
from zoneplanner.app.plans.rule_prices import RulePrice, price_rules
from zoneplanner.app.plans.zone_proposals import SearchRequest, search_proposals
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


def best_cost(project: Project, tolerance: float) -> float:
    plan = project.plans["plan"]
    basis = compute_planning_basis(project)
    *_, last = search_proposals(project, plan, basis, SearchRequest(tolerance, time_limit_s=20))
    assert last.proven
    return last.cost


def list_prices(
    project: Project, tolerance: float, *, limit_s: float = 20.0, **more: object
) -> dict[str, RulePrice]:
    plan, basis = project.plans["plan"], compute_planning_basis(project)
    near = plan if "weight" in more else None
    wish = SearchRequest(tolerance, near, time_limit_s=limit_s, **more)
    *_, found = search_proposals(project, plan, basis, wish)
    prices = price_rules(project, found, basis, wish)
    return {each.rule: each for each in prices}


@pytest.mark.long
def test_the_price_of_a_rule_is_what_the_best_plan_without_it_saves() -> None:
    free = project_from("AAAB / ABBB")
    odd = add_plan_lock(free, "plan", LockScope.SITE, "r1c4", "principal asked")
    odd = add_plan_lock(odd, "plan", LockScope.SITE, "r2c1", "principal asked")
    prices = list_prices(odd, 0.2)
    with_all = best_cost(odd, 0.2)
    assert list(prices) == ["tolerance", "site r1c4", "site r2c1"]
    lock = prices["site r2c1"]
    only = add_plan_lock(free, "plan", LockScope.SITE, "r1c4", "principal asked")
    assert lock.cost_without == pytest.approx(best_cost(only, 0.2))
    assert lock.price == pytest.approx(with_all - best_cost(only, 0.2))
    assert lock.price is not None and lock.least is not None and lock.most is not None
    assert 0 <= lock.least <= lock.price + 1e-9 and lock.price <= lock.most + 1e-9
    assert prices["tolerance"].cost_without == pytest.approx(best_cost(odd, 0.99))
    assert "r2c1" in lock.name


def test_jurisdiction_lines_have_a_price() -> None:
    prices = list_prices(project_from("AAB / ABB / ccc"), 0.45, limit_s=0.5)
    assert set(prices) == {"tolerance", "jurisdiction"}
    lines = prices["jurisdiction"]
    assert lines.price is not None and lines.least is not None and lines.most is not None
    assert lines.least <= lines.price + 1e-9 and lines.price <= lines.most + 1e-9


def test_jurisdiction_lines_have_no_price_if_no_plan_without_them_is_balanced() -> None:
    prices = list_prices(project_from("AABB / cccc"), 0.1, limit_s=0.5)
    assert prices["jurisdiction"].cost_without is None and prices["jurisdiction"].price is None


@pytest.mark.long
def test_staying_close_has_a_price() -> None:
    project = project_from("ABAB / ABAB")
    project = project.with_plan(
        replace(
            project.plans["plan"],
            assignment=project_from("AAAA / BBBB").plans["plan"].assignment,
        )
    )
    prices = list_prices(project, 0.45, weight=0.01)
    closeness = prices["closeness"]
    assert closeness.price is not None and closeness.price >= 0
    assert closeness.bound_without is not None


def test_a_price_is_the_difference_of_the_shown_figures() -> None:
    """It used to print 429.3 less 361.1 as 68.1."""
    whole, without, bound, bound_without = 429.26, 361.14, 411.46, 361.05
    price = RulePrice(
        *("tolerance", "Loads", without, bound_without),
        *(whole - without, bound - without, whole - bound_without),
    )
    assert price.as_written == (361.1, 68.2, 50.4, 68.2)
    nothing = RulePrice("x", "X", None, None, None, None, None)
    assert set(nothing.as_written) == {None}


@pytest.mark.parametrize(
    ("low", "expected", "said"), [(-0.151, 0.098, True), (-0.09, 0.098, False), (-0.2, 0.2, False)]
)
def test_an_excess_share_at_another_demand_is_explained(
    low: float, expected: float, said: bool
) -> None:
    """−15.1% used to be printed beside ±10%, the limit at expected demand, unexplained."""
    stands = (PlanAtDemand("low", 10.0, low, {}), PlanAtDemand("expected", 24.0, expected, {}))
    largest, *limits = describe_plan_sensitivity(stands, 0.1)
    assert largest.template == "largest_deviation"
    limit = Message("plan_beyond_limit", percent=10, beyond=["low"])
    assert limits == ([limit] if said else [])
