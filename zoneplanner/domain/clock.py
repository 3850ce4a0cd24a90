"""Times as people write them: with an offset, or local in the project's zone; kept as UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from zoneplanner.errors import UserError


def parse_time(text: str, *, time_zone: str, now: datetime) -> datetime:
    """Read one moment: ISO 8601 with an offset, local time in ``time_zone``, or the word now.

    Raises
    ------
    UserError
        The text is no date with a time, or names a local time that does not exist or exists
        twice because the clocks change.
    """
    written = text.strip()
    if written.casefold() == "now":
        return utc(now)
    example = "write it like 2026-11-16T08:15 (local time) or 2026-11-16T08:15-08:00"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise UserError(f"“{written}” is not a time; {example}.") from None
    if len(written) <= len("2026-11-16") and ":" not in written and "T" not in written:
        raise UserError(f"“{written}” has no hour; {example}.")
    if moment.tzinfo is None:
        return _from_local(moment, written, time_zone)
    try:
        return utc(moment)
    except OverflowError:
        raise UserError(f"“{written}” is out of the range of dates; {example}.") from None


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC, to the second; one without a zone is a ValueError (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone came from within the program")
    return moment.astimezone(UTC).replace(microsecond=0)


def utc_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 text in UTC."""
    return utc(moment).isoformat()


def _from_local(moment: datetime, written: str, time_zone: str) -> datetime:
    zone = ZoneInfo(time_zone)
    first = moment.replace(tzinfo=zone, fold=0)
    second = moment.replace(tzinfo=zone, fold=1)
    try:
        exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    except OverflowError:
        raise UserError(f"“{written}” is out of the range of dates; check the year.") from None
    if exists and first.utcoffset() == second.utcoffset():
        return utc(first)
    why = "comes twice" if exists else "does not exist"
    offsets = " or ".join(side.strftime("%z") for side in (first, second))
    raise UserError(
        f"The local time {written} {why} in {time_zone} because the clocks change; "
        f"add the offset ({offsets})."
    )
