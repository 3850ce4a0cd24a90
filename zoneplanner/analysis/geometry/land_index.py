"""What lies where: blocks and sites under a place, a line or an area, and which cells touch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.cells import Cells
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.geography.jurisdiction import AreaGeometry
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
