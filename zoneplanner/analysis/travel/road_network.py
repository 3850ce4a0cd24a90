"""Driving times over a road network: one-ways, speeds by class, shortest paths (Dijkstra).

The speeds account for turns and lights. Drives start and end at the nearest point of the largest
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
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

_Int32Array = NDArray[np.int32]
_Float32Array = NDArray[np.float32]

ROAD_CLASSES = tuple(DEFAULT_ROAD_SPEEDS_MPH)
_REACH_M = 1000.0
_OFF_ROAD_M_PER_MIN = 10.0 * M_PER_MIN_PER_MPH
_AT_JUNCTION_M = 10.0
"""Within this distance of an edge's end, a drive starts at the junction even on a one-way."""
_CHUNK = 8


def _report_nothing(fraction: float, text: Message | str) -> None:
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Roads:
    """Roads from a file; each edge is driven one way.

    ``lonlat`` has the shape (junctions, 2), degrees; ``start``, ``end``, ``length_m`` and ``kind``
    have one entry for each edge; ``kind`` is an index in ``ROAD_CLASSES``. ``content`` is the
    SHA-256 of the file.
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
    """Roads in a project's CRS at given speeds: a travel model.

    ``positions`` are the junctions of the largest part, shape (junctions, 2), meters; ``cut_off``
    those of the next largest, if any; ``edge_min`` is the drive along each edge. ``ends`` are each
    edge's junctions, shape (edges, 2), in either direction, ``along_min`` the minutes there and
    back, inf against a one-way, and ``edge_tree`` the edges' lines. A place may be up to
    ``reach_m`` from the nearest one.
    """

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
        """Return the nearest junction of each position, and the meters to it.

        ``positions`` are in the network's CRS, shape (n, 2), meters, x then y; the results (n,).
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
        """Return driving minutes without turnout, shape (n, m); see ``TravelModel``.

        ``names`` are the origins' names in messages.

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
        """Return driving minutes without turnout to every junction, shape (n, junctions)."""
        start, every = self._attach(origins), np.arange(len(self.positions))
        driven = self._from_junctions(start.junctions.ravel(), every, _report_nothing)
        legs = start.leave_min[:, :, None] + driven.reshape(len(origins), 2, -1)
        fastest: FloatArray = legs.min(axis=1)
        return fastest + (start.away_m / _OFF_ROAD_M_PER_MIN)[:, None]

    def measure_off_road_m(self, positions: FloatArray) -> FloatArray:
        """Return the distance of positions, shape (n, 2), from the nearest road."""
        return self._attach(positions).away_m

    def _attach(self, positions: FloatArray) -> "_Attachment":
        """Return the nearest points of positions, shape (n, 2), on edges."""
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
        minutes = np.empty((len(once), len(ends)), dtype=np.float32)
        for first in range(0, len(once), _CHUNK):
            report(first / len(once), Message("driving_from", first=first, places=len(once)))
            chunk = once[first : first + _CHUNK]
            minutes[first : first + _CHUNK] = dijkstra(self.edge_min, indices=chunk)[:, ends]
        return np.asarray(minutes[row], dtype=np.float64)

    def _check_near(self, positions: FloatArray, away_m: FloatArray, names: Sequence[str]) -> None:
        if not len(away_m) or away_m.max() <= self.reach_m:
            return
        far = int(away_m.argmax())
        x_m, y_m = positions[far]
        name = names[far] if names else Message("unnamed_place", x_m=x_m, y_m=y_m)
        if len(self.cut_off):
            other_m = float(np.hypot(*(self.cut_off - positions[far]).T).min())
            if other_m <= self.reach_m:
                raise UserError("roads_cut_off", place=name, junctions=len(self.cut_off))
        raise UserError("road_too_far", place=name, away_m=float(away_m.max()))


@dataclass(frozen=True, eq=False, slots=True)
class _Attachment:
    """The points where places connect to the network, each on an edge.

    ``share`` is the position along the edge; ``leave_min`` and ``arrive_min`` are the drives
    between that point and the edge's two ``junctions``, ``along_min`` the drives along the whole
    edge, there and back, shapes (n, 2); inf against a one-way.
    """

    edge: NDArray[np.int64]
    junctions: NDArray[np.int64]
    share: FloatArray
    away_m: FloatArray
    leave_min: FloatArray
    arrive_min: FloatArray
    along_min: FloatArray


def _part_of(share: FloatArray, minutes: FloatArray) -> FloatArray:
    """Return a share of drives; a share of 0 is 0 even of an impossible drive."""
    part: FloatArray = np.where(share > 0, share * np.where(share > 0, minutes, 0.0), 0.0)
    return part


def _drive_along_edge(start: _Attachment, end: _Attachment) -> FloatArray:
    """Return minutes between places on the same edge, shape (n, m); inf for others."""
    same_edge = start.edge[:, None] == end.edge[None, :]
    share = end.share[None, :] - start.share[:, None]
    one_way = np.where(share >= 0, start.along_min[:, :1], start.along_min[:, 1:])
    minutes = _part_of(np.abs(share), np.where(same_edge, one_way, 0.0))
    return np.where(same_edge, minutes, np.inf)


def build_road_network(
    roads: Roads,
    crs: str,
    speeds_mph: Mapping[str, float] | None = None,
    *,
    turnout_min: float = 0,
    barriers: Sequence[BaseGeometry] = (),
) -> RoadNetwork:
    """Return the largest connected part of roads in a project's CRS, at speeds by class.

    Roads that cross one of the ``barriers``, in the project's CRS, are left out.

    Raises
    ------
    UserError
        A speed is not valid, or there is no road left.
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
    largest = part == order[0]
    next_part = np.zeros_like(largest)
    if len(order) > 1 and sizes[order[1]] > 1:
        next_part = part == order[1]
    edge_min = minutes[largest][:, largest]
    ends = _list_edge_ends(edge_min)
    return RoadNetwork(
        turnout_min=turnout_min,
        positions=positions[largest],
        cut_off=positions[next_part],
        edge_min=edge_min,
        tree=KDTree(positions[largest]),
        ends=ends,
        along_min=_list_edge_minutes(edge_min, ends),
        edge_tree=shapely.STRtree(shapely.linestrings(positions[largest][ends])),
    )


def _leave_out_crossed(
    roads: Roads, positions: FloatArray, barriers: Sequence[BaseGeometry]
) -> Roads:
    """Return roads without the edges that cross a barrier."""
    ends = positions[np.column_stack([roads.start, roads.end])]
    lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
    _, crossed = shapely.STRtree(lines).query(list(barriers), predicate="intersects")
    left = np.ones(len(lines), dtype=bool)
    left[crossed] = False
    edges = {name: getattr(roads, name)[left] for name in ("start", "end", "length_m", "kind")}
    return replace(roads, **edges)


def _list_edge_ends(edge_min: Any) -> NDArray[np.int64]:
    """Return the distinct pairs of junctions of edges in either direction, shape (edges, 2)."""
    graph = edge_min.tocoo()
    pairs = np.sort(np.column_stack([graph.row, graph.col]).astype(np.int64), axis=1)
    return np.asarray(np.unique(pairs, axis=0))


def _list_edge_minutes(edge_min: Any, ends: NDArray[np.int64]) -> FloatArray:
    """Return minutes along edges there and back, shape (edges, 2); inf if not possible."""
    first, last = ends.T
    ways = [edge_min[first, last], edge_min[last, first]]
    minutes = np.column_stack([np.asarray(way, dtype=np.float64).ravel() for way in ways])
    return np.where(minutes > 0, minutes, np.inf)


def _build_minutes_graph(roads: Roads, speeds: Mapping[str, float]) -> Any:
    """Return minutes by edge; of edges between the same junctions, the fastest."""
    from scipy.sparse import csr_array

    meters_per_min = np.array([speeds[kind] for kind in ROAD_CLASSES]) * M_PER_MIN_PER_MPH
    minutes = np.maximum(roads.length_m / meters_per_min[roads.kind], 1e-6)
    order = np.lexsort((minutes, roads.end, roads.start))
    start, end = roads.start[order], roads.end[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    first &= start != end
    count = len(roads.lonlat)
    return csr_array((minutes[order][first], (start[first], end[first])), shape=(count, count))


def _is_same_place(origins: FloatArray, destinations: FloatArray) -> NDArray[np.bool_]:
    apart = origins.reshape(-1, 2)[:, None, :] != destinations.reshape(-1, 2)[None, :, :]
    same: NDArray[np.bool_] = ~apart.any(axis=2)
    return same
