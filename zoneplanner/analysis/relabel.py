"""Name the zones of a new assignment so that as few students as can be change their zone."""

from collections.abc import Mapping

import numpy as np

from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.matching import match_best_pairs
from zoneplanner.analysis.measures import count_students, find_primary_jurisdictions
from zoneplanner.domain.locks import map_locked_sites
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project


def relabel_zones(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    assignment: Mapping[str, str],
    like: Mapping[str, str],
) -> dict[str, str]:
    """Return a site-to-zone assignment with the zones of one kind exchanged among themselves.

    Zones of one kind serve the same jurisdictions, so that load, drive and proof stay what they
    are; who is together stays together. A zone that a lock in ``plan`` keeps a site in keeps its
    name. ``like`` is the assignment to come close to.
    """
    fixed = set(map_locked_sites(project, plan).values())
    kinds: dict[frozenset[str], list[str]] = {}
    for zone in plan.zones:
        if zone.id not in fixed:
            kinds.setdefault(find_primary_jurisdictions(project, zone.unit), []).append(zone.id)
    names: dict[str, str] = {}
    for zones in kinds.values():
        at = {zone: place for place, zone in enumerate(zones)}
        shared = np.zeros((len(zones), len(zones)))
        for site in basis.sites:
            now, before = assignment.get(site.id, ""), like.get(site.id, "")
            if now in at and before in at:
                shared[at[now], at[before]] += 1 + count_students(site, project.assumptions)
        names |= {zones[row]: zones[column] for row, column in enumerate(match_best_pairs(shared))}
    return {site: names.get(zone, zone) for site, zone in assignment.items()}
