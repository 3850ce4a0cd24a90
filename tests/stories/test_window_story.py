"""The main job in the window, on San Juan Unified's real sites."""

from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from sentences import says

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


def test_a_safety_manager_zones_logs_adopts_and_publishes(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = start_for_the_first_time(planner, tmp_path, qtbot)
    skip_office_setup(window, qtbot)
    school = find_school(window, qtbot)
    move_and_undo(window, school, qtbot)
    propose_again(window, qtbot)
    log_visit_by_keyboard(window, school, qtbot)
    list_missed_sites(window, school)
    adopt(window)
    publish(window, tmp_path / "handout", qtbot)
    check_file(planner, tmp_path)


def start_for_the_first_time(planner: ApplicationWindow, folder: Path, qtbot: QtBot) -> MainWindow:
    """The bundled district opens with a proposed plan and a hint what to try."""
    planner.create_project(folder / "district.gpkg")
    window = planner.main
    assert window is not None
    qtbot.waitUntil(window.desk.notices.isVisible)
    assert says(window.desk.notices.text.text(), "first_step")
    session = window.desk.session
    assert session.plan is not None and len(session.plan.assignment) == 67
    assert session.state.problems == ()
    window.desk.actions["bottom"].trigger()
    assert window.zones.isVisible() and window.zones.table.rowCount() == 7
    window.desk.jobs.cancel_all()
    return window


def skip_office_setup(window: MainWindow, qtbot: QtBot) -> None:
    """The office setup is offered and can be skipped."""
    assert not window.window().findChildren(OfficeSetupDialog)
    before = window.desk.session.saved_project
    qtbot.mouseClick(window.desk.notices.offer, Qt.MouseButton.LeftButton)
    (sheet,) = window.window().findChildren(OfficeSetupDialog)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert window.desk.session.saved_project is before


def find_school(window: MainWindow, qtbot: QtBot) -> Site:
    """Ctrl+K, a few letters and Enter open the school's card."""
    window.desk.actions["search"].trigger()
    qtbot.keyClicks(window.search, "del campo")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    school = window.desk.session.project.site("Del Campo High")
    assert window.card.currentWidget() is window.site_card
    assert window.site_card.facts.value("phone") == school.phone
    assert says(
        window.site_card.facts.value("place"),
        "site_place",
        place="Unincorporated Sacramento County",
    )
    return school


def move_and_undo(window: MainWindow, school: Site, qtbot: QtBot) -> None:
    """Drag a school to a neighboring zone, compare the figures, and undo."""
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
    assert says(window.desk.notices.text.text(), "sites_moved", sites=school.name)
    spans = [window.figures.table.row(at).span for at in range(4)]
    assert all("→" in span for span in spans)
    window.desk.actions["undo"].trigger()
    assert session.plan is not None and session.plan.assignment[school.id] == home


def propose_again(window: MainWindow, qtbot: QtBot) -> None:
    """Propose zones with a short limit; the gap is shown in words."""
    window.desk.actions["propose"].trigger()
    assert window.optimizer.isVisible()
    body = window.optimizer.body
    body.form.limit.setValue(5)
    with qtbot.waitSignal(window.optimizer.finished, timeout=30_000):
        body.start_button.click()
    assert "shorter" in body.progress.text.text()
    assert window.desk.session.state.problems == ()
    assert window.figures.proof.text().startswith(body.progress.text.text())


def log_visit_by_keyboard(window: MainWindow, school: Site, qtbot: QtBot) -> None:
    """Ctrl+L and Enter log a visit by the zone's unit now."""
    window.desk.bridge.select(site=school.id)
    window.desk.actions["log_visit"].trigger()
    qtbot.keyClick(find_dialog(window, VisitDialog), Qt.Key.Key_Return)
    plan = window.desk.session.plan
    assert plan is not None
    unit = plan.zone(plan.assignment[school.id]).unit
    assert f"Visit to {school.name} by {unit} logged" in window.desk.notices.text.text()
    assert window.site_card.facts.value("last").startswith("Today")


def list_missed_sites(window: MainWindow, school: Site) -> None:
    """List the sites not visited this week: all patrolled ones but one."""
    window.desk.actions["not_visited"].trigger()
    assert window.sites.isVisible() and window.sites.sorted.rowCount() == 66
    assert window.map.map.coloring.subject == "visit"
    window.desk.actions["not_visited"].trigger()
    assert window.sites.sorted.rowCount() == 79


def adopt(window: MainWindow) -> None:
    """Adopt the plan: it takes effect on the day filled in and is locked."""
    window.desk.actions["adopt"].trigger()
    find_dialog(window, AdoptPlanDialog).accept()
    session = window.desk.session
    assert session.plan is not None
    assert session.plan.status(session.today + timedelta(days=120)) is PlanStatus.IN_FORCE
    assert not window.desk.actions["adopt"].isEnabled()


def publish(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    """Publish for the office: the released fields are listed, and every file is written."""
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


def check_file(planner: ApplicationWindow, folder: Path) -> None:
    """Check that the project opens again with all changes."""
    planner.close()
    session = projects.open_session(folder / "district.gpkg")
    try:
        assert session.plan is not None and session.plan.is_adopted
        assert len(session.last_visits) == 1
        assert session.store.verify().ok
    finally:
        session.close()


def drag(window: MainWindow, site: Site, onto: Site, qtbot: QtBot) -> None:
    """Drag a site's symbol onto another one."""
    view = window.map
    start, end = locate(window, site), locate(window, onto)
    port, left = view.viewport(), Qt.MouseButton.LeftButton
    qtbot.mousePress(port, left, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(port, start + (end - start) * step / 10)
    qtbot.mouseRelease(port, left, pos=end)


def locate(window: MainWindow, site: Site) -> QPoint:
    """Return a site's position on the map in pixels."""
    view = window.map
    return view.mapFromScene(view.map.frame.to_scene_point(site.x_m, site.y_m))


def find_dialog(window: MainWindow, kind: type[QDialog]) -> QDialog:
    """Return the open dialog."""
    return next(dialog for dialog in window.window().findChildren(kind) if dialog.isVisible())
