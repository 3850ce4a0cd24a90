"""A coverage of faces from polygons that touch: noded on a 1 cm grid, without gaps or overlaps."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

GRID_M = 0.01
_SLIVER_M = 1.0


def tile_polygons(
    pieces: Sequence[Polygon], seeds: Mapping[int, Sequence[Point]]
) -> tuple[list[Polygon], list[int]]:
    """Turn polygons into a valid coverage, cut by the Voronoi lines of the seeds in each.

    Where pieces overlap the first one wins. Slivers less than 1 m wide, which inexact layers
    leave between or over each other, join the face along which they lie.

    Parameters
    ----------
    pieces
        Polygons in meters.
    seeds
        Points by the index of the piece in which they lie; one alone cuts nothing.

    Returns
    -------
    The faces, and for each the index of the piece it is of.
    """
    if not pieces:
        return [], []
    lines: list[BaseGeometry] = [piece.boundary for piece in pieces]
    lines += [
        _draw_voronoi_lines(points, pieces[at]) for at, points in seeds.items() if len(points) > 1
    ]
    noded = shapely.unary_union(lines, grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    owners = _find_owners(faces, pieces)
    return _merge_slivers(list(faces), owners)


def measure_borders(faces: Sequence[Polygon]) -> dict[tuple[int, int], float]:
    """Return the meters of border that each two faces of a coverage share, lower index first."""
    if not faces:
        return {}
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    coords, of_ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint((coords - coords.min(axis=0)) / GRID_M).astype(np.int64)
    points = (grid[:, 0] << 32) | grid[:, 1]
    follows = of_ring[1:] == of_ring[:-1]
    start, end = points[:-1][follows], points[1:][follows]
    face = face_of_ring[of_ring[:-1][follows]]
    length_m = np.hypot(*(coords[1:] - coords[:-1])[follows].T)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((face, high, low))
    first, second = order[:-1], order[1:]
    same = (low[first] == low[second]) & (high[first] == high[second])
    return _sum_borders(face[first[same]], face[second[same]], length_m[first[same]])


def _sum_borders(
    one: NDArray[np.int64], other: NDArray[np.int64], length_m: NDArray[np.float64]
) -> dict[tuple[int, int], float]:
    total: dict[tuple[int, int], float] = {}
    for i, j, length in zip(one.tolist(), other.tolist(), length_m.tolist(), strict=True):
        if i != j:
            total[i, j] = total.get((i, j), 0.0) + length
    return total


def _draw_voronoi_lines(points: Sequence[Point], piece: Polygon) -> BaseGeometry:
    edges = shapely.voronoi_polygons(MultiPoint(points), extend_to=piece, only_edges=True)
    return edges.intersection(piece)


def _find_owners(faces: NDArray[np.object_], pieces: Sequence[Polygon]) -> list[int]:
    """Return the first piece that each face lies in, -1 for a gap between them."""
    inside = shapely.point_on_surface(faces)
    face, piece = shapely.STRtree(pieces).query(inside, predicate="intersects")
    owners = [-1] * len(faces)
    for at, owner in sorted(zip(face.tolist(), piece.tolist(), strict=True), reverse=True):
        owners[at] = owner
    return owners


def _merge_slivers(faces: list[Polygon], owners: list[int]) -> tuple[list[Polygon], list[int]]:
    """Join each sliver to the face it shares most border with; drop what else is no piece's."""
    width_m = 2 * shapely.area(faces) / shapely.length(faces)
    slivers = {at for at, width in enumerate(width_m.tolist()) if width < _SLIVER_M}
    joined: dict[int, list[Polygon]] = {}
    taken: set[int] = set()
    if slivers:
        longest: dict[int, tuple[float, int]] = {}
        for (i, j), length in measure_borders(faces).items():
            for sliver, other in ((i, j), (j, i)):
                if sliver in slivers and other not in slivers and owners[other] >= 0:
                    longest[sliver] = max(longest.get(sliver, (0.0, other)), (length, other))
        for sliver, (_, other) in longest.items():
            joined.setdefault(other, [faces[other]]).append(faces[sliver])
            taken.add(sliver)
    for at, together in joined.items():
        faces[at] = shapely.get_parts(shapely.coverage_union_all(together))[0]
    kept = [at for at, owner in enumerate(owners) if owner >= 0 and at not in taken]
    kept.sort(key=owners.__getitem__)
    return [faces[at] for at in kept], [owners[at] for at in kept]
