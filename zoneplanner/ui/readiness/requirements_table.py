"""The table of requirements, which can also be shown by site, zone, week, owner or plan review."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMenu

from zoneplanner.app.readiness.requirements import BY_OWNER, BY_PLAN, BY_WEEK, ReadinessStatus
from zoneplanner.app.session.session import Session
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    WORST_FIRST,
    PlanStanding,
    Requirement,
    list_plan_standings,
)
from zoneplanner.messages import format_count
from zoneplanner.ui.readiness.requirement_rows import (
    REQUIREMENT_COLUMNS,
    RequirementRow,
    ZoneNames,
    build_group_columns,
    build_group_rows,
    build_requirement_rows,
    build_site_standing_rows,
    build_standing_columns,
    build_zone_standing_rows,
    format_status,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


@dataclass(frozen=True, slots=True)
class PlanReviewRow:
    """The plan review of a school; ``item`` is its most urgent requirement."""

    key: str
    name: str
    zone: str
    zone_place: int | None
    standing: PlanStanding
    item: Requirement
    due_text: str
    points_text: str


def build_plan_review_rows(readiness: ReadinessStatus, session: Session) -> list[PlanReviewRow]:
    """Return a row for each school whose plan must be reviewed."""
    zones, by_site = ZoneNames(session), readiness.by_site
    return [
        PlanReviewRow(
            standing.site,
            session.project.sites[standing.site].name,
            *zones.of(standing.site),
            standing,
            next(item for item in by_site[standing.site] if item.kind == PLAN_REVIEW),
            session.formats.day(standing.due_on) if standing.due_on else value_text.NO_VALUE,
            "; ".join(point.message.say(session.formats) for point in standing.points),
        )
        for standing in list_plan_standings(readiness.displayed_items)
    ]


PLAN_REVIEW_COLUMNS = (
    Column("Open\npoints", lambda row: -len(row.standing.points),
           lambda row: str(len(row.standing.points)), "Open steps and elements.",
           figure=True),
    Column("School", lambda row: row.name),
    Column("Steps", lambda row: row.standing.steps, figure=True),
    Column("Elements", lambda row: row.standing.elements,
           tip="Elements of the plan that nobody confirmed before its adoption.", figure=True),
    Column("Out of\norder", lambda row: row.standing.out_of_order,
           tip="Steps that were done but do not count, such as notices after the meeting.",
           figure=True),
    Column("Due", lambda row: row.standing.due_on or date.max, lambda row: row.due_text,
           whole=True),
    Column("Status", lambda row: WORST_FIRST.index(row.standing.status),
           lambda row: format_status(row.standing.status), whole=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    Column("Open items", lambda row: row.points_text, cell_tip=lambda row: row.points_text),
)  # fmt: skip


_VIEWS = {"open": "To do", "all": "All requirements", "site": "Sites", "zone": "Zones"}
_VIEWS |= {BY_WEEK: "By week due", BY_OWNER: "By owner", BY_PLAN: "Plan reviews"}
_EMPTY = {
    "open": "Nothing is due: everything required so far is done.",
    "all": "This project has no schools yet, so nothing is required.",
    "site": "This project has no patrolled schools yet.",
    "zone": "There is no plan on screen yet.",
    BY_PLAN: "No plan review is required.",
    **dict.fromkeys((BY_WEEK, BY_OWNER), "Nothing is due: everything required so far is done."),
}
_OFFERS = {"open": "log_drill", "all": "import", "site": "import", "zone": "propose"}
_OFFERS |= dict.fromkeys((BY_WEEK, BY_OWNER), "log_drill") | {BY_PLAN: "log_review"}
"""The action that an empty table offers."""


class RequirementsTable(TablePanel):
    """Shows requirements; ``log_requirement`` opens the form that logs one as fulfilled."""

    def __init__(self, desk: UiContext, log_requirement: Callable[[Requirement], object]) -> None:
        super().__init__(
            desk,
            REQUIREMENT_COLUMNS,
            lambda row: row.key,
            name="Requirements",
            empty="Reading the log…",
            filter_name="Filter requirements",
            filter_hint="Filter by site, zone, or requirement…",
        )
        self._log_requirement = log_requirement
        self.shown = make_choice_box(_VIEWS, name="What the table shows")
        open_tip = "Open the form for the selected requirement (Enter)."
        self.open_button = push_button("Log it…", open_tip, self._open)
        label = QLabel("S&how")
        label.setBuddy(self.shown)
        self.lay_out(label, self.shown, (self.filter, 2), self.open_button, None, self.counted)
        self._columns_key = ""
        self.view.chosen.connect(self._select)
        self.view.opened.connect(lambda _: self._open())
        self.view.menu_requested.connect(self._open_menu)
        self.shown.currentIndexChanged.connect(self.mark_stale)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the requirements as last read; the reader reads them again if they changed."""
        readiness = self._desk.readiness.request()
        if readiness is None:
            return
        shown = self.shown.currentData()
        rows, kind = self._build_rows(readiness, shown)
        columns_key = f"{kind} {len(readiness.rules.choices.own)}"
        if columns_key != self._columns_key:
            self._rebuild_columns(readiness, kind)
            self._columns_key = columns_key
        self.table.show(rows)
        offer = self._desk.actions[_OFFERS[shown]]
        self.view.set_empty_text(_EMPTY[shown], offer.text(), offer.trigger)
        self.view.fit_columns()
        counts = {"open": f"{len(rows)} to do", "all": f"{len(rows)} in all"}
        self.counted.setText(counts.get(shown) or format_count(len(rows), kind))
        self.open_button.setVisible(kind in ("requirement", "plan review"))

    def _build_rows(self, readiness: ReadinessStatus, shown: str) -> tuple[Sequence[Any], str]:
        """Return the rows of the chosen view, and their kind."""
        session = self._desk.session
        match shown:
            case "site":
                return build_site_standing_rows(readiness, session), "site"
            case "zone":
                return build_zone_standing_rows(readiness, session), "zone"
            case _ if shown in (BY_WEEK, BY_OWNER):
                return build_group_rows(readiness, session, shown), shown
            case _ if shown == BY_PLAN:
                return build_plan_review_rows(readiness, session), "plan review"
        rows = build_requirement_rows(readiness, session, include_done=shown == "all")
        return rows, "requirement"

    def _rebuild_columns(self, readiness: ReadinessStatus, kind: str) -> None:
        fixed = {"requirement": REQUIREMENT_COLUMNS, "plan review": PLAN_REVIEW_COLUMNS}
        columns = fixed.get(kind) or (
            build_group_columns(kind)
            if kind in (BY_WEEK, BY_OWNER)
            else build_standing_columns(readiness, of_zones=kind == "zone")
        )
        self.show_columns(columns)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)

    def _select(self, key: str) -> None:
        row = self.view.current_row()
        session, bridge = self._desk.session, self._desk.bridge
        site = row.item.site if isinstance(row, RequirementRow) else key
        plan = session.plan
        if site in session.project.sites:
            bridge.select(site=site)
        elif plan is not None and site in {zone.id for zone in plan.zones}:
            bridge.select(zone=site)

    def _open(self) -> None:
        row = self.view.current_row()
        if isinstance(row, RequirementRow | PlanReviewRow):
            self._log_requirement(row.item)
        elif row is not None and self.shown.currentData() in (BY_WEEK, BY_OWNER):
            self.filter.setText(row.name)
            self.shown.setCurrentIndex(self.shown.findData("open"))
        elif self.shown.currentData() in ("open", "all", BY_PLAN):
            self._desk.notices.show_notice("Select a requirement in the table first.")

    def _open_menu(self, _key: object, position: QPoint) -> None:
        if isinstance(self.view.current_row(), RequirementRow | PlanReviewRow):
            menu = QMenu(self)
            menu.addAction("Log it…", self._open)
            menu.popup(position)
