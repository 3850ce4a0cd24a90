"""What-ifs in the window: started from card, menu and panel, previewed and saved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from builders import project_from
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message
from zoneplanner.ui.plan.what_if.what_if_dialogs import CloseSiteDialog, OpenSiteDialog
from zoneplanner.ui.plan.what_if.what_if_view import STALE_ANSWERS, WhatIfView
from zoneplanner.ui.shell.main_window import MainWindow

ROW = "AABBCC / AABBCC / aaaaaa"
A_TAKES_B, C_TAKES_B = (
    str(Message("zone_option.takes_all", taker=taker, zone="B")) for taker in "AC"
)
OpenSession = Callable[[Project], Session]
OpenWindow = Callable[[Session], MainWindow]


@pytest.fixture
def row(open_session: OpenSession, open_window: OpenWindow) -> MainWindow:
    """Three county zones in a row over one city zone."""
    return open_window(open_session(project_from(ROW)))


def ask_unit_off(window: MainWindow, zone: str, qtbot: QtBot) -> WhatIfView:
    """Ask for answers to a unit being off, and wait for all of them."""
    window.desk.bridge.select(zone=zone)
    window.desk.actions["unit_off"].trigger()
    body = window.left.sections["what_if"].body
    assert body.unit.currentData() == zone
    body.off_button.click()
    qtbot.waitUntil(lambda: not body.busy, timeout=30_000)
    return body


def accept_closing(window: MainWindow) -> None:
    """Accept the dialog of a closing with its defaults: no date, nearest schools with room."""
    dialog = window.findChild(CloseSiteDialog)
    assert dialog is not None
    dialog.accept()
    dialog.setParent(None)


def test_closing_a_site_from_its_card_shows_the_what_if_banner(window: MainWindow) -> None:
    window.desk.bridge.select(site="r1c1")
    assert window.what_if_banner.isHidden()
    menu = window.site_card.what_if.menu()
    assert menu is not None
    menu.actions()[0].trigger()
    accept_closing(window)
    banner = window.what_if_banner.text.text()
    assert "“Plan”" in banner and says(banner, "supposed.closed", name="School r1c1")
    assert not window.what_if_banner.isHidden()
    assert "what-if" in window.site_card.facts.value("load")
    assert window.map.map.sites["r1c1"].isVisible()
    assert window.figures.zone_table.row(0).span == "88 → 70"
    window.desk.actions["close_site"].trigger()
    assert window.what_if_banner.isHidden()


def test_an_unpatrolled_site_opens_on_a_day_that_its_map_card_shows(window: MainWindow) -> None:
    window.desk.session.formats = US_FORMATS
    session = window.desk.session
    unpatrolled = replace(session.project.sites["r1c1"], patrolled=False)
    session.apply("Not patrolled", lambda project: project.with_site(unpatrolled))
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["close_site"].trigger()
    dialog = window.findChild(OpenSiteDialog)
    assert dialog is not None
    dialog.on.taken.setChecked(True)
    dialog.on.day.put(date(2027, 7, 1))
    dialog.accept()
    assert "Jul 1, 2027" in window.what_if_banner.text.text()
    window.map.overlays.show_site(session.state, "r1c1", QPoint(9, 9), session.formats)
    assert says(window.map.overlays.card.text(), "opens_on", on="Jul 1, 2027")


def test_the_date_of_a_closing_uses_the_desks_format(window: MainWindow) -> None:
    window.desk.session.formats = US_FORMATS
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["close_site"].trigger()
    dialog = window.findChild(CloseSiteDialog)
    assert dialog is not None
    dialog.on.taken.setChecked(True)
    dialog.on.day.put(date(2027, 7, 1))
    facts = {"name": "School r1c1", "on": "Jul 1, 2027"}
    assert says(dialog.going.text(), "supposed.closed_from", **facts)
    assert says(dialog.going.text(), "supposed.going")
    accept_closing(window)
    banner = window.what_if_banner.text.text()
    assert "“Plan”" in banner and says(banner, "supposed.closed_from", **facts)


def test_school_names_are_not_cut_off_in_the_closing_form(window: MainWindow) -> None:
    """The form kept its width when they were shown, and cut off their names."""
    session = window.desk.session
    for site in tuple(session.project.sites.values()):
        named = replace(site, name=f"{site.name} Language Institute K-8")
        session.apply("Name", lambda one, made=named: one.with_site(made))
    window.resize(1280, 720)
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["close_site"].trigger()
    dialog = window.findChild(CloseSiteDialog)
    assert dialog is not None and window.isAncestorOf(dialog)
    dialog.way.setCurrentIndex(1)
    QApplication.processEvents()
    boxes = [one for one in dialog.chosen.findChildren(QCheckBox) if one.isVisible()]
    assert len(boxes) > 1
    for part in (*boxes, dialog.way, dialog.going):
        right = part.mapTo(dialog, QPoint(part.width(), 0)).x()
        assert right <= dialog.width(), part.accessibleName()
    assert dialog.width() <= window.width()


def test_the_menu_of_a_block_offers_what_ifs_for_its_school(window: MainWindow) -> None:
    menu = window.rule_actions.block_menu("B1-1")
    close = next(a for a in menu.actions() if a.text() == "What If: Close School r1c1")
    close.trigger()
    accept_closing(window)
    reopened = window.rule_actions.block_menu("B1-1")
    offered = {action.text() for action in reopened.actions()}
    assert close.text() not in offered
    assert close.text().replace("Close", "Open") in offered
    for each in (menu, reopened):
        each.deleteLater()


def test_discard_returns_to_the_plan_and_undo_restores_the_what_if(window: MainWindow) -> None:
    session = window.desk.session
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["close_site"].trigger()
    accept_closing(window)
    window.what_if_banner.discard.click()
    assert session.plan_uid == "plan"
    assert window.what_if_banner.isHidden()
    assert len(session.project.plans) == 1
    window.desk.notices.offer.click()
    assert any("School r1c1" in plan.name for plan in session.project.plans.values())


def test_a_long_what_if_names_two_changes_and_counts_the_rest(window: MainWindow) -> None:
    for site in ("r1c1", "r1c2", "r1c3"):
        window.desk.bridge.select(site=site)
        window.desk.actions["close_site"].trigger()
        accept_closing(window)
    assert window.what_if_banner.text.text().endswith("School r1c2 closed and 1 more.")
    assert "School r1c3 closed" in window.what_if_banner.text.toolTip()


def test_answers_are_listed_previewed_and_hidden(row: MainWindow, qtbot: QtBot) -> None:
    session = row.desk.session
    body = ask_unit_off(row, "B", qtbot)
    assert {A_TAKES_B, C_TAKES_B} <= set(body.list.cards)
    assert body.list.summary.text().count("response in") == 2, "today, and if nothing is done"
    card = body.list.cards[A_TAKES_B]
    card.show_button.click()
    assert session.plan is not None and "B" not in session.plan.assignment.values()
    assert "Preview" in row.desk.notices.text.text()
    assert card.show_button.text() == "Hide"
    card.show_button.click()
    assert session.plan is session.state.saved_project.plans["plan"]
    assert "B" in session.plan.assignment.values()
    assert row.desk.notices.isHidden()


def test_esc_ends_the_preview_of_an_answer(row: MainWindow, qtbot: QtBot) -> None:
    body = ask_unit_off(row, "B", qtbot)
    body.list.cards[A_TAKES_B].show_button.click()
    assert body.preview.shown is not None
    row.activateWindow()
    qtbot.keyClick(body, Qt.Key.Key_Escape)
    assert body.preview.shown is None


def test_an_answer_is_saved_as_a_what_if_for_its_day(row: MainWindow, qtbot: QtBot) -> None:
    session = row.desk.session
    row.desk.actions["unit_off"].trigger()
    row.left.sections["what_if"].body.on_day.setChecked(True)
    body = ask_unit_off(row, "B", qtbot)
    body.list.cards[C_TAKES_B].save_button.click()
    assert session.plan is not None
    assert session.plan.name == f"What if: B off on {session.today}"
    assert says(row.what_if_banner.text.text(), "supposed.zone_off", zone="B")
    assert row.what_if_banner.apply.isHidden()
    assert body.list.isHidden()
    row.desk.notices.offer.click()
    assert [plan.name for plan in session.project.plans.values()] == ["Plan"]


def test_an_edit_marks_the_answers_as_stale(row: MainWindow, qtbot: QtBot) -> None:
    body = ask_unit_off(row, "B", qtbot)
    row.desk.bridge.select(site="r1c1")
    row.desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "")
    )
    assert body.text.text() == STALE_ANSWERS


def test_the_only_zone_of_an_agency_has_no_substitute(row: MainWindow, qtbot: QtBot) -> None:
    body = ask_unit_off(row, "a", qtbot)
    assert says(body.text.text(), "no_substitute_zone")
    assert not body.list.cards


def test_a_search_can_be_canceled_and_leaves_no_trace(row: MainWindow, qtbot: QtBot) -> None:
    session = row.desk.session
    row.desk.actions["other_count"].trigger()
    body = row.left.sections["what_if"].body
    assert body.zones.value() == 4
    body.count_button.click()
    assert body.busy
    body.cancel_button.click()
    assert not body.busy and body.text.text().startswith("Canceled")
    assert session.undo_label is None
    assert [plan.name for plan in session.project.plans.values()] == ["Plan"]


def test_saving_fewer_zones_names_the_removed_one_in_the_banner(
    row: MainWindow, qtbot: QtBot
) -> None:
    session = row.desk.session
    row.desk.actions["other_count"].trigger()
    body = row.left.sections["what_if"].body
    body.zones.setValue(2)
    body.count_button.click()
    qtbot.waitUntil(lambda: not body.busy, timeout=30_000)
    body.list.cards["2 zones of SO"].save_button.click()
    assert session.plan is not None and len(session.plan.zones) == 3
    assert says(row.what_if_banner.text.text(), "supposed.zone_off", zone="C")


def test_what_ifs_are_disabled_without_a_plan(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    window = open_window(open_session(replace(project_from("AB"), plans={})))
    window.desk.bridge.select(site="r1c1")
    for name in ("close_site", "enrollment", "unit_off", "other_count", "make_real"):
        assert not window.desk.actions[name].isEnabled()
    window.left.folds["what_if"].open()
    assert not window.left.sections["what_if"].body.off_button.isEnabled()


def test_a_what_if_is_compared_with_its_base_plan(window: MainWindow) -> None:
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["close_site"].trigger()
    accept_closing(window)
    window.what_if_banner.compare.click()
    panel = window.comparison.panel
    assert panel is not None
    assert panel.pair == ("plan", window.desk.session.plan_uid)
