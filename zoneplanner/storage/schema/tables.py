"""The tables of a project in every backend, read from the text of the schema.

Editable tables have the columns ``row_version``, ``changed_by`` and ``changed_at``, and a unique
constraint that identifies a row. Times are ISO 8601 text in UTC. A test checks that SQLAlchemy
generates the same text from these tables.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeEngine, UserDefinedType

from zoneplanner.messages import Message
from zoneplanner.storage.schema.ddl import index_statements
from zoneplanner.storage.schema.geometry_column import AREAS, LINES, POINT, GeometryColumn

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared byte by byte in every backend, so that times sort correctly."""


class _FileDay(UserDefinedType[date]):
    """A day in a file. Raises a ValueError for any other value, which SQLite columns may contain.

    SQLAlchemy's type raises a TypeError instead, which could also be a bug of ours.
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
    """Yield the name and the lines of each of our statements of a kind."""
    for (statement_kind, name), text in index_statements().items():
        if statement_kind == kind and not name.startswith(("gpkg_", "layer_styles")):
            yield name, [line.strip().rstrip(",") for line in text.splitlines()]


_TABLE_LINES = {name: lines[1:-1] for name, lines in _read_lines("table")}

KEY_COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(_split_names(line[len("UNIQUE (") : -1]))
    for name, lines in _TABLE_LINES.items()
    for line in lines
    if line.startswith("UNIQUE (") and any(other.startswith("row_version ") for other in lines)
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
    """Return the tables of a project with geometry in EPSG:``srid``, which must not be changed.

    Building them takes 20 ms, a third of opening a small project, so they are cached.
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
            indexed = (meta.tables[table].c[column] for column in _split_names(columns))
            condition = sa.text(where) if where else None
            sa.Index(name, *indexed, sqlite_where=condition)
    return meta


def _read_item(line: str, primary: str, srid: int) -> SchemaItem:
    """Return the column or constraint in a line."""
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


def find_missing_columns(found: Mapping[str, Collection[str]]) -> Iterator[Message]:
    """Report which of our tables and columns are missing in ``found``, columns by table."""
    for name, table in build_tables(0).tables.items():
        if name not in found:
            yield Message("altered.missing", kind="table", name=name)
            continue
        for column in table.c:
            if column.name not in found[name]:
                yield Message("altered.no_column", column=column.name, table=name)
