"""A planner works with the optimizer, on San Juan Unified's real sites."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.proposals.proposals_view import ProposalsView
from zoneplanner.ui.shell.main_window import MainWindow

SHERIFF = "Sacramento County Sheriff's Office"


@pytest.mark.long  # 24 s of processor time: proofs of real zones
def test_a_planner_previews_zones_saves_a_plan_and_asks_why(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.actions["propose"].trigger()
    body = window.optimizer.body
    body.form.limit.setValue(2)
    prove_six_zones_and_undo(window, body, qtbot)
    preview_and_escape(window, body, qtbot)
    save_as_new_plan(window, body)
    limit_moved_students(window, body, qtbot)
    fix_impossible_problem(window, body, qtbot)
    ask_why_a_school_is_here(window, body, qtbot)


def prove_six_zones_and_undo(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """Propose a sixth sheriff zone with a planned deputy in one step, and undo it."""
    body.form.limit.setValue(120)
    body.form.numbers.fields[SHERIFF].setValue(6)
    run_search(window, body, qtbot)
    session = window.desk.session
    assert session.plan is not None and session.plan.zone("S6").unit == "S6"
    assert says(body.progress.text.text(), "proof.best")
    session.undo()
    assert "S6" not in session.project.units


def preview_and_escape(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """Preview a candidate with six zones; Esc restores the plan."""
    before = window.desk.session.state
    body.candidate_list.preview_button.click()
    assert "S6" in window.map.map.zones
    window.tabs.show_table(window.zones)
    assert window.zones.table.rowCount() == 8
    window.activateWindow()
    qtbot.keyClick(window.map, Qt.Key.Key_Escape)
    assert window.desk.session.state is before
    assert "S6" not in window.map.map.zones


def save_as_new_plan(window: MainWindow, body: ProposalsView) -> None:
    """Save a candidate as a new plan beside the unchanged draft."""
    session = window.desk.session
    body.candidate_list.new_button.click()
    assert [plan.name for plan in session.project.plans.values()] == ["Proposed", "Proposed 2"]
    assert session.plan is not None and len(session.plan.zones) == 8
    session.undo()
    assert session.plan is not None and len(session.plan.zones) == 7


def limit_moved_students(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """With similarity to the draft, fewer students move than without."""
    session = window.desk.session
    uid = session.plan_uid
    body.form.balance.put(0.05)
    body.form.limit.setValue(5)
    body.form.similarity.choose(uid)
    body.form.similarity.scale.slider.setValue(8)
    run_search(window, body, qtbot)
    close = body.candidate_list.candidates[-1].students_moved
    session.undo()
    body.form.similarity.choose(None)
    run_search(window, body, qtbot)
    assert close < body.candidate_list.candidates[-1].students_moved
    session.undo()


def fix_impossible_problem(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """Propose with a locked, unbalanced zone; a button fixes the rule that is named."""
    session = window.desk.session
    uid = session.plan_uid
    assert uid is not None
    session.apply(
        "Lock", lambda project: add_plan_lock(project, uid, LockScope.ZONE, "S3", "agreed")
    )
    assert body.form.locks.text() == "1 zone locked"
    body.form.balance.put(0.0001)
    run_search(window, body, qtbot)
    assert body.infeasible.isVisible() and "±0.01%" in window.desk.notices.text.text()
    shut = session.plan.sites_of("S3") if session.plan else ()
    with qtbot.waitSignal(window.optimizer.finished, timeout=30_000):
        body.infeasible.buttons[0].click()
    assert session.plan is not None and session.plan.sites_of("S3") == shut
    assert body.form.balance.tolerance > 0.0001
    session.undo()


def ask_why_a_school_is_here(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """Each other sheriff zone shows its cost; a click moves the school in one step."""
    session = window.desk.session
    session.undo()
    school = session.project.site("Del Campo High")
    window.desk.bridge.select(site=school.id)
    window.desk.actions["why_here"].trigger()
    qtbot.waitUntil(lambda: any(button.hasFocus() for button in body.alternatives.buttons.values()))
    assert school.name in body.alternatives.title.text()
    assert len(body.alternatives.buttons) == 4 and all(
        zone.startswith("S") for zone in body.alternatives.buttons
    )
    zone = next(iter(body.alternatives.buttons))
    body.alternatives.buttons[zone].click()
    assert session.plan is not None and session.plan.assignment[school.id] == zone
    assert session.undo_label and school.name in session.undo_label


def run_search(window: MainWindow, body: ProposalsView, qtbot: QtBot) -> None:
    """Run a search to its end."""
    with qtbot.waitSignal(window.optimizer.finished, timeout=180_000):
        body.start_button.click()
