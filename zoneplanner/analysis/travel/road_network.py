"""Driving times over a network of roads: one-ways, speeds by class, shortest paths (Dijkstra).

Turns and lights are in the speeds. A place drives from and to the nearest point of the largest
part of the network in which every junction can be reached from every other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.analysis.travel.grid import M_PER_MIN_PER_MPH
from zoneplanner.domain.geography.travel_times import DEFAULT_ROAD_SPEEDS_MPH, complete_road_speeds
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

_Int32Array = NDArray[np.int32]
_Float32Array = NDArray[np.float32]

ROAD_CLASSES = tuple(DEFAULT_ROAD_SPEEDS_MPH)
_REACH_M = 1000.0
_OFF_ROAD_M_PER_MIN = 10.0 * M_PER_MIN_PER_MPH
_AT_JUNCTION_M = 10.0
"""So near the end of an edge a place drives from the junction, whatever way the edge goes."""
_CHUNK = 8


def _report_nothing(fraction: float, text: str) -> None:
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Roads:
    """Roads as a file has them, each edge driven one way.

    ``lonlat`` has shape (junctions, 2), degrees; ``start``, ``end``, ``length_m`` and ``kind`` one
    entry an edge; ``kind`` is a place in ``ROAD_CLASSES``. ``content`` is the SHA-256 of the file.
    """

    lonlat: FloatArray
    start: _Int32Array
    end: _Int32Array
    length_m: _Float32Array
    kind: _Int32Array
    source: str
    vintage: str
    content: str


@dataclass(frozen=True, eq=False, slots=True)
class RoadNetwork:
    """Roads in a project's CRS, at some speeds: a travel model.

    ``positions`` are those of the largest part, shape (junctions, 2), meters; ``cut_off`` those
    of the next one, if any; ``edge_min`` has the drive along each edge. ``ends`` are the junctions
    of each edge, shape (edges, 2), whichever way it is driven, ``along_min`` the minutes there and
    back, inf against a one-way, and ``edge_tree`` the edges' lines. A place may lie ``reach_m``
    from the nearest of them.
    """

    label: str
    turnout_min: float
    positions: FloatArray
    cut_off: FloatArray
    edge_min: "csr_array[np.float64]" = field(repr=False)
    tree: "KDTree" = field(repr=False)
    ends: NDArray[np.int64] = field(repr=False)
    along_min: FloatArray = field(repr=False)
    edge_tree: shapely.STRtree = field(repr=False)
    reach_m: float = _REACH_M

    def minutes(self, origins: FloatArray, destinations: FloatArray) -> FloatArray:
        """Return turnout and drive in minutes, shape (n, m); see ``TravelModel``."""
        start = np.asarray(origins, dtype=np.float64).reshape(-1, 2)
        end = np.asarray(destinations, dtype=np.float64).reshape(-1, 2)
        return self.turnout_min + self.minutes_between(start, end)

    def snap(self, positions: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the nearest junction of each position and the meters to it.

        ``positions`` are in the network's CRS, shape (n, 2), meters, x then y; the answers (n,).
        """
        away_m, junction = self.tree.query(positions.reshape(-1, 2))
        return np.asarray(junction, dtype=np.int64), np.asarray(away_m, dtype=np.float64)

    def minutes_between(
        self,
        origins: FloatArray,
        destinations: FloatArray,
        *,
        names: Sequence[str] = (),
        report: ProgressReport = _report_nothing,
    ) -> FloatArray:
        """Return minutes of driving without turnout, shape (n, m); see ``TravelModel``.

        ``names`` are those of the origins, for messages.

        Raises
        ------
        UserError
            A position is farther than ``reach_m`` from any road; the message names it.
        """
        start, end = self._attach(origins), self._attach(destinations)
        self._check_near(origins, start.away_m, names)
        own = names if len(names) == len(destinations) else ()
        self._check_near(destinations, end.away_m, own)
        between = self._from_junctions(start.junctions.ravel(), end.junctions.ravel(), report)
        legs = between.reshape(len(origins), 2, len(destinations), 2)
        legs = start.leave_min[:, :, None, None] + legs + end.arrive_min[None, None, :, :]
        driven = np.minimum(legs.min(axis=(1, 3)), _drive_along_edge(start, end))
        off_road_min = (start.away_m[:, None] + end.away_m[None, :]) / _OFF_ROAD_M_PER_MIN
        return np.where(_is_same_place(origins, destinations), 0.0, driven + off_road_min)

    def minutes_to_junctions(self, origins: FloatArray) -> FloatArray:
        """Return minutes of driving without turnout to every junction, shape (n, junctions)."""
        start, every = self._attach(origins), np.arange(len(self.positions))
        driven = self._from_junctions(start.junctions.ravel(), every, _report_nothing)
        legs = start.leave_min[:, :, None] + driven.reshape(len(origins), 2, -1)
        fastest: FloatArray = legs.min(axis=1)
        return fastest + (start.away_m / _OFF_ROAD_M_PER_MIN)[:, None]

    def measure_off_road_m(self, positions: FloatArray) -> FloatArray:
        """Return how far positions, shape (n, 2), are from the nearest road."""
        return self._attach(positions).away_m

    def _attach(self, positions: FloatArray) -> "_Attachment":
        """Return where positions, shape (n, 2), come to the nearest edge."""
        points = shapely.points(positions.reshape(-1, 2))
        edge = np.asarray(self.edge_tree.nearest(points), dtype=np.int64)
        lines = self.edge_tree.geometries[edge]
        along_m, long_m = shapely.line_locate_point(lines, points), shapely.length(lines)
        along_m = np.where(along_m < _AT_JUNCTION_M, 0.0, along_m)
        along_m = np.where(long_m - along_m < _AT_JUNCTION_M, long_m, along_m)
        share = along_m / np.maximum(long_m, 1e-9)
        there, back = self.along_min[edge].T
        return _Attachment(
            edge=edge,
            junctions=self.ends[edge],
            share=share,
            away_m=shapely.distance(lines, points),
            leave_min=np.column_stack([_part_of(share, back), _part_of(1 - share, there)]),
            arrive_min=np.column_stack([_part_of(share, there), _part_of(1 - share, back)]),
            along_min=self.along_min[edge],
        )

    def _from_junctions(
        self, starts: NDArray[np.int64], ends: NDArray[np.int64], report: ProgressReport
    ) -> FloatArray:
        from scipy.sparse.csgraph import dijkstra

        once, row = np.unique(starts, return_inverse=True)
        found = np.empty((len(once), len(ends)), dtype=np.float32)
        for first in range(0, len(once), _CHUNK):
            report(first / len(once), f"Driving from {first:,} of {len(once):,} places")
            chunk = once[first : first + _CHUNK]
            found[first : first + _CHUNK] = dijkstra(self.edge_min, indices=chunk)[:, ends]
        return np.asarray(found[row], dtype=np.float64)

    def _check_near(self, positions: FloatArray, away_m: FloatArray, names: Sequence[str]) -> None:
        if not len(away_m) or away_m.max() <= self.reach_m:
            return
        far = int(away_m.argmax())
        x_m, y_m = positions[far]
        name = names[far] if names else f"The place at {x_m:.0f}, {y_m:.0f}"
        if len(self.cut_off):
            other_m = float(np.hypot(*(self.cut_off - positions[far]).T).min())
            if other_m <= self.reach_m:
                raise UserError("roads_cut_off", place=name, junctions=len(self.cut_off))
        raise UserError("road_too_far", place=name, away_m=float(away_m.max()))


@dataclass(frozen=True, eq=False, slots=True)
class _Attachment:
    """Where places come to the network: each to a point of an edge.

    ``share`` is how far along its edge; ``leave_min`` and ``arrive_min`` are the drives between
    that point and the edge's two ``junctions``, ``along_min`` those along the whole edge, there
    and back, shapes (n, 2); inf against a one-way.
    """

    edge: NDArray[np.int64]
    junctions: NDArray[np.int64]
    share: FloatArray
    away_m: FloatArray
    leave_min: FloatArray
    arrive_min: FloatArray
    along_min: FloatArray


def _part_of(share: FloatArray, minutes: FloatArray) -> FloatArray:
    """Return a share of drives; none of a drive that is not possible takes no time."""
    part: FloatArray = np.where(share > 0, share * np.where(share > 0, minutes, 0.0), 0.0)
    return part


def _drive_along_edge(start: _Attachment, end: _Attachment) -> FloatArray:
    """Return minutes between places that come to the same edge, shape (n, m); inf for others."""
    same = start.edge[:, None] == end.edge[None, :]
    by = end.share[None, :] - start.share[:, None]
    one_way = np.where(by >= 0, start.along_min[:, :1], start.along_min[:, 1:])
    return np.where(same, _part_of(np.abs(by), np.where(same, one_way, 0.0)), np.inf)


def build_road_network(
    roads: Roads,
    crs: str,
    speeds_mph: Mapping[str, float] | None = None,
    *,
    turnout_min: float = 0,
    barriers: Sequence[BaseGeometry] = (),
) -> RoadNetwork:
    """Return the largest part of some roads in a project's CRS, driven at speeds by class.

    No road is driven that one of the ``barriers`` crosses, shapes in the project's CRS.

    Raises
    ------
    UserError
        A speed makes no sense, or there is no road to drive.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    speeds = complete_road_speeds(speeds_mph or {})
    xs, ys = from_lonlat(crs, roads.lonlat[:, 0], roads.lonlat[:, 1])
    positions = np.column_stack([xs, ys])
    if len(barriers):
        roads = _leave_out_crossed(roads, positions, barriers)
    minutes = _build_minutes_graph(roads, speeds)
    _, part = connected_components(minutes, directed=True, connection="strong")
    sizes = np.bincount(part, minlength=1) if len(part) else np.zeros(1, dtype=np.int64)
    if sizes.max() < 2:
        raise UserError("no_roads", source=roads.source)
    order = np.argsort(sizes)[::-1]
    kept = part == order[0]
    next_part = part == order[1] if len(order) > 1 and sizes[order[1]] > 1 else ~np.ones_like(kept)
    since = f", {roads.vintage}" if roads.vintage else ""
    edge_min = minutes[kept][:, kept]
    ends = _list_edge_ends(edge_min)
    return RoadNetwork(
        label=f"roads of {roads.source}{since}",
        turnout_min=turnout_min,
        positions=positions[kept],
        cut_off=positions[next_part],
        edge_min=edge_min,
        tree=KDTree(positions[kept]),
        ends=ends,
        along_min=_list_edge_minutes(edge_min, ends),
        edge_tree=shapely.STRtree(shapely.linestrings(positions[kept][ends])),
    )


def _leave_out_crossed(
    roads: Roads, positions: FloatArray, barriers: Sequence[BaseGeometry]
) -> Roads:
    """Return roads without the edges that a barrier crosses."""
    ends = positions[np.column_stack([roads.start, roads.end])]
    lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
    _, crossed = shapely.STRtree(lines).query(list(barriers), predicate="intersects")
    left = np.ones(len(lines), dtype=bool)
    left[crossed] = False
    edges = {name: getattr(roads, name)[left] for name in ("start", "end", "length_m", "kind")}
    return replace(roads, **edges)


def _list_edge_ends(edge_min: Any) -> NDArray[np.int64]:
    """Return the junctions of each edge once, whichever way it is driven, shape (edges, 2)."""
    graph = edge_min.tocoo()
    pairs = np.sort(np.column_stack([graph.row, graph.col]).astype(np.int64), axis=1)
    found: NDArray[np.int64] = np.unique(pairs, axis=0)
    return found


def _list_edge_minutes(edge_min: Any, ends: NDArray[np.int64]) -> FloatArray:
    """Return minutes along edges there and back, shape (edges, 2); inf where none leads so."""
    first, last = ends.T
    ways = [edge_min[first, last], edge_min[last, first]]
    minutes = np.column_stack([np.asarray(way, dtype=np.float64).ravel() for way in ways])
    return np.where(minutes > 0, minutes, np.inf)


def _build_minutes_graph(roads: Roads, speeds: Mapping[str, float]) -> Any:
    """Return minutes by edge; of edges between the same junctions the quickest."""
    from scipy.sparse import csr_array

    meters_per_min = np.array([speeds[kind] for kind in ROAD_CLASSES]) * M_PER_MIN_PER_MPH
    took = np.maximum(roads.length_m / meters_per_min[roads.kind], 1e-6)
    order = np.lexsort((took, roads.end, roads.start))
    start, end = roads.start[order], roads.end[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    first &= start != end
    count = len(roads.lonlat)
    return csr_array((took[order][first], (start[first], end[first])), shape=(count, count))


def _is_same_place(origins: FloatArray, destinations: FloatArray) -> NDArray[np.bool_]:
    apart = origins.reshape(-1, 2)[:, None, :] != destinations.reshape(-1, 2)[None, :, :]
    same: NDArray[np.bool_] = ~apart.any(axis=2)
    return same
