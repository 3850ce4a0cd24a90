"""The comparison in place of the map: the bar, and below it the maps or what to do first."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from zoneplanner.app.compare import PlanPair, compare_project_plans
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.compare.stage import SWIPE, ComparisonView
from zoneplanner.ui.canvas.view import MapView
from zoneplanner.ui.kit.bridge import Selection
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.theme import WIDE_MARGIN_PX, Theme
from zoneplanner.ui.kit.widgets import PlainTextLabel
from zoneplanner.ui.models.compare import describe_plan, summarize_comparison
from zoneplanner.ui.panels.compare.bar import ComparisonToolBar
from zoneplanner.ui.panels.compare.tables import MovedSitesTable, ScoreCardTable

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
        self.moved, self.scores = MovedSitesTable(desk), ScoreCardTable(desk)
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
        self.stage.hovered.connect(self.moved.view.light)
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
        """Take other colours."""
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
