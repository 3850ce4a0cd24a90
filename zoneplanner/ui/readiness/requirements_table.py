"""What is to be done by due date, or where sites and zones stand; a row opens its form."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.readiness.requirements import ReadinessStatus
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.readiness.requirement_rows import (
    REQUIREMENT_COLUMNS,
    RequirementRow,
    build_requirement_rows,
    build_site_standing_rows,
    build_standing_columns,
    build_zone_standing_rows,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import LazyPanel, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_count
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_SHOWN = {"open": "To do", "all": "All duties", "site": "Sites", "zone": "Zones"}
_EMPTY = {
    "open": "Nothing is due: all that is asked for up to now is done.",
    "all": "This project has no schools yet, so nothing is required.",
    "site": "This project has no patrolled schools yet.",
    "zone": "There is no plan on screen yet.",
}
_OFFERS = {"open": "log_drill", "all": "import", "site": "import", "zone": "propose"}
"""What is offered where a table is empty."""
_READING = "Reading the log…"


class RequirementsTable(LazyPanel):
    """``do`` opens the form that fulfils a duty."""

    def __init__(
        self, desk: UiContext, do: Callable[[Requirement], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._do = desk, do
        self.shown = ChoiceBox()
        self.shown.setAccessibleName("What the table shows")
        for key, text in _SHOWN.items():
            self.shown.addItem(text, key)
        self.view = TableView("Duties", desk.icons, empty=_READING)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by site, zone or duty…")
        self.filter.setAccessibleName("Filter duties")
        self.filter.setClearButtonEnabled(True)
        self.open_button = QPushButton("Log It…")
        self.open_button.setToolTip("Open the form of the duty that is chosen (Enter).")
        self.counted = make_muted_label()
        self.counted.setWordWrap(False)
        self.table: TableModel | None = None
        self.sorted: SortFilterModel | None = None
        self._key = ""
        self._lay_out()
        self.view.chosen.connect(self._go)
        self.view.opened.connect(lambda _: self._open())
        self.view.customContextMenuRequested.connect(self._menu)
        self.open_button.clicked.connect(self._open)
        self.filter.textChanged.connect(self._filter)
        self.shown.currentIndexChanged.connect(lambda _: self.mark_stale())
        desk.duties.was_read.connect(self.mark_stale)
        desk.bridge.logged.connect(self.mark_stale)
        desk.bridge.changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Show the duties as they are known, and have them read anew where they can differ."""
        found = self._desk.duties.request()
        if found is None:
            return
        shown = self.shown.currentData()
        rows, kind = self._rows(found, shown)
        key = f"{kind} {len(found.rules.choices.own)}"
        if self.table is None or key != self._key:
            self._show_table(found, kind)
            self._key = key
        assert self.table is not None
        self.table.show(rows)
        offer = self._desk.actions[_OFFERS[shown]]
        self.view.set_empty_text(_EMPTY[shown], offer.text(), offer.trigger)
        self.view.fit_columns()
        of = {"open": "to do", "all": "in all"}.get(shown, "")
        words = (
            format_count(len(rows), "site" if shown == "site" else "zone") if kind != "duty" else ""
        )
        self.counted.setText(words or f"{len(rows)} {of}")
        self.open_button.setVisible(kind == "duty")

    def _rows(self, found: ReadinessStatus, shown: str) -> tuple[list[object], str]:
        session = self._desk.session
        if shown == "site":
            return list(build_site_standing_rows(found, session)), "site"
        if shown == "zone":
            return list(build_zone_standing_rows(found, session)), "zone"
        return list(build_requirement_rows(found, session, every=shown == "all")), "duty"

    def _show_table(self, found: ReadinessStatus, kind: str) -> None:
        columns = (
            REQUIREMENT_COLUMNS
            if kind == "duty"
            else build_standing_columns(found, of_zones=kind == "zone")
        )
        old, old_table = self.sorted, self.table
        self.table = TableModel(columns, lambda row: row.key, self)
        self.sorted = SortFilterModel(self.table, self)
        self.sorted.filter_words(self.filter.text())
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        for gone in (old, old_table):
            if gone is not None:
                gone.deleteLater()

    def _filter(self, text: str) -> None:
        if self.sorted is not None:
            self.sorted.filter_words(text)

    def _row(self) -> object:
        index = self.view.currentIndex()
        return self.sorted.row_of(index) if self.sorted is not None and index.isValid() else None

    def _go(self, key: str) -> None:
        row = self._row()
        session, bridge = self._desk.session, self._desk.bridge
        if isinstance(row, RequirementRow):
            if row.item.site in session.project.sites:
                bridge.select(site=row.item.site)
            return
        plan = session.plan
        if key in session.project.sites:
            bridge.select(site=key)
        elif plan is not None and key in {zone.id for zone in plan.zones}:
            bridge.select(zone=key)

    def _open(self) -> None:
        row = self._row()
        if isinstance(row, RequirementRow):
            self._do(row.item)
        elif self.shown.currentData() in ("open", "all"):
            self._desk.notices.show_notice("Choose a duty in the table first.")

    def _menu(self, at: QPoint) -> None:
        if not isinstance(self._row(), RequirementRow):
            return
        menu = QMenu(self)
        menu.addAction("Log It…", self._open)
        menu.popup(self.view.viewport().mapToGlobal(at))

    def _lay_out(self) -> None:
        label = QLabel("S&how")
        label.setBuddy(self.shown)
        bar = QHBoxLayout()
        bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        bar.setSpacing(SPACING_PX)
        bar.addWidget(label)
        bar.addWidget(self.shown)
        bar.addWidget(self.filter, 2)
        bar.addWidget(self.open_button)
        bar.addStretch(1)
        bar.addWidget(self.counted)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.view, 1)
