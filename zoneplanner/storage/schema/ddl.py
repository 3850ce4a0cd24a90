"""The exact text of a GeoPackage project's schema, and what in a file does not belong to it.

``schema_3.sql`` holds the statements, parted by blank lines; a test keeps it equal to
``tables.py``. A project file is opened for writing only if its schema is that text. The files of
earlier versions are what such projects look like, so that they can be read and brought up to date.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SCHEMA_VERSION = 3
MIN_READER_VERSION = 2
"""The oldest schema version that a program must know to read what this one writes."""

APPLICATION_ID = 0x47504B47
USER_VERSION = 10400
"""GeoPackage 1.4: the application id is the letters GPKG; our own version is in app_meta."""

SchemaEntry = tuple[str, str, str, str | None]
"""A row of sqlite_schema: type, name, the table it belongs to, its text."""

READ_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema"

_COLUMN = re.compile(r'^\t"?(\w+)"? [A-Z]', re.MULTILINE)
_CREATE = re.compile(r"CREATE (TABLE|INDEX|TRIGGER) \"?(\w+)", re.IGNORECASE)


def read_statements(version: int = SCHEMA_VERSION) -> list[str]:
    """Return the statements that make an empty project file of a schema version, in order."""
    text = Path(__file__).with_name(f"schema_{version}.sql").read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def index_statements(version: int = SCHEMA_VERSION) -> dict[tuple[str, str], str]:
    """Return the statements of a schema version by kind (table, index, trigger) and name."""
    return {_identify_statement(statement): statement for statement in read_statements(version)}


def list_table_columns(version: int = SCHEMA_VERSION) -> dict[str, set[str]]:
    """Return the tables of a schema version with their columns."""
    return {
        name: set(_COLUMN.findall(text))
        for (kind, name), text in index_statements(version).items()
        if kind == "table"
    }


def find_schema_differences(
    found: Iterable[SchemaEntry], version: int = SCHEMA_VERSION
) -> Iterator[str]:
    """Name what is missing, changed, or could run code of another program in the file.

    Foreign tables are left alone; foreign triggers, views and indexes on our tables are named.
    """
    own = {
        identity: _normalize_sql(statement)
        for identity, statement in index_statements(version).items()
    }
    own_tables = {name for kind, name in own if kind == "table"}
    seen = set()
    for kind, name, table, text in found:
        if text is None and name.startswith("sqlite_autoindex_"):
            continue
        identity = (kind, name)
        seen.add(identity)
        if identity in own:
            if _normalize_sql(text or "") != own[identity]:
                yield f"the {kind} {name} was changed"
        elif kind in ("trigger", "view") or table in own_tables:
            yield f"the {kind} {name} is not ours"
    for kind, name in own:
        if (kind, name) not in seen:
            yield f"the {kind} {name} is missing"


def _identify_statement(statement: str) -> tuple[str, str]:
    match = _CREATE.match(statement)
    if match is None:
        raise ValueError(f"not a CREATE statement: {statement[:60]}")
    return match[1].lower(), match[2]


def _normalize_sql(text: str) -> str:
    return " ".join(text.split()).rstrip("; ")
