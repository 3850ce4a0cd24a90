"""Read a whole project, the versions of its rows, and single values of ``app_meta``."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from shapely.errors import ShapelyError

from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.storage.history.edit_writer import RowVersions
from zoneplanner.storage.mapping.project_rows import decode_project
from zoneplanner.storage.records import EditRecord, StoredRow
from zoneplanner.storage.schema.tables import KEY_COLUMNS


def read_project(connection: sa.Connection, meta: sa.MetaData, crs: str, file_name: str) -> Project:
    """Return the project of a file; a value that cannot be read is a UserError."""
    uid = read_meta_value(connection, meta, "project_uid", file_name)
    try:
        return decode_project(read_editable_rows(connection, meta), uid=uid, crs=crs)
    except (ValueError, ShapelyError) as error:
        raise UserError("damaged.value", name=file_name, error=str(error)) from error


def read_editable_rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[StoredRow]]:
    """Return the rows of the editable tables."""
    return {name: _read_table_rows(connection, meta.tables[name]) for name in KEY_COLUMNS}


def _read_table_rows(connection: sa.Connection, table: sa.Table) -> list[StoredRow]:
    order = table.c.position if "position" in table.c else table.c.fid
    return [dict(row) for row in connection.execute(sa.select(table).order_by(order)).mappings()]


def read_edit_records(
    connection: sa.Connection, meta: sa.MetaData, after_seq: int
) -> list[EditRecord]:
    """Return the saved edits in order, after a number."""
    table = meta.tables["edit"]
    names = ("seq", "label", "actor", "at", "step", "jump", "plan")
    query = sa.select(*(table.c[name] for name in names))
    query = query.where(table.c.seq > after_seq).order_by(table.c.seq)
    return [
        EditRecord(seq, label, actor, datetime.fromisoformat(at), step, jump, plan)
        for seq, label, actor, at, step, jump, plan in connection.execute(query)
    ]


def read_row_versions(
    connection: sa.Connection, meta: sa.MetaData, tables: Iterable[str] = KEY_COLUMNS
) -> RowVersions:
    """Return the version of each row, by table and key, of all editable tables or some."""
    found: RowVersions = {}
    for name in tables:
        keys = KEY_COLUMNS[name]
        table = meta.tables[name]
        columns = (*(table.c[key] for key in keys), table.c.row_version)
        rows = connection.execute(sa.select(*columns))
        found[name] = {tuple(row[:-1]): row[-1] for row in rows}
    return found


def read_meta_value(connection: sa.Connection, meta: sa.MetaData, key: str, file_name: str) -> str:
    """Return a value of ``app_meta``; where it is missing the file is damaged."""
    table = meta.tables["app_meta"]
    value = connection.execute(sa.select(table.c.value).where(table.c.key == key)).scalar()
    if value is None:
        raise UserError("damaged.no_key", name=file_name, key=key)
    return str(value)
