"""Read a whole project, the versions of its rows, and single values of ``app_meta``."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from shapely.errors import ShapelyError

from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.storage.project_rows import project_from
from zoneplanner.storage.saving import Versions
from zoneplanner.storage.tables import KEYS
from zoneplanner.storage.values import EditRecord, Row


def project(connection: sa.Connection, meta: sa.MetaData, crs: str, file_name: str) -> Project:
    """Return the project of a file; a value that cannot be read is a UserError."""
    try:
        found = rows(connection, meta)
    except (ValueError, TypeError, ShapelyError) as error:
        raise _unreadable(file_name, error) from error
    uid = meta_value(connection, meta, "project_uid", file_name)
    return _project_of(found, uid=uid, crs=crs, file_name=file_name)


def _project_of(found: dict[str, list[Row]], *, uid: str, crs: str, file_name: str) -> Project:
    """Return the project of rows by table; a value that cannot be read is a UserError."""
    try:
        return project_from(found, uid=uid, crs=crs)
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise _unreadable(file_name, error) from error


def _unreadable(file_name: str, error: Exception) -> UserError:
    return UserError(
        f"“{file_name}” holds a value that cannot be read ({error}); restore a backup.",
        code="damaged",
    )


def rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[Row]]:
    """Return the rows of the editable tables."""
    return {name: _rows(connection, meta.tables[name]) for name in KEYS}


def _rows(connection: sa.Connection, table: sa.Table) -> list[Row]:
    order = table.c.position if "position" in table.c else table.c.fid
    return [dict(row) for row in connection.execute(sa.select(table).order_by(order)).mappings()]


def edits(connection: sa.Connection, meta: sa.MetaData, after_seq: int) -> list[EditRecord]:
    """Return the saved edits in order, after a number."""
    table = meta.tables["edit"]
    names = ("seq", "label", "actor", "at", "step", "jump", "plan")
    query = sa.select(*(table.c[name] for name in names))
    query = query.where(table.c.seq > after_seq).order_by(table.c.seq)
    return [
        EditRecord(seq, label, actor, datetime.fromisoformat(at), step, jump, plan)
        for seq, label, actor, at, step, jump, plan in connection.execute(query)
    ]


def versions(
    connection: sa.Connection, meta: sa.MetaData, tables: Iterable[str] = KEYS
) -> Versions:
    """Return the version of each row, by table and key, of all editable tables or some."""
    found: Versions = {}
    for name in tables:
        keys = KEYS[name]
        table = meta.tables[name]
        columns = (*(table.c[key] for key in keys), table.c.row_version)
        rows = connection.execute(sa.select(*columns))
        found[name] = {tuple(row[:-1]): row[-1] for row in rows}
    return found


def meta_value(connection: sa.Connection, meta: sa.MetaData, key: str, file_name: str) -> str:
    """Return a value of ``app_meta``; where it is missing the file is damaged."""
    table = meta.tables["app_meta"]
    value = connection.execute(sa.select(table.c.value).where(table.c.key == key)).scalar()
    if value is None:
        raise UserError(f"“{file_name}” is damaged (no {key}); restore a backup.", code="damaged")
    return str(value)
