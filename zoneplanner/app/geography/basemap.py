"""Import the project's basemap from map files, and store it on this desk or in the project."""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import join_basemaps, pack_basemap, unpack_basemap
from zoneplanner.app.geography.basemap_files import load_basemap, store_basemap
from zoneplanner.app.session.session import Session
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.geography.basemap import BASEMAP_KINDS, ProjectBasemap
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.travel_times import TravelTimes
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from zoneplanner.exchange.basemap.reader import ForeignBasemap, MapFile

_MARGIN_SHARE, _LEAST_MARGIN_M = 0.3, 3_000.0


@dataclass(frozen=True, eq=False, slots=True)
class BasemapResult:
    """A basemap from a file: the project's record, the data, and the file's own content."""

    basemap: ProjectBasemap
    data: bytes
    found: "ForeignBasemap"


def read_basemap_file(
    session: Session,
    map_file: "MapFile",
    *,
    add: bool,
    in_project: bool,
    report: ProgressReport,
) -> BasemapResult:
    """Return the project's basemap from a map file; with ``add``, the existing one is kept.

    Raises
    ------
    UserError
        The project has no place yet, the file is not a map file, or it has nothing there.
    """
    from zoneplanner.exchange.basemap.reader import read_foreign_basemap

    project = session.saved_project
    extent = compute_project_extent(project)
    if extent is None:
        raise UserError("basemap_without_place")
    foreign = read_foreign_basemap(
        map_file,
        crs=project.crs,
        window=_add_margin(extent),
        inside=shapely.box(*extent.buffer(1_000).bounds),
        protected=session.store.files,
        report=report,
    )
    before, data = project.basemap, foreign.data
    sources, credits, vintage = [map_file.path.name], [foreign.credit], foreign.vintage
    if add and before is not None:
        data = pack_basemap(join_basemaps([load_basemap(project), unpack_basemap(data)]))
        sources, credits = [before.source, *sources], [before.credit, *credits]
        vintage = max(before.vintage, vintage)
    features = unpack_basemap(data)
    basemap = ProjectBasemap(
        source=", ".join(dict.fromkeys(sources)),
        vintage=vintage,
        credit=", ".join(dict.fromkeys(filter(None, credits))),
        content=hashlib.sha256(data).hexdigest(),
        counts={kind: len(features[kind].shapes) for kind in BASEMAP_KINDS if kind in features},
        data=data if in_project else b"",
    )
    return BasemapResult(basemap, data, foreign)


def set_project_basemap(
    session: Session,
    basemap: ProjectBasemap | None,
    data: bytes = b"",
    *,
    travel: TravelTimes | None = None,
) -> None:
    """Set the project's basemap, as one step; None removes it.

    ``travel`` are driving minutes on its streets, which are set as well.
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
