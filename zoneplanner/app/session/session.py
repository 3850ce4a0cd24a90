"""An open project: its present state, its history, and who wants to know of changes.

Which days the files reach over that an earlier version brought in, which kept none of that.

Without it all days from the first row on would count as days on record, those too that no file
reaches. What came in is told by its entries: many that were recorded at one moment, after the fact.
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
    list_row_states,
    settle_external_changes,
    turn_rows,
)
from zoneplanner.app.session.journal_index import HoursJournal, JournalCursor, PlannedVisitIndex
from zoneplanner.app.session.land_cache import keep_land, recall_land
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
from zoneplanner.domain.changes import (
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
from zoneplanner.messages import format_count, render_message
from zoneplanner.storage import Store

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store


_MOST_TOLD = 1000
"""Of so many new entries at most the listeners hear."""

ProjectEdit = Callable[[Project], Project]
Clock = Callable[[], datetime]


class Session:
    """The one open project. Edits are pure; each is saved before anyone hears of it."""

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
        """What other programs changed, as it was judged when it was seen last."""
        self.external_rows: dict[tuple[str, tuple[object, ...]], JudgedChange] = {}
        """All that other programs changed since the project was opened, by table and key."""
        found = project or store.project()
        self._history = ProjectHistory(store, found)
        state, settled = self._settle_external(found, plan_uid)
        chosen = state.plans.get(plan_uid) if plan_uid else state.current_plan(self._day(state))
        self.state: ProjectState = _derive_first_state(state, chosen)
        self._own = UndoStack()
        if settled is not None:
            self._note_own(settled, settled.kind, derive_state(found, chosen), self.state)
        self._present: ProjectState | None = None
        self._looking_at: int | None = None
        self.listeners = Listeners()
        self._gesture: ProjectState | None = None
        self._gesture_edit: ProjectEdit | None = None
        self._heard = store.data_version()
        self._followed_day = self.today
        self._entries = JournalCursor(store)
        self._own_entries: dict[str, JournalEntry] = {}
        self._logged_with: dict[str, tuple[str, ...]] = {}
        self._last_visits: Mapping[str, datetime] | None = None
        self.planned_visits = PlannedVisitIndex(store)
        self.hours_journal = HoursJournal(store, HOURS_KINDS)
        self.saved_at: datetime | None = None
        self.before_close: Callable[[], None] = lambda: None
        """What is to be done while the project is still open."""
        self.formats = NEUTRAL_FORMATS
        """How this desk writes days, times and lengths for people."""

    @property
    def project(self) -> Project:
        """The project as the plan on screen sees it, gesture and what-ifs included."""
        return self.state.project

    @property
    def saved_project(self) -> Project:
        """The project as it is kept: what the log, its figures and what leaves are about."""
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
        """Return the day of a moment in the project's time zone."""
        return moment.astimezone(ZoneInfo(self.project.time_zone)).date()

    @property
    def history(self) -> tuple[HistoryStep, ...]:
        """All steps in order, also those of earlier sittings; the last one is the present."""
        return self._history.steps

    @property
    def undoable_step(self) -> UndoStep | None:
        """The step that undo takes back: the latest that this desk made since it opened."""
        return self._own.latest

    @property
    def redoable_step(self) -> UndoStep | None:
        """The step that redo brings back."""
        return self._own.latest_undone

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, or None."""
        return self.undoable_step.label if self.undoable_step is not None else None

    @property
    def present_state(self) -> ProjectState:
        """The project as it stands, also while an earlier step is looked at."""
        return self._present or self.state

    @property
    def is_in_gesture(self) -> bool:
        """True while a gesture shows what is not kept yet."""
        return self._gesture is not None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function ends that."""
        return self.listeners.add(listener)

    def apply(
        self, label: str, edit: ProjectEdit, *, kind: EditKind = EditKind.EDIT
    ) -> ProjectChanges:
        """Run an edit, save it, keep it in the history and tell the listeners.

        One of a kind that cannot be undone is no step that undo takes back.
        A refused edit raises before anything is recorded; one that changes nothing is not kept.
        """
        self.check_present()
        self.cancel_gesture()
        before = self.state
        after = self._read(self._run_edit(edit, before.saved_project))
        if not _differs(before, after):
            return ProjectChanges()
        if kind is not EditKind.EXTERNAL:  # other programs' changes are decided on by row
            check_edit(before.saved_project, after.saved_project)
        return self._save_or_offer_again(label, edit, before, after, kind)

    def preview(self, edit: ProjectEdit) -> ProjectState:
        """Show an edit of the state at the gesture's start without saving it."""
        self.check_present()
        start = self._gesture or self.state
        edited = self._run_edit(edit, start.saved_project)
        same = edited is start.saved_project
        after = start if same else self._read(edited, base=start, drawn=False)
        self._gesture, self._gesture_edit = start, edit
        self._show(self.state, after, preview=True)
        return after

    def commit_gesture(self, label: str) -> ProjectChanges:
        """Keep what the gesture shows as one step; without a change nothing is recorded."""
        start, shown = self._gesture, self.state
        self._gesture = None
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
        """Show the state from before the gesture again; no trace stays."""
        start, shown = self._gesture, self.state
        self._gesture = None
        if start is not None and start is not shown:
            self._show(shown, start)

    def check_present(self) -> None:
        """Refuse to change anything while an earlier step is looked at."""
        if self._present is not None:
            raise UserError("earlier_step")

    def explain_denied_edit(self) -> str:
        """Say why plans, shifts, sites and settings cannot be changed here, or nothing."""
        store = self.store
        if store.read_only or not store.may_log:
            return self.explain_denied_log()
        if store.may_edit:
            return ""
        away = store.address is not None and not store.online
        return render_message("may_only_log.away" if away else "may_only_log", {"role": store.role})

    def explain_denied_log(self) -> str:
        """Say why nothing can be logged here, or nothing."""
        store = self.store
        if store.read_only and store.damaged:
            return render_message("reading_only.damaged", {})
        if store.read_only:
            return render_message("reading_only.copy" if store.shared_to else "reading_only", {})
        return "" if store.may_log else render_message("may_only_look", {"role": store.role})

    def describe_unsent_entries(self) -> str:
        """Say how many entries wait on this desk for the open project's server, or nothing."""
        to_send = self.store.waiting().to_send
        return render_message("outbox.open_project", {"n": to_send}) if to_send else ""

    def undo(self, seq: int | None = None) -> None:
        """Take back the latest step that this desk made since it opened; with ``seq`` only that.

        Raises
        ------
        UserError
            There is none, ``seq`` is not the latest any more, or another desk built on it.
        """
        self.check_present()
        self.poll()
        step = self._own.latest
        if step is None:
            raise UserError("nothing_to_undo")
        if seq is not None and step.seq != seq:
            raise UserError("not_latest_step", step=step.label)
        project = self.compute_project_after_undo(step)
        label, note = f"Undo {step.label}", self._own.undo
        self.save_project(label, project, step.plan_before, kind=EditKind.UNDO, note=note)

    def redo(self) -> None:
        """Bring back the step that was undone last.

        Raises
        ------
        UserError
            There is none, or another desk changed the same since.
        """
        self.check_present()
        self.poll()
        step = self._own.latest_undone
        if step is None:
            raise UserError("nothing_to_redo")
        project = self.compute_project_after_undo(step)
        label, note = f"Redo {step.label}", self._own.redo
        self.save_project(label, project, step.plan_after, kind=EditKind.REDO, note=note)

    def compute_project_after_undo(self, step: UndoStep) -> Project:
        """Return the present project with a step of this desk taken back, or done again if it was.

        Raises
        ------
        Conflict
            Another desk or program changed in the meantime what the step changed.
        """
        kept = self.present_state.saved_project
        if step is self.redoable_step:
            if kept is step.before and step.after is not None:
                return step.after
        elif kept is step.after:
            return step.before
        try:
            return self.store.rewind(kept, [step.seq])
        except Conflict:
            raise Conflict("conflict.undo", step=step.label) from None

    def save_project(
        self,
        label: str,
        project: Project,
        plan_uid: str | None,
        *,
        kind: EditKind,
        note: Callable[[int], None] | None = None,
    ) -> None:
        """Save a project that was there before as a step more.

        ``note`` gets the number of the saved
        edit before anyone hears of it.

        Raises
        ------
        Conflict
            Another desk was faster; what it did is shown.
        """
        self.cancel_gesture()
        before = self.state
        after = derive_state(project, self._plan_of(project, plan_uid or self.plan_uid), before)
        try:
            self._keep(label, before, after, kind, note)
        except Conflict as conflict:
            raise self._show_conflict(conflict, before) from None

    @property
    def viewed_step(self) -> int | None:
        """The place in the history that is looked at, or None."""
        return self._looking_at

    def view_step(self, place: int) -> None:
        """Show the project as it was after a step, without saving anything.

        Raises
        ------
        UserError
            The history cannot be followed so far back; what was shown stays.
        """
        self.cancel_gesture()
        if place == len(self.history) - 1:
            self.view_present()
            return
        project, step = self._history.load_project(place), self.history[place]
        before, present = self.state, self.present_state
        after = derive_state(
            project, self._plan_of(project, step.plan_uid or self.plan_uid), present
        )
        self._present, self._looking_at = present, place
        self._show(before, after)

    def view_present(self) -> None:
        """Show the project as it stands again."""
        shown, present = self.state, self._present
        self._present = self._looking_at = None
        if present is not None:
            self._show(shown, present)

    def effect_of_undo(self, step: UndoStep) -> EditEffect:
        """Count what undoing a step of this desk, or doing it again, changes."""
        return measure_edit_effect(
            self.present_state.saved_project, self.compute_project_after_undo(step)
        )

    def effect_of_restore(self, place: int) -> EditEffect:
        """Count what going back to a step changes."""
        return measure_edit_effect(
            self.present_state.saved_project, self._history.load_project(place)
        )

    def restore_step(self, place: int) -> None:
        """Make the project what it was after a step, as a step more; all steps stay listed.

        Raises
        ------
        UserError
            The history cannot be followed so far back, or another desk was faster.
        """
        self.view_present()
        self.poll()
        step, back = self.history[place], len(self.history) - 1 - place
        label = f"Go back to {step.label}, {format_count(back, 'step')}"
        self.save_project(
            label, self._history.load_project(place), step.plan_uid, kind=EditKind.RESTORE
        )

    def show_plan(self, plan_uid: str | None) -> None:
        """Put another plan on screen; the project stays as it is."""
        self.cancel_gesture()
        before = self.state
        plan = self.project.plans.get(plan_uid) if plan_uid else None
        self._show(before, derive_state(before.saved_project, plan, before), plans=True)

    def log(self, entry: NewEntry) -> JournalEntry:
        """Append to the journal; it is kept when this returns, and outside undo."""
        return self.log_many([entry])[0]

    def log_many(self, entries: Sequence[NewEntry]) -> Sequence[JournalEntry]:
        """Append several entries, all or none."""
        self.view_present()
        self._check_locked(entries)
        now = self.clock()
        kept = self.store.append_many(entries, actor=self.actor, desk=self.desk, now=now)
        self.saved_at = now
        self._entries.mark_own(kept)
        self._own_entries |= {entry.uid: entry for entry in kept}
        if len(kept) > 1:
            together = tuple(entry.uid for entry in kept)
            self._logged_with |= dict.fromkeys(together, together)
        self._tell_logged(kept)
        return kept

    @property
    def last_visits(self) -> Mapping[str, datetime]:
        """The time of the last visit that took place, by site; read once after what was logged."""
        if self._last_visits is None:
            self._last_visits = self.store.last_visits()
        return self._last_visits

    @property
    def own_entries(self) -> tuple[JournalEntry, ...]:
        """The entries that this desk logged one by one since it opened the project, in order.

        Those that were taken back are not among them.
        """
        return tuple(self._own_entries.values())

    def is_own_entry(self, uid: str) -> bool:
        """True of an entry that ``own_entries`` has."""
        return uid in self._own_entries

    def list_logged_with(self, entry: JournalEntry) -> tuple[JournalEntry, ...]:
        """Return what this desk logged in one step with an entry, that entry among it."""
        uids = self._logged_with.get(entry.uid, ())
        own = (self._own_entries.get(uid) for uid in uids)
        return tuple(one for one in own if one is not None) or (entry,)

    def drop_own_entries(self, uids: Iterable[str]) -> None:
        """Leave entries out of ``own_entries``: they were taken back."""
        for uid in uids:
            self._own_entries.pop(uid, None)

    def note_removal(self, removal: str, uids: Iterable[str]) -> None:
        """Show entries anew whose free text was removed; ``removal`` is the entry that says so."""
        self.drop_own_entries(uids)
        new = [one for one in self.store.entries(kinds=REMOVAL_KINDS) if removal in one.uid]
        self._entries.mark_own(new)
        self._tell_logged([*new, *self.store.by_uid(uids).values()][-_MOST_TOLD:])

    def log_table(self, entries: Sequence[NewEntry], report: ProgressReport) -> None:
        """Append the rows of a table, all or none; of very many, listeners hear of the last."""
        self._check_locked(entries)
        now = self.clock()
        kept = self.store.append_many(
            entries, actor=self.actor, desk=self.desk, now=now, report=report
        )
        self.saved_at = now
        self._entries.mark_own(kept)
        self._last_visits = None
        self._tell_logged(kept[-_MOST_TOLD:])

    def _check_locked(self, entries: Sequence[NewEntry]) -> None:
        """Refuse entries of a school year that is locked, and corrections of such."""
        if self.saved_project.year_rollover.locked_until is not None:
            named = {entry.supersedes for entry in entries if entry.supersedes}
            check_locked_entries(self.saved_project, entries, self.store.by_uid(named))

    def poll(self) -> bool:
        """Take over what other desks did and send what waits here; costs nothing if nothing is new.

        To be called several times a second. True where there was anything; while the server of a
        shared project is away, or the project is held, there is not.
        """
        if self.listeners.paused:
            return False
        try:
            sent = self.store.send_waiting(desk=self.desk, now=self.clock())
            if sent:
                self._entries.mark_own(sent)
                self._tell_logged(sent)
            version = self.store.data_version()
            if version == self._heard or self._gesture is not None:
                return bool(sent)
            self._heard = version
            return self.pull_changes() or bool(sent)
        except Disconnected:
            return False

    def follow_day(self) -> None:
        """Notify of another day, at which other things are due and in force; costs nothing else.

        To be called several times a second. A plan that takes effect replaces the one on screen if
        that was in force the day before. A gesture ends first.
        """
        today, before, project = self.today, self._followed_day, self.saved_project
        if today == before or self._gesture is not None or self.listeners.paused:
            return
        self._followed_day = today
        old, new = project.plan_in_force(before), project.plan_in_force(today)
        replaced = old is not None and new is not None and self.plan_uid == old.uid != new.uid
        if replaced and new is not None and self._present is None:
            self.show_plan(new.uid)
        else:
            self.listeners.notify(SessionChange(self.state, self.state, ProjectChanges()))

    def pull_changes(self) -> bool:
        """Take over what other desks saved and logged since; True where there was anything."""
        before = self.present_state
        project, edits = self.store.apply_new_edits(before.saved_project, self._history.last_seq)
        if edits:
            self._history.follow(edits, project)
        project, settled = self._settle_external(project, get_plan_uid(before))
        told = [*edits, settled] if settled is not None else edits
        if project is not before.saved_project or settled is not None:
            after = derive_state(project, self._plan_of(project, get_plan_uid(before)), before)
            if settled is not None:
                self._note_own(settled, settled.kind, before, after, shared=True)
            self._show_followed(before, after, tuple(told))
        if settled is not None:
            self.write_outlines()
        new = self._entries.read_others()
        if new:
            self._tell_logged(new)
        return bool(new) or project is not before.saved_project

    def _settle_external(
        self, project: Project, plan_uid: str | None
    ) -> tuple[Project, "EditRecord | None"]:
        """Keep or put back what other programs changed; return the project and what says so."""
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
        self.external_rows |= {one.identity: one for one in self.external if one.differs}
        if settled is not None:
            self._history.follow([settled], project)
        return project, settled

    def decide_external(self, rows: Sequence[JudgedChange], *, keep: bool) -> None:
        """Keep rows as another program left them, or put them back, as a step.

        Raises
        ------
        UserError
            A row may not be kept, or the project has it otherwise by now.
        """
        wanted = RowState.KEPT if keep else RowState.PUT_BACK
        states = list_row_states(self.store, self.saved_project, rows)
        named = [one for one, state in zip(rows, states, strict=True) if state is not wanted]
        if named:
            changes = turn_rows(named, keep=keep)
            self.apply(
                label_row_decision(named, keep=keep),
                lambda project: self.store.apply_external(project, changes),
                kind=EditKind.EXTERNAL,
            )

    def _show_followed(
        self, before: ProjectState, after: ProjectState, others: tuple["EditRecord", ...]
    ) -> None:
        """Show what others did; while an earlier step is looked at, it is told and waits."""
        if self._present is None:
            self._show(before, after, others=others)
        else:
            self._present = after
            self._show(self.state, self.state, others=others)

    def write_outlines(self) -> None:
        """Write the outlines on screen for other programs, which drew or moved something else."""
        self._save("", self.present_state, self.present_state, EditKind.AUTOMATIC)

    def _tell_logged(self, entries: Sequence[JournalEntry]) -> None:
        if any(entry.kind in ("visit", "void") for entry in entries):
            self._last_visits = None
        event = SessionChange(self.state, self.state, ProjectChanges(), logged=tuple(entries))
        self.listeners.notify(event)

    def close(self) -> None:
        """Let go of the project file."""
        self.cancel_gesture()
        self.before_close()
        self.store.close()

    def _read(
        self, project: Project, base: ProjectState | None = None, *, drawn: bool = True
    ) -> ProjectState:
        start = base or self.state
        new = [uid for uid in project.plans if uid not in start.saved_project.plans]
        uid = new[-1] if new else start.plan.uid if start.plan else None
        return derive_state(project, self._plan_of(project, uid), self.state, drawn=drawn)

    def rewrite(self, text: str) -> str:
        """Write days, times and speeds of a sentence as this desk does, in the district's words."""
        said, terms = self.formats.localize_sentence(text), self.saved_project.terms
        return terms.name_incidents(said) if terms.incident.term else said

    def _run_edit(self, edit: ProjectEdit, project: Project) -> Project:
        """Return a project as edited; a refusal has its days as this desk writes them."""
        try:
            return edit(project)
        except UserError as refusal:
            refusal.template = self.rewrite(refusal.template)
            refusal.formats = self.formats
            raise

    def _plan_of(self, project: Project, uid: str | None) -> Plan | None:
        if uid is not None and uid in project.plans:
            return project.plans[uid]
        return project.current_plan(self._day(project))

    def _save_or_offer_again(
        self,
        label: str,
        edit: ProjectEdit,
        before: ProjectState,
        after: ProjectState,
        kind: EditKind,
    ) -> ProjectChanges:
        """Keep a step; where another desk was first, theirs is shown and ours may be repeated.

        So may what the server was away for.
        """
        try:
            return self._keep(label, before, after, kind)
        except Conflict as conflict:
            refusal: UserError = self._show_conflict(conflict, before)
        except Disconnected as error:
            refusal = error
        refusal.retry = lambda: self.apply(label, edit, kind=kind)
        raise refusal from None

    def _show_conflict(self, conflict: Conflict, before: ProjectState) -> Conflict:
        """Show what another desk did, and return the conflict in words."""
        self.pull_changes()
        return describe_conflict(
            conflict, before.saved_project, self.state.saved_project, self.formats
        )

    def _keep(
        self,
        label: str,
        before: ProjectState,
        after: ProjectState,
        kind: EditKind,
        note: Callable[[int], None] | None = None,
    ) -> ProjectChanges:
        """Save a step and show it."""
        known = self._history.last_seq
        saved = self._save(label, before, after, kind)
        if saved is None:
            return self._show(before, after)
        mine, edits = after, [saved]
        shared = saved.seq != known + 1
        if shared:  # other desks saved in between: theirs is merged into what is shown
            project, edits = self.store.apply_new_edits(mine.saved_project, known, but=saved.seq)
            after = derive_state(project, self._plan_of(project, get_plan_uid(mine)), mine)
        self._history.follow(edits, after.saved_project)
        self._note_own(saved, kind, before, mine, shared=shared)
        if note is not None:
            note(saved.seq)
        if shared:
            self._save(label, after, after, kind)  # the outlines, which no desk saw like that
        others = tuple(edit for edit in edits if edit.seq != saved.seq)
        return self._show(before, after, others=others)

    def _note_own(
        self,
        saved: "EditRecord",
        kind: EditKind,
        before: ProjectState,
        after: ProjectState,
        *,
        shared: bool = False,
    ) -> None:
        """Take a saved step for the latest of this desk; ``shared`` where others had a part."""
        if not kind.can_be_undone or before.saved_project is after.saved_project:
            return
        area = measure_edit_effect(before.saved_project, after.saved_project).area
        known = None if shared else after.saved_project
        plans = get_plan_uid(before), get_plan_uid(after)
        where = (before.saved_project, known, *plans)
        self._own.add(UndoStep(saved.label, saved.seq, kind, area, *where, saved.at))

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


def _derive_first_state(kept: Project, plan: Plan | None) -> ProjectState:
    """Compute the state of a project that is opened; what its land comes to may be kept here."""
    if plan is not None and plan.what_if:
        return derive_state(kept, plan)
    land = recall_land(kept)
    if land is not None:
        return derive_state(kept, plan, cells=land.cells, north_rad=land.north_rad)
    state = derive_state(kept, plan)
    keep_land(kept, state.basis.cells)
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


def add_days_of_earlier_files(store: Store, project: Project, now: datetime) -> Project:
    """Return a project with those days, of kinds of which nothing is declared and no file known."""
    kept, zone = project.records, ZoneInfo(project.time_zone)
    wanted = [kind for kind, table in _TABLES.items() if kept.kind(table) == NOTHING_DECLARED]
    found = store.list_spans_of_earlier_files(wanted, now) if wanted else []
    for kind, *ends in found:
        first, last = (one.astimezone(zone).date() for one in ends)
        kept = kept.with_file(_TABLES[kind], DaySpan(first, last))
    return project if kept is project.records else project.with_records(kept)


def keep_days_of_earlier_files(session: Session) -> None:
    """Keep those days as a step of nobody, so that they are looked for once."""
    before = session.saved_project
    records = add_days_of_earlier_files(session.store, before, session.clock()).records
    if records is not before.records:
        session.apply(_LABEL, lambda own: own.with_records(records), kind=EditKind.AUTOMATIC)
