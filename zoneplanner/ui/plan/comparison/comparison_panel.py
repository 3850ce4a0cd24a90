"""The tables of a comparison: the sites that change their zone, and every measure.

The bar above compared maps: which two plans, in which way, and what it comes to.
"""

from functools import partial
from operator import attrgetter

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
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
_TIP = Qt.ItemDataRole.ToolTipRole


class ComparisonToolBar(QFrame):
    """``chosen``: another plan is wanted on a side; ``mode_chosen``: another way to compare.

    ``print_asked`` carries the audience of the printed page.
    """

    chosen = Signal(str, str)
    mode_chosen = Signal(str)
    swapped = Signal()
    print_asked = Signal(str)
    close_asked = Signal()

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("compareBar")
        self.setAccessibleName("Comparison of two plans")
        self.before = self._choice("Plan A", "Plan A: the plan to compare with.")
        self.after = self._choice("Plan B", "Plan B: the plan to compare.")
        self.swap = _tool("Swap the plans", "Swap plan A and plan B.", self.swapped)
        print_tip = "Print the comparison on one page (PDF)."
        self.print = push_button("Print…", print_tip)
        self.print.setMenu(self._make_audience_menu())
        self.close_button = _tool(
            "Close the comparison", "Close the comparison. (Esc)", self.close_asked
        )
        self.modes = {name: self._mode(name) for name in _MODES}
        self._group = QButtonGroup(self)
        for button in self.modes.values():
            self._group.addButton(button)
        self.modes[SWIPE].setChecked(True)
        self.headline = WrappedLabel()
        self.headline.setFont(make_strong_font())
        self._lay_out()
        self.paint_icons()

    def show_pair(self, before: str, after: str) -> None:
        """Show which plans are compared, by uid; one that is gone leaves its field empty."""
        rows = build_plan_rows(self._desk.session)
        for box, uid in ((self.before, before), (self.after, after)):
            box.blockSignals(True)
            box.clear()
            for row in rows:
                box.addItem(self._desk.icons(*row.sign), row.name, row.uid)
                box.setItemData(box.count() - 1, f"{row.name}: {row.status}", _TIP)
            box.setCurrentIndex(box.findData(uid))
            box.blockSignals(False)

    def say(self, text: str, *, whole: bool) -> None:
        """Say what the comparison comes to; one that is not whole cannot be printed or swapped."""
        self.headline.setText(text)
        self.print.setEnabled(whole)
        self.swap.setEnabled(whole)
        for button in self.modes.values():
            button.setEnabled(whole)

    def paint_icons(self) -> None:
        """Take the icons anew, as after a change of theme."""
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
        """Return the audiences of the printed page, the most careful choice first."""
        menu = QMenu("Print for", self)
        menu.setToolTipsVisible(True)
        for key, reader in AUDIENCES.items():
            menu.addAction("", partial(self.print_asked.emit, key)).setToolTip(reader.never)
        menu.aboutToShow.connect(self._name_audiences)
        return menu

    def _name_audiences(self) -> None:
        """Say before a page leaves for everyone that a plan on it is a draft."""
        session = self._desk.session
        plans = (session.project.plans.get(box.currentData()) for box in (self.before, self.after))
        is_draft = any(plan and not is_released_plan(plan, session.today) for plan in plans)
        for key, action in zip(AUDIENCES, self.print.menu().actions(), strict=True):
            marked = ", marked as a draft" if is_draft and key == PUBLIC else ""
            action.setText(f"For {name_audience(key)}{marked}…")

    def _choice(self, name: str, tip: str) -> ChoiceBox:
        box = make_choice_box({}, name=name, least_letters=_NAME_LETTERS)
        box.setToolTip(tip)
        box.setPlaceholderText("Choose a plan")
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.activated.connect(self._choose)
        return box

    def _choose(self) -> None:
        before, after = (box.currentData() or "" for box in (self.before, self.after))
        self.chosen.emit(before, after)

    def _mode(self, name: str) -> QToolButton:
        text, tip = _MODES[name]
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.toggled.connect(lambda on: self.mode_chosen.emit(name) if on else None)
        return button


def _tool(name: str, tip: str, clicked: SignalInstance) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.clicked.connect(lambda _=False: clicked.emit())
    return button


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
            said = summarize_comparison(self.found.comparison, session.formats)
            self.bar.say(said, whole=True)
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
