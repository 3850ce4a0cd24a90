"""The panel that compares two plans: its tool bar, its maps, and its two tables."""

from functools import partial
from operator import attrgetter

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from zoneplanner.app.plans.comparison import PlanPair, compare_project_plans
from zoneplanner.app.publishing.release_check import is_released_plan
from zoneplanner.errors import UserError
from zoneplanner.publish.audience import AUDIENCES, PUBLIC, name_audience
from zoneplanner.ui.map.compare.comparison_view import DIFFERENCE, SIDE, SWIPE, ComparisonView
from zoneplanner.ui.map.compare.zone_transfers import (
    MEASURE_COLUMNS,
    MOVED_COLUMNS,
    build_measure_rows,
    build_moved_rows,
    describe_plan,
    summarize_comparison,
)
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.plans.plans_panel import ONLY_ONE_PLAN, build_plan_rows
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LayoutPart,
    PlainTextLabel,
    WrappedLabel,
    make_column_layout,
    make_flat_button,
    make_option_button,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    Theme,
    make_strong_font,
)
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_MODES = {
    SWIPE: ("Swipe", "One map, with plan A to the left of the divider and plan B to the right."),
    SIDE: ("Side by side", "Two maps that move together."),
    DIFFERENCE: ("Difference", "One map of the areas and sites that change zones."),
}
_NAME_LETTERS = 10


class ComparisonToolBar(QFrame):
    """Chooses the two plans and the mode of the comparison, and states its result.

    ``chosen`` carries the uids of plans A and B, ``print_requested`` the audience of the page.
    """

    chosen = Signal(str, str)
    mode_chosen = Signal(str)
    swapped = Signal()
    print_requested = Signal(str)
    close_requested = Signal()

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("compareBar")
        self.setAccessibleName("Comparison of two plans")
        self.before = self._make_plan_box("Plan A", "Plan A: the plan to compare with.")
        self.after = self._make_plan_box("Plan B", "Plan B: the plan to compare.")
        self.swap = make_flat_button("Swap the plans", "Swap plan A and plan B.", self.swapped.emit)
        self.print = push_button("Print…", "Print the comparison on one page (PDF).")
        self.print.setMenu(self._make_audience_menu())
        self.close_button = make_flat_button(
            "Close the comparison", "Close the comparison. (Esc)", self.close_requested.emit
        )
        self.modes = {name: self._make_mode_button(name) for name in _MODES}
        self.modes[SWIPE].setChecked(True)
        self.headline = WrappedLabel()
        self.headline.setFont(make_strong_font())
        self._lay_out()
        self.paint_icons()

    def show_pair(self, before: str, after: str) -> None:
        """Show which plans are compared, by uid; a deleted plan leaves its field empty."""
        rows = build_plan_rows(self._desk.session)
        for box, uid in ((self.before, before), (self.after, after)):
            box.blockSignals(True)
            box.clear()
            for row in rows:
                box.addItem(self._desk.icons(*row.sign), row.name, row.uid)
                box.setItemData(
                    box.count() - 1, f"{row.name}: {row.status}", Qt.ItemDataRole.ToolTipRole
                )
            box.setCurrentIndex(box.findData(uid))
            box.blockSignals(False)

    def show_result(self, text: str, *, complete: bool) -> None:
        """State the result; an incomplete comparison cannot be printed, swapped or changed."""
        self.headline.setText(text)
        for button in (self.print, self.swap, *self.modes.values()):
            button.setEnabled(complete)

    def paint_icons(self) -> None:
        """Reload the icons after a change of theme."""
        for button, name in (
            (self.swap, "swap"),
            (self.close_button, "close"),
            (self.print, "publish"),
        ):
            button.setIcon(self._desk.icons(name))

    def _lay_out(self) -> None:
        sides: list[LayoutPart] = []
        for name, box in (("A", self.before), ("B", self.after)):
            label = PlainTextLabel(name)
            label.setFont(make_strong_font())
            label.setBuddy(box)
            sides += [label, (box, 1)]
        sides.insert(2, self.swap)
        upper = make_row_layout(*sides, SPACING_PX, self.print, self.close_button)
        modes = self.modes.values()
        lower = make_row_layout(*modes, SPACING_PX, (self.headline, 1), spacing_px=2)
        rows = make_column_layout(self, upper, lower, spacing_px=GRID_PX)
        rows.setContentsMargins(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)

    def _make_audience_menu(self) -> QMenu:
        """Return the menu of audiences, the one with the least information first."""
        menu = QMenu("Print for", self)
        menu.setToolTipsVisible(True)
        for key, reader in AUDIENCES.items():
            menu.addAction("", partial(self.print_requested.emit, key)).setToolTip(reader.never)
        menu.aboutToShow.connect(self._name_audiences)
        return menu

    def _name_audiences(self) -> None:
        """Name the audiences; the public page's entry says if it will be marked as a draft."""
        session = self._desk.session
        plans = (session.project.plans.get(box.currentData()) for box in (self.before, self.after))
        is_draft = any(plan and not is_released_plan(plan, session.today) for plan in plans)
        for key, action in zip(AUDIENCES, self.print.menu().actions(), strict=True):
            marked = ", marked as a draft" if is_draft and key == PUBLIC else ""
            action.setText(f"For {name_audience(key)}{marked}…")

    def _make_plan_box(self, name: str, tip: str) -> ChoiceBox:
        box = make_choice_box({}, name=name, least_letters=_NAME_LETTERS)
        box.setToolTip(tip)
        box.setPlaceholderText("Choose a plan")
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.activated.connect(self._choose)
        return box

    def _choose(self) -> None:
        before, after = (box.currentData() or "" for box in (self.before, self.after))
        self.chosen.emit(before, after)

    def _make_mode_button(self, name: str) -> QToolButton:
        button = make_option_button(*_MODES[name])
        button.toggled.connect(lambda on: self.mode_chosen.emit(name) if on else None)
        return button


_STUDENTS_COLUMN = 3
_CHOOSE = "Choose two plans to compare."


class _MovedSitesTable(TablePanel):
    """One row per moved site; ``chosen`` carries the site that was selected or clicked."""

    chosen = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        empty = "No site changes zones. Edit plan B or choose another plan to compare."
        key = attrgetter("move.site")
        super().__init__(desk, MOVED_COLUMNS, key, name="Moved sites", empty=empty)
        self.view.sortByColumn(_STUDENTS_COLUMN, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self.chosen)
        self.view.clicked.connect(lambda index: self.chosen.emit(index.data(KEY_ROLE)))
        self.lay_out()

    def refresh(self) -> None:
        """Do nothing: the comparison panel provides the rows."""

    def show_comparison(self, pair: PlanPair | None) -> None:
        """Show the sites that change zones; None shows none."""
        self.show_rows(build_moved_rows(pair) if pair is not None else [])
        self.view.setVisible(pair is not None)


class _ScoreCardTable(TablePanel):
    """One row per measure: before, after, the difference, and whether it is better or worse."""

    def __init__(self, desk: UiContext) -> None:
        key = attrgetter("key")
        super().__init__(desk, MEASURE_COLUMNS, key, name="Scorecard", empty=_CHOOSE)
        self._pair: PlanPair | None = None
        self.view.setSortingEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.lay_out()

    def show_comparison(self, pair: PlanPair | None) -> None:
        """Show the measures of both plans; None shows none."""
        self._pair = pair
        self.mark_stale()

    def refresh(self) -> None:
        """Show the measures of the current pair."""
        pair = self._pair
        self.view.show_rows(build_measure_rows(pair.comparison) if pair is not None else [])


class ComparisonPanel(QWidget):
    """Compares the two plans of ``pair``; ``plans`` is None if they can't be compared.

    The window shows the tables ``moved`` and ``scores`` among its own; ``counted`` carries the
    number of sites that change zones.
    """

    counted = Signal(int)
    closed = Signal()

    def __init__(self, desk: UiContext, view: MapView, pair: tuple[str, str]) -> None:
        super().__init__()
        self._desk = desk
        self.pair = pair
        self._names: dict[str, str] = {}
        plans = compare_project_plans(desk.session, *pair)
        self.plans: PlanPair | None = plans
        self.stage = ComparisonView(plans, view.theme, view.map)
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
        self.bar.close_requested.connect(self.closed)
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
        """Compare the current state of both plans, or explain why that is not possible."""
        session, project_plans = self._desk.session, self._desk.session.project.plans
        self._names.update({uid: plan.name for uid, plan in project_plans.items()})
        self.bar.show_pair(*self.pair)
        try:
            problem = self._explain_missing_plan()
            if not problem:
                self.plans = compare_project_plans(session, *self.pair, previous=self.plans)
        except UserError as error:
            problem = error.message
        if problem:
            self.plans = None
            self.bar.show_result("", complete=False)
            self.message.setText(problem)
            self.pages.setCurrentWidget(self.message)
        else:
            assert self.plans is not None
            first, second = (describe_plan(project_plans[uid], session) for uid in self.pair)
            result = summarize_comparison(self.plans.comparison, session.formats)
            self.bar.show_result(result, complete=True)
            self.pages.setCurrentWidget(self.stage)
            self.stage.show_comparison(self.plans, (first, second), session.formats)
        for table in (self.moved, self.scores):
            table.show_comparison(self.plans)
        self.counted.emit(len(self.plans.comparison.moved) if self.plans is not None else 0)

    def select(self, selection: Selection) -> None:
        """Mark the selection on the maps and in the table."""
        self.stage.select(selection.site, selection.zone)
        self.moved.view.select_key(selection.site)

    def take_focus(self) -> None:
        """Focus the divider, or the map if there is no divider, or the plan fields without maps."""
        on_stage = self.pages.currentWidget() is self.stage
        if on_stage and self.stage.mode == SWIPE:
            self.stage.divider.setFocus()
        elif on_stage:
            self.stage.lead.setFocus()
        else:
            self.bar.before.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Apply the theme's colors."""
        self.stage.set_theme(theme)
        self.bar.paint_icons()
        self.bar.show_pair(*self.pair)

    def _explain_missing_plan(self) -> str:
        plans = self._desk.session.project.plans
        deleted = [uid for uid in self.pair if uid not in plans]
        if not deleted:
            return ""
        if len(plans) == 1:
            (remaining,) = plans.values()
            return ONLY_ONE_PLAN.format(remaining.name)
        if deleted[0] in self._names:
            return f"“{self._names[deleted[0]]}” was deleted; choose another plan to compare."
        return _CHOOSE

    def _choose(self, before: str, after: str) -> None:
        """Compare the plans of both fields; an empty field still means the deleted plan."""
        old_before, old_after = self.pair
        self.show_pair(before or old_before, after or old_after)
