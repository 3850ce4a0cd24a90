"""Larson's approximation beside the exact model."""

import numpy as np
import pytest

from zoneplanner.analysis import hypercube


def draw_nearest_lists(rng: np.random.Generator, sites: int, units: int) -> np.ndarray:
    """Draw sites and units in a square and list the units by distance."""
    posts, places = rng.random((units, 2)), rng.random((sites, 2))
    return np.argsort(((places[:, None] - posts) ** 2).sum(axis=2), axis=1)


def test_the_textbook_example_with_a_queue_is_reproduced() -> None:
    lists = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 0, 1]]
    result = hypercube.approximate([0.50, 0.25, 0.35, 0.40], [1.0] * 3, lists, queue="infinite")
    assert result.utilization == pytest.approx([0.5627, 0.4716, 0.4657], abs=2e-4)
    assert result.all_busy == pytest.approx(0.23684, abs=1e-4)
    assert result.dispatch_share.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(("queue", "short"), [("loss", False), ("loss", True), ("infinite", False)])
def test_utilization_is_within_two_percent_of_the_exact_model_on_average(
    queue: str, *, short: bool
) -> None:
    rng = np.random.default_rng(7)
    errors, lost = [], []
    for _ in range(40):
        lists = draw_nearest_lists(rng, 40, 7)
        if short:
            lists[np.arange(7) >= rng.integers(1, 8, 40)[:, None]] = -1
        service = rng.uniform(0.8, 1.3, 7)
        calls = rng.random(40)
        calls *= rng.uniform(0.1, 0.8) * service.sum() / calls.sum()
        exact = hypercube.solve(calls, service, lists, queue=queue)
        close = hypercube.approximate(calls, service, lists, queue=queue)
        errors.append(np.abs(close.utilization / exact.utilization - 1).mean())
        lost.append(abs(close.lost_share - exact.lost_share))
        assert close.dispatch_share.sum() == pytest.approx(1.0)
    assert np.mean(errors) < 0.02
    assert np.mean(lost) < 0.01


def test_identical_units_in_every_order_are_exact() -> None:
    lists = [[(first + step) % 5 for step in range(5)] for first in range(5)]
    exact = hypercube.solve([0.6] * 5, [1.0] * 5, lists)
    close = hypercube.approximate([0.6] * 5, [1.0] * 5, lists)
    assert close.utilization == pytest.approx(exact.utilization, rel=1e-6)
    assert close.lost_share == pytest.approx(exact.lost_share, rel=1e-6)


def test_without_calls_no_unit_is_busy_and_the_first_would_be_sent() -> None:
    result = hypercube.approximate([0.0, 0.0], [1.0, 2.0], [[0, 1], [1, -1]])
    assert result.utilization.tolist() == [0.0, 0.0]
    assert result.sent.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert result.lost_share == 0.0


def test_very_many_calls_keep_every_unit_busy() -> None:
    result = hypercube.approximate([1e6], [1.0, 1.0], [[0, 1]])
    assert result.utilization == pytest.approx([1.0, 1.0], abs=1e-5)
    assert result.lost_share == pytest.approx(1.0, abs=1e-5)


def test_seven_hundred_units_with_lists_of_twenty_do_all_the_work() -> None:
    rng = np.random.default_rng(700)
    lists = draw_nearest_lists(rng, 2000, 700)[:, :20]
    service, calls = rng.uniform(0.8, 1.3, 700), rng.random(2000)
    calls *= 0.3 * service.sum() / calls.sum()
    result = hypercube.approximate(calls, service, lists)
    assert result.utilization @ service == pytest.approx(calls.sum(), rel=1e-3)
    assert result.dispatch_share.shape == (700, 2000)
    assert result.dispatch_share.sum() == pytest.approx(1.0)
    assert result.lost_share < 1e-4
