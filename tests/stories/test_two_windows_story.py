"""Two windows, commands and kills on one file, with file dialogs opening in between."""

import json
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from file_locks import needs_lock_list

from zoneplanner import storage

pytestmark = [pytest.mark.long, needs_lock_list]

TESTS = Path(__file__).parents[1]
NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
ROUNDS = 6

WINDOW = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from file_dialogs import answered, leave
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from zoneplanner.app.desk.settings import Settings
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.ui.shell.application_window import ApplicationWindow

app = QApplication([])
planner = ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
planner.show()
planner.open_project(Path(sys.argv[1]))
window = planner.main
session = window.desk.session
for number in range(10_000):
    planner.activateWindow()
    assert QTest.qWaitForWindowActive(planner)
    with answered(leave) as seen:
        QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert seen
    now = datetime.now(UTC)
    entry = NewEntry(f"{sys.argv[2]}-{number}", "visit", "r1c1", "A", now, {"status": "completed"})
    if window.desk.attempt(lambda: session.log(entry)):
        print(entry.uid, flush=True)
    else:
        print("refused", window.desk.notices.text.text(), file=sys.stderr, flush=True)
    QTest.qWait(20)
"""


def test_no_acknowledged_visit_is_lost_to_dialogs_commands_and_kills(tmp_path: Path) -> None:
    path, chance = tmp_path / "district.gpkg", random.Random(15)
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    logged: set[str] = set()
    windows = [Window(path, "first-0"), Window(path, "second-0")]
    for turn in range(1, ROUNDS):
        for window in windows:
            logged |= window.read(chance.randint(1, 4))
        logged.add(log_by_command(path))
        killed = chance.randrange(2)
        logged |= windows[killed].kill()
        if turn % 3 == 0:  # at times no program has the file open
            logged |= windows[1 - killed].kill()
            logged.add(log_by_command(path))
            windows[1 - killed] = Window(path, f"other-{turn}")
        windows[killed] = Window(path, f"again-{turn}")
    for window in windows:
        logged |= window.read(1) | window.kill()
    with storage.open(path) as store:
        assert store.verify().ok
        kept = [entry.uid for entry in store.entries()]
    assert logged <= set(kept)
    assert len(kept) == len(set(kept))
    assert len(logged) > 3 * ROUNDS
    assert [file.name for file in tmp_path.glob("district.gpkg*")] == [path.name]


class Window:
    """A window in a separate process that opens file dialogs and logs until it is killed."""

    def __init__(self, path: Path, name: str) -> None:
        env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(TESTS)}
        self._child = subprocess.Popen(
            [sys.executable, "-c", WINDOW, str(path), name],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self, lines: int) -> set[str]:
        """Wait for a number of logged visits and return them."""
        assert self._child.stdout is not None and self._child.stderr is not None
        told = {self._child.stdout.readline().strip() for _ in range(lines)}
        assert "" not in told, self._child.stderr.read()
        return told

    def kill(self) -> set[str]:
        """Kill it and return the other visits it logged."""
        self._child.send_signal(signal.SIGKILL)
        told, errors = self._child.communicate()
        assert "refused" not in errors
        return {line.strip() for line in told.splitlines(keepends=True) if line.endswith("\n")}


def log_by_command(path: Path) -> str:
    """Log a visit on the command line and return its uid."""
    command = [sys.executable, "-m", "zoneplanner", "log", str(path), "visit"]
    values = ["site=r1c1", "unit=A", "status=completed", "--json"]
    done = subprocess.run([*command, *values], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["uid"])
