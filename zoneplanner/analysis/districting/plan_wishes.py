"""What a plan is to be good at beyond the least drive, put to the optimizer and measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.demand.learning import compute_loads_at, list_demand_range
from zoneplanner.analysis.districting.one_off import compute_absence_costs
from zoneplanner.analysis.districting.problem import ABSENCES, DistrictingProblem
from zoneplanner.analysis.districting.problem_builder import index_plan_zones, list_problem_vertices
from zoneplanner.analysis.geometry.cells import measure_borders
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """What is asked of a plan; as it stands, nothing.

    Attributes
    ----------
    robust
        Demands at which the tolerance holds, too: low, expected, high, or of the project by name.
    one_off
        "mean" or "worst": the least drive of the mean or the worst day with one unit off.
    longest_drive_min
        No drive from a zone's post to a site of it is longer.
    border_weight
        Trip-minutes a day that a kilometer of border between two zones counts as.
    """

    robust: tuple[str, ...] = ()
    one_off: str = ""
    longest_drive_min: float | None = None
    border_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.one_off not in {"", *ABSENCES}:
            raise UserError("unknown_absence", given=self.one_off, known=ABSENCES)
        longest = self.longest_drive_min
        if longest is not None and not 0 < longest < np.inf:
            raise UserError("out_of_range.longest_drive", minutes=longest)
        if not 0 <= self.border_weight < np.inf:
            raise UserError("out_of_range.border_weight", weight=self.border_weight)

    @property
    def names(self) -> tuple[str, ...]:
        """What is asked: robust, one_off, max_drive, shape."""
        asked = {
            "robust": bool(self.robust),
            "one_off": bool(self.one_off),
            "max_drive": self.longest_drive_min is not None,
            "shape": self.border_weight > 0,
        }
        return tuple(name for name, wish in asked.items() if wish)

    @property
    def changes_cost(self) -> bool:
        """Whether a plan's cost is more than the drive of a usual day."""
        return bool(self.one_off) or self.border_weight > 0

    def without(self, name: str) -> "PlanWishes":
        """Return the wishes without one of ``names``."""
        nothing = PlanWishes()
        fields = {"max_drive": "longest_drive_min", "shape": "border_weight"}
        field = fields.get(name, name)
        return replace(self, **{field: getattr(nothing, field)})


@dataclass(frozen=True, slots=True)
class WishFigures:
    """How a plan stands with what planners ask beyond.

    Attributes
    ----------
    longest_drive_min
        From a zone's post to a site of it.
    border_km
        Border between zones, where their cells meet.
    one_off_mean, one_off_worst
        Drive of the mean and the worst day with one unit off, trip-minutes; None where no other
        zone may stand in.
    one_off_zone
        The zone whose absence is the worst.
    """

    longest_drive_min: float
    border_km: float
    one_off_mean: float | None
    one_off_worst: float | None
    one_off_zone: str | None


def add_wishes(
    problem: DistrictingProblem,
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    wishes: PlanWishes,
) -> DistrictingProblem:
    """Return the problem of a plan with what is asked of it.

    Raises
    ------
    UserError
        A demand is unknown.
    """
    more: dict[str, object] = {"one_off": wishes.one_off}
    if wishes.robust:
        loads = [_list_loads_at(project, plan, basis, name) for name in wishes.robust]
        more["scenarios"] = np.array(loads)
    if wishes.longest_drive_min is not None:
        first = _list_first_sites(project, plan, basis)
        more["reach"] = wishes.longest_drive_min >= basis.travel_min[np.ix_(first, first)].T
    if wishes.border_weight > 0:
        more["border"] = wishes.border_weight * _list_borders_km(problem, project, plan, basis)
    return replace(problem, **more)  # type: ignore[arg-type]


class WishGauge:
    """Measures how plans with the zones of one plan stand with what planners ask beyond."""

    def __init__(
        self, problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
    ) -> None:
        """``problem`` is that of the plan, with or without wishes."""
        self._problem, self._project, self._basis = problem, project, basis
        self._first = _list_first_sites(project, plan, basis)
        self._borders_km = _list_borders_km(problem, project, plan, basis)
        self._pairs = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2)

    def measure(self, plan: Plan) -> WishFigures | None:
        """Return how a plan stands; None where a site has no zone or a zone no site."""
        problem, first = self._problem, self._first
        zone_of = index_plan_zones(self._project, plan, self._basis.cells)
        if (zone_of < 0).any() or len(set(zone_of.tolist())) < len(plan.zones):
            return None
        longest, drive = 0.0, 0.0
        for zone in range(len(plan.zones)):
            members = np.flatnonzero(zone_of == zone)
            sums = problem.cost[np.ix_(members, members)].sum(axis=0)
            post = first[members[int(sums.argmin())]]
            drive += float(sums.min())
            longest = max(longest, float(self._basis.travel_min[post, first[members]].max()))
        ends = zone_of[self._pairs]
        extra = compute_absence_costs(problem, zone_of)
        known = extra[np.isfinite(extra)]
        return WishFigures(
            longest_drive_min=longest,
            border_km=float(self._borders_km[ends[:, 0] != ends[:, 1]].sum()),
            one_off_mean=drive + float(known.mean()) if len(known) else None,
            one_off_worst=drive + float(known.max()) if len(known) else None,
            one_off_zone=plan.zones[int(np.nanargmax(extra))].id if len(known) else None,
        )


def _list_first_sites(project: Project, plan: Plan, basis: PlanningBasis) -> np.ndarray:
    """The row in the basis of the first site of each row of the problem."""
    rows = list_problem_vertices(project, plan, basis.cells)
    return np.array([basis.index[basis.cells.vertices[row][0]] for row in rows], dtype=np.int64)


def _list_loads_at(
    project: Project, plan: Plan, basis: PlanningBasis, name: str
) -> Sequence[float]:
    """The load of each row of the problem at a demand."""
    demands = {**project.demand.known, **list_demand_range(project, basis)}
    if name not in demands:
        raise UserError("unknown_demand", name=name, known=list(demands))
    loads = compute_loads_at(project, basis, demands[name])
    rows = list_problem_vertices(project, plan, basis.cells)
    return [sum(loads[basis.index[site]] for site in basis.cells.vertices[row]) for row in rows]


def _list_borders_km(
    problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
) -> FloatArray:
    """The border that each pair of neighbors shares; none where they were joined by hand."""
    parts, owner = shapely.get_parts(basis.cells.areas, return_index=True)
    rows = list_problem_vertices(project, plan, basis.cells)
    row_of = {vertex: row for row, vertex in enumerate(rows)}
    shared: dict[tuple[int, int], float] = {}
    for (one, other), meters in measure_borders(parts.tolist()).items():
        a, b = row_of.get(int(owner[one])), row_of.get(int(owner[other]))
        if a is not None and b is not None and a != b:
            pair = min(a, b), max(a, b)
            shared[pair] = shared.get(pair, 0.0) + meters / 1000
    return np.array([shared.get(pair, 0.0) for pair in problem.neighbours])
