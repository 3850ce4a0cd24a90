"""Many visits for the journal in columns: as entries a million take too much time and room."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted
from typing import Any, TypeVar

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    NO_TIMESTAMP,
    VISIT_DTYPE,
    LocalClock,
    NameNumbers,
    RecordArray,
)
from zoneplanner.analysis.log.timestamps import format_timestamps
from zoneplanner.domain.log.journal import VISIT_PURPOSES, NewEntry

_Found = TypeVar("_Found")


def _make_empty() -> IntArray:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class VisitBatch:
    """Visits that took place and are not in the journal yet; all columns are of one length.

    ``payload`` is what the journal keeps: JSON with sorted keys. ``arrived`` is in seconds since
    1970 in UTC, ``stay`` in seconds or -1; an empty text is none. Each stands for the entry that
    ``entry`` returns.
    """

    uid: Sequence[str] = ()
    site: Sequence[str] = ()
    unit: Sequence[str] = ()
    purpose: Sequence[str] = ()
    payload: Sequence[str] = ()
    arrived: IntArray = field(default_factory=_make_empty)
    stay: IntArray = field(default_factory=_make_empty)

    def __len__(self) -> int:
        return len(self.uid)

    def entry(self, at: int) -> NewEntry:
        """Return one of them as an entry."""
        moment = datetime.fromtimestamp(int(self.arrived[at]), UTC)
        payload = json.loads(self.payload[at])
        unit = self.unit[at] or None
        return NewEntry(self.uid[at], "visit", self.site[at], unit, moment, payload)

    def entries(self) -> Iterator[NewEntry]:
        """Yield all of them as entries."""
        return map(self.entry, range(len(self)))

    def to_records(self, names: NameNumbers, clock: LocalClock, first_seq: int) -> RecordArray:
        """Return their rows in the log once they are kept under the numbers from a first one."""
        numbers = {purpose: at for at, purpose in enumerate(VISIT_PURPOSES)}
        rows = np.zeros(len(self), VISIT_DTYPE)
        rows["seq"] = np.arange(first_seq, first_seq + len(self))
        rows["at"], rows["stay"] = self.arrived, self.stay
        rows["day"], rows["minute"] = clock.read_all(self.arrived)
        rows["site"] = map_distinct(self.site, names.number_of)
        rows["unit"] = map_distinct(self.unit, names.number_of)
        rows["purpose"] = map_distinct(self.purpose, lambda purpose: numbers.get(purpose, NO_NAME))
        return rows

    def select(self, places: slice | list[int]) -> "VisitBatch":
        """Return some of them."""
        return replace(self, **{name: _select(getattr(self, name), places) for name in _COLUMNS})


NO_VISITS = VisitBatch()
_COLUMNS = tuple(one.name for one in fields(VisitBatch))


def join_visit_batches(parts: Sequence[VisitBatch]) -> VisitBatch:
    """Return the visits of several parts in one."""
    if not parts:
        return NO_VISITS
    every = {name: _concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return VisitBatch(**every)


def encode_visit_payloads(
    arrivals: Sequence[str],
    departed: IntArray,
    *,
    note: Sequence[str],
    officer: Sequence[str],
    purpose: Sequence[str],
    status: Sequence[str],
) -> list[str]:
    """Return the JSON text of payloads without braces and time zone.

    ``departed`` has the shape (visits,); all columns are of that length.

    ``departed`` is in seconds since 1970 in UTC, ``NO_TIMESTAMP`` where nobody left.
    """
    left = departed != NO_TIMESTAMP
    texts = format_timestamps(np.where(left, departed, 0))
    departures = [
        f',"departed_at":"{text}"' if gone else ""
        for text, gone in zip(texts, left.tolist(), strict=True)
    ]
    words = (("note", note), ("officer", officer), ("purpose", purpose), ("status", status))
    members = (_encode_members(name, column) for name, column in words)
    return [
        f'"arrived_at":"{at}"{left_at}{noted}{by}{why}{stands}'
        for at, left_at, noted, by, why, stands in zip(arrivals, departures, *members, strict=True)
    ]


def map_distinct(column: Sequence[str], meaning: Callable[[str], _Found]) -> list[_Found]:
    """Return what each word of a column means, asked once a word, in the order of their coming."""
    found = {word: meaning(word) for word in dict.fromkeys(column)}
    return list(map(found.__getitem__, column))


def _encode_members(name: str, column: Sequence[str]) -> list[str]:
    """Return the member of a JSON object that each text comes to, empty without a text."""
    return map_distinct(column, lambda text: f',"{name}":{quoted(text)}' if text else "")


def _select(column: Any, places: slice | list[int]) -> Any:
    if isinstance(places, slice) or isinstance(column, np.ndarray):
        return column[places]
    return [column[at] for at in places]


def _concatenate(columns: list[Any]) -> Any:
    if isinstance(columns[0], np.ndarray):
        return np.concatenate(columns)
    return [text for column in columns for text in column]
