"""Save an edit: only what differs, each row guarded by its version, with an audit row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict
from zoneplanner.storage.backend import EditRecord, StoredRow, encode_json, format_stored_time
from zoneplanner.storage.history import edit_rows
from zoneplanner.storage.history.edit_rows import (
    EncodedRow,
    RowDigests,
    RowKey,
    digest_row,
    encode_column_value,
    encode_row,
)
from zoneplanner.storage.journal.hash_chain import GENESIS_HASH
from zoneplanner.storage.row_mapping import encode_project
from zoneplanner.storage.schema.geometry_column import GeometryColumn, check_geometry
from zoneplanner.storage.schema.tables import KEY_COLUMNS

RowVersions = dict[str, dict[RowKey, int]]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that differs; None stands for a row that is not there."""

    table: str
    key: RowKey
    before: StoredRow | None
    after: StoredRow | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the columns that differ."""
        if self.before is None or self.after is None:
            return tuple(self.after or self.before or ())
        return tuple(name for name in self.after if self.after[name] != self.before[name])


def diff_rows(before: Project | None, after: Project) -> list[RowChange]:
    """Return the rows that differ between two projects, in the order of the tables."""
    old = encode_project(before, after) if before is not None else {}
    new = encode_project(after, before)
    found = []
    for table in KEY_COLUMNS:
        old_rows, new_rows = _index_rows(table, old), _index_rows(table, new)
        for key in dict.fromkeys((*old_rows, *new_rows)):
            change = RowChange(table, key, old_rows.get(key), new_rows.get(key))
            if change.fields:
                found.append(change)
    return found


def _index_rows(table: str, found: Mapping[str, list[StoredRow]]) -> dict[RowKey, StoredRow]:
    return {tuple(row[name] for name in KEY_COLUMNS[table]): row for row in found.get(table, ())}


def write_row_changes(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[RowChange],
    versions: RowVersions,
    digests: RowDigests,
    *,
    actor: str,
    at: datetime,
) -> RowVersions:
    """Write changed rows and return the versions after it; ``digests`` are brought along.

    Raises
    ------
    Conflict
        A row was changed, added or deleted by another desk or program since it was read.
    UserError
        A geometry may not be kept; the message names the row.
    """
    kept = {table: dict(known) for table, known in versions.items()}
    stamp = {"changed_by": actor, "changed_at": format_stored_time(at)}
    groups: dict[tuple[str, str, tuple[str, ...]], list[RowChange]] = defaultdict(list)
    for change in changes:
        _check_geometry(meta.tables[change.table], change)
        _digest_change(connection, meta.tables[change.table], change, digests)
        kind = "insert" if change.before is None else "delete" if change.after is None else "update"
        groups[change.table, kind, change.fields].append(change)
    # Each statement names the version that its row had when it was read. Where fewer rows are
    # touched than given, another desk was there in between, and the transaction is put back.
    for (name, kind, fields), group in groups.items():
        table, known = meta.tables[name], kept.setdefault(name, {})
        if kind == "insert":
            _insert_rows(connection, table, group, stamp)
            known.update((change.key, 1) for change in group)
            continue
        expected = [_make_guard(change, known) for change in group]
        if kind == "delete":
            done = _delete_rows(connection, table, expected)
        else:
            values = [
                {**guard, **{name: (change.after or {})[name] for name in fields}, **stamp}
                for guard, change in zip(expected, group, strict=True)
            ]
            bump = {"row_version": table.c.row_version + 1}
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in (*fields, *stamp)}
            statement = sa.update(table).where(*_match_guarded(table)).values({**columns, **bump})
            done = connection.execute(statement, values)
        if done.rowcount != len(group):
            raise _find_conflict(connection, table, group, known)
        for change in group:
            if kind == "delete":
                del known[change.key]
            else:
                known[change.key] += 1
    return kept


def _digest_change(
    connection: sa.Connection, table: sa.Table, change: RowChange, digests: RowDigests
) -> None:
    """Bring the digest of a row along; one that is not as our edits left it is a Conflict."""
    base: EncodedRow = {}
    if change.before is not None:
        row = read_row(connection, table, change.key)
        if row is not None:
            base = encode_row(table, row)
            if digest_row(table.name, base) != digests.find(table.name, change.key):
                raise _find_conflict(connection, table, [change], {})
    if change.after is None:
        digests.put(table.name, change.key, None)
        return
    new = {name: encode_column_value(table.c[name], change.after[name]) for name in change.fields}
    version = base.get("row_version", 0) + 1
    digests.put(table.name, change.key, {**base, **new, "row_version": version})


def require_last_edit(connection: sa.Connection, meta: sa.MetaData, seq: int) -> None:
    """Refuse to go on from an edit that is not the last one any more, as a Conflict."""
    table = meta.tables["edit"]
    found = connection.execute(sa.select(sa.func.max(table.c.seq))).scalar_one()
    if found != seq:
        raise Conflict("conflict.newer_edit")


def write_edit_record(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[RowChange],
    *,
    kind: EditKind,
    label: str,
    actor: str,
    at: datetime,
    rows_digest: str,
    snapshot: bytes | None = None,
    step: int | None = None,
    jump: bool = False,
    plan: str | None = None,
) -> EditRecord:
    """Write the audit row of an edit: changed fields before and after, as JSON by table.

    ``rows_digest`` is that of all rows after it; ``snapshot`` holds them all. ``step`` None stands
    for the one after the last. A server numbers, dates, signs and chains it.
    """
    table = meta.tables["edit"]
    before: dict[str, list[StoredRow]] = defaultdict(list)
    after: dict[str, list[StoredRow]] = defaultdict(list)
    for change in changes:
        for row, side in ((change.before, before), (change.after, after)):
            if row is not None:
                names = (*KEY_COLUMNS[change.table], *change.fields)
                columns = meta.tables[change.table].c
                side[change.table].append(
                    {name: encode_column_value(columns[name], row[name]) for name in names}
                )
    last = edit_rows.read_edit_head(connection, table)
    if step is None:
        query = sa.select(table.c.step).where(table.c.seq == last.entries)
        last_step = connection.execute(query).scalar()
        step = 0 if last_step is None else last_step + 1
    values: dict[str, Any] = {
        **{"seq": last.entries + 1, "kind": kind.value, "label": label, "actor": actor},
        **{"at": format_stored_time(at), "step": step, "jump": jump, "plan": plan},
        **{"before": encode_json(before), "after": encode_json(after)},
        **{"rows_digest": rows_digest, "snapshot": snapshot},
    }
    prev_hash = last.hash or GENESIS_HASH
    chained = {"prev_hash": prev_hash, "hash": edit_rows.hash_edit(prev_hash, values)}
    insert = sa.insert(table).values({**values, **chained})
    kept = connection.execute(
        insert.returning(table.c.seq, table.c.hash, table.c.actor, table.c.at)
    ).one()
    moment = datetime.fromisoformat(kept.at)
    return EditRecord(kept.seq, label, kept.actor, moment, step, jump, plan, kind, kept.hash)


def _format_value(value: Any) -> Any:
    """Return a column's value as it is told to a person."""
    if isinstance(value, BaseGeometry):
        return value.wkt
    return value.isoformat() if isinstance(value, date) else value


def _check_geometry(table: sa.Table, change: RowChange) -> None:
    geometry = (change.after or {}).get("geom")
    if geometry is not None and "geom" in change.fields:
        column = table.c.geom.type
        assert isinstance(column, GeometryColumn)
        check_geometry(geometry, column.kind, column.srid, _name_row(change))


def _name_row(change: RowChange) -> str:
    row = change.after or change.before or {}
    named = row.get("name") or row.get("text") or " ".join(map(str, change.key))
    words = {
        "app_meta": "The project",
        "setting": "The setting",
        "plan_lock": "The lock",
        "plan_pin": "The note",
        "plan_site": "The what-if",
    }
    return f"{words.get(change.table, change.table.replace('_', ' ').capitalize())} “{named}”"


def _insert_rows(
    connection: sa.Connection, table: sa.Table, group: list[RowChange], stamp: dict[str, str]
) -> None:
    try:
        connection.execute(
            sa.insert(table), [{**(change.after or {}), **stamp} for change in group]
        )
    except sa.exc.IntegrityError as error:
        cause = error.orig
        code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", "")
        if code not in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
            raise
        raise Conflict(
            "conflict.row_added", table=table.name, key=list(group[0].key), row=_name_row(group[0])
        ) from error


def _delete_rows(
    connection: sa.Connection, table: sa.Table, expected: list[dict[str, Any]]
) -> sa.CursorResult[Any]:
    """Delete rows, marked first as deleted by us, so that the triggers record no other program."""
    marked = sa.update(table).where(*_match_guarded(table)).values(row_version=-table.c.row_version)
    done = connection.execute(marked, expected)
    gone = [*_match_key(table), table.c.row_version == -sa.bindparam("known_version")]
    connection.execute(sa.delete(table).where(*gone), expected)
    return done


def _make_guard(change: RowChange, known: Mapping[RowKey, int]) -> dict[str, Any]:
    keys = {f"key_{place}": part for place, part in enumerate(change.key)}
    return {**keys, "known_version": known.get(change.key, 0)}


def read_row(connection: sa.Connection, table: sa.Table, key: Sequence[Any]) -> StoredRow | None:
    """Return the row of a key as it is now; None where there is none."""
    pairs = zip(KEY_COLUMNS[table.name], key, strict=True)
    query = sa.select(table).where(*(table.c[name] == part for name, part in pairs))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _match_guarded(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [*_match_key(table), table.c.row_version == sa.bindparam("known_version")]


def _match_key(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    keys = enumerate(KEY_COLUMNS[table.name])
    return [table.c[name] == sa.bindparam(f"key_{place}") for place, name in keys]


def _find_conflict(
    connection: sa.Connection, table: sa.Table, group: list[RowChange], known: Mapping[RowKey, int]
) -> Conflict:
    """Find the first row that is not as it was read, and show both versions."""
    connection.rollback()
    for change in group:
        row = read_row(connection, table, change.key)
        if row is None or row["row_version"] != known.get(change.key):
            return _make_conflict(change, row)
    return _make_conflict(group[0], None)


def _make_conflict(change: RowChange, theirs: StoredRow | None) -> Conflict:
    before = change.before or {}
    differ = [name for name in before if theirs and theirs[name] != before[name]]
    seen = differ or change.fields  # what they set back as it was bears no mark
    return Conflict(
        "conflict.row_changed" if theirs else "conflict.row_deleted",
        row=_name_row(change),
        table=change.table,
        key=list(change.key),
        yours=change.after and {name: _format_value(change.after[name]) for name in change.fields},
        theirs=theirs and {name: _format_value(theirs[name]) for name in seen},
        by=theirs and theirs["changed_by"],
        at=theirs and theirs["changed_at"],
    )
