"""How the office writes, prints and shows, as one row of text."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

from zoneplanner.app.data.data_table import CellKind, DataColumn, DataTable, RowCells
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES, Preferences
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_OFFICE = "office"
_LABELS = {
    "dates": ("Dates", "For desks set to “As the District”."),
    "clock": ("Clock", "For desks set to “As the District”."),
    "lengths": ("Lengths", "For desks set to “As the District”."),
    "paper": ("Paper", "The default in Publish."),
    "colors": ("Colors", "For desks whose appearance is “As the desktop”."),
    "font": ("Font", "For the window."),
    "edges": (
        "Zone edges",
        "Land between streets goes to a single zone unless a school or its block would change "
        "sides; on the map, in print and in files.",
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
    "preferences",
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
