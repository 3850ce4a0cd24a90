"""Damaged rows of the journal and the history, put back from a copy that their hashes prove.

The hash of a row covers all its columns and the hash before it, and the next row holds it once
more. So a row of any copy that hashes to what the chain asks for at that number is the row that was
recorded: the copy need not be trusted. What a removal took out of an entry since stays out.
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
_MOST_MISSING = 1_000
"""So many rows that are missing in one place are named, and the last of them."""


class _Link(NamedTuple):
    row: RowValues
    whole: bool


def find_damaged_rows(connection: sa.Connection, meta: sa.MetaData) -> list[DamagedRow]:
    """Return the rows of the journal and of the history that were changed or taken out."""
    found = list[DamagedRow]()
    for name in CHAINED_TABLES:
        is_whole = _choose_check(connection, meta, name)
        query = sa.select(meta.tables[name]).order_by(meta.tables[name].c.seq)
        rows = (dict(row) for row in connection.execute(query).mappings())
        found += _compare_links(name, (_Link(row, is_whole(row)) for row in rows))
    return found


def find_proven_rows(
    connection: sa.Connection, meta: sa.MetaData, wanted: Iterable[DamagedRow]
) -> ProvenRows:
    """Return the rows of a copy that prove to be what damaged ones were, by table and number."""
    found = dict[tuple[str, int], RowValues]()
    checks = {name: _choose_check(connection, meta, name) for name in CHAINED_TABLES}
    for one in wanted:
        table = meta.tables[one.table]
        query = sa.select(table).where(table.c.seq == one.seq)
        row = connection.execute(query).mappings().one_or_none()
        if row is not None and row["hash"] == one.wanted and checks[one.table](dict(row)):
            found[one.key] = dict(row)
    return found


def leave_removed_texts(
    connection: sa.Connection, meta: sa.MetaData, rows: ProvenRows
) -> ProvenRows:
    """Return proven rows without the texts that removals of the project name.

    One from before texts had hashes of their own is left out where a removal names it.
    """
    named = _read_removed(connection, meta)
    left = dict[tuple[str, int], RowValues]()
    for (table, seq), row in rows.items():
        removed = named.get(seq) if table == "journal_entry" else None
        if removed is None:
            left[table, seq] = row
        elif not removed.left:
            chained = ChainedText(*(row[name] for name in ChainedText._fields))
            left[table, seq] = {**row, **chained.without(removed.fields)._asdict()}
    return left


def write_rows(connection: sa.Connection, meta: sa.MetaData, rows: ProvenRows) -> None:
    """Write rows of a project file in the place of damaged or missing ones.

    The triggers that keep everybody from that are put aside and back in the same transaction.
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
        for own in {"uid", "hash"} & row.keys():  # under another number it was moved there
            connection.execute(sa.delete(table).where(table.c[own] == row[own]))
        connection.execute(sa.insert(table).values(**row))
    for _, text in guards:
        connection.exec_driver_sql(text)


def _compare_links(table: str, links: Iterable[_Link]) -> Iterator[DamagedRow]:
    """Yield what is damaged: a row is held against the one after it, unless that is damaged."""
    before: RowValues = {"seq": 0}
    damaged, own = False, ""
    for link in links:
        says = link.row["prev_hash"] if link.whole else ""
        after, last = before["seq"] + 1, link.row["seq"] - 1
        wanted = says if last < after else ""
        if before["seq"] and (damaged or own != (wanted or own)):
            yield DamagedRow(table, before["seq"], wanted or own, before)
        for missing in range(after, min(last, after + _MOST_MISSING)):
            yield DamagedRow(table, missing, "", None)
        if after <= last:
            yield DamagedRow(table, last, says, None)
        before, damaged, own = link.row, not link.whole, link.row["hash"]
    if damaged:
        yield DamagedRow(table, before["seq"], own, before)


def _choose_check(
    connection: sa.Connection, meta: sa.MetaData, table: str
) -> Callable[[RowValues], bool]:
    if table == "edit":
        return lambda row: hash_edit(row["prev_hash"], row) == row["hash"]
    named = _read_removed(connection, meta)
    return lambda row: _is_whole_entry(row, named.get(row["seq"]))


def _read_removed(connection: sa.Connection, meta: sa.MetaData) -> dict[int, RemovedText]:
    """Return what removals took out of each entry, by its number."""
    found = dict[int, RemovedText]()
    for one in read_removals(connection, meta.tables["journal_entry"]):
        before = found.get(one.seq, one)
        fields = tuple({*before.fields, *one.fields})
        found[one.seq] = RemovedText(one.seq, fields, one.left or before.left)
    return found


def _is_whole_entry(row: RowValues, removed: RemovedText | None) -> bool:
    """Return whether an entry is as it was recorded, but for texts that a removal names."""
    hashed, prev_hash, own_hash, chained = entries.split_row(entries.order_columns(row))
    if any(isinstance(one, bytes) for one in hashed):  # nobody hashed that
        return False
    try:
        left = hash_entry(prev_hash, *hashed)
        changed, gone = chained.find_changed_fields(), set(chained.list_removed_fields())
    except ValueError:  # no JSON, or letters that UTF-8 does not have
        return False
    if left != own_hash and (removed is None or left != removed.left):
        return False
    return not changed and gone <= set(removed.fields if removed is not None else ())
