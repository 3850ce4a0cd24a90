"""The table of visits that are due this week: what is missed or late first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from zoneplanner.app.due_visits import list_due_visits_of_week
from zoneplanner.app.logbook import find_usual_unit
from zoneplanner.app.session import Session
from zoneplanner.domain.formats import WEEKDAY_NAMES
from zoneplanner.domain.journal import Visit
from zoneplanner.domain.visit_rule import DueVisit, DueVisitStatus, derive_visit_status
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn

_SIGNS = {
    DueVisitStatus.MISSED: "!",
    DueVisitStatus.LATE: "!",
    DueVisitStatus.DUE: "…",
    DueVisitStatus.DONE: "✓",
}
_ORDER = {standing: place for place, standing in enumerate(DueVisitStatus)}
_NOT_RECORDED = "? Not recorded yet"
_ANY_TIME = "Any time"


@dataclass(frozen=True, slots=True)
class DueVisitRow:
    """What is asked of one site in one window, or a visit ``planned`` ahead, by its uid."""

    due: DueVisit
    site: str
    site_name: str
    zone: str
    zone_place: int | None
    unit: str
    window: str
    then: str
    planned: str = ""
    recorded: bool = True
    """Whether any visit was ever logged; before that nothing is missed or late."""

    @property
    def stands(self) -> str:
        """Say how it stands, with its sign."""
        standing = self.due.standing
        if not self.recorded and standing in (DueVisitStatus.MISSED, DueVisitStatus.LATE):
            return _NOT_RECORDED
        return f"{_SIGNS[standing]} {standing}"

    @property
    def key(self) -> str:
        """What names the row."""
        return self.planned or f"{self.site}|{self.due.window}"


def build_due_visit_rows(session: Session, planned: Iterable[Visit]) -> list[DueVisitRow]:
    """Return a row for each site and window and planned visit, what needs attention first."""
    project = session.project
    plan = project.current_plan(session.today)
    places = {zone.id: zone.colour for zone in plan.zones} if plan else {}
    found = []
    for due in list_due_visits_of_week(session):
        zone = plan.assignment.get(due.site, "") if plan else ""
        found.append(
            DueVisitRow(
                due=due,
                site=due.site,
                site_name=project.sites[due.site].name,
                zone=zone or words.NO_VALUE,
                zone_place=places.get(zone),
                unit=find_usual_unit(project, due.site, session.today) or words.NO_VALUE,
                window=due.window.capitalize() if due.window else _ANY_TIME,
                then=_then(session, due),
                recorded=bool(session.last_visits),
            )
        )
    for visit in planned:
        site = project.sites.get(visit.site)
        zone = plan.assignment.get(visit.site, "") if plan else ""
        due = _due(session, visit)
        found.append(
            DueVisitRow(
                due=due,
                site=visit.site,
                site_name=site.name if site else visit.site,
                zone=zone or words.NO_VALUE,
                zone_place=places.get(zone),
                unit=visit.unit or words.NO_VALUE,
                window="Planned",
                then=_then(session, due),
                planned=visit.uid,
            )
        )
    return sorted(found, key=lambda row: (_ORDER[row.due.standing], row.then, row.site_name))


def _due(session: Session, visit: Visit) -> DueVisit:
    """Return where a planned visit stands: it is due until the rule's grace is over."""
    rule = session.project.visit_rule
    state = derive_visit_status(visit, session.clock(), rule)
    standing = DueVisitStatus(state) if state in ("late", "missed") else DueVisitStatus.DUE
    until = visit.arrived_at + timedelta(minutes=rule.late_min)
    return DueVisit(visit.site, "", 1, 0, standing, visit.arrived_at, until)


def _then(session: Session, due: DueVisit) -> str:
    if due.standing is DueVisitStatus.DONE or due.opens_at is None or due.closes_at is None:
        return ""
    zone = ZoneInfo(session.project.time_zone)
    opens, closes = due.opens_at.astimezone(zone), due.closes_at.astimezone(zone)
    day = "today" if opens.date() == session.today else WEEKDAY_NAMES[opens.weekday()][:3]
    return f"{day} {session.formats.span(opens, closes)}"


DUE_VISIT_COLUMNS = (
    TableColumn("Site", lambda row: row.site_name),
    TableColumn("When", lambda row: row.window,
           tip="The bell window that the rule asks for, any time of the week, or planned ahead."),
    TableColumn("Done", lambda row: row.due.done / max(1, row.due.asked),
           lambda row: f"{row.due.done} of {row.due.asked}",
           "Visits of this week that count, of those asked.", figure=True),
    TableColumn("Stands", lambda row: _ORDER[row.due.standing],
           lambda row: row.stands,
           "Missed: the days that are left do not suffice. Late: only grace is left today."),
    TableColumn("Next", lambda row: row.then, whole=True),
    TableColumn("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    TableColumn("Unit", lambda row: row.unit),
)  # fmt: skip
