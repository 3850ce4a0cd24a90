"""Coverage as observed: the journal's figures by site, zone, unit or week."""

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from zoneplanner.app.observed import observed
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN
from zoneplanner.ui.kit.widgets import muted
from zoneplanner.ui.models.observed import columns
from zoneplanner.ui.models.table import Sorted, Table

BY = {"site": "Sites", "zone": "Zones", "unit": "Units", "week": "Weeks", "all": "All in one row"}
PERIODS = {"week": "This week", "month": "Last 30 days", "all": "Since the first entry"}


class ObservedPanel(LivelyPanel):
    """What the log shows, never mixed with what a model expects."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.by = self._choice("Rows", BY)
        self.period = self._choice("Period", PERIODS)
        self.view = TableView("Observed coverage", desk.icons, empty="Nothing to show yet.")
        self.note = muted()
        self.note.setWordWrap(False)
        self._table: Table | None = None
        self._lay_out()
        self.view.chosen.connect(self._go)
        self.by.currentIndexChanged.connect(lambda _: self.renew())
        self.period.currentIndexChanged.connect(lambda _: self.renew())
        desk.bridge.logged.connect(self.renew)
        desk.bridge.changed.connect(self.renew)

    def refresh(self) -> None:
        """Read the journal anew."""
        session = self._desk.session
        by = self.by.currentData()
        today = session.today
        first = {
            "week": today - timedelta(days=today.weekday()),
            "month": today - timedelta(days=29),
            "all": None,
        }[self.period.currentData()]
        rows = observed(session, by=by, first=first)
        table = Table(columns(by), lambda row: row.key, self)
        table.show(rows)
        old = self.view.model()
        self.view.setModel(Sorted(table, self.view))
        if old is not None:
            old.deleteLater()
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        assumed = " School days are assumed." if session.project.calendar.assumed else ""
        since = f"From {first:%Y-%m-%d} to {today:%Y-%m-%d}." if first else f"To {today:%Y-%m-%d}."
        self.note.setText(since + assumed)
        if self._table is not None:
            self._table.deleteLater()
        self._table = table

    def _go(self, key: str) -> None:
        by = self.by.currentData()
        if by == "site" and key in self._desk.session.project.sites:
            self._desk.bridge.select(site=key)
        plan = self._desk.session.plan
        if by == "zone" and plan and key in {zone.id for zone in plan.zones}:
            self._desk.bridge.select(zone=key)

    def _choice(self, name: str, texts: dict[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for key, text in texts.items():
            box.addItem(text, key)
        return box

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(MARGIN, GRID, MARGIN, GRID)
        bar.setSpacing(GAP)
        for text, box in (("&By", self.by), ("&Period", self.period)):
            label = QLabel(text)
            label.setBuddy(box)
            bar.addWidget(label)
            bar.addWidget(box)
        bar.addStretch(1)
        bar.addWidget(self.note)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.view, 1)
