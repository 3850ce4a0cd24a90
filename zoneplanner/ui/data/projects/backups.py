"""The dialogs that restore backups, save a copy of a stale file, and repair damaged rows."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from zoneplanner.app.projects.backups import Backup, restore_backup, save_project_copy
from zoneplanner.app.projects.row_repair import ProvenRow, RowRepair, describe_repair, put_back_rows
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, ask_new_file
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, WIDE_PX, FormDialog
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel, push_button
from zoneplanner.ui.widgets.services.file_opener import FileOpener
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog
from zoneplanner.ui.widgets.tables.table_view import TableView

_ABOUT = (
    "A backup is made when you open a project that has changed, ten minutes after the first "
    "change, every hour in which the project changed, and before every import. The last ten are "
    "kept, plus one per day for 30 days and one per week for a year. Restoring writes a new file "
    "and replaces nothing. Backups are in {folder}."
)
_NO_BACKUPS = (
    "This desk has no backup of the project yet. The first is made ten minutes after a change or "
    "before an import, whichever comes first. A backup stored elsewhere, such as on the "
    "office’s drive, can be restored as a new file; this replaces nothing."
)


class BackupsDialog(FormDialog):
    """Lists backups, restores one or any backup file, and calls ``done(path)`` with the result."""

    in_window = False

    def __init__(
        self,
        backups: Sequence[Backup],
        formats: LocaleFormats,
        folder: Path,
        done: Callable[[Path], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Backups", "Restore as new file…", self._restore, parent)
        self._folder, self._done = folder, done
        self._other_file: Path | None = None
        self.set_about(_ABOUT.format(folder=backups[0].file.parent) if backups else _NO_BACKUPS)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        columns = (
            Column("Made", lambda backup: backup.at,
                   lambda backup: formats.moment(backup.local_time)),
            Column("Why", lambda backup: backup.why),
            Column("Contents", lambda backup: str(backup.message)),
            Column("Size", lambda backup: backup.size_bytes,
                   lambda backup: f"{backup.size_bytes / 1e6:.1f} MB", figure=True),
        )  # fmt: skip
        self.table = TableView("Backups, newest first", lambda _: QIcon())
        self.table.show_columns(columns, lambda backup: backup.file)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.table.show_rows(backups)
        self.table.setMinimumHeight(260)
        self.setMinimumWidth(WIDE_PX)
        self.form.addRow(self.table)
        self.fill_height()
        self.table.setVisible(bool(backups))
        self.ok.setVisible(bool(backups))
        if backups:
            self.table.selectRow(0)
        else:
            self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Close")
        action = QDialogButtonBox.ButtonRole.ActionRole
        self.other_button = self.buttons.addButton("Choose a backup file…", action)
        self.other_button.setAutoDefault(False)
        self.other_button.clicked.connect(self._ask_backup_file)
        if backups:
            opener, folder = FileOpener(self), backups[0].file.parent
            opener.refused.connect(lambda error: self.show_refusal(error.message))
            show = self.buttons.addButton("Show folder", action)
            show.setAutoDefault(False)
            show.clicked.connect(lambda: opener.open(folder))

    def _ask_backup_file(self) -> None:
        self._other_file = ask_file(self, "Choose a backup file", "Projects (*.gpkg)")
        if self._other_file is not None:
            self.accept()
            self._other_file = None

    def restore_to(self, path: Path) -> None:
        """Restore the selected backup, or the chosen backup file, to a new file."""
        restore_backup(self._other_file or self._selected_backup().file, path)
        self._done(path)

    def _selected_backup(self) -> Backup:
        backup = self.table.current_row()
        assert isinstance(backup, Backup)
        return backup

    def _restore(self) -> None:
        if self._other_file is not None:
            stem = f"{self._other_file.stem} restored"
        else:
            backup = self._selected_backup()
            stem = f"{backup.name} of {backup.local_time:%Y-%m-%d %H%M}"
        default = self._folder / f"{stem}.gpkg"
        file = ask_new_file(self, "Restore as a new file", "Projects (*.gpkg)", default)
        if file is None:
            raise UserError("field_empty.restored_file")
        self.restore_to(file)


class StaleFileDialog(FormDialog):
    """Explains why nothing is being saved, saves a copy, and calls ``done(path)`` with it."""

    in_window = False

    def __init__(
        self, session: Session, done: Callable[[Path], object], parent: QWidget | None = None
    ) -> None:
        super().__init__("Nothing Is Being Saved", "Save a copy elsewhere…", self._save, parent)
        self._session, self._done = session, done
        try:
            session.store.data_version()
        except UserError as error:
            self.set_about(error.message)

    def _save(self) -> None:
        path = ask_copy_path(self._session, self)
        if path is None:
            raise UserError("field_empty.copy_file")
        save_project_copy(self._session, path)
        self._done(path)


def ask_copy_path(session: Session, parent: QWidget) -> Path | None:
    """Ask where to save a copy of the project file."""
    file = session.store.files[0]
    default = file.with_name(f"{file.stem} {session.clock():%Y-%m-%d %H%M}.gpkg")
    return ask_new_file(parent, "Save a copy", "Projects (*.gpkg)", default)


_REPAIR_ABOUT = (
    "A note in the log says what was restored and from which backup. Nothing else changes."
)


def _join_values(row: ProvenRow, part: int) -> str:
    """Join one part of each change: the field's name, its damaged or its proven value."""
    return "; ".join(change[part] or NO_VALUE for change in row.changes)


class RowRepairDialog(TableDialog):
    """Lists damaged rows whose values hashes prove; restores all of them and calls ``done``."""

    def __init__(
        self,
        desk: UiContext,
        repair: RowRepair,
        done: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        self._desk, self._repair, self._done = desk, repair, done
        moment = desk.session.formats.moment
        columns = (
            Column("Row", lambda row: row.damaged.key, lambda row: str(row.name)),
            Column("What", partial(_join_values, part=0)),
            Column("Now", partial(_join_values, part=1), cell_tip=partial(_join_values, part=1)),
            Column("As recorded", partial(_join_values, part=2),
                   cell_tip=partial(_join_values, part=2)),
            Column("Backup of", lambda row: row.backup.at,
                   lambda row: moment(row.backup.local_time)),
        )  # fmt: skip
        about = WrappedLabel(f"{describe_repair(repair)} {_REPAIR_ABOUT}")
        super().__init__(
            desk, "Damaged Rows", columns, lambda row: row.damaged.key, repair.proven,
            about=about, empty="", size=(TABLE_PX, 420), parent=parent,
        )  # fmt: skip
        self.put_back = push_button("&Put back", do=self._put_back)
        self.put_back.setDefault(True)
        self.buttons.addButton(self.put_back, self.buttons.ButtonRole.AcceptRole)
        self.view.selectRow(0)

    def _put_back(self) -> None:
        session = self._desk.session
        if self._desk.attempt(
            lambda: put_back_rows(
                session.store,
                self._repair,
                actor=session.actor,
                desk=session.desk,
                now=session.clock(),
            )
        ):
            self.accept()
            self._done()
