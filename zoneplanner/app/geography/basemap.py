"""The project's basemap: brought in from map files, kept at this desk or in the project."""

import hashlib
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import (
    BasemapByKind,
    join_basemaps,
    pack_basemap,
    unpack_basemap,
)
from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.geography.basemap import BASEMAP_KINDS, ProjectBasemap
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.travel_times import TravelTimes
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from zoneplanner.exchange.basemap.reader import ForeignBasemap, MapFile

_MARGIN_SHARE, _LEAST_MARGIN_M = 0.3, 3_000.0
_MOST_BYTES = 400_000_000


@dataclass(frozen=True, eq=False, slots=True)
class BasemapResult:
    """A basemap made from a file: what the project keeps, its bytes, and the file's own share."""

    basemap: ProjectBasemap
    data: bytes
    found: "ForeignBasemap"


def _find_basemap_folder() -> Path:
    """Return the folder of the basemaps of this desk."""
    return Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "basemaps"


def read_basemap_file(
    session: Session,
    asked: "MapFile",
    *,
    add: bool,
    in_project: bool,
    report: ProgressReport,
) -> BasemapResult:
    """Make the project's basemap from a map file; with ``add`` what it has already stays.

    Raises
    ------
    UserError
        The project has no place yet, the file is no map file, or holds nothing there.
    """
    from zoneplanner.exchange.basemap.reader import read_foreign_basemap

    project = session.saved_project
    extent = compute_project_extent(project)
    if extent is None:
        raise UserError("basemap_without_place")
    found = read_foreign_basemap(
        asked,
        crs=project.crs,
        window=_add_margin(extent),
        inside=shapely.box(*extent.buffer(1_000).bounds),
        keep_off=session.store.files,
        report=report,
    )
    before, data = project.basemap, found.data
    sources, credits, vintage = [asked.path.name], [found.credit], found.vintage
    if add and before is not None:
        data = pack_basemap(join_basemaps([load_basemap(project), unpack_basemap(data)]))
        sources, credits = [before.source, *sources], [before.credit, *credits]
        vintage = max(before.vintage, vintage)
    made = unpack_basemap(data)
    basemap = ProjectBasemap(
        source=", ".join(dict.fromkeys(sources)),
        vintage=vintage,
        credit=", ".join(dict.fromkeys(filter(None, credits))),
        content=hashlib.sha256(data).hexdigest(),
        counts={kind: len(made[kind].shapes) for kind in BASEMAP_KINDS if kind in made},
        data=data if in_project else b"",
    )
    return BasemapResult(basemap, data, found)


def set_project_basemap(
    session: Session,
    basemap: ProjectBasemap | None,
    data: bytes = b"",
    *,
    travel: TravelTimes | None = None,
) -> None:
    """Draw another basemap from now on, as one step; None takes it off the map.

    ``travel`` are drives by its streets, which the project takes with it.
    """
    if basemap is not None:
        _store_basemap(basemap.content, data)
    label = f"Basemap from “{basemap.source}”" if basemap else "Remove the basemap"
    session.apply(
        label,
        lambda project: replace(project, basemap=basemap, travel=travel or project.travel),
        kind=EditKind.IMPORT,
    )


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


def _add_margin(extent: BaseGeometry) -> BaseGeometry:
    west, south, east, north = extent.bounds
    margin_m = max(_LEAST_MARGIN_M, _MARGIN_SHARE * max(east - west, north - south))
    return shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)


def _store_basemap(content: str, data: bytes) -> None:
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
