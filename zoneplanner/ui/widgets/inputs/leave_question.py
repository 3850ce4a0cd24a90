"""The question before something unfinished is left."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget


class LeaveQuestion(QMessageBox):
    """Asks before something is left; Esc and Enter stay. Its user adds the buttons that leave."""

    def __init__(
        self, parent: QWidget, title: str, text: str, more: str, *, stay: str = "Wait"
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setText(text)
        self.setInformativeText(more)
        self.wait = self.addButton(stay, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.wait)
        self.setEscapeButton(self.wait)


class DiscardQuestion(LeaveQuestion):
    """Asks whether a form closes all the same; Esc and Enter go on writing."""

    def __init__(self, form: QDialog, discard: Callable[[], object]) -> None:
        text, more = "Discard what you wrote?", "It is not saved yet."
        super().__init__(form, form.windowTitle(), text, more, stay="Keep writing")
        self.back = self.wait
        self.discard = self.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        self.discard.setProperty("danger", True)
        self.discard.clicked.connect(lambda _=False: discard())
