"""Calendars of shifts and due dates (iCalendar, RFC 5545), in the project's time zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift, ShiftStatus
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from icalendar import Event

_REFRESH_INTERVAL = "PT1H"


def encode_shift_calendar(
    project: Project, *, officer: str | None = None, unit: str | None = None
) -> bytes:
    """Return the posted shifts of an officer or a unit, or all of them; same input, same bytes.

    A shift keeps its UID, and each change raises SEQUENCE. A shift that was canceled, or reassigned
    to another officer, is written as canceled so that calendar programs remove it.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Zone planner//Shifts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _name_calendar(project, officer, unit))
    calendar.add("x-wr-timezone", project.time_zone)
    calendar.add("x-published-ttl", _REFRESH_INTERVAL)
    shifts = _select_shifts(project.shifts.values(), officer, unit)
    for shift in shifts:
        calendar.add_component(_make_event(project, shift, officer))
    if shifts:
        years = {shift.starts_at.year for shift in shifts}
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 2, 1, 1))
    return bytes(calendar.to_ical())


def _name_calendar(project: Project, officer: str | None, unit: str | None) -> str:
    if officer is not None:
        return f"Shifts of {project.officers[officer].name}"
    return f"Shifts of {unit}" if unit is not None else f"{project.name}: all shifts"


def _select_shifts(shifts: Iterable[Shift], officer: str | None, unit: str | None) -> list[Shift]:
    selected = [
        shift
        for shift in shifts
        if shift.status is not ShiftStatus.DRAFT
        and (unit is None or shift.unit == unit)
        and (officer is None or officer in (shift.officer, *shift.former))
    ]
    return sorted(selected, key=lambda shift: (shift.starts_at, shift.uid))


def _make_event(project: Project, shift: Shift, officer: str | None) -> "Event":
    from icalendar import Event

    zone = ZoneInfo(project.time_zone)
    is_theirs = officer is None or shift.officer == officer
    event = Event()
    suffix = f"-{officer}" if officer is not None else ""
    event.add("uid", f"{shift.uid}{suffix}@{project.uid}")
    event.add("dtstamp", (shift.revised_at or shift.starts_at).astimezone(UTC))
    event.add("last-modified", (shift.revised_at or shift.starts_at).astimezone(UTC))
    event.add("sequence", shift.sequence)
    sample_mark = " (sample)" if shift.is_sample else ""
    event.add("summary", f"{_summarize_shift(project, shift, officer)}{sample_mark}")
    event.add("dtstart", _write_local(shift.starts_at, zone))
    event.add("dtend", _write_local(shift.ends_at, zone))
    event.add("status", _choose_status(shift, is_theirs=is_theirs))
    unit = project.units.get(shift.unit)
    event.add("location", unit.name if unit else shift.unit)
    event.add("categories", [str(shift.kind)])
    event.add(
        "description", " ".join(filter(None, (shift.note, str(Message("calendar.planning_aid")))))
    )
    return event


def _choose_status(shift: Shift, *, is_theirs: bool) -> str:
    """Return the status of an event; an open shift is tentative because nobody has it yet."""
    if not (shift.is_active and is_theirs):
        return "CANCELLED"
    return "TENTATIVE" if shift.is_open else "CONFIRMED"


def _summarize_shift(project: Project, shift: Shift, officer: str | None) -> str:
    what = shift.title or str(shift.kind).capitalize()
    if officer is not None:
        return f"{shift.unit}: {what}"
    who = project.officers.get(shift.officer or "")
    return f"{shift.unit}: {what}, {who.name if who else shift.officer or 'open'}"


def _write_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a datetime in a time zone, or in UTC if it is the second of a repeated hour."""
    local = moment.astimezone(zone)
    return local.astimezone(UTC) if local.fold else local


_FIRST_SEQUENCE_DAY = date(2020, 1, 1)
_ALARMS_AHEAD = (timedelta(days=7), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event whose ``uid`` stays the same in every export."""

    uid: str
    on: date
    title: str
    text: str


def encode_due_calendar(name: str, items: Iterable[DueEvent], *, as_of: date) -> bytes:
    """Return a calendar of what is due from a day on; the same input gives the same bytes.

    No event is in the past: overdue items are placed on the day itself. The others have alarms a
    week and a day ahead. A later export raises SEQUENCE, so it replaces the events of an earlier
    one.
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
        event.add("sequence", max(0, (as_of - _FIRST_SEQUENCE_DAY).days))
        event.add("summary", item.title)
        event.add("description", item.text)
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        for ahead in _ALARMS_AHEAD if item.on > as_of else ():
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", item.title)
            alarm.add("trigger", -ahead)
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
