"""Actions around a project as a whole: shared with other desks, backed up and restored."""

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
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.storage import JournalHead, ServerAddress
from zoneplanner.ui.widgets.services.ui_context import UiContext

_BACK_UP_AFTER_MS = 1000
_LOOK_EVERY_MS = 600_000
_BACKUPS_APART = timedelta(hours=1)
"""A window that stays open backs up what changed once an hour."""


class ProjectActions(QObject):
    """Opens dialogs; ``open_project`` puts another project into the window.

    ``go_on_with`` does so with a copy of the present one, to which nothing can be saved.
    """

    def __init__(
        self,
        desk: UiContext,
        window: QWidget,
        open_project: Callable[[Path | ServerAddress], object],
        go_on_with: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._desk, self._window, self._open = desk, window, open_project
        self._go_on_with, self._stale = go_on_with, False
        self._share_address: ServerAddress | None = None
        actions, in_file = desk.actions, desk.session.store.path is not None
        actions.set_handler("share", self.ask_share)
        actions.set_handler("access", self.show_access)
        actions["access"].setEnabled(desk.session.store.address is not None)
        actions.set_handler("backups", self.show_backups)
        actions.set_handler("save_copy", self.save_copy)
        actions.set_handler("back_up_now", self.back_up_now)
        for name in ("share", "save_copy"):
            actions[name].setEnabled(in_file)
        # a start is not held up by it
        QTimer.singleShot(_BACK_UP_AFTER_MS, self, lambda: self._back_up("opened"))
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_EVERY_MS)
        self._clock.timeout.connect(lambda: self._back_up("every hour", apart=_BACKUPS_APART))
        self._clock.start()

    def _back_up(self, why: str, **options: Any) -> None:
        """Keep a backup beside the window; that there is none is told and stops nobody."""
        from zoneplanner.app.projects.copy_cleaning import clean_copies

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
        """Keep one more backup, and say where it is."""

        session, notices = self._desk.session, self._desk.notices
        self._desk.jobs.run(
            "Backup",
            lambda report: back_up(session, "asked for"),
            on_done=lambda made: notices.show_notice(
                f"Backed up: {made.words}.", sign="done", details={"file": str(made.file)}
            ),
        )

    def ask_share(self, why: str = "") -> None:
        """Ask where to carry the open project; ``why`` is what went wrong before."""
        from zoneplanner.ui.data.projects.shared_project_dialogs import (
            ABOUT_SHARING,
            SharedProjectDialog,
        )

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
        """Carry the open project to a server, and open it there; the file is a copy then."""
        session, self._share_address = self._desk.session, address
        who, at = session.actor, session.clock()
        self._desk.jobs.run(
            "Sharing",
            lambda report: session.store.share_for_good(address, actor=who, at=at, report=report),
            on_done=partial(self._shared, address),
            on_failed=self._ask_again,
            lost="The project was not shared; it stays in this file.",
        )

    def _ask_again(self, error: Exception) -> None:
        """Show the dialog as it was typed, with what a person can mend."""
        if isinstance(error, UserError):
            self.ask_share(error.message)
        else:
            self._desk.jobs.fail(error)

    def show_access(self) -> None:
        """Show who has access, who had, and how to give and take it."""
        from zoneplanner.ui.data.projects.access_dialog import AccessDialog

        self._desk.attempt(lambda: AccessDialog(self._desk, self._window).open())

    def show_backups(self) -> None:
        """Show what backups there are."""
        from zoneplanner.ui.data.projects.backups import BackupsDialog

        session = self._desk.session
        place = session.store.path or session.store.address
        assert place is not None
        folder = (session.store.path or find_default_project()).parent
        known = list_backups_of(place)
        BackupsDialog(known, session.formats, folder, self._restored, self._window).ask()

    def save_copy(self) -> None:
        """Ask where to, and save the project as it is now; where it is stale, go on with that."""
        from zoneplanner.ui.data.projects.backups import ask_copy_path

        session = self._desk.session
        if session.store.stale:
            self._ask_elsewhere()
            return
        path = ask_copy_path(session, self._window)
        if path is not None:
            self._desk.jobs.run(
                "Saving a copy",
                lambda report: save_project_copy(session, path),
                on_done=lambda head: self._desk.notices.show_notice(
                    f"The project was saved as “{path.name}”.", sign="done"
                ),
            )

    def look_at_file(self) -> None:
        """Say once, in the way of everything, that nothing is saved any more."""
        if self._desk.session.store.stale and not self._stale:
            self._stale = True
            self._ask_elsewhere()

    def _ask_elsewhere(self) -> None:
        from zoneplanner.ui.data.projects.backups import StaleFileDialog

        StaleFileDialog(self._desk.session, self._go_on_with, self._window).ask()

    def _shared(self, address: ServerAddress, head: JournalHead) -> None:
        self._desk.notices.show_notice(
            f"The project is now on {address.host} with "
            f"{format_count(head.entries, 'entry', 'entries')}. "
            f"From now on this file is a read-only copy.",
            sign="done",
            offer="Open it there",
            on_offer=partial(self._open, address),
            stays=True,
        )
        self._open(address)

    def _restored(self, path: Path) -> None:
        self._desk.notices.show_notice(
            f"The backup was restored as “{path.name}”.",
            sign="done",
            offer="Open it",
            on_offer=partial(self._open, path),
            stays=True,
        )
