"""A planner's what-ifs on San Juan Unified's real sites: a closure, a day off, a sixth zone."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.messages import Message
from zoneplanner.ui.plan.what_if.what_if_dialogs import CloseSiteDialog, WhatIfEnrollmentDialog
from zoneplanner.ui.plan.what_if.what_if_view import WhatIfView
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.mark.long
def test_what_ifs_are_tried_and_discarded_without_changing_the_plan(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    planner.create_project(tmp_path / "district.gpkg")
    window = planner.main
    assert window is not None
    window.desk.jobs.cancel_all()
    before = window.desk.session.plan
    assert before is not None
    close_and_shrink_schools(window, qtbot)
    plan_for_a_day_off(window, qtbot)
    add_a_sixth_zone(window, qtbot)
    assert window.desk.session.state.saved_project.plans[before.uid] is before


def close_and_shrink_schools(window: MainWindow, qtbot: QtBot) -> None:
    """Close one school and shrink another; the banner shows both until they are discarded."""
    session, desk = window.desk.session, window.desk
    ground = session.plan_uid
    desk.bridge.select(site=session.project.site("Del Campo High").id)
    desk.actions["close_site"].trigger()
    closing = window.window().findChild(CloseSiteDialog)
    assert closing is not None
    closing.accept()
    assert session.plan is not None and len(session.plan.assignment) == 66
    desk.bridge.select(site=session.project.site("Arden Middle").id)
    desk.actions["enrollment"].trigger()
    dialog = window.window().findChild(WhatIfEnrollmentDialog)
    assert dialog is not None
    dialog.students.setText("700")
    dialog.accept()
    told = window.what_if_banner.text.text()
    assert says(told, "supposed.closed", name="Del Campo High")
    assert "Arden Middle" in told and "700 " in told and "956 " in told
    assert "700 (956 on file)" in window.site_card.facts.value("enrollment")
    window.what_if_banner.discard.click()
    assert session.plan_uid == ground and window.what_if_banner.isHidden()


def plan_for_a_day_off(window: MainWindow, qtbot: QtBot) -> None:
    """List alternatives by cost; preview the cheapest, save it for the day, and undo."""
    session = window.desk.session
    window.desk.bridge.select(zone="S3")
    window.desk.actions["unit_off"].trigger()
    body = window.left.sections["what_if"].body
    body.on_day.setChecked(True)
    body.off_button.click()
    wait_for(body, qtbot)
    assert str(Message("zone_option.takes_all", taker="S2", zone="S3")) in body.list.cards
    first = next(iter(body.list.cards.values()))
    first.show_button.click()
    assert session.plan is not None and "S3" not in session.plan.assignment.values()
    first.save_button.click()
    assert session.plan.name == f"What if: S3 off on {session.today}"
    assert len(session.plan.assignment) == 67
    session.undo()


def add_a_sixth_zone(window: MainWindow, qtbot: QtBot) -> None:
    """Find six zones with a planned unit, with their cost beside today's."""
    session = window.desk.session
    window.desk.actions["other_count"].trigger()
    body = window.left.sections["what_if"].body
    assert body.zones.value() == 6
    body.count_button.click()
    wait_for(body, qtbot)
    card = body.list.cards["6 zones of Sheriff"]
    assert "▲ −" in card.cost.text()
    card.save_button.click()
    assert window.what_if_banner.text.text() == "What-if on “Proposed”: zone S6 added."
    assert session.state.problems == ()
    window.what_if_banner.discard.click()


def wait_for(body: WhatIfView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not body.busy, timeout=60_000)
