"""What lies where: blocks and sites under a place, a line or an area, and which cells touch.

Where a place is, as a dispatcher says it: how far from the nearest two streets that cross.
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
from zoneplanner.domain.locale_formats import NEUTRAL_FORMATS, LocaleFormats
from zoneplanner.domain.project import Project


@dataclass(frozen=True, eq=False, slots=True)
class AssignableArea:
    """A block, or a piece of a jurisdiction that has none: what goes to a zone as a whole.

    ``block`` is None for such a piece; ``sites`` are the patrolled sites that decide its zone,
    none in a block that may be moved by hand; ``vertices`` are the cells that it is part of.
    """

    block: str | None
    jurisdiction: str
    area: AreaGeometry
    sites: tuple[str, ...]
    vertices: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class LandIndex:
    """An index of a project's areas and patrolled sites; a query costs hundredths of a ms.

    ``touching_cells`` are the cells beside each cell, ``area_by_block`` has the area of each block.
    """

    cells: Cells
    areas: tuple[AssignableArea, ...]
    area_by_block: Mapping[str, AssignableArea]
    touching_cells: Mapping[int, tuple[int, ...]]
    _areas: shapely.STRtree
    _sites: shapely.STRtree
    _ids: tuple[str, ...]

    def find_area_at(self, x_m: float, y_m: float) -> AssignableArea | None:
        """Return the area at a position in meters, None outside all."""
        found = self._areas.query(shapely.Point(x_m, y_m), predicate="intersects")
        return self.areas[int(found.min())] if found.size else None

    def find_areas_touching(self, shape: BaseGeometry) -> tuple[AssignableArea, ...]:
        """Return the areas that a shape touches."""
        found = np.sort(self._areas.query(shape, predicate="intersects"))
        return tuple(self.areas[at] for at in found.tolist())

    def find_sites_in(self, area: BaseGeometry) -> tuple[str, ...]:
        """Return the patrolled sites within an area."""
        found = np.sort(self._sites.query(area, predicate="intersects"))
        return tuple(self._ids[at] for at in found.tolist())

    def find_free_blocks_in(self, area: BaseGeometry) -> tuple[AssignableArea, ...]:
        """Return the blocks without a site that lie wholly within an area."""
        found = np.sort(self._areas.query(area, predicate="contains"))
        return tuple(spot for at in found.tolist() if not (spot := self.areas[at]).sites)

    def find_cells_within(self, start: int, allowed: Iterable[int], steps: int) -> frozenset[int]:
        """Return the cells within so many borders of a cell, going over allowed cells only."""
        free = set(allowed) - {start}
        found, edge = {start}, {start}
        for _ in range(steps):
            edge = {next_to for at in edge for next_to in self.touching_cells.get(at, ())} & free
            if not edge:
                break
            found |= edge
            free -= edge
        return frozenset(found)


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
        touching_cells={at: tuple(others) for at, others in near.items()},
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
    """Return the patrolled sites that lie in each block."""
    keys = list(project.blocks)
    found: dict[str, set[str]] = {}
    if not keys:
        return found
    tree = shapely.STRtree([block.area for block in project.blocks.values()])
    rows, blocks = tree.query([site.point for site in basis.sites], predicate="intersects")
    for row, at in zip(rows.tolist(), blocks.tolist(), strict=True):
        found.setdefault(keys[at], set()).add(basis.sites[row].id)
    return found


MILE_M = 1609.344
_ON_STREET_M = MILE_M / 20
_SEARCH_RADII_M = (800.0, 2400.0, 6400.0)
_BESIDE_DEG = 45.0


@dataclass(frozen=True, slots=True)
class _StreetOffset:
    """A street, meters to it, the way from it to the place, and the street's own bearing."""

    name: str
    away_m: float
    east_m: float
    north_m: float
    bearing_deg: float

    @property
    def sideways(self) -> bool:
        """True where the place is east or west of the street rather than north or south."""
        return abs(self.east_m) >= abs(self.north_m)

    @property
    def beside(self) -> bool:
        """True on the street or beside it, false beyond its end."""
        way = math.degrees(math.atan2(self.north_m, self.east_m))
        turn = abs(way - self.bearing_deg) % 180.0
        return self.away_m <= _ON_STREET_M or min(turn, 180.0 - turn) >= _BESIDE_DEG


class CrossStreets:
    """The named main streets of a project, indexed by segment."""

    def __init__(self, names: Sequence[str], segments: FloatArray, of: NDArray[np.int64]) -> None:
        self._names = tuple(names)
        self._segments = segments
        self._of = of
        lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2)) if len(segments) else []
        self._tree = shapely.STRtree(lines)

    def words(self, x_m: float, y_m: float, formats: LocaleFormats = NEUTRAL_FORMATS) -> str:
        """Say where a position in project meters is; empty where no street is near."""
        for reach_m in _SEARCH_RADII_M:
            near = self._near(x_m, y_m, reach_m)
            offs = [off for off in near if off.beside] or near
            across = next((off for off in offs[1:] if _fixes_place(offs[0], off)), None)
            if across is not None:
                return _describe_both(offs[0], across, formats)
        return _describe_offset(offs[0], formats) if offs else ""

    def _near(self, x_m: float, y_m: float, reach_m: float) -> list[_StreetOffset]:
        """Return the streets within reach, the nearest first, each at its nearest segment."""
        box = shapely.box(x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
        found = self._tree.query(box)
        if not len(found):
            return []
        own = self._segments[found]
        start, step = own[:, :2], own[:, 2:] - own[:, :2]
        length = np.maximum((step**2).sum(axis=1), 1e-9)
        here = np.array([x_m, y_m])
        share = np.clip(((here - start) * step).sum(axis=1) / length, 0.0, 1.0)
        away = here - (start + share[:, None] * step)
        away_m = np.hypot(away[:, 0], away[:, 1])
        order = np.argsort(away_m, kind="stable")
        streets = self._of[found][order]
        _, first = np.unique(streets, return_index=True)
        nearest = order[np.sort(first)]
        bearing = np.degrees(np.arctan2(step[:, 1], step[:, 0])) % 180.0
        return [
            _StreetOffset(
                self._names[self._of[found[at]]],
                float(away_m[at]),
                float(away[at, 0]),
                float(away[at, 1]),
                float(bearing[at]),
            )
            for at in nearest.tolist()
            if away_m[at] <= reach_m
        ]


def build_cross_streets(project: Project) -> CrossStreets:
    """Return the grid of a project's main streets; one without any says nothing."""
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
    """True where two streets run along different axes, so that they fix the place."""
    return (
        one.away_m <= _ON_STREET_M
        or other.away_m <= _ON_STREET_M
        or one.sideways is not other.sideways
    )


def _describe_both(one: _StreetOffset, other: _StreetOffset, formats: LocaleFormats) -> str:
    if one.away_m <= _ON_STREET_M and other.away_m <= _ON_STREET_M:
        return f"{one.name} at {other.name}"
    return f"{_describe_offset(one, formats)}, {_describe_offset(other, formats)}"


def _describe_offset(off: _StreetOffset, formats: LocaleFormats) -> str:
    """Say how far and on which side; along the street's own axis the side is one of four."""
    if off.away_m <= _ON_STREET_M:
        return f"On {off.name}"
    east_or_west, north_or_south = "WE"[off.east_m > 0], "SN"[off.north_m > 0]
    side = east_or_west if off.sideways else north_or_south
    return f"{formats.distance(off.away_m)} {side} of {off.name}"
