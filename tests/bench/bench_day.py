"""Memory of the window over a day of eight hours: python tests/bench/bench_day.py

An hour is what people do in one, without the waiting: visits, calls with their stamps, schools
moved and taken back, every workspace, forms opened and left, the map moved and zoomed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.manual_assignment import list_eligible_zones, reassign_site
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

HOURS, ROUNDS, GROWTH = 8, 10, 0.05
PLAIN = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
PLACES = ("today", "plan", "coverage", "shifts", "log", "readiness", "publish", "data")


def settle(seconds: float = 0.0) -> None:
    """Process the window's pending events."""
    end = time.monotonic() + seconds
    while True:
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if time.monotonic() >= end:
            return
        time.sleep(0.01)


def resident_mb() -> float:
    """Return this process's current memory in megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def work(main: MainWindow, number: int) -> Iterator[object]:
    """Perform one of the actions of a tenth of an hour."""
    session = main.desk.session
    sites = [site.id for site in session.project.patrolled]
    site = sites[number % len(sites)]
    now = datetime.now(UTC)
    visit = {"site": site, "arrived_at": now - timedelta(minutes=20), "departed_at": now}
    yield log_texts(session, "visit", visit)
    times = {"received_at": now - timedelta(minutes=9), "dispatched_at": now - timedelta(minutes=8)}
    times |= {"onscene_at": now - timedelta(minutes=4), "cleared_at": now}
    call = {"type": "fight", "site": site, "disposition": "Advice given", "units": "SRO1"}
    yield log_texts(session, "incident", {**call, **times})
    for place in PLACES:
        yield main.show_workspace(place)
    main.show_workspace("log")
    for key, held in ((Qt.Key.Key_J, PLAIN), (Qt.Key.Key_K, CONTROL), (Qt.Key.Key_L, CONTROL)):
        yield press(main, key, held)
        yield press(main, Qt.Key.Key_Escape, PLAIN)
    yield main.show_workspace("plan")
    main.desk.bridge.select(site=site)
    for step in (0.9, 1.2, 0.9):
        yield main.map.scale(step, step)
    middle = main.map.viewport().rect().center()
    yield drag(main, middle, middle + QPoint(40, 25))
    main.desk.bridge.select(site=None)
    plan = session.plan
    assert plan is not None
    others = [
        one.id for one in list_eligible_zones(session, site) if one.id != plan.assignment[site]
    ]
    if others:
        yield reassign_site(session, site, others[0])
        yield session.undo()


def log_texts(session: Any, kind: str, said: dict[str, Any]) -> None:
    """Log a record as the command line does."""
    texts = {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in said.items()
    }
    log_record(session, kind, texts)


def press(main: QWidget, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
    """Press a key in the focused widget."""
    QTest.keyClick(QApplication.focusWidget() or main, key, held)


def drag(main: MainWindow, begin: QPoint, end: QPoint) -> None:
    """Drag the map with the mouse."""
    ground = main.map.viewport()
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(ground, button, pos=begin)
    QTest.mouseMove(ground, end)
    QTest.mouseRelease(ground, button, pos=end)


def main() -> None:
    """Print the memory after each hour."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "zoneplanner", "demo", "--to", folder, "--weeks", "4"]
        subprocess.run([*demo, "--time-limit", "2"], check=True, capture_output=True)
        path = Path(folder) / "San Juan Unified.gpkg"
        planner = ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
        planner.resize(1280, 800)
        planner.show()
        planner.show_session(open_session(path), path)
        assert planner.main is not None
        first = 0.0
        for hour in range(1, HOURS + 1):
            for number in range(ROUNDS):
                for _ in work(planner.main, hour * ROUNDS + number):
                    settle()
                settle(0.2)
            settle(2.0)
            now = resident_mb()
            first = first or now
            grown = f"{now / first - 1:+.1%}" if hour > 1 else ""
            print(f"after hour {hour:<3}{now:8.0f} MB {grown:>8}", flush=True)
        print(f"target: at most {GROWTH:+.0%}")
        planner.close()


if __name__ == "__main__":
    main()
