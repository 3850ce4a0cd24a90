"""Convert a project and a plan's zones into the optimizer's problem, and its answer back.

Zones of one kind exchange names so that a new plan resembles another one as much as possible.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.geometry.cells_and_outlines import Cells
from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.edits import list_locked_zones, map_locked_sites
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


def build_districting_problem(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    *,
    tolerance: float,
    keep_close_to: Mapping[str, str] | None = None,
    weight: float = 0.0,
    start_from: Mapping[str, str] | None = None,
) -> DistrictingProblem:
    """Return the problem of a plan's zones, with one row for each vertex of the cells.

    Sites at one position are one row: their loads and costs are summed. Vertices that no zone may
    include are left out; ``list_problem_vertices`` lists the others. ``keep_close_to`` is a
    site-to-zone assignment; each student moved away from it costs ``weight`` trip-minutes a day.
    ``start_from`` is the assignment to start from. Locked zones are closed: they keep their sites
    and take no others.

    Raises
    ------
    UserError
        No site can be planned for, zones of two kinds may include one jurisdiction, or two sites at
        one position are locked in different zones.
    """
    rows = list_problem_vertices(project, plan, basis.cells)
    if not rows:
        raise UserError("no_sites.jurisdiction", rule="sites")
    _check_kinds(project, plan)
    row_of = {vertex: row for row, vertex in enumerate(rows)}
    members = [[basis.index[site] for site in basis.cells.vertices[vertex]] for vertex in rows]
    first = [own[0] for own in members]
    locked_zones = list_locked_zones(project, plan)
    moved = _count_moved_students(project, plan, members, basis, keep_close_to)
    initial = _find_initial(plan, members, basis, keep_close_to or start_from)
    return DistrictingProblem(
        load=np.array([basis.load_min[own].sum() for own in members]),
        cost=np.array([basis.cost[own].sum(axis=0)[first] for own in members]),
        neighbours=[
            (row_of[i], row_of[j]) for i, j in basis.cells.neighbors if i in row_of and j in row_of
        ],
        allowed=_find_allowed(project, plan, basis.cells)[list(rows)],
        zones=tuple(zone.id for zone in plan.zones),
        tolerance=tolerance,
        locked=_find_locked(project, plan, members, basis),
        closed=frozenset(i for i, zone in enumerate(plan.zones) if zone.id in locked_zones),
        names=tuple(" and ".join(basis.sites[row].name for row in own) for own in members),
        linear=None if moved is None or weight <= 0 else weight * moved,
        initial=initial,
    )


def read_plan_assignment(
    assignment: Sequence[int] | NDArray[np.int64], project: Project, plan: Plan, cells: Cells
) -> dict[str, str]:
    """Return the site-to-zone assignment of an optimizer's answer.

    ``assignment``, shape (rows,), is each row's zone as an index in ``plan.zones``. Sites that no
    zone may include are not in the result.
    """
    zones = [plan.zones[int(index)].id for index in assignment]
    rows = list_problem_vertices(project, plan, cells)
    return {
        site: zone
        for vertex, zone in zip(rows, zones, strict=True)
        for site in cells.vertices[vertex]
    }


def index_plan_zones(project: Project, plan: Plan, cells: Cells) -> NDArray[np.int64]:
    """Return each row's zone in a plan as an index in ``plan.zones``.

    The result has -1 if none, shape (rows,).
    """
    index = {zone.id: i for i, zone in enumerate(plan.zones)}
    first = [cells.vertices[vertex][0] for vertex in list_problem_vertices(project, plan, cells)]
    zones = [index.get(plan.assignment.get(site, ""), -1) for site in first]
    return np.array(zones, dtype=np.int64)


def list_problem_vertices(project: Project, plan: Plan, cells: Cells) -> tuple[int, ...]:
    """Return the vertices that some zone may include: the optimizer's rows, in order."""
    return tuple(np.flatnonzero(_find_allowed(project, plan, cells).any(axis=1)).tolist())


def _find_allowed(project: Project, plan: Plan, cells: Cells) -> NDArray[np.bool_]:
    """Return which zone may include which vertex, shape (vertices, zones)."""
    kinds = [find_primary_jurisdictions(project, zone.unit) for zone in plan.zones]
    table = [[place in kind for kind in kinds] for place in cells.jurisdiction]
    return np.array(table, dtype=bool).reshape(len(cells.vertices), len(kinds))


def _check_kinds(project: Project, plan: Plan) -> None:
    """Raise a UserError if zones may include a common jurisdiction but are not of one kind."""
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    for one, own in kinds.items():
        for other, theirs in kinds.items():
            if own != theirs and own & theirs:
                shared = project.jurisdictions[min(own & theirs)].name
                raise UserError("access_overlaps", rule="access", zones=[one, other], shared=shared)


def _find_locked(
    project: Project, plan: Plan, members: Sequence[Sequence[int]], basis: PlanningBasis
) -> dict[int, int | str]:
    locked: dict[int, int | str] = {}
    homes = map_locked_sites(project, plan)
    for row, own in enumerate(members):
        ids = [basis.sites[member].id for member in own]
        zones = {homes[key] for key in ids if key in homes}
        if len(zones) > 1:
            names = [project.sites[key].name for key in ids]
            raise UserError("locked_apart", rule="locked", sites=ids, names=names)
        for zone in zones:
            locked[row] = zone
    return locked


def _count_moved_students(
    project: Project,
    plan: Plan,
    members: Sequence[Sequence[int]],
    basis: PlanningBasis,
    keep_close_to: Mapping[str, str] | None,
) -> FloatArray | None:
    """Return how many students each row and zone would move from a plan, shape (rows, zones)."""
    if not keep_close_to:
        return None
    moved = np.zeros((len(members), len(plan.zones)))
    for row, own in enumerate(members):
        for site in (basis.sites[member] for member in own):
            home = keep_close_to.get(site.id)
            if home is not None:
                stays = np.array([zone.id == home for zone in plan.zones])
                moved[row, ~stays] += project.count_students(site)
    return moved


def _find_initial(
    plan: Plan,
    members: Sequence[Sequence[int]],
    basis: PlanningBasis,
    assignment: Mapping[str, str] | None,
) -> NDArray[np.int64] | None:
    """Return each row's zone in an assignment, or None if a row has none."""
    index = {zone.id: i for i, zone in enumerate(plan.zones)}
    zones = [(assignment or {}).get(basis.sites[own[0]].id, "") for own in members]
    if not all(zone in index for zone in zones):
        return None
    return np.array([index[zone] for zone in zones], dtype=np.int64)


def match_best_pairs(worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """Match each row of a square table with a different column so that the sum is largest.

    Solved by shortest augmenting paths (Kuhn 1955, Munkres 1957; this form after Jonker and
    Volgenant 1987). SciPy has the same, but importing it takes longer than finding a first plan.

    Parameters
    ----------
    worth
        The value of matching the row with the column, shape (n, n), finite.

    Returns
    -------
    The column of each row, shape (n,).
    """
    n = len(worth)
    cost = worth.max(initial=0.0) - np.asarray(worth, dtype=np.float64)
    of_row, of_column = np.zeros(n), np.zeros(n)  # dual prices: they prove the matching optimal
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
    """Return an assignment with zones of one kind renamed to resemble ``like``.

    Zones of one kind serve the same jurisdictions, so load, drive and proof do not change, and
    sites in one zone stay together. A zone with a locked site in ``plan`` keeps its name.
    """
    fixed = set(map_locked_sites(project, plan).values())
    kinds: dict[frozenset[str], list[str]] = {}
    for zone in plan.zones:
        if zone.id not in fixed:
            kinds.setdefault(find_primary_jurisdictions(project, zone.unit), []).append(zone.id)
    names: dict[str, str] = {}
    for zones in kinds.values():
        index = {zone: i for i, zone in enumerate(zones)}
        shared = np.zeros((len(zones), len(zones)))
        for site in basis.sites:
            now, before = assignment.get(site.id, ""), like.get(site.id, "")
            if now in index and before in index:
                shared[index[now], index[before]] += 1 + project.count_students(site)
        names |= {zones[row]: zones[column] for row, column in enumerate(match_best_pairs(shared))}
    return {site: names.get(zone, zone) for site, zone in assignment.items()}
