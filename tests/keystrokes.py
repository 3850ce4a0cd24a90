"""Keys as a person presses them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot


def keys(qtbot: QtBot, text: str) -> None:
    """Type into whatever has the focus; a line break is Enter."""
    for sign in text:
        at = QApplication.focusWidget()
        assert isinstance(at, QWidget)
        if sign == "\n":
            qtbot.keyClick(at, Qt.Key.Key_Return)
        else:
            qtbot.keyClicks(at, sign)
