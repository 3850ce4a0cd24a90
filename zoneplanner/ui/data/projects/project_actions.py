"""The actions on a project as a whole: share it, back it up, restore it, save a copy."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from zoneplanner.app.desk.settings import find_default_project
from zoneplanner.app.projects.backups import (
    back_up,
    back_up_if_due,
    list_backups_of,
    save_project_copy,
)
from zoneplanner.app.projects.copy_cleaning import clean_copies
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage import JournalHead, ServerAddress
from zoneplanner.ui.data.projects.backups import BackupsDialog, StaleFileDialog, ask_copy_path
from zoneplanner.ui.data.projects.shared_project_dialogs import ABOUT_SHARING, SharedProjectDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext

_FIRST_BACKUP_MS = 1000
_BACKUP_CHECK_MS = 600_000
_BACKUP_INTERVAL = timedelta(hours=1)


class ProjectActions(QObject):
    """Handles the actions on a project as a whole.

    ``open_project`` opens another project in the window; ``continue_with`` opens the copy of a
    project that can no longer be saved.
    """

    def __init__(
        self,
        desk: UiContext,
        window: QWidget,
        open_project: Callable[[Path | ServerAddress], object],
        continue_with: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._desk, self._window, self._open = desk, window, open_project
        self._continue_with, self._has_warned = continue_with, False
        self._share_address: ServerAddress | None = None
        actions, is_file = desk.actions, desk.session.store.path is not None
        actions.set_handler("share", self.ask_share)
        actions.set_handler("access", self.show_access)
        actions["access"].setEnabled(desk.session.store.address is not None)
        actions.set_handler("backups", self.show_backups)
        actions.set_handler("save_copy", self.save_copy)
        actions.set_handler("back_up_now", self.back_up_now)
        for name in ("share", "save_copy"):
            actions[name].setEnabled(is_file)
        # delayed, so that it does not slow the start
        QTimer.singleShot(_FIRST_BACKUP_MS, self, lambda: self._back_up("opened"))
        self._clock = QTimer(self)
        self._clock.setInterval(_BACKUP_CHECK_MS)
        self._clock.timeout.connect(lambda: self._back_up("every hour", interval=_BACKUP_INTERVAL))
        self._clock.start()

    def _back_up(self, why: str, **options: Any) -> None:
        """Make a backup if one is due, in a background job."""
        session = self._desk.session
        if self._desk.jobs.closed or session.store.stale:
            return
        self._desk.jobs.run(
            "Backup",
            lambda report: (
                clean_copies(session, report),
                back_up_if_due(session, why, **options),
            ),
            on_done=lambda backup: None,
        )

    def back_up_now(self) -> None:
        """Make a backup, and show where it is."""
        session, notices = self._desk.session, self._desk.notices
        self._desk.jobs.run(
            "Backup",
            lambda report: back_up(session, "asked for"),
            on_done=lambda backup: notices.show_notice(
                str(Message("backed_up", content=backup.message)),
                sign="done",
                details={"file": str(backup.file)},
            ),
        )

    def ask_share(self, why: str = "") -> None:
        """Ask for the server to share the project on; ``why`` is why the last attempt failed."""
        dialog = SharedProjectDialog(
            "Share With Other Desks",
            "Share",
            ABOUT_SHARING,
            self.share,
            self._window,
            typed=self._share_address,
        )
        if why:
            dialog.show_refusal(why)
        dialog.ask()

    def share(self, address: ServerAddress) -> None:
        """Copy the project to a server and open it there; the file becomes a read-only copy."""
        session, self._share_address = self._desk.session, address
        who, at = session.actor, session.clock()
        self._desk.jobs.run(
            "Sharing",
            lambda report: session.store.share_for_good(address, actor=who, at=at, report=report),
            on_done=partial(self._open_shared, address),
            on_failed=self._ask_share_again,
            lost="The project was not shared; it stays in this file.",
        )

    def _ask_share_again(self, error: Exception) -> None:
        """Show the dialog again as it was filled in, with the error."""
        if isinstance(error, UserError):
            self.ask_share(error.message)
        else:
            self._desk.jobs.fail(error)

    def show_access(self) -> None:
        """Show who has and had access."""
        from zoneplanner.ui.data.projects.access_dialog import AccessDialog

        self._desk.attempt(lambda: AccessDialog(self._desk, self._window).open())

    def show_backups(self) -> None:
        """List the backups of the project."""
        session = self._desk.session
        location = session.store.path or session.store.address
        assert location is not None
        folder = (session.store.path or find_default_project()).parent
        backups = list_backups_of(location)
        BackupsDialog(backups, session.formats, folder, self._offer_restored, self._window).ask()

    def save_copy(self) -> None:
        """Ask where to, and save a copy; if the file is stale, continue with the copy."""
        session = self._desk.session
        if session.store.stale:
            self._ask_stale_copy()
            return
        path = ask_copy_path(session, self._window)
        if path is not None:
            self._desk.jobs.run(
                "Saving a copy",
                lambda report: save_project_copy(session, path),
                on_done=lambda head: self._desk.notices.show_notice(
                    str(Message("copy_saved", file=path.name)), sign="done"
                ),
            )

    def warn_if_stale(self) -> None:
        """Warn once, in a modal dialog, if the file can no longer be saved."""
        if self._desk.session.store.stale and not self._has_warned:
            self._has_warned = True
            self._ask_stale_copy()

    def _ask_stale_copy(self) -> None:
        StaleFileDialog(self._desk.session, self._continue_with, self._window).ask()

    def _open_shared(self, address: ServerAddress, head: JournalHead) -> None:
        self._desk.notices.show_notice(
            str(Message("project_shared", host=address.host, n=head.entries)),
            sign="done",
            offer="Open it there",
            on_offer=partial(self._open, address),
            stays=True,
        )
        self._open(address)

    def _offer_restored(self, path: Path) -> None:
        self._desk.notices.show_notice(
            str(Message("backup_restored", file=path.name)),
            sign="done",
            offer="Open it",
            on_offer=partial(self._open, path),
            stays=True,
        )
