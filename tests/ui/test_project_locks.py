"""Nothing in the window's process opens the project's file but the engine.

Closing any other descriptor of it would drop the locks of the whole process, and another desk
could then take away the log that acknowledged entries are in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import project_from
from file_dialogs import answered, leave
from file_locks import locks_on, needs_lock_list
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from zoneplanner import storage
from zoneplanner.app.settings import Settings
from zoneplanner.ui.planner import Planner

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
