"""The form of a search: tolerance, similarity, locks, wishes, and zones by agency."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import project_from
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from zoneplanner.analysis.districting.plan_wishes import PlanWishes
from zoneplanner.domain.plans.edits import add_plan_lock, branch_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.proposals.proposals_panel import ProposalsPanel
from zoneplanner.ui.plan.proposals.proposals_view import ProposalsView
from zoneplanner.ui.plan.proposals.search_fields import (
    PlanSimilarityForm,
    ToleranceForm,
    ZoneCountsForm,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def form(qtbot: QtBot) -> ToleranceForm:
    made = ToleranceForm()
    qtbot.addWidget(made)
    made.put(0.10)
    made.show()
    return made


@pytest.fixture
def body(desk: UiContext, qtbot: QtBot) -> Iterator[ProposalsView]:
    panel = ProposalsPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    yield panel.body


def test_the_slider_runs_from_a_quarter_to_the_most_balanced_split(form: ToleranceForm) -> None:
    form.scale.slider.setValue(0)
    assert form.tolerance == pytest.approx(0.25)
    form.scale.slider.setValue(100)
    assert form.tolerance == pytest.approx(0.005)
    form.set_smallest_tolerance(0.016)
    form.scale.slider.setValue(0)
    form.scale.slider.setValue(100)
    assert form.tolerance == pytest.approx(0.016)
    assert "±1.6%" in form.about.text()


def test_the_slider_and_the_sentence_follow_the_figure(form: ToleranceForm) -> None:
    before = form.scale.slider.value()
    form.field.setValue(5)
    assert form.scale.slider.value() > before
    assert "within ±5%" in form.about.text()
    form.field.setValue(60)
    assert form.scale.slider.value() == 0 and form.tolerance == pytest.approx(0.6)


def test_a_tolerance_with_more_digits_than_are_shown_is_rounded_up(form: ToleranceForm) -> None:
    form.put(0.0000441)
    assert form.tolerance >= 0.0000441
    assert form.field.text() == "±0.005%"


def test_the_cost_of_moving_students_is_explained_for_a_school(
    desk: UiContext, qtbot: QtBot
) -> None:
    closeness = PlanSimilarityForm()
    qtbot.addWidget(closeness)
    closeness.refresh(desk.session.project.plans.values())
    closeness.choose("plan")
    closeness.scale.slider.setValue(4)
    assert closeness.weight == pytest.approx(0.01)
    assert all(number in closeness.about.text() for number in ("500", "5 min"))
    closeness.scale.slider.setValue(0)
    assert closeness.weight == 0 and "cost nothing" in closeness.about.text()


def test_plans_to_stay_close_to_follow_the_project(body: ProposalsView, desk: UiContext) -> None:
    session = desk.session
    plan = session.project.plans["plan"]
    other = branch_plan(plan, "other", "Other", at=session.clock())
    session.apply("Branch", lambda project: project.with_plan(other))
    body.form.similarity.choose("other")
    assert body.form.read_request().near is session.project.plans["other"]
    session.undo()
    assert body.form.read_request().near is None


def test_each_agency_has_a_number_of_zones(body: ProposalsView) -> None:
    fields = body.form.numbers.fields
    assert {agency: field.value() for agency, field in fields.items()} == {
        "Sheriff": 2, "Police": 1,
    }  # fmt: skip
    assert body.form.read_request().zones == {}
    fields["Sheriff"].setValue(3)
    assert body.form.read_request().zones == {"Sheriff": 3}


def test_locks_are_counted_and_each_leads_to_its_target(
    body: ProposalsView, desk: UiContext
) -> None:
    locks = body.form.locks
    assert not locks.isEnabled()
    for kind, target in ((LockScope.SITE, "r1c1"), (LockScope.ZONE, "B")):
        desk.session.apply(
            "Lock",
            lambda project, kind=kind, target=target: add_plan_lock(
                project, "plan", kind, target, "why"
            ),
        )
    assert locks.text() == "1 site and 1 zone locked"
    site, zone = locks.fill().actions()
    assert (site.text(), zone.text()) == ("School r1c1 in A", "Zone B")
    site.trigger()
    assert desk.bridge.selection.site == "r1c1"
    zone.trigger()
    assert desk.bridge.selection.zone == "B"


def test_wishes_are_part_of_the_request_and_counted_on_the_button(
    body: ProposalsView, qtbot: QtBot
) -> None:
    form = body.form
    assert form.read_request().wishes == PlanWishes() and form.more.text() == "More"
    form.more.click()
    qtbot.mouseClick(form.wishes.robust, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    qtbot.keyClick(form.wishes.one_off, Qt.Key.Key_Down)
    form.wishes.longest.setFocus()
    form.wishes.longest.selectAll()
    qtbot.keyClicks(form.wishes.longest, "9")
    qtbot.keyClick(form.wishes.borders.slider, Qt.Key.Key_End)
    asked = PlanWishes(("low", "high"), "mean", 9.0, 2.0)
    assert form.read_request().wishes == asked and form.more.text() == "More (4 wishes)"


def test_showing_another_plan_sets_its_tolerance(body: ProposalsView, desk: UiContext) -> None:
    session = desk.session
    other = replace(session.project.plans["plan"], uid="other", name="Other", tolerance=0.07)
    session.apply("Add", lambda project: project.with_plan(other))
    assert body.form.balance.tolerance == pytest.approx(0.07)
    body.form.balance.put(0.03)
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "other", LockScope.SITE, "r1c1", "")
    )
    assert body.form.balance.tolerance == pytest.approx(0.03)


def test_the_most_balanced_split_is_found_and_discarded_when_zones_change(
    body: ProposalsView, desk: UiContext, qtbot: QtBot
) -> None:
    grown = desk.session.project.sites["r1c1"]
    desk.session.apply("Grow", lambda project: project.with_site(replace(grown, enrollment=800)))
    with qtbot.waitSignal(body.most_balanced.found, timeout=20_000) as found:
        body.form.balance.find_link.click()
    assert body.form.balance.tolerance == pytest.approx(found.args[0], abs=1e-5)
    assert body.form.balance.scale.slider.value() == 100
    spy = QSignalSpy(body.finished)
    body.form.limit.setValue(10)
    body.start()
    qtbot.waitUntil(lambda: spy.count() == 1, timeout=20_000)
    assert desk.session.undo_label == "Propose zones for “Plan”"
    assert desk.session.state.problems == ()
    assert not body.form.balance.find_link.isVisible()
    body.form.numbers.fields["Sheriff"].setValue(3)
    assert body.form.balance.find_link.isVisible()


def test_a_district_of_many_units_can_have_as_many_zones(qtbot: QtBot) -> None:
    """The field ended at 20, so 120 units silently got 20 zones."""
    rows = " / ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ" for _ in range(2))
    project = project_from(rows)
    form = ZoneCountsForm()
    qtbot.addWidget(form)
    form.refresh(project, project.plans["plan"])
    (field,) = form.fields.values()
    assert field.value() == 26
    assert form.read_changes() == {}
