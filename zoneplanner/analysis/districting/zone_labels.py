"""Zones exchange their names so that a new plan looks as much as possible like another one."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.demand.site_load import count_students
from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.locks import map_locked_sites
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project


def match_best_pairs(worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give each row of a square table a column of its own so that their sum is as large as can be.

    By shortest augmenting paths (Kuhn 1955, Munkres 1957; this form after Jonker and Volgenant
    1987). SciPy has the same, but importing it takes longer than a first plan.

    Parameters
    ----------
    worth
        What the row is worth in the column, shape (n, n), finite.

    Returns
    -------
    The column of each row, shape (n,).
    """
    n = len(worth)
    cost = worth.max(initial=0.0) - np.asarray(worth, dtype=np.float64)
    of_row, of_column = np.zeros(n), np.zeros(n)  # the prices that prove the pairing best
    row_of = np.full(n, -1, dtype=np.int64)
    for start in range(n):
        least, via = np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
        seen = np.zeros(n, dtype=bool)
        row, reach, column = start, 0.0, -1
        while row >= 0:
            slack = reach + cost[row] - of_row[row] - of_column
            nearer = ~seen & (slack < least)
            least[nearer], via[nearer] = slack[nearer], column
            column = int(np.where(seen, np.inf, least).argmin())
            reach, seen[column] = float(least[column]), True
            row = int(row_of[column])
        settled = seen & (row_of >= 0)
        of_row[row_of[settled]] += reach - least[settled]
        of_row[start] += reach
        of_column[seen] -= reach - least[seen]
        while column >= 0:
            row_of[column] = start if via[column] < 0 else row_of[via[column]]
            column = int(via[column])
    pairs = np.empty(n, dtype=np.int64)
    pairs[row_of] = np.arange(n)
    return pairs


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
