"""The roster's tables below the map: problems with remedies, the balance of hours, and swaps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from PySide6.QtCore import Qt

from zoneplanner.analysis.staffing.roster_solver import (
    RelaxedRoster,
    explain_open_shift,
    list_open_shifts,
    propose_relaxed_roster,
)
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import (
    RosterViolation,
    describe_shift,
    find_roster_violations,
)
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES
from zoneplanner.domain.roster.shift import ShiftKind, ShiftSwap, SwapStatus
from zoneplanner.domain.roster.staffing import (
    OfficerHours,
    compute_hours_spread,
    compute_officer_hours,
)
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.shifts.roster_actions import RosterActions
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.widgets.layout.basic_widgets import compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import format_kind
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_MARKS = {"block": "error", "override": "warning", "warn": "info", "open": "not_visited"}


@dataclass(frozen=True, slots=True)
class _RosterProblemRow:
    """A broken rule or an open shift; ``shift`` is the one to select."""

    key: str
    rule: str
    level: str
    where: str
    what: str
    remedy: str
    shift: str
    day: date | None


ROSTER_PROBLEM_COLUMNS = (
    Column(
        "Rule",
        lambda row: row.rule,
        tip="The rule that is broken. The rules and their limits are under … > Roster rules.",
        mark=lambda row: _MARKS.get(row.level, "info"),
    ),
    Column("Where", lambda row: row.where, cell_tip=lambda row: row.where),
    Column("Problem", lambda row: row.what, cell_tip=lambda row: row.what),
    Column("Remedy", lambda row: row.remedy, cell_tip=lambda row: row.remedy),
)


def build_roster_problem_rows(
    project: Project,
    violations: Sequence[RosterViolation],
    why_open: Mapping[str, Message],
    formats: LocaleFormats,
) -> list[_RosterProblemRow]:
    """Return a row for each violation without an override, and for each open shift.

    ``why_open`` gives by uid why each open shift is open.
    """
    rows = [
        _RosterProblemRow(
            key=f"{broken.rule} {broken.officer} {' '.join(broken.shifts)} {broken.unit} "
            f"{broken.message}",
            rule=ROSTER_RULES[broken.rule].title,
            level=str(broken.level),
            where=broken.where.say(formats),
            what=_capitalize(broken.breach.say(formats)),
            remedy=broken.remedy.say(formats),
            shift=broken.shifts[-1] if broken.shifts else "",
            day=broken.day,
        )
        for broken in violations
        if broken.is_unexcused
    ]
    remedy = "Press Enter for your choices; “Who could cover?” ranks them."
    for uid, why in why_open.items():
        day = project.shifts[uid].day(project.time_zone)
        where = describe_shift(project.shifts[uid], project.time_zone).say(formats)
        what = _capitalize(why.say(formats))
        rows.append(
            _RosterProblemRow(f"open {uid}", "Open shift", "open", where, what, remedy, uid, day)
        )
    return rows


def _capitalize(text: str) -> str:
    """Capitalize the first letter, and leave the others unchanged."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, eq=False, slots=True)
class _HoursRow:
    """An officer's hours, compared to the mean of officers of the same kind."""

    hours: OfficerHours
    off_mean: float
    short_details: int = 0


def _sum_extra_hours(row: _HoursRow) -> float:
    return row.hours.sum_hours(ShiftKind.AFTER_SCHOOL, ShiftKind.EVENT)


HOURS_COLUMNS = (
    Column("Officer", lambda row: row.hours.name),
    Column("Kind", lambda row: format_kind(row.hours.kind)),
    Column("Shifts", lambda row: len(row.hours.shifts), figure=True),
    Column(
        "Hours",
        lambda row: row.hours.sum_hours(),
        lambda row: f"{row.hours.sum_hours():.1f}",
        tip="Hours of shifts from the first day of the school year to the last one planned.",
        figure=True,
    ),
    Column(
        "From mean\nh",
        lambda row: row.off_mean,
        lambda row: f"{row.off_mean:+.1f}".replace("-", "\u2212"),
        tip="Hours above or below the mean for officers of the same kind.",
        figure=True,
    ),
    Column(
        "After school and\nevents, h",
        _sum_extra_hours,
        lambda row: f"{_sum_extra_hours(row):.1f}",
        figure=True,
    ),
    Column(
        "Overtime\nh",
        lambda row: row.hours.overtime_h,
        lambda row: f"{row.hours.overtime_h:.1f}",
        tip="Weekly hours above the regular limit, including the main job; the limit is in the "
        "roster rules.",
        figure=True,
    ),
    Column(
        "Short\ndetails",
        lambda row: row.short_details,
        tip="Details shorter than the paid minimum, with or without a reason.",
        figure=True,
    ),
    Column(
        "Undesirable\nshifts",
        lambda row: row.hours.undesirable,
        tip="Shifts in the evening or on the weekend, and shifts other than patrol.",
        figure=True,
    ),
)


def build_hours_rows(
    hours: Sequence[OfficerHours], short_details: Mapping[str, int]
) -> list[_HoursRow]:
    """Return each officer's hours compared to the mean of the kind, and short details."""
    by_kind = group_pairs((own.kind, own.sum_hours()) for own in hours)
    means = {kind: sum(sums) / len(sums) for kind, sums in by_kind.items()}
    return [
        _HoursRow(own, own.sum_hours() - means[own.kind], short_details.get(own.officer, 0))
        for own in hours
    ]


@dataclass(frozen=True, slots=True)
class _SwapRow:
    """A swap as displayed."""

    swap: ShiftSwap
    who: str
    gives: str
    gets: str
    state: str


SWAP_COLUMNS = (
    Column("Officers", lambda row: row.who),
    Column("Gives", lambda row: row.gives, cell_tip=lambda row: row.gives),
    Column("In return for", lambda row: row.gets, cell_tip=lambda row: row.gets),
    Column("State", lambda row: row.state),
)


def build_swap_rows(project: Project, formats: LocaleFormats) -> list[_SwapRow]:
    """Return the swaps, those to be answered first."""

    def name_officer(key: str) -> str:
        return project.officers[key].name if key in project.officers else key

    def name_shift(uid: str | None) -> str:
        shift = project.shifts.get(uid or "")
        return describe_shift(shift, project.time_zone).say(formats) if shift else "nothing"

    rows = []
    for swap in project.swaps.values():
        state = str(swap.status).capitalize()
        if swap.answered_by:
            state += f" by {swap.answered_by}"
        if swap.reason:
            state += f": {swap.reason}"
        who = f"{name_officer(swap.officer)} to {name_officer(swap.taker)}"
        rows.append(_SwapRow(swap, who, name_shift(swap.shift), name_shift(swap.other), state))
    return sorted(
        rows, key=lambda row: (row.swap.status is not SwapStatus.ASKED, row.swap.asked_at)
    )


_WEEKS, _MOST_EXPLAINED = 4, 8
_NO_PROBLEM = "No shift is open and no rule is broken from {days}."
_NO_SHIFTS = "No shifts are planned in these four weeks yet."
_NO_OFFICERS = "There are no officers yet: import a list, or add them in the panel on the left."


class RosterProblemsTable(TablePanel):
    """The open shifts and broken rules of four weeks; selecting a row selects its shift."""

    def __init__(self, desk: UiContext) -> None:
        name = "Roster problems"
        super().__init__(desk, ROSTER_PROBLEM_COLUMNS, lambda row: row.key, name=name)
        self.selection = get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self.relax = compact_button(
            "What would have to give way?",
            "The fewest rule exceptions that would fill the open shifts.",
            self.find_relaxations,
        )
        self.lay_out(self.counted, None, self.relax)
        self.view.chosen.connect(self._select_shift)
        self.refresh_on(desk.bridge.changed, self.selection.week_changed)

    def refresh(self) -> None:
        """Show the open shifts and broken rules."""
        session, first = self._desk.session, self.selection.monday
        project, formats = session.project, session.formats
        last = first + timedelta(days=7 * _WEEKS - 1)
        uids = list_open_shifts(project, first, last)
        why_open = dict.fromkeys(uids, Message("stays_open.not_checked"))
        why_open |= {uid: explain_open_shift(project, uid).why for uid in uids[:_MOST_EXPLAINED]}
        violations = find_roster_violations(project, first, last)
        rows = build_roster_problem_rows(project, violations, why_open, formats)
        rows.sort(key=lambda row: (row.day is None, row.day, row.rule))
        self._set_empty_text(first, last)
        self.table.show(rows)
        self.view.fit_columns()
        broken = format_count(len(rows) - len(why_open), "rule")
        self.counted.setText(f"{len(uids)} open, {broken} broken, {formats.days(first, last)}")
        self.counted.setVisible(bool(rows))
        self.relax.setVisible(bool(uids))

    def _set_empty_text(self, first: date, last: date) -> None:
        project = self._desk.session.project
        days = (shift.day(project.time_zone) for shift in project.shifts.values())
        if any(first <= day <= last for day in days):
            period = self._desk.session.formats.days(first, last)
            self.view.set_empty_text(_NO_PROBLEM.format(days=period))
        elif project.officers:
            self.view.set_empty_text(_NO_SHIFTS, "Propose shifts…", self.roster_actions.ask_propose)
        else:
            importing = self._desk.actions["import"]
            self.view.set_empty_text(_NO_OFFICERS, importing.text(), importing.trigger)

    def find_relaxations(self) -> None:
        """Find the fewest rule exceptions that would fill the open shifts, in the background."""
        session, first = self._desk.session, self.selection.monday
        project, formats = session.project, session.formats
        uids = list_open_shifts(project, first, first + timedelta(days=7 * _WEEKS - 1))

        def report(roster: RelaxedRoster) -> None:
            exceptions = [violation.message.say(formats) for violation in roster.gives_way]
            filled = len(uids) - len(roster.open)
            code = "open_shifts.under_rules" if filled else "open_shifts.unfillable"
            if exceptions:
                is_one = len(exceptions) == 1
                code = "open_shifts.by_one_exception" if is_one else "open_shifts.by_exceptions"
            text = Message(code, filled=filled, shifts=len(uids), rules=len(exceptions))
            details = {str(n): exception for n, exception in enumerate(exceptions[:20], start=1)}
            self._desk.notices.show_notice(str(text), details=details, stays=True)

        self._desk.jobs.run(
            "What would give way",
            lambda _report: propose_relaxed_roster(project, uids),
            on_done=report,
        )

    def _select_shift(self, _key: object) -> None:
        row, project = self.view.current_row(), self._desk.session.project
        if row is not None and row.shift in project.shifts:
            self.selection.show_day(project.shifts[row.shift].day(project.time_zone))
            self.selection.choose_shift(row.shift)


class OfficerHoursTable(TablePanel):
    """The hours of the school year by officer, compared to the mean of the kind."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__(desk, HOURS_COLUMNS, lambda row: row.hours.officer, name="Balance")
        importing = desk.actions["import"]
        self.view.set_empty_text(_NO_OFFICERS, importing.text(), importing.trigger)
        self.view.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.lay_out(self.counted, None)
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Show the hours and their spread."""
        session = self._desk.session
        year = build_school_year(session.project.calendar, session.today)
        hours = compute_officer_hours(session.project, year.first, year.last)
        short_details = Counter(
            violation.officer
            for violation in find_roster_violations(session.project, year.first, year.last)
            if violation.rule == "detail_minimum"
        )
        self.table.show(build_hours_rows(hours, short_details))
        self.view.fit_columns()
        spreads = [
            f"{format_kind(kind)}: "
            + (
                f"{least:.1f} h each"
                if least == most
                else f"{least:.1f} to {most:.1f} h, mean {average:.1f} h"
            )
            for kind, (least, average, most) in compute_hours_spread(hours).items()
        ]
        self.counted.setText(f"School year {year.name}. {'; '.join(spreads)}")


class SwapRequestsTable(TablePanel):
    """The requested swaps, which can be approved or declined."""

    def __init__(self, desk: UiContext) -> None:
        empty = "No swaps have been requested. Select a shift and press “Swap…” on its card."
        super().__init__(desk, SWAP_COLUMNS, lambda row: row.swap.uid, name="Swaps", empty=empty)
        self.roster_actions = RosterActions(desk, get_roster_selection(desk), self)
        self.approve = compact_button("Approve", do=lambda: self._answer(approve=True))
        self.decline = compact_button("Decline", do=lambda: self._answer(approve=False))
        self.lay_out(self.counted, None, self.approve, self.decline)
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
        row = self.view.current_row()
        is_waiting = row is not None and row.swap.status is SwapStatus.ASKED
        for button in (self.approve, self.decline):
            button.setEnabled(is_waiting)

    def _answer(self, *, approve: bool) -> None:
        row = self.view.current_row()
        if row is not None:
            self.roster_actions.answer_swap(row.swap.uid, approve=approve)
