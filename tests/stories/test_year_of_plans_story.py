"""A year of plans in the window, on San Juan Unified's real sites: sketch, fix, lock, adopt."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.errors import UserError
from zoneplanner.ui.plan.assignment.locks_panel import LockDialog
from zoneplanner.ui.plan.plans.plan_dialogs import AdoptPlanDialog, NewPlanDialog
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.mark.long  # 5 s; the window, workspace and keyboard stories cover its parts
def test_a_planner_sketches_fixes_locks_and_adopts_for_two_years(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    first = adopt_until_june(window)
    sketch_from_nearest_posts(window, qtbot)
    fix_all(window, qtbot)
    lock_zone(window)
    submit_and_withdraw(window)
    adopt_on_overlapping_days(window, first)
    adopt_for_next_year(window, first)
    import_table(window, tmp_path, qtbot)
    restore_from_history(window)


def find_dialog(window: MainWindow, kind: type[QDialog]) -> QDialog:
    return [found for found in window.window().findChildren(QDialog) if isinstance(found, kind)][-1]


def adopt_until_june(window: MainWindow) -> date:
    session = window.desk.session
    window.desk.actions["adopt"].trigger()
    asked = find_dialog(window, AdoptPlanDialog)
    asked.ends.setChecked(True)
    first = asked.day.day()
    last = first + timedelta(days=100)
    asked.last.setDate(QDate(last.year, last.month, last.day))
    asked.accept()
    assert session.plan is not None and session.plan.status(last) is PlanStatus.IN_FORCE
    return last


def sketch_from_nearest_posts(window: MainWindow, qtbot: QtBot) -> None:
    session = window.desk.session
    window.desk.actions["new_plan"].trigger()
    asked = find_dialog(window, NewPlanDialog)
    asked.starts["nearest"].setChecked(True)
    asked.name.setText("Next year")
    asked.accept()
    qtbot.waitUntil(lambda: session.plan is not None and session.plan.name == "Next year")
    assert session.plan is not None and len(session.plan.assignment) == 67
    assert any(finding.code == "over_tolerance" for finding in session.state.problems)


def fix_all(window: MainWindow, qtbot: QtBot) -> None:
    session = window.desk.session
    window.tabs.show_table(window.checks)
    before = sum_deviations(window)
    at = len(session.history)
    window.checks.all_button.click()
    qtbot.waitUntil(lambda: len(session.history) == at + 1, timeout=20_000)
    assert session.undo_label is not None and session.undo_label.startswith("Fix ")
    assert sum_deviations(window) < before
    codes = {finding.code for finding in session.state.problems}
    assert codes <= {"over_tolerance"}


def sum_deviations(window: MainWindow) -> float:
    figures = window.desk.session.state.figures
    assert figures is not None
    return sum(abs(zone.deviation) for zone in figures.zones.values())


def lock_zone(window: MainWindow) -> None:
    session = window.desk.session
    plan = session.plan
    assert plan is not None
    zone = plan.zones[0].id
    window.desk.bridge.select(zone=zone)
    window.desk.actions["lock"].trigger()
    asked = find_dialog(window, LockDialog)
    asked.reason.setText("trial until June")
    asked.accept()
    assert window.left.sections["locks"].list.item(0).text() == f"Zone {zone}: trial until June"
    inside, other = plan.sites_of(zone)[0], plan.zones[1].id
    with pytest.raises(UserError, match="trial until June"):
        session.apply("Move", lambda p: assign_sites(p, plan.uid, {inside: other}))


def submit_and_withdraw(window: MainWindow) -> None:
    session = window.desk.session
    window.desk.actions["put_forward"].trigger()
    assert session.plan is not None and not session.plan.is_draft
    assert not window.desk.actions["lock"].isEnabled()
    window.desk.actions["put_forward"].trigger()
    assert session.plan.is_draft


def adopt_on_overlapping_days(window: MainWindow, last: date) -> None:
    """A plan that begins before an adopted one has to end before it."""
    session = window.desk.session
    window.desk.actions["copy_plan"].trigger()
    window.desk.actions["adopt"].trigger()
    asked = find_dialog(window, AdoptPlanDialog)
    asked.anyway.setChecked(True)
    later = last + timedelta(days=300)
    asked.day.setDate(QDate(later.year, later.month, later.day))
    asked.accept()
    assert session.plan is not None and session.plan.is_adopted
    window.plans.tree.setCurrentItem(find_item(window, "Next year"))
    window.desk.actions["adopt"].trigger()
    asked = find_dialog(window, AdoptPlanDialog)
    asked.anyway.setChecked(True)
    day = last + timedelta(days=1)
    asked.day.setDate(QDate(day.year, day.month, day.day))
    asked.accept()
    assert says(asked.refused.text(), "plans_overlap")
    asked.reject()
    assert session.plan is not None and not session.plan.is_adopted


def find_item(window: MainWindow, name: str) -> object:
    flags = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    (found,) = window.plans.tree.findItems(name, flags)
    return found


def adopt_for_next_year(window: MainWindow, last: date) -> None:
    session = window.desk.session
    window.desk.actions["adopt"].trigger()
    asked = find_dialog(window, AdoptPlanDialog)
    asked.anyway.setChecked(True)
    for field, days in ((asked.day, 1), (asked.last, 250)):
        day = last + timedelta(days=days)
        field.setDate(QDate(day.year, day.month, day.day))
    asked.ends.setChecked(True)
    asked.accept()
    in_force = session.project.plan_in_force(last + timedelta(days=30))
    assert in_force is not None and in_force.name == "Next year"
    assert not any(f.code == "dates_overlap" for f in session.state.problems)


def import_table(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    session = window.desk.session
    plan = session.plan
    assert plan is not None
    lines = [f"{site},{zone}" for site, zone in plan.assignment.items()]
    lines[5] = "Hogwarts,S1"
    file = folder / "board.csv"
    file.write_text("\n".join(["site,zone", *lines]))
    window.desk.actions["new_plan"].trigger()
    asked = find_dialog(window, NewPlanDialog)
    asked.starts["table"].setChecked(True)
    asked.name.setText("As the board has it")
    asked.file.setText(str(file))
    asked.accept()
    qtbot.waitUntil(lambda: session.plan is not None and session.plan.name.startswith("As the"))
    facts = {"taken": "66", "read": "67 rows", "file": "board.csv"}
    assert says(window.desk.notices.text.text(), "plan_from_file.rows", **facts)
    assert says(window.desk.notices.details.text(), "unknown_site", site="Hogwarts")


def restore_from_history(window: MainWindow) -> None:
    session = window.desk.session
    window.tabs.show_table(window.history)
    window.history.filter.setText("fix")
    assert window.history.sorted.rowCount() == 1
    row = window.history.sorted.mapToSource(window.history.sorted.index(0, 0)).row()
    step = window.history.table.row(row).number
    window.history.view.opened.emit(step)
    assert session.viewed_step == step
    session.restore_step(step)
    assert [plan.name for plan in session.project.plans.values()] == ["2026-27", "Next year"]
