"""The tables below the map: problems with their remedy, hours and how even they are, swaps."""

from datetime import date, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.roster.checker import describe_shift, find_roster_violations
from zoneplanner.domain.roster.shift import SwapStatus
from zoneplanner.domain.roster.staffing import compute_hours_spread, compute_officer_hours
from zoneplanner.ui.shifts.roster_actions import (
    RosterActions,
    get_roster_selection,
    notify_job_failure,
)
from zoneplanner.ui.shifts.roster_rows import (
    HOURS_COLUMNS,
    ROSTER_PROBLEM_COLUMNS,
    SWAP_COLUMNS,
    build_hours_rows,
    build_roster_problem_rows,
    build_swap_rows,
)
from zoneplanner.ui.widgets.layout.basic_widgets import LazyPanel, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_count, format_kind
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_WEEKS, _MOST_EXPLAINED = 4, 8
_NO_PROBLEM = "Nothing is open or broken in these four weeks."
_NO_SHIFTS = "No shift is planned in these four weeks yet."
_NO_OFFICERS = "There are no officers yet: import a list, or add them in the panel on the left."


class RosterProblemsTable(LazyPanel):
    """What is open or broken in the four weeks from the one on the board; a row goes there."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self.choice = desk, get_roster_selection(desk)
        self.doing = RosterActions(desk, self.choice, self)
        self.view = TableView(
            "Problems of the roster",
            desk.icons,
            empty=_NO_PROBLEM,
        )
        self.table = TableModel(ROSTER_PROBLEM_COLUMNS, lambda row: row.key, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        self.relax = QPushButton("What would have to give way?")
        self.relax.setAutoDefault(False)
        self.relax.setProperty("compact", True)
        self.relax.setToolTip(
            "The least that rules would have to give way for the open shifts to be filled."
        )
        self.relax.clicked.connect(self.find_relaxations)
        _lay_out_table(self, self.view, self.counted, self.relax)
        self.view.chosen.connect(self._go)
        desk.bridge.changed.connect(self.mark_stale)
        self.choice.week_changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Read the rules anew."""
        from zoneplanner.analysis.staffing.open_shift_reasons import (
            explain_open_shift,
            list_open_shifts,
        )

        session, first = self._desk.session, self.choice.monday
        project, formats = session.project, session.formats
        last = first + timedelta(days=7 * _WEEKS - 1)
        uids = list_open_shifts(project, first, last)
        why = [
            (uid, explain_open_shift(project, uid, formats).text) for uid in uids[:_MOST_EXPLAINED]
        ]
        for uid in uids[_MOST_EXPLAINED:]:
            words = describe_shift(project.shifts[uid], project.time_zone, formats)
            why.append((uid, f"{words} is open."))
        rows = build_roster_problem_rows(
            project, find_roster_violations(project, first, last, formats), why, formats
        )
        rows.sort(key=lambda row: (row.day is None, row.day, row.rule))
        self._say_when_empty(first, last)
        self.table.show(rows)
        self.view.fit_columns()
        broken = format_count(len(rows) - len(why), "rule")
        self.counted.setText(f"{len(uids)} open, {broken} broken, {formats.days(first, last)}")
        self.relax.setVisible(bool(uids))

    def _say_when_empty(self, first: date, last: date) -> None:
        project = self._desk.session.project
        planned = any(
            first <= shift.day(project.time_zone) <= last for shift in project.shifts.values()
        )
        if planned:
            self.view.set_empty_text(_NO_PROBLEM)
        elif project.officers:
            self.view.set_empty_text(_NO_SHIFTS, "Propose shifts…", self.doing.ask_propose)
        else:
            bring = self._desk.actions["import"]
            self.view.set_empty_text(_NO_OFFICERS, bring.text(), bring.trigger)

    def find_relaxations(self) -> None:
        """Say the least that would have to give way, as a job."""
        from zoneplanner.analysis.staffing.open_shift_reasons import (
            RelaxedRoster,
            list_open_shifts,
            propose_relaxed_roster,
        )

        session, first = self._desk.session, self.choice.monday
        project, formats = session.project, session.formats
        uids = list_open_shifts(project, first, first + timedelta(days=7 * _WEEKS - 1))

        def done(found: RelaxedRoster) -> None:
            texts = [one.text for one in found.gives_way]
            filled = f"{len(uids) - len(found.open)} of {len(uids)} open shifts"
            if texts:
                rules = "one rule" if len(texts) == 1 else f"{len(texts)} rules"
                said = f"{filled} could be filled if {rules} gave way."
            elif len(found.open) < len(uids):
                said = f"{filled} can be filled as the rules are; Propose does it."
            else:
                said = "Nothing that may give way would fill them; more officers would."
            details = {str(at): text for at, text in enumerate(texts[:20], start=1)}
            self._desk.notices.show_notice(said, details=details, stays=True)

        self._desk.jobs.run(
            "What would give way",
            lambda _report: propose_relaxed_roster(project, uids, formats),
            on_done=done,
            on_failed=lambda error: notify_job_failure(self._desk, error),
        )

    def _go(self, _key: object) -> None:
        index = self.view.currentIndex()
        row = self.sorted.row_of(index) if index.isValid() else None
        project = self._desk.session.project
        if row is not None and row.shift in project.shifts:
            self.choice.show_week(project.shifts[row.shift].day(project.time_zone))
            self.choice.choose_shift(row.shift)


class OfficerHoursTable(LazyPanel):
    """The hours of the school year by officer, beside the mean of their kind."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.view = TableView("Hours", desk.icons, empty=_NO_OFFICERS)
        bring = desk.actions["import"]
        self.view.set_empty_text(_NO_OFFICERS, bring.text(), bring.trigger)
        self.table = TableModel(HOURS_COLUMNS, lambda row: row.hours.officer, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        _lay_out_table(self, self.view, self.counted)
        desk.bridge.changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Add the hours up anew."""
        session = self._desk.session
        year = build_school_year(session.project.calendar, session.today)
        found = compute_officer_hours(session.project, year.first, year.last)
        self.table.show(build_hours_rows(found))
        self.view.fit_columns()
        words = [
            f"{format_kind(kind)}: {least:.0f} to {most:.0f} h, mean {mean:.0f} h"
            for kind, (least, mean, most) in compute_hours_spread(found).items()
        ]
        self.counted.setText(f"School year {year.name}. {'; '.join(words)}")


class SwapRequestsTable(LazyPanel):
    """Swaps that were asked for: approve or refuse them."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.doing = RosterActions(desk, get_roster_selection(desk), self)
        self.view = TableView(
            "Swaps",
            desk.icons,
            empty="No swap is asked for. Choose a shift and press “Swap…” on its card.",
        )
        self.table = TableModel(SWAP_COLUMNS, lambda row: row.swap.uid, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.approve, self.refuse = QPushButton("Approve"), QPushButton("Refuse")
        for button, approve in ((self.approve, True), (self.refuse, False)):
            button.setAutoDefault(False)
            button.setProperty("compact", True)
            button.clicked.connect(lambda _=False, approve=approve: self._answer(approve=approve))
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        _lay_out_table(self, self.view, self.counted, self.approve, self.refuse)
        self.view.chosen.connect(lambda _: self._able())
        desk.bridge.changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Show the swaps."""
        session = self._desk.session
        rows = build_swap_rows(session.project, session.formats)
        self.table.show(rows)
        self.view.fit_columns()
        waiting = sum(row.swap.status is SwapStatus.ASKED for row in rows)
        self.counted.setText(f"{waiting} to answer" if rows else "")
        self._able()

    def _row(self) -> object:
        index = self.view.currentIndex()
        return self.sorted.row_of(index) if index.isValid() else None

    def _able(self) -> None:
        row = self._row()
        asked = row is not None and row.swap.status is SwapStatus.ASKED  # type: ignore[attr-defined]
        for button in (self.approve, self.refuse):
            button.setEnabled(asked)

    def _answer(self, *, approve: bool) -> None:
        row = self._row()
        if row is not None:
            self.doing.answer_swap(row.swap.uid, approve=approve)  # type: ignore[attr-defined]


def _lay_out_table(panel: QWidget, view: TableView, counted: QLabel, *buttons: QPushButton) -> None:
    bar = QHBoxLayout()
    bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
    bar.setSpacing(SPACING_PX)
    bar.addWidget(counted)
    bar.addStretch(1)
    for button in buttons:
        bar.addWidget(button)
    rows = QVBoxLayout(panel)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    rows.addLayout(bar)
    rows.addWidget(view, 1)
