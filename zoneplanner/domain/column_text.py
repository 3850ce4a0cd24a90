"""Single columns of a journal entry read from text; what cannot be read is told in a sentence."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from zoneplanner.domain.clock import parse_time
from zoneplanner.errors import UserError

YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
Given = Mapping[str, str]


class _Marked(Protocol):
    @property
    def sample(self) -> bool: ...


def known(given: Given, columns: Sequence[str], kind: str) -> None:
    """Refuse columns that entries of a kind do not have."""
    for name in given:
        if name not in columns:
            listed = ", ".join(columns)
            raise UserError(f"A log entry of kind {kind} has no “{name}”. It has: {listed}.")


def time(given: Given, name: str, time_zone: str, now: datetime) -> datetime | None:
    """Read a time, or None where the column is left out."""
    return parse_time(given[name], time_zone=time_zone, now=now) if name in given else None


def day(given: Given, name: str, time_zone: str, now: datetime) -> date | None:
    """Read a date, or the words today and yesterday; None where the column is left out."""
    if name not in given:
        return None
    text = given[name]
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if text.casefold() in ("today", "yesterday"):
        return today - timedelta(days=text.casefold() == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"“{text}” is not a date; write it like 2026-11-16.") from None


def yes(given: Given, name: str) -> bool:
    """Read yes or no."""
    text = given[name].casefold()
    if text not in (*YES, *NO):
        raise UserError(f"“{given[name]}” is neither yes nor no; write {name}=yes or leave it.")
    return text in YES


def minutes(text: str) -> float:
    """Read a number of minutes."""
    try:
        return float(text)
    except ValueError:
        raise UserError(f"“{text}” is no number of minutes; write minutes=6.") from None


def priority(text: str) -> int:
    """Read a priority, 0 to 9."""
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"A priority is a number from 0 to 9, not “{text}”.")
    return int(text)


def listed(given: Given, name: str) -> list[str]:
    """Read a list whose parts are set apart by semicolons."""
    return [part.strip() for part in given.get(name, "").split(";") if part.strip()]


def sample(given: Given, old: _Marked | None) -> bool:
    """Read the mark of sample entries; left out it is that of what is corrected."""
    return yes(given, "sample") if "sample" in given else bool(old and old.sample)
