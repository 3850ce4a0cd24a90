"""Propose zones: live progress, one step to undo, and no overwriting of newer edits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites, submit_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import describe_deviation
from zoneplanner.ui.plan.proposals.proposals_panel import ProposalsPanel
from zoneplanner.ui.plan.proposals.proposals_view import ProposalsView
from zoneplanner.ui.plan.proposals.search_dialogs import RulePricesDialog, ZoneCountsDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.layout.basic_widgets import show_in_scroll_area
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def panel(desk: UiContext, qtbot: QtBot) -> ProposalsPanel:
    made = ProposalsPanel(desk)
    qtbot.addWidget(made)
    made.show()
    made.body.form.limit.setValue(10)
    return made


@pytest.fixture
def body(panel: ProposalsPanel) -> ProposalsView:
    return panel.body


def lengthen_zones(project: Project) -> Project:
    """Swap two sites so that the zones cost more driving."""
    return assign_sites(project, "plan", {"r1c1": "B", "r1c4": "A"})


def lock_into_infeasibility(desk: UiContext) -> None:
    """Move a site to zone B and lock it there with two others, which leaves no plan."""
    desk.session.apply("Spoil", lambda project: assign_sites(project, "plan", {"r1c1": "B"}))
    for site in ("r1c1", "r1c2", "r2c1"):
        desk.session.apply(
            "Lock",
            lambda project, site=site: add_plan_lock(project, "plan", LockScope.SITE, site, ""),
        )


def run_search(panel: ProposalsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start()


def test_the_start_button_stays_the_default_button(
    panel: ProposalsPanel, body: ProposalsView, qtbot: QtBot
) -> None:
    body.start_button.setFocus()
    qtbot.waitUntil(body.start_button.hasFocus)
    body.form.limit.setFocus()
    assert body.start_button.isDefault()
    body.start_button.setFocus()
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        qtbot.keyClick(body.start_button, Qt.Key.Key_Return)


def test_the_button_stays_in_place_as_zones_are_added(window: MainWindow, qtbot: QtBot) -> None:
    """A line about planned units moved it, and a click after typing the number missed."""
    window.resize(1280, 720)
    window.activateWindow()
    window.left.folds["optimizer"].open(True)
    body, numbers = window.optimizer.body, window.optimizer.body.form.numbers

    def find_below_px() -> int:
        for _ in range(4):  # Qt lays out a level at a time
            QApplication.processEvents()
        return body.start_button.mapTo(body, QPoint(0, 0)).y() - numbers.mapTo(body, QPoint()).y()

    find_below_px()
    show_in_scroll_area(body.start_button)
    before = find_below_px()
    assert before > numbers.height()
    (field, *_) = numbers.fields.values()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9\t")
    assert find_below_px() == before
    assert field.value() == 9 and "planned units" in numbers.about.text()


def test_nothing_in_the_panel_moves_during_or_after_a_search(
    window: MainWindow, qtbot: QtBot
) -> None:
    """Each plan found moved everything below, and the end pushed the plans out of view."""
    window.resize(1280, 720)
    window.activateWindow()
    window.left.folds["optimizer"].open(True)
    body = window.optimizer.body
    QApplication.processEvents()
    show_in_scroll_area(body.start_button)
    parts = (
        body.form,
        body.progress.chart,
        body.candidate_list,
        body.candidate_list.view,
        body.alternatives,
    )

    def find_places(on: QWidget = window) -> list[tuple[int, int]]:
        for _ in range(4):  # Qt lays out a level at a time
            QApplication.processEvents()
        return [(part.mapTo(on, QPoint(0, 0)).y(), part.height()) for part in parts]

    window.desk.session.apply("Spoil", lengthen_zones)
    qtbot.wait(200)  # the figures above follow the plan
    form = body.form  # on a busy computer, it has its height later
    qtbot.waitUntil(lambda: form.height() == form.heightForWidth(form.width()))
    qtbot.mouseClick(body.start_button, Qt.MouseButton.LeftButton)
    assert body.busy and body.form.isVisible() and not body.form.isEnabled()
    QApplication.processEvents()
    places, inside = find_places(), find_places(body)
    assert window.rect().contains(body.cancel_button.mapTo(window, QPoint(0, 0)))
    seen: list[int] = []
    while body.busy:
        assert find_places() == places or not body.busy, "during the search"
        seen.append(body.candidate_list.table.rowCount())
        qtbot.wait(1)
    qtbot.wait(200)  # the figures list what changed
    assert window.figures.zone_table.rowCount()
    assert find_places() == places, "the list of changes moves nothing"
    assert find_places(body) == inside and max([*seen, body.candidate_list.table.rowCount()]) > 0
    assert body.start_button.hasFocus() and body.start_button.visibleRegion().boundingRect()


def test_the_result_of_the_first_search_stays_in_view(window: MainWindow, qtbot: QtBot) -> None:
    """The figures of the first plan pushed the proof out of the window."""
    window.resize(1280, 720)
    window.activateWindow()
    window.desk.session.apply("Delete", lambda project: replace(project, plans={}))
    window.left.folds["optimizer"].open(True)
    body = window.optimizer.body
    QApplication.processEvents()
    show_in_scroll_area(body.start_button)
    with qtbot.waitSignal(body.finished, timeout=20_000):
        qtbot.mouseClick(body.start_button, Qt.MouseButton.LeftButton)
    qtbot.wait(200)  # the figures follow
    assert window.figures.isVisible()
    for part in (body.start_button, body.progress):
        assert part.visibleRegion().boundingRect().height() == part.height()


def test_the_best_plan_is_proven_and_applied_as_one_step(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    desk.session.apply("Spoil", lengthen_zones)
    steps = len(desk.session.history)
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        body.start_button.click()
    assert len(desk.session.history) == steps + 1
    assert desk.session.state.problems == ()
    assert says(body.progress.text.text(), "proof.best")
    assert "students" in body.progress.figures.text() and "“Plan”" in body.progress.figures.text()
    assert not panel.busy
    desk.session.undo()
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c1"] == "B"


def test_the_prices_of_rules_are_listed_charted_and_printed(
    panel: ProposalsPanel, desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    body = panel.body
    body.form.wishes.longest.setValue(60)
    run_search(panel, qtbot)
    body.prices_link.click()
    (dialog,) = panel.window().findChildren(RulePricesDialog)
    assert not dialog.print_button.isEnabled()
    qtbot.waitUntil(dialog.print_button.isEnabled, timeout=20_000)
    assert [one.rule for one in dialog.prices] == ["tolerance", "jurisdiction", "max_drive"]
    assert dialog.table.rowCount() == 3 and len(dialog.chart.lines) == 2
    shown = [[dialog.table.index(row, at).data() for at in (1, 2)] for row in range(3)]
    sums = {round(sum(float(one.replace(",", "")) for one in row), 1) for row in shown}
    assert len(sums) == 1, "a price is the difference of the two figures"
    dialog.print_page(tmp_path / "rules.pdf")
    qtbot.waitUntil((tmp_path / "rules.pdf").exists, timeout=20_000)
    dialog.close()
    desk.session.apply("Spoil", lambda project: assign_sites(project, "plan", {"r1c1": "B"}))
    assert body.price_rules() is None


def test_zone_counts_are_compared_side_by_side(panel: ProposalsPanel, qtbot: QtBot) -> None:
    panel.body.counts_link.click()
    (dialog,) = panel.window().findChildren(ZoneCountsDialog)
    qtbot.waitUntil(lambda: len(dialog.results) > 3, timeout=30_000)
    zones = {(one.agency, one.zones): one.candidate for one in dialog.results}
    assert list(zones)[:3] == [("Sheriff", n) for n in (1, 2, 3)]
    one, two = zones["Sheriff", 1], zones["Sheriff", 2]
    assert one is not None and two is not None and two.drive_min < one.drive_min
    assert dialog.table.rowCount() == len(dialog.results)
    dialog.close()


def test_the_chart_shows_the_best_plan_and_the_lower_bound(
    panel: ProposalsPanel, body: ProposalsView, qtbot: QtBot
) -> None:
    run_search(panel, qtbot)
    best, least = body.progress.chart.lines
    assert best.points[-1][1] == pytest.approx(least.points[-1][1])
    assert [x for x, _ in best.points] == sorted(x for x, _ in best.points)
    bound = f"{least.points[-1][1]:,.1f}"
    assert body.progress.chart.accessibleDescription().count(bound) == 2


def test_a_search_does_not_move_a_locked_site(
    panel: ProposalsPanel, desk: UiContext, qtbot: QtBot
) -> None:
    desk.session.apply("Spoil", lengthen_zones)
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "")
    )
    run_search(panel, qtbot)
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c1"] == "B"


def test_a_plan_edited_during_the_search_is_not_overwritten(
    panel: ProposalsPanel, desk: UiContext, qtbot: QtBot
) -> None:
    panel.start()
    desk.session.apply("Move", lengthen_zones)
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        pass
    assert desk.session.undo_label == "Move"
    assert says(desk.notices.text.text(), "plan_changed_in_search")
    desk.notices.offer.click()
    names = [plan.name for plan in desk.session.project.plans.values()]
    assert names == ["Plan", "Plan 2"]
    assert desk.session.plan is not None and desk.session.plan.name == "Plan 2"


@pytest.mark.parametrize("edit", [adopt_plan, submit_plan])
def test_a_search_on_a_plan_that_is_not_a_draft_adds_a_draft(
    panel: ProposalsPanel, desk: UiContext, qtbot: QtBot, edit: Callable[..., Project]
) -> None:
    day = desk.session.today
    desk.session.apply("Edit", lambda project: edit(project, "plan", day))
    run_search(panel, qtbot)
    plans = desk.session.project.plans.values()
    assert [(plan.name, plan.is_draft) for plan in plans] == [("Plan", False), ("Proposed", True)]
    assert desk.session.plan is not None and desk.session.plan.parent == "plan"


def test_a_search_creates_the_first_plan(
    panel: ProposalsPanel, desk: UiContext, qtbot: QtBot
) -> None:
    desk.session.apply("Delete", lambda project: replace(project, plans={}))
    run_search(panel, qtbot)
    assert desk.session.plan is not None and desk.session.plan.name == "Proposed"
    assert desk.session.state.problems == ()


def test_cancel_leaves_the_plan_unchanged(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext
) -> None:
    before = desk.session.plan
    panel.start()
    body.cancel_button.click()
    assert not panel.busy and body.start_button.isVisible()
    assert desk.session.plan is before


def test_extra_zones_add_planned_units_and_one_undo_removes_both(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    body.form.numbers.fields["Sheriff"].setValue(4)
    assert says(body.form.numbers.about.text(), "units_planned", n=2)
    run_search(panel, qtbot)
    plan = desk.session.plan
    assert plan is not None and [zone.id for zone in plan.zones] == ["A", "B", "B2", "B3", "a"]
    assert set(plan.assignment.values()) == {"A", "B", "B2", "B3", "a"}
    assert not desk.session.project.units["B2"].holds_zone
    assert body.form.numbers.read_changes() == {}
    desk.session.undo()
    assert "B2" not in desk.session.project.units
    assert body.form.numbers.fields["Sheriff"].value() == 2


def test_a_search_close_to_a_plan_says_what_it_combines(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    body.form.similarity.choose("plan")
    run_search(panel, qtbot)
    assert says(body.progress.text.text(), "proof.best_combined")
    assert "students" not in body.progress.figures.text()
    assert "“Plan”" in body.progress.figures.text()


def test_the_first_zones_of_an_empty_plan_are_compared_with_nothing(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    blank = replace(desk.session.project.plans["plan"], assignment={})
    desk.session.apply("Empty", lambda project: project.with_plan(blank))
    run_search(panel, qtbot)
    assert describe_deviation(0.0) in body.progress.figures.text()
    assert "“Plan”" not in body.progress.figures.text()


def test_an_impossible_tolerance_offers_the_one_that_works(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    big = replace(desk.session.project.sites["r1c1"], enrollment=800)
    desk.session.apply("Grow", lambda project: project.with_site(big))
    body.form.balance.put(0.01)
    run_search(panel, qtbot)
    assert desk.session.undo_label == "Grow"
    assert "tolerance" in desk.notices.text.text()
    assert not panel.busy and body.infeasible.isVisible()
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        body.infeasible.buttons[0].click()
    assert not body.infeasible.isVisible()
    assert desk.session.undo_label == "Propose zones for “Plan”"
    assert desk.session.state.problems == ()


def test_blocking_locks_are_named_and_a_button_removes_one(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    lock_into_infeasibility(desk)
    run_search(panel, qtbot)
    unlock = body.infeasible.buttons[-1]
    assert desk.session.plan is not None
    locked = {lock.target for lock in desk.session.plan.locks.values()}
    (named,) = (site for site in locked if site in unlock.text())
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        unlock.click()
    plan = desk.session.plan
    assert plan is not None
    assert {lock.target for lock in plan.locks.values()} == locked - {named}
    assert desk.session.state.problems == ()


def test_a_blocking_lock_of_an_adopted_plan_is_removed_in_a_copy(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    lock_into_infeasibility(desk)
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", day))
    run_search(panel, qtbot)
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        body.infeasible.buttons[-1].click()
    plans = desk.session.project.plans
    assert len(plans) == 2 and len(plans["plan"].locks) == 3
    assert desk.session.plan is not None and len(desk.session.plan.locks) == 2


def test_too_many_zones_offer_a_way_that_works(
    panel: ProposalsPanel, body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    body.form.numbers.fields["Sheriff"].setValue(9)
    before = desk.session.plan
    run_search(panel, qtbot)
    facts = {"site_count": "8 sites", "zone_count": "9"}
    assert says(desk.notices.text.text(), "infeasible.few_sites", **facts)
    assert desk.session.plan is before
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        body.infeasible.buttons[0].click()
    assert desk.session.plan is not None and len(desk.session.plan.zones) == 9
