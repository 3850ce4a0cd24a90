"""Observed coverage by site, zone, unit or week, and sentences that compare it to the plan."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.app.coverage.observed_coverage import (
    compute_coverage_board,
    compute_observed_coverage,
    find_source_records,
    select_observed_period,
)
from zoneplanner.app.coverage.period_plans import find_period_plans, judge_against_plan
from zoneplanner.app.session.state import derive_state_in_force
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count
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
    """Figures from the log, never mixed with a model's; a row opens the entries that it counts."""

    def __init__(self, desk: UiContext, period: PeriodSelection, records: RecordActions) -> None:
        super().__init__()
        self._desk, self.period = desk, period
        self.grouping = make_choice_box(_ROW_GROUPINGS, name="Rows")
        self.view = TableView("Observed coverage", desk.icons, empty=_EMPTY)
        self.entry_view = TableView("Entries counted in the row", desk.icons, empty="No entries.")
        self.entry_view.show_columns(ENTRY_COLUMNS, lambda row: row.uid)
        self.entries = self.entry_view.table
        self.buttons = RecordButtons(desk, self.entry_view, records)
        self.note, self.entries_title = ElidedLabel(), ElidedLabel()
        self.back = push_button("Back to the figures", do=self.close_entries)
        tip = "List the entries counted in the selected row (Enter)"
        self.open = push_button("Show entries…", tip, self._show_selected_entries)
        self._opened_key = self._shown_question = ""
        self._lay_out()
        self.view.chosen.connect(self._select_on_map)
        self.view.opened.connect(self.show_entries)
        self.grouping.currentIndexChanged.connect(lambda _: self.close_entries())
        self.refresh_on(period.changed, period.asked, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Compute the figures again."""
        session, choice = self._desk.session, self.period.choice
        grouping = self.grouping.currentData()
        rows: list[CoverageRow] = []
        first, last = choice.days(session.today, session.project.calendar)
        target_min = choice.target_min
        compute = partial(compute_observed_coverage, session, by=grouping, target_min=target_min)
        if not self._desk.attempt(lambda: rows.extend(compute(first=first, last=last))):
            return
        has_entries = bool(session.store.head().entries)
        visit = self._desk.actions["log_visit"]
        offer = visit.text() if session.project.patrolled else ""  # else the map offers schools
        self.view.set_empty_text(_EMPTY, offer, visit.trigger)
        sites = session.saved_project.sites.values() if grouping == "site" else ()
        not_patrolled = {site.id for site in sites if not site.patrolled}
        question = self.period.question
        columns = build_observed_columns(
            grouping, question, say=session.rewrite, not_patrolled=not_patrolled
        )
        header = self.view.horizontalHeader()
        sorting = (1, Qt.SortOrder.DescendingOrder)  # the longest wait comes first
        if self._shown_question == question:
            sorting = (max(0, header.sortIndicatorSection()), header.sortIndicatorOrder())
        self._shown_question = question
        self.view.show_columns(columns, lambda row: row.key)
        self.view.sortByColumn(*sorting)
        self.view.show_rows(rows if has_entries else [])
        self._show_note(first, last)
        if self._opened_key:
            self.show_entries(self._opened_key)

    def _show_note(self, first: date | None, last: date | None) -> None:
        """Show which days the figures cover, and which of them are on record."""
        session = self._desk.session
        day, today = session.formats.day, session.today
        if first or last:
            period = f"{day(first) if first else 'First entry'} to {day(last or today)}."
        else:
            period = f"{REPORT_PERIODS[self.period.choice.period]}, to {day(today)}."
        is_assumed = session.project.assumes_school_days(today)
        assumed = ("School days are assumed.",) if is_assumed else ()
        notes = session.rewrite(*select_observed_period(session, first, last).notes)
        self.note.set_full_text(" ".join(filter(None, (period, *assumed, notes))))

    def show_entries(self, key: str) -> None:
        """List the entries that a row counts."""
        session = self._desk.session
        first, last = self.period.choice.days(session.today, session.project.calendar)
        grouping = self.grouping.currentData()
        visits, calls = find_source_records(session, by=grouping, key=key, first=first, last=last)
        self.entries.show(build_record_rows(session, visits, calls))
        row = self.view.table.find_row(key)
        name = key if row is None else row.name
        if isinstance(name, Message):
            name = session.rewrite(name)
        count = format_count(len(visits) + len(calls), "entry", "entries")
        self.entries_title.set_full_text(f"{name}: {count}")
        if not self._opened_key:
            self.entry_view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
            self.entry_view.fit_columns()
        self._opened_key = key
        self._update_view()

    def close_entries(self) -> None:
        """Show the figures again."""
        self._opened_key = ""
        self._update_view()
        self.mark_stale()

    def _update_view(self) -> None:
        shows_entries = bool(self._opened_key)
        self.stack.setCurrentWidget(self.entry_view if shows_entries else self.view)
        for part in self._entry_parts:
            part.setVisible(shows_entries)
        for part in self._figure_parts:
            part.setVisible(not shows_entries)

    def _show_selected_entries(self) -> None:
        row = self.view.current_row()
        if row is None:
            self._desk.notices.show_notice("Select a row first to list its entries.")
        else:
            self.show_entries(row.key)

    def _select_on_map(self, key: str) -> None:
        grouping, session = self.grouping.currentData(), self._desk.session
        if grouping == "site" and key in session.project.sites:
            self._desk.bridge.select(site=key)
        plan = session.plan
        if grouping == "zone" and plan and key in {zone.id for zone in plan.zones}:
            self._desk.bridge.select(zone=key)

    def _lay_out(self) -> None:
        self.grouping_label = QLabel("&By")
        self.grouping_label.setBuddy(self.grouping)
        self._entry_parts: tuple[QWidget, ...] = (self.back, self.entries_title, self.buttons)
        self._figure_parts: tuple[QWidget, ...] = (
            self.grouping_label,
            self.grouping,
            self.open,
            self.note,
        )
        parts = (*self._entry_parts, *self._figure_parts)
        stretched = (self.entries_title, self.note)
        bar = make_row_layout(
            *((part, int(part in stretched)) for part in parts), margins_px=BAR_MARGINS_PX
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.entry_view)
        make_column_layout(self, bar, (self.stack, 1), margin_px=0, spacing_px=0)
        self._update_view()


NO_CALLS_LOGGED = "No call has been logged yet, so there is nothing to compare."


class ObservedVsExpectedPanel(LazyPanel):
    """Compares observed figures to the model, a sentence each, unless too little is logged."""

    def __init__(self, desk: UiContext, period: PeriodSelection) -> None:
        super().__init__()
        self._desk, self._period = desk, period
        self._sentence_labels: list[QLabel] = []
        self._sentences_layout = QVBoxLayout()
        self._sentences_layout.setSpacing(SPACING_PX)
        self.method_text = make_muted_label()
        title = make_section_label("Observed against expected")
        make_column_layout(self, title, self._sentences_layout, self.method_text, None)
        self.refresh_on(period.changed, desk.bridge.logged, desk.bridge.changed)

    @property
    def sentences(self) -> list[str]:
        """The sentences that are shown."""
        return [label.text() for label in self._sentence_labels]

    def refresh(self) -> None:
        """Compare the period's figures again."""
        session, choice = self._desk.session, self._period.choice
        first, last = choice.days(session.today, session.project.calendar)
        clear_layout(self._sentences_layout)
        plan = session.saved_project.current_plan(session.today)
        in_force = session.saved_project.plan_in_force(session.today)
        current = Message("compared_plan.none")
        if plan is not None:
            code = "compared_plan.not_in_force" if in_force else "compared_plan.none_in_force"
            current = Message(code, plan=plan.name)
        self._show_method(current)
        if not session.store.head().entries:
            self._show([NO_CALLS_LOGGED])
            return
        # deferred, because the model loads libraries that the window does not need at start

        try:
            target_min = choice.target_min
            board = compute_coverage_board(session, first=first, last=last, target_min=target_min)
            state = derive_state_in_force(session.state, session.today)
            log, series = session.store.log(), board.series
            comparisons = judge_against_plan(log, state, series, target_min=target_min)
            sentences = [
                f"{comparison.name}: {session.rewrite(*comparison.messages)}"
                for comparison in comparisons
            ]
            plans = find_period_plans(session.saved_project, series).plans
            if plans:
                self._show_method(
                    Message("compared_plan", plans=[f"“{plan.name}”" for plan in plans])
                )
        except UserError as error:
            sentences = [error.message]
        self._show(sentences)

    def _show_method(self, plan: Message) -> None:
        self.method_text.setText(str(Message("response_compared", plan=plan)))

    def _show(self, sentences: Sequence[str]) -> None:
        self._sentence_labels = [WrappedLabel(sentence) for sentence in sentences]
        for label in self._sentence_labels:
            self._sentences_layout.addWidget(label)
            label.show()
        if (layout := self.layout()) is not None:
            layout.activate()  # wrap lines at the panel's width at once, not at the next event
