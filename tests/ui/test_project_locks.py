"""Nothing in the window's process opens the project's file but the engine.

Closing any other descriptor of it would drop the locks of the whole process, and another desk
could then take away the log that acknowledged entries are in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import project_from
from file_dialogs import answered, choose, leave
from file_locks import locks_on, needs_lock_list
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from zoneplanner import storage
from zoneplanner.app.settings import Settings
from zoneplanner.domain.journal import NewEntry
from zoneplanner.ui.dialogs.stale_file import StaleFileDialog
from zoneplanner.ui.planner import Planner


def visit(uid: str) -> NewEntry:
    """A visit that took place."""
    return NewEntry(uid, "visit", "r1c1", "A", NOW, {"status": "completed"})


CTRL = Qt.KeyboardModifier.ControlModifier
NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def planner(looks: QApplication, tmp_path: Path) -> Iterator[Planner]:
    """The window on a project file that is opened as a person opens it."""
    path = tmp_path / "district.gpkg"
    storage.create(path, project_from("AABB"), actor="planner", at=NOW).close()
    made = Planner(looks, Settings(appearance="light"), lambda _: None)
    made.show()
    made.open_project(path)
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@needs_lock_list
def test_looking_for_a_file_beside_the_project_keeps_its_locks(planner: Planner) -> None:
    assert planner.main is not None
    store = planner.main.desk.session.store
    before = locks_on(store.files)
    assert len(before) == 2  # one on the file, one on the index of its log
    with answered(leave) as seen:
        QTest.keyClick(planner.main, Qt.Key.Key_O, CTRL)
    assert seen
    assert locks_on(store.files) == before


@needs_lock_list
def test_a_window_that_was_cut_off_says_so_and_goes_on_with_a_copy(
    planner: Planner, tmp_path: Path, qtbot: QtBot
) -> None:
    """As where another part of the process looked into the file; then another desk comes by."""
    assert planner.main is not None
    session, copy = planner.main.desk.session, tmp_path / "copy.gpkg"
    session.log(visit("v1"))
    for file in session.store.files:
        if file.exists():
            file.read_bytes()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), StaleFileDialog))
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, StaleFileDialog)
    assert "its locks were dropped while it was open" in asked.about.text()
    assert planner.main.status.saved.text() == "Nothing is saved"
    assert not planner.main.desk.attempt(lambda: session.log(visit("v2")))
    assert planner.main.status.saved.text() == "Nothing is saved"
    with answered(choose(copy)):
        QTest.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    assert planner.path == copy
    assert planner.main.status.saved.text() == "All saved"
    planner.main.desk.session.log(visit("v2"))
    for path, uids in ((copy, ["v1", "v2"]), (tmp_path / "district.gpkg", ["v1"])):
        with storage.open(path, read_only=True) as store:
            assert [entry.uid for entry in store.entries()] == uids
            assert store.verify().ok


def test_quitting_where_nothing_is_saved_offers_a_copy(planner: Planner, tmp_path: Path) -> None:
    assert planner.main is not None
    (tmp_path / "district.gpkg").rename(tmp_path / "moved.gpkg")
    planner.close()
    assert planner.isVisible()
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert box.text() == "Nothing is saved to “district.gpkg” any more."
    QTest.mouseClick(box.buttons()[0], Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert not planner.isVisible()
