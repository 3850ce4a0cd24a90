"""Remove text that was removed from a project also from its copies on this computer.

Copies are backups and earlier versions next to its file. Each is a separate project, in which the
same removal is done. For removals by others, a desk does this when it next opens the project.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zoneplanner import storage
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.projects.backups import is_backup_folder, list_backups
from zoneplanner.app.session.session import Session
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import REMOVAL_KINDS, read_removed_texts
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.backend import ignore_progress

_Texts = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class CleanedCopies:
    """The copies from which text was removed, and why it could not be removed from others."""

    cleaned: tuple[Path, ...] = ()
    left: Mapping[str, Message] = field(default_factory=dict)


def list_copies(session: Session) -> tuple[Path, ...]:
    """Return the files on this desk with earlier states of the project: backups and versions."""
    store, root = session.store, find_data_folder() / "backups"
    copies: list[Path] = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        copies += [
            backup.file
            for backup in list_backups(folder)
            if is_backup_folder(folder, session.saved_project.uid, backup.source)
        ]
    if store.path is not None:
        name = store.path.resolve()
        copies += sorted(name.parent.glob(f"{name.stem}.version-*{name.suffix}"))
    if store.address is not None:
        copies += sorted((root / "shared").glob(f"{store.address.stem} *.gpkg"))
    return tuple(copies)


def clean_copies(session: Session, report: ProgressReport = ignore_progress) -> CleanedCopies:
    """Remove text from all copies that was removed from the project, if not done before."""
    removals = session.store.entries(kinds=REMOVAL_KINDS)
    if not removals or _read_done().get(session.saved_project.uid) == removals[-1].uid:
        return CleanedCopies()
    acts = [(entry, _list_texts(session, entry)) for entry in removals]
    copies, cleaned, left = list_copies(session), list[Path](), dict[str, Message]()
    for index, copy in enumerate(copies):
        report(index / len(copies), Message("removing_from", file=copy.name))
        try:
            if _clean_copy(copy, acts):
                cleaned.append(copy)
        except UserError as error:
            left[str(copy)] = error.to_message()
    if not left:
        done = {**_read_done(), session.saved_project.uid: removals[-1].uid}
        with suppress(UserError):  # without the note, the copies are checked again
            write_file_atomically(_find_note(), json.dumps(done).encode())
    return CleanedCopies(tuple(cleaned), left)


def _list_texts(session: Session, removal: JournalEntry) -> _Texts:
    fields = {text.seq: text.fields for text in read_removed_texts([removal.payload])}
    return {entry.uid: fields[entry.seq] for entry in session.store.entries_by_seq(fields)}


def _clean_copy(copy: Path, acts: Sequence[tuple[JournalEntry, _Texts]]) -> bool:
    """Return whether anything was removed; a copy of an earlier version is migrated."""
    with storage.open(copy, read_only=True) as store:
        open_acts = [
            (removal, wanted)
            for removal, wanted in acts
            if any(
                entry.payload.keys() & wanted[uid] for uid, entry in store.by_uid(wanted).items()
            )
        ]
    if not open_acts:
        return False
    with storage.open(copy) as store:
        for removal, wanted in open_acts:
            store.remove_texts(
                wanted,
                kind=removal.kind,
                uid=removal.uid,
                basis=str(removal.payload["basis"]),
                actor=removal.actor,
                desk=removal.desk,
                now=removal.recorded_at,
                heeds_holds=False,
            )
        problem = store.erase_free_pages()
        if store.original_file is not None:  # the copy from before the migration
            store.original_file.unlink()
    if problem is not None:
        raise UserError("file_locked", name=copy.name)
    return True


def _find_note() -> Path:
    return find_data_folder() / "backups" / "removals.json"


def _read_done() -> Mapping[str, str]:
    """Return the last removal that was done in all copies, by the project's uid."""
    with suppress(OSError, ValueError):
        return parse_json_object(_find_note().read_bytes())
    return {}
