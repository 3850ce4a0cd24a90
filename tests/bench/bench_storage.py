"""Times of the project file on the bundled district: python tests/bench/bench_storage.py"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from zoneplanner import storage
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

AT = datetime(2026, 11, 16, tzinfo=UTC)
EDIT: dict[str, Any] = {"label": "Move", "actor": "Officer A", "at": AT}
LOG: dict[str, Any] = {"actor": "Officer A", "desk": "desk 1", "now": AT}
ENTRIES = 100_000


def measure_ms(work: Callable[[], object], repeat: int) -> list[float]:
    """Time some work repeatedly, in milliseconds."""
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return found


def print_figure(what: str, found: list[float]) -> None:
    worst = quantiles(found, n=100)[-1] if len(found) > 50 else max(found)
    print(f"{what:<58} {median(found):10.2f} {worst:10.2f}")


def measure_import_ms() -> float:
    """Time the import of the store, SQLAlchemy included, in a separate process."""
    code = (
        "import time, zoneplanner.domain.project; s = time.perf_counter();"
        " import zoneplanner.storage.store; print((time.perf_counter() - s) * 1000)"
    )
    return float(subprocess.check_output([sys.executable, "-c", code]))


def add_plan(project: Project) -> Project:
    zones = tuple(Zone(f"S{n}", f"Zone {n}", f"S{n}", n) for n in range(5))
    sites = [site.id for site in project.patrolled]
    assignment = {site: zones[place % 5].id for place, site in enumerate(sites)}
    return project.with_plan(Plan("plan-1", "Draft", zones, assignment))


def visit(uid: str, site: str) -> NewEntry:
    payload = {"status": "completed", "purpose": "teaching", "time_zone": "America/Los_Angeles"}
    return NewEntry(uid, "visit", site, "S1", AT, payload)


def main() -> None:
    project = add_plan(build_bundled_project(uid="bench"))
    sites = [site.id for site in project.patrolled]
    print(f"{'milliseconds':<58} {'median':>10} {'worst/p99':>10}")
    print_figure("import the store, after the domain", [measure_import_ms() for _ in range(5)])
    with TemporaryDirectory() as folder:
        paths = iter(Path(folder) / f"{number}.gpkg" for number in range(99))

        def make() -> None:
            storage.create(next(paths), project, actor="Officer A", at=AT).close()

        print_figure("create the bundled project", measure_ms(make, 5))
        path = Path(folder) / "0.gpkg"
        print_figure("open it and read it into a Project", measure_ms(lambda: opened(path), 20))
        with storage.open(path) as store:
            state = [store.project()]
            outline = next(iter(project.jurisdictions.values())).area
            areas = {("plan-1", "S1"): outline}

            def move() -> None:
                plan = state[0].plans["plan-1"]
                zone = "S1" if plan.assignment[sites[0]] == "S2" else "S2"
                after = state[0].with_plan(plan.with_assignments({sites[0]: zone}))
                store.save(state[0], after, **EDIT, outlines=areas)
                state[0] = after

            print_figure(
                "save one moved site with an outline, synchronous=FULL", measure_ms(move, 200)
            )
            uids = iter(range(10**9))

            def log() -> None:
                number = next(uids)
                store.append(visit(f"v{number}", sites[number % len(sites)]), **LOG)

            print_figure("append one visit, synchronous=FULL", measure_ms(log, 500))
            print_figure("look whether another desk wrote", measure_ms(store.data_version, 200))
            batch = [visit(f"b{n}", sites[n % len(sites)]) for n in range(ENTRIES)]
            many = measure_ms(lambda: store.append_many(batch, **LOG), 1)
            print_figure(f"append {ENTRIES:,} visits at once", many)
            print_figure("last visits of all sites after that", measure_ms(store.last_visits, 50))
            print_figure(f"verify with {ENTRIES:,} entries", measure_ms(store.verify, 3))
            print_figure("back up", measure_ms(lambda: store.backup(next(paths)), 3))


def opened(path: Path) -> None:
    with storage.open(path) as store:
        store.project()


if __name__ == "__main__":
    main()
