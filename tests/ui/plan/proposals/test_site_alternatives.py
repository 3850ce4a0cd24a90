"""Why a site is in its zone, and a click that moves it to another."""

import pytest
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.messages import describe_deviation
from zoneplanner.ui.plan.proposals.site_alternatives import SiteAlternativesPanel
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def panel(desk: UiContext, qtbot: QtBot) -> SiteAlternativesPanel:
    made = SiteAlternativesPanel(desk)
    qtbot.addWidget(made)
    made.show()
    return made


def test_without_a_site_it_says_what_to_do(panel: SiteAlternativesPanel) -> None:
    assert panel.about.isVisible() and panel.buttons == {}


def test_the_selected_site_has_a_row_for_each_other_zone(
    panel: SiteAlternativesPanel, desk: UiContext
) -> None:
    desk.bridge.select(site="r1c2")
    assert "School r1c2" in panel.title.text()
    assert "B would save 1.8 min of driving per day but break a rule" in panel.about.text()
    assert f"A would be {describe_deviation(-0.25)}" in panel.about.text()
    assert list(panel.buttons) == ["B"]
    facts = {"zone": "B", "share": "25.0%", "percent": "10"}
    assert says(panel.buttons["B"].toolTip(), "zone_would_break.heavy", **facts)


def test_a_click_moves_the_site_in_one_step(panel: SiteAlternativesPanel, desk: UiContext) -> None:
    desk.bridge.select(site="r1c2")
    panel.buttons["B"].click()
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c2"] == "B"
    assert list(panel.buttons) == ["A"]
    assert " B:" in panel.about.text() and "save" not in panel.about.text()
    desk.session.undo()
    assert list(panel.buttons) == ["B"]


def test_a_locked_zone_is_not_offered(panel: SiteAlternativesPanel, desk: UiContext) -> None:
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.ZONE, "B", "")
    )
    desk.bridge.select(site="r1c2")
    assert not panel.buttons["B"].isEnabled()


def test_an_adopted_plan_is_explained_but_cannot_be_changed(
    panel: SiteAlternativesPanel, desk: UiContext
) -> None:
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", day))
    desk.bridge.select(site="r1c2")
    assert not panel.buttons["B"].isEnabled() and "“Plan”" in panel.buttons["B"].toolTip()


def test_a_site_with_only_one_possible_zone_says_so(
    panel: SiteAlternativesPanel, desk: UiContext
) -> None:
    desk.bridge.select(site="r3c1")
    assert panel.buttons == {} and panel.about.text().endswith(" a.")
