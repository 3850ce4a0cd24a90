"""The tables of a project in every backend, read from the text of its schema.

Editable tables carry ``row_version``, ``changed_by`` and ``changed_at``, and what is unique in them
identifies a row. Times are ISO 8601 text in UTC. The text is that which SQLAlchemy makes of these
tables; a test compares the two.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeEngine, UserDefinedType

from zoneplanner.storage.schema.ddl import index_statements
from zoneplanner.storage.schema.geometry_column import AREAS, LINES, POINT, GeometryColumn

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared byte by byte in every backend, so that times are in order as they are."""


class _FileDay(UserDefinedType[date]):
    """A day in a file, whose columns may have values of any type: what is no day is a ValueError.

    SQLAlchemy's own type raises a TypeError there, which cannot be told from an error of ours.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the column's type in SQL."""
        return "DATE"

    def bind_processor(self, dialect: Any) -> Callable[[date | None], str | None]:
        """Return the function that turns a day into text."""
        return lambda value: None if value is None else value.isoformat()

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], date | None]:
        """Return the function that turns text into a day."""
        return lambda value: None if value is None else date.fromisoformat(str(value))


_TYPES: dict[str, TypeEngine[Any]] = {
    "TEXT": _TEXT,
    "INTEGER": sa.Integer(),
    "BOOLEAN": sa.Boolean(),
    "DOUBLE": sa.Double(),
    "DATE": sa.Date().with_variant(_FileDay(), "sqlite"),
    "BLOB": sa.LargeBinary(),
}
_COLUMN = re.compile(r'"?(\w+)"? ([A-Z]+)(?: DEFAULT (\S+))?( NOT NULL)?')
_FOREIGN_KEY = re.compile(r"FOREIGN KEY\((.+?)\) REFERENCES (\S+) \((.+?)\)")
_INDEX = re.compile(r"CREATE INDEX (\w+) ON (\w+) \((.+?)\)(?: WHERE (.+))?")


def _split_names(text: str) -> list[str]:
    return text.replace('"', "").split(", ")


def _read_lines(kind: str) -> Iterator[tuple[str, list[str]]]:
    """Yield name and lines of our own statements of a kind."""
    for (found, name), text in index_statements().items():
        if found == kind and not name.startswith(("gpkg_", "layer_styles")):
            yield name, [line.strip().rstrip(",") for line in text.splitlines()]


_TABLE_LINES = {name: lines[1:-1] for name, lines in _read_lines("table")}

KEY_COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(_split_names(line[len("UNIQUE (") : -1]))
    for name, lines in _TABLE_LINES.items()
    for line in lines
    if line.startswith("UNIQUE (") and any(one.startswith("row_version ") for one in lines)
}
"""The editable tables, and the columns that identify a row."""

GEOMETRY_TYPES = {
    name: kind
    for name, lines in _TABLE_LINES.items()
    for kind in (POINT, LINES, AREAS)
    if f"geom {kind} NOT NULL" in lines
}


@cache
def build_tables(srid: int) -> sa.MetaData:
    """Return the tables of a project whose geometry is in EPSG:``srid``; nobody changes them.

    Describing them takes 20 ms, a third of opening a small project, so it is done once.
    """
    meta = sa.MetaData()
    for name, lines in _TABLE_LINES.items():
        (primary,) = (line for line in lines if line.startswith("PRIMARY KEY ("))
        sa.Table(
            name, meta, *(_read_item(line, primary, srid) for line in lines if line != primary)
        )
    for _, (line,) in _read_lines("index"):
        if match := _INDEX.fullmatch(line):
            name, table, columns, where = match.groups()
            of_table = meta.tables[table].c
            condition = sa.text(where) if where else None
            sa.Index(
                name, *(of_table[one] for one in _split_names(columns)), sqlite_where=condition
            )
    return meta


def _read_item(line: str, primary: str, srid: int) -> SchemaItem:
    """Return the column or the constraint of a line."""
    if line.startswith("UNIQUE ("):
        return sa.UniqueConstraint(*_split_names(line[len("UNIQUE (") : -1]))
    if match := _FOREIGN_KEY.match(line):
        columns, table, others = match.groups()
        referred = [f"{table}.{name}".replace('"', "") for name in _split_names(others)]
        return sa.ForeignKeyConstraint(
            _split_names(columns), referred, deferrable=True, initially="DEFERRED"
        )
    match = _COLUMN.fullmatch(line)
    assert match is not None, line
    name, kind, default, required = match.groups()
    return sa.Column(
        name,
        _TYPES.get(kind) or GeometryColumn(kind, srid),
        primary_key=primary == f"PRIMARY KEY ({name})",
        nullable=not required,
        server_default=sa.text(default) if default else None,
    )


def find_missing_columns(found: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Name what ``found``, columns by table, lacks of our tables."""
    for name, table in build_tables(0).tables.items():
        if name not in found:
            yield f"the table {name} is missing"
            continue
        for column in table.c:
            if column.name not in found[name]:
                yield f"the column {column.name} of the table {name} is missing"
