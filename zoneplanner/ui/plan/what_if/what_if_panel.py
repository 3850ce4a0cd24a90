"""The band over the map's upper edge while a what-if is on screen."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from zoneplanner.app.plans.what_if import (
    find_base_plan,
    list_applicable_changes,
    list_what_if_changes,
)
from zoneplanner.app.projects.sharing_status import explain_edit_denied
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.widgets.layout.basic_widgets import (
    Banner,
    make_column_layout,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.tables.item_roles import escape_tooltip

if TYPE_CHECKING:
    from zoneplanner.ui.plan.what_if.what_if_view import WhatIfView

_SIGN_PX = 18
_MOST_TOLD = 2


class WhatIfBanner(Banner):
    """Says what is supposed on which plan; forgets it, makes it real, compares it.

    ``compare_asked`` carries the uids of the plan it came from and of the what-if.
    """

    compare_asked = Signal(str, str)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("whatIf")
        self.setStyleSheet("#whatIf { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("What-if on screen")
        self._sign = QLabel()
        self.text = make_wrapped_label()
        self.forget = _button("Forget")
        self.real = _button("Make real…")
        self.compare = _button("Compare")
        self.forget.clicked.connect(desk.actions["forget_what_if"].trigger)
        self.real.clicked.connect(desk.actions["make_real"].trigger)
        self.compare.clicked.connect(self._compare)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        row.setSpacing(SPACING_PX)
        for part in (self._sign, self.text, self.forget, self.real, self.compare):
            row.addWidget(part, 1 if part is self.text else 0)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Follow the plan on screen."""
        session = self._desk.session
        plan, kept = session.plan, session.state.saved_project
        words = list_what_if_changes(kept, plan) if plan is not None else ()
        self.setVisible(bool(words))
        if plan is None or not words:
            return
        self._sign.setPixmap(self._desk.icons("what_if", "accent").pixmap(_SIGN_PX, _SIGN_PX))
        ground = find_base_plan(kept, plan)
        self._tell(words, ground)
        may = not explain_edit_denied(session.store)
        self.forget.setVisible(may)
        self.real.setVisible(may and bool(list_applicable_changes(kept, plan)))
        self.real.setEnabled(plan.is_draft)
        self.forget.setEnabled(plan.is_draft)
        self.forget.setToolTip(
            f"Take “{plan.name}” out of the project and show “{ground.name}” again."
            if ground is not None
            else "Go back to the facts in this plan."
        )
        self.real.setToolTip("Take it for true in the whole project, after a question.")
        self.compare.setVisible(ground is not None)
        self.compare.setToolTip(
            f"Compare “{ground.name}” with this what-if." if ground is not None else ""
        )

    def _tell(self, words: tuple[str, ...], ground: Plan | None) -> None:
        on = f" on “{ground.name}”" if ground is not None else ""
        shown = ", ".join(words[:_MOST_TOLD])
        more = len(words) - _MOST_TOLD
        self.text.setText(f"What-if{on}: {shown}{f' and {more} more' if more > 0 else ''}.")
        self.text.setToolTip(escape_tooltip("\n".join(words)))
        self.setAccessibleDescription(self.text.text())

    def _compare(self) -> None:
        session = self._desk.session
        plan = session.plan
        ground = find_base_plan(session.state.saved_project, plan) if plan is not None else None
        if plan is not None and ground is not None:
            self.compare_asked.emit(ground.uid, plan.uid)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setProperty("compact", True)
    return button


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
        from zoneplanner.ui.plan.what_if.what_if_view import WhatIfView

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
