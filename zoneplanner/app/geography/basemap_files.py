"""The data of basemaps: in the project, or in a file on this desk, named by its content."""

import hashlib
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import platformdirs

from zoneplanner.analysis.geometry.basemap import BasemapByKind, unpack_basemap
from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.domain.geography.basemap import BASEMAP_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_MOST_BYTES = 400_000_000


def _find_basemap_folder() -> Path:
    """Return this desk's folder for basemaps."""
    return Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "basemaps"


def load_basemap(project: Project, only: Collection[str] = BASEMAP_KINDS) -> BasemapByKind:
    """Return a project's basemap, from the project or this desk; empty if it has none.

    ``only`` names the kinds that are needed.

    Raises
    ------
    UserError
        This desk does not have it; the message says to import the file again.
    """
    basemap = project.basemap
    if basemap is None:
        return {}
    try:
        data = basemap.data or _read_stored(basemap.content)
        if hashlib.sha256(data).hexdigest() != basemap.content:
            raise ValueError(basemap.content)
        return unpack_basemap(data, only)
    except (OSError, ValueError, zlib.error) as error:
        raise UserError("basemap_missing", source=basemap.source) from error


def find_basemap(project: Project, only: Collection[str] = BASEMAP_KINDS) -> BasemapByKind:
    """Return a project's basemap; empty if it has none, or if this desk does not have it."""
    with suppress(UserError):
        return load_basemap(project, only)
    return {}


def store_basemap(content: str, data: bytes) -> None:
    """Store a basemap on this desk, if its folder can be written."""
    folder = _find_basemap_folder()
    with suppress(OSError, UserError):
        folder.mkdir(parents=True, exist_ok=True)
        write_file_atomically(folder / f"{content}.map", zlib.compress(data, 6))


def _read_stored(content: str) -> bytes:
    if not content.isalnum():  # it must be a hash, not a path to another folder
        raise ValueError(content)
    packed = (_find_basemap_folder() / f"{content}.map").read_bytes()
    return zlib.decompressobj().decompress(packed, _MOST_BYTES)
