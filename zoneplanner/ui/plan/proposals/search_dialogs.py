"""The dialogs that fill during a search: what the rules cost, and other numbers of zones."""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

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
from zoneplanner.ui.widgets.inputs.file_dialogs import open_new_file_dialog
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
    """Return a column of figures, with a dash for an unknown figure."""
    return Column(title, value, lambda row: format_number(value(row), digits), tip, figure=True)


class SearchDialog(TableDialog):
    """Shows results as a job finds them; closing the dialog ends the job."""

    _job: Job | None = None

    def search(self, desk: UiContext, results: Callable[[], Iterator[Any]]) -> None:
        """Start the job, which calls ``add`` with each result and ``end`` after the last one."""
        self.finished.connect(self._cancel)

        def fail(error: Exception) -> None:
            self.end()
            desk.jobs.fail(error)

        self._job = desk.jobs.run_candidates(
            self.windowTitle(),
            results,
            on_candidate=self.add,
            on_done=lambda _: self.end(),
            on_failed=fail,
            on_cancelled=self.end,
        )

    def add(self, result: Any) -> None:
        """Show a result."""
        raise NotImplementedError

    def end(self) -> None:
        """Note that the search is over."""
        self._job = None

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()


def _format_range(price: RulePrice) -> str:
    *_, least, most = price.as_written
    if least is None or most is None:
        return NO_VALUE
    low, high = format_number(least, 1), format_number(most, 1)
    return low if low == high else f"{low} to {high}"


_COLUMNS = (
    Column("Rule", lambda price: price.name, cell_tip=lambda price: price.name),
    make_figure_column(
        "Shortest drive without it",
        lambda price: price.as_written[0],
        "Daily trip-minutes of the best plan found without the rule.",
    ),
    make_figure_column(
        "Costs",
        lambda price: price.as_written[1],
        "How many more daily trip-minutes this plan takes than the best one without the rule.",
    ),
    Column(
        "Proven",
        lambda price: price.least,
        _format_range,
        "The range that contains the cost of the rule.",
        figure=True,
    ),
)
_WEIGHTED_COLUMNS = (
    _COLUMNS[0],
    make_figure_column(
        "Lowest without it",
        lambda price: price.as_written[0],
        "Drive and other goals combined, in minutes per day, for the best plan found without the "
        "rule.",
    ),
    make_figure_column(
        "Costs",
        lambda price: price.as_written[1],
        "How much higher that figure is for this plan.",
    ),
    _COLUMNS[3],
)


class RulePricesDialog(SearchDialog):
    """Searches without each rule in turn, and with other tolerances."""

    def __init__(
        self,
        desk: UiContext,
        proposal: PlanProposal,
        request: SearchRequest,
        parent: QWidget | None = None,
    ) -> None:
        figures = desk.session.state.figures
        drive = proposal.cost if figures is None else figures.cost
        goals = " and other goals" if proposal.weighed else ""
        self.chart = StepChart(
            f"Shortest drive{goals} at each tolerance, and the limit that no plan can beat",
            unit="%",
        )
        about = f"Patrols drive {format_number(drive, 1)} minutes per school day under this plan. "
        if proposal.weighed:
            about += (
                f"The drive and the other goals add up to {format_number(proposal.cost, 1)}, the "
                "figure on which the costs of the rules are based. "
            )
        super().__init__(
            desk,
            "What the Rules Cost",
            _WEIGHTED_COLUMNS if proposal.weighed else _COLUMNS,
            lambda price: price.rule,
            (),
            about=make_muted_label(
                f"{about}One rule at a time is left out; each search takes "
                f"{request.time_limit_s:g} seconds."
            ),
            empty="Searching for plans, leaving out one rule at a time…",
            size=(TABLE_PX, 420),
            beside=self.chart,
            parent=parent,
        )
        self._desk = desk
        self.proposal, self.request = proposal, request
        self.prices: list[RulePrice] = []
        self.frontier: list[FrontierPoint] = []
        self.print_button = self.add_button("Print one page…", self.ask_path)
        self.print_button.setEnabled(False)
        self._state = desk.session.state
        self.search(desk, self._list_results)

    def ask_path(self) -> None:
        """Ask where to print the page."""
        default = Path(f"{self.proposal.plan.name} rules.pdf")
        open_new_file_dialog(
            self,
            "Print what the rules cost",
            "PDF (*.pdf)",
            default,
            lambda path: self._desk.attempt(lambda: self.print_page(path)),
        )

    def print_page(self, path: Path) -> None:
        """Print the page in a background job."""
        session = self._desk.session
        session.store.check_target(path)
        page = collect_price_page(session, self.proposal, self.prices, self.frontier)
        self._desk.jobs.run(
            "Printing what the rules cost",
            lambda report: print_price_page(page, path),
            on_done=self._report_printed,
            lost="The page was not printed.",
        )

    def _list_results(self) -> Iterator[RulePrice | FrontierPoint]:
        project, basis = self._state.project, self._state.basis
        yield from price_rules(project, self.proposal, basis, self.request)
        yield from trace_frontier(project, self.proposal, basis, self.request)

    def add(self, result: RulePrice | FrontierPoint) -> None:
        """Add a price to the table, or a point to the chart."""
        if isinstance(result, RulePrice):
            self.prices.append(result)
            self.view.show_rows(self.prices)
            return
        self.frontier.append(result)
        points = [
            (100 * point.tolerance, point.cost, point.bound)
            for point in self.frontier
            if point.cost is not None and point.bound is not None
        ]
        if not points:
            return
        percents, costs, bounds = zip(*points, strict=True)
        role = QPalette.ColorRole.PlaceholderText
        lines = [
            StepLine("least found", list(zip(percents, costs, strict=True))),
            StepLine("at least", list(zip(percents, bounds, strict=True)), role, dashed=True),
        ]
        text = "; ".join(
            f"±{percent:g}%: {format_number(cost)}, at least {format_number(bound)}"
            for percent, cost, bound in points
        )
        description = f"Drive by tolerance. {text}."
        self.chart.show_lines(lines, low=min(bounds), high=max(costs), description=description)

    def _report_printed(self, path: Path) -> None:
        self._desk.notices.offer_page(f"The cost of the rules was printed to {path.name}.", path)

    def end(self) -> None:
        """Let the page be printed."""
        super().end()
        self.print_button.setEnabled(bool(self.frontier))


_MAX_ZONE_CHANGE = 2


class ZoneCountsDialog(SearchDialog):
    """Searches with up to two zones fewer and two zones more of each agency."""

    def __init__(
        self,
        desk: UiContext,
        plan: Plan,
        counts: Mapping[str, int],
        request: SearchRequest,
        parent: QWidget | None = None,
    ) -> None:
        agencies = desk.session.project.agencies

        def name_agency(result: ZoneCountResult) -> str:
            known = agencies.get(result.agency)
            return result.agency if known is None else known.short

        def candidate_column(title: str, attribute: str, tip: str) -> Column:
            value = attrgetter(attribute)
            return make_figure_column(
                title,
                lambda result: value(result.candidate) if result.candidate is not None else None,
                tip,
            )

        drive_tip = "Daily trip-minutes of the best plan found."
        bound_tip = "It is proven that no plan with this many zones needs less driving."
        load_tip = "Daily minutes of load per zone."
        columns = (
            Column("Agency", name_agency),
            make_figure_column(
                "Zones", lambda result: result.zones, "The number of zones.", digits=0
            ),
            candidate_column("Drive", "drive_min", drive_tip),
            candidate_column("At least", "proposal.bound", bound_tip),
            candidate_column("Help", "response_min", "Expected minutes until help arrives."),
            make_figure_column("Load per zone", lambda result: result.load_min, load_tip),
        )
        super().__init__(
            desk,
            "Numbers of Zones",
            columns,
            lambda result: (result.agency, result.zones),
            (),
            about=make_muted_label(
                f"The search takes {request.time_limit_s:g} seconds for each number; the other "
                "agencies keep their number of zones. Nothing is saved."
            ),
            empty="Searching for plans with other numbers of zones…",
            size=(WIDE_PX, 380),
            parent=parent,
        )
        self.results: list[ZoneCountResult] = []
        state = desk.session.state

        def list_results() -> Iterator[ZoneCountResult]:
            for agency, count in counts.items():
                numbers = range(max(1, count - _MAX_ZONE_CHANGE), count + _MAX_ZONE_CHANGE + 1)
                yield from search_zone_counts(
                    state.project, plan, state.basis, request, (agency, numbers)
                )

        self.search(desk, list_results)

    def add(self, result: ZoneCountResult) -> None:
        """Add a row for a number of zones."""
        self.results.append(result)
        self.view.show_rows(self.results)
