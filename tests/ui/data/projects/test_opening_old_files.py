"""Opening project files of other versions, and the page shown while a project opens."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.desk.settings import Settings
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.ui.help.handbook_window import HandbookWindow
from zoneplanner.ui.help.tour import Tour
from zoneplanner.ui.shell.application_window import ApplicationWindow

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SAMPLE = Path(__file__).parents[3] / "storage" / "samples" / "version_1.gpkg"


@pytest.fixture
def planner(open_planner: Callable[[], ApplicationWindow]) -> ApplicationWindow:
    return open_planner()


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A project of a later version that this version can read."""
    path = tmp_path / "newer.gpkg"
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE app_meta SET value = '99' WHERE key = 'schema_version'")
        connection.commit()
    return path


def test_a_migrated_file_is_reported_with_its_original(
    planner: ApplicationWindow, tmp_path: Path
) -> None:
    old = Path(shutil.copy(SAMPLE, tmp_path / "old.gpkg"))
    planner.open_project(old)
    assert planner.main is not None
    notices = planner.main.desk.notices
    assert notices.isVisible()
    assert says(notices.text.text(), "file_migrated", original="old.version-1.gpkg")


@pytest.mark.parametrize(
    ("folder", "named"),
    [
        ("OneDrive - San Juan USD/Documents", "OneDrive"),
        ("Dropbox", "Dropbox"),
        ("My Drive", "Google Drive"),
        ("GoogleDrive-planner@example.org/Shared drives", "Google Drive"),
        ("Mobile Documents/com~apple~CloudDocs", "iCloud"),
        ("Drive", ""),
    ],
)
def test_a_project_in_a_synchronized_folder_shows_a_warning(
    planner: ApplicationWindow, tmp_path: Path, folder: str, named: str
) -> None:
    path = tmp_path / folder / "p.gpkg"
    path.parent.mkdir(parents=True)
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    planner.open_project(path)
    assert planner.main is not None
    notices = planner.main.desk.notices
    assert (f"that {named} synchronizes" in notices.text.text()) is bool(named)
    assert not named or notices.isVisible()


def test_about_shows_the_version_of_the_database(
    planner: ApplicationWindow, tmp_path: Path
) -> None:
    path, told = tmp_path / "p.gpkg", []
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    planner.open_project(path)
    assert planner.main is not None

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        told.append(box.text())
        box.accept()

    QTimer.singleShot(0, read)
    planner.main.desk.actions["about"].trigger()
    engine = {"name": "SQLite", "version": sqlite3.sqlite_version, "journal_mode": "delete"}
    assert says(told[0], "database_engine.file", **engine)


def test_about_opens_the_licenses_of_all_parts(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "p.gpkg"
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    planner.open_project(path)
    assert planner.main is not None

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        (licenses,) = (one for one in box.buttons() if one.text() == "Licenses")
        qtbot.mouseClick(licenses, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, press)
    planner.main.desk.actions["about"].trigger()
    (book,) = planner.main.findChildren(HandbookWindow)
    told = book.view.toPlainText()
    assert book.isVisible() and book.key == "licenses"
    assert all(part in told for part in ("pyside6-essentials", "psycopg", "libgdal", "LGPL"))


def test_a_newer_file_can_be_opened_read_only(
    planner: ApplicationWindow, newer: Path, qtbot: QtBot
) -> None:
    planner.open_project(newer)
    assert planner.main is None
    (offer,) = [
        button
        for button in planner.skeleton.findChildren(QPushButton)
        if button.text() == "Open read-only"
    ]
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert planner.main is not None
    assert planner.windowTitle().endswith("(read-only) — Patrol Zone Planner")
    desk = planner.main.desk
    desk.attempt(
        lambda: desk.session.apply("Move", lambda p: assign_sites(p, "plan", {"r1c2": "B"}))
    )
    assert says(desk.notices.text.text(), "read_only")
    plan = desk.session.plan
    assert plan is not None
    assert plan.assignment["r1c2"] == "A"


def test_a_newer_file_is_offered_read_only_from_the_open_project(
    planner: ApplicationWindow, newer: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    here = tmp_path / "here.gpkg"
    create_store(here, project_from("AABB"), actor="planner", at=NOW).close()
    planner.open_project(here)
    planner.open_project(newer)
    assert planner.main is not None
    assert planner.path == here
    notices = planner.main.desk.notices
    assert says(notices.text.text(), "newer_version.read_only")
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)
    assert planner.path == newer
    assert planner.main.desk.session.store.read_only


class PaintedTitles(QObject):
    """The titles that the loading page had each time it was painted."""

    def __init__(self, planner: ApplicationWindow) -> None:
        super().__init__(planner)
        self.titles: list[str] = []
        self._planner = planner
        planner.skeleton.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.titles.append(self._planner.skeleton.title.text())
        return False


def create_project_file(path: Path) -> Path:
    create_store(path, project_from("AABB"), actor="planner", at=NOW).close()
    return path


def test_a_loading_page_is_painted_before_a_project_opens(
    open_planner: Callable[..., ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    planner = open_planner(show=False)
    seen = PaintedTitles(planner)
    planner.start(create_project_file(tmp_path / "winter.gpkg"))
    qtbot.wait(20)
    assert planner.main is None  # nothing is opened before the window is shown
    planner.show()
    qtbot.waitUntil(lambda: planner.main is not None)
    assert "Opening winter…" in seen.titles
    seen.titles.clear()
    planner.open_project(create_project_file(tmp_path / "summer.gpkg"))
    assert planner.main is not None and planner.main.isVisible()
    assert seen.titles == ["Opening summer…"]
    assert planner.path == tmp_path / "summer.gpkg"
    planner.open_project(tmp_path / "gone.gpkg")
    assert planner.path == tmp_path / "summer.gpkg" and planner.main.isVisible()


def test_the_tour_is_shown_in_a_project_opened_right_after_the_first(
    open_planner: Callable[..., ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    planner, summer = open_planner(), create_project_file(tmp_path / "summer.gpkg")
    planner.started.connect(lambda: planner.open_project(summer))
    planner.start(create_project_file(tmp_path / "winter.gpkg"))
    qtbot.waitUntil(lambda: bool(planner.findChildren(Tour)))
    assert planner.path == summer


def test_a_completed_tour_does_not_start_again(
    open_planner: Callable[..., ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    saved: list[Settings] = []
    planner = open_planner(save=saved.append)
    planner.start(create_project_file(tmp_path / "winter.gpkg"))
    qtbot.waitUntil(lambda: bool(planner.findChildren(Tour)))
    (tour,) = planner.findChildren(Tour)
    for _ in tour.steps:
        qtbot.mouseClick(tour.next, Qt.MouseButton.LeftButton)
    assert saved[-1].window["toured"] == "yes"  # saved at once, not when the window closes
    planner.open_project(create_project_file(tmp_path / "summer.gpkg"))
    planner.close()
    assert saved[-1].window["toured"] == "yes"
