"""What the codes and words of a dispatch export mean here: its units, priorities and types."""

import re
from collections.abc import Mapping, Sequence

from zoneplanner.app.imports.foreign_tally import ForeignTally
from zoneplanner.app.imports.self_initiated import TYPE_MEANINGS
from zoneplanner.app.log.duplicate_records import NUMBER, OWN_MEANING
from zoneplanner.app.log.patrol_checks import TYPE
from zoneplanner.domain.log.entries import (
    CHOICE_ALIASES,
    INCIDENT_RECORD,
    PRIORITIES,
    RECORD_KINDS,
    VISIT_RECORD,
)
from zoneplanner.domain.log.record_schema import parse_choice
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

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
