"""Damaged entries and edits of a project file, put back from the newest backup that has them.

Check a whole project beside the work at it, by a connection of its own.
"""

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
from zoneplanner.messages import format_count, render_message
from zoneplanner.storage import Store, Verification
from zoneplanner.storage.backend import DamagedRow, RowValues

_LONGEST_VALUE = 80
_HASHES = frozenset(("prev_hash", "hash", "salt", "text_hash", "rows_digest"))
_WORDS = {"journal_entry": "Journal entry", "edit": "Edit"}


class ProvenRow(NamedTuple):
    """A damaged row and what it was, as a backup has it and its hash proves."""

    damaged: DamagedRow
    values: RowValues
    backup: Backup

    @property
    def name(self) -> str:
        """Which row it is."""
        return f"{_WORDS[self.damaged.table]} {self.damaged.seq}"

    @property
    def changes(self) -> Sequence[tuple[str, str, str]]:
        """Return what differs: each column, what is there and what was recorded."""
        stored = self.damaged.stored
        if stored is None:
            return (("row", "missing", "there"),)
        names = [name for name, value in self.values.items() if stored[name] != value]
        named = [name for name in names if name not in _HASHES] or names
        return tuple((name, _shorten(stored[name]), _shorten(self.values[name])) for name in named)


class RowRepair(NamedTuple):
    """What can be put back, and the damaged rows that no backup of this desk has."""

    proven: tuple[ProvenRow, ...] = ()
    left: tuple[DamagedRow, ...] = ()


def find_row_repair(store: Store, place: ProjectLocation) -> RowRepair:
    """Look for what damaged rows of a project file were, in its newest backups first.

    A shared project has none: its rows are guarded by the server, and restored with it.
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
            found = copy.find_proven_rows(left)
            proven += (ProvenRow(one, found[one.key], backup) for one in left if one.key in found)
            left = [one for one in left if one.key not in found]
    proven.sort(key=lambda one: one.damaged.key)
    return RowRepair(tuple(proven), tuple(left))


def put_back_rows(
    store: Store, repair: RowRepair, *, actor: str, desk: str, now: datetime
) -> tuple[ProvenRow, ...]:
    """Put back what is proven, all or none, and say by entries what came from which backup.

    Returns
    -------
    tuple
        The rows that were written; one whose text was removed before texts had hashes is not.
    """
    if not repair.proven:
        return ()
    rows = {one.damaged.key: one.values for one in repair.proven}
    notes = {
        one.damaged.key: build_quarantine_entry(
            uid=new_uid(),
            seq=one.damaged.seq,
            field=EDIT_ROW if one.damaged.table == "edit" else ENTRY_ROW,
            reason=f"Put back as its hash proves, from the backup of {one.backup.at.isoformat()}",
            now=now,
        )
        for one in repair.proven
    }
    written = store.put_back_rows(rows, notes, actor=actor, desk=desk, now=now)
    return tuple(one for one in repair.proven if one.damaged.key in written)


def describe_proven_row(one: ProvenRow) -> str:
    """Say what differs in a row and which backup has it."""
    differs = "; ".join(f"{name}: “{now}” was “{before}”" for name, now, before in one.changes)
    return f"{one.name}, in the backup of {one.backup.local_time:%Y-%m-%d %H:%M %Z}: {differs}."


def describe_repair(repair: RowRepair) -> str:
    """Say how many damaged rows can be put back and how many cannot; nothing where none is."""
    if not repair.proven:
        return ""
    count = format_count(len(repair.proven), "damaged row")
    kept = f"{count} can be put back from backups; the hashes prove that these are the originals."
    if not repair.left:
        return kept
    return f"{kept} No backup on this desk has {format_count(len(repair.left), 'other')}."


def _shorten(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


class WholeCheck(NamedTuple):
    """What is not whole, and what of it backups can put back."""

    found: Verification
    repair: RowRepair


def check_whole_project(store: Store, report: ProgressReport) -> WholeCheck:
    """Verify the project that a store has open; it is opened once more, for reading.

    Raises
    ------
    UserError
        It cannot be opened any more.
    """
    place = store.address if store.address is not None else store.path
    assert place is not None
    with storage.open(place, read_only=True) as own:
        found = own.verify(report)
        repair = RowRepair() if found.ok else find_row_repair(own, place)
    return WholeCheck(found, repair)


def describe_findings(check: WholeCheck) -> str:
    """Say in one sentence that a project is not whole, and what to do; nothing where it is."""
    if check.found.ok:
        return ""
    first, *others = check.found.findings
    facts = {"first": first.text.rstrip("."), "more": len(others)}
    proven, several = len(check.repair.proven) > len(others), bool(others)
    codes = (
        ("damage_found.proven", "damage_found.proven_several")
        if proven
        else ("damage_found", "damage_found.several")
    )
    return render_message(codes[several], facts)
