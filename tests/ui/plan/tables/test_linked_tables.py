"""The tables follow the selection, filters, edits and the log."""

from dataclasses import replace
from datetime import date

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.ui.coverage.observed_figures import PeriodSelection
from zoneplanner.ui.coverage.observed_table import ObservedCoverageTable
from zoneplanner.ui.log.entries_table import EntriesPanel
from zoneplanner.ui.log.record_history import VoidEntryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.plan.tables.checks_table import ChecksPanel
from zoneplanner.ui.plan.tables.figures_panel import PlanFiguresPanel
from zoneplanner.ui.plan.tables.site_and_zone_tables import SitesPanel, ZonesPanel
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_view import TableView

VISITS = 2
"""The column of visits in the observed coverage."""


def list_keys(view: TableView) -> list[object]:
    """Return the keys of the rows as shown."""
    model = view.model()
    return [model.index(at, 0).data(KEY_ROLE) for at in range(model.rowCount())]


def test_selecting_a_row_selects_its_site_and_vice_versa(desk: UiContext, qtbot: QtBot) -> None:
    panel = SitesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    panel.view.setCurrentIndex(panel.view.model().index(2, 0))
    assert desk.bridge.selection.site == "r1c3"
    desk.bridge.select(site="r3c1")
    assert panel.view.currentIndex().data(KEY_ROLE) == "r3c1"
    desk.bridge.select()
    assert not panel.view.currentIndex().isValid()


def test_focus_selects_no_row_but_the_first_arrow_key_does(desk: UiContext, qtbot: QtBot) -> None:
    panel = SitesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    panel.view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(panel.view.hasFocus)
    assert desk.bridge.selection.site is None
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert desk.bridge.selection.site == "r1c1"
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert desk.bridge.selection.site == "r1c2"


def test_selecting_a_site_selects_the_row_of_its_zone(desk: UiContext, qtbot: QtBot) -> None:
    panel = ZonesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.bridge.select(site="r1c3")
    assert panel.view.currentIndex().data(KEY_ROLE) == "B"
    assert desk.bridge.selection.site == "r1c3"


def test_a_last_column_of_figures_is_not_stretched(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    observed = ObservedCoverageTable(desk, PeriodSelection(), records)
    for panel, stretched in ((observed, False), (ZonesPanel(desk), True)):
        qtbot.addWidget(panel)
        panel.resize(2600, 300)
        panel.show()
        head = panel.view.horizontalHeader()
        assert (head.length() == panel.view.viewport().width()) is stretched


def test_one_click_lists_the_sites_not_visited_this_week(desk: UiContext, qtbot: QtBot) -> None:
    panel = SitesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    log_visit(desk.session, "r1c1")
    log_record(desk.session, "visit", {"site": "r1c2", "arrived_at": "2026-11-12T09:00"})
    declare_records(desk.session, since={"visits": date(2026, 11, 12)})
    panel.missed.click()
    shown = list_keys(panel.view)
    assert "r1c1" not in shown and len(shown) == 11
    assert shown[-1] == "r1c2"
    log_visit(desk.session, "r1c2")
    assert len(list_keys(panel.view)) == 10


def test_sites_are_filtered_by_words(desk: UiContext, qtbot: QtBot) -> None:
    panel = SitesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.keyClicks(panel.filter, "r2 school")
    assert list_keys(panel.view) == ["r2c1", "r2c2", "r2c3", "r2c4"]
    assert panel.counted.text() == "4 of 12 sites"


def test_a_drag_updates_table_checks_and_figures(desk: UiContext, qtbot: QtBot) -> None:
    zones, checks, figures = ZonesPanel(desk), ChecksPanel(desk), PlanFiguresPanel(desk)
    for panel in (zones, checks, figures):
        qtbot.addWidget(panel)
        panel.show()
    with qtbot.waitSignal(desk.bridge.preview_followed):
        desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert zones.table.row(0).measures.sites == 3
    found = [checks.table.row(at) for at in range(checks.table.rowCount())]
    assert sum(row.problem and row.finding is not None for row in found) == 2
    assert figures.zone_table.row(1).span == "+0.0 → −25.0%"
    desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "A"}))
    desk.session.cancel_gesture()
    assert zones.table.row(0).measures.sites == 4
    assert figures.table.row(0).span == "+0.0%" and not figures.zone_table.rowCount()


def test_a_quick_drop_updates_the_figures_at_once(desk: UiContext, qtbot: QtBot) -> None:
    zones, figures = ZonesPanel(desk), PlanFiguresPanel(desk)
    for panel in (zones, figures):
        qtbot.addWidget(panel)
        panel.show()
    desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    desk.session.commit_gesture("Move")
    assert zones.table.row(0).measures.sites == 3
    assert figures.zone_table.row(1).span == "+0.0 → −25.0%"
    desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "A"}))
    desk.session.cancel_gesture()
    assert figures.zone_table.row(1).span == "+0.0 → −25.0%"


def test_a_plan_never_searched_shows_how_much_shorter_is_possible_and_follows_edits(
    desk: UiContext, qtbot: QtBot
) -> None:
    plan = desk.session.plan
    assert plan is not None and plan.proof is None
    loose = replace(plan, tolerance=0.45)
    desk.session.apply("Loosen", lambda project: project.with_plan(loose))
    assert not desk.session.state.problems
    figures = PlanFiguresPanel(desk)
    qtbot.addWidget(figures)
    figures.show()
    qtbot.waitUntil(lambda: figures.proof.text() != "", timeout=20_000)
    before = figures.proof.text()
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert not desk.session.state.problems
    assert figures.proof.text() not in ("", before)
    assert not desk.jobs.running
    desk.session.apply("Break", lambda project: assign_sites(project, "plan", {"r1c1": "B"}))
    assert desk.session.state.problems
    assert figures.proof.text() == ""


def test_another_date_format_keeps_the_figures_of_the_last_change(window: MainWindow) -> None:
    window.desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    moved = window.figures.zone_table.row(1).span
    window.set_formats(US_FORMATS)
    assert window.figures.zone_table.row(1).span == moved == "+0.0 → −25.0%"


def test_the_figures_of_a_drag_do_not_move_the_sections_below(
    desk: UiContext, qtbot: QtBot
) -> None:
    zones, figures = ZonesPanel(desk), PlanFiguresPanel(desk)
    for panel in (zones, figures):
        qtbot.addWidget(panel)
        panel.show()
    desk.bridge.select(site="r1c3")
    high = figures.sizeHint().height()
    with qtbot.waitSignal(desk.bridge.preview_followed):
        desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c3": "A"}))
    assert figures.zone_table.rowCount() == 4 and figures.moved.text()
    assert figures.sizeHint().height() == high, "added rows are below all sections"
    with qtbot.waitSignal(desk.bridge.preview_followed):
        desk.session.preview(lambda project: project)
    assert figures.sizeHint().height() == high
    assert zones.view.currentIndex().data(KEY_ROLE) == "B"
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c3": "A"}))
    assert zones.view.currentIndex().data(KEY_ROLE) == "A"


def test_selecting_a_check_selects_its_zone(desk: UiContext, qtbot: QtBot) -> None:
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    panel = ChecksPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    panel.view.setCurrentIndex(panel.view.model().index(2, 0))
    assert desk.bridge.selection.zone == "B"


def test_an_entry_is_corrected_and_voided_by_keyboard_and_shows_both_values(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    panel = EntriesPanel(desk, records)
    qtbot.addWidget(panel)
    panel.show()
    uid = log_visit(desk.session, "r1c1", purpose="teaching").uid
    assert list_keys(panel.view) == [uid]
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.view.model().index(0, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    over = desk.notices.parentWidget()
    (form,) = over.findChildren(VisitDialog)
    form.purpose.setCurrentIndex(form.purpose.findData("enforcement"))
    qtbot.keyClick(form, Qt.Key.Key_Return)
    row = panel.table.row(0)
    assert row.corrected == "purpose: teaching → enforcement"
    assert row.correction.startswith("Corrected 2026-11-16 08:00 by ")
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    (void,) = over.findChildren(VoidEntryDialog)
    assert list_keys(panel.view) == [uid]
    void.reason.setCurrentIndex(0)
    qtbot.keyClick(void, Qt.Key.Key_Return)
    assert list_keys(panel.view) == []


def test_voiding_an_open_record_needs_confirmation(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    (begun, opened) = begin_response_action(desk.session, "r1c1", "lockdown")
    received = desk.session.clock().isoformat()
    given = {"site": "r1c1", "type": "Fight", "received_at": received}
    call = log_record(desk.session, "incident", given)
    over = desk.notices.parentWidget()
    for entry, said in ((begun, "This lockdown is still"), (call, "This incident is still open")):
        records.void(entry.uid)
        form = next(one for one in over.findChildren(VoidEntryDialog) if one.isVisible())
        form.reason.setCurrentIndex(0)
        qtbot.keyClick(form, Qt.Key.Key_Return)
        assert form.isVisible() and form.required.text().startswith(said)
        qtbot.keyClick(form.confirmed, Qt.Key.Key_Space)
        qtbot.keyClick(form, Qt.Key.Key_Return)
        assert not form.isVisible()
        assert desk.session.store.record(entry.uid)[-1].kind == "void"
    assert desk.session.store.record(opened.uid)[-1].kind == "void"


def test_the_entries_behind_a_figure_can_be_corrected_there(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    log_visit(desk.session, "r1c1")
    panel = ObservedCoverageTable(desk, PeriodSelection(), records)
    qtbot.addWidget(panel)
    panel.show()
    over = desk.notices.parentWidget()
    for by in ("site", "zone", "unit", "week"):
        panel.grouping.setCurrentIndex(panel.grouping.findData(by))
        rows = panel.view.model()
        shown = next(at for at in range(rows.rowCount()) if rows.index(at, VISITS).data() == "1")
        panel.view.setCurrentIndex(rows.index(shown, 0))
        panel.view.setFocus()
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
        assert panel.entries.rowCount() == 1, by
        panel.entry_view.setCurrentIndex(panel.entry_view.model().index(0, 0))
        qtbot.keyClick(panel.entry_view, Qt.Key.Key_Return)
        form = next(one for one in over.findChildren(VisitDialog) if one.isVisible())
        form.note.put(f"by {by}")
        qtbot.keyClick(form, Qt.Key.Key_Return)
        assert panel.entries.row(0).note == f"by {by}"
        panel.back.click()


def test_observed_coverage_shows_n_and_why_a_figure_is_withheld(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    period = PeriodSelection()
    panel = ObservedCoverageTable(desk, period, records)
    qtbot.addWidget(panel)
    panel.show()
    log_visit(desk.session, "r1c1")
    declare_records(desk.session, since={"visits": desk.session.today})
    panel.show()
    model = panel.view.model()
    last = model.rowCount() - 1  # the school that waits longest is first
    assert (model.index(last, 0).data(), model.index(last, VISITS).data()) == ("School r1c1", "1")
    period.ask("response")
    model = panel.view.model()
    titles = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    p90 = titles.index("9 in 10\nmin")
    assert model.index(0, p90).data() == "–"
    assert "Not shown" in model.index(0, p90).data(Qt.ItemDataRole.ToolTipRole)
    panel.grouping.setCurrentIndex(panel.grouping.findData("zone"))
    zones = {panel.view.model().index(at, 0).data() for at in range(3)}
    assert zones == {"Zone A", "Zone a", "Zone B"}


def test_a_table_opened_from_its_tab_fits_its_columns_until_one_is_dragged(
    window: MainWindow, qtbot: QtBot
) -> None:
    bar, left = window.tabs.tabBar(), Qt.MouseButton.LeftButton
    at = next(at for at in range(bar.count()) if bar.tabText(at) == "History")
    spot = bar.mapTo(window, bar.tabRect(at).center())
    qtbot.mousePress(window.windowHandle(), left, pos=spot)
    view = window.tabs.panels["history"].view
    qtbot.mouseRelease(window.windowHandle(), left, pos=spot)
    QApplication.processEvents()
    head = view.horizontalHeader()
    wide = head.sectionSize(1)
    assert wide > view.sizeHintForColumn(1)
    edge = QPoint(head.sectionViewportPosition(2) - 1, head.height() // 2)
    qtbot.mousePress(head.viewport(), left, pos=edge)
    qtbot.mouseMove(head.viewport(), edge - QPoint(40, 0))
    qtbot.mouseRelease(head.viewport(), left, pos=edge - QPoint(40, 0))
    narrower = head.sectionSize(1)
    view.fit_columns()
    assert head.sectionSize(1) == narrower < wide


def test_the_names_of_figures_are_not_cut_off_beside_their_changes(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    for _ in range(3):
        QApplication.processEvents()
    shown = window.figures
    for view, table in ((shown.view, shown.table), (shown.zone_view, shown.zone_table)):
        assert not view.isColumnHidden(2) and table.rowCount() > 3
        names = [str(table.index(row, 0).data()) for row in range(table.rowCount())]
        widest = max(map(view.fontMetrics().horizontalAdvance, names))
        assert view.columnWidth(0) - 16 >= widest


def test_zones_count_visits_logged_before_and_after_a_move(desk: UiContext, qtbot: QtBot) -> None:
    panel = ZonesPanel(desk)
    qtbot.addWidget(panel)
    panel.show()

    def count_missed() -> list[int | None]:
        return [panel.table.find_row(zone).missed for zone in ("A", "B", "a")]

    assert count_missed() == [None, None, None]
    log_visit(desk.session, "r1c1")
    assert count_missed() == [3, 4, 4]
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert count_missed() == [2, 5, 4]
    log_visit(desk.session, "r1c2")
    assert count_missed() == [2, 4, 4]
    desk.session.undo()
    assert count_missed() == [2, 4, 4]
