"""The readiness workspace: open requirements in table, map and figures, and their forms."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import OpenSession, project_from
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from sentences import says
from unchecked_entries import append_unchecked

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness, load_project_rules
from zoneplanner.app.readiness.rules import set_own_drill_rule
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS, DaySpan
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT, RequirementStatus
from zoneplanner.ui.coverage.observed_table import NO_CALLS_LOGGED
from zoneplanner.ui.log.record_history import RecordHistoryDialog, VoidEntryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.readiness.plan_review_forms import DistrictReportDialog, ReviewStepDialog
from zoneplanner.ui.readiness.requirement_rows import summarize_requirements
from zoneplanner.ui.readiness.requirements_table import RequirementsTable
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext

TERMS = (
    DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
    DateRange("Spring", date(2027, 1, 4), date(2027, 6, 2)),
)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones over one city zone, with a school year."""
    project = project_from("AABB / AABB / aaaa")
    return open_session(replace(project, calendar=SchoolCalendar(TERMS, ())))


SECURE_DRILL = {"site": "r3c4", "kind": "secure", "held_at": "2026-08-20T09:00"}
"""A drill that no rule requires."""


def declare_drills(session: Session) -> None:
    """Declare that all drills are in the log, and log one."""
    declare_records(session, complete=((DRILL_RECORDS, DaySpan(date(2026, 8, 1))),))
    log_record(session, "drill", SECURE_DRILL)


@pytest.fixture
def requirements(window: MainWindow, qtbot: QtBot) -> RequirementsTable:
    """The table of requirements, computed, of an office that declared its drills."""
    declare_drills(window.desk.session)
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    panel: RequirementsTable = window.tabs.panels["duties"]
    window.tabs.show_table(panel)
    return panel


@pytest.fixture
def table(desk: UiContext, qtbot: QtBot) -> RequirementsTable:
    """The table alone, computed, of an office that declared its drills."""
    declare_drills(desk.session)
    panel = RequirementsTable(desk, lambda _: None)
    qtbot.addWidget(panel)
    panel.resize(1000, 400)
    with qtbot.waitSignal(desk.readiness.was_read, timeout=20_000):
        panel.show()
    return panel


def list_texts(panel: RequirementsTable) -> list[list[str]]:
    assert panel.sorted is not None
    model = panel.sorted
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_nothing_is_read_before_the_workspace_is_shown(window: MainWindow) -> None:
    assert window.desk.readiness.readiness is None
    assert "duties" not in dict(window.tabs.panels)


def test_the_most_urgent_requirement_is_first(table: RequirementsTable) -> None:
    rows = list_texts(table)
    assert (rows[0][0], rows[0][3]) == ("! 77 days late", "31 Aug")
    known = [row for row in rows if not row[0].startswith("?")]
    assert table.sorted is not None
    model = table.sorted
    days = [model.row_of(model.index(at, 0)).item.due_on for at in range(len(known))]
    assert days == sorted(days)
    never = rows[len(known) :]  # the report and the notice, never logged
    assert {tuple(row[:2]) for row in never} == {("? No record", "The district")}
    assert len(never) == 2
    assert table.counted.text() == f"{len(rows)} to do"


def test_a_drill_logged_from_its_row_updates_the_list(
    requirements: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    before = len(list_texts(requirements))
    requirements.filter.setText("School r1c1 drop")
    assert len(list_texts(requirements)) == 1
    assert requirements.sorted is not None
    requirements.view.setCurrentIndex(requirements.sorted.index(0, 0))
    assert window.desk.bridge.selection.site == "r1c1"
    qtbot.keyClick(requirements.view, Qt.Key.Key_Return)
    dialog = window.findChild(DrillDialog)
    assert dialog is not None
    assert (dialog.site.currentData(), dialog.kind.currentData()) == ("r1c1", "drop")
    dialog.asked.now.click()
    with qtbot.waitSignal(window.desk.readiness.was_read):
        dialog.accept()
    requirements.filter.clear()
    now = list_texts(requirements)
    assert len(now) == before  # one quarter is made up, this one is still due
    drop = [row for row in now if row[1:3] == ["School r1c1", "Drop drill"]]
    assert drop[0][4] == "1 of 2"


def test_a_plan_review_opens_at_its_next_step(
    requirements: RequirementsTable, window: MainWindow
) -> None:
    requirements.filter.setText("School r1c2 plan review")
    assert requirements.sorted is not None
    requirements.view.setCurrentIndex(requirements.sorted.index(0, 0))
    requirements.open_button.click()
    dialog = window.findChild(ReviewStepDialog)
    assert dialog is not None
    assert dialog.stage.currentData() == "drafted"
    dialog.close()


def test_the_districts_report_is_logged_once_its_date_is_set(
    requirements: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    requirements.filter.setText("state")
    assert requirements.sorted is not None
    requirements.view.setCurrentIndex(requirements.sorted.index(0, 0))
    requirements.open_button.click()
    (form,) = window.findChildren(DistrictReportDialog)
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible() and form.required.text()
    assert len(list_texts(requirements)) == 1
    form.asked.now.click()
    with qtbot.waitSignal(window.desk.readiness.was_read):
        qtbot.keyClick(form, Qt.Key.Key_Return)
    assert list_texts(requirements) == []


def test_sites_and_zones_have_their_own_rows(table: RequirementsTable) -> None:
    table.shown.setCurrentIndex(table.shown.findData("site"))
    assert len(list_texts(table)) == 12
    table.shown.setCurrentIndex(table.shown.findData("zone"))
    rows = list_texts(table)
    assert [row[0] for row in rows] == ["Zone A", "Zone a", "Zone B"]
    assert rows[0][1:3] == ["4", "4"]


def test_nothing_is_overdue_until_something_is_recorded(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    panel = window.tabs.panels["duties"]
    window.tabs.show_table(panel)
    assert not any("late" in row[0] for row in list_texts(panel))
    assert {row[0] for row in list_texts(panel)} >= {"? No record"}
    summary = window.left.sections["readiness"].summary.text()
    assert says(summary, "requirements_open", overdue="0 requirements")
    assert says(summary, "requirements_open.unrecorded", n="26")
    coloring = window.map.map.coloring
    by_status = {shade.text: shade.sites for shade in coloring.classes}
    assert not by_status["Overdue"]
    assert not any("overdue" in caption for caption in list_captions(window).values())
    window.desk.bridge.select(site="r1c1")
    told = window.site_card.facts.value("open")
    unrecorded = RequirementStatus.NOT_RECORDED
    assert "late" not in told and f"{format_drill_name('fire')}, {unrecorded}" in told
    with qtbot.waitSignal(window.desk.readiness.was_read):
        declare_drills(session)
    assert any("late" in row[0] for row in list_texts(panel))
    overdue = {one.text: one.sites for one in window.map.map.coloring.classes}["Overdue"]
    assert len(overdue) == 12


def test_an_empty_table_offers_the_next_action(window: MainWindow, qtbot: QtBot) -> None:
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
    (shade,) = (one for one in window.map.map.coloring.classes if one.sites)
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


def test_the_map_colors_schools_by_readiness(
    requirements: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    coloring = window.map.map.coloring
    assert coloring.subject == "readiness"
    overdue = {shade.text: shade.sites for shade in coloring.classes}["Overdue"]
    assert len(overdue) == 12
    assert list_captions(window) == dict.fromkeys("ABa", "4 overdue")
    window.map.set_coloring("zone")
    assert list_captions(window) == dict.fromkeys("ABa", "")


def list_captions(window: MainWindow) -> dict[str, str]:
    """Return the caption below each zone's number on the map."""
    reading, coloring = window.desk.session.state, window.map.map.coloring
    return {zone: coloring.get_zone_caption(reading, zone) for zone in reading.outlines}


def test_the_card_of_a_school_lists_what_is_due_there(
    requirements: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c1")
    told = window.site_card.facts.value("open").splitlines()
    assert told[0] == "Fire drill, 77 days late"
    assert len(told) == 3
    assert "Plan review" in told[-1]
    assert not any(", 20" in one for one in told), "dates of this school year have no year"
    review = {"site": "r1c1", "on": "2026-11-12"}
    columns = [
        {**review, "stage": one.stage, "who_kind": one.who}
        for one in load_project_rules(window.desk.session.project).steps
    ]
    columns.append({**review, "stage": "confirmed", "elements": "all"})
    for one in columns:
        log_record(window.desk.session, "review", one)
    qtbot.waitUntil(lambda: "Plan review" not in window.site_card.facts.value("open"))


def test_a_visit_does_not_trigger_a_readiness_update(
    requirements: RequirementsTable, window: MainWindow
) -> None:
    log_record(window.desk.session, "visit", {"site": "r1c1"})
    assert window.desk.readiness.is_current
    log_record(window.desk.session, "drill", {"site": "r1c1", "kind": "fire"})
    assert not window.desk.readiness.is_current


def test_a_new_district_rule_takes_effect_at_once(
    requirements: RequirementsTable, window: MainWindow, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        set_own_drill_rule(window.desk.session, "lockdown", "elementary", 1, "semester")
    assert any(row[2] == "Lockdown drill" for row in list_texts(requirements))
    panel = window.left.sections["readiness"]
    assert not panel.figures.value("drills_lockdown_share")  # its first semester is not over


def test_figures_show_their_sample_size_or_are_withheld(
    requirements: RequirementsTable, window: MainWindow
) -> None:
    panel = window.left.sections["readiness"]
    assert panel.figures.value("drills_fire_share") == "0% of 36"
    assert not panel.figures.value("plans_reviewed_share")  # the list of open requirements shows it
    assert not panel.figures.value("actions_on_time_share")
    assert panel.title.text() == "Readiness, school year 2026-27"


def test_every_kind_of_record_is_in_the_log_and_opens_its_form(
    requirements: RequirementsTable, window: MainWindow
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


def test_an_unreadable_entry_is_counted_and_the_rest_is_shown(
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


def test_the_log_shows_the_last_thirty_days_unless_everything_is_selected(
    requirements: RequirementsTable, window: MainWindow
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


def test_the_summary_counts_past_due_reviews_without_a_record(session: Session) -> None:
    received = session.clock() - timedelta(days=60)
    call = {"type": "fight", "priority": "1", "received_at": received.isoformat()}
    log_record(session, "incident", {"site": "r1c1", **call})
    found = compute_readiness(session)
    found = replace(found, items=[one for one in found.items if one.kind == "after_action"])
    assert summarize_requirements(found) == (
        "0 requirements overdue, 0 due. 1 has no record on file: the due date has passed, but "
        "nothing logged shows whether anyone did it, so it is not counted as overdue."
    )


def test_the_matrix_lists_schools_latest_first_and_separates_missing_records(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    matrix, panel = window.left.sections["matrix"], window.left.sections["readiness"]
    assert matrix.isVisible() and matrix.table.columns[3].title == "Fire drill"
    assert not matrix.view.isColumnHidden(2) and matrix.table.columns[2].title == "Plan review"
    assert {row[3] for row in list_texts(matrix)} == {"? no record"}
    fire, report = map(name_requirement, ("fire", DISTRICT_REPORT))
    assert {
        f"? {fire}: 12 schools, {RequirementStatus.NOT_RECORDED}",
        f"? {report}: {RequirementStatus.NOT_RECORDED}",
    } <= set(panel.groups.text().splitlines())
    with qtbot.waitSignal(window.desk.readiness.was_read):
        held = (session.clock() - timedelta(days=1)).isoformat()
        log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": held})
    (cell,) = {row[3] for row in list_texts(matrix)} - {"? no record"}
    assert re.fullmatch(r"\? 1 of [2-9]", cell), "recorded drills are counted"
    with qtbot.waitSignal(window.desk.readiness.was_read):
        declare_drills(session)
    assert len(list_texts(matrix)) == 12 and all(
        "days late" in row[3] for row in list_texts(matrix)
    )
    assert panel.groups.text().startswith("! Fire drill: 12 schools, ")
    assert panel.groups.text().splitlines()[0].endswith("days late")
    first = list_texts(matrix)[0][0]
    matrix.view.selectRow(0)
    assert window.desk.session.project.site(window.desk.bridge.selection.site or "").name == first


def test_columns_keep_their_widths_after_a_filter_empties_the_table(
    table: RequirementsTable,
) -> None:
    def read_widths() -> list[int]:
        return [table.view.columnWidth(at) for at in range(table.table.columnCount())]

    before = read_widths()
    table.filter.setText("no such school")
    table.refresh()
    table.filter.clear()
    assert read_widths() == before and min(width for width in before if width) > 35
