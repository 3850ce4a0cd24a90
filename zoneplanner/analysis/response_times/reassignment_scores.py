"""The expected response after each single move of a site to another zone.

All moves that affect a pool of units are solved together; the other pools keep their figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.deployment import (
    MAY_BE_PRIMARY,
    NO_UNIT,
    Deployment,
    UnitsOnDuty,
    build_deployment,
    deploy_units,
    find_units_on_duty,
    settle_service_rates,
)
from zoneplanner.analysis.response_times.expected_response import find_unit_pools
from zoneplanner.analysis.response_times.hypercube_approximation import approximate_hypercube
from zoneplanner.analysis.response_times.hypercube_exact import (
    MAX_EXACT_UNITS,
    compute_free_probabilities,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport

_NUMBERS_AT_ONCE = 500_000
"""The size of one array for moves that are solved together: about fifty megabytes in all."""


@dataclass(frozen=True, slots=True)
class MoveScore:
    """The plan's figures, as in ``ExpectedResponse``, after a site moves to another zone."""

    site: str
    zone: str
    mean_response_min: float | None
    share_within_target: float | None
    cross_zone_share: float | None
    all_busy_probability: float | None


def score_moves(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport = lambda fraction, text: None,
) -> tuple[MoveScore, ...]:
    """Return the figures after each single move that jurisdictions allow, in the sites' order.

    Sites at one position move together and are named by the first. Locks, balance and contiguity
    are not checked, and calls do not wait. Errors are those of ``build_deployment``; ``report`` may
    raise Cancelled.
    """
    on_duty = find_units_on_duty(project, plan, basis, under)
    now = build_deployment(project, plan, basis, under)
    moves = list(_list_moves(on_duty, now, basis))
    every = np.arange(len(now.zone_unit))
    at_once = 1 + _NUMBERS_AT_ONCE // _count_numbers(on_duty, now)
    calls, scores = float(on_duty.calls_per_h.sum()), list[MoveScore]()
    for first in range(0, len(moves), at_once):
        report(first / len(moves), "")
        part = moves[first : first + at_once]
        owns = [np.where(np.isin(every, rows), unit, now.zone_unit) for _, _, rows, unit in part]
        sums = compute_move_sums(on_duty, now, owns)
        scores += [
            _make_score(site, zone, row, calls)
            for (site, zone, _, _), row in zip(part, sums[1:].tolist(), strict=True)
        ]
    return tuple(scores)


def count_moves(
    project: Project, plan: Plan, basis: PlanningBasis, under: ResponseConditions
) -> tuple[int, int]:
    """Return how many moves ``score_moves`` would score, and how many numbers it would compute."""
    now = build_deployment(project, plan, basis, under)
    on_duty = find_units_on_duty(project, plan, basis, under)
    count = sum(1 for _ in _list_moves(on_duty, now, basis))
    return count, count * _count_numbers(on_duty, now)


def _count_numbers(on_duty: UnitsOnDuty, now: Deployment) -> int:
    """Return how many numbers a move takes: its lists, or the states of its pool."""
    pools = find_unit_pools(on_duty.may_respond.T)
    width = max((len(members) for members, _ in pools), default=1)
    states = 2**width if width <= MAX_EXACT_UNITS else 1
    return max(len(now.zone_unit) * width, states)


def compute_move_sums(
    on_duty: UnitsOnDuty, now: Deployment, owns: Sequence[IntArray]
) -> FloatArray:
    """Return ``RESPONSE_SUMS`` an hour now and after each change, (1 + changes, sums).

    ``owns`` is each site's unit after a change, shape (sites,) each. Only the pools that a change
    affects are solved again, all changes together.
    """
    after = [deploy_units(on_duty, own, now.is_in_zone | (own >= 0), now.under) for own in owns]
    sums = np.zeros((len(owns) + 1, len(RESPONSE_SUMS)))
    for members, rows in find_unit_pools(on_duty.may_respond.T):
        touched = [
            number
            for number, own in enumerate(owns)
            if not _find_affected_units(now.zone_unit, own).isdisjoint(members.tolist())
        ]
        of_pool = _compute_pool_sums([now, *(after[number] for number in touched)], members, rows)
        sums += of_pool[0]
        sums[[number + 1 for number in touched]] += of_pool[1:] - of_pool[0]
    return sums


def _find_affected_units(now: IntArray, after: IntArray) -> set[int]:
    """Return the units that lose or gain a site."""
    changed = after != now
    return {*after[changed].tolist(), *now[changed].tolist()}


RESPONSE_SUMS = ("served", "minutes", "near", "in_zones", "by_own")


def _list_moves(
    on_duty: UnitsOnDuty, now: Deployment, basis: PlanningBasis
) -> Iterator[tuple[str, str, list[int], int]]:
    """Yield the site, the zone, the rows that move together and the zone's unit of every move."""
    for row, site in enumerate(basis.sites):
        stack = basis.list_stacked_sites(site.id)
        if site.id != stack[0]:
            continue
        rows = [basis.index[member] for member in stack]
        for zone, unit in on_duty.index.items():
            if (
                unit not in (NO_UNIT, now.zone_unit[row])
                and (on_duty.access[unit, rows] == MAY_BE_PRIMARY).all()
            ):
                yield site.id, zone, rows, unit


def _compute_pool_sums(
    deployed: Sequence[Deployment], members: IntArray, rows: IntArray
) -> FloatArray:
    """Return a pool's ``RESPONSE_SUMS``, shape (deployments, sums)."""
    width = len(members)
    local = np.full(len(deployed[0].units) + 1, NO_UNIT)
    local[members] = np.arange(width)
    parts, _ = zip(*deployed[0].streams, strict=True)
    lists = local[
        np.array([[order[rows, :width] for _, order in each.streams] for each in deployed])
    ].reshape(len(deployed), -1, width)
    listed = lists >= 0
    lists = np.where(listed, lists, 0)
    service = np.array([each.service_per_h[members] for each in deployed])
    calls = np.concatenate([part * deployed[0].calls_per_h[rows] for part in parts])
    rows = np.tile(rows, len(parts))

    def order_by_place(by_unit: Sequence[FloatArray]) -> FloatArray:
        """Return each deployment's (units, sites) values in the order of the lists."""
        of_pool = np.array([each[np.ix_(members, rows)].T for each in by_unit])
        return np.take_along_axis(of_pool, lists, axis=2)

    within = deployed[0].travel_min[:, rows] <= deployed[0].under.target_min
    minutes = order_by_place([np.nan_to_num(each.response_min, posinf=0.0) for each in deployed])
    busy_min = minutes + deployed[0].scene_min[rows][:, None]
    unit = lists + width * np.arange(len(deployed))[:, None, None]

    def serve(rates: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        taken = calls[:, None] * _compute_dispatch_probabilities(calls, rates, lists, listed)
        return taken, sum_by_unit(taken), sum_by_unit(taken * busy_min)

    def sum_by_unit(values: FloatArray) -> FloatArray:
        sums = np.bincount(unit.ravel(), values.ravel(), service.size)
        return np.asarray(sums, dtype=np.float64).reshape(service.shape)

    sent, _ = settle_service_rates(service, serve)
    near = np.array([(each.position_probability[members] @ within).T for each in deployed])
    zoned = np.array([each.is_in_zone[rows] for each in deployed])
    own = local[np.array([each.zone_unit[rows] for each in deployed])]
    served = sent.sum(axis=2)
    return np.stack(
        [
            served.sum(axis=1),
            (sent * minutes).sum(axis=(1, 2)),
            (sent * np.take_along_axis(near, lists, axis=2)).sum(axis=(1, 2)),
            (served * zoned).sum(axis=1),
            (sent * (listed & (lists == own[:, :, None]))).sum(axis=(1, 2)),
        ],
        axis=1,
    )


def _compute_dispatch_probabilities(
    calls_per_h: FloatArray, service_per_h: FloatArray, lists: IntArray, listed: BoolArray
) -> FloatArray:
    """Return the dispatch probability by place of the lists, (deployments, sites, places)."""
    if service_per_h.shape[1] <= MAX_EXACT_UNITS:
        calls = np.broadcast_to(calls_per_h, lists.shape[:2])
        return compute_free_probabilities(calls, service_per_h, lists, listed)[0]
    probability = np.zeros(lists.shape)
    for number, service in enumerate(service_per_h):
        order = np.where(listed[number], lists[number], NO_UNIT)
        sent = approximate_hypercube(calls_per_h, service, order).sent_by_place
        probability[number, :, : sent.shape[1]] = sent
    return probability


def _make_score(site: str, zone: str, sums: list[float], calls: float) -> MoveScore:
    served, minutes, near, in_zones, by_own = sums
    return MoveScore(
        site=site,
        zone=zone,
        mean_response_min=minutes / served if served > 0 else None,
        share_within_target=near / calls if calls > 0 else None,
        cross_zone_share=max(0.0, 1.0 - by_own / in_zones) if in_zones > 0 else None,
        all_busy_probability=max(0.0, 1.0 - served / calls) if calls > 0 else None,
    )
