"""The table of plan reviews: each school with how many points are open, those with most first."""

from dataclasses import dataclass
from datetime import date

from zoneplanner.app.readiness.requirements import ReadinessStatus
from zoneplanner.app.session.session import Session
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    WORST_FIRST,
    PlanStanding,
    Requirement,
    list_plan_standings,
)
from zoneplanner.ui.readiness.requirement_rows import ZoneNames, format_status
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column


@dataclass(frozen=True, slots=True)
class PlanReviewRow:
    """The plan review of a school; ``item`` is what is to be done first of it."""

    key: str
    name: str
    zone: str
    zone_place: int | None
    standing: PlanStanding
    item: Requirement
    due_text: str
    points_text: str


def build_plan_review_rows(found: ReadinessStatus, session: Session) -> list[PlanReviewRow]:
    """Return a row for each school whose plan is reviewed."""
    zones, by_site = ZoneNames(session), found.by_site
    return [
        PlanReviewRow(
            one.site,
            session.project.sites[one.site].name,
            *zones.of(one.site),
            one,
            next(item for item in by_site[one.site] if item.kind == PLAN_REVIEW),
            session.formats.day(one.due_on) if one.due_on else value_text.NO_VALUE,
            session.rewrite("; ".join(point.words for point in one.points)),
        )
        for one in list_plan_standings(found.displayed_items)
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
           tip=(
               "Steps that were done but do not count, such as notices after the meeting."
           ), figure=True),
    Column("Due", lambda row: row.standing.due_on or date.max, lambda row: row.due_text,
           whole=True),
    Column("Status", lambda row: WORST_FIRST.index(row.standing.status),
           lambda row: format_status(row.standing.status), whole=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    Column("Open items", lambda row: row.points_text, cell_tip=lambda row: row.points_text),
)  # fmt: skip
