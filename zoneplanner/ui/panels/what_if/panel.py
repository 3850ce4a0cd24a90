"""The section of the left dock; what is in it is made when it is first seen or asked."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.theme import SPACING_PX
from zoneplanner.ui.kit.widgets import make_column_layout

if TYPE_CHECKING:
    from zoneplanner.ui.panels.what_if.body import WhatIfView


class WhatIfPanel(QWidget):
    """Asks what to do while a unit is off, or with more or fewer zones."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows = make_column_layout(self)
        self._body: WhatIfView | None = None

    @property
    def body(self) -> "WhatIfView":
        """All that is in the panel."""
        from zoneplanner.ui.panels.what_if.body import WhatIfView

        if self._body is None:
            self._body = WhatIfView(self._desk)
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
                area.ensureWidgetVisible(last, 0, SPACING_PX)
                area.ensureWidgetVisible(first, 0, SPACING_PX)

        QTimer.singleShot(0, self, scroll)

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is in the panel when it is first seen."""
        self.body.show()
        super().showEvent(event)
