"""Try a candidate on: the map shows it, nothing is kept, and Esc takes it off."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from zoneplanner.app.candidates import Candidate, kept, shown
from zoneplanner.app.reading import Reading
from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.desk import Desk


class Trial(QObject):
    """At most one candidate that is tried on; ``turned`` carries it, or None when it is off."""

    turned = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._seen: Reading | None = None
        self.candidate: Candidate | None = None
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), parent)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.take_off)
        self._escape.activatedAmbiguously.connect(self.take_off)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self._check)

    def put_on(self, candidate: Candidate) -> None:
        """Show a candidate on the map in the plan on screen; a refusal is told."""
        self.take_off()
        session, uid = self._desk.session, self._desk.session.plan_uid

        def edit(project: Project) -> Project:
            plan = project.plans.get(uid or "")
            return kept(project, candidate) if plan is None else shown(project, plan, candidate)

        if self._desk.attempt(lambda: session.preview(edit)):
            self._turn(candidate, session.reading)

    def take_off(self) -> None:
        """Show the plan again as it was."""
        if self.candidate is not None and self._desk.session.reading is self._seen:
            self._desk.session.cancel_gesture()
        self._turn(None, None)

    def _check(self, _event: object = None) -> None:
        """Something else is shown than the trial: it is over."""
        if self.candidate is not None and self._desk.session.reading is not self._seen:
            self._turn(None, None)

    def _turn(self, candidate: Candidate | None, seen: Reading | None) -> None:
        if candidate is self.candidate:
            return
        self.candidate, self._seen = candidate, seen
        self._escape.setEnabled(candidate is not None)
        self.turned.emit(candidate)
