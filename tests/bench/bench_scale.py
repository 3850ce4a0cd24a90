"""Zones at any size: real schools of California, strict plans and true bounds at a time limit.

Districts are cut from ``../shared/data/california_schools.csv``; without it, seeded sites of like
number and density stand in. Each runs in a process of its own, so that its memory is its own:
seconds (of processor) to the first plan, its distance from the last; cost, bound and gap at the
limit; and beside the target the gap that was asked for. ``--only`` names one row.
"""

import argparse
import csv
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.kernel.library import describe_kernel
from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.errors import UserError

FILE = Path(__file__).parents[3] / "shared" / "data" / "california_schools.csv"
CRS, CALLS_A_STUDENT = "EPSG:26910", 0.0005
METERS_PER_MIN, FIXED_MIN = 28 * 1609.344 / 60 / 1.1, 0.5
MEMORY_BYTES = 6_000_000_000
SACRAMENTO_M = (646_000.0, 4_279_000.0)
BAY = ("Alameda", "Contra Costa", "Marin", "Napa", "San Francisco", "San Mateo", "Santa Clara")


@dataclass(frozen=True)
class Case:
    """A district: its rows of the file, its zones, and the target gap at the limit."""

    name: str
    column: str  # empty: the sites nearest to Sacramento
    values: tuple[str, ...]
    sites: int
    zones: int
    tolerance: float
    target: str


ELK = ("Elk Grove Unified", "Sacramento City Unified")
LA = ("Los Angeles Unified",)
CASES = (
    Case("elk-grove", "district", ELK, 153, 15, 0.10, "proven in 20 s"),
    Case("sacramento", "", (), 300, 40, 0.10, "1.5 %"),
    Case("sacramento-5", "", (), 300, 40, 0.05, "3 %"),
    Case("los-angeles-60", "district", LA, 1000, 60, 0.10, "0.7 %"),
    Case("los-angeles-60-5", "district", LA, 1000, 60, 0.05, "1 %"),
    Case("los-angeles-100", "district", LA, 1000, 100, 0.10, "1.5 %"),
    Case("los-angeles-100-5", "district", LA, 1000, 100, 0.05, "3 %"),
    Case("bay-area", "county", BAY, 1800, 117, 0.10, "2.5 %"),
    Case("california", "", (), 10_000, 700, 0.10, "4.9 %"),
)


def schools(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return positions in meters and students of a case; schools at one place are merged."""
    if FILE.exists():
        with FILE.open(encoding="utf-8") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row["latitude"] and row["enrollment_k12_2023_24"]
                if not case.column or row[case.column] in case.values
            ]
        places = [
            np.array([float(row[name]) for row in rows]) for name in ("longitude", "latitude")
        ]
        spots = np.column_stack(from_lonlat(CRS, *places))
        students = np.array([float(row["enrollment_k12_2023_24"]) for row in rows])
    else:
        rng = np.random.default_rng(0)
        spots = SACRAMENTO_M + rng.normal(0, 600 * case.sites**0.5, (case.sites, 2))
        students = rng.gamma(3.0, 170.0, len(spots))
    _, first = np.unique(spots.round(0), axis=0, return_index=True)
    away = np.hypot(*(spots[first] - SACRAMENTO_M).T)
    kept = first[np.argsort(away)][: case.sites]
    return spots[kept], students[kept]


def problem(case: Case) -> optimise.Problem:
    """Return the case as the optimizer takes it."""
    spots, students = schools(case)
    calls = students * CALLS_A_STUDENT * 1.5
    corners = Delaunay(spots).simplices
    return optimise.Problem(
        load=1.3 * 15 + calls * 35,
        cost=optimise.CoordinateCosts(1.3 + calls, spots, METERS_PER_MIN, FIXED_MIN),
        neighbours=[(int(t[a]), int(t[a - 1])) for t in corners for a in range(3)],
        allowed=np.ones((len(spots), case.zones), dtype=bool),
        zones=case.zones,
        tolerance=case.tolerance,
    )


def measure(case: Case, limit_s: float) -> str:
    """Search one case and return its row."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    asked = problem(case)
    begun, used = time.perf_counter(), time.process_time()
    first = last = None
    first_s, refusal = (0.0, 0.0), ""
    try:
        for candidate in optimise.search(asked, seed=0, time_limit_s=limit_s):
            if first is None:
                first = candidate
                first_s = time.perf_counter() - begun, time.process_time() - used
            last = candidate
    except UserError as error:
        refusal = error.code
    took, cpu = time.perf_counter() - begun, time.process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    what = f"{case.name:18} {len(asked.load):5,} sites {case.zones:3} zones ±{case.tolerance:.0%}: "
    if first is None or last is None:
        return f"{what}no plan ({refusal}) after {took:.1f} s (cpu {cpu:.1f} s)"
    state = "proven" if last.proven else f"gap {last.gap:.2%}"
    return (
        f"{what}first {first_s[0]:5.2f} s (cpu {first_s[1]:5.2f} s, "
        f"+{first.cost / last.cost - 1:.1%}), cost {last.cost:10.2f}, bound {last.bound:10.2f}, "
        f"{state} after {took:.1f} s (cpu {cpu:.1f} s); target {case.target}; {most:.1f} GB"
    )


def main() -> None:
    """Print a row for each case."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=float, default=60.0, help="seconds for each")
    options.add_argument("--only", choices=[case.name for case in CASES])
    asked = options.parse_args()
    if asked.only:
        print(measure(next(case for case in CASES if case.name == asked.only), asked.limit))
        return
    where = "California's schools" if FILE.exists() else "seeded sites"
    print(f"{where}; kernel {describe_kernel()}; {asked.limit:g} s each on the wall")
    for case in CASES:
        command = [sys.executable, __file__, "--only", case.name, "--limit", str(asked.limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        last = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        print("  " + (done.stdout.strip() or f"{case.name}: {' '.join(last)[:100]}"), flush=True)


if __name__ == "__main__":
    main()
