"""Repair of damaged rows of the journal and the edit history from a copy, proven by their hashes.

The hash of a row covers all of its columns and the previous hash, and the next row repeats it. A
row from any copy that has the hash that the chain requires at its number is therefore the original
row, so the copy need not be trusted. Texts that were removed since stay removed.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from zoneplanner.domain.log.public_records import RemovedText
from zoneplanner.storage.backend import DamagedRow, ProvenRows, RowValues
from zoneplanner.storage.hash_chain import ChainedText, hash_edit, hash_entry
from zoneplanner.storage.journal import entries
from zoneplanner.storage.journal.text_removal import read_removals

CHAINED_TABLES = ("journal_entry", "edit")
_MAX_MISSING = 1_000
"""The most missing rows of one gap that are listed, before the last one of the gap."""


class _Link(NamedTuple):
    row: RowValues
    is_intact: bool


def find_damaged_rows(connection: sa.Connection, meta: sa.MetaData) -> list[DamagedRow]:
    """Return the rows of the journal and of the edit history that were changed or removed."""
    damaged = list[DamagedRow]()
    for name in CHAINED_TABLES:
        is_intact = _choose_check(connection, meta, name)
        query = sa.select(meta.tables[name]).order_by(meta.tables[name].c.seq)
        rows = (dict(row) for row in connection.execute(query).mappings())
        damaged += _compare_links(name, (_Link(row, is_intact(row)) for row in rows))
    return damaged


def find_proven_rows(
    connection: sa.Connection, meta: sa.MetaData, damaged: Iterable[DamagedRow]
) -> ProvenRows:
    """Return the rows of a copy that are proven originals of damaged ones, by table and number."""
    proven = dict[tuple[str, int], RowValues]()
    checks = {name: _choose_check(connection, meta, name) for name in CHAINED_TABLES}
    for original in damaged:
        table = meta.tables[original.table]
        query = sa.select(table).where(table.c.seq == original.seq)
        row = connection.execute(query).mappings().one_or_none()
        matches = row is not None and row["hash"] == original.expected_hash
        if row is not None and matches and checks[original.table](dict(row)):
            proven[original.key] = dict(row)
    return proven


def leave_removed_texts(
    connection: sa.Connection, meta: sa.MetaData, rows: ProvenRows
) -> ProvenRows:
    """Return proven rows without the texts that the project's removals list.

    An older entry, whose texts are hashed directly, is skipped if a removal lists it.
    """
    removals = _read_removed(connection, meta)
    left = dict[tuple[str, int], RowValues]()
    for (table, seq), row in rows.items():
        removed = removals.get(seq) if table == "journal_entry" else None
        if removed is None:
            left[table, seq] = row
        elif not removed.left:
            chained = ChainedText(*(row[name] for name in ChainedText._fields))
            left[table, seq] = {**row, **chained.without(removed.fields)._asdict()}
    return left


def write_rows(connection: sa.Connection, meta: sa.MetaData, rows: ProvenRows) -> None:
    """Replace damaged or missing rows of a project file.

    The triggers that forbid this are dropped and created again in the same transaction.
    """
    query = (
        "SELECT name, CAST(sql AS TEXT) FROM sqlite_schema"
        " WHERE type = 'trigger' AND tbl_name IN (?, ?)"
    )
    guards = connection.exec_driver_sql(query, CHAINED_TABLES).all()
    for name, _ in guards:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for (name, seq), row in rows.items():
        table = meta.tables[name]
        connection.execute(sa.delete(table).where(table.c.seq == seq))
        for unique in {"uid", "hash"} & row.keys():  # the row may have been moved
            connection.execute(sa.delete(table).where(table.c[unique] == row[unique]))
        connection.execute(sa.insert(table).values(**row))
    for _, text in guards:
        connection.exec_driver_sql(text)


def _compare_links(table: str, links: Iterable[_Link]) -> Iterator[DamagedRow]:
    """Yield the damaged rows. Each row is compared with the next one, unless that is damaged."""
    before: RowValues = {"seq": 0}
    is_damaged, own_hash = False, ""
    for link in links:
        prev_hash = link.row["prev_hash"] if link.is_intact else ""
        first, last = before["seq"] + 1, link.row["seq"] - 1  # the missing rows between the two
        expected = prev_hash if last < first else ""
        if before["seq"] and (is_damaged or own_hash != (expected or own_hash)):
            yield DamagedRow(table, before["seq"], expected or own_hash, before)
        for missing in range(first, min(last, first + _MAX_MISSING)):
            yield DamagedRow(table, missing, "", None)
        if first <= last:
            yield DamagedRow(table, last, prev_hash, None)
        before, is_damaged, own_hash = link.row, not link.is_intact, link.row["hash"]
    if is_damaged:
        yield DamagedRow(table, before["seq"], own_hash, before)


def _choose_check(
    connection: sa.Connection, meta: sa.MetaData, table: str
) -> Callable[[RowValues], bool]:
    if table == "edit":
        return lambda row: hash_edit(row["prev_hash"], row) == row["hash"]
    removals = _read_removed(connection, meta)
    return lambda row: _is_intact_entry(row, removals.get(row["seq"]))


def _read_removed(connection: sa.Connection, meta: sa.MetaData) -> dict[int, RemovedText]:
    """Return all removed texts of each entry, by its number."""
    removals = dict[int, RemovedText]()
    for removed in read_removals(connection, meta.tables["journal_entry"]):
        before = removals.get(removed.seq, removed)
        fields = tuple({*before.fields, *removed.fields})
        removals[removed.seq] = RemovedText(removed.seq, fields, removed.left or before.left)
    return removals


def _is_intact_entry(row: RowValues, removed: RemovedText | None) -> bool:
    """Return whether an entry is as recorded, except for texts that a removal lists."""
    hashed, prev_hash, own_hash, chained = entries.split_row(entries.order_columns(row))
    actual_hash = hash_entry(prev_hash, *hashed)
    try:
        changed, missing = chained.find_changed_fields(), set(chained.list_removed_fields())
    except ValueError:  # not JSON
        return False
    if actual_hash != own_hash and (removed is None or actual_hash != removed.left):
        return False
    return not changed and missing <= set(removed.fields if removed is not None else ())
