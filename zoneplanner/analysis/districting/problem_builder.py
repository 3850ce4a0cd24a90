"""Turn a project and a plan's zones into what the optimizer is asked, and its answer back.

Zones exchange their names so that a new plan looks as much as possible like another one.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.geometry.cells_and_outlines import Cells
from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.analysis.planning_basis import PlanningBasis, count_students
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
    """Ask for the best assignment of a plan's zones, one row for each vertex of the cells.

    Sites at one position are one row: their loads and costs are summed. Vertices that no zone may
    hold are left out; ``list_problem_vertices`` lists those that are in. ``keep_close_to`` is a
    site-to-zone assignment, from which each student moved costs ``weight`` trip-minutes a day.
    ``start_from`` is another, that stays where nothing is better. Locked zones are closed: they
    keep the sites that they have and take no other.

    Raises
    ------
    UserError
        No site can be planned for, zones of two kinds may hold one jurisdiction, or two sites at
        one position are locked in different zones.
    """
    rows = list_problem_vertices(project, plan, basis.cells)
    if not rows:
        raise UserError("no_sites.jurisdiction", rule="sites")
    _check_kinds(project, plan)
    row_of = {vertex: row for row, vertex in enumerate(rows)}
    members = [[basis.index[site] for site in basis.cells.vertices[vertex]] for vertex in rows]
    first = [own[0] for own in members]
    shut = list_locked_zones(project, plan)
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
        closed=frozenset(at for at, zone in enumerate(plan.zones) if zone.id in shut),
        names=tuple(" and ".join(basis.sites[at].name for at in own) for own in members),
        linear=None if moved is None or weight <= 0 else weight * moved,
        initial=initial,
    )


def read_plan_assignment(
    assignment: Sequence[int] | NDArray[np.int64], project: Project, plan: Plan, cells: Cells
) -> dict[str, str]:
    """Return the site-to-zone assignment that an answer of the optimizer stands for.

    ``assignment``, shape (rows,), gives the zone of each row, by its place in ``plan.zones``.
    Sites that no zone may hold are not in the result.
    """
    zones = [plan.zones[int(at)].id for at in assignment]
    rows = list_problem_vertices(project, plan, cells)
    return {
        site: zone
        for vertex, zone in zip(rows, zones, strict=True)
        for site in cells.vertices[vertex]
    }


def index_plan_zones(project: Project, plan: Plan, cells: Cells) -> NDArray[np.int64]:
    """Return the zone of each row in a plan, shape (rows,), by its place in ``plan.zones``.

    It is -1 without one.
    """
    places = {zone.id: at for at, zone in enumerate(plan.zones)}
    first = [cells.vertices[vertex][0] for vertex in list_problem_vertices(project, plan, cells)]
    zones = [places.get(plan.assignment.get(site, ""), -1) for site in first]
    return np.array(zones, dtype=np.int64)


def list_problem_vertices(project: Project, plan: Plan, cells: Cells) -> tuple[int, ...]:
    """Return the vertices that some zone may hold: the optimizer's rows, in their order."""
    return tuple(np.flatnonzero(_find_allowed(project, plan, cells).any(axis=1)).tolist())


def _find_allowed(project: Project, plan: Plan, cells: Cells) -> NDArray[np.bool_]:
    """Say which zone may hold which vertex, shape (vertices, zones)."""
    kinds = [find_primary_jurisdictions(project, zone.unit) for zone in plan.zones]
    table = [[lies_in in kind for kind in kinds] for lies_in in cells.jurisdiction]
    return np.array(table, dtype=bool).reshape(len(cells.vertices), len(kinds))


def _check_kinds(project: Project, plan: Plan) -> None:
    """Refuse zones that overlap in where they may be without being of one kind."""
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    for one, own in kinds.items():
        for other, theirs in kinds.items():
            if own != theirs and own & theirs:
                shared = project.jurisdictions[min(own & theirs)].name
                raise UserError(
                    "access_overlaps",
                    rule="access",
                    zones=[one, other],
                    shared=shared,
                )


def _find_locked(
    project: Project, plan: Plan, members: Sequence[Sequence[int]], basis: PlanningBasis
) -> dict[int, int | str]:
    locked: dict[int, int | str] = {}
    kept = map_locked_sites(project, plan)
    for row, own in enumerate(members):
        ids = [basis.sites[at].id for at in own]
        held = {kept[key] for key in ids if key in kept}
        if len(held) > 1:
            names = [project.sites[key].name for key in ids]
            raise UserError("locked_apart", rule="locked", sites=ids, names=names)
        for zone in held:
            locked[row] = zone
    return locked


def _count_moved_students(
    project: Project,
    plan: Plan,
    members: Sequence[Sequence[int]],
    basis: PlanningBasis,
    keep_close_to: Mapping[str, str] | None,
) -> FloatArray | None:
    """Return how many students each zone would take from a plan, shape (rows, zones)."""
    if not keep_close_to:
        return None
    moved = np.zeros((len(members), len(plan.zones)))
    for row, own in enumerate(members):
        for site in (basis.sites[at] for at in own):
            kept = keep_close_to.get(site.id)
            if kept is not None:
                stays = np.array([zone.id == kept for zone in plan.zones])
                moved[row, ~stays] += count_students(site, project.assumptions)
    return moved


def _find_initial(
    plan: Plan,
    members: Sequence[Sequence[int]],
    basis: PlanningBasis,
    assignment: Mapping[str, str] | None,
) -> NDArray[np.int64] | None:
    """Return a plan as a start, where it has a zone for each row."""
    places = {zone.id: at for at, zone in enumerate(plan.zones)}
    zones = [(assignment or {}).get(basis.sites[own[0]].id, "") for own in members]
    if not all(zone in places for zone in zones):
        return None
    return np.array([places[zone] for zone in zones], dtype=np.int64)


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
