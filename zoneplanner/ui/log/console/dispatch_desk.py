"""The current calls and units, read once for the queue, the unit strip and the map."""

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS
from zoneplanner.app.log.response_actions import map_all_clears
from zoneplanner.app.log.unit_board import UnitBoard, UnitOnBoard, map_units_out
from zoneplanner.app.session.state import ProjectState, derive_state_in_force
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.ui.widgets.services.ui_context import UiContext, floor_to_minute

_KINDS_OF_CALLS_AND_UNITS = frozenset((*INCIDENT_ENTRY_KINDS, "action", "visit", "unit_status"))
_KINDS_OF_ACTIONS = ("action", "void")


class DispatchDesk(QObject):
    """Reads the journal once after each change for all parts of Log, and connects these parts."""

    changed = Signal()
    """There may be something new."""
    settled = Signal()
    """The queue is up to date and has highlighted a call: the map can draw both at once."""
    watched = Signal(bool)
    """Whether any part of Log is visible."""
    ticked = Signal(object)
    """The time, each second while a part of Log is visible."""
    highlighted = Signal(str)
    """The uid of the highlighted call."""
    send_requested = Signal(str, int)
    """A unit to send to the highlighted call, and the number key pressed (0 for none)."""
    show_requested = Signal(str, str)
    """The uid of a call to show, and a unit to select on it (or an empty string)."""

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
        self.highlighted_uid = ""
        self._visible_parts: set[object] = set()
        self.timer = desk.clock.timer
        desk.clock.ticked.connect(self._tick)
        desk.bridge.logged.connect(self._follow_entries)
        desk.bridge.changed.connect(self.mark_stale)

    @property
    def state(self) -> ProjectState:
        """The state under the plan in force today."""
        self._read()
        return self._state

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The open and recently closed calls."""
        self._read()
        return self._incidents

    @property
    def late_stamps(self) -> frozenset[tuple[str, str, str]]:
        """The stamps of these calls that were entered well after the fact."""
        self._read()
        return self.calls.late_stamps

    @property
    def all_clears(self) -> Mapping[str, datetime]:
        """The end of the response action that opened a call, by the call's uid."""
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
        """The units that are not proposed although they are on no call, with the reason."""
        return map_units_out(self.units, self._desk.session.saved_project)

    def mark_stale(self, _: object = None) -> None:
        """Read everything again when it is next used."""
        self._stale = True
        self.changed.emit()
        self.settled.emit()

    def highlight(self, uid: str) -> None:
        """Set the call that the number keys and units apply to."""
        if uid != self.highlighted_uid:
            self.highlighted_uid = uid
            self.highlighted.emit(uid)

    def watch(self, part: object, *, seen: bool) -> None:
        """Run the clocks as long as at least one part of Log is visible."""
        before = bool(self._visible_parts)
        (self._visible_parts.add if seen else self._visible_parts.discard)(part)
        if bool(self._visible_parts) == before:
            return
        self._desk.clock.watch(self, seen=not before)
        self.watched.emit(not before)

    def _follow_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        kinds = {entry.kind for entry in entries}
        if not kinds.isdisjoint(_KINDS_OF_ACTIONS):
            self._all_clears = None
        if not kinds.isdisjoint(_KINDS_OF_CALLS_AND_UNITS):
            self.mark_stale()

    def _tick(self, now: datetime) -> None:
        if not self._visible_parts:
            return
        if floor_to_minute(now) != self._minute:  # a shift may have started or ended
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
