"""The school calendar from an iCalendar file or a table: terms, days off, minimum days, bells.

A calendar file comes from outside and is refused unless it is small, has few events, and repeats
each event a few hundred times at most.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes, check_bell_schedule
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowResult, refuse_row
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import (
    GuardedTask,
    ProcessLimits,
    decode_message,
    refuse_library_errors,
    run_guarded,
)
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    TextTable,
    parse_clock_cell,
    parse_day_cell,
    read_text_table,
    sanitize_text,
)
from zoneplanner.messages import Message
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
    """What a file says about the school year; ``left`` counts events that are not about it."""

    read: int
    terms: tuple[DateRange, ...]
    holidays: tuple[DateRange, ...]
    minimum_days: tuple[DateRange, ...]
    bells: Mapping[str, BellTimes]
    refused: tuple[RowResult, ...]
    left: int
    how: Message

    @property
    def taken(self) -> int:
        """The number of spans and bell times that were read."""
        return sum(map(len, (self.terms, self.holidays, self.minimum_days, self.bells)))


def read_school_calendar(
    path: Path,
    *,
    time_zone: str,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> CalendarFileContent:
    """Read a calendar file (.ics) or a table with the columns ``_COLUMNS``.

    Raises
    ------
    UserError
        The file cannot be read, is too large, or repeats an event too often.
    """
    if path.suffix.lower() not in (".ics", ".ical", ".ifb"):
        return _read_table_calendar(
            read_text_table(
                path, known=_COLUMNS, needed=("kind", "name"), protected=protected, report=report
            )
        )
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "calendar.ics",
            most_bytes=_MOST_BYTES,
            protected=protected,
            wanted=Message("wanted_file.calendar"),
        )
        options = {"time_zone": time_zone}
        task = GuardedTask(list_calendar_days, options, _LIMITS, file_kind="calendar")
        (answer,) = map(json.loads, run_guarded(task, copy, path.name, report))
    days = {
        kind: _sort_spans(
            [DateRange(name, *map(date.fromisoformat, ends)) for name, *ends in spans]
        )
        for kind, spans in answer["days"].items()
    }
    return CalendarFileContent(
        read=answer["read"],
        terms=days[_TERM],
        holidays=days[_HOLIDAY],
        minimum_days=days[_MINIMUM],
        bells={},
        refused=tuple(refuse_row(row, decode_message(reason)) for row, reason in answer["refused"]),
        left=answer["left"],
        how=Message("table_format.icalendar"),
    )


def merge_school_calendar(
    calendar: SchoolCalendar, content: CalendarFileContent, sites: Mapping[str, str]
) -> SchoolCalendar:
    """Return a calendar in which a file's content replaces what was there for those days.

    ``sites`` are names by id. Terms are replaced only if the file has any; days off and minimum
    days are replaced in the time that the file covers. Bells are by level or by site (id or name).

    Raises
    ------
    UserError
        Bell times are out of order, or are for neither a level nor a site.
    """
    spans = [*content.terms, *content.holidays, *content.minimum_days]
    first = min((span.first for span in spans), default=date.max)
    last = max((span.last for span in spans), default=date.min)

    def replace_covered(
        old: Sequence[DateRange], new: Sequence[DateRange]
    ) -> tuple[DateRange, ...]:
        return _sort_spans(
            [*(span for span in old if span.last < first or span.first > last), *new]
        )

    merged = replace(
        calendar,
        terms=replace_covered(calendar.terms, content.terms) if content.terms else calendar.terms,
        holidays=replace_covered(calendar.holidays, content.holidays),
        minimum_days=replace_covered(calendar.minimum_days, content.minimum_days),
        bells=_merge_bells(calendar.bells, content.bells, sites),
        assumed=calendar.assumed and not spans,
    )
    check_bell_schedule(merged.bells)
    return merged


def _merge_bells(
    bells: BellSchedule, new_times: Mapping[str, BellTimes], sites: Mapping[str, str]
) -> BellSchedule:
    by_level, by_site = dict(bells.by_level), dict(bells.by_site)
    ids_by_name = {name.casefold(): site_id for site_id, name in sites.items()}
    for name, times in new_times.items():
        site = name if name in sites else ids_by_name.get(name.casefold())
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
    rejected: list[RowResult] = []
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
            rejected.append(refuse_row(row.row, error.to_message()))
    return CalendarFileContent(
        read=read,
        terms=tuple(spans[_TERM]),
        holidays=tuple(spans[_HOLIDAY]),
        minimum_days=tuple(spans[_MINIMUM]),
        bells=bells,
        refused=tuple(rejected),
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
    """Yield the days of an iCalendar file; only for the guarded process.

    ``days`` has lists of [name, first, last] by kind; ``refused`` has [event number, reason].
    """
    from icalendar import Calendar as ICalendar

    data = copy.read_bytes()
    if b"BEGIN:VCALENDAR" not in data[:2000].upper():
        raise UserError("unreadable_file.no_calendar", file=name)
    if data.upper().count(b"BEGIN:VEVENT") > _MOST_EVENTS:
        raise UserError("too_large.events", file=name, most=_MOST_EVENTS)
    with refuse_library_errors(UserError("unreadable_file.calendar", file=name)):
        events: list[Any] = list(ICalendar.from_ical(data).walk("VEVENT"))
    spans: dict[str, list[DateRange]] = {_TERM: [], _HOLIDAY: [], _MINIMUM: []}
    term_ends: list[tuple[date, str]] = []
    rejected: list[tuple[int, Message]] = []
    left = 0
    replaced = _find_replaced_days(events, time_zone)
    for number, event in enumerate(events, start=1):
        try:
            title = sanitize_text(str(event.get("summary", "")).strip())
            kind = _classify_event(title)
            if kind is None or str(event.get("status", "")) == "CANCELLED":
                left += 1
                continue
            skipped = replaced.get(str(event.get("uid", "")), set())
            for first, last in _expand_event(event, time_zone, skipped):
                if kind in (_FIRST, _LAST):
                    term_ends.append((first, kind))
                elif kind != _TERM or (last - first).days >= _TERM_DAYS:
                    spans[kind].append(DateRange(title, first, last))
        except UserError as error:
            rejected.append((number, error.to_message()))
        except (ValueError, OverflowError):  # no date, or one that Python's calendar cannot have
            rejected.append((number, Message("unreadable_row.dates")))
    if sum(map(len, spans.values())) > _MOST_DAYS:
        raise UserError("too_large.days", file=name, most=_MOST_DAYS)
    spans[_TERM] = spans[_TERM] or _pair_term_ends(term_ends)
    days = {
        kind: [(span.name, f"{span.first}", f"{span.last}") for span in kind_spans]
        for kind, kind_spans in spans.items()
    }
    yield {"read": len(events), "days": days, "refused": rejected, "left": left}


def _classify_event(name: str) -> str | None:
    words = name.casefold()
    return next((kind for kind, pattern in _WORDS if re.search(pattern, words)), None)


def _find_replaced_days(events: Iterable[Any], time_zone: str) -> dict[str, set[date]]:
    """Return the days of each repeated event that an event of their own moves or cancels."""
    replaced: dict[str, set[date]] = {}
    for event in events:
        moment = getattr(event.get("recurrence-id"), "dt", None)
        if isinstance(moment, date):
            days = replaced.setdefault(str(event.get("uid", "")), set())
            days.add(_localize_date(moment, time_zone))
    return replaced


def _list_excluded_days(event: Any, time_zone: str) -> Iterator[date]:
    """Yield the days that an event's EXDATE lists leave out."""
    lists = event.get("exdate", [])
    for each in lists if isinstance(lists, list) else [lists]:
        for value in getattr(each, "dts", ()):
            yield _localize_date(value.dt, time_zone)


def _expand_event(
    event: Any, time_zone: str, replaced: Collection[date]
) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each occurrence of an event, except the ``replaced`` ones."""
    begin, end = _read_moment(event, "dtstart"), _read_moment(event, "dtend")
    if begin is None:
        raise ValueError("no beginning")
    start = _localize_date(begin, time_zone)
    last = start if end is None else _localize_date(end, time_zone)
    if end is not None and not isinstance(end, datetime):
        last -= timedelta(days=1)  # an event of whole days ends the day after its last day
    length = max(timedelta(), last - start)
    if length.days > _LONGEST_SPAN:
        raise UserError("longer_than_a_school_year", start=start, last=last)
    rule = event.get("rrule")
    if rule is None and event.get("rdate") is None:
        yield start, start + length
        return
    skipped = {*replaced, *_list_excluded_days(event, time_zone)}
    for day in _expand_rule(rule, start):
        if day not in skipped:
            yield day, day + length


def _read_moment(event: Any, name: str) -> date | None:
    """Return the date or time of a property; a repeated or unreadable one is a ValueError."""
    value = event.get(name)
    if value is None:
        return None
    moment = getattr(value, "dt", None)  # a list of values, or an unreadable value, has no dt
    if not isinstance(moment, date):
        raise ValueError(name)
    return moment


def _expand_rule(rule: Any, start: date) -> list[date]:
    """Return the days of a rule; a rule without an end, or with too many days, is a UserError."""
    is_rule = isinstance(rule, dict)
    if not is_rule:  # no rule (only extra dates), several rules, or an unreadable one
        raise UserError("not_repeated_daily.rule")
    frequency = str(next(iter(rule.get("FREQ", ())), "")).upper()
    if frequency in _TOO_OFTEN or any(f"BY{part}" in rule for part in ("HOUR", "MINUTE", "SECOND")):
        raise UserError("not_repeated_daily.within_a_day")
    if "COUNT" not in rule and "UNTIL" not in rule:
        raise UserError("not_repeated_daily.endless")

    text = re.sub(r"UNTIL=(\d{8})T?\d*Z?", r"UNTIL=\1T235959", rule.to_ical().decode())
    times = rrulestr(text, dtstart=datetime(start.year, start.month, start.day))  # noqa: DTZ001
    last_allowed = date(min(start.year + 3, 9999), 12, 31)
    days = [each.date() for each in islice(times, _MOST_REPEATS + 1)]
    if len(days) > _MOST_REPEATS or (days and days[-1] > last_allowed):
        raise UserError("too_large.repeats", most=_MOST_REPEATS)
    return days


def _localize_date(moment: date | datetime, time_zone: str) -> date:
    if isinstance(moment, datetime):
        return (moment.astimezone(ZoneInfo(time_zone)) if moment.tzinfo else moment).date()
    return moment


def _pair_term_ends(term_ends: list[tuple[date, str]]) -> list[DateRange]:
    """Return a term from each first day of school to the next last day."""
    terms: list[DateRange] = []
    first_day: date | None = None
    for day, kind in sorted(term_ends):
        if kind == _FIRST:
            first_day = day
        elif first_day is not None:
            terms.append(DateRange(f"School year {first_day.year}", first_day, day))
            first_day = None
    return terms


def _sort_spans(spans: list[DateRange]) -> tuple[DateRange, ...]:
    return tuple(sorted(set(spans), key=lambda span: (span.first, span.last, span.name)))
