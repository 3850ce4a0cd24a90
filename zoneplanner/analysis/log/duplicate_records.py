"""Which calls and visits of a log repeat another one under another number.

Two exports may hold the same call, a dispatch center may give one incident two numbers, and a call
that was logged at the desk comes again in dispatch's history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

SAME_MOMENT_S = 60
"""One record begins less than this apart in two sources."""
DUPLICATE_S = 3_600
"""A call that is marked as a duplicate begins at most this far from the other one."""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The values that distinguish records: site, start in seconds since 1970, kind and units.

    ``kind`` is empty if the same kind at the same place means nothing, as for visits; ``times``
    counts the time stamps. With ``says_duplicate`` the record is marked as a duplicate and nobody
    arrived. A record that is ``on_record`` is never dropped.
    """

    uid: str
    site: str
    at_s: int
    kind: str
    units: frozenset[str]
    times: int = 0
    says_duplicate: bool = False
    on_record: bool = False

    @property
    def rank(self) -> tuple[bool, bool, int, int, str]:
        """The order of preference: not marked as a duplicate, on record, more stamps, earlier."""
        return self.says_duplicate, not self.on_record, -self.times, self.at_s, self.uid


def find_duplicates(records: Iterable[RecordFacts]) -> Mapping[str, str]:
    """Return the uid of each duplicate with the uid of the record that is kept.

    Two records are one if they are at the same site, begin less than a minute apart and are of the
    same kind or share a unit; or if one of them is marked as a duplicate and begins within an hour
    of the other.
    """
    found: dict[str, str] = {}
    for _, at_site in groupby(sorted(records, key=attrgetter("site", "at_s")), attrgetter("site")):
        found.update(_find_at_site(tuple(at_site)))
    return found


def _find_at_site(records: Sequence[RecordFacts]) -> Iterator[tuple[str, str]]:
    """Yield the duplicates among the records of a site, which are in order of time."""
    matches: dict[RecordFacts, list[RecordFacts]] = {}
    for at, one in enumerate(records):
        for later in range(at + 1, len(records)):  # a slice would copy the rest for each record
            other = records[later]
            if other.at_s - one.at_s > DUPLICATE_S:
                break
            if _is_same(one, other):
                matches.setdefault(one, []).append(other)
                matches.setdefault(other, []).append(one)
    duplicates = set[RecordFacts]()
    for one in sorted(matches, key=attrgetter("rank")):
        kept = [own for own in matches[one] if own.rank < one.rank and own not in duplicates]
        if kept and not one.on_record:
            duplicates.add(one)
            yield one.uid, min(kept, key=attrgetter("rank")).uid


def _is_same(one: RecordFacts, other: RecordFacts) -> bool:
    if one.says_duplicate != other.says_duplicate:
        return True
    if other.at_s - one.at_s >= SAME_MOMENT_S:
        return False
    return bool(one.kind and one.kind == other.kind) or not one.units.isdisjoint(other.units)
