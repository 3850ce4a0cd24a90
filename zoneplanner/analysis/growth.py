"""Cells grow from the sites' faces over the free faces of their jurisdiction."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

import shapely
from shapely.geometry import Polygon

_FaceGraph = Mapping[int, Mapping[int, float]]


def _build_face_graph(
    faces: Sequence[Polygon], of_face: Sequence[str], joined: Iterable[tuple[int, int]]
) -> _FaceGraph:
    """Return the metres between the middles of faces that are joined, within a jurisdiction.

    ``of_face`` is each face's jurisdiction.
    """
    middle = shapely.get_coordinates(shapely.centroid(faces))
    steps_m: dict[int, dict[int, float]] = {face: {} for face in range(len(faces))}
    for i, j in joined:
        if of_face[i] == of_face[j]:
            metres = float(((middle[i] - middle[j]) ** 2).sum() ** 0.5)
            steps_m[i][j] = steps_m[j][i] = metres
    return steps_m


def _grow_cells(start: Mapping[int, int], steps_m: _FaceGraph) -> dict[int, int]:
    """Give each face that can be reached to the vertex with the shortest path to it.

    ``start`` is the vertex of each face that holds one.
    """
    vertex_of: dict[int, int] = {}
    queue = [(0.0, vertex, face) for face, vertex in start.items()]
    heapq.heapify(queue)
    while queue:
        metres, vertex, face = heapq.heappop(queue)
        if face in vertex_of:
            continue
        vertex_of[face] = vertex
        for other, step in steps_m[face].items():
            if other not in vertex_of and other not in start:
                heapq.heappush(queue, (metres + step, vertex, other))
    return vertex_of


def _assign_detached_faces(
    faces: Sequence[Polygon], of_face: Sequence[str], grown: Mapping[int, int]
) -> dict[int, int]:
    """Give each face that no path reaches to the nearest cell of its jurisdiction."""
    found: dict[int, int] = {}
    for at, face in enumerate(faces):
        if at in grown:
            continue
        near = [other for other in grown if of_face[other] == of_face[at]]
        if near:
            distance_m = shapely.distance([faces[other] for other in near], face)
            found[at] = grown[near[int(distance_m.argmin())]]
    return found
