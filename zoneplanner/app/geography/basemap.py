"""The project's basemap: brought in from map files, kept at this desk or in the project."""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import join_basemaps, pack_basemap, unpack_basemap
from zoneplanner.app.geography.basemap_files import load_basemap, store_basemap
from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.geography.basemap import BASEMAP_KINDS, ProjectBasemap
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.travel_times import TravelTimes
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from zoneplanner.exchange.basemap.reader import ForeignBasemap, MapFile

_MARGIN_SHARE, _LEAST_MARGIN_M = 0.3, 3_000.0


@dataclass(frozen=True, eq=False, slots=True)
class BasemapResult:
    """A basemap made from a file: what the project keeps, its bytes, and the file's own share."""

    basemap: ProjectBasemap
    data: bytes
    found: "ForeignBasemap"


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
        store_basemap(basemap.content, data)
    label = f"Basemap from “{basemap.source}”" if basemap else "Remove the basemap"
    session.apply(
        label,
        lambda project: replace(project, basemap=basemap, travel=travel or project.travel),
        kind=EditKind.IMPORT,
    )


def _add_margin(extent: BaseGeometry) -> BaseGeometry:
    west, south, east, north = extent.bounds
    margin_m = max(_LEAST_MARGIN_M, _MARGIN_SHARE * max(east - west, north - south))
    return shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
