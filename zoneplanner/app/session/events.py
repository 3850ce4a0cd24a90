"""What is told of an open project, to whom, and a silence while another thread works on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.changes import ProjectChanges
from zoneplanner.domain.log.journal import JournalEntry

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord


@dataclass(frozen=True, eq=False, slots=True)
class SessionChange:
    """What listeners hear: the readings before and after, and what differs between them.

    ``preview`` marks a state in the middle of a gesture that is not saved; ``logged`` the
    entries that the journal took; ``others`` the edits of other desks that are part of it.
    """

    before: ProjectState
    after: ProjectState
    changes: ProjectChanges
    preview: bool = False
    logged: tuple[JournalEntry, ...] = ()
    others: tuple["EditRecord", ...] = ()


Listener = Callable[[SessionChange], None]


class Listeners:
    """Who hears of each change. While they are ``held``, what is told waits for ``release``."""

    def __init__(self) -> None:
        self._heard_by: list[Listener] = []
        self._waiting: list[SessionChange] | None = None

    @property
    def paused(self) -> bool:
        """True between ``hold`` and ``release``."""
        return self._waiting is not None

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function ends that."""
        self._heard_by.append(listener)
        return lambda: self._heard_by.remove(listener)

    def notify(self, event: SessionChange) -> None:
        """Call everyone, or keep the event for later."""
        if self._waiting is not None:
            self._waiting.append(event)
            return
        for listener in tuple(self._heard_by):
            listener(event)

    def pause(self) -> None:
        """Leave the project to one other thread: what it tells waits."""
        self._waiting = []

    def resume(self) -> None:
        """Tell what waited, in the thread that calls."""
        waiting, self._waiting = self._waiting or [], None
        for event in waiting:
            self.notify(event)
