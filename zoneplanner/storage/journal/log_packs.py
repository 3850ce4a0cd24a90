"""The log as numbers in the file: a pack of rows for each site and year, so that it reads at once.

A pack is the bytes of an array of ``analysis.log_table``; its rows are in order of their time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from zoneplanner.analysis.log.log_arrays import (
    CALL_DTYPE,
    COMMITMENT_DTYPE,
    VISIT_DTYPE,
    LogArrays,
    NameNumbers,
    RecordArray,
)
from zoneplanner.errors import UserError

PackKey = tuple[str, str, int]
"""What a pack holds, of which site (none: all), and of which year in UTC."""

_PACK_DTYPES = {"visit": VISIT_DTYPE, "call": CALL_DTYPE, "stint": COMMITMENT_DTYPE}
_NAMED_COLUMNS = ("site", "unit")
_TIME_COLUMN = {"visit": "at", "call": "received", "stint": "began"}


@dataclass(slots=True)
class PackChanges:
    """Rows that come into packs, and the entries whose rows leave them, by pack."""

    added: dict[PackKey, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[PackKey, set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def keys(self) -> set[PackKey]:
        """The packs that change."""
        return {*self.added, *self.gone}

    def collect_rows(self, key: PackKey) -> RecordArray:
        """Return the rows that come into a pack."""
        return np.array(self.added.get(key, []), _PACK_DTYPES[key[0]])


def write_packs(connection: sa.Connection, meta: sa.MetaData, changes: PackChanges) -> None:
    """Bring packs in step; rows that leave go before rows that come."""
    table = meta.tables["log_pack"]
    keys = sorted(changes.keys)
    there = _list_packs(connection, table, {key[:2] for key in keys})
    fresh = []
    for key in keys:
        new = _sort_rows(key[0], changes.collect_rows(key))
        if (
            key in there
            and key not in changes.gone
            and _append_to_pack(connection, table, key, new)
        ):
            continue
        rows = _read_pack(connection, table, key) if key in there else None
        if rows is None:
            names = ("kind", "place", "year", "data")
            fresh.append(dict(zip(names, (*key, new.tobytes()), strict=True)))
            continue
        if key in changes.gone:
            rows = rows[~np.isin(rows["seq"], list(changes.gone[key]))]
        rows = _sort_rows(key[0], np.concatenate([rows, new]))
        update = sa.update(table).where(*_match_pack(table, key))
        connection.execute(update.values(data=rows.tobytes()))
    if fresh:
        connection.execute(sa.insert(table), fresh)


def _append_to_pack(
    connection: sa.Connection, table: sa.Table, key: PackKey, new: RecordArray
) -> bool:
    """Put rows at the end of a pack without reading all of it; False where they belong before."""
    kind, size, where = key[0], new.dtype.itemsize, _match_pack(table, key)
    last = sa.func.substr(table.c.data, sa.func.length(table.c.data) - size + 1)
    bytes_of_last = connection.execute(sa.select(last).where(*where)).scalar()
    if not bytes_of_last:
        return False
    both = np.concatenate([np.frombuffer(bytes_of_last, new.dtype), new])
    if not (_sort_rows(kind, both) == both).all():
        return False
    longer = sa.cast(table.c.data.concat(new.tobytes()), table.c.data.type)
    connection.execute(sa.update(table).where(*where).values(data=longer))
    return True


def write_log_names(
    connection: sa.Connection, meta: sa.MetaData, names: NameNumbers, known: NameNumbers
) -> None:
    """Keep the numbers of names that are not known yet."""
    new = [
        {"number": number, "name": name}
        for name, number in names.number.items()
        if name not in known.number
    ]
    if new:
        connection.execute(sa.insert(meta.tables["log_name"]), new)


def read_log_names(connection: sa.Connection, meta: sa.MetaData) -> NameNumbers:
    """Return the numbers of names, which run from 0 without a gap."""
    table = meta.tables["log_name"]
    query = sa.select(table.c.name).order_by(table.c.number)
    return NameNumbers(connection.execute(query).scalars())


def read_packed_log(connection: sa.Connection, meta: sa.MetaData) -> LogArrays:
    """Return the log that the packs hold; packs that make no sense are a UserError."""
    table = meta.tables["log_pack"]
    query = sa.select(table.c.kind, table.c.data).order_by(table.c.place, table.c.year)
    data: dict[str, list[bytes]] = {kind: [] for kind in _PACK_DTYPES}
    for kind, pack in connection.execute(query):
        data[kind].append(pack)
    known = tuple(read_log_names(connection, meta).number)
    try:
        rows = [np.frombuffer(b"".join(data[kind]), dtype) for kind, dtype in _PACK_DTYPES.items()]
    except ValueError:
        raise UserError("damaged.aggregates") from None
    if any(len(one) and one[name].max() >= len(known) for one in rows for name in _NAMED_COLUMNS):
        raise UserError("damaged.aggregates")
    return LogArrays(known, *rows)


def build_log_from_changes(changes: PackChanges, names: NameNumbers) -> LogArrays:
    """Return the log of rows that come, as ``log`` would once they are written."""
    found = []
    for kind, dtype in _PACK_DTYPES.items():
        keys = sorted(key for key in changes.added if key[0] == kind)
        every = [_sort_rows(kind, np.array(changes.added[key], dtype)) for key in keys]
        found.append(np.concatenate([np.zeros(0, dtype), *every]))
    return LogArrays(tuple(names.number), *found)


def read_last_visit_s(connection: sa.Connection, meta: sa.MetaData, site: str) -> int | None:
    """Return the time of the last visit at a site in seconds, None where there was none."""
    table = meta.tables["log_pack"]
    where = (table.c.kind == "visit", table.c.place == site)
    query = sa.select(table.c.data).where(*where).order_by(table.c.year.desc())
    for (data,) in connection.execute(query):
        rows = np.frombuffer(data, VISIT_DTYPE)
        if len(rows):
            return int(rows["at"][-1])
    return None


def normalize_log(log: LogArrays) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a log says, however its names are numbered, in order of time."""
    found = {}
    for kind, rows in zip(_PACK_DTYPES, (log.visits, log.calls, log.commitments), strict=True):
        ordered = _sort_rows(kind, rows)
        columns = [ordered[name].tolist() for name in ordered.dtype.names or ()]
        for name in _NAMED_COLUMNS:
            at = (ordered.dtype.names or ()).index(name)
            columns[at] = [log.names[n] if n >= 0 else "" for n in columns[at]]
        found[kind] = list(zip(*columns, strict=True))
    return found


def _list_packs(
    connection: sa.Connection, table: sa.Table, places: Iterable[tuple[str, str]]
) -> set[PackKey]:
    """Return which packs there are of some kinds and places."""
    found: set[PackKey] = set()
    for kind, place in sorted(places):
        query = sa.select(table.c.year).where(table.c.kind == kind, table.c.place == place)
        found |= {(kind, place, year) for year in connection.execute(query).scalars()}
    return found


def _read_pack(connection: sa.Connection, table: sa.Table, key: PackKey) -> RecordArray | None:
    query = sa.select(table.c.data).where(*_match_pack(table, key))
    data = connection.execute(query).scalar()
    return None if data is None else np.frombuffer(data, _PACK_DTYPES[key[0]])


def _match_pack(table: sa.Table, key: PackKey) -> Iterable[sa.ColumnElement[bool]]:
    kind, place, year = key
    return (table.c.kind == kind, table.c.place == place, table.c.year == year)


def _sort_rows(kind: str, rows: RecordArray) -> RecordArray:
    found: RecordArray = rows[np.lexsort((rows["unit"], rows["seq"], rows[_TIME_COLUMN[kind]]))]
    return found
