"""Check a plan's certificate in exact arithmetic: ``python -m zoneplanner.certify FILE``.

Stands alone: standard library only. A certificate (JSON; see docs/proof.md) has a district in whole
numbers, a plan, and a tree of branches with prices of sites. Checked are the plan's rules and cost,
and that no plan of any branch costs less than the bound at its prices: Lagrangian relaxation, with
a whole zone in one piece for every post chosen. Sets of sites are bits of integers.
"""

import hashlib
import heapq
import json
import math
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

COST_UNITS, LOAD_UNIT = {1: 10**12, 2: 10**15}, 10**6
SLACK = Fraction(1, 10**9)  # of the fair share: the same as in the rules
MOST_TRIED, ROUNDS = 2_000, 3  # sets of sites, for a post; how often a branch is tightened
NO_CERTIFICATE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class FalseCertificate(Exception):
    """What does not hold."""


def check_certificate(data: Any) -> dict[str, Any]:
    """Return ``ok``, ``cost``, ``bound``, ``gap``, what is ``unchecked``, and ``findings``."""
    verdict: dict[str, Any] = {"ok": False, **dict.fromkeys(("cost", "bound", "gap", "unchecked"))}
    try:
        _require(data["certificate"] in COST_UNITS, "This certificate is from another version.")
        _require(data["instance"] == hash_instance(data["groups"]), "It is for another district.")
        verdict["unchecked"] = {str(k): str(goal) for k, goal in data.get("unchecked", {}).items()}
        cost, bound = measure_certificate(data)
        gap, unit = Fraction(max(cost - bound, 0), max(cost, 1)), COST_UNITS[data["certificate"]]
        verdict |= {"cost": cost / unit, "bound": bound / unit, "gap": float(gap)}
        _require(cost == data["cost"], "The plan does not cost what the certificate states.")
        _require(bound >= data["bound"], "The prices do not prove the bound that it states.")
    except (FalseCertificate, *NO_CERTIFICATE) as problem:
        false = isinstance(problem, FalseCertificate)
        return {**verdict, "findings": [str(problem) if false else f"No certificate: {problem!r}."]}
    return {**verdict, "ok": True, "findings": []}


def _require(holds: bool, finding: str) -> None:
    if not holds:
        raise FalseCertificate(finding)


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
    _require(all(len(e) == n for e in (load, plan, cost, *cost)), "A table lacks a site.")
    whole = all(type(value) is int for table in (load, plan, *cost) for value in table)
    _require(whole, "A figure is not a whole number.")
    sensible = min(load) >= 0 and 0 < tolerance < 1 and closed <= set(range(zones))
    _require(sensible, "Loads, tolerance or closed zones are not valid.")
    share = Fraction(sum(load), zones)
    lower = math.ceil(share * (1 - tolerance - SLACK))  # loads are whole
    upper = math.floor(share * (1 + tolerance + SLACK))
    near = [0] * n
    for one, other in group["neighbors"]:
        near[one] |= 1 << other
        near[other] |= 1 << one
    locked = {int(site): zone for site, zone in group["locked"].items()}
    total = settled = 0
    for zone, name in enumerate(group["zones"]):
        members = [site for site in range(n) if plan[site] == zone]
        held = sum(1 << site for site in members)
        joined = bool(held) and _reach(near, members[0], held) == held
        _require(joined, f"Zone {name} is not connected.")
        own = min(sum(cost[site][post] for site in members) for post in members)
        total += own
        if zone in closed:
            settled += own
            alone = all(locked.get(site) == zone for site in members)
            _require(alone, f"Closed zone {name} has a site not locked into it.")
        else:
            even = lower <= sum(load[site] for site in members) <= upper
            _require(even, f"The load of zone {name} is outside the tolerance.")
    _require(all(0 <= zone < zones for zone in plan), "A site has no zone.")
    _require(all(plan[at] == zone for at, zone in locked.items()), "The plan breaks a lock.")
    free = [site for site in range(n) if plan[site] not in closed]
    locks = [sum(1 << site for site in free if locked.get(site) == zone) for zone in range(zones)]
    aim = group.get("target", total)  # version 1 has one branch
    _require(type(aim) is int, "The target of a group is not a whole number.")
    target = min(aim, total - settled)
    part = _Part(load, cost, near, locks, zones - len(closed), lower, upper, target)
    return total, settled + (part.bound(group.get("tree", group), part.begin(free)) if free else 0)


def _reach(near: list[int], site: int, within: int) -> int:
    """Return the sites of ``within`` that are connected with one."""
    seen = front = 1 << site
    while front:
        bit = front & -front
        fresh = near[bit.bit_length() - 1] & within & ~seen
        seen, front = seen | fresh, (front ^ bit) | fresh
    return seen


def _list_bits(mask: int) -> list[int]:
    return [site for site in range(mask.bit_length()) if mask >> site & 1]


Sums = dict[int, tuple[int, int]]  # of each number of posts: (least sum of values, the posts)
Table = dict[int, int]
Relaxed = tuple[int, int, Table]  # value of a post, price of load, reduced costs of its sites
Posts = dict[int, Relaxed]


class _Branch(NamedTuple):
    """What the zone of each post can hold and holds, and (sites, least, most) posts of regions."""

    may: Table
    must: Table
    regions: tuple[tuple[int, int, int], ...]


class _Part(NamedTuple):
    """The sites whose zones are open; ``near`` and ``locks`` are bits of sites."""

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
        own = {post: sum(lock for lock in self.locks if lock >> post & 1) for post in free}
        may = {post: every & ~(sum(self.locks) - own[post] if own[post] else 0) for post in free}
        must = {post: own[post] | 1 << post for post in free}
        return _Branch(may, must, ((every, self.zones, self.zones),))

    def bound(self, node: dict[str, Any], branch: _Branch) -> int:
        """Return a cost, at most the target, that no plan of a branch is below."""
        price: list[int] = node["prices"]
        _require([type(e) for e in price] == [int] * len(self.load), "A price is not whole.")
        worth, total = sum(price[site] for site in _list_bits(branch.regions[-1][0])), 0
        for _ in range(ROUNDS + 1):
            posts = {at: own for at in branch.may if (own := self.relax(price, at, branch))}
            value, whole = {at: own[0] for at, own in posts.items()}, 0
            while (found := self.choose(branch, value)) and found[1] & ~whole:
                room = max(self.target - worth - found[0], 0)
                for at in _list_bits(found[1] & ~whole):
                    value[at] += self.find_whole(at, branch.must[at], posts[at], room)
                whole |= found[1]
            if found is None or (total := max(total, worth + found[0])) >= self.target:
                return self.target
            branch = self.tighten(branch, posts, value, worth)
        if "sides" not in node:
            return total
        return max(total, min(self.bound(*side) for side in self.split(node, branch)))

    def relax(self, price: list[int], post: int, branch: _Branch) -> Relaxed | None:
        """Settle the zone of a post with its sites in part; None where no load would do."""
        load, must = self.load, branch.must[post]
        value = {site: self.cost[site][post] - price[site] for site in _list_bits(branch.may[post])}
        fixed = sum(load[site] for site in value if must >> site & 1)
        loose = [site for site in value if not must >> site & 1]
        held = fixed + sum(load[site] for site in loose if value[site] < 0)
        if fixed + sum(load[site] for site in loose) < self.lower or fixed > self.upper:
            return None
        weight, heavy = 0, held > self.upper
        left = self.upper - fixed if heavy else self.lower - held
        alike = [site for site in loose if load[site] and (value[site] < 0) == heavy]
        for ratio, own in sorted((value[site] // load[site], load[site]) for site in alike):
            if left > 0:  # any price of load proves a bound; this one a good one
                weight, left = ratio, left - own
        reduced = {site: value[site] - weight * load[site] for site in value}
        taken = sum(each for site, each in reduced.items() if each < 0 or must >> site & 1)
        return taken + weight * (self.lower if weight > 0 else self.upper), weight, reduced

    def find_whole(self, post: int, must: int, relaxed: Relaxed, room: int) -> int:
        """Return how far above its value a whole zone in one piece is at least, up to ``room``."""
        _, weight, reduced = relaxed
        zone = sum(1 << site for site, each in reduced.items() if each < 0 or must >> site & 1)
        flips = sorted((abs(each), at) for at, each in reduced.items() if not must >> at & 1)
        change = {at: -self.load[at] if zone >> at & 1 else self.load[at] for _, at in flips}
        # sets of flips by ascending penalty: what is not tried costs as much at least
        front, best = [(0, -1, sum(self.load[site] for site in _list_bits(zone)), zone)], room
        for _ in range(MOST_TRIED):
            if not front or front[0][0] >= best:
                return best
            paid, last, held, zone = heapq.heappop(front)
            if self.lower <= held <= self.upper:
                cost = paid + max(weight * (held - self.lower), weight * (held - self.upper), 0)
                best = cost if cost < best and self.is_lawful(post, zone) else best
            for more, at in flips[last + 1 : last + 2]:
                paid, held, zone = paid + more, held + change[at], zone ^ 1 << at
                heapq.heappush(front, (paid, last + 1, held, zone))
                for gone, back in flips[max(last, 0) : last + 1]:
                    state = (paid - gone, last + 1, held - change[back], zone ^ 1 << back)
                    heapq.heappush(front, state)
        return min(best, front[0][0]) if front else best

    def is_lawful(self, post: int, zone: int) -> bool:
        """Whether a zone is in one piece, with all sites of one lock at most and none of others."""
        held = [lock & ~zone for lock in self.locks if lock & zone]
        return len(held) < 2 and not any(held) and _reach(self.near, post, zone) == zone

    def choose(self, branch: _Branch, value: Table) -> tuple[int, int] | None:
        """Return the least sum of values of k posts that keep the counts, and these; or None."""
        tables: list[tuple[int, Sums]] = []
        for sites, least, most in branch.regions:  # smaller ones first
            inner = [each for each in tables if each[0] & sites]
            own = sites & ~sum(within for within, _ in inner)
            _require(not any(e[0] & ~sites for e in inner), "Two regions cross each other.")
            sums: Sums = {0: (0, 0)}
            ranked = sorted((value[at], at) for at in value if own >> at & 1)
            for amount, at in ranked[: self.zones]:
                cost, posts = sums[len(sums) - 1]
                sums[len(sums)] = (cost + amount, posts | 1 << at)
            for _, other in inner:
                merged: Sums = {}
                for p, (cost, posts) in sums.items():
                    for q, (amount, more) in other.items():
                        both = (cost + amount, posts | more)
                        merged[p + q] = min(merged.get(p + q, both), both)
                sums = merged
            kept = {q: each for q, each in sums.items() if least <= q <= most}
            tables = [each for each in tables if not each[0] & sites] + [(sites, kept)]
        return tables[-1][1].get(self.zones)

    def tighten(self, branch: _Branch, posts: Posts, value: Table, worth: int) -> _Branch:
        """Return the branch without what no plan below the target can have."""
        far = sum(abs(each) for each in value.values()) + self.target
        may, must = {}, {}
        for post, (relaxed, _, reduced) in posts.items():
            cost, chosen = self.choose(branch, value | {post: value[post] - far}) or (0, 0)
            left = self.target - worth - cost - far
            if not chosen >> post & 1 or left <= 0:
                continue
            slack, sites, needed = left + value[post] - relaxed, branch.may[post], branch.must[post]
            for site, each in reduced.items():
                if each < 0 and -each >= slack:
                    needed |= 1 << site
                elif each >= slack and not needed >> site & 1:
                    sites &= ~(1 << site)
            sites = _reach(self.near, post, sites)
            if not needed & ~sites:
                may[post], must[post] = sites, needed
        return branch._replace(may=may, must=must)

    def split(self, node: dict[str, Any], branch: _Branch) -> list[tuple[dict[str, Any], _Branch]]:
        """Return the two sides of a branch, which have all of its plans between them."""
        (first, second), every, sides = node["sides"], branch.regions[-1][0], []
        if "count" in node:
            sites, most = sum(1 << at for at in set(node["count"]["sites"])), node["count"]["most"]
            _require(type(most) is int and not sites & ~every, "A count of posts is not valid.")
            least, upto = next((e[1:] for e in branch.regions if e[0] == sites), (0, self.zones))
            rest = [each for each in branch.regions if each[0] != sites]
            for side, low, high in ((first, least, most), (second, most + 1, upto)):
                regions = sorted([*rest, (sites, low, high)], key=lambda each: each[0].bit_count())
                sides.append((side, branch._replace(regions=tuple(regions))))
            return sides
        site, posts = node["serve"]["site"], set(node["serve"]["posts"])
        sites = next((lock for lock in self.locks if lock >> site & 1), 1 << site)
        for side, barred in ((first, set(branch.may) - posts), (second, posts)):
            may = {at: e & ~sites if at in barred else e for at, e in branch.may.items()}
            may = {at: each for at, each in may.items() if not branch.must[at] & ~each}
            sides.append((side, branch._replace(may=may)))
        return sides


def main(arguments: list[str] | None = None) -> int:
    """Check a file and say what was found; 0 where all holds."""
    try:
        (path,) = sys.argv[1:] if arguments is None else arguments
        verdict = check_certificate(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as problem:
        print(f"usage: python -m zoneplanner.certify FILE ({problem})", file=sys.stderr)
        return 2
    print(json.dumps(verdict))
    return 0 if verdict["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
