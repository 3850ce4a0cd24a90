"""A small roster: three zones, officers, and a week of assignments."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from builders import CITY, COUNTY, project_from

from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import AvailabilityKind, AvailabilityPeriod, Officer, Shift
from zoneplanner.domain.roster.shift_edits import make_open_shifts, make_standard_posts, put_post

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)
MONDAY = date(2026, 9, 14)
FRIDAY = date(2026, 9, 18)
CALENDAR = SchoolCalendar((DateRange("Fall 2026", date(2026, 8, 13), date(2026, 12, 18)),), ())


def officer(letter: str, *units: str, kind: str = "deputy", **values: object) -> Officer:
    """Return Officer A for the letter A, eligible for the units in their jurisdictions."""
    areas = tuple(dict.fromkeys(CITY if unit.islower() else COUNTY for unit in units))
    agency = "Police" if kind == "sro" else "Sheriff"
    own = Officer(letter, f"Officer {letter}", agency, kind, units, areas)
    return replace(own, **values)  # type: ignore[arg-type]


def roster(*officers: Officer, layout: str = "AAB/ABB/cc.") -> Project:
    """Return a project with the open shifts of the week of ``MONDAY`` for these officers."""
    project = replace(project_from(layout), calendar=CALENDAR)
    for one in officers:
        project = put_officer(project, one)
    for post in make_standard_posts(project):
        project = put_post(project, post)
    return make_open_shifts(project, MONDAY, FRIDAY)


def own_time(
    kind: AvailabilityKind, first: date, last: date | None = None, **values: object
) -> AvailabilityPeriod:
    """Return an availability period of whole days from first to last."""
    own = AvailabilityPeriod(f"{kind}-{first}", kind, first, last or first)
    return replace(own, **values)  # type: ignore[arg-type]


def clock(text: str) -> time:
    """Return a time of day."""
    return time.fromisoformat(text)


def shift(uid: str, unit: str, day: date, starts: str, ends: str, **values: object) -> Shift:
    """Return an open shift at local times on one day."""
    made = Shift(
        uid,
        unit,
        None,
        local_to_utc(day, clock(starts), ZONE),
        local_to_utc(day, clock(ends), ZONE),
    )
    return replace(made, **values)  # type: ignore[arg-type]
