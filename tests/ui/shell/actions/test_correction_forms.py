"""A correction form stores only what was changed and covers every field of a record."""

from datetime import timedelta
from functools import partial

import pytest
from builders import create_example_columns
from pictures import create_attachment
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QScrollArea
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.readiness.records import RECORD_LINKS
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.messages import Message
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.actions.correction_forms import make_correction_form
from zoneplanner.ui.widgets.layout.basic_widgets import find_scroll_area
from zoneplanner.ui.widgets.services.ui_context import UiContext

SECONDS = "2026-11-16T07:20:31-08:00"
LOGGED: dict[str, dict[str, str]] = {
    "visit": {
        "site": "r1c1",
        "unit": "A",
        "officer": "o",
        "arrived_at": SECONDS,
        "departed_at": "2026-11-16T07:41:09-08:00",
        "purpose": "teaching",
        "note": "gate",
    },
    "incident": {
        "site": "r1c1",
        "type": "weapon",
        "priority": "2",
        "received_at": SECONDS,
        "units": "B;A",
        "onscene_at": "2026-11-16T07:31:44-08:00",
        "disposition": "Code 7",
    },
    "drill": {"site": "r1c1", "kind": "fire", "held_at": SECONDS, "minutes": "6.5"},
    "review": {"site": "r1c1", "stage": "consulted", "who_kind": "staff", "on": "2026-11-12"},
    "action": {
        "site": "r1c1",
        "action": "lockdown",
        "began_at": SECONDS,
        "ended_at": "2026-11-16T07:41:09-08:00",
        "units": "B;A",
    },
    "after_action": {"event": "fight", "event_on": "2026-11-02", "overview": "At lunch."},
    "corrective_action": {
        "review": "after_action",
        "action": "Lock the gate",
        "owner_role": "custodian",
        "due_on": "2026-12-01",
        "done_on": "2026-11-13",
    },
    "concern": {"reference": "C-2026-014", "received_at": SECONDS},
    "district_report": {"on": "2026-10-12", "note": "by mail"},
    "training": {"course": "first_aid", "trained": "12", "expires_on": "2028-11-12"},
    "partner": {"agency": "Sheriff", "level": "county", "kind": "agreement", "on": "2026-11-12"},
    "concern_step": {"concern": "concern", "step": "outcome", "outcome": "discipline"},
    "unit_status": {"unit": "A", "status": "meal", "at": SECONDS},
    "violent_incident": {"site": "r1c1", "occurred_at": SECONDS, "type": "3", "place": "parking"},
    "hours": {
        "officer": "o",
        "unit": "A",
        "began_at": SECONDS,
        "ended_at": "2026-11-16T07:41:09-08:00",
        "break_min": "2.5",
        "pay_code": "call_back",
        "note": "gate",
    },
}

LOGGED |= {
    kind.name: create_example_columns(kind, "Any b")
    for kind in DECLARED_RECORDS
    if kind.name not in LOGGED
}
del LOGGED["relief_call"]["shift"]  # the project has none
LOGGED["campus_page"]["picture"] = create_attachment().sha256


def save_with_enter(dialog: QDialog, qtbot: QtBot) -> None:
    """Save a form with Enter."""
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)


def test_saving_an_untouched_correction_writes_nothing(desk: UiContext, qtbot: QtBot) -> None:
    assert LOGGED.keys() == RECORD_KINDS.keys() - {"approval"}  # approved again, never corrected
    for uid, name in (("o", "Officer A"), ("O-7", "Officer B")):
        own = Officer(uid, name, "Sheriff", "deputy")
        desk.session.apply("An officer", partial(put_officer, officer=own))
    desk.session.store.attach(create_attachment(), keep=())
    for kind, columns in LOGGED.items():
        link = RECORD_LINKS.get(kind)
        named = {link.column: link.kind} if link else {}
        log_record(desk.session, kind, {"uid": kind, **columns, **named})
    log_stamp(desk.session, {"incident": "incident", "unit": "A", "name": "cleared"})
    before = desk.session.store.head().entries
    for kind in LOGGED:
        form = make_correction_form(desk, kind, kind)
        assert form is not None
        save_with_enter(form, qtbot)
        assert not form.ok.isEnabled()
        form.accept()
        assert desk.session.store.head().entries == before, kind


def test_changing_only_the_priority_leaves_units_text_and_seconds_alone(
    desk: UiContext, qtbot: QtBot
) -> None:
    kept = log_record(desk.session, "incident", {"uid": "i", **LOGGED["incident"]})
    form = make_correction_form(desk, "incident", "i")
    assert isinstance(form, IncidentDialog)
    qtbot.addWidget(form)
    form.open()
    form.priority.setValue(1)
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert not form.isVisible()
    now = desk.session.store.entries(kinds=("incident",))[-1]
    assert now.supersedes == "i"
    assert dict(now.payload) == {**kept.payload, "priority": 1}
    assert (now.site, now.unit, now.occurred_at) == (kept.site, kept.unit, kept.occurred_at)


def test_enter_over_selected_text_leaves_it_unchanged(desk: UiContext, qtbot: QtBot) -> None:
    for what in ("weapon", "Fight", "fight"):
        columns = {"uid": what, "type": what, "received_at": SECONDS, "disposition": what}
        log_record(desk.session, "incident", columns)
        form = make_correction_form(desk, "incident", what)
        assert isinstance(form, IncidentDialog)
        qtbot.addWidget(form)
        form.open()
        for box in (form.type, form.disposition):
            words = box.lineEdit()
            assert words is not None
            words.setFocus()
            words.selectAll()
            qtbot.keyClick(words, Qt.Key.Key_Return)
            assert box.currentText() == what
    assert desk.session.store.head().entries == 3
    form.type.setCurrentIndex(form.type.findText("Alarm"))
    words = form.type.lineEdit()
    assert words is not None
    words.selectAll()
    for _ in range(2):  # the first takes the words that are selected
        qtbot.keyClick(words, Qt.Key.Key_Return)
    assert desk.session.store.entries(kinds=("incident",))[-1].payload["type"] == "Alarm"


def test_a_visits_officer_status_and_departure_are_corrected(desk: UiContext, qtbot: QtBot) -> None:
    log_record(desk.session, "visit", {"uid": "v", **LOGGED["visit"]})
    first = list_visits(desk.session)[0]
    form = make_correction_form(desk, "visit", "v")
    assert isinstance(form, VisitDialog)
    qtbot.addWidget(form)
    form.open()
    form.officer.setEditText("O-9")
    form.status.setCurrentIndex(form.status.findData("missed"))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    now = list_visits(desk.session)[0]
    assert (now.officer, now.status, now.arrived_at) == ("O-9", "missed", first.arrived_at)
    form = make_correction_form(desk, "visit", "v")
    assert isinstance(form, VisitDialog)
    qtbot.addWidget(form)
    form.open()
    form.status.setCurrentIndex(form.status.findData("on_site"))
    assert not form.departed.taken.isChecked()
    form.note.put("")
    qtbot.keyClick(form, Qt.Key.Key_Return)
    now = list_visits(desk.session)[0]
    assert (now.departed_at, now.status, now.note) == (None, "on_site", "")
    form = make_correction_form(desk, "visit", "v")
    assert isinstance(form, VisitDialog)
    qtbot.addWidget(form)
    form.open()
    form.departed.taken.click()
    form.departed.time.put(first.arrived_at + timedelta(minutes=9))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert list_visits(desk.session)[0].status == "completed"


@pytest.fixture
def stamped_incident(desk: UiContext) -> Incident:
    """A call with two units, stamped one by one."""
    log_record(
        desk.session,
        "incident",
        {"uid": "i", "site": "r1c1", "type": "fight", "received_at": "2026-11-16T07:20"},
    )
    for unit, name, at in (
        ("A", "dispatched", "07:21"),
        ("A", "onscene", "07:30"),
        ("B", "dispatched", "07:25"),
        ("B", "enroute", "07:26"),
    ):
        columns = {"incident": "i", "unit": unit, "name": name, "at": f"2026-11-16T{at}"}
        log_stamp(desk.session, columns)
    return list_incidents(desk.session)[0]


def test_each_units_stamps_can_be_corrected_added_and_removed(
    desk: UiContext, qtbot: QtBot, stamped_incident: Incident
) -> None:
    form = make_correction_form(desk, "incident", "i")
    assert isinstance(form, IncidentDialog)
    qtbot.addWidget(form)
    form.open()
    scrolled = [one for one in form.findChildren(QScrollArea) if find_scroll_area(one)]
    assert scrolled == [], "the form scrolls, and nothing in it"
    field = form.by_unit["A", "onscene_at"]
    assert field.taken.isChecked()
    field.time.put(stamped_incident.received_at - timedelta(minutes=1))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible()
    problem = Message("times_out_of_order", later="on scene", earlier="dispatched")
    assert says(form.refused.text(), "times_of_unit", unit="A", problem=str(problem))
    field.time.put(stamped_incident.received_at + timedelta(minutes=8))
    form.by_unit["B", "enroute_at"].taken.setChecked(False)
    cleared = form.by_unit["A", "cleared_at"]
    cleared.taken.setChecked(True)
    cleared.time.put(stamped_incident.received_at + timedelta(minutes=20))
    before = desk.session.store.head().entries
    qtbot.keyClick(form, Qt.Key.Key_Return)
    now = list_incidents(desk.session)[0]
    a, b = now.by_unit
    assert a.onscene_at == stamped_incident.received_at + timedelta(minutes=8)
    assert a.cleared_at == stamped_incident.received_at + timedelta(minutes=20)
    assert (b.unit, b.dispatched_at, b.enroute_at) == (
        "B",
        stamped_incident.by_unit[1].dispatched_at,
        None,
    )
    assert desk.session.store.head().entries == before + 3
    changes = {step.what: step.changes[0] for step in list_record_revisions(desk.session, "i")}
    assert changes["Stamp corrected"] == (
        "A on scene 2026-11-16 07:30 → A on scene 2026-11-16 07:28"
    )
    assert changes["Stamp removed"].startswith("B en route 2026-11-16 07:26, reason: Removed")


def test_a_unit_on_an_incident_is_replaced_by_another(
    desk: UiContext, qtbot: QtBot, stamped_incident: Incident
) -> None:
    form = make_correction_form(desk, "incident", "i")
    assert isinstance(form, IncidentDialog)
    qtbot.addWidget(form)
    form.open()
    form.units.boxes["B"].click()
    form.units.boxes["a"].click()
    qtbot.keyClick(form, Qt.Key.Key_Return)
    now = list_incidents(desk.session)[0]
    assert now.units == ("A", "a")
    assert [stamps.unit for stamps in now.by_unit] == ["A"]
