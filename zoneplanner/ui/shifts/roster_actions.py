"""Actions on shifts: propose, post, copy, call out, swap, cancel and export."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import record_sick_leave
from zoneplanner.domain.roster.shift_edits import remove_post
from zoneplanner.domain.roster.staffing import find_next_shift_day
from zoneplanner.errors import UserError
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm, ProposeShiftsForm
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_folder, ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOOK_AHEAD_DAYS = 30


class _RosterSelection(QObject):
    """One for each open project, shared by the parts of the workspace, which show one day."""

    day_changed = Signal()
    week_changed = Signal()
    shift_changed = Signal()
    officer_changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.day = self._first = _first_day(session)
        self._today = session.today
        self.shift: str | None = None
        self.officer: str | None = None

    @property
    def monday(self) -> date:
        """The first day of the day's week."""
        return self.day - timedelta(days=self.day.weekday())

    def show_day(self, day: date) -> None:
        """Turn to a day: the board to its week, who is where and the map to the day itself."""
        monday = self.monday
        if day != self.day:
            self.day = day
            self.day_changed.emit()
        if monday != self.monday:
            self.week_changed.emit()

    def follow_clock(self, _event: object = None) -> None:
        """Turn to another day once it begins, if nobody chose a day or a shift."""
        if self._session.today == self._today:
            return
        before, self._first = self._first, _first_day(self._session)
        self._today = self._session.today
        if self.day == before and self.shift is None:
            self.show_day(self._first)

    def choose_shift(self, uid: str | None) -> None:
        """Choose a shift and its day, or none."""
        if uid == self.shift:
            return
        project = self._session.project
        shift = project.shifts.get(uid or "")
        if shift is not None:
            self.show_day(shift.day(project.time_zone))
        self.shift = uid
        self.shift_changed.emit()

    def choose_officer(self, officer_id: str | None) -> None:
        """Choose an officer, or nobody."""
        if officer_id != self.officer:
            self.officer = officer_id
            self.officer_changed.emit()


def get_roster_selection(desk: UiContext) -> _RosterSelection:
    """Return the choice of a desk, made when it is first asked for."""
    known = desk.bridge.findChild(_RosterSelection)
    if known is None:
        known = _RosterSelection(desk.session, desk.bridge)
        desk.bridge.changed.connect(known.follow_clock)
    return known


def _first_day(session: Session) -> date:
    """Return today, or the next day that has school or a shift."""
    project, today = session.project, session.today
    school = project.calendar.school_days(today, today + timedelta(days=_LOOK_AHEAD_DAYS))
    days = (next(iter(school), None), find_next_shift_day(project, today))
    return min((day for day in days if day is not None), default=today)


ROSTER_EXPORTS = {
    "ics": ("Calendar of all shifts", "Calendars (*.ics)"),
    "pdf": ("Printed week", "PDF (*.pdf)"),
    "xlsx": ("Hours as a workbook", "Workbooks (*.xlsx)"),
    "csv": ("Hours as CSV", "CSV (*.csv)"),
}
_WEEKS = 4


class RosterActions:
    """Edits of the roster from the window."""

    def __init__(self, desk: UiContext, selection: _RosterSelection, parent: QWidget) -> None:
        self.desk, self.selection, self._parent = desk, selection, parent

    def give(self, uid: str, officer_id: str | None) -> None:
        """Give a shift to an officer or to nobody."""
        shift = self.desk.session.project.shifts.get(uid)
        if shift is None or shift.officer == officer_id:
            return
        words, name = self._words(uid), self._name(officer_id)
        off = f"{words} is open; {self._name(shift.officer)} was removed."
        instead = f", in place of {self._name(shift.officer)}" if shift.officer else ""
        said = f"{name} takes {words}{instead}." if officer_id is not None else off
        self._assign({uid: officer_id}, f"{words} to {name}", said)

    def trade(self, one: str, other: str) -> None:
        """Let two shifts trade their officers; an open one just takes the other's."""
        shifts = self.desk.session.project.shifts
        both = f"{self._words(one)} and {self._words(other)}"
        self._assign(
            {one: shifts[other].officer, other: shifts[one].officer},
            f"Trade {both}",
            f"Traded: {both}.",
        )

    def lock(self, uid: str) -> None:
        """Lock a shift, or free it."""
        locked = not self.desk.session.project.shifts[uid].locked
        word, words = "Lock" if locked else "Unlock", self._words(uid)
        self._apply(
            f"{word} {words}",
            lambda one: shift_edits.set_shift_locks(one, [uid], locked=locked),
            f"{words} is {'locked' if locked else 'free'}.",
        )

    def cancel(self, uid: str) -> None:
        """Cancel a shift, asking why where it is posted; a draft goes."""
        session, words = self.desk.session, self._words(uid)
        now, by = session.clock(), session.actor

        def attempt(reason: str) -> None:
            session.apply(
                f"Cancel {words}",
                lambda one: shift_edits.cancel_shift(one, uid, now=now, by=by, reason=reason),
            )
            self.desk.report_done(f"{words} is canceled.")

        self._with_reason("Cancel a posted shift?", attempt)

    def call_out_officer(self, uid: str) -> bool:
        """Put the officer of a shift down as sick on its day."""
        session = self.desk.session
        shift = session.project.shifts[uid]
        if shift.officer is None:
            return False
        day, now, officer = shift.day(session.project.time_zone), session.clock(), shift.officer
        name = self._name(officer)
        return self._apply(
            f"{name} called out on {day}",
            lambda one: record_sick_leave(one, officer, day, day, now=now, by=session.actor),
            f"{name} called out: {self._words(uid)} is open.",
        )

    def tell_added(self, uid: str) -> None:
        """Say that a shift is new, and what it still lacks."""
        self.desk.report_done(f"{self._words(uid)} was added as an open draft.")

    def drop_post(self, uid: str) -> None:
        """Take a post away; the shifts made from it stay."""
        done = "The assignment was removed; its shifts stay until you cancel them."
        self._apply("Remove an assignment", lambda one: remove_post(one, uid), done)

    def copy_week(self) -> None:
        """Give the open shifts of this week to who had them the week before."""
        session, monday = self.desk.session, self.selection.monday
        before, now = session.state.saved_project, session.clock()

        def copy() -> None:
            ready = schedule.prepare_shifts(before, monday, monday + timedelta(days=6))
            after, left = shift_edits.copy_week_assignments(
                *(ready, monday - timedelta(days=7), monday),
                now=now,
                formats=session.formats,
            )
            session.apply(f"Copy the previous week to {monday}", lambda _: after)
            more = f" {len(left)} stay open: {left[0]}" if left else ""
            week = session.formats.day(monday)
            self.desk.report_done(f"The week of {week} was copied from the previous week.{more}")

        self.desk.attempt(copy)

    def finalize(self) -> None:
        """Make the drafts of the week final."""
        session, monday = self.desk.session, self.selection.monday
        now, sunday = session.clock(), monday + timedelta(days=6)
        self._apply(
            f"Post the week of {monday}",
            lambda one: shift_edits.finalize_shifts(one, monday, sunday, now=now),
            f"The week of {session.formats.day(monday)} is posted; calendars show it from now on.",
        )

    def ask_propose(self) -> None:
        """Ask from when to when, then propose."""
        first = max(self.selection.monday, self.desk.session.today)
        last = self.selection.monday + timedelta(days=7 * _WEEKS - 3)
        ProposeShiftsForm(
            self.desk.session.formats, (first, last), self.propose, self._parent
        ).ask()

    def propose(self, first: date, last: date, *, refill: bool = False) -> None:
        """Propose the shifts of some days as a job, and keep them as one step."""
        session = self.desk.session
        before, now = session.state.saved_project, session.clock()

        def done(found: schedule.RosterDraft) -> None:
            session.view_present()
            if not self.desk.attempt(lambda: schedule.save_roster(session, before, found)):
                return
            if not first <= self.selection.day <= last:  # as of a year to come
                self.selection.show_day(first)
            given = sum(one is not None for one in found.assignment.values())
            proof = " No roster fills more shifts or is fairer." if found.proven else ""
            self.desk.report_done(f"{given} of {len(found.assignment)} shifts filled.{proof}")

        self.desk.jobs.run(
            "Proposing shifts",
            lambda report: schedule.draft_roster(
                before, first, last, now=now, refill=refill, report=report
            ),
            on_done=done,
            lost="The shifts were not changed.",
        )

    def sample(self) -> None:
        """Bring in sample officers."""

        session = self.desk.session
        done = "26 sample officers were added. Press Propose to fill the weeks with them."
        self._apply("Sample officers", lambda one: add_sample_officers(one, session.today), done)

    def answer_swap(self, uid: str, *, approve: bool) -> None:
        """Approve a swap, asking for a reason where it breaks a rule, or refuse it."""
        session = self.desk.session
        now, by = session.clock(), session.actor
        if not approve:
            self._apply("Decline a swap", lambda one: swaps.refuse_swap(one, uid, now=now, by=by))
            return

        def attempt(reason: str) -> None:
            session.apply(
                "Approve a swap",
                lambda one: swaps.approve_swap(one, uid, now=now, by=by, reason=reason),
            )
            self.desk.report_done("The swap was approved.")

        self._with_reason("Approve the swap even though it breaks a rule?", attempt)

    def export(self, kind: str) -> None:
        """Ask where, and write a calendar, hours or the printed week."""
        monday = self.selection.monday
        title, filters = ROSTER_EXPORTS[kind]
        file = ask_new_file(self._parent, title, filters, Path(f"shifts-{monday}.{kind}"))
        if file is not None:
            self.desk.attempt(lambda: self._write(kind, file, monday))

    def export_each(self) -> None:
        """Ask for a folder, and write a calendar for all, for each unit and each officer."""
        folder = ask_folder(self._parent, "Folder for the calendars")
        if folder is not None:
            self.desk.attempt(lambda: self._write_each(folder))

    def _write_each(self, folder: Path) -> None:
        written = schedule.write_shift_calendars(self.desk.session.state.saved_project, folder)
        said = f"{len(written)} calendars were saved in {folder.name}."
        self.desk.notices.show_notice(said, sign="done")

    def _write(self, kind: str, file: Path, monday: date) -> None:

        last = monday + timedelta(days=7 * (1 if kind == "pdf" else _WEEKS) - 1)
        content = schedule.export_roster(self.desk.session, kind, monday, last)
        self.desk.session.store.check_target(file)
        notify_file_written(self.desk, write_file_atomically(file, content))

    def _assign(self, wanted: dict[str, str | None], label: str, said: str) -> None:
        session = self.desk.session
        now, by = session.clock(), session.actor

        def attempt(reason: str) -> None:
            session.apply(
                label,
                lambda one: shift_edits.assign_shifts(one, wanted, now=now, by=by, reason=reason),
            )
            self.desk.report_done(said)

        self._with_reason("Assign it even though it breaks a rule?", attempt)

    def _with_reason(self, title: str, attempt: Callable[[str], None]) -> None:
        """Do something; where a rule wants a reason, ask for it and do it again."""
        try:
            attempt("")
        except UserError as error:
            if error.details.get("override"):
                why = self.desk.session.rewrite(error.message)
                OverrideReasonForm(title, why, attempt, self._parent).ask()
            else:
                self.desk.show_problem(error)

    def _apply(self, label: str, edit: ProjectEdit, done: str = "") -> bool:
        """Make a step and say what was done; tell whether it was not refused."""
        applied = self.desk.attempt(lambda: self.desk.session.apply(label, edit))
        if applied and done:
            self.desk.report_done(done)
        return applied

    def _words(self, uid: str) -> str:
        project = self.desk.session.project
        return describe_shift(project.shifts[uid], project.time_zone)

    def _name(self, officer: str | None) -> str:
        known = self.desk.session.project.officers.get(officer or "")
        return known.name if known else "nobody"


def notify_file_written(desk: UiContext, path: Path, lacking: str = "") -> None:
    """Say where a file is and what it lacks, and offer to open it."""
    desk.notices.show_notice(
        f"Written: {', '.join(filter(None, (path.name, lacking)))}.",
        sign="done",
        offer="Open",
        on_offer=partial(desk.notices.open_file, path),
        details={"file": str(path)},
    )
