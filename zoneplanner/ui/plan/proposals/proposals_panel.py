"""The section of the left dock; what is in it is made when it is first seen or asked to run."""

from typing import Any

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import LazyBodyPanel, find_scroll_area
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.style.theme import SPACING_PX


class ProposalsPanel(LazyBodyPanel):
    """Runs searches; ``finished`` carries the candidate that one ended with, or None."""

    finished = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(self._make_body, parent)
        self._desk = desk

    @property
    def busy(self) -> bool:
        """True while a search runs."""
        return self._body is not None and self.body.busy

    def begin(self) -> None:
        """Take the focus, so that Enter starts, or the same key once more."""
        start = self.body.start_button
        if start.hasFocus():
            start.click()
        else:
            start.setFocus()
            QTimer.singleShot(0, self, self._reveal_start)  # once an unfolded section has its room

    def explain(self) -> None:
        """Bring into view why the selected site is where it is, with the focus there."""
        self.body.show()
        QTimer.singleShot(0, self, self._reveal_alternatives)

    def refresh(self) -> None:
        """Take the icons anew, as after a change of theme."""
        if self._body is not None:
            self.body.form.locks.refresh()

    def start(self, *, quiet: bool = False) -> None:
        """Start a search on the plan on screen, or on a new one where it is no draft."""
        self.body.start(quiet=quiet)

    def _make_body(self) -> Any:
        body = load_class("plan.proposals.proposals_view:ProposalsView")(self._desk)
        body.finished.connect(self.finished)
        return body

    def _reveal_start(self) -> None:
        area = find_scroll_area(self)
        if area is not None:
            area.ensureWidgetVisible(self.body.start_button, SPACING_PX, SPACING_PX)

    def _reveal_alternatives(self) -> None:
        why, area = self.body.alternatives, find_scroll_area(self)
        if area is not None:
            top = why.mapTo(area.widget(), QPoint(0, 0)).y()
            area.verticalScrollBar().setValue(top - SPACING_PX)
        for button in list(why.rows.values())[:1]:
            button.setFocus()
