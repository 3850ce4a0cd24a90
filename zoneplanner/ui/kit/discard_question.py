"""Asks before a form closes over a text that somebody wrote."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

LONG_TEXT_LETTERS = 40
"""From so many letters on a text took long enough to write that one key must not lose it."""


def count_new_letters(before: Mapping[QWidget, str], now: Mapping[QWidget, str]) -> int:
    """Return how long the texts are that are no longer as they were."""
    changed = (text for field, text in now.items() if text != before.get(field, ""))
    return sum(len(text.strip()) for text in changed)


class DiscardQuestion(QMessageBox):
    """Asks whether a form closes all the same; Esc and Enter go on writing."""

    def __init__(self, form: QDialog, discard: Callable[[], object]) -> None:
        super().__init__(form)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(form.windowTitle())
        self.setText("Discard what you wrote?")
        self.setInformativeText("It is not saved yet.")
        self.discard = self.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        self.back = self.addButton("Keep writing", QMessageBox.ButtonRole.RejectRole)
        self.discard.clicked.connect(lambda _=False: discard())
        self.setDefaultButton(self.back)
        self.setEscapeButton(self.back)
