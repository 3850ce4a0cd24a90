"""What the codes and words of a dispatch export mean here: its units, priorities and types.

Rows of a dispatch export that nobody called for, such as patrol checks: visits, or calls.

A unit that reports its own round has one stamp for all until it clears. Taken as calls for service,
such rows make the demand too high and the response times too short; so each kind of them is asked.

What rows of a foreign table had that was not understood, or was put together, counted.
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

TYPE_MEANINGS = {VISIT_MEANING: "Visits (nobody called)", CALL_MEANING: "Calls for service"}
_SAME_STAMPS = ("received_at", "dispatched_at", "onscene_at")
_PLACES = "patrol|ptl|area|school|campus|premises?|property|building|bldg|business|site|security"
_NAMES = re.compile(
    rf"\b((({_PLACES}) ?(checks?|chk|ck))|(extra|xtra|foot|directed|bike|school) ?(patrol|ptrl|ptl)"
    r"|community (contact|policing|engagement|relations)|self[ -]?init\w*|officer[ -]?init\w*"
    r"|walk ?-?(thru|through))\b",
    re.IGNORECASE,
)


def is_self_initiated(cells: Mapping[str, str]) -> bool:
    """Tell whether a row looks like one that nobody called for: by its type, or its stamps."""
    stamps = {cells.get(name) for name in _SAME_STAMPS}
    return bool(_NAMES.search(cells.get(TYPE, ""))) or (len(stamps) == 1 and None not in stamps)


@dataclass(slots=True)
class SelfInitiatedRows:
    """The rows of a table of calls that nobody called for, by what a person said of their type.

    ``asked`` are left out until somebody says; ``words`` counts their types. Visits ``of_others``
    are left out too: none of their units is ours.
    """

    meanings: Mapping[str, str]
    visits: list[TextRow] = field(default_factory=list)
    asked: list[RowResult] = field(default_factory=list)
    of_others: list[RowResult] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    def pass_calls(self, rows: Iterable[TextRow]) -> Iterator[TextRow]:
        """Yield the rows that are calls; the others are kept here."""
        for row in rows:
            if row.fault or row.elsewhere or row.left_out or not is_self_initiated(row.cells):
                yield row
                continue
            what = row.cells.get(TYPE, "")
            said = self.meanings.get(what.casefold(), "")
            others = row.cells.get("other_units", "")
            if said == VISIT_MEANING and others and "units" not in row.cells:
                why = f"A visit by {others}, not one of your units."
                self.of_others.append(RowResult(row.row, RowOutcome.LEFT_OUT, row.place, why))
            elif said == VISIT_MEANING:
                self.visits.append(_make_visit(row))
            elif said == CALL_MEANING or not what:
                self.calls += 1
                yield row
            else:
                self.words[what] += 1
                why = f"Is “{what}” a visit or a call?"
                self.asked.append(RowResult(row.row, RowOutcome.ASKED, row.place, why))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows are asked about, were taken as visits and as calls, or are of others."""
        return {
            "asked": len(self.asked),
            "visits": len(self.visits),
            "calls": self.calls,
            "of_others": len(self.of_others),
        }


def _make_visit(row: TextRow) -> TextRow:
    """Return a row of a call as one of a visit: from the arrival until it was cleared."""
    cells = row.cells
    said = {
        "uid": cells.get("uid"),
        "site": cells.get("site"),
        "unit": next(iter(parse_list(cells.get("units", ""))), None),
        "arrived_at": cells.get("onscene_at") or cells.get("received_at"),
        "departed_at": cells.get("cleared_at"),
    }
    return row._replace(cells={name: text for name, text in said.items() if text})


_MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """How a place is called that is none of our sites, in how many rows, and what it resembles."""

    place: str
    rows: int
    candidates: tuple[str, ...]
    suggestion: str
    """The candidates in words: their names, each with its id."""


@dataclass(slots=True)
class ForeignTally:
    """What rows of a table had that was not understood, and what was found by an alias."""

    aliased: int = 0
    joined: dict[int, int] = field(default_factory=dict)
    """The row that has the call of a row of a further unit."""
    doubles: dict[int, int] = field(default_factory=dict)
    """The row that has the call of a row that says what another one said."""
    unnumbered: int = 0
    """Rows without a number that were joined by place, kind of call and minute."""
    stamps: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    """Of calls with rows of several units the times of each, by the row that has the call."""
    shared: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    """Rows at a place of several sites, by the one that they count for and the others."""
    places: Counter[str] = field(default_factory=Counter)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    understood: dict[str, dict[str, str]] = field(default_factory=dict)
    """Words that are none of ours and nobody explained, and what they were read as, by column."""

    def count_place(self, text: str) -> None:
        """Count a row of another place by what it is called, if it is."""
        if text:
            self.places[text] += 1

    def add_word(self, column: str, text: str) -> None:
        """Count a word of a column that means nothing here yet."""
        self.words.setdefault(column, Counter())[text] += 1

    def add_meaning(self, column: str, text: str, meaning: str) -> None:
        """Note what a word of a column was read as."""
        self.understood.setdefault(column, {})[text] = meaning

    def list_places(self, finder: SiteFinder) -> tuple[UnknownPlace, ...]:
        """Return the places that resemble a site, those of most rows first."""
        found = (
            UnknownPlace(place, rows, candidates, _name_sites(finder, candidates))
            for place, rows in self.places.most_common()
            if (candidates := finder.list_candidates(place))
        )
        return tuple(islice(found, _MOST_LISTED))


def _name_sites(finder: SiteFinder, ids: Iterable[str]) -> str:
    return " or ".join(f"{finder.sites[one].name} ({one})" for one in ids)


_LONGEST = 200
_UNIT_MARKS = re.compile(r"\s*[;,|/&+]\s*")
_DIGIT = re.compile(r"\d")
UNITS, OTHER_UNITS, _PRIORITY = "units", "other_units", "priority"
_PRIORITY_WORDS = {
    **dict.fromkeys(("emergency", "immediate", "high", "e"), "1"),
    **{"prompt": "2", "medium": "3", "normal": "3", "routine": "3", "low": "4"},
}


class CodeReader:
    """Puts our words in place of those of a table; what it could not read is in a tally."""

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
        """Return what a person said of the words of a column, in small letters."""
        return self._words.get(column, {})

    def read(self, cells: dict[str, str], notes: list[str]) -> None:
        """Put our words in place of theirs; those without a meaning here are left out, counted."""
        if _PRIORITY in cells:
            self._read_priority(cells)
        for name, several in ((UNITS, True), ("unit", False)) if self._choices else ():
            if name in cells:
                self._read_units(cells, name, several=several)
        for name, known in self._choices.items():
            if name not in cells or name == _PRIORITY:
                continue
            text = cells[name]
            said = self._words.get(name, {}).get(text.casefold())
            try:
                found = parse_choice(said or text, known, name, CHOICE_ALIASES.get(name))
            except UserError:
                self._tally.add_word(name, text)
                if name not in self._needed:  # a row is refused with the words there are
                    del cells[name]
                continue
            cells[name] = found
            if said is None and text.casefold() not in (found, found.replace("_", " ")):
                self._tally.add_meaning(name, text, found)
        for name, text in cells.items():
            if name != "note" and len(text) > _LONGEST:
                cells[name] = text[:_LONGEST]
                notes.append(f"{name.capitalize()} was cut after {_LONGEST} characters.")

    def _read_priority(self, cells: dict[str, str]) -> None:
        text = cells.pop(_PRIORITY)
        said = self._words.get(_PRIORITY, {}).get(text.casefold())
        found = _find_priority(said or text)
        if found is None:
            self._tally.add_word(_PRIORITY, text)
            return
        cells[_PRIORITY] = found
        if said is None and text != found:
            self._tally.add_meaning(_PRIORITY, text, found)

    def _read_units(self, cells: dict[str, str], name: str, *, several: bool) -> None:
        text = cells.pop(name)
        parts = [text]
        if several and self.find_unit(text) is None:
            parts = [one for part in _UNIT_MARKS.split(text) for one in self._part_units(part)]
        found, others = dict[str, None](), dict[str, None]()
        for part in filter(None, parts):
            unit = self.find_unit(part)
            if unit is None:
                self._tally.add_word(UNITS, part)
            (others if unit is None else found)[unit or part] = None
        if found:
            cells[name] = ";".join(found)
        if others and several:
            cells[OTHER_UNITS] = ";".join(others)

    def _part_units(self, text: str) -> Sequence[str]:
        """Return units that only blanks part, where one of them is known; a name may have some."""
        apart = text.split()
        whole = self.find_unit(text) is not None or not any(map(self.find_unit, apart))
        return [text] if whole else apart

    def find_unit(self, text: str) -> str | None:
        """Return the unit of ours that a file calls so; None where there is none."""
        meaning = self._words.get(UNITS, {}).get(text.casefold(), text)
        return self._project.find_unit_id(meaning)


def _find_priority(text: str) -> str | None:
    digit = _DIGIT.search(text)
    return digit[0] if digit else _PRIORITY_WORDS.get(next(iter(text.casefold().split()), ""))


def check_meanings(project: Project, record: str, words: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse what words of a file are said to mean where that is no word of ours, with those."""
    choices = RECORD_KINDS[record].choices if record else {}
    if record == INCIDENT_RECORD.name:
        choices = {**choices, TYPE: tuple(TYPE_MEANINGS)}
    if record in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        choices = {**choices, NUMBER: (OWN_MEANING,)}
    columns = (UNITS, _PRIORITY, *choices)
    for column, own in words.items():
        if column not in columns:
            raise UserError("unknown_choice", what="column", text=column, known=list(columns))
        for meaning in filter(None, own.values()):
            if column == UNITS:
                if project.find_unit_id(meaning) is None:
                    raise UserError("unknown_unit", unit=meaning, known=list(project.units))
            elif column == _PRIORITY:
                if _find_priority(meaning) is None:
                    known = [str(one) for one in PRIORITIES]
                    raise UserError("unknown_choice", what=column, text=meaning, known=known)
            else:
                parse_choice(meaning, choices[column], column, CHOICE_ALIASES.get(column))
