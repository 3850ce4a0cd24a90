"""Datetimes and intervals in UTC, and the times that people write, local or with an offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.errors import UserError

_ISO_DAY_LENGTH = len("2026-11-16")
_EPOCH, _LOCAL_EPOCH = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)  # noqa: DTZ001
"""Adding differences to these adds or removes a zone faster than ``replace``."""


class DoubtfulTime(UserError):
    """A local time that occurs twice or not at all because the clocks change."""


@dataclass(frozen=True, slots=True)
class DoubtfulTimePolicy:
    """How to read local times that a clock change makes doubtful; an empty choice refuses them.

    ``twice`` chooses the ``first`` or ``second`` of two equal times. ``skipped`` says whether a
    clock that showed a skipped time was still set as ``before`` the change or as ``after`` it.
    """

    twice: str = ""
    skipped: str = ""

    def __post_init__(self) -> None:
        """Refuse unknown choices."""
        if self.twice not in ("", "first", "second"):
            raise UserError("unknown_choice.twice", known=["first", "second"])
        if self.skipped not in ("", "before", "after"):
            raise UserError("unknown_choice.skipped", known=["before", "after"])


REFUSE_DOUBTFUL_TIMES = DoubtfulTimePolicy()


def is_time_zone(name: str) -> bool:
    """Return whether a time zone of this name is known."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


class LocalTimeParser:
    """Reads datetimes in ISO 8601 or in one of the ``strptime`` formats ``forms``.

    The offset of each day is remembered, so that a million times are read in seconds. ``template``
    is the message for a string that is not a time.
    """

    def __init__(
        self,
        time_zone: str,
        *,
        forms: Sequence[str] = (),
        changes: DoubtfulTimePolicy = REFUSE_DOUBTFUL_TIMES,
        template: str = "not_a_time.in_table",
    ) -> None:
        self._zone = ZoneInfo(time_zone)
        self._template = "not_a_time.no_form" if forms else template
        self.forms, self._changes = tuple(forms), changes
        self._offset_by_day: dict[date, timedelta | None] = {}

    @staticmethod
    def is_iso(text: str) -> bool:
        """Return whether a string is a day or a time in ISO 8601."""
        if len(text) < _ISO_DAY_LENGTH or text[4] != "-":
            return False
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return False
        return True

    def read(self, text: str) -> datetime:
        """Return a datetime in UTC, to the second.

        Raises
        ------
        UserError
            The text is not a date with a time, or a clock change makes it a ``DoubtfulTime``.
        """
        moment = self._parse(text)
        try:
            if moment.tzinfo is not None:
                return to_utc(moment)
            offset = self.offset(moment.date())
            if offset is None:
                return self._resolve_local(moment, text)
            return to_utc(_EPOCH + (moment - offset - _LOCAL_EPOCH))
        except OverflowError:
            raise UserError("not_a_time.out_of_range", text=text) from None

    def _parse(self, text: str) -> datetime:
        for form in self.forms:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007
            except ValueError:
                continue
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(self._template, text=text, forms=self.forms) from None
        if len(text) <= _ISO_DAY_LENGTH and ":" not in text and "T" not in text:
            raise UserError("not_a_time.no_hour", text=text)
        return found

    def offset(self, day: date) -> timedelta | None:
        """Return a day's offset from UTC, or None if it changes during the day."""
        if day not in self._offset_by_day:
            self._offset_by_day[day] = self._look_up_offset(day)
        return self._offset_by_day[day]

    def _look_up_offset(self, day: date) -> timedelta | None:
        noon = datetime.combine(day, time(12), self._zone)
        if not date(1, 1, 3) < day < date(9999, 12, 29):
            return None
        offsets = {(noon + timedelta(hours=hours)).utcoffset() for hours in (-13, 0, 13)}
        return offsets.pop() if len(offsets) == 1 else None

    def _resolve_local(self, moment: datetime, text: str) -> datetime:
        """Return a local time of a day on which the clocks may change, in UTC."""
        first, second = (moment.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        exists = first.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) == moment
        if exists and first.utcoffset() == second.utcoffset():
            return to_utc(first)
        choice = self._changes.twice if exists else self._changes.skipped
        if choice:
            return to_utc(first if choice in ("first", "before") else second)
        raise DoubtfulTime(
            "clock_change.twice" if exists else "clock_change.skipped",
            text=text,
            time_zone=self._zone.key,
            offsets=" or ".join(side.strftime("%z") for side in (first, second)),
        )


def parse_moment(text: str, *, time_zone: str, now: datetime) -> datetime:
    """Read one datetime: ISO 8601 with an offset, local time in ``time_zone``, or the word now.

    Raises
    ------
    UserError
        The text is not a date with a time, or is a local time that occurs twice or not at all
        because the clocks change.
    """
    written = text.strip()
    if written.casefold() == "now":
        return to_utc(now)
    return LocalTimeParser(time_zone, template="not_a_time").read(written)


def to_utc(moment: datetime) -> datetime:
    """Return a datetime in UTC, to the second. Raises a ValueError if it has no zone (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("the program passed a time without a time zone")
    if moment.tzinfo is UTC and not moment.microsecond:
        return moment
    return moment.astimezone(UTC).replace(microsecond=0)


def format_utc_iso(moment: datetime) -> str:
    """Write a datetime as an ISO 8601 string in UTC, to the second."""
    return write_in_utc(to_utc(moment))


def write_in_utc(moment: datetime) -> str:
    """Write a datetime of any zone as ISO 8601 in UTC, including fractions of a second."""
    return (_LOCAL_EPOCH + (moment - _EPOCH)).isoformat() + "+00:00"


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """The time from one datetime up to but not including another, in UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def hours(self) -> float:
        """The elapsed hours, regardless of clock changes."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def minutes(self) -> float:
        """The elapsed minutes."""
        return (self.ends_at - self.starts_at).total_seconds() / 60

    def contains(self, moment: datetime) -> bool:
        """Whether a datetime is in the interval."""
        return self.starts_at <= moment < self.ends_at

    def overlaps(self, other: "TimeInterval") -> bool:
        """Whether the two intervals overlap."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def local_to_utc(day: date, clock: time, time_zone: str) -> datetime:
    """Return a local time in UTC; the first of the two if it occurs twice."""
    return datetime.combine(day, clock, ZoneInfo(time_zone)).astimezone(UTC)


def make_local_interval(day: date, starts: time, ends: time, time_zone: str) -> TimeInterval:
    """Return a local interval of a day in UTC; an end not after the start is on the next day."""
    last = day if ends > starts else day + timedelta(days=1)
    return TimeInterval(local_to_utc(day, starts, time_zone), local_to_utc(last, ends, time_zone))
