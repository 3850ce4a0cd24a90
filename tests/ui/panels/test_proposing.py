"""Propose zones: a live gap, one step to undo, and never over somebody's newer work."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from zoneplanner.domain.edits import assign
from zoneplanner.domain.locks import lock
from zoneplanner.domain.plan import Locked
from zoneplanner.domain.planning import adopt
from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.panels.optimiser import OptimiserPanel


@pytest.fixture
def panel(desk: Desk, qtbot: QtBot) -> OptimiserPanel:
    made = OptimiserPanel(desk)
    qtbot.addWidget(made)
    made.limit.setValue(10)
    made.show()
    return made


def worse(project: Project) -> Project:
    """Give the zones a shape that costs more."""
    return assign(project, "plan", {"r1c1": "B", "r1c4": "A"})


def test_the_best_plan_is_one_step_and_proven(
    panel: OptimiserPanel, desk: Desk, qtbot: QtBot
) -> None:
    desk.session.apply("Spoil", worse)
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start_button.click()
    assert desk.session.undo_label == "Propose zones for “Plan”"
    assert desk.session.reading.problems == ()
    assert panel.text.text() == "No better split exists."
    assert not panel.busy
    desk.session.undo()
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c1"] == "B"


def test_a_locked_site_stays(panel: OptimiserPanel, desk: Desk, qtbot: QtBot) -> None:
    desk.session.apply("Spoil", worse)
    desk.session.apply("Lock", lambda project: lock(project, "plan", Locked.SITE, "r1c1", ""))
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start()
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c1"] == "B"


def test_a_plan_that_changed_meanwhile_is_kept_and_the_result_offered(
    panel: OptimiserPanel, desk: Desk, qtbot: QtBot
) -> None:
    panel.start()
    desk.session.apply("Move", worse)
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        pass
    assert desk.session.undo_label == "Move"
    assert "was changed" in desk.notices.text.text()
    desk.notices.offer.click()
    names = [plan.name for plan in desk.session.project.plans.values()]
    assert names == ["Plan", "Plan 2"]
    assert desk.session.plan is not None and desk.session.plan.name == "Plan 2"


def test_an_adopted_plan_gets_a_draft_beside_it(
    panel: OptimiserPanel, desk: Desk, qtbot: QtBot
) -> None:
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt(project, "plan", day))
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start()
    plans = desk.session.project.plans.values()
    assert [(plan.name, plan.adopted) for plan in plans] == [("Plan", True), ("Proposed", False)]


def test_cancel_leaves_the_plan_as_it_was(panel: OptimiserPanel, desk: Desk, qtbot: QtBot) -> None:
    before = desk.session.plan
    panel.start()
    panel.cancel_button.click()
    assert not panel.busy and panel.start_button.isVisible()
    assert desk.session.plan is before


def test_what_cannot_be_split_is_told_with_what_would_mend_it(
    panel: OptimiserPanel, desk: Desk, qtbot: QtBot
) -> None:
    big = replace(desk.session.project.sites["r1c1"], enrollment=30_000)
    desk.session.apply("Grow", lambda project: project.with_site(big))
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start()
    assert desk.session.undo_label == "Grow"
    assert "tolerance" in desk.notices.text.text()
    assert not panel.busy
