"""The cards of a site and of a zone."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.corrections import name_entry
from zoneplanner.app.log.logbook import log_visit
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.ui.log.record_history import VOID_REASON_MISSING, VoidEntryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.actions.log_actions import LogActions
from zoneplanner.ui.shell.selection_card import CardStack, SelectedSiteCard, SelectedZoneCard
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import VISITS_UNDECLARED
from zoneplanner.ui.widgets.tables.record_actions import RecordActions


def show_card(desk: UiContext, qtbot: QtBot, site: str) -> SelectedSiteCard:
    """Return a shown card of a site."""
    over = desk.notices.parentWidget()
    assert over is not None
    card = SelectedSiteCard(desk, LogActions(desk, over).records)
    qtbot.addWidget(card)
    card.show_site(site)
    card.show()
    return card


def list_choices(card: SelectedSiteCard) -> dict[str, bool]:
    """Return the zones of the combo box and whether each can be chosen."""
    model = card.zones.model()
    rows = range(card.zones.count())
    enabled = Qt.ItemFlag.ItemIsEnabled
    return {card.zones.itemData(at): bool(model.index(at, 0).flags() & enabled) for at in rows}


def test_a_card_shows_the_phone_and_the_parts_of_the_load(desk: UiContext, qtbot: QtBot) -> None:
    card = show_card(desk, qtbot, "r1c1")
    assert card.name.text() == "School r1c1"
    assert card.facts.value("phone") == "(916) 555-0100"
    assert card.facts.value("load") == "22.0 min/day = 1 × 15 min visit + 0.20 × 35 min call"
    assert card.facts.value("last") == "None logged yet"
    log_visit(desk.session, "r1c2")
    card.show_visits()
    assert card.facts.value("last").endswith(VISITS_UNDECLARED)


def test_only_allowed_zones_can_be_chosen(desk: UiContext, qtbot: QtBot) -> None:
    card = show_card(desk, qtbot, "r1c1")
    assert list_choices(card) == {"A": True, "B": True, "a": False}
    city = card.zones.model().index(2, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert says(city, "zone_not_allowed.jurisdiction")


def test_choosing_a_zone_moves_the_site_as_one_step(desk: UiContext, qtbot: QtBot) -> None:
    card = show_card(desk, qtbot, "r1c2")
    card.zones.setCurrentIndex(1)
    card.zones.activated.emit(1)
    assert desk.session.plan is not None
    assert desk.session.plan.assignment["r1c2"] == "B"
    label = desk.session.undo_label
    assert len(desk.session.history) == 2
    assert label is not None and "School r1c2" in label and label.endswith(" B")


def test_sites_at_one_position_are_named_and_move_together(desk: UiContext, qtbot: QtBot) -> None:
    def stack(project: Project) -> Project:
        first = project.sites["r1c2"]
        return project.with_site(replace(project.sites["r1c1"], x_m=first.x_m, y_m=first.y_m))

    desk.session.apply("Stack", stack)
    card = show_card(desk, qtbot, "r1c1")
    links = [button for button in card.findChildren(QToolButton) if "School" in button.text()]
    assert [button.text() for button in links] == ["School r1c2"]
    card.zones.activated.emit(1)
    assert desk.session.plan is not None
    moved = desk.session.plan.assignment
    assert (moved["r1c1"], moved["r1c2"]) == ("B", "B")
    links[0].click()
    assert desk.bridge.selection.site == "r1c2"


def test_a_locked_site_says_why_it_stays(desk: UiContext, qtbot: QtBot) -> None:
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "Promised")
    )
    card = show_card(desk, qtbot, "r1c1")
    assert says(card.lock_note.text(), "site_locked_in.reason", zone="A", reason="Promised")
    assert list_choices(card) == {"A": True, "B": False, "a": False}


def test_the_card_cannot_change_an_adopted_plan(desk: UiContext, qtbot: QtBot) -> None:
    day = desk.session.today
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", day))
    card = show_card(desk, qtbot, "r1c1")
    assert not card.zones.isEnabled()
    assert says(card.lock_note.text(), "plan_copied_to_change", plan="Plan")


def test_a_logged_visit_appears_on_the_card_at_once(desk: UiContext, qtbot: QtBot) -> None:
    card = show_card(desk, qtbot, "r1c1")
    log_visit(desk.session, "r1c1")
    card.show_visits()
    assert card.facts.value("last") == "Today 08:00"


def test_a_visit_can_be_corrected_and_voided_from_the_card(desk: UiContext, qtbot: QtBot) -> None:
    uid = log_visit(desk.session, "r1c1").uid
    card = show_card(desk, qtbot, "r1c1")
    over = desk.notices.parentWidget()
    assert over is not None
    links = {one.text(): one for one in card.findChildren(QToolButton) if one.isVisible()}
    qtbot.mouseClick(links["Correct"], Qt.MouseButton.LeftButton)
    (form,) = over.findChildren(VisitDialog)
    assert "Correct" in form.windowTitle()
    form.reject()
    qtbot.mouseClick(links["Void"], Qt.MouseButton.LeftButton)
    (void,) = over.findChildren(VoidEntryDialog)
    name = name_entry(desk.session, desk.session.own_entries[-1])
    assert "School r1c1" in name and says(void.about.text(), "voids_entry", entry=name)
    qtbot.keyClick(void, Qt.Key.Key_Return)
    assert void.isVisible() and void.required.text() == VOID_REASON_MISSING
    qtbot.keyClicks(void.reason.lineEdit(), "Wrong school")
    qtbot.keyClick(void.reason.lineEdit(), Qt.Key.Key_Return)
    last = desk.session.store.record(uid)[-1]
    assert (last.kind, last.payload["reason"]) == ("void", "Wrong school")


def test_a_zones_card_shows_its_load_and_links_to_its_sites(desk: UiContext, qtbot: QtBot) -> None:
    card = SelectedZoneCard(desk)
    qtbot.addWidget(card)
    card.show_zone("A")
    assert card.facts.value("load") == "88 of 88 min/day"
    assert card.facts.value("pieces").startswith("One piece")
    assert card.sites.count() == 4
    card.sites.itemClicked.emit(card.sites.item(2))
    assert desk.bridge.selection.site == "r2c1"


def test_a_card_is_as_tall_as_its_lines_at_its_width(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    site, zone = SelectedSiteCard(desk, records), SelectedZoneCard(desk)
    stack = CardStack(desk, site=site, zone=zone)
    qtbot.addWidget(stack)
    stack.resize(360, 400)
    stack.show()
    desk.bridge.select(site="r1c1")
    needed = site.layout().totalHeightForWidth
    assert stack.heightForWidth(360) == needed(360)
    assert stack.minimumSizeHint().height() == needed(stack.width())
