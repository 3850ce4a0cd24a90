"""Assumptions, jurisdictions and blocks are changed and undone as one step each."""

from collections.abc import Callable
from dataclasses import replace

from builders import project_from
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QDoubleSpinBox
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import find_jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.ui.plan.assumptions.assumption_actions import AssumptionActions
from zoneplanner.ui.plan.assumptions.assumptions_dialog import (
    AssumptionsDialog,
    JurisdictionDecisionDialog,
)
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext


def test_longer_visits_add_workload_at_once_and_are_undone(desk: UiContext, qtbot: QtBot) -> None:
    dialog = AssumptionsDialog(desk)
    qtbot.addWidget(dialog)
    before = desk.session.state.figures
    dialog.tables["dwell_min", "elementary"].setValue(30.0)
    dialog.accept()
    after = desk.session.state.figures
    assert before is not None
    assert after is not None
    sites = before.zones["A"].sites
    gained = after.zones["A"].load_min - before.zones["A"].load_min
    assert round(gained - 15.0 * sites, 6) == 0
    assert desk.session.undo_label == "Change assumptions"
    desk.session.undo()
    assert dict(desk.session.project.assumptions.dwell_min) == {"other": 15.0}


def test_a_speed_of_zero_is_rejected_in_the_dialog(desk: UiContext, qtbot: QtBot) -> None:
    dialog = AssumptionsDialog(desk)
    qtbot.addWidget(dialog)
    dialog.singles["speed_mph"].setValue(0.0)
    dialog.accept()
    assert says(dialog.refused.text(), "out_of_range.zero_figure")
    assert desk.session.undo_label is None


def test_an_untouched_form_returns_the_same_assumptions(desk: UiContext, qtbot: QtBot) -> None:
    dialog = AssumptionsDialog(desk)
    qtbot.addWidget(dialog)
    kept = desk.session.project.assumptions
    assert list(dialog.assumptions().figures()) == list(kept.figures())


def test_a_site_of_another_level_adds_no_second_row_for_other_levels(
    desk: UiContext, qtbot: QtBot
) -> None:
    odd = replace(desk.session.project.sites["r1c1"], level="other")
    desk.session.apply("Import", lambda project: project.with_site(odd))
    dialog = AssumptionsDialog(desk)
    qtbot.addWidget(dialog)
    dialog.show()
    fields = [field for field in dialog.findChildren(QDoubleSpinBox) if field.isVisible()]
    assert len(fields) == len(dialog.tables) + len(dialog.singles)


def test_a_jurisdiction_decision_needs_a_reason_and_stores_it(
    desk: UiContext, qtbot: QtBot
) -> None:
    session = desk.session
    dialog = JurisdictionDecisionDialog(desk, session.project.sites["r1c1"])
    qtbot.addWidget(dialog)
    dialog.choice.setCurrentIndex(dialog.choice.findData("city"))
    dialog.accept()
    assert says(dialog.refused.text(), "field_empty.decision_reason")
    dialog.why.setText("side gate")
    dialog.accept()
    site = session.project.sites["r1c1"]
    assert find_jurisdiction(site, session.project.jurisdictions.values()).jurisdiction == "city"
    assert site.decision is not None
    assert (site.decision.by, site.decision.why) == ("planner", "side gate")


def test_an_empty_block_is_assigned_within_its_jurisdiction_and_back(
    open_session: Callable[[Project], Session], open_window: Callable[[Session], MainWindow]
) -> None:
    session = open_session(project_from("A.B / a,a", tolerance=0.9))
    rules = open_window(session).rule_actions
    menu = rules.block_menu("B1-2")
    offered = {action.text().split(" ")[0]: action for action in menu.actions()}
    assert {"A", "B"} <= offered.keys()
    assert "a" not in offered
    assert session.plan is not None
    first = next(zone for zone in "AB" if not offered[zone].isChecked())
    offered[first].trigger()
    assert session.plan.block_overrides == {"B1-2": first}
    back = next(a for a in rules.block_menu("B1-2").actions() if a.text().startswith("Its Nearest"))
    back.trigger()
    assert session.plan.block_overrides == {}


def test_a_block_with_a_school_can_only_move_with_the_school(desk: UiContext) -> None:
    only, *_ = AssumptionActions(desk, desk.notices.parentWidget()).block_menu("B1-1").actions()
    assert "School r1c1" in only.text() and not only.isEnabled()


def test_a_right_click_on_the_map_requests_the_menu_of_that_block(
    window: MainWindow, qtbot: QtBot
) -> None:
    view = window.map
    at = view.mapFromScene(view.map.frame.to_scene_point(2900.0, -900.0))
    with qtbot.waitSignal(view.block_menu_requested) as asked:
        view.contextMenuEvent(
            QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(QPoint(5, 5)))
        )
    assert asked.args[0] == "B1-3"
