"""More or fewer zones: what each number of an agency's zones gives, side by side."""

from collections.abc import Iterator, Mapping

from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.candidates import ZoneCountResult, search_zone_counts
from zoneplanner.app.plans.optimization import SearchRequest
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.plan.optimizer.search_dialog import SearchDialog, make_figure_column
from zoneplanner.ui.widgets.inputs.form_dialog import WIDE_PX
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_model import Column

_SIZE = (WIDE_PX, 380)
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
            make_figure_column("At least", _bound, "No plan with this many zones drives less."),
            make_figure_column("Help", _response, "Expected minutes until help arrives."),
            make_figure_column(
                "Load a zone", lambda one: one.load_min, "Daily minutes of load per zone."
            ),
        )
        super().__init__(
            desk,
            "Numbers of Zones",
            columns,
            lambda one: (one.agency, one.zones),
            about=f"Each number is searched for {wish.time_limit_s:g} seconds; the other "
            "agencies keep their number of zones. Nothing is saved.",
            empty="Searching for plans with other numbers of zones…",
            size=_SIZE,
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
