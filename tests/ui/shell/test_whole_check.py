"""The window says that it checks the project, and what it finds that opening did not look at."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from, run_behind_guards
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.desk.settings import Settings
from zoneplanner.domain.log.journal import NewEntry
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


@pytest.mark.parametrize("altered", [False, True])
def test_an_entry_altered_long_ago_is_told_while_one_works(
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
    assert planner.main is not None
    desk, titles = planner.main.desk, list[str]()
    desk.jobs.status.connect(lambda title, *_: titles.append(title))
    qtbot.waitUntil(lambda: "Checking" in titles and not desk.jobs.running, timeout=20_000)
    shown = desk.notices.isVisible() and desk.notices.text.text()
    assert ("Journal entry 3 was changed after it was recorded" in (shown or "")) is altered
