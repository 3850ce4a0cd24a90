"""How long a desk waits while eight log and edit on one shared project: p50 and p99."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np


def main(seconds: float) -> None:
    """Print the figures of a run of some seconds."""
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "storage")]
    from cluster import find_programs, running_cluster
    from load import check_load, run_desks
    from two_homes import OnServer

    if find_programs() is None:
        print("PostgreSQL with PostGIS is not installed; sh .ci/packages test installs it")
        return
    with running_cluster(durable=True) as cluster, tempfile.TemporaryDirectory() as folder:
        home = OnServer(cluster, Path(folder) / "district.gpkg")
        load = run_desks(cluster, home, desks=8, seconds=seconds, pause_s=0.5)
        check_load(home, load)
        seen = _seen_after_ms(home)
    print(
        f"8 desks, {seconds:.0f} s: {len(load.entries)} entries, {len(load.edits)} edits, ", end=""
    )
    print(f"{load.conflicts} conflicts told; nothing lost, nothing doubled")
    for what, found in (("append", load.append_ms), ("edit", load.edit_ms)):
        p50, p99 = np.percentile(found, (50, 99))
        print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {max(found):.1f} ms")
    p50, most = np.median(seen), max(seen)
    print(f"another desk's edit is taken over after {p50:.0f} ms, slowest {most:.0f} ms")
    print("(by one who looks all the time; a window looks four times a second)")


def _seen_after_ms(home: Any, times: int = 50) -> list[float]:
    """Return the time until another desk, polling, sees a save."""
    from zoneplanner.app.session.session import Session

    def sit_down(who: str) -> Session:
        return Session(home.open(who), actor=who, desk=who, clock=lambda: datetime.now(UTC))

    here, there, found = sit_down("Officer A"), sit_down("Officer B"), []
    for number in range(times):
        zone = ("S1", "S2")[number % 2]
        plan = there.state.saved_project.plans["plan-1"].with_assignments({"a": zone, "b": zone})
        there.apply(f"Move {number}", lambda project: project.with_plan(plan))  # noqa: B023
        begun = perf_counter()
        while here.state.saved_project.plans["plan-1"].assignment["a"] != zone:
            here.poll()
        found.append(1000 * (perf_counter() - begun))
    here.close()
    there.close()
    return found


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
