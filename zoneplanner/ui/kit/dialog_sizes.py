"""Dialogs open as large as a person left them, within the screen."""

from collections.abc import MutableMapping

from PySide6.QtCore import QChildEvent, QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QDialog, QWidget

from zoneplanner.ui.kit.screen_fit import fit_size_to_screen

_OWN = "zoneplanner."


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
            if not dialog.testAttribute(Qt.WidgetAttribute.WA_Resized):
                size.setHeight(dialog.sizeHint().height())
        if fit_size_to_screen(dialog.minimumSize(), room) != dialog.minimumSize():
            dialog.setMinimumSize(fit_size_to_screen(dialog.minimumSize(), room))
        dialog.resize(fit_size_to_screen(size.expandedTo(dialog.minimumSize()), room))


def _key(dialog: QDialog) -> str:
    return f"size.{type(dialog).__name__}"
