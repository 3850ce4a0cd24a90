"""A public set of districts: what a search of some seconds finds, over ten seeds.

Real ones are cut from ``../shared/data/california_schools.csv`` (seeded sites of like density stand
in without it), made-up ones are drawn. ``--to DIR`` writes each as one JSON file that any solver
can read: ``sites`` with x, y in meters, load and trips a day; ``neighbors``; ``zones``;
``tolerance``; serving site i from site j costs ``trips_i * (minutes_fixed + (|dx| + |dy|) /
meters_per_minute)``; ``optimum`` where it is proven. Else a table is printed: for each district how
far the plans of all seeds are above the best known one, and the gap that is proven.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from bench_scale import CALLS_A_STUDENT, CASES, METERS_PER_MIN, Case, schools
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.kernel.library import describe_kernel

FIXED_MIN, VISITS, VISIT_MIN, CALL_MIN = 0.5, 1.3, 15.0, 35.0
KNOWN = Path(__file__).with_name("best_known.json")
"""The least cost that any run has found, and whether none is less; ``--keep`` adds to it."""


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
    """Return a district that is made up: towns of schools around a center."""
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
    """Search with each seed and return the row; what is better than known goes into it."""
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


def main() -> None:
    """Write the set, or print its table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, metavar="DIR", help="write the districts there")
    options.add_argument("--only", nargs="*", help="some of them, by name")
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--limit", type=float, default=15.0, help="seconds for each search")
    options.add_argument("--keep", action="store_true", help="keep what is better than known")
    asked = options.parse_args()
    known = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else {}
    chosen = [one for one in list_instances() if not asked.only or one.name in asked.only]
    if asked.to is not None:
        asked.to.mkdir(parents=True, exist_ok=True)
        for one in chosen:
            one.write(asked.to, known)
        return
    print(f"kernel {describe_kernel()}; {asked.seeds} seeds, {asked.limit:g} s each on the wall")
    print(
        "| district | sites / zones | least cost | first plan above it | plan: mean, worst | "
        "gap | proven | processor |"
    )
    for one in chosen:
        print(measure(one, asked.seeds, asked.limit, known), flush=True)
        if asked.keep:
            KNOWN.write_text(json.dumps(known, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
