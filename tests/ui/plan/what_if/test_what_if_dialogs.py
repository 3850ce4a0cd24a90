"""Dialogs of what-ifs: enrollment, planned sites, and applying them to the project."""

from datetime import date

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.plans.what_if import suppose_site_closed
from zoneplanner.ui.plan.tables.site_and_zone_tables import SITE_TABLE_COLUMNS, build_site_rows
from zoneplanner.ui.plan.what_if.what_if_dialogs import (
    ApplyWhatIfDialog,
    PlannedSiteDialog,
    WhatIfEnrollmentDialog,
)
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext

STUDENTS = next(column for column in SITE_TABLE_COLUMNS if column.title == "Students")


def test_a_what_if_enrollment_is_shown_beside_the_one_on_file(
    window: MainWindow, qtbot: QtBot
) -> None:
    desk = window.desk
    desk.bridge.select(site="r1c1")
    dialog = WhatIfEnrollmentDialog(desk, desk.session.project.sites["r1c1"])
    qtbot.addWidget(dialog)
    assert "400 students" in dialog.about.text()
    dialog.students.setText("1,557")
    dialog.accept()
    assert window.site_card.facts.value("enrollment") == "1,557 (400 on file)"
    row = next(row for row in build_site_rows(desk.session) if row.site.id == "r1c1")
    assert STUDENTS.format_value(row) == "1,557 (400 on file)"
    assert "what-if" in row.flags
    again = WhatIfEnrollmentDialog(desk, desk.session.project.sites["r1c1"])
    qtbot.addWidget(again)
    again.students.setText("")
    again.accept()
    assert window.site_card.facts.value("enrollment") == "400 students"


def test_an_enrollment_that_is_not_a_number_is_rejected_in_the_dialog(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = WhatIfEnrollmentDialog(desk, desk.session.project.sites["r1c1"])
    qtbot.addWidget(dialog)
    for text in ("-4", "many"):
        dialog.students.setText(text)
        dialog.accept()
        assert "whole number" in dialog.refused.text()
    assert list(desk.session.project.plans) == ["plan"]


def test_a_planned_site_shows_its_jurisdiction_and_is_selected(
    desk: UiContext, qtbot: QtBot
) -> None:
    dialog = PlannedSiteDialog(desk, 700.0, -300.0)
    qtbot.addWidget(dialog)
    assert "County, 984 ft (300 m)" in dialog.about.text()
    dialog.accept()
    assert says(dialog.refused.text(), "name_missing.planned_site")
    dialog.name.setText("New School")
    dialog.students.setText("250")
    dialog.on.taken.setChecked(True)
    dialog.on.day.put(date(2027, 8, 12))
    dialog.accept()
    site = desk.session.project.site("New School")
    assert desk.bridge.selection.site == site.id
    assert desk.session.plan is not None and desk.session.plan.assignment[site.id] == "A"
    row = next(row for row in build_site_rows(desk.session) if row.site.id == site.id)
    assert says(row.flags, "opens_on", on="2027-08-12")
    assert row.site.address == ""


def test_a_planned_site_outside_the_district_is_rejected(desk: UiContext, qtbot: QtBot) -> None:
    dialog = PlannedSiteDialog(desk, 90_000.0, 0.0)
    qtbot.addWidget(dialog)
    dialog.name.setText("Far School")
    dialog.accept()
    assert says(dialog.refused.text(), "outside_jurisdictions")
    assert list(desk.session.project.plans) == ["plan"]


def test_a_click_with_the_tool_opens_the_form_of_a_planned_site(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.actions["tool_planned"].trigger()
    at = window.map.mapFromScene(window.map.map.frame.to_scene_point(1200.0, -700.0))
    window.map.tool.hover(at)
    assert window.map.overlays.card.isVisible()
    qtbot.mouseClick(window.map.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    dialog = window.findChild(PlannedSiteDialog)
    assert dialog is not None
    assert "County" in dialog.about.text()
    dialog.reject()


def test_planned_sites_have_a_dashed_outline_on_the_map(window: MainWindow, qtbot: QtBot) -> None:
    dialog = PlannedSiteDialog(window.desk, 700.0, -300.0)
    qtbot.addWidget(dialog)
    dialog.name.setText("New School")
    dialog.accept()
    new = window.desk.session.project.site("New School").id
    assert window.map.map.sites[new].symbol.dashed
    assert not window.map.map.sites["r1c1"].symbol.dashed


def test_applying_a_what_if_lists_its_changes_first(desk: UiContext, qtbot: QtBot) -> None:
    plan = suppose_site_closed(desk.session, "r1c1")
    dialog = ApplyWhatIfDialog(desk, plan)
    qtbot.addWidget(dialog)
    assert "School r1c1 closed" in dialog.facts.text()
    dialog.accept()
    assert not desk.session.state.saved_project.sites["r1c1"].patrolled
    desk.session.undo()
    assert desk.session.state.saved_project.sites["r1c1"].patrolled
