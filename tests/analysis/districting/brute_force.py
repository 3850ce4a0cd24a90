"""Small random problems and their optimum by trying every assignment."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from zoneplanner.analysis import optimise


def draw_small_problem(
    seed: int, *, sites: int = 7, zones: int = 2, tolerance: float = 0.4, **more
):
    """Draw a connected problem of one group on a plane."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 10, (sites, 2))
    minutes = np.abs(places[:, None] - places[None, :]).sum(axis=2) + 0.5
    load = rng.uniform(10, 40, sites)
    order = np.argsort(places[:, 0])
    pairs = {(int(a), int(b)) for a, b in pairwise(order)}
    for i in range(sites):
        for j in np.argsort(minutes[i])[1:3]:
            pairs.add((i, int(j)))
    return optimise.Problem(
        load=load,
        cost=(load / 20)[:, None] * minutes,
        neighbours=sorted(pairs),
        allowed=np.ones((sites, zones), dtype=bool),
        zones=zones,
        tolerance=tolerance,
        **more,
    )


def is_connected(members: set[int], pairs) -> bool:
    if not members:
        return False
    seen, front = set(), [min(members)]
    while front:
        site = front.pop()
        if site in seen:
            continue
        seen.add(site)
        front += [b if a == site else a for a, b in pairs if site in (a, b)]
        front = [each for each in front if each in members]
    return seen == members


def list_broken_rules(problem: optimise.Problem, assignment) -> list[str]:
    """List the rules that an assignment breaks, without the package's own code."""
    broken = []
    zones = len(problem.zones)
    columns = {z: tuple(problem.allowed[:, z]) for z in range(zones)}
    for zone in range(zones):
        group = [z for z in range(zones) if columns[z] == columns[zone]]
        mean = problem.load[problem.allowed[:, zone]].sum() / len(group)
        members = {int(i) for i in np.flatnonzero(np.asarray(assignment) == zone)}
        if not is_connected(members, problem.neighbours):
            broken.append("contiguity")
        if zone in problem.closed:
            if members != {site for site, own in problem.locked.items() if own == zone}:
                broken.append("closed")
            continue
        load = problem.load[sorted(members)].sum()
        if abs(load - mean) > mean * (problem.tolerance + 2e-9):
            broken.append("balance")
        for more in () if problem.scenarios is None else problem.scenarios:
            fair = more[problem.allowed[:, zone]].sum() / len(group)
            if abs(more[sorted(members)].sum() - fair) > fair * (problem.tolerance + 2e-9):
                broken.append("scenario")
        if problem.reach is not None and members:
            post = _find_cheapest_post(problem, sorted(members))[1]
            if not problem.reach[sorted(members), post].all():
                broken.append("reach")
        if any(not problem.allowed[i, zone] for i in members):
            broken.append("allowed")
    if any(assignment[site] != zone for site, zone in problem.locked.items()):
        broken.append("locked")
    return broken


def _find_cheapest_post(problem: optimise.Problem, members) -> tuple[float, int]:
    """The least cost of serving some sites from one post, and that post."""
    return min((float(problem.cost[list(members), post].sum()), int(post)) for post in members)


def compute_cost(problem: optimise.Problem, assignment) -> float:
    total, posts, zones = 0.0, [], len(problem.zones)
    for zone in range(zones):
        members = np.flatnonzero(np.asarray(assignment) == zone)
        cost, post = _find_cheapest_post(problem, members)
        posts.append(post)
        total += cost
        if problem.linear is not None:
            total += problem.linear[members, zone].sum()
    if problem.border is not None:
        for (a, b), cost in zip(problem.neighbours, problem.border, strict=True):
            total += cost if assignment[a] != assignment[b] else 0.0
    extra = []
    for off in range(zones) if problem.one_off else ():
        like = [
            zone
            for zone in range(zones)
            if zone != off and (problem.allowed[:, zone] == problem.allowed[:, off]).all()
        ]
        if like:
            members = np.flatnonzero(np.asarray(assignment) == off)
            second = problem.cost[members][:, [posts[zone] for zone in like]].min(axis=1)
            extra.append(float((second - problem.cost[members, posts[off]]).sum()))
    if extra:
        total += max(extra) if problem.one_off == "worst" else sum(extra) / len(extra)
    return float(total)


def find_optimum(problem: optimise.Problem) -> float:
    """The least cost of all assignments that break no rule; inf if there is none."""
    choices = [np.flatnonzero(row).tolist() for row in problem.allowed]
    best = np.inf
    for assignment in product(*choices):
        if not list_broken_rules(problem, assignment):
            best = min(best, compute_cost(problem, assignment))
    return best


def find_optimum_of_subsets(problem: optimise.Problem) -> float:
    """The least cost of a group without locks, by all sets of sites that may be a zone.

    ``best[sites]`` is the least cost of sharing out those sites among some number of zones.
    """
    sites, zones = problem.allowed.shape
    mean = problem.load.sum() / zones
    cost_of_set: dict[int, float] = {}
    for mask in range(1, 1 << sites):
        members = [site for site in range(sites) if mask >> site & 1]
        beyond = abs(problem.load[members].sum() - mean) > mean * (problem.tolerance + 2e-9)
        if not beyond and is_connected(set(members), problem.neighbours):
            cost_of_set[mask] = float(problem.cost[np.ix_(members, members)].sum(axis=0).min())
    best = {0: 0.0}
    for _ in range(zones):
        after: dict[int, float] = {}
        for taken, cost in best.items():
            first = ~taken & (taken + 1)  # the lowest site not assigned yet
            for mask, own in cost_of_set.items():
                if mask & first and not mask & taken:
                    whole = taken | mask
                    after[whole] = min(after.get(whole, np.inf), cost + own)
        best = after
    return best.get((1 << sites) - 1, np.inf)


def draw_rough_problem(seed: int) -> optimise.Problem:
    """A random problem of what may go wrong, in one group or two.

    Stacked sites, ties, loads of zero, parts that do not touch, locks, closed zones, wishes and
    tolerances down to a thousandth.
    """
    rng = np.random.default_rng(seed)
    shapes = [
        (int(m), int(rng.integers(1, min(m, 4) + 1))) for m in rng.integers(1, 7, 1 + seed % 2)
    ]
    group_of_site = np.repeat(np.arange(len(shapes)), [m for m, _ in shapes])
    group_of_zone = np.repeat(np.arange(len(shapes)), [k for _, k in shapes])
    allowed = group_of_site[:, None] == group_of_zone
    sites, zones = allowed.shape
    places = rng.integers(0, 4, (sites, 2))
    minutes = np.abs(places[:, None] - places[None, :]).sum(axis=2) + rng.choice([0.0, 0.5])
    load = rng.choice([rng.integers(0, 4, sites), np.full(sites, 10), rng.uniform(5, 40, sites)])
    pairs = np.argwhere(np.triu(rng.random((sites, sites)) < rng.choice([0.3, 0.6, 0.9]), 1))
    lock = rng.permutation(sites)[: rng.integers(0, 4)].tolist()
    locked = {site: int(rng.choice(np.flatnonzero(allowed[site]))) for site in lock}
    wishes = rng.uniform(0, 10, (sites, zones)) * rng.integers(0, 2, (sites, zones))
    return optimise.Problem(
        load=load,
        cost=rng.choice([load, np.ones(sites)])[:, None] * minutes,
        neighbours=[(int(a), int(b)) for a, b in pairs],
        allowed=allowed,
        zones=zones,
        tolerance=float(rng.choice([0.001, 0.05, 0.2, 0.5, 0.9])),
        locked=locked,
        closed=frozenset(list(locked.values())[: seed % 3 == 0]),
        linear=wishes if seed % 4 == 0 else None,
    )


def find_optimum_zone_by_zone(problem: optimise.Problem) -> float:
    """The least cost, by all sets of sites that each zone may hold; inf if there is no plan."""
    sites, zones = problem.allowed.shape
    best = {0: 0.0}
    for zone in range(zones):
        like = (problem.allowed == problem.allowed[:, [zone]]).all(axis=0)
        mean = problem.load[problem.allowed[:, zone]].sum() / like.sum()
        must = sum(1 << site for site, own in problem.locked.items() if own == zone)
        barred = sum(1 << site for site, own in problem.locked.items() if own != zone)
        barred |= sum(1 << int(site) for site in np.flatnonzero(~problem.allowed[:, zone]))
        after: dict[int, float] = {}
        for mask in range(1, 1 << sites):
            if mask & barred or mask & must != must or (zone in problem.closed and mask != must):
                continue
            members = [site for site in range(sites) if mask >> site & 1]
            beyond = abs(problem.load[members].sum() - mean) > mean * (problem.tolerance + 2e-9)
            if (beyond and zone not in problem.closed) or not is_connected(
                set(members), problem.neighbours
            ):
                continue
            own = problem.cost[np.ix_(members, members)].sum(axis=0).min()
            own += 0.0 if problem.linear is None else problem.linear[members, zone].sum()
            for taken, cost in best.items():
                if not mask & taken:
                    after[mask | taken] = min(after.get(mask | taken, np.inf), cost + own)
        best = after
    return float(best.get((1 << sites) - 1, np.inf))
