"""Free text that was removed: taken out of the rows of entries, and checked against what names it.

An entry with hashed texts stays in the chain as it is. One from before, whose payload is hashed
directly, keeps its hash too; that does not fit what is left of it any more, and the entry that
names the removal has the hash which does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.log.public_records import REMOVAL_KINDS, RemovedText, read_removed_texts
from zoneplanner.storage.backend import JournalHead, VerificationFinding
from zoneplanner.storage.hash_chain import HASHED_COLUMNS, ChainedText, encode_json, hash_entry
from zoneplanner.storage.journal import entries
from zoneplanner.storage.journal.entries import (
    check_chain_link,
)

_PAYLOAD = HASHED_COLUMNS.index("payload")


def read_removals(connection: sa.Connection, table: sa.Table) -> list[RemovedText]:
    """Return what all redactions and disposals of a journal name."""
    query = entries.select_entries(table).where(table.c.kind.in_(REMOVAL_KINDS))
    found = entries.decode_entries(connection.execute(query))
    return read_removed_texts(entry.payload for entry in found)


def plan_removals(
    connection: sa.Connection, table: sa.Table, wanted: Mapping[int, Iterable[str]]
) -> tuple[list[RemovedText], list[dict[str, Any]]]:
    """Return what is removed of entries, given by number with their fields, and the rows after it.

    Fields that an entry does not have, or not any more, are left out.
    """
    removed, rows = list[RemovedText](), list[dict[str, Any]]()
    for chunk in entries.split_for_statement(sorted(wanted)):
        query = entries.select_entries(table).where(table.c.seq.in_(chunk))
        for row in connection.execute(query):
            one, after = _remove_from_row(row, set(wanted[row[0]]))
            if one.fields:
                removed.append(one)
                rows.append(after)
    return removed, rows


def _remove_from_row(row: Sequence[Any], fields: set[str]) -> tuple[RemovedText, dict[str, Any]]:
    hashed, prev_hash, kept_hash, chained = entries.split_row(row)
    seq, payload = row[0], parse_json_object(row[_PAYLOAD])
    own = {"seq": seq, "uid": row[1], "hash": kept_hash}
    direct = fields & payload.keys()
    if not direct:
        gone = fields & parse_json_object(chained.text or "{}").keys()
        after = {**own, "payload": row[_PAYLOAD], **chained.without(gone)._asdict()}
        return RemovedText(seq, tuple(sorted(gone))), after
    left = encode_json({name: one for name, one in payload.items() if name not in direct})
    earlier = parse_json_object(chained.text_hash or "{}")
    marked = encode_json(earlier | dict.fromkeys(direct, ""))
    columns = [*hashed[: len(HASHED_COLUMNS)], marked]
    columns[_PAYLOAD] = left
    known = RemovedText(seq, tuple(sorted(direct)), hash_entry(prev_hash, *columns))
    return known, {**own, "payload": left, **ChainedText(None, None, marked)._asdict()}


def write_removals(
    connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]
) -> None:
    """Write rows of ``plan_removals``; an entry that names them must be there already."""
    if connection.dialect.name == "postgresql":
        given = {"rows": encode_json(list(rows))}
        connection.execute(sa.text("SELECT remove_texts(CAST(:rows AS jsonb))"), given)
        return
    for row in rows:
        values = {name: row[name] for name in ("payload", *ChainedText._fields)}
        connection.execute(sa.update(table).where(table.c.seq == row["seq"]).values(**values))


def _follows(last: JournalHead, seq: int, prev_hash: str, hashed: Sequence[Any]) -> bool:
    """Return whether an entry follows the last one, and can be hashed at all."""
    follows = (seq, prev_hash) == (last.entries + 1, last.hash)
    return follows and not any(isinstance(one, bytes) for one in hashed)


class ChainCheck:
    """Looks at the rows of a journal in order: do they follow, are their texts as they were hashed?

    What a removal would explain is held back until the removals are known.
    """

    def __init__(self) -> None:
        self._open: list[tuple[int, str, str, VerificationFinding]] = []
        """Number, hash of what is left, field and what is wrong unless a removal names it."""

    def check_row(self, last: JournalHead, row: Sequence[Any]) -> VerificationFinding | None:
        """Say what is wrong with the entry after ``last``, whatever was removed."""
        hashed, prev_hash, kept_hash, chained = entries.split_row(row)
        problem = check_chain_link(last, hashed, prev_hash, kept_hash)
        if problem is not None and _follows(last, row[0], prev_hash, hashed):
            self._open.append((row[0], hash_entry(prev_hash, *hashed), "", problem))
            problem = None
        if problem is None and chained.text_hash is not None:
            problem = self._check_text(row[0], chained)
        return problem

    def _check_text(self, seq: int, chained: ChainedText) -> VerificationFinding | None:
        try:
            changed, removed = chained.find_changed_fields(), chained.list_removed_fields()
        except ValueError:
            changed, removed = ["text"], ()
        for name in removed:
            text = f"The {name} of journal entry {seq} is gone, and no entry says who removed it."
            self._open.append((seq, "", name, VerificationFinding("chain", text)))
        for name in changed:
            text = f"The {name} of journal entry {seq} was changed after it was recorded."
            return VerificationFinding("chain", text)
        return None

    def finish(self, removals: Iterable[RemovedText]) -> list[VerificationFinding]:
        """Return what is wrong and no removal explains."""
        if not self._open:
            return []
        known = set[tuple[int, str, str]]()
        for one in removals:
            known.add((one.seq, one.left, ""))
            known.update((one.seq, "", name) for name in one.fields)
        return [finding for *named, finding in self._open if tuple(named) not in known]
