"""Officers as other tables name them: by id or name, either way around, with or without rank."""

import re
from collections import defaultdict

from zoneplanner.domain.project import Project

_RANKS = frozenset(
    [
        *("deputy", "dep", "dpty", "officer", "ofc", "ofcr", "sgt", "sergeant"),
        *("cpl", "corporal", "lt", "sro"),
    ]
)


class OfficerNames:
    """Finds the officer that an invoice names: by id or name, either way around, without rank."""

    def __init__(self, project: Project, agency: str = "") -> None:
        self._known: dict[str, set[str]] = defaultdict(set)
        for key, officer in project.officers.items():
            words = _split_name(officer.name)
            self._known[key.casefold()].add(key)
            self._known[" ".join(sorted(words))].add(key)
            if words and agency in ("", officer.agency):
                self._known[words[-1]].add(key)
                self._known[" ".join(sorted((words[0][:1], words[-1])))].add(key)

    def find(self, text: str) -> str:
        """Return the id of an officer; empty where there is none, or where two fit."""
        words = _split_name(text)
        for name in (text.strip().casefold(), " ".join(sorted(words))):
            found = self._known.get(name, set())
            if len(found) == 1:
                return next(iter(found))
        return ""


def _split_name(text: str) -> list[str]:
    """Return the words of a name in their order, those before a comma last, without rank."""
    last, comma, first = text.partition(",")
    ordered = f"{first} {last}" if comma else text
    words = [word.casefold() for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", ordered)]
    return [word for word in words if word not in _RANKS] or words
