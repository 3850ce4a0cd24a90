"""The one door to dialogs that ask for a file or a folder; they look at names and open nothing.

Qt's own dialog looks into every file of a folder to tell its kind. Closing such a file drops all
locks that this process has on it (POSIX), and the open project may be among them: another desk
could then take away the log that acknowledged entries are in. So the kind of a file is told by
its name here, and no other module may use QFileDialog, a file system model or MIME look-ups.

Which dialogs may be the system's own: those of Windows, where a lock belongs to the handle that
took it, and of macOS, which draws them in a process of its own. On Linux the desktop's dialogs
(GTK's, KDE's) run in this process and look into files as well, so they are never used there.

A field for a path.
"""

import sys
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
_FOLDER, _FILE = "Folder", "File"
_OF_ENDING = "{} file"


def find_free_path(path: Path) -> Path:
    """Return the path, or one with a number where it exists."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem} {number}{path.suffix}")
        number += 1
    return free


class _NamedKinds(QFileIconProvider):
    """Icons and kinds of files by their names; asked by a thread of Qt's, so all is made before."""

    def __init__(self) -> None:
        super().__init__()
        self.setOptions(QFileIconProvider.Option.DontUseCustomDirectoryIcons)
        self._icons = {kind: super(_NamedKinds, self).icon(kind) for kind in self.IconType}

    def icon(self, of: QFileIconProvider.IconType | QFileInfo) -> QIcon:
        """Return the icon of a folder or of any file."""
        if isinstance(of, QFileInfo):
            of = self.IconType.Folder if of.isDir() else self.IconType.File
        return self._icons[of]

    def type(self, info: QFileInfo) -> str:
        """Return a folder's kind, or a file's by its ending."""
        if info.isDir():
            return _FOLDER
        ending = info.suffix()
        return _OF_ENDING.format(ending.upper()) if ending else _FILE


class FileDialog(QFileDialog):
    """A file dialog in a folder, made so that it never looks into a file."""

    def __init__(self, title: str, folder: Path, parent: QWidget | None = None) -> None:
        # it begins to look before it can be told how to, so that is in a folder without projects
        super().__init__(parent, title, str(resources_dir()))
        if not SYSTEM_DIALOGS_ARE_SAFE:
            self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setOption(QFileDialog.Option.DontUseCustomDirectoryIcons)
        self._kinds = _NamedKinds()
        self.setIconProvider(self._kinds)
        there = next((one for one in (folder, *folder.parents) if one.is_dir()), Path.home())
        self.setDirectory(str(there))  # it would stay where it began if the folder is not there

    def ask(self) -> Path | None:
        """Wait for an answer and return it; None where there is none."""
        return next(iter(self.ask_all()), None)

    def ask_all(self) -> list[Path]:
        """Wait for an answer and return all files of it; none where there is none."""
        try:
            return list(map(Path, self.selectedFiles())) if self.exec() else []
        finally:
            self.deleteLater()


def _find_documents_folder() -> Path:
    """Return the folder of a person's documents."""
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(place))


def ask_file(
    parent: QWidget | None, title: str, filters: str, *, folder: Path | None = None
) -> Path | None:
    """Ask for a file that is there; ``filters`` are as Qt writes them, parted by ``;;``."""
    dialog = FileDialog(title, folder or _find_documents_folder(), parent)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(filters.split(";;"))
    return dialog.ask()


def ask_files(parent: QWidget | None, title: str, filters: str, folder: Path | None) -> list[Path]:
    """Ask for files that are there, several at once if a person likes; see ``ask_file``."""
    dialog = FileDialog(title, folder or _find_documents_folder(), parent)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(filters.split(";;"))
    return dialog.ask_all()


def ask_new_file(parent: QWidget | None, title: str, filters: str, place: Path) -> Path | None:
    """Ask for a file to write, with the one at ``place`` offered."""
    return new_file_dialog(parent, title, filters, place).ask()


def new_file_dialog(parent: QWidget | None, title: str, filters: str, place: Path) -> FileDialog:
    """Return the dialog of ``ask_new_file``, to be opened beside what goes on."""
    folder = place.parent if place.is_absolute() else _find_documents_folder() / place.parent
    dialog = FileDialog(title, folder, parent)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilters(filters.split(";;"))
    dialog.setDefaultSuffix(place.suffix.removeprefix("."))
    dialog.selectFile(place.name)
    return dialog


def ask_folder(parent: QWidget | None, title: str, folder: Path | None = None) -> Path | None:
    """Ask for a folder."""
    dialog = FileDialog(title, folder or _find_documents_folder(), parent)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog.ask()


class TakesDroppedFiles:
    """A widget's part that takes the files dropped on it or anything in it.

    The widget accepts drops, and says what it does with one file.
    """

    def take_dropped_file(self, path: Path) -> None:
        """Do with a file what the widget is for."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files of this computer."""
        if _list_dropped_files(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand each file on when it is let go of."""
        event.acceptProposedAction()
        for path in _list_dropped_files(event):
            self.take_dropped_file(path)


def _list_dropped_files(event: QDropEvent) -> list[Path]:
    """Return the files that are dragged."""
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


_TEXT_INSET_PX = 2
"""Qt's own margin of a field's text."""
_CUT = "…"


class PathEdit(QLineEdit):
    """A field for a path. Until somebody edits it, its last parts stand whole where it is long."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the end of a path without room; under the cursor all of it scrolls as usual."""
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        contents = QStyle.SubElement.SE_LineEditContents
        room: QRect = self.style().subElementRect(contents, option, self)
        room.adjust(_TEXT_INSET_PX, 0, -_TEXT_INSET_PX, 0)
        shown = self.shorten(room.width())
        if self.hasFocus() or shown == self.text():
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def shorten(self, room_px: int) -> str:
        """Return the path, or so many of its last parts as have room."""
        path, metrics = self.text(), self.fontMetrics()
        end = metrics.elidedText(path, Qt.TextElideMode.ElideLeft, room_px)
        if end == path:
            return path
        at = min((found for sign in "/\\" if (found := end.find(sign)) > 0), default=1)
        return _CUT + end[at:]
