"""What goes on now, read once for the queue, the units and the map: calls, units, who could go."""

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS
from zoneplanner.app.log.response_actions import map_all_clears
from zoneplanner.app.log.unit_board import UnitBoard, UnitOnBoard, map_units_out
from zoneplanner.app.session.state import ProjectState, derive_state_in_force
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.ui.widgets.services.ui_context import UiContext, floor_to_minute

_ABOUT = frozenset((*INCIDENT_ENTRY_KINDS, "action", "visit", "unit_status"))
_ABOUT_ACTIONS = ("action", "void")


class DispatchDesk(QObject):
    """Reads the journal once after each change, however many parts show what goes on.

    ``changed`` tells that there may be something new, ``settled`` that the queue has followed and
    chosen its call, so that the map draws both at once, ``watched`` whether a part of Log is seen,
    ``ticked`` carries the time each second while somebody watches, ``marked`` the call that is
    chosen, ``sent`` a unit that is to go to it with the digit that says so, 0 for none, and
    ``called_up`` a call that is to be shown, and which of its units.
    """

    changed = Signal()
    settled = Signal()
    watched = Signal(bool)
    ticked = Signal(object)
    marked = Signal(str)
    sent = Signal(str, int)
    called_up = Signal(str, str)

    def __init__(self, desk: UiContext, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.calls = desk.calls
        self._board = UnitBoard(desk.session)
        self._stale, self._minute = True, floor_to_minute(desk.clock.now)
        self._state = desk.session.state
        self._incidents: tuple[Incident, ...] = ()
        self._units: tuple[UnitOnBoard, ...] = ()
        self._all_clears: Mapping[str, datetime] | None = None
        self.chosen = ""
        self._watching: set[object] = set()
        self.timer = desk.clock.timer
        desk.clock.ticked.connect(self._tick)
        desk.bridge.logged.connect(self._follow)
        desk.bridge.changed.connect(self.mark_stale)

    @property
    def state(self) -> ProjectState:
        """The plan that units follow today."""
        self._read()
        return self._state

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The calls that are open or were closed lately."""
        self._read()
        return self._incidents

    @property
    def late_stamps(self) -> frozenset[tuple[str, str, str]]:
        """The stamps on them that were recorded well after they were made."""
        self._read()
        return self.calls.late_stamps

    @property
    def all_clears(self) -> Mapping[str, datetime]:
        """When the actions ended that opened calls, by call; read once after each action."""
        if self._all_clears is None:
            self._all_clears = map_all_clears(self._desk.session)
        return self._all_clears

    @property
    def units(self) -> tuple[UnitOnBoard, ...]:
        """The units on duty."""
        self._read()
        return self._units

    @property
    def out(self) -> Mapping[str, str]:
        """The units that are not proposed, and why."""
        return map_units_out(self.units, self._desk.session.saved_project)

    def mark_stale(self, _: object = None) -> None:
        """Something may be new; it is read once somebody asks."""
        self._stale = True
        self.changed.emit()
        self.settled.emit()

    def choose(self, uid: str) -> None:
        """Take note of the call that digits and units act on."""
        if uid != self.chosen:
            self.chosen = uid
            self.marked.emit(uid)

    def watch(self, part: object, *, seen: bool) -> None:
        """Let the clocks run while a part of Log is seen."""
        before = bool(self._watching)
        (self._watching.add if seen else self._watching.discard)(part)
        if bool(self._watching) == before:
            return
        self._desk.clock.watch(self, seen=not before)
        self.watched.emit(not before)

    def _follow(self, entries: tuple[JournalEntry, ...]) -> None:
        if any(entry.kind in _ABOUT_ACTIONS for entry in entries):
            self._all_clears = None
        if any(entry.kind in _ABOUT for entry in entries):
            self.mark_stale()

    def _tick(self, now: datetime) -> None:
        if not self._watching:
            return
        if floor_to_minute(now) != self._minute:  # a shift may have begun or ended
            self._minute = floor_to_minute(now)
            self.mark_stale()
        self.ticked.emit(now)

    def _read(self) -> None:
        if not self._stale:
            return
        self._stale = False
        session = self._desk.session
        self._minute = floor_to_minute(session.clock())
        self._incidents = self.calls.incidents()
        self._state = derive_state_in_force(session.state, session.today, self._state)
        self._units = self._board.read(self._incidents)
