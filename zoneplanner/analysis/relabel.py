"""Name the zones of a new assignment so that as few students as can be change their zone."""

from collections.abc import Mapping

import numpy as np

from zoneplanner.analysis.basis import Basis
from zoneplanner.analysis.matching import best_pairs
from zoneplanner.analysis.measures import held_by, students
from zoneplanner.domain.locks import held_sites
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project


def relabelled(
    project: Project,
    plan: Plan,
    basis: Basis,
    assignment: Mapping[str, str],
    like: Mapping[str, str],
) -> dict[str, str]:
    """Return a site-to-zone assignment with the zones of one kind exchanged among themselves.

    Zones of one kind serve the same jurisdictions, so that load, drive and proof stay what they
    are; who is together stays together. A zone that a lock in ``plan`` keeps a site in keeps its
    name. ``like`` is the assignment to come close to.
    """
    fixed = set(held_sites(project, plan).values())
    kinds: dict[frozenset[str], list[str]] = {}
    for zone in plan.zones:
        if zone.id not in fixed:
            kinds.setdefault(held_by(project, zone.unit), []).append(zone.id)
    names: dict[str, str] = {}
    for zones in kinds.values():
        at = {zone: place for place, zone in enumerate(zones)}
        shared = np.zeros((len(zones), len(zones)))
        for site in basis.sites:
            now, before = assignment.get(site.id, ""), like.get(site.id, "")
            if now in at and before in at:
                shared[at[now], at[before]] += 1 + students(site, project.assumptions)
        names |= {zones[row]: zones[column] for row, column in enumerate(best_pairs(shared))}
    return {site: names.get(zone, zone) for site, zone in assignment.items()}
