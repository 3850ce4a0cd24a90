"""What is still missing for complete handouts: phones, addresses, principals, days and bells."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneplanner.app.data.calendar_rows import CALENDAR_TABLE
from zoneplanner.app.data.preference_rows import TIP_LINE
from zoneplanner.app.data.site_rows import make_contact_key
from zoneplanner.domain.calendar.bells import BellSchedule
from zoneplanner.domain.calendar.year_rollover import CALENDAR_STEP
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import PRINCIPAL, UNNAMED_AGENCY
from zoneplanner.messages import format_count, join_names

_ASSUMED = BellSchedule()
_MANY = {
    "street address": "street addresses",
    "area of a unit": "areas of units",
    "name of an agency": "names of agencies",
}


@dataclass(frozen=True, slots=True)
class MissingCell:
    """A cell that nobody filled in, by its table; ``what`` is what it would tell."""

    kind: str
    row: str
    column: str
    what: str


def list_missing_cells(project: Project) -> tuple[MissingCell, ...]:
    """Return what handouts of the patrolled sites, their units and agencies lack."""
    return (
        *_list_of_sites(project),
        *_list_of_units(project),
        *_list_of_calendar(project),
        *_list_of_bells(project),
        *_list_of_terms(project),
    )


def summarize_missing(cells: Iterable[MissingCell]) -> str:
    """Say how much of what is missing; empty where nothing is."""
    counts = Counter(cell.what for cell in cells)
    return join_names(format_count(n, what, _MANY.get(what, "")) for what, n in counts.items())


def _list_of_sites(project: Project) -> Iterator[MissingCell]:
    for site in project.patrolled:
        if not site.phone:
            yield MissingCell("site", site.id, "phone", "phone number")
        if not (site.street and site.city):
            yield MissingCell("site", site.id, "street", "street address")
        if site.enrollment is None:
            yield MissingCell("site", site.id, "enrollment", "enrollment")
        if not site.level:
            yield MissingCell("site", site.id, "level", "level")
        if project.directory.find(site.id, PRINCIPAL) is None:
            yield MissingCell("contact", make_contact_key(site.id, PRINCIPAL), "name", PRINCIPAL)


def _list_of_units(project: Project) -> Iterator[MissingCell]:
    serving = {unit.agency for unit in project.units.values()}
    for agency in project.agencies.values():
        if agency.id in serving and agency.id == UNNAMED_AGENCY:
            yield MissingCell("agency", agency.id, "name", "name of an agency")
        if agency.id in serving and not agency.phone:
            yield MissingCell("agency", agency.id, "phone", "phone number")
    for unit in project.units.values():
        if unit.holds_zone and not any(unit.may_be_primary(area) for area in project.jurisdictions):
            yield MissingCell("unit", unit.id, "primary", "area of a unit")


def _list_of_calendar(project: Project) -> Iterator[MissingCell]:
    """Yield the days that nobody has adopted: those that are assumed, or none at all."""
    days = list(CALENDAR_TABLE.read(project))
    confirmed = any(CALENDAR_STEP in steps for steps in project.year_rollover.checked.values())
    if (project.calendar.assumed and not confirmed) or not days:
        yield MissingCell("calendar", days[-1] if days else "", "first", "adopted calendar")


def _list_of_terms(project: Project) -> Iterator[MissingCell]:
    if not project.terms.tip_line.text:
        yield MissingCell("term", TIP_LINE, "text", "tip line")


def _list_of_bells(project: Project) -> Iterator[MissingCell]:
    """Yield the levels whose bells are those that the program assumes."""
    bells = project.calendar.bells
    levels = {site.level for site in project.patrolled if site.id not in bells.by_site}
    used = dict.fromkeys(level if level in bells.by_level else "other" for level in levels)
    for level in bells.by_level:
        if level in used and bells.by_level[level] == _ASSUMED.by_level.get(level):
            yield MissingCell("bells", level, "starts", "bell schedule")
