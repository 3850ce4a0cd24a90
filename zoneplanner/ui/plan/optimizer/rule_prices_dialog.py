"""What the rules of a plan cost: a line a rule, the drive by tolerance, and a page to print."""

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from zoneplanner.app.plans.optimization import PlanProposal, SearchRequest
from zoneplanner.app.plans.rule_prices import (
    FrontierPoint,
    RulePrice,
    price_rules,
    trace_frontier,
)
from zoneplanner.ui.plan.optimizer.search_dialog import SearchDialog, make_figure_column
from zoneplanner.ui.widgets.charts.step_chart import StepChart, StepLine
from zoneplanner.ui.widgets.inputs.file_dialogs import new_file_dialog
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE, format_number
from zoneplanner.ui.widgets.tables.table_model import Column

_SIZE = (TABLE_PX, 420)
_TITLE = "What the Rules Cost"


def _write_range(price: RulePrice) -> str:
    if price.least is None or price.most is None:
        return NO_VALUE
    low, high = format_number(price.least, 1), format_number(price.most, 1)
    return low if low == high else f"{low} to {high}"


_COLUMNS = (
    Column("Rule", lambda one: one.name, cell_tip=lambda one: one.name),
    make_figure_column(
        "Shortest drive without it",
        lambda one: one.cost_without,
        "Daily trip-minutes of the best plan found without the rule.",
    ),
    make_figure_column(
        "Costs",
        lambda one: one.price,
        "How many more daily trip-minutes this plan drives than that one.",
    ),
    Column(
        "Proven",
        lambda one: one.least,
        _write_range,
        "The range that contains the cost of the rule.",
        figure=True,
    ),
)
_WEIGHED_COLUMNS = (
    _COLUMNS[0],
    make_figure_column(
        "Least without it",
        lambda one: one.cost_without,
        "Drive and other goals together, in minutes a day, of the best plan found without the "
        "rule.",
    ),
    make_figure_column(
        "Costs",
        lambda one: one.price,
        "How much more that is for this plan than for that one.",
    ),
    _COLUMNS[3],
)


class RulePricesDialog(SearchDialog):
    """Searches without one rule after the other."""

    def __init__(
        self,
        desk: UiContext,
        found: PlanProposal,
        wish: SearchRequest,
        parent: QWidget | None = None,
    ) -> None:
        figures = desk.session.state.figures
        drive = found.cost if figures is None else figures.cost
        self.chart = StepChart(
            "Least drive"
            f"{' and other goals' if found.weighed else ''} by tolerance, and the bound that no "
            "plan can beat",
            unit="%",
        )
        also = (
            f" Drive and the other goals add up to {format_number(found.cost, 1)}, which is what "
            "the rules are priced by."
        )
        super().__init__(
            desk,
            _TITLE,
            _WEIGHED_COLUMNS if found.weighed else _COLUMNS,
            lambda one: one.rule,
            about=f"The plan drives {format_number(drive, 1)} trip-minutes a day."
            f"{also if found.weighed else ''} The search for the best plan without each rule takes "
            f"{wish.time_limit_s:g} seconds.",
            empty="Searching for plans, leaving out one rule at a time…",
            size=_SIZE,
            beside=self.chart,
            parent=parent,
        )
        self.found, self.wish = found, wish
        self.prices: list[RulePrice] = []
        self.frontier: list[FrontierPoint] = []
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.print_button = self.buttons.addButton("Print one page…", role)
        self.print_button.setEnabled(False)
        self.print_button.clicked.connect(self.ask_path)
        self._state = desk.session.state
        self.search(self._list_figures)

    def ask_path(self) -> None:
        """Ask where the printed page goes."""
        place = Path(f"{self.found.plan.name} rules.pdf")
        dialog = new_file_dialog(self, "Print what the rules cost", "PDF (*.pdf)", place)
        dialog.fileSelected.connect(lambda path: self._desk.attempt(lambda: self.print_page(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def print_page(self, path: str) -> None:
        """Write the page, as a job."""
        from zoneplanner.app.plans.price_page import collect_price_page, print_price_page

        session, target = self._desk.session, Path(path)
        session.store.check_target(target)
        page = collect_price_page(session, self.found, self.prices, self.frontier)
        self._desk.jobs.run(
            "Printing what the rules cost",
            lambda report: print_price_page(page, target),
            on_done=self._printed,
            lost="The page was not written.",
        )

    def _list_figures(self) -> Iterator[RulePrice | FrontierPoint]:
        project, basis = self._state.project, self._state.basis
        yield from price_rules(project, self.found, basis, self.wish)
        yield from trace_frontier(project, self.found, basis, self.wish)

    def add(self, row: RulePrice | FrontierPoint) -> None:
        """Add a price to the table, or a point to the chart."""
        if isinstance(row, RulePrice):
            self.prices.append(row)
            self.show_found(self.prices)
            return
        self.frontier.append(row)
        points = [
            (100 * one.tolerance, one.cost, one.bound)
            for one in self.frontier
            if one.cost is not None and one.bound is not None
        ]
        if not points:
            return
        lines = [
            StepLine("least found", [(at, cost) for at, cost, _ in points]),
            StepLine(
                "at least",
                [(at, bound) for at, _, bound in points],
                QPalette.ColorRole.PlaceholderText,
                dashed=True,
            ),
        ]
        told = "; ".join(
            f"±{at:g}%: {format_number(cost)}, at least {format_number(bound)}"
            for at, cost, bound in points
        )
        low, high = min(p[2] for p in points), max(p[1] for p in points)
        self.chart.show_lines(lines, low=low, high=high, told=f"Drive by tolerance. {told}.")

    def _printed(self, path: Path) -> None:
        self._desk.notices.offer_page(f"The cost of the rules was printed to {path.name}.", path)

    def end(self) -> None:
        """The page can be printed."""
        super().end()
        self.print_button.setEnabled(bool(self.frontier))
