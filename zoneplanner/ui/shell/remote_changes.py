"""What other desks do, as it comes: looked for several times a second, told with who and what."""

from PySide6.QtCore import QObject, QTimer, Signal

from zoneplanner.app.log.activity_feed import summarize_activity
from zoneplanner.app.plans.redrawn_zones import RedrawnZones
from zoneplanner.app.session.events import SessionChange
from zoneplanner.app.session.external_edits import list_external_details
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.storage import OutboxCounts, PresentDesk
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOOK_MS = 250
_MOST_TOLD = 20
_PRESENT_EVERY = 20
"""At so many looks those who have the project open are asked for once."""


class RemoteChangesPoller(QObject):
    """Keeps a session in step with other desks. ``changed`` tells that ``words`` say otherwise.

    ``present`` are those who have the project open, this desk too.
    """

    changed = Signal()

    def __init__(self, desk: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._looks, self._troubled = 0, False
        self._drawn: RedrawnZones | None = None
        self.present: tuple[PresentDesk, ...] = ()
        self.status_text = ""
        self.is_offline = False
        self._state_told: tuple[str, bool, tuple[PresentDesk, ...], OutboxCounts] | None = None
        desk.bridge.changed.connect(self._tell_edits)
        desk.bridge.logged.connect(self._tell_entries)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self.poll)
        self._clock.start()

    def poll(self) -> None:
        """Take over what is new and send what waits; also called by the clock."""
        session = self._desk.session
        if session.listeners.paused:
            return
        try:
            waiting = session.store.waiting()
            session.poll()
            self._tell_sent(waiting, session.store.waiting())
            self._look_at_drawn()
            if self._looks % _PRESENT_EVERY == 0:
                self.present = tuple(session.store.list_present_desks())
        except UserError as error:
            if not self._troubled:  # a file that is gone is told once, until it is back
                self._troubled, self._state_told = True, None
                self._desk.show_problem(error)
                self.changed.emit()
            return
        self._looks, self._troubled = self._looks + 1, False
        words, away = self._state()
        state = (words, away, self.present, session.store.waiting())
        if state != self._state_told:
            self.status_text, self.is_offline, self._state_told = words, away, state
            self.changed.emit()

    def _look_at_drawn(self) -> None:
        """Take zones that another program redrew as a proposed assignment, and tell it."""
        try:
            if self._drawn is None:
                self._drawn = RedrawnZones(self._desk.session)
            done = self._drawn.poll()
        except Disconnected:
            return
        if done is not None:
            details = {f"not taken {at}": why for at, why in enumerate(done.refused, 1)}
            if done.taken:
                self._desk.report_done(done.text, details=details, stays=True)
            else:
                show = self._desk.notices.show_notice
                show(done.text, sign="problem", details=details, stays=True)

    def close(self) -> None:
        """Stop looking; the session may live on."""
        self._clock.stop()

    def _state(self) -> tuple[str, bool]:
        store, desks = self._desk.session.store, len(self.present)
        if store.path is not None:
            return (f"{desks} desks have this file open" if desks > 1 else ""), False
        refused = store.waiting().refused
        kept = "1 entry was" if refused == 1 else f"{refused} entries were"
        told = [] if store.online else ["Server unreachable, trying again"]
        told += [f"{kept} rejected by the server"] if refused else []
        if told:
            return "; ".join(told), True
        return ("Shared, 1 desk" if desks == 1 else f"Shared, {desks} desks"), False

    def _tell_edits(self, event: SessionChange) -> None:
        told = [f"{edit.actor}: {edit.label}" for edit in reversed(event.others)]
        session = self._desk.session
        if any(edit.kind is EditKind.EXTERNAL for edit in event.others):
            rows = list_external_details(session.saved_project, session.external)
            review = self._desk.actions["external_changes"].trigger
            self._desk.notices.show_notice(
                f"{told[0]}.", offer="Review…", on_offer=review, details=rows, stays=True
            )
        else:
            self._tell(told)

    def _tell_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        self._tell(summarize_activity(self._desk.session, entries))

    def _tell(self, told: list[str]) -> None:
        """Tell the first of what others did; the rest folds out."""
        if told:
            more = f", and {len(told) - 1} more" if len(told) > 1 else ""
            details = {str(at): text for at, text in enumerate(told[1:_MOST_TOLD], 2)}
            self._desk.notices.show_notice(f"{told[0]}{more}.", details=details)

    def _tell_sent(self, before: OutboxCounts, after: OutboxCounts) -> None:
        """Say that what waited on this desk is with the others now, or what was not taken."""
        sent = before.to_send - after.to_send - (after.refused - before.refused)
        if sent > 0:
            entries, were = ("1 entry", "was") if sent == 1 else (f"{sent} entries", "were")
            text = f"{entries} that waited on this desk {were} sent; other desks see it now."
            self._desk.notices.show_notice(text, sign="done")
        if after.refused > before.refused:
            whys = self._desk.session.store.refusals()
            self._desk.notices.show_notice(
                "The server rejected an entry of this desk; it is kept here. Read why, correct "
                "it and log it again.",
                sign="problem",
                details={str(at): why for at, why in enumerate(whys, 1)},
                stays=True,
            )
