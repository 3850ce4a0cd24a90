"""The expected response of a plan: how busy units are and how soon help comes, by the hypercube.

See ``deployment`` for the assumptions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.deployment import (
    Deployment,
    build_deployment,
    settle_service_rates,
)
from zoneplanner.analysis.response_times.hypercube_approximation import approximate_hypercube
from zoneplanner.analysis.response_times.hypercube_exact import MAX_EXACT_UNITS, solve_hypercube
from zoneplanner.analysis.response_times.hypercube_problem import HypercubeResult
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class SiteResponse:
    """The expected response at one site.

    ``mean_response_min`` is for served calls, None if no unit can come; ``share_within_target`` and
    ``served_share`` are shares of all calls.
    """

    mean_response_min: float | None
    share_within_target: float
    served_share: float = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class ExpectedResponse:
    """Long-run figures of a plan; shares and probabilities run 0 to 1.

    Attributes
    ----------
    target_min
        Minutes of turnout and travel within which help should come.
    units
        Utilization of each unit on duty: the share of its time spent on calls.
    mean_response_min
        Mean turnout and travel of served calls, or None if no call is served.
    share_within_target
        Share of all calls answered within the target; a call without a free unit counts as a miss.
        None without calls, like the following figures.
    cross_zone_share
        Share of served calls in zones that are answered by another unit than the zone's.
    all_busy_probability
        Probability that all units that may answer a call are busy, weighted by calls; if calls
        wait, the probability of waiting.
    sites
        By id, in the project's order.
    unplaced
        Units on duty without a site or post; they answer no calls.
    mean_wait_min
        Mean minutes that a call waits for a unit, including calls that do not wait; None if calls
        never wait.
    unit_response_min
        Mean turnout and travel of the calls that each unit answers, or None if it answers none.
    """

    target_min: float
    units: Mapping[str, float]
    mean_response_min: float | None
    share_within_target: float | None
    cross_zone_share: float | None
    all_busy_probability: float | None
    sites: Mapping[str, SiteResponse]
    unplaced: tuple[str, ...] = ()
    mean_wait_min: float | None = None
    unit_response_min: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def answered_within_target(self) -> float | None:
        """Share within the target of the calls that are answered at once."""
        if self.share_within_target is None or self.all_busy_probability is None:
            return None
        return _divide(self.share_within_target, 1.0 - self.all_busy_probability)

    @property
    def lost_share(self) -> float | None:
        """Share of calls that no unit answers, or 0 if calls wait."""
        return self.all_busy_probability if self.mean_wait_min is None else 0.0


def compute_expected_response(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
) -> ExpectedResponse:
    """Return the expected response of a plan; errors are those of ``build_deployment``."""
    return compute_deployment_response(build_deployment(project, plan, basis, under))


def compute_deployment_response(deployed: Deployment) -> ExpectedResponse:
    """Return the expected response of a deployment.

    A pool of up to 15 units is solved exactly, a larger one by Larson's approximation.
    """
    shares = _solve_pools(deployed)
    calls, total = deployed.calls_per_h, float(deployed.calls_per_h.sum())
    served = shares.sent.sum(axis=0)
    minutes = (shares.sent * np.where(shares.sent > 0, deployed.response_min, 0.0)).sum(axis=0)
    near = deployed.position_probability @ (deployed.travel_min <= deployed.under.target_min)
    within = (shares.at_once * near).sum(axis=0)
    busy = np.maximum(0.0, 1.0 - shares.at_once.sum(axis=0))
    with_unit = np.flatnonzero(deployed.zone_unit >= 0)
    by_own = float(calls[with_unit] @ shares.sent[deployed.zone_unit[with_unit], with_unit])
    own = _divide(by_own, float((calls * deployed.is_in_zone) @ served))
    means = _divide_each(minutes, served)
    return ExpectedResponse(
        target_min=deployed.under.target_min,
        units=dict(zip(deployed.units, shares.utilization.tolist(), strict=True)),
        mean_response_min=_divide(float(calls @ minutes), float(calls @ served)),
        share_within_target=_divide(float(calls @ within), total),
        cross_zone_share=None if own is None else max(0.0, 1.0 - own),
        all_busy_probability=_divide(float(calls @ busy), total),
        sites={
            site: SiteResponse(*figures)
            for site, *figures in zip(
                deployed.sites, means, within.tolist(), served.tolist(), strict=True
            )
        },
        unplaced=deployed.unplaced,
        unit_response_min=dict(
            zip(deployed.units, _average_by_unit(deployed, shares.sent), strict=True)
        ),
        mean_wait_min=_divide(60.0 * float(calls @ shares.wait_h), total)
        if deployed.under.queue == "infinite"
        else None,
    )


def _average_by_unit(deployed: Deployment, sent: FloatArray) -> list[float | None]:
    """Return the mean response of the calls that each unit answers."""
    answered = sent * deployed.calls_per_h
    minutes = (answered * np.where(sent > 0, deployed.response_min, 0.0)).sum(axis=1)
    return _divide_each(minutes, answered.sum(axis=1))


def average_by_zone(
    expected: ExpectedResponse, zones: Mapping[str, str], calls_per_h: Mapping[str, float]
) -> dict[str, SiteResponse]:
    """Return the expected response in each zone; ``zones`` is each site's zone, by id."""
    members = group_pairs((zones[site], site) for site in expected.sites if site in zones)
    return {zone: _average_sites(expected, own, calls_per_h) for zone, own in members.items()}


def _average_sites(
    expected: ExpectedResponse, sites: list[str], calls_per_h: Mapping[str, float]
) -> SiteResponse:
    own = [(expected.sites[site], calls_per_h.get(site, 0.0)) for site in sites]
    calls = sum(rate for _, rate in own)
    if calls <= 0:  # without calls, each site counts equally
        own, calls = [(each, 1.0) for each, _ in own], float(len(own))
    served = sum(each.served_share * rate for each, rate in own)
    minutes = sum((each.mean_response_min or 0.0) * each.served_share * rate for each, rate in own)
    within = sum(each.share_within_target * rate for each, rate in own)
    return SiteResponse(_divide(minutes, served), within / calls, served / calls)


def _divide(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _divide_each(parts: FloatArray, wholes: FloatArray) -> list[float | None]:
    pairs = zip(parts.tolist(), wholes.tolist(), strict=True)
    return [_divide(part, whole) for part, whole in pairs]


@dataclass(frozen=True, eq=False, slots=True)
class _DispatchShares:
    """The probabilities that each unit is sent, in all and at once, shapes (units, sites).

    ``wait_h`` is the mean wait of a call, including calls that do not wait, shape (sites,).
    """

    sent: FloatArray
    at_once: FloatArray
    utilization: FloatArray
    wait_h: FloatArray


def _solve_pools(deployed: Deployment) -> _DispatchShares:
    """Return the dispatch shares and utilization, solved pool by pool."""
    units, sites = deployed.response_min.shape
    shape = (units, sites)
    shares = _DispatchShares(np.zeros(shape), np.zeros(shape), np.zeros(units), np.zeros(sites))
    local = np.zeros(units + 1, dtype=np.int64)
    able = np.isfinite(deployed.response_min)
    for members, rows in find_unit_pools(able.T):
        local[members], local[-1] = np.arange(len(members)), -1
        lists = [order for _, order in deployed.streams]
        asked = [local[order[rows, : len(members)]] for order in lists]
        calls = deployed.calls_per_h[rows]
        block = np.ix_(members, rows)
        busy_min = (
            np.where(able[block], deployed.response_min[block], 0.0) + deployed.scene_min[rows]
        )
        pool = _Pool(deployed, members, rows, asked, busy_min)
        result, service = settle_service_rates(deployed.service_per_h[members], pool.serve)
        sent = pool.list_sent(result)
        waits = result.all_busy if deployed.under.queue == "infinite" else 0.0
        shares.sent[block] = sent
        shares.at_once[block] = np.maximum(0.0, sent - waits * (service / service.sum())[:, None])
        shares.utilization[members] = result.utilization
        if waits > 0:
            shares.wait_h[rows] = waits / (service.sum() - calls.sum())
    return shares


@dataclass(frozen=True, eq=False, slots=True)
class _Pool:
    """Units that share sites; ``asked`` are the lists by stream, ``busy_min`` (units, sites)."""

    deployed: Deployment
    members: IntArray
    rows: IntArray
    asked: list[IntArray]
    busy_min: FloatArray

    def serve(self, service: FloatArray) -> tuple[HypercubeResult, FloatArray, FloatArray]:
        """Solve the model at given service rates; see ``settle_service_rates``."""
        deployed, calls = self.deployed, self.deployed.calls_per_h[self.rows]
        if deployed.under.queue == "infinite":
            _check_line(deployed, self.members, self.rows, self.asked, service)
        model = solve_hypercube if len(self.members) <= MAX_EXACT_UNITS else approximate_hypercube
        result = model(
            np.concatenate([part * calls for part, _ in deployed.streams]),
            service,
            np.concatenate(self.asked),
            deployed.under.queue,
        )
        taken = self.list_sent(result) * calls
        return result, taken.sum(axis=1), (taken * self.busy_min).sum(axis=1)

    def list_sent(self, result: HypercubeResult) -> FloatArray:
        """Return the probability that a call at a site is answered by a unit, (units, sites)."""
        parts = [part for part, _ in self.deployed.streams]
        by_stream = result.sent.reshape(len(self.members), len(parts), len(self.rows))
        return np.asarray(np.maximum(0.0, np.einsum("usr,s->ur", by_stream, parts)))


def _check_line(
    deployed: Deployment,
    members: IntArray,
    rows: IntArray,
    asked: list[IntArray],
    service: FloatArray,
) -> None:
    """Raise a UserError if calls cannot wait: a unit may not take all, or they are too many."""
    names = [deployed.units[unit] for unit in members.tolist()]
    short = np.any([(order < 0).any(axis=1) for order in asked], axis=0)
    if short.any():
        site = deployed.sites[int(rows[short.argmax()])]
        raise UserError("line_needs_all_units", site=site, units=names)
    calls = float(deployed.calls_per_h[rows].sum())
    served = float(service.sum())
    if calls >= served:
        raise UserError("too_many_calls", units=names, calls=calls, served=served)


def find_unit_pools(able: BoolArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield units that share sites, directly or through others, and the sites they answer.

    ``able`` is which units may answer each site, shape (sites, units).
    """
    units = able.shape[1]
    each = able.astype(float)
    linked: BoolArray = (each.T @ each > 0) | np.eye(units, dtype=bool)
    while not np.array_equal(linked, wider := linked.astype(float) @ linked > 0):
        linked = wider
    first = linked.argmax(axis=1)
    for pool in np.flatnonzero(first == np.arange(units)):
        members = np.flatnonzero(first == pool)
        yield members, np.flatnonzero(able[:, members].any(axis=1))
