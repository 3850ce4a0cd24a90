"""Aerial pictures from a file: tiles are used directly, a GeoTIFF is cut into tiles once."""

import hashlib
from collections.abc import Collection
from pathlib import Path

import platformdirs

from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.app.geography.web_tiles import read_picture_file
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.basemap.geotiff import GEOTIFF_SUFFIXES, read_geotiff

_FIRST_BYTES = 1_000_000


def prepare_picture_file(
    path: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> Path:
    """Return a file of tiles for a person's file: the file itself, or tiles made from it.

    Raises
    ------
    UserError
        The file has no pictures, or is a GeoTIFF that does not say where it is.
    """
    if path.suffix.lower() not in GEOTIFF_SUFFIXES:
        read_picture_file(path)
        return path
    folder = Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "pictures"
    try:
        status = path.stat()
        with path.open("rb") as source:
            start = source.read(_FIRST_BYTES)
    except OSError as error:
        raise UserError(
            "unreadable_file.os_error", file=path.name, reason=error.strerror or str(error)
        ) from error
    identity = f"{path.name} {status.st_size} {status.st_mtime_ns}".encode()
    tiles = folder / f"{path.stem}-{hashlib.sha256(identity + start).hexdigest()[:16]}.mbtiles"
    if not tiles.exists():
        read_geotiff(path, tiles, protected=protected, report=report)
    return tiles
