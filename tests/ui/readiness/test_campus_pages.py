"""Campus pages in the window: attached, placed by clicks, opened from the response console."""

from pathlib import Path

from builders import refused
from file_dialogs import answered, choose
from pictures import CORNERS, create_attachment, place_around, write_pdf
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsPixmapItem
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.readiness.campus_pages import (
    list_campus_pages,
    log_campus_page,
    read_placed_picture,
)
from zoneplanner.ui.log.response_actions.response_console import ResponseConsole
from zoneplanner.ui.readiness.campus_page_form import CampusPageDialog
from zoneplanner.ui.readiness.campus_pages_table import CampusPagesTable
from zoneplanner.ui.readiness.campus_picture import CampusPageWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.record_form import RecordForm


def open_table(window: MainWindow) -> CampusPagesTable:
    window.desk.actions["go_readiness"].trigger()
    panel: CampusPagesTable = window.tabs.panels["campus_pages"]
    window.tabs.show_table(panel)
    return panel


def test_a_pdf_is_attached_placed_with_three_points_and_verified_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    panel, session = open_table(window), window.desk.session
    window.desk.bridge.select(site="r1c1")
    panel.log_page.click()
    form = window.findChild(CampusPageDialog)
    assert form is not None and not form.ok.isEnabled()
    others = [one for one in window.findChildren(RecordForm) if one is not form]
    assert others == [], "only one form opens"
    with answered(choose(write_pdf(tmp_path / "plan.pdf"))) as seen:
        form.attach.click()
    assert seen
    qtbot.waitUntil(lambda: not form.picture.image.isNull(), timeout=30_000)
    assert form.page.isVisible() and form.page.maximum() == 2 and form.ok.isEnabled()
    at = [own.to_scene_point(*spot) for own, spot in list_corners(form, window)]
    for number, (x, y) in enumerate(CORNERS):
        QTest.mouseClick(
            form.picture, Qt.MouseButton.LeftButton, pos=form.picture.locate(x, y).toPoint()
        )
        assert not form.ok.isEnabled(), "three points are required"
        spot = form.ground.view.mapFromScene(at[number])
        QTest.mouseClick(form.ground.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert form.ok.isEnabled() and form.scale.text() == ""
    assert window.desk.bridge.selection.site == "r1c1", "a click on the map selects nothing"
    form.ok.click()
    page = list_campus_pages(session)["r1c1"]
    placed = read_placed_picture(session, page).placement
    assert placed is not None and abs(placed.width_m - 300) < 15
    assert panel.table.row(panel.table.place("r1c1") or 0).page == page
    panel.view.setCurrentIndex(panel.sorted.index(panel.sorted.rowCount() - 1, 0))
    (laid,) = (one for one in window.map.map.items() if isinstance(one, QGraphicsPixmapItem))
    middle = laid.mapToScene(laid.boundingRect().center())
    site = session.project.sites["r1c1"]
    away = middle - window.map.map.frame.to_scene_point(*site.position)
    assert max(abs(away.x()), abs(away.y())) < 15, "the drawing is on the map at its school"
    panel.log_page.click()
    again = window.findChild(CampusPageDialog)
    assert again is not None and not again.picture.image.isNull()
    assert [field.text() for field in again.points] == list(page.points)
    again.ok.click()
    assert list_campus_pages(session)["r1c1"].picture == page.picture


def list_corners(
    form: CampusPageDialog, window: MainWindow
) -> list[tuple[object, tuple[float, float]]]:
    site = window.desk.session.project.sites["r1c1"]
    return [
        (form.ground.scene.frame, (site.x_m + (x - 0.5) * 300, site.y_m - (y - 0.5) * 232))
        for x, y in CORNERS
    ]


def test_a_key_in_the_response_console_opens_the_campus_page(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.desk.session
    points = ";".join(place_around(session.saved_project, "r1c2"))
    log_campus_page(
        session, {"site": "r1c2", "points": points, "note": "Gate code"}, create_attachment()
    )
    begin_response_action(session, "r1c2", "lockdown")
    window.desk.actions["go_log"].trigger()
    window.desk.actions["response_console"].trigger()
    (console,) = window.findChildren(ResponseConsole)
    QTest.keyClick(console, Qt.Key.Key_P)
    shown = window.findChild(CampusPageWindow)
    assert shown is not None and shown.isVisible() and not shown.isModal()
    assert "100 ft" in shown.legend.text() and "Gate code" in shown.legend.text()
    corner = shown.picture.locate(0.02, 0.02).toPoint()
    QTest.mouseClick(shown.picture, Qt.MouseButton.LeftButton, pos=corner)
    assert shown.square.text().startswith("A1 · ")
    log_campus_page(session, {"site": "r1c2", "points": points}, create_attachment(500, 500))
    assert shown.picture.image.width() == 500, "a new picture replaces the one shown"
    with refused("no_campus_page"):
        log_campus_page(session, {"site": "r1c1"})
