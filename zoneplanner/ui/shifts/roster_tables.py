"""The tables below the map: problems with their remedy, hours and how even they are, swaps."""

from collections import Counter
from datetime import date, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.roster.checker import describe_shift, find_roster_violations
from zoneplanner.domain.roster.shift import SwapStatus
from zoneplanner.domain.roster.staffing import compute_hours_spread, compute_officer_hours
from zoneplanner.messages import format_count
from zoneplanner.ui.shifts.roster_actions import RosterActions, get_roster_selection
from zoneplanner.ui.shifts.roster_rows import (
    HOURS_COLUMNS,
    ROSTER_PROBLEM_COLUMNS,
    SWAP_COLUMNS,
    build_hours_rows,
    build_roster_problem_rows,
    build_swap_rows,
)
from zoneplanner.ui.widgets.layout.basic_widgets import compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import format_kind
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_WEEKS, _MOST_EXPLAINED = 4, 8
_NO_PROBLEM = "Nothing is open or broken from {days}."
_NO_SHIFTS = "No shift is planned in these four weeks yet."
_NO_OFFICERS = "There are no officers yet: import a list, or add them in the panel on the left."


class RosterProblemsTable(TablePanel):
    """What is open or broken in the four weeks from the one on the board; a row goes there."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        name = "Roster problems"
        super().__init__(
            desk, ROSTER_PROBLEM_COLUMNS, lambda row: row.key, name=name, parent=parent
        )
        self.selection = get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self.relax = compact_button(
            "What would have to give way?",
            "The fewest rule exceptions that would fill the open shifts.",
            self.find_relaxations,
        )
        self.lay_out(self.counted, None, self.relax)
        self.view.chosen.connect(self._go)
        self.refresh_on(desk.bridge.changed, self.selection.week_changed)

    def refresh(self) -> None:
        """Read the rules anew."""
        from zoneplanner.analysis.staffing.roster_solver import (
            explain_open_shift,
            list_open_shifts,
        )

        session, first = self._desk.session, self.selection.monday
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
        self.counted.setVisible(bool(rows))
        self.relax.setVisible(bool(uids))

    def _say_when_empty(self, first: date, last: date) -> None:
        project = self._desk.session.project
        planned = any(
            first <= shift.day(project.time_zone) <= last for shift in project.shifts.values()
        )
        if planned:
            days = self._desk.session.formats.days(first, last)
            self.view.set_empty_text(_NO_PROBLEM.format(days=days))
        elif project.officers:
            self.view.set_empty_text(_NO_SHIFTS, "Propose shifts…", self.roster_actions.ask_propose)
        else:
            bring = self._desk.actions["import"]
            self.view.set_empty_text(_NO_OFFICERS, bring.text(), bring.trigger)

    def find_relaxations(self) -> None:
        """Say the least that would have to give way, as a job."""
        from zoneplanner.analysis.staffing.roster_solver import (
            RelaxedRoster,
            list_open_shifts,
            propose_relaxed_roster,
        )

        session, first = self._desk.session, self.selection.monday
        project, formats = session.project, session.formats
        uids = list_open_shifts(project, first, first + timedelta(days=7 * _WEEKS - 1))

        def done(found: RelaxedRoster) -> None:
            texts = [one.text for one in found.gives_way]
            filled = f"{len(uids) - len(found.open)} of {len(uids)} open shifts"
            if texts:
                rules = "one rule" if len(texts) == 1 else f"{len(texts)} rules"
                said = f"{filled} could be filled if {rules} gave way."
            elif len(found.open) < len(uids):
                said = f"{filled} can be filled under the current rules; Propose does it."
            else:
                said = "No allowed exception would fill them; you need more officers."
            details = {str(at): text for at, text in enumerate(texts[:20], start=1)}
            self._desk.notices.show_notice(said, details=details, stays=True)

        self._desk.jobs.run(
            "What would give way",
            lambda _report: propose_relaxed_roster(project, uids, formats),
            on_done=done,
        )

    def _go(self, _key: object) -> None:
        row, project = self.current_row(), self._desk.session.project
        if row is not None and row.shift in project.shifts:
            self.selection.show_day(project.shifts[row.shift].day(project.time_zone))
            self.selection.choose_shift(row.shift)


class OfficerHoursTable(TablePanel):
    """The hours of the school year by officer, beside the mean of their kind."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(
            desk, HOURS_COLUMNS, lambda row: row.hours.officer, name="Balance", parent=parent
        )
        bring = desk.actions["import"]
        self.view.set_empty_text(_NO_OFFICERS, bring.text(), bring.trigger)
        self.view.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.lay_out(self.counted, None)
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Add the hours up anew."""
        session = self._desk.session
        year = build_school_year(session.project.calendar, session.today)
        found = compute_officer_hours(session.project, year.first, year.last)
        short = Counter(
            one.officer
            for one in find_roster_violations(session.project, year.first, year.last)
            if one.rule == "detail_minimum"
        )
        self.table.show(build_hours_rows(found, short))
        self.view.fit_columns()
        words = [
            f"{format_kind(kind)}: {least:.0f} to {most:.0f} h, mean {mean:.0f} h"
            for kind, (least, mean, most) in compute_hours_spread(found).items()
        ]
        self.counted.setText(f"School year {year.name}. {'; '.join(words)}")


class SwapRequestsTable(TablePanel):
    """Swaps that were asked for: approve or refuse them."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        empty = "No swap is requested. Choose a shift and press “Swap…” on its card."
        super().__init__(
            desk, SWAP_COLUMNS, lambda row: row.swap.uid, name="Swaps", empty=empty, parent=parent
        )
        self.roster_actions = RosterActions(desk, get_roster_selection(desk), self)
        self.approve = compact_button("Approve", do=lambda: self._answer(approve=True))
        self.refuse = compact_button("Refuse", do=lambda: self._answer(approve=False))
        self.lay_out(self.counted, None, self.approve, self.refuse)
        self.view.chosen.connect(self._enable_answers)
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Show the swaps."""
        session = self._desk.session
        rows = build_swap_rows(session.project, session.formats)
        self.table.show(rows)
        self.view.fit_columns()
        waiting = sum(row.swap.status is SwapStatus.ASKED for row in rows)
        self.counted.setText(f"{waiting} to answer" if rows else "")
        self._enable_answers()

    def _enable_answers(self, _key: object = None) -> None:
        row = self.current_row()
        waits = row is not None and row.swap.status is SwapStatus.ASKED
        for button in (self.approve, self.refuse):
            button.setEnabled(waits)

    def _answer(self, *, approve: bool) -> None:
        row = self.current_row()
        if row is not None:
            self.roster_actions.answer_swap(row.swap.uid, approve=approve)
