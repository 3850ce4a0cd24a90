"""Long days at the dispatcher's desk: python tests/bench/bench_board.py [entries [acts]]

Processor time of this process with an offscreen window. The journal holds many years of
visits and calls; in addition 135 calls are open, 40 units are on duty and there are 200 officers.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from zoneplanner import storage
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import build_incident_entry, build_visit_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Officer, Shift
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project
from zoneplanner.ui.shell.garbage_collection import GarbageCollector
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style import theme

NOW = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
ENTRIES, OPEN_CALLS, UNITS, OFFICERS, ACTS = 200_000, 135, 40, 200, 150
_STEP = 20_000
_YEARS, ROUNDS = 10, 8
KEYS = {
    "a unit dispatched by its key beside them": Qt.Key.Key_1,
    "the same unit en route": Qt.Key.Key_2,
    "on scene": Qt.Key.Key_3,
    "cleared, which asks how the call ended": Qt.Key.Key_4,
    "closed, which chooses the next call": Qt.Key.Key_Return,
    "the next call chosen by an arrow": Qt.Key.Key_Down,
}
_AT_REST = "words and pins of the map at rest after a key"


def add_units_and_officers(project: Project) -> Project:
    """Return the project with many units on duty and officers."""
    pattern = next(iter(project.units.values()))
    units = {f"U{at}": replace(pattern, id=f"U{at}", holds_zone=False) for at in range(UNITS)}
    officers = {
        f"o{at}": Officer(f"o{at}", f"Officer {at}", pattern.agency, "deputy")
        for at in range(OFFICERS)
    }
    hours = (NOW - timedelta(hours=2), NOW + timedelta(hours=6))
    every = list({**project.units, **units})[:UNITS]
    shifts = {unit: Shift(unit, unit, f"o{at}", *hours) for at, unit in enumerate(every)}
    return replace(project, units={**project.units, **units}, officers=officers, shifts=shifts)


def make_entries(project: Project, count: int) -> list[NewEntry]:
    """Return visits and closed calls of ten years."""
    random, sites, units = Random(0), [site.id for site in project.patrolled], list(project.units)
    found = []
    for at in range(count):
        began = NOW - timedelta(days=_YEARS * 365 * (count - at) / count, seconds=at % 3600)
        given: dict[str, Any] = {"uid": new_uid(), "time_zone": project.time_zone, "now": NOW}
        site, unit = random.choice(sites), random.choice(units)
        ended = began + timedelta(minutes=random.randrange(5, 40))
        if at % 10:
            found.append(
                build_visit_entry(
                    **given, site=site, unit=unit, arrived_at=began, departed_at=ended
                )
            )
        else:
            found.append(
                build_incident_entry(
                    **given,
                    **{"site": site, "type": "fight", "received_at": began, "units": (unit,)},
                    **{"onscene_at": began, "cleared_at": ended, "disposition": "Advice given"},
                )
            )
    return found


def measure_s(work: Callable[[], object]) -> float:
    """Measure the processor time of some work until its window is drawn."""
    start = time.process_time()
    work()
    for _ in range(3):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return time.process_time() - start


def rest(window: MainWindow) -> float:
    """Arrange the words of the map as at rest, and return the processor time of that.

    On a loaded machine the map rests before a key is drawn; so it does when it is told to.
    """
    timer = window.map.map.findChild(QTimer)
    assert timer is not None
    timer.setInterval(60_000)
    waits = timer.isActive()
    timer.stop()
    return measure_s(timer.timeout.emit) if waits else 0.0


def measure_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_figure(what: str, value: float, unit: str = "ms") -> None:
    print(f"{what:<66} {value:10.1f} {unit}", flush=True)


def press_keys(window: MainWindow) -> Any:
    """Take a few calls from dispatched to closed by keys and print the times."""
    console: Any = window.left.sections["console"]
    console.dispatch.timer.stop()  # clocks that tick every second have a separate row
    spent: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        console.focus_board()
        rest(window)
        for what, key in KEYS.items():
            press = partial(QTest.keyClick, QApplication.focusWidget(), key)
            spent.setdefault(what, []).append(1000 * measure_s(press))
            spent.setdefault(_AT_REST, []).append(1000 * rest(window))
    for what, found in spent.items():
        print_figure(f"{what}: median of {len(found)}", median(found))
        print_figure(f"{what}: least", min(found))
    return console


def main(count: int, acts: int) -> None:
    """Open the long log, then work with many open calls."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply_theme(app, theme.THEMES["light"])
    project = add_units_and_officers(
        build_bundled_project(DEFAULT_PRESET_ID, uid="bench", name="Bench")
    )
    with TemporaryDirectory() as folder:
        store = storage.create(Path(folder) / "bench.gpkg", project, actor="planner", at=NOW)
        session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        add_first_plan(session)
        entries = make_entries(project, count)
        for start in range(0, count, _STEP):
            session.log_many(entries[start : start + _STEP])
        del entries
        kept: dict[str, str] = {}
        window = MainWindow(
            session, theme.THEMES["light"], recent=QMenu(), appearance=QMenu(), saved_state=kept
        )
        window.resize(1280, 800)
        window.show()
        GarbageCollector(window)
        print_figure("Log opened", 1000 * measure_s(lambda: window.show_workspace("log")))
        before = measure_memory_mb()
        window.tabs.show_table(window.tabs.panels["entries"])
        panel: Any = window.tabs.panels["entries"]
        whole = panel.period.findData(0)
        print_figure(
            f"Everything of {count:,} entries opened",
            1000 * measure_s(lambda: panel.period.setCurrentIndex(whole)),
        )
        print_figure("its memory", measure_memory_mb() - before, "MB")
        for words in ("del campo", "zzz"):  # found at once; found nowhere, searched by parts
            print_figure(
                f"a filter step, “{words}”",
                1000 * measure_s(lambda words=words: panel.filter.setText(words)),
            )
        panel.filter.clear()
        panel.period.setCurrentIndex(0)
        window.tabs.set_open(False)
        sites = [site.id for site in project.patrolled]
        at = (NOW - timedelta(minutes=30)).isoformat()
        for number in range(OPEN_CALLS):
            said = {"type": "fight", "site": sites[number % len(sites)], "received_at": at}
            log_record(session, "incident", said)
        QApplication.processEvents()
        for said in ("the first visit", "a visit"):
            print_figure(
                f"{said} logged beside {OPEN_CALLS} open calls and {UNITS} units",
                1000 * measure_s(lambda: log_record(session, "visit", {"site": sites[0]})),
            )
        console = press_keys(window)
        print_figure(
            "the clocks of a second", 1000 * measure_s(lambda: console.dispatch.ticked.emit(NOW))
        )
        print_figure("a frame of the map", 1000 * measure_s(window.map.viewport().repaint))
        before = measure_memory_mb()
        took = sum(
            measure_s(partial(log_record, session, "visit", {"site": sites[number % 60]}))
            for number in range(acts)
        )
        print_figure(f"{acts:,} acts, each", 1000 * took / acts)
        print_figure("their memory", measure_memory_mb() - before, "MB")
        window.tabs.show_table(panel)
        QApplication.processEvents()
        for said in ("the first visit", "a visit"):
            print_figure(
                f"{said} logged with the table of {panel.table.rowCount():,} entries open",
                1000 * measure_s(lambda: log_record(session, "visit", {"site": sites[0]})),
            )
        window.desk.jobs.close()
        window.desk.bridge.close()
        session.close()


if __name__ == "__main__":
    main(*map(int, [*sys.argv[1:], *(ENTRIES, ACTS)[len(sys.argv) - 1 :]]))
