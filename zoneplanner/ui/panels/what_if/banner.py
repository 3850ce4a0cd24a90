"""The band over the map's upper edge while a what-if is on screen."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.rights import why_not_edit
from zoneplanner.app.what_if import ground_of, may_be_real, supposed
from zoneplanner.domain.plan import Plan
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.roles import plain_tip
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN
from zoneplanner.ui.kit.widgets import Band, wrapped

_SIGN_PX = 18
_MOST_TOLD = 2


class WhatIfBanner(Band):
    """Says what is supposed on which plan; forgets it, makes it real, compares it.

    ``compare_asked`` carries the uids of the plan it came from and of the what-if.
    """

    compare_asked = Signal(str, str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("whatIf")
        self.setStyleSheet("#whatIf { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("What-if on screen")
        self._sign = QLabel()
        self.text = wrapped()
        self.forget = _button("Forget")
        self.real = _button("Make real…")
        self.compare = _button("Compare")
        self.forget.clicked.connect(desk.actions["forget_what_if"].trigger)
        self.real.clicked.connect(desk.actions["make_real"].trigger)
        self.compare.clicked.connect(self._compare)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, GRID, GAP, GRID)
        row.setSpacing(GAP)
        for part in (self._sign, self.text, self.forget, self.real, self.compare):
            row.addWidget(part, 1 if part is self.text else 0)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Follow the plan on screen."""
        session = self._desk.session
        plan, kept = session.plan, session.reading.kept
        words = supposed(kept, plan) if plan is not None else ()
        self.setVisible(bool(words))
        if plan is None or not words:
            return
        self._sign.setPixmap(self._desk.icons("what_if", "accent").pixmap(_SIGN_PX, _SIGN_PX))
        ground = ground_of(kept, plan)
        self._tell(words, ground)
        may = not why_not_edit(session.store)
        self.forget.setVisible(may)
        self.real.setVisible(may and bool(may_be_real(kept, plan)))
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
        self.text.setToolTip(plain_tip("\n".join(words)))
        self.setAccessibleDescription(self.text.text())

    def _compare(self) -> None:
        session = self._desk.session
        plan = session.plan
        ground = ground_of(session.reading.kept, plan) if plan is not None else None
        if plan is not None and ground is not None:
            self.compare_asked.emit(ground.uid, plan.uid)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setProperty("compact", True)
    return button
