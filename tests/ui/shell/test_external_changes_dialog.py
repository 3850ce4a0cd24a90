"""Changes made by another program are reviewed row by row, by keys and mouse."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from builders import project_from
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.external_edits import RowState
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.data.projects.external_changes import ExternalChangesDialog
from zoneplanner.ui.shell.main_window import MainWindow

SCRIPT = (
    "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); "
    "base.executescript(sys.argv[2]); base.commit()"
)
STATEMENTS = """
UPDATE site SET name = 'Hill High' WHERE id = 'r1c1';
UPDATE site SET name = ' ' WHERE id = 'r1c2';
UPDATE site SET geom = (SELECT geom FROM site WHERE id = 'r1c2') WHERE id = 'r1c3';
UPDATE assignment SET zone = 'B' WHERE site = 'r1c1';
"""


@pytest.fixture
def window(
    open_session: Callable[[Project], Session],
    open_window: Callable[[Session], MainWindow],
    qtbot: QtBot,
) -> MainWindow:
    """The window after another program changed three rows of its project."""
    session = open_session(project_from("AAB"))
    window = open_window(session)
    window.status.following.poll()
    args = [sys.executable, "-c", SCRIPT, str(session.store.path), STATEMENTS]
    subprocess.run(args, check=True)
    qtbot.waitUntil(lambda: len(session.external_rows) == 4)
    return window


def open_review(window: MainWindow, qtbot: QtBot) -> ExternalChangesDialog:
    """Open the dialog by the offer of the notice."""
    offer = window.desk.notices.offer
    assert offer.isVisible()
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    found = window.findChildren(ExternalChangesDialog)
    qtbot.waitExposed(found[0])
    return found[0]


def read_states(dialog: ExternalChangesDialog) -> dict[str, RowState]:
    rows = [dialog.table.row(at) for at in range(dialog.table.rowCount())]
    return {row.change.row: row.state for row in rows}


KEPT, BACK = RowState.KEPT, RowState.PUT_BACK


def test_keys_select_and_switch_rows(window: MainWindow, qtbot: QtBot) -> None:
    session = window.desk.session
    dialog = open_review(window, qtbot)
    moved, named, placed = "School r1c1 of “Plan”", "School r1c1", "School r1c3"
    assert read_states(dialog) == {named: KEPT, "School r1c2": BACK, placed: KEPT, moved: KEPT}
    dialog.view.selectRow(0)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Delete)
    assert read_states(dialog)[named] is BACK
    assert session.project.sites["r1c1"].name == "School r1c1"
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert session.project.sites["r1c1"].name == "Hill High"
    qtbot.keyClick(dialog.view, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert session.plan is not None and session.plan.assignment["r1c1"] == "A"
    assert "Zone A → Zone B" in dialog.below.text()
    session.undo()
    assert read_states(dialog)[moved] is KEPT
    assert session.store.verify().ok


def test_a_change_that_breaks_a_rule_can_only_be_reverted(window: MainWindow, qtbot: QtBot) -> None:
    dialog = open_review(window, qtbot)
    names = list(read_states(dialog))
    dialog.view.selectRow(sorted(names, key=str.casefold).index("School r1c2"))
    assert not dialog.keep.isEnabled() and not dialog.put_back.isEnabled()
    assert says(dialog.below.text(), "check.external_change.no_name")
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert window.desk.session.project.sites["r1c2"].name == "School r1c2"


def test_a_moved_site_is_drawn_with_its_path_and_reverted_by_mouse(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.desk.session
    dialog = open_review(window, qtbot)
    spots = {spot.row: spot for spot in dialog.map._places}
    (spot,) = (one for one in spots.values() if one.origin is not None)
    assert (spot.origin.x, spot.shape.x) == (2500, 1500)
    at = dialog.map.mapFromScene(spot.point)
    qtbot.mouseClick(dialog.map.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    dialog.view.select_key(spot.row)
    qtbot.mouseClick(dialog.put_back, Qt.MouseButton.LeftButton)
    assert session.project.sites["r1c3"].x_m == 2500
    assert window.desk.bridge.selection.site == "r1c3"
    step = session.undoable_step
    assert step is not None and step.label.endswith("School r1c3")
