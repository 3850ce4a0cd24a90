"""``UiContext`` and its parts: what every panel gets to work on the open project.

- ``Actions`` are the window's QActions, for menus, bars, shortcuts and the search field.
- ``SecondClock`` is the time that all running clocks show.
- ``SessionBridge`` turns the session's events into Qt signals, and has the selection that the map
  and tables share.
- ``ReadinessReader`` reads in a thread how sites meet their requirements.
- ``MapPreview`` shows a change on the map without saving it; Esc ends it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.help.action_specs import ACTION_SPECS, Action
from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.readiness.requirements import compute_readiness_from_store
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.app.session.state import ProjectState, SessionChange
from zoneplanner.app.session.undo_stack import UndoStep, needs_confirmation
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import StaleFile, UserError
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.layout.basic_widgets import escape_tooltip
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar, PendingEntry, PendingEntryBar
from zoneplanner.ui.widgets.style.theme import Icons

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus
    from zoneplanner.domain.plans.plan import Plan


class _SpecAction(QAction):
    """An action that can be disabled and hidden for good."""

    disabled_reason = ""
    """Why the action is disabled for good, as a sentence."""

    def setVisible(self, visible: bool) -> None:
        """Show or hide the action unless it is disabled for good."""
        super().setVisible(visible and not self.disabled_reason)

    def setEnabled(self, enabled: bool) -> None:
        """Enable or disable the action unless it is disabled for good."""
        super().setEnabled(enabled and not self.disabled_reason)

    def setDisabled(self, disabled: bool) -> None:
        """Disable or enable the action unless it is disabled for good."""
        self.setEnabled(not disabled)


class Actions(QObject):
    """The QAction of each spec, by name."""

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs = {spec.name: spec for spec in ACTION_SPECS}
        self._texts = {spec.name: spec.text for spec in ACTION_SPECS}
        self._actions = {spec.name: self._make_action(spec, icon) for spec in ACTION_SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_handler(self, name: str, do: Callable[[], object]) -> None:
        """Call ``do`` when an action is triggered."""
        self._actions[name].triggered.connect(lambda _=False: do())

    def disable_for_good(self, name: str, why: str) -> None:
        """Disable and hide an action that would be refused."""
        action = self._actions[name]
        action.disabled_reason = why
        action.setVisible(False)
        action.setEnabled(False)

    def explain_disabled(self, keys: QKeySequence) -> str:
        """Return why a shortcut does nothing now, or "" if it does something or is not one."""
        for name, spec in self.specs.items():
            action = self._actions[name]
            if keys in action.shortcuts():
                if action.disabled_reason:
                    return action.disabled_reason
                if spec.needs and not action.isEnabled():
                    return spec.needs
        return ""

    def interrupts(self, keys: QKeySequence) -> bool:
        """Return whether a shortcut works even while an entry is pending."""
        names = (name for name, spec in self.specs.items() if spec.interrupts)
        return any(keys in self._actions[name].shortcuts() for name in names)

    def commands(self, keys: QKeySequence) -> bool:
        """Return whether a shortcut does something now."""
        return any(
            action.isEnabled() and keys in action.shortcuts() for action in self._actions.values()
        )

    def group(self, group: str) -> list[QAction]:
        """Return a menu's actions in order, with separators between sections."""
        actions: list[QAction] = []
        for spec in ACTION_SPECS:
            if spec.group == group:
                actions += [self.line()] if spec.starts and actions else []
                actions.append(self._actions[spec.name])
        return actions

    def line(self) -> QAction:
        """Return a separator for a menu."""
        line = QAction(self)
        line.setSeparator(True)
        return line

    def all(self) -> list[QAction]:
        """Return all actions."""
        return list(self._actions.values())

    def put_words(self, say: Callable[[str], str]) -> None:
        """Name actions in the district's terms, which ``say`` puts into a string."""
        for name, spec in self.specs.items():
            # other actions keep their texts and tips, which may describe their current effect
            text = say(spec.text)
            if self._texts[name] != text:
                self._texts[name] = text
                self._actions[name].setText(text)
                self._actions[name].setIconText(say(spec.short or spec.text.rstrip("…")))
                self.set_tip(name, say(spec.tip))

    def set_tip(self, name: str, tip: str) -> None:
        """Set an action's tooltip, and add its shortcut."""
        self._actions[name].setToolTip(escape_tooltip(_write_tip(tip, self.specs[name].shortcuts)))

    def _make_action(self, spec: Action, icon: Callable[[str], QIcon]) -> _SpecAction:
        action = _SpecAction(spec.text, self)
        action.setObjectName(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setIconText(spec.short or spec.text.rstrip("…"))
        action.setStatusTip(spec.tip)
        action.setToolTip(_write_tip(spec.tip, spec.shortcuts))
        return action


def write_native_keys(keys: str | QKeySequence) -> str:
    """Write keys as this platform's programs and keyboards do."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "Enter")


def _write_tip(tip: str, shortcuts: Sequence[str]) -> str:
    return f"{tip} ({write_native_keys(shortcuts[0])})" if shortcuts else tip


class SecondClock(QObject):
    """Reads the time once a second for all visible clocks, so that they agree.

    ``ticked`` carries the time; ``minute_began`` is emitted with the first tick of another minute,
    also after the computer slept.
    """

    ticked = Signal(object)
    minute_began = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._visible_parts: set[object] = set()
        self.now: datetime = session.clock()
        self._is_ticking = False
        self.timer = QTimer(self, interval=1000)
        self.timer.timeout.connect(self.renew)

    def watch(self, part: object, *, seen: bool) -> None:
        """Run while any part with a clock is visible, and tick at once when a part appears."""
        appears = seen and part not in self._visible_parts
        (self._visible_parts.add if seen else self._visible_parts.discard)(part)
        if not self._visible_parts:
            self.timer.stop()
        elif not self.timer.isActive():
            self.timer.start()
        if appears:
            self.renew()

    def renew(self) -> None:
        """Read the time and emit it; a part that calls this during a tick changes nothing."""
        if self._is_ticking:
            return
        before, self.now, self._is_ticking = self.now, self._session.clock(), True
        self.ticked.emit(self.now)
        if floor_to_minute(before) != floor_to_minute(self.now):
            self.minute_began.emit()
        self._is_ticking = False


def floor_to_minute(moment: datetime) -> datetime:
    """Return the start of a datetime's minute."""
    return moment.replace(second=0, microsecond=0)


_PREVIEW_FOLLOW_MS = 30


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected site or zone, if any, and whether a person chose it."""

    site: str | None = None
    zone: str | None = None
    on_purpose: bool = field(default=True, compare=False)

    @property
    def offered(self) -> str | None:
        """The site that forms start with: the selected one if a person selected it."""
        return self.site if self.on_purpose else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.site is None and self.zone is None

    def find_zone(self, plan: "Plan | None") -> str | None:
        """Return the selected zone, or the zone of the selected site in a plan."""
        if plan is None or self.site is None:
            return self.zone
        return plan.assignment.get(self.site)


class SessionBridge(QObject):
    """A session's events as Qt signals, and what the map and tables share.

    - ``changed`` and ``previewed`` carry a SessionChange.
    - ``project_changed`` follows ``changed``, except if this desk only moved sites and blocks to
      another zone.
    - ``preview_followed`` is emitted once, two frames after the first of several previews. Tables
      and figures next to the map follow a gesture then, to keep the map's own frames short. A
      change that is not a preview does not wait for it.
    - ``plan_shown`` precedes ``changed`` if another plan is put on screen.
    - ``logged`` carries new entries.
    - ``pointed`` carries the site or zone below the pointer, on the map or in a table, as a
      Selection.
    - ``conditions_changed`` carries the conditions for expected responses.
    - ``last_day_changed`` carries the last day that the map counts, None for today.
    - ``undo_asked`` carries a step that is undone only after a question.
    - ``viewed_step_changed`` is emitted when the viewed step of the history changes.
    - ``update_from_others_began`` and ``update_from_others_ended`` enclose changes by other desks.
    """

    changed = Signal(object)
    project_changed = Signal(object)
    previewed = Signal(object)
    preview_followed = Signal()
    logged = Signal(object)
    plan_shown = Signal(object)
    selection_changed = Signal(object)
    pointed = Signal(object)
    conditions_changed = Signal(object)
    last_day_changed = Signal(object)
    undo_asked = Signal(object)
    viewed_step_changed = Signal()
    update_from_others_began = Signal()
    update_from_others_ended = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.selection = Selection()
        self.under_pointer = Selection()
        self.conditions = USUAL_CONDITIONS
        self.last_day: date | None = None
        self._preview_timer = QTimer(self, singleShot=True, interval=_PREVIEW_FOLLOW_MS)
        self._preview_timer.timeout.connect(self.preview_followed)
        self._viewed_step = session.viewed_step
        self._stop_listening = session.listen(self._on_session_event)

    def select(
        self, *, site: str | None = None, zone: str | None = None, on_purpose: bool = True
    ) -> None:
        """Select a site or a zone everywhere; without either, nothing.

        A selection that follows a logged entry is not ``on_purpose``.
        """
        selection = Selection(site, None if site else zone, on_purpose)
        before, self.selection = self.selection, selection
        if selection != before:
            self.selection_changed.emit(selection)

    def point(self, *, site: str | None = None, zone: str | None = None) -> None:
        """Set the site or zone below the pointer; without either, none."""
        under_pointer = Selection(site, None if site else zone)
        if under_pointer != self.under_pointer:
            self.under_pointer = under_pointer
            self.pointed.emit(under_pointer)

    def set_conditions(self, conditions: ResponseConditions) -> None:
        """Set the conditions for expected responses on the map and in tables."""
        if conditions is not self.conditions:
            self.conditions = conditions
            self.conditions_changed.emit(conditions)

    def set_last_day(self, day: date | None) -> None:
        """Make the map show the log as of the end of a day; None means now."""
        if day != self.last_day:
            self.last_day = day
            self.last_day_changed.emit(day)

    def close(self) -> None:
        """Stop listening to the session, which may live on."""
        self._stop_listening()
        self._preview_timer.stop()

    def _on_session_event(self, event: SessionChange) -> None:
        own = (self.session.desk, self.session.actor)
        if event.others or any((entry.desk, entry.actor) != own for entry in event.logged):
            self.update_from_others_began.emit()
            self._emit_event(event)
            self.update_from_others_ended.emit()
        else:
            self._emit_event(event)

    def _emit_event(self, event: SessionChange) -> None:
        if event.logged:
            self.logged.emit(event.logged)
        elif event.preview:
            self.previewed.emit(event)
            if not self._preview_timer.isActive():
                self._preview_timer.start()
        else:
            self._preview_timer.stop()
            if self._viewed_step != self.session.viewed_step:
                self._viewed_step = self.session.viewed_step
                self.viewed_step_changed.emit()
            if event.changes.plans:
                self.plan_shown.emit(event)
            self._deselect_removed(event)
            self.emit_change(event)

    def emit_change(self, event: SessionChange) -> None:
        """Emit ``changed``, and ``project_changed`` unless sites only moved."""
        self.changed.emit(event)
        if event.others or not event.changes.only_moves:
            self.project_changed.emit(event)

    def _deselect_removed(self, event: SessionChange) -> None:
        after, site, zone = event.after, self.selection.site, self.selection.zone
        zones = {zone.id for zone in after.plan.zones} if after.plan else set()
        if (site and site not in after.project.sites) or (zone and zone not in zones):
            self.select()


_KINDS_WITHOUT_REQUIREMENTS = ("visit", "stamp", "action")


class ReadinessReader(QObject):
    """Reads the project's readiness in a thread, and emits ``was_read`` when it is there.

    The last result stays until the next one is read. A change during a reading starts another one.
    """

    was_read = Signal()

    def __init__(self, bridge: SessionBridge, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = bridge.session, jobs
        self._inputs: tuple[int, date, Project] | None = None
        self._entry_count = 0
        self._is_reading = False
        self.readiness: ReadinessStatus | None = None
        bridge.logged.connect(self._count_entries)

    @property
    def is_current(self) -> bool:
        """Whether the last result is for the current journal, day, sites, calendar and rules."""
        if self._inputs is None:
            return False
        entry_count, today, project = self._inputs
        now = self._session.state.saved_project
        return (
            (entry_count, today) == (self._entry_count, self._session.today)
            and project.sites is now.sites
            and project.calendar is now.calendar
            and project.rules == now.rules
            and project.rule_pack == now.rule_pack
        )

    def request(self) -> "ReadinessStatus | None":
        """Return the last result, and read a new one if it may differ."""
        if not self.is_current and not self._is_reading:
            self._read()
        return self.readiness

    def _read_inputs(self) -> tuple[int, date, Project]:
        return self._entry_count, self._session.today, self._session.state.saved_project

    def _read(self) -> None:
        store, inputs = self._session.store, self._read_inputs()
        _, today, project = inputs
        self._is_reading = True
        self._jobs.run(
            "Reading drills and reviews",
            lambda report: compute_readiness_from_store(store, project, today),
            on_done=lambda readiness: self._finish(readiness, inputs),
            on_failed=self._fail,
            on_cancelled=self._end,
        )

    def _finish(self, readiness: "ReadinessStatus", inputs: tuple[int, date, Project]) -> None:
        self._end()
        self.readiness, self._inputs = readiness, inputs
        self.was_read.emit()
        if not self.is_current:
            self._read()

    def _fail(self, error: Exception) -> None:
        self._end()
        self._inputs = self._read_inputs()  # not tried again before something changes
        self._jobs.failed.emit(error)

    def _end(self) -> None:
        self._is_reading = False

    def _count_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        self._entry_count += sum(entry.kind not in _KINDS_WITHOUT_REQUIREMENTS for entry in entries)


def load_class(path: str) -> Any:
    """Import and return a class by its "module:Class" below ``zoneplanner.ui``.

    Panels and dialogs that are named this way are not imported when the program starts
    (``tests/ui/shell/test_start_imports.py``).
    """
    module, _, name = path.partition(":")
    return getattr(import_module(f"zoneplanner.ui.{module}"), name)


@dataclass(frozen=True, eq=False, slots=True)
class UiContext:
    """One open project and the tools to work on it."""

    session: Session
    bridge: SessionBridge
    jobs: Jobs
    readiness: ReadinessReader
    actions: Actions
    icons: Icons
    notices: NoticeBar
    pending: PendingEntryBar
    calls: LiveIncidents = field(init=False)
    """The open calls, read once for all parts that show them."""
    clock: SecondClock = field(init=False)

    def __post_init__(self) -> None:
        """Create the shared parts, and show the refusals of jobs that do not handle them."""
        object.__setattr__(self, "calls", LiveIncidents(self.session))
        object.__setattr__(self, "clock", SecondClock(self.session, self.bridge))
        self.jobs.refused.connect(self.show_problem)

    def attempt(self, do: Callable[[], object]) -> bool:
        """Call ``do``; if it raises a UserError, show that and return False."""
        try:
            do()
        except UserError as error:
            self.show_problem(error)
            return False
        return True

    def may_log(self) -> bool:
        """Return whether this desk may log entries; if not, show why."""
        return self._is_allowed(self.session.explain_denied_log())

    def may_edit(self) -> bool:
        """Return whether this desk may change plans and shifts; if not, show why."""
        return self._is_allowed(self.session.explain_denied_edit())

    def _is_allowed(self, denial: Message | None) -> bool:
        if denial is not None:
            self.notices.show_notice(denial)
        return denial is None

    def count_down_entry(
        self,
        subject: tuple[str, ...],
        text: str | Message,
        write: Callable[[], object],
        *,
        icon: str = "visit",
    ) -> None:
        """Count down five seconds, then write an entry that cannot be removed again.

        The parameters are as in ``PendingEntry``; a UserError of ``write`` is shown.
        """
        if self.may_log():
            self.pending.prepare(PendingEntry(subject, text, lambda: self.attempt(write), icon))

    def make_undo_of_latest(self) -> Callable[[], object]:
        """Return a function that undoes the step that is this desk's latest one now.

        If it is no longer the latest step, the function shows that. Steps that need confirmation
        are undone only after a question.
        """
        step = self.session.undoable_step

        def undo_step() -> None:
            if step is None or step.seq != getattr(self.session.undoable_step, "seq", None):
                self.notices.show_notice(Message("undo_too_late"))
            elif needs_confirmation(step, self.session.effect_of_undo(step)):
                self.bridge.undo_asked.emit(step)
            else:
                self.undo(step)

        return lambda: self.attempt(undo_step)

    def report_done(
        self,
        text: str | Message,
        *,
        sign: str = "done",
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Show what was done, and offer to undo this step."""
        self.notices.show_notice(
            text,
            sign=sign,
            offer="Undo",
            on_offer=self.make_undo_of_latest(),
            details=details,
            stays=stays,
        )

    def undo(self, step: UndoStep) -> None:
        """Undo this step, the latest of this desk, and offer to redo it."""
        if self.attempt(lambda: self.session.undo(step.seq)):
            undone = Message("step_undone", step=self.session.rewrite(step.label))
            self.notices.show_notice(undone, sign="done", offer="Redo", on_offer=self.redo)

    def connect_dialogs(self, parent: QWidget) -> None:
        """Let the actions that only open a dialog open it over ``parent``."""

        def open_dialog(spec: Action) -> None:
            site = (self.bridge.selection.offered,) if spec.at_site else ()
            self.attempt(partial(self.ask, spec.dialog, *site, parent=parent))

        for spec in self.actions.specs.values():
            if spec.dialog:
                self.actions.set_handler(spec.name, partial(open_dialog, spec))

    def ask(self, dialog: str, *args: object, parent: QWidget | None = None) -> None:
        """Open a dialog by its "module:Class" below ``zoneplanner.ui``."""
        load_class(dialog)(self, *args, parent=parent).ask()

    def apply(self, label: str, edit: ProjectEdit, *, done: str | Message = "") -> bool:
        """Apply an edit as one step, and show ``done`` with an Undo; return False if refused."""
        is_applied = self.attempt(lambda: self.session.apply(label, edit))
        if is_applied and done:
            self.report_done(done)
        return is_applied

    def redo(self) -> None:
        """Redo the step that this desk undid last, and offer to undo it."""
        step = self.session.redoable_step
        if self.attempt(self.session.redo) and step is not None:
            self.report_done(Message("step_redone", step=self.session.rewrite(step.label)))

    def show_problem(self, error: UserError) -> None:
        """Show a refusal, and offer to save a copy or to make the change again if that helps."""
        error.formats = error.formats or self.session.formats
        retry = error.retry
        do: Callable[[], object]
        if isinstance(error, StaleFile):
            offer, do = "Save a copy elsewhere…", self.actions["save_copy"].trigger
        elif retry is not None:
            offer, do = "Make my change again", lambda: self.attempt(retry)
        else:
            self.notices.show_problem(error)
            return
        self.notices.show_notice(
            error.message,
            sign="problem",
            offer=offer,
            on_offer=do,
            details=error.unsaid_details,
            stays=True,
        )


_Shown = TypeVar("_Shown")


class MapPreview(QObject, Generic[_Shown]):
    """A change shown on the map without saving it; ``changed`` carries it, or None when it ends."""

    changed = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._state: ProjectState | None = None
        self.shown: _Shown | None = None
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), parent)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.clear)
        self._escape.activatedAmbiguously.connect(self.clear)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self._end_if_replaced)

    def show(self, shown: _Shown, edit: ProjectEdit) -> None:
        """Preview an edit, which ``shown`` identifies; a refusal is reported."""
        self.clear()
        session = self._desk.session
        if self._desk.attempt(lambda: session.preview(edit)):
            self._set_shown(shown, session.state)

    def clear(self) -> None:
        """Show the plan without the preview again."""
        if self.shown is not None and self._desk.session.state is self._state:
            self._desk.session.cancel_gesture()
        self._set_shown(None, None)

    def _end_if_replaced(self, _event: object = None) -> None:
        """End the preview if the session shows another state."""
        if self.shown is not None and self._desk.session.state is not self._state:
            self._set_shown(None, None)

    def _set_shown(self, shown: _Shown | None, state: ProjectState | None) -> None:
        if shown is self.shown:
            return
        self.shown, self._state = shown, state
        self._escape.setEnabled(shown is not None)
        self.changed.emit(shown)
