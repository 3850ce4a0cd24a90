"""Try an answer on: the map shows it, nothing is kept, and Esc takes it off."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from zoneplanner.app.answers import Answer, tried
from zoneplanner.app.reading import Reading
from zoneplanner.ui.kit.desk import Desk


class Trial(QObject):
    """At most one answer that is tried on; ``turned`` carries it, or None when it is off."""

    turned = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._seen: Reading | None = None
        self.answer: Answer | None = None
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), parent)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.take_off)
        self._escape.activatedAmbiguously.connect(self.take_off)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self._check)

    def put_on(self, answer: Answer) -> None:
        """Show an answer on the map in the plan on screen; a refusal is told."""
        self.take_off()
        session = self._desk.session
        uid = session.plan_uid or ""
        if self._desk.attempt(lambda: session.preview(lambda project: tried(project, uid, answer))):
            self._turn(answer, session.reading)

    def take_off(self) -> None:
        """Show the plan again as it was."""
        if self.answer is not None and self._desk.session.reading is self._seen:
            self._desk.session.cancel_gesture()
        self._turn(None, None)

    def _check(self, _event: object = None) -> None:
        """Something else is shown than the trial: it is over."""
        if self.answer is not None and self._desk.session.reading is not self._seen:
            self._turn(None, None)

    def _turn(self, answer: Answer | None, seen: Reading | None) -> None:
        if answer is self.answer:
            return
        self.answer, self._seen = answer, seen
        self._escape.setEnabled(answer is not None)
        self.turned.emit(answer)
