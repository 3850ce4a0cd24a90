"""The meanings of codes and words in a dispatch export: units, priorities, types and statuses.

Some rows of an export are self-initiated: nobody called, for example for a patrol check, and one
stamp stands for all until the unit clears. Counted as calls, they would make the demand too high
and response times too short. So the program asks whether each such type is a visit or a call.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from zoneplanner.app.log.duplicate_records import (
    CALL_MEANING,
    NUMBER,
    OWN_MEANING,
    TYPE,
    VISIT_MEANING,
)
from zoneplanner.domain.geography.site_finder import SiteFinder
from zoneplanner.domain.log.entries import (
    CHOICE_ALIASES,
    INCIDENT_RECORD,
    PRIORITIES,
    RECORD_KINDS,
    VISIT_RECORD,
)
from zoneplanner.domain.log.record_schema import parse_choice, parse_list
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import TextRow
from zoneplanner.messages import Message, join_names

TYPE_MEANINGS = {VISIT_MEANING: "Visits (nobody called)", CALL_MEANING: "Calls for service"}
_SAME_STAMPS = ("received_at", "dispatched_at", "onscene_at")
_PLACES = "patrol|ptl|area|school|campus|premises?|property|building|bldg|business|site|security"
_SELF_INITIATED = re.compile(
    rf"\b((({_PLACES}) ?(checks?|chk|ck))|(extra|xtra|foot|directed|bike|school) ?(patrol|ptrl|ptl)"
    r"|community (contact|policing|engagement|relations)|self[ -]?init\w*|officer[ -]?init\w*"
    r"|walk ?-?(thru|through))\b",
    re.IGNORECASE,
)


def is_self_initiated(cells: Mapping[str, str]) -> bool:
    """Whether a row looks self-initiated, by its type or its stamps."""
    stamps = {cells.get(name) for name in _SAME_STAMPS}
    return bool(_SELF_INITIATED.search(cells.get(TYPE, ""))) or (
        len(stamps) == 1 and None not in stamps
    )


@dataclass(slots=True)
class SelfInitiatedRows:
    """Self-initiated rows in a table of calls, by the meaning that a person gave to their type.

    Rows in ``asked`` are left out until somebody answers; ``words`` counts their types. Visits
    ``of_others`` are left out because none of their units is ours.
    """

    meanings: Mapping[str, str]
    visits: list[TextRow] = field(default_factory=list)
    asked: list[RowResult] = field(default_factory=list)
    of_others: list[RowResult] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    def select_calls(self, rows: Iterable[TextRow]) -> Iterator[TextRow]:
        """Yield the rows that are calls, and collect the others."""
        for row in rows:
            if row.fault or row.elsewhere or row.left_out or not is_self_initiated(row.cells):
                yield row
                continue
            call_type = row.cells.get(TYPE, "")
            meaning = self.meanings.get(call_type.casefold(), "")
            others = row.cells.get("other_units", "")
            if meaning == VISIT_MEANING and others and "units" not in row.cells:
                remark = Message("row_left_out.visit_of_others", units=others)
                self.of_others.append(RowResult(row.row, RowOutcome.LEFT_OUT, row.place, remark))
            elif meaning == VISIT_MEANING:
                self.visits.append(_make_visit(row))
            elif meaning == CALL_MEANING or not call_type:
                self.calls += 1
                yield row
            else:
                self.words[call_type] += 1
                question = Message("row_asked.visit_or_call", type=call_type)
                self.asked.append(RowResult(row.row, RowOutcome.ASKED, row.place, question))

    @property
    def counts(self) -> Mapping[str, int]:
        """The numbers of rows by what happened to them."""
        return {
            "asked": len(self.asked),
            "visits": len(self.visits),
            "calls": self.calls,
            "of_others": len(self.of_others),
        }


def _make_visit(row: TextRow) -> TextRow:
    """Return a row of a call as a visit, from the arrival until it was cleared."""
    cells = row.cells
    visit = {
        "uid": cells.get("uid"),
        "site": cells.get("site"),
        "unit": next(iter(parse_list(cells.get("units", ""))), None),
        "arrived_at": cells.get("onscene_at") or cells.get("received_at"),
        "departed_at": cells.get("cleared_at"),
    }
    return row._replace(cells={name: text for name, text in visit.items() if text})


_MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """The name of a place that is not a known site, its number of rows, and similar sites."""

    place: str
    rows: int
    candidates: tuple[str, ...]
    suggestion: str
    """The names and ids of the candidates."""


@dataclass(slots=True)
class ForeignTally:
    """Counts of what was joined, found by an alias, or not understood in a foreign table."""

    aliased: int = 0
    joined: dict[int, int] = field(default_factory=dict)
    """The row of the call, by the row of an additional unit."""
    repeated: dict[int, int] = field(default_factory=dict)
    """The row of the call, by a row that repeats another row."""
    unnumbered: int = 0
    """Rows without a number that were joined by place, kind of call and minute."""
    stamps: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    """The times by name and unit of calls with rows of several units, by the row of the call."""
    shared: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    """Numbers of rows at a place of several sites, by the site they count for and the others."""
    places: Counter[str] = field(default_factory=Counter)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    understood: dict[str, dict[str, str]] = field(default_factory=dict)
    """The meanings with which words were read that nobody explained, by our column."""

    def count_place(self, text: str) -> None:
        """Count a row of another place by its name, if it has one."""
        if text:
            self.places[text] += 1

    def add_word(self, column: str, text: str) -> None:
        """Count a word of a column that has no meaning yet."""
        self.words.setdefault(column, Counter())[text] += 1

    def add_meaning(self, column: str, text: str, meaning: str) -> None:
        """Note the meaning with which a word of a column was read."""
        self.understood.setdefault(column, {})[text] = meaning

    def list_places(self, finder: SiteFinder) -> tuple[UnknownPlace, ...]:
        """Return the places that resemble a site, the most frequent first."""
        similar = (
            UnknownPlace(place, rows, candidates, _name_sites(finder, candidates))
            for place, rows in self.places.most_common()
            if (candidates := finder.list_candidates(place))
        )
        return tuple(islice(similar, _MOST_LISTED))


def _name_sites(finder: SiteFinder, ids: Iterable[str]) -> str:
    names = (f"{finder.sites[site_id].name} ({site_id})" for site_id in ids)
    return join_names(names, last="or")


_LONGEST = 200
_UNIT_MARKS = re.compile(r"\s*[;,|/&+]\s*")
_DIGIT = re.compile(r"\d")
UNITS, OTHER_UNITS, _PRIORITY = "units", "other_units", "priority"
_PRIORITY_WORDS = {
    **dict.fromkeys(("emergency", "immediate", "high", "e"), "1"),
    "prompt": "2",
    "medium": "3",
    "normal": "3",
    "routine": "3",
    "low": "4",
}


class CodeReader:
    """Replaces a table's words by ours; words that it cannot read are counted in a tally."""

    def __init__(
        self,
        project: Project,
        words: Mapping[str, Mapping[str, str]],
        choices: Mapping[str, Sequence[str]],
        tally: ForeignTally,
        *,
        needed: Sequence[str],
    ) -> None:
        self._project, self._words, self._choices = project, words, choices
        self._tally, self._needed = tally, needed

    def read_meanings(self, column: str) -> Mapping[str, str]:
        """Return the meanings that a person gave to words of a column, in lower case."""
        return self._words.get(column, {})

    def read(self, cells: dict[str, str], notes: list[Message]) -> None:
        """Replace words in a row by ours; words without a meaning are left out and counted."""
        if _PRIORITY in cells:
            self._read_priority(cells)
        for name, several in ((UNITS, True), ("unit", False)) if self._choices else ():
            if name in cells:
                self._read_units(cells, name, several=several)
        for name, choices in self._choices.items():
            if name not in cells or name == _PRIORITY:
                continue
            text = cells[name]
            meaning = self._words.get(name, {}).get(text.casefold())
            try:
                choice = parse_choice(meaning or text, choices, name, CHOICE_ALIASES.get(name))
            except UserError:
                self._tally.add_word(name, text)
                if name not in self._needed:  # a needed one stays: the row's rejection quotes it
                    del cells[name]
                continue
            cells[name] = choice
            if meaning is None and text.casefold() not in (choice, choice.replace("_", " ")):
                self._tally.add_meaning(name, text, choice)
        for name, text in cells.items():
            if name != "note" and len(text) > _LONGEST:
                cells[name] = text[:_LONGEST]
                notes.append(Message("cell_cut", column=name.capitalize(), most=_LONGEST))

    def _read_priority(self, cells: dict[str, str]) -> None:
        text = cells.pop(_PRIORITY)
        meaning = self._words.get(_PRIORITY, {}).get(text.casefold())
        priority = _find_priority(meaning or text)
        if priority is None:
            self._tally.add_word(_PRIORITY, text)
            return
        cells[_PRIORITY] = priority
        if meaning is None and text != priority:
            self._tally.add_meaning(_PRIORITY, text, priority)

    def _read_units(self, cells: dict[str, str], name: str, *, several: bool) -> None:
        text = cells.pop(name)
        parts = [text]
        if several and self.find_unit(text) is None:
            parts = [unit for part in _UNIT_MARKS.split(text) for unit in self._split_units(part)]
        ours, others = dict[str, None](), dict[str, None]()
        for part in filter(None, parts):
            unit = self.find_unit(part)
            if unit is None:
                self._tally.add_word(UNITS, part)
            (others if unit is None else ours)[unit or part] = None
        if ours:
            cells[name] = ";".join(ours)
        if others and several:
            cells[OTHER_UNITS] = ";".join(others)

    def _split_units(self, text: str) -> Sequence[str]:
        """Split a string at blanks if that gives a known unit; a unit's name may have blanks."""
        words = text.split()
        is_one = self.find_unit(text) is not None or not any(map(self.find_unit, words))
        return [text] if is_one else words

    def find_unit(self, text: str) -> str | None:
        """Return our unit with a name in a file, or None if there is none."""
        meaning = self._words.get(UNITS, {}).get(text.casefold(), text)
        return self._project.find_unit_id(meaning)


def _find_priority(text: str) -> str | None:
    digit = _DIGIT.search(text)
    return digit[0] if digit else _PRIORITY_WORDS.get(next(iter(text.casefold().split()), ""))


def check_meanings(project: Project, record: str, words: Mapping[str, Mapping[str, str]]) -> None:
    """Raise a UserError, which lists our meanings, if a person gave a word another one."""
    choices = RECORD_KINDS[record].choices if record else {}
    if record == INCIDENT_RECORD.name:
        choices = {**choices, TYPE: tuple(TYPE_MEANINGS)}
    if record in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        choices = {**choices, NUMBER: (OWN_MEANING,)}
    columns = (UNITS, _PRIORITY, *choices)
    for column, meanings in words.items():
        if column not in columns:
            raise UserError("unknown_choice", what="column", text=column, known=list(columns))
        for meaning in filter(None, meanings.values()):
            if column == UNITS:
                if project.find_unit_id(meaning) is None:
                    raise UserError("unknown_unit", unit=meaning, known=list(project.units))
            elif column == _PRIORITY:
                if _find_priority(meaning) is None:
                    known = [str(priority) for priority in PRIORITIES]
                    raise UserError("unknown_choice", what=column, text=meaning, known=known)
            else:
                parse_choice(meaning, choices[column], column, CHOICE_ALIASES.get(column))
