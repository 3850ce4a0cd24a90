"""An open project: its present state, its history, and who wants to know of changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from zoneplanner.app.history import History, Step
from zoneplanner.app.reading import Reading, read
from zoneplanner.domain.journal import Entry, NewEntry
from zoneplanner.domain.plan import Changes, Plan
from zoneplanner.domain.project import Project, diff
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store

Edit = Callable[[Project], Project]
Clock = Callable[[], datetime]


@dataclass(frozen=True, eq=False, slots=True)
class Changed:
    """What listeners hear: the readings before and after, and what differs between them.

    ``preview`` marks a state in the middle of a gesture that is not saved; ``logged`` the
    entries that the journal took.
    """

    before: Reading
    after: Reading
    changes: Changes
    preview: bool = False
    logged: tuple[Entry, ...] = ()


Listener = Callable[[Changed], None]


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
        self.actor = actor
        self.desk = desk
        self.clock = clock
        state = project or store.project()
        chosen = state.plans.get(plan_uid) if plan_uid else state.current_plan(self._day(state))
        self.reading: Reading = read(state, chosen)
        self._history = History(store, state)
        self._listeners: list[Listener] = []
        self._gesture: Reading | None = None
        self.last_visits: Mapping[str, datetime] = store.last_visits()
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
        return self.reading.plan.uid if self.reading.plan else None

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
        step = self._history.step(self.position)
        return step.label if step is not None and self.position > 0 else None

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, or None."""
        step = self._history.step(self.position + 1)
        return step.label if step is not None else None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def apply(self, label: str, edit: Edit) -> Changes:
        """Run an edit, save it, keep it in the history and tell the listeners.

        A refused edit raises before anything is recorded; one that changes nothing is not kept.
        """
        self.cancel_gesture()
        before = self.reading
        after = self._read(edit(before.kept))
        return self._keep(label, before, after) if _differs(before, after) else Changes()

    def preview(self, edit: Edit) -> Reading:
        """Show an edit of the state at the gesture's start without saving it."""
        start = self._gesture or self.reading
        edited = edit(start.kept)
        after = start if edited is start.kept else self._read(edited, base=start)
        self._gesture = start
        self._show(self.reading, after, preview=True)
        return after

    def commit_gesture(self, label: str) -> Changes:
        """Keep what the gesture shows as one step; without a change nothing is recorded."""
        start, shown = self._gesture, self.reading
        self._gesture = None
        if start is None or not _differs(start, shown):
            return Changes()
        self.reading = start
        try:
            return self._keep(label, start, shown)
        except UserError:
            self._show(shown, start)
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
        ended_by = self._history.ended_by
        if self.position == 0 and ended_by is not None:
            who = "Another program" if ended_by.foreign else "Another desk"
            when = ended_by.at.astimezone(ZoneInfo(self.project.time_zone))
            raise UserError(
                f"{who} changed the project on {when:%Y-%m-%d} at {when:%H:%M}; "
                f"what was done before that cannot be undone."
            )
        self.jump(self.position - 1)

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
        self._save(label, before, after, step=self._history.number(position), jump=True)
        self._history.went(position, project)
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
        kept = self.store.append_many(entries, actor=self.actor, desk=self.desk, now=self.clock())
        self.last_visits = self.store.last_visits()
        for listener in tuple(self._listeners):
            listener(Changed(self.reading, self.reading, Changes(), logged=tuple(kept)))
        return kept

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

    def _keep(self, label: str, before: Reading, after: Reading) -> Changes:
        saved = self._save(label, before, after, step=self._history.number(self.position + 1))
        if saved is not None:
            step = Step(label, saved.plan, saved.at, saved.actor, saved.seq)
            self._history.add(step, after.kept)
        return self._show(before, after)

    def _save(
        self, label: str, before: Reading, after: Reading, *, step: int, jump: bool = False
    ) -> "EditRecord | None":
        now = self.clock()
        saved = self.store.save(
            before.kept,
            after.kept,
            label=label,
            actor=self.actor,
            at=now,
            step=step,
            jump=jump,
            plan=_uid(after),
            **zone_areas(after, before),
        )
        self.saved_at = now
        return saved

    def _show(
        self, before: Reading, after: Reading, *, preview: bool = False, plans: bool = False
    ) -> Changes:
        self.reading = after
        changes = diff(before.project, after.project)
        if plans or _uid(before) != _uid(after):
            changes = replace(
                changes, zones=True, blocks=frozenset(), sites=frozenset(), plans=True
            )
        for listener in tuple(self._listeners):
            listener(Changed(before, after, changes, preview=preview))
        return changes

    def _day(self, project: Project) -> date:
        return self.clock().astimezone(ZoneInfo(project.time_zone)).date()


def zone_areas(after: Reading, before: Reading | None = None) -> dict[str, Any]:
    """Return the outlines and figures of a reading that the store writes for other programs.

    With ``before``, only of the zones whose outline or figures are not the very same there.
    """
    if after.plan is None or after.figures is None:
        return {}
    same_plan = before is not None and _uid(before) == _uid(after)
    old_lines = before.outlines if before is not None and same_plan else {}
    old_rows = before.figures.zones if before is not None and same_plan and before.figures else {}
    rows = after.figures.zones
    changed = [
        zone
        for zone, line in after.outlines.items()
        if old_lines.get(zone) is not line or old_rows.get(zone) != rows[zone]
    ]
    uid = after.plan.uid
    return {
        "outlines": {(uid, zone): after.outlines[zone].area for zone in changed},
        "figures": {
            (uid, zone): {
                "load_min": rows[zone].load_min,
                "deviation": rows[zone].deviation,
                "pieces": rows[zone].pieces,
            }
            for zone in changed
        },
    }


def _uid(reading: Reading) -> str | None:
    return reading.plan.uid if reading.plan else None


def _differs(before: Reading, after: Reading) -> bool:
    return before.kept is not after.kept and diff(before.kept, after.kept) != Changes()
