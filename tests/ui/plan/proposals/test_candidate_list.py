"""Candidates: previewed without a trace, saved as a new plan or in place of the draft."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyleOptionHeader
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.plans.candidates import search_plan_candidates
from zoneplanner.app.plans.zone_proposals import SearchRequest
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.proposals.candidate_list import CandidateList
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def panel(desk: UiContext, qtbot: QtBot) -> CandidateList:
    """A worsened draft with the best plan as a candidate."""
    session = desk.session
    session.apply(
        "Spoil", lambda project: assign_sites(project, "plan", {"r1c1": "B", "r1c4": "A"})
    )
    made = CandidateList(desk)
    qtbot.addWidget(made)
    add_candidates(made, desk)
    made.show()
    return made


def add_candidates(panel: CandidateList, desk: UiContext, run: int = 1, **zones: int) -> None:
    session = desk.session
    assert session.plan is not None
    wish = SearchRequest(0.1, zones=zones, time_limit_s=10.0)
    for each in search_plan_candidates(
        session.project, session.plan, session.state.basis, wish, run
    ):
        panel.add(each)


def find_zone(desk: UiContext, site: str) -> str:
    assert desk.session.plan is not None
    return desk.session.plan.assignment[site]


def read_row(panel: CandidateList, row: int = 0) -> list[str]:
    model = panel.view.model()
    return [model.index(row, at).data() for at in range(model.columnCount())]


def test_a_candidate_shows_drive_gap_worst_zone_and_moves(panel: CandidateList) -> None:
    assert panel.table.rowCount() == 1
    drive, gap, response, worst, students = read_row(panel)
    assert float(response) > 0
    assert (drive, gap, worst) == ("28", "0%", "+0.0%")
    assert int(students.replace(",", "")) == 400 * panel.candidates[-1].sites_moved > 0


def test_a_preview_starts_and_ends_without_a_trace(panel: CandidateList, desk: UiContext) -> None:
    steps, before = len(desk.session.history), desk.session.state
    panel.preview_button.click()
    assert find_zone(desk, "r1c1") == "A"
    assert desk.notices.text.text().startswith("Preview:")
    assert panel.preview_button.text() == "End preview"
    panel.preview_button.click()
    assert desk.session.state is before and len(desk.session.history) == steps
    assert not desk.notices.isVisible()


def test_all_figures_fit_the_work_panel_beside_its_scroll_bar(panel: CandidateList) -> None:
    first = panel.candidates[0]
    for run in range(2, 8):  # more rows than are visible, with figures of a large district
        panel.add(
            replace(
                first,
                run=run,
                drive_min=430.0 + run,
                worst_deviation=-0.123,
                students_moved=13_141,
                proposal=replace(first.proposal, gap=0.123),
            )
        )
    panel.resize(268, 400)
    QApplication.processEvents()
    view, model = panel.view, panel.view.model()
    assert view.verticalScrollBar().maximum() > 0
    assert view.horizontalScrollBar().maximum() == 0
    option = QStyleOptionHeader()
    for at in range(model.columnCount()):
        view.horizontalHeader().initStyleOptionForIndex(option, at)
        assert option.text == str(model.headerData(at, Qt.Orientation.Horizontal)), "elided"
    for at, text in enumerate(read_row(panel)):
        title = str(model.headerData(at, Qt.Orientation.Horizontal))
        inked_px = max(map(view.fontMetrics().horizontalAdvance, (title, text)))
        assert view.columnWidth(at) >= inked_px + 12, f"{title} is cut"


def test_columns_share_a_wider_panel(panel: CandidateList) -> None:
    panel.resize(400, 400)
    QApplication.processEvents()
    widths = [panel.view.columnWidth(at) for at in range(panel.view.model().columnCount())]
    assert max(widths) < 2 * min(widths)


def test_escape_ends_the_preview(panel: CandidateList, desk: UiContext, qtbot: QtBot) -> None:
    panel.activateWindow()
    panel.show_preview()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert find_zone(desk, "r1c1") == "B"
    assert panel.preview.shown is None


def test_a_double_click_starts_the_preview(panel: CandidateList, desk: UiContext) -> None:
    panel.view.doubleClicked.emit(panel.view.model().index(0, 0))
    assert find_zone(desk, "r1c1") == "A"


def test_the_preview_follows_the_selection(panel: CandidateList, desk: UiContext) -> None:
    add_candidates(panel, desk, run=2, Sheriff=4)
    model = panel.view.model()
    panel.view.setCurrentIndex(model.index(0, 0))
    panel.show_preview()
    assert desk.session.plan is not None and len(desk.session.plan.zones) == 5
    panel.view.setCurrentIndex(model.index(model.rowCount() - 1, 0))
    assert len(desk.session.plan.zones) == 3
    panel.preview.clear()
    assert find_zone(desk, "r1c1") == "B"


def test_hiding_the_list_ends_the_preview(panel: CandidateList, desk: UiContext) -> None:
    panel.show_preview()
    panel.hide()
    assert find_zone(desk, "r1c1") == "B"


def test_an_edit_ends_the_preview(panel: CandidateList, desk: UiContext) -> None:
    panel.show_preview()
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert panel.preview.shown is None and panel.preview_button.text() == "Preview"
    assert (find_zone(desk, "r1c1"), find_zone(desk, "r1c2")) == ("B", "B")


def test_a_candidate_becomes_a_new_plan_in_one_step(panel: CandidateList, desk: UiContext) -> None:
    panel.show_preview()
    panel.new_button.click()
    plan = desk.session.plan
    assert plan is not None and (plan.name, plan.parent) == ("Proposed", "plan")
    assert find_zone(desk, "r1c1") == "A"
    desk.session.undo()
    assert list(desk.session.project.plans) == ["plan"] and find_zone(desk, "r1c1") == "B"


def test_a_candidate_replaces_the_draft_in_one_step(panel: CandidateList, desk: UiContext) -> None:
    panel.replace_button.click()
    assert find_zone(desk, "r1c1") == "A"
    assert desk.session.plan is not None and desk.session.plan.proof is not None
    assert list(desk.session.project.plans) == ["plan"]
    desk.session.undo()
    assert find_zone(desk, "r1c1") == "B"


def test_a_candidate_that_breaks_a_lock_is_refused(panel: CandidateList, desk: UiContext) -> None:
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "")
    )
    panel.replace_button.click()
    facts = {"name": "School r1c1", "zone": "B", "home": "A"}
    assert says(desk.notices.text.text(), "site_locked.candidate", **facts)
    assert desk.session.undo_label == "Lock"


def test_a_candidate_can_be_previewed_on_an_adopted_plan_but_not_replace_it(
    panel: CandidateList, desk: UiContext
) -> None:
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", day))
    assert not panel.replace_button.isEnabled()
    panel.show_preview()
    assert find_zone(desk, "r1c1") == "A"
    panel.preview.clear()
    assert find_zone(desk, "r1c1") == "B"


def test_candidates_of_earlier_searches_stay_until_they_are_cleared(
    panel: CandidateList, desk: UiContext
) -> None:
    add_candidates(panel, desk, run=2, Sheriff=4)
    assert {each.run for each in panel.candidates} == {1, 2}
    panel.clear()
    assert panel.candidates == () and not panel.isVisible()
