"""Shortcuts of urgent actions, which work even in dialogs over the main window."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.form_sheet import OVER_FORMS, find_sheet
from zoneplanner.ui.widgets.layout.basic_widgets import find_application
from zoneplanner.ui.widgets.services.notices import NoticeBar

_HAS_SHORTCUTS = "has_urgent_shortcuts"
_EXEMPT_WINDOWS = ("QMessageBox", "QFileDialog", "QDockWidget")
"""Short questions and file dialogs, which Esc leaves, and docks, which share the window's keys."""


class UrgentShortcuts(QObject):
    """Adds the shortcuts of urgent actions, such as a lockdown's, to the dialogs over a window.

    Qt disables a window's shortcuts while a dialog above it has the focus.
    """

    def __init__(self, actions: Iterable[QAction], window: QWidget) -> None:
        super().__init__(window)
        self._actions, self._window = list(actions), window
        find_application().focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _: QWidget | None, focus: QWidget | None) -> None:
        dialog = focus.window() if focus is not None else None
        if dialog is None or dialog.property(_HAS_SHORTCUTS) or not self._is_above(dialog):
            return
        dialog.setProperty(_HAS_SHORTCUTS, True)
        for action in self._actions:
            for keys in action.shortcuts():
                shortcut = QShortcut(keys, dialog)
                shortcut.setAutoRepeat(False)
                shortcut.setProperty(OVER_FORMS, True)
                shortcut.activated.connect(partial(self._trigger, action))

    def _is_above(self, window: QWidget) -> bool:
        below = self._window.window()
        if window is below or _is_exempt(window):
            return False
        ancestor = window.parentWidget()
        while ancestor is not None and ancestor is not below:
            ancestor = ancestor.parentWidget()
        return ancestor is below

    def _trigger(self, action: QAction) -> None:
        if action.isEnabled():
            action.trigger()
            self._window.window().activateWindow()


def find_form_above(widget: QWidget) -> QDialog | None:
    """Return the form or dialog over a widget's window, unless it is a short question."""
    modal = QApplication.activeModalWidget()
    if isinstance(modal, QDialog):
        return None if _is_exempt(modal) else modal
    sheet = find_sheet(widget)
    return sheet.form if sheet is not None else None


def put_aside(dialog: QDialog, notices: NoticeBar) -> bool:
    """Close a dialog without asking, and let ``notices`` offer to restore it.

    Return False for a form without any input.
    """
    if isinstance(dialog, FormDialog):
        return dialog.put_aside(notices)
    dialog.hide()
    text = f"{dialog.windowTitle()}: the window was set aside."
    cancel = partial(dialog.done, QDialog.DialogCode.Rejected)
    notices.offer_back(text, dialog, dialog.open, cancel)
    return True


def _is_exempt(window: QWidget) -> bool:
    return any(window.inherits(name) for name in _EXEMPT_WINDOWS)
