"""Visiting orders of stops with time windows: the earliest end, exact up to 15 stops, and varied.

Times are minutes from the start of the shift. A unit drives between stops, waits if a window is not
open yet, and stays for the dwell.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from math import log

import numpy as np

from zoneplanner.analysis.arrays import FloatArray

_MAX_EXACT = 15
_LATE = 1e6
"""The penalty of a missed window in minutes; it exceeds any time."""

_STEPS_PER_STOP = 60
"""From 40 on, longer walks do not repeat orders less often (20 days of the bundled zones)."""

_DETOUR_SHARE, _DETOUR_MIN = 0.5, 15.0
_TWICE_IN_A_ROW = 3
_HALF_HOUR_MIN = 30.0


@dataclass(frozen=True, slots=True)
class RouteStop:
    """A visit: the site, the windows in which it may begin, and its duration."""

    site: str
    windows: tuple[tuple[float, float], ...]
    dwell_min: float


@dataclass(frozen=True, slots=True)
class _TimedStop:
    """A stop of a route with its times; ``late`` if it is outside its windows."""

    stop: int
    begin_min: float
    leave_min: float
    drive_min: float
    late: bool


@dataclass(frozen=True, eq=False, slots=True)
class Route:
    """An order of all stops; ``exact`` if it keeps all windows and no such order ends earlier."""

    visits: tuple[_TimedStop, ...]
    exact: bool

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the stops in order."""
        return tuple(visit.stop for visit in self.visits)

    @property
    def drive_min(self) -> float:
        """The driving minutes between stops."""
        return sum(visit.drive_min for visit in self.visits)

    @property
    def late(self) -> int:
        """The number of visits outside their windows."""
        return sum(visit.late for visit in self.visits)


@dataclass(frozen=True, slots=True)
class Repeats:
    """How many of the days have the most frequent order, first, last and next site."""

    days: int
    order: int
    first: int
    last: int
    following: int


def find_best_route(
    stops: Sequence[RouteStop], drive_min: FloatArray, *, start_min: float = 0.0
) -> Route:
    """Return the order that ends first among those that keep all windows.

    ``drive_min`` is the drive from row to column stop, shape (n, n); the unit begins at any stop.
    Up to 15 stops it is exact by dynamic programming over sets of stops (Held and Karp 1962) if all
    windows can be kept; if not, it misses as few as it finds. More stops are divided by their
    windows into parts that are solved one after the other.
    """
    if len(stops) > _MAX_EXACT:
        return _solve_in_parts(stops, drive_min, start_min)
    order, keeps_windows = _solve_exactly(stops, drive_min, start_min, None)
    return Route(time_stops(stops, drive_min, order, start_min=start_min), keeps_windows)


def time_stops(
    stops: Sequence[RouteStop],
    drive_min: FloatArray,
    order: Sequence[int],
    *,
    start_min: float = 0.0,
    before: int | None = None,
) -> tuple[_TimedStop, ...]:
    """Return the visits of an order with their times; ``before`` is the previous stop.

    ``drive_min`` is the drive from row to column stop, shape (n, n).
    """
    visits, now = [], start_min
    for stop in order:
        drive = 0.0 if before is None else float(drive_min[before, stop])
        begin, late = _find_begin(stops[stop], now + drive)
        now = begin + stops[stop].dwell_min
        visits.append(_TimedStop(stop, begin, now, drive, late))
        before = stop
    return tuple(visits)


def vary_route(
    stops: Sequence[RouteStop],
    drive_min: FloatArray,
    random: np.random.Generator,
    *,
    start_min: float = 0.0,
    best: Route | None = None,
) -> Route:
    """Return a random order among those that cost little more than the best.

    ``drive_min`` is the drive from row to column stop, shape (n, n). The order misses no more
    windows than the best and drives at most half, or 15 minutes, longer. The remaining time is
    spread randomly between the visits. The same generator state gives the same order.
    """
    known = best or find_best_route(stops, drive_min, start_min=start_min)
    order = _walk_orders(stops, drive_min, random, known, start_min)
    visits = time_stops(stops, drive_min, order, start_min=start_min)
    return _spread_slack(stops, drive_min, Route(visits, exact=False), random)


def make_day_generator(seed: int, unit: str, day: date) -> np.random.Generator:
    """Return the random generator of a unit's day: different each day, the same for a seed."""
    return np.random.default_rng([seed, day.toordinal(), *unit.encode()])


def compute_arrival_entropy(days: Sequence[Mapping[str, float]]) -> float:
    """Return the mean entropy of sites' arrival half-hours over the days, 0 to 1.

    ``days`` are each site's arrival in minutes. 1 means a different half-hour each day, 0 always
    the same one, so that the patrol is predictable.
    """
    halves: dict[str, list[int]] = defaultdict(list)
    for arrivals in days:
        for site, minute in arrivals.items():
            halves[site].append(int(minute // _HALF_HOUR_MIN))
    shares = [_compute_entropy(own) for own in halves.values() if len(own) > 1]
    return sum(shares) / len(shares) if shares else 0.0


def measure_repeats(orders: Sequence[Sequence[str]]) -> Repeats:
    """Return how often a unit's orders of several days repeat what an observer could learn."""
    steps = [pair for order in orders for pair in set(pairwise(order))]
    return Repeats(
        days=len(orders),
        order=_count_most([tuple(order) for order in orders]),
        first=_count_most([order[0] for order in orders if order]),
        last=_count_most([order[-1] for order in orders if order]),
        following=_count_most(steps),
    )


def _count_most(values: Iterable[Hashable]) -> int:
    """Return how often the most frequent value occurs, or 0 for none."""
    return max(Counter(values).values(), default=0)


def _compute_entropy(values: Sequence[int]) -> float:
    counts = np.unique(np.array(values), return_counts=True)[1].tolist()
    total = len(values)
    nats = -sum(count / total * log(count / total) for count in counts)
    return float(nats / log(total))


def _spread_slack(
    stops: Sequence[RouteStop], drive_min: FloatArray, route: Route, random: np.random.Generator
) -> Route:
    """Return the same order with the remaining time spread randomly between the visits."""
    latest: list[float] = []
    after: _TimedStop | None = None
    for visit in reversed(route.visits):
        stop = stops[visit.stop]
        ends = [last for first, last in stop.windows if first <= visit.begin_min <= last]
        high = max(ends, default=visit.begin_min)
        if after is not None:
            drive = float(drive_min[visit.stop, after.stop])
            high = min(high, latest[-1] - drive - stop.dwell_min)
        latest.append(max(high, visit.begin_min))
        after = visit
    latest.reverse()
    visits: list[_TimedStop] = []
    for number, (visit, high) in enumerate(zip(route.visits, latest, strict=True)):
        stop = stops[visit.stop]
        low = visit.begin_min
        if visits:
            low = max(low, visits[-1].leave_min + visit.drive_min)
        left = len(route.visits) - number
        begin = low + max(0.0, high - low) * (1 - random.random() ** (1 / left))
        leave = begin + stop.dwell_min
        visits.append(_TimedStop(visit.stop, begin, leave, visit.drive_min, visit.late))
    return Route(tuple(visits), exact=False)


def _find_begin(stop: RouteStop, arrive: float) -> tuple[float, bool]:
    """Return when a visit begins, and whether it is outside its windows."""
    later = [max(first, arrive) for first, last in stop.windows if arrive <= last]
    return (min(later), False) if later else (arrive, bool(stop.windows))


def _solve_exactly(
    stops: Sequence[RouteStop], drive_min: FloatArray, start_min: float, before: int | None
) -> tuple[tuple[int, ...], bool]:
    """Return the order that ends first, and whether it keeps all windows."""
    n = len(stops)
    if n == 0:
        return (), True
    ends = np.full((1 << n, n), np.inf)
    previous_stop = np.full((1 << n, n), -1, dtype=np.int64)
    for stop_index, stop in enumerate(stops):
        drive = 0.0 if before is None else float(drive_min[before, stop_index])
        begin, late = _find_begin(stop, start_min + drive)
        ends[1 << stop_index, stop_index] = begin + stop.dwell_min + (_LATE if late else 0.0)
    sets = np.arange(1 << n)
    sizes = np.array([subset.bit_count() for subset in range(1 << n)])
    for size in range(1, n):
        layer = sets[sizes == size]
        for stop_index, stop in enumerate(stops):
            free = layer[(layer >> stop_index) & 1 == 0]
            if not len(free):
                continue
            arrive = ends[free] + drive_min[:n, stop_index]
            best = arrive.argmin(axis=1)
            grown = free | (1 << stop_index)
            previous_stop[grown, stop_index] = best
            ends[grown, stop_index] = _find_leave(stop, arrive[np.arange(len(free)), best])
    last = int(ends[-1].argmin())
    order, rest = [last], (1 << n) - 1
    while previous_stop[rest, order[-1]] >= 0:
        previous = int(previous_stop[rest, order[-1]])
        rest ^= 1 << order[-1]
        order.append(previous)
    return tuple(reversed(order)), bool(ends[-1].min() < _LATE)


def _find_leave(stop: RouteStop, arrive: FloatArray) -> FloatArray:
    """Return when visits end, with ``_LATE`` added for each window missed before or now."""
    finite = np.isfinite(arrive)
    missed = np.where(finite, np.floor(np.where(finite, arrive, 0.0) / _LATE) * _LATE, 0.0)
    clock = arrive - missed
    begin = np.full(len(arrive), np.inf)
    for first, last in stop.windows:
        begin = np.minimum(begin, np.where(clock <= last, np.maximum(first, clock), np.inf))
    late = ~np.isfinite(begin) & finite & bool(stop.windows)
    begin = np.where(np.isfinite(begin), begin, clock)
    return np.asarray(begin + stop.dwell_min + missed + np.where(late, _LATE, 0.0))


def _solve_in_parts(stops: Sequence[RouteStop], drive_min: FloatArray, start_min: float) -> Route:
    """Divide stops by the middle of their windows into parts of at most 15, solved in turn."""
    middle = [np.mean([sum(window) / 2 for window in stop.windows] or [0.0]) for stop in stops]
    queue = sorted(range(len(stops)), key=lambda stop: (middle[stop], stop))
    count = -(-len(stops) // _MAX_EXACT)
    size = -(-len(stops) // count)
    visits: list[_TimedStop] = []
    for start in range(0, len(queue), size):
        part = queue[start : start + size]
        before = visits[-1].stop if visits else None
        rows = [*part, *([before] if before is not None else [])]
        own = drive_min[np.ix_(rows, rows)]
        now = visits[-1].leave_min if visits else start_min
        entry = len(part) if before is not None else None
        order, _ = _solve_exactly([stops[stop] for stop in part], own, now, entry)
        ordered = [part[index] for index in order]
        visits += time_stops(stops, drive_min, ordered, start_min=now, before=before)
    return Route(tuple(visits), exact=False)


def _walk_orders(
    stops: Sequence[RouteStop],
    drive_min: FloatArray,
    random: np.random.Generator,
    known: Route,
    start_min: float,
) -> tuple[int, ...]:
    """Return a random order among those that cost little more than the known one.

    A random walk (Metropolis et al. 1953) from the known order: each step moves a stop, swaps two
    or reverses a stretch, and is rejected if it costs too much. A step and its reverse are equally
    likely, so the only preference is against what an observer would guess: each pair of neighbors
    in the known order makes an order half as likely, and a site visited twice in a row counts as
    three such pairs.
    """
    order = list(known.order)
    n = len(order)
    if n < 2:
        return known.order
    most = max(known.drive_min * (1 + _DETOUR_SHARE), known.drive_min + _DETOUR_MIN)
    limits = (start_min, known.late, most)
    weights = dict.fromkeys(map(frozenset, pairwise(order)), 1) | {
        frozenset(pair): _TWICE_IN_A_ROW
        for pair in combinations(range(n), 2)
        if stops[pair[0]].site == stops[pair[1]].site
    }
    weight, drives = _weigh_order(order, weights), drive_min.tolist()
    steps = _STEPS_PER_STOP * n
    chances = random.random(steps).tolist()
    for kind, one, other in zip(*_draw_steps(random, steps, n), strict=True):
        new = _change_order(order, kind, one, other)
        new_weight = _weigh_order(new, weights)
        is_accepted = chances.pop() < 0.5 ** (new_weight - weight)
        if is_accepted and _is_allowed(stops, drives, new, limits):
            order, weight = new, new_weight
    return tuple(order)


def _weigh_order(order: Sequence[int], weights: Mapping[frozenset[int], int]) -> int:
    return sum(weights.get(frozenset(pair), 0) for pair in pairwise(order))


def _draw_steps(random: np.random.Generator, steps: int, n: int) -> tuple[list[int], ...]:
    """Return the kind of each step of the walk, and its two positions."""
    return tuple(random.integers(limit, size=steps).tolist() for limit in (3, n, n))


def _change_order(order: Sequence[int], kind: int, one: int, other: int) -> list[int]:
    """Return an order with a stop moved, two swapped, or the stretch between them reversed."""
    new = list(order)
    if kind == 0:
        new.insert(other, new.pop(one))
    elif kind == 1:
        new[one], new[other] = new[other], new[one]
    else:
        low, high = min(one, other), max(one, other) + 1
        new[low:high] = new[low:high][::-1]
    return new


def _is_allowed(
    stops: Sequence[RouteStop],
    drives: Sequence[Sequence[float]],
    order: Sequence[int],
    limits: tuple[float, int, float],
) -> bool:
    """Return whether an order is within the limits on missed windows and driving minutes."""
    now, most_late, most_drive_min = limits
    driven, late = 0.0, 0
    before: int | None = None
    for stop in order:
        drive = 0.0 if before is None else drives[before][stop]
        driven += drive
        begin, missed = _find_begin(stops[stop], now + drive)
        late += missed
        if driven > most_drive_min or late > most_late:
            return False
        now = begin + stops[stop].dwell_min
        before = stop
    return True
