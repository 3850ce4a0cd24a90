"""The card while nothing is selected: what to try first, or what an empty project needs."""

from collections.abc import MutableMapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.app.rights import explain_edit_denied
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.widgets import (
    ActionButton,
    clear_layout,
    make_column_layout,
    make_heading_label,
    make_link_button,
    make_muted_label,
    make_wrapped_label,
)

_DRAG = "Drag a school to another zone and watch load and travel, before and after."
_FIRST_STEPS = (
    "Click a school for its card: address, phone, unit, load.",
    _DRAG,
    "Press Ctrl+K and type a few letters to find any school, zone or action; ? shows every key.",
)
_EMPTY_STEPS = (
    "This project has no sites yet.",
    "Drop the list of schools here: the state’s directory, NCES locations or a spreadsheet. Every "
    "row is shown before it is taken.",
)
_BARE_STEPS = (
    "This project has no boundaries and no sites yet.",
    "Drop the boundaries of the county and its cities here first, then the list of schools: files, "
    "folders or zips, as the Census or the county gives them out.",
)
_STEPS = {"bare": _BARE_STEPS, "empty": _EMPTY_STEPS, "filled": _FIRST_STEPS, "working": ()}
_ACTIONS = {
    "bare": ("import", "new", "open"),
    "empty": ("import", "new", "open"),
    "filled": ("propose", "log_visit", "handout", "tour"),
    "working": (),
}


_TIPS, _AWAY = "tips", "away"


class WelcomeCard(QWidget):
    """A few lines and the actions that lead on, until work begins: ``kept`` remembers that."""

    def __init__(
        self, desk: UiContext, kept: MutableMapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._kept = desk, kept
        self.steps: tuple[str, ...] = ()
        rows = make_column_layout(self)
        self.title = make_heading_label()
        self.about = make_muted_label()
        rows.addWidget(self.title)
        rows.addWidget(self.about)
        self._state = ""
        self._below = QWidget()
        self._rows = make_column_layout(self._below, margin_px=0)
        rows.addWidget(self._below)
        rows.addStretch(1)
        desk.bridge.changed.connect(self._refresh)
        desk.bridge.logged.connect(self._refresh)
        self._refresh()

    def dismiss(self) -> None:
        """Take the tips away for good; the tour and the actions stay in the menus."""
        self._kept[_TIPS] = _AWAY
        self._refresh()

    def _refresh(self) -> None:
        session = self._desk.session
        project = session.project
        zones = len(session.plan.zones) if session.plan else 0
        self.title.setText(project.name)
        self.about.setText(
            f"{len(project.patrolled)} patrolled sites of {len(project.sites)}, "
            f"{zones} zones, {len(project.units)} units"
        )
        if session.own_step is not None or session.store.head().entries:
            self._kept[_TIPS] = _AWAY
        filled = "working" if self._kept.get(_TIPS) == _AWAY else "filled"
        bare = "empty" if project.jurisdictions else "bare"
        self._show_steps(filled if project.sites else bare)

    def _show_steps(self, state: str) -> None:
        """Say what to try, or what is missing; anew only where that changes."""
        if state == self._state:
            return
        barred = state == "filled" and bool(explain_edit_denied(self._desk.session.store))
        self._state = state
        self.steps = tuple(step for step in _STEPS[state] if not (barred and step == _DRAG))
        clear_layout(self._rows)
        for step in self.steps:
            self._rows.addWidget(make_wrapped_label(step))
        for name in _ACTIONS[state]:
            button = ActionButton(self._desk.actions[name])
            self._rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if state == "filled":
            self._rows.addWidget(make_link_button("Hide these tips", self.dismiss))
