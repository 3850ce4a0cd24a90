"""Digests of the editable rows: what an edit says that it left.

A row is encoded as an edit holds it, with its ``row_version`` and without ``fid``, ``changed_by``
and ``changed_at``; its digest is SHA-256 over its table and columns as JSON. The digest of a table
is that of the sorted digests of its rows, and that of all rows is that of the tables'.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Self

import sqlalchemy as sa

from zoneplanner.storage.history.edit_rows import RowKey, encode_column_value
from zoneplanner.storage.records import StoredRow, encode_json
from zoneplanner.storage.schema.tables import KEY_COLUMNS

EncodedRow = dict[str, Any]
"""The columns of a row as an edit holds them, ``row_version`` among them."""

_AS_IN_JSON = frozenset((str, bool, type(None)))
_ASIDE = ("fid", "changed_by", "changed_at")
_NOT_EDITED_KEYS = ("schema_version", "min_reader_version", "shared_to", "shared_on")
"""What of ``app_meta`` is no part of the project that edits make."""


def encode_row(table: sa.Table, row: Mapping[str, Any]) -> EncodedRow:
    """Return a row as its digest is taken of it."""
    return _encode_columns(_list_columns(table), row)


def _list_columns(table: sa.Table) -> list[tuple[str, sa.Column[Any]]]:
    return [(column.name, column) for column in table.c if column.name not in _ASIDE]


def _encode_columns(
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
            key_of_row(name, row): _encode_columns(columns[name], row)
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
