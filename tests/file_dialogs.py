"""A person at an open file dialog, who waits for its listing and then presses keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QFileSystemModel, QLineEdit, QMessageBox

POLL_MS = 10
QUIT_OR_FILES = {
    "install_rules",
    "open",
    "quit",
    "handout",
    "log_folder",
    "due_calendar",
    "save_rules",
    "add_layer",
    "about",
}
"""Actions that open a system file dialog or leave the window."""


@contextmanager
def answered(act: Callable[[QFileDialog], object]) -> Iterator[list[QFileDialog]]:
    """Act on each file dialog that opens in the block; the list contains those dialogs."""
    seen: list[QFileDialog] = []
    clock = QTimer()
    clock.setInterval(POLL_MS)

    def look() -> None:
        for dialog in QApplication.topLevelWidgets():
            new = isinstance(dialog, QFileDialog) and dialog not in seen
            if new and dialog.isVisible() and lists_all(dialog):
                seen.append(dialog)
                act(dialog)

    clock.timeout.connect(look)
    clock.start()
    try:
        yield seen
    finally:
        clock.stop()


def lists_all(dialog: QFileDialog) -> bool:
    """Whether the dialog shows the kind of everything in its folder."""
    model = dialog.findChild(QFileSystemModel)
    at = model.index(dialog.directory().absolutePath())
    rows = [model.index(row, 0, at) for row in range(model.rowCount(at))]
    folders = dialog.testOption(QFileDialog.Option.ShowDirsOnly)
    every = Path(dialog.directory().absolutePath()).iterdir()
    there = any(one.is_dir() or not folders for one in every if not one.name.startswith("."))
    return bool(rows or not there) and all(model.type(row) for row in rows)


def leave(dialog: QFileDialog) -> None:
    """Press Esc."""
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def look_in(folder: Path) -> Callable[[QFileDialog], None]:
    """Return an action that opens a folder, waits for its listing and presses Esc."""

    def act(dialog: QFileDialog) -> None:
        dialog.setDirectory(str(folder))
        while not lists_all(dialog):
            QTest.qWait(POLL_MS)
        leave(dialog)

    return act


def choose(path: Path) -> Callable[[QFileDialog], None]:
    """Return an action that enters a path and presses Enter; an existing file is replaced."""

    def act(dialog: QFileDialog) -> None:
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        field.setText(str(path))
        QTimer.singleShot(0, confirm_replacement)
        QTest.keyClick(field, Qt.Key.Key_Return)

    return act


def confirm_replacement() -> None:
    """Press Yes if asked whether to replace a file."""
    asked = QApplication.activeModalWidget()
    if isinstance(asked, QMessageBox):
        QTest.mouseClick(asked.button(QMessageBox.StandardButton.Yes), Qt.MouseButton.LeftButton)
