"""Backups of a project: made by themselves, thinned out with age, restored as a new file.

They lie in this desk's data folder, one folder a project, so that they outlive the file's drive.
Beside each is a small JSON file that says what it holds.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
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
from zoneplanner.messages import format_count
from zoneplanner.staging import make_private_folder, replace_private_file
from zoneplanner.storage import JournalHead, ServerAddress

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session
    from zoneplanner.storage import Store
    from zoneplanner.storage.postgres.migration import MigrationResult

_LATEST, _DAYS, _WEEKS = 10, 30, 52
"""How many backups are kept: the latest ones, then the last of a day and of a week."""
_LEAST_APART = timedelta(minutes=10)
_NAME_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup and what it holds; ``file`` is a project file of its own."""

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
        """When it was made, by the clocks of the project; of an older backup by this machine's."""
        return self.at.astimezone(ZoneInfo(self.time_zone) if self.time_zone else None)

    @property
    def words(self) -> str:
        """What it holds, in a few words."""
        plans = ", ".join(self.plans) or "no plan"
        sites, edits = format_count(self.sites, "site"), format_count(self.edits, "edit")
        return f"{sites}; {plans}; {edits}, {format_count(self.entries, 'entry', 'entries')}"


def find_backup_folder(project_uid: str, place: ProjectLocation) -> Path:
    """Return where this desk keeps the backups of a project.

    Its name is computed, for what a file says its uid is may be anything; copies of one project
    do not thin out each other's backups.
    """
    root, source = find_data_folder() / "backups", _name_source(place)
    older = root / _digest_place(project_uid, source)
    return older if older.is_dir() else root / name_backup_folder(project_uid, source)


def name_backup_folder(project_uid: str, source: str) -> str:
    """Return the name of the folder of a project's backups: its file's name and a digest.

    ``source`` is ``Backup.source``. People find the folder by the first, the program by all of it.
    """
    stem = re.sub(r"[^\w-]+", " ", PurePath(source).stem).strip()[:_NAME_LETTERS].strip()
    return f"{stem} {_digest_place(project_uid, source)}".strip()


def is_backup_folder(folder: Path, project_uid: str, source: str) -> bool:
    """True where a folder holds a project's backups; older ones are named by the digest alone."""
    return folder.name in (
        name_backup_folder(project_uid, source),
        _digest_place(project_uid, source),
    )


def _digest_place(project_uid: str, source: str) -> str:
    return hashlib.sha256(os.fsencode(f"{project_uid}\n{source}")).hexdigest()[:32]


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """Return the backups in a folder, the latest first; what cannot be read is left out."""
    found = []
    for note in filter(Path.is_file, folder.glob("*.json")):  # a pipe would keep us waiting
        with suppress(OSError, ValueError, OverflowError):
            found.append(_read_note(note))
    there = [backup for backup in found if backup.file.is_file()]
    return tuple(sorted(there, key=lambda backup: backup.at, reverse=True))


_NOTE_KINDS = {
    **dict.fromkeys(("at", "why", "source", "name", "head", "time_zone", "role"), str),
    **dict.fromkeys(("sites", "edits", "entries", "size_bytes"), int),
    "plans": list,
}


def _read_note(note: Path) -> Backup:
    """Return the backup that a note is of; one that is no note of ours is a ValueError."""
    said = {"time_zone": "", "role": "", **parse_json_object(note.read_bytes())}
    fits = said.keys() == _NOTE_KINDS.keys()
    if not fits or any(type(said[name]) is not kind for name, kind in _NOTE_KINDS.items()):
        raise ValueError(note.name)
    at = datetime.fromisoformat(said["at"]).astimezone(UTC)
    if said["time_zone"] and not is_time_zone(said["time_zone"]):
        raise ValueError(said["time_zone"])
    made = {"at": at, "plans": tuple(map(str, said["plans"]))}
    return Backup(**{**said, **made, "file": note.with_suffix(".gpkg")})


def list_backups_of(place: ProjectLocation) -> tuple[Backup, ...]:
    """Return the backups of a project, also of one that is damaged, gone, or cannot be reached.

    Of a shared one they are those of every login that had it open on this desk.
    """
    root = find_data_folder() / "backups"
    folders = root.iterdir() if root.is_dir() else ()
    every = [backup for folder in folders for backup in list_backups(folder)]
    found = [backup for backup in every if _is_backup_of(backup, place)]
    return tuple(sorted(found, key=lambda backup: backup.at, reverse=True))


def _is_backup_of(backup: Backup, place: ProjectLocation) -> bool:
    if isinstance(place, Path) or not is_shared_address(backup.source):
        return backup.source == _name_source(place)
    try:
        source = parse_location(backup.source)
    except UserError:  # of another version, with options that this one does not know
        return False
    return isinstance(source, ServerAddress) and source.without_login == place.without_login


def _name_source(place: ProjectLocation) -> str:
    return str(place.absolute() if isinstance(place, Path) else place)


def migrate_with_backup(
    address: ServerAddress, now: datetime, administrator: ServerAddress | None = None
) -> "tuple[MigrationResult, Path] | None":
    """Bring a shared project to the present version; also return the copy that is kept here.

    None where it is of the present version already.
    """
    folder = find_data_folder() / "backups" / "shared"
    make_private_folder(folder)
    copy = _find_free_path(folder, f"{address.stem} {now:%Y-%m-%d %H%M%S}")
    found = storage.migrate_shared_project(address, copy, administrator)
    return (found, copy) if found is not None else None


def describe_newest_backup(place: ProjectLocation) -> str:
    """Return a sentence about the newest backup of a project; none: nothing."""
    known = list_backups_of(place)[:1]
    return "".join(
        f"Its newest backup on this desk is from {one.local_time:%Y-%m-%d %H:%M %Z} ({one.words})."
        for one in known
    )


_LOST_CODES = frozenset(("no_file", "not_a_file", "not_a_project", "damaged", "structure_altered"))


def needs_backup(error: UserError) -> bool:
    """True where a project cannot be opened any more, so that a backup of it is to be offered."""
    return error.code in _LOST_CODES


def back_up_if_due(
    session: "Session", why: str = "opened", *, apart: timedelta = _LEAST_APART
) -> Backup | None:
    """Back up a project unless that was done lately or nothing changed since.

    The first one waits no longer than ten minutes, whatever ``apart`` is. Of a shared project it
    is made however new it is: without it there is nothing to open here while the server is away.
    Nothing is made of a file that is open read-only, or while a server is away.

    Raises
    ------
    UserError
        It cannot be written.
    """
    store = session.store
    if (store.read_only and store.path is not None) or not store.online:
        return None
    place = store.path or store.address
    assert place is not None
    known, now = list_backups(find_backup_folder(session.project.uid, place)), session.clock()
    edits, entries = store.edits(), store.head().entries
    begun = edits[0].at if edits else now
    last = known[0].at if known else begun
    same = known and (known[0].edits, known[0].entries) == (len(edits), entries)
    apart = apart if known else min(apart, _LEAST_APART)
    is_first_copy = not known and store.path is None
    if same or (now - last < apart and not is_first_copy):
        return None
    return back_up(session, why)


def back_up(session: "Session", why: str) -> Backup:
    """Back up a project into this desk's data folder, and let go of backups too many.

    That of a shared project is a file too: what this desk opens while the server is away.

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
    if folder != named:  # it had no name until 0.10
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
    """Save what the window has of a stale file as a new project file; return its journal's head.

    Raises
    ------
    UserError
        There is a file already or it cannot be written; or what the window has is not whole,
        since others wrote to the file meanwhile: then the copy is there, but not to be used.
    """
    head = session.store.backup(path)
    with storage.open(path, read_only=True) as copy:
        found = copy.verify()
    if not found.ok:
        raise UserError(
            "not_whole.copy", findings=[item.text for item in found.findings], file=path.name
        )
    return head


def select_backups_to_keep(backups: Iterable[Backup], now: datetime) -> set[Path]:
    """Return which backups are kept: the latest, the last of each day and of each week.

    A clock that was set back makes none of them too many.
    """
    ordered = sorted(backups, key=lambda backup: backup.at, reverse=True)
    found = {backup.file for backup in ordered[:_LATEST]}
    found |= {backup.file for backup in ordered if backup.at > now}
    days: dict[object, Path] = {}
    weeks: dict[object, Path] = {}
    for backup in ordered:
        if now - backup.at <= timedelta(days=_DAYS):
            days.setdefault(backup.at.date(), backup.file)
        if now - backup.at <= timedelta(weeks=_WEEKS):
            weeks.setdefault(backup.at.isocalendar()[:2], backup.file)
    return found | set(days.values()) | set(weeks.values())


def restore_backup(backup: Path, to: Path) -> JournalHead:
    """Write a backup as a new project file, checked on the way; return its journal's head.

    It is a project of its own, also where the backup is of a copy of one that was shared.

    Raises
    ------
    UserError
        The backup is missing or not whole, or there is a file already.
    """
    noted = {one.file: one for one in list_backups(backup.parent)}.get(backup)
    anchor = JournalHead(noted.entries, noted.head) if noted is not None else None
    with storage.open(backup, read_only=True) as store:
        found = store.verify(anchor=anchor)
        if not found.ok:
            raise UserError(
                "not_whole.backup",
                findings=[item.text for item in found.findings],
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
    said: dict[str, Any] = {**asdict(replace(backup, file=Path())), "at": backup.at.isoformat()}
    del said["file"]
    text = json.dumps(said, indent=1)  # a file name may be no text
    note = backup.file.with_suffix(".json")
    try:
        replace_private_file(note, text)
    except OSError as error:
        raise UserError("cannot_write.backup", folder=note.parent, reason=error.strerror) from error


def _delete_surplus(backups: Iterable[Backup], now: datetime) -> None:
    every = tuple(backups)
    for gone in {backup.file for backup in every} - select_backups_to_keep(every, now):
        with suppress(OSError):
            gone.unlink()
            gone.with_suffix(".json").unlink()


def open_checked_store(place: ProjectLocation, **options: Any) -> "Store":
    """Open a project as ``storage.open`` does; a refusal of a lost one names its newest backup."""
    try:
        store = storage.open(place, **options)
    except UserError as error:
        hint = describe_newest_backup(place) if needs_backup(error) else ""
        if not hint:
            raise
        raise type(error)(f"{error.message} {hint}", error.details, code=error.code) from None
    if store.damaged:
        store.notice = f"{store.notice} {describe_newest_backup(place)}".strip()
    return store
