"""Column generation: the linear program over all zones, solved without listing them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.optimise.group import Group
from zoneplanner.analysis.optimise.master import Master, distinct, dual_value
from zoneplanner.analysis.optimise.pricing import Duals, Zones, grow, prepare
from zoneplanner.analysis.optimise.problem import Floats, Ints

BEAM = 1500
NEW_ZONES = 300
QUICK_STATES, QUICK_ZONES = 300_000, 30_000
STATES, ZONES = 3_000_000, 300_000
NEAR = 1e-7
SMOOTHING = 0.7
TRIES = 12


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound, the prices that prove it, and the optimal shares (None while not optimal)."""

    bound: float
    duals: Duals | None
    shares: Floats | None


def converge(master: Master, centre: Duals | None, ceiling: float) -> Iterator[Relaxed]:
    """Generate zones until none would lower the linear program or the bound meets ``ceiling``.

    Prices are smoothed towards those of the best bound so far (``centre`` at the start), which
    keeps them sensible and the pricing quick. The last value has ``shares`` unless the ceiling
    was met; its ``bound`` is that of the program unless pricing had to be cut short.
    """
    best = Relaxed(-np.inf, centre, None)
    while True:
        duals, shares = master.solve()
        weight = 0.0 if best.duals is None else SMOOTHING
        tries = 0
        quick = True
        while True:
            mixed = duals if best.duals is None else mix(best.duals, duals, weight)
            last = weight == 0 or tries >= TRIES
            zones = yield from _price(master, mixed, best, quick=quick)
            moved = False
            if zones.complete:
                bound = _bound(master, mixed, zones)
                moved = bound > best.bound
                if moved:
                    best = Relaxed(bound, mixed, None)
                    yield best
                if bound >= ceiling:
                    return
            elif quick:
                zones = _beam(master, mixed)
            if _add(master, zones, mixed, duals):
                break
            if last and quick and not zones.complete:
                quick = False
                continue
            if last and master.missing > NEAR:
                master.raise_prices()
                break
            if last:
                fresh = len(master.cost) - len(shares)
                yield Relaxed(best.bound, duals, np.pad(shares, (0, fresh)))
                return
            tries += 1
            nearer = weight / 2 if weight > 0.2 else 0.0
            weight = nearer if zones.complete else (1 + weight) / 2
        yield best


def _bound(master: Master, duals: Duals, zones: Zones) -> float:
    floor = np.minimum(zones.floor, duals.kind)
    np.minimum.at(floor, zones.kind, zones.value)
    return dual_value(master.agents, duals, floor)


def _price(
    master: Master, duals: Duals, best: Relaxed, *, quick: bool
) -> Generator[Relaxed, None, Zones]:
    states, most = (QUICK_STATES, QUICK_ZONES) if quick else (STATES, ZONES)
    table = prepare(master.group, master.agents, duals, duals.kind - NEAR)
    for zones in grow(master.group, master.agents, table, states=states, zones=most):
        if zones is None:
            yield best
        else:
            result = zones
    return result


def _beam(master: Master, duals: Duals) -> Zones:
    table = prepare(master.group, master.agents, duals, duals.kind - NEAR)
    for zones in grow(master.group, master.agents, table, states=STATES, zones=ZONES, beam=BEAM):
        if zones is not None:
            result = zones
    return result


def mix(centre: Duals, duals: Duals, weight: float) -> Duals:
    """``weight`` of the centre's prices and the rest of the new ones."""
    rest = 1 - weight
    return Duals(
        site=weight * centre.site + rest * duals.site,
        kind=weight * centre.kind + rest * duals.kind,
        post=weight * centre.post + rest * duals.post,
        fixed=weight * centre.fixed + rest * duals.fixed,
    )


def _add(master: Master, zones: Zones, priced: Duals, duals: Duals) -> bool:
    """Add the best zones found at ``priced``; whether one of them improves on ``duals``."""
    order = np.argsort(zones.value - priced.kind[zones.kind], kind="stable")[: 4 * NEW_ZONES]
    order = order[distinct(zones.kind[order], zones.members[order])][:NEW_ZONES]
    before = len(master.cost)
    master.add_zones(zones.kind[order], zones.members[order])
    fresh = np.arange(before, len(master.cost))
    return bool((master.reduced(duals, fresh) < -NEAR).any())


def seed_zones(master: Master, group: Group, pool: list[int], assignment: Ints | None) -> None:
    """Start the master problem with the zones that the search has seen."""
    n = len(group.sites)
    raw = np.array([list(mask.to_bytes((n + 7) // 8, "little")) for mask in pool], dtype=np.uint8)
    members = np.zeros((0, n), dtype=bool)
    if len(pool):
        members = np.unpackbits(raw, axis=1, count=n, bitorder="little").astype(bool)
    if assignment is not None:
        own = assignment[None, :] == np.arange(len(group.zones))[:, None]
        members = np.vstack([members, own])
    for index, kind in enumerate(master.agents.kinds):
        fits = ~(members & ~kind.may).any(axis=1) & ~(kind.must & ~members).any(axis=1)
        master.add_zones(np.full(int(fits.sum()), index), members[fits])
