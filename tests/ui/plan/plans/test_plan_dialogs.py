"""Dialogs of plans and locks: start, adopt, retire, note, lock."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import project_from
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    adopt_plan,
    assign_sites,
    rename_plan,
    submit_plan,
)
from zoneplanner.domain.plans.plan import LockScope, PlanStatus
from zoneplanner.ui.plan.assignment.locks_panel import LockActions, LockDialog
from zoneplanner.ui.plan.plans.plan_actions import PlanActions
from zoneplanner.ui.plan.plans.plan_dialogs import (
    AdoptPlanDialog,
    NewPlanDialog,
    PlanNoteDialog,
    RetirePlanDialog,
    find_last_school_day,
)
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext

TODAY = date(2026, 11, 16)


def test_a_plan_that_breaks_rules_is_adopted_only_after_confirmation(
    desk: UiContext, qtbot: QtBot
) -> None:
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    assert "It breaks 2 rules" in dialog.broken.text() and "Zone A" in dialog.broken.text()
    assert not dialog.ok.isEnabled()
    dialog.anyway.setChecked(True)
    dialog.ok.click()
    assert desk.session.plan is not None and desk.session.plan.is_adopted


def test_adopting_a_plan_with_a_working_name_offers_its_school_year(
    desk: UiContext, qtbot: QtBot
) -> None:
    session = desk.session
    session.apply("Rename", lambda project: rename_plan(project, "plan", "Proposed 2"))
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    assert dialog.name.text() == "2026-27"
    dialog.ok.click()
    plan = session.plan
    assert plan is not None and plan.is_adopted and plan.name == "2026-27"
    session.undo()
    assert session.plan is not None and session.plan.name == "Proposed 2"
    again = AdoptPlanDialog(desk)
    qtbot.addWidget(again)
    again.name.clear()
    again.ok.click()
    assert again.refused.isVisibleTo(again) and not session.plan.is_adopted


def test_an_adopted_plan_is_in_force_through_its_last_day(desk: UiContext, qtbot: QtBot) -> None:
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.ends.setChecked(True)
    too_early = dialog.day.day() - timedelta(days=1)
    dialog.last.setDate(dialog.day.date().addDays(-1))
    dialog.accept()
    assert desk.session.formats.day(too_early) in dialog.refused.text()
    dialog.last.setDate(QDate(2027, 6, 10))
    dialog.accept()
    plan = desk.session.plan
    assert plan is not None
    assert plan.status(date(2027, 6, 10)) is PlanStatus.IN_FORCE
    assert plan.status(date(2027, 6, 11)) is PlanStatus.RETIRED


def test_the_last_school_day_comes_from_the_calendar_if_known() -> None:
    terms = (DateRange("Fall", date(2026, 8, 12), date(2026, 12, 18)),)
    assert find_last_school_day(SchoolCalendar(terms, ()), date(2026, 11, 30)) == date(2026, 12, 18)
    assert find_last_school_day(SchoolCalendar(terms, ()), date(2027, 1, 4)) == date(2027, 10, 31)


def test_overlapping_dates_are_rejected_in_the_dialog(desk: UiContext, qtbot: QtBot) -> None:
    PlanActions(desk, desk.notices)
    desk.actions["copy_plan"].trigger()
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2027, 1, 4)))
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.accept()
    assert dialog.isVisible() and says(dialog.refused.text(), "plans_overlap")
    dialog.ends.setChecked(True)
    dialog.last.setDate(QDate(2027, 1, 3))
    dialog.accept()
    assert desk.session.plan is not None and desk.session.plan.is_adopted


def test_adopting_a_plan_ends_only_one_already_in_force(desk: UiContext, qtbot: QtBot) -> None:
    first = AdoptPlanDialog(desk)
    qtbot.addWidget(first)
    assert "ends" not in first.about.text()
    PlanActions(desk, desk.notices)
    desk.actions["copy_plan"].trigger()
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 11, 4)))
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    assert "“Plan” ends" in dialog.about.text()
    dialog.day.put(date(2026, 11, 4))
    assert "ends" not in dialog.about.text()
    dialog.day.put(date(2026, 11, 5))
    assert "“Plan” ends" in dialog.about.text()


def test_retiring_a_plan_names_the_next_adopted_one(desk: UiContext, qtbot: QtBot) -> None:
    PlanActions(desk, desk.notices)
    desk.actions["copy_plan"].trigger()
    session = desk.session
    assert session.plan is not None
    second = session.plan
    session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 8, 12)))
    alone = RetirePlanDialog(desk, session.project.plans["plan"])
    qtbot.addWidget(alone)
    assert "unless" in alone.about.text()
    session.apply("Adopt", lambda project: adopt_plan(project, second.uid, date(2027, 1, 4)))
    dialog = RetirePlanDialog(desk, session.project.plans["plan"])
    qtbot.addWidget(dialog)
    begins = session.formats.day(date(2027, 1, 4))
    assert f"“{second.name}”" in dialog.about.text() and begins in dialog.about.text()
    assert "unless" not in dialog.about.text()


def test_an_adopted_plan_is_retired_after_its_last_day(desk: UiContext, qtbot: QtBot) -> None:
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 8, 12)))
    assert desk.session.plan is not None
    dialog = RetirePlanDialog(desk, desk.session.plan)
    qtbot.addWidget(dialog)
    dialog.accept()
    plan = desk.session.plan
    assert plan.status(TODAY) is PlanStatus.IN_FORCE
    assert plan.status(date(2026, 11, 17)) is PlanStatus.RETIRED
    assert desk.session.undo_label == "Retire “Plan” after 2026-11-16"


def test_an_adopted_plan_can_be_retired_before_it_takes_effect(
    desk: UiContext, qtbot: QtBot
) -> None:
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2027, 1, 4)))
    assert desk.session.plan is not None
    dialog = RetirePlanDialog(desk, desk.session.plan)
    qtbot.addWidget(dialog)
    dialog.accept()
    assert desk.session.plan.status(date(2027, 1, 4)) is PlanStatus.RETIRED


def test_a_note_on_a_plan_is_saved_and_removed(desk: UiContext, qtbot: QtBot) -> None:
    for text in ("for the board", ""):
        assert desk.session.plan is not None
        dialog = PlanNoteDialog(desk, desk.session.plan)
        qtbot.addWidget(dialog)
        dialog.text.setPlainText(text)
        dialog.accept()
        assert desk.session.plan.note == text


def test_the_actions_follow_the_status_of_the_plan(desk: UiContext) -> None:
    PlanActions(desk, desk.notices)
    actions, session = desk.actions, desk.session

    def list_enabled() -> list[str]:
        names = ("put_forward", "adopt", "retire_plan", "delete_plan")
        return [name for name in names if actions[name].isEnabled()]

    assert list_enabled() == ["put_forward", "adopt", "delete_plan"]
    actions["put_forward"].trigger()
    assert session.plan is not None and session.plan.status(TODAY) is PlanStatus.PROPOSED
    forward = actions["put_forward"].text()
    actions["put_forward"].trigger()
    assert actions["put_forward"].text() != forward
    assert session.plan.is_draft
    session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 8, 12)))
    assert list_enabled() == ["retire_plan"]


@pytest.mark.parametrize("key", ["shown", "nearest", "best"])
def test_a_new_plan_starts_from_another_from_posts_or_empty(
    desk: UiContext, qtbot: QtBot, key: str
) -> None:
    asked: list[str] = []
    desk.actions.set_handler("propose", lambda: asked.append("propose"))
    dialog = NewPlanDialog(desk)
    qtbot.addWidget(dialog)
    assert not dialog.starts["in_force"].isEnabled()
    dialog.starts[key].setChecked(True)
    dialog.name.setText("Spring")
    dialog.accept()
    qtbot.waitUntil(lambda: desk.session.plan is not None and desk.session.plan.name == "Spring")
    plan = desk.session.plan
    assert plan is not None
    assert (plan.parent, len(plan.assignment), asked) == {
        "shown": ("plan", 12, []),
        "nearest": (None, 12, []),
        "best": (None, 0, ["propose"]),
    }[key]


def test_a_plan_made_from_a_table_lists_rejected_rows(
    desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "board.csv"
    file.write_text("site,zone\nr1c1,B\nr1c2,Z\n")
    dialog = NewPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.starts["table"].setChecked(True)
    dialog.file.setText(str(file))
    dialog.accept()
    qtbot.waitUntil(lambda: len(desk.session.project.plans) == 2)
    facts = {"taken": 1, "read": 2, "file": "board.csv"}
    assert says(desk.notices.text.text(), "plan_from_file.rows", **facts)
    details = desk.notices.details.text()
    assert "Row 3:" in details and says(details, "unknown_zone.of_file", zone="Z")
    desk.notices.offer.click()
    assert list(desk.session.project.plans) == ["plan"]


def test_an_unusable_file_creates_no_plan(desk: UiContext, qtbot: QtBot, tmp_path: Path) -> None:
    letter = tmp_path / "letter.geojson"
    letter.write_text("Dear planner")
    dialog = NewPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.starts["polygons"].setChecked(True)
    for text, code in (("", "field_empty.plan_file"), (str(tmp_path / "x.json"), "no_file.plan")):
        dialog.file.setText(text)
        dialog.accept()
        assert dialog.isVisible() and says(dialog.refused.text(), code)
    dialog.file.setText(str(letter))
    dialog.accept()
    code = "unreadable_file.other_kind"
    qtbot.waitUntil(lambda: says(desk.notices.text.text(), code))
    assert list(desk.session.project.plans) == ["plan"]


def test_a_new_plan_needs_a_unique_name(desk: UiContext, qtbot: QtBot) -> None:
    dialog = NewPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.open()
    for name, code in ((" ", "field_empty.plan_name"), ("Plan", "name_taken.plan")):
        dialog.name.setText(name)
        dialog.accept()
        assert dialog.isVisible() and says(dialog.refused.text(), code)


def find_lock_dialog(window: MainWindow) -> LockDialog:
    (dialog,) = [d for d in window.findChildren(QDialog) if isinstance(d, LockDialog)]
    return dialog


def test_the_lock_action_locks_a_zone_with_a_reason_and_unlocks_it(
    window: MainWindow, session: Session
) -> None:
    window.desk.bridge.select(zone="A")
    action = window.desk.actions["lock"]
    locks = action.text()
    action.trigger()
    dialog = find_lock_dialog(window)
    zone, agency = (dialog.what.itemText(at) for at in range(dialog.what.count()))
    assert "A" in zone.split() and "4" in zone.split() and "Sheriff" in agency
    dialog.reason.setText("trial until June")
    dialog.accept()
    assert session.plan is not None and list(session.plan.locks) == ["zone A"]
    assert "trial until June" in window.zone_card.lock_note.text()
    assert window.left.folds["locks"].header.text() == "Locks (1)"
    assert action.text() != locks and "trial until June" in action.toolTip()
    action.trigger()
    assert session.plan is not None and not session.plan.locks


def test_a_school_can_be_locked_alone_or_with_its_agency(
    window: MainWindow, session: Session
) -> None:
    window.desk.bridge.select(site="r3c1")
    window.desk.actions["lock"].trigger()
    dialog = find_lock_dialog(window)
    assert "School r3c1" in dialog.what.currentText()
    dialog.what.setCurrentIndex(2)
    dialog.accept()
    assert session.plan is not None and list(session.plan.locks) == ["agency Police"]
    window.desk.actions["unlock_all"].trigger()
    assert session.plan is not None and not session.plan.locks


def test_an_agency_is_locked_without_a_selection(window: MainWindow, session: Session) -> None:
    window.desk.actions["lock_agency"].trigger()
    dialog = find_lock_dialog(window)
    dialog.what.setCurrentIndex(dialog.what.findText("Police", Qt.MatchFlag.MatchContains))
    dialog.accept()
    assert session.plan is not None and list(session.plan.locks) == ["agency Police"]


def test_the_menu_of_a_block_locks_its_zone(
    open_window: Callable[[Session], MainWindow], open_session: Callable[..., Session]
) -> None:
    session = open_session(project_from("A.BB"))
    window = open_window(session)
    menu = window.rule_actions.block_menu("B1-2")
    texts = [action.text() for action in menu.actions() if action.text()]
    (zone,) = (text[len("Lock Zone ") : -1] for text in texts if text.startswith("Lock Zone"))
    assert any(text.startswith("Zoom") and text.endswith(f" {zone}") for text in texts)
    next(a for a in menu.actions() if a.text().startswith("Lock Zone")).trigger()
    find_lock_dialog(window).accept()
    assert session.plan is not None and list(session.plan.locks) == [f"zone {zone}"]


def test_a_submitted_plan_cannot_be_locked(desk: UiContext) -> None:
    LockActions(desk, desk.notices)
    desk.session.apply("Lock", lambda p: add_plan_lock(p, "plan", LockScope.ZONE, "A", ""))
    desk.session.apply("Propose", lambda project: submit_plan(project, "plan", TODAY))
    desk.bridge.select(zone="A")
    names = ("lock", "lock_agency", "unlock_all")
    assert not any(desk.actions[name].isEnabled() for name in names)
