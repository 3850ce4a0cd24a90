"""Coverage as observed: the journal's figures by site, zone, unit or week, and what is behind.

What was observed against what the plan expects, in sentences with their intervals.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.app.coverage.observed_coverage import (
    compute_coverage_board,
    compute_observed_coverage,
    describe_days_on_record,
    find_source_records,
)
from zoneplanner.app.session.state import derive_state_in_force
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names
from zoneplanner.ui.coverage.observed_figures import (
    REPORT_PERIODS,
    PeriodSelection,
    build_observed_columns,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ElidedLabel,
    LazyPanel,
    WrappedLabel,
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.record_actions import RecordActions, RecordButtons
from zoneplanner.ui.widgets.tables.record_rows import ENTRY_COLUMNS, build_record_rows
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_panel import BAR_MARGINS_PX
from zoneplanner.ui.widgets.tables.table_view import TableView

_ROW_GROUPINGS = {
    "site": "Sites",
    "zone": "Zones",
    "unit": "Units",
    "officer": "Officers",
    "type": "Types of call",
    "week": "Weeks",
    "all": "All in one row",
}
_EMPTY = "No visit or call has been logged yet, so there is nothing to count."


class ObservedCoverageTable(LazyPanel):
    """What the log shows, never mixed with what a model expects.

    A row opens to the entries that it counts.
    """

    def __init__(
        self,
        desk: UiContext,
        period: PeriodSelection,
        records: RecordActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self.period = desk, period
        self.by = make_choice_box(_ROW_GROUPINGS, name="Rows")
        self.view = TableView("Observed coverage", desk.icons, empty=_EMPTY)
        self.behind = TableView("Entries that the row counts", desk.icons, empty="No entries.")
        self.entries = TableModel(ENTRY_COLUMNS, lambda row: row.uid, self)
        listed = SortFilterModel(self.entries, self.behind)
        self.behind.setModel(listed)
        self.buttons = RecordButtons(desk, self.behind, listed.row_of, records)
        self.note, self.told = ElidedLabel(), ElidedLabel()
        self.back = push_button("Back to the figures", do=self.close_entries)
        tip = "List the entries that the selected row counts (Enter)"
        self.open = push_button("Show entries…", tip, self._drill_current)
        self._table: TableModel | None = None
        self._opened = self._question = ""
        self._lay_out()
        self.view.chosen.connect(self._go)
        self.view.opened.connect(self.drill)
        self.by.currentIndexChanged.connect(lambda _: self.close_entries())
        self.refresh_on(period.changed, period.asked, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Read the journal anew."""
        session, choice = self._desk.session, self.period.choice
        first, last = choice.days(session.today, session.project.calendar)
        rows: list[CoverageRow] = []
        by, target_min = self.by.currentData(), choice.target_min
        compute = partial(compute_observed_coverage, session, by=by, target_min=target_min)
        if not self._desk.attempt(lambda: rows.extend(compute(first=first, last=last))):
            return
        recorded = bool(session.store.head().entries)
        visit = self._desk.actions["log_visit"]
        offer = visit.text() if session.project.patrolled else ""  # else the map offers schools
        self.view.set_empty_text(_EMPTY, offer, visit.trigger)
        sites = session.saved_project.sites.values() if by == "site" else ()
        apart = {site.id for site in sites if not site.patrolled}
        columns = build_observed_columns(by, self.period.question, not_patrolled=apart)
        table = TableModel(columns, lambda row: row.key, self)
        table.show(rows if recorded else [])
        old, header = self.view.model(), self.view.horizontalHeader()
        sorted_by = (1, Qt.SortOrder.DescendingOrder)  # who waits longest comes first
        if old is not None and self._question == self.period.question:
            sorted_by = (max(0, header.sortIndicatorSection()), header.sortIndicatorOrder())
        self._question = self.period.question
        self.view.setModel(SortFilterModel(table, self.view))
        if old is not None:
            old.deleteLater()
        self.view.sortByColumn(*sorted_by)
        self.view.fit_columns()
        is_assumed = session.project.assumes_school_days(session.today)
        assumed = " School days are assumed." if is_assumed else ""
        formats = session.formats
        if first or last:
            begin = formats.day(first) if first else "First entry"
            since = f"{begin} to {formats.day(last or session.today)}."
        else:
            since = f"{REPORT_PERIODS[choice.period]}, to {formats.day(session.today)}."
        notes = map(session.rewrite, describe_days_on_record(session, first, last))
        self.note.set_full_text(" ".join((since + assumed, *notes)))
        if self._table is not None:
            self._table.deleteLater()
        self._table = table
        if self._opened:
            self.drill(self._opened)

    def drill(self, key: str) -> None:
        """List the entries that a row counts."""
        session = self._desk.session
        first, last = self.period.choice.days(session.today, session.project.calendar)
        by = self.by.currentData()
        visits, calls = find_source_records(session, by=by, key=key, first=first, last=last)
        self.entries.show(build_record_rows(session, visits, calls))
        name = self._table.row(self._table.place(key) or 0).name if self._table else key
        count = format_count(len(visits) + len(calls), "entry", "entries")
        self.told.set_full_text(f"{name}: {count}")
        if not self._opened:
            self.behind.sortByColumn(0, Qt.SortOrder.DescendingOrder)
            self.behind.fit_columns()
        self._opened = key
        self._turn()

    def close_entries(self) -> None:
        """Show the figures again."""
        self._opened = ""
        self._turn()
        self.mark_stale()

    def _turn(self) -> None:
        listing = bool(self._opened)
        self.stack.setCurrentWidget(self.behind if listing else self.view)
        for shown in (self.back, self.told, self.buttons):
            shown.setVisible(listing)
        for hidden in (self.by, self.by_label, self.open, self.note):
            hidden.setVisible(not listing)

    def _drill_current(self) -> None:
        index = self.view.currentIndex()
        if not index.isValid():
            self._desk.notices.show_notice("Select a row first to list its entries.")
            return
        model = self.view.model()
        assert isinstance(model, SortFilterModel)
        self.drill(model.row_of(index).key)

    def _go(self, key: str) -> None:
        by = self.by.currentData()
        if by == "site" and key in self._desk.session.project.sites:
            self._desk.bridge.select(site=key)
        plan = self._desk.session.plan
        if by == "zone" and plan and key in {zone.id for zone in plan.zones}:
            self._desk.bridge.select(zone=key)

    def _lay_out(self) -> None:
        self.by_label = QLabel("&By")
        self.by_label.setBuddy(self.by)
        listing = (self.back, (self.told, 1), self.buttons)
        figures = (self.by_label, self.by, self.open, (self.note, 1))
        bar = make_row_layout(*listing, *figures, margins_px=BAR_MARGINS_PX)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.behind)
        make_column_layout(self, bar, (self.stack, 1), margin_px=0, spacing_px=0)
        self._turn()


NO_CALLS_LOGGED = "No call has been logged yet, so there is nothing to compare."
_HOW = (
    "Response is the time from dispatch until a unit is on scene. Expected is the "
    "turnout and drive from the response model for {plan}, with as many calls as "
    "came in; for a short period, the calls of all days on record are used. At "
    "most 5 in 100 periods that match the model are "
    "reported as different; a "
    "difference within the interval is not reported."
)


class ObservedVsExpectedPanel(LazyPanel):
    """One sentence a figure; where too little is logged it says so instead of judging."""

    def __init__(
        self, desk: UiContext, period: PeriodSelection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._period = desk, period
        self._labels: list[QLabel] = []
        self.lines = QVBoxLayout()
        self.lines.setSpacing(SPACING_PX)
        self.how = make_muted_label()
        title = make_section_label("Observed against expected")
        make_column_layout(self, title, self.lines, self.how, None)
        self.refresh_on(period.changed, desk.bridge.logged, desk.bridge.changed)

    @property
    def told(self) -> list[str]:
        """The sentences that are shown."""
        return [label.text() for label in self._labels]

    def refresh(self) -> None:
        """Judge the period anew."""
        session, choice = self._desk.session, self._period.choice
        first, last = choice.days(session.today, session.project.calendar)
        clear_layout(self.lines)
        plan = session.saved_project.current_plan(session.today)
        adopted = session.saved_project.plan_in_force(session.today)
        now = "not in force at the time" if adopted else "no plan is in force"
        latest = f"“{plan.name}” ({now})" if plan else "the plan"
        self.how.setText(_HOW.format(plan=latest))
        if not session.store.head().entries:
            self._show([NO_CALLS_LOGGED])
            return
        # the model brings libraries that the window does not need at its start
        from zoneplanner.app.coverage.period_plans import find_period_plans, judge_against_plan

        try:
            target_min = choice.target_min
            board = compute_coverage_board(session, first=first, last=last, target_min=target_min)
            in_force = derive_state_in_force(session.state, session.today)
            log, series = session.store.log(), board.series
            judged = judge_against_plan(log, in_force, series, target_min=target_min)
            said = [f"{one.name}: {one.words}" for one in judged]
            of = find_period_plans(session.saved_project, series)
            if of.plans:
                names = join_names([f"“{one.name}”" for one in of.plans])
                self.how.setText(_HOW.format(plan=f"{names}, in force when the calls came in,"))
        except UserError as error:
            said = [error.message]
        self._show(said)

    def _show(self, said: Sequence[str]) -> None:
        self._labels = [WrappedLabel(sentence) for sentence in said]
        for label in self._labels:
            self.lines.addWidget(label)
            label.show()
        if (whole := self.layout()) is not None:
            whole.activate()  # lines break at the panel's width at once, not at the next event
