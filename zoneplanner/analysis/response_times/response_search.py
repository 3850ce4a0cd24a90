"""A search for zones with the fastest expected response by the hypercube, from an existing plan.

An iterated local search: it repeatedly takes the best of all moves of a site and swaps of two that
keep every rule; if none gains, it makes a few random changes to the best plan and goes on. Nothing
proves that no better plan exists: the result is the gain of the best plan found.
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
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_GAIN_MIN = 1e-7
_BATCH = 60
_MAX_SWAPS = 400
_SHAKE_CHANGES = (2, 12)
_PATIENCE = 60
"""The search ends after this many shakes in a row without improvement."""


@dataclass(frozen=True, eq=False, slots=True)
class ResponseImprovement:
    """The best plan so far, its mean response in minutes, and the first plan's.

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
    """Return an iterator of the best plan so far, starting from ``plan``; stop it at any time.

    Raises
    ------
    UserError
        The plan breaks a rule that the search must keep, no unit is on duty, or there are no calls.
    """
    problem = build_districting_problem(project, plan, basis, tolerance=tolerance)
    rows = list_problem_vertices(project, plan, basis.cells)
    rules = _SearchRules(
        problem,
        find_units_on_duty(project, plan, basis, under),
        [[basis.index[site] for site in basis.cells.vertices[vertex]] for vertex in rows],
        [zone.id for zone in plan.zones],
        under,
        make_neighbor_masks(problem.neighbours, len(problem.load)),
        [_find_mean_load(problem, zone) for zone in range(len(plan.zones))],
    )
    start = rules.index_zones(plan, [basis.sites[own[0]].id for own in rules.members])
    start_min = float(rules.compute_responses([start])[0])
    if not np.isfinite(start_min):
        raise UserError("no_calls")

    def search() -> Iterator[ResponseImprovement]:
        begun = time.perf_counter()
        best, best_min, tried, failures = start, start_min, 1, 0
        rng = np.random.default_rng(seed)
        here, here_min = best, best_min
        while True:
            seconds = time.perf_counter() - begun
            assignment = read_plan_assignment(best, project, plan, basis.cells)
            better = replace(plan, assignment=assignment, tolerance=tolerance, proof=None)
            yield ResponseImprovement(better, best_min, start_min, tried, seconds)
            if seconds > time_limit_s or failures > _PATIENCE:
                return
            step, step_min, count = rules.find_better(
                here, here_min, rng, ends_at=begun + time_limit_s
            )
            tried += count
            if step is None:
                here = rules.shake(best, rng)
                here_min = float(rules.compute_responses([here])[0])
                tried, failures = tried + 1, failures + 1
            else:
                here, here_min = step, step_min
            if here_min < best_min - _GAIN_MIN:
                best, best_min, failures = here, here_min, 0

    return search()


@dataclass(frozen=True, eq=False, slots=True)
class _SearchRules:
    """The constants while zones change: the rules, the units on duty, and the sites of each row."""

    problem: DistrictingProblem
    on_duty: UnitsOnDuty
    members: Sequence[Sequence[int]]
    zones: Sequence[str]
    under: ResponseConditions
    masks: list[int]
    mean_load: list[float]

    def index_zones(self, plan: Plan, first: Sequence[str]) -> IntArray:
        """Return the plan's zones by row; a plan that breaks a rule is a UserError."""
        index = {zone: i for i, zone in enumerate(self.zones)}
        zone_of = np.array([index.get(plan.assignment.get(site, ""), -1) for site in first])
        if (zone_of < 0).any():
            site = first[int((zone_of < 0).argmax())]
            raise UserError("site_without_zone", site=site)
        for zone, name in enumerate(self.zones):
            if not self._is_balanced(zone_of, zone):
                raise UserError("zone_out_of_balance", zone=name)
            if not self._is_connected(zone_of, zone):
                raise UserError("zone_in_pieces", zone=name)
        return np.asarray(zone_of, dtype=np.int64)

    def compute_responses(self, plans: Sequence[IntArray]) -> FloatArray:
        """Return the mean response of each plan in minutes; inf if no call is answered."""
        owns = [self._find_units(plan) for plan in plans]
        now = deploy_units(self.on_duty, owns[0], owns[0] >= 0, self.under)
        sums = compute_move_sums(self.on_duty, now, owns[1:])
        served, minutes = sums[:, 0], sums[:, 1]
        mean = np.full(len(sums), np.inf)
        np.divide(minutes, served, out=mean, where=served > 0)
        return mean

    def find_better(
        self, here: IntArray, here_min: float, rng: np.random.Generator, *, ends_at: float
    ) -> tuple[IntArray | None, float, int]:
        """Return the best better plan one change away or None, its minutes, and the number tried.

        Moves come before swaps. When time is up, the rest is not tried.
        """
        tried = 0
        for plans in (self._list_moves(here), self._list_swaps(here, rng)):
            better, least = None, here_min - _GAIN_MIN
            while part := list(islice(plans, _BATCH)):
                if tried and time.perf_counter() > ends_at:
                    break
                minutes = self.compute_responses([here, *part])[1:]
                tried += len(part)
                if minutes.min() < least:
                    better, least = part[int(minutes.argmin())], float(minutes.min())
            if better is not None:
                return better, least, tried
        return None, here_min, tried

    def shake(self, here: IntArray, rng: np.random.Generator) -> IntArray:
        """Return a plan a few random changes away."""
        for _ in range(int(rng.integers(*_SHAKE_CHANGES))):
            plans = [*self._list_moves(here), *self._list_swaps(here, rng)]
            if plans:
                here = plans[int(rng.integers(len(plans)))]
        return here

    def _list_moves(self, here: IntArray) -> Iterator[IntArray]:
        """Yield the plans in which one row moved to an adjacent zone."""
        for row in range(len(here)):
            for other in sorted(self._find_adjacent_zones(here, row)):
                after = self._apply_changes(here, {row: other})
                if after is not None:
                    yield after

    def _list_swaps(self, here: IntArray, rng: np.random.Generator) -> Iterator[IntArray]:
        """Yield plans in which two rows of neighboring zones swapped zones."""
        edge = [(row, self._find_adjacent_zones(here, row)) for row in range(len(here))]
        pairs = [
            (one, other)
            for one, zones in edge
            for other, theirs in edge[one + 1 :]
            if int(here[other]) in zones and int(here[one]) in theirs
        ]
        swaps = 0
        for index in rng.permutation(len(pairs)).tolist():
            one, other = pairs[index]
            after = self._apply_changes(here, {one: int(here[other]), other: int(here[one])})
            if after is not None:
                swaps += 1
                yield after
            if swaps == _MAX_SWAPS:
                return

    def _find_adjacent_zones(self, here: IntArray, row: int) -> set[int]:
        return {int(here[near]) for near in unpack_sites(self.masks[row])} - {int(here[row])}

    def _apply_changes(self, here: IntArray, changes: dict[int, int]) -> IntArray | None:
        """Return a plan with some rows in other zones, or None if that breaks a rule."""
        problem = self.problem
        zones = set(changes.values()) | {int(here[row]) for row in changes}
        if zones & problem.closed or any(row in problem.locked for row in changes):
            return None
        if not all(problem.allowed[row, zone] for row, zone in changes.items()):
            return None
        after = here.copy()
        for row, zone in changes.items():
            after[row] = zone
        is_lawful = all(
            self._is_balanced(after, zone) and self._is_connected(after, zone) for zone in zones
        )
        return after if is_lawful else None

    def _is_balanced(self, plan: IntArray, zone: int) -> bool:
        """Return whether a zone's load is within the tolerance of its group's mean."""
        problem, mean = self.problem, self.mean_load[zone]
        if zone in problem.closed:
            return True
        load = float(problem.load[plan == zone].sum())
        return abs(load - mean) <= mean * (problem.tolerance + BALANCE_SLACK)

    def _is_connected(self, plan: IntArray, zone: int) -> bool:
        """Return whether a zone has a row and is connected."""
        return is_connected(self.masks, pack_sites(np.flatnonzero(plan == zone)))

    def _find_units(self, plan: IntArray) -> IntArray:
        """Return each site's unit in a plan, shape (sites,)."""
        own = np.full(len(self.on_duty.calls_per_h), -1, dtype=np.int64)
        units = [self.on_duty.index[zone] for zone in self.zones]
        for sites, zone in zip(self.members, plan.tolist(), strict=True):
            own[list(sites)] = units[zone]
        return own


def _find_mean_load(problem: DistrictingProblem, zone: int) -> float:
    """Return the mean load of a zone's group."""
    group = (problem.allowed == problem.allowed[:, [zone]]).all(axis=0).sum()
    return float(problem.load[problem.allowed[:, zone]].sum()) / int(group)
