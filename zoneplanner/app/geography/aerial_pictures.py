"""Aerial pictures of a file: tiles as they are, and a GeoTIFF cut into tiles once at this desk."""

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
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> Path:
    """Return a file of tiles of pictures that a person chose: the file itself, or made of it.

    Raises
    ------
    UserError
        It has no pictures, or is a GeoTIFF that does not say where it lies.
    """
    if path.suffix.lower() not in GEOTIFF_SUFFIXES:
        read_picture_file(path)
        return path
    folder = Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "pictures"
    try:
        about = path.stat()
        with path.open("rb") as opened:
            start = opened.read(_FIRST_BYTES)
    except OSError as error:
        raise UserError(
            "unreadable_file.os_error", file=path.name, reason=error.strerror or str(error)
        ) from error
    seen = f"{path.name} {about.st_size} {about.st_mtime_ns}".encode()
    made = folder / f"{path.stem}-{hashlib.sha256(seen + start).hexdigest()[:16]}.mbtiles"
    if not made.exists():
        read_geotiff(path, made, keep_off=keep_off, report=report)
    return made
