"""The optimizer's problem, and its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import (
    MOST_TABLED,
    CoordinateCosts,
    Costs,
)
from zoneplanner.errors import UserError

BALANCE_SLACK = 1e-9
PROVEN_GAP = 1e-6
ABSENCES = ("mean", "worst")


@dataclass(frozen=True, eq=False)
class DistrictingProblem:
    """Assign sites to zones that are contiguous, balanced, and cheap to serve from one member.

    Parameters
    ----------
    load
        Minutes a day of each site, shape (sites,), or in several scenarios, shape (scenarios,
        sites): then the tolerance applies to each, and all but the first go to ``scenarios``.
    cost
        ``cost[i, j]``: trips a day of site i times minutes from site j, shape (sites, sites). A
        zone costs ``min over member j of sum over members i of cost[i, j]``. ``CoordinateCosts``
        computes them from coordinates: above 3,000 sites there is then no table, unless ``reach``
        or ``one_off`` needs one.
    neighbors
        Pairs of site indices; they must connect each zone.
    allowed
        Shape (sites, zones). Zones with equal columns form a group; a site belongs to one group.
    zones
        The zones' names, or their number.
    tolerance
        A zone's load stays within ``1 +- tolerance`` of its group's load / zones.
    locked
        Site index to zone (its index, or its name if names are given).
    closed
        Zones, by index, that take only sites locked into them; each must have at least one and be
        connected. A closed zone's load need not be within the tolerance, because the user chose
        it. The other zones keep the limits of the whole group.
    names
        The sites' names in messages; their indices by default.
    linear
        Extra cost of a site in a zone, shape (sites, zones), for staying close to a plan.
    initial
        An assignment to start from, shape (sites,); it need not be feasible.
    scenarios
        Further loads to which the tolerance applies, too, shape (more, sites).
    reach
        ``reach[i, j]``: whether site i is within reach of a unit at site j, shape (sites, sites).
        All sites of a zone must be within reach of its post.
    border
        The cost of two neighbors in different zones, in the order of ``neighbours``: short
        borders make straight edges.
    one_off
        "mean" or "worst": count the mean or the worst day with one unit off, whose sites are each
        served from the nearest other post of their group. Empty: count a usual day.

    Raises
    ------
    UserError
        A value has the wrong shape or range; the message names it.
    """

    load: FloatArray
    cost: Costs
    neighbours: Sequence[tuple[int, int]]
    allowed: BoolArray
    zones: Sequence[str] | int
    tolerance: float = 0.10
    locked: Mapping[int, int | str] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    names: Sequence[str] = ()
    linear: FloatArray | None = None
    initial: IntArray | None = None
    scenarios: FloatArray | None = None
    reach: BoolArray | None = None
    border: FloatArray | None = None
    one_off: str = ""

    @property
    def cost_table(self) -> FloatArray:
        """The costs of all pairs, shape (sites, sites)."""
        return np.asarray(self.cost)

    @property
    def zone_names(self) -> tuple[str, ...]:
        return _read_zone_names(self.zones)

    def __post_init__(self) -> None:
        load, scenarios = _read_loads(self.load, self.scenarios)
        sites = len(load)
        names = _read_zone_names(self.zones)
        if sites == 0:
            raise UserError("no_sites", rule="sites")
        if not 0 < self.tolerance < 1:
            raise UserError("tolerance_out_of_range", rule="tolerance", tolerance=self.tolerance)
        allowed = np.asarray(self.allowed, dtype=bool)
        _check_shape("allowed", allowed.shape, (sites, len(names)))
        needs_table = sites <= MOST_TABLED or self.reach is not None or bool(self.one_off)
        cost = _check_costs(self.cost, sites, needs_table=needs_table)
        if self.one_off not in {"", *ABSENCES}:
            raise UserError("unknown_absence", rule="one_off", given=self.one_off, known=ABSENCES)
        site_names = _read_site_names(self.names, sites)
        pairs, border = _check_pairs(self.neighbours, self.border, sites)
        values: dict[str, Any] = {
            "load": load,
            "scenarios": scenarios,
            "border": border,
            "cost": cost,
            "allowed": allowed,
            "zones": names,
            "neighbours": pairs,
            "locked": _check_locks(self.locked, names, allowed, site_names),
            "closed": _check_closed(self.closed, len(names)),
            "names": site_names,
        }
        if self.linear is not None:
            values["linear"] = _check_floats("linear", self.linear, allowed.shape)
        if self.reach is not None:
            reach = np.asarray(self.reach, dtype=bool)
            _check_shape("reach", reach.shape, (sites, sites))
            values["reach"] = reach | np.eye(sites, dtype=bool)
        if self.initial is not None:
            initial = np.asarray(self.initial, dtype=np.int64)
            _check_shape("initial", initial.shape, (sites,))
            values["initial"] = initial
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class SearchCandidate:
    """A plan that keeps every rule, and what is known about the best one."""

    assignment: IntArray
    cost: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """The largest share of the cost that a better plan could save."""
        return max(0.0, self.cost - self.bound) / self.cost if self.cost > 0 else 0.0

    @property
    def proven(self) -> bool:
        """Whether no plan is cheaper by more than ``PROVEN_GAP``, a millionth of the cost."""
        return self.gap <= PROVEN_GAP


def _read_zone_names(zones: Sequence[str] | int) -> tuple[str, ...]:
    names = tuple(str(z) for z in range(zones)) if isinstance(zones, int) else tuple(zones)
    if not names:
        raise UserError("no_zones", rule="zones")
    if len(set(names)) < len(names):
        raise UserError("duplicate_zone", rule="zones")
    return names


def _read_site_names(names: Sequence[str], sites: int) -> tuple[str, ...]:
    if not names:
        return tuple(f"site {site}" for site in range(sites))
    _check_shape("names", (len(names),), (sites,))
    return tuple(names)


def _check_closed(closed: Iterable[int], zones: int) -> frozenset[int]:
    indices = frozenset(int(zone) for zone in closed)
    if not indices <= set(range(zones)):
        raise UserError("unknown_zone.closed", rule="closed")
    return indices


def _check_floats(name: str, value: Any, shape: tuple[int, ...]) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    _check_shape(name, array.shape, shape)
    if not np.isfinite(array).all():
        raise UserError("not_finite", rule=name)
    if (array < 0).any():
        raise UserError("negative_value", rule=name)
    return array


def _check_costs(cost: Any, sites: int, *, needs_table: bool) -> Costs:
    if not isinstance(cost, CoordinateCosts):
        return _check_floats("cost", cost, (sites, sites))
    for part in (cost.trips, cost.xy_m.T[0], cost.xy_m.T[1]):
        _check_shape("cost", part.shape, (sites,))
    if not np.isfinite(cost.xy_m).all():
        raise UserError("not_finite", rule="cost")
    _check_floats("cost", cost.trips, (sites,))
    return np.asarray(cost) if needs_table else cost


def _check_shape(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        raise UserError("wrong_shape", rule=name, shape=shape, wanted=wanted)


def _read_loads(load: Any, scenarios: Any) -> tuple[FloatArray, FloatArray | None]:
    """Return the loads of the first scenario, and of further ones."""
    first = np.asarray(load, dtype=np.float64)
    if first.ndim == 2 and len(first):
        first, more = first[0], first[1:]
        scenarios = more if scenarios is None else np.vstack([more, scenarios])
    first = _check_floats("load", first, (first.size,))
    if scenarios is None or not len(scenarios):
        return first, None
    return first, _check_floats("load", scenarios, (len(scenarios), len(first)))


def _check_pairs(
    neighbours: Sequence[tuple[int, int]], border: Any, sites: int
) -> tuple[tuple[tuple[int, int], ...], FloatArray | None]:
    """Return the distinct pairs in order, and the border of each."""
    costs = np.zeros(len(neighbours)) if border is None else border
    costs = _check_floats("border", costs, (len(neighbours),)).tolist()
    pairs: dict[tuple[int, int], float] = {}
    for (i, j), cost in zip(neighbours, costs, strict=True):
        if i != j:
            pair = min(int(i), int(j)), max(int(i), int(j))
            pairs[pair] = max(cost, pairs.get(pair, 0.0))
    if any(i < 0 or j >= sites for i, j in pairs):
        raise UserError("unknown_site.neighbors", rule="neighbours")
    order = tuple(sorted(pairs))
    return order, None if border is None else np.array([pairs[pair] for pair in order])


def _check_locks(
    locked: Mapping[int, int | str],
    names: tuple[str, ...],
    allowed: BoolArray,
    site_names: tuple[str, ...],
) -> dict[int, int]:
    locks: dict[int, int] = {}
    for site, zone in locked.items():
        if not 0 <= site < len(allowed):
            raise UserError("unknown_site.locked", rule="locked", site=site)
        index = names.index(zone) if isinstance(zone, str) and zone in names else zone
        if not isinstance(index, int | np.integer) or not 0 <= index < len(names):
            facts = {"rule": "locked", "site": int(site), "name": site_names[site], "zone": zone}
            raise UserError("unknown_zone.locked", facts)
        if not allowed[site, index]:
            facts = {"site": int(site), "name": site_names[site], "zone": names[index]}
            raise UserError("zone_not_allowed", facts, rule="locked")
        locks[int(site)] = int(index)
    return locks
