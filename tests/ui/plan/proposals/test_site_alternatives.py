"""Why a site is in its zone, and a click that moves it to another."""

import pytest
from pytestqt.qtbot import QtBot

from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.proposals.site_alternatives import SiteAlternativesPanel
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def panel(desk: UiContext, qtbot: QtBot) -> SiteAlternativesPanel:
    made = SiteAlternativesPanel(desk)
    qtbot.addWidget(made)
    made.show()
    return made


def test_without_a_site_it_says_what_to_do(panel: SiteAlternativesPanel) -> None:
    assert "Select a site" in panel.about.text() and panel.buttons == {}


def test_the_selected_site_has_a_row_for_each_other_zone(
    panel: SiteAlternativesPanel, desk: UiContext
) -> None:
    desk.bridge.select(site="r1c2")
    assert panel.title.text() == "Why is School r1c2 here?"
    assert "B would save 1.8 min of driving per day but break a rule" in panel.about.text()
    assert "Without it, A would be 25.0% below its fair share." in panel.about.text()
    assert list(panel.buttons) == ["B"]
    assert "B would be 25.0% above its fair share" in panel.buttons["B"].toolTip()


def test_a_click_moves_the_site_in_one_step(panel: SiteAlternativesPanel, desk: UiContext) -> None:
    desk.bridge.select(site="r1c2")
    panel.buttons["B"].click()
    assert desk.session.undo_label == "Assign School r1c2 to B"
    assert list(panel.buttons) == ["A"]
    assert panel.about.text().startswith("It is in B: any other zone would add driving")
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
    assert not panel.buttons["B"].isEnabled() and "not a draft" in panel.buttons["B"].toolTip()


def test_a_site_with_only_one_possible_zone_says_so(
    panel: SiteAlternativesPanel, desk: UiContext
) -> None:
    desk.bridge.select(site="r3c1")
    assert panel.about.text() == "No other zone may include it; it is in a."
