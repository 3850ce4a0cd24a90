"""Column generation: the linear program over all zones, solved without listing them.

Zones are columns, as in Mehrotra, Johnson and Nemhauser (1998); any prices give a Lagrangian bound
(Desrosiers and Luebbecke 2005). Prices are stabilized by a box that follows the best bound
(Marsten, Hogan and Blankenship 1975).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.annealing import unpack_pool
from zoneplanner.analysis.districting.proof.pricing import PricedZones, prepare_growth, price_zones
from zoneplanner.analysis.districting.proof.restricted_master import (
    RestrictedMaster,
    compute_dual_bound,
    find_distinct_zones,
)
from zoneplanner.analysis.districting.proof.zone_cases import DualPrices
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_BEAM = 1500
_NEW_ZONES = 300
_MOST_ZONES = 300_000
_MOST_STATES = 2_000_000
PRICE_TOLERANCE = 1e-7
_CLOSE = 1e-7
_WIDE, _REACH = 2.0, 0.1
_FAILURES = 5
_ROUND = 20_000  # states that a round costs besides pricing


@dataclass(frozen=True, eq=False)
class LinearRelaxation:
    """A bound, the prices that prove it, and the optimal shares (None while not optimal).

    ``floor`` (kinds,): at these prices, no zone of a kind has a lower reduced cost.
    """

    bound: float
    duals: DualPrices
    floor: FloatArray
    shares: FloatArray | None

    def limit(self, ceiling: float) -> FloatArray:
        """Every zone of a plan below ``ceiling`` has a lower reduced cost, by kind.

        The shape is (kinds,).

        The other zones of the plan may lie as low as their floors, not only at the kinds' prices.
        """
        if not np.isfinite(self.bound):
            return np.full(len(self.floor), np.inf)
        return self.floor + (ceiling - self.bound) + PRICE_TOLERANCE


def generate_columns(
    master: RestrictedMaster, center: LinearRelaxation | None, ceiling: float, *, states: int
) -> Iterator[LinearRelaxation]:
    """Generate zones until none would lower the linear program or the bound meets ``ceiling``.

    Prices are kept in a box around those of the best bound so far (at the start, those of
    ``center``, the relaxation of a wider branch): the linear program has many optimal prices, and
    most of them would make pricing slow. The box follows the bound and widens while it holds the
    bound back. The last value has ``shares`` unless the ceiling was met; its ``bound`` is that of
    the program unless pricing was cut short, which happens after ``states`` states.
    """
    n = master.n
    kinds = len(master.agents.kinds)
    flat = DualPrices(np.full(n, ceiling / n), np.zeros(kinds), np.zeros(0), np.zeros(n), 0.0)
    best = LinearRelaxation(
        -np.inf, center.duals if center else flat, np.full(kinds, -np.inf), None
    )
    reach = (_WIDE if center is None else _REACH) * ceiling / n
    spent = failures = 0
    most = min(states // 4, max(_MOST_STATES, states // 16))
    near = np.zeros(0)
    while spent < states and failures < _FAILURES:
        master.box_prices(best.duals, reach)
        duals, shares = master.solve()
        if _is_bound_met(master, best.bound, ceiling):
            if master.missing <= PRICE_TOLERANCE:
                near = shares
                break
            reach *= 4
            spent += _ROUND
            yield best
            continue
        zones = yield from _price_zones(master, duals, best, states=most)
        spent += zones.states + _ROUND
        if not zones.complete:
            likely = yield from _price_zones(master, duals, best, states=10**9, beam=_BEAM)
            fresh = _add_zones(master, likely, duals)
            if best.bound == -np.inf and center is None and fresh:
                continue
            reach /= 3
            failures += 1
            continue
        near = shares
        floor = _find_floor(duals, zones)
        bound = compute_dual_bound(master.agents, duals, floor)
        if bound > best.bound:
            if bound - best.bound > 1e-5 * ceiling:
                failures = 0
            if bound - best.bound > (master.value - best.bound) / 2:
                reach *= 2
            best = LinearRelaxation(bound, duals, floor, None)
            yield best
        if bound >= ceiling:
            return
        if not _add_zones(master, zones, duals) and not _is_bound_met(master, bound, ceiling):
            reach /= 3  # zones were too wide to grow in full, and that holds the bound down
            failures += 1
        yield best
    if best.bound == -np.inf and center is not None:
        best = center
    yield replace(best, shares=np.pad(near, (0, len(master.cost) - len(near))))


def _is_bound_met(master: RestrictedMaster, bound: float, ceiling: float) -> bool:
    """Whether the bound has reached the value of the linear program in its box."""
    return master.value - bound <= _CLOSE * abs(ceiling)


def _find_floor(duals: DualPrices, zones: PricedZones) -> FloatArray:
    """The least reduced cost of any zone of each kind, at most the kind's price."""
    floor = np.minimum(zones.floor, duals.kind)
    np.minimum.at(floor, zones.kind, zones.value)
    return np.asarray(floor)


def _price_zones(
    master: RestrictedMaster,
    duals: DualPrices,
    best: LinearRelaxation,
    *,
    states: int,
    beam: int | None = None,
) -> Generator[LinearRelaxation, None, PricedZones]:
    """Zones below the prices of their kinds; yields the best relaxation while that takes time."""
    group, agents = master.group, master.agents
    table = prepare_growth(group, agents, duals, duals.kind - PRICE_TOLERANCE)
    found = None
    for each in price_zones(group, agents, table, states=states, zones=_MOST_ZONES, beam=beam):
        found = each
        yield best
    assert found is not None
    return found


def _add_zones(master: RestrictedMaster, zones: PricedZones, duals: DualPrices) -> int:
    """Add the zones of the least reduced cost; returns how many were new."""
    order = np.argsort(zones.value - duals.kind[zones.kind], kind="stable")[: 4 * _NEW_ZONES]
    order = order[find_distinct_zones(zones.kind[order], zones.members[order])][:_NEW_ZONES]
    return master.add_zones(zones.kind[order], zones.members[order])


def seed_master(
    master: RestrictedMaster, group: ZoneGroup, pool: dict[bytes, None], assignment: IntArray | None
) -> None:
    """Start the master problem with the zones that the search has seen.

    ``pool`` is that of an ``Incumbent``, ``assignment`` the zone of each site, shape (n,).
    """
    members = unpack_pool(pool, len(group.sites))
    if assignment is not None:
        own = assignment[None, :] == np.arange(len(group.zones))[:, None]
        members = np.vstack([members, own])
    for index, kind in enumerate(master.agents.kinds):
        fits = ~(members & ~kind.may).any(axis=1) & ~(kind.must & ~members).any(axis=1)
        master.add_zones(np.full(int(fits.sum()), index), members[fits])
