"""Try something on: the map shows it, nothing is kept, and Esc takes it off."""

from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from zoneplanner.app.session.session import ProjectEdit
from zoneplanner.app.session.state import ProjectState
from zoneplanner.ui.widgets.services.ui_context import UiContext

_Worn = TypeVar("_Worn")


class MapPreview(QObject, Generic[_Worn]):
    """At most one thing that is tried on; ``turned`` carries it, or None when it is off."""

    changed = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._seen: ProjectState | None = None
        self.shown: _Worn | None = None
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), parent)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.clear)
        self._escape.activatedAmbiguously.connect(self.clear)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self._check)

    def show(self, wanted: _Worn, edit: ProjectEdit) -> None:
        """Show what an edit makes of the project; a refusal is told."""
        self.clear()
        session = self._desk.session
        if self._desk.attempt(lambda: session.preview(edit)):
            self._turn(wanted, session.state)

    def clear(self) -> None:
        """Show the plan again as it was."""
        if self.shown is not None and self._desk.session.state is self._seen:
            self._desk.session.cancel_gesture()
        self._turn(None, None)

    def _check(self, _event: object = None) -> None:
        """Something else is shown than the trial: it is over."""
        if self.shown is not None and self._desk.session.state is not self._seen:
            self._turn(None, None)

    def _turn(self, wanted: _Worn | None, seen: ProjectState | None) -> None:
        if wanted is self.shown:
            return
        self.shown, self._seen = wanted, seen
        self._escape.setEnabled(wanted is not None)
        self.changed.emit(wanted)
