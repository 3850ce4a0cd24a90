"""Reunification in the window: assignments, gaps with reasons, and lines on the map."""

from pytestqt.qtbot import QtBot
from shapely import Point

from zoneplanner.app.log.logbook import log_record
from zoneplanner.ui.map.scene.user_layers import ReachItem
from zoneplanner.ui.readiness.people_forms import PeopleRecordDialog
from zoneplanner.ui.readiness.reunification_table import ReunificationTable
from zoneplanner.ui.shell.main_window import MainWindow

CAMPUSES = ("r1c1", "r1c3", "r3c1", "r3c3")


def test_logged_sites_are_assigned_and_the_selected_school_has_its_lines(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.actions["go_readiness"].trigger()
    panel: ReunificationTable = window.tabs.panels["reunification"]
    window.tabs.show_table(panel)
    assert panel.table.rowCount() == 0 and panel.plan is None
    window.desk.bridge.select(site="r1c1")
    panel.log_site.click()
    form = window.findChild(PeopleRecordDialog)
    assert form is not None
    said = form.columns()
    assert (said["at_site"], said["site"]) == ("r1c1", ""), "the place is set, for any school"
    form.reject()
    session = window.desk.session
    given = [(place, how) for place in CAMPUSES for how in ("walking", "bus")]
    for place, how in given:
        columns = {"name": place, "at_site": place, "how": how, "capacity": "900"}
        log_record(session, "reunification_site", {**columns, "on": "2026-11-02"})
    qtbot.waitUntil(lambda: bool(panel.plan and panel.plan.schools[-1].reached_by("bus")))
    found = panel.plan
    assert found is not None and found.proven
    missing = {site.id for site, _, _ in found.gaps}
    assert 0 < len(missing) < len(found.schools)
    rows = [panel.sorted.row_of(panel.sorted.index(at, 0)) for at in range(len(found.schools))]
    lacking = [row.school.site.id in missing for row in rows]
    assert lacking == [bool(row.missing) for row in rows] == sorted(lacking, reverse=True)
    panel.filter.setText("School r2c2")
    panel.view.setCurrentIndex(panel.sorted.index(0, 0))
    assert window.desk.bridge.selection.site == "r2c2"
    lines = [one for one in window.map.map.items() if isinstance(one, ReachItem)]
    (school,) = (one for one in found.schools if one.site.id == "r2c2")
    assert len(lines) == 1 and len(school.places) == 4
    assert all(lines[0].area.covers(Point(one.x_m, one.y_m)) for one in school.places)
    window.desk.actions["go_plan"].trigger()
    assert not [one for one in window.map.map.items() if isinstance(one, ReachItem)]
