"""A simulation of school days with random calls: the independent check of the queueing model.

Each call is followed from its site to the unit that takes it. Nothing is assumed about how likely
units are to be busy, nor for how long: a unit drives from where it is and is then on scene for an
exponential time. The simulation and the model share only the deployment: Poisson calls, where units
are likely to be, and the order in which units are asked.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.intervals import compute_wilson_interval
from zoneplanner.analysis.response_times.deployment import NO_UNIT, Deployment
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.errors import ProgressReport, UserError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the interval for its true value, or None if nothing was measured."""

    value: float | None
    low: float | None
    high: float | None


def estimate_ratio(parts: FloatArray, wholes: FloatArray, *, alpha: float) -> Estimate:
    """Return a ratio of nonnegative sums, with its interval from the variation between batches.

    ``parts`` and ``wholes`` have the shape (batches,). ``alpha`` is the probability that the
    interval misses the true value.
    """
    from scipy.special import stdtrit  # 0.14 s, saved by an evaluation without a simulation

    whole, batches = float(wholes.sum()), len(wholes)
    if whole <= 0:
        return Estimate(None, None, None)
    value = float(parts.sum()) / whole
    spread = parts - value * wholes
    error = sqrt(float(spread @ spread) * batches / (batches - 1)) / whole
    half = float(stdtrit(batches - 1, 1 - alpha / 2)) * error
    return Estimate(value, max(0.0, value - half), value + half)


def estimate_share(
    parts: FloatArray, wholes: FloatArray, *, alpha: float, trials: float | None = None
) -> Estimate:
    """Return a share, with an interval no narrower than Wilson's for independent trials.

    Otherwise, batches without a hit would imply that none can happen. ``parts`` and ``wholes`` have
    the shape (batches,); ``trials`` is the number of trials if it is not the sum of ``wholes``.
    """
    from scipy.special import ndtri

    batched = estimate_ratio(parts, wholes, alpha=alpha)
    if batched.value is None or batched.low is None or batched.high is None:
        return batched
    count = float(wholes.sum()) if trials is None else trials
    low, high = compute_wilson_interval(batched.value, count, float(ndtri(1 - alpha / 2)))
    return Estimate(
        batched.value, max(0.0, min(low, batched.low)), min(1.0, max(high, batched.high))
    )


def estimate_bounded_mean(
    values: FloatArray, least: float, most: float, *, alpha: float
) -> Estimate:
    """Return the mean of values between two bounds, with the interval of Maurer and Pontil (2009).

    ``values`` have the shape (n,). It is valid for any distribution, even for few values; without
    any, only the bounds are known.
    """
    count = len(values)
    if count < 2:
        return Estimate(float(values[0]) if count else None, least, most)
    value, variance, log_factor = float(values.mean()), float(values.var(ddof=1)), log(4 / alpha)
    half = sqrt(2 * variance * log_factor / count) + 7 * (most - least) * log_factor / (
        3 * (count - 1)
    )
    return Estimate(value, max(least, value - half), min(most, value + half))


INTERVAL_ALPHA = 0.05
"""The probability that any one of a run's intervals misses its true value."""

_WARM_UP_H = SCHOOL_DAY_H
_MIN_BATCHES, _MAX_BATCHES = 10, 100
MAX_SIMULATED_DAYS = 50_000
_REPORT_CALLS = 20_000


@dataclass(frozen=True, slots=True)
class _SimulatedSite:
    """The measured response at one site; see ``SiteResponse``."""

    mean_response_min: Estimate
    share_within_target: Estimate


@dataclass(frozen=True, eq=False, slots=True)
class SimulatedFigures:
    """The figures of ``ExpectedResponse`` as a simulation measured them, each with its interval.

    The probability that all intervals include the true values is 95%.
    """

    days: int
    calls: int
    target_min: float
    units: Mapping[str, Estimate]
    mean_response_min: Estimate
    share_within_target: Estimate
    cross_zone_share: Estimate
    all_busy_probability: Estimate


@dataclass(frozen=True, eq=False, slots=True)
class SimulatedResponse(SimulatedFigures):
    """The figures of a simulation of calls, with each site's."""

    sites: Mapping[str, _SimulatedSite]


@dataclass(frozen=True, eq=False, slots=True)
class CallRun:
    """The calls of a simulation in order of time.

    ``at_h`` counts from the end of the warm-up; ``unit`` is -1 for a lost call, whose hours and
    minutes have no meaning. ``waited_h`` is 0 if calls do not wait.
    """

    at_h: FloatArray
    site: IntArray
    unit: IntArray
    busy_h: FloatArray
    response_min: FloatArray
    waited_h: FloatArray


def simulate_calls(
    deployed: Deployment,
    *,
    days: int,
    rng: np.random.Generator,
    report: ProgressReport | None = None,
) -> SimulatedResponse:
    """Simulate school days and measure what ``compute_expected_response`` computes.

    The days follow each other without nights, after a warm-up until as many units are busy as
    usual, because the model has no time of day.

    Raises
    ------
    UserError
        There is less than one day, or more than a simulation can store.
    """
    if not 1 <= days <= MAX_SIMULATED_DAYS:
        raise UserError("out_of_range.simulated_days", most=MAX_SIMULATED_DAYS, days=days)
    calls = draw_calls(deployed, days * SCHOOL_DAY_H, rng, report)
    return _estimate_response(deployed, calls, days)


def draw_calls(
    deployed: Deployment,
    hours: float,
    rng: np.random.Generator,
    report: ProgressReport | None = None,
) -> CallRun:
    """Return the calls of some hours, including the warm-up before them."""
    rates = deployed.calls_per_h
    total = float(rates.sum())
    count = int(rng.poisson(total * (hours + _WARM_UP_H))) if total > 0 else 0
    at_h = np.sort(rng.uniform(-_WARM_UP_H, hours, count))
    site = rng.choice(len(rates), size=count, p=rates / total) if count else np.zeros(0, np.int64)
    scene_min = rng.exponential(1.0, count) * deployed.scene_min[site]
    list_index = site
    if len(deployed.streams) > 1:
        list_index = site + len(rates) * (rng.random(count) < deployed.under.urgent_share)
    origin_draw = rng.random(count)
    unit, response_min, waited_h = _answer_calls(
        deployed, at_h, list_index, scene_min, origin_draw, report=report
    )
    return CallRun(at_h, site, unit, (response_min + scene_min) / 60.0, response_min, waited_h)


def _answer_calls(
    deployed: Deployment,
    at_h: FloatArray,
    list_index: IntArray,
    scene_min: FloatArray,
    origin_draw: FloatArray,
    *,
    report: ProgressReport | None,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Assign each call in turn to the first free unit of its list.

    Returns the units, the minutes of turnout and drive from where each is, drawn by
    ``origin_draw`` (calls,), and the hours that each call waited in line for the next free unit.
    """
    lists = [
        [unit for unit in row if unit >= 0]
        for _, order in deployed.streams
        for row in order.tolist()
    ]
    sites = len(deployed.sites)
    origins = [np.flatnonzero(places > 0) for places in deployed.position_probability]
    cumulative = [
        places[own].cumsum()[:-1].tolist()
        for places, own in zip(deployed.position_probability, origins, strict=True)
    ]
    drives_min = [deployed.travel_min[own].tolist() for own in origins]
    free_at_h = [-np.inf] * len(deployed.units)
    units: list[int] = []
    response_min, waited_h = np.zeros((2, len(at_h)))
    columns = (at_h, list_index, scene_min, origin_draw)
    calls = zip(*(column.tolist() for column in columns), strict=True)
    for number, (now_h, index, on_scene, draw) in enumerate(calls):
        if report is not None and number % _REPORT_CALLS == 0:
            report(number / len(at_h), f"{number:,} calls")
        unit = next((each for each in lists[index] if free_at_h[each] <= now_h), NO_UNIT)
        if unit == NO_UNIT and deployed.under.queue == "infinite" and lists[index]:
            unit = min(lists[index], key=free_at_h.__getitem__)
            waited_h[number] = free_at_h[unit] - now_h
        units.append(unit)
        if unit != NO_UNIT:
            drive = drives_min[unit][bisect_right(cumulative[unit], draw)][index % sites]
            response_min[number] = drive
            free_at_h[unit] = now_h + waited_h[number] + (drive + on_scene) / 60.0
    return np.array(units, dtype=np.int64), response_min, waited_h


def _estimate_response(deployed: Deployment, calls: CallRun, days: int) -> SimulatedResponse:
    hours = days * SCHOOL_DAY_H
    batches = min(max(days, _MIN_BATCHES), _MAX_BATCHES)
    alpha = INTERVAL_ALPHA / (4 + len(deployed.units) + 2 * len(deployed.sites))
    measured = _measure_calls(deployed, calls)
    batch = (measured.at_h * (batches / hours)).astype(np.int64)

    def sum_batches(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(batch, values, batches), dtype=np.float64)

    every, served = sum_batches(np.ones(len(batch))), sum_batches(measured.served)
    return SimulatedResponse(
        days=days,
        calls=len(batch),
        target_min=deployed.under.target_min,
        units=_estimate_utilization(deployed, calls, np.linspace(0.0, hours, batches + 1), alpha),
        mean_response_min=estimate_ratio(
            sum_batches(measured.served * measured.minutes), served, alpha=alpha
        ),
        share_within_target=estimate_share(sum_batches(measured.near), every, alpha=alpha),
        cross_zone_share=estimate_share(
            sum_batches(measured.other), sum_batches(measured.zoned), alpha=alpha
        ),
        all_busy_probability=estimate_share(
            every - sum_batches(measured.at_once), every, alpha=alpha
        ),
        sites={
            name: _estimate_site(deployed, number, measured, alpha)
            for number, name in enumerate(deployed.sites)
        },
    )


@dataclass(frozen=True, eq=False, slots=True)
class _MeasuredCalls:
    """The calls after the warm-up, each array of shape (calls,); the last five are 1 or 0.

    ``at_once`` means served without a wait, ``near`` also within the target, ``zoned`` served in a
    zone, ``other`` by another unit than the zone's.
    """

    at_h: FloatArray
    site: IntArray
    minutes: FloatArray
    served: FloatArray
    at_once: FloatArray
    near: FloatArray
    zoned: FloatArray
    other: FloatArray


def _measure_calls(deployed: Deployment, calls: CallRun) -> _MeasuredCalls:
    counted = calls.at_h >= 0
    site, unit, minutes = calls.site[counted], calls.unit[counted], calls.response_min[counted]
    served = unit >= 0
    zoned = served & deployed.is_in_zone[site]
    other = zoned & (unit != deployed.zone_unit[site])
    at_once = served & (calls.waited_h[counted] == 0)
    near = at_once & (minutes <= deployed.under.target_min)
    flags = [flag.astype(float) for flag in (served, at_once, near, zoned, other)]
    return _MeasuredCalls(calls.at_h[counted], site, minutes, *flags)


def _estimate_site(
    deployed: Deployment, site: int, measured: _MeasuredCalls, alpha: float
) -> _SimulatedSite:
    here = np.flatnonzero(measured.site == site)
    near = measured.near[here]
    share = Estimate(float(near.mean()) if len(near) else None, 0.0, 1.0)
    if len(near) > 1:
        share = estimate_share(near, np.ones(len(near)), alpha=alpha)
    able = np.isfinite(deployed.response_min[:, site])
    if not able.any():
        return _SimulatedSite(Estimate(None, None, None), share)
    origins = (deployed.position_probability[able] > 0).any(axis=0)
    least_min, most_min = np.quantile(deployed.travel_min[origins, site], [0, 1]).tolist()
    minutes = measured.minutes[here][measured.served[here] > 0]
    return _SimulatedSite(estimate_bounded_mean(minutes, least_min, most_min, alpha=alpha), share)


def _estimate_utilization(
    deployed: Deployment, calls: CallRun, edges_h: FloatArray, alpha: float
) -> dict[str, Estimate]:
    """Estimate the share of time that each unit is busy, by batches between the edges.

    Two observations of a unit are independent after about twice the time that a call takes.
    """
    served = calls.unit >= 0
    unit, busy_h = calls.unit[served], calls.busy_h[served]
    start_h = calls.at_h[served] + calls.waited_h[served]
    units = len(deployed.units)
    until_h = np.array(
        [np.bincount(unit, np.clip(edge - start_h, 0.0, busy_h), units) for edge in edges_h]
    )
    busy, length = np.diff(until_h, axis=0), np.diff(edges_h)
    observations = length.sum() * deployed.service_per_h / 2
    return {
        name: estimate_share(
            busy[:, number], length, alpha=alpha, trials=float(observations[number])
        )
        for number, name in enumerate(deployed.units)
    }
