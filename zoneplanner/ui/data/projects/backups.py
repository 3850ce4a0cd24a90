"""The backups of a project: what each holds, and one restored as a new file."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from zoneplanner.app.projects.backups import Backup, restore_backup, save_project_copy
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.forms import FormDialog

_WIDE_PX, _HIGH_PX = 760, 260
_COLUMNS = ("Made", "Why", "What it holds", "Size")
_ABOUT = (
    "A backup is made when a project is opened and before every import: the last ten are kept, one "
    "a day for 30 days, one a week for a year. Restoring writes a new file and replaces nothing."
)
_NONE_YET = (
    "There is no backup yet. One is made when the project is opened again ten minutes after a "
    "change, and before every import."
)


class BackupsDialog(FormDialog):
    """Lists backups and calls ``done(path)`` with the file that one was restored to.

    ``written``: how times are written and in which zone, None for that of this machine.
    """

    def __init__(
        self,
        backups: Sequence[Backup],
        written: tuple[LocaleFormats, tzinfo | None],
        folder: Path,
        done: Callable[[Path], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Backups", "Restore as new file…", self._restore, parent)
        self._backups, self._folder, self._done = tuple(backups), folder, done
        self.set_about(_ABOUT if backups else _NONE_YET)
        self.table = QTableWidget(len(backups), len(_COLUMNS))
        self.table.setAccessibleName("Backups, the latest first")
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        formats, zone = written
        for row, backup in enumerate(backups):
            made = backup.at.astimezone(zone)
            texts = (formats.moment(made), backup.why, backup.words, _size(backup.size_bytes))
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text)
                if column == len(_COLUMNS) - 1:
                    cell.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(row, column, cell)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(_HIGH_PX)
        self.setMinimumWidth(_WIDE_PX)
        self.form.addRow(self.table)
        self.table.setVisible(bool(backups))
        self.ok.setEnabled(bool(backups))
        if backups:
            self.table.selectRow(0)

    def restore_to(self, path: Path) -> None:
        """Write the backup that is selected to a new file."""
        restore_backup(self._backups[self.table.currentRow()].file, path)
        self._done(path)

    def _restore(self) -> None:
        chosen = self._backups[self.table.currentRow()]
        stem = f"{chosen.name} of {chosen.at:%Y-%m-%d %H%M}"
        place = self._folder / f"{stem}.gpkg"
        file = ask_new_file(self, "Restore as a new file", "Projects (*.gpkg)", place)
        if file is None:
            raise UserError("Choose a name for the new file to restore this backup.")
        self.restore_to(file)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


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
            self.set_about(error.message)

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
