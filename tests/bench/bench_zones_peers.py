"""Zones beside other programs: OR-tools CP-SAT, a plain integer program (HiGHS), spopt, GerryChain.

All get the same sites, loads, neighbors and trip-minutes: the county part of the bundled district
and a synthetic district of 70 sites, five zones each, loads within 10 %. Each row tells seconds on
the wall (of processor), trip-minutes a day above the best that is known, the worst deviation of a
zone's load and how many zones are in pieces. A peer that cannot keep a rule shows by how much it is
broken.
"""

import argparse
import warnings
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from bench_optimise import district, synthetic, textbook_program
from peers import measure_run, name_missing

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.zone_group import split_into_groups

TOLERANCE = 0.10
SCALE = 1000
STEPS, BURST = 3000, 10

Assignment = np.ndarray
Peer = Callable[[optimise.Problem, float], Assignment | None]


def zone_count(problem: optimise.Problem) -> int:
    """Count the zones."""
    return len(problem.zone_names)


def cost_of(problem: optimise.Problem, zones: Assignment) -> float:
    """Return trip-minutes a day, each zone served from its best post."""
    total = 0.0
    for zone in set(zones.tolist()):
        own = np.flatnonzero(zones == zone)
        total += float(problem.cost[np.ix_(own, own)].sum(axis=0).min())
    return total


def pieces_of(problem: optimise.Problem, zones: Assignment) -> int:
    """Count the zones that are not connected."""
    return sum(len(parts(problem, np.flatnonzero(zones == z))) > 1 for z in set(zones.tolist()))


def parts(problem: optimise.Problem, own: np.ndarray) -> list[set[int]]:
    """Return the connected parts of some sites."""
    near: dict[int, set[int]] = {int(site): set() for site in own}
    for one, other in problem.neighbours:
        if one in near and other in near:
            near[one].add(other)
            near[other].add(one)
    left, found = set(near), []
    while left:
        reached, waiting = set(), [next(iter(left))]
        while waiting:
            site = waiting.pop()
            if site not in reached:
                reached.add(site)
                waiting += near[site] - reached
        left -= reached
        found.append(reached)
    return found


def deviation_of(problem: optimise.Problem, zones: Assignment) -> float:
    """Return the worst deviation of a zone's load from the mean."""
    loads = np.bincount(zones, problem.load, zone_count(problem))
    return float(np.abs(loads / loads.mean() - 1).max())


def ours(problem: optimise.Problem, limit_s: float) -> Assignment | None:
    """Search and prove."""
    found = None
    for candidate in optimise.search(problem, seed=0, time_limit_s=limit_s):
        found = np.asarray(candidate.assignment)
    return found


def plain_program(problem: optimise.Problem, limit_s: float) -> Assignment | None:
    """One integer program by HiGHS, contiguity cut in between solves."""
    served, _, _ = textbook_program.solve_posts(problem, time_limit_s=limit_s)
    return None if served is None else np.unique(served.argmax(axis=1), return_inverse=True)[1]


def cp_sat(problem: optimise.Problem, limit_s: float) -> Assignment | None:
    """Choose posts and serve every site from one; cut zones in pieces off and solve again."""
    from ortools.sat.python import cp_model

    n = len(problem.load)
    model, x = served_model(problem)
    ends, best = perf_counter() + limit_s, None
    while perf_counter() < ends:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, ends - perf_counter())
        solver.parameters.num_workers = 8
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return best
        post = np.array([next(j for j in range(n) if solver.value(x[i][j])) for i in range(n)])
        best = np.unique(post, return_inverse=True)[1]
        if not cut_pieces(problem, model, x, post):
            print(f"    CP-SAT: {'proven' if status == cp_model.OPTIMAL else 'open'}")
            return best
        model.clear_hints()
        for i in range(n):
            for j in range(n):
                model.add_hint(x[i][j], int(post[i] == j))
    print("    CP-SAT: no contiguous plan in its time")
    return best


def served_model(problem: optimise.Problem) -> tuple[Any, list[list[Any]]]:
    """Return CP-SAT's model without contiguity, and its variables of sites by post."""
    from ortools.sat.python import cp_model

    n, k = len(problem.load), zone_count(problem)
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    load = np.rint(problem.load * SCALE).astype(int).tolist()
    cost = np.rint(problem.cost * SCALE).astype(int).tolist()
    mean = sum(load) / k
    model.add(sum(x[j][j] for j in range(n)) == k)
    for i in range(n):
        model.add_exactly_one(x[i])
    for j in range(n):
        held = sum(load[i] * x[i][j] for i in range(n))
        model.add(held <= int(mean * (1 + problem.tolerance))).only_enforce_if(x[j][j])
        model.add(held >= int(mean * (1 - problem.tolerance)) + 1).only_enforce_if(x[j][j])
        for i in range(n):
            model.add_implication(x[i][j], x[j][j])
    model.minimize(sum(cost[i][j] * x[i][j] for i in range(n) for j in range(n)))
    return model, x


def cut_pieces(problem: optimise.Problem, model: Any, x: list[list[Any]], post: np.ndarray) -> bool:
    """Require a neighbor for each piece apart from its post; return whether there was one."""
    near: list[set[int]] = [set() for _ in problem.load]
    for a, b in problem.neighbours:
        near[a].add(b)
        near[b].add(a)
    found = False
    for j in set(post.tolist()):
        for part in parts(problem, np.flatnonzero(post == j)):
            if j not in part:
                found = True
                rim = set().union(*(near[i] for i in part)) - part
                for i in part:
                    model.add(sum(x[r][j] for r in rim) >= x[i][j])
    return found


def p_median(problem: optimise.Problem, limit_s: float) -> Assignment | None:
    """Spopt's p-median by CBC: no balance, no contiguity."""
    import pulp
    from spopt.locate import PMedian

    n = len(problem.load)
    model = PMedian.from_cost_matrix(
        problem.cost, np.ones((n, 1)), p_facilities=zone_count(problem)
    )
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s))
    served = np.array([own[0] for own in model.cli2fac])
    return np.unique(served, return_inverse=True)[1]


def regions(name: str) -> Peer:
    """Return one of spopt's regionalisations, over the sites' rows of trip-minutes."""

    def run(problem: optimise.Problem, limit_s: float) -> Assignment | None:
        import geopandas
        from libpysal.weights import W
        from sklearn.manifold import MDS
        from spopt import region

        k, n = zone_count(problem), len(problem.load)
        near = {i: [] for i in range(n)}
        for a, b in problem.neighbours:
            if b not in near[a]:
                near[a].append(b)
                near[b].append(a)
        weights = W(near, silence_warnings=True)
        apart = problem.cost / problem.cost.sum(axis=1, keepdims=True)
        spots = MDS(metric="precomputed", n_init=1, random_state=0, init="random").fit_transform(
            (apart + apart.T) / 2
        )
        frame = geopandas.GeoDataFrame(
            {"x": spots[:, 0], "y": spots[:, 1], "load": problem.load},
            geometry=geopandas.points_from_xy(spots[:, 0], spots[:, 1]),
        )
        np.random.seed(0)
        if name == "MaxP":
            least = problem.load.sum() / k * (1 - problem.tolerance)
            model = region.MaxPHeuristic(frame, weights, ["x", "y"], "load", least, 2)
        elif name == "RegionKMeans":
            model = region.RegionKMeansHeuristic(spots, k, weights)
        elif name == "AZP":
            model = region.AZP(frame, weights, ["x", "y"], k)
        else:
            model = region.Skater(frame, weights, ["x", "y"], n_clusters=k)
        model.solve()
        return np.unique(np.asarray(model.labels_), return_inverse=True)[1]

    return run


def gerrychain(problem: optimise.Problem, limit_s: float) -> Assignment | None:
    """Short bursts of ReCom steps for the least cost, loads within the tolerance."""
    import random

    import networkx
    from gerrychain import (
        Graph,
        Partition,
        constraints,
        optimization,
        partition,
        proposals,
        updaters,
    )

    random.seed(0)
    net = networkx.Graph()
    net.add_nodes_from(range(len(problem.load)))
    net.add_edges_from((int(a), int(b)) for a, b in problem.neighbours)
    networkx.set_node_attributes(net, dict(enumerate(problem.load.tolist())), "load")
    graph, k = Graph.from_networkx(net), zone_count(problem)
    mean = float(problem.load.sum()) / k
    start = partition.recursive_tree_part(graph, range(k), mean, "load", problem.tolerance * 0.9)
    here = Partition(graph, start, {"load": updaters.Tally("load")})

    def zones(plan: Partition) -> np.ndarray:
        return np.array([plan.assignment[site] for site in range(len(problem.load))])

    bursts = optimization.SingleMetricOptimizer(
        partial(proposals.recom, pop_col="load", pop_target=mean, epsilon=problem.tolerance),
        constraints.within_percent_of_ideal_population(here, problem.tolerance, pop_key="load"),
        here,
        lambda plan: cost_of(problem, zones(plan)),
        maximize=False,
    )
    ends = perf_counter() + limit_s
    for _ in bursts.short_bursts(BURST, STEPS // BURST):
        if perf_counter() > ends:
            break
    return zones(bursts.best_part)


PEERS: dict[str, tuple[Peer, tuple[str, ...]]] = {
    "this package": (ours, ()),
    "plain HiGHS": (plain_program, ()),
    "OR-tools CP-SAT": (cp_sat, ("ortools",)),
    "spopt PMedian": (p_median, ("spopt", "pulp")),
    "spopt Skater": (regions("Skater"), ("spopt", "geopandas")),
    "spopt AZP": (regions("AZP"), ("spopt", "geopandas")),
    "spopt RegionKMeans": (regions("RegionKMeans"), ("spopt", "geopandas")),
    "spopt MaxP": (regions("MaxP"), ("spopt", "geopandas")),
    "GerryChain": (gerrychain, ("gerrychain", "networkx")),
}


def main() -> None:
    """Print a table for each district."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=float, default=60.0, help="seconds for each")
    options.add_argument("--slow", action="store_true", help="also spopt MaxP, minutes each")
    asked = options.parse_args()
    limit_s = asked.limit
    warnings.showwarning = lambda *_args, **_more: None
    county = max(split_into_groups(district(TOLERANCE)), key=lambda group: len(group.load))
    alone = optimise.Problem(
        load=county.load,
        cost=county.cost,
        neighbours=county.neighbours,
        allowed=np.ones((len(county.load), len(county.zones)), dtype=bool),
        zones=len(county.zones),
        tolerance=TOLERANCE,
    )
    for title, problem in (
        ("bundled county part", alone),
        ("synthetic, 70 sites", synthetic(0, TOLERANCE)),
    ):
        print(f"{title}: {len(problem.load)} sites, {zone_count(problem)} zones, ±10 %")
        best = None
        for name, (peer, needed) in PEERS.items():
            if name == "spopt MaxP" and not asked.slow:
                continue
            gone = name_missing(*needed)
            if gone:
                print(f"  {name:20} {gone}")
                continue
            try:
                wall, cpu, zones = measure_run(partial(peer, problem, limit_s))
            except Exception as error:
                print(f"  {name:20} failed: {type(error).__name__}: {str(error)[:80]}")
                continue
            if zones is None:
                print(f"  {name:20} {wall:7.2f} s  no plan in its time")
                continue
            assert isinstance(zones, np.ndarray)
            cost = cost_of(problem, zones)
            best = cost if best is None else best
            print(
                f"  {name:20} {wall:7.2f} s ({cpu:7.2f})  {100 * (cost / best - 1):+6.2f} %  "
                f"zones {len(set(zones.tolist()))}  worst load {deviation_of(problem, zones):6.1%}"
                f"  in pieces {pieces_of(problem, zones)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
