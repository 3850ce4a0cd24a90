"""Board, map and who-is-where of Shifts show the same day."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from rosters import FRIDAY, MONDAY, NOW, officer, roster

from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.shift_edits import assign_shift
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shifts.roster_board import RosterBoard

WEDNESDAY = MONDAY + timedelta(days=2)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    project = roster(officer("A", "A", "B"), officer("B", "B"))
    given = assign_shift(project, f"A-day-{WEDNESDAY}", "A", RosterDecision(NOW))
    return open_session(given)


@pytest.fixture
def window(session: Session, open_window: Callable[[Session], MainWindow]) -> MainWindow:
    made = open_window(session)
    made.show_workspace("shifts")
    made.stage.boards["roster"].selection.show_day(MONDAY)
    return made


def list_captions(window: MainWindow) -> dict[str, str]:
    return dict(window.map.map.coloring.values.captions)


def test_clicking_a_day_shows_it_on_board_map_and_who_is_where(
    window: MainWindow, session: Session
) -> None:
    board, there = window.stage.boards["roster"], window.left.sections["today"]
    heads = board.week.horizontalHeader()
    middle = QPoint(heads.sectionViewportPosition(2) + heads.sectionSize(2) // 2, 10)
    QTest.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert board.selection.day == WEDNESDAY
    assert there.title.text().startswith(session.formats.long_day(WEDNESDAY))
    assert board.model.day == WEDNESDAY
    assert list_captions(window)["A"] == "Officer A"
    board.later.click()
    assert board.selection.day == WEDNESDAY + timedelta(days=7)
    assert there.title.text().startswith(session.formats.long_day(board.selection.day))
    assert list_captions(window) == {}


def test_selecting_a_shift_selects_its_day(window: MainWindow) -> None:
    board = window.stage.boards["roster"]
    board.week.setCurrentIndex(board.model.find_index(f"B-day-{FRIDAY}"))
    assert board.selection.day == FRIDAY
    assert window.desk.bridge.last_day == FRIDAY
    window.show_workspace("log")
    assert window.desk.bridge.last_day is None, "the log is looked at as it stands"
    window.show_workspace("shifts")
    assert window.desk.bridge.last_day == FRIDAY


def test_a_month_shows_its_name_and_all_its_days(window: MainWindow) -> None:
    board = window.stage.boards["roster"]
    board.by_month.click()
    for month in (date(2026, 12, 9), date(2026, 11, 30), date(2027, 2, 1)):
        show_month(board, month)


def show_month(board: RosterBoard, month: date) -> None:
    board.selection.show_day(month)
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    shown = board.month.counts
    assert first in shown and after - timedelta(days=1) in shown
    assert all(day in shown for day in (first + timedelta(days=n) for n in range(28)))
    assert board.title.text() == f"{month:%B %Y}"
    assert min(shown) > first - timedelta(days=7) and max(shown) < after + timedelta(days=7)
    board.later.click()
    assert board.title.text() == f"{after:%B %Y}"
    board.earlier.click()
    assert board.title.text() == f"{month:%B %Y}"


def test_shifts_have_no_map_until_requested(window: MainWindow) -> None:
    assert window.stage.board.isVisible() and not window.map.isVisible()
    window.show_workspace("plan")
    window.map.setFocus()
    window.show_workspace("shifts")
    board = window.stage.boards["roster"]
    assert window.focusWidget() is board.week, "a button has the keys"
    assert board.selection.shift is None, "nobody chose one"
    window.desk.actions["board_map"].trigger()
    assert window.stage.board.isVisible() and window.map.isVisible()
    window.show_workspace("plan")
    assert window.map.isVisible() and not window.stage.board.isVisible()
    window.show_workspace("shifts")
    assert window.map.isVisible(), "what was asked for is kept"
    window.desk.actions["board_map"].trigger()
    assert not window.map.isVisible()


def test_a_wide_window_shows_the_days_map_on_the_right(window: MainWindow) -> None:
    window.desk.actions["board_map"].trigger()
    board, area = window.stage.board, window.area
    assert board.mapTo(window, QPoint()).y() < area.mapTo(window, QPoint()).y()
    window.resize(1920, 1000)
    assert board.mapTo(window, QPoint()).x() < area.mapTo(window, QPoint()).x()
    assert area.width() == pytest.approx(520, abs=4)
