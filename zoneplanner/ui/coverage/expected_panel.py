"""The panel of expected response: units on duty, fewer units, and the moves that help most."""

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout

from zoneplanner.analysis.demand.call_demand import CallDemand
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.deployment import drop_unknown_units, list_plan_units
from zoneplanner.analysis.travel.travel_model import describe_travel_source
from zoneplanner.app.coverage.demand import describe_demand, read_demand
from zoneplanner.app.coverage.expected_response import (
    RESPONSE_MEASURES,
    NextMove,
    ResponseOutlook,
    StaffingLevel,
    compute_response_outlook,
    compute_unit_reach,
    count_rate_digits,
    evaluate_response,
    expect_calls,
)
from zoneplanner.app.geography.map_themes import RESPONSE
from zoneplanner.app.plans.zone_proposals import describe_response_gain, search_faster_response
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.edits import assign_sites, replace_draft
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.coverage.expected_sections import (
    ExpectedConditionsBar,
    NextMoveList,
    UnitUtilizationBars,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ElidedLabel,
    LazyPanel,
    add_layout_parts,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.layouts import make_splitter
from zoneplanner.ui.widgets.services.jobs import Job, UnfinishedWork
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX
from zoneplanner.ui.widgets.style.value_text import describe_unit
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import BAR_MARGINS_PX
from zoneplanner.ui.widgets.tables.table_view import TableView

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from zoneplanner.analysis.response_times.response_search import ResponseImprovement
    from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice
    from zoneplanner.ui.map.view import MapView

_TITLES = {
    "mean_response_min": "Mean\nmin",
    "share_within_target": "In target,\ndispatched",
    "cross_zone_share": "Other\nzone",
    "all_busy_probability": "All\nbusy",
}


def _format_figure(value: float | None, unit: str = "") -> str:
    if unit == "%":
        return value_text.format_share(value)
    text = value_text.format_number(value, 1)
    return text if value is None or not unit else f"{text} {unit}"


def _build_figure_column(key: str, definition: str, unit: str) -> Column:
    value = attrgetter(f"expected.{key}")
    shown_unit = "%" if unit == "%" else ""  # other units are in the column's title

    def text(row: StaffingLevel) -> str:
        return _format_figure(value(row), shown_unit)

    return Column(_TITLES[key], value, text, tip=definition, figure=True)


_FEWER_UNITS_COLUMNS = (
    Column(
        "On duty",
        lambda row: (-len(row.expected.units), row.kind),
        lambda row: str(Message(f"staffing_level.{row.kind}", n=len(row.expected.units))),
        tip=(
            "The best and worst choices of units to take off duty, by the share of calls "
            "answered within the target."
        ),
    ),
    Column(
        "Off",
        lambda row: ", ".join(row.off),
        lambda row: ", ".join(row.off) or "nobody",
        tip="The units that this row takes off duty. Press Enter to take them off duty.",
    ),
    *(
        _build_figure_column(figure.key, figure.definition, figure.unit)
        for figure in RESPONSE_MEASURES
    ),
)

_NO_PLAN = "No plan yet. Propose zones to see the expected response."
_WAIT_TIP = "Mean minutes that a call waits for a unit, including calls that do not wait."
_COLUMN_WIDTHS_PX = (205, 475, 220)
_MIN_GAIN_MIN = 1e-7


class ExpectedResponsePanel(LazyPanel):
    """Figures from the model, never mixed with the log's."""

    def __init__(self, desk: UiContext, view: "MapView") -> None:
        super().__init__()
        self._desk, self._view = desk, view
        self._calls: CallDemand | None = None
        self._units_off: tuple[str, ...] = ()
        self._reach_unit = ""
        self._previous_coloring: ColoringChoice | None = None
        self._outlook_job: Job | None = None
        self._reach_job: Job | None = None
        self._search_job: Job | None = None
        self._best_found: ResponseImprovement | None = None
        self.outlook: ResponseOutlook | None = None
        self.bar = ExpectedConditionsBar()
        self.figures = {figure.key: QLabel() for figure in RESPONSE_MEASURES}
        self.message = make_muted_label()
        self.units, self.moves = UnitUtilizationBars(), NextMoveList(self.reduce_response_time)
        self.fewer_units_view = TableView(
            "Expected response with fewer units", desk.icons, empty="Computing with fewer units…"
        )
        self.fewer_units_view.show_columns(_FEWER_UNITS_COLUMNS, lambda row: ",".join(row.off))
        self.table = self.fewer_units_view.table
        self.fewer_units_view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.demand_note, self.site_note = ElidedLabel(), ElidedLabel()
        self.site_note.hide()
        self.mean_wait = QLabel()
        self.mean_wait.setToolTip(_WAIT_TIP)
        self._lay_out()
        self.bar.changed.connect(self.mark_stale)
        self.units.units_off_changed.connect(self.take_units_off)
        self.units.pointed.connect(self._show_reach)
        self.fewer_units_view.opened.connect(self._take_off_units_of_row)
        self.moves.chosen.connect(self._apply_move)
        self.moves.pointed.connect(lambda site: desk.bridge.point(site=site))
        for signal in (desk.bridge.logged, desk.bridge.changed):
            signal.connect(self._discard_calls)
        desk.bridge.selection_changed.connect(self._follow_selection)

    def refresh(self) -> None:
        """Compute everything for the plan on screen."""
        session = self._desk.session
        state, plan = session.state, session.state.plan
        if plan is None:
            self._show_message(_NO_PLAN)
            return
        if self._calls is None:
            self._calls = expect_calls(session)
        present = {area.jurisdiction for area in state.basis.placements.values()}
        self.bar.show_jurisdictions(state.project, present)
        conditions = replace(self.bar.conditions(self._calls), units_off=self._units_off)
        conditions = drop_unknown_units(state.project, plan, conditions)
        self._units_off = tuple(conditions.units_off)
        self._desk.bridge.set_conditions(conditions)
        self._start_computing(state, conditions)

    def take_units_off(self, units: tuple[str, ...]) -> None:
        """Take these units off duty, and put all others on duty."""
        self._units_off = units
        self.mark_stale()

    def reduce_response_time(self) -> None:
        """Search for the shortest response within the rules, starting from this plan."""
        state, conditions = self._desk.session.state, self._desk.bridge.conditions
        if state.plan is None or self._search_job is not None:
            return
        self.moves.search.setEnabled(False)
        self._best_found = None
        self._search_job = self._desk.jobs.run_candidates(
            "Reducing response time",
            lambda: search_faster_response(state, under=conditions),
            on_candidate=self._keep_best,
            on_done=lambda result: self._end_search(state, result),
            on_failed=self._fail_search,
            on_cancelled=self._reset_search,
            leaving=lambda: self._describe_unfinished_search(state),
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the panel's coloring and reach area from the map."""
        self._view.map.show_reach_area(None)
        if self._previous_coloring is not None and self._view.choice.subject == RESPONSE:
            self._view.color_by(self._previous_coloring)
        self._previous_coloring = None
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Color the sites by expected response, and show the reach of the selected unit."""
        super().showEvent(event)
        if self._view.choice.subject != RESPONSE:
            self._previous_coloring = self._view.choice
            self._view.set_coloring(RESPONSE)
        self._follow_selection(self._desk.bridge.selection)

    def _start_computing(self, state: ProjectState, conditions: ResponseConditions) -> None:
        """Show the expected response at once; a job computes fewer units and all moves."""
        if self._outlook_job is not None:
            self._outlook_job.cancel()
            self._outlook_job = None
        under = replace(conditions, target_min=self.bar.target.value())
        try:
            response = evaluate_response(state, under=under)
        except UserError as error:
            self._show_message(error.message)
            return
        self.outlook = ResponseOutlook(state, under, response)
        self._show_response(self.outlook)
        self.moves.show_moves(None, editable=False)
        self._outlook_job = self._desk.jobs.run(
            "Expected response",
            lambda report: compute_response_outlook(state, under, report),
            on_done=self._show_outlook,
            on_failed=self._show_failure,
        )

    def _show_response(self, outlook: ResponseOutlook) -> None:
        self.message.hide()
        response, state = outlook.now, outlook.state
        names = {"share_within_target": f"Within {outlook.under.target_min:g} min"}
        for figure in RESPONSE_MEASURES:
            text = _format_figure(getattr(response, figure.key), figure.unit)
            name = names.get(figure.key, figure.name)
            self.figures[figure.key].setText(f"{name}  <b>{text}</b>")
        wait = response.mean_wait_min
        self.mean_wait.setVisible(wait is not None)
        self.mean_wait.setText(f"Mean wait  <b>{_format_figure(wait, 'min')}</b>")
        self.units.show_units(_describe_units(state), response.units)
        calls = describe_demand(read_demand(state))
        travel = describe_travel_source(state.project)
        self.demand_note.set_full_text(self._desk.session.rewrite(calls, travel))
        self._show_site_note(self._desk.bridge.selection.site)

    def _show_outlook(self, outlook: ResponseOutlook) -> None:
        self._outlook_job = None
        if outlook.state is not self._desk.session.state:
            return
        self.outlook = outlook
        self.fewer_units_view.show_rows(outlook.fewer)
        plan = outlook.state.plan
        can_edit = not self._desk.session.explain_denied_edit()
        editable = can_edit and plan is not None and plan.is_draft
        formats = self._desk.session.formats
        self.moves.show_moves(outlook, editable=editable, formats=formats)
        self._show_reach(self._reach_unit)

    def _show_failure(self, error: Exception) -> None:
        self._outlook_job = None
        if isinstance(error, UserError):
            self._show_message(error.message)
        else:
            self._desk.jobs.fail(error)

    def _show_message(self, text: str) -> None:
        """Show a message instead of figures."""
        self.outlook = None
        self.message.setText(text)
        self.message.show()
        for label in (*self.figures.values(), self.mean_wait):
            label.clear()
        self.table.show([])
        self.units.show_units(_describe_units(self._desk.session.state), {})
        self.moves.show_moves(None, editable=False)
        self.moves.status.clear()
        self._view.map.show_reach_area(None)

    def _show_reach(self, unit: str) -> None:
        """Show the area a unit reaches within the target; an empty string removes it."""
        self._reach_unit = unit
        if self._reach_job is not None:
            self._reach_job.cancel()
            self._reach_job = None
        shown = self.outlook
        if not unit or shown is None or unit not in shown.now.units or not self.isVisible():
            self._view.map.show_reach_area(None)
            return
        state, under = shown.state, shown.under
        self._reach_job = self._desk.jobs.run(
            f"Reach of {unit}",
            lambda report: compute_unit_reach(state, under, unit),
            on_done=self._show_reach_area,
        )

    def _show_reach_area(self, area: "BaseGeometry | None") -> None:
        self._reach_job = None
        if self.isVisible():
            self._view.map.show_reach_area(area)

    def _follow_selection(self, selection: Selection) -> None:
        """Show the reach of the unit whose zone is selected."""
        plan = self._desk.session.plan
        if not self.isVisible() or plan is None:
            return
        units = {zone.id: zone.unit for zone in plan.zones}
        self._show_reach(units.get(selection.zone or "", ""))
        self._show_site_note(selection.site)

    def _show_site_note(self, site: str | None) -> None:
        """Show a site's expected calls with their interval, and their expected response."""
        calls, outlook = self._calls, self.outlook
        response = outlook.now.sites.get(site) if outlook is not None and site else None
        self.site_note.setVisible(response is not None and calls is not None)
        if not site or outlook is None or response is None or not calls or site not in calls.sites:
            return
        index = calls.sites.index(site)
        rate, bounds = calls.per_day[index], calls.bounds_of(index)
        digits = count_rate_digits(bounds[1] if bounds else rate)
        low, high = (f"{bound:.{digits}f}" for bound in bounds or (0.0, 0.0))
        note = Message(
            "site_response.range" if bounds else "site_response",
            site=outlook.state.project.sites[site].name,
            rate=f"{rate:.{digits}f}",
            low=low,
            high=high,
            logged=calls.observed.by_site[site],
            response=_format_figure(response.mean_response_min, "min"),
            share=_format_figure(response.share_within_target, "%"),
            target_min=outlook.under.target_min,
        )
        self.site_note.set_full_text(str(note))

    def _discard_calls(self, _event: object = None) -> None:
        self._calls = None
        self.mark_stale()

    def _take_off_units_of_row(self, key: object) -> None:
        row = self.table.find_row(str(key))
        if row is not None:
            self.take_units_off(row.off)

    def _apply_move(self, move: NextMove) -> None:
        session = self._desk.session
        plan = session.plan
        if plan is None:
            return
        label = f"Assign {session.project.sites[move.site].name} to {move.zone}"
        self._desk.apply(
            label,
            lambda project: assign_sites(project, plan.uid, {move.site: move.zone}),
            done=f"{label}.",
        )

    def _keep_best(self, improvement: "ResponseImprovement") -> None:
        self._best_found = improvement
        self.moves.show_search_result(describe_response_gain(improvement))

    def _describe_unfinished_search(self, start: ProjectState) -> UnfinishedWork:
        """Return what would be lost by leaving during a search, and how to use the best result."""
        best = self._best_found
        if best is None or not _has_gain(best):
            return UnfinishedWork("No better plan has been found yet.")
        if self._desk.session.state.plan is not start.plan:
            return UnfinishedWork("The plan has since changed, so the result no longer fits it.")

        def use() -> bool:
            if self._search_job is not None:
                self._search_job.cancel()
            return self._apply_search_result(start, best)

        return UnfinishedWork(describe_response_gain(best), use)

    def _end_search(self, start: ProjectState, best: "ResponseImprovement | None") -> None:
        self._apply_search_result(start, best)

    def _apply_search_result(self, start: ProjectState, best: "ResponseImprovement | None") -> bool:
        """Apply the best plan unless the plan has changed since the search started."""
        self._reset_search()
        session = self._desk.session
        session.view_present()
        if best is None:
            return False
        text = describe_response_gain(best)
        self.moves.show_search_result(text)
        if not _has_gain(best):
            return False
        if session.state.plan is not start.plan:
            self._desk.notices.show_notice(
                f"The plan has since changed, so it was not replaced. {text}"
            )
            return False
        label = f"Reduce response time in “{best.plan.name}”"
        return self._desk.apply(label, lambda project: replace_draft(project, best.plan), done=text)

    def _fail_search(self, error: Exception) -> None:
        self._reset_search()
        if isinstance(error, UserError):
            self.moves.show_search_result(error.message)
        else:
            self._desk.jobs.fail(error)

    def _reset_search(self) -> None:
        self._search_job = None
        plan = self._desk.session.plan
        self.moves.search.setEnabled(plan is not None and plan.is_draft)

    def _lay_out(self) -> None:
        for figure in RESPONSE_MEASURES:
            self.figures[figure.key].setToolTip(figure.definition)
            self.figures[figure.key].setAccessibleName(figure.name)
        figures = (*self.figures.values(), self.mean_wait, (self.message, 1), None)
        head = make_row_layout(*figures, spacing_px=WIDE_MARGIN_PX, margins_px=BAR_MARGINS_PX)
        for column in (self.units, self.fewer_units_view, self.moves):
            column.setContentsMargins(*BAR_MARGINS_PX)
        units, moves = (
            wrap_in_scroll_area(self.units, "Units"),
            wrap_in_scroll_area(self.moves, "Next moves"),
        )
        self.split = make_splitter(
            {units: 0, self.fewer_units_view: 0, moves: 0}, _COLUMN_WIDTHS_PX
        )
        foot = QVBoxLayout()
        foot.setContentsMargins(*BAR_MARGINS_PX)
        foot.setSpacing(0)
        add_layout_parts(foot, (self.site_note, self.demand_note))
        make_column_layout(self, self.bar, head, (self.split, 1), foot, margin_px=0, spacing_px=0)


def _describe_units(state: ProjectState) -> dict[str, tuple[str, int | None]]:
    """Return the description and zone color of each unit of the plan."""
    if state.plan is None:
        return {}
    colors = {zone.unit: zone.color for zone in state.plan.zones}
    return {
        unit.id: (f"{unit.id}, {describe_unit(state.project, unit.id)}", colors.get(unit.id))
        for unit in list_plan_units(state.project, state.plan)
    }


def _has_gain(improvement: "ResponseImprovement") -> bool:
    return improvement.mean_response_min < improvement.start_min - _MIN_GAIN_MIN
