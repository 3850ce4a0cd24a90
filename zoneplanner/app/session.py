"""An open project: its present state, its history, and who wants to know of changes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.app.conflicts import in_words
from zoneplanner.app.foreign import settle
from zoneplanner.app.heard import Heard
from zoneplanner.app.history import History, Step
from zoneplanner.app.listeners import Changed, Listener, Listeners
from zoneplanner.app.outlined import uid_of, zone_areas
from zoneplanner.app.planned_visits import PlannedVisits
from zoneplanner.app.reading import Reading, read
from zoneplanner.domain.journal import Entry, NewEntry
from zoneplanner.domain.plan import Changes, Plan
from zoneplanner.domain.project import Project, diff
from zoneplanner.errors import Conflict, Disconnected, UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.new_visits import NewVisits
    from zoneplanner.storage import EditRecord, Head, Store

MOST_TOLD = 1000
"""Of so many new entries at most the listeners hear."""

Edit = Callable[[Project], Project]
Clock = Callable[[], datetime]
Report = Callable[[float, str], None]


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
        state = project or store.project()
        chosen = state.plans.get(plan_uid) if plan_uid else state.current_plan(self._day(state))
        self.reading: Reading = read(state, chosen)
        self._history = History(store, state)
        self.listeners = Listeners()
        self._gesture: Reading | None = None
        self._gesture_edit: Edit | None = None
        self._heard = store.data_version()
        self._entries = Heard(store)
        self._own_entries: dict[str, Entry] = {}
        self.last_visits: Mapping[str, datetime] = store.last_visits()
        self.planned = PlannedVisits(store)
        self.saved_at: datetime | None = None

    @property
    def project(self) -> Project:
        """The project as the plan on screen sees it, gesture and what-ifs included."""
        return self.reading.project

    @property
    def plan(self) -> Plan | None:
        """The plan on screen."""
        return self.reading.plan

    @property
    def plan_uid(self) -> str | None:
        """The uid of the plan on screen."""
        return uid_of(self.reading)

    @property
    def today(self) -> date:
        """Today's date in the project's time zone."""
        return self._day(self.project)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment in the project's time zone."""
        return moment.astimezone(ZoneInfo(self.project.time_zone)).date()

    @property
    def history(self) -> tuple[Step, ...]:
        """All steps, also those undone and those of earlier sittings; see ``position``."""
        return self._history.steps

    @property
    def position(self) -> int:
        """Where in the history the project stands."""
        return self._history.position

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, or None."""
        step = self._history.last_own()
        return step.label if step is not None else None

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, or None."""
        step = self._history.step(self.position + 1)
        return step.label if step is not None else None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function ends that."""
        return self.listeners.add(listener)

    def apply(self, label: str, edit: Edit) -> Changes:
        """Run an edit, save it, keep it in the history and tell the listeners.

        A refused edit raises before anything is recorded; one that changes nothing is not kept.
        """
        self.cancel_gesture()
        before = self.reading
        after = self._read(edit(before.kept))
        if not _differs(before, after):
            return Changes()
        return self._guarded(label, edit, before, after)

    def preview(self, edit: Edit) -> Reading:
        """Show an edit of the state at the gesture's start without saving it."""
        start = self._gesture or self.reading
        edited = edit(start.kept)
        after = start if edited is start.kept else self._read(edited, base=start)
        self._gesture, self._gesture_edit = start, edit
        self._show(self.reading, after, preview=True)
        return after

    def commit_gesture(self, label: str) -> Changes:
        """Keep what the gesture shows as one step; without a change nothing is recorded."""
        start, shown = self._gesture, self.reading
        self._gesture = None
        if start is None or not _differs(start, shown):
            return Changes()
        self.reading = start
        edit = self._gesture_edit or (lambda project: project)
        try:
            return self._guarded(label, edit, start, shown)
        except UserError:
            self._show(shown, self.reading)
            raise

    def cancel_gesture(self) -> None:
        """Show the state from before the gesture again; no trace stays."""
        start, shown = self._gesture, self.reading
        self._gesture = None
        if start is not None and start is not shown:
            self._show(shown, start)

    def undo(self) -> None:
        """Take the last step back.

        Raises
        ------
        UserError
            Another program or desk changed the project there, so that no step leads further back.
        """
        self._history.check_begun(self.project.time_zone)
        self.look()
        own, last = self._history.last_own(), self._history.step(self.position)
        if own is not None and own is not last:
            self._take_back(own)
            return
        if own is None and self.position > 0:
            raise UserError(
                "The last steps are those of other desks; to undo them, go back in History."
            )
        self.jump(self.position - 1)

    def _take_back(self, step: Step) -> None:
        """Undo one step beneath those of other desks, as a new one; they may have built on it."""
        before = self.reading
        after = self._read(self.store.rewound(before.kept, [step.seq]))
        self._keep(f"Undo {step.label}", before, after)
        # neither is undone again: with what others did in between there is no way back and forth
        self._history.leave((step.seq, self._history.last_seq))

    def redo(self) -> None:
        """Bring back the step that was undone last."""
        self.jump(self.position + 1)

    def jump(self, position: int) -> None:
        """Go to any place in the history; the way there is saved as one edit.

        Raises
        ------
        UserError
            Another desk or program changed in the meantime what the steps between changed.
        """
        self.cancel_gesture()
        here, there = self._history.step(self.position), self._history.step(position)
        if here is None or there is None or position == self.position:
            return
        label = f"Undo {here.label}" if position < self.position else f"Redo {there.label}"
        project = self._history.project(position)
        before = self.reading
        after = read(project, self._plan_of(project, there.plan_uid or self.plan_uid), before)
        saved = self._save(label, before, after, step=self._history.number(position))
        self._history.went(position, project, saved.seq if saved else self._history.last_seq)
        self._show(before, after)

    def show_plan(self, plan_uid: str | None) -> None:
        """Put another plan on screen; the project stays as it is."""
        self.cancel_gesture()
        before = self.reading
        plan = self.project.plans.get(plan_uid) if plan_uid else None
        self._show(before, read(before.kept, plan, before), plans=True)

    def log(self, entry: NewEntry) -> Entry:
        """Append to the journal; it is kept when this returns, and outside undo."""
        return self.log_many([entry])[0]

    def log_many(self, entries: Sequence[NewEntry]) -> Sequence[Entry]:
        """Append several entries, all or none."""
        now = self.clock()
        kept = self.store.append_many(entries, actor=self.actor, desk=self.desk, now=now)
        self.saved_at = now
        self._entries.own(kept)
        self._own_entries |= {entry.uid: entry for entry in kept}
        self._tell_logged(kept)
        return kept

    @property
    def own_entries(self) -> tuple[Entry, ...]:
        """The entries that this desk logged one by one since it opened the project, in order.

        Those that were taken back are not among them.
        """
        return tuple(self._own_entries.values())

    def forget_entries(self, uids: Iterable[str]) -> None:
        """Leave entries out of ``own_entries``: they were taken back."""
        for uid in uids:
            self._own_entries.pop(uid, None)

    def log_table(
        self,
        visits: "NewVisits",
        entries: Sequence[NewEntry],
        *,
        unknown_at: "Head",
        report: Report,
    ) -> None:
        """Append the rows of a table, all or none; of very many, listeners hear of the last."""
        now = self.clock()
        numbers = self.store.append_table(
            visits,
            entries,
            unknown_at=unknown_at,
            actor=self.actor,
            desk=self.desk,
            now=now,
            report=report,
        )
        self.saved_at = now
        self._entries.own_numbers(numbers)
        self._tell_logged(self.store.entries_by_seq(numbers[-MOST_TOLD:]))

    def look(self) -> bool:
        """Take over what other desks did and send what waits here; costs nothing if nothing is new.

        To be called several times a second. True where there was anything; while the server of a
        shared project is away, or the project is held, there is not.
        """
        if self.listeners.held:
            return False
        try:
            sent = self.store.send(desk=self.desk, now=self.clock())
            if sent:
                self._entries.own(sent)
                self._tell_logged(sent)
            version = self.store.data_version()
            if version == self._heard or self._gesture is not None:
                return bool(sent)
            self._heard = version
            return self.follow() or bool(sent)
        except Disconnected:
            return False

    def follow(self) -> bool:
        """Take over what other desks saved and logged since; True where there was anything."""
        before = self.reading
        project, edits = self.store.followed(before.kept, self._history.last_seq)
        project, settled = settle(self, project, edits, self._history.number(self.position))
        self._history.leave(edit.seq for edit in edits)
        edits = [*edits, settled] if settled is not None else edits
        if edits:
            self._history.follow(edits, project)
        if project is not before.kept or settled is not None:
            after = read(project, self._plan_of(project, self.plan_uid), before)
            self._show(before, after, others=tuple(edits))
        if settled is not None:
            self.write_outlines()
        new = self._entries.others()
        if new:
            self._tell_logged(new)
        return bool(new) or project is not before.kept

    def write_outlines(self) -> None:
        """Write the outlines on screen for other programs, which drew or moved something else."""
        self._save("", self.reading, self.reading)

    def _tell_logged(self, entries: Sequence[Entry]) -> None:
        self.last_visits = self.store.last_visits()
        event = Changed(self.reading, self.reading, Changes(), logged=tuple(entries))
        self.listeners.tell(event)

    def close(self) -> None:
        """Let go of the project file."""
        self.cancel_gesture()
        self.store.close()

    def _read(self, project: Project, base: Reading | None = None) -> Reading:
        start = base or self.reading
        new = [uid for uid in project.plans if uid not in start.kept.plans]
        uid = new[-1] if new else start.plan.uid if start.plan else None
        return read(project, self._plan_of(project, uid), self.reading)

    def _plan_of(self, project: Project, uid: str | None) -> Plan | None:
        if uid is not None and uid in project.plans:
            return project.plans[uid]
        return project.current_plan(self._day(project))

    def _guarded(self, label: str, edit: Edit, before: Reading, after: Reading) -> Changes:
        """Keep a step; where another desk was first, theirs is shown and ours may be repeated.

        So may what the server was away for.
        """
        try:
            return self._keep(label, before, after)
        except Conflict as conflict:
            self.follow()
            refusal: UserError = in_words(conflict, before.kept, self.reading.kept)
        except Disconnected as error:
            refusal = error
        refusal.again = lambda: self.apply(label, edit)
        raise refusal from None

    def _keep(self, label: str, before: Reading, after: Reading) -> Changes:
        saved = self._save(label, before, after)
        if saved is None or saved.seq == self._history.last_seq + 1:
            if saved is not None:
                step = Step(label, saved.plan, saved.at, saved.actor, saved.seq)
                self._history.add(step, after.kept)
            return self._show(before, after)
        known = self._history.last_seq
        project, edits = self.store.followed(after.kept, known, but=saved.seq)
        self._history.follow(edits, project)
        others = tuple(edit for edit in edits if edit.seq != saved.seq)
        self._history.leave(edit.seq for edit in others)
        merged = read(project, self._plan_of(project, uid_of(after)), after)
        self._save(label, merged, merged)  # the outlines, which no desk saw like that
        return self._show(before, merged, others=others)

    def _save(
        self, label: str, before: Reading, after: Reading, *, step: int | None = None
    ) -> "EditRecord | None":
        """Save a step; with ``step`` it is one that is there, and nobody may have been faster."""
        now = self.clock()
        saved = self.store.save(
            before.kept,
            after.kept,
            label=label,
            actor=self.actor,
            at=now,
            step=step,
            jump=step is not None,
            last=self._history.last_seq if step is not None else None,
            plan=uid_of(after),
            **zone_areas(after, before if before is not after else None),
        )
        self.saved_at = now
        return saved

    def _show(
        self,
        before: Reading,
        after: Reading,
        *,
        preview: bool = False,
        plans: bool = False,
        others: tuple["EditRecord", ...] = (),
    ) -> Changes:
        self.reading = after
        changes = diff(before.project, after.project)
        if plans or uid_of(before) != uid_of(after):
            changes = replace(
                changes, zones=True, blocks=frozenset(), sites=frozenset(), plans=True
            )
        self.listeners.tell(Changed(before, after, changes, preview=preview, others=others))
        return changes

    def _day(self, project: Project) -> date:
        return self.clock().astimezone(ZoneInfo(project.time_zone)).date()


def _differs(before: Reading, after: Reading) -> bool:
    return before.kept is not after.kept and diff(before.kept, after.kept) != Changes()
