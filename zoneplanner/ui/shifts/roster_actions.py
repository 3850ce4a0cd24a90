"""Actions on shifts: propose, post, copy, call out, swap, cancel and export."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster import schedule
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import record_sick_leave
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.shift_edits import remove_post
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm, ProposeShiftsForm
from zoneplanner.ui.shifts.roster_selection import RosterSelection
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_folder, ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext

ROSTER_EXPORTS = {
    "ics": ("Calendar of all shifts", "Calendars (*.ics)"),
    "pdf": ("Printed week", "PDF (*.pdf)"),
    "xlsx": ("Hours as a workbook", "Workbooks (*.xlsx)"),
    "csv": ("Hours as CSV", "CSV (*.csv)"),
}
_WEEKS = 4


class RosterActions:
    """Edits and exports of the roster, with their dialogs and notices."""

    def __init__(self, desk: UiContext, selection: RosterSelection, parent: QWidget) -> None:
        self.desk, self.selection, self._parent = desk, selection, parent

    def assign(self, uid: str, officer_id: str | None) -> None:
        """Assign a shift to an officer or, with None, make it open."""
        shift = self.desk.session.project.shifts.get(uid)
        if shift is None or shift.officer == officer_id:
            return
        shift_name, name = self._name_shift(uid), self._name_officer(officer_id)
        in_place = "shift_taken.in_place" if shift.officer else "shift_taken"
        done = Message(
            "shift_opened" if officer_id is None else in_place,
            shift=describe_shift(shift, self.desk.session.project.time_zone),
            name=name,
            before=self._name_officer(shift.officer),
        )
        self._assign({uid: officer_id}, f"{shift_name} to {name}", done)

    def trade(self, uid: str, other_uid: str) -> None:
        """Exchange the officers of two shifts, one of which may be open."""
        shifts = self.desk.session.project.shifts
        both = f"{self._name_shift(uid)} and {self._name_shift(other_uid)}"
        officers = {uid: shifts[other_uid].officer, other_uid: shifts[uid].officer}
        self._assign(officers, f"Trade {both}", f"Traded: {both}.")

    def toggle_lock(self, uid: str) -> None:
        """Lock a shift, or unlock it if it is locked."""
        locked = not self.desk.session.project.shifts[uid].locked
        name = self._name_shift(uid)
        self.desk.apply(
            f"{'Lock' if locked else 'Unlock'} {name}",
            lambda project: shift_edits.set_shift_locks(project, [uid], locked=locked),
            done=f"{name} is {'locked' if locked else 'free'}.",
        )

    def cancel(self, uid: str) -> None:
        """Cancel a shift, asking for a reason if it is posted."""
        name = self._name_shift(uid)
        edit = partial(shift_edits.cancel_shift, uid=uid)
        title = "Cancel a posted shift?"
        self._apply_with_reason(title, f"Cancel {name}", edit, f"{name} is canceled.")

    def call_out_officer(self, uid: str) -> bool:
        """Record that the officer of a shift called out on its day; return whether it was done."""
        session = self.desk.session
        shift = session.project.shifts[uid]
        if shift.officer is None:
            return False
        day, officer = shift.day(session.project.time_zone), shift.officer
        name, decision = self._name_officer(officer), self._decide()
        return self.desk.apply(
            f"{name} called out on {day}",
            lambda project: record_sick_leave(project, officer, day, day, decision),
            done=f"{name} called out: {self._name_shift(uid)} is open.",
        )

    def report_added(self, uid: str) -> None:
        """Report that a shift was added and is open."""
        self.desk.report_done(Message("shift_added", shift=self._name_shift(uid)))

    def remove_post(self, uid: str) -> None:
        """Remove an assignment; its shifts stay."""
        done = "The assignment was removed; its shifts stay until you cancel them."
        self.desk.apply(
            "Remove an assignment", lambda project: remove_post(project, uid), done=done
        )

    def copy_week(self) -> None:
        """Assign the open shifts of the week as in the previous week."""
        session, monday = self.desk.session, self.selection.monday
        before, now = session.saved_project, session.clock()

        def copy() -> None:
            prepared = schedule.prepare_shifts(before, monday, monday + timedelta(days=6))
            after, left = shift_edits.copy_week_assignments(
                prepared,
                monday - timedelta(days=7),
                monday,
                now=now,
            )
            session.apply(f"Copy the previous week to {monday}", lambda _: after)
            more = f" {len(left)} stay open: {left[0].say(session.formats)}" if left else ""
            week = session.formats.day(monday)
            self.desk.report_done(f"The week of {week} was copied from the previous week.{more}")

        self.desk.attempt(copy)

    def post_week(self) -> None:
        """Post the drafts of the week."""
        session, monday = self.desk.session, self.selection.monday
        now, sunday = session.clock(), monday + timedelta(days=6)
        week = session.formats.day(monday)
        self.desk.apply(
            f"Post the week of {monday}",
            lambda project: shift_edits.finalize_shifts(project, monday, sunday, now=now),
            done=f"The week of {week} is posted; calendars show it from now on.",
        )

    def ask_propose(self) -> None:
        """Ask for the days, then propose their shifts."""
        first = max(self.selection.monday, self.desk.session.today)
        friday = self.selection.monday + timedelta(days=4)
        last = friday + timedelta(weeks=_WEEKS - 1)
        formats = self.desk.session.formats
        ProposeShiftsForm(formats, (first, last), self.propose, self._parent).ask()

    def propose(self, first: date, last: date, *, refill: bool = False) -> None:
        """Propose the shifts of some days in the background, and save them as one edit."""
        session = self.desk.session
        before, now = session.saved_project, session.clock()

        def save(roster: schedule.RosterDraft) -> None:
            session.view_present()
            if not self.desk.attempt(lambda: schedule.save_roster(session, before, roster)):
                return
            if not first <= self.selection.day <= last:  # such as for the next school year
                self.selection.show_day(first)
            filled = sum(officer is not None for officer in roster.assignment.values())
            code = "shifts_filled.proven" if roster.proven else "shifts_filled"
            done = Message(code, filled=filled, shifts=len(roster.assignment))
            self.desk.report_done(done)

        self.desk.jobs.run(
            "Proposing shifts",
            lambda report: schedule.draft_roster(
                before, first, last, now=now, refill=refill, report=report
            ),
            on_done=save,
            lost="The shifts were not changed.",
        )

    def add_samples(self) -> None:
        """Add sample officers."""
        session = self.desk.session
        before = len(session.project.officers)
        if self.desk.apply(
            "Sample officers", lambda project: add_sample_officers(project, session.today)
        ):
            added = len(session.project.officers) - before
            self.desk.report_done(Message("sample_officers_added", n=added))

    def answer_swap(self, uid: str, *, approve: bool) -> None:
        """Decline a swap or approve it, asking for a reason if it breaks a rule."""
        if approve:
            edit = partial(swaps.approve_swap, uid=uid)
            title = "Approve the swap even though it breaks a rule?"
            self._apply_with_reason(title, "Approve a swap", edit, "The swap was approved.")
            return
        decision = self._decide()
        self.desk.apply("Decline a swap", lambda project: swaps.refuse_swap(project, uid, decision))

    def export(self, kind: str) -> None:
        """Ask for a file, and write a calendar, hours or the printed week."""
        monday = self.selection.monday
        title, filters = ROSTER_EXPORTS[kind]
        file = ask_new_file(self._parent, title, filters, Path(f"shifts-{monday}.{kind}"))
        if file is not None:
            self.desk.attempt(lambda: self._write(kind, file, monday))

    def export_each(self) -> None:
        """Ask for a folder, and write a calendar for all, one for each unit and each officer."""
        folder = ask_folder(self._parent, "Folder for the calendars")
        if folder is not None:
            self.desk.attempt(lambda: self._write_each(folder))

    def _write_each(self, folder: Path) -> None:
        written = schedule.write_shift_calendars(self.desk.session.saved_project, folder)
        count = format_count(len(written), "calendar was", "calendars were")
        text = f"{count} saved in {folder.name}."
        self.desk.notices.show_notice(text, sign="done")

    def _write(self, kind: str, file: Path, monday: date) -> None:
        last = monday + timedelta(days=7 * (1 if kind == "pdf" else _WEEKS) - 1)
        content = schedule.export_roster(self.desk.session, kind, monday, last)
        self.desk.session.store.check_target(file)
        notify_file_written(self.desk, write_file_atomically(file, content))

    def _assign(self, officers: dict[str, str | None], label: str, done: str | Message) -> None:
        edit = partial(shift_edits.assign_shifts, officers=officers)
        self._apply_with_reason("Assign it even though it breaks a rule?", label, edit, done)

    def _apply_with_reason(
        self, title: str, label: str, edit: Callable[..., Project], done: str | Message
    ) -> None:
        """Apply an edit; if a rule requires a reason, ask for it and apply the edit with it."""
        session, decision = self.desk.session, self._decide()

        def apply(reason: str) -> None:
            decided = replace(decision, reason=reason)
            session.apply(label, lambda project: edit(project, decision=decided))
            self.desk.report_done(done)

        try:
            apply("")
        except UserError as error:
            if error.details.get("override"):
                problem = session.rewrite(error.message)
                OverrideReasonForm(title, problem, apply, self._parent).ask()
            else:
                self.desk.show_problem(error)

    def _decide(self) -> RosterDecision:
        return RosterDecision(self.desk.session.clock(), self.desk.session.actor)

    def _name_shift(self, uid: str) -> str:
        project = self.desk.session.project
        return str(describe_shift(project.shifts[uid], project.time_zone))

    def _name_officer(self, officer_id: str | None) -> str:
        officer = self.desk.session.project.officers.get(officer_id or "")
        return officer.name if officer else "nobody"


def notify_file_written(desk: UiContext, path: Path, note: str = "") -> None:
    """Report a written file with a note about its content, and offer to open it."""
    desk.notices.show_notice(
        f"Written: {', '.join(filter(None, (path.name, note)))}.",
        sign="done",
        offer="Open",
        on_offer=partial(desk.notices.open_file, path),
        details={"file": str(path)},
    )
