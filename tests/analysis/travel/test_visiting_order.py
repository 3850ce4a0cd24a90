from datetime import date, timedelta
from itertools import pairwise, permutations
from random import Random

import numpy as np
import pytest

from zoneplanner.analysis.travel.visiting_order import (
    Repeats,
    Route,
    RouteStop,
    compute_arrival_entropy,
    find_best_route,
    make_day_generator,
    measure_repeats,
    time_stops,
    vary_route,
)

ALL_DAY = ((0.0, 480.0),)


def draw_drives(n: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    places = random.random((n, 2)) * 20
    return np.abs(places[:, None] - places[None]).sum(axis=2)


def create_stops(n: int) -> list[RouteStop]:
    return [RouteStop(str(at), ALL_DAY, 15.0) for at in range(n)]


def test_stops_on_a_line_are_visited_in_order() -> None:
    places = np.array([30.0, 0.0, 20.0, 10.0])
    route = find_best_route(create_stops(4), np.abs(places[:, None] - places[None]))
    assert route.order in ((1, 3, 2, 0), (0, 2, 3, 1))
    assert (route.drive_min, route.exact, route.late) == (30.0, True, 0)


def test_a_route_waits_for_a_window() -> None:
    stops = [RouteStop("early", ((60.0, 90.0),), 15.0), RouteStop("late", ((0.0, 20.0),), 15.0)]
    route = find_best_route(stops, np.array([[0.0, 5.0], [5.0, 0.0]]))
    assert route.order == (1, 0)
    assert route.visits[1].begin_min == 60.0
    assert route.late == 0


def test_impossible_windows_are_missed_as_rarely_as_possible_and_counted() -> None:
    stops = [RouteStop(str(at), ((0.0, 10.0),), 15.0) for at in range(3)]
    route = find_best_route(stops, np.full((3, 3), 5.0))
    assert route.late == 2
    assert not route.exact


@pytest.mark.parametrize("seed", range(8))
def test_the_route_ends_as_early_as_the_best_of_every_order(seed: int) -> None:
    random = Random(seed)
    drive = draw_drives(6, seed)
    stops = []
    for at in range(6):
        opens = random.uniform(0, 120)
        windows: tuple[tuple[float, float], ...] = ((opens, opens + 200),)
        if random.random() < 0.4:
            windows = ((opens, opens + 30), (opens + 120, opens + 200))
        stops.append(RouteStop(str(at), windows, 10.0))
    best = find_best_route(stops, drive)
    every = [Route(time_stops(stops, drive, order), True) for order in permutations(range(6))]
    kept = [route.visits[-1].leave_min for route in every if route.late == 0]
    assert best.exact == bool(kept)
    if kept:
        assert best.visits[-1].leave_min == pytest.approx(min(kept))


def test_more_than_fifteen_stops_are_each_visited_once() -> None:
    route = find_best_route(create_stops(22), draw_drives(22))
    assert sorted(route.order) == list(range(22))
    assert not route.exact


def test_a_varied_order_keeps_windows_and_costs_little_more() -> None:
    drive = draw_drives(11, 3)
    stops = [RouteStop(str(at), ((0.0, 420.0),), 15.0) for at in range(11)]
    best = find_best_route(stops, drive)
    for day in range(12):
        found = vary_route(stops, drive, np.random.default_rng(day), best=best)
        assert sorted(found.order) == list(range(11))
        assert found.late == 0
        assert found.drive_min <= max(best.drive_min * 1.5, best.drive_min + 15) + 1e-9
        leaves = [visit.leave_min for visit in found.visits]
        assert all(
            later.begin_min >= leave + later.drive_min - 1e-9
            for leave, later in zip(leaves, found.visits[1:], strict=False)
        )


def test_a_site_is_rarely_visited_twice_in_a_row() -> None:
    stops = [RouteStop(str(at // 2), ALL_DAY, 15.0) for at in range(10)]
    drive = np.repeat(np.repeat(draw_drives(5, 2) / 5, 2, axis=0), 2, axis=1)
    best = find_best_route(stops, drive)
    assert sum(one // 2 == other // 2 for one, other in pairwise(best.order)) == 5
    in_a_row = 0
    for day in range(20):
        order = vary_route(stops, drive, np.random.default_rng(day), best=best).order
        in_a_row += sum(one // 2 == other // 2 for one, other in pairwise(order))
    assert in_a_row <= 12, "of a hundred; 25 where no order is preferred for it"


def test_a_day_is_reproducible_and_differs_from_the_next() -> None:
    drive, stops, day = draw_drives(9), create_stops(9), date(2026, 11, 16)

    def route(seed: int, on: date, unit: str = "S1") -> tuple[float, ...]:
        found = vary_route(stops, drive, make_day_generator(seed, unit, on))
        return tuple(visit.begin_min for visit in found.visits)

    assert route(0, day) == route(0, day)
    assert len({route(0, day + timedelta(days=n)) for n in range(5)}) == 5
    assert route(1, day) != route(0, day)
    assert route(0, day, "S2") != route(0, day)


def test_entropy_is_0_for_a_fixed_order_and_higher_for_a_varied_one() -> None:
    drive, stops = draw_drives(10, 5), create_stops(10)
    fixed = {str(v.stop): v.begin_min for v in find_best_route(stops, drive).visits}
    assert compute_arrival_entropy([fixed] * 20) == 0.0
    varied = [
        {
            str(v.stop): v.begin_min
            for v in vary_route(stops, drive, make_day_generator(0, "S1", day)).visits
        }
        for day in (date(2026, 11, 2) + timedelta(days=n) for n in range(20))
    ]
    assert compute_arrival_entropy(varied) > 0.6
    assert compute_arrival_entropy([{"a": 30.0 * day} for day in range(5)]) == pytest.approx(1.0)


def test_repeats_count_what_an_observer_learns_over_several_days() -> None:
    found = measure_repeats(["abc", "abc", "cab", "bca"])
    assert found == Repeats(days=4, order=2, first=2, last=2, following=3)
