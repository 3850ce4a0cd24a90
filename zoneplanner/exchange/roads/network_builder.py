"""Build a network of arrays from a file's roads; runs in the guarded process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.census_tiger import read_tiger_roads
from zoneplanner.exchange.roads.openstreetmap import read_openstreetmap
from zoneplanner.exchange.roads.osmnx_graph import read_graphml
from zoneplanner.exchange.roads.road_ways import BACKWARDS, ONE_WAY, ROAD_CLASS_NUMBERS, RoadWay
from zoneplanner.exchange.sandbox.process import block_frame_imports

NETWORK_FILE = "network.npz"
_NODE_EVERY_M = 100.0


def read_road_network(copy: Path, name: str, *, vertices: int) -> Iterator[dict[str, Any]]:
    """Read a private copy of at most ``vertices`` corners; write its network next to it.

    ``name`` is what messages call the file.
    """
    block_frame_imports()
    readers = {".pbf": read_openstreetmap, ".shp": read_tiger_roads, ".graphml": read_graphml}
    ways, vintage = readers[copy.suffix](copy, name, vertices)
    if not ways:
        raise UserError("unreadable_file.no_roads", file=name)
    np.savez(copy.with_name(NETWORK_FILE), allow_pickle=False, **_build_network(ways))
    yield {"roads": len(ways), "vintage": vintage}


class _Vertices(NamedTuple):
    """The corners of all ways in order: positions, ids, indexes of ways, meters from the last."""

    lonlat: NDArray[np.float64]
    id: NDArray[np.int64]
    way: NDArray[np.int64]
    step_m: NDArray[np.float64]


def _build_network(ways: list[RoadWay]) -> dict[str, Any]:
    """Split ways at junctions and, between them, often enough that every place is near a node."""
    corners = _densify_vertices(_list_vertices(ways))
    first = np.ones(len(corners.way), dtype=bool)
    first[1:] = corners.way[1:] != corners.way[:-1]
    starts = np.flatnonzero(first)
    along_m = np.cumsum(corners.step_m)
    along_m -= np.repeat(along_m[starts], np.diff(starts, append=len(first)))
    _, place, uses = np.unique(corners.id, return_inverse=True, return_counts=True)
    is_node = first | np.append(first[1:], True) | (uses[place] > 1)
    stretch = np.floor(along_m / _NODE_EVERY_M)
    is_node[1:] |= (stretch[1:] != stretch[:-1]) & ~first[1:]
    nodes = np.flatnonzero(is_node)
    _, example, number = np.unique(place[nodes], return_index=True, return_inverse=True)
    edge = np.flatnonzero(~first[nodes[1:]])
    way = corners.way[nodes[edge + 1]]
    direction = np.array([each.direction for each in ways])[way]
    kind = np.array([ROAD_CLASS_NUMBERS[each.kind] for each in ways])[way]
    length_m = along_m[nodes[edge + 1]] - along_m[nodes[edge]]
    forward, backward = direction != BACKWARDS, direction != ONE_WAY
    a, b = number[edge], number[edge + 1]
    return {
        "lonlat": corners.lonlat[nodes[example]],
        "start": np.concatenate([a[forward], b[backward]]).astype(np.int32),
        "end": np.concatenate([b[forward], a[backward]]).astype(np.int32),
        "length_m": np.concatenate([length_m[forward], length_m[backward]]).astype(np.float32),
        "kind": np.concatenate([kind[forward], kind[backward]]).astype(np.int32),
    }


def _list_vertices(ways: list[RoadWay]) -> _Vertices:
    from pyproj import Geod

    lonlat = np.array([point for way in ways for point in way.points], dtype=np.float64)
    way = np.repeat(np.arange(len(ways)), [len(each.points) for each in ways])
    step_m = np.zeros(len(lonlat))
    *_, step_m[1:] = Geod(ellps="WGS84").inv(*lonlat[:-1].T, *lonlat[1:].T)
    step_m[1:][way[1:] != way[:-1]] = 0.0
    ids = np.array([key for each in ways for key in each.ids], dtype=np.int64)
    return _Vertices(lonlat, ids, way, step_m)


def _densify_vertices(corners: _Vertices) -> _Vertices:
    """Add corners along long straight steps."""
    parts = np.maximum(1, np.ceil(corners.step_m / _NODE_EVERY_M)).astype(np.int64)
    end = np.repeat(np.arange(len(parts)), parts)
    parts_left = np.repeat(np.cumsum(parts), parts) - 1 - np.arange(len(end))
    share = (parts_left / parts[end])[:, None]
    before = corners.lonlat[np.maximum(end - 1, 0)]
    ids, is_added = corners.id[end], parts_left > 0
    ids[is_added] = ids.min(initial=0) - 1 - np.arange(np.count_nonzero(is_added))
    return _Vertices(
        corners.lonlat[end] * (1 - share) + before * share,
        ids,
        corners.way[end],
        corners.step_m[end] / parts[end],
    )
