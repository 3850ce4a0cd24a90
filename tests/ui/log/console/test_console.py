"""The console: a call in a few keys, one key per stamp, clocks that run while visible."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from keystrokes import keys
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontInfo, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.help.action_specs import SELECT_SITE_TO_GIVE
from zoneplanner.app.log.dispatch import DispatchRole
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message
from zoneplanner.ui.log.console.incident_card import IncidentCard
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.forms import PrivacyCheckedField
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S
from zoneplanner.ui.widgets.style.theme import THEMES


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def log_incident(session: Session, uid: str, site: str = "r1c1", minutes_ago: int = 10) -> None:
    """Log an incident of some minutes ago."""
    received = (session.clock() - timedelta(minutes=minutes_ago)).isoformat()
    columns = {"uid": uid, "site": site, "type": "fight", "received_at": received}
    log_record(session, "incident", columns)


def find_card(window: MainWindow, uid: str) -> IncidentCard:
    """Return the card of an open incident."""
    return window.left.sections["console"].cards[uid]


def list_stamps(session: Session) -> list[tuple[str, str, str]]:
    """Return unit, name and incident of all stamps in the journal, in order."""
    stamps = session.store.entries(kinds=("stamp",))
    return [(one.payload["unit"], one.payload["name"], one.payload["incident"]) for one in stamps]


def hold_key(key: Qt.Key) -> None:
    """Send the repeats of a held key to the focused widget."""
    at = QApplication.focusWidget()
    assert at is not None
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(at, QKeyEvent(QEvent.Type.KeyPress, key, none, "\r", autorep=True))


def test_j_starts_at_the_school_field_and_an_extra_enter_logs_no_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.show_workspace("plan")
    window.desk.bridge.select(site="r1c3")
    window.desk.actions["left"].setChecked(False)
    qtbot.keyClick(window, Qt.Key.Key_J)
    assert window.workspace == "log" and window.sections.isVisible()
    new = window.left.sections["console"].new
    assert new.site.hasFocus() and new.site.selectedText() == "School r1c3"
    assert QFontInfo(new.site.font()).pointSizeF() > 1.2 * QFontInfo(new.what.font()).pointSizeF()
    keys(qtbot, "\n")
    for _ in range(3):
        hold_key(Qt.Key.Key_Return)
        keys(qtbot, "\n")
    assert new.what.hasFocus() and list_incidents(session) == ()
    keys(qtbot, "f")
    hold_key(Qt.Key.Key_Return)
    assert list_incidents(session) == ()
    keys(qtbot, "\n")
    (call,) = list_incidents(session)
    assert (call.type, call.site, call.priority) == ("Fight", "r1c3", 2)
    assert QApplication.focusWidget() is find_card(window, call.uid)
    keys(qtbot, "\n\n")
    assert len(session.store.entries()) == 1


def test_no_call_is_logged_at_a_school_not_shown_in_the_field(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    new = window.left.sections["console"].new
    window.desk.bridge.select(site="r1c3")
    window.desk.actions["new_incident"].trigger()
    keys(qtbot, "r2")
    assert "School r2c1" in new.fitting.text() and "School r2c4" in new.fitting.text()
    qtbot.mouseClick(new.what, Qt.MouseButton.LeftButton)
    assert new.site.text() == "School r2c1"
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["new_incident"].trigger()
    assert new.site.selectedText() == "School r1c1"
    keys(qtbot, "c2")
    new.what.setText("fight")
    new.button.click()
    assert list_incidents(session) == () and new.site.text() == "School r1c2"
    keys(qtbot, "\n")
    assert [call.site for call in list_incidents(session)] == ["r1c2"]


def test_enter_in_the_priority_field_logs_the_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_J)
    keys(qtbot, "r1c3\nfight\t")
    assert window.left.sections["console"].new.priority.hasFocus()
    keys(qtbot, "2\n")
    (call,) = list_incidents(session)
    assert (call.site, call.type, call.priority) == ("r1c3", "Fight", 2)


def test_the_window_uses_the_districts_term_for_a_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    console, actions = window.left.sections["console"], window.desk.actions
    assert (console.count.text(), actions["log_incident"].text()) == (
        *("Open incidents (1)", "Log an Incident…"),
    )
    set_data_row(session, "term", "incident", {"term": "Call for service"})
    assert console.title.text() == "New call for service"
    assert console.count.text() == "Open calls for service (1)"
    assert actions["log_incident"].text() == "Log a Call for service…"
    assert actions["new_incident"].iconText() == "New Call for service"
    log_incident(session, "i2")
    record = str(Message("record.at_site", kind="Call for service", site="School r1c1"))
    assert says(window.desk.notices.text.text(), "logged.new", record=record)
    entries = window.tabs.panels["entries"]
    window.tabs.show_table(entries)
    assert {entries.table.row(at).kind for at in range(2)} == {"Call for service"}
    console.show_incident("i2")
    keys(qtbot, "124")
    end = find_card(window, "i2").details.end
    assert "call for service" in end.toolTip() and "incident" not in end.toolTip()
    stamp = {"incident": "none", "unit": "A", "name": "dispatched"}
    assert not window.desk.attempt(lambda: log_stamp(session, stamp))
    refusal = window.desk.notices.text.text()
    assert "call for service" in refusal and "incident" not in refusal
    (row,) = compute_observed_coverage(session, by="all")
    definition = session.rewrite(*row.figures["stamps_complete_share"].definition)
    assert "calls for service" in definition and "incident" not in definition
    law = "A violent incident; the incident commander"
    assert session.rewrite(law) == law  # words of the law are not ours
    set_data_row(session, "term", "incident", {"term": ""})
    assert actions["log_incident"].text() == "Log an Incident…"


def test_an_extra_enter_does_not_log_what_was_in_the_form_before(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["new_incident"].trigger()
    keys(qtbot, "r2c1\nfight")
    began = session.clock()
    session.clock = lambda: began + timedelta(seconds=8)
    window.map.setFocus()
    window.desk.actions["new_incident"].trigger()  # the call that was begun is put aside
    new = window.left.sections["console"].new
    assert new.what.text() == "" and says(window.desk.notices.text.text(), "call_draft.set_aside")
    keys(qtbot, "r1c1\ntrespass\n")
    (call,) = list_incidents(session)
    assert (call.site, call.received_at) == ("r1c1", began + timedelta(seconds=8))
    window.desk.actions["new_incident"].trigger()
    keys(qtbot, "r2c1\nfight")
    window.map.setFocus()
    window.desk.actions["new_incident"].trigger()
    window.desk.notices.offer.click()
    keys(qtbot, "\n")
    assert len(list_incidents(session)) == 1
    keys(qtbot, "\n")
    assert {(one.type, one.site) for one in list_incidents(session)} == {
        ("Trespass", "r1c1"),
        ("Fight", "r2c1"),
    }


def test_a_call_without_a_school_needs_tab_and_an_empty_one_is_not_logged(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.bridge.select()
    window.desk.actions["new_incident"].trigger()
    new = window.left.sections["console"].new
    keys(qtbot, "\n\n")
    assert new.site.hasFocus() and "Tab" in new.preview.text()
    new.button.click()
    assert list_incidents(session) == () and says(
        window.desk.notices.text.text(), "field_empty.incident_type"
    )
    qtbot.keyClick(new.site, Qt.Key.Key_Tab)
    keys(qtbot, "traffic\n")
    ((uid, call),) = ((one.uid, one) for one in list_incidents(session))
    assert (call.type, call.site) == ("Traffic", None)
    (proposal,) = find_card(window, uid).row.proposal
    assert proposal.template == "proposal.first"
    name = find_card(window, uid).summary.name
    assert name == "Traffic, not at a school"
    assert find_card(window, uid).describe_target().facts["call"] == name


def test_part_of_a_name_a_word_and_a_digit_log_a_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["new_incident"].trigger()
    keys(qtbot, "r3c4\n")
    new = window.left.sections["console"].new
    for typed, becomes, priority in (
        ("fight room 12", "Fight room 12", 2),
        ("ill room 4", "Ill room 4", 3),  # so it also stood while a second digit was to follow
        ("theft bus 4", "Theft bus 4", 3),
        ("code 3", "Code 3", 3),
        ("assist s2", "Assist s2", 3),
        ("theft bus 4 2", "Theft bus 4", 2),
        ("theft bus 4 p1", "Theft bus 4", 1),
        ("fight on bus p1", "Fight on bus", 1),
        ("ill 1\b\b", "Ill", 3),
        ("f1", "Fight", 1),
        ("seizure P2", "Medical aid", 2),
        ("seizure room 12", "Seizure room 12", 1),
        ("noise", "Noise complaint", 4),
    ):
        new.what.selectAll()
        keys(qtbot, typed)
        told, facts = new.preview.text(), {"site": "School r3c4", "priority": str(priority)}
        assert says(told, "new_call", type=becomes, **facts), (typed, told)
        is_asked = typed.endswith((" 4", " 3", "s2"))
        assert says(told, "new_call.digit_in_words") == is_asked, (typed, told)
    new.what.selectAll()
    keys(qtbot, "broken window 1")
    told = window.left.sections["console"].new.preview.text()
    assert told.startswith(
        "Broken window at School r3c4, priority 1 (1 is the most serious), received 08:00:00. "
    )
    keys(qtbot, "\n")
    (call,) = list_incidents(session)
    assert (call.type, call.site, call.priority) == ("Broken window", "r3c4", 1)
    assert window.left.sections["console"].new.what.text() == ""
    assert window.desk.bridge.selection.site == "r3c4"


def test_down_selects_the_next_matching_site(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    field = window.left.sections["console"].new.site
    field.setFocus()
    keys(qtbot, "school r1")
    first, second = field.matches[:2]
    assert field.match == first
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.match == second
    listed = window.left.sections["console"].new.fitting.text().splitlines()
    assert listed[:2] == [f"   {first[0]}", f"▸ {second[0]}"], "the mark goes down, the list stays"
    for _ in range(4):
        qtbot.keyClick(field, Qt.Key.Key_Down)
    assert window.left.sections["console"].new.fitting.text().count("▸") == 1
    for _ in range(4):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    keys(qtbot, "\n")
    assert field.text() == second[0]


def test_an_unknown_site_is_reported_and_nothing_is_logged(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["new_incident"].trigger()
    keys(qtbot, "hogwarts\n\n")
    assert says(window.desk.notices.text.text(), "unknown_site.no_fit", text="“hogwarts”")
    assert list_incidents(session) == ()
    assert window.left.sections["console"].new.site.text() == "hogwarts"


def test_one_key_per_stamp_takes_the_proposed_unit_to_the_closed_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    third = find_card(window, "i1").details.buttons.button(2)
    QApplication.processEvents()
    place = third.mapTo(find_card(window, "i1"), third.rect().topLeft())
    keys(qtbot, "1")
    QApplication.processEvents()
    assert [
        (proposal.template, proposal.facts["unit"])
        for proposal in find_card(window, "i1").row.proposal
    ] == [("proposal.additional", "B")]
    assert third.mapTo(find_card(window, "i1"), third.rect().topLeft()) == place
    keys(qtbot, "234")
    names = ["dispatched_at", "enroute_at", "onscene_at", "cleared_at"]
    assert list_stamps(session) == [("A", name, "i1") for name in names]
    asked = find_card(window, "i1")
    assert asked.summary.closing and asked.details.ending.hasFocus()
    keys(qtbot, "\n")
    (call,) = list_incidents(session)
    assert call.disposition == "Handled on scene" and call.cleared_at == session.clock()
    assert says(window.desk.notices.text.text(), "logged.closed", ending="handled on scene")
    assert window.left.sections["console"].cards == {}
    assert session.undo_label is None


def test_the_outcome_of_a_call_can_be_free_text(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "1234")
    find_card(window, "i1").details.ending.lineEdit().selectAll()
    keys(qtbot, "false\n")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # the only card is gone
    log_incident(session, "i2")
    find_card(window, "i2").setFocus()
    keys(qtbot, "1234")
    find_card(window, "i2").details.ending.lineEdit().selectAll()
    keys(qtbot, "Code 7\n\n")
    ended = {one.uid: one.disposition for one in list_incidents(session)}
    assert ended == {"i1": "False alarm", "i2": "Code 7"}
    assert len(session.store.entries(kinds=("incident",))) == 4
    (call, *_) = list_incidents(session)
    dialog = IncidentDialog(window.desk, call.site, corrects=call)
    qtbot.addWidget(dialog)
    assert dialog.disposition.currentText() == "False alarm"
    dialog.open()
    dialog.disposition.setCurrentText("Report taken")
    dialog.accept()
    assert "Report taken" in {one.disposition for one in list_incidents(session)}


def test_digit_keys_on_the_console_do_not_assign_the_selected_site(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    window.desk.bridge.select(site="r1c1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "2")
    assert session.undo_label is None
    assert list_stamps(session) == [("A", "enroute_at", "i1")]
    assert not find_card(window, "i1").details.buttons.button(0).isEnabled()


def test_the_focused_card_is_entirely_visible(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for number in range(6):
        log_incident(session, f"i{number}", minutes_ago=number)
    find_card(window, "i5").setFocus()
    keys(qtbot, "1")
    area = window.sections

    def seen_whole() -> bool:
        held = find_card(window, "i5")
        place = held.rect().translated(held.mapTo(area, held.rect().topLeft()))
        return area.rect().contains(place)

    qtbot.waitUntil(seen_whole)


def test_only_a_priority_1_call_is_marked_as_danger(window: MainWindow, session: Session) -> None:
    for uid, priority in (("grave", "1"), ("usual", "2")):
        told = {"uid": uid, "site": "r1c1", "type": "fight", "received_at": "now"}
        log_record(session, "incident", {**told, "priority": priority})
    live = THEMES["light"].color("live")
    for uid, marked in (("grave", True), ("usual", False)):
        shot = find_card(window, uid).grab().toImage()
        edge = {shot.pixelColor(1, y).name() for y in range(12, shot.height() - 12)}
        assert (live.name() in edge) is marked, uid


def test_a_key_does_not_repeat_an_existing_stamp(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "331")
    assert list_stamps(session) == [("A", "onscene_at", "i1")]
    target = Message("target.stamp", unit="A", call=find_card(window, "i1").summary.name)
    assert says(window.desk.notices.text.text(), "key_without_effect", key="1", target=str(target))


def test_an_undone_stamp_stays_in_the_journal(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "13")
    assert window.desk.notices.text.text() == "A is stamped on scene: Fight at School r1c1."
    qtbot.keyClick(find_card(window, "i1"), Qt.Key.Key_Backspace)
    name = find_card(window, "i1").summary.name
    voided = Message("logged.void", entry=f"A on scene: {name}, 08:00")
    assert window.desk.notices.text.text() == str(voided)
    (call,) = list_incidents(session)
    assert call.dispatched_at is not None and call.onscene_at is None
    assert [name for _, name, _ in list_stamps(session)] == ["dispatched_at", "onscene_at"]
    keys(qtbot, "4")
    asked = find_card(window, "i1")
    assert asked.summary.closing
    qtbot.mouseClick(asked.details.back, Qt.MouseButton.LeftButton)
    assert list_incidents(session)[0].cleared_at is None
    assert find_card(window, "i1").details.unit.currentData() == "A"


def test_a_second_unit_keeps_the_incident_open_until_it_clears(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "1")
    unit = find_card(window, "i1").details.unit
    unit.setCurrentIndex(unit.findData("B"))
    unit.setFocus()
    keys(qtbot, "14")
    assert not find_card(window, "i1").summary.closing
    assert (
        find_card(window, "i1").row.units_on_call == "A · dispatched 08:00:00\nB · cleared 08:00:00"
    )
    assert find_card(window, "i1").details.unit.currentData() == "B", (
        "a second 4 clears no other unit"
    )
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    keys(qtbot, "4")
    assert find_card(window, "i1").summary.closing
    assert [unit for unit, name, _ in list_stamps(session) if name == "cleared_at"] == ["B", "A"]


def test_an_unavailable_unit_is_listed_last_and_not_proposed(
    window: MainWindow, session: Session
) -> None:
    log_incident(session, "i1")
    log_incident(session, "i2", minutes_ago=5)
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "dispatched"})
    other = find_card(window, "i2")
    (proposal,) = other.row.proposal
    assert proposal.template == "proposal.closest", "without a roster nobody is on duty"
    assert re.fullmatch(
        rf"B · \d+\.\d min · {DispatchRole.BACKUP_ZONE}", proposal.facts["candidate"]
    )
    assert [other.details.unit.itemData(at) for at in range(other.details.unit.count())] == [
        "B",
        "A",
        "a",
    ]
    assert other.row.unit("a").outside
    assert other.details.unit.itemText(2) == other.row.unit("a").text
    busy = re.fullmatch(r"A · \d+\.\d min · on fight", other.details.unit.itemText(1))
    assert busy is not None, "how far one is that another call keeps"
    assert list(window.left.sections["console"].cards) == ["i1", "i2"]


def test_a_stamp_on_a_call_another_desk_closed_is_rejected_with_a_reason(
    window: MainWindow, session: Session
) -> None:
    log_incident(session, "i1")
    old = find_card(window, "i1").summary.incident
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "cleared"})
    log_record(session, "incident", {"supersedes": "i1", "disposition": "False alarm"})
    window.left.sections["console"].stamp(old.uid, "B", "dispatched_at")
    assert "“fight” is closed" in window.desk.notices.text.text()
    assert len(list_stamps(session)) == 1


def test_the_clocks_run_only_while_visible(window: MainWindow, session: Session) -> None:
    log_incident(session, "i1", minutes_ago=64)
    console = window.left.sections["console"]
    assert find_card(window, "i1").clock.text() == "1:04:00"
    later = session.clock() + timedelta(seconds=7)
    session.clock = lambda: later
    console.dispatch.timer.timeout.emit()
    assert find_card(window, "i1").clock.text() == "1:04:07"
    assert console.dispatch.timer.isActive()
    window.show_workspace("plan")
    assert not console.dispatch.timer.isActive()


def test_a_correction_of_an_open_incident_keeps_its_live_stamps(
    window: MainWindow, session: Session
) -> None:
    log_incident(session, "i1")
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "dispatched"})
    found = list_incidents(session)[0]
    dialog = IncidentDialog(window.desk, "r1c1", corrects=found, parent=window)
    dialog.type.setCurrentText("Threat")
    dialog.accept()
    assert find_card(window, "i1").summary.title == "Threat"
    last = session.store.entries(kinds=("incident",))[-1]
    assert last.supersedes == "i1" and "dispatched_at" not in last.payload
    assert find_card(window, "i1").details.unit.currentText() == "A · dispatched 08:00:00"


def test_the_plan_in_force_decides_who_goes_not_the_draft_on_screen(
    window: MainWindow, session: Session
) -> None:
    plan = session.project.plans["plan"]
    draft = replace(plan, uid="draft", name="Draft", assignment=dict.fromkeys(plan.assignment, "B"))
    now = replace(plan, effective_on=session.today)
    both = replace(session.project, plans={"plan": now, "draft": draft})
    session.apply("Draft", lambda project: both)
    session.show_plan("draft")
    log_incident(session, "i1")
    (proposal,) = find_card(window, "i1").row.proposal
    assert (proposal.template, proposal.facts["unit"]) == ("proposal.closest", "A")


def test_typing_a_name_into_a_new_incident_shows_a_warning(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    new = window.left.sections["console"].new
    (hint,) = [one.hint for one in new.findChildren(PrivacyCheckedField)]
    qtbot.keyClicks(new.what, "fight 1")
    assert hint.isHidden()
    new.what.clear()
    qtbot.keyClicks(new.what, "call for Mrs. Sample")
    assert hint.isVisible() and says(hint.text(), "personal_data.name", text="“Mrs. Sample”")
    qtbot.keyClick(new.what, Qt.Key.Key_Return)
    assert len(list_incidents(session)) == 1
    assert hint.isHidden()


def test_a_late_entry_is_marked_on_the_card(window: MainWindow, session: Session) -> None:
    log_incident(session, "call", minutes_ago=60)
    made = (session.clock() - timedelta(minutes=50)).isoformat()
    late = {"incident": "call", "unit": "A", "name": "onscene", "at": made}
    log_stamp(session, {"uid": "late", **late})
    row = find_card(window, "call").row
    assert row.summary.received == "today 07:00, entered later"
    assert row.units[0].text == "A · on scene 07:10:00, entered later"
    log_stamp(session, {"incident": "call", "unit": "A", "name": "cleared"})
    cleared = find_card(window, "call").row.units[0].text
    assert cleared.startswith("A · cleared 08:00:00") and "on scene" in cleared
    log_incident(session, "prompt")
    log_stamp(session, {"incident": "prompt", "unit": "A", "name": "onscene"})
    prompt = find_card(window, "prompt").row
    assert "later" not in prompt.summary.received + prompt.units[0].text
    void = {"void": "late", "reason": "another unit"}
    log_stamp(session, void)
    assert find_card(window, "call").row.units[0].text == "A · cleared 08:00:00"


def test_digits_act_on_the_marked_incident_and_arrows_move_the_mark(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    console = window.left.sections["console"]
    log_incident(session, "old", site="r1c1", minutes_ago=300)
    log_incident(session, "new", site="r1c2", minutes_ago=5)
    begin_response_action(session, "r2c4", "lockdown")
    lockdown = next(one.uid for one in list_incidents(session) if one.type == "Lockdown")
    assert list(console.cards) == [lockdown, "old", "new"]
    names = {uid: find_card(window, uid).summary.name for uid in console.cards}
    facts = {"unit": "B", "call": names[lockdown]}
    assert says(console.target.text(), "target.stamp_later", **facts, wait_s=str(PENDING_WAIT_S))
    window.desk.bridge.select()
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_1)
    assert list_stamps(session) == []
    assert says(window.desk.pending.text.text(), "pending_stamp", **facts)
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    assert list_stamps(session) == [("B", "dispatched_at", lockdown)]
    call = names[lockdown]
    assert says(window.desk.notices.text.text(), "logged.stamp", stamp="dispatched", call=call)
    qtbot.keyClick(window.map, Qt.Key.Key_S)
    assert QApplication.focusWidget() is find_card(window, lockdown)
    qtbot.keyClick(find_card(window, lockdown), Qt.Key.Key_Down)
    assert says(console.target.text(), "target.stamp_now", unit="A", call=names["old"])
    assert [uid for uid in console.cards if find_card(window, uid).property("highlighted")] == [
        "old"
    ]
    keys(qtbot, "1")
    assert list_stamps(session)[-1] == ("A", "dispatched_at", "old")
    keys(qtbot, "9")
    assert SELECT_SITE_TO_GIVE not in window.desk.notices.text.text()
    window.desk.bridge.select(site="r1c2")
    assert console.highlighted == "old"
    log_stamp(session, {"incident": "old", "unit": "A", "name": "cleared"})
    log_record(session, "incident", {"supersedes": "old", "disposition": "False alarm"})
    assert console.highlighted == "" and says(console.target.text(), "target.no_highlight")
    keys(qtbot, "1")
    assert len(list_stamps(session)) == 3


def test_an_empty_console_says_so_and_a_held_digit_stamps_once(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_4)
    assert says(window.desk.notices.text.text(), "target.no_call")
    log_incident(session, "i1")
    log_stamp(session, {"incident": "i1", "unit": "B", "name": "onscene"})
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "onscene"})
    find_card(window, "i1").setFocus()
    keys(qtbot, "4")
    hold_key(Qt.Key.Key_4)
    assert [name for _, name, _ in list_stamps(session)] == [
        "onscene_at",
        "onscene_at",
        "cleared_at",
    ]


def test_another_unit_can_be_sent_after_the_first_has_cleared(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "14")
    assert find_card(window, "i1").summary.closing
    target = find_card(window, "i1").describe_target()
    assert (target.template, target.facts["unit"]) == ("target.ending_in_field", "B")
    qtbot.keyClick(find_card(window, "i1").details.ending, Qt.Key.Key_Backtab)
    find_card(window, "i1").setFocus()
    keys(qtbot, "4")
    assert len(list_stamps(session)) == 2
    keys(qtbot, "1")
    assert list_stamps(session)[-1] == ("B", "dispatched_at", "i1")
    assert not find_card(window, "i1").summary.closing
    keys(qtbot, "34\n")
    (call,) = list_incidents(session)
    assert call.units == ("A", "B") and call.disposition == "Handled on scene"


def test_left_and_right_select_the_unit(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    log_incident(session, "i1")
    find_card(window, "i1").setFocus()
    qtbot.keyClick(find_card(window, "i1"), Qt.Key.Key_Right)
    target, name = window.left.sections["console"].target, find_card(window, "i1").summary.name
    assert says(target.text(), "target.stamp_now", unit="B", call=name)
    keys(qtbot, "1")
    assert list_stamps(session) == [("B", "dispatched_at", "i1")]


def test_a_click_anywhere_on_a_card_directs_digits_to_its_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    native = window.windowHandle()
    assert native is not None
    for number, uid in enumerate(("i1", "i2")):
        log_incident(session, uid, f"r1c{number + 1}", minutes_ago=20 - number)
    for uid, part, digit in (("i2", "status", "1"), ("i1", "title", "1"), ("i2", "priority", "2")):
        qtbot.wait(1)
        label = getattr(find_card(window, uid), part)
        window.sections.ensureWidgetVisible(label)
        spot = label.mapTo(window, QPoint(4, label.height() // 2))
        QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=spot)
        assert window.left.sections["console"].highlighted == uid
        marked = [one for one in ("i1", "i2") if find_card(window, one).property("highlighted")]
        assert marked == [uid]
        keys(qtbot, digit)
        assert list_stamps(session)[-1][2] == uid


def test_a_double_click_on_a_stamp_does_not_press_what_moved_under_the_pointer(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    left, native = Qt.MouseButton.LeftButton, window.windowHandle()
    assert native is not None
    for at in range(4):
        log_incident(session, f"i{at}", f"r1c{at + 1}", minutes_ago=20 - at)
    find_card(window, "i1").setFocus()
    qtbot.wait(1)  # the column takes its place
    button = find_card(window, "i1").details.buttons.button(0)
    other = find_card(window, "i1").details.buttons.button(2)
    spot = button.mapTo(window, button.rect().center())
    QTest.mouseClick(native, left, pos=spot)
    qtbot.wait(1)  # what has changed takes its place
    bar = window.sections.verticalScrollBar()
    slid = other.mapTo(window, other.rect().center()).y() - spot.y()
    bar.setValue(bar.value() + slid)
    assert window.childAt(spot) is other
    for _ in range(2):
        QTest.mouseClick(native, left, pos=spot)
    assert list_stamps(session) == [("A", "dispatched_at", "i1")]
    qtbot.wait(QApplication.styleHints().mouseDoubleClickInterval() + 50)
    QTest.mouseClick(native, left, pos=spot)
    assert list_stamps(session)[1:] == [("A", "onscene_at", "i1")]


def test_a_double_click_that_unfolds_a_card_presses_nothing_in_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    left, native = Qt.MouseButton.LeftButton, window.windowHandle()
    assert native is not None
    window.resize(1280, 1000)  # all has room: the queue cannot scroll back under the pointer
    for at in range(2):
        log_incident(session, f"i{at}", f"r1c{at + 1}", minutes_ago=20 - at)
    first, second = find_card(window, "i0"), find_card(window, "i1")
    first.take_focus()
    qtbot.wait(1)
    folded = second.rect().translated(second.mapTo(window, QPoint(0, 0)))
    second.take_focus()
    qtbot.wait(1)
    spots = [
        button.mapTo(window, button.rect().center())
        for button in second.details.findChildren(QAbstractButton)
        if button.isVisible()
    ]
    (spot, *_) = [one for one in spots if folded.contains(one)]
    for wait_ms in (0, QApplication.styleHints().mouseDoubleClickInterval() + 50):
        first.take_focus()
        qtbot.wait(1)
        QTest.mouseClick(native, left, pos=spot)
        assert window.left.sections["console"].highlighted == "i1"
        qtbot.wait(1 + wait_ms)
        pressed = window.childAt(spot)
        assert isinstance(pressed, QAbstractButton)
        with qtbot.assertNotEmitted(pressed.clicked):
            QTest.mouseClick(native, left, pos=spot)
    assert list_stamps(session) == []


def test_the_site_field_is_visible_after_j_and_typing_replaces_the_outcome(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for at in range(4):
        log_incident(session, f"i{at}", f"r1c{at + 1}")
    new, bar = window.left.sections["console"].new, window.sections.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    qtbot.keyClick(window.map, Qt.Key.Key_J)
    assert new.site.hasFocus()
    qtbot.waitUntil(lambda: new.site.visibleRegion().boundingRect() == new.site.rect())
    find_card(window, "i0").take_focus()
    keys(qtbot, "1234")
    keys(qtbot, "all clear\n\n")
    assert list_incidents(session)[0].disposition == "all clear"


def test_esc_clears_the_new_incident_form_and_returns_the_focus(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    qtbot.waitUntil(window.isActiveWindow)
    new, notices = window.left.sections["console"].new, window.desk.notices
    qtbot.keyClick(window.map, Qt.Key.Key_J)
    keys(qtbot, "r3c2\n")
    keys(qtbot, "fight 1")
    qtbot.keyClick(new.what, Qt.Key.Key_Escape)
    assert (new.site.text(), new.what.text(), new.priority.value()) == ("", "", 3)
    assert window.map.hasFocus() and session.store.entries() == []
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)
    assert (new.site.key, new.what.text(), new.priority.value()) == ("r3c2", "fight 1", 1)
    qtbot.keyClick(new.what, Qt.Key.Key_Escape)
    notices.show_notice("News of another desk takes the place of the offer.")
    window.show_workspace("plan")
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    for times in (1, 2):  # the second time nothing is left
        qtbot.keyClick(window.map, Qt.Key.Key_J, held)
        assert (new.site.key, new.what.text(), new.priority.value()) == ("r3c2", "fight 1", 1)
        assert new.what.hasFocus() and new.drafts == [], times
    for _ in range(2):  # an empty form has nothing to put back
        qtbot.keyClick(new.what, Qt.Key.Key_Escape)
        notices.hide()
    qtbot.keyClick(window.map, Qt.Key.Key_J)
    qtbot.keyClick(new.site, Qt.Key.Key_Escape)
    assert notices.isHidden() and window.map.hasFocus() and session.store.entries() == []
