"""Times from one moment to another, and a time of the local clock as a moment."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """A time from one moment up to, not including, another, in UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def hours(self) -> float:
        """How long it truly is, whatever the clocks do meanwhile."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def minutes(self) -> float:
        """How long it is in minutes."""
        return (self.ends_at - self.starts_at).total_seconds() / 60

    def contains(self, moment: datetime) -> bool:
        """True where a moment lies in it."""
        return self.starts_at <= moment < self.ends_at

    def overlaps(self, other: "TimeInterval") -> bool:
        """True where the two share a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def local_to_utc(day: date, clock: time, time_zone: str) -> datetime:
    """Return a time of the local clock in UTC; one that comes twice is the first of the two."""
    return datetime.combine(day, clock, ZoneInfo(time_zone)).astimezone(UTC)


def make_local_interval(day: date, starts: time, ends: time, time_zone: str) -> TimeInterval:
    """Return a local time of a day in UTC; an end not after the start is on the next day."""
    last = day if ends > starts else day + timedelta(days=1)
    return TimeInterval(local_to_utc(day, starts, time_zone), local_to_utc(last, ends, time_zone))
