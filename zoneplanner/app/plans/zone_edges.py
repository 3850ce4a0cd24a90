"""Notes on a plan's zone edges that a commander would ask about, and on doubtful grid drives."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.cells_and_outlines import NarrowStrip, find_narrow_strips
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.app.geography.travel_times import list_barriers
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project

_MIN_SHARE_INSIDE = 0.6
_MIN_WATER_M2 = 200_000.0


def list_edge_notes(state: ProjectState) -> tuple[CheckFinding, ...]:
    """Return a note for each narrow part of a zone that contains no school, or only one."""
    areas = {zone: outline.area for zone, outline in state.outlines.items()}
    strips = find_narrow_strips(areas)
    return tuple(note for strip in strips for note in _describe_strip(state, strip))


def list_grid_notes(state: ProjectState) -> tuple[CheckFinding, ...]:
    """Return a note on street-grid drives that cross a barrier, a freeway or a river.

    The drives are from each zone's post to its schools. With road travel times or a travel table
    there is nothing to note.
    """
    project, plan, figures = state.project, state.plan, state.figures
    if plan is None or figures is None or project.travel:
        return ()
    obstacles = _list_obstacles(state.saved_project)
    posts = {zone: project.sites.get(row.post or "") for zone, row in figures.zones.items()}
    drives, names = [], []
    for site, zone in plan.assignment.items():
        post, end = posts.get(zone), project.sites.get(site)
        if post is not None and end is not None and post is not end:
            drives.append([post.position, end.position])
            names.append(end.name)
    if not obstacles or not drives:
        return ()
    lines = shapely.linestrings(np.array(drives))
    tree = shapely.STRtree(obstacles)
    crossed = sorted(set(tree.query(lines, predicate="intersects")[0].tolist()))
    if not crossed:
        return ()
    facts = {"drives": len(crossed), "of": len(drives), "names": [names[row] for row in crossed]}
    return (CheckFinding("grid_crosses", {}, facts),)


def _describe_strip(state: ProjectState, strip: NarrowStrip) -> Iterator[CheckFinding]:
    """Yield the note on a strip; none if it contains several schools, like any other part."""
    project = state.project
    assignment = state.plan.assignment if state.plan is not None else {}
    sites = [
        site
        for site in project.patrolled
        if assignment.get(site.id) == strip.zone
        and shapely.intersects_xy(strip.area, site.x_m, site.y_m)
    ]
    facts = {"width_m": strip.width_m, "length_m": strip.length_m}
    if not sites:
        blocks = find_strip_blocks(project, strip.area)
        where = {"zone": strip.zone, **({"blocks": ";".join(blocks)} if blocks else {})}
        yield CheckFinding("narrow_strip", where, facts)
    elif len(sites) == 1:
        where = {"zone": strip.zone, "site": sites[0].id}
        yield CheckFinding("narrow_strip.one_site", where, {**facts, "name": sites[0].name})


def find_strip_blocks(project: Project, area: Polygon) -> tuple[str, ...]:
    """Return the blocks without a school that are mostly inside an area."""
    blocks = list(project.blocks.values())
    areas = np.array([block.area for block in blocks])
    near = np.flatnonzero(shapely.intersects(areas, area))
    shared_m2 = shapely.area(shapely.intersection(areas[near], area))
    inside = near[shared_m2 > _MIN_SHARE_INSIDE * shapely.area(areas[near])]
    return tuple(
        blocks[row].id for row in inside.tolist() if project.find_site_in(blocks[row]) is None
    )


def find_adjacent_zone(state: ProjectState, zone: str, blocks: tuple[str, ...]) -> str | None:
    """Return the zone with the longest border on blocks that may include them all, or None."""
    plan, project = state.plan, state.project
    if plan is None:
        return None
    whole = shapely.union_all([project.blocks[block].area for block in blocks])
    places = {project.blocks[block].jurisdiction for block in blocks}
    border: Counter[str] = Counter()
    for other in plan.zones:
        outline = state.outlines.get(other.id)
        unit = project.units.get(other.unit)
        if outline is None or unit is None or other.id == zone:
            continue
        if all(unit.may_be_primary(place) for place in places):
            shared_m = shapely.intersection(outline.area.boundary, whole.buffer(2.0)).length
            border[other.id] = round(shared_m)
    best = border.most_common(1)
    return best[0][0] if best and best[0][1] > 0 else None


def _list_obstacles(project: Project) -> list[BaseGeometry]:
    """Return what a drive cannot cross: barriers, freeways and large water areas."""
    basemap = find_basemap(project, ("freeway", "water"))
    obstacles: list[BaseGeometry] = list_barriers(project)
    if "freeway" in basemap:
        obstacles += basemap["freeway"].shapes.tolist()
    if "water" in basemap:
        shapes = basemap["water"].shapes
        obstacles += shapes[shapely.area(shapes) > _MIN_WATER_M2].tolist()
    return obstacles
