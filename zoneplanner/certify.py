"""Check a plan's certificate in exact arithmetic: ``python -m zoneplanner.certify FILE``.

Stands alone: standard library only, nothing of the optimizer. A certificate (JSON) has the
district in whole numbers, a plan, and prices of sites. Checked are the plan's rules and cost, and
that at these prices no plan can cost less than the bound: Lagrangian relaxation, with a knapsack
of whole sites for every zone's post. A zone is connected, carries a load within the tolerance of
the fair share, and costs what serving its sites from the best of them costs.

Loads are millionths of a minute, costs and prices of sites 10^-12 trip-minutes, prices of load
10^-6 trip-minutes a minute: all whole numbers, so nothing is rounded here.
"""

import hashlib
import heapq
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

COST_UNIT, LOAD_UNIT = 10**12, 10**6
SLACK = Fraction(1, 10**9)  # of the fair share: the same as in the rules
MOST_TRIED = 20_000  # sets of sites, for a post


class FalseCertificate(Exception):
    """What does not hold."""


def check_certificate(data: Any) -> dict[str, Any]:
    """Return ``ok``, ``cost``, ``bound``, ``gap`` and, where it is not ok, ``findings``."""
    verdict: dict[str, Any] = {"ok": False, "cost": None, "bound": None, "gap": None}
    try:
        if data["certificate"] != 1:
            raise FalseCertificate("This is a certificate of another version.")
        if data["instance"] != hash_instance(data["groups"]):
            raise FalseCertificate(
                "The district in the certificate is not the one it was made for."
            )
        cost, bound = measure_certificate(data)
        verdict |= {"cost": cost / COST_UNIT, "bound": bound / COST_UNIT}
        verdict["gap"] = float(Fraction(max(cost - bound, 0), max(cost, 1)))
        if cost != data["cost"]:
            raise FalseCertificate("The plan does not cost what the certificate says.")
        if bound < data["bound"]:
            raise FalseCertificate("The prices do not prove the bound that the certificate says.")
    except FalseCertificate as finding:
        return {**verdict, "findings": [str(finding)]}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        return {**verdict, "findings": [f"This is no certificate: {problem!r}."]}
    return {**verdict, "ok": True, "findings": []}


def measure_certificate(data: Any) -> tuple[int, int]:
    """Return the plan's cost and the bound that the prices prove, in whole units."""
    parts = [_check_group(group, Fraction(data["tolerance"])) for group in data["groups"]]
    return sum(cost for cost, _ in parts), sum(bound for _, bound in parts)


def hash_instance(groups: Any) -> str:
    """Return a digest of the district: everything but the plan and the prices."""
    given = ("sites", "zones", "load", "cost", "neighbors", "locked", "closed")
    instance = [{name: group[name] for name in given} for group in groups]
    return hashlib.sha256(json.dumps(instance, sort_keys=True).encode()).hexdigest()


def _check_group(group: dict[str, Any], tolerance: Fraction) -> tuple[int, int]:
    """Check a group of zones that may trade sites; returns (cost of the plan, bound)."""
    load, cost, plan = group["load"], group["cost"], group["assignment"]
    n, zones, closed = len(group["sites"]), len(group["zones"]), set(group["closed"])
    tables = (load, plan, group["prices"], group["load_prices"], cost, *cost)
    if any(len(table) != n for table in tables):
        raise FalseCertificate("A table of the certificate has not one entry for each site.")
    whole = (load, plan, group["prices"], group["load_prices"], *cost)
    if any(type(value) is not int for table in whole for value in table):
        raise FalseCertificate("A figure of the certificate is no whole number.")
    if min(load) < 0 or not 0 < tolerance < 1 or not closed <= set(range(zones)):
        raise FalseCertificate("Loads, tolerance or closed zones make no sense.")
    share = Fraction(sum(load), zones)
    lower = -(-(share * (1 - tolerance - SLACK)) // 1)  # rounded up, as loads are whole
    upper = share * (1 + tolerance + SLACK) // 1
    near: list[list[int]] = [[] for _ in range(n)]
    for one, other in group["neighbors"]:
        near[one].append(other)
        near[other].append(one)
    locked = {int(site): zone for site, zone in group["locked"].items()}
    total = settled = 0
    for zone in range(zones):
        members = [site for site in range(n) if plan[site] == zone]
        name = group["zones"][zone]
        if not members or not _is_connected(members, near):
            raise FalseCertificate(f"Zone {name} is not in one piece.")
        if zone in closed:
            if any(locked.get(site) != zone for site in members):
                raise FalseCertificate(
                    f"Zone {name} is closed, but has a site that is not locked into it."
                )
        elif not lower <= sum(load[site] for site in members) <= upper:
            raise FalseCertificate(f"The load of zone {name} is outside the tolerance.")
        own = min(sum(cost[site][post] for site in members) for post in members)
        total += own
        settled += own if zone in closed else 0
    if any(not 0 <= zone < zones for zone in plan):
        raise FalseCertificate("A site has no zone.")
    if any(plan[site] != zone for site, zone in locked.items()):
        raise FalseCertificate("A locked site is in another zone.")
    free = [site for site in range(n) if plan[site] not in closed]
    return total, settled + _prove(group, free, zones - len(closed), int(lower), int(upper))


def _is_connected(members: list[int], near: list[list[int]]) -> bool:
    left, front = set(members[1:]), [members[0]]
    for site in front:
        beside = left.intersection(near[site])
        left -= beside
        front += beside
    return not left


def _prove(group: dict[str, Any], free: list[int], zones: int, lower: int, upper: int) -> int:
    """Return all prices and the k least values of posts: no plan of these sites costs less.

    A plan's zones have k posts, each of which serves its zone at its value at least; and each
    site's price is counted once, as it is in one zone.
    """
    load: list[int] = group["load"]
    cost: list[list[int]] = group["cost"]
    price: list[int] = group["prices"]
    values = []
    for post in free:
        weight: int = group["load_prices"][post]
        reduced = {site: cost[site][post] - price[site] - weight * load[site] for site in free}
        taken = {site for site in free if reduced[site] < 0 or site == post}
        value = sum(reduced[site] for site in taken) + weight * (lower if weight > 0 else upper)
        values.append((value, post, weight, reduced, taken))
    values.sort(key=lambda each: each[:2])
    least: list[int] = []
    for value, post, weight, reduced, taken in values:
        if len(least) == zones and value >= least[-1]:
            break
        room = least[-1] - value if len(least) == zones else None
        flips = sorted(
            (abs(reduced[site]), -load[site] if site in taken else load[site])
            for site in free
            if site != post
        )
        above = _flip(flips, sum(load[site] for site in taken), (lower, upper), weight, room)
        least = sorted([*least, value + above])[:zones]
    return sum(price[site] for site in free) + sum(least)


def _flip(
    flips: list[tuple[int, int]], load: int, limits: tuple[int, int], weight: int, room: int | None
) -> int:
    """Return the least penalty to bring a load within its limits, sites taken or left whole.

    Sets of flips (penalty, change of load) are tried by ascending penalty, so that what is left
    when there is too much to try costs as much at least. Only what is below ``room`` matters.
    """
    lower, upper = limits
    spread = abs(weight) * (upper - lower)
    best = sum(penalty for penalty, _ in flips) + spread + 1 if room is None else room
    front, tried = [(0, -1, load)], 0
    while front:
        paid, last, now = heapq.heappop(front)
        tried += 1
        if paid >= best or tried > MOST_TRIED:
            return min(paid, best)
        if lower <= now <= upper:
            best = min(best, paid + max(weight * (now - lower), -weight * (upper - now), 0))
        if last + 1 < len(flips):
            penalty, change = flips[last + 1]
            heapq.heappush(front, (paid + penalty, last + 1, now + change))
            if last >= 0:
                gone, back = flips[last]
                heapq.heappush(front, (paid - gone + penalty, last + 1, now - back + change))
    return best


def main(arguments: list[str] | None = None) -> int:
    """Check a file and say what was found; 0 where all holds."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("usage: python -m zoneplanner.certify FILE", file=sys.stderr)
        return 2
    try:
        verdict = check_certificate(json.loads(Path(given[0]).read_text(encoding="utf-8")))
    except (OSError, ValueError) as problem:
        print(f"{given[0]} cannot be read: {problem}", file=sys.stderr)
        return 2
    print(json.dumps(verdict))
    return 0 if verdict["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
