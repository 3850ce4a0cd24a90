"""The order in which the agreement calls officers for an open assignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.roster_rules import AssignmentOrder
from zoneplanner.domain.roster.shift import OfficerFile, Shift, ShiftKind
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class CallPlace:
    """An officer's place in the order: the sort key and the reason."""

    key: tuple[float, float]
    why: Message


def rank_by_agreement(project: Project, shift: Shift) -> Mapping[str, CallPlace]:
    """Return each officer's place in the order for a shift; the smallest key is called first.

    Hours count for the shift's week or school year, without the shift itself. By rotation, the
    officer whose last open assignment is longest ago comes first, and seniority breaks ties.
    """
    order, zone = project.roster_rules.order, project.time_zone
    day = shift.day(zone)
    if order is AssignmentOrder.SENIORITY:
        return {key: _rank_by_seniority(project, key) for key in project.officers}
    if order is AssignmentOrder.ROTATION:
        return _rank_by_rotation(project, shift)
    if order is AssignmentOrder.EQUAL_HOURS:
        year = build_school_year(project.calendar, day)
        first, last, code = year.first, year.last, "call_place.year_hours"
    else:
        first = day - timedelta(days=day.weekday())
        last, code = first + timedelta(days=6), "call_place.week_hours"
    hours = dict.fromkeys(project.officers, 0.0)
    for other in project.shifts_between(first, last):
        if other.officer in hours and other.is_active and other.uid != shift.uid:
            hours[other.officer] += other.hours
    return {key: CallPlace((h, 0.0), Message(code, hours=h)) for key, h in hours.items()}


def _get_seniority(project: Project, officer_id: str) -> date | None:
    return project.officer_files.get(officer_id, OfficerFile()).seniority


def _rank_by_seniority(project: Project, officer_id: str) -> CallPlace:
    since = _get_seniority(project, officer_id)
    code = "call_place.seniority" if since else "call_place.no_seniority"
    return CallPlace(((since or date.max).toordinal(), 0.0), Message(code, since=since))


def _rank_by_rotation(project: Project, shift: Shift) -> dict[str, CallPlace]:
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
        why = Message("call_place.last_taken" if last else "call_place.none_taken", on=last)
        places[key] = CallPlace(((last or date.min).toordinal(), seniority), why)
    return places
