"""The entry point of the storage: creating and opening the store of a project.

The database library is loaded with the first project, so that the window can appear before that.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.storage.backend import (
    EditRecord,
    ExternalChange,
    JournalHead,
    OutboxCounts,
    PresentDesk,
    UnreadableEntry,
    Verification,
)
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

if TYPE_CHECKING:
    from zoneplanner.storage.postgres.migration import MigrationResult
    from zoneplanner.storage.store import Store

__all__ = [
    "SCHEMA_VERSION",
    "EditRecord",
    "ExternalChange",
    "JournalHead",
    "OutboxCounts",
    "PresentDesk",
    "ProjectRole",
    "ServerAddress",
    "Store",
    "UnreadableEntry",
    "Verification",
    "create",
    "migrate_shared_project",
    "open",
    "open_copy",
    "release",
]


def create(path: Path, project: Project, *, actor: str, at: datetime) -> "Store":
    """Create a project file and open it.

    Raises
    ------
    UserError
        The path exists, its folder is missing or not writable, the disk is full, the project's
        CRS is not a projected EPSG code, or a geometry cannot be stored. Nothing is left behind.
    """
    from zoneplanner.storage import store_factory

    return store_factory.create_file_store(Path(path), project, actor=actor, at=at)


def open(
    place: Path | ServerAddress,
    *,
    read_only: bool = False,
    patience_s: float = 5.0,
    desk: str = "",
    outbox: Path | None = None,
) -> "Store":
    """Open a project file, or a shared project by its address.

    ``patience_s`` is how long to wait for another program that is writing to the file. ``desk`` is
    the name that other desks of a shared project see. ``outbox`` is where entries wait while the
    server cannot be reached.

    A file of an earlier schema version that is opened for writing is migrated first, completely or
    not at all; ``Store.original_file`` is a copy from before. Opened for reading, it stays as it
    is. A newer file opens read-only if its format allows that.

    Raises
    ------
    UserError
        The server cannot be reached or refuses access; or the file is missing, locked, truncated,
        not a project, made by a newer version, altered in its schema, or not accessible.
    """
    from zoneplanner.storage import store_factory

    if isinstance(place, ServerAddress):
        return store_factory.open_shared_store(place, read_only=read_only, desk=desk, outbox=outbox)
    return store_factory.open_file_store(Path(place), read_only=read_only, patience_s=patience_s)


def open_copy(copy: Path, address: ServerAddress, role: ProjectRole, outbox: Path) -> "Store":
    """Open a desk's copy of a shared project while its server cannot be reached.

    The copy is not changed; new entries wait in ``outbox`` until the project itself is opened.
    """
    from zoneplanner.storage import store_factory

    return store_factory.open_copy_store(copy, address, role, outbox)


def migrate_shared_project(
    address: ServerAddress, copy: Path, administrator: ServerAddress | None = None
) -> "MigrationResult | None":
    """Migrate a shared project; see ``migration.migrate_shared_schema``."""
    from zoneplanner.storage.postgres import migration

    return migration.migrate_shared_schema(address, copy, administrator)


def __getattr__(name: str) -> Any:
    if name == "Store":
        from zoneplanner.storage.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def release(path: Path) -> None:
    """Make the copy of a shared project a separate project; other files stay as they are."""
    from zoneplanner.storage import store_factory

    store_factory.unmark_file_copy(path)
