"""Opens a shared project in a background job, and retries while its server is unreachable."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from zoneplanner.errors import AccessDenied, Cancelled, ProgressReport, UserError
from zoneplanner.ui.widgets.services.jobs import Jobs

if TYPE_CHECKING:
    from zoneplanner.storage import ServerAddress

RETRY_S = 5


class SharedProjectOpener(QObject):
    """Opens one shared project at a time; ``clock`` retries after a failure.

    ``opened`` carries a session and the address, ``refused`` a user error and the address, and
    ``broke`` an unexpected error.
    """

    opened = Signal(object, object)
    refused = Signal(object, object)
    broke = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self)
        self._address: ServerAddress | None = None
        self.clock = QTimer(self)
        self.clock.setSingleShot(True)
        self.clock.setInterval(RETRY_S * 1000)
        self.clock.timeout.connect(self._try)

    def open(self, address: "ServerAddress") -> None:
        """Open a project, instead of any other that is being opened."""
        self.stop()
        self._address = address
        self._try()

    def stop(self) -> None:
        """Stop retrying; a session that opens too late is closed."""
        self._address = None
        self.clock.stop()
        self._jobs.cancel_all()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._jobs.close()

    def _try(self) -> None:
        address = self._address
        if address is None:
            return

        def work(report: ProgressReport) -> object:
            from zoneplanner.app.projects.open_project import open_session

            session = open_session(address, stays=True)
            try:
                report(1.0, "")
            except Cancelled:
                session.close()
                raise
            return session

        self._jobs.run(
            "Opening",
            work,
            on_done=lambda session: self.opened.emit(session, address),
            on_failed=lambda error: self._refuse(error, address),
        )

    def _refuse(self, error: Exception, address: "ServerAddress") -> None:
        if not isinstance(error, UserError):
            self.stop()
            self.broke.emit(error)
            return
        if not isinstance(error, AccessDenied):  # wrong credentials are not sent again
            self.clock.start()
        self.refused.emit(error, address)
