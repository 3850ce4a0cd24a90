"""How sites meet their requirements, read beside the window and shared by map and tables."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.session_bridge import SessionBridge

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus

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
        from zoneplanner.app.readiness.requirements import compute_readiness_from_store

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
