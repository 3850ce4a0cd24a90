"""Visits that are due this week; one key prepares the visit at the row's school."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.due_visits import list_planned_visits_of_week
from zoneplanner.domain.visit_rule import DueVisitStatus
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import ActionButton, make_muted_label
from zoneplanner.ui.models.due_visits import DUE_VISIT_COLUMNS, DueVisitRow, build_due_visit_rows
from zoneplanner.ui.models.table import SortFilterModel, TableModel
from zoneplanner.ui.models.visit_step import ask_to_log_planned_visit, ask_to_log_visit

_EMPTY = "No visit is due this week. “Rule of Visits…” says how many each level is to have."


_LEAST_FILTER_PX = 96


class DueVisitsPanel(LazyPanel):
    """A row a school and window; Enter prepares the visit that begins, and once more its end."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = TableModel(DUE_VISIT_COLUMNS, lambda row: row.key, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view = TableView("Visits due this week", desk.icons, empty=_EMPTY)
        self.view.setModel(self.sorted)
        self.view.chosen.connect(self._go)
        self.view.opened.connect(self._log)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter…")
        self.filter.setAccessibleName("Filter visits due")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(_LEAST_FILTER_PX)
        self.filter.textChanged.connect(self.sorted.filter_words)
        self.all = QCheckBox("Done too")
        self.all.toggled.connect(lambda _: self.renew())
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        bar = QHBoxLayout()
        bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        bar.setSpacing(SPACING_PX)
        bar.addWidget(self.filter, 2)
        bar.addWidget(self.all)
        for name in ("visit_now", "visit_rule"):
            bar.addWidget(ActionButton(desk.actions[name]))
        bar.addStretch(1)
        bar.addWidget(self.counted)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.view, 1)
        desk.bridge.logged.connect(self.renew)
        desk.bridge.changed.connect(self.renew)

    def refresh(self) -> None:
        """Read anew what is due."""
        first = not self.table.rowCount()
        rows = build_due_visit_rows(
            self._desk.session, list_planned_visits_of_week(self._desk.session)
        )
        of_rule = [row.due for row in rows if not row.planned]
        asked = sum(due.asked for due in of_rule)
        done = sum(due.done for due in of_rule)
        missed = sum(due.standing is DueVisitStatus.MISSED for due in of_rule)
        shown = rows if self.all.isChecked() else [
            row for row in rows if row.due.standing is not DueVisitStatus.DONE
        ]  # fmt: skip
        self.table.show(shown)
        told = f"{done} of {asked}"
        recorded = bool(self._desk.session.last_visits)
        self.counted.setText(f"{told}, {missed} missed" if missed and recorded else told)
        if first and shown:
            self.view.sortByColumn(3, Qt.SortOrder.AscendingOrder)
            self.view.fit_columns()

    def _row(self, key: str) -> DueVisitRow:
        row: DueVisitRow = self.table.row(self.table.place(key) or 0)
        return row

    def _go(self, key: str) -> None:
        self._desk.bridge.select(site=self._row(key).site)

    def _log(self, key: str) -> None:
        row = self._row(key)
        if row.planned:
            ask_to_log_planned_visit(self._desk, row.planned)
        else:
            ask_to_log_visit(self._desk, row.site)
