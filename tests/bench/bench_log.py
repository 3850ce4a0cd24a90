"""Times of the log over many visits: python tests/bench/bench_log.py [visits]

Processor time of this process. The last row does the least of the board's work in pandas.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import pandas as pd

from zoneplanner import storage
from zoneplanner.app.coverage.observed_coverage import (
    compute_coverage_board,
    compute_observed_coverage,
)
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.logbook import log_visit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project

NOW = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
VISITS = 200_000
YEARS = 40


def measure_s(work: Callable[[], object], repeat: int = 1) -> float:
    """Measure the processor time of some work, the median of several runs."""
    found = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return median(found)


def rows(project: Project, visits: int) -> Iterator[str]:
    """Yield the lines of a table of visits over many years."""
    random, sites, units = Random(0), [s.id for s in project.patrolled], list(project.units)
    yield "site,unit,arrived_at,departed_at,purpose"
    for _ in range(visits):
        day = date(2026, 11, 1) - timedelta(days=random.randrange(YEARS * 365))
        start = datetime(day.year, day.month, day.day, 7) + timedelta(  # noqa: DTZ001
            seconds=random.randrange(32_000)
        )
        end = start + timedelta(minutes=random.randrange(5, 40))
        site, unit = random.choice(sites), random.choice(units)
        yield f"{site},{unit},{start.isoformat()},{end.isoformat()},teaching"


def print_figure(what: str, value: float, unit: str = "ms") -> None:
    print(f"{what:<58} {value:10.1f} {unit}")


def main(visits: int) -> None:
    """Import, then read the board in every grouping."""
    project = build_bundled_project(DEFAULT_PRESET_ID, uid="bench", name="Bench")
    with TemporaryDirectory() as folder:
        table, path = Path(folder) / "visits.csv", Path(folder) / "bench.gpkg"
        table.write_text("\n".join(rows(project, visits)), encoding="utf-8")
        store = storage.create(path, project, actor="planner", at=NOW)
        session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        taken = measure_s(lambda: import_file(session, table, "visits"))
        print_figure(f"import of {visits:,} visits", taken, "s")
        site = project.patrolled[0].id
        print_figure(
            "one visit more, figures kept with it",
            1000 * measure_s(lambda: log_visit(session, site), 9),
        )
        print_figure("the log read from the file", 1000 * measure_s(store.log))
        for by in ("site", "zone", "unit", "week", "all"):
            found = measure_s(lambda by=by: compute_observed_coverage(session, by=by), 5)  # type: ignore[misc]
            print_figure(f"coverage of all {YEARS} years by {by}", 1000 * found)
        year = date(2026, 7, 1)
        print_figure("coverage of this school year by site",
             1000 * measure_s(lambda: compute_observed_coverage(session, by="site", first=year),
                 9))  # fmt: skip
        print_figure(
            "board of this school year",
            1000 * measure_s(lambda: compute_coverage_board(session, first=year), 9),
        )
        log = store.log().visits
        frame = pd.DataFrame({name: log[name] for name in ("site", "at", "day", "minute")})
        peer = measure_s(lambda: _peer(frame), 3)
        print_figure("visits, gaps and last day by site in pandas", 1000 * peer)
        session.close()


def _peer(frame: pd.DataFrame) -> None:
    by_site = frame.groupby("site")
    by_site.size()
    by_site["day"].max()
    frame.sort_values(["site", "at"]).groupby("site")["at"].diff().groupby(frame["site"]).mean()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VISITS)
