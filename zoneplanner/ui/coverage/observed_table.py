"""Coverage as observed: the journal's figures by site, zone, unit or week, and what is behind."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.app.coverage.observed_coverage import (
    compute_observed_coverage,
    find_source_records,
)
from zoneplanner.ui.coverage.observed_figures import (
    REPORT_PERIODS,
    PeriodSelection,
    build_observed_columns,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, LazyPanel
from zoneplanner.ui.widgets.records.record_actions import RecordActions, RecordButtons
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_count
from zoneplanner.ui.widgets.tables.record_rows import ENTRY_COLUMNS, build_record_rows
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_ROW_GROUPINGS = {
    "site": "Sites",
    "zone": "Zones",
    "unit": "Units",
    "week": "Weeks",
    "all": "All in one row",
}
_EMPTY = "No visit or call has been logged yet, so there is nothing to count."


class ObservedCoverageTable(LazyPanel):
    """What the log shows, never mixed with what a model expects.

    A row opens to the entries that it is told from.
    """

    def __init__(
        self,
        desk: UiContext,
        period: PeriodSelection,
        records: RecordActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self.period = desk, period
        self.by = ChoiceBox()
        self.by.setAccessibleName("Rows")
        for key, text in _ROW_GROUPINGS.items():
            self.by.addItem(text, key)
        self.view = TableView("Observed coverage", desk.icons, empty=_EMPTY)
        visit = desk.actions["log_visit"]
        self.view.set_empty_text(_EMPTY, visit.text(), visit.trigger)
        self.behind = TableView("Entries behind the row", desk.icons, empty="No entry.")
        self.entries = TableModel(ENTRY_COLUMNS, lambda row: row.uid, self)
        listed = SortFilterModel(self.entries, self.behind)
        self.behind.setModel(listed)
        self.buttons = RecordButtons(desk, self.behind, listed.row_of, records)
        self.note, self.told = ElidedLabel(), ElidedLabel()
        self.back = QPushButton("Back to the figures")
        self.open = QPushButton("Entries behind…")
        self.open.setToolTip("List the entries that the chosen row is told from (Enter)")
        self._table: TableModel | None = None
        self._opened = ""
        self._lay_out()
        self.view.chosen.connect(self._go)
        self.view.opened.connect(self.drill)
        self.open.clicked.connect(self._drill_current)
        self.back.clicked.connect(self.close_entries)
        self.by.currentIndexChanged.connect(lambda _: self.close_entries())
        period.changed.connect(self.mark_stale)
        desk.bridge.logged.connect(self.mark_stale)
        desk.bridge.changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Read the journal anew."""
        session, choice = self._desk.session, self.period.choice
        first, last = choice.days(session.today)
        rows: list[CoverageRow] = []
        by, target_min = self.by.currentData(), choice.target_min
        if not self._desk.attempt(
            lambda: rows.extend(
                compute_observed_coverage(
                    session, by=by, first=first, last=last, target_min=target_min
                )
            )
        ):
            return
        recorded = bool(session.store.head().entries)
        table = TableModel(build_observed_columns(by), lambda row: row.key, self)
        table.show(rows if recorded else [])
        old = self.view.model()
        self.view.setModel(SortFilterModel(table, self.view))
        if old is not None:
            old.deleteLater()
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        assumed = " School days are assumed." if session.project.calendar.assumed else ""
        formats = session.formats
        if first or last:
            begin = formats.day(first) if first else "First entry"
            since = f"{begin} to {formats.day(last or session.today)}."
        else:
            since = f"{REPORT_PERIODS[choice.period]}, to {formats.day(session.today)}."
        self.note.set_full_text(since + assumed)
        if self._table is not None:
            self._table.deleteLater()
        self._table = table
        if self._opened:
            self.drill(self._opened)

    def drill(self, key: str) -> None:
        """List the entries that a row is told from."""
        session = self._desk.session
        first, last = self.period.choice.days(session.today)
        by = self.by.currentData()
        visits, calls = find_source_records(session, by=by, key=key, first=first, last=last)
        self.entries.show(build_record_rows(session, visits, calls))
        name = self._table.row(self._table.place(key) or 0).name if self._table else key
        self.told.set_full_text(
            f"{name}: {format_count(len(visits) + len(calls), 'entry', 'entries')}"
        )
        if not self._opened:
            self.behind.sortByColumn(0, Qt.SortOrder.DescendingOrder)
            self.behind.fit_columns()
        self._opened = key
        self._turn()

    def close_entries(self) -> None:
        """Show the figures again."""
        self._opened = ""
        self._turn()
        self.mark_stale()

    def _turn(self) -> None:
        listing = bool(self._opened)
        self.stack.setCurrentWidget(self.behind if listing else self.view)
        for shown in (self.back, self.told, self.buttons):
            shown.setVisible(listing)
        for hidden in (self.by, self.by_label, self.open, self.note):
            hidden.setVisible(not listing)

    def _drill_current(self) -> None:
        index = self.view.currentIndex()
        if not index.isValid():
            self._desk.notices.show_notice("Choose a row first; its entries are listed then.")
            return
        model = self.view.model()
        assert isinstance(model, SortFilterModel)
        self.drill(model.row_of(index).key)

    def _go(self, key: str) -> None:
        by = self.by.currentData()
        if by == "site" and key in self._desk.session.project.sites:
            self._desk.bridge.select(site=key)
        plan = self._desk.session.plan
        if by == "zone" and plan and key in {zone.id for zone in plan.zones}:
            self._desk.bridge.select(zone=key)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        bar.setSpacing(SPACING_PX)
        self.by_label = QLabel("&By")
        self.by_label.setBuddy(self.by)
        for part in (self.back, self.told, self.buttons, self.by_label, self.by, self.open):
            bar.addWidget(part, 1 if part is self.told else 0)
        bar.addWidget(self.note, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.behind)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.stack, 1)
        self._turn()
