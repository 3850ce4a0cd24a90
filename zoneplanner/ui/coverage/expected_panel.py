"""The panel of expected coverage: units on duty, fewer units, and the moves that help most."""

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

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
from zoneplanner.ui.widgets.services.jobs import Job, UnfinishedWork
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX
from zoneplanner.ui.widgets.style.value_text import describe_unit
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
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


def _format_expected_figure(value: float | None, unit: str) -> str:
    """Write a figure of what to expect with its unit."""
    if unit == "%":
        return value_text.format_share(value)
    return value_text.NO_VALUE if value is None else f"{value_text.format_number(value, 1)} {unit}"


def _figure(key: str, definition: str, unit: str) -> Column:
    value = attrgetter(f"expected.{key}")

    def text(row: StaffingLevel) -> str:
        found: float | None = value(row)
        return value_text.format_share(found) if unit == "%" else value_text.format_number(found, 1)

    return Column(_TITLES[key], value, text, tip=definition, figure=True)


_FEWER_UNITS_COLUMNS = (
    Column(
        "On duty",
        lambda row: (-len(row.expected.units), row.title),
        lambda row: row.title,
        tip=(
            "The best and worst choices of units to take off duty, by the share of calls "
            "answered within the target."
        ),
    ),
    Column(
        "Off",
        lambda row: ", ".join(row.off),
        lambda row: ", ".join(row.off) or "nobody",
        tip="The units that this row takes off duty. Choose the row to apply it.",
    ),
    *(_figure(figure.key, figure.definition, figure.unit) for figure in RESPONSE_MEASURES),
)

_NO_PLAN = "No plan yet. Propose zones to see the expected response."
_WAIT = "Mean minutes that a call waits for a unit, including calls that do not wait."
_WIDTHS = (205, 475, 220)
_LEAST_GAIN_MIN = 1e-7


class ExpectedResponsePanel(LazyPanel):
    """What the model expects, never mixed with what the log shows."""

    def __init__(self, desk: UiContext, view: "MapView", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._view = desk, view
        self._calls: CallDemand | None = None
        self._off: tuple[str, ...] = ()
        self._reached = ""
        self._before: ColoringChoice | None = None
        self._job: Job | None = None
        self._reaching: Job | None = None
        self._searching: Job | None = None
        self._best: ResponseImprovement | None = None
        self.outlook: ResponseOutlook | None = None
        self.bar = ExpectedConditionsBar()
        self.figures = {figure.key: QLabel() for figure in RESPONSE_MEASURES}
        self.told = make_muted_label()
        self.units, self.moves = UnitUtilizationBars(), NextMoveList(self.reduce_response_time)
        self.table = TableModel(_FEWER_UNITS_COLUMNS, lambda row: row.title, self)
        self.fewer = TableView(
            "Expected response with fewer units", desk.icons, empty="Computing with fewer units…"
        )
        self.sorted = SortFilterModel(self.table, self)
        self.fewer.setModel(self.sorted)
        self.fewer.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.about, self.site = ElidedLabel(), ElidedLabel()
        self.site.hide()
        self.wait = QLabel()
        self.wait.setToolTip(_WAIT)
        self._lay_out()
        self.bar.changed.connect(self.mark_stale)
        self.units.turned.connect(self.take_off)
        self.units.pointed.connect(self._show_reach)
        self.fewer.opened.connect(self._take_off_row)
        self.moves.chosen.connect(self._move)
        self.moves.pointed.connect(lambda site: desk.bridge.point(site=site))
        for signal in (desk.bridge.logged, desk.bridge.changed):
            signal.connect(self._forget_calls)
        desk.bridge.selection_changed.connect(self._follow)

    def refresh(self) -> None:
        """Have everything computed for the plan on screen."""
        session = self._desk.session
        reading, plan = session.state, session.state.plan
        if plan is None:
            self._show_nothing(_NO_PLAN)
            return
        if self._calls is None:
            self._calls = expect_calls(session)
        present = {area.jurisdiction for area in reading.basis.placements.values()}
        self.bar.show_jurisdictions(reading.project, present)
        under = drop_unknown_units(
            reading.project, plan, replace(self.bar.conditions(self._calls), units_off=self._off)
        )
        self._off = tuple(under.units_off)
        self._desk.bridge.set_conditions(under)
        self._compute(reading, under)

    def take_off(self, off: tuple[str, ...]) -> None:
        """Take units off duty and bring all others back."""
        self._off = tuple(off)
        self.mark_stale()

    def reduce_response_time(self) -> None:
        """Search for the least response from this plan on, within its rules."""
        session = self._desk.session
        reading, under = session.state, self._desk.bridge.conditions
        if reading.plan is None or self._searching is not None:
            return
        self.moves.search.setEnabled(False)
        self._best = None
        self._searching = self._desk.jobs.run_candidates(
            "Reducing response time",
            lambda: search_faster_response(reading, under=under),
            on_candidate=self._better,
            on_done=lambda found: self._end_search(reading, found),
            on_failed=self._search_failed,
            on_cancelled=self._search_ended,
            leaving=lambda: self._leaving(reading),
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the reach and the colors of the page off the map."""
        self._view.map.show_reach_area(None)
        if self._before is not None and self._view.choice.subject == RESPONSE:
            self._view.color_by(self._before)
        self._before = None
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Color the sites by what to expect, and show what the selected unit reaches."""
        super().showEvent(event)
        if self._view.choice.subject != RESPONSE:
            self._before = self._view.choice
            self._view.set_coloring(RESPONSE)
        self._follow(self._desk.bridge.selection)

    def _compute(self, reading: ProjectState, under: ResponseConditions) -> None:
        """Show what is known at once, and have fewer units and all moves computed beside."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        target_min = self.bar.target.value()
        try:
            now = evaluate_response(reading, under=under, target_min=target_min)
        except UserError as error:
            self._show_nothing(error.message)
            return
        self.outlook = ResponseOutlook(reading, under, target_min, now)
        self._show_now(self.outlook)
        self.moves.show_moves(None, editable=False)
        self._job = self._desk.jobs.run(
            "Expected response",
            lambda report: compute_response_outlook(reading, under, target_min, report),
            on_done=self._show,
            on_failed=self._refused,
        )

    def _show_now(self, found: ResponseOutlook) -> None:
        self.told.hide()
        for figure in RESPONSE_MEASURES:
            text = _format_expected_figure(getattr(found.now, figure.key), figure.unit)
            name = figure.name
            if figure.key == "share_within_target":
                name = f"Within {found.target_min:g} min"
            self.figures[figure.key].setText(f"{name}  <b>{text}</b>")
        wait = found.now.mean_wait_min
        self.wait.setVisible(wait is not None)
        self.wait.setText(f"Mean wait  <b>{_format_expected_figure(wait, 'min')}</b>")
        self.units.show_units(self._units(found.state), found.now.units)
        calls = describe_demand(read_demand(found.state))
        travel = describe_travel_source(found.state.project)
        self.about.set_full_text(self._desk.session.rewrite(f"{calls} {travel}"))
        self._tell_site(self._desk.bridge.selection.site)

    def _show(self, found: ResponseOutlook) -> None:
        self._job = None
        if found.state is not self._desk.session.state:
            return
        self.outlook = found
        self.table.show(found.fewer)
        self.fewer.fit_columns()
        plan = found.state.plan
        may = not self._desk.session.explain_denied_edit()
        self.moves.show_moves(found, editable=may and plan is not None and plan.is_draft)
        self._show_reach(self._reached)

    def _units(self, reading: ProjectState) -> dict[str, tuple[str, int | None]]:
        assert reading.plan is not None
        colors = {zone.unit: zone.color for zone in reading.plan.zones}
        return {
            unit.id: (f"{unit.id}, {describe_unit(reading.project, unit.id)}", colors.get(unit.id))
            for unit in list_plan_units(reading.project, reading.plan)
        }

    def _refused(self, error: Exception) -> None:
        self._job = None
        if isinstance(error, UserError):
            self._show_nothing(error.message)
        else:
            self._desk.jobs.fail(error)

    def _show_nothing(self, why: str) -> None:
        self.outlook = None
        self.told.setText(why)
        self.told.show()
        for label in (*self.figures.values(), self.wait):
            label.clear()
        self.table.show([])
        reading = self._desk.session.state
        if reading.plan is not None:
            self.units.show_units(self._units(reading), {})
        self.moves.show_moves(None, editable=False)
        self.moves.head.setText("")
        self._view.map.show_reach_area(None)

    def _show_reach(self, unit: str) -> None:
        """Show what a unit reaches within the target; an empty text takes it off the map."""
        self._reached = unit
        if self._reaching is not None:
            self._reaching.cancel()
            self._reaching = None
        found = self.outlook
        if not unit or found is None or unit not in found.now.units or not self.isVisible():
            self._view.map.show_reach_area(None)
            return
        reading, under, target_min = found.state, found.under, found.target_min
        self._reaching = self._desk.jobs.run(
            f"Reach of {unit}",
            lambda report: compute_unit_reach(reading, under, unit, target_min),
            on_done=self._lay_reach,
        )

    def _lay_reach(self, area: "BaseGeometry | None") -> None:
        self._reaching = None
        if self.isVisible():
            self._view.map.show_reach_area(area)

    def _follow(self, selection: Selection) -> None:
        """Show the reach of the unit whose zone is selected."""
        plan = self._desk.session.plan
        if not self.isVisible() or plan is None:
            return
        units = {zone.id: zone.unit for zone in plan.zones}
        self._show_reach(units.get(selection.zone or "", ""))
        self._tell_site(selection.site)

    def _tell_site(self, site: str | None) -> None:
        """Say of a site how many calls are expected, how sure that is, and what one meets."""
        calls, found = self._calls, self.outlook
        known = site is not None and found is not None and site in found.now.sites
        self.site.setVisible(known and calls is not None)
        if site is None or found is None or calls is None or not known or site not in calls.sites:
            return
        at = calls.sites.index(site)
        response = found.now.sites[site]
        meets = _format_expected_figure(response.mean_response_min, "min")
        within = _format_expected_figure(response.share_within_target, "%")
        bounds = calls.bounds_of(at)
        digits = count_rate_digits(bounds[1] if bounds else calls.per_day[at])
        daily = f"{calls.per_day[at]:.{digits}f}"
        sure = f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}; " if bounds else ""
        self.site.set_full_text(
            f"{found.state.project.sites[site].name}: {daily} calls per school day "
            f"({sure}{calls.observed.by_site[site]} logged), help arrives in {meets}, "
            f"{within} within {found.target_min:g} min."
        )

    def _forget_calls(self, _event: object = None) -> None:
        self._calls = None
        self.mark_stale()

    def _take_off_row(self, title: object) -> None:
        at = self.table.place(str(title))
        if at is not None:
            self.take_off(self.table.row(at).off)

    def _move(self, move: NextMove) -> None:
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

    def _better(self, found: "ResponseImprovement") -> None:
        self._best = found
        self.moves.say(describe_response_gain(found))

    def _leaving(self, start: ProjectState) -> UnfinishedWork:
        """Say what it means to leave in the middle of a search."""
        best = self._best
        if best is None or best.mean_response_min >= best.start_min - _LEAST_GAIN_MIN:
            return UnfinishedWork("No better plan has been found yet.")
        if self._desk.session.state.plan is not start.plan:
            lost = "The plan has since changed, so the result no longer fits it."
            return UnfinishedWork(lost)

        def use() -> bool:
            if self._searching is not None:
                self._searching.cancel()
            return self._keep_found(start, best)

        return UnfinishedWork(describe_response_gain(best), use)

    def _end_search(self, start: ProjectState, found: "ResponseImprovement | None") -> None:
        self._keep_found(start, found)

    def _keep_found(self, start: ProjectState, found: "ResponseImprovement | None") -> bool:
        """Keep the best zones where the plan is still the one that the search started from."""
        self._search_ended()
        session = self._desk.session
        session.view_present()
        if found is None:
            return False
        text = describe_response_gain(found)
        self.moves.say(text)
        if found.mean_response_min >= found.start_min - _LEAST_GAIN_MIN:
            return False
        if session.state.plan is not start.plan:
            self._desk.notices.show_notice(
                f"The plan has since changed, so it was not replaced. {text}"
            )
            return False
        label = f"Reduce response time in “{found.plan.name}”"
        return self._desk.apply(
            label, lambda project: replace_draft(project, found.plan), done=text
        )

    def _search_failed(self, error: Exception) -> None:
        self._search_ended()
        if isinstance(error, UserError):
            self.moves.say(error.message)
        else:
            self._desk.jobs.fail(error)

    def _search_ended(self) -> None:
        self._searching = None
        plan = self._desk.session.plan
        self.moves.search.setEnabled(plan is not None and plan.is_draft)

    def _lay_out(self) -> None:
        for figure in RESPONSE_MEASURES:
            self.figures[figure.key].setToolTip(figure.definition)
            self.figures[figure.key].setAccessibleName(figure.name)
        head = make_row_layout(
            *self.figures.values(),
            self.wait,
            (self.told, 1),
            None,
            spacing_px=WIDE_MARGIN_PX,
            margins_px=BAR_MARGINS_PX,
        )
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        for part, name in ((self.units, "Units"), (self.fewer, ""), (self.moves, "Next moves")):
            shown = part if part is self.fewer else wrap_in_scroll_area(part, name)
            part.setContentsMargins(*BAR_MARGINS_PX)
            self.split.addWidget(shown)
        self.split.setSizes(_WIDTHS)
        foot = QVBoxLayout()
        foot.setContentsMargins(*BAR_MARGINS_PX)
        foot.setSpacing(0)
        add_layout_parts(foot, (self.site, self.about))
        make_column_layout(self, self.bar, head, (self.split, 1), foot, margin_px=0, spacing_px=0)
