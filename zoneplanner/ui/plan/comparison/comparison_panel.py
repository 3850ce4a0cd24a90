"""The tables of a comparison: the sites that change their zone, and every measure."""

from operator import attrgetter

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QWidget

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
from zoneplanner.ui.plan.plans.plan_rows import ONLY_ONE_PLAN
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel, make_column_layout
from zoneplanner.ui.widgets.services.session_bridge import Selection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX, Theme
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_STUDENTS = 3
_CHOOSE = "Choose two plans to compare."
_NONE_MOVED = "No site changes zones. Edit plan B or choose another plan to compare."


class _MovedSitesTable(TablePanel):
    """A row a site; ``chosen`` carries the one that a person picked."""

    chosen = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        name, key = "Moved sites", attrgetter("move.site")
        super().__init__(desk, MOVED_COLUMNS, key, name=name, empty=_NONE_MOVED)
        self.view.sortByColumn(_STUDENTS, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self.chosen)
        self.view.clicked.connect(lambda index: self.chosen.emit(index.data(KEY_ROLE)))
        self.lay_out()

    def refresh(self) -> None:
        """The panel shows what it compared; there is nothing to read."""

    def show_comparison(self, pair: PlanPair | None) -> None:
        """Show the sites that move, None none."""
        self.show_rows(build_moved_rows(pair) if pair is not None else [])
        self.view.setVisible(pair is not None)


class _ScoreCardTable(TablePanel):
    """A row a measure: before, after, difference, and whether that is better or worse."""

    def __init__(self, desk: UiContext) -> None:
        name, key = "Score card", attrgetter("key")
        super().__init__(desk, MEASURE_COLUMNS, key, name=name, empty=_CHOOSE)
        self._pair: PlanPair | None = None
        self.view.setSortingEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.lay_out()

    def show_comparison(self, pair: PlanPair | None) -> None:
        """Show the measures of both plans, None none."""
        self._pair = pair
        self.mark_stale()

    def refresh(self) -> None:
        """Write the measures."""
        pair = self._pair
        self.table.show(build_measure_rows(pair.comparison) if pair is not None else [])
        self.view.fit_columns()


class ComparisonPanel(QWidget):
    """Two plans by uid, read anew at each change; ``found`` is None where they cannot be.

    ``moved`` and ``scores`` are tables for whoever has room for them; ``counted`` tells how many
    sites move.
    """

    counted = Signal(int)
    closed = Signal()

    def __init__(self, desk: UiContext, view: MapView, pair: tuple[str, str]) -> None:
        super().__init__()
        self._desk = desk
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
        make_column_layout(self, self.bar, (self.pages, 1), margin_px=0, spacing_px=0)
        self.bar.chosen.connect(self._choose)
        self.bar.swapped.connect(lambda: self.show_pair(*reversed(self.pair)))
        self.bar.mode_chosen.connect(self.stage.set_mode)
        self.bar.close_asked.connect(self.closed)
        self.stage.hovered.connect(self.moved.view.highlight_key)
        self.moved.view.pointed.connect(self.stage.hover)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape),
            self,
            self.closed.emit,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )

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
            self.stage.show_comparison(self.found, (first, second), session.formats)
        for table in (self.moved, self.scores):
            table.show_comparison(self.found)
        self.counted.emit(len(self.found.comparison.moved) if self.found is not None else 0)

    def select(self, selection: Selection) -> None:
        """Mark what is selected on the maps and in the table."""
        self.stage.choose(selection.site, selection.zone)
        self.moved.view.select_key(selection.site)

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
            return ONLY_ONE_PLAN.format(left.name)
        if gone[0] in self._names:
            return f"“{self._names[gone[0]]}” was deleted; choose another plan to compare."
        return _CHOOSE

    def _choose(self, before: str, after: str) -> None:
        """Take the plans of both fields; a field left empty keeps the plan that is gone."""
        old_before, old_after = self.pair
        self.show_pair(before or old_before, after or old_after)
