"""The time that all running clocks of a window show."""

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from zoneplanner.app.session.session import Session

_SECOND_MS = 1000


class SecondClock(QObject):
    """Reads the time once a second for every clock that is seen, so that no two differ.

    ``ticked`` carries the time. A part that shows something new has the time read again for all.
    """

    ticked = Signal(object)

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
        """Run while any part is seen that shows a clock."""
        (self._watched_by.add if seen else self._watched_by.discard)(part)
        if not self._watched_by:
            self.timer.stop()
        elif not self.timer.isActive():
            self.timer.start()

    def renew(self) -> None:
        """Read the time, and let all clocks show it; in the middle of that all show the same."""
        if self._telling:
            return
        self.now, self._telling = self._session.clock(), True
        self.ticked.emit(self.now)
        self._telling = False
