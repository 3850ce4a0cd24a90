"""The exact hypercube model against known queueing results, and what it refuses."""

import math

import numpy as np
import pytest
from builders import refused
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.analysis import hypercube
from zoneplanner.errors import UserError

# Larson & Odoni, Urban Operations Research, chapter 5: three units, the first area in two parts
ODONI_CALLS = [0.50, 0.25, 0.35, 0.40]
ODONI_LISTS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 0, 1]]
ODONI_UTILIZATION = [0.5574, 0.4734, 0.4693]


def compute_erlang_b(offered: float, units: int) -> float:
    """The share of calls lost by identical units, by the well-known recursion."""
    lost = 1.0
    for count in range(1, units + 1):
        lost = offered * lost / (count + offered * lost)
    return lost


def compute_erlang_c(offered: float, units: int) -> float:
    """The share of calls that wait for identical units."""
    lost = compute_erlang_b(offered, units)
    return lost / (1 - offered / units * (1 - lost))


def draw_random_lists(rng: np.random.Generator, sites: int, units: int) -> np.ndarray:
    """Lists of all units in random order."""
    return np.argsort(rng.random((sites, units)), axis=1)


def test_the_textbook_example_with_a_queue_is_reproduced() -> None:
    result = hypercube.solve(ODONI_CALLS, [1.0] * 3, ODONI_LISTS, queue="infinite")
    assert result.utilization == pytest.approx(ODONI_UTILIZATION, abs=1e-4)
    assert result.all_busy == pytest.approx(0.23684, abs=1e-4)
    own = result.dispatch_share[[row[0] for row in ODONI_LISTS], range(4)].sum()
    assert 1 - own == pytest.approx(0.43529, abs=1e-4)
    assert result.lost_share == 0.0


@pytest.mark.parametrize("units", [1, 2, 5, 7, 8, 9, 12])
@pytest.mark.parametrize("load", [1e-6, 0.3, 0.9, 20.0])
def test_identical_units_lose_calls_as_erlang_b_predicts_for_any_lists(
    units: int, load: float
) -> None:
    rng = np.random.default_rng(units)
    calls = rng.random(30)
    calls *= load * units * 1.7 / calls.sum()
    result = hypercube.solve(calls, np.full(units, 1.7), draw_random_lists(rng, 30, units))
    expected = compute_erlang_b(load * units, units)
    assert result.all_busy == pytest.approx(expected, rel=1e-10)
    assert result.lost_share == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("units", [1, 3, 7, 10])
@pytest.mark.parametrize("load", [0.01, 0.5, 0.97])
def test_identical_units_with_a_queue_match_erlang_c_for_any_lists(units: int, load: float) -> None:
    rng = np.random.default_rng(units)
    calls = rng.random(30)
    calls *= load * units * 0.8 / calls.sum()
    lists = draw_random_lists(rng, 30, units)
    result = hypercube.solve(calls, np.full(units, 0.8), lists, queue="infinite")
    assert result.all_busy == pytest.approx(compute_erlang_c(load * units, units), rel=1e-10)
    assert result.utilization.mean() == pytest.approx(load, rel=1e-10)


def test_fifteen_units_are_solved_exactly() -> None:
    rng = np.random.default_rng(15)
    calls = rng.random(20)
    calls *= 9.0 / calls.sum()
    result = hypercube.solve(calls, np.ones(15), draw_random_lists(rng, 20, 15))
    assert result.all_busy == pytest.approx(compute_erlang_b(9.0, 15), rel=1e-10)


def test_two_different_units_match_the_balance_solved_by_hand() -> None:
    # calls 1 an hour, unit 0 first; states: none, 0, 1, both; rates 2 and 1
    result = hypercube.solve([1.0], [2.0, 1.0], [[0, 1]])
    weights = np.array([5.0, 2.0, 1.0, 1.0])
    none, first, second, both = weights / weights.sum()
    assert result.utilization == pytest.approx([first + both, second + both])
    assert result.all_busy == pytest.approx(both)
    assert result.sent[:, 0] == pytest.approx([none + second, first])


@st.composite
def systems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Calls, service rates and lists, some of which end early or are empty."""
    units, sites = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    calls = rng.random(sites) * draw(st.sampled_from([0.0, 0.01, 1.0, 30.0]))
    calls[rng.random(sites) < 0.2] = 0.0
    lists = draw_random_lists(rng, sites, units)
    if draw(st.booleans()):
        lists[np.arange(units) >= rng.integers(0, units + 1, sites)[:, None]] = -1
    return calls, rng.uniform(0.2, 3.0, units), lists


@settings(max_examples=60, deadline=None)
@given(systems())
def test_the_units_work_equals_the_work_of_the_served_calls(
    system: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    calls, service, lists = system
    result = hypercube.solve(calls, service, lists)
    served = calls.sum() * (1 - result.lost_share)
    assert result.utilization @ service == pytest.approx(served, rel=1e-9, abs=1e-10)
    anyone = served > 0
    assert result.dispatch_share.sum() == pytest.approx(1.0 if anyone else 0.0)
    assert ((result.sent >= -1e-12) & (result.sent <= 1 + 1e-12)).all()
    assert result.sent.sum(axis=0) + result.lost == pytest.approx(np.ones(len(calls)))
    by_unit = (result.sent * calls).sum(axis=1)
    assert result.utilization * service == pytest.approx(by_unit, rel=1e-9, abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(systems())
def test_two_pools_without_mutual_aid_are_independent(
    system: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    calls, service, lists = system
    alone = hypercube.solve(calls, service, lists)
    other = hypercube.solve([2.0], [1.0], [[0]])
    empty = np.full((len(lists), 1), -1)
    last = np.full((1, lists.shape[1] + 1), -1)
    last[0, 0] = len(service)
    both = hypercube.solve(
        [*calls, 2.0], [*service, 1.0], np.vstack([np.hstack([lists, empty]), last])
    )
    assert both.utilization[:-1] == pytest.approx(alone.utilization, abs=1e-9)
    assert both.utilization[-1] == pytest.approx(other.utilization[0], abs=1e-9)
    assert both.all_busy == pytest.approx(alone.all_busy * other.all_busy, abs=1e-9)


def test_a_unit_on_no_list_is_never_busy() -> None:
    result = hypercube.solve([3.0], [1.0, 1.0], [[0, -1]])
    assert result.utilization == pytest.approx([0.75, 0.0])
    assert result.lost_share == pytest.approx(0.75)
    assert result.all_busy == 0.0


def test_a_site_that_no_unit_serves_loses_all_its_calls() -> None:
    result = hypercube.solve([1.0, 1.0], [1.0], [[0], [-1]])
    assert result.lost.tolist() == pytest.approx([0.5, 1.0])
    assert result.dispatch_share[0].tolist() == pytest.approx([1.0, 0.0])


def test_without_calls_no_unit_is_busy_and_the_first_would_be_sent() -> None:
    for queue in ("loss", "infinite"):
        result = hypercube.solve([0.0, 0.0], [1.0, 2.0], [[0, 1], [1, 0]], queue=queue)
        assert result.utilization.tolist() == [0.0, 0.0]
        assert result.sent.tolist() == [[1.0, 0.0], [0.0, 1.0]]
        assert (result.all_busy, result.lost_share) == (0.0, 0.0)


def test_a_site_without_calls_still_shows_who_would_be_sent() -> None:
    result = hypercube.solve([1.0, 0.0], [1.0, 1.0], [[0, 1], [1, 0]])
    assert result.dispatch_share[:, 1].tolist() == [0.0, 0.0]
    assert result.sent[1, 1] == pytest.approx(1 - result.utilization[1])


REFUSED = {
    "a negative call rate": (([-1.0], [1.0], [[0]]), {}, "call rate of site 0"),
    "a call rate that is no number": (([math.nan], [1.0], [[0]]), {}, "call rate of site 0"),
    "an endless call rate": (([math.inf], [1.0], [[0]]), {}, "call rate of site 0"),
    "rates in words": ((["many"], [1.0], [[0]]), {}, "not all numbers"),
    "a negative service rate": (([1.0], [1.0, -2.0], [[0, 1]]), {}, "service rate of unit 1"),
    "a unit that never ends a call": (([1.0], [1.0, 0.0], [[0, 1]]), {}, "Unit 1"),
    "no unit": (([1.0], [], np.zeros((1, 0), int)), {}, "no unit"),
    "a unit beyond the last": (([1.0], [1.0], [[1]]), {}, "names unit 1"),
    "a unit below -1": (([1.0], [1.0], [[-2]]), {}, "names unit -2"),
    "a unit listed twice": (([1.0, 1.0], [1.0, 1.0], [[0, 1], [1, 1]]), {}, "list for site 1"),
    "half a unit": (([1.0], [1.0], [[0.5]]), {}, "whole numbers"),
    "lists of too few sites": (([1.0, 1.0], [1.0], [[0]]), {}, "shape (1, 1)"),
    "rates in a table": (([[1.0]], [1.0], [[0]]), {}, "axes"),
    "lists of different lengths": (([1.0, 1.0], [1.0, 1.0], [[0, 1], [0]]), {}, "differ in length"),
    "a line that some unit never serves": (
        ([1.0], [1.0, 1.0], [[0, -1]]),
        {"queue": "infinite"},
        "leaves out",
    ),
    "a line that grows without end": (([2.0], [1.0, 1.0], [[0, 1]]), {"queue": "infinite"}, "grow"),
    "an unknown queue": (([1.0], [1.0], [[0]]), {"queue": "short"}, "short"),
}


@pytest.mark.parametrize("model", [hypercube.solve, hypercube.approximate])
@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_model_is_refused(case: str, model: object) -> None:
    args, options, words = REFUSED[case]
    with pytest.raises(UserError) as caught:
        model(*args, **options)  # type: ignore[operator]
    assert words in caught.value.message
    assert caught.value.message.endswith(".")


def test_sixteen_units_are_too_many_for_the_exact_model() -> None:
    lists = [list(range(16))]
    with refused("too_many_units", most=15, units=16):
        hypercube.solve([1.0], [1.0] * 16, lists)
    assert hypercube.approximate([1.0], [1.0] * 16, lists).utilization[0] == pytest.approx(
        0.5, abs=0.01
    )
