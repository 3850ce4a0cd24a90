"""The question before a person leaves something unfinished.

A separate module, so that windows can ask it without importing forms.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget


class LeaveQuestion(QMessageBox):
    """Asks before something is left; Esc and Enter stay. The caller adds the buttons that leave."""

    def __init__(
        self, parent: QWidget, title: str, text: str, more: str, *, stay: str = "Wait"
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setText(text)
        self.setInformativeText(more)
        self.stay = self.addButton(stay, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)


class DiscardQuestion(LeaveQuestion):
    """Asks whether to close a form and discard its text; Esc and Enter keep it open."""

    def __init__(self, form: QDialog, discard: Callable[[], object]) -> None:
        text, more = "Discard what you wrote?", "It is not saved yet."
        super().__init__(form, form.windowTitle(), text, more, stay="Keep writing")
        self.discard = self.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        self.discard.setProperty("danger", True)
        self.discard.clicked.connect(lambda _=False: discard())
