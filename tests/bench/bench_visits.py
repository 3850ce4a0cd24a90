"""How long the import of many years of visits takes, and a second import of them.

    python tests/bench/bench_visits.py [visits]

Seconds on the clock, and of processor, for reading, which says what would become of each row, and
for keeping; then for what a desk reads of them when it opens the file again.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from zoneplanner import storage
from zoneplanner.app.imports.file_import import prepare_import, save_import
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.domain.log.journal import VISIT_PURPOSES
from zoneplanner.domain.project import Project

Found = TypeVar("Found")
VISITS = 300_000
FIRST, APART_MIN = datetime(1986, 1, 1, tzinfo=UTC), 21


def main(visits: int) -> None:
    """Measure each once."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        session = create_project(folder / "district.gpkg")
        table = _write_visits(folder / "visits.csv", session.project, visits)
        begun = time.process_time()
        read, read_s = _measure(lambda: prepare_import(session, table, "visits"))
        read_cpu_s = time.process_time() - begun
        _, kept_s = _measure(
            lambda: save_import(session, read, "visits", lambda fraction, text: None)
        )
        kept_cpu_s = time.process_time() - begun - read_cpu_s
        print(f"  {read.outcome.message} Refused: {len(read.outcome.refused):,}.")
        again, again_s = _measure(lambda: prepare_import(session, table, "visits"))
        assert again.outcome.already == read.outcome.taken
        session.close()
        store, _ = _measure(lambda: storage.open(folder / "district.gpkg"))
        log, log_s = _measure(store.log)
        assert len(log.visits) == read.outcome.taken
        store.close()
    print(f"import {visits:,} visits: {read_s + kept_s:.1f} s ({read_s:.1f} + {kept_s:.1f})")
    print(f"processor: {(read_cpu_s + kept_cpu_s) / visits * 1e6:.0f} microseconds a row")
    print(f"the log read from the file: {1000 * log_s:.0f} ms")
    print(f"the same file again: {again_s:.1f} s, {again.outcome.already:,} known")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _measure(do: Callable[[], Found]) -> tuple[Found, float]:
    began = time.monotonic()
    found = do()
    return found, time.monotonic() - began


def _write_visits(path: Path, project: Project, visits: int) -> Path:
    """Write seeded visits in local time; a few are in an hour skipped by daylight saving time."""
    rng = np.random.default_rng(0)
    words = [
        rng.choice(list(names), visits).tolist()
        for names in (project.sites, project.units, VISIT_PURPOSES)
    ]
    late, stay = (rng.integers(0, most, visits).tolist() for most in (APART_MIN, 50))
    with path.open("w") as file:
        print("site,unit,purpose,arrived_at,departed_at,note", file=file)
        for row, (site, unit, purpose) in enumerate(zip(*words, strict=True)):
            arrived = FIRST + timedelta(minutes=APART_MIN * row + late[row])
            departed = arrived + timedelta(minutes=5 + stay[row])
            print(
                f"{site},{unit},{purpose},{arrived:%Y-%m-%dT%H:%M},{departed:%Y-%m-%dT%H:%M},",
                file=file,
            )
    return path


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VISITS)
