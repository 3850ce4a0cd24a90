"""Days and times as other programs write them: 8/17/2026 9:05 PM, epochs, serial days, Aug 17 2026.

The other days of the file, never a guess, decide whether 5/6/2026 is in May or in June.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum


class DayOrder(StrEnum):
    """What comes first in a date that is written only with numbers."""

    MONTH_FIRST = "month-first"
    DAY_FIRST = "day-first"


class TimeForm(StrEnum):
    """What a cell contains: a day and a time, one of them, or neither."""

    MOMENT = "moment"
    DAY = "day"
    CLOCK = "clock"
    NONE = "none"


WrittenTime = datetime | date | time
_FIRST_YEAR, _LAST_YEAR = 1971, 2100
_NOTHING = frozenset(
    ("", "-", "--", "null", "(null)", "none", "n/a", "na", "nan", "nat", "never", "0", "unknown")
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {"ut": 0, "utc": 0, "gmt": 0, "z": 0}
_ZONES |= {
    f"{letter}{light}{end}": hours + (light == "d")
    for letter, hours in (("p", -8), ("m", -7), ("c", -6), ("e", -5))
    for light in "sd"
    for end in ("", "t")
}
"""UTC offsets in hours of the zones that dispatch systems write after a time: PST, or just PS."""

_FIGURES = r"(?P<a>\d{1,4})(?P<dot>[/.\-])(?P<b>\d{1,2})[/.\-](?P<c>\d{1,4})"
_NAMED = (
    r"(?P<m1>[a-z]{3,9})\.?[ \-]+(?P<d1>\d{1,2}),?[ \-]+(?P<y1>\d{4})"
    r"|(?P<d2>\d{1,2})[ \-](?P<m2>[a-z]{3,9})\.?,?[ \-](?P<y2>\d{2,4})"
    r"|(?P<y3>\d{4})[ \-](?P<m3>[a-z]{3,9})[ \-](?P<d3>\d{1,2})"
)
_CLOCK = (
    r"(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.:,]\d+)?)? ?(?:(?P<half>[ap])\.?m?\.?)?"
    r" ?(?P<zone>z|[+\-]\d{2}:?\d{2}|[+\-]\d{2}|[a-z]{3})?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_MOMENT = re.compile(rf"{_WEEKDAY}(?:{_FIGURES}|{_NAMED})(?:(?:,? |t){_CLOCK})?", re.IGNORECASE)
_CLOCK_ALONE = re.compile(_CLOCK, re.IGNORECASE)
_CLOCK_FIRST = re.compile(
    r"(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m?\.?)?),? +(\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4})",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(\d{14})([a-z]{0,3})", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)(\.\d+)?")
_DAY_OF_FIGURES = re.compile(rf"{_WEEKDAY}{_FIGURES}(?![\d])", re.IGNORECASE)
_SERIAL_DAYS = (25_600, 73_050)
_SECONDS, _MILLISECONDS = (10**8, 4 * 10**9, 1), (10**11, 4 * 10**12, 1000)
_MAX_CHANCE_CELLS = 5
"""If more cells than this have the same time of day, that is no coincidence."""
_FIRST_SERIAL = datetime(1899, 12, 30)  # noqa: DTZ001  a serial date has no time zone


def read_written_time(text: str, order: DayOrder | None) -> WrittenTime | None:
    """Return a cell's datetime (local if it has no zone), day or time, or None if it has none.

    Blanks, words such as “none” and years such as 1900 mean that there is no time.

    Raises
    ------
    ValueError
        The text is not a time, or its day is ambiguous and ``order`` is None.
    """
    value = _read(_put_day_first(text.strip()), order)
    if value is None or isinstance(value, time):
        return value
    return value if _FIRST_YEAR <= value.year <= _LAST_YEAR else None


def _put_day_first(text: str) -> str:
    """Return a datetime with its day first, even if written as 14:05:09 08/17/2026."""
    if ":" not in text[1:3]:
        return text
    match = _CLOCK_FIRST.fullmatch(text)
    return text if match is None else f"{match[2]} {match[1]}"


def _read(text: str, order: DayOrder | None) -> WrittenTime | None:
    if len(text) >= 10 and text[4] == "-" and text[7] == "-":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return moment if len(text) > 10 else moment.date()
    if text.casefold() in _NOTHING:
        return None
    match = _MOMENT.fullmatch(text)
    if match is not None:
        day = _read_day(match, order)
        if day is None:
            return None
        return day if match["h"] is None else datetime.combine(day, *_read_clock(match))
    match = _CLOCK_ALONE.fullmatch(text)
    if match is not None:
        clock, zone = _read_clock(match)
        return clock.replace(tzinfo=zone)
    return _read_number(text, order)


def _read_day(match: re.Match[str], order: DayOrder | None) -> date | None:
    if match["a"] is None:
        month, day, year = next(
            (match[f"m{n}"], match[f"d{n}"], match[f"y{n}"]) for n in "123" if match[f"m{n}"]
        )
        number = _MONTHS.get(month[:3].casefold())
        if number is None:
            raise ValueError(month)
        return date(_read_year(year), number, int(day))
    first, second, third = match["a"], match["b"], match["c"]
    if len(first) > 2:
        return _make_day(int(first), int(second), int(third))
    one, two = int(first), int(second)
    if one > 12 or two > 12:
        month_first = two > 12
    elif one == two:
        month_first = True
    elif order is None:
        raise ValueError(match[0])
    else:
        month_first = order is DayOrder.MONTH_FIRST
    return _make_day(_read_year(third), *((one, two) if month_first else (two, one)))


def _make_day(year: int, month: int, day: int) -> date | None:
    """Return a day, or None for 00/00/0000."""
    return None if year == month == day == 0 else date(year, month, day)


def _read_year(text: str) -> int:
    year = int(text)
    if len(text) > 2 or year == 0:
        return year
    return year + (2000 if year < 70 else 1900)


def _read_clock(match: re.Match[str]) -> tuple[time, timezone | None]:
    hour, half = int(match["h"]), (match["half"] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(match[0])
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(match["min"]), int(match["s"] or 0)), _read_zone(match["zone"])


def _read_zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] in "+-":
        hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
        away = timedelta(hours=hours, minutes=minutes)
        return timezone(-away if text[0] == "-" else away)
    hours = _ZONES.get(text.casefold(), 99)
    if hours == 99:
        raise ValueError(text)
    return timezone(timedelta(hours=hours))


def _read_number(text: str, order: DayOrder | None) -> WrittenTime | None:
    """Read 20260817081000PD, 20260817, 0810, an epoch, or a spreadsheet's serial day."""
    digits = _DIGITS.fullmatch(text)
    if digits is not None:
        moment = datetime.strptime(digits[1], "%Y%m%d%H%M%S")  # noqa: DTZ007
        return moment.replace(tzinfo=_read_zone(digits[2]))
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise ValueError(text)
    whole, broken, value = number[1], number[2] is not None, float(text)
    if not broken and len(whole) in (3, 4, 6):
        padded = whole.zfill(4)
        return time(int(padded[:2]), int(padded[2:4]), int(padded[4:] or 0))
    if not broken and len(whole) == 8:
        if _FIRST_YEAR <= int(whole[:4]) <= _LAST_YEAR:
            return date(int(whole[:4]), int(whole[4:6]), int(whole[6:]))
        return _read(f"{whole[:2]}/{whole[2:4]}/{whole[4:]}", order)
    return _read_count(value, text, broken=broken)


def _read_count(value: float, text: str, *, broken: bool) -> WrittenTime:
    """Read seconds or milliseconds since 1970, or a spreadsheet's serial day."""
    for least, most, per_second in (_SECONDS, _MILLISECONDS):
        if least <= value <= most:
            return datetime.fromtimestamp(value / per_second, UTC)
    moment = _FIRST_SERIAL + timedelta(seconds=round(value * 86_400)) if value < 1e5 else None
    if moment is not None and _SERIAL_DAYS[0] <= value <= _SERIAL_DAYS[1]:
        return moment if broken else moment.date()
    if moment is not None and 0 < value < 1:
        return moment.time()
    raise ValueError(text)


def judge_day_order(texts: Iterable[str]) -> tuple[DayOrder | None, bool]:
    """Return what comes first in the dates of some cells, and whether any date is ambiguous.

    Numbers above 12 decide, by majority if they conflict. Dates with dots have the day first.
    """
    month_first = day_first = 0
    ambiguous = False
    for text in texts:
        match = _DAY_OF_FIGURES.match(_put_day_first(text.strip()))
        if match is None or len(match["a"]) > 2:
            continue
        one, two = int(match["a"]), int(match["b"])
        month_first += two > 12 >= one
        day_first += one > 12 >= two or match["dot"] == "."
        ambiguous = ambiguous or (one <= 12 and two <= 12 and one != two)
    if month_first == day_first:
        return None, ambiguous
    return (DayOrder.MONTH_FIRST if month_first > day_first else DayOrder.DAY_FIRST), ambiguous


def judge_time_form(texts: Iterable[str]) -> TimeForm:
    """Return what most of a column's cells with a time contain.

    Datetimes that all have the same time of day, such as midnight, are days. The result is NONE if
    more than a third of the cells are not times.
    """
    forms, unreadable = Counter[TimeForm](), 0
    clocks = set[time]()
    for text in texts:
        try:
            value = read_written_time(text, DayOrder.MONTH_FIRST)
        except ValueError:
            try:
                value = read_written_time(text, DayOrder.DAY_FIRST)
            except ValueError:
                unreadable += 1
                continue
        if isinstance(value, datetime):
            forms[TimeForm.MOMENT] += 1
            clocks.add(value.time())
        elif value is not None:
            forms[TimeForm.DAY if isinstance(value, date) else TimeForm.CLOCK] += 1
    count = forms.total()
    if not count or unreadable > max(1, count // 2):
        return TimeForm.NONE
    form = max(TimeForm, key=lambda each: forms[each])
    same_clock = clocks == {time()} or (len(clocks) == 1 and count > _MAX_CHANCE_CELLS)
    return TimeForm.DAY if form is TimeForm.MOMENT and same_clock and count > 1 else form
