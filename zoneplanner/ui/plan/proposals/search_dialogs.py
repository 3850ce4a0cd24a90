"""What the rules of a plan cost: a line a rule, the drive by tolerance, and a page to print.

A table that fills while a search goes on; closing it ends the search.

More or fewer zones: what each number of an agency's zones gives, side by side.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from zoneplanner.app.plans.candidates import ZoneCountResult, search_zone_counts
from zoneplanner.app.plans.rule_prices import (
    FrontierPoint,
    RulePrice,
    collect_price_page,
    price_rules,
    print_price_page,
    trace_frontier,
)
from zoneplanner.app.plans.zone_proposals import PlanProposal, SearchRequest
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.widgets.charts.step_chart import StepChart, StepLine
from zoneplanner.ui.widgets.inputs.file_dialogs import new_file_dialog
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, WIDE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE, format_number
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog


def make_figure_column(
    title: str, value: Callable[[Any], float | None], tip: str, *, digits: int = 1
) -> Column:
    """Return a column of figures; a dash where one is not known."""

    def write(row: Any) -> str:
        known = value(row)
        return NO_VALUE if known is None else format_number(known, digits)

    return Column(title, value, write, tip, figure=True)


class SearchDialog(TableDialog):
    """Shows rows as a generator finds them, in a job."""

    def __init__(
        self,
        desk: UiContext,
        title: str,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        *,
        about: str,
        empty: str,
        size: tuple[int, int],
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            desk,
            title,
            columns,
            key,
            (),
            about=make_muted_label(about),
            empty=empty,
            size=size,
            beside=beside,
            parent=parent,
        )
        self._desk, self._title = desk, title
        self._job: Job | None = None
        self.finished.connect(self._cancel)

    def search(self, rows: Callable[[], Iterator[Any]]) -> None:
        """Begin the job; ``add`` is given each row, ``end`` is called when there are no more."""
        self._job = self._desk.jobs.run_candidates(
            self._title,
            rows,
            on_candidate=self.add,
            on_done=lambda _: self.end(),
            on_failed=self._fail,
            on_cancelled=self.end,
        )

    def show_found(self, rows: Iterable[Any]) -> None:
        """Show the rows so far."""
        self.table.show(rows)
        self.view.fit_columns()

    def add(self, row: Any) -> None:
        """Take in what was found."""
        raise NotImplementedError

    def end(self) -> None:
        """Nothing more is looked for."""
        self._job = None

    def _fail(self, error: Exception) -> None:
        self.end()
        self._desk.jobs.fail(error)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()


_SIZE = (TABLE_PX, 420)
_TITLE = "What the Rules Cost"


def _write_range(price: RulePrice) -> str:
    *_, least, most = price.as_written
    if least is None or most is None:
        return NO_VALUE
    low, high = format_number(least, 1), format_number(most, 1)
    return low if low == high else f"{low} to {high}"


_COLUMNS = (
    Column("Rule", lambda one: one.name, cell_tip=lambda one: one.name),
    make_figure_column(
        "Shortest drive without it",
        lambda one: one.as_written[0],
        "Daily trip-minutes of the best plan found without the rule.",
    ),
    make_figure_column(
        "Costs",
        lambda one: one.as_written[1],
        "How many more daily trip-minutes this plan takes than the best one without the rule.",
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
        "Lowest without it",
        lambda one: one.as_written[0],
        "Drive and other goals combined, in minutes per day, for the best plan found without the "
        "rule.",
    ),
    make_figure_column(
        "Costs",
        lambda one: one.as_written[1],
        "How much higher that figure is for this plan.",
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
            f" Drive and the other goals add up to {format_number(found.cost, 1)}, the figure "
            "on which the costs of the rules are based."
        )
        super().__init__(
            desk,
            _TITLE,
            _WEIGHED_COLUMNS if found.weighed else _COLUMNS,
            lambda one: one.rule,
            about=f"Patrols drive {format_number(drive, 1)} trip-minutes per day under the plan."
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

        session, target = self._desk.session, Path(path)
        session.store.check_target(target)
        page = collect_price_page(session, self.found, self.prices, self.frontier)
        self._desk.jobs.run(
            "Printing what the rules cost",
            lambda report: print_price_page(page, target),
            on_done=self._printed,
            lost="The page was not printed.",
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


_COUNTS_SIZE = (WIDE_PX, 380)
_AROUND = 2


def _drive(one: ZoneCountResult) -> float | None:
    return None if one.candidate is None else one.candidate.drive_min


def _bound(one: ZoneCountResult) -> float | None:
    return None if one.candidate is None else one.candidate.proposal.bound


def _response(one: ZoneCountResult) -> float | None:
    return None if one.candidate is None else one.candidate.response_min


class ZoneCountsDialog(SearchDialog):
    """Searches with two zones fewer to two more of each agency."""

    def __init__(
        self,
        desk: UiContext,
        plan: Plan,
        counts: Mapping[str, int],
        wish: SearchRequest,
        parent: QWidget | None = None,
    ) -> None:
        agencies = desk.session.project.agencies

        def name(one: ZoneCountResult) -> str:
            known = agencies.get(one.agency)
            return one.agency if known is None else known.short

        columns = (
            Column("Agency", name),
            make_figure_column(
                "Zones", lambda one: float(one.zones), ("The number of zones."), digits=0
            ),
            make_figure_column("Drive", _drive, "Daily trip-minutes of the best plan found."),
            make_figure_column(
                "At least", _bound, "It is proven that no plan with this many zones can drive less."
            ),
            make_figure_column("Help", _response, "Expected minutes until help arrives."),
            make_figure_column(
                "Load per zone", lambda one: one.load_min, "Daily minutes of load per zone."
            ),
        )
        super().__init__(
            desk,
            "Numbers of Zones",
            columns,
            lambda one: (one.agency, one.zones),
            about=f"The search takes {wish.time_limit_s:g} seconds for each number; the other "
            "agencies keep their number of zones. Nothing is saved.",
            empty="Searching for plans with other numbers of zones…",
            size=_COUNTS_SIZE,
            parent=parent,
        )
        self.found: list[ZoneCountResult] = []
        state = desk.session.state

        def results() -> Iterator[ZoneCountResult]:
            for agency, own in counts.items():
                numbers = range(max(1, own - _AROUND), own + _AROUND + 1)
                yield from search_zone_counts(
                    state.project, plan, state.basis, wish, (agency, numbers)
                )

        self.search(results)

    def add(self, row: ZoneCountResult) -> None:
        """Add a number of zones."""
        self.found.append(row)
        self.show_found(self.found)
