"""Actions around a project as a whole: shared with other desks, backed up and restored."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from zoneplanner.storage import JournalHead, ServerAddress
from zoneplanner.ui.widgets.services.ui_context import UiContext

_BACK_UP_AFTER_MS = 1000


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
        actions, in_file = desk.actions, desk.session.store.path is not None
        actions.set_handler("open_shared", self.ask_shared)
        actions.set_handler("share", self.ask_share)
        actions.set_handler("backups", self.show_backups)
        actions.set_handler("save_copy", self.save_copy)
        for name in ("share", "backups", "save_copy"):
            actions[name].setEnabled(in_file)
        if in_file and not desk.session.store.read_only:
            # a start is not held up by it
            QTimer.singleShot(_BACK_UP_AFTER_MS, self, self._back_up)

    def _back_up(self) -> None:
        """Keep a backup beside the window; that there is none is told and stops nobody."""
        from zoneplanner.app.projects.backups import back_up_if_due

        session = self._desk.session
        if self._desk.jobs.closed:
            return
        self._desk.jobs.run(
            "Backup", lambda report: back_up_if_due(session), on_done=lambda backup: None
        )

    def ask_shared(self) -> None:
        """Ask which shared project to open."""
        from zoneplanner.ui.data.projects.shared_project_dialogs import (
            ABOUT_OPENING_SHARED,
            SharedProjectDialog,
        )

        SharedProjectDialog(
            "Open Shared Project", "Open", ABOUT_OPENING_SHARED, self._open, self._window
        ).ask()

    def ask_share(self) -> None:
        """Ask where to carry the open project."""
        from zoneplanner.ui.data.projects.shared_project_dialogs import (
            ABOUT_SHARING,
            SharedProjectDialog,
        )

        SharedProjectDialog(
            "Share With Other Desks", "Share", ABOUT_SHARING, self.share, self._window
        ).ask()

    def share(self, address: ServerAddress) -> None:
        """Carry the open project to a server, and open it there; the file is a copy then."""
        session = self._desk.session
        who, at = session.actor, session.clock()
        self._desk.jobs.run(
            "Sharing",
            lambda report: session.store.share_for_good(address, actor=who, at=at, report=report),
            on_done=partial(self._shared, address),
            lost="The project is not shared; it stays in this file.",
        )

    def show_backups(self) -> None:
        """Show what backups there are."""
        from zoneplanner.app.projects.backups import list_backups_of_file
        from zoneplanner.ui.data.projects.backups import BackupsDialog

        session = self._desk.session
        path, zone = session.store.path, ZoneInfo(session.project.time_zone)
        if path is None:
            return
        known = list_backups_of_file(path)
        written = (session.formats, zone)
        BackupsDialog(known, written, path.parent, self._restored, self._window).ask()

    def save_copy(self) -> None:
        """Ask where to, and save the project as it is now; where it is stale, go on with that."""
        from zoneplanner.app.projects.backups import save_project_copy
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
                    f"“{path.name}” is the project as it is now.", sign="done"
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
            f"The project is on {address.host} with {head.entries} entries. "
            f"This file is a copy from now on, for reading only.",
            sign="done",
            offer="Open it there",
            on_offer=partial(self._open, address),
            stays=True,
        )
        self._open(address)

    def _restored(self, path: Path) -> None:
        self._desk.notices.show_notice(
            f"“{path.name}” is the project as it was then.",
            sign="done",
            offer="Open it",
            on_offer=partial(self._open, path),
            stays=True,
        )
