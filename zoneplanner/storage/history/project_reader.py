"""Read a whole project, the versions of its rows, and single values of ``app_meta``."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from shapely.errors import ShapelyError

from zoneplanner.domain.calendar.local_time import is_time_zone
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.clean_text import clean_name
from zoneplanner.domain.project import Project
from zoneplanner.errors import Damaged, UserError
from zoneplanner.storage.backend import EditRecord, StoredRow
from zoneplanner.storage.history.edit_writer import RowVersions
from zoneplanner.storage.row_mapping import decode_project
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_PROJECT_UID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def decode_own_project(
    connection: sa.Connection,
    meta: sa.MetaData,
    rows: Mapping[str, list[StoredRow]],
    crs: str,
    file_name: str,
) -> Project:
    """Return the project of rows; a value that cannot be read is a UserError."""
    uid = read_meta_value(connection, meta, "project_uid", file_name)
    if not _PROJECT_UID.fullmatch(uid):
        raise UserError("damaged.uid", name=file_name)
    try:
        project = decode_project(rows, uid=uid, crs=crs)
        if not is_time_zone(project.time_zone):
            raise ValueError("a time zone that is not known")
        return project
    except (ValueError, RecursionError, ShapelyError) as error:
        raise Damaged("damaged.value", name=file_name, error=str(error)) from error


def read_edit_records(
    connection: sa.Connection, meta: sa.MetaData, after_seq: int
) -> list[EditRecord]:
    """Return the saved edits in order, after a number."""
    table = meta.tables["edit"]
    names = ("seq", "label", "actor", "at", "step", "jump", "plan", "kind", "hash")
    query = sa.select(*(table.c[name] for name in names))
    query = query.where(table.c.seq > after_seq).order_by(table.c.seq)
    return [_decode_edit_record(row) for row in connection.execute(query)]


def _decode_edit_record(row: Sequence[Any]) -> EditRecord:
    seq, label, actor, at, step, jump, plan, kind, own_hash = row
    try:
        who: tuple[str, str] = (clean_name(label), clean_name(actor))
        moment = datetime.fromisoformat(at)
        return EditRecord(seq, *who, moment, step, jump, plan, EditKind(kind), own_hash)
    except (ValueError, TypeError):
        raise Damaged("damaged.history", seq=seq) from None


def read_time_zone(connection: sa.Connection, meta: sa.MetaData, file_name: str) -> str:
    """Return the project's time zone as it stands there, UTC where there is none of that name.

    What our edits say it is comes with the project.
    """
    name = read_meta_value(connection, meta, "project_time_zone", file_name)
    return name if is_time_zone(name) else "UTC"


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
