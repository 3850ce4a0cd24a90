"""Dialogs that ask for a file or folder without opening any file, and a field for a path.

No other module may use QFileDialog, a file system model or MIME look-ups. Qt's own dialog reads
every file of a folder to determine its kind. Closing a file drops all locks that this process has
on it (POSIX). If that file is the open project, another desk could then delete the log with
acknowledged entries. So the dialogs here determine a file's kind from its name.

Native dialogs are safe on Windows, where a lock belongs to a file handle, and on macOS, which runs
them in a separate process. On Linux, native dialogs (GTK's, KDE's) run in this process and read
files as well, so they are never used there.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFileInfo, QRect, QStandardPaths, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QFileIconProvider,
    QLineEdit,
    QStyle,
    QStyleOptionFrame,
    QStylePainter,
    QWidget,
)

from zoneplanner.bundled import resources_dir

SYSTEM_DIALOGS_ARE_SAFE = sys.platform in ("win32", "darwin")


def find_free_path(path: Path) -> Path:
    """Return the path, or one with a number appended if the path exists."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem} {number}{path.suffix}")
        number += 1
    return free


class _NameBasedIcons(QFileIconProvider):
    """Provides icons and kinds of files by their names.

    A thread of Qt calls it, so it creates all icons in advance.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setOptions(QFileIconProvider.Option.DontUseCustomDirectoryIcons)
        self._icons = {kind: super(_NameBasedIcons, self).icon(kind) for kind in self.IconType}

    def icon(self, of: QFileIconProvider.IconType | QFileInfo) -> QIcon:
        """Return the icon of a folder or file."""
        if isinstance(of, QFileInfo):
            of = self.IconType.Folder if of.isDir() else self.IconType.File
        return self._icons[of]

    def type(self, info: QFileInfo) -> str:
        """Return the kind of a folder or file."""
        if info.isDir():
            return "Folder"
        return f"{info.suffix().upper()} file" if info.suffix() else "File"


class FileDialog(QFileDialog):
    """A file dialog that never opens a file."""

    def __init__(
        self, title: str, folder: Path | None, parent: QWidget | None, mode: QFileDialog.FileMode
    ) -> None:
        # it lists its first folder before its options are set, so that must be one without projects
        super().__init__(parent, title, str(resources_dir()))
        if not SYSTEM_DIALOGS_ARE_SAFE:
            self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setOption(QFileDialog.Option.DontUseCustomDirectoryIcons)
        self._icon_provider = _NameBasedIcons()
        self.setIconProvider(self._icon_provider)
        folder = find_documents_folder() if folder is None else folder
        folders = (path for path in (folder, *folder.parents) if path.is_dir())
        self.setDirectory(str(next(folders, Path.home())))
        self.setFileMode(mode)

    def ask(self) -> Path | None:
        """Wait for an answer and return it, or None if the person cancels."""
        return next(iter(self.ask_all()), None)

    def ask_all(self) -> list[Path]:
        """Wait for an answer and return its files, none if the person cancels."""
        try:
            return list(map(Path, self.selectedFiles())) if self.exec() else []
        finally:
            self.deleteLater()


def find_documents_folder() -> Path:
    """Return the person's folder of documents, or their home if there is none."""
    location = QStandardPaths.StandardLocation.DocumentsLocation
    documents = Path(QStandardPaths.writableLocation(location))
    return documents if documents.is_dir() else Path.home()


def ask_file(
    parent: QWidget | None, title: str, filters: str, *, folder: Path | None = None
) -> Path | None:
    """Ask for an existing file; ``filters`` are Qt name filters separated by ``;;``."""
    dialog = FileDialog(title, folder, parent, QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(filters.split(";;"))
    return dialog.ask()


def ask_files(parent: QWidget | None, title: str, filters: str, folder: Path | None) -> list[Path]:
    """Ask for one or more existing files; see ``ask_file``."""
    dialog = FileDialog(title, folder, parent, QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(filters.split(";;"))
    return dialog.ask_all()


def ask_new_file(parent: QWidget | None, title: str, filters: str, suggested: Path) -> Path | None:
    """Ask for a file to write, and suggest one."""
    return new_file_dialog(parent, title, filters, suggested).ask()


def open_new_file_dialog(
    parent: QWidget, title: str, filters: str, suggested: Path, save: Callable[[Path], object]
) -> None:
    """Ask as ``ask_new_file`` does without waiting for the answer, and ``save`` to the file."""
    dialog = new_file_dialog(parent, title, filters, suggested)
    dialog.fileSelected.connect(lambda path: save(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def new_file_dialog(
    parent: QWidget | None, title: str, filters: str, suggested: Path
) -> FileDialog:
    """Return the dialog of ``ask_new_file``."""
    folder = suggested.parent
    if not folder.is_absolute():
        folder = find_documents_folder() / folder
    dialog = FileDialog(title, folder, parent, QFileDialog.FileMode.AnyFile)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters.split(";;"))
    dialog.setDefaultSuffix(suggested.suffix.removeprefix("."))
    dialog.selectFile(suggested.name)
    return dialog


def ask_folder(parent: QWidget | None, title: str, folder: Path | None = None) -> Path | None:
    """Ask for a folder."""
    dialog = FileDialog(title, folder, parent, QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog.ask()


class TakesDroppedFiles:
    """A mixin for widgets that accept files dropped on them or on their children.

    The widget must call ``setAcceptDrops``.
    """

    def take_dropped_file(self, path: Path) -> None:
        """Handle a file that was dropped."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept local files."""
        if _list_dropped_files(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Handle each dropped file."""
        event.acceptProposedAction()
        for path in _list_dropped_files(event):
            self.take_dropped_file(path)


def _list_dropped_files(event: QDropEvent) -> list[Path]:
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


_TEXT_INSET_PX = 2
"""Qt's own margin of a field's text."""


class PathEdit(QLineEdit):
    """A field for a path that shows the last parts of a long path until a person edits it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the end of a path that does not fit; a focused field scrolls as usual."""
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        contents = QStyle.SubElement.SE_LineEditContents
        area: QRect = self.style().subElementRect(contents, option, self)
        area.adjust(_TEXT_INSET_PX, 0, -_TEXT_INSET_PX, 0)
        text = self.shorten(area.width())
        if self.hasFocus() or text == self.text():
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def shorten(self, width_px: int) -> str:
        """Return the path, or as many of its last parts as fit."""
        path = self.text()
        end = self.fontMetrics().elidedText(path, Qt.TextElideMode.ElideLeft, width_px)
        if end == path:
            return path
        separators = (position for sign in "/\\" if (position := end.find(sign)) > 0)
        return f"…{end[min(separators, default=1) :]}"
