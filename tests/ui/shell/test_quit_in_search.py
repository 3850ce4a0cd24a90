"""Quitting while a solver runs that does not stop at once."""

import os
import subprocess
import sys
from pathlib import Path

from zoneplanner.app.projects.open_project import create_project

_SCRIPT = """
import sys, threading, time
import numpy as np
from zoneplanner.__main__ import main
from zoneplanner.analysis.highs import HighsSolver, run_in_thread

def search():
    drawn = np.random.default_rng(1)
    while True:
        solver = HighsSolver()
        low = drawn.integers(1, 50, 40) * 7.0
        solver.add_rows(low, low + 1)
        solver.add_columns(drawn.random(600) * 100, 1.0, drawn.random((600, 40)) < 0.2)
        whole = np.full(600, 1, dtype=np.uint8)
        solver.changeColsIntegrality(600, np.arange(600, dtype=np.int32), whole)
        for _ in run_in_thread(solver, 1e9):
            pass

def quit_amid_searches():
    from PySide6.QtCore import QCoreApplication, QMetaObject, Qt
    while QCoreApplication.instance() is None:
        time.sleep(0.1)
    time.sleep(1)
    for _ in range(6):
        threading.Thread(target=search, daemon=True).start()
    time.sleep(1)
    QMetaObject.invokeMethod(
        QCoreApplication.instance(), "quit", Qt.ConnectionType.QueuedConnection
    )

threading.Thread(target=quit_amid_searches, daemon=True).start()
raise SystemExit(main(sys.argv[1:]))
"""


def test_quitting_during_a_solve_ends_cleanly(tmp_path: Path) -> None:
    create_project(tmp_path / "district.gpkg").close()
    homes = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **dict.fromkeys(homes, str(tmp_path))}
    for _ in range(3):  # each end aborted in two of three cases
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(tmp_path / "district.gpkg")],
            check=False,
            capture_output=True,
            text=True,
            env=env,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
