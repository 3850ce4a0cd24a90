"""What no plan of a group can keep, seen without a search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.optimise.group import Group, bits, components, reached, sites_in
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """A rule that stands in the way of every plan below a tolerance, and the sentence for it."""

    rule: str
    text: str
    mend: str
    tolerance: float


def check(group: Group) -> None:
    """Refuse at once what no tolerance can mend.

    Raises
    ------
    UserError
        Too few sites or zones, too many parts, or locks that cannot be joined; ``details`` has
        the rule and a ``smallest_tolerance`` of None.
    """
    n, k = len(group.sites), len(group.zones)
    if k == 0:
        raise _refusal(
            "closed",
            f"Every zone that may hold {named(group.names)} is closed; open one or lock these "
            "sites into one.",
        )
    if n == 0:
        raise _refusal(
            "allowed",
            f"No site lies where {named(group.labels)} may hold it; change where the unit may be "
            "primary or use fewer zones.",
        )
    if n < k:
        sites = "1 site" if n == 1 else f"{n} sites"
        raise _refusal(
            "sites",
            f"{sites} cannot fill {k} zones ({named(group.labels)}); use fewer zones or add sites.",
        )
    parts = components(group)
    if len(parts) > k:
        smallest = min(parts, key=int.bit_count)
        raise _refusal(
            "contiguity",
            f"The sites of {named(group.labels)} fall into {len(parts)} parts that do not touch "
            f"each other, but a zone is one piece; use at least {len(parts)} zones or join the "
            f"parts. The smallest holds {named([group.names[i] for i in sites_in(smallest)])}.",
        )
    for zone in range(k):
        _check_joined(group, zone)


def _check_joined(group: Group, zone: int) -> None:
    locked = np.flatnonzero(group.lock == zone)
    if not len(locked):
        return
    others = bits(np.flatnonzero((group.lock >= 0) & (group.lock != zone)))
    free = ((1 << len(group.sites)) - 1) & ~others
    here = reached(group.masks, 1 << int(locked[0]), free)
    apart = [int(site) for site in locked if not here >> int(site) & 1]
    if apart:
        raise _refusal(
            "locked",
            f"{named([group.names[site] for site in apart])} and {group.names[locked[0]]} are "
            f"locked to zone {group.labels[zone]}, but cannot be joined into one piece past the "
            "other locked sites; unlock some of them.",
            lift=[int(group.sites[site]) for site in apart],
        )


def obstacle(group: Group) -> _Obstacle | None:
    """The simple reason that asks for the largest tolerance, if it is above the group's own."""
    reasons = [*_heavy_sites(group), *_heavy_locks(group), *_closed_share(group), *_parts(group)]
    worst = max(reasons, key=lambda each: each.tolerance, default=None)
    return worst if worst is not None and worst.tolerance > group.tolerance + 2e-9 else None


def _heavy_sites(group: Group) -> list[_Obstacle]:
    site = int(group.load.argmax())
    share = float(group.load[site]) / max(group.mean_load, 1e-12)
    text = f"{group.names[site]} alone carries {share:.2f} times the load of a fair zone"
    return [_Obstacle("tolerance", text, "use fewer zones", share - 1)]


def _heavy_locks(group: Group) -> list[_Obstacle]:
    found = []
    for zone in np.unique(group.lock[group.lock >= 0]):
        locked = np.flatnonzero(group.lock == zone)
        share = float(group.load[locked].sum()) / max(group.mean_load, 1e-12)
        text = (
            f"The sites locked to zone {group.labels[zone]} "
            f"({named([group.names[site] for site in locked])}) carry {share:.2f} times the load "
            "of a fair zone"
        )
        found.append(_Obstacle("locked", text, "unlock some of them", share - 1))
    return found


def _closed_share(group: Group) -> list[_Obstacle]:
    share = float(group.load.sum()) / max(group.mean_load * len(group.zones), 1e-12)
    if abs(share - 1) < 1e-9 or group.mean_load == 0:
        return []
    text = (
        f"With the closed zones as they are, {named(group.labels)} carry {share:.2f} times a "
        "fair load on average"
    )
    return [_Obstacle("closed", text, "open a closed zone", abs(share - 1))]


def _parts(group: Group) -> list[_Obstacle]:
    """Parts that do not touch must each be shared out by whole zones."""
    parts = components(group)
    if len(parts) == 1 or group.mean_load == 0:
        return []
    shares = [float(group.load[sites_in(part)].sum()) / group.mean_load for part in parts]
    tolerance = _whole_zones(shares, len(group.zones))
    text = (
        f"The sites of {named(group.labels)} fall into {len(parts)} parts that do not touch each "
        f"other and carry {', '.join(f'{share:.2f}' for share in shares)} fair loads, which whole "
        "zones cannot share out evenly"
    )
    return [_Obstacle("contiguity", text, "join the parts or use other zones", tolerance)]


def _whole_zones(shares: list[float], zones: int) -> float:
    """The least deviation if each part has a number of zones of its own: by dynamic programming."""
    least = [0.0] + [np.inf] * zones  # by zones used
    for share in shares:
        least = [
            min(
                (max(least[used - own], abs(share / own - 1)) for own in range(1, used + 1)),
                default=np.inf,
            )
            for used in range(zones + 1)
        ]
    return float(least[zones])


def _refusal(rule: str, text: str, **more: object) -> UserError:
    return UserError(
        text, {"rule": rule, "smallest_tolerance": None, "proven": True, **more}, code="infeasible"
    )


def named(names: list[str] | tuple[str, ...]) -> str:
    """Up to four names in a row, and how many more there are."""
    shown = list(names[:4])
    if len(names) > 5:
        return f"{', '.join(shown)} and {len(names) - 4} more"
    shown = list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
