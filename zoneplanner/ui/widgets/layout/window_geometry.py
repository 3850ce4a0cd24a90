"""Windows and dialogs are within their screen, wherever they were left."""

from collections.abc import MutableMapping

from PySide6.QtCore import QChildEvent, QEvent, QObject, QPoint, QRect, QSize
from PySide6.QtWidgets import QDialog, QWidget

_TITLE_PX, _EDGE_PX = 32, 2
"""What the desktop's frame takes above, and at each other side."""


def find_frame_interior(screen: QRect) -> QRect:
    """Return what a screen leaves of its available room inside a window's frame."""
    return screen.adjusted(_EDGE_PX, _TITLE_PX, -_EDGE_PX, -_EDGE_PX)


def fit_size_to_screen(wanted: QSize, screen: QRect) -> QSize:
    """Return a size with which a window and its frame fit a screen's available room."""
    return wanted.boundedTo(find_frame_interior(screen).size())


def fit_rect_to_screen(wanted: QRect, screen: QRect) -> QRect:
    """Return a geometry with which a window and its frame are within a screen, moved least."""
    room, size = find_frame_interior(screen), fit_size_to_screen(wanted.size(), screen)
    left = min(max(wanted.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(wanted.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)


_OWN = "zoneplanner."


FITS_HEIGHT = "fits_height"
"""Property of a dialog that is as high as what it holds; only its width is brought back."""


class DialogSizes(QObject):
    """Watches the dialogs of a window and keeps their sizes by name in ``kept``.

    No dialog is larger than its screen. A form is as high as what it asks for; of one that has no
    size of its own only the width counts.
    """

    def __init__(self, window: QWidget, kept: MutableMapping[str, str]) -> None:
        super().__init__(window)
        self._kept = kept
        self._opened: dict[QObject, QSize] = {}
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Bring the size back before a dialog is shown, and keep it once it is closed."""
        if event.type() == QEvent.Type.ChildPolished and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QDialog) and type(child).__module__.startswith(_OWN):
                child.installEventFilter(self)
        elif isinstance(watched, QDialog) and event.type() == QEvent.Type.Show:
            if watched.isWindow():
                self._bring_back(watched)
                self._opened[watched] = watched.size()
        elif isinstance(watched, QDialog) and event.type() == QEvent.Type.Hide:
            opened = self._opened.pop(watched, None)
            if opened is not None and opened != watched.size():
                self._kept[_key(watched)] = f"{watched.width()}x{watched.height()}"
        return False

    def _bring_back(self, dialog: QDialog) -> None:
        wide, _, high = self._kept.get(_key(dialog), "").partition("x")
        below = dialog.parentWidget() or dialog  # a dialog has a screen once it is shown
        room = below.screen().availableGeometry()
        size = dialog.size()
        if wide.isdecimal() and high.isdecimal():
            size = QSize(int(wide), int(high))
            if dialog.property(FITS_HEIGHT):
                size.setHeight(dialog.height())
        if fit_size_to_screen(dialog.minimumSize(), room) != dialog.minimumSize():
            dialog.setMinimumSize(fit_size_to_screen(dialog.minimumSize(), room))
        dialog.resize(fit_size_to_screen(size.expandedTo(dialog.minimumSize()), room))


def _key(dialog: QDialog) -> str:
    return f"size.{type(dialog).__name__}"
