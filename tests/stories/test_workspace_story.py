"""The design workspace on the real sites: layers, themes, tools, comparison, what-ifs, keys."""

from pathlib import Path

from map_driver import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.plan.plans.plan_dialogs import PinNoteDialog
from zoneplanner.ui.plan.what_if.what_if_dialogs import CloseSiteDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

STOPS = "name,latitude,longitude\nNorth,38.69,-121.27\nSouth,38.60,-121.36\nLost,,\n"
ESC, DOWN = Qt.Key.Key_Escape, Qt.Key.Key_Down


def test_a_planner_designs_and_argues_for_a_plan(
    planner: ApplicationWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    own_layer_comes_and_goes(window, qtbot, tmp_path)
    colored_by_load_and_by_response(window)
    branched(window)
    brushed_in_one_step_and_discarded_by_esc(window, qtbot)
    city_line_is_a_wall(window, qtbot)
    note_is_pinned(window, qtbot)
    compared_with_the_first_plan(window)
    what_if_a_school_closes(window)
    found_and_moved_by_keyboard(window, qtbot)
    history_survives_closing(planner)


def plan_of(window: MainWindow) -> Plan:
    plan = window.desk.session.plan
    assert plan is not None
    return plan


def choose(box: QComboBox, data: object) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def own_layer_comes_and_goes(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    session = window.desk.session
    (folder / "stops.csv").write_text(STOPS, encoding="utf-8")
    window.files.layers.add(folder / "stops.csv")
    qtbot.waitUntil(
        lambda: any(layer.own for layer in session.project.layers.values()), timeout=20_000
    )
    assert session.undo_label == "Add layer “Stops”"
    window.desk.actions["undo"].trigger()
    assert not any(layer.own for layer in session.project.layers.values())


def colored_by_load_and_by_response(window: MainWindow) -> None:
    for subject in ("load", "response"):
        choose(window.themes.subject, subject)
        counts = [len(shade.sites) for shade in window.map.map.coloring.classes]
        assert sum(counts) == 67
    choose(window.themes.subject, "zone")


def branched(window: MainWindow) -> None:
    first = plan_of(window)
    window.desk.actions["copy_plan"].trigger()
    assert plan_of(window).parent == first.uid


def brushed_in_one_step_and_discarded_by_esc(window: MainWindow, qtbot: QtBot) -> None:
    """A stroke takes a school of S4, and one that stands at its place, to S5; Esc takes it back."""
    session, hand = window.desk.session, Hand(window.map, qtbot)
    before = plan_of(window)
    target, home = "S5", "S4"
    near = min(before.sites_of(home), key=lambda site: _distance_to(window, site, target))
    hand.take("brush", target)
    at = hand.site(near)
    steps = len(session.history)
    hand.press(at)
    hand.move(at)
    assert plan_of(window).assignment[near] == target
    qtbot.keyClick(window.map, ESC)
    hand.release(at)
    assert plan_of(window).assignment == before.assignment
    assert len(session.history) == steps
    hand.press(at)
    hand.move(at)
    hand.release(at)
    assert plan_of(window).assignment[near] == target
    assert len(session.history) == steps + 1


def city_line_is_a_wall(window: MainWindow, qtbot: QtBot) -> None:
    hand = Hand(window.map, qtbot)
    before = dict(plan_of(window).assignment)
    city_site = plan_of(window).sites_of("SRO1")[0]
    hand.take("assign", "S1")
    hand.click(hand.site(city_site))
    assert plan_of(window).assignment == before
    assert any("Citrus Heights" in text for text in (*hand.refusals, *hand.told))
    window.map.toolbox.choose("select")


def note_is_pinned(window: MainWindow, qtbot: QtBot) -> None:
    hand = Hand(window.map, qtbot)
    hand.take("note")
    hand.click(hand.site(plan_of(window).sites_of("S3")[0]) + QPoint(24, 24))
    asked = next(found for found in window.window().findChildren(PinNoteDialog))
    asked.text.setPlainText("gate opens at 7:30")
    asked.accept()
    assert [pin.text for pin in plan_of(window).pins.values()] == ["gate opens at 7:30"]
    window.map.toolbox.choose("select")


def compared_with_the_first_plan(window: MainWindow) -> None:
    window.desk.actions["compare"].trigger()
    panel = window.comparison.shown
    assert panel is not None
    plan = plan_of(window)
    first = window.desk.session.project.plans[plan.parent].assignment
    moved = sum(first[site] != zone for site, zone in plan.assignment.items())
    assert panel.bar.headline.text().startswith(("1 site with ", "2 sites with ")[moved - 1])
    window.comparison.close()
    assert window.center.currentWidget() is window.map


def what_if_a_school_closes(window: MainWindow) -> None:
    session = window.desk.session
    before, sites = plan_of(window).uid, len(session.project.patrolled)
    school = session.project.site("Del Campo High")
    window.desk.bridge.select(site=school.id)
    window.desk.actions["close_site"].trigger()
    closing = window.window().findChild(CloseSiteDialog)
    assert closing is not None
    closing.accept()
    assert plan_of(window).uid != before
    assert len(session.project.patrolled) == sites - 1
    assert session.state.saved_project.sites[school.id].patrolled
    assert "Del Campo High closed" in window.what_if_banner.text.text()
    window.what_if_banner.discard.click()
    assert plan_of(window).uid == before


def found_and_moved_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    """The palette finds an action; a digit gives the selected school to a zone."""
    session = window.desk.session
    window.window().activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.desk.actions["search"].trigger()
    qtbot.keyClicks(window.search, "whole district")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    school = next(iter(plan_of(window).sites_of("S1")))
    window.desk.bridge.select(site=school)
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_2)
    assert plan_of(window).assignment[school] == "S2"
    session.undo()
    assert plan_of(window).assignment[school] == "S1"


def history_survives_closing(planner: ApplicationWindow) -> None:
    assert planner.main is not None and planner.path is not None
    labels = [step.label for step in planner.main.desk.session.history]
    planner.open_project(planner.path)
    session = planner.main.desk.session
    assert [step.label for step in session.history] == labels
    session.restore_step(0)
    assert all(not plan.pins for plan in session.project.plans.values())


def _distance_to(window: MainWindow, site_id: str, zone: str) -> float:
    project = window.desk.session.project
    here = project.sites[site_id].point
    others = plan_of(window).sites_of(zone)
    return min(here.distance(project.sites[other].point) for other in others)
