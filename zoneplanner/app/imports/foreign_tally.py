"""What rows of a foreign table had that was not understood, or was put together, counted."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

from zoneplanner.domain.geography.site_finder import SiteFinder

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

    def list_others(self, but: Collection[str]) -> tuple[tuple[str, int], ...]:
        """Return places that resemble no site and in how many rows they are, the most first."""
        return tuple((place, rows) for place, rows in self.places.most_common() if place not in but)

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
