"""How days, times and lengths are written for people; stored and exported values are ISO 8601.

Code that writes for people is passed a ``LocaleFormats``: ``US_FORMATS``, ``ISO_FORMATS``, or the
one that the window derives from the desktop's settings. An office's ``Preferences`` override it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

_FOOT_M, _MILE_M, _SHORT_M = 0.3048, 1609.344, 402.336
_ACRE_M2, _HECTARE_M2 = 4046.8564224, 10_000.0
_SMALL_M2 = 100 * _ACRE_M2
_IN_SENTENCES = re.compile(
    r"“[^”]*”"
    r"|(?<![\w/.=-])(?P<day>\d{4}-\d\d-\d\d)(?: (?P<at>\d\d:\d\d))?(?![\w-]|\.[\w.])"
    r"|\b(?P<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2})\b(?P<timed> (?=\d\d:))?"
    r"|\bat (?P<clock>\d\d:\d\d)(?![\d:]| [AP]M)"
    r"|\b(?P<first>\d\d:\d\d)–(?P<last>\d\d:\d\d)\b"
    r"|\b(?P<mph>\d+(?:\.\d+)?) mph\b"
)
"""What ``ISO_FORMATS`` writes in sentences; quoted names and command options do not match."""
_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOON_H = 12


@dataclass(frozen=True, slots=True)
class LocaleFormats:
    """How a desk writes: ``day_pattern`` in texts, ``field_pattern`` in input fields.

    Patterns use the letters of Unicode date patterns: yyyy, MMM, MM, M, dd, d.
    """

    name: str
    day_pattern: str
    field_pattern: str
    clock_12h: bool
    miles_first: bool

    @property
    def month_first(self) -> bool:
        """Whether the month comes before the day, as in Nov 26."""
        return self.day_pattern.startswith("M")

    @property
    def field_clock(self) -> str:
        """The pattern of times in input fields."""
        return "hh:mm AP" if self.clock_12h else "HH:mm"

    @property
    def field_moment(self) -> str:
        """The pattern of datetimes in input fields."""
        return f"{self.field_pattern} {self.field_clock}"

    def day(self, day: date) -> str:
        """Write a whole day: Nov 26, 2026."""
        parts = {
            "yyyy": f"{day.year:04}",
            "MMM": _MONTH_NAMES[day.month - 1][:3],
            "MM": f"{day.month:02}",
            "M": str(day.month),
            "dd": f"{day.day:02}",
            "d": str(day.day),
        }
        return re.sub("yyyy|MMM|MM|M|dd|d", lambda match: parts[match[0]], self.day_pattern)

    def long_date(self, day: date) -> str:
        """Write a whole day with the full name of its month: November 26, 2026."""
        return self.day(day).replace(_MONTH_NAMES[day.month - 1][:3], _MONTH_NAMES[day.month - 1])

    def short_day(self, day: date) -> str:
        """Write a day without its year: Nov 26."""
        month = _MONTH_NAMES[day.month - 1][:3]
        return f"{month} {day.day}" if self.month_first else f"{day.day} {month}"

    def month(self, day: date) -> str:
        """Write the month of a day."""
        return f"{_MONTH_NAMES[day.month - 1]} {day.year}"

    def weekday(self, day: date) -> str:
        """Write a day with its weekday and without its year: Thu, Nov 26."""
        comma = "," if self.month_first else ""
        return f"{WEEKDAY_NAMES[day.weekday()][:3]}{comma} {self.short_day(day)}"

    def long_day(self, day: date) -> str:
        """Write a day in full without its year: Thursday, November 26."""
        name, month = WEEKDAY_NAMES[day.weekday()], _MONTH_NAMES[day.month - 1]
        return f"{name}, {month} {day.day}" if self.month_first else f"{name} {day.day} {month}"

    def days(self, first: date, last: date) -> str:
        """Write a range of days: Nov 30, 2026 to Dec 27, 2026."""
        return f"{self.day(first)} to {self.day(last)}"

    def clock(self, at: time | datetime, *, seconds: bool = False) -> str:
        """Write a time of day: 3:45 PM, or with its seconds.

        A time that occurs twice because the clocks are set back gets its zone: 1:20 AM PST.
        """
        fine = f":{at.second:02}" if seconds else ""
        zone = f" {at.tzname()}" if isinstance(at, datetime) and _comes_twice(at) else ""
        if not self.clock_12h:
            return f"{at.hour:02}:{at.minute:02}{fine}{zone}"
        half = "AM" if at.hour < _NOON_H else "PM"
        return f"{at.hour % _NOON_H or _NOON_H}:{at.minute:02}{fine} {half}{zone}"

    def span(self, first: time | datetime, last: time | datetime) -> str:
        """Write a span of times in short form: 7:30 AM–4 PM."""
        if not self.clock_12h:
            return f"{self.clock(first)}–{self.clock(last)}"
        begin, end = (self.clock(at).replace(":00", "") for at in (first, last))
        if begin[-2:] == end[-2:] and (first.hour, first.minute) < (last.hour, last.minute):
            begin = begin[:-3].rstrip()
        return f"{begin}–{end}"

    def period(self, period: tuple[datetime, datetime]) -> str:
        """Write a local start and end with their day: Thu, Nov 26, 7:30 AM–4 PM."""
        comma = "," if self.month_first else ""
        return f"{self.weekday(period[0])}{comma} {self.span(*period)}"

    def moment(self, at: datetime, *, seconds: bool = False) -> str:
        """Write a local day and time: Nov 26, 2026, 3:45 PM."""
        comma = "," if self.month_first else ""
        return f"{self.day(at)}{comma} {self.clock(at, seconds=seconds)}"

    def recent_moment(self, at: datetime, now: datetime) -> str:
        """Write a past local datetime; the day is left out today and a word yesterday."""
        days = (now.date() - at.date()).days
        if days > 1:
            return self.moment(at)
        return f"yesterday {self.clock(at)}" if days == 1 else self.clock(at)

    def length(self, meters: float) -> str:
        """Write a length in the desk's units, with the other units in parentheses."""
        if meters < _SHORT_M:
            both = (f"{meters / _FOOT_M:,.0f} ft", f"{meters:,.0f} m")
        else:
            both = (f"{meters / _MILE_M:,.2f} mi", f"{meters / 1000:,.2f} km")
        return self._both(*both)

    def distance(self, meters: float) -> str:
        """Write a distance in the desk's units only."""
        return f"{meters / _MILE_M:.1f} mi" if self.miles_first else f"{meters / 1000:.1f} km"

    def scale_bars(self, longest_m: float) -> tuple[tuple[float, str], tuple[float, str]]:
        """Return the longest round lengths up to ``longest_m``, in meters and as text.

        The bar in the desk's units comes first.
        """
        bars = _compute_imperial_bar(longest_m), _compute_metric_bar(longest_m)
        return bars if self.miles_first else bars[::-1]

    def area(self, square_meters: float) -> str:
        """Write an area in acres or hectares if small, else in square miles or kilometers."""
        if square_meters < _SMALL_M2:
            acres, hectares = square_meters / _ACRE_M2, square_meters / _HECTARE_M2
            return self._both(f"{acres:,.1f} acres", f"{hectares:,.1f} ha")
        miles, kilometers = square_meters / _MILE_M**2, square_meters / 1e6
        return self._both(f"{miles:,.2f} sq mi", f"{kilometers:,.2f} km²")

    def speed(self, mph: float) -> str:
        """Write a speed."""
        return f"{mph:g} mph" if self.miles_first else f"{mph * _MILE_M / 1000:.0f} km/h"

    def localize_sentence(self, text: str) -> str:
        """Rewrite the days, times and speeds of a sentence in this desk's formats.

        History labels and error messages contain ISO days and speeds in miles per hour; only the
        window that shows them knows the desk's formats.
        """
        return _IN_SENTENCES.sub(self._localize_match, text)

    def _localize_match(self, match: re.Match[str]) -> str:
        text = match[0]
        try:
            if match["day"]:
                moment = datetime.fromisoformat(text)
                return self.moment(moment) if match["at"] else self.day(moment)
            if match["clock"]:
                return f"at {self.clock(time.fromisoformat(match['clock']))}"
            if match["first"]:
                return self.span(*map(time.fromisoformat, (match["first"], match["last"])))
        except ValueError:
            return text  # digits that are not a date or time
        if match["mph"]:
            text = self.speed(float(match["mph"]))
        elif match["weekday"] and self.month_first:
            name, day, month = match["weekday"].split(" ")
            text = f"{name}, {month} {day}{', ' if match['timed'] else ''}"
        return text

    def _both(self, miles: str, metric: str) -> str:
        first, second = (miles, metric) if self.miles_first else (metric, miles)
        return f"{first} ({second})"


US_FORMATS = LocaleFormats("us", "MMM d, yyyy", "MM/dd/yyyy", clock_12h=True, miles_first=True)
ISO_FORMATS = LocaleFormats("iso", "yyyy-MM-dd", "yyyy-MM-dd", clock_12h=False, miles_first=False)
NEUTRAL_FORMATS = LocaleFormats(
    "iso", "yyyy-MM-dd", "yyyy-MM-dd", clock_12h=False, miles_first=True
)
"""For a desktop without a country setting: ISO dates, with US lengths."""


_DIGITS = re.compile(r"(\d+)")


def _comes_twice(at: datetime) -> bool:
    """Return whether a local time occurs twice because the clocks are set back."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def split_numbers(text: str) -> list[str | int]:
    """Return a sort key that puts Z2 before Z10."""
    parts = _DIGITS.split(text.casefold())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]


def format_phone(text: str) -> str:
    """Return a US phone number as (916) 555-0100, any other string unchanged."""
    plain = re.sub(r"[\s().+-]", "", text).removeprefix("1")
    if not re.fullmatch(r"[2-9]\d{9}", plain):
        return text
    return f"({plain[:3]}) {plain[3:6]}-{plain[6:]}"


def _compute_imperial_bar(longest_m: float) -> tuple[float, str]:
    if longest_m < _MILE_M / 4:
        feet = _round_down(longest_m / _FOOT_M)
        return feet * _FOOT_M, f"{feet:,.0f} ft"
    if longest_m < _MILE_M:
        share = 0.5 if longest_m >= _MILE_M / 2 else 0.25
        return share * _MILE_M, f"{share:g} mi"
    miles = _round_down(longest_m / _MILE_M)
    return miles * _MILE_M, f"{miles:g} mi"


def _compute_metric_bar(longest_m: float) -> tuple[float, str]:
    meters = _round_down(longest_m)
    return meters, f"{meters / 1000:g} km" if meters >= 1000 else f"{meters:g} m"


def _round_down(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50 ... up to a length."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9))


_FORMULAS = ("=", "+", "-", "@")


CSV_ENCODING = "utf-8-sig"
"""The encoding of every exported CSV: UTF-8 with the byte-order mark that Excel needs."""


def escape_formula(text: str) -> str:
    """Return a cell's text, with an apostrophe in front if a spreadsheet would run it.

    Numbers keep their sign. ``exchange.tables.read_table`` removes the apostrophe again.
    """
    if not text or (text[0].isprintable() and not text.startswith(_FORMULAS)):
        return text
    return text if _is_number(text) else f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[0].isprintable()


STREET_EDGES = "streets"
PREFERENCE_CHOICES: Mapping[str, Mapping[str, str]] = {
    "dates": {"us": "Nov 26, 2026", "day first": "26 Nov 2026", "iso": "2026-11-26"},
    "clock": {"12": "3:45 PM", "24": "15:45"},
    "lengths": {"miles": "Miles, feet, acres", "kilometers": "Kilometers, meters, hectares"},
    "paper": {
        "letter": "Letter",
        "a4": "A4",
        "letter-gray": "Letter, gray printer",
        "a4-gray": "A4, gray printer",
    },
    "colors": {"light": "Light", "dark": "Dark", "high contrast": "High contrast"},
    "font": {"inter": "Inter", "desktop": "The desktop’s own"},
    "edges": {"blocks": "Along building blocks", STREET_EDGES: "Along streets of the basemap"},
}
"""The options of each preference: stored value and displayed text."""
_DAY_PATTERNS = {
    "us": ("MMM d, yyyy", "MM/dd/yyyy"),
    "day first": ("d MMM yyyy", "dd/MM/yyyy"),
    "iso": ("yyyy-MM-dd", "yyyy-MM-dd"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of an office, each a word of ``PREFERENCE_CHOICES`` or empty."""

    dates: str = ""
    clock: str = ""
    lengths: str = ""
    paper: str = ""
    colors: str = ""
    font: str = ""
    edges: str = ""

    def change_formats(self, formats: LocaleFormats) -> LocaleFormats:
        """Return ``formats`` with this office's choices applied."""
        if self.dates in _DAY_PATTERNS:
            day, field = _DAY_PATTERNS[self.dates]
            formats = replace(formats, name=self.dates, day_pattern=day, field_pattern=field)
        if self.clock:
            formats = replace(formats, clock_12h=self.clock == "12")
        if self.lengths:
            formats = replace(formats, miles_first=self.lengths == "miles")
        return formats
