"""The log's console: log a visit or an incident, and stamp the incidents that are open."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from zoneplanner.app.logbook import all_incidents
from zoneplanner.domain.entries import stamp_entry
from zoneplanner.domain.journal import STAMPS, Incident
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.theme import GAP, GRID
from zoneplanner.ui.kit.widgets import ActionButton, column, empty_layout, link, muted, section
from zoneplanner.ui.kit.words import day_words

NEXT = {
    "dispatched_at": "Dispatched",
    "enroute_at": "En route",
    "onscene_at": "On scene",
    "cleared_at": "Cleared",
}


class ConsolePanel(LivelyPanel):
    """Buttons to log, and one click a stamp for each open incident."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        rows = column(self)
        rows.addWidget(section("Log"))
        for name in ("log_visit", "log_incident", "not_visited"):
            rows.addWidget(ActionButton(desk.actions[name]), 0, Qt.AlignmentFlag.AlignLeft)
        rows.addSpacing(GAP)
        rows.addWidget(section("Open incidents"))
        self.open = QVBoxLayout()
        self.open.setSpacing(GAP)
        rows.addLayout(self.open)
        rows.addStretch(1)
        desk.bridge.logged.connect(self.renew)

    def stamp(self, incident: Incident, name: str) -> None:
        """Put the present moment on an incident for its lead unit."""
        from zoneplanner.app.project import new_uid

        session = self._desk.session
        unit = incident.units[0] if incident.units else ""
        entry = stamp_entry(
            uid=new_uid(),
            incident=incident.uid,
            unit=unit,
            name=name,
            at=session.clock(),
            time_zone=session.project.time_zone,
            now=session.clock(),
        )
        self._desk.attempt(lambda: session.log(entry))

    def refresh(self) -> None:
        """Read the open incidents anew."""
        empty_layout(self.open)
        found = [one for one in all_incidents(self._desk.session) if one.cleared_at is None]
        if not found:
            self.open.addWidget(muted("None. An incident stays here until it is cleared."))
        for incident in reversed(found):
            self.open.addWidget(self._card(incident))

    def _card(self, incident: Incident) -> QWidget:
        session = self._desk.session
        card = QFrame()
        card.setFrameShape(QFrame.Shape.StyledPanel)
        lines = column(card, margin_px=GAP, spacing_px=GRID)
        site = session.project.sites.get(incident.site or "")
        name = site.name if site else "No site"
        lines.addWidget(
            link(
                f"{incident.type.capitalize()}, {name}",
                lambda: self._desk.bridge.select(site=incident.site),
            )
        )
        when = day_words(incident.received_at, session.project, session.today)
        units = ", ".join(incident.units) or "no unit yet"
        lines.addWidget(muted(f"Received {when.lower()} · {units}"))
        buttons = QGridLayout()
        buttons.setSpacing(GRID)
        for at, stamp in enumerate(STAMPS[1:]):
            made = getattr(incident, stamp) is not None
            button = QPushButton(NEXT[stamp])
            button.setEnabled(not made)
            button.clicked.connect(lambda _=False, stamp=stamp: self.stamp(incident, stamp))
            buttons.addWidget(button, at // 2, at % 2)
        lines.addLayout(buttons)
        return card
