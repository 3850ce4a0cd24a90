"""How long a desk waits while eight log and edit on one shared project: p50 and p99."""

import sys
import tempfile
from pathlib import Path

import numpy as np


def main(seconds: float) -> None:
    """Print the figures of so many seconds."""
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "storage")]
    from cluster import programs, running
    from load import check, worked
    from two_homes import OnServer

    if programs() is None:
        print("PostgreSQL with PostGIS is not installed; sh .ci/packages test installs it")
        return
    with running(durable=True) as cluster, tempfile.TemporaryDirectory() as folder:
        home = OnServer(cluster, Path(folder) / "district.gpkg")
        load = worked(cluster, home, desks=8, seconds=seconds, pause_s=0.5)
        check(home, load)
    print(
        f"8 desks, {seconds:.0f} s: {len(load.entries)} entries, {len(load.edits)} edits, ", end=""
    )
    print(f"{load.conflicts} conflicts told; nothing lost, nothing doubled")
    for what, found in (("append", load.append_ms), ("edit", load.edit_ms)):
        p50, p99 = np.percentile(found, (50, 99))
        print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {max(found):.1f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
