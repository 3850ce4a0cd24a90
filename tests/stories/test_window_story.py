"""The whole tale in the window, on San Juan Unified's real sites."""

from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from zoneplanner.app.projects import open_project as projects
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.plan.assumptions.office_setup_dialog import OfficeSetupDialog
from zoneplanner.ui.plan.plans.plan_dialogs import AdoptPlanDialog
from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow


def test_a_safety_manager_zones_moves_logs_adopts_and_hands_out(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = first_start(planner, tmp_path, qtbot)
    office_set_up_is_offered_and_skipped(window, qtbot)
    school = found_by_a_few_letters(window, qtbot)
    moved_and_undone(window, school, qtbot)
    proposed_again(window, qtbot)
    visit_logged_by_keyboard(window, school, qtbot)
    missed_sites_in_one_click(window, school)
    adopted(window)
    handed_out(window, tmp_path / "handout", qtbot)
    everything_is_in_the_file(planner, tmp_path)


def first_start(planner: ApplicationWindow, folder: Path, qtbot: QtBot) -> MainWindow:
    """The bundled district opens with a proposed plan and a line that says what to try."""
    planner.create_project(folder / "district.gpkg")
    window = planner.main
    assert window is not None
    qtbot.waitUntil(window.desk.notices.isVisible)
    assert "drag a school" in window.desk.notices.text.text()
    session = window.desk.session
    assert session.plan is not None and len(session.plan.assignment) == 67
    assert session.state.problems == ()
    window.desk.actions["bottom"].trigger()
    assert window.zones.isVisible() and window.zones.table.rowCount() == 7
    window.desk.jobs.cancel_all()
    return window


def office_set_up_is_offered_and_skipped(window: MainWindow, qtbot: QtBot) -> None:
    """What the program cannot know is asked only of who wants to answer now."""
    assert not window.window().findChildren(OfficeSetupDialog)
    before = window.desk.session.saved_project
    qtbot.mouseClick(window.desk.notices.offer, Qt.MouseButton.LeftButton)
    (sheet,) = window.window().findChildren(OfficeSetupDialog)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert window.desk.session.saved_project is before


def found_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> Site:
    """Ctrl+K, a few letters, Enter: the card is there with the phone and the unit."""
    window.desk.actions["search"].trigger()
    qtbot.keyClicks(window.search, "del campo")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    school = window.desk.session.project.site("Del Campo High")
    assert window.card.currentWidget() is window.site_card
    assert window.site_card.facts.value("phone") == school.phone
    assert window.site_card.facts.value("place").startswith("Unincorporated Sacramento County")
    return school


def moved_and_undone(window: MainWindow, school: Site, qtbot: QtBot) -> None:
    """Dragged to a neighboring zone: before and after are shown, and Undo brings it back."""
    session = window.desk.session
    plan = session.plan
    assert plan is not None
    home = plan.assignment[school.id]
    window.map.fit()
    target = next(
        site
        for site in session.project.patrolled
        if plan.assignment[site.id] != home
        and find_zone_refusal(session.project, plan, school, plan.assignment[site.id]) is None
    )
    drag(window, school, target, qtbot)
    now = session.plan
    assert now is not None and now.assignment[school.id] == plan.assignment[target.id]
    assert f"{school.name} is now in" in window.desk.notices.text.text()
    spans = [window.figures.table.row(at).span for at in range(4)]
    assert all("→" in span for span in spans)
    window.desk.actions["undo"].trigger()
    assert session.plan is not None and session.plan.assignment[school.id] == home


def proposed_again(window: MainWindow, qtbot: QtBot) -> None:
    """Propose zones with a short limit: the gap is told in plain words."""
    window.desk.actions["propose"].trigger()
    assert window.optimizer.isVisible()
    body = window.optimizer.body
    body.form.limit.setValue(5)
    with qtbot.waitSignal(window.optimizer.finished, timeout=30_000):
        body.start_button.click()
    assert "shorter" in body.progress.text.text()
    assert window.desk.session.state.problems == ()
    assert window.figures.proof.text().startswith(body.progress.text.text())


def visit_logged_by_keyboard(window: MainWindow, school: Site, qtbot: QtBot) -> None:
    """Ctrl+L and Enter: the visit has the zone's unit and this moment."""
    window.desk.bridge.select(site=school.id)
    window.desk.actions["log_visit"].trigger()
    qtbot.keyClick(dialog_of(window, VisitDialog), Qt.Key.Key_Return)
    plan = window.desk.session.plan
    assert plan is not None
    unit = plan.zone(plan.assignment[school.id]).unit
    assert f"Visit to {school.name} by {unit} logged" in window.desk.notices.text.text()
    assert window.site_card.facts.value("last").startswith("Today")


def missed_sites_in_one_click(window: MainWindow, school: Site) -> None:
    """Not visited this week: all patrolled sites but the one just visited."""
    window.desk.actions["not_visited"].trigger()
    assert window.sites.isVisible() and window.sites.sorted.rowCount() == 66
    assert window.map.map.coloring.subject == "visit"
    window.desk.actions["not_visited"].trigger()
    assert window.sites.sorted.rowCount() == 79


def adopted(window: MainWindow) -> None:
    """Adopt: the plan takes effect on the day filled in and is no longer edited."""
    window.desk.actions["adopt"].trigger()
    dialog_of(window, AdoptPlanDialog).accept()
    session = window.desk.session
    assert session.plan is not None
    assert session.plan.status(session.today + timedelta(days=120)) is PlanStatus.IN_FORCE
    assert not window.desk.actions["adopt"].isEnabled()


def handed_out(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    """Hand out for the own office: what leaves is seen, and the whole set is made."""
    window.desk.actions["handout"].trigger()
    assert window.workspace == "publish"
    page: PublishPanel = window.stage.boards["publish"]
    page.form.audiences["staff"].click()
    assert "Day of the last visit" in page.release_list.rows[1]
    assert any(row.startswith("Tactical notes") for row in page.release_list.rows[1])
    page.form.audiences["own"].click()
    qtbot.waitUntil(lambda: "atlas.pdf" in page.preview.files.currentText(), timeout=30_000)
    assert "Day of the last visit" in page.release_list.rows[0]
    page.form.folder.setText(str(folder))
    page.form.make.click()
    qtbot.waitUntil(lambda: "files made" in window.desk.notices.text.text(), timeout=60_000)
    (edition,) = folder.iterdir()
    names = {file.name for file in edition.iterdir()}
    assert edition.name.startswith("own-")
    assert {"atlas.pdf", "coverage.pdf", "data", "day-cards.pdf", "map.html"} <= names
    window.show_workspace("plan")


def everything_is_in_the_file(planner: ApplicationWindow, folder: Path) -> None:
    """What was done is there when the project is opened again."""
    planner.close()
    session = projects.open_session(folder / "district.gpkg")
    try:
        assert session.plan is not None and session.plan.is_adopted
        assert len(session.last_visits) == 1
        assert session.store.verify().ok
    finally:
        session.close()


def drag(window: MainWindow, site: Site, onto: Site, qtbot: QtBot) -> None:
    """Drag a site's symbol on the map to where another one is."""
    view = window.map
    start, end = spot(window, site), spot(window, onto)
    port, left = view.viewport(), Qt.MouseButton.LeftButton
    qtbot.mousePress(port, left, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(port, start + (end - start) * step / 10)
    qtbot.mouseRelease(port, left, pos=end)


def spot(window: MainWindow, site: Site) -> QPoint:
    """Return where a site is on the map, in pixels."""
    view = window.map
    return view.mapFromScene(view.map.frame.to_scene_point(site.x_m, site.y_m))


def dialog_of(window: MainWindow, kind: type[QDialog]) -> QDialog:
    """Return the dialog that is open."""
    return next(dialog for dialog in window.window().findChildren(kind) if dialog.isVisible())
