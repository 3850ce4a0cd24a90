"""The card while nothing is selected: what to try first, or what an empty project needs."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.widgets import ActionButton, column, heading, muted, wrapped

FIRST_STEPS = (
    "Click a school for its card: address, phone, unit, load.",
    "Drag a school to another zone and watch load and travel, before and after.",
    "Press Ctrl+K and type a few letters to find any school, zone or action; ? shows every key.",
)
EMPTY_STEPS = (
    "This project has no sites yet.",
    "Start one on the bundled district with “New Project…”, or drop a layer file on the map to "
    "see it there.",
)


class WelcomeCard(QWidget):
    """A few lines and the actions that lead on."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        rows = column(self)
        self.title = heading()
        self.about = muted()
        rows.addWidget(self.title)
        rows.addWidget(self.about)
        empty = not desk.session.project.sites
        self.steps = EMPTY_STEPS if empty else FIRST_STEPS
        for step in self.steps:
            rows.addWidget(wrapped(step))
        for name in ("new", "open") if empty else ("propose", "log_visit", "handout", "tour"):
            rows.addWidget(ActionButton(desk.actions[name]), 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)
        desk.bridge.changed.connect(self._refresh)
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
