"""Zone outlines whose edges follow the streets of the basemap, where the office prefers that."""

from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from zoneplanner.analysis.geometry.outlines import ZoneOutline
from zoneplanner.analysis.geometry.street_edges import (
    Polygons,
    list_street_faces,
    move_edges_to_streets,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.domain.locale_formats import STREET_EDGES
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project

_STREETS = ("freeway", "arterial", "collector", "local")
_MARGIN_M = 500.0
Outlines = Mapping[str, ZoneOutline]


@dataclass(frozen=True, eq=False, slots=True)
class StreetFaces:
    """The land between the streets of a basemap, around the zones."""

    content: str
    bounds: tuple[float, float, float, float]
    polygons: Polygons


def find_street_faces(
    project: Project, outlines: Outlines, known: StreetFaces | None
) -> StreetFaces | None:
    """Return the land between streets where edges are to follow them; ``known`` where it holds."""
    basemap = project.basemap
    if basemap is None or project.preferences.edges != STREET_EDGES or not outlines:
        return None
    whole = shapely.total_bounds([own.area for own in outlines.values()])
    bounds = shapely.box(*whole.tolist()).buffer(_MARGIN_M).bounds
    if known is not None and (known.content, known.bounds) == (basemap.content, bounds):
        return known
    found = find_basemap(project, _STREETS)
    streets = [shape for own in found.values() for shape in own.shapes.tolist()]
    faces = list_street_faces(streets, shapely.box(*bounds))
    return StreetFaces(basemap.content, bounds, faces)


def follow_streets(
    plan: Plan, basis: PlanningBasis, outlines: Outlines, faces: StreetFaces, before: Outlines
) -> Outlines:
    """Return outlines with edges on streets; those that are as ``before`` are the very same."""
    sites = {site.id: site.position for site in basis.sites}
    moved = move_edges_to_streets(plan, basis.cells, outlines, sites, faces.polygons)
    return {zone: _reuse(before.get(zone), own) for zone, own in moved.items()}


def _reuse(before: ZoneOutline | None, now: ZoneOutline) -> ZoneOutline:
    if before is None or before.pieces != now.pieces:
        return now
    same = shapely.equals_exact(shapely.normalize(before.area), shapely.normalize(now.area))
    return before if same else now
