"""The Plan workspace on real sites: layers, themes, tools, comparison, what-ifs, keys."""

from pathlib import Path

from map_driver import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.plan.plans.plan_dialogs import PinNoteDialog
from zoneplanner.ui.plan.what_if.what_if_dialogs import CloseSiteDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

STOPS = "name,latitude,longitude\nNorth,38.69,-121.27\nSouth,38.60,-121.36\nLost,,\n"
ESC, DOWN = Qt.Key.Key_Escape, Qt.Key.Key_Down


def test_a_planner_designs_and_compares_a_plan(
    planner: ApplicationWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    add_layer_and_undo(window, qtbot, tmp_path)
    color_by_load_and_response(window)
    copy_plan(window)
    brush_and_escape(window, qtbot)
    try_to_cross_city_line(window, qtbot)
    pin_note(window, qtbot)
    compare_with_first_plan(window)
    suppose_school_closes(window)
    find_and_move_by_keyboard(window, qtbot)
    reopen_and_restore(planner)


def find_plan(window: MainWindow) -> Plan:
    plan = window.desk.session.plan
    assert plan is not None
    return plan


def choose(box: QComboBox, data: object) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def add_layer_and_undo(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    session = window.desk.session
    (folder / "stops.csv").write_text(STOPS, encoding="utf-8")
    window.files.layers.add(folder / "stops.csv")
    qtbot.waitUntil(
        lambda: any(layer.own for layer in session.project.layers.values()), timeout=20_000
    )
    assert session.undo_label == "Add layer “Stops”"
    window.desk.actions["undo"].trigger()
    assert not any(layer.own for layer in session.project.layers.values())


def color_by_load_and_response(window: MainWindow) -> None:
    for subject in ("load", "response"):
        choose(window.themes.subject, subject)
        counts = [len(shade.sites) for shade in window.map.map.coloring.classes]
        assert sum(counts) == 67
    choose(window.themes.subject, "zone")


def copy_plan(window: MainWindow) -> None:
    first = find_plan(window)
    window.desk.actions["copy_plan"].trigger()
    assert find_plan(window).parent == first.uid


def brush_and_escape(window: MainWindow, qtbot: QtBot) -> None:
    """A brush stroke moves a school and those at its position; Esc cancels it."""
    session, hand = window.desk.session, Hand(window.map, qtbot)
    before = find_plan(window)
    target, home = "S5", "S4"
    near = min(before.sites_of(home), key=lambda site: _compute_distance(window, site, target))
    hand.select_tool("brush", target)
    at = hand.site(near)
    steps = len(session.history)
    hand.press(at)
    hand.move(at)
    assert find_plan(window).assignment[near] == target
    qtbot.keyClick(window.map, ESC)
    hand.release(at)
    assert find_plan(window).assignment == before.assignment
    assert len(session.history) == steps
    hand.press(at)
    hand.move(at)
    hand.release(at)
    assert find_plan(window).assignment[near] == target
    assert len(session.history) == steps + 1


def try_to_cross_city_line(window: MainWindow, qtbot: QtBot) -> None:
    hand = Hand(window.map, qtbot)
    before = dict(find_plan(window).assignment)
    city_site = find_plan(window).sites_of("SRO1")[0]
    hand.select_tool("assign", "S1")
    hand.click(hand.site(city_site))
    assert find_plan(window).assignment == before
    assert any("Citrus Heights" in text for text in (*hand.refusals, *hand.notices))
    window.map.toolbox.choose("select")


def pin_note(window: MainWindow, qtbot: QtBot) -> None:
    hand = Hand(window.map, qtbot)
    hand.select_tool("note")
    hand.click(hand.site(find_plan(window).sites_of("S3")[0]) + QPoint(24, 24))
    asked = next(found for found in window.window().findChildren(PinNoteDialog))
    asked.text.setPlainText("gate opens at 7:30")
    asked.accept()
    assert [pin.text for pin in find_plan(window).pins.values()] == ["gate opens at 7:30"]
    window.map.toolbox.choose("select")


def compare_with_first_plan(window: MainWindow) -> None:
    window.desk.actions["compare"].trigger()
    panel = window.comparison.shown
    assert panel is not None
    plan = find_plan(window)
    first = window.desk.session.project.plans[plan.parent].assignment
    moved = sum(first[site] != zone for site, zone in plan.assignment.items())
    assert panel.bar.headline.text().startswith(("1 site with ", "2 sites with ")[moved - 1])
    window.comparison.close()
    assert window.center.currentWidget() is window.map


def suppose_school_closes(window: MainWindow) -> None:
    session = window.desk.session
    before, sites = find_plan(window).uid, len(session.project.patrolled)
    school = session.project.site("Del Campo High")
    window.desk.bridge.select(site=school.id)
    window.desk.actions["close_site"].trigger()
    closing = window.window().findChild(CloseSiteDialog)
    assert closing is not None
    closing.accept()
    assert find_plan(window).uid != before
    assert len(session.project.patrolled) == sites - 1
    assert session.state.saved_project.sites[school.id].patrolled
    assert says(window.what_if_banner.text.text(), "supposed.closed", name=school.name)
    window.what_if_banner.discard.click()
    assert find_plan(window).uid == before


def find_and_move_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    """The search finds an action; a digit assigns the selected school to a zone."""
    session = window.desk.session
    window.window().activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.desk.actions["search"].trigger()
    qtbot.keyClicks(window.search, "whole district")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    school = next(iter(find_plan(window).sites_of("S1")))
    window.desk.bridge.select(site=school)
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_2)
    assert find_plan(window).assignment[school] == "S2"
    session.undo()
    assert find_plan(window).assignment[school] == "S1"


def reopen_and_restore(planner: ApplicationWindow) -> None:
    assert planner.main is not None and planner.path is not None
    labels = [step.label for step in planner.main.desk.session.history]
    planner.open_project(planner.path)
    session = planner.main.desk.session
    assert [step.label for step in session.history] == labels
    session.restore_step(0)
    assert all(not plan.pins for plan in session.project.plans.values())


def _compute_distance(window: MainWindow, site_id: str, zone: str) -> float:
    project = window.desk.session.project
    here = project.sites[site_id].point
    others = find_plan(window).sites_of(zone)
    return min(here.distance(project.sites[other].point) for other in others)
