"""A call left open for weeks looks old, and no key stamps it with the present time."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import refused
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDateTimeEdit
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import STAMP_NAMES, log_stamp_now
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.console.incident_card import StampTimeDialog
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.shell.main_window import MainWindow

OPENED = datetime(2026, 9, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def log_calls(session: Session) -> None:
    """Log a September call with A on scene and one from this morning."""
    for uid, site, at in (
        ("old", "r1c1", OPENED),
        ("new", "r1c3", session.clock() - timedelta(minutes=9)),
    ):
        columns = {"site": site, "type": "trespass", "received_at": at.isoformat()}
        log_record(session, "incident", {"uid": uid, **columns})
    log_stamp_now(
        LiveIncidents(session), session, "old", "A", "onscene", at=OPENED + timedelta(minutes=5)
    )


def test_an_old_call_shows_its_start_and_clearing_it_asks_for_the_time(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_calls(session)
    console = window.left.sections["console"]
    card = console.cards["old"]
    assert card.clock.text() == "54 days"
    assert "23 Sep" in card.details.age.text() and "54 days" in card.details.age.text()
    assert console.cards["new"].details.age.text() == ""
    card.setFocus()
    before = session.store.head().entries
    qtbot.keyClick(card, Qt.Key.Key_4)
    (form,) = window.findChildren(StampTimeDialog)
    assert form.isVisible()
    assert STAMP_NAMES["cleared_at"] in form.title.text()
    assert form.about.text().startswith(f"A, {card.summary.name}, ")
    assert "Wed 23 Sep 08:00" in form.about.text()
    assert form.at.currentSection() == QDateTimeEdit.Section.HourSection, "the day is mostly right"
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible() and not form.ok.isEnabled()
    assert session.store.head().entries == before
    form.at.put(OPENED - timedelta(minutes=1))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible()
    assert says(form.refused.text(), "times_out_of_order", later="cleared", earlier="on scene")
    form.at.put(OPENED + timedelta(minutes=40))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    call = next(one for one in list_incidents(session) if one.uid == "old")
    assert call.cleared_at == OPENED + timedelta(minutes=40)


def test_an_old_call_without_a_unit_is_closed_in_its_form(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    columns = {"site": "r1c1", "type": "theft", "received_at": OPENED.isoformat()}
    log_record(session, "incident", {"uid": "old", **columns})
    card = window.left.sections["console"].cards["old"]
    card.setFocus()
    before = session.store.head().entries
    qtbot.keyClick(card, Qt.Key.Key_4)
    (form,) = window.findChildren(IncidentDialog)
    assert form.isVisible() and session.store.head().entries == before
    form.disposition.setFocus()
    qtbot.keyClicks(form.disposition, "left alone")
    form.units.boxes["A"].setChecked(True)
    assert says(form.missing(), "cleared_time_missing") and not form.ok.isEnabled(), (
        "a unit has to clear"
    )
    form.units.boxes["A"].setChecked(False)
    assert not form.missing(), "without a unit nothing was cleared, and no time is made up"
    qtbot.keyClick(form.disposition, Qt.Key.Key_Return)
    assert session.store.head().entries == before
    assert says(form.refused.text(), "ending.not_listed", ending="left alone")
    qtbot.keyClick(form.disposition, Qt.Key.Key_Return)
    (call,) = list_incidents(session)
    assert (call.disposition, call.cleared_at, call.is_open) == ("left alone", None, False)
    assert "old" not in window.left.sections["console"].cards


def test_an_old_call_is_never_stamped_with_the_present_time_without_asking(
    session: Session,
) -> None:
    columns = {"site": "r1c1", "type": "trespass", "received_at": OPENED.isoformat()}
    log_record(session, "incident", {"uid": "old", **columns})
    with refused("call_too_old", day="23 Sep"):
        log_stamp_now(LiveIncidents(session), session, "old", "A", "cleared")
    assert list_incidents(session)[0].cleared_at is None
