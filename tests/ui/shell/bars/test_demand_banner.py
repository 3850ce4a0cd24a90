"""A banner reports when the log contradicts the plan's calls per day; one click replans."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import project_from
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.app.coverage.demand import declare_records, find_demand_gap
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.main_window import MainWindow

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 5), date(2026, 11, 13)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AABB / AABB"), calendar=SchoolCalendar((autumn,), ()))
    return open_session(project)


def test_the_banner_names_both_rates_and_replans_with_the_logged_one(
    session: Session, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(session)
    band = window.demand_banner
    assert not band.isVisible()
    for days in range(5):
        at = f"{LAST - timedelta(days=days)}T12:00"
        log_record(session, "incident", {"site": "r1c1", "type": "fight", "received_at": at})
    assert not band.isVisible()  # nobody said that the log is complete
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST, LAST)),))
    assert band.isVisible()
    assert (gap := find_demand_gap(session)) is not None
    assert band.text.text() == gap.finding.message.say(session.formats)
    assert "0.2 " in band.text.text() and "1.6" in band.text.text()
    for zone in ("B", "A"):  # what it says of zones follows each move
        session.apply("Move", lambda own, to=zone: assign_sites(own, "plan", {"r1c2": to}))
        assert (gap := find_demand_gap(session)) is not None
        assert band.text.text() == gap.finding.message.say(session.formats)
    qtbot.mouseClick(band.replan, Qt.MouseButton.LeftButton)
    assert not band.isVisible()
    assert session.project.demand.use == "log"
    assert sum(load.calls for load in session.state.basis.loads) == pytest.approx(5 / 30)
    assert window.optimizer.body.busy  # zones are proposed for it
