"""The section of the left dock; what is in it is made when it is first seen or asked to run."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX

if TYPE_CHECKING:
    from zoneplanner.ui.plan.optimizer.optimizer_view import OptimizerView


class OptimizerPanel(QWidget):
    """Runs searches; ``finished`` carries the candidate that one ended with, or None."""

    finished = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows = make_column_layout(self)
        self._body: OptimizerView | None = None

    @property
    def body(self) -> "OptimizerView":
        """All that is in the panel."""
        from zoneplanner.ui.plan.optimizer.optimizer_view import OptimizerView

        if self._body is None:
            self._body = OptimizerView(self._desk)
            self._body.finished.connect(self.finished)
            self._rows.addWidget(self._body)
        return self._body

    @property
    def busy(self) -> bool:
        """True while a search runs."""
        return self._body is not None and self._body.busy

    def begin(self) -> None:
        """Take the focus, so that Enter starts."""
        self.body.start_button.setFocus()

    def explain(self) -> None:
        """Bring into view why the selected site is where it is, with the focus there."""
        self.body.show()
        QTimer.singleShot(0, self, self._reveal)

    def refresh(self) -> None:
        """Take the icons anew, as after a change of theme."""
        if self._body is not None:
            self._body.form.locks.refresh()

    def start(self, *, quiet: bool = False) -> None:
        """Start a search on the plan on screen, or on a new one where it is no draft."""
        self.body.start(quiet=quiet)

    def _reveal(self) -> None:
        why, area = self.body.alternatives, self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        content = area.widget() if area is not None else None
        if area is not None and content is not None:
            top = why.mapTo(content, QPoint(0, 0)).y()
            area.verticalScrollBar().setValue(top - SPACING_PX)
        for button in why.rows.values():
            button.setFocus()
            break

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is in the panel when it is first seen."""
        self.body.show()
        super().showEvent(event)
