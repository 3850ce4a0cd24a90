"""Times as people write them: with an offset, or local in the project's zone; kept as UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.errors import UserError

FIRST, SECOND = "first", "second"
BEFORE, AFTER = "before", "after"


class DoubtfulTime(UserError):
    """A local time that comes twice, or that there is none of, because the clocks change."""

    code = "clock_change"


@dataclass(frozen=True, slots=True)
class DoubtfulTimePolicy:
    """What local times mean that the clocks make doubtful; without a word they are refused.

    ``twice`` says which of two equal times is meant, ``first`` or ``second``; ``skipped`` whether
    a clock that shows a time that there was none of still went as ``before`` the change, or as
    ``after`` it.
    """

    twice: str = ""
    skipped: str = ""

    def __post_init__(self) -> None:
        """Refuse words that mean nothing."""
        if self.twice not in ("", FIRST, SECOND):
            raise UserError("unknown_choice.twice", known=[FIRST, SECOND])
        if self.skipped not in ("", BEFORE, AFTER):
            raise UserError("unknown_choice.skipped", known=[BEFORE, AFTER])


REFUSE_DOUBTFUL_TIMES = DoubtfulTimePolicy()


class LocalTimeParser:
    """Reads the times of a table: ISO 8601, or one of ``forms`` as ``strptime`` knows them.

    The offset of a day is looked up once, so that a million times are read in seconds.
    """

    def __init__(
        self,
        time_zone: str,
        *,
        forms: Sequence[str] = (),
        changes: DoubtfulTimePolicy = REFUSE_DOUBTFUL_TIMES,
    ) -> None:
        self._zone, self._name = ZoneInfo(time_zone), time_zone
        self.forms, self._changes = tuple(forms), changes
        self._offset: dict[date, timedelta | None] = {}

    def read(self, text: str) -> datetime:
        """Return a moment in UTC, to the second.

        Raises
        ------
        UserError
            The text is no date with a time; a ``ClockChanged`` where the clocks make it doubtful.
        """
        moment = self._parsed(text)
        if moment.tzinfo is not None:
            return to_utc(moment)
        offset = self.offset(moment.date())
        if offset is None:
            return _from_local(moment, text, self._name, self._changes)
        return (moment - offset).replace(microsecond=0, tzinfo=UTC)

    def _parsed(self, text: str) -> datetime:
        for form in self.forms:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007
            except ValueError:
                continue
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(
                "not_a_time.no_form" if self.forms else "not_a_time.in_table",
                text=text,
                forms=self.forms,
            ) from None
        if len(text) <= len("2026-11-16") and ":" not in text and "T" not in text:
            raise UserError("not_a_time.no_hour", text=text)
        return found

    def offset(self, day: date) -> timedelta | None:
        """Return the offset that holds from midnight to midnight, None where it changes."""
        if day not in self._offset:
            self._offset[day] = self._plain(day)
        return self._offset[day]

    def _plain(self, day: date) -> timedelta | None:
        noon = datetime.combine(day, time(12), self._zone)
        if not date(1, 1, 3) < day < date(9999, 12, 29):
            return None
        offsets = {(noon + timedelta(hours=hours)).utcoffset() for hours in (-13, 0, 13)}
        return offsets.pop() if len(offsets) == 1 else None


def parse_moment(text: str, *, time_zone: str, now: datetime) -> datetime:
    """Read one moment: ISO 8601 with an offset, local time in ``time_zone``, or the word now.

    Raises
    ------
    UserError
        The text is no date with a time, or names a local time that does not exist or exists
        twice because the clocks change.
    """
    written = text.strip()
    if written.casefold() == "now":
        return to_utc(now)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise UserError("not_a_time", text=written) from None
    if len(written) <= len("2026-11-16") and ":" not in written and "T" not in written:
        raise UserError("not_a_time.no_hour", text=written)
    if moment.tzinfo is None:
        return _from_local(moment, written, time_zone)
    try:
        return to_utc(moment)
    except OverflowError:
        raise UserError("not_a_time.out_of_range", text=written) from None


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, to the second; one without a zone is a ValueError (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone came from within the program")
    return moment.astimezone(UTC).replace(microsecond=0)


def format_utc_iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 text in UTC."""
    return to_utc(moment).isoformat()


def _from_local(
    moment: datetime,
    written: str,
    time_zone: str,
    changes: DoubtfulTimePolicy = REFUSE_DOUBTFUL_TIMES,
) -> datetime:
    zone = ZoneInfo(time_zone)
    first = moment.replace(tzinfo=zone, fold=0)
    second = moment.replace(tzinfo=zone, fold=1)
    try:
        exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    except OverflowError:
        raise UserError("not_a_time.out_of_range", text=written) from None
    if exists and first.utcoffset() == second.utcoffset():
        return to_utc(first)
    if exists and changes.twice:
        return to_utc(first if changes.twice == FIRST else second)
    if not exists and changes.skipped:
        return to_utc(first if changes.skipped == BEFORE else second)
    raise DoubtfulTime(
        "clock_change.twice" if exists else "clock_change.skipped",
        text=written,
        time_zone=time_zone,
        offsets=" or ".join(side.strftime("%z") for side in (first, second)),
    )
