"""Edits of the map that zones are made of: jurisdictions, the district's boundary, blocks.

Join two sites as neighbors, cut them, or have them be what their land makes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction, SitePair
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError

DISTRICT_LAYER = "district"
CITY_KIND, COUNTY_KIND = "city", "county"
WHOLE_DISTRICT = "Whole district"
"""The one jurisdiction of a project for which none were imported yet."""
_LEAST_REACH_M, _REACHES = 3_000.0, 2.0
"""How far land reaches around a site: at least, and by the usual distance of neighbors."""
_GAP_M = 20_000.0


def add_jurisdictions(project: Project, found: Mapping[str, Jurisdiction]) -> Project:
    """Add jurisdictions, or replace those whose id is known.

    A unit whose access is told for all of a kind (``city`` or ``county``) gets it for new ones.
    """
    return grant_access_by_kind(replace(project, jurisdictions={**project.jurisdictions, **found}))


def grant_access_by_kind(project: Project) -> Project:
    """Give the units whose access is told by kind that to every jurisdiction of the kind."""
    kinds = {key: own.kind for key, own in project.jurisdictions.items()}
    units = {key: _grant_unit_access(unit, kinds) for key, unit in project.units.items()}
    if all(units[key] is unit for key, unit in project.units.items()):
        return project
    return replace(project, units=units)


def set_district_boundary(
    project: Project, name: str, area: AreaGeometry, fields: Mapping[str, str] | None = None
) -> Project:
    """Put the district's boundary in place of the one before; ``fields`` are what its file says."""
    others = tuple(item for item in project.features if item.layer != DISTRICT_LAYER)
    after = replace(project, features=(Feature(DISTRICT_LAYER, name, area, fields or {}), *others))
    return cover_with_one_area(after) if project.sites else after


def cover_with_one_area(project: Project) -> Project:
    """Return a project without jurisdictions with one for all: its district, or around its sites.

    It follows the sites and the district until jurisdictions are imported, which take its place.
    """
    if set(project.jurisdictions) - {WHOLE_DISTRICT}:
        return project
    area = find_district_boundary(project) or _surround_sites(project)
    if area is None:
        return project
    known = project.jurisdictions.get(WHOLE_DISTRICT)
    if known is not None and known.area.equals(area):
        return project
    whole = Jurisdiction(WHOLE_DISTRICT, WHOLE_DISTRICT, COUNTY_KIND, area)
    return add_jurisdictions(project, {WHOLE_DISTRICT: whole})


def remove_whole_district(project: Project) -> Project:
    """Take away the one jurisdiction for all, once others are known."""
    if WHOLE_DISTRICT not in project.jurisdictions:
        return project
    units = {
        key: replace(
            unit, access={area: own for area, own in unit.access.items() if area != WHOLE_DISTRICT}
        )
        for key, unit in project.units.items()
    }
    others = {key: own for key, own in project.jurisdictions.items() if key != WHOLE_DISTRICT}
    return replace(project, jurisdictions=others, units=units)


def _surround_sites(project: Project) -> AreaGeometry | None:
    """Return the land around the patrolled sites; what lies far apart stays apart.

    Nothing is known of water here: only a gap that no row of schools bridges is taken for it.
    """
    points = [site.point for site in project.patrolled if site.has_position]
    if not points:
        return None
    tree = shapely.STRtree(points)
    near = shapely.distance(points, [points[at] for at in _find_nearest_others(tree, points)])
    reach_m = max(_LEAST_REACH_M, _REACHES * sorted(near.tolist())[len(near) // 2])
    parts = shapely.get_parts(shapely.union_all(shapely.buffer(points, _GAP_M / 2)))
    groups = [
        shapely.MultiPoint([points[at] for at in tree.query(part, "covers")]) for part in parts
    ]
    hulls = shapely.convex_hull(groups)
    return shapely.union_all(shapely.buffer(hulls, reach_m, quad_segs=4))  # type: ignore[return-value]


def _find_nearest_others(tree: shapely.STRtree, points: Sequence[BaseGeometry]) -> list[int]:
    """Return for each point the nearest one elsewhere, itself where there is none."""
    found = list(range(len(points)))
    from_, to = tree.query_nearest(points, exclusive=True, all_matches=False)
    for at, other in zip(from_.tolist(), to.tolist(), strict=True):
        found[at] = other
    return found


def add_blocks(project: Project, found: Mapping[str, Block], *, instead: bool = False) -> Project:
    """Add blocks, or replace those whose id is known; ``instead`` of all that there were.

    Blocks that a plan gave to a zone by hand and that are gone are dropped from it.
    """
    blocks = dict(found) if instead else {**project.blocks, **found}
    after = replace(project, blocks=blocks)
    for plan in project.plans.values():
        kept = {key: zone for key, zone in plan.block_overrides.items() if key in blocks}
        if len(kept) < len(plan.block_overrides):
            after = after.with_plan(replace(plan, block_overrides=kept))
    return after


def find_district_boundary(project: Project) -> AreaGeometry | None:
    """Return the district's boundary, None where the project has none."""
    areas = (item.geometry for item in project.features if item.layer == DISTRICT_LAYER)
    return next((area for area in areas if area.area > 0), None)  # type: ignore[return-value]


def compute_project_extent(project: Project) -> BaseGeometry | None:
    """Return a box around the project's district, areas or sites; None where it has nothing."""
    shapes: list[BaseGeometry] = [own.area for own in project.jurisdictions.values()]
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
    """Add a layer of the user's own; it takes the first color that no other own layer has.

    Raises
    ------
    UserError
        Its id is taken, or it has no features.
    """
    if layer.id in project.layers:
        raise UserError("name_in_use.layer", layer=project.layers[layer.id].title)
    if not features:
        raise UserError("layer_empty", layer=layer.title)
    taken = {other.color for other in project.layers.values() if other.own}
    free = [color for color in range(_LAYER_COLORS) if color not in taken]
    own = replace(layer, own=True, color=free[0] if free else len(taken) % _LAYER_COLORS)
    return replace(
        project,
        layers={**project.layers, own.id: own},
        features=(*project.features, *(replace(item, layer=own.id) for item in features)),
    )


def remove_layer(project: Project, layer_id: str) -> Project:
    """Take a layer of the user's own off the project, with its features.

    Raises
    ------
    UserError
        There is none of that id, or it belongs to the project's own map.
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
    """Return a title, or the title with the first number that makes it new."""
    taken = {layer.title for layer in project.layers.values()}
    free, place = title, 2
    while free in taken:
        free, place = f"{title} {place}", place + 1
    return free


def make_site_pair(project: Project, one: str, other: str) -> SitePair:
    """Return two sites, named by id or full name, as a pair; one and the same is a UserError."""
    ids = sorted({project.site(one).id, project.site(other).id})
    if len(ids) < 2:
        raise UserError("pair_of_one", site=project.sites[ids[0]].name)
    return ids[0], ids[1]


def join_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites neighbors."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    return replace(project, connections=replace(left, joined=(*left.joined, pair)))


def cut_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites no neighbors."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    return replace(project, connections=replace(left, cut=(*left.cut, pair)))


def forget_connection(project: Project, one: str, other: str) -> Project:
    """Have two sites be neighbors by their land alone; where nothing was said, a UserError."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    if left == project.connections:
        names = [project.sites[site].name for site in pair]
        raise UserError("unknown_connection", sites=names)
    return replace(project, connections=left)
