"""In the window's process, only the database engine opens the project file.

Closing any other descriptor of it would release the locks of the whole process, so that another
desk could write at the same time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from file_dialogs import answered, choose, leave, look_in
from file_locks import list_locks, needs_lock_list, record_python_opens
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.exports.file_export import export_file
from zoneplanner.app.geography.travel_times import import_travel_table, measure_road_travel
from zoneplanner.app.projects.backups import back_up, restore_backup, save_project_copy
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.domain.geography.travel_times import TravelProvider
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import UserError
from zoneplanner.ui.data.export_dialog import ExportDialog
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.projects.backups import BackupsDialog, StaleFileDialog
from zoneplanner.ui.data.projects.new_project import NewProjectDialog
from zoneplanner.ui.plan.assumptions.travel_dialog import TravelDialog
from zoneplanner.ui.plan.plans.plan_dialogs import NewPlanDialog
from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.file_dialogs import FileDialog
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog


def visit(uid: str) -> NewEntry:
    return NewEntry(uid, "visit", "r1c1", "A", NOW, {"status": "completed"})


CTRL = Qt.KeyboardModifier.ControlModifier
NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def planner(open_planner: Callable[[], ApplicationWindow], tmp_path: Path) -> ApplicationWindow:
    """The window on a project file, opened as a person opens it."""
    path = tmp_path / "district.gpkg"
    project = project_from("AABB")
    other = replace(project.plans["plan"], uid="other", name="Other", parent="plan")
    project = project.with_plan(other)
    create_store(path, project, actor="planner", at=NOW).close()
    window = open_planner()
    window.open_project(path)
    return window


def press_open(planner: ApplicationWindow) -> None:
    planner.activateWindow()
    assert QTest.qWaitForWindowActive(planner)
    QTest.keyClick(planner, Qt.Key.Key_O, CTRL)


@needs_lock_list
def test_browsing_beside_the_project_keeps_the_lock_of_a_writer(planner: ApplicationWindow) -> None:
    """An import in a job of this window holds such a lock."""
    assert planner.main is not None
    store = planner.main.desk.session.store
    with storage.open(store.files[0]) as other, other._backend.writing():
        before = list_locks(store.files)
        assert before
        with answered(leave) as seen:
            press_open(planner)
        assert seen
        assert list_locks(store.files) == before


def test_a_window_whose_file_was_renamed_says_so_and_continues_in_a_copy(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    assert planner.main is not None
    session, copy = planner.main.desk.session, tmp_path / "copy.gpkg"
    session.log(visit("v1"))
    (tmp_path / "district.gpkg").rename(tmp_path / "renamed.gpkg")
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), StaleFileDialog))
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, StaleFileDialog)
    assert says(asked.about.text(), "stale_file.gone")
    assert says(planner.main.status.saved.text(), "saving.stopped")
    assert not planner.main.desk.attempt(lambda: session.log(visit("v2")))
    assert says(planner.main.status.saved.text(), "saving.stopped")
    with answered(choose(copy)):
        QTest.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    assert planner.path == copy
    assert "“copy.gpkg”" in planner.main.desk.notices.text.text()
    assert planner.main.status.saved.text() == "All saved"
    planner.main.desk.session.log(visit("v2"))
    for path, uids in ((copy, ["v1", "v2"]), (tmp_path / "renamed.gpkg", ["v1"])):
        with storage.open(path, read_only=True) as store:
            assert [entry.uid for entry in store.entries()] == uids
            assert store.verify().ok


def test_quitting_while_nothing_is_saved_offers_a_copy(
    planner: ApplicationWindow, tmp_path: Path
) -> None:
    assert planner.main is not None
    (tmp_path / "district.gpkg").rename(tmp_path / "moved.gpkg")
    planner.close()
    assert planner.isVisible()
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert "“district.gpkg”" in box.text()
    QTest.mouseClick(box.buttons()[0], Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert not planner.isVisible()


@needs_lock_list
def test_no_file_dialog_or_export_opens_the_project_file(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """Every file dialog is opened in the project's folder; the project itself is refused."""
    assert planner.main is not None
    window, store = planner.main, planner.main.desk.session.store
    before, done = list_locks(store.files), []
    assert before == []
    with record_python_opens(store.files) as opened:
        for name, walk in WALKS.items():
            with answered(look_in(tmp_path)) as seen:
                asked = walk(Walk(planner, window, tmp_path, qtbot))
                qtbot.waitUntil(lambda: not window.desk.jobs.running)
                assert len(seen) >= asked, name
            for left in QApplication.topLevelWidgets():
                if isinstance(left, QDialog) and left.isVisible():
                    left.reject()
            assert not opened, name
            assert list_locks(store.files) == before, name
            done.append(name)
    assert done == list(WALKS)
    assert window.desk.session.store.verify().ok


ITSELF = ("project_itself", "project_itself.file", "target_is_project")


@dataclass(frozen=True)
class Walk:
    """The window that a walk uses; each walk returns the number of file dialogs it opened."""

    planner: ApplicationWindow
    window: MainWindow
    folder: Path
    qtbot: QtBot

    @property
    def path(self) -> Path:
        return self.folder / "district.gpkg"

    def open_dialog(self, action: str) -> QDialog | None:
        """Trigger an action and return the dialog that it opens."""
        self.window.desk.actions[action].trigger()
        forms = [one for one in self.window.window().findChildren(FormDialog) if one.isVisible()]
        asked = QApplication.activeModalWidget() or next(reversed(forms), None)
        return asked if isinstance(asked, QDialog) else None

    def read_notice(self) -> str:
        return self.window.desk.notices.text.text()

    def expect_refusal_as_itself(self) -> None:
        self.qtbot.waitUntil(lambda: any(says(self.read_notice(), code) for code in ITSELF))
        self.window.desk.notices.text.clear()


def open_files(walk: Walk) -> int:
    press_open(walk.planner)
    walk.window.desk.actions["add_layer"].trigger()
    return 2


def open_link(walk: Walk) -> int:
    """Open the same file by another name."""
    link = walk.folder / "link.gpkg"
    link.symlink_to(walk.path)
    session = open_session(link)
    session.log(visit("by the link"))
    session.close()
    link.unlink()
    return 0


def import_files(walk: Walk) -> int:
    asked = walk.open_dialog("import")
    assert isinstance(asked, ImportDialog)
    asked.options.choose.click()
    asked.options.choose_folder.click()
    for path in (walk.path, walk.folder):
        asked.open_file(path)
        walk.qtbot.waitUntil(lambda: bool(asked.options.problem.text()))
    return 2


def drop_files(walk: Walk) -> int:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(walk.path)), QUrl.fromLocalFile(str(walk.folder))])
    for kind in (QDragEnterEvent, QDropEvent):
        place = QPoint(40, 40) if kind is QDragEnterEvent else QPointF(40, 40)
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = kind(place, Qt.DropAction.CopyAction, files, left, none)
        QApplication.sendEvent(walk.window, event)
    walk.qtbot.wait(50)
    return 0


def add_itself(walk: Walk) -> int:
    walk.window.files.layers.add(walk.path)
    walk.expect_refusal_as_itself()
    return 0


def export_files(walk: Walk) -> int:
    session = walk.window.desk.session
    for path in (walk.path, walk.path.with_suffix("")):
        with refused("project_itself"):
            export_file(session, "gpkg", path)
    asked = walk.open_dialog("export")
    assert isinstance(asked, ExportDialog)
    seen = 0
    for kind in ("gpkg", "ics", "csv", "xlsx"):
        asked.kind.setCurrentIndex(asked.kind.findData(kind))
        choose_buttons(asked)[0].click()
        seen += 1
        if kind != "ics":
            export_file(session, kind, walk.folder / f"out {kind}")
    return seen


def create_project(walk: Walk) -> int:
    asked = walk.open_dialog("new")
    assert isinstance(asked, NewProjectDialog)
    asked.district.setCurrentIndex(1)
    for button in choose_buttons(asked):
        button.click()
    asked.boundary.setText(str(walk.path))
    asked.file.setText(str(walk.folder / "other.gpkg"))
    asked.ok.click()
    walk.qtbot.waitUntil(lambda: says(asked.refused.text(), "project_itself.file"))
    return 2


def create_plan(walk: Walk) -> int:
    for kind in ("polygons", "table"):
        asked = walk.open_dialog("new_plan")
        assert isinstance(asked, NewPlanDialog)
        asked.starts[kind].click()
        asked.name.setText("From itself")
        choose_buttons(asked)[0].click()
        asked.file.setText(str(walk.path))
        asked.ok.click()
        walk.expect_refusal_as_itself()
    return 2


def measure_travel(walk: Walk) -> int:
    asked = walk.open_dialog("travel")
    assert isinstance(asked, TravelDialog)
    seen = 0
    for provider in (TravelProvider.ROADS, TravelProvider.TABLE):
        asked.provider.setCurrentIndex(asked.provider.findData(provider))
        asked.choose.click()
        seen += 1
    with refused("project_itself.file"):
        import_travel_table(walk.window.desk.session, walk.path)
    with pytest.raises(UserError):
        measure_road_travel(walk.window.desk.session, walk.path)
    return seen


def back_up_and_restore(walk: Walk) -> int:
    session = walk.window.desk.session
    back_up(session, "asked")
    asked = walk.open_dialog("backups")
    assert isinstance(asked, BackupsDialog)
    asked.ok.click()
    restore_backup(asked._selected_backup().file, walk.folder / "restored.gpkg")
    asked.reject()
    walk.open_dialog("save_copy")
    save_project_copy(session, walk.folder / "copy.gpkg")
    return 2


def publish_files(walk: Walk) -> int:
    walk.window.show_workspace("publish")
    panel = walk.window.findChild(PublishPanel)
    choose_buttons(panel.form)[0].click()
    panel.form.folder.setText(str(walk.folder / "handout"))
    panel.form.draft.setChecked(True)
    panel.make()
    walk.qtbot.waitUntil(lambda: not walk.window.desk.jobs.running, timeout=20_000)
    assert list((walk.folder / "handout").iterdir())
    return 1


def print_comparison(walk: Walk) -> int:
    walk.window.show_workspace("plan")
    walk.window.desk.actions["compare"].trigger()
    comparing = walk.window.comparison
    comparing.ask_path("own")
    walk.qtbot.waitUntil(lambda: not any(map(is_file_dialog, QApplication.topLevelWidgets())))
    with refused("project_itself"):
        comparing.print_page(walk.path, "own")
    comparing.print_page(walk.folder / "page.pdf", "own")
    walk.qtbot.waitUntil((walk.folder / "page.pdf").exists)
    comparing.close()
    return 1


def export_lists(walk: Walk) -> int:
    walk.window.desk.actions["due_calendar"].trigger()
    walk.window.show_workspace("shifts")
    board = walk.window.stage.boards["roster"]
    for kind in ("csv", "ics", "pdf"):
        board.roster_actions.export(kind)
    board.roster_actions.export_each()
    return 5


WALKS = {
    walk.__name__: walk
    for walk in (
        open_files,
        open_link,
        import_files,
        drop_files,
        add_itself,
        export_files,
        create_project,
        create_plan,
        measure_travel,
        back_up_and_restore,
        publish_files,
        print_comparison,
        export_lists,
    )
}


def choose_buttons(on: QWidget) -> list[QPushButton]:
    return [one for one in on.findChildren(QPushButton) if one.text() == "Choose…"]


def is_file_dialog(widget: QWidget) -> bool:
    return isinstance(widget, FileDialog) and widget.isVisible()
