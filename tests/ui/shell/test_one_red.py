"""Only a lockdown is red; many overdue items are not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from rosters import CALENDAR, officer, roster

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift_edits import make_open_shifts
from zoneplanner.tokens import COLOR_ROLES
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES

LIVE, LATE = (COLOR_ROLES["light"].live_fill, COLOR_ROLES["light"].late)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    """Everything overdue: no shift filled, no required drill held."""
    week = replace(roster(officer("A", "A")), calendar=CALENDAR, shifts={})
    monday = date(2026, 11, 16)
    made = open_session(make_open_shifts(week, monday, monday + timedelta(days=4)))
    declare_records(made, complete=((DRILL_RECORDS, DaySpan(date(2026, 8, 1))),))
    held = {"site": "r1c1", "kind": "secure", "held_at": "2026-08-20T09:00"}
    log_record(made, "drill", held)
    return made


def measure_color_share(color: str, picture: QImage) -> float:
    """Return the share of a picture that has exactly this color."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), -1)
    return float(np.mean((pixels & 0xFFFFFF) == (QColor(color).rgb() & 0xFFFFFF)))


def grab_workspaces(window: MainWindow, qtbot: QtBot) -> Iterator[tuple[str, QImage]]:
    """Draw every workspace at 1280x720."""
    window.resize(1280, 720)
    for name in WORKSPACES:
        window.show_workspace(name)
        qtbot.waitUntil(lambda: not window.desk.jobs.running)
        for _ in range(3):
            QApplication.processEvents()
        yield name, window.grab().toImage()


def find_rect(window: MainWindow, part: QWidget) -> QRect:
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


def test_without_a_lockdown_only_its_button_is_red_however_much_is_overdue(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    late = {}
    for name, picture in grab_workspaces(window, qtbot):
        late[name] = measure_color_share(LATE, picture)
        if name == "log":
            button = window.left.sections["console"].response.buttons["lockdown"]
            own = find_rect(window, button)
            assert measure_color_share(LIVE, picture.copy(own)) > 0.8
            area = own.width() * own.height() / (window.width() * window.height())
            assert measure_color_share(LIVE, picture) <= area
        else:
            assert measure_color_share(LIVE, picture) == 0, name
    assert window.desk.readiness.readiness is not None
    assert 0 < late["readiness"] < 0.02 and late["shifts"] < 0.02, late


def test_a_lockdown_shows_a_banner_in_every_workspace_until_the_all_clear(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "action", {"site": "r1c1", "action": "lockdown", "began_at": "now"})
    for name, picture in grab_workspaces(window, qtbot):
        band = find_rect(window, window.response_banner)
        assert band.width() == window.width() and band.height() >= 44, name
        assert measure_color_share(LIVE, picture.copy(band)) > 0.6, name
