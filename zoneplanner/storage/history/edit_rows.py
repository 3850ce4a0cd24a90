"""What a saved edit holds: values of columns as JSON, exact, and back."""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.storage.records import StoredRow
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
        raise ValueError("a text that is no UTF-8")
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
