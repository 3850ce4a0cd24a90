"""Access to a shared project is listed, given and removed in the window."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from
from cluster import PASSWORD, Cluster
from file_dialogs import answered
from file_dialogs import choose as pick
from papers import page_texts
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.roster.shift import Officer, Shift, ShiftStatus
from zoneplanner.ui.data.projects.access_dialog import (
    AccessDialog,
    GiveAccessDialog,
    RemoveAccessDialog,
)
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def open_as(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_planner: Callable[..., ApplicationWindow],
    qtbot: QtBot,
) -> Callable[[str], MainWindow]:
    """Open a shared project in a window; Nobody N is an officer with a future shift."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    now = datetime.now(UTC).replace(microsecond=0)
    shift = Shift("s1", "A", "o1", now + timedelta(days=1), now + timedelta(days=2),
                  ShiftStatus.FINAL)  # fmt: skip
    officer = Officer("o1", "Nobody N", "Sheriff", "deputy", ("A",))
    project = replace(project_from("AABB"), officers={"o1": officer}, shifts={"s1": shift})
    schema = cluster.new_schema()
    with create_store(tmp_path / "p.gpkg", project, actor="planner", at=now) as store:
        store.share(cluster.address("owner", schema))
    window = open_planner(show=False)

    def open_project(who: str) -> MainWindow:
        window.open_project(cluster.address(who, schema))
        qtbot.waitUntil(lambda: window.main is not None)
        window.show()
        assert window.main is not None
        return window.main

    return open_project


def list_texts(dialog: AccessDialog) -> list[list[str]]:
    model = dialog.view.model()
    columns = range(model.columnCount())
    return [[str(model.index(row, at).data()) for at in columns] for row in range(model.rowCount())]


def select_person(dialog: AccessDialog, person: str) -> None:
    (row,) = [
        at for at, cells in enumerate(list_texts(dialog)) if cells[0] == person and not cells[5]
    ]
    dialog.view.selectRow(row)


def test_the_owner_gives_and_removes_access_in_one_dialog(
    open_as: Callable[[str], MainWindow], cluster: Cluster, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_as("owner")
    window.desk.actions["access"].trigger()
    dialog = window.findChild(AccessDialog)
    assert isinstance(dialog, AccessDialog)
    (owner,) = [cells for cells in list_texts(dialog) if cells[0] == "owner"]
    assert owner[:2] + owner[3:] == ["owner", "owner", "–", "–", "", ""]
    assert owner[2].startswith("now, at ")
    assert says(dialog.backed_up.text(), "desk_backups.none")
    with qtbot.waitSignal(window.desk.jobs.idle, timeout=30_000):
        dialog.backup_buttons[0].click()
    # the first opening makes a backup too, which may be done by now
    told = dialog.backed_up.text()
    assert any(says(told, "desk_backups", n=count) for count in ("1 backup", "2 backups"))
    QTest.mouseClick(dialog.give, Qt.MouseButton.LeftButton)
    give = dialog.findChild(GiveAccessDialog)
    assert isinstance(give, GiveAccessDialog) and not give.ok.isEnabled()
    qtbot.keyClicks(give.person, "someone new")
    give.password.setText(PASSWORD)
    QTest.mouseClick(give.ok, Qt.MouseButton.LeftButton)  # the owner cannot create logins here
    assert give.refused.isVisible() and give.person.text() == "someone new"
    assert PASSWORD not in give.refused.text()
    give.person.setText("Nobody N")
    give.role.setCurrentIndex(give.role.findData("dispatcher"))
    QTest.mouseClick(give.ok, Qt.MouseButton.LeftButton)
    assert says(dialog.below.text(), "access_given", person="“Nobody N”", role="dispatcher")
    (new,) = [cells for cells in list_texts(dialog) if cells[0] == "Nobody N"]
    assert (new[1], new[4], new[5]) == ("dispatcher", "owner", "") and new[3] != "–"
    assert new[2] == "–", "never seen"
    select_person(dialog, "Nobody N")
    QTest.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    take = dialog.findChild(RemoveAccessDialog)
    assert isinstance(take, RemoveAccessDialog)
    assert take.shifts.isVisible() and take.shifts.text().startswith("A, ")
    QTest.mouseClick(take.ok, Qt.MouseButton.LeftButton)
    assert says(dialog.below.text(), "access_taken.not_allowed", person="Nobody N")
    assert says(dialog.below.text(), "officers_to_find", shifts=take.shifts.text())
    (left,) = [cells for cells in list_texts(dialog) if cells[0] == "Nobody N"]
    assert left[6] == "owner" and left[5]
    select_person(dialog, "owner")
    assert not dialog.remove.isEnabled()
    paper = tmp_path / "access.pdf"
    with answered(pick(paper)):
        QTest.mouseClick(dialog.print, Qt.MouseButton.LeftButton)
    assert dialog.below.text() == f"Saved {paper}."
    assert "Nobody N" in " ".join(page_texts(paper.read_bytes()))


def test_others_can_view_access_but_not_change_it(open_as: Callable[[str], MainWindow]) -> None:
    window = open_as("Dispatch D")
    window.desk.actions["access"].trigger()
    dialog = window.findChild(AccessDialog)
    assert isinstance(dialog, AccessDialog)
    assert {cells[0] for cells in list_texts(dialog)} >= {"owner", "Officer A", "Dispatch D"}
    for row in range(len(list_texts(dialog))):
        dialog.view.selectRow(row)
        assert not dialog.give.isEnabled() and not dialog.remove.isEnabled()
