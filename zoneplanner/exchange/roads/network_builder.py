"""Roads of a file as a network of arrays; runs in the guarded process."""

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
_KEEP_EVERY_M = 100.0


def read_road_network(copy: Path, name: str, *, vertices: int) -> Iterator[dict[str, Any]]:
    """Read a private copy of at most ``vertices`` corners, and write its network beside it.

    It runs in the guarded process; ``name`` is what messages call the file.
    """
    block_frame_imports()
    readers = {".pbf": read_openstreetmap, ".shp": read_tiger_roads, ".graphml": read_graphml}
    ways = readers[copy.suffix](copy, name, vertices)
    if not ways.found:
        raise UserError("unreadable_file.no_roads", file=name)
    network = _build_network(ways.found)
    np.savez(copy.with_name(NETWORK_FILE), allow_pickle=False, **network)
    yield {"roads": len(ways.found), "vintage": ways.vintage}


class _Vertices(NamedTuple):
    """The corners of all ways, one after the other: positions, ids, ways, meters from the last."""

    lonlat: NDArray[np.float64]
    id: NDArray[np.int64]
    way: NDArray[np.int64]
    step_m: NDArray[np.float64]


def _build_network(ways: list[RoadWay]) -> dict[str, Any]:
    """Cut ways at junctions, and between them often enough that every place is near a cut."""
    corners = _densify_vertices(_list_vertices(ways))
    first = np.ones(len(corners.way), dtype=bool)
    first[1:] = corners.way[1:] != corners.way[:-1]
    starts = np.flatnonzero(first)
    along_m = np.cumsum(corners.step_m)
    along_m -= np.repeat(along_m[starts], np.diff(starts, append=len(first)))
    _, place, uses = np.unique(corners.id, return_inverse=True, return_counts=True)
    kept = first | np.append(first[1:], True) | (uses[place] > 1)
    passed = np.floor(along_m / _KEEP_EVERY_M)
    kept[1:] |= (passed[1:] != passed[:-1]) & ~first[1:]
    at = np.flatnonzero(kept)
    _, example, number = np.unique(place[at], return_index=True, return_inverse=True)
    edge = np.flatnonzero(~first[at[1:]])
    way = corners.way[at[edge + 1]]
    direction = np.array([own.direction for own in ways])[way]
    kind = np.array([ROAD_CLASS_NUMBERS[own.kind] for own in ways])[way]
    length_m = along_m[at[edge + 1]] - along_m[at[edge]]
    there, back = direction != BACKWARDS, direction != ONE_WAY
    a, b = number[edge], number[edge + 1]
    return {
        "lonlat": corners.lonlat[at[example]],
        "start": np.concatenate([a[there], b[back]]).astype(np.int32),
        "end": np.concatenate([b[there], a[back]]).astype(np.int32),
        "length_m": np.concatenate([length_m[there], length_m[back]]).astype(np.float32),
        "kind": np.concatenate([kind[there], kind[back]]).astype(np.int32),
    }


def _list_vertices(ways: list[RoadWay]) -> _Vertices:
    from pyproj import Geod

    lonlat = np.array([point for way in ways for point in way.points], dtype=np.float64)
    way = np.repeat(np.arange(len(ways)), [len(own.points) for own in ways])
    step_m = np.zeros(len(lonlat))
    *_, step_m[1:] = Geod(ellps="WGS84").inv(*lonlat[:-1].T, *lonlat[1:].T)
    step_m[1:][way[1:] != way[:-1]] = 0.0
    ids = np.array([key for own in ways for key in own.ids], dtype=np.int64)
    return _Vertices(lonlat, ids, way, step_m)


def _densify_vertices(corners: _Vertices) -> _Vertices:
    """Put corners of their own on long straight steps."""
    parts = np.maximum(1, np.ceil(corners.step_m / _KEEP_EVERY_M)).astype(np.int64)
    end = np.repeat(np.arange(len(parts)), parts)
    left = np.repeat(np.cumsum(parts), parts) - 1 - np.arange(len(end))
    share = (left / parts[end])[:, None]
    before = corners.lonlat[np.maximum(end - 1, 0)]
    ids, new = corners.id[end], left > 0
    ids[new] = ids.min(initial=0) - 1 - np.arange(np.count_nonzero(new))
    return _Vertices(
        corners.lonlat[end] * (1 - share) + before * share,
        ids,
        corners.way[end],
        corners.step_m[end] / parts[end],
    )
