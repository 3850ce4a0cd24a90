"""A critical incident: roles and notifications, from form and command to the printed report."""

import json
from datetime import UTC, datetime

import pytest
from builders import OpenSession, project_from, refused
from papers import page_texts
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import collect_edition, render_edition
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.ui.readiness.people_forms import PeopleRecordDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
CALL = {"uid": "call", "site": "r1c1", "type": "weapon", "received_at": "2026-11-16T09:00"}
ENTRIES = (
    ("09:02", {"kind": "told", "told": "9-1-1", "who": "county dispatch"}),
    ("09:03", {"kind": "role", "role": "site_lead", "who": "principal"}),
    ("09:10", {"kind": "staging_point", "place": "Library lot"}),
    ("09:15", {"kind": "resource", "count": "4", "who": "district specialists"}),
    ("09:20", {"kind": "role", "role": "unified_command", "who": "Sheriff"}),
)
TIMELINE = (
    *("9-1-1 notified (county dispatch)", "Site lead, until unified command: principal"),
    *("Staging point: Library lot", "Sent: 4 district specialists", "Unified command: Sheriff"),
)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    own = open_session(project_from("AA / aa"), now=NOW)
    log_record(own, "incident", CALL)
    return own


def print_report(session: Session, audience: str) -> str:
    content = collect_edition(session, HandoutRequest(audience))
    (pdf,) = render_edition(content, only=["after-action"]).values()
    return "\n".join(page_texts(pdf))


def choose(form: PeopleRecordDialog, word: str) -> None:
    """Select a word in the only field that offers it."""
    (box,) = (one for one in form.findChildren(QComboBox) if one.findData(word) >= 0)
    box.setCurrentIndex(box.findData(word))


def test_the_after_action_report_has_a_timeline_of_roles_staging_and_notifications(
    desk: UiContext, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    session = desk.session
    for clock, entry in ENTRIES[1:]:
        columns = [f"{name}={value}" for name, value in entry.items()]
        line = ["log", str(session.store.path), "command_entry", "incident=call"]
        assert main([*line, f"at=2026-11-16T{clock}", *columns, "--json"]) == 0
        assert "uid" in json.loads(capsys.readouterr().out)
    form = PeopleRecordDialog(desk, "r1c1", kind="command_entry")
    qtbot.addWidget(form)
    assert form.columns()["incident"] == "call", "the latest call is offered"
    choose(form, "told")
    form.accept()
    assert form.isVisible() or session.store.head().entries == 5, "the form asks who was notified"
    choose(form, "superintendent")
    form.accept()
    clock, entry = ENTRIES[0]
    log_record(session, "command_entry", {"incident": "call", "at": f"2026-11-16T{clock}", **entry})
    late = {"incident": "call", "at": "2026-11-15T23:50", "kind": "told", "told": "board"}
    log_record(session, "command_entry", late)
    review = {"incident": "call", "held_on": "2026-11-17", "overview": "It ended well."}
    log_record(session, "after_action", review)
    text = print_report(session, "law-enforcement")
    assert "Nov 15, 11:50 PM" in text, "an entry of another day shows its date"
    places = [text.index(one) for one in (*TIMELINE, "Superintendent notified")]
    assert places == sorted(places), "in order of time"
    with refused("not_for_audience"):
        print_report(session, "staff")


@pytest.mark.parametrize(
    ("kind", "column"), [("role", "role"), ("told", "told"), ("staging_point", "place")]
)
def test_a_command_entry_requires_the_column_of_its_kind(
    session: Session, kind: str, column: str
) -> None:
    given = {"incident": "call", "at": "2026-11-16T09:30", "kind": kind}
    with refused("column_missing.command_about", kind=kind, column=column):
        log_record(session, "command_entry", given)


def test_the_form_shows_the_school_of_each_call_and_keeps_both_in_sync(
    desk: UiContext, qtbot: QtBot
) -> None:
    later = {"uid": "later", "site": "r1c2", "type": "fight", "received_at": "2026-11-16T10:00"}
    log_record(desk.session, "incident", later)
    sites = desk.session.project.sites
    form = PeopleRecordDialog(desk, "r1c1", kind="command_entry")
    qtbot.addWidget(form)
    assert form.columns()["incident"] == "call", "the call of the selected school"
    box = next(one for one in form.findChildren(QComboBox) if one.findData("later") >= 0)
    for uid, site in (("call", "r1c1"), ("later", "r1c2")):
        assert sites[site].name in box.itemText(box.findData(uid))
    box.setCurrentIndex(box.findData("later"))
    assert form.columns()["site"] == "r1c2"
    elsewhere = PeopleRecordDialog(desk, None, kind="command_entry")
    qtbot.addWidget(elsewhere)
    assert [elsewhere.columns()[one] for one in ("incident", "site")] == ["later", "r1c2"]
    choose(elsewhere, "r1c1")
    assert elsewhere.columns()["incident"] == "call"
