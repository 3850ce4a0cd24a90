"""Windows over the main one: what waits for none of them has its shortcut in each."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.form_sheet import OVER_FORMS, find_sheet
from zoneplanner.ui.widgets.services.notices import NoticeBar

_HAS_URGENT = "has_urgent_shortcuts"
_KEEPS_KEYS = ("QMessageBox", "QFileDialog", "QDockWidget")
"""Kinds of windows that keep their keys; a dock has those of its window."""


class UrgentShortcuts(QObject):
    """Gives the windows over one the shortcuts of what waits for none of them: a lockdown.

    Qt keeps the shortcuts of a window from those above it. A question of a few buttons and the
    choice of a file keep the keys: Esc leaves them.
    """

    def __init__(self, actions: Iterable[QAction], window: QWidget) -> None:
        super().__init__(window)
        self._actions, self._window = list(actions), window
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        above = now.window() if now is not None else None
        if above is None or above.property(_HAS_URGENT) or not self._is_above(above):
            return
        above.setProperty(_HAS_URGENT, True)
        for action in self._actions:
            for keys in action.shortcuts():
                shortcut = QShortcut(keys, above)
                shortcut.setAutoRepeat(False)
                shortcut.setProperty(OVER_FORMS, True)
                shortcut.activated.connect(partial(self._begin, action))

    def _is_above(self, window: QWidget) -> bool:
        below = self._window.window()
        return window is not below and not _keeps_keys(window) and _has_ancestor(window, below)

    def _begin(self, action: QAction) -> None:
        if action.isEnabled():
            action.trigger()
            self._window.window().activateWindow()


def find_form_above(widget: QWidget) -> QDialog | None:
    """Return the dialog or form that keeps the keys from a widget, but for what keeps its own."""
    modal = QApplication.activeModalWidget()
    if isinstance(modal, QDialog):
        return None if _keeps_keys(modal) else modal
    sheet = find_sheet(widget)
    return sheet.form if sheet is not None else None


def put_aside(dialog: QDialog, notices: NoticeBar) -> bool:
    """Close a dialog without a question; ``notices`` offer it back as it was left.

    False of a form in which nothing was filled in.
    """
    if isinstance(dialog, FormDialog):
        return dialog.put_aside(notices)
    dialog.hide()
    text = f"{dialog.windowTitle()}: the window was set aside."
    cancel = partial(dialog.done, QDialog.DialogCode.Rejected)
    notices.offer_back(text, dialog, dialog.open, cancel)
    return True


def _keeps_keys(window: QWidget) -> bool:
    return any(window.inherits(name) for name in _KEEPS_KEYS)


def _has_ancestor(widget: QWidget, wanted: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and above is not wanted:
        above = above.parentWidget()
    return above is wanted
