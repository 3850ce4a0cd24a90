"""What is due, as a calendar file (iCalendar, RFC 5545): one day-long event a duty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_EPOCH = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class DueEvent:
    """One event: ``uid`` stays the same from export to export."""

    uid: str
    on: date
    title: str
    text: str


def encode_due_calendar(name: str, items: Iterable[DueEvent], *, as_of: date) -> bytes:
    """Return a calendar of what is due, as it stands on a day; the same input gives same bytes.

    A later export raises SEQUENCE, so that a calendar replaces what it took before.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Zone planner//Readiness//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    stamp = datetime.combine(as_of, time(0), UTC)
    for item in items:
        event = Event()
        event.add("uid", item.uid)
        event.add("dtstamp", stamp)
        event.add("sequence", max(0, (as_of - _EPOCH).days))
        event.add("summary", item.title)
        event.add("description", item.text)
        event.add("dtstart", item.on)
        event.add("dtend", item.on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
