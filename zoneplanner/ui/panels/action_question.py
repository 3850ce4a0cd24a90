"""Ask before the window closes, or turns to another project, while a response bar is open."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from zoneplanner.ui.panels.response_bar import ResponseBar

RECORD, DISCARD, STAY = "Record it", "Discard", "Stay"


class ActionQuestion(QMessageBox):
    """Asks about a response action whose bar is open: nothing of it is recorded; Esc stays."""

    def __init__(
        self,
        bar: ResponseBar,
        parent: QWidget,
        leave: Callable[[], object],
        *,
        stay: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._bar, self._window, self._leave, self._stay = bar, parent, leave, stay
        named = bar.site.accept()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle("Not recorded yet")
        where = f" at {bar.site.text()}" if named else ""
        self.setText(f"The {bar.action}{where} is not recorded yet.")
        began = f"It would be recorded as begun {bar.clock.text()} ago (minutes:seconds)."
        self.setInformativeText(began if named else "No school is chosen; Stay to choose one.")
        self.record = self.addButton(RECORD, QMessageBox.ButtonRole.AcceptRole)
        self.record.setEnabled(named)
        self.discard = self.addButton(DISCARD, QMessageBox.ButtonRole.DestructiveRole)
        self.stay = self.addButton(STAY, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
        self.finished.connect(lambda _: self._answer())

    def _answer(self) -> None:
        chosen = self.clickedButton()
        if chosen is self.record and self._bar.record():
            QTimer.singleShot(0, self._window, self._leave)
        elif chosen is self.discard:
            self._bar.drop()
            QTimer.singleShot(0, self._window, self._leave)
        else:
            self._stay()
            self._bar.take_keys()


def ask_about_action(
    bar: ResponseBar,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask what is to become of a response action not recorded yet; False where none is open."""
    if bar.isHidden():
        return False
    if not any(one.isVisible() for one in parent.findChildren(ActionQuestion)):
        ActionQuestion(bar, parent, leave, stay=stay).open()
    return True
