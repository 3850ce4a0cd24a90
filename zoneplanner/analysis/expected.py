"""What response to expect of a plan: how busy units are and how soon help comes, by the hypercube.

See ``deployment`` for what is assumed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis import hypercube
from zoneplanner.analysis.basis import Basis, Floats
from zoneplanner.analysis.deployment import Deployment, Waits, deployment
from zoneplanner.analysis.duty import Bools, Ints
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project

TARGET_MIN = 8.0


@dataclass(frozen=True, slots=True)
class SiteResponse:
    """What a call at one site meets.

    ``mean_response_min`` is that of served calls, None where nobody can come;
    ``share_within_target`` is of all calls.
    """

    mean_response_min: float | None
    share_within_target: float


@dataclass(frozen=True, eq=False, slots=True)
class Expected:
    """Long-run figures of a plan; shares and probabilities run 0 to 1.

    Attributes
    ----------
    target_min
        Minutes of turn-out and travel within which help should come.
    units
        Utilization of each unit on duty, the share of its time that calls take.
    mean_response_min
        Mean turn-out and travel of served calls; None where no call is served.
    share_within_target
        Share of all calls met within the target; a call that nobody is free for is a miss. None
        without calls, as the figures that follow.
    cross_zone_share
        Share of served calls in zones that another unit than the zone's own answers.
    all_busy_probability
        Probability that all units that may answer a call are busy, weighted by calls.
    sites
        By id, in the project's order.
    unplaced
        Units on duty without a site or post; they answer nothing.
    """

    target_min: float
    units: Mapping[str, float]
    mean_response_min: float | None
    share_within_target: float | None
    cross_zone_share: float | None
    all_busy_probability: float | None
    sites: Mapping[str, SiteResponse]
    unplaced: tuple[str, ...] = ()


def expected(
    project: Project,
    plan: Plan,
    basis: Basis,
    *,
    without: Collection[str] = (),
    target_min: float = TARGET_MIN,
    waits: Waits = "visits",
) -> Expected:
    """Return what to expect of a plan; see ``deployment`` for the arguments and errors."""
    deployed = deployment(project, plan, basis, without=without, waits=waits)
    return expected_of(deployed, target_min=target_min)


def expected_of(deployed: Deployment, *, target_min: float = TARGET_MIN) -> Expected:
    """Return what to expect of units, calls and lists.

    A pool of up to 15 units is solved exactly, a larger one by Larson's approximation.
    """
    sent, utilization = _solve(deployed)
    calls, total = deployed.calls_per_h, float(deployed.calls_per_h.sum())
    served = sent.sum(axis=0)
    minutes = (sent * np.where(sent > 0, deployed.response_min, 0.0)).sum(axis=0)
    near = deployed.places @ (deployed.travel_min <= target_min)
    within = (sent * near).sum(axis=0)
    held = np.flatnonzero(deployed.own >= 0)
    by_own = float(calls[held] @ sent[deployed.own[held], held])
    own = _share(by_own, float((calls * deployed.zoned) @ served))
    means = [
        _share(mine, all_of) for mine, all_of in zip(minutes.tolist(), served.tolist(), strict=True)
    ]
    return Expected(
        target_min=target_min,
        units=dict(zip(deployed.units, utilization.tolist(), strict=True)),
        mean_response_min=_share(float(calls @ minutes), float(calls @ served)),
        share_within_target=_share(float(calls @ within), total),
        cross_zone_share=None if own is None else max(0.0, 1.0 - own),
        all_busy_probability=_share(float(calls @ np.maximum(0.0, 1.0 - served)), total),
        sites={
            site: SiteResponse(mean, share)
            for site, mean, share in zip(deployed.sites, means, within.tolist(), strict=True)
        },
        unplaced=deployed.unplaced,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _solve(deployed: Deployment) -> tuple[Floats, Floats]:
    """Return who is sent, shape (units, sites), and how busy units are, pool by pool."""
    units, sites = deployed.response_min.shape
    sent, utilization = np.zeros((units, sites)), np.zeros(units)
    place = np.zeros(units + 1, dtype=np.int64)
    for members, rows in pools(np.isfinite(deployed.response_min).T):
        place[members], place[-1] = np.arange(len(members)), -1
        model = hypercube.solve if len(members) <= hypercube.MOST_UNITS else hypercube.approximate
        result = model(
            deployed.calls_per_h[rows],
            deployed.service_per_h[members],
            place[deployed.preferences[rows, : len(members)]],
        )
        sent[np.ix_(members, rows)] = result.sent
        utilization[members] = result.utilization
    return np.maximum(sent, 0.0), utilization


def pools(able: Bools) -> Iterator[tuple[Ints, Ints]]:
    """Yield units that share sites, directly or through others, and the sites they answer.

    ``able`` tells which units may answer each site, shape (sites, units).
    """
    units = able.shape[1]
    each = able.astype(float)
    linked: Bools = (each.T @ each > 0) | np.eye(units, dtype=bool)
    while not np.array_equal(linked, wider := linked.astype(float) @ linked > 0):
        linked = wider
    first = linked.argmax(axis=1)
    for pool in np.flatnonzero(first == np.arange(units)):
        members = np.flatnonzero(first == pool)
        yield members, np.flatnonzero(able[:, members].any(axis=1))
