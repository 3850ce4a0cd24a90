"""The district's own words: response actions, an incident, and its tip line."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.app.data.data_table import CellKind, DataColumn, DataTable, RowCells
from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS, DistrictTerm
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

TIP_LINE, INCIDENT = "tip_line", "incident"


def _read_terms(project: Project) -> Mapping[str, RowCells]:
    terms = project.terms
    rows = {name: terms.actions.get(name, DistrictTerm()) for name in RESPONSE_ACTIONS}
    rows |= {INCIDENT: terms.incident, TIP_LINE: terms.tip_line}
    return {
        name: {"name": name.replace("_", " ").capitalize(), "term": one.term, "text": one.text}
        for name, one in rows.items()
    }


def _put_term(project: Project, key: str, cells: RowCells) -> Project:
    terms, own = project.terms, DistrictTerm(cells["term"], cells["text"])
    if key == TIP_LINE:
        return replace(project, terms=replace(terms, tip_line=own))
    if key == INCIDENT:
        return replace(project, terms=replace(terms, incident=own))
    others = {name: one for name, one in terms.actions.items() if name != key}
    said = own.term.casefold()
    if said and said in {name for name in RESPONSE_ACTIONS if name != key} | {
        one.term.casefold() for one in others.values()
    }:
        raise UserError("name_in_use.data_row", kind="term", row=own.term)
    return replace(project, terms=replace(terms, actions={**others, key: own}))


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
            about="The district’s own word, such as Call for service for an incident; window and "
            "console show it.",
        ),
        DataColumn(
            "text", "Says", CellKind.NOTE, about="What it requires of a school, or whom to reach."
        ),
    ),
    ("term",),
    _read_terms,
    _put_term,
    grows=False,
)
