"""Rules that no plan of a group can keep, found without a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    find_components,
    find_reachable,
    pack_sites,
    unpack_sites,
)
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """A rule that no plan can keep below a tolerance.

    ``cause`` names its sentence, ``infeasible.*``, which ``facts`` fill in.
    """

    rule: str
    cause: str
    tolerance: float
    facts: Mapping[str, object]


def check_feasibility(group: ZoneGroup) -> None:
    """Raise a UserError for problems that no tolerance can fix.

    Raises
    ------
    UserError
        Too few sites or zones, too many parts, or locks that cannot be joined; ``details`` has
        the rule and a ``smallest_tolerance`` of None.
    """
    n, k = len(group.sites), len(group.zones)
    if k == 0:
        raise make_infeasibility("all_closed", "closed", sites=group.names)
    if n == 0:
        raise make_infeasibility("no_site", "allowed", zones=group.labels)
    if n < k:
        raise make_infeasibility(
            "few_sites", "sites", site_count=n, zones=group.labels, zone_count=k
        )
    parts = find_components(group)
    if len(parts) > k:
        smallest = [group.names[i] for i in unpack_sites(min(parts, key=int.bit_count))]
        raise make_infeasibility(
            "apart", "contiguity", zones=group.labels, parts=len(parts), smallest=smallest
        )
    for zone in range(k):
        _check_joined(group, zone)


def _check_joined(group: ZoneGroup, zone: int) -> None:
    locked = np.flatnonzero(group.lock == zone)
    if not len(locked):
        return
    others = pack_sites(np.flatnonzero((group.lock >= 0) & (group.lock != zone)))
    free = ((1 << len(group.sites)) - 1) & ~others
    reachable = find_reachable(group.masks, 1 << int(locked[0]), free)
    apart = [int(site) for site in locked if not reachable >> int(site) & 1]
    if apart:
        raise make_infeasibility(
            "locked_apart",
            "locked",
            apart=[group.names[site] for site in (*apart, locked[0])],
            zone=group.labels[zone],
            lift=[int(group.sites[site]) for site in apart],
        )


def find_obstacle(group: ZoneGroup) -> _Obstacle | None:
    """Return the obstacle that needs the largest tolerance, if it is above the group's own.

    Each is a necessary condition of balance, so the tolerance is a lower bound.
    """
    obstacles = [
        obstacle
        for each in group.list_scenarios()
        for find in (_find_heavy_site, _find_heavy_locks, _find_closed_share, _find_parts)
        for obstacle in find(each)
    ]
    worst = max(obstacles, key=lambda each: each.tolerance, default=None)
    return worst if worst is not None and worst.tolerance > group.tolerance + 2e-9 else None


def can_reach_enough(group: ZoneGroup) -> bool:
    """Return whether enough posts have a zone's least load within reach: one for each zone."""
    if np.isinf(group.most):
        return True
    near = (group.cost_table < group.most).astype(np.float64)
    enough = (group.loads @ near >= group.min_load).all(axis=0)
    return int(enough.sum()) >= len(group.zones)


def _find_heavy_site(group: ZoneGroup) -> list[_Obstacle]:
    site = int(group.load.argmax())
    share = float(group.load[site]) / max(group.mean_load, 1e-12)
    facts = {"site": group.names[site], "share": share}
    return [_Obstacle("tolerance", "heavy_site", share - 1, facts)]


def _find_heavy_locks(group: ZoneGroup) -> list[_Obstacle]:
    obstacles = []
    for zone in np.unique(group.lock[group.lock >= 0]):
        locked = np.flatnonzero(group.lock == zone)
        share = float(group.load[locked].sum()) / max(group.mean_load, 1e-12)
        names = [group.names[site] for site in locked]
        facts = {"zone": group.labels[zone], "sites": names, "share": share}
        obstacles.append(_Obstacle("locked", "heavy_locks", share - 1, facts))
    return obstacles


def _find_closed_share(group: ZoneGroup) -> list[_Obstacle]:
    share = float(group.load.sum()) / max(group.mean_load * len(group.zones), 1e-12)
    if abs(share - 1) < 1e-9 or group.mean_load == 0:
        return []
    facts = {"zones": group.labels, "share": share}
    return [_Obstacle("closed", "closed_share", abs(share - 1), facts)]


def _find_parts(group: ZoneGroup) -> list[_Obstacle]:
    """Return the imbalance of unconnected parts, each of which needs a whole number of zones."""
    parts = find_components(group)
    if len(parts) == 1 or group.mean_load == 0:
        return []
    shares = [float(group.load[unpack_sites(part)].sum()) / group.mean_load for part in parts]
    tolerance = _find_part_deviation(shares, len(group.zones))
    fair_loads = [f"{share:.2f}" for share in shares]
    facts = {"zones": group.labels, "parts": len(parts), "fair_loads": fair_loads}
    return [_Obstacle("contiguity", "uneven_parts", tolerance, facts)]


def _find_part_deviation(shares: list[float], zones: int) -> float:
    """Return the least deviation over all ways to give each part its zones, by dynamic programming.

    ``least[used]`` is the least largest deviation of the parts so far with ``used`` zones in all.
    """
    least = [0.0] + [np.inf] * zones
    for share in shares:
        least = [
            min(
                (max(least[used - own], abs(share / own - 1)) for own in range(1, used + 1)),
                default=np.inf,
            )
            for used in range(zones + 1)
        ]
    return float(least[zones])


def make_infeasibility(cause: str, rule: str, **facts: object) -> UserError:
    """Return the error for a rule that no plan can keep, whatever the tolerance."""
    verdict = {"rule": rule, "proven_infeasible": True, "smallest_tolerance": None, "proven": True}
    return UserError(f"infeasible.{cause}", {**verdict, **facts})
