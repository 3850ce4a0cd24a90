"""Visits of a table in the plain case, column by column: a million are read in seconds.

Whatever is not plain is left to ``entry_from_columns``, which says what is wrong with it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.log_table import NO_TIMESTAMP
from zoneplanner.analysis.moments import TimestampParser, format_timestamps
from zoneplanner.analysis.new_visits import VisitBatch, encode_visit_payloads, map_distinct
from zoneplanner.domain.clock import LocalTimeParser
from zoneplanner.domain.entries import VISIT_PURPOSE_ALIASES
from zoneplanner.domain.journal import MADE_VISIT_STATUSES, VISIT_PURPOSES
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

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
