"""Candidates: tried on without a trace, kept as a new plan or in place of the draft."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.plans.candidates import search_plan_candidates
from zoneplanner.app.plans.zone_proposals import SearchRequest
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.proposals.candidate_list import CandidateList
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def found(desk: UiContext, qtbot: QtBot) -> CandidateList:
    """A draft that was spoilt, and the best plan as a candidate."""
    session = desk.session
    session.apply(
        "Spoil", lambda project: assign_sites(project, "plan", {"r1c1": "B", "r1c4": "A"})
    )
    made = CandidateList(desk)
    qtbot.addWidget(made)
    add(made, desk)
    made.show()
    return made


def add(found: CandidateList, desk: UiContext, run: int = 1, **zones: int) -> None:
    session = desk.session
    assert session.plan is not None
    wish = SearchRequest(0.1, zones=zones, time_limit_s=10.0)
    for each in search_plan_candidates(
        session.project, session.plan, session.state.basis, wish, run
    ):
        found.add(each)


def home(desk: UiContext, site: str) -> str:
    assert desk.session.plan is not None
    return desk.session.plan.assignment[site]


def cells(found: CandidateList, row: int = 0) -> list[str]:
    model = found.view.model()
    return [model.index(row, at).data() for at in range(model.columnCount())]


def test_a_candidate_tells_drive_gap_worst_zone_and_moves(found: CandidateList) -> None:
    assert found.table.rowCount() == 1
    drive, gap, response, worst, students = cells(found)
    assert float(response) > 0
    assert (drive, gap, worst) == ("28", "0%", "+0.0%")
    assert int(students.replace(",", "")) == 400 * found.candidates[-1].sites_moved > 0


def test_a_candidate_is_tried_on_and_taken_off_without_a_trace(
    found: CandidateList, desk: UiContext
) -> None:
    steps, before = len(desk.session.history), desk.session.state
    found.preview_button.click()
    assert home(desk, "r1c1") == "A"
    assert desk.notices.text.text().startswith("Preview:")
    assert found.preview_button.text() == "End preview"
    found.preview_button.click()
    assert desk.session.state is before and len(desk.session.history) == steps
    assert not desk.notices.isVisible()


def test_all_figures_stand_in_the_work_panel_beside_its_scroll_bar(found: CandidateList) -> None:
    found.resize(268, 400)
    QApplication.processEvents()
    view, model = found.view, found.view.model()
    assert view.horizontalScrollBar().maximum() == 0
    for at, text in enumerate(cells(found)):
        title = str(model.headerData(at, Qt.Orientation.Horizontal))
        inked_px = max(map(view.fontMetrics().horizontalAdvance, (title, text)))
        assert view.columnWidth(at) >= inked_px + 16, f"{title} is cut"


def test_escape_takes_a_candidate_off(found: CandidateList, desk: UiContext, qtbot: QtBot) -> None:
    found.activateWindow()
    found.show_preview()
    qtbot.keyClick(found, Qt.Key.Key_Escape)
    assert home(desk, "r1c1") == "B"
    assert found.preview.shown is None


def test_a_double_click_tries_on(found: CandidateList, desk: UiContext) -> None:
    found.view.doubleClicked.emit(found.view.model().index(0, 0))
    assert home(desk, "r1c1") == "A"


def test_a_trial_follows_the_selection(found: CandidateList, desk: UiContext) -> None:
    add(found, desk, run=2, Sheriff=4)
    model = found.view.model()
    found.view.setCurrentIndex(model.index(0, 0))
    found.show_preview()
    assert desk.session.plan is not None and len(desk.session.plan.zones) == 5
    found.view.setCurrentIndex(model.index(model.rowCount() - 1, 0))
    assert len(desk.session.plan.zones) == 3
    found.preview.clear()
    assert home(desk, "r1c1") == "B"


def test_what_is_hidden_is_not_left_on_trial(found: CandidateList, desk: UiContext) -> None:
    found.show_preview()
    found.hide()
    assert home(desk, "r1c1") == "B"


def test_an_edit_ends_the_trial(found: CandidateList, desk: UiContext) -> None:
    found.show_preview()
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert found.preview.shown is None and found.preview_button.text() == "Preview"
    assert (home(desk, "r1c1"), home(desk, "r1c2")) == ("B", "B")


def test_a_candidate_is_kept_as_a_new_plan_in_one_step(
    found: CandidateList, desk: UiContext
) -> None:
    found.show_preview()
    found.new_button.click()
    plan = desk.session.plan
    assert plan is not None and (plan.name, plan.parent) == ("Proposed", "plan")
    assert home(desk, "r1c1") == "A"
    desk.session.undo()
    assert list(desk.session.project.plans) == ["plan"] and home(desk, "r1c1") == "B"


def test_a_candidate_replaces_the_draft_in_one_step(found: CandidateList, desk: UiContext) -> None:
    found.replace_button.click()
    assert home(desk, "r1c1") == "A"
    assert desk.session.undo_label == "Replace “Plan” with a candidate"
    assert desk.session.plan is not None and desk.session.plan.proof is not None
    desk.session.undo()
    assert home(desk, "r1c1") == "B"


def test_a_candidate_that_breaks_a_lock_is_refused(found: CandidateList, desk: UiContext) -> None:
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "")
    )
    found.replace_button.click()
    assert "School r1c1 is locked in B" in desk.notices.text.text()
    assert desk.session.undo_label == "Lock"


def test_an_adopted_plan_is_not_replaced_but_a_candidate_can_be_tried_on_it(
    found: CandidateList, desk: UiContext
) -> None:
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", day))
    assert not found.replace_button.isEnabled()
    found.show_preview()
    assert home(desk, "r1c1") == "A"
    found.preview.clear()
    assert home(desk, "r1c1") == "B"


def test_candidates_of_earlier_searches_stay_until_they_are_cleared(
    found: CandidateList, desk: UiContext
) -> None:
    add(found, desk, run=2, Sheriff=4)
    assert {each.run for each in found.candidates} == {1, 2}
    found.clear()
    assert found.candidates == () and not found.isVisible()
