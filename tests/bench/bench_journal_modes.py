"""Desks on one project file by journal mode: what an append, an edit and a reader wait for.

python tests/bench/bench_journal_modes.py [SECONDS]
"""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

DESK = """
import json, random, sys, time
from datetime import UTC, datetime
from pathlib import Path
from zoneplanner import storage
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import Conflict, UserError
from zoneplanner.storage.geopackage.connection import GeoPackageConnection

path, mode, sync, name, seconds, pause = sys.argv[1:]

# the mode is what is measured here, so it is not settled as a project is otherwise
GeoPackageConnection.end_write_ahead_log = lambda database: None
chance = random.Random(name)
store = storage.open(Path(path))
with store._backend.bare() as connection:
    if mode != "WAL":  # that one is kept in the file
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
    connection.exec_driver_sql(f"PRAGMA synchronous={sync}")
session = Session(store, actor=name, desk=name, clock=lambda: datetime.now(UTC))
print("ready", flush=True)
sys.stdin.readline()
done = {what: [] for what in ("append", "append_cpu", "edit", "read")}
done |= {"refused": 0, "conflicts": 0, "acknowledged": 0}

def timed(what, work):
    begun, worked = time.perf_counter(), time.process_time()
    try:
        work()
    except Conflict:
        done["conflicts"] += 1
        return False
    except UserError as error:
        done["refused"] += 1
        return False
    done[what].append(1000 * (time.perf_counter() - begun))
    if what == "append":
        done["append_cpu"].append(1000 * (time.process_time() - worked))
    return True

def edit(number):
    site = chance.choice("abc")
    plan = session.state.saved_project.plans["plan-1"]
    zone = "S1" if plan.assignment[site] == "S2" else "S2"
    session.apply(
        f"{name}-{number}",
        lambda p: p.with_plan(p.plans["plan-1"].with_assignments({site: zone})),
    )

def read():
    store.project()
    store.entries()
    store.log()

end, number = time.monotonic() + float(seconds), 0
while time.monotonic() < end:
    number += 1
    if name.startswith("reader"):
        timed("read", read)
        continue
    entry = NewEntry(f"{name}-{number}", "visit", "a", "S1", session.clock(), {"note": name})
    done["acknowledged"] += timed("append", lambda: session.log(entry))
    session.poll()
    if number % 3 == 0:
        timed("edit", lambda: edit(number))
    time.sleep(float(pause) * chance.uniform(0.5, 1.5))
session.close()
print(json.dumps(done), flush=True)
"""

MODES = [
    ("WAL", "FULL"),
    ("DELETE", "FULL"),
    ("DELETE", "EXTRA"),
    ("TRUNCATE", "FULL"),
    ("PERSIST", "FULL"),
]
"""EXTRA differs from FULL only with DELETE: it also syncs the removal of the journal."""


def measure_waits(
    path: Path, mode: str, sync: str, *, desks: int, readers: int, seconds: float, pause_s: float
) -> dict[str, list[float]]:
    """Let desks log and edit and readers read at once; return their waits."""
    names = [f"desk{n}" for n in range(desks)] + [f"reader{n}" for n in range(readers)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", DESK, str(path), mode, sync, name, str(seconds), str(pause_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    found: dict[str, list[float]] = {}
    for desk in running:
        assert desk.stdout is not None
        assert desk.stdout.readline() == "ready\n"
    for desk in running:
        assert desk.stdin is not None
        desk.stdin.write("go\n")
        desk.stdin.flush()
    for desk in running:
        told, _ = desk.communicate(timeout=seconds + 120)
        for what, values in json.loads(told).items():
            found[what] = found.get(what, []) + (values if isinstance(values, list) else [values])
    return found


def main(seconds: float) -> None:
    """Print a row for each journal mode and number of desks."""
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "storage")]
    from storage_samples import AT, project

    from zoneplanner import storage

    crowds = [
        ("1 desk", 1, 0, 0.0),
        ("1 desk, 1 reader", 1, 1, 0.0),
        ("4 desks, 1 reader, as fast as they can", 4, 1, 0.0),
        ("4 desks, 1 reader, 10 entries/s each", 4, 1, 0.1),
    ]
    for title, desks, readers, pause_s in crowds:
        print(f"{title}: milliseconds, p50 / p99 / slowest")
        for mode, sync in MODES:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "p.gpkg"
                storage.create(path, project(), actor="Officer A", at=AT).close()
                with closing(sqlite3.connect(path)) as connection:
                    connection.execute(f"PRAGMA journal_mode={mode}")
                done = measure_waits(
                    path, mode, sync, desks=desks, readers=readers, seconds=seconds, pause_s=pause_s
                )
                with storage.open(path, read_only=True) as store:
                    kept = store.head().entries
                    whole = store.verify().ok
            assert whole
            assert kept >= sum(done["acknowledged"])
            told = [f"  {mode:8} {sync:5} {kept / seconds:6.0f} entries/s"]
            for what in ("append", "append_cpu", "edit", "read"):
                if done[what]:
                    p50, p99 = np.percentile(done[what], (50, 99))
                    told.append(f"{what} {p50:6.1f} /{p99:7.1f} /{max(done[what]):8.1f}")
            told.append(
                f"refused {sum(done['refused']):.0f}, conflicts {sum(done['conflicts']):.0f}"
            )
            print("   ".join(told), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
