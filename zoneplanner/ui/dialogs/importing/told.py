"""What is kept and told of an import: how it was read, its report, and a notice with Undo."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QWidget

from zoneplanner.app import import_map
from zoneplanner.app.import_map import MapAsked
from zoneplanner.app.import_reports import keep_report, write_report
from zoneplanner.app.imported import Imported
from zoneplanner.app.settings import report_folder
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapped import Mapped
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.file_dialogs import ask_new_file


def tell(desk: Desk, done: Imported, source: str, *, undoes: bool) -> None:
    """Keep the report of an import on this desk, and say what was taken, with Undo."""
    kept = keep_report(report_folder(), done, source, desk.session.clock())
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


def save_report(desk: Desk, parent: QWidget, done: Imported, stem: str) -> None:
    """Ask for a file and write the report to it; one that cannot be written is a UserError."""
    place = Path(f"{stem} report.csv")
    chosen = ask_new_file(parent, "Save the report", "Tables (*.csv)", place)
    if chosen is not None:
        desk.session.store.check_target(chosen)
        write_report(chosen, done)


def save_profile(parent: QWidget, asked: MapAsked, how: Mapped | None) -> str:
    """Ask for a name, keep how a file is read under it, and return its id; empty without a name.

    Raises
    ------
    UserError
        There is nothing to keep yet, or it cannot be written.
    """
    if how is None:
        raise UserError("Choose a file and the columns that are needed first.")
    name, yes = QInputDialog.getText(parent, "Save as profile", "Name of the profile")
    return import_map.save_profile(name, asked, how) if yes else ""


def show_reports() -> None:
    """Open the folder of the reports that this desk kept."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(report_folder())))
