"""Which calls and visits of a log are another one again, under another number.

Two exports may hold one call, a dispatch center may give one incident two numbers, and a call that
was logged at the desk comes again with the history of dispatch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

SAME_MOMENT_S = 60
"""Less far apart the begins of one record may be in two sources."""
DUPLICATE_S = 3_600
"""So far from a call another one may be that is said to be its duplicate."""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What distinguishes a record: its site, its begin in seconds since 1970, kind, units.

    ``kind`` is empty where the same kind at the same place says nothing, as of visits;
    ``times`` counts its stamps. ``says_duplicate`` where it is said to be another one again and
    nobody arrived. What is ``on_record`` stands.
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
        """Of two that are one, the lower stands: the one on record, of more stamps, the first."""
        return self.says_duplicate, not self.on_record, -self.times, self.at_s, self.uid


def find_duplicates(records: Iterable[RecordFacts]) -> Mapping[str, str]:
    """Return which records are another one again, by uid, with the uid of the one that stands.

    They are at one site, begin less than a minute apart and are of one kind or share a unit; or
    one of them is said to be a duplicate and begins within an hour of the other. What is on record
    stands.
    """
    found: dict[str, str] = {}
    for _, here in groupby(sorted(records, key=attrgetter("site", "at_s")), attrgetter("site")):
        found.update(_find_at_site(tuple(here)))
    return found


def _find_at_site(records: Sequence[RecordFacts]) -> Iterator[tuple[str, str]]:
    """Yield what is another one again among the records of a site, which are in order of time."""
    near: dict[RecordFacts, list[RecordFacts]] = {}
    for at, one in enumerate(records):
        for other in records[at + 1 :]:
            if other.at_s - one.at_s > DUPLICATE_S:
                break
            if _is_same(one, other):
                near.setdefault(one, []).append(other)
                near.setdefault(other, []).append(one)
    again = set[RecordFacts]()
    for one in sorted(near, key=attrgetter("rank")):
        before = [own for own in near[one] if own.rank < one.rank and own not in again]
        if before and not one.on_record:
            again.add(one)
            yield one.uid, min(before, key=attrgetter("rank")).uid


def _is_same(one: RecordFacts, other: RecordFacts) -> bool:
    if one.says_duplicate != other.says_duplicate:
        return True
    if other.at_s - one.at_s >= SAME_MOMENT_S:
        return False
    return bool(one.kind and one.kind == other.kind) or not one.units.isdisjoint(other.units)
