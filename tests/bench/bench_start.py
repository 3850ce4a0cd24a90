"""What a start costs, warm: seconds from the process's start to a window on screen, then in use.

Warm is every start but the first one: what is imported is compiled already, as an installation
leaves it, also where the surroundings forbid Python to write that down.

    python tests/bench/bench_start.py [PROJECT]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

RUNS = 7
CHILD = """
import gc, sys, time
from pathlib import Path
start = float(sys.argv[1])
gc.disable()  # as the program does while it starts
from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui import application
app = application._make_application(sys.argv[:1])
planner = application.ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
planner.show()
app.processEvents()
print(time.time() - start)
planner.open_first(Path(sys.argv[2]))
app.processEvents()
print(time.time() - start)
assert planner.main is not None
planner.close()
"""


def start_once(project: Path) -> tuple[float, float]:
    """Start the program once; return seconds to visible and to interactive."""
    compiled = str(project.parent / "compiled")
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": compiled}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), str(project)],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    visible, interactive = (float(line) for line in done.stdout.split())
    return visible, interactive


def main() -> None:
    """Print the medians beside the targets."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "district.gpkg"
        if len(sys.argv) > 1:
            shutil.copy(sys.argv[1], project)
        else:
            command = [sys.executable, "-m", "zoneplanner"]
            subprocess.run([*command, "new", str(project)], check=True, capture_output=True)
            subprocess.run(
                [*command, "plan", str(project), "--time-limit", "1"],
                check=True,
                capture_output=True,
            )
        start_once(project)
        times = [start_once(project) for _ in range(RUNS)]
    print(f"{'start, warm, seconds':28}{'median':>8}{'worst':>8}{'target':>8}")
    for name, column, target in (("window visible", 0, 0.3), ("map interactive", 1, 1.0)):
        values = [row[column] for row in times]
        print(f"{name:28}{median(values):8.2f}{max(values):8.2f}{target:8.1f}")


if __name__ == "__main__":
    main()
