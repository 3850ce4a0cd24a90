"""The demand that a log shows, and how a plan stands at another one.

The district's total has no prior: its own log is the best known figure, and days vary by more than
chance. Only how the total is shared is shrunk, among levels and then among the sites of a level,
toward the shares by level and enrollment, as far as sites are alike; see ``call_rates``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.measures.plan_measures import compute_zone_deviations
from zoneplanner.analysis.planning_basis import PlanningBasis, compute_planning_basis
from zoneplanner.domain.demand import (
    LEARNT,
    PRESET,
    PUBLIC_CALLS,
    PUBLIC_SITES,
    Demand,
    DemandChoice,
    DemandSource,
    SiteRate,
    count_weighted_students,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project

_LEAST_DAYS = 2


def find_demand(project: Project, basis: PlanningBasis) -> Demand:
    """Return the demand that a project uses, with its calls a day at the sites of a basis."""
    calls = sum(load.calls for load in basis.loads)
    chosen = project.demand.in_use
    if chosen is not None and chosen.calls_per_day <= 0:  # no call seen says how many there may be
        return replace(chosen, calls_per_day=calls)
    if chosen is not None:
        low, high = chosen.spread
        return replace(chosen, calls_per_day=calls, low=calls * low, high=calls * high)
    least, _, most = (each / PUBLIC_SITES * len(basis.sites) for each in PUBLIC_CALLS)
    rate = project.assumptions.calls_per_1000
    low, high = min(least, calls), max(most, calls)
    return Demand(PRESET, DemandSource.PRESET, rate, calls, low, high)


def make_demand(
    project: Project,
    name: str,
    source: DemandSource,
    *,
    value: float,
    low: float,
    high: float,
) -> Demand:
    """Return a demand of so many calls a day, shared among the sites by level and enrollment."""
    weights = (count_weighted_students(site, project.assumptions) for site in project.patrolled)
    return Demand(name, source, value / max(sum(weights), 1e-9), value, low, high)


def estimate_log_demand(
    project: Project, counts_a_day: IntArray, by_site: Mapping[str, int], *, until: date
) -> Demand | None:
    """Return the demand that the calls of some school days show; None of less than two days.

    ``counts_a_day`` has the shape (days,); ``by_site`` are the same calls.
    """
    if len(counts_a_day) < _LEAST_DAYS:
        return None
    # scipy takes a tenth of a second to import
    from zoneplanner.analysis.demand.call_rates import estimate_daily_rate, estimate_site_rates

    rate = estimate_daily_rate(counts_a_day)
    sites = project.patrolled
    weights = np.array([count_weighted_students(site, project.assumptions) for site in sites])
    counted = np.array([by_site.get(site.id, 0) for site in sites], dtype=float)
    levels = np.array([site.level for site in sites], dtype=str)
    shares, (low, high) = estimate_site_rates(weights, counted, levels, scale=rate.scale)
    if rate.value > 0:
        bounds = rate.value * np.array([shares, low, high]).T
    else:  # of no calls there is no multiple: each site may have its share of the most there are
        bounds = rate.high * np.array([0.0 * shares, 0.0 * shares, shares]).T
    rates = {
        site.id: SiteRate(*(each / weight for each in own))
        for site, weight, own in zip(sites, weights.tolist(), bounds.tolist(), strict=True)
        if weight > 0
    }
    return Demand(
        LEARNT,
        DemandSource.LOG,
        rate.value / max(float(weights.sum()), 1e-9),
        rate.value,
        rate.low,
        rate.high,
        rates,
        rate.days,
        until,
    )


@dataclass(frozen=True, slots=True)
class PlanAtDemand:
    """How a plan's zones stand at a demand: each zone's deviation from its share."""

    scenario: str
    calls_per_day: float
    worst_deviation: float
    zones: Mapping[str, float]


def judge_plan_at(
    project: Project, plan: Plan, basis: PlanningBasis, demand: Demand, scenario: str
) -> PlanAtDemand:
    """Return how a plan stands at a demand."""
    return _judge_plan(project, plan, _compute_basis_at(project, basis, demand), scenario)


def judge_plan_at_range(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    bases: Mapping[str, PlanningBasis] | None = None,
) -> tuple[PlanAtDemand, ...]:
    """Return how a plan stands at the low, the expected and the high demand of its project.

    ``bases`` are those of ``compute_demand_bases`` where they are known: they do not depend on the
    plan, and of a thousand schools they take longer than a frame.
    """
    known = compute_demand_bases(project, basis) if bases is None else bases
    return tuple(_judge_plan(project, plan, own, scenario) for scenario, own in known.items())


def compute_demand_bases(project: Project, basis: PlanningBasis) -> dict[str, PlanningBasis]:
    """Return a basis at the low, the expected and the high demand of a project."""
    wanted = list_demand_range(project, basis).items()
    return {scenario: _compute_basis_at(project, basis, one) for scenario, one in wanted}


def _judge_plan(project: Project, plan: Plan, basis: PlanningBasis, scenario: str) -> PlanAtDemand:
    zones = compute_zone_deviations(project, plan, basis)
    calls = sum(load.calls for load in basis.loads)
    return PlanAtDemand(scenario, calls, max(zones.values(), key=abs, default=0.0), zones)


def list_demand_range(project: Project, basis: PlanningBasis) -> dict[str, Demand]:
    """Return the low, the expected and the high demand of a project."""
    demand = find_demand(project, basis)
    low, high = map(demand.scaled, demand.spread)
    if demand.calls_per_day <= 0:  # of no calls there is no multiple: at most so many, as enrolled
        bounds = {"value": demand.high, "low": demand.high, "high": demand.high}
        high = make_demand(project, demand.name, demand.source, **bounds)
    return {"low": low, "expected": demand, "high": high}


def compute_loads_at(project: Project, basis: PlanningBasis, demand: Demand) -> FloatArray:
    """Return the load of each site of a basis at a demand, minutes a day."""
    return _compute_basis_at(project, basis, demand).load_min


def _compute_basis_at(project: Project, basis: PlanningBasis, demand: Demand) -> PlanningBasis:
    choice = DemandChoice(demand.name, {demand.name: demand})
    return compute_planning_basis(replace(project, demand=choice), basis)
