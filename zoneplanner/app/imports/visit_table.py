"""Visits of a table in the plain case, column by column: a million are read in seconds.

Whatever is not plain is left to ``entry_from_columns``, which says what is wrong with it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.log.log_arrays import NO_TIMESTAMP
from zoneplanner.analysis.log.timestamps import TimestampParser, format_timestamps
from zoneplanner.analysis.log.visit_batch import VisitBatch, encode_visit_payloads, map_distinct
from zoneplanner.app.session.journal_index import PlannedVisitIndex
from zoneplanner.domain.calendar.local_time import LocalTimeParser
from zoneplanner.domain.log.entries import RECORD_KINDS, VISIT_PURPOSE_ALIASES, parse_entry
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, VISIT_PURPOSES, NewEntry, Visit
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.log.visit_batch import VisitBatch
    from zoneplanner.app.session.session import Session

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_CONTENT = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

_PLAIN_COLUMNS = (
    *("uid", "site", "unit", "officer", "arrived_at", "departed_at", "purpose", "status", "note"),
)
MAX_WORD_LENGTH = 200


class VisitTableReader:
    """Builds the visits of one table. ``site`` returns the id of a site as a table names it."""

    def __init__(
        self, project: Project, times: LocalTimeParser, now_s: float, site: Callable[[str], str]
    ) -> None:
        self._moments, self._now_s, self._time_zone = (
            TimestampParser(times),
            now_s,
            project.time_zone,
        )
        purposes = {name: name for name in ("", *VISIT_PURPOSES)} | VISIT_PURPOSE_ALIASES
        units, statuses = ("", *project.units), ("", *MADE_VISIT_STATUSES)
        self._meanings: dict[str, Callable[[str], str | None]] = {
            "uid": _accept_short,
            "site": lambda word: _read_or_none(site, word),
            "unit": lambda word: word if word in units else None,
            "purpose": purposes.get,
            "status": lambda word: word if word in statuses else None,
            "officer": _accept_short,
        }

    def read(
        self, columns: Mapping[str, Sequence[str]], but: Collection[int] = ()
    ) -> tuple[VisitBatch, list[int]]:
        """Return the visits of the rows that are plain, and the places of these rows.

        ``columns`` hold text, empty where there is none; ``but`` are places to leave out.
        """
        rows = len(next(iter(columns.values())))
        texts = {name: columns.get(name) or [""] * rows for name in _PLAIN_COLUMNS}
        arrived, departed = (
            self._moments.read(texts[name]) for name in ("arrived_at", "departed_at")
        )
        left = np.array(list(map(bool, texts["departed_at"])))
        last = np.where(left, departed, arrived)
        plain = (arrived != NO_TIMESTAMP) & (arrived <= last) & (last <= self._now_s)
        plain[list(but)] = False
        words: dict[str, Any] = {"note": texts["note"]}
        for name, meaning in self._meanings.items():
            words[name] = map_distinct(texts[name], meaning)
            if None in words[name]:
                plain &= [word is not None for word in words[name]]
        for name in columns.keys() - _PLAIN_COLUMNS:
            plain &= [not text for text in columns[name]]
        places = np.flatnonzero(plain)
        if len(places) < rows:
            words = {name: [texts[at] for at in places.tolist()] for name, texts in words.items()}
            arrived, departed = arrived[places], departed[places]
        return self._visits(words, arrived, departed), places.tolist()

    def _visits(
        self, words: Mapping[str, Sequence[str]], arrived: IntArray, departed: IntArray
    ) -> VisitBatch:
        left = departed != NO_TIMESTAMP
        status = [
            status or MADE_VISIT_STATUSES[gone]
            for status, gone in zip(words["status"], left.tolist(), strict=True)
        ]
        arrivals = format_timestamps(arrived)
        payloads = encode_visit_payloads(
            arrivals,
            departed,
            note=words["note"],
            officer=words["officer"],
            purpose=words["purpose"],
            status=status,
        )
        sites = map_distinct(words["site"], quoted)
        units = map_distinct(words["unit"], lambda unit: quoted(unit) if unit else "null")
        columns = (words["uid"], sites, units, arrivals, _escape_non_ascii(payloads))
        zone = quoted(self._time_zone)
        return VisitBatch(
            [
                uid or _uid("visit", f'["visit",{site},{unit},"{at}",{{{payload}}}]')
                for uid, site, unit, at, payload in zip(*columns, strict=True)
            ],
            words["site"],
            words["unit"],
            words["purpose"],
            [f'{{{payload},"time_zone":{zone}}}' for payload in payloads],
            arrived,
            np.where(left, departed - arrived, -1),
        )


def compute_content_uid(
    kind: str, site: str | None, unit: str | None, at: str, payload: Mapping[str, Any]
) -> str:
    """Return a uid that follows from what an entry says, however its times were written.

    ``at`` is the time of the entry as text in UTC.
    """
    said = {name: value for name, value in payload.items() if name != "time_zone"}
    return _uid(kind, _CONTENT.encode([kind, site, unit, at, said]))


def _uid(kind: str, text: str) -> str:
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _escape_non_ascii(payloads: list[str]) -> list[str]:
    """Return JSON texts with other letters escaped, as ``content_uid`` has them."""
    if "".join(payloads).isascii():
        return payloads
    return [_NOT_ASCII.sub(lambda found: quoted(found[0])[1:-1], text) for text in payloads]


def _accept_short(word: str) -> str | None:
    return word if len(word) <= MAX_WORD_LENGTH else None


def _read_or_none(read: Callable[[str], str], word: str) -> str | None:
    try:
        return read(word)
    except UserError:
        return None


def match_planned_visits(
    session: "Session", visits: "VisitBatch", entries: Sequence[NewEntry]
) -> tuple["VisitBatch", tuple[NewEntry, ...], frozenset[str]]:
    """Return visits and entries, where those that take up a planned one correct it; their uids.

    A planned visit is taken up by the one at its site that is nearest in time, grace included, as
    ``logbook.log_columns`` does it for a single one.
    """
    arrived = np.concatenate([visits.arrived, np.array([*map(_get_arrival, entries)], np.int64)])
    planned = _list_planned(session, arrived[arrived != NO_TIMESTAMP])
    if not planned:
        return visits, tuple(entries), frozenset()
    sites = [*visits.site, *(entry.site or "" for entry in entries)]
    found = _match_nearest(session, planned, arrived, sites)
    single = len(visits)
    kept = visits.select([at for at in range(single) if at not in found])
    begun = [
        _build_correction(session, visits.entry(at) if at < single else entries[at - single], one)
        for at, one in found.items()
    ]
    others = [entry for at, entry in enumerate(entries, single) if at not in found]
    return kept, (*others, *begun), frozenset(entry.uid for entry in begun)


def _get_arrival(entry: NewEntry) -> int:
    """Return when a visit that took place began, in seconds since 1970; NEVER for all else."""
    took_place = entry.kind == "visit" and entry.payload.get("status") in MADE_VISIT_STATUSES
    return (
        int(entry.occurred_at.timestamp()) if took_place and not entry.supersedes else NO_TIMESTAMP
    )


def _list_planned(session: "Session", arrived: IntArray) -> tuple[Visit, ...]:
    """Return the planned visits that some which began then may take up."""
    if not len(arrived):
        return ()
    first, last = (datetime.fromtimestamp(int(at), UTC) for at in (arrived.min(), arrived.max()))
    return PlannedVisitIndex(session.store).list_matchable(
        first, last, session.state.saved_project.visit_rule
    )


def _match_nearest(
    session: "Session", planned: Sequence[Visit], arrived: IntArray, sites: Sequence[str]
) -> Mapping[int, Visit]:
    """Return the planned visit that each place takes up: the nearest pairs first."""
    rule = session.state.saved_project.visit_rule
    order = np.argsort(arrived, kind="stable")
    in_order = arrived[order]
    pairs: list[tuple[int, int, int]] = []
    for number, one in enumerate(planned):
        at_s = int(one.arrived_at.timestamp())
        first = np.searchsorted(in_order, at_s - 60 * rule.early_min)
        last = np.searchsorted(in_order, at_s + 60 * rule.late_min, side="right")
        there = (place for place in order[first:last].tolist() if sites[place] == one.site)
        pairs += ((abs(int(arrived[place]) - at_s), place, number) for place in there)
    found: dict[int, Visit] = {}
    begun = set[int]()
    for _, place, number in sorted(pairs):
        if place not in found and number not in begun:
            found[place] = planned[number]
            begun.add(number)
    return found


def _build_correction(session: "Session", entry: NewEntry, planned: Visit) -> NewEntry:
    """Return a visit as the correction of a planned one, which fills in what it leaves out."""
    said = {name: str(entry.payload.get(name) or "") for name in RECORD_KINDS["visit"].fields}
    said |= {"uid": entry.uid, "site": entry.site or "", "unit": entry.unit or ""}
    return parse_entry(
        "visit",
        {**said, "supersedes": planned.uid},
        time_zone=session.state.saved_project.time_zone,
        now=session.clock(),
        uid=entry.uid,
        corrects=planned,
    )
