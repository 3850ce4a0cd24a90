"""How zones scale: 100 to 10,000 sites, about one zone for 14 sites, loads within 10 %.

Sites are California's schools where ``../shared/data/california_schools.csv`` is at hand, those
nearest to Sacramento first, else seeded ones of like density. Each size runs in a process of its
own, so that its memory is its own: seconds to set the problem up, to the first plan, the gap that
is proven at the limit, and the most memory that was taken. A size that does not fit in the memory
or finds nothing in its time says so.
"""

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.errors import UserError

FILE = Path(__file__).parents[3] / "shared" / "data" / "california_schools.csv"
SIZES = (100, 300, 1000, 3000, 10_000)
PER_ZONE = 10_000 / 700
CENTER = np.array([646_000.0, 4_279_000.0])
CRS, TOLERANCE, CALLS_A_STUDENT = "EPSG:26910", 0.10, 0.0005
METERS_PER_MIN = 28 * 1609.344 / 60 / 1.1
MEMORY_BYTES = 6_000_000_000


def schools() -> tuple[np.ndarray, np.ndarray, str]:
    """Return positions in meters, students, and where they come from."""
    if FILE.exists():
        with FILE.open(encoding="utf-8") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row["latitude"] and row["enrollment_k12_2023_24"]
            ]
        lon = np.array([float(row["longitude"]) for row in rows])
        lat = np.array([float(row["latitude"]) for row in rows])
        students = np.array([float(row["enrollment_k12_2023_24"]) for row in rows])
        xs, ys = from_lonlat(CRS, lon, lat)
        return np.column_stack([xs, ys]), students, "California's schools"
    rng = np.random.default_rng(0)
    spots = CENTER + rng.normal(0, 60_000, (12_000, 2))
    return spots, rng.gamma(3.0, 170.0, len(spots)), "seeded sites"


def problem(count: int) -> tuple[optimise.Problem, str]:
    """Return the problem of the sites nearest to the center; those at one place are one."""
    spots, students, source = schools()
    away = np.hypot(*(spots - CENTER).T)
    _, first = np.unique(spots.round(0), axis=0, return_index=True)
    nearest = first[np.argsort(away[first])][:count]
    spots, students = spots[nearest], students[nearest]
    calls = students * CALLS_A_STUDENT * 1.5
    trips = 1.3 + calls
    cost = np.abs(spots[:, None] - spots[None]).sum(axis=2)
    cost /= METERS_PER_MIN
    cost += 0.5
    cost *= trips[:, None]
    corners = Delaunay(spots).simplices
    zones = max(2, round(len(spots) / PER_ZONE))
    asked = optimise.Problem(
        load=1.3 * 15 + calls * 35,
        cost=cost,
        neighbors=[(int(t[a]), int(t[a - 1])) for t in corners for a in range(3)],
        allowed=np.ones((len(spots), zones), dtype=bool),
        zones=zones,
        tolerance=TOLERANCE,
    )
    return asked, source


def one(count: int, limit_s: float) -> None:
    """Search one size and print its row."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    begun = time.perf_counter()
    asked, source = problem(count)
    ready = time.perf_counter()
    first_s, last = 0.0, None
    refused = ""
    try:
        for candidate in optimise.search(asked, seed=0, time_limit_s=limit_s):
            if last is None:
                first_s = time.perf_counter() - ready
            last = candidate
            if time.perf_counter() - ready > limit_s:
                break
    except UserError as error:
        refused = f" ({error.message[:60]}…)"
    took = time.perf_counter() - ready
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found = (
        f"no plan{refused}" if last is None else f"first plan {first_s:6.2f} s, gap {last.gap:7.2%}"
    )
    print(
        f"  {len(asked.load):6,} sites {len(asked.zone_names):4} zones ({source}): set up "
        f"{ready - begun:5.1f} s, {found} after {took:5.1f} s, {most:.1f} GB",
        flush=True,
    )


def main() -> None:
    """Print a row for each size."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=float, default=60.0, help="seconds for each size")
    options.add_argument("--sites", type=int, help="one size alone, in this process")
    asked = options.parse_args()
    if asked.sites:
        one(asked.sites, asked.limit)
        return
    print(f"target at 10,000: a strictly feasible plan, gap <= 5 %, within {asked.limit:g} s, 2 GB")
    for count in SIZES:
        command = [sys.executable, __file__, "--sites", str(count), "--limit", str(asked.limit)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=4 * asked.limit + 60, check=False
            )
        except subprocess.TimeoutExpired:
            after = 4 * asked.limit + 60
            print(f"  {count:6,} sites: given up after {after:.0f} s, larger ones are not tried")
            return
        last = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        print(
            done.stdout.rstrip() or f"  {count:6,} sites: failed: {' '.join(last)[:100]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
