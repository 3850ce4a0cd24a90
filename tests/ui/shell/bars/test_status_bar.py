"""The status bar: where the pointer is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from builders import project_from
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shapely.geometry import LineString

from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.project import Feature, Project
from zoneplanner.messages import Message
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import make_strong_font, make_text_font


def test_a_position_is_shown_in_degrees_and_by_the_nearest_streets(
    open_window: Callable[[Session], MainWindow], open_session: Callable[[Project], Session]
) -> None:
    streets = (
        Feature("arterial", "Sunrise Blvd", LineString([(0, -9000), (0, 9000)])),
        Feature("arterial", "Greenback Ln", LineString([(-9000, 0), (9000, 0)])),
    )
    project = project_from("AB / aa")
    window = open_window(open_session(replace(project, features=(*project.features, *streets))))
    window.map.cursor_moved.emit(800.0, -1600.0)
    degrees, place = window.status.place.text().split("  ·  ")
    assert place == "0.5 mi E of Sunrise Blvd, 1.0 mi S of Greenback Ln"
    assert degrees.endswith(" W")


def test_without_streets_only_degrees_are_shown_and_nothing_off_the_map(
    window: MainWindow,
) -> None:
    window.map.cursor_moved.emit(800.0, -1600.0)
    assert "·" not in window.status.place.text() != ""
    QApplication.sendEvent(window.map.viewport(), QEvent(QEvent.Type.Leave))
    assert window.status.place.text() == ""


def test_a_long_job_title_is_elided_and_cancel_stays_visible(window: MainWindow) -> None:
    window.resize(1024, 700)
    status = window.status
    long = "no plan can be more than 1.1% shorter than the best one so far " * 4
    window.desk.jobs.status.emit("Proposing zones", 0.5, long)
    QApplication.processEvents()
    job = status.job
    assert job.toolTip() == f"Proposing zones: {long}"
    assert job.width() < job.fontMetrics().horizontalAdvance(job.text())
    assert status.rect().contains(status.cancel.geometry()), "Cancel is cut off"


def test_a_jobs_title_has_its_width_at_once(window: MainWindow) -> None:
    """The title was elided beside free space until Qt laid out the bar."""
    job = window.status.job
    for text in ("", "Making a backup", "Reading row 12,000 of 60,000"):
        window.desk.jobs.status.emit("Importing", 0.5, text)
        assert job.isVisible() and job.width() >= job.fontMetrics().horizontalAdvance(job.text())


def test_an_error_is_bold_at_once(window: MainWindow) -> None:
    """The new style lost the weight until the next update, seconds later or never."""
    status, following = window.status, window.status.following
    following.status_text, following.is_offline = "Server unreachable, trying again", True
    following.changed.emit()
    QApplication.processEvents()
    text, bold = status.desks.text(), QFontMetrics(make_strong_font())
    assert status.desks.fontMetrics().horizontalAdvance(text) == bold.horizontalAdvance(text)
    following.status_text, following.is_offline = "Shared, 2 desks", False
    following.changed.emit()
    QApplication.processEvents()
    text, usual = status.desks.text(), QFontMetrics(make_text_font())
    assert status.desks.fontMetrics().horizontalAdvance(text) == usual.horizontalAdvance(text)


def test_the_desks_do_not_cover_a_tip(window: MainWindow) -> None:
    bar = window.status
    bar.showMessage("Log, stamp and correct visits and incidents.")
    bar.following.status_text = "Shared, 1 desk"
    bar.following.changed.emit()
    assert not bar.desks.isVisible()
    bar.clearMessage()
    assert bar.desks.isVisible()
    bar.following.status_text = ""
    bar.following.changed.emit()
    bar.showMessage("Zones")
    bar.clearMessage()
    assert not bar.desks.isVisible()


def test_the_progress_of_a_job_is_in_the_desks_formats(window: MainWindow, qtbot: QtBot) -> None:
    texts: list[str] = []
    window.desk.session.formats = US_FORMATS
    window.desk.jobs.status.connect(lambda _title, _share, text: texts.append(text))
    task = Message("roster_task.weeks", last=date(2026, 12, 6), n=2)
    done: list[object] = []
    window.desk.jobs.run("Planning", lambda report: report(0.5, task), on_done=done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert task.say(US_FORMATS) in texts and str(task) not in texts
