"""Edits of the map under the zones: jurisdictions, boundary, blocks, layers, connections."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import TypeVar

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction, SitePair
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError

_Value = TypeVar("_Value")

DISTRICT_LAYER = "district"
CITY_KIND, COUNTY_KIND = "city", "county"
WHOLE_DISTRICT = "Whole district"
"""The single jurisdiction of a project until others are imported."""
_MIN_REACH_M, _REACH_FACTOR = 3_000.0, 2.0
"""How far the land around a site reaches: a minimum, and a multiple of the median distance."""
_GAP_M = 20_000.0
"""Sites farther apart than this, with no sites between them, get separate land."""


def add_jurisdictions(project: Project, added: Mapping[str, Jurisdiction]) -> Project:
    """Add jurisdictions, or replace the ones whose id is known.

    A unit with access to a kind of jurisdiction (``city`` or ``county``) gets it for new ones.
    """
    return grant_access_by_kind(replace(project, jurisdictions={**project.jurisdictions, **added}))


def grant_access_by_kind(project: Project) -> Project:
    """Extend access that units have by kind to every jurisdiction of that kind."""
    kinds = {key: area.kind for key, area in project.jurisdictions.items()}
    units = {key: _grant_unit_access(unit, kinds) for key, unit in project.units.items()}
    if all(units[key] is unit for key, unit in project.units.items()):
        return project
    return replace(project, units=units)


def set_district_boundary(
    project: Project, name: str, area: AreaGeometry, fields: Mapping[str, str] | None = None
) -> Project:
    """Replace the district's boundary; ``fields`` are the attributes from its file."""
    others = tuple(item for item in project.features if item.layer != DISTRICT_LAYER)
    after = replace(project, features=(Feature(DISTRICT_LAYER, name, area, fields or {}), *others))
    return cover_with_one_area(after) if project.sites else after


def cover_with_one_area(project: Project) -> Project:
    """Give a project without imported jurisdictions one that covers its district or its sites.

    It follows the sites and the district until jurisdictions are imported and replace it.
    """
    if set(project.jurisdictions) - {WHOLE_DISTRICT}:
        return project
    area = find_district_boundary(project) or _surround_sites(project)
    if area is None:
        return project
    existing = project.jurisdictions.get(WHOLE_DISTRICT)
    if existing is not None and existing.area.equals(area):
        return project
    whole = Jurisdiction(WHOLE_DISTRICT, WHOLE_DISTRICT, COUNTY_KIND, area)
    return add_jurisdictions(project, {WHOLE_DISTRICT: whole})


def remove_whole_district(project: Project) -> Project:
    """Remove the jurisdiction of the whole district, once others are known."""
    if WHOLE_DISTRICT not in project.jurisdictions:
        return project
    units = {
        key: replace(unit, access=_without_whole_district(unit.access))
        for key, unit in project.units.items()
    }
    jurisdictions = _without_whole_district(project.jurisdictions)
    return replace(project, jurisdictions=jurisdictions, units=units)


def _without_whole_district(by_jurisdiction: Mapping[str, _Value]) -> dict[str, _Value]:
    return {key: value for key, value in by_jurisdiction.items() if key != WHOLE_DISTRICT}


def _surround_sites(project: Project) -> AreaGeometry | None:
    """Return the land around the patrolled sites, in several parts if they are far apart.

    The map has no water here, so only a wide gap between schools is treated as water.
    """
    points = [site.point for site in project.patrolled if site.has_position]
    if not points:
        return None
    tree = shapely.STRtree(points)
    nearest = [points[index] for index in _find_nearest_others(tree, points)]
    distances_m = sorted(shapely.distance(points, nearest).tolist())
    reach_m = max(_MIN_REACH_M, _REACH_FACTOR * distances_m[len(points) // 2])
    parts = shapely.get_parts(shapely.union_all(shapely.buffer(points, _GAP_M / 2)))
    groups = [
        shapely.MultiPoint([points[index] for index in tree.query(part, "covers")])
        for part in parts
    ]
    hulls = shapely.convex_hull(groups)
    return shapely.union_all(shapely.buffer(hulls, reach_m, quad_segs=4))  # type: ignore[return-value]


def _find_nearest_others(tree: shapely.STRtree, points: Sequence[BaseGeometry]) -> list[int]:
    """Return for each point the index of the nearest point elsewhere, or its own if none is."""
    from_, to = tree.query_nearest(points, exclusive=True, all_matches=False)
    nearest = dict(zip(from_.tolist(), to.tolist(), strict=True))
    return [nearest.get(index, index) for index in range(len(points))]


def add_blocks(project: Project, added: Mapping[str, Block], *, instead: bool = False) -> Project:
    """Add blocks or replace the ones whose id is known; with ``instead``, replace all blocks.

    Overrides of blocks that no longer exist are removed from the plans.
    """
    blocks = dict(added) if instead else {**project.blocks, **added}
    after = replace(project, blocks=blocks)
    for plan in project.plans.values():
        overrides = {key: zone for key, zone in plan.block_overrides.items() if key in blocks}
        if len(overrides) < len(plan.block_overrides):
            after = after.with_plan(replace(plan, block_overrides=overrides))
    return after


def find_district_boundary(project: Project) -> AreaGeometry | None:
    """Return the district's boundary, or None."""
    areas = (item.geometry for item in project.features if item.layer == DISTRICT_LAYER)
    return next((area for area in areas if area.area > 0), None)  # type: ignore[return-value]


def compute_project_extent(project: Project) -> BaseGeometry | None:
    """Return a box around the project's district, jurisdictions and sites, or None."""
    shapes: list[BaseGeometry] = [area.area for area in project.jurisdictions.values()]
    shapes += [site.point for site in project.sites.values()]
    district = find_district_boundary(project)
    shapes += [district] if district is not None else []
    return shapely.box(*shapely.total_bounds(shapes)) if shapes else None


def _grant_unit_access(unit: Unit, kinds: Mapping[str, str]) -> Unit:
    added = {
        key: unit.access[kind]
        for key, kind in kinds.items()
        if kind in unit.access and key not in unit.access
    }
    return replace(unit, access={**unit.access, **added}) if added else unit


_LAYER_COLORS = 8


def add_layer(project: Project, layer: Layer, features: Sequence[Feature]) -> Project:
    """Add a layer of the user's, in the first color that no other such layer has.

    Raises
    ------
    UserError
        The layer's id is in use, or it has no features.
    """
    if layer.id in project.layers:
        raise UserError("name_in_use.layer", layer=project.layers[layer.id].title)
    if not features:
        raise UserError("layer_empty", layer=layer.title)
    used = {other.color for other in project.user_layers}
    free = [color for color in range(_LAYER_COLORS) if color not in used]
    own = replace(layer, own=True, color=free[0] if free else len(used) % _LAYER_COLORS)
    return replace(
        project,
        layers={**project.layers, own.id: own},
        features=(*project.features, *(replace(item, layer=own.id) for item in features)),
    )


def remove_layer(project: Project, layer_id: str) -> Project:
    """Remove a layer of the user's and its features.

    Raises
    ------
    UserError
        The id is unknown, or the layer belongs to the project's own map.
    """
    layer = project.layers.get(layer_id)
    if layer is None:
        raise UserError("unknown_layer", layer=layer_id)
    if not layer.own:
        raise UserError("layer_of_the_map", layer=layer.title)
    return replace(
        project,
        layers={key: other for key, other in project.layers.items() if key != layer_id},
        features=tuple(item for item in project.features if item.layer != layer_id),
    )


def make_unique_title(project: Project, title: str) -> str:
    """Return a title, with the first number that makes it unique if it is in use."""
    used = {layer.title for layer in project.layers.values()}
    numbered = (f"{title} {number}" for number in count(2))
    return next(option for option in chain([title], numbered) if option not in used)


def make_site_pair(project: Project, one: str, other: str) -> SitePair:
    """Return two sites, given by id or full name, as a pair.

    Raises
    ------
    UserError
        A site is unknown, or both are the same site.
    """
    ids = sorted({project.site(one).id, project.site(other).id})
    if len(ids) < 2:
        raise UserError("pair_of_one", site=project.sites[ids[0]].name)
    return ids[0], ids[1]


def join_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites neighbors, whatever their land."""
    pair = make_site_pair(project, one, other)
    others = project.connections.without(pair)
    return replace(project, connections=replace(others, joined=(*others.joined, pair)))


def cut_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites not neighbors, whatever their land."""
    pair = make_site_pair(project, one, other)
    others = project.connections.without(pair)
    return replace(project, connections=replace(others, cut=(*others.cut, pair)))


def forget_connection(project: Project, one: str, other: str) -> Project:
    """Let the land decide again whether two sites are neighbors.

    Raises
    ------
    UserError
        The two sites were neither joined nor cut.
    """
    pair = make_site_pair(project, one, other)
    others = project.connections.without(pair)
    if others == project.connections:
        names = [project.sites[site].name for site in pair]
        raise UserError("unknown_connection", sites=names)
    return replace(project, connections=others)
