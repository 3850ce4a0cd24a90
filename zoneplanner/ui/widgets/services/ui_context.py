"""What every panel is given: the session, its actions, and the ways to hear of it, act and speak.

``SessionBridge`` turns the session's events into Qt signals and knows what is selected, in map and
tables alike. ``Actions`` are the window's actions as Qt has them: menus, bars, shortcuts and the
palette are of these. ``ReadinessReader`` reads beside the window how sites meet their requirements,
``SecondClock`` is the time that all running clocks show, and ``MapPreview`` shows what is tried:
nothing is kept, and Esc takes it off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
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
from zoneplanner.errors import StaleFile, UserError
from zoneplanner.ui.widgets.layout.basic_widgets import escape_tooltip
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar, PendingEntry, PendingEntryBar
from zoneplanner.ui.widgets.style.theme import Icons

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus


class _SpecAction(QAction):
    """An action that can be barred for good: then nothing shows or enables it again."""

    barred = ""
    """Why, in a sentence."""

    def setVisible(self, visible: bool) -> None:
        """Show or hide it; one that is barred stays hidden."""
        super().setVisible(visible and not self.barred)

    def setEnabled(self, enabled: bool) -> None:
        """Open or shut it; one that is barred stays shut."""
        super().setEnabled(enabled and not self.barred)

    def setDisabled(self, disabled: bool) -> None:
        """Shut or open it; one that is barred stays shut."""
        self.setEnabled(not disabled)


class Actions(QObject):
    """The QAction of each spec, by name."""

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs = {spec.name: spec for spec in ACTION_SPECS}
        self._said: dict[str, str] = {}
        self._actions = {spec.name: self._made(spec, icon) for spec in ACTION_SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_handler(self, name: str, do: Callable[[], object]) -> None:
        """Say what an action does."""
        self._actions[name].triggered.connect(lambda _=False: do())

    def disable_for_good(self, name: str, why: str) -> None:
        """Take an action away for good, since it would be refused."""
        action = self._actions[name]
        action.barred = why
        action.setVisible(False)
        action.setEnabled(False)

    def explain_disabled(self, keys: QKeySequence) -> str:
        """Say why a shortcut does nothing now, "" where it does something or is none."""
        for name, spec in self.specs.items():
            action = self._actions[name]
            if action.barred and keys in action.shortcuts():
                return action.barred
            if spec.needs and not action.isEnabled() and keys in action.shortcuts():
                return spec.needs
        return ""

    def interrupts(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut asks for something while an entry waits to be logged."""
        named = (name for name, spec in self.specs.items() if spec.interrupts)
        return any(keys in self._actions[name].shortcuts() for name in named)

    def commands(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut does something now."""
        return any(one.isEnabled() and keys in one.shortcuts() for one in self._actions.values())

    def group(self, group: str) -> list[QAction]:
        """Return a menu's actions in order, with separators where sections start."""
        found: list[QAction] = []
        for spec in ACTION_SPECS:
            if spec.group != group:
                continue
            if spec.starts and found:
                found.append(self.line())
            found.append(self._actions[spec.name])
        return found

    def line(self) -> QAction:
        """Return a line between the sections of a menu."""
        line = QAction(self)
        line.setSeparator(True)
        return line

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def put_words(self, say: Callable[[str], str]) -> None:
        """Call actions as a district does; ``say`` puts its words into a text."""
        for name, spec in self.specs.items():
            # one that says what it would do now keeps that: only another word counts
            action, said = self._actions[name], say(spec.text)
            if self._said.get(name, spec.text) != said:
                self._said[name] = said
                action.setText(said)
                action.setIconText(say(spec.short or spec.text.rstrip("…")))
                self.set_tip(name, say(spec.tip))

    def set_tip(self, name: str, tip: str) -> None:
        """Say what an action would do now."""
        self._actions[name].setToolTip(escape_tooltip(_tip(replace(self.specs[name], tip=tip))))

    def _made(self, spec: Action, icon: Callable[[str], QIcon]) -> _SpecAction:
        action = _SpecAction(spec.text, self)
        action.setObjectName(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setIconText(spec.short or spec.text.rstrip("…"))
        action.setStatusTip(spec.tip)
        action.setToolTip(_tip(spec))
        return action


def write_native_keys(keys: str | QKeySequence) -> str:
    """Write keys as this desk's own programs and its keyboard do."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "Enter")


def _tip(spec: Action) -> str:
    return f"{spec.tip} ({write_native_keys(spec.shortcuts[0])})" if spec.shortcuts else spec.tip


_SECOND_MS = 1000


class SecondClock(QObject):
    """Reads the time once a second for every clock that is seen, so that no two differ.

    ``ticked`` carries the time; ``minute_began`` comes with the first one of another minute, after
    a sleep of the computer too. A part that shows something new has the time read again for all.
    """

    ticked = Signal(object)
    minute_began = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._watched_by: set[object] = set()
        self.now: datetime = session.clock()
        self._telling = False
        self.timer = QTimer(self)
        self.timer.setInterval(_SECOND_MS)
        self.timer.timeout.connect(self.renew)

    def watch(self, part: object, *, seen: bool) -> None:
        """Run while any part is seen that shows a clock; show the present where one appears."""
        anew = seen and part not in self._watched_by
        (self._watched_by.add if seen else self._watched_by.discard)(part)
        if not self._watched_by:
            self.timer.stop()
        elif not self.timer.isActive():
            self.timer.start()
        if anew:
            self.renew()

    def renew(self) -> None:
        """Read the time, and let all clocks show it; in the middle of that all show the same."""
        if self._telling:
            return
        before, self.now, self._telling = self.now, self._session.clock(), True
        self.ticked.emit(self.now)
        if floor_to_minute(before) != floor_to_minute(self.now):
            self.minute_began.emit()
        self._telling = False


def floor_to_minute(moment: datetime) -> datetime:
    """Return the minute of a moment; that of an hour or a day later is another one."""
    return moment.replace(second=0, microsecond=0)


_FOLLOW_MS = 30


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected: a site, or a zone, or nothing; and whether a person chose it."""

    site: str | None = None
    zone: str | None = None
    on_purpose: bool = field(default=True, compare=False)

    @property
    def offered(self) -> str | None:
        """The site that a form begins with: one that a person selected."""
        return self.site if self.on_purpose else None

    @property
    def is_empty(self) -> bool:
        """True where nothing is selected."""
        return self.site is None and self.zone is None


class SessionBridge(QObject):
    """One session as signals. ``changed`` and ``previewed`` carry a SessionChange.

    ``preview_followed`` comes two frames after the first of some previews, once for all of them:
    tables and figures beside the map follow a gesture then, so that the map's own frame stays
    short. A change that is no preview does not wait for it. ``logged`` carries the new entries.
    ``project_changed`` comes after ``changed``, but for sites and blocks that this desk only gave
    to another zone. ``plan_shown`` comes before ``changed`` where another plan is put on screen.
    ``pointed`` carries what the pointer is on, in the map or in a table, as a Selection;
    ``conditions_changed`` under what a response is expected from now on; ``last_day_changed`` the
    last day that the map counts, None for today; ``undo_asked`` a step that is taken back only
    after a question; ``viewed_step_changed`` that another step of the history is looked at, or none
    any more. ``others_begin`` and ``others_end`` come around the work of other desks.
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
    others_begin = Signal()
    others_end = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.selection = Selection()
        self.under_pointer = Selection()
        self.conditions = USUAL_CONDITIONS
        self.last_day: date | None = None
        self._following = QTimer(self, singleShot=True, interval=_FOLLOW_MS)
        self._following.timeout.connect(self.preview_followed)
        self._viewed_step = session.viewed_step
        self._end = session.listen(self._hear)

    def select(
        self, *, site: str | None = None, zone: str | None = None, on_purpose: bool = True
    ) -> None:
        """Select a site or a zone everywhere; without either, nothing.

        What follows from an entry that was logged was not selected ``on_purpose``.
        """
        wanted = Selection(site, None if site else zone, on_purpose)
        before, self.selection = self.selection, wanted
        if wanted != before:
            self.selection_changed.emit(wanted)

    def point(self, *, site: str | None = None, zone: str | None = None) -> None:
        """Tell everywhere which site or zone the pointer is on; without either, none."""
        at = Selection(site, None if site else zone)
        if at != self.under_pointer:
            self.under_pointer = at
            self.pointed.emit(at)

    def set_conditions(self, conditions: ResponseConditions) -> None:
        """Expect responses under other conditions, on the map and in the tables alike."""
        if conditions is not self.conditions:
            self.conditions = conditions
            self.conditions_changed.emit(conditions)

    def set_last_day(self, day: date | None) -> None:
        """Have the map show the log as it stood at the end of a day; None for as it stands."""
        if day != self.last_day:
            self.last_day = day
            self.last_day_changed.emit(day)

    def close(self) -> None:
        """Stop listening; the session may live on."""
        self._end()
        self._following.stop()

    def _hear(self, event: SessionChange) -> None:
        own = (self.session.desk, self.session.actor)
        if event.others or any((entry.desk, entry.actor) != own for entry in event.logged):
            self.others_begin.emit()
            self._tell(event)
            self.others_end.emit()
        else:
            self._tell(event)

    def _tell(self, event: SessionChange) -> None:
        if event.logged:
            self.logged.emit(event.logged)
        elif event.preview:
            self.previewed.emit(event)
            if not self._following.isActive():
                self._following.start()
        else:
            self._following.stop()
            if self._viewed_step != self.session.viewed_step:
                self._viewed_step = self.session.viewed_step
                self.viewed_step_changed.emit()
            if event.changes.plans:
                self.plan_shown.emit(event)
            self._drop_what_is_gone(event)
            self.tell_change(event)

    def tell_change(self, event: SessionChange) -> None:
        """Have everything follow a change; what no move of sites shows in rests at one."""
        self.changed.emit(event)
        if event.others or not event.changes.only_moves:
            self.project_changed.emit(event)

    def _drop_what_is_gone(self, event: SessionChange) -> None:
        after, chosen = event.after, self.selection
        zones = {zone.id for zone in after.plan.zones} if after.plan else set()
        gone = chosen.site and chosen.site not in after.project.sites
        if gone or (chosen.zone and chosen.zone not in zones):
            self.select()


_WITHOUT_DUTIES = ("visit", "stamp", "action")
"""Kinds of entries that no requirement follows from."""


class _Identity:
    """Equal to another one of the very same object alone."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other._value is self._value

    __hash__ = None  # type: ignore[assignment]


class ReadinessReader(QObject):
    """The readiness of the project, read when somebody asks. ``read`` tells that it is there.

    What was read stays shown until it is read anew; a change that came meanwhile is read after it.
    """

    was_read = Signal()

    def __init__(self, bridge: SessionBridge, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = bridge.session, jobs
        self._of: tuple[object, ...] = ()
        self._entries = 0
        self._reading = False
        self.readiness: ReadinessStatus | None = None
        bridge.logged.connect(self._logged)

    @property
    def is_current(self) -> bool:
        """Tell whether what was read is of the present journal, day, sites and rules."""
        return self._of == self._now()

    def request(self) -> "ReadinessStatus | None":
        """Return what was read last, and have it read anew where that can differ."""
        if not self.is_current and not self._reading:
            self._read()
        return self.readiness

    def _read(self) -> None:

        session, of = self._session, self._now()
        store, project, today = session.store, session.state.saved_project, session.today
        self._reading = True
        self._jobs.run(
            "Reading drills and reviews",
            lambda report: compute_readiness_from_store(store, project, today),
            on_done=lambda found: self._take(found, of),
            on_failed=self._fail,
            on_cancelled=self._end,
        )

    def _take(self, found: "ReadinessStatus", of: tuple[object, ...]) -> None:
        self._end()
        self.readiness, self._of = found, of
        self.was_read.emit()
        if not self.is_current:
            self._read()

    def _fail(self, error: Exception) -> None:
        self._end()
        self._of = self._now()
        self._jobs.failed.emit(error)

    def _end(self) -> None:
        self._reading = False

    def _logged(self, entries: tuple[JournalEntry, ...]) -> None:
        self._entries += sum(entry.kind not in _WITHOUT_DUTIES for entry in entries)

    def _now(self) -> tuple[object, ...]:
        session = self._session
        kept = session.state.saved_project
        return (
            self._entries,
            session.today,
            _Identity(kept.sites),
            _Identity(kept.calendar),
            kept.rules,
            kept.rule_pack,
        )


def load_class(path: str) -> Any:
    """Return a class by its "module:Class" below ``zoneplanner.ui``, imported when asked for.

    Tables of panels and dialogs name their classes so, which keeps them out of the start
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
    """The calls that are open, read once for all parts that show them."""
    clock: SecondClock = field(init=False)

    def __post_init__(self) -> None:
        """Show what long work refuses, where its starter does not take that himself."""
        object.__setattr__(self, "calls", LiveIncidents(self.session))
        object.__setattr__(self, "clock", SecondClock(self.session, self.bridge))
        self.jobs.refused.connect(self.show_problem)

    def attempt(self, do: Callable[[], object]) -> bool:
        """Do something that may be refused; a refusal is shown and False is returned."""
        try:
            do()
        except UserError as error:
            self.show_problem(error)
            return False
        return True

    def may_log(self) -> bool:
        """Tell why nothing can be logged here, if so; True where it can."""
        return not self._tell_why(self.session.explain_denied_log())

    def may_edit(self) -> bool:
        """Tell why plans and shifts cannot be changed here, if so; True where they can."""
        return not self._tell_why(self.session.explain_denied_edit())

    def _tell_why(self, why: str) -> str:
        if why:
            self.notices.show_notice(why)
        return why

    def count_down_entry(
        self,
        subject: tuple[str, ...],
        text: str,
        write: Callable[[], object],
        *,
        icon: str = "visit",
    ) -> None:
        """Count five seconds in a bar, then write an entry that cannot be taken out again.

        ``subject`` is what it is about, ``text`` a sentence without its stop, and ``write`` keeps
        it with the time of the key; a refusal is shown.
        """
        if self.may_log():
            self.pending.prepare(PendingEntry(subject, text, lambda: self.attempt(write), icon))

    def make_undo_of_latest(self) -> Callable[[], object]:
        """Return what takes back the latest own step as it is now, for the notice that tells it.

        Later it takes back nothing else; what always asks is asked for.
        """
        step = self.session.undoable_step

        def take_back() -> None:
            if step is None or step.seq != getattr(self.session.undoable_step, "seq", None):
                self.notices.show_notice("That is no longer your latest step; see History.")
            elif needs_confirmation(step, self.session.effect_of_undo(step)):
                self.bridge.undo_asked.emit(step)
            else:
                self.undo(step)

        return lambda: self.attempt(take_back)

    def report_done(
        self,
        text: str,
        *,
        sign: str = "done",
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Say what was done, with an Undo that takes back this step and no later one."""
        self.notices.show_notice(
            text,
            sign=sign,
            offer="Undo",
            on_offer=self.make_undo_of_latest(),
            details=details,
            stays=stays,
        )

    def undo(self, step: UndoStep) -> None:
        """Take back the latest own step, which is this one, and say so with its own Redo."""
        if self.attempt(lambda: self.session.undo(step.seq)):
            text = f"Undone: {step.label}."
            self.notices.show_notice(text, sign="done", offer="Redo", on_offer=self.redo)

    def ask(self, dialog: str, *given: object, parent: QWidget | None = None) -> None:
        """Open a dialog by its "module:Class" below ``zoneplanner.ui``."""
        load_class(dialog)(self, *given, parent=parent).ask()

    def apply(self, label: str, edit: ProjectEdit, *, done: str = "") -> bool:
        """Make an edit one step and report ``done`` with an Undo; False where it was refused."""
        made = self.attempt(lambda: self.session.apply(label, edit))
        if made and done:
            self.report_done(done)
        return made

    def redo(self) -> None:
        """Do again the own step that was undone last, and say so with its own Undo."""
        step = self.session.redoable_step
        if self.attempt(self.session.redo) and step is not None:
            self.report_done(f"Redone: {step.label}.")

    def show_problem(self, error: UserError) -> None:
        """Tell a refusal and what may be done: mine again, or a copy where nothing is saved."""
        error.formats = error.formats or self.session.formats
        again = error.retry
        do: Callable[[], object]
        if isinstance(error, StaleFile):
            offer, do = "Save a copy elsewhere…", self.actions["save_copy"].trigger
        elif again is not None:
            offer, do = "Make my change again", lambda: self.attempt(again)
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


_Worn = TypeVar("_Worn")


class MapPreview(QObject, Generic[_Worn]):
    """At most one thing that is tried on; ``turned`` carries it, or None when it is off."""

    changed = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._seen: ProjectState | None = None
        self.shown: _Worn | None = None
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), parent)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.clear)
        self._escape.activatedAmbiguously.connect(self.clear)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self._check)

    def show(self, wanted: _Worn, edit: ProjectEdit) -> None:
        """Show what an edit makes of the project; a refusal is shown."""
        self.clear()
        session = self._desk.session
        if self._desk.attempt(lambda: session.preview(edit)):
            self._turn(wanted, session.state)

    def clear(self) -> None:
        """Show the plan again as it was."""
        if self.shown is not None and self._desk.session.state is self._seen:
            self._desk.session.cancel_gesture()
        self._turn(None, None)

    def _check(self, _event: object = None) -> None:
        """Something else is shown than the trial: it is over."""
        if self.shown is not None and self._desk.session.state is not self._seen:
            self._turn(None, None)

    def _turn(self, wanted: _Worn | None, seen: ProjectState | None) -> None:
        if wanted is self.shown:
            return
        self.shown, self._seen = wanted, seen
        self._escape.setEnabled(wanted is not None)
        self.changed.emit(wanted)
