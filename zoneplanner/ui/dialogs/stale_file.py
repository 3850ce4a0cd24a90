"""The open file is not the one on disk any more: what the window has is saved elsewhere."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from zoneplanner.app.backups import save_project_copy
from zoneplanner.app.session import Session
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.file_dialogs import ask_new_file
from zoneplanner.ui.kit.forms import FormDialog

_TITLE = "Nothing Is Saved Any More"
_SAVE = "Save a copy elsewhere…"


class StaleFileDialog(FormDialog):
    """Says why nothing is saved, and calls ``done(path)`` with the copy that was made."""

    def __init__(
        self, session: Session, done: Callable[[Path], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(_TITLE, _SAVE, self._save, parent)
        self._session, self._done = session, done
        try:
            session.store.data_version()
        except UserError as error:
            self.say(error.message)

    def _save(self) -> None:
        path = ask_copy_path(self._session, self)
        if path is None:
            raise UserError("Choose a name for the copy; until then nothing is saved.")
        save_project_copy(self._session, path)
        self._done(path)


def ask_copy_path(session: Session, parent: QWidget) -> Path | None:
    """Ask where a copy of the project file goes."""
    known = session.store.files[0]
    place = known.with_name(f"{known.stem} {session.clock():%Y-%m-%d %H%M}.gpkg")
    return ask_new_file(parent, "Save a copy", "Projects (*.gpkg)", place)
