"""The bytes of basemaps: in the project, or a file each at this desk, named by its content."""

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
    """Return the folder of the basemaps of this desk."""
    return Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "basemaps"


def load_basemap(project: Project, only: Collection[str] = BASEMAP_KINDS) -> BasemapByKind:
    """Return the basemap of a project, from itself or from this desk; without one it is empty.

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
        data = basemap.data or _read_kept(basemap.content)
        if hashlib.sha256(data).hexdigest() != basemap.content:
            raise ValueError(basemap.content)
        return unpack_basemap(data, only)
    except (OSError, ValueError, zlib.error) as error:
        raise UserError("basemap_missing", source=basemap.source) from error


def find_basemap(project: Project, only: Collection[str] = BASEMAP_KINDS) -> BasemapByKind:
    """Return the basemap of a project, empty where it has none or this desk lacks it."""
    with suppress(UserError):
        return load_basemap(project, only)
    return {}


def store_basemap(content: str, data: bytes) -> None:
    """Keep a basemap at this desk; where the folder cannot be written it is let be."""
    folder = _find_basemap_folder()
    with suppress(OSError, UserError):
        folder.mkdir(parents=True, exist_ok=True)
        write_file_atomically(folder / f"{content}.map", zlib.compress(data, 6))


def _read_kept(content: str) -> bytes:
    if not content.isalnum():  # a content is a hash, and never a path that leads elsewhere
        raise ValueError(content)
    packed = (_find_basemap_folder() / f"{content}.map").read_bytes()
    return zlib.decompressobj().decompress(packed, _MOST_BYTES)
