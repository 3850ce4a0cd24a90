"""A project's travel times: from roads, a table or an extension, and how they compare."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray, unpack_arrays
from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.analysis.travel.grid import TravelModel, build_grid_model
from zoneplanner.analysis.travel.road_network import (
    RoadNetwork,
    Roads,
    build_road_network,
)
from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.app.exports.atomic_files import stage_atomic_write
from zoneplanner.app.extensions import Extension
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.travel_times import (
    TravelProvider,
    TravelTimes,
    name_travel_source,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.roads.reader import read_roads
from zoneplanner.exchange.row_results import RowResult
from zoneplanner.exchange.tables.travel_minutes import read_travel_minutes
from zoneplanner.messages import Message

_ROAD_ARRAYS = ("lonlat", "start", "end", "length_m", "kind")


def _find_network_folder() -> Path:
    """Return this desk's folder for road networks."""
    return Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "networks"


def _store_roads(roads: Roads, folder: Path) -> None:
    """Store a network, if the folder can be written."""
    file = folder / f"{roads.content}.npz"
    arrays = {name: getattr(roads, name) for name in _ROAD_ARRAYS}
    with suppress(OSError, UserError):
        folder.mkdir(parents=True, exist_ok=True)
        with stage_atomic_write(file) as draft:
            np.savez(draft, allow_pickle=False, **arrays)


def _load_roads(content: str, folder: Path, *, source: str, vintage: str) -> Roads:
    """Return the stored network with a content hash.

    Raises
    ------
    UserError
        This desk does not have it; the message says to import the file again.
    """
    try:
        if not content.isalnum():  # it must be a hash, not a path to another folder
            raise ValueError(content)
        arrays = unpack_arrays((folder / f"{content}.npz").read_bytes())
        _check_road_arrays(arrays)
    except (OSError, ValueError) as error:
        raise UserError("roads_missing", source=source) from error
    road_arrays = {name: arrays[name] for name in _ROAD_ARRAYS}
    return Roads(**road_arrays, source=source, vintage=vintage, content=content)


def _check_road_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise a ValueError if arrays are not roads; see ``Roads`` for their shapes."""
    if not arrays.keys() >= set(_ROAD_ARRAYS):
        raise ValueError("an array is missing")
    junctions, ends = arrays["lonlat"], (arrays["start"], arrays["end"])
    if junctions.shape != (len(junctions) if junctions.ndim else 0, 2):
        raise ValueError("these are not positions")
    edges = {arrays[name].shape for name in _ROAD_ARRAYS[1:]}
    if len(edges) > 1 or any(end.ndim != 1 or end.dtype.kind not in "iu" for end in ends):
        raise ValueError("these are not edges")
    if any(len(end) and not 0 <= end.min() <= end.max() < len(junctions) for end in ends):
        raise ValueError("an edge has no junction")


_FAR_M = 150.0
_BARRIERS = "barrier"


@dataclass(frozen=True, slots=True)
class TravelComparison:
    """How drives differ from the street grid's: the median pair, and the pair that differs most."""

    pairs: int
    median_ratio: float
    start: str
    end: str
    road_min: float
    grid_min: float

    @property
    def message(self) -> Message:
        """The comparison in two sentences."""
        difference = self.median_ratio - 1
        code = "grid_comparison.longer" if difference > 0 else "grid_comparison.shorter"
        if abs(difference) < 0.005:
            code = "grid_comparison.as_long"
        return Message(code, share=abs(difference), **asdict(self))


@dataclass(frozen=True, eq=False, slots=True)
class TravelResult:
    """Driving minutes from a file, and facts about them."""

    travel: TravelTimes
    message: Message
    read: int
    taken: int
    refused: tuple[RowResult, ...] = ()
    notes: tuple[Message, ...] = ()
    ignored: tuple[str, ...] = ()
    how: Message | None = None
    compared: TravelComparison | None = None


def measure_road_travel(
    session: Session,
    path: Path,
    *,
    speeds_mph: Mapping[str, float] | None = None,
    folder: Path | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> TravelResult:
    """Read a file of roads, store its network on this desk and measure drives between all sites.

    Raises
    ------
    UserError
        The file has no roads, a speed is impossible, or the roads do not reach a site.
    """
    roads = read_roads(path, protected=session.store.files, report=report)
    drives = _measure_travel(session.saved_project, roads, speeds_mph, report)
    _store_roads(roads, folder or _find_network_folder())
    return drives


def remeasure_road_travel(
    session: Session,
    speeds_mph: Mapping[str, float],
    *,
    folder: Path | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> TravelResult:
    """Measure drives on the project's network at other speeds, or to sites that have moved.

    Raises
    ------
    UserError
        The project has no roads, this desk lost their network, or see ``measure_road_travel``.
    """
    project = session.saved_project
    return _measure_travel(project, _load_project_roads(project, folder), speeds_mph, report)


def import_travel_table(
    session: Session, path: Path, *, report: ProgressReport = lambda fraction, text: None
) -> TravelResult:
    """Read a table of minutes; see ``read_travel_minutes`` for the errors."""
    minutes = read_travel_minutes(
        path, session.saved_project, protected=session.store.files, report=report
    )
    turned = Message("drives_turned", pairs=minutes.turned)
    return TravelResult(
        travel=TravelTimes(
            provider=TravelProvider.TABLE,
            source=path.name,
            vintage="",
            content="",
            **_pack_drives(minutes.sites, minutes.drive_min),
        ),
        message=Message("minutes_imported", sites=len(minutes.sites), file=path.name),
        read=minutes.read,
        taken=minutes.taken,
        refused=minutes.refused,
        notes=(turned,) if minutes.turned else (),
        ignored=minutes.table.ignored,
        how=minutes.table.description,
    )


def measure_extension_travel(session: Session, extension: Extension) -> TravelTimes:
    """Have an installed package measure the minutes between all sites.

    It gets longitudes and latitudes, shape (n, 2), and returns minutes, shape (n, n), from row to
    column; inf for a pair without a route.

    Raises
    ------
    UserError
        It fails, or does not return such minutes.
    """
    project = session.saved_project
    sites = tuple(project.sites.values())
    positions = _get_positions(sites)
    lonlat = np.column_stack(to_lonlat(project.crs, positions[:, 0], positions[:, 1]))
    returned = extension.run(lonlat)
    try:
        drive_min = np.asarray(returned, dtype=np.float64)
    except (TypeError, ValueError):
        drive_min = np.empty(0)
    count = len(sites)
    if drive_min.shape != (count, count) or not (drive_min >= 0).all():
        raise UserError("extension_minutes", name=extension.name, sites=count)
    source = f"{extension.name} ({extension.package} {extension.version})"
    drives = _pack_drives(sites, drive_min)
    return TravelTimes(
        provider=TravelProvider.TABLE, source=source, vintage="", content="", **drives
    )


def set_project_travel(session: Session, travel: TravelTimes | None) -> None:
    """Set the project's driving minutes, as one step; None returns to the street grid."""
    what = "the street grid" if travel is None else f"the {travel.label}"
    session.apply(f"Drive by {what}", lambda project: replace(project, travel=travel))


def build_travel_model(project: Project, folder: Path | None = None) -> TravelModel:
    """Return the model of minutes to any place: the roads if this desk has them, or the grid."""
    try:
        return _build_network(project, folder)
    except UserError:
        return build_grid_model(project)


def _build_network(project: Project, folder: Path | None = None) -> RoadNetwork:
    """Return the road network of a project; see ``remeasure_road_travel`` for the errors."""
    roads = _load_project_roads(project, folder)
    speeds = project.travel.speeds_mph if project.travel else None
    return build_road_network(
        roads,
        project.crs,
        speeds,
        turnout_min=project.assumptions.turnout_min,
        barriers=list_barriers(project),
    )


def _load_project_roads(project: Project, folder: Path | None) -> Roads:
    travel = project.travel
    if travel is None or travel.provider is not TravelProvider.ROADS:
        raise UserError("no_road_network")
    place = folder or _find_network_folder()
    return _load_roads(travel.content, place, source=travel.source, vintage=travel.vintage)


def _measure_travel(
    project: Project, roads: Roads, speeds_mph: Mapping[str, float] | None, report: ProgressReport
) -> TravelResult:
    net = build_road_network(roads, project.crs, speeds_mph, barriers=list_barriers(project))
    sites = _list_reached_sites(project, net)
    positions = _get_positions(sites)
    names = [site.name for site in sites]
    drive_min = net.minutes_between(positions, positions, names=names, report=report)
    away_m = net.measure_off_road_m(positions)
    far = [index for index in away_m.argsort()[::-1].tolist() if away_m[index] > _FAR_M]
    compared = compare_travel_times(project, sites, drive_min)
    left_out = len(project.sites) - len(sites)
    notes = [Message("far_from_road", site=names[at], away_m=away_m[at]) for at in far]
    if compared is not None:
        notes.append(compared.message)
    if left_out:
        notes.append(Message("beyond_roads", n=left_out))
    return TravelResult(
        travel=TravelTimes(
            provider=TravelProvider.ROADS,
            source=roads.source,
            vintage=roads.vintage,
            content=roads.content,
            speeds_mph=dict(speeds_mph or {}),
            **_pack_drives(sites, drive_min),
        ),
        message=Message(
            "roads_measured" if sites else "roads_measured.no_site",
            source=name_travel_source(roads.source, roads.vintage),
            connected=len(net.positions),
            junctions=len(roads.lonlat),
            away_m=away_m.max(initial=0.0),
        ),
        read=len(roads.start),
        taken=int(net.edge_min.nnz),
        notes=tuple(notes),
        compared=compared,
    )


def list_barriers(project: Project) -> list[BaseGeometry]:
    """Return the shapes that no drive crosses: all shapes of layers whose name starts with Barrier.

    In the project's meters, in the order of its features.
    """
    layers = {
        key
        for key, layer in project.layers.items()
        if layer.own and layer.title.casefold().startswith(_BARRIERS)
    }
    return [item.geometry for item in project.features if item.layer in layers]


def compare_kept_travel(project: Project) -> TravelComparison | None:
    """Return how a project's stored drives differ from the street grid's."""
    travel = project.travel
    if travel is None:
        return None
    count = len(travel.sites)
    minutes = np.frombuffer(travel.minutes, dtype="<f4").reshape(count, count).astype(np.float64)
    known = [index for index, site in enumerate(travel.sites) if site in project.sites]
    sites = [project.sites[travel.sites[index]] for index in known]
    return compare_travel_times(project, sites, minutes[np.ix_(known, known)])


def compare_travel_times(
    project: Project, sites: Sequence[Site], drive_min: FloatArray
) -> TravelComparison | None:
    """Return how drives, shape (n, n), differ from the street grid's, or None without any."""
    grid = build_grid_model(project)
    positions = _get_positions(tuple(sites))
    grid_min = grid.minutes(positions, positions) - grid.turnout_min
    usable = np.isfinite(drive_min) & np.isfinite(grid_min) & (grid_min > 0) & (drive_min > 0)
    if not usable.any():
        return None
    change = np.where(usable, drive_min - grid_min, 0.0)
    start, end = np.unravel_index(int(np.abs(change).argmax()), change.shape)
    return TravelComparison(
        pairs=int(usable.sum()),
        median_ratio=float(np.median(drive_min[usable] / grid_min[usable])),
        start=sites[int(start)].name,
        end=sites[int(end)].name,
        road_min=float(drive_min[start, end]),
        grid_min=float(grid_min[start, end]),
    )


def _pack_drives(sites: Sequence[Site], drive_min: FloatArray) -> dict[str, Any]:
    """Return minutes between sites, shape (n, n), from row to column, as a project stores them."""
    return {
        "sites": tuple(site.id for site in sites),
        "positions": tuple(site.position for site in sites),
        "minutes": drive_min.astype("<f4").tobytes(),
    }


def _list_reached_sites(project: Project, net: RoadNetwork) -> tuple[Site, ...]:
    """Return the patrolled sites, and other sites that the roads reach."""
    sites = tuple(project.sites.values())
    away_m = net.measure_off_road_m(_get_positions(sites))
    near = (away_m <= net.reach_m).tolist()
    return tuple(
        site for site, is_near in zip(sites, near, strict=True) if is_near or site.patrolled
    )


def _get_positions(sites: tuple[Site, ...]) -> FloatArray:
    return np.array([site.position for site in sites], dtype=np.float64).reshape(-1, 2)
