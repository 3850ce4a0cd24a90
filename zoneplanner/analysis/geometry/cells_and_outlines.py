"""Cells, the land of each site, and the outlines of zones, the unions of their sites' cells.

Cells grow from the sites' faces over the free faces of their jurisdiction. Faces come from adjacent
polygons, noded on a 1 cm grid, without gaps or overlaps. This module also finds sites that water or
other land separates from all others that the same units serve, and narrow parts of zones: slivers
along an edge and hooks that reach for one school.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import (
    AreaGeometry,
    Block,
    Connections,
    Jurisdiction,
    Site,
    SiteJurisdiction,
    SitePair,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project

GRID_M = 0.01
_SLIVER_M = 1.0


def tile_polygons(
    pieces: Sequence[Polygon], seeds: Mapping[int, Sequence[Point]]
) -> tuple[list[Polygon], list[int]]:
    """Turn polygons into a valid coverage, cut by the Voronoi lines of the seeds in each.

    If pieces overlap, the first one wins. Slivers less than 1 m wide, from gaps and overlaps of
    inexact layers, join the adjacent face.

    Parameters
    ----------
    pieces
        Polygons in meters.
    seeds
        Points by the index of the piece that they are in; a single one cuts nothing.

    Returns
    -------
    The faces, and the index of each one's piece.
    """
    if not pieces:
        return [], []
    lines: list[BaseGeometry] = [piece.boundary for piece in pieces]
    lines += [
        _draw_voronoi_lines(points, pieces[piece])
        for piece, points in seeds.items()
        if len(points) > 1
    ]
    noded = shapely.unary_union(lines, grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    owners = _find_owners(faces, pieces)
    return _merge_slivers(list(faces), owners)


def measure_borders(faces: Sequence[Polygon]) -> dict[tuple[int, int], float]:
    """Return the meters of border that each pair of faces of a coverage shares, lower index first.

    The faces are in meters and share their borders vertex by vertex, as in ``tile_polygons``.
    """
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
    """Return the first piece that each face is in, or -1 for a gap between them."""
    inside = shapely.point_on_surface(faces)
    face, piece = shapely.STRtree(pieces).query(inside, predicate="intersects")
    owners = [-1] * len(faces)
    for index, owner in sorted(zip(face.tolist(), piece.tolist(), strict=True), reverse=True):
        owners[index] = owner
    return owners


def _merge_slivers(faces: list[Polygon], owners: list[int]) -> tuple[list[Polygon], list[int]]:
    """Join each sliver to the face with its longest border; drop other faces outside all pieces."""
    width_m = 2 * shapely.area(faces) / shapely.length(faces)
    slivers = {face for face, width in enumerate(width_m.tolist()) if width < _SLIVER_M}
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
    for face, parts in joined.items():
        faces[face] = shapely.get_parts(shapely.coverage_union_all(parts))[0]
    remaining = [face for face, owner in enumerate(owners) if owner >= 0 and face not in taken]
    remaining.sort(key=owners.__getitem__)
    return [faces[face] for face in remaining], [owners[face] for face in remaining]


_FaceGraph = Mapping[int, Mapping[int, float]]


def _build_face_graph(
    faces: Sequence[Polygon], of_face: Sequence[str], joined: Iterable[tuple[int, int]]
) -> _FaceGraph:
    """Return the meters between the centroids of adjacent faces within a jurisdiction.

    ``of_face`` is each face's jurisdiction.
    """
    middle = shapely.get_coordinates(shapely.centroid(faces))
    steps_m: dict[int, dict[int, float]] = {face: {} for face in range(len(faces))}
    for i, j in joined:
        if of_face[i] == of_face[j]:
            meters = float(((middle[i] - middle[j]) ** 2).sum() ** 0.5)
            steps_m[i][j] = steps_m[j][i] = meters
    return steps_m


def _grow_cells(start: Mapping[int, int], steps_m: _FaceGraph) -> dict[int, int]:
    """Assign each reachable face to the vertex with the shortest path to it (Dijkstra).

    ``start`` is the vertex of each face that has one.
    """
    vertex_of: dict[int, int] = {}
    queue = [(0.0, vertex, face) for face, vertex in start.items()]
    heapq.heapify(queue)
    while queue:
        meters, vertex, face = heapq.heappop(queue)
        if face in vertex_of:
            continue
        vertex_of[face] = vertex
        for other, step in steps_m[face].items():
            if other not in vertex_of and other not in start:
                heapq.heappush(queue, (meters + step, vertex, other))
    return vertex_of


def _assign_detached_faces(
    faces: Sequence[Polygon], of_face: Sequence[str], grown: Mapping[int, int]
) -> dict[int, int]:
    """Assign each face that no path reaches to the nearest cell of its jurisdiction."""
    nearest: dict[int, int] = {}
    for index, face in enumerate(faces):
        if index in grown:
            continue
        near = [other for other in grown if of_face[other] == of_face[index]]
        if near:
            distance_m = shapely.distance([faces[other] for other in near], face)
            nearest[index] = grown[near[int(distance_m.argmin())]]
    return nearest


_BORDER_M = 1.0
_POSITION_M = 0.01
_INSET_M = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class CellPart:
    """A piece of the map that belongs to one vertex's zone as a whole.

    ``block`` is None if the jurisdiction has no blocks. A part without a site is free: it can be
    moved by hand with its block. A detached part is cut off from the rest of its jurisdiction and
    belongs to the zone of the nearest cell.
    """

    block: str | None
    jurisdiction: str
    area: Polygon
    vertex: int
    holds_site: bool
    detached: bool


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """The map divided among the sites.

    ``vertices`` are the site ids at one position, in the sites' order; a cell is the union of a
    vertex's parts that are not detached. ``bordering`` are pairs of cells that share more than 1 m
    of border, also across jurisdictions, lower index first, sorted. A vertex in no known
    jurisdiction, or in one without any area, has an empty cell. Of two vertices that are the same
    on the 1 cm grid, one has an empty cell with the other as its neighbor. ``outside`` is the
    district's area in jurisdictions without a site.
    """

    vertices: tuple[tuple[str, ...], ...]
    vertex_of: Mapping[str, int]
    jurisdiction: tuple[str | None, ...]
    parts: tuple[CellPart, ...]
    areas: tuple[AreaGeometry, ...]
    bordering: tuple[tuple[int, int], ...]
    outside: AreaGeometry | None
    joined: tuple[tuple[int, int], ...] = ()
    cut: tuple[tuple[int, int], ...] = ()

    @property
    def neighbors(self) -> tuple[tuple[int, int], ...]:
        """The pairs that connect a zone: bordering and joined ones, without cuts."""
        if not (self.joined or self.cut):
            return self.bordering
        return tuple(sorted({*self.bordering, *self.joined}.difference(self.cut)))

    @property
    def stacked_sites(self) -> tuple[tuple[str, ...], ...]:
        """The groups of sites that share one position."""
        return tuple(vertex for vertex in self.vertices if len(vertex) > 1)

    @property
    def detached_blocks(self) -> tuple[str, ...]:
        """The blocks of the detached parts, one entry for each part."""
        return tuple(part.block or part.jurisdiction for part in self.parts if part.detached)


@dataclass(frozen=True, slots=True)
class _Piece:
    block: str | None
    jurisdiction: str
    area: Polygon


def build_cells(
    sites: Sequence[Site],
    placements: Mapping[str, SiteJurisdiction],
    blocks: Mapping[str, Block],
    jurisdictions: Mapping[str, Jurisdiction],
    district: AreaGeometry | None = None,
) -> Cells:
    """Divide the map into cells, one for each position with sites.

    Blocks are split into parts, and a part with several positions by their Voronoi lines. A cell
    grows from its part over the free parts of its jurisdiction by shortest paths across shared
    borders. The area of a jurisdiction without blocks is divided like one block. A site outside
    every part of its jurisdiction starts from the nearest one.
    """
    vertices, jurisdiction, points = _group_by_position(sites, placements)
    pieces = _list_pieces(blocks, jurisdictions, district, set(jurisdiction))
    home, anchors = _locate_vertices(points, jurisdiction, pieces)
    seeds: dict[int, list[Point]] = {}
    for vertex, piece in home.items():
        seeds.setdefault(piece, []).append(anchors[vertex])
    faces, owners = tile_polygons([piece.area for piece in pieces], seeds)
    of_face = [pieces[owner].jurisdiction for owner in owners]
    start, twins = _seed_faces(home, anchors, faces, owners)
    shared_m = measure_borders(faces)
    joined = [pair for pair, meters in shared_m.items() if meters > _BORDER_M]
    grown = _grow_cells(start, _build_face_graph(faces, of_face, joined))
    vertex_of_face = {**grown, **_assign_detached_faces(faces, of_face, grown)}
    parts = [
        CellPart(
            block=pieces[owners[face]].block,
            jurisdiction=of_face[face],
            area=faces[face],
            vertex=vertex,
            holds_site=face in start,
            detached=face not in grown,
        )
        for face, vertex in sorted(vertex_of_face.items())
    ]
    return Cells(
        vertices=vertices,
        vertex_of={site: vertex for vertex, ids in enumerate(vertices) for site in ids},
        jurisdiction=jurisdiction,
        parts=tuple(parts),
        areas=tuple(_merge_cell_areas(len(vertices), faces, grown)),
        bordering=_find_neighbors(shared_m, grown, twins),
        outside=merge_areas([f for index, f in enumerate(faces) if index not in vertex_of_face]),
    )


def connect_cells(cells: Cells, connections: Connections) -> Cells:
    """Return the cells with a person's joined and cut pairs, or the same object if none is new."""
    joined, cut = (
        tuple(sorted(_list_vertex_pairs(cells, pairs)))
        for pairs in (connections.joined, connections.cut)
    )
    is_unchanged = joined == cells.joined and cut == cells.cut
    return cells if is_unchanged else replace(cells, joined=joined, cut=cut)


def _list_vertex_pairs(cells: Cells, pairs: Iterable[SitePair]) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose two sites are patrolled and at different positions."""
    for pair in pairs:
        one, other = (cells.vertex_of.get(site) for site in pair)
        if one is not None and other is not None and one != other:
            yield min(one, other), max(one, other)


def merge_areas(areas: Sequence[AreaGeometry]) -> AreaGeometry | None:
    """Merge areas of one coverage (no overlaps, noded borders) or return None if there are none."""
    if not areas:
        return None
    merged = shapely.coverage_union_all(shapely.get_parts(areas))
    polygons = [part for part in shapely.get_parts(merged) if isinstance(part, Polygon)]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _group_by_position(
    sites: Sequence[Site], placements: Mapping[str, SiteJurisdiction]
) -> tuple[tuple[tuple[str, ...], ...], tuple[str | None, ...], list[Point]]:
    """Group the sites by position, and by jurisdiction if a person assigned different ones."""
    groups: dict[tuple[int, int, str | None], list[Site]] = {}
    for site in sites:
        key = (round(site.x_m / _POSITION_M), round(site.y_m / _POSITION_M))
        groups.setdefault((*key, placements[site.id].jurisdiction), []).append(site)
    vertices = tuple(tuple(site.id for site in group) for group in groups.values())
    return vertices, tuple(key[2] for key in groups), [g[0].point for g in groups.values()]


def _list_pieces(
    blocks: Mapping[str, Block],
    jurisdictions: Mapping[str, Jurisdiction],
    district: AreaGeometry | None,
    with_sites: set[str | None],
) -> list[_Piece]:
    """List the blocks' parts, then the areas of jurisdictions without blocks."""
    pieces = [
        _Piece(b.id, b.jurisdiction, part)
        for b in blocks.values()
        for part in _split_polygons(b.area)
    ]
    covered = {block.jurisdiction for block in blocks.values()}
    for jurisdiction in jurisdictions.values():
        if jurisdiction.id in covered:
            continue
        if district is not None:
            area = jurisdiction.area.intersection(district)
        elif jurisdiction.id in with_sites:
            area = jurisdiction.area
        else:
            continue
        pieces += [_Piece(None, jurisdiction.id, part) for part in _split_polygons(area)]
    return pieces


def _split_polygons(area: shapely.Geometry) -> Iterator[Polygon]:
    for part in shapely.get_parts(area):
        if isinstance(part, Polygon) and not part.is_empty:
            yield part


def _locate_vertices(
    points: Sequence[Point], jurisdiction: Sequence[str | None], pieces: Sequence[_Piece]
) -> tuple[dict[int, int], dict[int, Point]]:
    """Return the piece that each vertex is in or nearest to in its jurisdiction, and a point there.

    The point is the vertex's own position, or the nearest one inside.
    """
    home: dict[int, int] = {}
    anchors: dict[int, Point] = {}
    owned: dict[str | None, list[int]] = {}
    for index, piece in enumerate(pieces):
        owned.setdefault(piece.jurisdiction, []).append(index)
    trees = {key: shapely.STRtree([pieces[i].area for i in own]) for key, own in owned.items()}
    for vertex, point in enumerate(points):
        tree = trees.get(jurisdiction[vertex])
        if tree is None:
            continue
        near, distance_m = tree.query_nearest(point, return_distance=True)
        index = owned[jurisdiction[vertex]][int(near.min())]  # the first of equals
        home[vertex] = index
        anchors[vertex] = (
            point if distance_m.min() == 0 else _find_anchor(pieces[index].area, point)
        )
    return home, anchors


def _find_anchor(area: Polygon, point: Point) -> Point:
    """Return a point well inside an area, near a point outside it."""
    inner = area.buffer(-_INSET_M)
    if inner.is_empty:
        return area.representative_point()
    return Point(shapely.shortest_line(inner, point).coords[0])


def _seed_faces(
    home: Mapping[int, int],
    anchors: Mapping[int, Point],
    faces: Sequence[Polygon],
    owners: Sequence[int],
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Return the vertex that grows from each face, and the twins.

    Twins are pairs of vertices that share one face: the first has it.
    """
    of_piece: dict[int, list[int]] = {}
    for face, owner in enumerate(owners):
        of_piece.setdefault(owner, []).append(face)
    start: dict[int, int] = {}
    twins: list[tuple[int, int]] = []
    for vertex, piece in home.items():
        own = of_piece.get(piece, [])
        if not own:
            continue
        face = own[int(shapely.distance([faces[i] for i in own], anchors[vertex]).argmin())]
        if face in start:
            twins.append((start[face], vertex))
        else:
            start[face] = vertex
    return start, twins


def _merge_cell_areas(
    count: int, faces: Sequence[Polygon], grown: Mapping[int, int]
) -> Iterator[AreaGeometry]:
    of_vertex: list[list[Polygon]] = [[] for _ in range(count)]
    for face, vertex in grown.items():
        of_vertex[vertex].append(faces[face])
    for own in of_vertex:
        yield merge_areas(own) or Polygon()


def _find_neighbors(
    shared: Mapping[tuple[int, int], float],
    grown: Mapping[int, int],
    twins: Sequence[tuple[int, int]],
) -> tuple[tuple[int, int], ...]:
    length_m: dict[tuple[int, int], float] = {}
    for (i, j), meters in shared.items():
        if i in grown and j in grown and grown[i] != grown[j]:
            pair = (min(grown[i], grown[j]), max(grown[i], grown[j]))
            length_m[pair] = length_m.get(pair, 0.0) + meters
    return tuple(sorted({pair for pair, m in length_m.items() if m > _BORDER_M} | set(twins)))


@dataclass(frozen=True, slots=True)
class DetachedSites:
    """Sites that are not connected with the others, so no zone can include both.

    ``joins`` is the nearest pair that would connect them, ``away_m`` apart: one of these sites and
    one of the others.
    """

    sites: tuple[str, ...]
    joins: tuple[str, str]
    away_m: float


def find_detached_sites(project: Project, cells: Cells) -> tuple[DetachedSites, ...]:
    """Return the groups of sites that are cut off from the others that the same units serve.

    The group with most sites is the one that the others are cut off from.
    """
    kinds = {
        frozenset(area for area in project.jurisdictions if unit.may_be_primary(area))
        for unit in project.units.values()
        if unit.holds_zone
    }
    return _find_in_cells(cells, frozenset(kinds))


@lru_cache(maxsize=2)
def _find_in_cells(cells: Cells, kinds: Collection[frozenset[str]]) -> tuple[DetachedSites, ...]:
    detached: list[DetachedSites] = []
    for kind in kinds:
        members = [cell for cell, place in enumerate(cells.jurisdiction) if place in kind]
        parts = sorted(_find_parts(members, cells.neighbors), key=len)
        detached += [
            _find_nearest_join(cells, part, sorted(set(members) - {*part})) for part in parts[:-1]
        ]
    return tuple(sorted(detached, key=lambda each: each.sites))


def _find_parts(members: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups of members that pairs connect."""
    near: dict[int, list[int]] = {member: [] for member in members}
    for one, other in pairs:
        if one in near and other in near:
            near[one].append(other)
            near[other].append(one)
    left, parts = set(members), []
    while left:
        part, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            member = edge.pop()
            part.append(member)
            fresh = [other for other in near[member] if other in left]
            left.difference_update(fresh)
            edge += fresh
        parts.append(sorted(part))
    return parts


def _find_nearest_join(cells: Cells, part: Sequence[int], others: Sequence[int]) -> DetachedSites:
    own = [cells.areas[cell] for cell in part]
    tree = shapely.STRtree([cells.areas[cell] for cell in others])
    nearest = tree.nearest(own)
    distance_m = shapely.distance(own, tree.geometries.take(nearest))
    row = int(distance_m.argmin())
    joins = cells.vertices[part[row]][0], cells.vertices[others[int(nearest[row])]][0]
    ids = tuple(site for vertex in part for site in cells.vertices[vertex])
    return DetachedSites(ids, joins, float(distance_m[row]))


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOutline:
    """The area of one zone.

    ``body`` is ``area`` without the detached parts, which no zone could reach; ``pieces`` is the
    number of polygons of the body.
    """

    zone: str
    area: AreaGeometry
    body: AreaGeometry
    pieces: int
    detached: tuple[CellPart, ...] = ()


_GAP_M, _EDGE_BORDER_M = 1.0, 60.0
"""Outlines within this gap are adjacent; a shorter border is a corner that two zones share."""


def find_bordering_zones(areas: Mapping[str, AreaGeometry]) -> dict[str, tuple[str, ...]]:
    """Return the zones that share a border with each zone on the map, in their order."""
    keys, shapes = list(areas), np.array(list(areas.values()), dtype=object)
    near = zip(*shapely.STRtree(shapes).query(shapes, "dwithin", _GAP_M).tolist(), strict=True)
    edges, reached = shapely.boundary(shapes), shapely.buffer(shapes, _GAP_M)
    adjacent: dict[int, set[int]] = {row: set() for row in range(len(keys))}
    for one, other in near:
        shared = one != other and shapely.intersection(edges[one], reached[other]).length
        if shared and shared > _EDGE_BORDER_M:
            adjacent[one].add(other)
    return {keys[row]: tuple(keys[other] for other in sorted(own)) for row, own in adjacent.items()}


def build_zone_outlines(
    plan: Plan, cells: Cells, *, only: Collection[str] | None = None
) -> dict[str, ZoneOutline]:
    """Return the outlines of a plan's zones, or of some of them; a zone without area has none."""
    wanted = {zone.id for zone in plan.zones} if only is None else set(only)
    parts: dict[str, list[CellPart]] = {zone.id: [] for zone in plan.zones if zone.id in wanted}
    of_vertex = find_vertex_zones(plan, cells)
    for part, own_zone in zip(cells.parts, _find_part_zones(plan, cells, of_vertex), strict=True):
        if own_zone in parts:
            parts[own_zone].append(part)
    outlines = {
        zone: outline for zone, own in parts.items() if (outline := _build_outline(zone, own))
    }
    if not (cells.joined or cells.cut):
        return outlines
    return {
        zone: replace(outline, pieces=_count_connected(zone, outline, cells, of_vertex))
        for zone, outline in outlines.items()
    }


def _count_connected(
    zone: str, outline: ZoneOutline, cells: Cells, of_vertex: Sequence[str | None]
) -> int:
    """Count the pieces of a zone if a person joined or cut pairs of cells.

    A joined pair makes one piece of two polygons; a cut counts if no other way connects the cells
    of the zone.
    """
    members = [vertex for vertex, own in enumerate(of_vertex) if own == zone]
    index = {vertex: i for i, vertex in enumerate(members)}
    polygons = shapely.get_parts(outline.body).tolist()
    of_polygon = {
        vertex: next((n for n, p in enumerate(polygons) if p.covers(inner)), None)
        for vertex in members
        if not (inner := cells.areas[vertex].representative_point()).is_empty
    }
    joined = [
        (of_polygon.get(one), of_polygon.get(other))
        for one, other in cells.joined
        if one in index and other in index
    ]
    on_land = _count_groups(
        len(polygons), [(a, b) for a, b in joined if a is not None and b is not None]
    )
    if not cells.cut:
        return on_land
    ways = [(index[a], index[b]) for a, b in cells.neighbors if a in index and b in index]
    return max(on_land, _count_groups(len(members), ways))


def _count_groups(size: int, pairs: Iterable[tuple[int, int]]) -> int:
    """Count the groups of ``size`` items after joining pairs of them."""
    group = list(range(size))
    for one, other in pairs:
        target, merged = group[one], group[other]
        group = [target if own == merged else own for own in group]
    return len(set(group))


def find_vertex_zones(plan: Plan, cells: Cells) -> tuple[str | None, ...]:
    """Return the zone of each vertex: its first assigned site's zone."""
    assignment = plan.assignment
    return tuple(
        next((assignment[site] for site in ids if site in assignment), None)
        for ids in cells.vertices
    )


def find_part_zones(plan: Plan, cells: Cells) -> Iterator[str | None]:
    """Yield the zone of each part of the cells: its vertex's, or its block's if it was moved."""
    return _find_part_zones(plan, cells, find_vertex_zones(plan, cells))


def _find_part_zones(
    plan: Plan, cells: Cells, of_vertex: Sequence[str | None]
) -> Iterator[str | None]:
    overrides = plan.block_overrides
    for part in cells.parts:
        zone = of_vertex[part.vertex]
        if overrides and not part.holds_site and part.block is not None:
            zone = overrides.get(part.block, zone)
        yield zone


def _build_outline(zone: str, parts: list[CellPart]) -> ZoneOutline | None:
    area = merge_areas([part.area for part in parts])
    if area is None:
        return None
    detached = tuple(part for part in parts if part.detached)
    body = area
    if detached:
        body = merge_areas([part.area for part in parts if not part.detached]) or area
    pieces = int(shapely.get_num_geometries(body))
    return ZoneOutline(zone, area, body, pieces, detached)


_MIN_CHANGE_M2 = 100.0
_ZoneChange = tuple[str | None, str | None]


def find_changed_areas(
    before: Mapping[str, ZoneOutline], after: Mapping[str, ZoneOutline]
) -> dict[_ZoneChange, AreaGeometry]:
    """Return the areas that change zones, by the old and the new zone, or None if there is none.

    Plans with different sites have different cells, and lines within a meter are not a change,
    so polygons below ``_MIN_CHANGE_M2`` are left out.
    """
    old = {zone: outline.area for zone, outline in before.items()}
    new = {zone: outline.area for zone, outline in after.items()}
    changes: dict[_ZoneChange, AreaGeometry] = {}
    for zone, area in new.items():
        for other, old_area in old.items():
            if other != zone and shapely.intersects(area, old_area):
                _store_change(changes, (other, zone), shapely.intersection(area, old_area))
    whole_old, whole_new = (shapely.union_all(list(areas.values())) for areas in (old, new))
    for zone, area in new.items():
        _store_change(changes, (None, zone), shapely.difference(area, whole_old))
    for zone, area in old.items():
        _store_change(changes, (zone, None), shapely.difference(area, whole_new))
    return changes


def _store_change(
    changes: dict[_ZoneChange, AreaGeometry], ends: _ZoneChange, area: shapely.Geometry
) -> None:
    polygons = [
        part
        for part in shapely.get_parts(area)
        if shapely.get_dimensions(part) == 2 and shapely.area(part) >= _MIN_CHANGE_M2
    ]
    if polygons:
        changes[ends] = shapely.multipolygons(polygons)


_NARROW_M, _MIN_LENGTHS, _MIN_M2 = 800.0, 2.5, 200_000.0
_SIMPLIFY_M = 25.0


@dataclass(frozen=True, eq=False, slots=True)
class NarrowStrip:
    """A narrow part of a zone, its mean width and its length."""

    zone: str
    area: Polygon
    width_m: float
    length_m: float


def find_narrow_strips(areas: Mapping[str, AreaGeometry]) -> Iterator[NarrowStrip]:
    """Yield the parts of zones that are narrower than half a mile and much longer than wide.

    They are what a morphological opening with that width removes, except corners and specks.
    """
    reach = _NARROW_M / 2
    for zone, area in areas.items():
        simple = shapely.make_valid(shapely.simplify(area, _SIMPLIFY_M))
        inner = shapely.buffer(simple, -reach, join_style="mitre")
        body = shapely.buffer(inner, reach + 1, join_style="mitre")
        for part in shapely.get_parts(shapely.difference(simple, body)):
            if not isinstance(part, Polygon) or part.area < _MIN_M2:
                continue
            half = part.length / 2
            # the sides of a rectangle of this area and outline
            root = max(half * half / 4 - part.area, 0.0) ** 0.5
            width, length = half / 2 - root, half / 2 + root
            if length >= _MIN_LENGTHS * width:
                yield NarrowStrip(zone, part, width, length)
