"""The exact text of a GeoPackage project's schema, and a file's differences from it.

``schema_4.sql`` contains the statements for tables and indexes, separated by blank lines; a test
keeps it equal to ``tables.py``. Each later ``schema_N.sql`` contains only new or changed
statements, and ``DROP TABLE name`` for removed ones. ``triggers.py`` generates the triggers, except
those that a later version changed. A project file is opened for writing only if its schema is
exactly this text, and its views are from this or an earlier program. The texts of versions 1 to 3
are complete, including triggers, so that such files can be read and migrated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from zoneplanner.messages import Message
from zoneplanner.storage.schema.triggers import build_triggers
from zoneplanner.storage.schema.views import build_views, is_known_set_of_views, normalize_sql

SCHEMA_VERSION = 11
MIN_READER_VERSION = 11
"""The oldest schema version that a program must know to read what this one writes."""

APPLICATION_ID = 0x47504B47
USER_VERSION = 10400
"""GeoPackage 1.4. The application id is the letters GPKG; our schema version is in app_meta."""

SchemaEntry = tuple[str, str, str, str | None]
"""A row of sqlite_schema: type, name, table, text."""

READ_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema"

_COLUMN = re.compile(r'^\t"?(\w+)"? [A-Z]', re.MULTILINE)
_CREATE = re.compile(r"CREATE (TABLE|INDEX|TRIGGER) \"?(\w+)", re.IGNORECASE)


_FIRST_INCREMENTAL_VERSION = 4
FIRST_WITH_VIEWS = 8


@cache
def index_statements(version: int = SCHEMA_VERSION) -> Mapping[tuple[str, str], str]:
    """Return the statements of a schema version by kind (table, index, trigger) and name.

    ``build_views`` returns the statements for views.
    """
    if version < _FIRST_INCREMENTAL_VERSION:
        return {_identify_statement(part): part for part in _read_parts(version)}
    statements: dict[tuple[str, str], str] = {}
    for number in range(_FIRST_INCREMENTAL_VERSION, version + 1):
        for part in _read_parts(number):
            if part.startswith("DROP TABLE "):
                dropped = part.removeprefix("DROP TABLE ").strip('"')
                index = re.compile(rf'CREATE INDEX \w+ ON "?{dropped}"? ')
                statements = {
                    identity: text
                    for identity, text in statements.items()
                    if identity != ("table", dropped) and not index.match(text)
                }
            else:
                statements[_identify_statement(part)] = part
    tables = {name: text for (kind, name), text in statements.items() if kind == "table"}
    built = {_identify_statement(text): text for text in build_triggers(tables)}
    others = {key: text for key, text in statements.items() if key not in built}
    return {**others, **built, **statements}


def _read_parts(version: int) -> list[str]:
    path = Path(__file__).with_name(f"schema_{version}.sql")
    text = path.read_text(encoding="utf-8") if path.exists() else ""  # only views changed
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def list_table_columns(version: int = SCHEMA_VERSION) -> dict[str, set[str]]:
    """Return the columns of a schema version, by table."""
    return {
        name: set(_COLUMN.findall(text))
        for (kind, name), text in index_statements(version).items()
        if kind == "table"
    }


def decode_schema(rows: Iterable[Sequence[Any]]) -> list[SchemaEntry]:
    """Return rows of ``READ_SCHEMA`` as strings, even if they are damaged."""
    return [
        (str(kind), str(name), str(table), text)
        for kind, name, table, text in (map(_decode_text, row) for row in rows)
    ]


def _decode_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)


def find_schema_differences(
    found: Iterable[SchemaEntry], version: int = SCHEMA_VERSION
) -> Iterator[Message]:
    """Report what is missing, changed, or could run another program's code in the file.

    Foreign tables are ignored; foreign triggers, views and indexes on our tables are reported.
    """
    own = dict(index_statements(version))
    own_tables = {name for kind, name in own if kind == "table"}
    found = list(found)
    views = {name: text or "" for kind, name, _, text in found if kind == "view"}
    if version >= FIRST_WITH_VIEWS and is_known_set_of_views(views):
        found = [entry for entry in found if entry[0] != "view"]
    elif version >= FIRST_WITH_VIEWS:
        own |= {("view", name): text for name, text in build_views("sqlite").items()}
    seen = set()
    for kind, name, table, text in found:
        if text is None and name.startswith("sqlite_autoindex_"):
            continue
        identity = (kind, name)
        seen.add(identity)
        if identity in own:
            ours = own[identity]
            if text != ours and normalize_sql(text or "") != normalize_sql(ours):
                yield Message("altered.changed", kind=kind, name=name)
        elif kind in ("trigger", "view") or table in own_tables:
            yield Message("altered.foreign", kind=kind, name=name)
    for kind, name in own:
        if (kind, name) not in seen:
            yield Message("altered.missing", kind=kind, name=name)


def _identify_statement(statement: str) -> tuple[str, str]:
    match = _CREATE.match(statement)
    if match is None:
        raise ValueError(f"not a CREATE statement: {statement[:60]}")
    return match[1].lower(), match[2]
