"""The order in which the agreement calls officers for an open assignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.roster_rules import AssignmentOrder
from zoneplanner.domain.roster.shift import OfficerFile, Shift, ShiftKind


@dataclass(frozen=True, slots=True)
class CallPlace:
    """An officer's place in the order: the sort key, and the reason in a few words."""

    key: tuple[float, float]
    reason: str


def rank_by_agreement(
    project: Project, shift: Shift, formats: LocaleFormats = ISO_FORMATS
) -> Mapping[str, CallPlace]:
    """Return each officer's place in the order for a shift; the smallest key is called first.

    Hours count for the shift's week or school year, without the shift itself. By rotation, the
    officer whose last open assignment is longest ago comes first, and seniority breaks ties.
    """
    order, zone = project.roster_rules.order, project.time_zone
    day = shift.day(zone)
    if order is AssignmentOrder.SENIORITY:
        return {key: _rank_by_seniority(project, key, formats) for key in project.officers}
    if order is AssignmentOrder.ROTATION:
        return _rank_by_rotation(project, shift, formats)
    if order is AssignmentOrder.EQUAL_HOURS:
        year = build_school_year(project.calendar, day)
        first, last, when = year.first, year.last, "this school year"
    else:
        first = day - timedelta(days=day.weekday())
        last, when = first + timedelta(days=6), "this week"
    hours = dict.fromkeys(project.officers, 0.0)
    for other in project.shifts_between(first, last):
        if other.officer in hours and other.is_active and other.uid != shift.uid:
            hours[other.officer] += other.hours
    return {key: CallPlace((total, 0.0), f"{total:.1f} h {when}") for key, total in hours.items()}


def _get_seniority(project: Project, officer_id: str) -> date | None:
    return project.officer_files.get(officer_id, OfficerFile()).seniority


def _rank_by_seniority(project: Project, officer_id: str, formats: LocaleFormats) -> CallPlace:
    since = _get_seniority(project, officer_id)
    reason = f"senior since {formats.day(since)}" if since else "no seniority date on file"
    return CallPlace(((since or date.max).toordinal(), 0.0), reason)


def _rank_by_rotation(
    project: Project, shift: Shift, formats: LocaleFormats
) -> dict[str, CallPlace]:
    last_extra: dict[str, date] = {}
    for other in project.shifts.values():
        is_extra = other.former or other.kind is not ShiftKind.PATROL
        if other.officer and other.is_active and is_extra and other.uid != shift.uid:
            day = other.day(project.time_zone)
            last_extra[other.officer] = max(day, last_extra.get(other.officer, day))
    places = {}
    for key in project.officers:
        seniority = (_get_seniority(project, key) or date.max).toordinal()
        last = last_extra.get(key)
        reason = f"last took one on {formats.short_day(last)}" if last else "has taken none yet"
        places[key] = CallPlace(((last or date.min).toordinal(), seniority), reason)
    return places
