"""The check of the whole project after opening, and what it reports."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from, run_behind_guards
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.projects.backups import back_up
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.ui.data.projects.backups import RowRepairDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def planner(qapp: QApplication, looks: QApplication) -> Iterator[ApplicationWindow]:
    made = ApplicationWindow(qapp, Settings(appearance="light"), lambda _: None)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait_for_check(planner: ApplicationWindow, qtbot: QtBot) -> str:
    """Wait for the check of a project just opened and return the notice."""
    assert planner.main is not None
    desk, titles = planner.main.desk, list[str]()
    desk.jobs.status.connect(lambda title, *_: titles.append(title))
    qtbot.waitUntil(lambda: "Checking" in titles and not desk.jobs.running, timeout=20_000)
    return desk.notices.text.text() if desk.notices.isVisible() else ""


def test_a_damaged_entry_is_restored_from_a_backup(
    planner: ApplicationWindow,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "p.gpkg"
    with create_store(path, project_from("AABB"), actor="planner", at=NOW) as store:
        visit = NewEntry("v1", "visit", "r1c1", "A", NOW, {"status": "completed"})
        store.append_many([visit], actor="planner", desk="desk", now=NOW)
        whole = store.entries()
    session = open_session(path)
    back_up(session, "test")
    session.close()
    run_behind_guards(path, "UPDATE journal_entry SET actor = 'other' WHERE seq = 1")
    planner.open_project(path)
    assert "Journal entry 1 was changed" in wait_for_check(planner, qtbot)
    main = planner.main
    assert main is not None
    qtbot.mouseClick(main.desk.notices.offer, Qt.MouseButton.LeftButton)
    (dialog,) = main.findChildren(RowRepairDialog)
    assert (dialog.table.rowCount(), dialog.put_back.isVisible()) == (1, True)
    qtbot.keyClick(dialog.put_back, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: planner.main is not main, timeout=20_000)
    assert wait_for_check(planner, qtbot) == ""
    assert planner.main is not None
    kept, note = planner.main.desk.session.store.entries()
    assert ([repr(kept)], note.payload["seq"]) == ([repr(one) for one in whole], 1)


@pytest.mark.parametrize("altered", [False, True])
def test_an_entry_altered_long_ago_is_reported_during_work(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot, altered: bool
) -> None:
    path = tmp_path / "p.gpkg"
    with create_store(path, project_from("AABB"), actor="planner", at=NOW) as store:
        visits = [
            NewEntry(
                f"v{number}",
                "visit",
                "r1c1",
                "A",
                NOW - timedelta(days=number),
                {"status": "completed"},
            )
            for number in range(40)
        ]
        store.append_many(visits, actor="planner", desk="desk", now=NOW)
    if altered:
        run_behind_guards(path, "UPDATE journal_entry SET actor = 'other' WHERE seq = 3")
    planner.open_project(path)
    shown = wait_for_check(planner, qtbot)
    assert says(shown, "chain.entry_changed", seq="3") is altered
