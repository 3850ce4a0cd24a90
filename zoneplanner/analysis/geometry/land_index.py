"""Spatial indexes: blocks and sites at a place, a line or in an area, and which cells touch.

Also a place in a dispatcher's words: its distance from the two nearest cross streets.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.geometry.cells_and_outlines import Cells
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.geography.site import AreaGeometry
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


@dataclass(frozen=True, eq=False, slots=True)
class AssignableArea:
    """A block, or a piece of a jurisdiction without blocks, that belongs to a zone as a whole.

    ``block`` is None for such a piece; ``sites`` are the patrolled sites that determine its zone,
    none in a block that can be moved by hand; ``vertices`` are the cells that it is part of.
    """

    block: str | None
    jurisdiction: str
    area: AreaGeometry
    sites: tuple[str, ...]
    vertices: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class LandIndex:
    """An index of a project's areas and patrolled sites; a query takes hundredths of a ms.

    ``touching_cells`` are the cells adjacent to each cell.
    """

    cells: Cells
    areas: tuple[AssignableArea, ...]
    area_by_block: Mapping[str, AssignableArea]
    touching_cells: Mapping[int, tuple[int, ...]]
    _areas: shapely.STRtree
    _sites: shapely.STRtree
    _ids: tuple[str, ...]

    def find_area_at(self, x_m: float, y_m: float) -> AssignableArea | None:
        """Return the area at a position in meters, or None if outside all."""
        matches = self._areas.query(shapely.Point(x_m, y_m), predicate="intersects")
        return self.areas[int(matches.min())] if matches.size else None

    def find_areas_touching(self, shape: BaseGeometry) -> tuple[AssignableArea, ...]:
        """Return the areas that a shape touches."""
        matches = np.sort(self._areas.query(shape, predicate="intersects"))
        return tuple(self.areas[row] for row in matches.tolist())

    def find_sites_in(self, area: BaseGeometry) -> tuple[str, ...]:
        """Return the patrolled sites within an area."""
        matches = np.sort(self._sites.query(area, predicate="intersects"))
        return tuple(self._ids[row] for row in matches.tolist())

    def find_free_blocks_in(self, area: BaseGeometry) -> tuple[AssignableArea, ...]:
        """Return the blocks without a site that are entirely within an area."""
        matches = np.sort(self._areas.query(area, predicate="contains"))
        return tuple(spot for row in matches.tolist() if not (spot := self.areas[row]).sites)

    def find_cells_within(self, start: int, allowed: Iterable[int], steps: int) -> frozenset[int]:
        """Return the cells within ``steps`` borders of a cell, crossing only allowed cells."""
        free = set(allowed) - {start}
        reached, edge = {start}, {start}
        for _ in range(steps):
            edge = {other for cell in edge for other in self.touching_cells.get(cell, ())} & free
            if not edge:
                break
            reached |= edge
            free -= edge
        return frozenset(reached)


def build_land_index(project: Project, basis: PlanningBasis) -> LandIndex:
    """Index the blocks and patrolled sites of a project as its cells divide them."""
    spots = tuple(_list_areas(project, basis))
    cells = basis.cells
    near: dict[int, list[int]] = {}
    for one, other in cells.neighbors:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return LandIndex(
        cells=cells,
        areas=spots,
        area_by_block={spot.block: spot for spot in spots if spot.block is not None},
        touching_cells={cell: tuple(others) for cell, others in near.items()},
        _areas=shapely.STRtree([spot.area for spot in spots]),
        _sites=shapely.STRtree([site.point for site in basis.sites]),
        _ids=tuple(site.id for site in basis.sites),
    )


def _list_areas(project: Project, basis: PlanningBasis) -> Iterable[AssignableArea]:
    """Yield the pieces without blocks, then an area for each block that a cell reaches."""
    vertices: dict[str, set[int]] = {}
    inside = _find_sites_by_block(project, basis)
    for part in basis.cells.parts:
        if part.block is None:
            ids = basis.cells.vertices[part.vertex]
            yield AssignableArea(None, part.jurisdiction, part.area, ids, (part.vertex,))
            continue
        vertices.setdefault(part.block, set()).add(part.vertex)
        if part.holds_site:
            inside.setdefault(part.block, set()).update(basis.cells.vertices[part.vertex])
    for key, block in project.blocks.items():
        if key in vertices:
            ids = tuple(sorted(inside.get(key, ())))
            own = tuple(sorted(vertices[key]))
            yield AssignableArea(key, block.jurisdiction, block.area, ids, own)


def _find_sites_by_block(project: Project, basis: PlanningBasis) -> dict[str, set[str]]:
    """Return the patrolled sites in each block."""
    keys = list(project.blocks)
    inside: dict[str, set[str]] = {}
    if not keys:
        return inside
    tree = shapely.STRtree([block.area for block in project.blocks.values()])
    rows, blocks = tree.query([site.point for site in basis.sites], predicate="intersects")
    for row, block in zip(rows.tolist(), blocks.tolist(), strict=True):
        inside.setdefault(keys[block], set()).add(basis.sites[row].id)
    return inside


MILE_M = 1609.344
_ON_STREET_M = MILE_M / 20
_SEARCH_RADII_M = (800.0, 2400.0, 6400.0)
_MIN_ANGLE_DEG = 45.0


@dataclass(frozen=True, slots=True)
class _StreetOffset:
    """A street, the distance and direction from it to a place, and the street's bearing."""

    name: str
    away_m: float
    east_m: float
    north_m: float
    bearing_deg: float

    @property
    def is_east_or_west(self) -> bool:
        """Whether the place is east or west of the street rather than north or south."""
        return abs(self.east_m) >= abs(self.north_m)

    @property
    def is_alongside(self) -> bool:
        """Whether the place is on the street or alongside it, not beyond its end."""
        direction = math.degrees(math.atan2(self.north_m, self.east_m))
        turn = abs(direction - self.bearing_deg) % 180.0
        return self.away_m <= _ON_STREET_M or min(turn, 180.0 - turn) >= _MIN_ANGLE_DEG


class CrossStreets:
    """The named main streets of a project, indexed by segment."""

    def __init__(self, names: Sequence[str], segments: FloatArray, of: NDArray[np.int64]) -> None:
        self._names = tuple(names)
        self._segments = segments
        self._of = of
        lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2)) if len(segments) else []
        self._tree = shapely.STRtree(lines)

    def describe_place(self, x_m: float, y_m: float) -> Message | None:
        """Describe a position in project meters by streets, or return None if none is near."""
        for reach_m in _SEARCH_RADII_M:
            near = self._find_near(x_m, y_m, reach_m)
            offsets = [offset for offset in near if offset.is_alongside] or near
            cross = next((each for each in offsets[1:] if _fixes_place(offsets[0], each)), None)
            if cross is not None:
                return _describe_both(offsets[0], cross)
        return _describe_offset(offsets[0]) if offsets else None

    def _find_near(self, x_m: float, y_m: float, reach_m: float) -> list[_StreetOffset]:
        """Return the streets within reach, the nearest first, each at its nearest segment."""
        box = shapely.box(x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
        rows = self._tree.query(box)
        if not len(rows):
            return []
        start, end = np.hsplit(self._segments[rows], 2)
        step = end - start
        length = np.maximum((step**2).sum(axis=1), 1e-9)
        here = np.array([x_m, y_m])
        share = np.clip(((here - start) * step).sum(axis=1) / length, 0.0, 1.0)
        away = here - (start + share[:, None] * step)
        away_m = np.hypot(away[:, 0], away[:, 1])
        order = np.argsort(away_m, kind="stable")
        streets = self._of[rows][order]
        _, first = np.unique(streets, return_index=True)
        nearest = order[np.sort(first)]
        bearing = np.degrees(np.arctan2(step[:, 1], step[:, 0])) % 180.0
        return [
            _StreetOffset(
                self._names[self._of[rows[i]]],
                float(away_m[i]),
                float(away[i, 0]),
                float(away[i, 1]),
                float(bearing[i]),
            )
            for i in nearest.tolist()
            if away_m[i] <= reach_m
        ]


def build_cross_streets(project: Project) -> CrossStreets:
    """Return the index of a project's main streets; without any, it describes no place."""
    streets = [item for item in project.features if item.layer == "arterial" and item.name]
    names = sorted({item.name for item in streets})
    rows: list[FloatArray] = []
    of: list[int] = []
    for item in streets:
        for part in shapely.get_parts(item.geometry):
            points = shapely.get_coordinates(part)
            rows.append(np.hstack([points[:-1], points[1:]]))
            of += [names.index(item.name)] * (len(points) - 1)
    segments = np.vstack(rows) if rows else np.empty((0, 4))
    return CrossStreets(names, segments, np.array(of, dtype=np.int64))


def _fixes_place(one: _StreetOffset, other: _StreetOffset) -> bool:
    """Return whether two streets define the place: it is on one, or they have different axes."""
    return (
        one.away_m <= _ON_STREET_M
        or other.away_m <= _ON_STREET_M
        or one.is_east_or_west is not other.is_east_or_west
    )


def _describe_both(one: _StreetOffset, other: _StreetOffset) -> Message:
    if one.away_m <= _ON_STREET_M and other.away_m <= _ON_STREET_M:
        return Message("near_streets.at", one=one.name, other=other.name)
    return Message("near_streets.between", one=_describe_offset(one), other=_describe_offset(other))


def _describe_offset(offset: _StreetOffset) -> Message:
    """Describe the distance and the side of a street: north, south, east or west of it."""
    if offset.away_m <= _ON_STREET_M:
        return Message("near_streets.on", street=offset.name)
    east_or_west, north_or_south = "WE"[offset.east_m > 0], "SN"[offset.north_m > 0]
    side = east_or_west if offset.is_east_or_west else north_or_south
    return Message("near_streets.beside", away_m=offset.away_m, side=side, street=offset.name)
