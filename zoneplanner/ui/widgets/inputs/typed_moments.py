"""Days and times as people type them into a field that shows them in one way only."""

import re
from datetime import datetime

_DATE = re.compile(r"(?P<parts>\d{1,4}(?:[/.-]\d{1,4}){1,2})[/.-]?(?:[ ,T]+(?P<clock>.*))?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{0,2}))?\s*(?P<half>[ap]m?)?")
_FOUR_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})\s*(?P<half>[ap]m?)?")
_PART = re.compile(r"\d{0,2}\s*[apm]*")
_ISO = "ymd"
_CENTURY = 2000


def read_typed_moment(text: str, shown: datetime, pattern: str) -> datetime | None:
    """Return the moment that a typed text says, or None where it says none.

    Parameters
    ----------
    text
        A day, a time or both: 11/26/2026 2:30 PM, 11/26 14:30, 2026-11-26, 14:30, 1430, 230p.
        Two figures are none, alone or with a half of the day (7p): they are a part of what is
        shown, whichever has the keys.
    shown
        What stood in the field before; what the text leaves out is as it was. A time from one to
        twelve without its half of the day keeps that half where the field shows halves.
    pattern
        How the field writes days, as Qt does: MM/dd/yyyy hh:mm AP.
    """
    text = text.strip().casefold()
    halves = "ap" in pattern.casefold()
    found = _DATE.fullmatch(text)
    if found is None:
        part = is_part_of_moment(text)
        return None if part else _read_clock(text, shown, halves=halves)
    day = _read_day(re.split("[/.-]", found["parts"]), shown, pattern)
    clock = (found["clock"] or "").strip()
    return _read_clock(clock, day, halves=halves) if day is not None and clock else day


def is_part_of_moment(text: str) -> bool:
    """Tell whether a typed text is one part of what is shown: an hour, a minute, a half."""
    return _PART.fullmatch(text.strip().casefold()) is not None


def _read_day(parts: list[str], shown: datetime, pattern: str) -> datetime | None:
    days = re.split("[hH]", pattern, maxsplit=1)[0].casefold()
    letters = dict.fromkeys(days)
    order = _ISO if len(parts[0]) > 2 else "".join(one for one in letters if one in _ISO)
    if len(parts) == 2:
        order = order.replace("y", "")
    given = dict(zip(order, map(int, parts), strict=False))
    year = given.get("y", shown.year)
    try:
        return shown.replace(
            year=year if year > 99 else _CENTURY + year, month=given["m"], day=given["d"]
        )
    except (KeyError, ValueError):
        return None


def _read_clock(text: str, shown: datetime, *, halves: bool) -> datetime | None:
    found = _CLOCK.fullmatch(text) or _FOUR_DIGITS.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or "")[:1]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif halves and 1 <= hour <= 12:
        hour = hour % 12 + (12 if shown.hour >= 12 else 0)
    try:
        return shown.replace(hour=hour, minute=minute)
    except ValueError:
        return None
