"""What a saved edit holds: values of columns as JSON, exact, and back.

The chain of saved edits: each one's hash covers what it did, the rows it left, the one before.

The hash is SHA-256 over the previous hash and the JSON array (UTF-8, no spaces, non-ASCII kept) of
``EDIT_COLUMNS``, where the snapshot stands as the SHA-256 of its bytes.

Digests of the editable rows: what an edit says that it left.

A row is encoded as an edit holds it, with its ``row_version`` and without ``fid``, ``changed_by``
and ``changed_at``; its digest is SHA-256 over its table and columns as JSON. The digest of a table
is that of the sorted digests of its rows, and that of all rows is that of the tables'.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Self

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.clean_text import make_json_encoder
from zoneplanner.storage.backend import JournalHead, StoredRow, VerificationFinding, encode_json
from zoneplanner.storage.journal.hash_chain import GENESIS_HASH, hash_entry_text
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.geometry_column import (
    GeometryColumn,
    decode_gpkg_geometry,
    encode_gpkg_geometry,
)
from zoneplanner.storage.schema.tables import KEY_COLUMNS

RowKey = tuple[Any, ...]
RowsByKey = dict[tuple[str, RowKey], StoredRow]
"""Rows by table and key; of a row that an edit changed only the key and what it changed."""

_SIMPLE = ("POINT", "LINESTRING", "POLYGON", "MULTILINESTRING", "MULTIPOLYGON")


class EditSides(NamedTuple):
    """The rows that an edit touched, as they were before it and as they were after it."""

    before: RowsByKey
    after: RowsByKey


def encode_column_value(column: sa.Column[Any], value: Any) -> Any:
    """Return a column's value as an edit holds it; geometry is its binary in hexadecimal."""
    if isinstance(value, BaseGeometry):
        assert isinstance(column.type, GeometryColumn)
        return encode_gpkg_geometry(value, column.type).hex()
    if isinstance(value, bytes):
        if isinstance(column.type, GeometryColumn):  # as a file keeps it
            return value.hex()
        raise ValueError("a text that is not UTF-8")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is infinite")
    if isinstance(column.type, sa.Double) and isinstance(value, int):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def decode_column_value(column: sa.Column[Any], value: Any) -> Any:
    """Return the value that an edit holds; one that does not fit is a ValueError."""
    if value is None:
        return None
    if isinstance(column.type, GeometryColumn):
        return _decode_shape(str(value), column.type)
    return date.fromisoformat(value) if isinstance(column.type, sa.Date) else value


def _decode_shape(text: str, column: GeometryColumn) -> BaseGeometry:
    if text.split(" ", 1)[0] in _SIMPLE:  # version 1 wrote WKT
        return shapely.from_wkt(text)
    return decode_gpkg_geometry(bytes.fromhex(text), column)


def read_edit_sides(
    connection: sa.Connection, meta: sa.MetaData, seqs: Sequence[int]
) -> Iterator[EditSides]:
    """Yield what edits hold, in the order of their numbers given."""
    table = meta.tables["edit"]
    find = sa.select(table.c.before, table.c.after).where(table.c.seq == sa.bindparam("wanted"))
    for seq in seqs:
        before, after = connection.execute(find, {"wanted": seq}).one()
        yield EditSides(_decode_side(meta, before), _decode_side(meta, after))


def _decode_side(meta: sa.MetaData, text: str) -> RowsByKey:
    """Return the rows of one side; a table or column that there is not is a ValueError."""
    found: RowsByKey = {}
    for written, rows in json.loads(text).items():
        for stored in rows:
            name, row = earlier_versions.upgrade_edit_row(written, stored)
            keys = KEY_COLUMNS.get(name, ())
            if not keys or not row.keys() >= set(keys) or row.keys() - meta.tables[name].c.keys():
                raise ValueError(f"an edit names a row of {name} that there cannot be")
            columns = meta.tables[name].c
            values = {
                field: decode_column_value(columns[field], value) for field, value in row.items()
            }
            found[name, tuple(values[part] for part in keys)] = values
    return found


EDIT_COLUMNS = (
    *("seq", "kind", "label", "actor", "at", "step", "jump", "plan", "before", "after"),
    *("rows_digest", "snapshot"),
)
FIRST_CHAINED_VERSION = 4
"""The schema version since which edits are chained."""

_encode_columns = make_json_encoder(sort_keys=False, allow_nan=True)
_MOST_FINDINGS = 20


def hash_edit(prev_hash: str, columns: Mapping[str, Any]) -> str:
    """Return the hash of an edit from the previous hash and its columns."""
    values = {name: columns[name] for name in EDIT_COLUMNS}
    values["jump"] = bool(values["jump"])
    try:
        if values["snapshot"] is not None:
            values["snapshot"] = hashlib.sha256(values["snapshot"]).hexdigest()
        return hash_entry_text(prev_hash, _encode_columns(list(values.values())))
    except (TypeError, UnicodeEncodeError):  # no UTF-8, no bytes of a snapshot: nobody hashed that
        return ""


def read_edit_head(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Return how many edits there are and the hash of the last; none: 0 and ""."""
    last = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return JournalHead(0, "") if row is None else JournalHead(row.seq, row.hash)


def chain_earlier_edits(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Chain the edits of a project of before there was a chain; return its head."""
    last = JournalHead(0, GENESIS_HASH)
    for seq in connection.execute(sa.select(table.c.seq).order_by(table.c.seq)).scalars().all():
        row = connection.execute(sa.select(table).where(table.c.seq == seq)).mappings().one()
        own = hash_edit(last.hash, dict(row))
        chained = sa.update(table).where(table.c.seq == seq)
        connection.execute(chained.values(prev_hash=last.hash, hash=own))
        last = JournalHead(seq, own)
    return last


def check_edit_chain(
    connection: sa.Connection, table: sa.Table, after_seq: int = 0
) -> Iterator[VerificationFinding]:
    """Name the edits after a number that were changed, cut out or put in."""
    query = sa.select(table).order_by(table.c.seq)
    start = connection.execute(
        sa.select(table.c.seq, table.c.hash).where(table.c.seq == after_seq)
    ).one_or_none()
    last = JournalHead(0, GENESIS_HASH)
    if start is not None:
        last = JournalHead(*start)
        query = query.where(table.c.seq > last.entries)
    with connection.execute(query, execution_options={"yield_per": 200}) as rows:
        yield from _compare_edits(rows.mappings(), last)


def _compare_edits(
    rows: Iterable[Mapping[Any, Any]], last: JournalHead
) -> Iterator[VerificationFinding]:
    found = 0
    for row in rows:
        seq = row["seq"]
        if seq != last.entries + 1:
            text = f"Edits between {last.entries} and {seq} are missing."
        elif row["prev_hash"] != last.hash:
            text = f"Edit {seq} does not follow the edit before it; one was changed."
        elif hash_edit(row["prev_hash"], dict(row)) != row["hash"]:
            text = f"Edit {seq} was changed after it was saved."
        else:
            text = ""
        last = JournalHead(seq, row["hash"])
        if text and found < _MOST_FINDINGS:
            found += 1
            yield VerificationFinding("edits", text)


EncodedRow = dict[str, Any]
"""The columns of a row as an edit holds them, ``row_version`` among them."""

_AS_IN_JSON = frozenset((str, bool, type(None)))
_ASIDE = ("fid", "changed_by", "changed_at")
_NOT_EDITED_KEYS = ("schema_version", "min_reader_version", "shared_to", "shared_on")
"""What of ``app_meta`` is no part of the project that edits make."""


def encode_row(table: sa.Table, row: Mapping[str, Any]) -> EncodedRow:
    """Return a row as its digest is taken of it."""
    return _encode_row(_list_columns(table), row)


def _list_columns(table: sa.Table) -> list[tuple[str, sa.Column[Any]]]:
    return [(column.name, column) for column in table.c if column.name not in _ASIDE]


def _encode_row(
    columns: Iterable[tuple[str, sa.Column[Any]]], row: Mapping[str, Any]
) -> EncodedRow:
    """Encode the values of columns; most are as JSON has them, and are not looked at twice."""
    return {
        name: value
        if type(value := row[name]) in _AS_IN_JSON
        else encode_column_value(column, value)
        for name, column in columns
    }


def digest_row(table: str, row: EncodedRow) -> str:
    """Return the digest of an encoded row."""
    return hashlib.sha256(encode_json([table, row]).encode()).hexdigest()


def key_of_row(table: str, row: Mapping[str, Any]) -> RowKey:
    """Return what identifies a row."""
    return tuple(row[name] for name in KEY_COLUMNS[table])


def is_edited(table: str, row: Mapping[str, Any]) -> bool:
    """False for rows that tell of the file and not of the project."""
    return table != "app_meta" or row["key"] not in _NOT_EDITED_KEYS


def encode_rows(
    meta: sa.MetaData, rows: Mapping[str, Iterable[StoredRow]]
) -> dict[str, dict[RowKey, EncodedRow]]:
    """Return the rows of the editable tables as their digests are taken of them."""
    columns = {name: _list_columns(meta.tables[name]) for name in KEY_COLUMNS}
    return {
        name: {
            key_of_row(name, row): _encode_row(columns[name], row)
            for row in rows.get(name, ())
            if is_edited(name, row)
        }
        for name in KEY_COLUMNS
    }


class RowDigests:
    """The digests of all editable rows, by table and key, and of all of them together."""

    def __init__(self, rows: Mapping[str, Mapping[RowKey, EncodedRow]]) -> None:
        self._rows = {
            name: {key: digest_row(name, row) for key, row in of_table.items()}
            for name, of_table in rows.items()
        }
        self._tables: dict[str, str] = {}

    def copy(self) -> Self:
        """Return one that may be changed apart."""
        other = type(self)({})
        other._rows = {name: dict(rows) for name, rows in self._rows.items()}
        other._tables = dict(self._tables)
        return other

    def find(self, table: str, key: RowKey) -> str | None:
        """Return the digest of a row; None where there is none."""
        return self._rows.get(table, {}).get(key)

    def put(self, table: str, key: RowKey, row: EncodedRow | None) -> None:
        """Note what a row is now; None: there is none any more."""
        of_table = self._rows.setdefault(table, {})
        if row is None:
            of_table.pop(key, None)
        else:
            of_table[key] = digest_row(table, row)
        self._tables.pop(table, None)

    def total(self) -> str:
        """Return the digest of all rows."""
        for name, rows in self._rows.items():
            if name not in self._tables:
                self._tables[name] = _digest_text("".join(sorted(rows.values())))
        return _digest_text(
            "".join(f"{name}:{self._tables[name]}" for name in sorted(self._tables))
        )


def _digest_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
