"""The terms and days of the school calendar, and bell times, as rows of text."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from zoneplanner.app.data.data_table import (
    CellKind,
    DataColumn,
    DataTable,
    RowCells,
    list_site_names,
    list_words,
)
from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes, check_bell_schedule
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.site import format_level
from zoneplanner.domain.log.record_schema import parse_choice
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.tables.text_table import parse_clock_cell, parse_day_cell

_KINDS = {"term": "terms", "holiday": "holidays", "minimum_day": "minimum_days"}
_CLOCKS = ("starts", "lunch_from", "lunch_to", "ends", "ends_early", "ends_minimum")
_CLOCK_LABELS = ("Starts", "Lunch from", "Lunch to", "Ends", "Early release", "Minimum day")
_MOST_DAYS = 370
_DAY_NOUN, _FIRST_DAY = "day of the calendar", "First day"


def _list_days(calendar: SchoolCalendar) -> dict[str, tuple[str, DateRange]]:
    """Return terms and days by name; a repeated name also has its first day."""
    spans = [(kind, span) for kind, part in _KINDS.items() for span in getattr(calendar, part)]
    days: dict[str, tuple[str, DateRange]] = {}
    for kind, span in sorted(spans, key=lambda each: each[1].first):
        name = span.name or kind.replace("_", " ")
        days[name if name not in days else f"{name} {span.first}"] = (kind, span)
    return days


def _read_days(project: Project) -> Mapping[str, RowCells]:
    return {
        key: {"name": span.name, "kind": kind, "first": f"{span.first}", "last": f"{span.last}"}
        for key, (kind, span) in _list_days(project.calendar).items()
    }


def _put_day(project: Project, key: str, cells: RowCells) -> Project:
    kind = parse_choice(cells["kind"], tuple(_KINDS), "kind of day")
    first = parse_day_cell(cells["first"])
    last = parse_day_cell(cells["last"]) if cells["last"] else first
    if last < first:
        raise UserError("data_last_before_first", first=first, last=last)
    if (last - first).days > _MOST_DAYS:
        raise UserError("longer_than_a_school_year", start=first, last=last)
    days, name = _list_days(project.calendar), cells["name"]
    others = (span for other, (_, span) in days.items() if other != key)
    if any((span.name, span.first) == (name, first) for span in others):
        raise UserError("name_in_use.data_row", kind=_DAY_NOUN, row=f"{name} {first}")
    return _with_days(project, {**days, key: (kind, DateRange(name, first, last))})


def _name_new_day(project: Project, text: str, cells: RowCells) -> str:
    """Return the id of a new day; many days have the same name, such as minimum days."""
    name, first = cells.get("name") or text, cells.get("first", "")
    days = _list_days(project.calendar)
    if name not in days:
        return name
    if not first:
        raise UserError("data_cell_empty", name=_FIRST_DAY, kind=_DAY_NOUN)
    key = f"{name} {parse_day_cell(first)}"
    if key in days:
        raise UserError("name_in_use.data_row", kind=_DAY_NOUN, row=key)
    return key


def _remove_day(project: Project, key: str) -> Project:
    days = _list_days(project.calendar)
    return _with_days(project, {other: day for other, day in days.items() if other != key})


def _with_days(project: Project, days: Mapping[str, tuple[str, DateRange]]) -> Project:
    parts: dict[str, Any] = {
        part: tuple(
            sorted(
                (span for each_kind, span in days.values() if each_kind == kind),
                key=lambda span: span.first,
            )
        )
        for kind, part in _KINDS.items()
    }
    calendar = replace(project.calendar, **parts, assumed=False)
    return replace(project, calendar=calendar)


def _read_bells(project: Project) -> Mapping[str, RowCells]:
    bells = project.calendar.bells
    levels = {level: (format_level(level), times) for level, times in bells.by_level.items()}
    sites = {
        key: (project.sites[key].name, times)
        for key, times in bells.by_site.items()
        if key in project.sites
    }
    return {
        key: {"name": name, **_write_clocks(times)}
        for key, (name, times) in (levels | sites).items()
    }


def _write_clocks(times: BellTimes) -> dict[str, str]:
    return {name: getattr(times, name).isoformat("minutes") for name in _CLOCKS}


def _list_sites(project: Project) -> Mapping[str, str]:
    """Return the schools without separate bells."""
    separate = project.calendar.bells.by_site
    return list_site_names(site for key, site in project.sites.items() if key not in separate)


def _begin_bells(project: Project, row: str) -> RowCells:
    """Return a school's current bells, which are the bells of its level."""
    site = project.site(row)
    times = project.calendar.bells.find_bell_times(site.id, site.level)
    return {"name": site.name, **_write_clocks(times)}


def _put_bells(project: Project, key: str, cells: RowCells) -> Project:
    clocks: dict[str, time] = {name: parse_clock_cell(cells[name]) for name in _CLOCKS}
    times = BellTimes(**clocks)
    bells = project.calendar.bells
    if key in bells.by_level:
        bells = replace(bells, by_level={**bells.by_level, key: times})
    else:
        bells = replace(bells, by_site={**bells.by_site, project.site(key).id: times})
    return _with_bells(project, bells)


def _remove_bells(project: Project, key: str) -> Project:
    bells = project.calendar.bells
    by_level = {level: times for level, times in bells.by_level.items() if level != key}
    by_site = {site: times for site, times in bells.by_site.items() if site != key}
    return _with_bells(project, replace(bells, by_level=by_level, by_site=by_site))


def _with_bells(project: Project, bells: BellSchedule) -> Project:
    check_bell_schedule(bells)
    return replace(project, calendar=replace(project.calendar, bells=bells))


CALENDAR_TABLE = DataTable(
    "calendar",
    _DAY_NOUN,
    "Calendar",
    "name",
    (
        DataColumn("name", "Name", required=True),
        DataColumn(
            "kind",
            "Kind",
            CellKind.CHOICE,
            required=True,
            list_choices=lambda _: list_words(_KINDS),
        ),
        DataColumn("first", _FIRST_DAY, CellKind.DAY, required=True),
        DataColumn("last", "Last day", CellKind.DAY, about="Leave it empty for a single day."),
    ),
    ("kind", "first", "last"),
    _read_days,
    _put_day,
    _remove_day,
    begin=lambda _project, _row: {"kind": "holiday"},
    name_new=_name_new_day,
)
BELL_TABLE = DataTable(
    "bells",
    "bell schedule",
    "Bells",
    "name",
    (
        DataColumn("name", "Level or school", typed=False),
        *(
            DataColumn(name, label, CellKind.CLOCK, required=True)
            for name, label in zip(_CLOCKS, _CLOCK_LABELS, strict=True)
        ),
    ),
    _CLOCKS,
    _read_bells,
    _put_bells,
    _remove_bells,
    begin=_begin_bells,
    key=DataColumn("id", "School", CellKind.CHOICE, required=True, list_choices=_list_sites),
)
