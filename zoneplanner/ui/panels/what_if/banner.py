"""The band over the map's upper edge while a what-if is on screen."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.rights import explain_edit_denied
from zoneplanner.app.what_if import find_base_plan, list_applicable_changes, list_what_if_changes
from zoneplanner.domain.plan import Plan
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.roles import escape_tooltip
from zoneplanner.ui.kit.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import Banner, make_wrapped_label

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
        plan, kept = session.plan, session.reading.kept
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
        self.real.setEnabled(plan.open)
        self.forget.setEnabled(plan.open)
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
        ground = find_base_plan(session.reading.kept, plan) if plan is not None else None
        if plan is not None and ground is not None:
            self.compare_asked.emit(ground.uid, plan.uid)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setProperty("compact", True)
    return button
