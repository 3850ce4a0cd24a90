"""The table of sites: one row a site, with its zone, load and last visit."""

from dataclasses import dataclass
from datetime import datetime

from zoneplanner.analysis.demand import compute_site_load
from zoneplanner.app.session import Session
from zoneplanner.app.themes import count_days_since_visit
from zoneplanner.app.what_if import PLANNED_KIND, find_actual_enrollment
from zoneplanner.domain.locks import find_site_lock
from zoneplanner.domain.site import Site
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn


@dataclass(frozen=True, slots=True)
class SiteRow:
    """What the table shows of a site."""

    id: str
    name: str
    level: str
    zone: str | None
    colour: int | None
    place: str
    load_min: float
    enrollment: int | None
    enrollment_note: str
    fact: int | None
    last_visit: datetime | None
    last_visit_text: str
    days_since: int | None
    visited_this_week: bool
    patrolled: bool
    locked: bool
    marks: str
    address: str
    phone: str


def build_site_rows(session: Session) -> list[SiteRow]:
    """Return a row for each site."""
    plan = session.plan
    colours = {zone.id: zone.colour for zone in plan.zones} if plan else {}
    stacked = {site for group in session.reading.basis.cells.stacked for site in group}
    since = count_days_since_visit(session.project, session.last_visits, session.today)
    return [
        _row(session, site, colours, site.id in stacked, since.get(site.id))
        for site in session.project.sites.values()
    ]


def _row(
    session: Session, site: Site, colours: dict[str, int], stacked: bool, days_since: int | None
) -> SiteRow:
    project, plan, today = session.project, session.plan, session.today
    zone = plan.assignment.get(site.id) if plan else None
    placement = session.reading.basis.placements[site.id]
    last = session.last_visits.get(site.id)
    lies_in = project.jurisdictions.get(placement.jurisdiction or "")
    locked = plan is not None and find_site_lock(session.project, plan, site.id) is not None
    kept = session.reading.kept
    fact = find_actual_enrollment(kept, site)
    closed = not site.patrolled and site.id in kept.sites and kept.sites[site.id].patrolled
    marks = [
        text
        for text, true in (
            ("locked", locked),
            ("near a line", placement.near_line and not placement.decided),
            ("decided by hand", placement.decided),
            ("shares its position", stacked),
            ("enrollment missing", site.enrollment is None and site.patrolled),
            ("enrollment misleading", bool(site.enrollment_note)),
            ("planned", site.kind == PLANNED_KIND),
            ("enrollment supposed", fact is not None),
            ("closed in this what-if", closed),
            ("not patrolled", not site.patrolled and not closed),
        )
        if true
    ]
    return SiteRow(
        id=site.id,
        name=site.name,
        level=words.format_level(site.level),
        zone=zone,
        colour=colours.get(zone) if zone else None,
        place=lies_in.name if lies_in else words.NO_VALUE,
        load_min=compute_site_load(site, project.assumptions).minutes if site.patrolled else 0.0,
        enrollment=site.enrollment,
        enrollment_note=site.enrollment_note,
        fact=fact,
        last_visit=last,
        last_visit_text=words.format_moment(last, session) if last else words.NO_VALUE,
        days_since=days_since,
        visited_this_week=words.was_visited_this_week(last, project, today),
        patrolled=site.patrolled,
        locked=locked,
        marks=", ".join(marks),
        address=site.address,
        phone=site.phone,
    )


def _students(row: SiteRow) -> str:
    fact = "" if row.fact is None else f", fact {words.format_number(row.fact)}"
    return words.format_number(row.enrollment) + fact


SITE_TABLE_COLUMNS = (
    TableColumn("Site", lambda row: row.name),
    TableColumn("Zone", lambda row: row.zone, lambda row: row.zone or words.NO_VALUE,
           "The zone in the plan on screen.", zone=lambda row: row.colour),
    TableColumn("School days\nsince visit",
           lambda row: 10_000 if row.days_since is None else row.days_since,
           lambda row: words.format_days_since_visit(row.days_since),
           "School days after the last visit up to today, by the school calendar.", figure=True),
    TableColumn("Last visit", lambda row: row.last_visit, lambda row: row.last_visit_text,
           "Arrival of the last visit that took place, as it stands after corrections."),
    TableColumn("Level", lambda row: row.level),
    TableColumn("Students", lambda row: row.enrollment, _students,
           "Enrollment of the year 2023-24; a dash where it is not known. Where a what-if supposes "
           "another one, the fact stands beside it.", figure=True,
           cell_tip=lambda row: row.enrollment_note),
    TableColumn("Load\nmin/day", lambda row: row.load_min, lambda row: words.format_number(row.load_min, 1),
           "Planned visits × dwell time + expected calls × service time, in minutes a school day.",
           figure=True),
    TableColumn("Lies in", lambda row: row.place, tip="Jurisdiction by position in the official "
           "boundary, or as decided by hand; never by postal city."),
    TableColumn("Phone", lambda row: row.phone),
    TableColumn("Address", lambda row: row.address),
    TableColumn("To know", lambda row: row.marks),
)  # fmt: skip
