"""The panel of a plan's figures, compared with an earlier plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from zoneplanner.analysis.demand.call_demand import PlanAtDemand, compute_demand_bases
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    PlanMeasures,
    ZoneMeasures,
    subtract_as_shown,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.coverage.demand import (
    describe_plan_sensitivity,
    judge_plan_sensitivity,
    read_demand,
)
from zoneplanner.app.plans.zone_proposals import find_plan_bound
from zoneplanner.app.session.state import (
    ProjectState,
    SessionChange,
    derive_state,
    fingerprint_plan_problem,
)
from zoneplanner.domain.edits import list_zone_reassignments
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.plans.plan import OptimalityProof
from zoneplanner.domain.plans.what_ifs import list_turning_days
from zoneplanner.messages import Message, format_count, say_all
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_hiding_note,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import summarize_proof
from zoneplanner.ui.widgets.tables.table_model import Column, TableModel
from zoneplanner.ui.widgets.tables.table_view import FittedTableView

_PLAN_FIGURES = ("worst_deviation", "load_cv", "cost", "worst_drive_min", "mean_drive_min")
_NAMES = {"cost": "Drive"}
_IMBALANCES = ("over_tolerance", "empty_zone")


@dataclass(frozen=True, slots=True)
class _FigureRow:
    """One figure; ``verdict`` is "better" or "worse" if one direction is good."""

    name: str
    definition: str
    before: str
    after: str
    difference: str
    verdict: str

    @property
    def span(self) -> str:
        """The figure, or if it changed, its values before and after."""
        if self.before in ("", self.after):
            return self.after
        return f"{self.before.removesuffix('%')} → {self.after}"


def build_figure_rows(before: ProjectState | None, after: ProjectState) -> list[_FigureRow]:
    """Return the figures of the plan, with their differences."""
    if after.figures is None or after.plan is None:
        return []
    old = before.figures if before is not None else None
    comparable = not _differs_in_demand(before, after)
    return [
        _make_row(
            key,
            _NAMES.get(key, MEASURES[key].name),
            _value(old, key),
            getattr(after.figures, key),
            comparable=comparable,
        )
        for key in _PLAN_FIGURES
    ]


def build_changed_rows(before: ProjectState | None, after: ProjectState) -> list[_FigureRow]:
    """Return the unassigned sites, and the load and deviation of zones whose sites changed."""
    if after.figures is None or after.plan is None:
        return []
    old, rows = before.figures if before is not None else None, list[_FigureRow]()
    comparable = not _differs_in_demand(before, after)
    now_unassigned = len(after.figures.unassigned)
    was_unassigned = len(old.unassigned) if old is not None else None
    if now_unassigned or was_unassigned:
        key, name = "unassigned", MEASURES["unassigned"].name
        rows.append(_make_row(key, name, was_unassigned, now_unassigned, comparable=comparable))
    for zone in _list_changed_zones(before, after):
        now = after.figures.zones[zone]
        was = old.zones.get(zone) if old is not None else None
        for key, name in (("load_min", f"{zone} load"), ("deviation", f"{zone} deviation")):
            figures = _value(was, key), getattr(now, key)
            rows.append(_make_row(key, name, *figures, comparable=comparable))
    return rows


def _value(figures: PlanMeasures | ZoneMeasures | None, key: str) -> float | None:
    return None if figures is None else float(getattr(figures, key))


def _list_changed_zones(before: ProjectState | None, after: ProjectState) -> list[str]:
    """Return the zones that gained or lost sites, in the plan's order."""
    if before is None or before.plan is None or after.plan is None:
        return []
    moves = list_zone_reassignments(before.plan, after.plan)
    changed = {zone for move in moves for zone in (move.before, move.after)}
    return [zone.id for zone in after.plan.zones if zone.id in changed]


def summarize_moves(
    before: ProjectState | None, after: ProjectState, formats: LocaleFormats = ISO_FORMATS
) -> str:
    """Describe which sites close or open between two states, and count the other moved sites."""
    if before is None or before.plan is None or after.plan is None:
        return ""
    sentences, moved, students = list[str](), 0, 0
    for move in list_zone_reassignments(before.plan, after.plan):
        was, now = before.project.sites.get(move.site), after.project.sites.get(move.site)
        opens, closes = _is_patrolled(now), _is_patrolled(was)
        site, word = (now, "opens") if opens else (was, "closes")
        if opens is not closes and site is not None:
            whom = f" with {format_count(site.enrollment, 'student')}" if site.enrollment else ""
            days = list_turning_days(after.saved_project, after.plan)
            when = f" on {formats.day(days[site.id])}" if site.id in days else ""
            sentences.append(f"{site.name}{whom} {word}{when}.")
        else:
            moved, students = moved + 1, students + ((now and now.enrollment) or 0)
    if moved:
        sentences.append(
            f"{format_count(moved, 'site')} and {format_count(students, 'student')} moved."
        )
    return " ".join(sentences)


def _is_patrolled(site: Site | None) -> bool:
    return site is not None and site.patrolled


def _differs_in_demand(before: ProjectState | None, after: ProjectState) -> bool:
    was, now = before.project.demand if before is not None else None, after.project.demand
    return was is not None and was is not now and was.in_use != now.in_use


def describe_balance(state: ProjectState) -> str:
    """Describe whether every zone's load is within tolerance, or return "" without zones."""
    if state.plan is None or not state.plan.zones:
        return ""
    off = [problem.where["zone"] for problem in state.problems if problem.code in _IMBALANCES]
    most = state.plan.tolerance * 100
    text = str(Message("balance.off" if off else "balance", zones=off, most=most))
    uneven = (note.text for note in state.notes if note.code == "uneven_shares")
    return " ".join((text, *uneven))


def describe_demand_change(before: ProjectState | None, after: ProjectState) -> str:
    """Describe the change in expected calls, or return "" if there is none."""
    if before is None or not _differs_in_demand(before, after):
        return ""
    was, now = (read_demand(state).calls_per_day for state in (before, after))
    return str(Message("demand_changed", before=was, after=now))


def _make_row(
    key: str, name: str, before: float | None, after: float, *, comparable: bool
) -> _FigureRow:
    """Format a figure; a change is better or worse only if both plans are ``comparable``."""
    measure = MEASURES[key]
    percent = measure.unit == "%"
    signed = measure.better == "target"
    digits = measure.digits

    def write(value: float | None) -> str:
        if percent:
            return value_text.format_share(value, digits, signed=signed)
        return value_text.format_number(value, digits)

    good = measure.is_better(before, after) if before is not None and comparable else None
    sizes = (before or 0.0, after)
    if key in _PLAN_FIGURES:  # the zone that is farthest off may have changed
        sizes = (measure.weigh(sizes[0]), measure.weigh(after))
    return _FigureRow(
        name=name if percent or not measure.unit else f"{name}, {measure.unit}",
        definition=measure.definition,
        before=write(before) if before is not None else "",
        after=write(after),
        difference=""
        if before is None
        else value_text.format_difference(
            subtract_as_shown(*sizes, digits, percent=percent),
            digits,
            good=good,
        ),
        verdict="" if good is None else "better" if good else "worse",
    )


def _value_tip(row: _FigureRow) -> str:
    """Return the definition and, if the figure changed, both values, which don't fit in a row."""
    return row.definition if row.span == row.after else f"{row.span}. {row.definition}"


def _change_tip(row: _FigureRow) -> str:
    """Return the definition and what the change means; shares change by percentage points."""
    points = " In percentage points." if row.after.endswith("%") else ""
    verdict = f" This is {row.verdict}." if row.verdict else ""
    return f"{row.definition}{points}{verdict}"


_FIGURE_COLUMNS = (
    Column("Figure", lambda row: row.name, cell_tip=lambda row: row.definition),
    Column("Value", lambda row: row.after, cell_tip=_value_tip, figure=True),
    Column("Change", lambda row: row.difference, figure=True,
           cell_tip=_change_tip),
)  # fmt: skip

_CHANGE_COLUMN = 2
_PREVIOUS_STEP, _PLAN_IN_FORCE = range(2)
_COMPARED_WITH = {
    _PREVIOUS_STEP: "Compared with the previous step",
    _PLAN_IN_FORCE: "Compared with the plan in force",
}


class PlanFiguresPanel(QWidget):
    """One row per figure of the plan.

    The parts that come, go and grow with each change are in ``below``, under all other sections,
    so that nothing else moves: balance, moved sites, possible improvement, and changed zones.
    """

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._step_before: ProjectState | None = None
        self._gesture_start: ProjectState | None = None
        self._bound: OptimalityProof | None = None
        self._demand_bases: tuple[PlanningBasis, Mapping[str, PlanningBasis]] | None = None
        self._requested_bounds: set[str] = set()
        self.title = make_section_label("")
        self.against = make_choice_box(_COMPARED_WITH, name="Compare with")
        self.against.currentIndexChanged.connect(lambda _: self._refresh())
        self.table, self.view = self._make_table("Figures before and after")
        self.zone_table, self.zone_view = self._make_table("Zones before and after")
        self.balance, self.moved, self.proof = (make_hiding_note() for _ in range(3))
        self.proof.setToolTip(
            "A search showed the shortest drive that a plan could have under all rules. Load is "
            "planned visits and expected calls, in minutes per day."
        )
        rows = make_column_layout(self, self.title, self.against, self.view, None)
        rows.setContentsMargins(PANEL_MARGIN_PX, 0, PANEL_MARGIN_PX, GRID_PX)
        self.below = QWidget()
        more = (self.balance, self.moved, self.proof, self.zone_view)
        rows = make_column_layout(self.below, *more)
        rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        desk.bridge.changed.connect(self._follow_step)
        desk.bridge.previewed.connect(self._begin_gesture)
        desk.bridge.preview_followed.connect(self._refresh)
        self._refresh()

    def _make_table(self, name: str) -> tuple[TableModel, FittedTableView]:
        table = TableModel(_FIGURE_COLUMNS, lambda row: row.name, self)
        view = FittedTableView(name, self._desk.icons)
        view.setModel(table)
        view.setSortingEnabled(False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = view.horizontalHeader()
        head.setStretchLastSection(False)
        head.setMinimumSectionSize(24)
        head.setDefaultSectionSize(24)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table, view

    def _follow_step(self, event: SessionChange) -> None:
        cancelled = self._gesture_start is event.after
        self._gesture_start = None
        if not cancelled and event.before is not event.after:
            old, new = event.before.plan, event.after.plan
            follows = old is not None and new is not None and old.uid in (new.uid, new.parent)
            self._step_before = event.before if follows else None
        self._refresh()

    def _begin_gesture(self, event: SessionChange) -> None:
        if self._gesture_start is None:
            self._gesture_start = event.before

    def _refresh(self) -> None:
        after = self._desk.session.state
        before = self._find_earlier_state()
        name = after.plan.name if after.plan else ""
        self.title.setText(f"Figures of “{name}”")
        zones = build_changed_rows(before, after)
        figures = build_figure_rows(before, after)
        for table, view, rows in (
            (self.table, self.view, figures),
            (self.zone_table, self.zone_view, zones),
        ):
            table.show(rows)
            if view.isColumnHidden(_CHANGE_COLUMN) is not (before is None):
                view.setColumnHidden(_CHANGE_COLUMN, before is None)
            view.make_room(first=1, only_wider=True)
        for part in (self.title, self.against, self.view):
            part.setVisible(after.plan is not None)  # the list of plans says if there is no plan
        self.balance.setText(describe_balance(after))
        self.balance.setVisible(after.plan is not None)
        moved = summarize_moves(before, after, self._desk.session.formats)
        changes = " ".join(filter(None, (moved, describe_demand_change(before, after))))
        self.moved.setText(changes)
        self.zone_view.setVisible(bool(zones))
        proof = after.proof or self._bound_plan(after)
        text = ""
        if proof is not None:  # the proof is for one demand; the text adds the others
            assert after.plan is not None
            sensitivity = describe_plan_sensitivity(
                self._judge_sensitivity(after), after.plan.tolerance
            )
            text = " ".join(filter(None, (summarize_proof(proof.gap), say_all(sensitivity))))
        self.proof.setText(text)

    def _judge_sensitivity(self, state: ProjectState) -> tuple[PlanAtDemand, ...]:
        """Judge the plan at each demand; the bases are reused, because no drag changes them."""
        if self._demand_bases is None or self._demand_bases[0] is not state.basis:
            self._demand_bases = state.basis, compute_demand_bases(state.project, state.basis)
        return judge_plan_sensitivity(state, self._demand_bases[1])

    def showEvent(self, event: QShowEvent) -> None:
        """Request the bound, which is not computed while the panel is hidden."""
        super().showEvent(event)
        self._refresh()

    def _bound_plan(self, state: ProjectState) -> OptimalityProof | None:
        """Return how short the drive could be, if that is known; otherwise start a job.

        A bound is valid for all plans of a problem, so that an edit needs no new one.
        """
        inputs = fingerprint_plan_problem(state)
        if inputs is None or state.figures is None:
            return None
        if self._bound is not None and self._bound.inputs == inputs:
            return replace(self._bound, cost=state.figures.cost)
        if (
            self.isVisible()
            and inputs not in self._requested_bounds
            and self._gesture_start is None
        ):
            self._requested_bounds.add(inputs)
            self._desk.jobs.run(
                "Finding how much better the plan could be",
                partial(find_plan_bound, state),
                on_done=self._store_bound,
                on_failed=lambda _: None,
                quiet=True,
            )
        return None

    def _store_bound(self, bound: OptimalityProof) -> None:
        self._bound = bound
        self._requested_bounds.discard(bound.inputs)
        self._refresh()

    def _find_earlier_state(self) -> ProjectState | None:
        if self.against.currentIndex() == _PREVIOUS_STEP:
            return self._gesture_start or self._step_before
        session = self._desk.session
        plan = session.project.plan_in_force(session.today)
        return derive_state(session.project, plan, session.state) if plan else None
