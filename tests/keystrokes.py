"""Keys typed by a person."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot


def keys(qtbot: QtBot, text: str) -> None:
    """Type into the focused widget; a line break is Enter."""
    for sign in text:
        at = QApplication.focusWidget()
        assert isinstance(at, QWidget)
        if sign == "\n":
            qtbot.keyClick(at, Qt.Key.Key_Return)
        else:
            qtbot.keyClicks(at, sign)
