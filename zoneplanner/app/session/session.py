"""An open project: its current state, its history, and the listeners to its changes.

Also finds the days that are covered by files which an earlier version imported, because those
versions did not record them. Without them, all days from the first row on would count as days on
record, even if no file covers them. An import is recognized by many entries recorded at one time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.app.session.conflicts import describe_conflict
from zoneplanner.app.session.external_edits import (
    JudgedChange,
    RowState,
    label_row_decision,
    list_row_changes,
    list_row_states,
    settle_external_changes,
)
from zoneplanner.app.session.journal_index import HoursJournal, JournalCursor, PlannedVisitIndex
from zoneplanner.app.session.land_cache import cache_land, read_cached_land
from zoneplanner.app.session.state import (
    Listener,
    Listeners,
    ProjectState,
    SessionChange,
    collect_zone_outlines,
    derive_state,
    draw_edges,
    get_plan_uid,
)
from zoneplanner.app.session.undo_stack import HistoryStep, ProjectHistory, UndoStack, UndoStep
from zoneplanner.domain.edits import (
    EditEffect,
    EditKind,
    ProjectChanges,
    check_edit,
    check_locked_entries,
    diff_projects,
    measure_edit_effect,
)
from zoneplanner.domain.locale_formats import NEUTRAL_FORMATS
from zoneplanner.domain.log.days_on_record import (
    NOTHING_DECLARED,
    RECORD_KEEPING_KINDS,
    DaySpan,
)
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import JournalEntry, NewEntry
from zoneplanner.domain.log.public_records import REMOVAL_KINDS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import HOURS_KINDS
from zoneplanner.errors import Conflict, Disconnected, ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.backend import ignore_progress

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store


_MOST_NOTIFIED = 1000
"""Listeners are notified of at most this many new entries at once."""

ProjectEdit = Callable[[Project], Project]
Clock = Callable[[], datetime]


class Session:
    """The open project. Edits are pure functions; each is saved before listeners are notified."""

    def __init__(
        self,
        store: "Store",
        *,
        actor: str,
        desk: str,
        clock: Clock,
        project: Project | None = None,
        plan_uid: str | None = None,
    ) -> None:
        self.store = store
        self.actor = store.actor or actor
        self.desk = desk
        self.clock = clock
        self.external: tuple[JudgedChange, ...] = ()
        """The latest changes by other programs that were found, with the verdicts on them."""
        self.external_rows: dict[tuple[str, tuple[object, ...]], JudgedChange] = {}
        """All changes by other programs since the project was opened, by table and key."""
        stored = project or store.project()
        self._history = ProjectHistory(store, stored)
        settled, settling_edit = self._settle_external(stored, plan_uid)
        plan = settled.plans.get(plan_uid) if plan_uid else settled.current_plan(self._day(settled))
        self.state: ProjectState = _derive_first_state(settled, plan)
        self._undo_stack = UndoStack()
        if settling_edit is not None:
            before = derive_state(stored, plan)
            self._add_undo_step(settling_edit, settling_edit.kind, before, self.state)
        self._present: ProjectState | None = None
        """The current state while an earlier step is viewed."""
        self._viewed_step: int | None = None
        self.listeners = Listeners()
        self._gesture_start: ProjectState | None = None
        self._gesture_edit: ProjectEdit | None = None
        self._data_version = store.data_version()
        self._followed_day = self.today
        self._journal_cursor = JournalCursor(store)
        self._own_entries: dict[str, JournalEntry] = {}
        self._logged_together: dict[str, tuple[str, ...]] = {}
        self._last_visits: Mapping[str, datetime] | None = None
        self.planned_visits = PlannedVisitIndex(store)
        self.hours_journal = HoursJournal(store, HOURS_KINDS)
        self.saved_at: datetime | None = None
        self.before_close: Callable[[], None] = lambda: None
        """Called by ``close`` while the project is still open."""
        self.formats = NEUTRAL_FORMATS
        """How this desk writes days, times and lengths."""

    @property
    def project(self) -> Project:
        """The project on screen, with the changes of a gesture and the plan's what-ifs."""
        return self.state.project

    @property
    def saved_project(self) -> Project:
        """The project without what-ifs; the log, its figures and all exports use it."""
        return self.state.saved_project

    @property
    def plan(self) -> Plan | None:
        """The plan on screen."""
        return self.state.plan

    @property
    def plan_uid(self) -> str | None:
        """The uid of the plan on screen."""
        return get_plan_uid(self.state)

    @property
    def today(self) -> date:
        """Today's date in the project's time zone."""
        return self._day(self.project)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a datetime in the project's time zone."""
        return moment.astimezone(ZoneInfo(self.project.time_zone)).date()

    @property
    def history(self) -> tuple[HistoryStep, ...]:
        """All steps in order, also from earlier sessions; the last one is the current step."""
        return self._history.steps

    @property
    def undoable_step(self) -> UndoStep | None:
        """The step that undo would undo: the latest that this desk made since it opened."""
        return self._undo_stack.latest

    @property
    def redoable_step(self) -> UndoStep | None:
        """The step that redo would redo."""
        return self._undo_stack.latest_undone

    @property
    def undo_label(self) -> str | None:
        """The label of the step that undo would undo, or None."""
        return self.undoable_step.label if self.undoable_step is not None else None

    @property
    def present_state(self) -> ProjectState:
        """The current state, also while an earlier step is viewed."""
        return self._present or self.state

    @property
    def is_in_gesture(self) -> bool:
        """Whether a gesture shows changes that are not saved yet."""
        return self._gesture_start is not None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function removes it."""
        return self.listeners.add(listener)

    def apply(
        self, label: str, edit: ProjectEdit, *, kind: EditKind = EditKind.EDIT
    ) -> ProjectChanges:
        """Run an edit, save it as a step of the history and notify the listeners.

        Undo skips steps of kinds that cannot be undone. If the edit is refused, it raises before
        anything is recorded; an edit that changes nothing is not saved.
        """
        self.require_present_state()
        self.cancel_gesture()
        before = self.state
        after = self._derive(self._run_edit(edit, before.saved_project))
        if not _differs(before, after):
            return ProjectChanges()
        if kind is not EditKind.EXTERNAL:  # changes by other programs are decided row by row
            check_edit(before.saved_project, after.saved_project)
        return self._save_or_offer_again(label, edit, before, after, kind)

    def preview(self, edit: ProjectEdit) -> ProjectState:
        """Show an edit of the state at the start of the gesture, without saving it."""
        self.require_present_state()
        start = self._gesture_start or self.state
        edited = self._run_edit(edit, start.saved_project)
        is_unchanged = edited is start.saved_project
        after = start if is_unchanged else self._derive(edited, start=start, drawn=False)
        self._gesture_start, self._gesture_edit = start, edit
        self._show(self.state, after, preview=True)
        return after

    def commit_gesture(self, label: str) -> ProjectChanges:
        """Save what the gesture shows as one step; if nothing changed, nothing is recorded."""
        start, shown = self._gesture_start, self.state
        self._gesture_start = None
        if start is None or not _differs(start, shown):
            return ProjectChanges()
        self.state, shown = start, draw_edges(shown, start)
        edit = self._gesture_edit or (lambda project: project)
        try:
            check_edit(start.saved_project, shown.saved_project)
            return self._save_or_offer_again(label, edit, start, shown, EditKind.EDIT)
        except UserError:
            self._show(shown, self.state)
            raise

    def cancel_gesture(self) -> None:
        """Show the state before the gesture again."""
        start, shown = self._gesture_start, self.state
        self._gesture_start = None
        if start is not None and start is not shown:
            self._show(shown, start)

    def require_present_state(self) -> None:
        """Raise a UserError while an earlier step is viewed: nothing can be changed then."""
        if self._present is not None:
            raise UserError("earlier_step")

    def explain_denied_edit(self) -> Message | None:
        """Return why plans, shifts, sites and settings cannot be changed here, or None."""
        store = self.store
        if store.read_only or not store.may_log:
            return self.explain_denied_log()
        if store.may_edit:
            return None
        is_offline = store.address is not None and not store.online
        return Message("may_only_log.away" if is_offline else "may_only_log", role=store.role)

    def explain_denied_log(self) -> Message | None:
        """Return why nothing can be logged here, or None."""
        store = self.store
        if store.read_only and store.damaged:
            return Message("reading_only.damaged")
        if store.read_only:
            return Message("reading_only.copy" if store.shared_to else "reading_only")
        return None if store.may_log else Message("may_only_look", role=store.role)

    def describe_unsent_entries(self) -> Message | None:
        """Return how many entries wait on this desk, or None."""
        to_send = self.store.waiting().to_send
        return Message("outbox.open_project", n=to_send) if to_send else None

    def undo(self, seq: int | None = None) -> None:
        """Undo the latest step that this desk made since it opened; with ``seq``, only that step.

        Raises
        ------
        UserError
            There is no step, ``seq`` is no longer the latest, or another desk changed the same.
        """
        self.require_present_state()
        self.poll()
        step = self.undoable_step
        if step is None:
            raise UserError("nothing_to_undo")
        if seq is not None and step.seq != seq:
            raise UserError("not_latest_step", step=step.label)
        project = self.compute_project_after_undo(step)
        label, move = f"Undo {step.label}", self._undo_stack.undo
        self._save_earlier_project(label, project, step.plan_before, EditKind.UNDO, move)

    def redo(self) -> None:
        """Redo the step that was undone last.

        Raises
        ------
        UserError
            There is no undone step, or another desk changed the same in the meantime.
        """
        self.require_present_state()
        self.poll()
        step = self.redoable_step
        if step is None:
            raise UserError("nothing_to_redo")
        project = self.compute_project_after_undo(step)
        label, move = f"Redo {step.label}", self._undo_stack.redo
        self._save_earlier_project(label, project, step.plan_after, EditKind.REDO, move)

    def compute_project_after_undo(self, step: UndoStep) -> Project:
        """Return the current project after undoing a step, or after redoing it if it is undone.

        Raises
        ------
        Conflict
            Another desk or program changed the same in the meantime.
        """
        present = self.present_state.saved_project
        if step is self.redoable_step:
            if present is step.before and step.after is not None:
                return step.after
        elif present is step.after:
            return step.before
        try:
            return self.store.rewind(present, [step.seq])
        except Conflict:
            raise Conflict("conflict.undo", step=step.label) from None

    def _save_earlier_project(
        self,
        label: str,
        project: Project,
        plan_uid: str | None,
        kind: EditKind,
        after_saving: Callable[[int], None] = lambda seq: None,
    ) -> None:
        """Save an earlier state of the project as a new step.

        ``after_saving`` gets the number of the saved edit before listeners are notified.

        Raises
        ------
        Conflict
            Another desk saved first; its changes are shown.
        """
        self.cancel_gesture()
        before = self.state
        after = self._derive_with_plan(project, plan_uid or self.plan_uid, before)
        try:
            self._save_and_show(label, before, after, kind, after_saving)
        except Conflict as conflict:
            raise self._show_conflict(conflict, before) from None

    @property
    def viewed_step(self) -> int | None:
        """The index of the step in the history that is viewed, or None."""
        return self._viewed_step

    def view_step(self, index: int) -> None:
        """Show the project as it was after a step, without saving anything.

        Raises
        ------
        UserError
            The history does not go back that far; the window does not change.
        """
        self.cancel_gesture()
        if index == len(self.history) - 1:
            self.view_present()
            return
        project, step = self._history.load_project(index), self.history[index]
        before, present = self.state, self.present_state
        after = self._derive_with_plan(project, step.plan_uid or self.plan_uid, present)
        self._present, self._viewed_step = present, index
        self._show(before, after)

    def view_present(self) -> None:
        """Show the current project again."""
        shown, present = self.state, self._present
        self._present = self._viewed_step = None
        if present is not None:
            self._show(shown, present)

    def effect_of_undo(self, step: UndoStep) -> EditEffect:
        """Count the changes if a step of this desk were undone, or redone."""
        return measure_edit_effect(
            self.present_state.saved_project, self.compute_project_after_undo(step)
        )

    def effect_of_restore(self, index: int) -> EditEffect:
        """Count the changes if the project went back to a step."""
        return measure_edit_effect(
            self.present_state.saved_project, self._history.load_project(index)
        )

    def restore_step(self, index: int) -> None:
        """Go back to the project as it was after a step; this adds a step and removes none.

        Raises
        ------
        UserError
            The history does not go back that far, or another desk saved first.
        """
        self.view_present()
        self.poll()
        step, back = self.history[index], len(self.history) - 1 - index
        label = str(Message("restored_step", step=step.label, n=back))
        project = self._history.load_project(index)
        self._save_earlier_project(label, project, step.plan_uid, EditKind.RESTORE)

    def show_plan(self, plan_uid: str | None) -> None:
        """Show another plan; the project does not change."""
        self.cancel_gesture()
        before = self.state
        plan = self.project.plans.get(plan_uid) if plan_uid else None
        self._show(before, derive_state(before.saved_project, plan, before), plans=True)

    def log(self, entry: NewEntry) -> JournalEntry:
        """Append an entry to the journal; it is stored when this returns, and undo ignores it."""
        return self.log_many([entry])[0]

    def log_many(self, entries: Sequence[NewEntry]) -> Sequence[JournalEntry]:
        """Append several entries, all or none."""
        self.view_present()
        stored = self._append(entries)
        self._own_entries |= {entry.uid: entry for entry in stored}
        if len(stored) > 1:
            uids = tuple(entry.uid for entry in stored)
            self._logged_together |= dict.fromkeys(uids, uids)
        self._notify_logged(stored)
        return stored

    def log_table(self, entries: Sequence[NewEntry], report: ProgressReport) -> None:
        """Append the rows of a table, all or none; listeners are notified of the last ones."""
        stored = self._append(entries, report=report)
        self._last_visits = None
        self._notify_logged(stored[-_MOST_NOTIFIED:])

    def _append(
        self, entries: Sequence[NewEntry], report: ProgressReport = ignore_progress
    ) -> Sequence[JournalEntry]:
        self._check_locked(entries)
        now = self.clock()
        stored = self.store.append_many(
            entries, actor=self.actor, desk=self.desk, now=now, report=report
        )
        self.saved_at = now
        self._journal_cursor.mark_own(stored)
        return stored

    @property
    def last_visits(self) -> Mapping[str, datetime]:
        """The time of the last completed visit by site; read again only after new entries."""
        if self._last_visits is None:
            self._last_visits = self.store.last_visits()
        return self._last_visits

    @property
    def own_entries(self) -> tuple[JournalEntry, ...]:
        """The entries that this desk logged by hand since it opened the project, in order.

        Entries that were undone are not included.
        """
        return tuple(self._own_entries.values())

    def is_own_entry(self, uid: str) -> bool:
        """Whether ``own_entries`` contains an entry."""
        return uid in self._own_entries

    def list_logged_with(self, entry: JournalEntry) -> tuple[JournalEntry, ...]:
        """Return an entry and the entries that this desk logged together with it."""
        uids = self._logged_together.get(entry.uid, ())
        return tuple(self._own_entries[uid] for uid in uids if uid in self._own_entries) or (entry,)

    def drop_own_entries(self, uids: Iterable[str]) -> None:
        """Remove entries from ``own_entries`` because they were undone."""
        for uid in uids:
            self._own_entries.pop(uid, None)

    def note_removal(self, removal: str, uids: Iterable[str]) -> None:
        """Notify of entries whose free text was removed; ``removal`` is the removal's entry."""
        self.drop_own_entries(uids)
        new = [each for each in self.store.entries(kinds=REMOVAL_KINDS) if removal in each.uid]
        self._journal_cursor.mark_own(new)
        self._notify_logged([*new, *self.store.by_uid(uids).values()][-_MOST_NOTIFIED:])

    def _check_locked(self, entries: Sequence[NewEntry]) -> None:
        """Refuse new or corrected entries of a locked school year."""
        if self.saved_project.year_rollover.locked_until is not None:
            corrected = {entry.supersedes for entry in entries if entry.supersedes}
            check_locked_entries(self.saved_project, entries, self.store.by_uid(corrected))

    def poll(self) -> bool:
        """Take over changes of other desks and send waiting entries; fast if nothing is new.

        Called several times a second. Returns whether anything was new; while the server of a
        shared project is away, or listeners are paused, nothing is.
        """
        if self.listeners.paused:
            return False
        try:
            sent = self.store.send_waiting(desk=self.desk, now=self.clock())
            if sent:
                self._journal_cursor.mark_own(sent)
                self._notify_logged(sent)
            version = self.store.data_version()
            if version == self._data_version or self.is_in_gesture:
                return bool(sent)
            self._data_version = version
            return self.pull_changes() or bool(sent)
        except Disconnected:
            return False

    def follow_day(self) -> None:
        """Notify listeners of a new day, because other things are due and in force then.

        Called several times a second; fast on the same day. If the plan on screen was in force
        yesterday, and another one takes effect today, that one is shown. A gesture is not
        interrupted.
        """
        today, yesterday, project = self.today, self._followed_day, self.saved_project
        if today == yesterday or self.is_in_gesture or self.listeners.paused:
            return
        self._followed_day = today
        old, new = project.plan_in_force(yesterday), project.plan_in_force(today)
        is_replaced = old is not None and new is not None and self.plan_uid == old.uid != new.uid
        if is_replaced and new is not None and self._present is None:
            self.show_plan(new.uid)
        else:
            self.listeners.notify(SessionChange(self.state, self.state, ProjectChanges()))

    def pull_changes(self) -> bool:
        """Take over what other desks saved and logged; return whether there was anything."""
        before = self.present_state
        project, edits = self.store.apply_new_edits(before.saved_project, self._history.last_seq)
        if edits:
            self._history.follow(edits, project)
        project, settled = self._settle_external(project, get_plan_uid(before))
        if project is not before.saved_project or settled is not None:
            after = self._derive_with_plan(project, get_plan_uid(before), before)
            others = tuple(edits)
            if settled is not None:
                self._add_undo_step(settled, settled.kind, before, after, is_shared=True)
                others = (*others, settled)
            if self._present is None:
                self._show(before, after, others=others)
            else:  # the viewed step stays on screen; listeners are notified of the edits
                self._present = after
                self._show(self.state, self.state, others=others)
        if settled is not None:
            self.write_outlines()
        new = self._journal_cursor.read_others()
        if new:
            self._notify_logged(new)
        return bool(new) or project is not before.saved_project

    def _settle_external(
        self, project: Project, plan_uid: str | None
    ) -> tuple[Project, "EditRecord | None"]:
        """Keep or put back what other programs changed; return the project and the edit for it."""
        if not self.store.external:
            return project, None
        project, settled, self.external = settle_external_changes(
            self.store,
            project,
            last=self._history.last_seq,
            plan_uid=plan_uid,
            actor=self.actor,
            at=self.clock(),
        )
        self.external_rows |= {row.identity: row for row in self.external if row.differs}
        if settled is not None:
            self._history.follow([settled], project)
        return project, settled

    def decide_external(self, rows: Sequence[JudgedChange], *, keep: bool) -> None:
        """Keep rows as another program left them, or put them back, as a step.

        Raises
        ------
        UserError
            A row may not be kept, or it has changed again in the meantime.
        """
        wanted = RowState.KEPT if keep else RowState.PUT_BACK
        states = list_row_states(self.store, self.saved_project, rows)
        undecided = [row for row, state in zip(rows, states, strict=True) if state is not wanted]
        if undecided:
            changes = list_row_changes(undecided, keep=keep)
            self.apply(
                label_row_decision(undecided, keep=keep),
                lambda project: self.store.apply_external(project, changes),
                kind=EditKind.EXTERNAL,
            )

    def write_outlines(self) -> None:
        """Write the outlines again for other programs, after one of them changed rows."""
        self._save("", self.present_state, self.present_state, EditKind.AUTOMATIC)

    def _notify_logged(self, entries: Sequence[JournalEntry]) -> None:
        if any(entry.kind in ("visit", "void") for entry in entries):
            self._last_visits = None
        event = SessionChange(self.state, self.state, ProjectChanges(), logged=tuple(entries))
        self.listeners.notify(event)

    def close(self) -> None:
        """Close the project file."""
        self.cancel_gesture()
        self.before_close()
        self.store.close()

    def _derive(
        self, project: Project, start: ProjectState | None = None, *, drawn: bool = True
    ) -> ProjectState:
        """Return the state of an edited project; a new plan in it is shown."""
        start = start or self.state
        new_plans = [uid for uid in project.plans if uid not in start.saved_project.plans]
        uid = new_plans[-1] if new_plans else get_plan_uid(start)
        return self._derive_with_plan(project, uid, self.state, drawn=drawn)

    def rewrite(self, *texts: str | Message) -> str:
        """Return sentences with this desk's formats and the district's term for incidents."""
        formats, terms = self.formats, self.saved_project.terms
        localized = " ".join(
            text.say(formats) if isinstance(text, Message) else formats.localize_sentence(text)
            for text in texts
        )
        return terms.name_incidents(localized) if terms.incident.term else localized

    def _run_edit(self, edit: ProjectEdit, project: Project) -> Project:
        """Return the edited project; a UserError gets this desk's formats."""
        try:
            return edit(project)
        except UserError as refusal:
            refusal.formats = self.formats
            raise

    def _derive_with_plan(
        self, project: Project, uid: str | None, previous: ProjectState, *, drawn: bool = True
    ) -> ProjectState:
        """Return the state of a project and a plan, or the current plan if ``uid`` is not there."""
        plan = project.plans.get(uid) if uid is not None else None
        if plan is None:
            plan = project.current_plan(self._day(project))
        return derive_state(project, plan, previous, drawn=drawn)

    def _save_or_offer_again(
        self,
        label: str,
        edit: ProjectEdit,
        before: ProjectState,
        after: ProjectState,
        kind: EditKind,
    ) -> ProjectChanges:
        """Save a step; if another desk saved first, show its step and offer to repeat this one.

        The offer is also made if the server is away.
        """
        try:
            return self._save_and_show(label, before, after, kind)
        except Conflict as conflict:
            refusal: UserError = self._show_conflict(conflict, before)
        except Disconnected as error:
            refusal = error
        refusal.retry = lambda: self.apply(label, edit, kind=kind)
        raise refusal from None

    def _show_conflict(self, conflict: Conflict, before: ProjectState) -> Conflict:
        """Show the changes of another desk, and return the conflict in plain words."""
        self.pull_changes()
        described = describe_conflict(conflict, before.saved_project, self.state.saved_project)
        described.formats = self.formats
        return described

    def _save_and_show(
        self,
        label: str,
        before: ProjectState,
        after: ProjectState,
        kind: EditKind,
        after_saving: Callable[[int], None] = lambda seq: None,
    ) -> ProjectChanges:
        last_seq = self._history.last_seq
        saved = self._save(label, before, after, kind)
        if saved is None:
            return self._show(before, after)
        mine, edits = after, [saved]
        is_shared = saved.seq != last_seq + 1
        if is_shared:  # other desks saved in between: their edits are merged into the state
            project, edits = self.store.apply_new_edits(mine.saved_project, last_seq, but=saved.seq)
            after = self._derive_with_plan(project, get_plan_uid(mine), mine)
        self._history.follow(edits, after.saved_project)
        self._add_undo_step(saved, kind, before, mine, is_shared=is_shared)
        after_saving(saved.seq)
        if is_shared:
            self._save(label, after, after, kind)  # the outlines of the merged state
        others = tuple(edit for edit in edits if edit.seq != saved.seq)
        return self._show(before, after, others=others)

    def _add_undo_step(
        self,
        saved: "EditRecord",
        kind: EditKind,
        before: ProjectState,
        after: ProjectState,
        *,
        is_shared: bool = False,
    ) -> None:
        """Make a saved edit the latest undo step; ``is_shared`` if other desks' edits are in it."""
        if not kind.can_be_undone or before.saved_project is after.saved_project:
            return
        old, new = before.saved_project, after.saved_project
        area = measure_edit_effect(old, new).area
        plans = get_plan_uid(before), get_plan_uid(after)
        projects = old, None if is_shared else new
        self._undo_stack.add(
            UndoStep(saved.label, saved.seq, kind, area, *projects, *plans, saved.at)
        )

    def _save(
        self, label: str, before: ProjectState, after: ProjectState, kind: EditKind
    ) -> "EditRecord | None":
        now = self.clock()
        saved = self.store.save(
            before.saved_project,
            after.saved_project,
            label=label,
            actor=self.actor,
            at=now,
            kind=kind,
            plan=get_plan_uid(after),
            **collect_zone_outlines(after, before if before is not after else None),
        )
        self.saved_at = now
        return saved

    def _show(
        self,
        before: ProjectState,
        after: ProjectState,
        *,
        preview: bool = False,
        plans: bool = False,
        others: tuple["EditRecord", ...] = (),
    ) -> ProjectChanges:
        self.state = after
        changes = diff_projects(before.project, after.project)
        if plans or get_plan_uid(before) != get_plan_uid(after):
            changes = replace(
                changes, zones=True, blocks=frozenset(), sites=frozenset(), plans=True
            )
        self.listeners.notify(SessionChange(before, after, changes, preview=preview, others=others))
        return changes

    def _day(self, project: Project) -> date:
        return self.clock().astimezone(ZoneInfo(project.time_zone)).date()


def _derive_first_state(project: Project, plan: Plan | None) -> ProjectState:
    """Return the state of a project that is being opened, with the help of the land cache."""
    if plan is not None and plan.what_if:
        return derive_state(project, plan)
    land = read_cached_land(project)
    if land is not None:
        return derive_state(project, plan, cells=land.cells, north_rad=land.north_rad)
    state = derive_state(project, plan)
    cache_land(project, state.basis.cells)
    return state


def _differs(before: ProjectState, after: ProjectState) -> bool:
    return (
        before.saved_project is not after.saved_project
        and diff_projects(before.saved_project, after.saved_project) != ProjectChanges()
    )


_TABLES = {
    kind.name: kind.table for kind in RECORD_KINDS.values() if kind.table in RECORD_KEEPING_KINDS
}
_LABEL = "Find the days of files that an earlier version imported"


def add_days_of_earlier_files(store: "Store", project: Project, now: datetime) -> Project:
    """Return a project with the days of files that an earlier version imported.

    Only for kinds for which no days are declared and no file is known.
    """
    records, zone = project.records, ZoneInfo(project.time_zone)
    wanted = [kind for kind, table in _TABLES.items() if records.kind(table) == NOTHING_DECLARED]
    spans = store.list_spans_of_earlier_files(wanted, now) if wanted else []
    for kind, *ends in spans:
        first, last = (end.astimezone(zone).date() for end in ends)
        records = records.with_file(_TABLES[kind], DaySpan(first, last))
    return project if records is project.records else project.with_records(records)


def save_days_of_earlier_files(session: Session) -> None:
    """Save those days as an automatic step, so that they are looked for only once."""
    before = session.saved_project
    records = add_days_of_earlier_files(session.store, before, session.clock()).records
    if records is not before.records:
        session.apply(_LABEL, lambda each: each.with_records(records), kind=EditKind.AUTOMATIC)
