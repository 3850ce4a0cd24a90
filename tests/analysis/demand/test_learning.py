"""Demand learned from a log: the total without a prior, each site by a shrunken share."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from builders import RecordProperty, project_from

from zoneplanner.analysis.demand.call_demand import (
    compute_demand_bases,
    estimate_log_demand,
    find_demand,
    judge_plan_at_range,
    make_demand,
)
from zoneplanner.analysis.demand.rate_estimation import estimate_daily_rate
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.demand import (
    Demand,
    DemandChoice,
    DemandSource,
    count_weighted_students,
    make_public_demand,
)
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

UNTIL = date(2026, 11, 20)
RATES, DAYS = (0.86, 3.0, 11.0, 35.0), (10, 20, 68, 180)


def learn(counts: list[int], by_site: dict[str, int], project: Project | None = None) -> Demand:
    found = estimate_log_demand(
        project or project_from("AABB"), np.array(counts), by_site, until=UNTIL
    )
    assert found is not None
    return found


def simulate_total_coverage(rate: float, days: int, spread: int, runs: int) -> float:
    """The share of logs whose interval of the total contains the truth; days vary by ``spread``."""
    rng = np.random.default_rng(days)
    if spread == 1:
        counts = rng.poisson(rate, (runs, days))
    else:
        counts = rng.negative_binomial(rate / (spread - 1), 1 / spread, (runs, days))
    found = [estimate_daily_rate(row) for row in counts]
    return float(np.mean([one.low <= rate <= one.high for one in found]))


@pytest.mark.parametrize("spread", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_the_interval_of_the_total_contains_the_truth(rate: float, spread: int) -> None:
    for days in DAYS:
        assert simulate_total_coverage(rate, days, spread, 600) >= 0.915, days


@pytest.mark.long
@pytest.mark.parametrize("spread", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_the_interval_of_the_total_contains_the_truth_in_93_of_100_logs(
    rate: float, spread: int, record_property: RecordProperty
) -> None:
    held = {days: simulate_total_coverage(rate, days, spread, 12_000) for days in DAYS}
    told = ", ".join(f"{share:.1%} after {days} days" for days, share in held.items())
    record_property("measured", told)
    assert min(held.values()) >= 0.93


TRUTHS = ("as assumed", "varied", "by the root")


def simulate_site_coverage(rate: float, days: int, spread: int, truth: str, runs: int) -> float:
    """How often the interval of a site holds its true calls, over the bundled district's sites.

    The truth goes by level and enrollment; by that times a factor that varies widely between
    sites; or by the root of the enrollment whatever the level, varied too.
    """
    project, rng = build_bundled_project(uid="u"), np.random.default_rng(days)
    sites = project.patrolled
    weights = np.array([count_weighted_students(site, project.assumptions) for site in sites])
    root = np.sqrt([site.enrollment or 150 for site in sites])
    held = []
    for _ in range(runs):
        calls = {
            "as assumed": weights,
            "varied": weights * rng.lognormal(0.0, 1.0, len(sites)),
            "by the root": root * rng.gamma(1.3, 1.0, len(sites)),
        }[truth]
        true = calls * (rate / calls.sum())
        if spread == 1:
            counts = rng.poisson(rate, days)
        else:
            counts = rng.negative_binomial(rate / (spread - 1), 1 / spread, days)
        came = rng.multinomial(counts.sum(), true / rate)
        names = (site.id for site in sites)
        found = estimate_log_demand(
            project, counts, dict(zip(names, came.tolist(), strict=True)), until=UNTIL
        )
        assert found is not None
        rates = [found.rate_of(site.id) for site in sites]
        low, high = (np.array([getattr(one, end) for one in rates]) for end in ("low", "high"))
        held.append(np.mean((low * weights <= true) & (true <= high * weights)))
    return float(np.mean(held))


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_interval_of_a_site_contains_its_truth(truth: str) -> None:
    assert simulate_site_coverage(9.0, 65, 1, truth, 12) >= 0.915


@pytest.mark.long
@pytest.mark.parametrize("spread", [1, 2])
@pytest.mark.parametrize("truth", TRUTHS)
def test_the_interval_of_a_site_contains_its_truth_in_93_of_100_logs(
    truth: str, spread: int, record_property: RecordProperty
) -> None:
    held = {
        (rate, days): simulate_site_coverage(rate, days, spread, truth, 400)
        for rate in (3.0, 9.0, 35.0)
        for days in (20, 68, 180)
    }
    told = (f"{share:.1%} at {rate:g} a day, {days} days" for (rate, days), share in held.items())
    record_property("measured", ", ".join(told))
    assert min(held.values()) >= 0.93


def test_the_total_is_that_of_the_log_for_any_number_of_days() -> None:
    found = learn([1, 0, 1, 1, 0, 2, 1, 0, 1, 2], {"r1c1": 9})
    assert found.calls_per_day == 0.9
    assert found.low < 0.9 < found.high and found.school_days == 10
    project = project_from("AABB")
    project = project.with_demand(DemandChoice().with_demand(found, use=True))
    basis = compute_planning_basis(project)
    assert sum(load.calls for load in basis.loads) == pytest.approx(0.9)
    assert find_demand(project, basis).calls_per_day == pytest.approx(0.9)


def test_a_log_without_calls_gives_an_upper_limit() -> None:
    found = learn([0] * 60, {})
    assert found.calls_per_day == 0 == found.low < found.high
    project = project_from("AABB")
    project = project.with_demand(DemandChoice().with_demand(found, use=True))
    basis = compute_planning_basis(project)
    used = find_demand(project, basis)
    assert (used.calls_per_day, used.low, used.high) == (0, 0, found.high)
    stands = judge_plan_at_range(project, project.plans["plan"], basis)
    assert [one.calls_per_day for one in stands] == pytest.approx([0, 0, found.high])
    moved = project.plans["plan"].with_assignments({"r1c2": "B"})
    bases = compute_demand_bases(project, basis)  # of any plan of the project
    assert judge_plan_at_range(project, moved, basis, bases) == judge_plan_at_range(
        project, moved, basis
    )
    weight = count_weighted_students(project.sites["r1c1"], project.assumptions)
    own = found.rate_of("r1c1")
    assert (own.per_1000, own.low) == (0, 0)
    assert own.high * weight == pytest.approx(found.high / 4)


def test_a_site_with_more_calls_gets_a_larger_share_but_not_all_of_it() -> None:
    project = project_from("AABB")
    found = learn([1] * 20, {"r1c1": 20}, project)
    rates = [found.rate_of(f"r1c{at}").per_1000 for at in range(1, 5)]
    assert rates[0] > 4 * rates[1] > 0
    assert rates[1] == rates[2] == rates[3]
    wide, narrow = found.rate_of("r1c2"), found.rate_of("r1c1")
    assert wide.high / wide.low > narrow.high / narrow.low


def test_sites_of_a_level_share_its_evidence() -> None:
    project = project_from("AABB")
    sites = {**project.sites, "r1c4": replace(project.sites["r1c4"], level="high")}
    project = replace(project, sites=sites)
    calls = Counter({"r1c4": 30})
    found = learn([1] * 30, dict(calls), project)
    usual = learn([1] * 30, {}, project)
    assert found.rate_of("r1c4").per_1000 > usual.rate_of("r1c4").per_1000


def test_a_log_of_less_than_two_days_gives_no_demand() -> None:
    assert estimate_log_demand(project_from("A"), np.array([3]), {}, until=UNTIL) is None


def test_calls_follow_an_assumed_enrollment() -> None:
    project = project_from("AABB")
    choice = DemandChoice().with_demand(learn([2] * 10, {"r1c1": 20}, project), use=True)
    before = compute_planning_basis(project.with_demand(choice))
    doubled = project.with_site(replace(project.sites["r1c1"], enrollment=800))
    after = compute_planning_basis(doubled.with_demand(choice))
    assert after.loads[0].calls == pytest.approx(2 * before.loads[0].calls)


def test_new_projects_start_with_the_demand_of_public_figures() -> None:
    project = build_bundled_project(uid="u")
    assert find_demand(project, compute_planning_basis(project)).calls_per_day == 35.25025
    project = project.with_demand(DemandChoice().with_demand(make_public_demand(), use=True))
    found = find_demand(project, compute_planning_basis(project))
    figures = (found.low, found.calls_per_day, found.high)
    assert figures == pytest.approx((10, 24, 34), rel=1e-3)
    assert found.source == DemandSource.PUBLIC


def test_a_plan_is_judged_at_low_expected_and_high_demand() -> None:
    project = project_from("AAB")
    sites = {**project.sites, "r1c3": replace(project.sites["r1c3"], enrollment=4000)}
    project = replace(project, sites=sites)
    demand = make_demand(project, "busy", DemandSource.SCENARIO, value=4, low=1, high=9)
    project = project.with_demand(DemandChoice().with_demand(demand, use=True))
    basis, plan = compute_planning_basis(project), project.plans["plan"]
    stands = judge_plan_at_range(project, plan, basis)
    assert [one.scenario for one in stands] == ["low", "expected", "high"]
    assert [one.calls_per_day for one in stands] == pytest.approx([1, 4, 9])
    own = [15 + 4000 / 4800 * calls * 35 for calls in (1, 4, 9)]
    whole = [3 * 15 + calls * 35 for calls in (1, 4, 9)]
    expected = [mine / (all_ / 2) - 1 for mine, all_ in zip(own, whole, strict=True)]
    assert [one.zones["B"] for one in stands] == pytest.approx(expected)
