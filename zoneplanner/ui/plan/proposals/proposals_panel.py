"""The section Propose Zones of the work panel, whose content is created on first use."""

from typing import Any

from PySide6.QtCore import QPoint, QTimer, Signal

from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyBodyPanel,
    find_scroll_area,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.style.theme import SPACING_PX


class ProposalsPanel(LazyBodyPanel):
    """Runs searches; ``finished`` carries the final candidate of a search, or None."""

    finished = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__(self._make_body)
        self._desk = desk

    @property
    def busy(self) -> bool:
        """Whether a search is running."""
        return self._body is not None and self.body.busy

    def begin(self) -> None:
        """Focus the start button, so that Enter starts; if it has the focus already, start."""
        start = self.body.start_button
        if start.hasFocus():
            start.click()
        else:
            start.setFocus()
            # once an unfolded section is laid out
            QTimer.singleShot(0, self, lambda: show_in_scroll_area(start))

    def explain(self) -> None:
        """Scroll to the alternatives of the selected site, and focus the first one."""
        self.body.show()
        QTimer.singleShot(0, self, self._reveal_alternatives)

    def refresh(self) -> None:
        """Reload the icons after a change of theme."""
        if self._body is not None:
            self.body.form.locks.refresh()

    def start(self, *, quiet: bool = False) -> None:
        """Start a search on the draft on screen, or on a new draft if there is none.

        A ``quiet`` search is one that the program starts itself: quitting does not ask about it.
        """
        self.body.start(quiet=quiet)

    def _make_body(self) -> Any:
        body = load_class("plan.proposals.proposals_view:ProposalsView")(self._desk)
        body.finished.connect(self.finished)
        return body

    def _reveal_alternatives(self) -> None:
        alternatives, area = self.body.alternatives, find_scroll_area(self)
        if area is not None:
            top = alternatives.mapTo(area.widget(), QPoint(0, 0)).y()
            area.verticalScrollBar().setValue(top - SPACING_PX)
        first = next(iter(alternatives.buttons.values()), None)
        if first is not None:
            first.setFocus()
