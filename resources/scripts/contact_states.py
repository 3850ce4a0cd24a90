"""Brings a project or its window into the states that contact sheets show.

A project is filled before it is opened. Errors and running work are acted out in the window: a
damaged file, a refused edit, a lost server; a search and an import.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QWidget

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.projects.sample_data import add_sample_officers, log_sample_week
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.plan.plans.plan_dialogs import AdoptPlanDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow

SETTLE_MS = 300
IN_CLASS = time(10, 20)
"""The time in all pictures, on the next school day; else most would show a time without school."""
_LONGEST_BREAK = 120
_DAMAGED_SHARE = 0.8
_IMPORTED_ROWS = 60_000

Pictures = Iterator[tuple[str, QImage]]


def find_class_hour(project: Project, today: date) -> datetime:
    """Return a morning hour of the next school day, without a calendar of the next weekday."""
    days = [today + timedelta(days=number) for number in range(_LONGEST_BREAK)]
    weekdays = [day for day in days if day.weekday() < 5]
    day = next((day for day in days if project.calendar.is_school_day(day)), weekdays[0])
    return datetime.combine(day, IN_CLASS, ZoneInfo(project.time_zone)).astimezone(UTC)


def make_class_clock(file: Path) -> Callable[[], datetime]:
    """Return a clock that runs from a school morning of a project."""
    with closing(open_session(file, read_only=True)) as before:
        hour, opened = find_class_hour(before.project, before.today), get_utc_now()
    return lambda: hour + (get_utc_now() - opened)


def open_in_class(file: Path) -> Session:
    """Open a project with a clock that runs from a school morning."""
    return open_session(file, clock=make_class_clock(file))


def settle(planner: ApplicationWindow) -> None:
    """Wait until no job is running."""
    QTest.qWait(SETTLE_MS)
    while planner.main is not None and planner.main.desk.jobs.running:
        QTest.qWait(SETTLE_MS)


def draw_all(planner: ApplicationWindow) -> QImage:
    """Draw the window and the dialogs over it."""
    whole = planner.grab().toImage()
    painter = QPainter(whole)
    for dialog in list_dialogs():
        free = planner.rect().center() - dialog.rect().center()
        painter.drawImage(QPoint(max(0, free.x()), max(0, free.y())), dialog.grab().toImage())
    painter.end()
    return whole


def list_dialogs() -> list[QDialog]:
    """Return the visible dialogs, the topmost last."""
    kinds = QDialog | QMessageBox
    return [one for one in QApplication.allWidgets() if isinstance(one, kinds) and one.isVisible()]


def close_dialogs() -> None:
    """Close every dialog."""
    for dialog in list_dialogs():
        dialog.reject()


def fill_ordinary(session: Session) -> None:
    """Add two posted weeks of sample officers and three weeks of log."""
    session.apply("Sample officers", lambda one: add_sample_officers(one, session.today))
    before, monday = session.project, session.today - timedelta(days=session.today.weekday())
    drafted = schedule.draft_roster(
        before, monday, monday + timedelta(days=13), now=session.clock()
    )
    schedule.save_roster(session, before, drafted)
    log_sample_week(session, days=21)


def fill_full(session: Session) -> None:
    """Add a dozen open calls, units on the way and on scene, visits and a lockdown, too."""
    fill_ordinary(session)
    sites, units = list(session.project.patrolled), list(session.project.units)
    for at, site in enumerate(sites[:12]):
        stamps = zip(_STAMPS[: 1 + at % 4], count(20 + 3 * at, -2), strict=False)
        columns = {
            "site": site.id,
            "type": _CALL_TYPES[at % len(_CALL_TYPES)],
            "priority": str(at % 4),
            "units": units[at % len(units)] if at % 4 else "",
            "note": _NOTE,
            **{name: _format_ago(session, minutes) for name, minutes in stamps},
        }
        log_record(session, "incident", columns)
    for at, site in enumerate(sites[12:18]):
        arrived = {"arrived_at": _format_ago(session, 90 - 10 * at), "unit": units[at % len(units)]}
        left = {"departed_at": _format_ago(session, 70 - 10 * at)} if at < 5 else {}
        log_record(session, "visit", {"site": site.id, **arrived, **left})
    out = {"unit": units[-1], "status": "out_of_service"}
    log_record(session, "unit_status", {**out, "at": "now"})
    log_record(session, "action", {"site": sites[20].id, "action": "lockdown", "began_at": "now"})


_STAMPS = ("received_at", "dispatched_at", "enroute_at", "onscene_at")
_CALL_TYPES = ("trespass", "fight", "welfare check", "suspicious vehicle")
_NOTE = (
    "The caller saw two people climb the fence by the portable rooms and walk toward the gym; "
    "the office keeps the children of the third and fourth grade inside and waits for word."
)


def _format_ago(session: Session, minutes: int) -> str:
    return (session.clock() - timedelta(minutes=minutes)).isoformat()


FILLED: Mapping[str, Callable[[Session], object]] = {
    "ordinary": fill_ordinary,
    "full": fill_full,
}


def refuse_edit(planner: ApplicationWindow, project: Path) -> Pictures:
    """Drop a locked school on another zone, and adopt a plan while another is in force."""
    main = planner.main
    assert main is not None
    session, view, plan = main.desk.session, main.map, main.desk.session.state.plan
    assert plan is not None
    site = next(one.id for one in session.project.patrolled if plan.assignment.get(one.id) == "S1")
    session.apply("Lock", lambda one: add_plan_lock(one, plan.uid, LockScope.SITE, site, ""))
    main.show_workspace("plan")
    settle(planner)
    start = view.mapFromScene(view.map.sites[site].pos()) + view.map.sites[site].shift.toPoint()
    other = next(one.id for one in session.project.patrolled if plan.assignment[one.id] == "S3")
    end = view.mapFromScene(view.map.sites[other].pos())
    for kind, at in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, (start + end) / 2),
        (QEvent.Type.MouseMove, end),
        (QEvent.Type.MouseButtonRelease, end),
    ):
        _send_mouse_event(view.viewport(), kind, at)
        if kind is QEvent.Type.MouseMove and at == end:
            yield "a locked school is dragged", draw_all(planner)
    QTest.qWait(SETTLE_MS)
    yield "its drop is refused", draw_all(planner)
    dialog = AdoptPlanDialog(main.desk)
    dialog.setParent(main, dialog.windowFlags())
    dialog.open()
    dialog.ends.setChecked(True)
    dialog.last.setDate(dialog.day.date().addDays(-7))
    dialog.accept()
    yield "dates are refused", draw_all(planner)
    close_dialogs()


def _send_mouse_event(port: QWidget, kind: QEvent.Type, at: QPoint) -> None:
    here, there = QPointF(at), port.mapToGlobal(QPointF(at))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    moves, up = kind is QEvent.Type.MouseMove, kind is QEvent.Type.MouseButtonRelease
    button, held = none if moves else left, none if up else left
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(port, QMouseEvent(kind, here, there, button, held, keys))


def damage_file(planner: ApplicationWindow, project: Path) -> Pictures:
    """Open a truncated file, one that is not a project, and one read-only."""
    with tempfile.TemporaryDirectory() as name:
        damaged = Path(name) / "damaged.gpkg"
        whole = project.read_bytes()
        damaged.write_bytes(whole[: int(len(whole) * _DAMAGED_SHARE)])
        planner.open_project(damaged)
        settle(planner)
        yield "a damaged file", draw_all(planner)
        close_dialogs()
        planner.open_project(damaged, read_only=True)
        settle(planner)
        if planner.main is not None:
            yield "a damaged file, what can be read", draw_all(planner)
        close_dialogs()
        other = Path(name) / "letter.gpkg"
        other.write_text("Dear parents", encoding="utf-8")
        planner.open_project(other)
        settle(planner)
        yield "no project", draw_all(planner)
        close_dialogs()
        planner.open_project(project, read_only=True)
        settle(planner)
        for workspace in ("plan", "log", "shifts", "data"):
            assert planner.main is not None
            planner.main.show_workspace(workspace)
            settle(planner)
            yield f"for reading only: {workspace}", draw_all(planner)


def lose_server(planner: ApplicationWindow, project: Path) -> Pictures:
    """Share the project and stop the server; draw nothing if this machine has no server."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "storage"))
    from cluster import PASSWORD, Cluster, programs

    if programs() is None:
        return
    with (
        tempfile.TemporaryDirectory() as name,
        tempfile.TemporaryDirectory() as desk,
        patch.dict(os.environ, {"XDG_DATA_HOME": desk, "PGPASSFILE": f"{desk}/pgpass"}),
    ):
        secret = Path(desk) / "pgpass"
        secret.write_text(f"*:*:*:*:{PASSWORD}\n", encoding="utf-8")
        secret.chmod(0o600)
        cluster = Cluster(Path(name))
        session = open_session(project)
        session.store.share(cluster.address("owner", "zoneplanner"))
        session.close()
        address = cluster.address("Officer B", "zoneplanner")
        planner.open_project(address)
        while planner.main is None or planner.path != address:
            QTest.qWait(SETTLE_MS)
        settle(planner)
        main = planner.main
        main.show_workspace("log")
        settle(planner)
        yield "a shared project", draw_all(planner)
        cluster.stop()
        site = main.desk.session.project.patrolled[0].id
        log_record(main.desk.session, "visit", {"site": site, "arrived_at": "now"})
        settle(planner)
        QTest.qWait(SETTLE_MS * 4)
        for workspace in ("log", "plan", "today"):
            main.show_workspace(workspace)
            settle(planner)
            yield f"its server is away: {workspace}", draw_all(planner)
        planner.close()
        yield "closing while entries wait", draw_all(planner)
        close_dialogs()


def run_search(planner: ApplicationWindow, project: Path) -> Pictures:
    """Propose zones and close the window while the search runs."""
    main = planner.main
    assert main is not None
    main.show_workspace("plan")
    main.frame.show_panel()
    for name, fold in main.left.folds.items():
        fold.open(name == "optimizer")
    QTest.qWait(SETTLE_MS)
    main.optimizer.start()
    QTest.qWait(SETTLE_MS * 5)
    yield "a search at work", draw_all(planner)
    main.show_workspace("log")
    QTest.qWait(SETTLE_MS)
    yield "a search at work, from another workspace", draw_all(planner)
    planner.close()
    QTest.qWait(SETTLE_MS)
    yield "closing during a search", draw_all(planner)
    close_dialogs()
    main.desk.jobs.cancel_all()
    settle(planner)


def run_import(planner: ApplicationWindow, project: Path) -> Pictures:
    """Import a long list of incidents: while it is read, when it is shown, while it is written."""
    main = planner.main
    assert main is not None
    sites = main.desk.session.project.patrolled
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "cad export.csv"
        rows = (
            f"c{at},{sites[at % len(sites)].name if at % 40 else 'Elsewhere'},trespass,"
            f"{at % 4},2026-{1 + at % 9:02}-{1 + at % 28:02} 10:{at % 60:02}"
            for at in range(_IMPORTED_ROWS)
        )
        lines = ["Incident,Location,Type,Priority,Received", *rows]
        file.write_text("\n".join(lines), encoding="utf-8")
        main.show_workspace("log")
        main.desk.actions["import"].trigger()
        (dialog,) = main.findChildren(ImportDialog)
        dialog.open_file(file)
        QTest.qWait(SETTLE_MS)
        yield "a file is read", draw_all(planner)
        while dialog.job.busy:
            QTest.qWait(SETTLE_MS)
        QTest.qWait(SETTLE_MS)
        yield "its rows", draw_all(planner)
        dialog.accept()
        QTest.qWait(SETTLE_MS)
        yield "rows are written", draw_all(planner)
        dialog.job.stop()
        settle(planner)
        close_dialogs()


ACTED: Mapping[str, tuple[Callable[[ApplicationWindow, Path], Pictures], ...]] = {
    "error": (refuse_edit, damage_file, lose_server),
    "working": (run_search, run_import),
}
