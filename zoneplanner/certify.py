"""Check a plan's certificate in exact arithmetic: ``python -m zoneplanner.certify FILE``.

Uses only the standard library and no other module. A certificate (JSON; see docs/proof.md) has a
district in whole numbers, a plan, and a tree of branches with a price for each site. The check
covers the plan's rules and cost, and that no plan in any branch costs less than the bound at the
branch's prices: a Lagrangian relaxation in which every chosen post has a whole, connected zone.
Sets of sites are bits of integers.
"""

import hashlib
import heapq
import json
import math
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

COST_UNITS, LOAD_UNIT = {1: 10**12, 2: 10**15}, 10**6
SLACK = Fraction(1, 10**9)  # of the fair share: the same as in the rules
MAX_TRIED, ROUNDS = 2_000, 3  # sets of sites tried for a post; how often a branch is tightened
LARGEST = 10**30  # of a figure, so that sums of them fit into a float
GROUP: dict[str, Any] = {
    "sites": [object],
    "zones": [object],
    "load": [int],
    "cost": [[int]],
    "neighbors": [[int]],
    "locked": {},
    "closed": [int],
    "assignment": [int],
}
CERTIFICATE: dict[str, Any] = {
    "certificate": int,
    "instance": str,
    "tolerance": str,
    "groups": [GROUP],
    "cost": int,
    "bound": int,
}
SPLITS = {"count": {"sites": [int], "most": int}, "serve": {"site": int, "posts": [int]}}


class FalseCertificate(Exception):
    """What is false or missing in a certificate."""


def check_certificate(data: Any) -> dict[str, Any]:
    """Return ``ok``, ``cost``, ``bound``, ``gap``, the ``unchecked`` goals, and ``findings``."""
    verdict: dict[str, Any] = {"ok": False, **dict.fromkeys(("cost", "bound", "gap", "unchecked"))}
    try:
        _require_shape(data, CERTIFICATE, "content")
        _require_shape(data.get("unchecked", {}), {}, "unchecked")
        verdict["unchecked"] = {k: str(goal) for k, goal in data.get("unchecked", {}).items()}
        _require(data["certificate"] in COST_UNITS, "This certificate is from another version.")
        _require(data["instance"] == hash_instance(data["groups"]), "It is for another district.")
        cost, bound = measure_certificate(data)
        gap, unit = Fraction(max(cost - bound, 0), max(cost, 1)), COST_UNITS[data["certificate"]]
        verdict |= {"cost": cost / unit, "bound": bound / unit, "gap": float(gap)}
        _require(cost == data["cost"], "The plan does not cost what the certificate states.")
        _require(bound >= data["bound"], "The prices do not prove the bound that it states.")
    except FalseCertificate as problem:
        return {**verdict, "findings": [str(problem)]}
    except RecursionError:
        return {**verdict, "findings": ["The tree of branches is too deep to check."]}
    return {**verdict, "ok": True, "findings": []}


def _require(condition: bool, finding: str) -> None:
    if not condition:
        raise FalseCertificate(finding)


def _require_shape(value: Any, shape: Any, name: str) -> None:
    """Check the type of a value and, by a shape such as ``[int]``, of its parts."""
    kind = type(shape) if isinstance(shape, list | dict) else shape
    valid = kind is object or type(value) is kind
    _require(valid, f"No certificate: its {name} is missing or not valid.")
    for part in value if isinstance(shape, list) else ():
        _require_shape(part, shape[0], name)
    for key in shape if isinstance(shape, dict) else ():
        _require_shape(value.get(key), shape[key], key)


def measure_certificate(data: Any) -> tuple[int, int]:
    """Return the plan's cost and the bound that the prices prove, in whole units."""
    tolerance = re.fullmatch("[0-9]{1,40}/[1-9][0-9]{,40}", data["tolerance"])
    _require(tolerance is not None, "The tolerance is not a valid fraction.")
    parts = [_check_group(group, Fraction(data["tolerance"])) for group in data["groups"]]
    return sum(cost for cost, _ in parts), sum(bound for _, bound in parts)


def hash_instance(groups: Any) -> str:
    """Return a hash of the district: everything but the plan and the prices."""
    names = ("sites", "zones", "load", "cost", "neighbors", "locked", "closed")
    instance = [{name: group[name] for name in names} for group in groups]
    return hashlib.sha256(json.dumps(instance, sort_keys=True).encode()).hexdigest()


def _check_group(group: dict[str, Any], tolerance: Fraction) -> tuple[int, int]:
    """Check a group of zones that may trade sites; return the plan's cost and the bound."""
    load, cost, plan = group["load"], group["cost"], group["assignment"]
    n, zones, closed = len(group["sites"]), len(group["zones"]), set(group["closed"])
    _require(all(len(e) == n for e in (load, plan, cost, *cost)), "A table lacks a site.")
    sensible = n > 0 < zones and min(load) >= 0 and closed <= set(range(zones))
    _require(sensible and 0 < tolerance < 1, "Loads, tolerance or closed zones are not valid.")
    _require(all(abs(e) < LARGEST for row in (load, *cost) for e in row), "A figure is too large.")
    share = Fraction(sum(load), zones)
    lower = math.ceil(share * (1 - tolerance - SLACK))  # loads are whole
    upper = math.floor(share * (1 + tolerance + SLACK))
    near, named, pairs = [0] * n, {str(site): site for site in range(n)}, group["neighbors"]
    known = all(len(e) == 2 and 0 <= min(e) <= max(e) < n for e in pairs)
    _require(known and group["locked"].keys() <= named.keys(), "A neighbor or lock has no site.")
    for site, other in pairs:
        near[site] |= 1 << other
        near[other] |= 1 << site
    locked = {named[site]: zone for site, zone in group["locked"].items()}
    total = settled = 0
    for zone, name in enumerate(group["zones"]):
        members = [site for site in range(n) if plan[site] == zone]
        zone_bits = sum(1 << site for site in members)
        connected = bool(zone_bits) and _reach(near, members[0], zone_bits) == zone_bits
        _require(connected, f"Zone {name} is not connected.")
        zone_cost = min(sum(cost[site][post] for site in members) for post in members)
        total += zone_cost
        if zone in closed:
            settled += zone_cost
            all_locked = all(locked.get(site) == zone for site in members)
            _require(all_locked, f"Closed zone {name} has a site not locked into it.")
        else:
            balanced = lower <= sum(load[site] for site in members) <= upper
            _require(balanced, f"The load of zone {name} is outside the tolerance.")
    _require(all(0 <= zone < zones for zone in plan), "A site has no zone.")
    _require(all(plan[site] == zone for site, zone in locked.items()), "The plan breaks a lock.")
    free = [site for site in range(n) if plan[site] not in closed]
    locks = [sum(1 << site for site in free if locked.get(site) == zone) for zone in range(zones)]
    aim = group.get("target", total)  # version 1 has one branch
    _require(type(aim) is int and abs(aim) < LARGEST, "The target of a group is not valid.")
    target = min(aim, total - settled)
    part = _Part(load, cost, near, locks, zones - len(closed), lower, upper, target)
    return total, settled + (part.bound(group.get("tree", group), part.begin(free)) if free else 0)


def _reach(near: list[int], site: int, within: int) -> int:
    """Return the sites of ``within`` that are connected to a site."""
    seen = front = 1 << site
    while front:
        bit = front & -front
        fresh = near[bit.bit_length() - 1] & within & ~seen
        seen, front = seen | fresh, (front ^ bit) | fresh
    return seen


def _list_bits(mask: int) -> list[int]:
    return [site for site in range(mask.bit_length()) if mask >> site & 1]


Sums = dict[int, tuple[int, int]]  # by number of posts: (least sum of their values, the posts)
Table = dict[int, int]
Relaxed = tuple[int, int, Table]  # a post's value, price of load, reduced costs of its sites


class _Branch(NamedTuple):
    """Sites that each post's zone may and must have; regions: (sites, least and most posts)."""

    may: Table
    must: Table
    regions: tuple[tuple[int, int, int], ...]


class _Part(NamedTuple):
    """The sites of open zones; ``near`` and ``locks`` are bits of sites."""

    load: list[int]
    cost: list[list[int]]
    near: list[int]
    locks: list[int]
    zones: int
    lower: int
    upper: int
    target: int

    def begin(self, free: list[int]) -> _Branch:
        """Return every pair of post and site that the locks allow."""
        every = sum(1 << site for site in free)
        lock_of = {post: sum(lock for lock in self.locks if lock >> post & 1) for post in free}
        others = {post: sum(self.locks) - lock if lock else 0 for post, lock in lock_of.items()}
        may = {post: every & ~others[post] for post in free}
        must = {post: lock_of[post] | 1 << post for post in free}
        return _Branch(may, must, ((every, self.zones, self.zones),))

    def bound(self, node: dict[str, Any], branch: _Branch) -> int:
        """Return a cost, at most the target, such that no plan in a branch costs less."""
        _require_shape(node, {"prices": [int]}, "branch")
        price: list[int] = node["prices"]
        _require(len(price) == len(self.load), "A site has no price.")
        price_sum, total = sum(price[site] for site in _list_bits(branch.regions[-1][0])), 0
        for _ in range(ROUNDS + 1):
            posts = {post: zone for post in branch.may if (zone := self.relax(price, post, branch))}
            value, whole = {post: zone[0] for post, zone in posts.items()}, 0
            while (choice := self.choose(branch, value)) and choice[1] & ~whole:
                room = max(self.target - price_sum - choice[0], 0)
                for post in _list_bits(choice[1] & ~whole):
                    value[post] += self.find_whole(post, branch.must[post], posts[post], room)
                whole |= choice[1]
            if choice is None or (total := max(total, price_sum + choice[0])) >= self.target:
                return self.target
            branch = self.tighten(branch, posts, value, price_sum)
        if "sides" not in node:
            return total
        return max(total, min(self.bound(*side) for side in self.split(node, branch)))

    def relax(self, price: list[int], post: int, branch: _Branch) -> Relaxed | None:
        """Return a post's best zone if sites may be in it in part.

        The result is None if no load is allowed.
        """
        load, must = self.load, branch.must[post]
        value = {site: self.cost[site][post] - price[site] for site in _list_bits(branch.may[post])}
        fixed = sum(load[site] for site in value if must >> site & 1)
        free = [site for site in value if not must >> site & 1]
        zone_load = fixed + sum(load[site] for site in free if value[site] < 0)
        if fixed + sum(load[site] for site in free) < self.lower or fixed > self.upper:
            return None
        weight, too_heavy = 0, zone_load > self.upper
        room = self.upper - fixed if too_heavy else self.lower - zone_load
        movable = [site for site in free if load[site] and (value[site] < 0) == too_heavy]
        for ratio, site_load in sorted((value[site] // load[site], load[site]) for site in movable):
            if room > 0:  # any price of load proves a bound; this one proves a good bound
                weight, room = ratio, room - site_load
        reduced = {site: value[site] - weight * load[site] for site in value}
        chosen = sum(cost for site, cost in reduced.items() if cost < 0 or must >> site & 1)
        return chosen + weight * (self.lower if weight > 0 else self.upper), weight, reduced

    def find_whole(self, post: int, must: int, relaxed: Relaxed, room: int) -> int:
        """Return the least, up to ``room``, by which a whole, connected zone exceeds its value."""
        _, weight, reduced = relaxed
        zone = sum(1 << site for site, cost in reduced.items() if cost < 0 or must >> site & 1)
        flips = sorted((abs(cost), site) for site, cost in reduced.items() if not must >> site & 1)
        change = {site: (-1 if zone >> site & 1 else 1) * self.load[site] for _, site in flips}
        # sets of flips by ascending penalty: those that are not tried cost at least as much
        front, best = [(0, -1, sum(self.load[site] for site in _list_bits(zone)), zone)], room
        for _ in range(MAX_TRIED):
            if not front or front[0][0] >= best:
                return best
            penalty, last, load, zone = heapq.heappop(front)
            if self.lower <= load <= self.upper:
                cost = penalty + max(weight * (load - self.lower), weight * (load - self.upper), 0)
                best = cost if cost < best and self.is_lawful(post, zone) else best
            for more, site in flips[last + 1 : last + 2]:
                penalty, load, zone = penalty + more, load + change[site], zone ^ 1 << site
                heapq.heappush(front, (penalty, last + 1, load, zone))
                for less, back in flips[max(last, 0) : last + 1]:
                    state = (penalty - less, last + 1, load - change[back], zone ^ 1 << back)
                    heapq.heappush(front, state)
        return min(best, front[0][0]) if front else best

    def is_lawful(self, post: int, zone: int) -> bool:
        """Whether a zone is connected, with all sites of one lock at most and none of others."""
        missing = [lock & ~zone for lock in self.locks if lock & zone]
        return len(missing) < 2 and not any(missing) and _reach(self.near, post, zone) == zone

    def choose(self, branch: _Branch, value: Table) -> tuple[int, int] | None:
        """Return the least sum of values of posts within all counts, and the posts; or None."""
        tables: list[tuple[int, Sums]] = []
        for sites, least, most in branch.regions:  # smaller ones first
            inner = [table for table in tables if table[0] & sites]
            rest = sites & ~sum(within for within, _ in inner)
            _require(not any(e[0] & ~sites for e in inner), "Two regions cross each other.")
            sums: Sums = {0: (0, 0)}
            ranked = sorted((value[post], post) for post in value if rest >> post & 1)
            for amount, post in ranked[: self.zones]:
                cost, posts = sums[len(sums) - 1]
                sums[len(sums)] = (cost + amount, posts | 1 << post)
            for _, other in inner:
                merged: Sums = {}
                for p, (cost, posts) in sums.items():
                    for q, (amount, more) in other.items():
                        both = (cost + amount, posts | more)
                        merged[p + q] = min(merged.get(p + q, both), both)
                sums = merged
            allowed = {q: both for q, both in sums.items() if least <= q <= most}
            tables = [table for table in tables if not table[0] & sites] + [(sites, allowed)]
        return tables[-1][1].get(self.zones)

    def tighten(
        self, branch: _Branch, posts: dict[int, Relaxed], value: Table, price_sum: int
    ) -> _Branch:
        """Return the branch without posts and sites that no plan below the target can have."""
        forced = sum(abs(each) for each in value.values()) + self.target
        may, must = {}, {}
        for post, (relaxed, _, reduced) in posts.items():
            total, chosen = self.choose(branch, value | {post: value[post] - forced}) or (0, 0)
            room = self.target - price_sum - total - forced
            if not chosen >> post & 1 or room <= 0:
                continue
            slack, sites, needed = room + value[post] - relaxed, branch.may[post], branch.must[post]
            for site, cost in reduced.items():
                if cost < 0 and -cost >= slack:
                    needed |= 1 << site
                elif cost >= slack and not needed >> site & 1:
                    sites &= ~(1 << site)
            sites = _reach(self.near, post, sites)
            if not needed & ~sites:
                may[post], must[post] = sites, needed
        return branch._replace(may=may, must=must)

    def split(self, node: dict[str, Any], branch: _Branch) -> list[tuple[dict[str, Any], _Branch]]:
        """Return the two sides of a branch, which together have all of its plans."""
        how = "count" if "count" in node else "serve"
        _require_shape(node, {"sides": [dict], how: SPLITS[how]}, "branch")
        _require(len(node["sides"]) == 2, "A branch does not have two sides.")
        (first, second), every, sides = node["sides"], branch.regions[-1][0], []
        if how == "count":
            counted, most = set(node["count"]["sites"]), node["count"]["most"]
            _require(counted <= set(_list_bits(every)), "A count of posts is not valid.")
            sites = sum(1 << site for site in counted)
            least, upto = next((e[1:] for e in branch.regions if e[0] == sites), (0, self.zones))
            rest = [region for region in branch.regions if region[0] != sites]
            for side, low, high in ((first, least, most), (second, most + 1, upto)):
                regions = sorted([*rest, (sites, low, high)], key=lambda e: e[0].bit_count())
                sides.append((side, branch._replace(regions=tuple(regions))))
            return sides
        site, posts = node["serve"]["site"], set(node["serve"]["posts"])
        _require(0 <= site < len(self.load), "A branch splits by an unknown site.")
        sites = next((lock for lock in self.locks if lock >> site & 1), 1 << site)
        for side, barred in ((first, set(branch.may) - posts), (second, posts)):
            may = {at: e & ~sites if at in barred else e for at, e in branch.may.items()}
            may = {at: e for at, e in may.items() if not branch.must[at] & ~e}
            sides.append((side, branch._replace(may=may)))
        return sides


def main(arguments: list[str] | None = None) -> int:
    """Check a file and print the verdict; return 0 if the certificate is true."""
    try:
        (path,) = sys.argv[1:] if arguments is None else arguments
        verdict = check_certificate(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as problem:
        print(f"usage: python -m zoneplanner.certify FILE ({problem})", file=sys.stderr)
        return 2
    print(json.dumps(verdict))
    return 0 if verdict["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
