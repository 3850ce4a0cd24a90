"""Creating and opening the store of a project: a file, or a shared project on a server."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import Damaged, Superseded
from zoneplanner.messages import Message
from zoneplanner.storage.geopackage.backend import (
    create_project_file,
    inspect_file,
    open_project_file,
    unmark_shared_copy,
)
from zoneplanner.storage.geopackage.connection import (
    LOCK_WAIT_S,
    find_synchronizer,
    is_on_network_share,
)
from zoneplanner.storage.geopackage.layer_registry import parse_srid
from zoneplanner.storage.geopackage.migration import migrate_file
from zoneplanner.storage.geopackage.recovery import RecoveredStore, recover_project
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.postgres.outbox import LastCopyBackend
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.tables import build_tables
from zoneplanner.storage.store import Store


def create_file_store(path: Path, project: Project, *, actor: str, at: datetime) -> Store:
    """Create a project file and open it; see ``storage.create``."""
    create_project_file(path, project, actor=actor, at=at)
    store = open_file_store(path)
    store.note_versions()
    return store


def open_file_store(
    path: Path, *, read_only: bool = False, patience_s: float = LOCK_WAIT_S
) -> Store:
    """Open a project file; see ``storage.open``."""
    try:
        return _open_sound_file(path, read_only=read_only, patience_s=patience_s)
    except Damaged as damaged:
        return _open_damaged_file(path, damaged, read_only=read_only)


def _open_sound_file(path: Path, *, read_only: bool, patience_s: float) -> Store:
    header, original_file = inspect_file(path, read_only=read_only, patience_s=patience_s), None
    if header.shared_to and not read_only:
        facts = {"shared_on": date.fromisoformat(header.shared_on), "opens": "for reading only"}
        raise Superseded("superseded", facts, name=path.name, address=header.shared_to)
    if header.needs_migration and not read_only:
        original_file = migrate_file(path, header, patience_s=patience_s)
        header = inspect_file(path, read_only=read_only, patience_s=patience_s)
    backend = open_project_file(path, header, read_only=read_only, patience_s=patience_s)
    try:
        backend.require_sound_pages()
        notices = tuple(_list_notices(path, original_file))
        store = Store(backend, header, original_file=original_file, notices=notices)
        problem = store.check_tail()
        if problem is not None:
            store.notices += (problem, Message("verify_advised"))
        return store
    except BaseException:
        backend.close()
        raise


def _open_damaged_file(path: Path, damaged: Damaged, *, read_only: bool) -> Store:
    """Open what can be recovered of a damaged file, or refuse to write to it."""
    recovered = recover_project(path)
    if recovered is None:
        raise damaged from None
    if not read_only:
        raise Damaged("damaged.opens_read_only", opens="for reading only", name=path.name)
    return RecoveredStore(recovered, path)


def unmark_file_copy(path: Path) -> None:
    """Make the copy of a shared project a separate project; other files stay as they are."""
    header = inspect_file(path, read_only=True, patience_s=LOCK_WAIT_S)
    if not header.shared_to:
        return
    backend = open_project_file(path, header, read_only=False, patience_s=LOCK_WAIT_S)
    try:
        with backend.writing() as connection:
            unmark_shared_copy(connection, build_tables(parse_srid(header.crs)))
    finally:
        backend.close()


def open_shared_store(
    address: ServerAddress, *, read_only: bool = False, desk: str = "", outbox: Path | None = None
) -> Store:
    """Open a shared project; see ``storage.open``."""
    from zoneplanner.storage.postgres.backend import PostgresBackend
    from zoneplanner.storage.postgres.shared_store import SharedStore

    backend = PostgresBackend(address, read_only=read_only, desk=desk)
    try:
        return SharedStore(backend, outbox)
    except BaseException:
        backend.close()
        raise


def open_copy_store(copy: Path, address: ServerAddress, role: ProjectRole, outbox: Path) -> Store:
    """Open a desk's copy of a shared project; see ``storage.open_copy``."""
    from zoneplanner.storage.postgres.shared_store import SharedStore

    backend = LastCopyBackend(copy, address, role)
    try:
        return SharedStore(backend, outbox)
    except BaseException:
        backend.close()
        raise


def _list_notices(path: Path, original_file: Path | None) -> Iterator[Message]:
    if is_on_network_share(path):
        yield Message("on_network_share")
    if service := find_synchronizer(path):
        yield Message("in_synchronized_folder", service=service)
    if original_file is not None:
        facts = {"name": path.name, "version": SCHEMA_VERSION, "original": original_file.name}
        yield Message("file_migrated", **facts)
