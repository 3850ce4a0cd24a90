"""The window reports what another program, such as QGIS, changes in the open project."""

import struct
import subprocess
import sys
from collections.abc import Callable

import shapely
from builders import project_from
from pytestqt.qtbot import QtBot
from sentences import says
from shapely.geometry import MultiPolygon, box

from zoneplanner.app.session.external_edits import list_external_details
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.main_window import MainWindow

SCRIPT = (
    "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); "
    "base.execute(sys.argv[2], [bytes.fromhex(own) for own in sys.argv[3:]]); base.commit()"
)


def write_from_another_process(session: Session, statement: str, *shapes: bytes) -> None:
    """Write to the project in a separate process."""
    args = [str(session.store.path), statement, *(shape.hex() for shape in shapes)]
    subprocess.run([sys.executable, "-c", SCRIPT, *args], check=True)


def test_external_changes_to_a_site_and_a_zone_are_reported_and_can_be_undone(
    open_session: Callable[[Project], Session],
    open_window: Callable[[Session], MainWindow],
    qtbot: QtBot,
) -> None:
    session = open_session(project_from("AAB"))
    session.write_outlines()
    window = open_window(session)
    told = window.desk.notices.text
    window.status.following.poll()
    write_from_another_process(session, "UPDATE site SET name = 'Hill High' WHERE id = 'r1c1'")
    qtbot.waitUntil(
        lambda: says(told.text(), "external_edit.kept") and "School r1c1" in told.text()
    )
    assert session.project.sites["r1c1"].name == "Hill High"
    assert list_external_details(session.project, session.external) == {
        "School r1c1": "kept: name “School r1c1” became “Hill High”"
    }
    write_from_another_process(session, "UPDATE site SET name = ' ' WHERE id = 'r1c2'")
    qtbot.waitUntil(lambda: says(told.text(), "external_edit.put_back"))
    assert session.project.sites["r1c2"].name == "School r1c2"
    window.status.following.poll()
    shape = MultiPolygon([box(1000, -1000, 3000, 0)])
    blob = b"GP\0\1" + struct.pack("<i", 26910) + shapely.to_wkb(shape)
    write_from_another_process(session, "UPDATE zone_area SET geom = ? WHERE zone = 'B'", blob)
    qtbot.waitUntil(lambda: says(told.text(), "redrawn", zones="B"))
    assert session.plan is not None and session.plan.assignment["r1c2"] == "B"
    window.desk.notices.offer.click()
    asked = window.undo_actions.asked
    assert asked is not None and session.plan.assignment["r1c2"] == "B"
    asked.accept()
    assert session.plan.assignment["r1c2"] == "A"
