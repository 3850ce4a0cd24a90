"""Check a complete project, and restore damaged entries and edits from backups that have them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from zoneplanner import storage
from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.projects.backups import Backup, list_backups_of
from zoneplanner.app.session.identity import new_uid
from zoneplanner.domain.log.entries import EDIT_ROW, ENTRY_ROW, build_quarantine_entry
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage import Store, Verification
from zoneplanner.storage.backend import DamagedRow, RowValues

_LONGEST_VALUE = 80
_HASH_COLUMNS = frozenset(("prev_hash", "hash", "salt", "text_hash", "rows_digest"))


class ProvenRow(NamedTuple):
    """A damaged row and its original values from a backup, which its hash proves."""

    damaged: DamagedRow
    values: RowValues
    backup: Backup

    @property
    def name(self) -> Message:
        """The row's table and number in words."""
        return Message(f"chained_row.{self.damaged.table}", seq=self.damaged.seq)

    @property
    def changes(self) -> Sequence[tuple[str, str, str]]:
        """The columns that differ, each with its current and its original value."""
        current = self.damaged.stored
        if current is None:
            return (("row", "missing", "there"),)
        names = [name for name, value in self.values.items() if current[name] != value]
        names = [name for name in names if name not in _HASH_COLUMNS] or names
        return tuple((name, _shorten(current[name]), _shorten(self.values[name])) for name in names)


class RowRepair(NamedTuple):
    """The rows that can be restored, and the damaged rows that no backup on this desk has."""

    proven: tuple[ProvenRow, ...] = ()
    left: tuple[DamagedRow, ...] = ()


def find_row_repair(store: Store, place: ProjectLocation) -> RowRepair:
    """Look for the original values of damaged rows, in the newest backups first.

    Not for a shared project: the server protects its rows, and they are restored with it.
    """
    if not isinstance(place, Path) or store.damaged:
        return RowRepair()
    left = store.find_damaged_rows()
    proven = list[ProvenRow]()
    for backup in list_backups_of(place):
        if not left:
            break
        with suppress(UserError), storage.open(backup.file, read_only=True) as copy:
            if copy.schema_version != store.schema_version:
                continue
            originals = copy.find_proven_rows(left)
            proven += (
                ProvenRow(row, originals[row.key], backup) for row in left if row.key in originals
            )
            left = [row for row in left if row.key not in originals]
    proven.sort(key=lambda row: row.damaged.key)
    return RowRepair(tuple(proven), tuple(left))


def put_back_rows(
    store: Store, repair: RowRepair, *, actor: str, desk: str, now: datetime
) -> tuple[ProvenRow, ...]:
    """Restore all proven rows or none, and log which came from which backup.

    Returns the rows that were written: not a row whose text was removed before texts had hashes.
    """
    if not repair.proven:
        return ()
    rows = {row.damaged.key: row.values for row in repair.proven}
    notes = {
        row.damaged.key: build_quarantine_entry(
            uid=new_uid(),
            seq=row.damaged.seq,
            field=EDIT_ROW if row.damaged.table == "edit" else ENTRY_ROW,
            reason=str(Message("row_restored", at=row.backup.local_time)),
            now=now,
        )
        for row in repair.proven
    }
    written = store.put_back_rows(rows, notes, actor=actor, desk=desk, now=now)
    return tuple(row for row in repair.proven if row.damaged.key in written)


def describe_proven_row(row: ProvenRow) -> Message:
    """Return what differs in a row, and which backup has the original."""
    changes = [
        Message("proven_row.change", column=name, now=now, was=was)
        for name, now, was in row.changes
    ]
    return Message("proven_row", row=row.name, backup_at=row.backup.local_time, changes=changes)


def describe_repair(repair: RowRepair) -> Message:
    """Return how many damaged rows can be restored, and how many cannot."""
    code = "row_repair.some_left" if repair.left else "row_repair"
    return Message(code, n=len(repair.proven), left=len(repair.left))


def _shorten(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


class WholeCheck(NamedTuple):
    """The findings of a check, and what backups can restore."""

    found: Verification
    repair: RowRepair


def check_whole_project(store: Store, report: ProgressReport) -> WholeCheck:
    """Verify the project of a store over a second, read-only connection.

    Raises
    ------
    UserError
        The project can no longer be opened.
    """
    place = store.address if store.address is not None else store.path
    assert place is not None
    with storage.open(place, read_only=True) as reader:
        found = reader.verify(report)
        repair = RowRepair() if found.ok else find_row_repair(reader, place)
    return WholeCheck(found, repair)


def describe_findings(check: WholeCheck) -> Message | None:
    """Return in one sentence what is damaged and what to do, or None."""
    if check.found.ok:
        return None
    first, *others = check.found.findings
    if len(check.repair.proven) > len(others):
        code = "damage_found.proven_several" if others else "damage_found.proven"
    else:
        code = "damage_found.several" if others else "damage_found"
    return Message(code, first=first, more=len(others))
