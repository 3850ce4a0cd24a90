"""Preferences, the district's own terms, and assumptions on loads and travel, as rows of text."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import time
from functools import partial
from typing import Any

from zoneplanner.app.data.data_table import CellKind, DataColumn, DataTable, RowCells, parse_figure
from zoneplanner.domain.assumptions import OTHER_LEVEL
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, format_level
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES, Preferences
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS, DistrictTerm
from zoneplanner.domain.plans.edits import set_assumptions
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_OFFICE = "office"
_LABELS = {
    "dates": ("Dates", "For desks set to “Match the District”."),
    "clock": ("Clock", "For desks set to “Match the District”."),
    "lengths": ("Lengths", "For desks set to “Match the District”."),
    "paper": ("Paper", "The default in Publish."),
    "colors": ("Colors", "For desks whose appearance is “Match the desktop”."),
    "font": ("Font", "For the window."),
    "edges": (
        "Zone edges",
        "On the map, in print and in files, land between streets goes to a single zone unless that "
        "would put a school or its block in another zone.",
    ),
}


def _read(project: Project) -> Mapping[str, RowCells]:
    return {_OFFICE: {"name": "This office", **asdict(project.preferences)}}


def _put(project: Project, key: str, cells: RowCells) -> Project:
    chosen = {name: cells[name].casefold() for name in PREFERENCE_CHOICES}
    for name, word in chosen.items():
        known = PREFERENCE_CHOICES[name]
        if word and word not in known:
            raise UserError("unknown_choice", what=name, text=word, known=list(known))
    return replace(project, preferences=Preferences(**chosen))


def _list_choices(name: str, _project: Project) -> Mapping[str, str]:
    return PREFERENCE_CHOICES[name]


PREFERENCE_TABLE = DataTable(
    "preference",
    "preference",
    "Preferences",
    "name",
    (
        DataColumn("name", "For", shown=False),
        *(
            DataColumn(
                name, label, CellKind.CHOICE, about=about, list_choices=partial(_list_choices, name)
            )
            for name, (label, about) in _LABELS.items()
        ),
    ),
    tuple(_LABELS),
    _read,
    _put,
    grows=False,
)


TIP_LINE, INCIDENT = "tip_line", "incident"


def _read_terms(project: Project) -> Mapping[str, RowCells]:
    terms = project.terms
    rows = {name: terms.actions.get(name, DistrictTerm()) for name in RESPONSE_ACTIONS}
    rows |= {INCIDENT: terms.incident, TIP_LINE: terms.tip_line}
    return {
        name: {"name": name.replace("_", " ").capitalize(), "term": term.term, "text": term.text}
        for name, term in rows.items()
    }


def _put_term(project: Project, key: str, cells: RowCells) -> Project:
    terms, new = project.terms, DistrictTerm(cells["term"], cells["text"])
    if key == TIP_LINE:
        return replace(project, terms=replace(terms, tip_line=new))
    if key == INCIDENT:
        return replace(project, terms=replace(terms, incident=new))
    others = {name: term for name, term in terms.actions.items() if name != key}
    taken = {name for name in RESPONSE_ACTIONS if name != key}
    taken |= {term.term.casefold() for term in others.values()}
    if new.term and new.term.casefold() in taken:
        raise UserError("name_in_use.data_row", kind="term", row=new.term)
    return replace(project, terms=replace(terms, actions={**others, key: new}))


TERM_TABLE = DataTable(
    "term",
    "term",
    "District’s terms",
    "name",
    (
        DataColumn("name", "For", shown=False),
        DataColumn(
            "term",
            "Called",
            about="The district’s own word, such as Call for service for an incident. The window "
            "and the console show it.",
        ),
        DataColumn(
            "text",
            "Says",
            CellKind.NOTE,
            about="What this term requires of a school, or whom to contact.",
        ),
    ),
    ("term",),
    _read_terms,
    _put_term,
    grows=False,
)


_BY_LEVEL = {
    "visits_per_day": ("Visits", "a school day"),
    "dwell_min": ("Time spent at a visit", "minutes"),
    "call_factor": ("Calls compared with an elementary school", "times"),
}
_MOST_MINUTES, _LAST_HOUR = 120, 23.5
_SINGLE = {
    "calls_per_1000": ("Calls per 1,000 students", "a school day"),
    "service_min": ("Time spent on a call", "minutes"),
    "missing_enrollment": ("Students if the number is not known", "students"),
    "axis_factor": ("Street grid compared with the real route", "times"),
    "speed_mph": ("Speed", "mph"),
    "turnout_min": ("Turnout", "minutes"),
}
_BELL_WINDOWS = {
    "arrival_min": ("Arrival, before the first bell", "minutes"),
    "dismissal_min": ("Dismissal, after the last bell", "minutes"),
    "evening": ("After school, until", "o’clock"),
}
"""The parts of a school day without a bell at their end, in which presence is measured."""
_DRIVE_FACTOR, _MOST_FACTOR = "drive_factor", 10.0


def _read_assumptions(project: Project) -> Mapping[str, RowCells]:
    assumptions, sources = project.assumptions, project.directory.sources
    rows: dict[str, RowCells] = {}
    for part, (name, unit) in _BY_LEVEL.items():
        for level, value in getattr(assumptions, part).items():
            label = f"{name}: {format_level(level)}"
            rows[f"{part}.{level}"] = {"name": label, "value": f"{value:g}", "unit": unit}
    for part, (name, unit) in _SINGLE.items():
        rows[part] = {"name": name, "value": f"{getattr(assumptions, part):g}", "unit": unit}
    for window in BellWindow:
        label = f"Drives: {window}"
        value = f"{assumptions.find_drive_factor(window):g}"
        rows[f"{_DRIVE_FACTOR}.{window}"] = {"name": label, "value": value, "unit": "times"}
    bells = project.calendar.bells
    for part, (name, unit) in _BELL_WINDOWS.items():
        value = getattr(bells, part)
        number = value.hour + value.minute / 60 if isinstance(value, time) else value
        rows[part] = {"name": name, "value": f"{number:g}", "unit": unit}
    return {key: {**cells, "source": sources.get(key, "")} for key, cells in rows.items()}


def _put_assumption(project: Project, key: str, cells: RowCells) -> Project:
    value = parse_figure(cells["value"], "value")
    directory = project.directory.with_source(key, cells.get("source", ""))
    if directory.sources != project.directory.sources:
        project = replace(project, directory=directory)
    part, _, level = key.partition(".")
    if part in _BY_LEVEL and level in (*SCHOOL_LEVELS, OTHER_LEVEL):
        return _with_figure(project, part, {**getattr(project.assumptions, part), level: value})
    if part == _DRIVE_FACTOR and level in set(BellWindow):
        if not 0 < value <= _MOST_FACTOR:
            raise UserError("out_of_range.bell_windows", name=cells["name"], most=_MOST_FACTOR)
        return _with_figure(project, part, {**project.assumptions.drive_factor, level: value})
    if key in _BELL_WINDOWS:
        return _with_bell_window(project, key, value)
    if key not in _SINGLE:
        raise UserError("unknown_data_row", kind="assumption", row=key, near=[])
    return _with_figure(project, part, round(value) if part == "missing_enrollment" else value)


def _with_bell_window(project: Project, key: str, value: float) -> Project:
    limit = _LAST_HOUR if key == "evening" else _MOST_MINUTES
    if not 0 <= value <= limit:
        raise UserError("out_of_range.bell_windows", name=_BELL_WINDOWS[key][0], most=limit)
    minutes = round(value * 60)
    figure = time(minutes // 60, minutes % 60) if key == "evening" else round(value)
    changed: dict[str, Any] = {key: figure}
    bells = replace(project.calendar.bells, **changed)
    return replace(project, calendar=replace(project.calendar, bells=bells))


def _remove(project: Project, key: str) -> Project:
    """Remove the separate figure of a level, so that it gets the figure for other levels."""
    part, _, level = key.partition(".")
    if part not in _BY_LEVEL or level == OTHER_LEVEL:
        raise UserError("data_row_stays", kind="assumption", row=key)
    table = {k: value for k, value in getattr(project.assumptions, part).items() if k != level}
    return _with_figure(project, part, table)


def _with_figure(project: Project, part: str, figure: object) -> Project:
    changed: dict[str, Any] = {part: figure}
    return set_assumptions(project, replace(project.assumptions, **changed))


ASSUMPTION_TABLE = DataTable(
    "assumption",
    "assumption",
    "Assumptions",
    "name",
    (
        DataColumn("name", "Figure", typed=False),
        DataColumn("value", "Value", CellKind.NUMBER, required=True),
        DataColumn("unit", "Unit", typed=False),
        DataColumn(
            "source",
            "Source",
            about="The source of the figure. If this is empty, the source is the preset.",
        ),
    ),
    ("value", "unit", "source"),
    _read_assumptions,
    _put_assumption,
    _remove,
    key=DataColumn(
        "id",
        "Figure",
        required=True,
        about="For a separate value for one level, enter the figure and the level, such as "
        "dwell_min.high.",
    ),
)
