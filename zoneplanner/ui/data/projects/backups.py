"""The backups of a project: what each holds, and one restored as a new file.

Damaged entries and edits beside what they were, to be put back from backups.
"""

from collections.abc import Callable, Sequence
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
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_panel import TableDialog
from zoneplanner.ui.widgets.tables.table_view import TableView

_HIGH_PX = 260
_ABOUT = (
    "A backup is made when you open a project that has changed, ten minutes after the first "
    "change, every hour in which the project changed, and before every import. The last ten are "
    "kept, plus one per "
    "day for 30 days and one per week for a year. Restoring writes a new file and replaces "
    "nothing. Backups are in {folder}."
)
_NONE_YET = (
    "This desk has no backup of the project yet. The first is made ten minutes after a change and "
    "before every import. A backup stored elsewhere, such as on the office's drive, can be "
    "restored as a new file; this replaces nothing."
)


class BackupsDialog(FormDialog):
    """Lists backups and calls ``done(path)`` with the file that one was restored to.

    One that lies elsewhere, such as on the office's drive, is restored by its file.
    """

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
        self._from_elsewhere: Path | None = None
        self.set_about(_ABOUT.format(folder=backups[0].file.parent) if backups else _NONE_YET)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        columns = (
            Column("Made", lambda one: one.at, lambda one: formats.moment(one.local_time)),
            Column("Why", lambda one: one.why),
            Column("Contents", lambda one: one.words),
            Column(
                "Size",
                lambda one: one.size_bytes,
                lambda one: f"{one.size_bytes / 1e6:.1f} MB",
                figure=True,
            ),
        )
        self.table = TableView("Backups, newest first", lambda _: QIcon())
        model = TableModel(columns, lambda one: one.file, self)
        self.sorted = SortFilterModel(model, self)
        self.table.setModel(self.sorted)
        model.show(backups)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.table.fit_columns()
        self.table.setMinimumHeight(_HIGH_PX)
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
        self.elsewhere = self.buttons.addButton("Choose a backup file…", action)
        self.elsewhere.setAutoDefault(False)
        self.elsewhere.clicked.connect(self._ask_backup_file)
        if backups:
            opener, place = FileOpener(self), backups[0].file.parent
            opener.refused.connect(lambda error: self.show_refusal(error.message))
            show = self.buttons.addButton("Show folder", action)
            show.setAutoDefault(False)
            show.clicked.connect(lambda: opener.open(place))

    def _ask_backup_file(self) -> None:
        self._from_elsewhere = ask_file(self, "Choose a backup file", "Projects (*.gpkg)")
        if self._from_elsewhere is not None:
            self.accept()
            self._from_elsewhere = None

    def restore_to(self, path: Path) -> None:
        """Write the backup that is selected to a new file."""
        restore_backup(self._from_elsewhere or self._chosen().file, path)
        self._done(path)

    def _chosen(self) -> Backup:
        chosen: Backup = self.sorted.row_of(self.table.currentIndex())
        return chosen

    def _restore(self) -> None:
        if self._from_elsewhere is not None:
            stem = f"{self._from_elsewhere.stem} restored"
        else:
            chosen = self._chosen()
            stem = f"{chosen.name} of {chosen.local_time:%Y-%m-%d %H%M}"
        place = self._folder / f"{stem}.gpkg"
        file = ask_new_file(self, "Restore as a new file", "Projects (*.gpkg)", place)
        if file is None:
            raise UserError("field_empty.restored_file")
        self.restore_to(file)


_TITLE = "Nothing Is Being Saved"
_SAVE = "Save a copy elsewhere…"


class StaleFileDialog(FormDialog):
    """Says why nothing is saved, and calls ``done(path)`` with the copy that was made."""

    in_window = False

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
            raise UserError("field_empty.copy_file")
        save_project_copy(self._session, path)
        self._done(path)


def ask_copy_path(session: Session, parent: QWidget) -> Path | None:
    """Ask where a copy of the project file goes."""
    known = session.store.files[0]
    place = known.with_name(f"{known.stem} {session.clock():%Y-%m-%d %H%M}.gpkg")
    return ask_new_file(parent, "Save a copy", "Projects (*.gpkg)", place)


_REPAIR_TITLE = "Damaged Rows"
_REPAIR_ABOUT = (
    "A note in the log says what was restored and from which backup. Nothing else changes."
)
_SIZE = (TABLE_PX, 420)


def _join(row: ProvenRow, place: int) -> str:
    return "; ".join(change[place] or NO_VALUE for change in row.changes)


class RowRepairDialog(TableDialog):
    """Lists the rows that their hashes prove; puts all of them back, then calls ``done``."""

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
            Column("Row", lambda row: row.name),
            Column("What", lambda row: _join(row, 0)),
            Column("Now", lambda row: _join(row, 1), cell_tip=lambda row: _join(row, 1)),
            Column("As recorded", lambda row: _join(row, 2), cell_tip=lambda row: _join(row, 2)),
            Column("Backup of", lambda row: row.backup.at,
                   lambda row: moment(row.backup.local_time)),
        )  # fmt: skip
        about = WrappedLabel(f"{describe_repair(repair)} {_REPAIR_ABOUT}")
        super().__init__(
            desk, _REPAIR_TITLE, columns, lambda row: row.name, repair.proven,
            about=about, empty="", size=_SIZE, parent=parent,
        )  # fmt: skip
        self.put_back = push_button("&Put back", do=self._put_back)
        self.put_back.setDefault(True)
        self.buttons.addButton(self.put_back, self.buttons.ButtonRole.AcceptRole)
        self.view.selectRow(0)

    def _put_back(self) -> None:
        session = self._desk.session
        who = {"actor": session.actor, "desk": session.desk}
        if self._desk.attempt(
            lambda: put_back_rows(session.store, self._repair, **who, now=session.clock())
        ):
            self.accept()
            self._done()
