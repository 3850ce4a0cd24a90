"""The ten everyday questions of docs/visual_system.md, answered at first sight at 1280x720."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import project_from
from PySide6.QtWidgets import QApplication, QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.main_window import MainWindow

TERMS = (
    DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
    DateRange("Spring", date(2027, 1, 4), date(2027, 6, 10)),
)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    """Two county zones over one city zone, in a school year."""
    project = project_from("AABB / AABB / aaaa")
    return open_session(replace(project, calendar=SchoolCalendar(TERMS, ())))


def is_in_sight(widget: QWidget) -> bool:
    """Return whether a widget is entirely visible without scrolling."""
    return widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()


def read_visible_text(label: QLabel) -> str:
    """Return a visible text."""
    assert is_in_sight(label), label.text()
    return label.text()


def read_first_row(view: QTableView) -> list[str]:
    """Return the cells of the first row after checking that it is visible."""
    model = view.model()
    assert view.isVisible() and view.viewport().rect().contains(view.visualRect(model.index(0, 0)))
    return [str(model.index(0, at).data()) for at in range(model.columnCount())]


@pytest.fixture
def first_screen(
    session: Session, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> Callable[[str], MainWindow]:
    """Open a workspace for the first time."""
    day = session.today - timedelta(days=3)
    for site in ("r1c1", "r1c2", "r1c3"):
        log_record(session, "visit", {"site": site, "arrived_at": f"{day}T08:00"})
    declare_records(session, complete=(("visits", DaySpan(day)),))
    window = open_window(session, tables=False)
    window.resize(1280, 720)

    def turn(name: str) -> MainWindow:
        if name == "readiness":
            with qtbot.waitSignal(window.desk.readiness.was_read):
                window.show_workspace(name)
        else:
            window.show_workspace(name)
        for _ in range(4):
            QApplication.processEvents()
        return window

    return turn


def test_is_this_plan_balanced(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("plan")
    row = read_first_row(window.figures.view)
    assert row[0] == "Largest deviation" and row[1].endswith("%")
    assert is_in_sight(window.figures.balance) and "±10%" in window.figures.balance.text()


def test_who_serves_this_school(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("plan")
    window.desk.bridge.select(site="r1c1")
    QApplication.processEvents()
    assert is_in_sight(window.site_card.name) and is_in_sight(window.site_card.zones)


def test_which_school_waits_longest(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("coverage")
    row = read_first_row(window.tabs.panels["observed"].view)
    assert row[0] not in ("School r1c1", "School r1c2", "School r1c3") and row[1] == "none logged"


def test_how_many_schools_were_not_visited_and_which_zone_has_the_most(
    first_screen: Callable[[str], MainWindow],
) -> None:
    board = first_screen("coverage").left.sections["coverage"]
    assert (read_visible_text(board.not_visited.value), read_visible_text(board.not_visited.n)) == (
        "9",
        "of 12 schools",
    )
    assert read_first_row(board.ranking)[:2] == ["a", "0 of 4"]


def test_how_fast_were_we(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("coverage")
    board = window.left.sections["coverage"]
    board.question.setCurrentIndex(1)
    QApplication.processEvents()
    assert read_visible_text(board.key_figures[4].title) == "Response, median"


def test_what_response_time_to_expect(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("coverage")
    window.left.sections["coverage"].question.setCurrentIndex(2)
    QApplication.processEvents()
    assert is_in_sight(window.tabs.panels["expected"].figures["mean_response_min"])


def test_is_a_call_open(first_screen: Callable[[str], MainWindow], session: Session) -> None:
    window = first_screen("log")
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    QApplication.processEvents()
    (card,) = window.left.sections["console"].cards.values()
    assert card.isVisible() and not card.visibleRegion().isEmpty()


def test_which_schools_are_overdue_for_a_drill(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("readiness")
    groups = read_visible_text(window.left.sections["readiness"].groups)
    assert "Fire drill" in groups
    assert read_first_row(window.left.sections["matrix"].view)[0].startswith("School ")


def test_who_is_on_duty(first_screen: Callable[[str], MainWindow]) -> None:
    window = first_screen("shifts")
    assert is_in_sight(window.left.folds["today"].header)
    assert is_in_sight(window.stage.boards["roster"].title)


def test_which_audience_gets_what(first_screen: Callable[[str], MainWindow]) -> None:
    form = first_screen("publish").stage.boards["publish"].form
    assert is_in_sight(form.audiences["public"]) and is_in_sight(form.make)
    assert is_in_sight(form.included.header) and "Not included" in form.included.header.text()
