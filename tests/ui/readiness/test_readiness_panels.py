"""The readiness workspace: what is due in table, map and figures, and how it is done from there."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import project_from
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from unchecked_entries import append_unchecked

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness, load_project_rules
from zoneplanner.app.readiness.rules import set_own_drill_rule
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.ui.coverage.observed_table import NO_CALLS_LOGGED
from zoneplanner.ui.log.record_history import RecordHistoryDialog, VoidEntryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.map.symbology.color_classes import ColorClass
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.readiness.plan_review_forms import DistrictReportDialog, ReviewStepDialog
from zoneplanner.ui.readiness.requirement_rows import summarize_requirements
from zoneplanner.ui.readiness.requirements_table import RequirementsTable
from zoneplanner.ui.shell.main_window import MainWindow

OpenSession = Callable[[Project], Session]
TERMS = (
    DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
    DateRange("Spring", date(2027, 1, 4), date(2027, 6, 2)),
)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones over one city zone, with a school year."""
    project = project_from("AABB / AABB / aaaa")
    return open_session(replace(project, calendar=SchoolCalendar(TERMS, ())))


KEPT = {"site": "r3c4", "kind": "secure", "held_at": "2026-08-20T09:00"}
"""A drill that no rule asks for."""


def keep_drills(session: Session) -> None:
    """Say that the office has all its drills in the log, and log one."""
    declare_records(session, complete=((DRILL_RECORDS, DaySpan(date(2026, 8, 1))),))
    log_record(session, "drill", KEPT)


@pytest.fixture
def duties(window: MainWindow, qtbot: QtBot) -> RequirementsTable:
    """The readiness workspace of an office that keeps drills, read."""
    keep_drills(window.desk.session)
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    panel: RequirementsTable = window.tabs.panels["duties"]
    window.tabs.show_table(panel)
    return panel


def shown(panel: RequirementsTable) -> list[list[str]]:
    assert panel.sorted is not None
    model = panel.sorted
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_nothing_is_read_before_the_workspace_is_shown(window: MainWindow) -> None:
    assert window.desk.readiness.readiness is None
    assert "duties" not in dict(window.tabs.panels)


def test_what_is_most_urgent_stands_first(duties: RequirementsTable) -> None:
    rows = shown(duties)
    assert (rows[0][0], rows[0][3]) == ("! 77 days late", "31 Aug")
    known = [row for row in rows if not row[0].startswith("?")]
    assert duties.sorted is not None
    model = duties.sorted
    days = [model.row_of(model.index(at, 0)).item.due_on for at in range(len(known))]
    assert days == sorted(days)
    never = rows[len(known) :]  # neither a report nor a notice was ever logged
    assert {tuple(row[:2]) for row in never} == {("? No record", "The district")}
    assert len(never) == 2
    assert duties.counted.text() == f"{len(rows)} to do"


def test_a_drill_logged_from_its_row_leaves_the_list(
    duties: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    before = len(shown(duties))
    duties.filter.setText("School r1c1 drop")
    assert len(shown(duties)) == 1
    assert duties.sorted is not None
    duties.view.setCurrentIndex(duties.sorted.index(0, 0))
    assert window.desk.bridge.selection.site == "r1c1"
    qtbot.keyClick(duties.view, Qt.Key.Key_Return)
    dialog = window.findChild(DrillDialog)
    assert dialog is not None
    assert (dialog.site.currentData(), dialog.kind.currentData()) == ("r1c1", "drop")
    dialog.asked.now.click()
    with qtbot.waitSignal(window.desk.readiness.was_read):
        dialog.accept()
    duties.filter.clear()
    now = shown(duties)
    assert len(now) == before  # one quarter is made up for, the present one is still due
    drop = [row for row in now if row[1:3] == ["School r1c1", "Drop drill"]]
    assert drop[0][4] == "1 of 2"


def test_a_plan_review_opens_at_its_next_step(
    duties: RequirementsTable, window: MainWindow
) -> None:
    duties.filter.setText("School r1c2 plan review")
    assert duties.sorted is not None
    duties.view.setCurrentIndex(duties.sorted.index(0, 0))
    duties.open_button.click()
    dialog = window.findChild(ReviewStepDialog)
    assert dialog is not None
    assert dialog.stage.currentData() == "drafted"
    dialog.close()


def test_the_districts_report_is_logged_once_its_day_is_said(
    duties: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    duties.filter.setText("state")
    assert duties.sorted is not None
    duties.view.setCurrentIndex(duties.sorted.index(0, 0))
    duties.open_button.click()
    (form,) = window.findChildren(DistrictReportDialog)
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible() and form.required.text().startswith("Set the day on which")
    form.asked.now.click()
    with qtbot.waitSignal(window.desk.readiness.was_read):
        qtbot.keyClick(form, Qt.Key.Key_Return)
    assert shown(duties) == []


def test_sites_and_zones_have_rows_of_their_own(duties: RequirementsTable) -> None:
    duties.shown.setCurrentIndex(duties.shown.findData("site"))
    assert len(shown(duties)) == 12
    duties.shown.setCurrentIndex(duties.shown.findData("zone"))
    rows = shown(duties)
    assert [row[0] for row in rows] == ["Zone A", "Zone a", "Zone B"]
    assert rows[0][1:3] == ["4", "4"]


def test_before_anything_is_recorded_nothing_is_overdue(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    panel = window.tabs.panels["duties"]
    window.tabs.show_table(panel)
    assert not any("late" in row[0] for row in shown(panel))
    assert {row[0] for row in shown(panel)} >= {"? No record"}
    summary = window.left.sections["readiness"].summary.text()
    assert summary.startswith("0 requirements overdue, ")
    assert "26 have no record on file: the due date has passed" in summary
    assert summary.endswith("so they are not counted as overdue.")
    coloring = window.map.map.coloring
    by_status = {shade.text: shade.sites for shade in coloring.classes}
    assert not by_status["Overdue"]
    assert not any("overdue" in caption for caption in captions(window).values())
    window.desk.bridge.select(site="r1c1")
    told = window.site_card.facts.value("open")
    assert "late" not in told and "Fire drill, no record on file" in told
    with qtbot.waitSignal(window.desk.readiness.was_read):
        keep_drills(session)
    assert any("late" in row[0] for row in shown(panel))
    assert len({shade.text: shade.sites for shade in coloring_of(window)}["Overdue"]) == 12


def coloring_of(window: MainWindow) -> tuple[ColorClass, ...]:
    """Return what the map colors schools by now."""
    return window.map.map.coloring.classes


def test_an_empty_log_says_so_and_offers_what_to_do_next(window: MainWindow, qtbot: QtBot) -> None:
    for workspace, table, offer in (
        ("log", "entries", "log_visit"),
        ("coverage", "observed", "log_visit"),
        ("shifts", "hours", "import"),
        ("shifts", "roster_problems", "import"),
    ):
        window.show_workspace(workspace)
        panel = window.tabs.panels[table]
        window.tabs.show_table(panel)
        view = panel.view
        assert view.model().rowCount() == 0
        assert view.offer.isVisible(), table
        assert view.offer.text().lower() == window.desk.actions[offer].text().lower()
        assert not view.horizontalHeader().isVisible()
        assert view.viewport().rect().contains(view.offer.geometry())
    window.show_workspace("coverage")
    board = window.left.sections["coverage"]
    assert {box.value.text() for box in board.key_figures} == {"–"}
    assert {box.n.text() for box in board.key_figures} == {"no record"}
    (shade,) = (one for one in coloring_of(window) if one.sites)
    assert (shade.text, shade.fill) == ("No visit logged yet", window.map.theme.site_pale)
    window.panel_context.period.ask("model")
    assert window.left.sections["against"].sentences == [NO_CALLS_LOGGED]
    window.show_workspace("log")
    due = window.tabs.panels["due"]
    window.tabs.show_table(due)
    assert "missed" not in due.counted.text()
    assert not any(
        due.table.row(at).status_text.startswith("!") for at in range(due.table.rowCount())
    )
    view = window.tabs.panels["entries"].view
    window.tabs.show_table(window.tabs.panels["entries"])
    qtbot.mouseClick(view.offer, Qt.MouseButton.LeftButton)
    (form,) = (one for one in window.findChildren(VisitDialog) if one.isVisible())
    form.reject()
    log_record(window.desk.session, "visit", {"site": "r1c1"})
    assert not view.offer.isVisible() and view.horizontalHeader().isVisible()


def test_the_map_follows_what_was_read(
    duties: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    coloring = window.map.map.coloring
    assert coloring.subject == "readiness"
    overdue = {shade.text: shade.sites for shade in coloring.classes}["Overdue"]
    assert len(overdue) == 12
    assert captions(window) == dict.fromkeys("ABa", "4 overdue")
    window.map.set_coloring("zone")
    assert captions(window) == dict.fromkeys("ABa", "")


def captions(window: MainWindow) -> dict[str, str]:
    """Return what stands below the number of each zone on the map."""
    reading, coloring = window.desk.session.state, window.map.map.coloring
    return {zone: coloring.get_zone_caption(reading, zone) for zone in reading.outlines}


def test_the_card_of_a_school_tells_what_is_due_there(
    duties: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c1")
    told = window.site_card.facts.value("open").splitlines()
    assert told[0] == "Fire drill, 77 days late"
    assert len(told) == 3
    assert "Plan review" in told[-1]
    assert not any(", 20" in one for one in told), "of this school year, without the year"
    review = {"site": "r1c1", "on": "2026-11-12"}
    columns = [
        {**review, "stage": one.stage, "who_kind": one.who}
        for one in load_project_rules(window.desk.session.project).steps
    ]
    columns.append({**review, "stage": "confirmed", "elements": "all"})
    for one in columns:
        log_record(window.desk.session, "review", one)
    qtbot.waitUntil(lambda: "Plan review" not in window.site_card.facts.value("open"))


def test_a_visit_changes_no_duty_and_is_not_waited_for(
    duties: RequirementsTable, window: MainWindow
) -> None:
    log_record(window.desk.session, "visit", {"site": "r1c1"})
    assert window.desk.readiness.is_current
    log_record(window.desk.session, "drill", {"site": "r1c1", "kind": "fire"})
    assert not window.desk.readiness.is_current


def test_a_rule_of_the_district_is_read_at_once(
    duties: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        set_own_drill_rule(window.desk.session, "lockdown", "elementary", 1, "semester")
    assert any(row[2] == "Lockdown drill" for row in shown(duties))
    panel = window.left.sections["readiness"]
    assert not panel.figures.value("drills_lockdown_share")  # its first semester still runs


def test_figures_say_their_n_and_what_is_withheld(
    duties: RequirementsTable, window: MainWindow
) -> None:
    panel = window.left.sections["readiness"]
    assert panel.figures.value("drills_fire_share") == "0% of 36"
    assert not panel.figures.value("plans_reviewed_share")  # what is open says it
    assert not panel.figures.value("actions_on_time_share")
    assert panel.title.text() == "Readiness, school year 2026-27"


def test_every_kind_of_record_is_in_the_log_and_opens_its_form(
    duties: RequirementsTable, window: MainWindow
) -> None:
    session = window.desk.session
    log_record(session, "drill", {"uid": "d", "site": "r1c1", "kind": "fire"})
    log_record(
        session, "review", {"uid": "p", "site": "r1c1", "stage": "drafted", "on": "2026-11-12"}
    )
    event = {"event": "event elsewhere", "event_on": "2026-11-02"}
    log_record(session, "after_action", {"uid": "r", **event})
    action = {"review": "r", "action": "x", "owner_role": "y", "due_on": "2026-12-01"}
    log_record(session, "corrective_action", {"uid": "a", **action})
    log_record(session, "concern", {"uid": "c", "reference": "C-1"})
    log_record(session, "district_report", {"uid": "s", "on": "2026-11-16"})
    entries = window.tabs.panels["entries"]
    window.tabs.show_table(entries)
    assert {entries.table.row(at).uid for at in range(entries.table.rowCount())} == set("dpracs")
    for uid in "dpracs":
        entries.view.select_key(uid)
        entries.view.opened.emit(uid)
        form = next(one for one in window.findChildren(QDialog) if one.isVisible())
        assert form.windowTitle()
        form.reject()
    entries.view.select_key("d")
    entries.buttons.history.click()
    history = window.findChild(RecordHistoryDialog)
    assert history is not None
    assert history.table.rowCount() == 1
    history.void_button.click()
    (void,) = (one for one in window.findChildren(VoidEntryDialog) if one.isVisible())
    void.reason.setCurrentIndex(0)
    void.accept()
    assert entries.table.place("d") is None


def test_an_entry_that_cannot_be_read_is_counted_and_the_rest_is_shown(
    open_window: Callable[[Session], MainWindow], qtbot: QtBot, session: Session
) -> None:
    path, head = session.store.path, session.store.head()
    assert path is not None
    soon = {"uid": "v7", "kind": "review", "site": "r1c1", "payload": '{"on":"soon"}'}
    append_unchecked(path, head, soon)
    window = open_window(session)
    window.desk.actions["go_readiness"].trigger()
    qtbot.waitUntil(lambda: window.desk.readiness.readiness is not None)
    entries = window.tabs.panels["entries"]
    window.tabs.show_table(entries)
    qtbot.waitUntil(lambda: entries.counted.text() == "0 entries, 1 unreadable")
    assert "verify" in entries.counted.toolTip()


def test_the_log_shows_the_last_thirty_days_until_more_is_asked_for(
    duties: RequirementsTable, window: MainWindow
) -> None:
    session = window.desk.session
    log_record(session, "drill", {"uid": "old", "site": "r1c1", "kind": "fire",
                                   "held_at": "2026-08-20T09:00"})  # fmt: skip
    entries = window.tabs.panels["entries"]
    window.tabs.show_table(entries)
    assert entries.table.rowCount() == 0
    assert entries.counted.text() == "0 entries"
    entries.period.setCurrentIndex(entries.period.findText("Everything"))
    assert entries.table.rowCount() == 2
    log_record(session, "drill", {"void": "old", "reason": "another school"})
    assert entries.table.rowCount() == 1


def test_reviews_of_calls_logged_late_are_summed_up_as_not_on_record(session: Session) -> None:
    received = session.clock() - timedelta(days=60)
    call = {"type": "fight", "priority": "1", "received_at": received.isoformat()}
    log_record(session, "incident", {"site": "r1c1", **call})
    found = compute_readiness(session)
    found = replace(found, items=[one for one in found.items if one.kind == "after_action"])
    said = summarize_requirements(found)
    assert "1 has no record on file: the due date has passed" in said


def test_the_matrix_has_a_row_a_school_the_latest_first_and_keeps_not_recorded_apart(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    matrix, panel = window.left.sections["matrix"], window.left.sections["readiness"]
    assert matrix.isVisible() and matrix.table.columns[3].title == "Fire drill"
    assert not matrix.view.isColumnHidden(2) and matrix.table.columns[2].title == "Plan review"
    assert {row[3] for row in shown(matrix)} == {"? no record"}
    assert "? Fire drill: 12 schools, no record on file" in panel.groups.text().splitlines()
    assert "? Report to the state: no record on file" in panel.groups.text().splitlines()
    with qtbot.waitSignal(window.desk.readiness.was_read):
        held = (session.clock() - timedelta(days=1)).isoformat()
        log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": held})
    (cell,) = {row[3] for row in shown(matrix)} - {"? no record"}
    assert re.fullmatch(r"\? 1 of [2-9]", cell), "what is on record is told, not denied"
    with qtbot.waitSignal(window.desk.readiness.was_read):
        keep_drills(session)
    assert len(shown(matrix)) == 12 and all("days late" in row[3] for row in shown(matrix))
    assert panel.groups.text().startswith("! Fire drill: 12 schools, ")
    assert panel.groups.text().splitlines()[0].endswith("days late")
    first = shown(matrix)[0][0]
    matrix.view.selectRow(0)
    assert window.desk.session.project.site(window.desk.bridge.selection.site or "").name == first


def test_a_table_that_a_filter_emptied_has_its_columns_back(
    duties: RequirementsTable, window: MainWindow, session: Session
) -> None:
    def widths() -> list[int]:
        return [duties.view.columnWidth(at) for at in range(duties.table.columnCount())]

    before = widths()
    duties.filter.setText("no such school")
    duties.refresh()
    duties.filter.clear()
    assert widths() == before and min(width for width in before if width) > 35
