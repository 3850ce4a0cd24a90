"""The school calendar from an iCalendar file or a table: terms, days off, minimum days, bells.

A calendar file comes from outside: it is small, holds few events, and what repeats in it does so a
few hundred times at most, or it is refused.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes, check_bell_schedule
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowResult, refuse_row
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import GuardedTask, ProcessLimits, run_guarded
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    TextTable,
    parse_clock_cell,
    parse_day_cell,
    read_text_table,
    sanitize_text,
)
from zoneplanner.staging import make_work_folder

_MOST_BYTES = 2_000_000
_LIMITS = ProcessLimits(seconds=60.0)
_MOST_EVENTS = 3_000
_MOST_REPEATS = 400
_MOST_DAYS = 3_000
_LONGEST_SPAN = 370
_TERM_DAYS = 20
_TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_CLOCKS = ("starts", "lunch_from", "lunch_to", "ends", "ends_early", "ends_minimum")
_COLUMNS = ("kind", "name", "first", "last", *_CLOCKS)
_KINDS = ("term", "holiday", "minimum day", "bells")

_TERM, _HOLIDAY, _MINIMUM, _FIRST, _LAST = "term", "holiday", "minimum day", "first", "last"
_WORDS = (
    (_FIRST, r"\bfirst day (of|for) (school|instruction|classes|students)|school begins"),
    (_LAST, r"\blast day (of|for) (school|instruction|classes|students)|school ends"),
    (_MINIMUM, r"\bminimum day|\bmin\.? day"),
    (_HOLIDAY, r"\bno school|holiday|recess|\bbreak\b|vacation|non[- ]student|schools? closed"),
    (_TERM, r"\bterm\b|semester|trimester|quarter"),
)


@dataclass(frozen=True, eq=False, slots=True)
class CalendarFileContent:
    """What a file says of the school year; ``left`` are events that say nothing of school days."""

    read: int
    terms: tuple[DateRange, ...]
    holidays: tuple[DateRange, ...]
    minimum_days: tuple[DateRange, ...]
    bells: Mapping[str, BellTimes]
    refused: tuple[RowResult, ...]
    left: int
    how: str

    @property
    def taken(self) -> int:
        """How many spans and bell times were read."""
        return sum(map(len, (self.terms, self.holidays, self.minimum_days, self.bells)))


def read_school_calendar(
    path: Path,
    *,
    time_zone: str,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> CalendarFileContent:
    """Read a calendar by its ending: .ics, else a table with the columns of ``_COLUMNS``.

    Raises
    ------
    UserError
        It cannot be read, is too large, or repeats an event more often than a calendar does.
    """
    if path.suffix.lower() not in (".ics", ".ical", ".ifb"):
        return _read_table_calendar(
            read_text_table(
                path, known=_COLUMNS, needed=("kind", "name"), keep_off=keep_off, report=report
            )
        )
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "calendar.ics",
            most_bytes=_MOST_BYTES,
            keep_off=keep_off,
            wanted="a calendar file",
        )
        asked = {"time_zone": time_zone}
        task = GuardedTask(list_calendar_days, asked, _LIMITS, what="calendar")
        (answer,) = map(json.loads, run_guarded(task, copy, path.name, report))
    days = {
        kind: _sort_spans([DateRange(name, *map(date.fromisoformat, own)) for name, *own in spans])
        for kind, spans in answer["days"].items()
    }
    return CalendarFileContent(
        read=answer["read"],
        terms=days[_TERM],
        holidays=days[_HOLIDAY],
        minimum_days=days[_MINIMUM],
        bells={},
        refused=tuple(refuse_row(row, why) for row, why in answer["refused"]),
        left=answer["left"],
        how="iCalendar",
    )


def merge_school_calendar(
    calendar: SchoolCalendar, found: CalendarFileContent, sites: Mapping[str, str]
) -> SchoolCalendar:
    """Return a calendar with what a file says in place of what it had for those days.

    ``sites`` are names by id. Terms are replaced where the file has any; days off and minimum days
    within the time that the file covers. Bells are by level or by site, the site by id or name.

    Raises
    ------
    UserError
        Bell times are out of order, or name neither a level nor a site.
    """
    spans = [*found.terms, *found.holidays, *found.minimum_days]
    first = min((one.first for one in spans), default=date.max)
    last = max((one.last for one in spans), default=date.min)

    def outside(old: tuple[DateRange, ...]) -> tuple[DateRange, ...]:
        return tuple(one for one in old if one.last < first or one.first > last)

    terms = calendar.terms
    if found.terms:
        terms = _sort_spans([*outside(calendar.terms), *found.terms])
    after = replace(
        calendar,
        terms=terms,
        holidays=_sort_spans([*outside(calendar.holidays), *found.holidays]),
        minimum_days=_sort_spans([*outside(calendar.minimum_days), *found.minimum_days]),
        bells=_merge_bells(calendar.bells, found.bells, sites),
        assumed=calendar.assumed and not spans,
    )
    check_bell_schedule(after.bells)
    return after


def _merge_bells(
    bells: BellSchedule, found: Mapping[str, BellTimes], sites: Mapping[str, str]
) -> BellSchedule:
    by_level, by_site = dict(bells.by_level), dict(bells.by_site)
    by_name = {name.casefold(): key for key, name in sites.items()}
    for name, times in found.items():
        site = name if name in sites else by_name.get(name.casefold())
        level = re.sub(r"[\s-]+", "_", name.casefold())
        if site is not None:
            by_site[site] = times
        elif level in by_level:
            by_level[level] = times
        else:
            known = ", ".join(by_level)
            raise UserError("unknown_level", name=sanitize_text(name), known=known)
    return replace(bells, by_level=by_level, by_site=by_site)


def _read_table_calendar(table: TextTable) -> CalendarFileContent:
    spans: dict[str, list[DateRange]] = {_TERM: [], _HOLIDAY: [], _MINIMUM: []}
    bells: dict[str, BellTimes] = {}
    refused: list[RowResult] = []
    read = 0
    for row in table.rows():
        read += 1
        try:
            kind = row.cells.get("kind", "").casefold().replace("_", " ")
            if row.fault:
                raise UserError(row.fault)
            if kind == "bells":
                bells[_require_cell(row, "name")] = BellTimes(
                    *(parse_clock_cell(_require_cell(row, name)) for name in _CLOCKS)
                )
            elif kind in spans:
                spans[kind].append(_parse_span(row))
            else:
                raise UserError("unknown_kind.of_calendar", kind=kind, known=", ".join(_KINDS))
        except UserError as error:
            refused.append(refuse_row(row.row, error.message))
    return CalendarFileContent(
        read=read,
        terms=tuple(spans[_TERM]),
        holidays=tuple(spans[_HOLIDAY]),
        minimum_days=tuple(spans[_MINIMUM]),
        bells=bells,
        refused=tuple(refused),
        left=0,
        how=table.description,
    )


def _require_cell(row: TextRow, name: str) -> str:
    if name not in row.cells:
        raise UserError("row_lacks_column", name=name)
    return row.cells[name]


def _parse_span(row: TextRow) -> DateRange:
    first = parse_day_cell(_require_cell(row, "first"))
    last = parse_day_cell(row.cells.get("last", row.cells["first"]))
    if not first <= last <= first + timedelta(days=_LONGEST_SPAN):
        raise UserError("first_after_last", first=first, last=last)
    return DateRange(_require_cell(row, "name"), first, last)


def list_calendar_days(copy: Path, name: str, *, time_zone: str) -> Iterator[dict[str, Any]]:
    """Yield the days of an iCalendar file, in the guarded process.

    ``days`` has [name, first, last] by kind, ``refused`` [number of the event, why].
    """
    from icalendar import Calendar as ICalendar

    data = copy.read_bytes()
    if b"BEGIN:VCALENDAR" not in data[:2000].upper():
        raise UserError("unreadable_file.no_calendar", file=name)
    if data.upper().count(b"BEGIN:VEVENT") > _MOST_EVENTS:
        raise UserError("too_large.events", file=name, most=_MOST_EVENTS)
    events: list[Any] = list(ICalendar.from_ical(data).walk("VEVENT"))
    spans: dict[str, list[DateRange]] = {_TERM: [], _HOLIDAY: [], _MINIMUM: []}
    edges: list[tuple[date, str]] = []
    refused: list[tuple[int, str]] = []
    left = 0
    for number, event in enumerate(events, start=1):
        try:
            title = sanitize_text(str(event.get("summary", "")).strip())
            kind = _classify_event(title)
            if kind is None or str(event.get("status", "")) == "CANCELLED":
                left += 1
                continue
            for first, last in _expand_event(event, time_zone):
                if kind in (_FIRST, _LAST):
                    edges.append((first, kind))
                elif kind != _TERM or (last - first).days >= _TERM_DAYS:
                    spans[kind].append(DateRange(title, first, last))
        except UserError as error:
            refused.append((number, error.message))
        except (ValueError, OverflowError):  # no day, or one that leads beyond all calendars
            refused.append((number, "Its dates cannot be read."))
    if sum(map(len, spans.values())) > _MOST_DAYS:
        raise UserError("too_large.days", file=name, most=_MOST_DAYS)
    spans[_TERM] = spans[_TERM] or _pair_term_ends(edges)
    days = {
        kind: [(one.name, f"{one.first}", f"{one.last}") for one in own]
        for kind, own in spans.items()
    }
    yield {"read": len(events), "days": days, "refused": refused, "left": left}


def _classify_event(name: str) -> str | None:
    words = name.casefold()
    return next((kind for kind, pattern in _WORDS if re.search(pattern, words)), None)


def _expand_event(event: Any, time_zone: str) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each time that an event takes place."""
    begin, end = _read_moment(event, "dtstart"), _read_moment(event, "dtend")
    if begin is None:
        raise ValueError("no beginning")
    start = _localize_date(begin, time_zone)
    last = start if end is None else _localize_date(end, time_zone)
    if end is not None and not isinstance(end, datetime):
        last -= timedelta(days=1)  # the end of a day-long event is the day after
    length = max(timedelta(), last - start)
    if length.days > _LONGEST_SPAN:
        raise UserError("longer_than_a_school_year", start=start, last=last)
    rule = event.get("rrule")
    if rule is None and event.get("rdate") is None:
        yield start, start + length
        return
    for day in _expand_rule(rule, start):
        yield day, day + length


def _read_moment(event: Any, name: str) -> date | None:
    """Return the day or moment of a property; one that is there twice, or is none: ValueError."""
    found = event.get(name)
    if found is None:
        return None
    moment = getattr(found, "dt", None)  # several, or one that cannot be parsed, have none
    if not isinstance(moment, date):
        raise ValueError(name)
    return moment


def _expand_rule(rule: Any, start: date) -> list[date]:
    """Return the days of a rule; one without end, or with too many days, is a UserError."""
    is_rule = isinstance(rule, dict)  # else none, several, or one that cannot be parsed
    if not is_rule:
        raise UserError("not_repeated_daily.rule")
    often = str(next(iter(rule.get("FREQ", ())), "")).upper()
    if often in _TOO_OFTEN or any(f"BY{part}" in rule for part in ("HOUR", "MINUTE", "SECOND")):
        raise UserError("not_repeated_daily.within_a_day")
    if "COUNT" not in rule and "UNTIL" not in rule:
        raise UserError("not_repeated_daily.endless")
    from dateutil.rrule import rrulestr

    written = rule.to_ical().decode()
    written = re.sub(r"UNTIL=(\d{8})T?\d*Z?", r"UNTIL=\1T235959", written)
    found = rrulestr(written, dtstart=datetime(start.year, start.month, start.day))  # noqa: DTZ001
    limit = date(min(start.year + 3, 9999), 12, 31)
    days = [one.date() for one in islice(found, _MOST_REPEATS + 1)]
    if len(days) > _MOST_REPEATS or (days and days[-1] > limit):
        raise UserError("too_large.repeats", most=_MOST_REPEATS)
    return days


def _localize_date(moment: date | datetime, time_zone: str) -> date:
    if isinstance(moment, datetime):
        return (moment.astimezone(ZoneInfo(time_zone)) if moment.tzinfo else moment).date()
    return moment


def _pair_term_ends(edges: list[tuple[date, str]]) -> list[DateRange]:
    """Return the terms from each first day of school to the next last day."""
    terms: list[DateRange] = []
    begun: date | None = None
    for day, kind in sorted(edges):
        if kind == _FIRST:
            begun = day
        elif begun is not None:
            terms.append(DateRange(f"School year {begun.year}", begun, day))
            begun = None
    return terms


def _sort_spans(spans: list[DateRange]) -> tuple[DateRange, ...]:
    return tuple(sorted(set(spans), key=lambda one: (one.first, one.last, one.name)))
