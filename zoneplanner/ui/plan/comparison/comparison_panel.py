"""The tables of a comparison: the sites that change their zone, and every measure."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QVBoxLayout, QWidget

from zoneplanner.app.plans.comparison import PlanPair, compare_project_plans
from zoneplanner.errors import UserError
from zoneplanner.ui.map.compare.comparison_view import SWIPE, ComparisonView
from zoneplanner.ui.map.compare.zone_transfers import (
    MEASURE_COLUMNS,
    MOVED_COLUMNS,
    build_measure_rows,
    build_moved_rows,
    describe_plan,
    summarize_comparison,
)
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.comparison.comparison_tool_bar import ComparisonToolBar
from zoneplanner.ui.widgets.layout.basic_widgets import LazyPanel, PlainTextLabel
from zoneplanner.ui.widgets.services.session_bridge import Selection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX, Theme
from zoneplanner.ui.widgets.tables.table_model import SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_STUDENTS = 3
_NONE_MOVED = "No site changes its zone. Edit plan B or choose another plan to compare."


class _MovedSitesTable(QWidget):
    """A row a site; ``chosen`` carries the one that a person picked."""

    chosen = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self.table = TableModel(MOVED_COLUMNS, lambda row: row.move.site, self)
        self.view = TableView("Moved sites", desk.icons, empty=_NONE_MOVED)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(_STUDENTS, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self.chosen)
        self.view.clicked.connect(self._choose_again)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: PlanPair | None) -> None:
        """Show the sites that move, None none."""
        empty = not self.table.rowCount()
        self.table.show(build_moved_rows(found) if found is not None else [])
        self.view.fit_columns(only_wider=not empty)
        self.view.setVisible(found is not None)

    def follow(self, selection: Selection) -> None:
        """Mark the site that is selected."""
        self.view.select_key(selection.site)

    def _choose_again(self) -> None:
        """Go to the site again where its row, which is the present one, is clicked."""
        row = self.view.currentIndex()
        if row.isValid():
            self.chosen.emit(self.sorted.row_of(row).move.site)


class _ScoreCardTable(LazyPanel):
    """A row a measure: before, after, difference, and whether that is better or worse."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._found: PlanPair | None = None
        self.table = TableModel(MEASURE_COLUMNS, lambda row: row.key, self)
        self.view = TableView("Score card", desk.icons, empty="Choose two plans to compare.")
        self.view.setModel(self.table)
        self.view.setSortingEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: PlanPair | None) -> None:
        """Show the measures of both plans, None none."""
        self._found = found
        self.mark_stale()

    def refresh(self) -> None:
        """Write the measures."""
        found = self._found
        self.table.show(build_measure_rows(found.comparison) if found is not None else [])
        self.view.fit_columns()


_CHOOSE = "Choose two plans to compare."
_ONE_LEFT = "“{}” is the only plan. Branch a draft from it or propose zones, then compare the two."


class ComparisonPanel(QWidget):
    """Two plans by uid, read anew at each change; ``found`` is None where they cannot be.

    ``moved`` and ``scores`` are tables for whoever has room for them; ``counted`` tells how many
    sites move.
    """

    counted = Signal(int)
    closed = Signal()

    def __init__(self, desk: UiContext, view: MapView, pair: tuple[str, str]) -> None:
        super().__init__()
        self._desk, self._main = desk, view
        self.pair = pair
        self._names: dict[str, str] = {}
        found = compare_project_plans(desk.session, *pair)
        self.found: PlanPair | None = found
        self.stage = ComparisonView(found, view.theme, view.map)
        self.bar = ComparisonToolBar(desk, self)
        self.moved, self.scores = _MovedSitesTable(desk), _ScoreCardTable(desk)
        self.message = PlainTextLabel()
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setMargin(WIDE_MARGIN_PX)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.stage)
        self.pages.addWidget(self.message)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.bar)
        rows.addWidget(self.pages, 1)
        self.bar.chosen.connect(self._choose)
        self.bar.swapped.connect(self._swap)
        self.bar.mode_chosen.connect(self._set_mode)
        self.bar.close_asked.connect(self.closed)
        self.stage.hovered.connect(self.moved.view.highlight_key)
        self.moved.view.pointed.connect(self.stage.hover)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.closed)

    def show_pair(self, before: str, after: str) -> None:
        """Compare two plans, by uid."""
        self.pair = (before, after)
        self.refresh()

    def refresh(self) -> None:
        """Read both plans anew, or say why that cannot be."""
        session, plans = self._desk.session, self._desk.session.project.plans
        self._names.update({uid: plan.name for uid, plan in plans.items()})
        self.bar.show_pair(*self.pair)
        try:
            problem = self._what_is_missing()
            if not problem:
                self.found = compare_project_plans(session, *self.pair, previous=self.found)
        except UserError as error:
            problem = error.message
        if problem:
            self.found = None
            self.bar.say("", whole=False)
            self.message.setText(problem)
            self.pages.setCurrentWidget(self.message)
        else:
            assert self.found is not None
            first, second = (describe_plan(plans[uid], session) for uid in self.pair)
            self.bar.say(summarize_comparison(self.found.comparison), whole=True)
            self.pages.setCurrentWidget(self.stage)
            self.stage.show_comparison(self.found, (first, second))
        for table in (self.moved, self.scores):
            table.show_comparison(self.found)
        self.counted.emit(len(self.found.comparison.moved) if self.found is not None else 0)

    def select(self, selection: Selection) -> None:
        """Mark what is selected on the maps and in the table."""
        self.stage.choose(selection.site, selection.zone)
        self.moved.follow(selection)

    def take_focus(self) -> None:
        """Let the keys work here: they move the divider, or the map where there is none."""
        on_stage = self.pages.currentWidget() is self.stage
        if on_stage and self.stage.mode == SWIPE:
            self.stage.divider.setFocus()
        elif on_stage:
            self.stage.lead.setFocus()
        else:
            self.bar.before.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.stage.set_theme(theme)
        self.bar.paint_icons()
        self.bar.show_pair(*self.pair)

    def _what_is_missing(self) -> str:
        plans = self._desk.session.project.plans
        gone = [uid for uid in self.pair if uid not in plans]
        if not gone:
            return ""
        if len(plans) == 1:
            (left,) = plans.values()
            return _ONE_LEFT.format(left.name)
        if gone[0] in self._names:
            return f"“{self._names[gone[0]]}” was deleted; choose another plan to compare."
        return _CHOOSE

    def _choose(self, before: str, after: str) -> None:
        """Take the plans of both fields; a field left empty keeps the plan that is gone."""
        old_before, old_after = self.pair
        self.show_pair(before or old_before, after or old_after)

    def _swap(self) -> None:
        before, after = self.pair
        self.show_pair(after, before)

    def _set_mode(self, mode: str) -> None:
        self.stage.set_mode(mode)
