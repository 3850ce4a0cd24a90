"""Forms of readiness: checklists, review steps, improvement plans, rules and retention."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import EARLIER_RULES, create_store
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDialog, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_drills, list_plan_reviews, log_record
from zoneplanner.app.readiness.records import list_follow_up_records
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.readiness.rules import install_rule_pack, read_offered_pack
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog, CorrectiveActionDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.readiness.people_forms import ConcernDialog, PeopleRecordDialog
from zoneplanner.ui.readiness.plan_review_forms import DistrictReportDialog, ReviewStepDialog
from zoneplanner.ui.readiness.retention_dialog import RetentionDialog
from zoneplanner.ui.readiness.rules_dialog import ReadinessRulesDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext

NO_ENTER = (QAbstractButton, QPlainTextEdit)
"""Space presses a button, and a text area takes Enter as text."""
LOCKDOWN = {"uid": "i1", "site": "r1c1", "type": "lockdown", "priority": "1"}


def open_dialog(dialog: QDialog, qtbot: QtBot) -> None:
    qtbot.addWidget(dialog)
    dialog.open()


def type_site(dialog: AfterActionDialog, site: str, qtbot: QtBot) -> None:
    """Type a school's name into the form and confirm it."""
    field = dialog.site.lineEdit()
    assert field is not None
    field.selectAll()
    qtbot.keyClicks(field, dialog.site.itemText(dialog.site.findData(site)))
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_an_armed_assailant_drill_can_be_logged_only_once_its_checklist_is_complete(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = DrillDialog(desk, "r1c3", kind="armed_assailant")
    open_dialog(dialog, qtbot)
    assert dialog.gate.isVisible()
    assert not dialog.ok.isEnabled()
    dialog.asked.now.click()
    for box in dialog.points.values():
        assert not dialog.ok.isEnabled()
        box.setChecked(True)
    assert dialog.ok.isEnabled()
    dialog.accept()
    (drill,) = list_drills(desk.session)
    assert (drill.kind, len(drill.checklist)) == ("armed_assailant", len(dialog.points))


def test_the_button_stays_in_place_when_nothing_more_is_required(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    assert dialog.required.isVisible() and not dialog.ok.isEnabled()
    high, place = dialog.sizeHint().height(), dialog.ok.pos()
    dialog.asked.now.click()
    assert not dialog.required.isVisible() and dialog.ok.isEnabled()
    assert (dialog.sizeHint().height(), dialog.ok.pos()) == (high, place)


def test_other_drills_have_no_checklist(desk: UiContext, qtbot: QtBot) -> None:
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    assert not dialog.gate.isVisible()
    dialog.minutes.setValue(6)
    dialog.asked.now.click()
    dialog.accept()
    (drill,) = list_drills(desk.session)
    assert (drill.site, drill.kind, drill.minutes) == ("r1c3", "fire", 6)
    again = DrillDialog(desk, None, corrects=drill)
    open_dialog(again, qtbot)
    again.kind.setCurrentIndex(again.kind.findData("drop"))
    again.accept()
    assert [(one.uid, one.kind) for one in list_drills(desk.session)] == [(drill.uid, "drop")]


def test_enter_in_an_untouched_form_logs_nothing(desk: UiContext, qtbot: QtBot) -> None:
    log_record(desk.session, "incident", LOCKDOWN)
    before = desk.session.store.head().entries
    for form, asked in (
        (DrillDialog(desk, "r1c1"), "Set the day and hour of the drill"),
        (ReviewStepDialog(desk, "r1c1"), "Set the day on which this step was done"),
        (AfterActionDialog(desk, incident="i1"), "Write at least one"),
        (ConcernDialog(desk, "r1c1"), "Enter the reference number"),
        (IncidentDialog(desk, "r1c1"), "An incident needs a type"),
        (DistrictReportDialog(desk), "Set the day on which the report was sent"),
    ):
        open_dialog(form, qtbot)
        fields = [
            one
            for one in form.findChildren(QWidget)
            if one.isVisible() and one.focusPolicy().value & 1
        ]
        for at in (form, *(one for one in fields if not isinstance(one, NO_ENTER))):
            for _ in range(2):
                qtbot.keyClick(at, Qt.Key.Key_Return)
        assert form.isVisible()
        assert form.required.isVisible() and form.required.text().startswith(asked)
        assert not form.ok.isEnabled()
        form.accept()
        assert form.isVisible()
    assert desk.session.store.head().entries == before


def test_the_time_of_a_drill_reads_not_recorded_until_it_is_entered(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    field, unsaid = dialog.held, dialog.asked.not_recorded
    dialog.note.field.setFocus()
    assert unsaid.isVisible() and unsaid.text() == "Not recorded" and unsaid.width() > 100
    assert field.accessibleDescription() == unsaid.text() and not dialog.ok.isEnabled()
    field.setFocus(Qt.FocusReason.TabFocusReason)
    assert not unsaid.isVisible() and field.property("role") == "suggested"
    dialog.note.field.setFocus()
    assert unsaid.isVisible(), "focus alone enters nothing"
    for typed in (field.text().split(" ", 1)[1], "0745"):  # the suggested time counts too
        dialog.close()
        dialog = DrillDialog(desk, "r1c3")
        open_dialog(dialog, qtbot)
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        field, unsaid = dialog.held, dialog.asked.not_recorded
        field.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClicks(field, typed)
        dialog.note.field.setFocus()
        assert not unsaid.isVisible() and not field.property("role") and dialog.ok.isEnabled(), (
            typed
        )


def test_a_drill_outside_school_hours_needs_a_note_and_a_future_one_is_rejected(
    desk: UiContext, qtbot: QtBot
) -> None:
    term = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
    holiday = DateRange("Thanksgiving", date(2026, 11, 23), date(2026, 11, 27))
    desk.session.apply(
        "Calendar", lambda project: replace(project, calendar=SchoolCalendar((term,), (holiday,)))
    )
    zone = ZoneInfo(desk.session.project.time_zone)
    desk.session.clock = lambda: datetime(2026, 11, 26, 21, 0, tzinfo=zone)
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    hours = {"at": "20:00", "site": "School r1c3", "first": "08:00"}
    for at, doubt, facts in (
        ((2026, 11, 26, 20, 0), "holiday", {"day": "2026-11-26", "holiday": "Thanksgiving"}),
        ((2026, 11, 18, 20, 0), "hours", {"day": "2026-11-18", **hours}),
    ):
        dialog.held.put(datetime(*at, tzinfo=zone))
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        assert dialog.isVisible() and says(dialog.required.text(), f"drill_doubt.{doubt}", **facts)
    dialog.held.put(datetime(2026, 11, 30, 9, 0, tzinfo=zone))
    dialog.note.put("Rehearsal")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert (
        dialog.isVisible()
        and says(dialog.required.text(), "in_the_future")
        and not dialog.ok.isEnabled()
    )
    dialog.held.put(datetime(2026, 11, 26, 20, 0, tzinfo=zone))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (drill,) = list_drills(desk.session)
    assert drill.note == "Rehearsal"


def test_a_drill_held_months_ago_is_logged_on_the_second_enter(
    desk: UiContext, qtbot: QtBot
) -> None:
    now = datetime(2026, 11, 28, 9, 0, tzinfo=ZoneInfo(desk.session.project.time_zone))
    desk.session.clock = lambda: now
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    for month, ago in ((6, "5 months"), (5, "6 months")):
        dialog.held.put(now.replace(month=month))
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        day = desk.session.formats.day(now.replace(month=month))
        assert dialog.refused.text().startswith(f"Held {day}: {ago}")
        assert dialog.isVisible() and list_drills(desk.session) == ()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (drill,) = list_drills(desk.session)
    assert drill.held_at == now.replace(month=5)
    recent = DrillDialog(desk, "r1c3")
    open_dialog(recent, qtbot)
    recent.held.put(now.replace(day=1))
    qtbot.keyClick(recent, Qt.Key.Key_Return)
    assert len(list_drills(desk.session)) == 2, "a drill of this month needs no confirmation"


def test_a_drill_without_a_school_is_rejected_in_the_dialog(desk: UiContext, qtbot: QtBot) -> None:
    dialog = DrillDialog(desk, None)
    open_dialog(dialog, qtbot)
    dialog.asked.now.click()
    dialog.accept()
    assert dialog.isVisible() and dialog.refused.isVisible()
    type_site(dialog, "r1c3", qtbot)
    dialog.accept()
    assert [one.site for one in list_drills(desk.session)] == ["r1c3"]


def test_the_form_offers_the_next_review_step(desk: UiContext, qtbot: QtBot) -> None:
    offered = []
    for _ in range(16):
        dialog = ReviewStepDialog(desk, "r1c1")
        open_dialog(dialog, qtbot)
        stage = dialog.stage.currentData()
        offered.append((stage, dialog.who.currentData() if stage == "consulted" else ""))
        assert dialog.form.isRowVisible(dialog.who) == (stage in {"consulted", "confirmed"})
        assert dialog.form.isRowVisible(dialog.elements_area) == (stage == "confirmed")
        if stage == "confirmed":
            assert len(dialog.elements.boxes) >= 20
            for box in dialog.elements.boxes.values():
                box.setChecked(True)
        dialog.asked.now.click()
        dialog.accept()
    after = ["adopted", "approved", "shared", "published"]
    assert [stage for stage, _ in offered] == [
        *("drafted", "confirmed", "notified"),
        *["consulted"] * 9,
        *after,
    ]
    assert len({who for _, who in offered}) == 10
    assert len(list_plan_reviews(desk.session)) == 16
    (row,) = (
        one
        for one in compute_readiness(desk.session).items
        if (one.site, one.kind) == ("r1c1", "plan_review")
    )
    assert (row.status, row.open_points) == (RequirementStatus.DONE, ())
    last = ReviewStepDialog(desk, "r1c1")
    open_dialog(last, qtbot)
    so_far = last.so_far.text().rstrip(".").split("; ")
    assert [step.split()[0].lower() for step in so_far] == [stage for stage, _ in offered]
    assert all(step.endswith(" 2026-11-16") for step in so_far) and "staff" in so_far[1]
    assert all(" ✓ " in box.text() for box in last.elements.boxes.values())
    (tip,) = {box.toolTip() for box in last.elements.boxes.values()}
    assert "staff" in tip and "2026-11-16" in tip
    assert last.stage.currentData() == "published", "nothing is open"
    log_record(desk.session, "review", {"site": "r1c1", "stage": "adopted", "on": "2026-11-16"})
    log_record(desk.session, "review", {"site": "r1c2", "stage": "adopted", "on": "2026-11-12"})
    late = {"site": "r1c2", "stage": "drafted", "on": "2026-11-16"}
    log_record(desk.session, "review", late)
    year_before = ReviewStepDialog(desk, "r1c2", school_year="2025-26")
    open_dialog(year_before, qtbot)
    assert year_before.columns()["school_year"] == "2025-26"
    assert year_before.stage.currentData() == "drafted"
    other = ReviewStepDialog(desk, "r1c2")
    open_dialog(other, qtbot)
    assert other.stage.currentData() == "drafted", "a new draft follows the adoption"
    last.stage.setCurrentIndex(last.stage.findData("confirmed"))
    room = last.screen().availableGeometry()
    qtbot.waitUntil(lambda: last.height() > last.elements_area.height() * 2)
    assert room.contains(last.geometry()) and last.rect().contains(last.ok.geometry())
    stages = [step.split()[0].lower() for step in last.so_far.text().split("; ")]
    assert stages[-4:] == after, "the last adoption is among them"


def test_reviewing_an_outdated_text_reports_that_nothing_is_released(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = PeopleRecordDialog(desk, None, kind="text_review")
    open_dialog(dialog, qtbot)
    assert dialog._fields["language"].findData("en") < 0, "English needs no translation review"
    dialog._fields["role"].put("District translator")
    dialog.accept()
    assert not dialog.isVisible() and says(desk.notices.text.text(), "review_of_earlier_text")


def test_an_after_action_review_is_saved_with_its_plan_or_not_at_all(
    desk: UiContext, qtbot: QtBot
) -> None:
    log_record(desk.session, "incident", LOCKDOWN)
    dialog = AfterActionDialog(desk, incident="i1")
    open_dialog(dialog, qtbot)
    assert dialog.site.currentData() == "r1c1"
    assert not dialog.site.isEnabled()
    dialog.parts["strengths"].put("Doors were locked at once.")
    row = dialog.add_action()
    row.text.put("Fix the gate")
    dialog.accept()
    assert "Action 1" in dialog.refused.text()
    assert list_follow_up_records(desk.session.store, "after_action") == ()
    row.role.put("custodian")
    dialog.add_action()  # an empty row is no action
    dialog.accept()
    (review,) = list_follow_up_records(desk.session.store, "after_action")
    (action,) = list_follow_up_records(desk.session.store, "corrective_action")
    assert (review.incident, review.strengths) == ("i1", "Doors were locked at once.")
    assert (action.review, action.site, action.owner_role) == (review.uid, "r1c1", "custodian")


def test_a_review_started_for_a_school_offers_only_its_incidents(
    desk: UiContext, qtbot: QtBot
) -> None:
    log_record(desk.session, "incident", LOCKDOWN)
    log_record(desk.session, "incident", {**LOCKDOWN, "uid": "i2", "site": "r1c3"})
    dialog = AfterActionDialog(desk)
    open_dialog(dialog, qtbot)
    assert dialog.incident.count() == 3
    type_site(dialog, "r1c1", qtbot)
    qtbot.keyClick(dialog.incident, Qt.Key.Key_Down)
    assert (dialog.incident.currentData(), dialog.site.currentData()) == ("i1", "r1c1")
    assert dialog.incident.findData("i2") < 0
    qtbot.keyClick(dialog.incident, Qt.Key.Key_Up)
    type_site(dialog, "r1c3", qtbot)
    assert [dialog.incident.itemData(at) for at in range(2)] == ["", "i2"]


def test_an_event_elsewhere_needs_neither_incident_nor_site(desk: UiContext, qtbot: QtBot) -> None:
    dialog = AfterActionDialog(desk)
    open_dialog(dialog, qtbot)
    dialog.what.put("Event in another state")
    dialog.parts["improvements"].put("Nothing for us to change.")
    dialog.accept()
    (review,) = list_follow_up_records(desk.session.store, "after_action")
    assert (review.site, review.incident, review.event) == (None, "", "Event in another state")


def test_a_persons_name_triggers_a_warning_but_is_accepted(desk: UiContext, qtbot: QtBot) -> None:
    dialog = DrillDialog(desk, "r1c3")
    open_dialog(dialog, qtbot)
    dialog.note.put("two exits blocked")
    assert not dialog.note.hint.isVisible()
    dialog.note.put("Jane Doe was late")
    assert dialog.note.hint.isVisible()
    assert "Jane Doe" in dialog.note.field.accessibleDescription()
    dialog.asked.now.click()
    dialog.accept()
    assert list_drills(desk.session)[0].note == "Jane Doe was late"


def test_an_action_is_marked_done_and_then_verified(desk: UiContext, qtbot: QtBot) -> None:
    log_record(desk.session, "incident", LOCKDOWN)
    log_record(desk.session, "after_action", {"incident": "i1", "uid": "r1"})
    columns = {"review": "r1", "action": "Fix the gate", "owner_role": "custodian"}
    log_record(desk.session, "corrective_action", {**columns, "due_on": "2026-12-01"})
    for step in ("done_on", "verified_on"):
        (action,) = list_follow_up_records(desk.session.store, "corrective_action")
        dialog = CorrectiveActionDialog(desk, corrects=action)
        open_dialog(dialog, qtbot)
        getattr(dialog, step).taken.setChecked(True)
        dialog.accept()
    (action,) = list_follow_up_records(desk.session.store, "corrective_action")
    assert action.is_on_time(desk.session.today)


def test_a_concern_stores_only_a_reference_and_its_times(desk: UiContext, qtbot: QtBot) -> None:
    dialog = ConcernDialog(desk, None)
    open_dialog(dialog, qtbot)
    dialog.reference.put("somebody said something")
    dialog.accept()
    assert says(dialog.refused.text(), "not_a_reference")
    dialog.reference.put("C-2026-014")
    dialog.accept()
    (concern,) = list_follow_up_records(desk.session.store, "concern")
    assert (concern.reference, concern.received_at) == ("C-2026-014", desk.session.clock())
    again = ConcernDialog(desk, None, corrects=concern)
    open_dialog(again, qtbot)
    again.acknowledged.taken.setChecked(True)
    again.accept()
    (concern,) = list_follow_up_records(desk.session.store, "concern")
    assert concern.acknowledged_at == desk.session.clock()


def test_the_district_chooses_a_rule_text_and_adds_its_own_drills(
    desk: UiContext, qtbot: QtBot
) -> None:
    install_rule_pack(desk.session, read_offered_pack(desk.session, EARLIER_RULES))
    dialog = ReadinessRulesDialog(desk)
    open_dialog(dialog, qtbot)
    box = dialog.followed["fire.intermediate"]
    box.setCurrentIndex(box.findData("Ed. Code 32001"))
    dialog.level.setCurrentIndex(dialog.level.findData("secondary"))
    dialog.times.setValue(1)
    dialog.accept()
    rules = desk.session.project.rules
    assert rules.followed == {"fire.intermediate": "Ed. Code 32001"}
    assert [(own.kind, own.level, own.times) for own in rules.own] == [("lockdown", "secondary", 1)]
    again = ReadinessRulesDialog(desk)
    open_dialog(again, qtbot)
    again.accept()
    assert len(desk.session.history) == 4
    desk.session.undo()
    desk.session.undo()
    assert not desk.session.project.rules.followed


def test_retention_years_are_set_and_undone(desk: UiContext, qtbot: QtBot) -> None:
    dialog = ReadinessRulesDialog(desk)
    open_dialog(dialog, qtbot)
    assert dialog.years["Violent-incident log"].minimum() == 5
    dialog.years["Visits"].setValue(6)
    dialog.accept()
    assert desk.session.project.rules.years == {"Visits": 6}
    report = RetentionDialog(desk)
    open_dialog(report, qtbot)
    row = report.table.place("Visits")
    assert row is not None and report.table.index(row, 2).data() == "6"
    desk.session.undo()
    assert not desk.session.project.rules.years


def test_the_retention_report_deletes_nothing(desk: UiContext, qtbot: QtBot) -> None:
    old = {"site": "r1c1", "type": "trespass", "received_at": "2019-11-16T08:00"}
    log_record(desk.session, "incident", old)
    dialog = RetentionDialog(desk)
    open_dialog(dialog, qtbot)
    rows = [dialog.table.row(at) for at in range(dialog.table.rowCount())]
    assert sum(row.expired for row in rows) == 1 and dialog.about.text().startswith("1 ")
    assert dialog.table.rowCount() == 9
    assert desk.session.store.head().entries == 1


def test_window_and_command_set_which_incidents_need_a_review(
    desk: UiContext, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session, told = desk.session, tmp_path / "command.gpkg"
    create_store(told, session.saved_project, actor="p", at=session.clock()).close()
    fight = {"uid": "i3", "site": "r1c1", "type": "fight", "priority": "3"}
    log_record(session, "incident", fight)
    columns = [f"{name}={text}" for name, text in fight.items()]
    assert main(["log", str(told), "incident", *columns, "received_at=now"]) == 0
    assert not [one for one in compute_readiness(session).items if one.kind == "after_action"]
    dialog = ReadinessRulesDialog(desk)
    open_dialog(dialog, qtbot)
    assert dialog.days["review_priority"].value() == 1
    dialog.days["review_priority"].setValue(3)
    dialog.accept()
    (review,) = (one for one in compute_readiness(session).items if one.kind == "after_action")
    assert (review.uid, review.status) == ("i3", RequirementStatus.DUE)
    form = AfterActionDialog(desk)
    open_dialog(form, qtbot)
    assert form.incident.findData("i3") >= 0
    main(["rules", str(told), "--within", "review_priority=3"])
    capsys.readouterr()
    main(["readiness", str(told), "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(one["uid"], one["status"]) for one in rows if one["item"] == "after_action"] == [
        ("i3", "due")
    ]
    assert main(["rules", str(told), "--within", "review_priority=10"]) == 2
    assert "from 0 to 9" in capsys.readouterr().err
