"""What the planner costs on an old machine: 4 GB of memory, a slow disk, a screen of 1366x768.

Two cores are what this program is measured on anyhow. As root with cgroups (version 1) a child gets
4 GB and a disk of 60 MB and 100 reads a second, and nothing of the program is in the disk's cache
for the cold start; else the first row says so. Targets are on the wall and twice those of every
machine; a drag is at the size of that screen, with the memory of its window.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
GROUPS = Path("/sys/fs/cgroup")
NAME = f"old-machine-{os.getpid()}"
MEMORY = 4 << 30
BYTES_A_SECOND, READS_A_SECOND = 60_000_000, 100
CHILD = """
import gc, resource, sys, time
from pathlib import Path
begun = float(sys.argv[1])
gc.disable()  # as the program does while it starts
from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui import application

def tell(name):
    memory = dict(line.split(":") for line in open("/proc/self/smaps_rollup") if ":" in line[:20])
    rss, pss = (int(memory[key].split()[0]) / 1024 for key in ("Rss", "Pss"))
    print(f"{name};{time.time() - begun:.2f};{time.process_time():.2f};{rss:.0f};{pss:.0f}")

app = application._make_application(sys.argv[:1])
planner = application.ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
planner.resize(1366, 768)
planner.show()
app.processEvents()
tell("window visible")
planner.open_first(Path(sys.argv[2]))
app.processEvents()
tell("map interactive")
main = planner.main
for place in ("coverage", "shifts", "log", "readiness", "publish", "data", "today", "plan"):
    main.show_workspace(place)
    for _ in range(10):
        app.processEvents()
        time.sleep(0.02)
tell("every workspace seen")
planner.close()
"""


@contextmanager
def limit_to_old_machine() -> Iterator[bool]:
    """Limit this process and its children to the memory and disk of an old machine."""
    places = [GROUPS / "memory" / NAME, GROUPS / "blkio" / NAME]
    device = ROOT.stat().st_dev
    disk = f"{os.major(device)}:{os.minor(device)}"
    try:
        for place in places:
            place.mkdir()
    except OSError:
        yield False
        return
    (places[0] / "memory.limit_in_bytes").write_text(str(MEMORY))
    (places[1] / "blkio.throttle.read_bps_device").write_text(f"{disk} {BYTES_A_SECOND}")
    (places[1] / "blkio.throttle.read_iops_device").write_text(f"{disk} {READS_A_SECOND}")
    try:
        for place in places:
            (place / "cgroup.procs").write_text(str(os.getpid()))
        yield True
    finally:
        for place in places:
            (place.parent / "cgroup.procs").write_text(str(os.getpid()))
            place.rmdir()


def forget_files(*folders: Path) -> None:
    """Drop the files of some folders from the disk cache."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def start_once(project: Path) -> list[list[str]]:
    """Start the window once; return names, seconds on the wall and of the processor, megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), str(project)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
    )
    return [line.split(";") for line in done.stdout.splitlines()]


def with_benches() -> dict[str, str]:
    """Return the environment in which the other benchmarks are modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), str(ROOT)))}


def main() -> None:
    """Print starts, memory, a drag and a publication beside twice the targets."""
    with tempfile.TemporaryDirectory() as folder, limit_to_old_machine() as limited:
        print("limits of an old machine:", "set" if limited else "none, for want of rights")
        project = Path(folder) / "district.gpkg"
        zones = [sys.executable, "-m", "zoneplanner"]
        for words in (["new"], ["plan", "--time-limit", "1"]):
            subprocess.run(
                [*zones, words[0], str(project), *words[1:]], check=True, capture_output=True
            )
        libraries = Path(sys.prefix)
        targets = {
            "window visible": "0.6 s",
            "map interactive": "2 s",
            "every workspace seen": "350 MB",
        }
        print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'RSS MB':>8}{'own MB':>8}{'target':>10}")
        for kind in ("cold", "warm", "warm"):
            if kind == "cold":
                forget_files(libraries, ROOT / "zoneplanner", ROOT / "resources", ROOT / "gis_data")
            for name, wall, cpu, rss, pss in start_once(project):
                head = f"{kind}: {name}"
                print(f"{head:34}{wall:>8}{cpu:>8}{rss:>8}{pss:>8}{targets[name]:>10}")
        drag = f"b.SIZES = ((1366, 768),); b.measure_frames(Path({str(project)!r}))"
        for bench, target, act in (
            ("bench_drag", "32 ms on the wall, 350 MB", drag),
            ("bench_publish", "in its last column", "b.main(slower=2)"),
        ):
            print(f"-- {bench}; target: {target}", flush=True)
            code = f"from pathlib import Path; import {bench} as b; {act}"
            subprocess.run([sys.executable, "-c", code], check=True, env=with_benches())


if __name__ == "__main__":
    main()
