"""Read a whole project, the versions of its rows, and single values of ``app_meta``."""

from typing import Any

import sqlalchemy as sa
from shapely.errors import ShapelyError

from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.storage.project_rows import project_from
from zoneplanner.storage.saving import Versions
from zoneplanner.storage.tables import KEYS


def project(connection: sa.Connection, meta: sa.MetaData, crs: str, file_name: str) -> Project:
    """Return the project of a file; a value that cannot be read is a UserError."""
    try:
        found = {name: _rows(connection, meta.tables[name]) for name in KEYS}
        uid = meta_value(connection, meta, "project_uid", file_name)
        return project_from(found, uid=uid, crs=crs)
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise UserError(
            f"“{file_name}” holds a value that cannot be read ({error}); restore a backup."
        ) from error


def _rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    order = table.c.position if "position" in table.c else table.c.fid
    return [dict(row) for row in connection.execute(sa.select(table).order_by(order)).mappings()]


def versions(connection: sa.Connection, meta: sa.MetaData) -> Versions:
    """Return the version of each editable row, by table and key."""
    found: Versions = {}
    for name, keys in KEYS.items():
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
        raise UserError(f"“{file_name}” is damaged (no {key}); restore a backup.")
    return str(value)
