"""The overview of readiness with the year's figures, and the matrix of schools by requirement."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.readiness_figures import name_readiness_figure
from zoneplanner.app.readiness.requirements import format_requirement_name
from zoneplanner.domain.log.record_schema import list_record_groups
from zoneplanner.domain.readiness.requirements import DRILL, REVIEW, Requirement
from zoneplanner.messages import say_all
from zoneplanner.ui.readiness.requirement_rows import (
    build_matrix_columns,
    build_site_standing_rows,
    describe_open_groups,
    list_matrix_kinds,
    rank_standing,
    summarize_requirements,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    FactRows,
    LazyPanel,
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_menu_button,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_LOG_ACTIONS = ("log_review", "log_after_action", "log_concern")
_RULE_ACTIONS = ("due_calendar", "rule_choices", "own_rule", "install_rules", "save_rules")
_REVIEWED_SHARE, _DRILL_PREFIX = "plans_reviewed_share", "drills_"
_READING = "Reading the log…"
_MAX_GROUPS = 6


class ReadinessPanel(LazyPanel):
    """Lists what is open and the year's figures, with count and definition in their tooltips.

    A figure without a value is left out, unless there is a reason to show.
    """

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.title = make_heading_label("Readiness")
        self.summary, self.groups = WrappedLabel(_READING), WrappedLabel()
        self.groups.setAccessibleName("What is open")
        self.figures: FactRows | None = None
        self.groups.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._columns = make_row_layout((self.groups, 1))
        drill = ActionButton(desk.actions["log_drill"])
        more = make_menu_button("More", "More to log, and the rules")
        menu = more.menu()
        menu.addActions([desk.actions[name] for name in _LOG_ACTIONS])
        for group, kinds in list_record_groups().items():
            submenu = menu.addMenu(group)
            submenu.addActions([desk.actions[f"log_{kind}"] for kind in kinds])
        menu.addSeparator()
        menu.addActions([desk.actions[name] for name in _RULE_ACTIONS])
        buttons = make_row_layout(drill, more, None, make_muted_label("Not legal advice."))
        make_column_layout(self, self.title, self.summary, self._columns, buttons)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the figures as last read; the reader reads them again if they changed."""
        readiness = self._desk.readiness.request()
        if readiness is None:
            return
        self.title.setText(f"Readiness, school year {readiness.year.name}")
        self.summary.setText(summarize_requirements(readiness))
        groups = describe_open_groups(readiness)
        if len(groups) > _MAX_GROUPS:
            groups[_MAX_GROUPS:] = [f"and {len(groups) - _MAX_GROUPS} more"]
        self.groups.setText("\n".join(groups))
        names = {name: str(name_readiness_figure(name)) for name in readiness.figures}
        tips = {name: _make_tip(figure) for name, figure in readiness.figures.items()}
        if self.figures is not None:
            self._columns.removeWidget(self.figures)
            self.figures.deleteLater()
        self.figures = FactRows(names, tips)
        self.figures.hold_lines()
        for name, figure in readiness.figures.items():
            kind = REVIEW if name == _REVIEWED_SHARE else DRILL
            needs_records = name == _REVIEWED_SHARE or name.startswith(_DRILL_PREFIX)
            if needs_records and kind not in readiness.recorded_kinds:
                text = ""  # the list of open requirements shows that there are no records
            elif figure.value is None:
                text = str(figure.why) if figure.n and figure.why else ""
            elif name.endswith("_share"):
                text = f"{value_text.format_share(figure.value, 0)} of {figure.n:,}"
            else:
                text = f"{value_text.format_number(figure.value, 0)} days (from {figure.n:,})"
            self.figures.set_value(name, text)
        self._columns.addWidget(self.figures, 1, Qt.AlignmentFlag.AlignTop)
        self.figures.setVisible(any(self.figures.value(name) for name in names))


def _make_tip(figure: Figure) -> str:
    why = f" Not shown: {figure.why}." if figure.value is None else ""
    return f"{say_all(figure.definition)} n = {figure.n}.{why}"


_MIN_BUTTON_PX = 20


class ReadinessMatrix(TablePanel):
    """One row per school and one column per kind of requirement, the most urgent schools first.

    ``log_requirement`` opens the form that logs a requirement as fulfilled.
    """

    def __init__(self, desk: UiContext, log_requirement: Callable[[Requirement], object]) -> None:
        super().__init__(
            desk,
            (),
            lambda row: row.key,
            name="Readiness by school",
            empty=_READING,
            filter_name="Filter schools",
            filter_hint="Filter by school or zone…",
            noun="school",
        )
        self._log_requirement = log_requirement
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(240)
        self.lay_out((self.filter, 1), self.counted)
        self._titles: tuple[str, ...] = ()
        self._kinds: tuple[str, ...] = ()
        self.record = QToolButton(self.view.viewport())
        self.record.setText("Done…")
        self.record.setIcon(desk.icons("check"))
        self.record.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Enter does the same
        self.record.hide()
        self.record.clicked.connect(self._log_cell)
        self._button_cell: QPersistentModelIndex | None = None
        self.view.setMouseTracking(True)
        self.view.entered.connect(self._show_button)
        self.view.verticalScrollBar().valueChanged.connect(self.record.hide)
        self.view.chosen.connect(lambda site: desk.bridge.select(site=site))
        self.view.opened.connect(self._open)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the requirements as last read; the reader reads them again if they changed."""
        readiness = self._desk.readiness.request()
        if readiness is None:
            return
        columns = build_matrix_columns(readiness, self._desk.session.formats)
        titles = tuple(column.title for column in columns)
        if titles != self._titles:
            self._titles = titles
            self.show_columns(columns)
            self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        else:
            self.table.columns = columns  # they count days late from the day of reading
        self._kinds = list_matrix_kinds(readiness)
        self.record.hide()
        rows = build_site_standing_rows(readiness, self._desk.session)
        # the map offers to import schools
        self.view.set_empty_text("This project has no patrolled schools yet.")
        for part in (self.filter, self.counted):
            part.setVisible(bool(rows))
        self.show_rows(sorted(rows, key=rank_standing))

    def item_at(self, index: QModelIndex) -> Requirement | None:
        """Return the open requirement of a cell, or None if it has none."""
        if not index.isValid() or index.column() >= len(self._kinds):
            return None
        kind, row = self._kinds[index.column()], self.sorted.row_of(index)
        item: Requirement | None = row.worst_of(kind) if kind else None
        return item if item is not None and item.is_open else None

    def _show_button(self, index: QModelIndex) -> None:
        """Show the button at the right of a cell under the pointer, if its requirement is open."""
        item = self.item_at(index)
        self.record.setVisible(item is not None)
        if item is None:
            return
        self._button_cell = QPersistentModelIndex(index)
        text = f"Record as done: {format_requirement_name(item)}, {self.sorted.row_of(index).name}"
        self.record.setToolTip(text)
        self.record.setAccessibleName(text)
        cell = self.view.visualRect(index)
        self.record.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        width_px, free_px = self.record.sizeHint().width(), self.view.measure_free_px(index)
        if width_px > free_px:  # a narrow cell has room for the icon only
            self.record.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            width_px = min(self.record.sizeHint().width(), max(free_px, _MIN_BUTTON_PX))
        self.record.setGeometry(cell.right() - width_px + 1, cell.top(), width_px, cell.height())
        self.record.raise_()

    def _log_cell(self) -> None:
        cell = self._button_cell
        if cell is not None and cell.isValid():
            item = self.item_at(self.sorted.index(cell.row(), cell.column()))
            if item is not None:
                self._log_requirement(item)

    def _open(self, _key: object) -> None:
        """Open the form of the selected cell, or of the school's most urgent requirement."""
        row: Any = self.view.current_row()
        item = self.item_at(self.view.currentIndex()) or (row.most_urgent if row else None)
        if item is not None:
            self._log_requirement(item)
