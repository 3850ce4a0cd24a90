"""Backups of a project: made automatically, thinned out with age, restored as a new file.

They are in this desk's data folder, with a folder per project, so that they survive the loss of the
file's drive. Next to each is a small JSON file that describes it.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from zoneplanner import storage
from zoneplanner.app.desk.project_location import (
    ProjectLocation,
    is_shared_address,
    parse_location,
)
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.domain.calendar.local_time import is_time_zone
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.staging import make_private_folder, replace_private_file
from zoneplanner.storage import JournalHead, ServerAddress

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session
    from zoneplanner.storage import Store
    from zoneplanner.storage.postgres.migration import MigrationResult

_LATEST, _DAYS, _WEEKS = 10, 30, 52
"""How many backups are kept: the latest ones, then the last one of each day and week."""
_LEAST_INTERVAL = timedelta(minutes=10)
_NAME_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup and a summary of it; ``file`` is a separate project file."""

    file: Path
    at: datetime
    why: str
    source: str
    name: str
    plans: tuple[str, ...]
    sites: int
    edits: int
    entries: int
    head: str
    size_bytes: int
    time_zone: str = ""
    role: str = ""

    @property
    def local_time(self) -> datetime:
        """When it was made, in the project's time zone; for an older backup, in this computer's."""
        return self.at.astimezone(ZoneInfo(self.time_zone) if self.time_zone else None)

    @property
    def message(self) -> Message:
        """Its content in a few words."""
        counts = {"sites": self.sites, "edits": self.edits, "entries": self.entries}
        code = "backup_content" if self.plans else "backup_content.no_plan"
        return Message(code, plans=", ".join(self.plans), **counts)


def find_backup_folder(project_uid: str, place: ProjectLocation) -> Path:
    """Return this desk's folder for the backups of a project.

    Its name has a digest, because the uid in a file may be any string. Copies of a project have
    separate folders, so that they do not thin out each other's backups.
    """
    root, source = find_data_folder() / "backups", _name_source(place)
    old_style = root / _digest_place(project_uid, source)
    return old_style if old_style.is_dir() else root / name_backup_folder(project_uid, source)


def name_backup_folder(project_uid: str, source: str) -> str:
    """Return the name of the folder of a project's backups: its file's name and a digest.

    ``source`` is ``Backup.source``. People recognize the file's name; the program uses both.
    """
    stem = re.sub(r"[^\w-]+", " ", PurePath(source).stem).strip()[:_NAME_LETTERS].strip()
    return f"{stem} {_digest_place(project_uid, source)}".strip()


def is_backup_folder(folder: Path, project_uid: str, source: str) -> bool:
    """Whether a folder has a project's backups; older folders are named only by the digest."""
    return folder.name in (
        name_backup_folder(project_uid, source),
        _digest_place(project_uid, source),
    )


def _digest_place(project_uid: str, source: str) -> str:
    return hashlib.sha256(os.fsencode(f"{project_uid}\n{source}")).hexdigest()[:32]


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """Return the backups in a folder, the latest first; unreadable ones are left out."""
    backups = []
    for note in filter(Path.is_file, folder.glob("*.json")):  # reading a pipe would block
        with suppress(OSError, ValueError, OverflowError):
            backups.append(_read_note(note))
    existing = (backup for backup in backups if backup.file.is_file())
    return tuple(sorted(existing, key=lambda backup: backup.at, reverse=True))


_NOTE_TYPES = {
    **dict.fromkeys(("at", "why", "source", "name", "head", "time_zone", "role"), str),
    **dict.fromkeys(("sites", "edits", "entries", "size_bytes"), int),
    "plans": list,
}


def _read_note(note: Path) -> Backup:
    """Return the backup that a note describes; an invalid note is a ValueError."""
    facts = {"time_zone": "", "role": "", **parse_json_object(note.read_bytes())}
    has_all = facts.keys() == _NOTE_TYPES.keys()
    if not has_all or any(type(facts[name]) is not kind for name, kind in _NOTE_TYPES.items()):
        raise ValueError(note.name)
    if facts["time_zone"] and not is_time_zone(facts["time_zone"]):
        raise ValueError(facts["time_zone"])
    facts["at"] = datetime.fromisoformat(facts["at"]).astimezone(UTC)
    facts["plans"] = tuple(map(str, facts["plans"]))
    return Backup(**facts, file=note.with_suffix(".gpkg"))


def list_backups_of(place: ProjectLocation) -> tuple[Backup, ...]:
    """Return the backups of a project, even if it is damaged, missing or out of reach.

    For a shared project, they include backups from every login on this desk.
    """
    root = find_data_folder() / "backups"
    folders = root.iterdir() if root.is_dir() else ()
    every = (backup for folder in folders for backup in list_backups(folder))
    matches = (backup for backup in every if _is_backup_of(backup, place))
    return tuple(sorted(matches, key=lambda backup: backup.at, reverse=True))


def _is_backup_of(backup: Backup, place: ProjectLocation) -> bool:
    if isinstance(place, Path) or not is_shared_address(backup.source):
        return backup.source == _name_source(place)
    try:
        source = parse_location(backup.source)
    except UserError:  # an address of another version, with options unknown to this one
        return False
    return isinstance(source, ServerAddress) and source.without_login == place.without_login


def _name_source(place: ProjectLocation) -> str:
    return str(place.absolute() if isinstance(place, Path) else place)


def migrate_with_backup(
    address: ServerAddress, now: datetime, administrator: ServerAddress | None = None
) -> "tuple[MigrationResult, Path] | None":
    """Migrate a shared project to this version; also return the copy made on this desk.

    None if it has this version already.
    """
    folder = find_data_folder() / "backups" / "shared"
    make_private_folder(folder)
    copy = _find_free_path(folder, f"{address.stem} {now:%Y-%m-%d %H%M%S}")
    result = storage.migrate_shared_project(address, copy, administrator)
    return (result, copy) if result is not None else None


def describe_newest_backup(place: ProjectLocation) -> Message | None:
    """Return a sentence about the newest backup of a project, or None."""
    newest = next(iter(list_backups_of(place)), None)
    if newest is None:
        return None
    return Message("newest_backup", at=newest.local_time, content=newest.message)


_LOST_CODES = frozenset(("no_file", "not_a_file", "not_a_project", "damaged", "structure_altered"))


def needs_backup(error: UserError) -> bool:
    """Whether a project can no longer be opened, so that a backup should be offered."""
    return error.code in _LOST_CODES


def back_up_if_due(
    session: "Session", why: str = "opened", *, interval: timedelta = _LEAST_INTERVAL
) -> Backup | None:
    """Back up a project unless that was done recently or nothing has changed since.

    The first backup waits at most ten minutes, whatever ``interval`` is. For a shared project, it
    is made immediately, because only a backup can be opened while the server is away. No backup is
    made of a file that is open read-only, or while the server is away.

    Raises
    ------
    UserError
        The backup cannot be written.
    """
    store = session.store
    if (store.read_only and store.path is not None) or not store.online:
        return None
    place = store.path or store.address
    assert place is not None
    known, now = list_backups(find_backup_folder(session.project.uid, place)), session.clock()
    edits, entries = store.edits(), store.head().entries
    if known:
        is_unchanged = (known[0].edits, known[0].entries) == (len(edits), entries)
        is_due = not is_unchanged and now - known[0].at >= interval
    else:
        begun = edits[0].at if edits else now
        is_due = store.path is None or now - begun >= min(interval, _LEAST_INTERVAL)
    return back_up(session, why) if is_due else None


def back_up(session: "Session", why: str) -> Backup:
    """Back up a project into this desk's data folder, and delete surplus backups.

    The backup of a shared project is also a file, which this desk opens while the server is away.

    Raises
    ------
    UserError
        It cannot be written.
    """
    store, project = session.store, session.state.saved_project
    place = store.path or store.address
    assert place is not None
    folder, now = find_backup_folder(project.uid, place), session.clock()
    named = folder.with_name(name_backup_folder(project.uid, _name_source(place)))
    if folder != named:  # until 0.10, its name was only the digest
        with suppress(OSError):
            folder = folder.rename(named)
    try:
        make_private_folder(folder)
    except OSError as error:
        raise UserError("cannot_write.backup", folder=folder, reason=error.strerror) from error
    file = _find_free_path(folder, f"{now:%Y-%m-%d %H%M%S}")
    head = store.backup(file)
    backup = Backup(
        file=file,
        at=now,
        why=why,
        source=_name_source(place),
        name=project.name,
        plans=tuple(plan.name for plan in project.plans.values()),
        sites=len(project.sites),
        edits=len(store.edits()),
        entries=head.entries,
        head=head.hash,
        size_bytes=file.stat().st_size,
        time_zone=project.time_zone,
        role=str(store.role),
    )
    _write_note(backup)
    _delete_surplus(list_backups(folder), now)
    return backup


def save_project_copy(session: "Session", path: Path) -> JournalHead:
    """Save the window's project as a new file after its file was replaced, and return its head.

    Raises
    ------
    UserError
        The file exists or cannot be written; or the project is damaged, because others wrote to its
        file in the meantime: then the copy exists, but must not be used.
    """
    head = session.store.backup(path)
    with storage.open(path, read_only=True) as copy:
        found = copy.verify()
    if not found.ok:
        raise UserError("not_whole.copy", findings=list(map(str, found.findings)), file=path.name)
    return head


def select_backups_to_keep(backups: Iterable[Backup], now: datetime) -> set[Path]:
    """Return the backups to keep: the latest ones, and the last one of each day and week.

    Backups from the future are kept, in case the clock was set back.
    """
    ordered = sorted(backups, key=lambda backup: backup.at, reverse=True)
    kept = {backup.file for backup in ordered[:_LATEST]}
    kept |= {backup.file for backup in ordered if backup.at > now}
    days: dict[object, Path] = {}
    weeks: dict[object, Path] = {}
    for backup in ordered:
        if now - backup.at <= timedelta(days=_DAYS):
            days.setdefault(backup.at.date(), backup.file)
        if now - backup.at <= timedelta(weeks=_WEEKS):
            weeks.setdefault(backup.at.isocalendar()[:2], backup.file)
    return kept | set(days.values()) | set(weeks.values())


def restore_backup(backup: Path, to: Path) -> JournalHead:
    """Check a backup and write it as a new project file; return its journal's head.

    The file is a separate project, even if the backup is of a shared project.

    Raises
    ------
    UserError
        The backup is missing or damaged, or the file exists already.
    """
    note = next((each for each in list_backups(backup.parent) if each.file == backup), None)
    anchor = JournalHead(note.entries, note.head) if note is not None else None
    with storage.open(backup, read_only=True) as store:
        found = store.verify(anchor=anchor)
        if not found.ok:
            raise UserError(
                "not_whole.backup",
                findings=list(map(str, found.findings)),
                backup=backup.name,
            )
        head = store.backup(to)
    storage.release(to)
    return head


def _find_free_path(folder: Path, stem: str) -> Path:
    number, file = 2, folder / f"{stem}.gpkg"
    while file.exists():
        file = folder / f"{stem} {number}.gpkg"
        number += 1
    return file


def _write_note(backup: Backup) -> None:
    facts: dict[str, Any] = {**asdict(backup), "at": backup.at.isoformat()}
    del facts["file"]
    note = backup.file.with_suffix(".json")
    try:
        replace_private_file(note, json.dumps(facts, indent=1))
    except OSError as error:
        raise UserError("cannot_write.backup", folder=note.parent, reason=error.strerror) from error


def _delete_surplus(backups: Iterable[Backup], now: datetime) -> None:
    every = tuple(backups)
    for gone in {backup.file for backup in every} - select_backups_to_keep(every, now):
        with suppress(OSError):
            gone.unlink()
            gone.with_suffix(".json").unlink()


def open_checked_store(place: ProjectLocation, **options: Any) -> "Store":
    """Open a project with ``storage.open``; the error about a lost one names its newest backup."""
    try:
        store = storage.open(place, **options)
    except UserError as error:
        hint = describe_newest_backup(place) if needs_backup(error) else None
        if hint is None:
            raise
        problem = error.to_message()
        raise type(error)(
            "with_backup", error.details, code=error.code, problem=problem, backup=hint
        ) from None
    if store.damaged:
        store.notices += tuple(filter(None, [describe_newest_backup(place)]))
    return store
