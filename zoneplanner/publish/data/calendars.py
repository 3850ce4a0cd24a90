"""Shifts as a calendar to subscribe to (iCalendar, RFC 5545), in the project's time zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift, ShiftStatus

if TYPE_CHECKING:
    from icalendar import Event

_AID = "Planning aid. Times may change; the latest calendar applies."
_EVERY = "PT1H"


def encode_shift_calendar(
    project: Project, *, officer: str | None = None, unit: str | None = None
) -> bytes:
    """Return the final shifts of an officer, of a unit, or all of them; same input, same bytes.

    A shift keeps its UID; each change raises SEQUENCE. One that was canceled, or that the officer
    has no longer, is kept as canceled, so that a calendar takes it away.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Zone planner//Shifts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _title(project, officer, unit))
    calendar.add("x-wr-timezone", project.time_zone)
    calendar.add("x-published-ttl", _EVERY)
    shifts = _wanted(project.shifts.values(), officer, unit)
    for shift in shifts:
        calendar.add_component(_event(project, shift, officer))
    if shifts:
        years = {shift.starts_at.year for shift in shifts}
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 2, 1, 1))
    return bytes(calendar.to_ical())


def _title(project: Project, officer: str | None, unit: str | None) -> str:
    if officer is not None:
        return f"Shifts of {project.officers[officer].name}"
    return f"Shifts of {unit}" if unit is not None else f"{project.name}: all shifts"


def _wanted(shifts: Iterable[Shift], officer: str | None, unit: str | None) -> list[Shift]:
    found = [
        shift
        for shift in shifts
        if shift.status is not ShiftStatus.DRAFT
        and (unit is None or shift.unit == unit)
        and (officer is None or officer in (shift.officer, *shift.former))
    ]
    return sorted(found, key=lambda shift: (shift.starts_at, shift.uid))


def _event(project: Project, shift: Shift, officer: str | None) -> "Event":
    from icalendar import Event

    zone = ZoneInfo(project.time_zone)
    theirs = officer is None or shift.officer == officer
    event = Event()
    whose = f"-{officer}" if officer is not None else ""
    event.add("uid", f"{shift.uid}{whose}@{project.uid}")
    event.add("dtstamp", (shift.revised_at or shift.starts_at).astimezone(UTC))
    event.add("last-modified", (shift.revised_at or shift.starts_at).astimezone(UTC))
    event.add("sequence", shift.sequence)
    made_up = " (sample)" if shift.is_sample else ""
    event.add("summary", f"{_summary(project, shift, officer)}{made_up}")
    event.add("dtstart", _local(shift.starts_at, zone))
    event.add("dtend", _local(shift.ends_at, zone))
    event.add("status", _status(shift, theirs=theirs))
    unit = project.units.get(shift.unit)
    event.add("location", unit.name if unit else shift.unit)
    event.add("categories", [str(shift.kind)])
    event.add("description", " ".join(filter(None, (shift.note, _AID))))
    return event


def _status(shift: Shift, *, theirs: bool) -> str:
    """An open shift is tentative: it is to be served, and nobody has it yet."""
    if not (shift.is_active and theirs):
        return "CANCELLED"
    return "TENTATIVE" if shift.is_open else "CONFIRMED"


def _summary(project: Project, shift: Shift, officer: str | None) -> str:
    what = shift.title or str(shift.kind).capitalize()
    if officer is not None:
        return f"{shift.unit}: {what}"
    who = project.officers.get(shift.officer or "")
    return f"{shift.unit}: {what}, {who.name if who else shift.officer or 'open'}"


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment on the zone's clock; in an hour that comes twice, the second is in UTC."""
    local = moment.astimezone(zone)
    return local.astimezone(UTC) if local.fold else local


_EPOCH = date(2020, 1, 1)
_ALARMS = (timedelta(days=7), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class DueEvent:
    """One event: ``uid`` stays the same from export to export."""

    uid: str
    on: date
    title: str
    text: str


def encode_due_calendar(name: str, items: Iterable[DueEvent], *, as_of: date) -> bytes:
    """Return a calendar of what is due from a day on; the same input gives the same bytes.

    No event lies in the past: what was due before and is still to do is of the day itself. The
    others ring a week and a day ahead.
    A later export raises SEQUENCE, so that a calendar replaces what it took before.
    """
    from icalendar import Alarm, Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Zone planner//Readiness//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    stamp = datetime.combine(as_of, time(0), UTC)
    for item in items:
        on = max(item.on, as_of)
        event = Event()
        event.add("uid", item.uid)
        event.add("dtstamp", stamp)
        event.add("sequence", max(0, (as_of - _EPOCH).days))
        event.add("summary", item.title)
        event.add("description", item.text)
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        for ahead in _ALARMS if item.on > as_of else ():
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", item.title)
            alarm.add("trigger", -ahead)
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
