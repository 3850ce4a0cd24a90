"""The section of the left dock; what is in it is made when it is first seen or asked."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.theme import GAP
from zoneplanner.ui.kit.widgets import column

if TYPE_CHECKING:
    from zoneplanner.ui.panels.what_if.body import WhatIfBody


class WhatIfPanel(QWidget):
    """Asks what to do while a unit is off, or with more or fewer zones."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows = column(self)
        self._body: WhatIfBody | None = None

    @property
    def body(self) -> "WhatIfBody":
        """All that is in the panel."""
        from zoneplanner.ui.panels.what_if.body import WhatIfBody

        if self._body is None:
            self._body = WhatIfBody(self._desk)
            self._rows.addWidget(self._body)
        return self._body

    def ask_unit_off(self) -> None:
        """Take the focus to the unit that may be off; that of the selected zone first."""
        self.body.ask_unit_off()
        self._reveal(self.body.unit, self.body.off_button)

    def ask_count(self) -> None:
        """Take the focus to the number of zones."""
        self.body.ask_count()
        self._reveal(self.body.zones, self.body.count_button)

    def _reveal(self, first: QWidget, last: QWidget) -> None:
        """Scroll to a question, once what is in the panel has its place."""

        def scroll() -> None:
            area = self.parentWidget()
            while area is not None and not isinstance(area, QScrollArea):
                area = area.parentWidget()
            if area is not None:
                area.ensureWidgetVisible(last, 0, GAP)
                area.ensureWidgetVisible(first, 0, GAP)

        QTimer.singleShot(0, self, scroll)

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is in the panel when it is first seen."""
        self.body.show()
        super().showEvent(event)
