"""What is kept and told of an import: how it was read, its report, and a notice with Undo."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QWidget

from zoneplanner.app import import_map
from zoneplanner.app.import_map import ImportOptions
from zoneplanner.app.import_reports import archive_import_report, write_import_report
from zoneplanner.app.imported import ImportResult
from zoneplanner.app.settings import find_report_folder
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapped import ColumnMapping
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.file_dialogs import ask_new_file


def notify_import_done(desk: UiContext, done: ImportResult, source: str, *, undoes: bool) -> None:
    """Keep the report of an import on this desk, and say what was taken, with Undo."""
    kept = archive_import_report(find_report_folder(), done, source, desk.session.clock())
    details = {"refused": f"{len(done.refused):,}", "mended": f"{len(done.repaired):,}"}
    if kept is not None:
        details["report"] = str(kept)
    desk.notices.tell(
        done.text.replace("would be", "are"),
        sign="done",
        offer="Undo" if undoes else "",
        on_offer=desk.undo_latest() if undoes else None,
        details=details,
        stays=bool(done.refused or done.repaired),
    )


def save_import_report(desk: UiContext, parent: QWidget, done: ImportResult, stem: str) -> None:
    """Ask for a file and write the report to it; one that cannot be written is a UserError."""
    place = Path(f"{stem} report.csv")
    chosen = ask_new_file(parent, "Save the report", "Tables (*.csv)", place)
    if chosen is not None:
        desk.session.store.check_target(chosen)
        write_import_report(chosen, done)


def save_named_profile(parent: QWidget, asked: ImportOptions, how: ColumnMapping | None) -> str:
    """Ask for a name, keep how a file is read under it, and return its id; empty without a name.

    Raises
    ------
    UserError
        There is nothing to keep yet, or it cannot be written.
    """
    if how is None:
        raise UserError("Choose a file and the columns that are needed first.")
    name, yes = QInputDialog.getText(parent, "Save as profile", "Name of the profile")
    return import_map.write_import_profile(name, asked, how) if yes else ""


def open_report_folder() -> None:
    """Open the folder of the reports that this desk kept."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(find_report_folder())))
