"""Sites that water or other land parts from all others that the same units serve."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import shapely

from zoneplanner.analysis.geometry.cells import Cells
from zoneplanner.domain.project import Project


@dataclass(frozen=True, slots=True)
class DetachedSites:
    """Sites that no zone can hold together with others.

    ``joins`` is the nearest pair that would connect them: one of theirs and one of the others,
    ``away_m`` apart.
    """

    sites: tuple[str, ...]
    joins: tuple[str, str]
    away_m: float


def find_detached_sites(project: Project, cells: Cells) -> tuple[DetachedSites, ...]:
    """Return the parts of what the same units serve that no border or connection joins.

    The part with most sites is the one that the others are cut off from.
    """
    kinds = {
        frozenset(area for area in project.jurisdictions if unit.may_be_primary(area))
        for unit in project.units.values()
        if unit.holds_zone
    }
    return _find_in_cells(cells, frozenset(kinds))


@lru_cache(maxsize=2)
def _find_in_cells(cells: Cells, kinds: Collection[frozenset[str]]) -> tuple[DetachedSites, ...]:
    found: list[DetachedSites] = []
    for kind in kinds:
        members = [at for at, lies_in in enumerate(cells.jurisdiction) if lies_in in kind]
        parts = sorted(_find_parts(members, cells.neighbors), key=len)
        found += [_describe(cells, part, sorted(set(members) - {*part})) for part in parts[:-1]]
    return tuple(sorted(found, key=lambda own: own.sites))


def _find_parts(members: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups of members that pairs hold together."""
    near: dict[int, list[int]] = {at: [] for at in members}
    for one, other in pairs:
        if one in near and other in near:
            near[one].append(other)
            near[other].append(one)
    left, parts = set(members), []
    while left:
        part, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            at = edge.pop()
            part.append(at)
            fresh = [other for other in near[at] if other in left]
            left.difference_update(fresh)
            edge += fresh
        parts.append(sorted(part))
    return parts


def _describe(cells: Cells, part: Sequence[int], others: Sequence[int]) -> DetachedSites:
    own = [cells.areas[at] for at in part]
    tree = shapely.STRtree([cells.areas[at] for at in others])
    nearest = tree.nearest(own)
    away_m = shapely.distance(own, tree.geometries.take(nearest))
    at = int(away_m.argmin())
    joins = cells.vertices[part[at]][0], cells.vertices[others[int(nearest[at])]][0]
    ids = tuple(site for vertex in part for site in cells.vertices[vertex])
    return DetachedSites(ids, joins, float(away_m[at]))
