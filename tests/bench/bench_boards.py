"""The boards of Shifts at 40 units and 200 officers: python tests/bench/bench_boards.py

CPU time of this process, beside the targets: a board follows an edit within 50 ms, and a frame is
drawn within 16 ms. A school year of shifts is planned, 40 a school day.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QMenu

from zoneplanner.app.projects.open_project import write_new_project
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_unit_jurisdictions
from zoneplanner.domain.roster.shift import Officer, RosterDecision
from zoneplanner.domain.roster.shift_edits import (
    assign_shift,
    make_open_shifts,
    make_standard_posts,
    put_post,
)
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style import theme

UNITS, OFFICERS, DAYS, WEEKS, TIMES = 40, 200, 5, 36, 15


def build_large_office() -> Project:
    """Return the bundled district with many units and officers and a year of filled shifts."""
    project = build_bundled_project(uid="boards")
    like = next(iter(project.units.values()))
    units = {f"U{at}": replace(like, id=f"U{at}", name=f"Unit {at}") for at in range(UNITS)}
    areas = list_unit_jurisdictions(like)
    officers = {
        f"o{at}": Officer(
            f"o{at}", f"Officer {at}", like.agency, like.kind, (f"U{at // DAYS}",), areas
        )
        for at in range(OFFICERS)
    }
    project = replace(project, units=units, officers=officers)
    for post in make_standard_posts(project):
        project = put_post(project, post)
    first = project.calendar.terms[0].first
    project = make_open_shifts(project, first, first + timedelta(weeks=WEEKS))
    zone = project.time_zone
    shifts = {
        uid: replace(shift, officer=f"o{DAYS * int(shift.unit[1:]) + shift.day(zone).weekday()}")
        for uid, shift in project.shifts.items()
    }
    return replace(project, shifts=shifts)


def measure(what: str, work: Callable[[], object], target_ms: float) -> None:
    """Print the median and the worst of some runs in milliseconds of CPU time."""
    found = []
    for _ in range(TIMES):
        start = time.process_time()
        work()
        found.append(1000 * (time.process_time() - start))
    words = f"median {np.median(found):7.1f} ms, worst {max(found):7.1f} ms"
    print(f"{what:<58} {words}   (at most {target_ms:.0f})")


def main() -> None:
    """Print the table."""
    app = QApplication(sys.argv[:1])
    theme.apply_theme(app, theme.THEMES["light"])
    with tempfile.TemporaryDirectory() as folder:
        session = write_new_project(
            Path(folder) / "boards.gpkg", build_large_office(), clock=lambda: CLOCK
        )
        recent, looks = QMenu(), QMenu()
        window = MainWindow(
            session, theme.THEMES["light"], recent=recent, appearance=looks, saved_state={}
        )
        window.resize(1280, 720)
        window.show()
        window.show_workspace("shifts")
        board = window.stage.boards["roster"]
        day = session.project.calendar.terms[0].first + timedelta(days=14)
        board.selection.show_day(day)
        shifts = len(session.project.shifts)
        print(f"{UNITS} units, {OFFICERS} officers, {shifts:,} shifts")
        uids = cycle(uid for uid, one in session.project.shifts.items()
                     if one.day(session.project.time_zone) == day)  # fmt: skip
        for name, button in (("units", board.by_week), ("officers", board.by_officer)):
            button.click()
            app.processEvents()
            measure(f"board of {name}: read anew after an edit", board.refresh, 50)
            measure(f"board of {name}: a frame", board.week.viewport().grab, 16)
        board.by_month.click()
        measure("board of the month: read anew", board.refresh, 50)
        measure("board of the month: a frame", board.month.grab, 16)

        def give() -> None:
            uid, now = next(uids), session.clock()
            session.apply("Give", lambda one: assign_shift(one, uid, None, RosterDecision(now)))

        board.by_week.click()
        measure("a shift is opened: saved and on every board", give, 300)
        window.desk.jobs.close()
        session.close()


CLOCK = datetime(2026, 9, 1, 15, tzinfo=UTC)

if __name__ == "__main__":
    main()
