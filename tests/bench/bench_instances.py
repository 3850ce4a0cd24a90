"""A public set of districts: what a search of some seconds finds, over ten seeds.

Real ones are cut from ``../shared/data/california_schools.csv`` (seeded sites of like density stand
in without it), made-up ones are drawn. ``--to DIR`` writes each as one JSON file that any solver
can read: ``sites`` with x, y in meters, load and trips a day; ``neighbors``; ``zones``;
``tolerance``; serving site i from site j costs ``trips_i * (minutes_fixed + (|dx| + |dy|) /
meters_per_minute)``; ``optimum`` where it is proven. Else a table is printed: for each district how
far the plans of all seeds are above the best known one, and the gap that is proven. With
``--peers`` each other program that is installed gets the same district and limit once (``make
peers`` installs them), in a process of its own. ``--write`` puts the tables into docs/measured.md.
"""

import argparse
import json
import multiprocessing
import os
import time
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean

import numpy as np
from bench_scale import CALLS_A_STUDENT, CASES, METERS_PER_MIN, Case, schools
from bench_zones_peers import PEERS, Peer, cost_of, deviation_of, pieces_of
from peers import measure_run, name_missing
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.kernel.library import describe_kernel

FIXED_MIN, VISITS, VISIT_MIN, CALL_MIN = 0.5, 1.3, 15.0, 35.0
PAGE = Path(__file__).parents[2] / "docs" / "measured.md"
BEGIN, END = "<!-- the set of districts -->", "<!-- end of the set -->"
FEW = 300
"""The largest number of sites for programs that compare every pair: all but one."""
WITHOUT_PAIRS = ("GerryChain",)
PEERS_HEAD = """
Each of the other programs ran once, for {limit:g} s if it accepts a limit. Times are wall-clock
times, with processor times in parentheses. A plan breaks the rules if a load is beyond the
tolerance, a zone is in pieces, or the number of zones is different.

| district | program | above the lowest cost | worst load | zones in pieces | took |
|---|---|---|---|---|---|"""
PATIENCE = 4.0
"""The multiple of the limit after which a program without limits is stopped."""
KNOWN = Path(__file__).with_name("best_known.json")
"""The least cost of any run, and whether it is proven optimal; ``--keep`` adds to it."""


@dataclass(frozen=True)
class Instance:
    """A district: positions in meters, students, zones, tolerance."""

    name: str
    spots: np.ndarray
    students: np.ndarray
    zones: int
    tolerance: float

    @property
    def calls(self) -> np.ndarray:
        """Calls a day."""
        return self.students * CALLS_A_STUDENT * 1.5

    @property
    def neighbors(self) -> list[tuple[int, int]]:
        """The edges of the Delaunay triangles."""
        corners = Delaunay(self.spots).simplices
        return sorted(
            {tuple(sorted((int(t[a]), int(t[a - 1])))) for t in corners for a in range(3)}
        )

    def build(self) -> optimise.Problem:
        """Return it as the optimizer takes it."""
        apart = np.abs(self.spots[:, None] - self.spots[None, :]).sum(axis=2)
        return optimise.Problem(
            load=VISITS * VISIT_MIN + self.calls * CALL_MIN,
            cost=(VISITS + self.calls)[:, None] * (FIXED_MIN + apart / METERS_PER_MIN),
            neighbours=self.neighbors,
            allowed=np.ones((len(self.spots), self.zones), dtype=bool),
            zones=self.zones,
            tolerance=self.tolerance,
        )

    def write(self, folder: Path, known: dict[str, dict[str, object]]) -> None:
        """Write it as one file."""
        problem = self.build()
        best = known.get(self.name, {})
        sites = [
            {"x_m": x, "y_m": y, "load": load, "trips": trips}
            for (x, y), load, trips in zip(
                self.spots.tolist(),
                problem.load.tolist(),
                (VISITS + self.calls).tolist(),
                strict=True,
            )
        ]
        data = {
            "name": self.name,
            "zones": self.zones,
            "tolerance": self.tolerance,
            "minutes_fixed": FIXED_MIN,
            "meters_per_minute": METERS_PER_MIN,
            "best_known": best.get("cost"),
            "optimum": best.get("cost") if best.get("proven") else None,
            "sites": sites,
            "neighbors": self.neighbors,
        }
        (folder / f"{self.name}.json").write_text(json.dumps(data, indent=1), encoding="utf-8")


def draw(seed: int, sites: int, zones: int, tolerance: float) -> Instance:
    """Draw a made-up district: towns of schools around a center."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, 20_000, (max(2, zones), 2))
    spots = towns[rng.integers(len(towns), size=sites)] + rng.normal(0, 3_000, (sites, 2))
    name = f"drawn-{sites}-{zones}-{tolerance * 100:g}"
    return Instance(name, spots.round(1), rng.gamma(3.0, 170.0, sites).round(), zones, tolerance)


def cut(case: Case) -> Instance:
    """Return a case of the benchmark of sizes."""
    return Instance(case.name, *schools(case), case.zones, case.tolerance)


def list_instances() -> list[Instance]:
    """Return the set, small ones first."""
    drawn = [
        draw(seed, sites, zones, tolerance)
        for seed, (sites, zones) in enumerate(((30, 3), (50, 5), (70, 5), (70, 7)))
        for tolerance in (0.10, 0.05)
    ]
    return [*drawn, *(cut(case) for case in CASES if case.name != "california")]


def measure(one: Instance, seeds: int, limit_s: float, known: dict[str, dict[str, object]]) -> str:
    """Search with each seed and return the row; better results are added to ``known``."""
    problem, costs, gaps, firsts, proven = one.build(), [], [], [], 0
    used = time.process_time()
    for seed in range(seeds):
        first = last = None
        for last in optimise.search(problem, seed=seed, time_limit_s=limit_s):
            first = last if first is None else first
        assert first is not None and last is not None
        costs.append(last.cost)
        gaps.append(last.gap)
        firsts.append(first.cost)
        proven += last.proven
        best = known.get(one.name, {"cost": np.inf, "proven": False})
        if last.cost < float(str(best["cost"])) * (1 - 1e-9) or (
            last.proven and not best["proven"]
        ):
            known[one.name] = {"cost": last.cost, "proven": last.proven}
    cpu = (time.process_time() - used) / seeds
    least = float(str(known[one.name]["cost"]))
    sure = "proven" if known[one.name]["proven"] else "best known"
    return (
        f"| {one.name} | {len(one.spots)} / {one.zones} | {least:,.2f}, {sure} | "
        f"{mean(firsts) / least - 1:.2%} | {mean(costs) / least - 1:.2%}, "
        f"{max(costs) / least - 1:.2%} | {mean(gaps):.2%} | {proven} of {seeds} | {cpu:.1f} s |"
    )


def measure_peer(one: Instance, name: str, limit_s: float, least: float) -> str:
    """Ask another program for one plan and return its row."""
    peer, needed = PEERS[name]
    start = f"| {one.name} | {name} | "
    if name_missing(*needed):
        return f"{start}not installed | | | |"
    if name not in WITHOUT_PAIRS and len(one.spots) > FEW:
        return f"{start}not run: {len(one.spots) ** 2:,} pairs | | | |"
    ours, theirs = multiprocessing.Pipe(duplex=False)
    problem = one.build()
    process = multiprocessing.get_context("fork").Process(
        target=_ask, args=(peer, problem, limit_s, theirs)
    )
    process.start()
    wall, cpu, zones = ours.recv() if ours.poll(PATIENCE * limit_s + 30) else (None, None, None)
    process.kill()
    process.join()
    if wall is None:
        return f"{start}no end within {PATIENCE * limit_s + 30:.0f} s | | | |"
    if not isinstance(zones, np.ndarray):
        return f"{start}{zones or 'no plan'} | | | {wall:.1f} ({cpu:.1f}) s |"
    above = cost_of(problem, zones) / least - 1
    broken = "" if len(set(zones.tolist())) == one.zones else f" ({len(set(zones.tolist()))} zones)"
    return (
        f"{start}{above:+.2%}{broken} | {deviation_of(problem, zones):.1%} | "
        f"{pieces_of(problem, zones)} | {wall:.1f} ({cpu:.1f}) s |"
    )


def _ask(peer: Peer, problem: optimise.Problem, limit_s: float, end: Connection) -> None:
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print
    try:
        end.send(measure_run(partial(peer, problem, limit_s)))
    except Exception as error:  # an error of another program is its row
        end.send((0.0, 0.0, f"failed: {type(error).__name__}"))


def write_page(text: str) -> None:
    """Put the tables between their marks in docs/measured.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Write the set, or print its table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, metavar="DIR", help="write the districts there")
    options.add_argument("--only", nargs="*", help="some of them, by name")
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--limit", type=float, default=15.0, help="seconds for each search")
    options.add_argument("--peers", action="store_true", help="ask the other programs, too")
    options.add_argument("--write", action="store_true", help="put the tables on their page")
    options.add_argument("--keep", action="store_true", help="keep what is better than known")
    asked = options.parse_args()
    known = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else {}
    chosen = [one for one in list_instances() if not asked.only or one.name in asked.only]
    if asked.to is not None:
        asked.to.mkdir(parents=True, exist_ok=True)
        for one in chosen:
            one.write(asked.to, known)
        return
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    load = f"load {os.getloadavg()[0]:.1f}"
    say(
        f"{datetime.now(UTC):%Y-%m-%d}, kernel {describe_kernel()}, {load}: {asked.seeds} seeds, "
        f"{asked.limit:g} s of wall-clock time each.\n"
    )
    say(
        "| district | sites / zones | lowest cost | first plan above it | plan: mean, worst | "
        "gap | proven | processor |\n|---|---|---|---|---|---|---|---|"
    )
    for one in chosen:
        say(measure(one, asked.seeds, asked.limit, known))
        if asked.keep:
            KNOWN.write_text(json.dumps(known, indent=1), encoding="utf-8")
    if asked.peers:
        say(PEERS_HEAD.format(limit=asked.limit))
        for one in chosen:
            for name in PEERS:
                if name not in ("this package", "spopt MaxP"):
                    say(measure_peer(one, name, asked.limit, float(str(known[one.name]["cost"]))))
    if asked.write:
        write_page("\n".join(lines))


if __name__ == "__main__":
    main()
