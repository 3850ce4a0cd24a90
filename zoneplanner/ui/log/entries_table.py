"""The log: every record as it stands, with correction and voiding as new entries."""

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.projects.sharing_status import explain_log_denied
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import LazyPanel, make_muted_label
from zoneplanner.ui.widgets.records.record_actions import RecordActions, RecordButtons
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_count
from zoneplanner.ui.widgets.tables.record_rows import ENTRY_COLUMNS, build_entry_rows
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_EVERYTHING = "Everything"
_PERIODS = {"Last 30 days": 30, "Last 12 months": 366, _EVERYTHING: 0}
_NONE_LATELY = "Nothing was logged in this period."
_EMPTY = "Nothing has been logged yet: no visit, incident or drill."


class EntriesPanel(LazyPanel):
    """A row an entry; entries are never changed, only corrected or voided by new ones."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = TableModel(ENTRY_COLUMNS, lambda row: row.uid, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view = TableView("Log entries", desk.icons, empty=_EMPTY)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self._go)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter…")
        self.filter.setAccessibleName("Filter the log")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.sorted.filter_words)
        self.period = ChoiceBox()
        self.period.setAccessibleName("Period")
        for text, days in _PERIODS.items():
            self.period.addItem(text, days)
        self.period.currentIndexChanged.connect(lambda _: self.mark_stale())
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        self.buttons = RecordButtons(desk, self.view, self.sorted.row_of, records)
        self._lay_out()
        desk.bridge.logged.connect(self.mark_stale)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        bar.setSpacing(SPACING_PX)
        bar.addWidget(self.period)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.buttons)
        bar.addWidget(self.counted)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.view, 1)

    def refresh(self) -> None:
        """Read the log anew, and what is due, which the site's card tells."""
        session = self._desk.session
        self._desk.duties.request()
        first = not self.table.rowCount()
        days = self.period.currentData()
        since = session.clock() - timedelta(days=days) if days else None
        self.table.show(build_entry_rows(session, since))
        if days and session.store.head().entries:
            everything = self.period.findText(_EVERYTHING)
            self.view.set_empty_text(
                _NONE_LATELY, "Show everything", lambda: self.period.setCurrentIndex(everything)
            )
        else:
            visit = self._desk.actions["log_visit"]
            barred = explain_log_denied(self._desk.session.store)
            self.view.set_empty_text(_EMPTY, "" if barred else visit.text(), visit.trigger)
        self.counted.setText(format_count(self.table.rowCount(), "entry", "entries"))
        if first:
            self.view.fit_columns()

    def _go(self, uid: str) -> None:
        row = self.table.row(self.table.place(uid) or 0)
        if row.site:
            self._desk.bridge.select(site=row.site)
