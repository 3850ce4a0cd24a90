"""Fields of the journal's records: how each is read from text, and back from what is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.clock import parse_moment
from zoneplanner.errors import UserError

_YES, _NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


@dataclass(frozen=True, slots=True)
class LogMoment:
    """The moment in which something is logged, and the zone of its local times."""

    now: datetime
    time_zone: str

    @property
    def today(self) -> date:
        """Return the local day."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()


@dataclass(frozen=True, slots=True)
class RecordField:
    """How one field is read, from the text of a column with its name, and from a payload.

    ``restored`` is given None where the payload has none, and raises ValueError where it has
    to; ``blank`` is the value of a field that nobody filled in.
    """

    read: Callable[[str, str, LogMoment], Any]
    restored: Callable[[Any], Any]
    blank: Any = None


def parse_list(text: str) -> tuple[str, ...]:
    """Read a list whose parts are set apart by semicolons."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def parse_choice(
    text: str, known: Sequence[str], what: str, aliases: Mapping[str, str] | None = None
) -> str:
    """Read one of some words; another one is a UserError that names ``what`` it should be."""
    name = text.strip().casefold().replace(" ", "_").replace("-", "_")
    name = (aliases or {}).get(name, name)
    if name not in known:
        raise UserError(
            f"There is no {what} “{text}”. Choose one of: {', '.join(known)}.",
            {"text": text, "known": list(known)},
            code="unknown_choice",
        )
    return name


def parse_boolean(text: str, name: str, _: LogMoment | None = None) -> bool:
    """Read yes or no."""
    if text.casefold() not in (*_YES, *_NO):
        raise UserError(
            f"“{text}” is neither yes nor no; write {name}=yes or leave it.",
            {"text": text},
            code="not_yes_or_no",
        )
    return text.casefold() in _YES


def _read_text(text: str, _name: str, _when: LogMoment) -> str:
    return text


def _read_time(text: str, _name: str, when: LogMoment) -> datetime:
    return parse_moment(text, time_zone=when.time_zone, now=when.now)


def _read_day(text: str, _name: str, when: LogMoment) -> date:
    if text.casefold() in ("today", "yesterday"):
        return when.today - timedelta(days=text.casefold() == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"“{text}” is not a date; write it like 2026-11-16.", {"text": text}, code="not_a_date"
        ) from None


def _read_minutes(text: str, _name: str, _when: LogMoment) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(
            f"“{text}” is no number of minutes; write minutes=6.", code="not_a_number"
        ) from None


def _read_priority(text: str, _name: str, _when: LogMoment) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"A priority is a number from 0 to 9, not “{text}”.", code="not_a_number")
    return int(text)


def _restore_optional(restored: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda kept: None if kept in (None, "") else restored(str(kept))


def _restore_list(kept: Any) -> tuple[str, ...]:
    return parse_list(kept) if isinstance(kept, str) else tuple(kept or ())


TEXT_FIELD = RecordField(_read_text, lambda kept: str(kept or ""), "")
NAME_FIELD = RecordField(_read_text, lambda kept: kept)
"""A site or unit that need not be known."""
TIME_FIELD = RecordField(_read_time, _restore_optional(datetime.fromisoformat))
DAY_FIELD = RecordField(_read_day, lambda kept: date.fromisoformat(str(kept)))
OPTIONAL_DAY_FIELD = RecordField(_read_day, _restore_optional(date.fromisoformat))
NAMES_FIELD = RecordField(lambda text, *_: parse_list(text), _restore_list, ())
MINUTES_FIELD = RecordField(_read_minutes, lambda kept: kept)
PRIORITY_FIELD = RecordField(_read_priority, lambda kept: 3 if kept is None else int(kept), 3)
YES_NO_FIELD = RecordField(parse_boolean, lambda kept: kept)
