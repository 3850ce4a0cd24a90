"""Zones for the least expected response, by the hypercube itself, from a plan that exists.

From the plan the search goes to the best of all moves of a site and exchanges of two that keep
every rule, time after time; where none gains, it shakes a few sites and tries on. Nothing proves
that no better plan exists: the result says by how much the best one met is better.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.problem import BALANCE_SLACK, DistrictingProblem
from zoneplanner.analysis.districting.problem_builder import (
    build_districting_problem,
    list_problem_vertices,
    read_plan_assignment,
)
from zoneplanner.analysis.districting.zone_group import (
    is_connected,
    make_neighbor_masks,
    pack_sites,
    unpack_sites,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.deployment import (
    UnitsOnDuty,
    deploy_units,
    find_units_on_duty,
)
from zoneplanner.analysis.response_times.reassignment_scores import compute_move_sums
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_GAIN_MIN = 1e-7
_AT_A_TIME = 60
_MOST_EXCHANGES = 400
_SHAKEN = (2, 12)
_PATIENCE = 60
"""The search ends when so many shakes in a row led to nothing better."""


@dataclass(frozen=True, eq=False, slots=True)
class ResponseImprovement:
    """The best plan so far, its mean response in minutes, and that of the plan at the start.

    ``tried`` counts the plans whose response was computed.
    """

    plan: Plan
    mean_response_min: float
    start_min: float
    tried: int
    seconds: float


def improve_response(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    *,
    tolerance: float,
    under: ResponseConditions = USUAL_CONDITIONS,
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> Iterator[ResponseImprovement]:
    """Return an iterator of the best plan so far, from ``plan`` on; stop at any time.

    Raises
    ------
    UserError
        The plan breaks a rule that the search must keep, no unit is on duty, or no call comes.
    """
    problem = build_districting_problem(project, plan, basis, tolerance=tolerance)
    rows = list_problem_vertices(project, plan, basis.cells)
    ground = _SearchRules(
        problem,
        find_units_on_duty(project, plan, basis, under),
        [[basis.index[site] for site in basis.cells.vertices[vertex]] for vertex in rows],
        [zone.id for zone in plan.zones],
        under,
        make_neighbor_masks(problem.neighbours, len(problem.load)),
        [_find_mean_load(problem, zone) for zone in range(len(plan.zones))],
    )
    start = ground.start(plan, [basis.sites[own[0]].id for own in ground.members])
    least = ground.responses([start])[0]
    if not np.isfinite(least):
        raise UserError("no_calls")

    def found() -> Iterator[ResponseImprovement]:
        begun = time.perf_counter()
        best, best_min, tried, in_vain = start, float(least), 1, 0
        rng = np.random.default_rng(seed)
        here, here_min = best, best_min
        while True:
            seconds = time.perf_counter() - begun
            assignment = read_plan_assignment(best, project, plan, basis.cells)
            better = replace(plan, assignment=assignment, tolerance=tolerance, proof=None)
            yield ResponseImprovement(better, best_min, float(least), tried, seconds)
            if seconds > time_limit_s or in_vain > _PATIENCE:
                return
            step, step_min, count = ground.step(here, here_min, rng, ends_at=begun + time_limit_s)
            tried += count
            if step is None:
                here = ground.shake(best, rng)
                here_min = float(ground.responses([here])[0])
                tried, in_vain = tried + 1, in_vain + 1
            else:
                here, here_min = step, step_min
            if here_min < best_min - _GAIN_MIN:
                best, best_min, in_vain = here, here_min, 0

    return found()


@dataclass(frozen=True, eq=False, slots=True)
class _SearchRules:
    """What stays while zones change: the rules, who is on duty, and which sites move together."""

    problem: DistrictingProblem
    on_duty: UnitsOnDuty
    members: Sequence[Sequence[int]]
    zones: Sequence[str]
    under: ResponseConditions
    masks: list[int]
    mean_load: list[float]

    def start(self, plan: Plan, first: Sequence[str]) -> IntArray:
        """Return the plan's zones by row; one that breaks a rule is a UserError."""
        place = {zone: at for at, zone in enumerate(self.zones)}
        found = np.array([place.get(plan.assignment.get(site, ""), -1) for site in first])
        if (found < 0).any():
            site = first[int((found < 0).argmax())]
            raise UserError("site_without_zone", site=site)
        for zone, name in enumerate(self.zones):
            if not self._even(found, zone):
                raise UserError("zone_out_of_balance", zone=name)
            if not self._whole(found, zone):
                raise UserError("zone_in_pieces", zone=name)
        return np.asarray(found, dtype=np.int64)

    def responses(self, plans: Sequence[IntArray]) -> FloatArray:
        """Return the mean response of each plan in minutes; inf where no call is answered."""
        owns = [self._own(plan) for plan in plans]
        now = deploy_units(self.on_duty, owns[0], owns[0] >= 0, self.under)
        sums = compute_move_sums(
            self.on_duty, now, owns[1:], self.under, target_min=RESPONSE_TARGET_MIN
        )
        served, minutes = sums[:, 0], sums[:, 1]
        found = np.full(len(sums), np.inf)
        np.divide(minutes, served, out=found, where=served > 0)
        return found

    def step(
        self, here: IntArray, here_min: float, rng: np.random.Generator, *, ends_at: float
    ) -> tuple[IntArray | None, float, int]:
        """Return the best plan one change away that is better, or None, and how many were tried.

        What is left when time is up is not tried.
        """
        tried = 0
        for changed in (self._moves(here), self._exchanges(here, rng)):
            found, least = None, here_min - _GAIN_MIN
            while part := list(islice(changed, _AT_A_TIME)):
                if tried and time.perf_counter() > ends_at:
                    break
                minutes = self.responses([here, *part])[1:]
                tried += len(part)
                if minutes.min() < least:
                    found, least = part[int(minutes.argmin())], float(minutes.min())
            if found is not None:
                return found, least, tried
        return None, here_min, tried

    def shake(self, here: IntArray, rng: np.random.Generator) -> IntArray:
        """Return a plan a few random changes away."""
        for _ in range(int(rng.integers(*_SHAKEN))):
            changed = [*self._moves(here), *self._exchanges(here, rng)]
            if changed:
                here = changed[int(rng.integers(len(changed)))]
        return here

    def _moves(self, here: IntArray) -> Iterator[IntArray]:
        """Yield the plans in which one row has gone to a zone beside it."""
        for row in range(len(here)):
            for other in sorted(self._zones_beside(here, row)):
                after = self._changed(here, {row: other})
                if after is not None:
                    yield after

    def _exchanges(self, here: IntArray, rng: np.random.Generator) -> Iterator[IntArray]:
        """Yield plans in which two rows of neighboring zones have changed places."""
        edge = [(row, self._zones_beside(here, row)) for row in range(len(here))]
        pairs = [
            (one, other)
            for one, zones in edge
            for other, theirs in edge[one + 1 :]
            if int(here[other]) in zones and int(here[one]) in theirs
        ]
        found = 0
        for at in rng.permutation(len(pairs)).tolist():
            one, other = pairs[at]
            after = self._changed(here, {one: int(here[other]), other: int(here[one])})
            if after is not None:
                found += 1
                yield after
            if found == _MOST_EXCHANGES:
                return

    def _zones_beside(self, here: IntArray, row: int) -> set[int]:
        return {int(here[near]) for near in unpack_sites(self.masks[row])} - {int(here[row])}

    def _changed(self, here: IntArray, changes: dict[int, int]) -> IntArray | None:
        """Return a plan with some rows in other zones, or None where that breaks a rule."""
        problem = self.problem
        zones = set(changes.values()) | {int(here[row]) for row in changes}
        if zones & problem.closed or any(row in problem.locked for row in changes):
            return None
        if not all(problem.allowed[row, zone] for row, zone in changes.items()):
            return None
        after = here.copy()
        for row, zone in changes.items():
            after[row] = zone
        kept = all(self._even(after, zone) and self._whole(after, zone) for zone in zones)
        return after if kept else None

    def _even(self, plan: IntArray, zone: int) -> bool:
        """True where a zone's load is within the tolerance of its group's mean."""
        problem, mean = self.problem, self.mean_load[zone]
        if zone in problem.closed:
            return True
        load = float(problem.load[plan == zone].sum())
        return abs(load - mean) <= mean * (problem.tolerance + BALANCE_SLACK)

    def _whole(self, plan: IntArray, zone: int) -> bool:
        """True where a zone has a row and is in one piece."""
        return is_connected(self.masks, pack_sites(np.flatnonzero(plan == zone)))

    def _own(self, plan: IntArray) -> IntArray:
        own = np.full(len(self.on_duty.calls_per_h), -1, dtype=np.int64)
        units = [self.on_duty.index[zone] for zone in self.zones]
        for sites, zone in zip(self.members, plan.tolist(), strict=True):
            own[list(sites)] = units[zone]
        return own


def _find_mean_load(problem: DistrictingProblem, zone: int) -> float:
    """Return the mean load of a zone's group."""
    group = (problem.allowed == problem.allowed[:, [zone]]).all(axis=0).sum()
    return float(problem.load[problem.allowed[:, zone]].sum()) / int(group)
