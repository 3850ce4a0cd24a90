"""Observed against expected: intervals by hand, verdicts in words, none from a few records."""

import numpy as np
import pytest

from zoneplanner.analysis.coverage.verdicts import (
    judge_calls_per_day,
    judge_mean_response,
    judge_share_within,
)
from zoneplanner.analysis.demand.rate_estimation import estimate_daily_rate
from zoneplanner.messages import Message, say_all

SLOWER = judge_mean_response(np.linspace(8, 9, 50), 4.0, calls_per_day=2.5)
AS_FAST = judge_mean_response(np.linspace(3, 5, 50), 4.0)


def test_a_share_is_judged_by_its_wilson_interval() -> None:
    found = judge_share_within(40, 50, 0.85, target_min=8, mean=SLOWER)
    assert found.low == pytest.approx(0.6696, abs=1e-4)
    assert found.high == pytest.approx(0.8876, abs=1e-4)
    assert found.outcome == "as_expected"
    assert say_all(found.messages) == (
        "67% to 89% (80% of 50 responses); the plan expects 85% at 2.5 calls per school day. "
        "The difference may be chance."
    )
    assert judge_share_within(20, 50, 0.85, target_min=8, mean=SLOWER).outcome == "worse"
    assert judge_share_within(50, 50, 0.85, target_min=8, mean=SLOWER).outcome == "better"


def test_a_share_is_judged_only_if_the_mean_differs() -> None:
    found = judge_share_within(20, 50, 0.85, target_min=8, mean=AS_FAST)
    assert found.outcome == "as_expected" and found.high is not None and found.high < 0.85
    assert found.messages[1:] == (Message("outcome.as_expected.mean"),)  # the interval differs


def test_a_mean_is_judged_by_its_t_interval() -> None:
    minutes = np.array([4.0, 5, 6, 7, 8, 4, 5, 6, 7, 8])
    found = judge_mean_response(minutes, 7.5)
    assert (found.observed, found.outcome) == (6.0, "better")
    assert found.low == pytest.approx(6 - 2.2622 * 1.4907 / 10**0.5, abs=1e-3)
    assert judge_mean_response(minutes, 6.2).outcome == "as_expected"
    close = judge_mean_response(minutes, 7.15)  # two verdicts: 2.685 standard errors, not 2.262
    assert close.outcome == "as_expected" and close.high is not None and close.high < 7.15
    assert close.messages[1:] == (Message("outcome.as_expected.close"),)
    assert judge_mean_response(minutes, 4.0).outcome == "worse"


def test_calls_are_judged_by_the_variation_between_days() -> None:
    even = np.tile([1, 0], 20)
    found = judge_calls_per_day(even, 0.9, complete=True)
    rate = estimate_daily_rate(even)
    assert (found.low, found.high) == (rate.low, rate.high), "the interval is that of the demand"
    assert (found.observed, found.n, found.outcome) == (0.5, 40, "fewer")
    assert judge_calls_per_day(np.zeros(40, int), 0.05, complete=True).outcome == "as_expected"
    assert judge_calls_per_day(np.full(40, 3), 1.0, complete=True).outcome == "more"
    lumped = np.zeros(40, int)
    lumped[:2] = 10
    assert (
        judge_calls_per_day(lumped, 0.9, complete=True).outcome == "as_expected"
    )  # the same number on two days


def test_nothing_is_judged_from_few_records_or_without_a_plan() -> None:
    few = judge_share_within(3, 4, 0.9, target_min=8, mean=SLOWER)
    assert (few.outcome, few.observed) == ("too_few", 0.75)
    assert few.messages == (Message("too_few", n=4, least=10),)
    assert judge_mean_response(np.zeros(0), 5.0).observed is None
    (planless,) = judge_mean_response(np.ones(20), None).messages
    assert planless.template == "no_plan_to_judge"
    few = judge_calls_per_day(np.ones(5, int), 1.0, complete=True)
    assert few.messages == (Message("too_few.days", n=5, least=10),)
    unknown = judge_calls_per_day(np.zeros(40, int), 9.0, complete=False)
    assert (unknown.outcome, unknown.messages[0].template) == ("too_few", "log_not_declared")
