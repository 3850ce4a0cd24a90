"""The model of a plan: where its units are, what calls come, and who is asked to answer.

What is assumed: the calls of a school day come evenly over its hours and by chance. A unit is at
one of its zone's sites, as often as its trips go there, and leaves a visit for a call. The unit of
the site's own zone is asked first, then the other units that may be primary there, nearest first,
then those that may assist; mutual aid may let others assist in a jurisdiction, at urgent calls or
at all. A call keeps a unit busy for the drive and the time on scene. A call that finds none of
these units free counts as a miss: it is left to the agency's ordinary patrol, or waits in line.
"""

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.conditions import USUAL_CONDITIONS, IdlePlace, ResponseConditions
from zoneplanner.analysis.duty import (
    MAY_ASSIST,
    NO_ACCESS,
    NO_UNIT,
    UnitsOnDuty,
    find_units_on_duty,
)
from zoneplanner.analysis.hypercube.lists import QueueKind
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_ASSISTING_MIN = 1e6
_LEAST_BUSY_MIN = 1 / 60


@dataclass(frozen=True, eq=False, slots=True)
class Deployment:
    """Units on duty, the sites' calls, and in what order units are asked.

    Attributes
    ----------
    units, sites
        Ids, in the project's order; the sites are those of the basis.
    calls_per_h
        Shape (sites,).
    service_per_h
        Calls an hour that each unit could end one after the other, shape (units,).
    places
        Probability that a unit is at a site, shape (units, sites); each row sums to 1, or is 0
        for a unit without site and post, which answers no call.
    travel_min
        Minutes of turn-out and drive between sites, origin row, shape (sites, sites).
    response_min
        The mean of that from where the unit is, shape (units, sites); inf where it may not go
        or cannot.
    preferences, urgent_preferences
        Units in the order in which they are asked, shape (sites, units); -1 ends a row. Urgent
        calls go by the second, the very same where priority makes no difference.
    urgent_share
        Share of calls that are urgent.
    queue
        Whether a call that finds nobody free is lost or waits.
    own
        The unit of each site's zone, shape (sites,); -1 where there is none on duty.
    zoned
        Where a site is in a zone, shape (sites,).
    """

    units: tuple[str, ...]
    sites: tuple[str, ...]
    calls_per_h: FloatArray
    service_per_h: FloatArray
    places: FloatArray
    travel_min: FloatArray
    response_min: FloatArray
    preferences: IntArray
    urgent_preferences: IntArray
    own: IntArray
    zoned: BoolArray
    urgent_share: float = 0.0
    queue: QueueKind = "loss"

    @property
    def streams(self) -> tuple[tuple[float, IntArray], ...]:
        """The lists by which calls go, each with its share of the calls."""
        if self.urgent_preferences is self.preferences:
            return ((1.0, self.preferences),)
        return (
            (1.0 - self.urgent_share, self.preferences),
            (self.urgent_share, self.urgent_preferences),
        )

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Units on duty that have no site and no post to be at."""
        anywhere = (self.places > 0).sum(axis=1).tolist()
        return tuple(unit for unit, at in zip(self.units, anywhere, strict=True) if not at)


def build_deployment(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    under: ResponseConditions = USUAL_CONDITIONS,
) -> Deployment:
    """Return the model of a plan under some conditions.

    Raises
    ------
    UserError
        A unit that is off is unknown, none is left, or a unit may go to no site.
    """
    on_duty = find_units_on_duty(project, plan, basis, under)
    zones = [plan.assignment.get(site.id, "") for site in basis.sites]
    own = np.array([on_duty.index.get(zone, NO_UNIT) for zone in zones], dtype=np.int64)
    zoned = np.array([zone in on_duty.index for zone in zones], dtype=bool)
    return deploy_units(on_duty, own, zoned, under)


def deploy_units(
    on_duty: UnitsOnDuty, own: IntArray, zoned: BoolArray, under: ResponseConditions
) -> Deployment:
    """Return the model where each site is its ``own`` unit's, -1 for nobody's; see above."""
    basis = on_duty.basis
    places = _locate_units(on_duty, own, under.waits)
    response_min = _compute_response_min(on_duty, places)
    able = np.isfinite(response_min)
    lost = places.any(axis=1) & ~able.any(axis=1)
    if lost.any():
        unit = on_duty.units[int(lost.argmax())].id
        raise UserError(
            f"Unit {unit} has sites or posts and may go to none of the patrolled sites; "
            "change where it may go, or leave it out.",
            {"unit": unit},
        )
    preferences = _rank_units(on_duty.access, response_min, own)
    urgent = preferences
    if on_duty.urgent_access is not on_duty.access:
        urgent = _rank_units(on_duty.urgent_access, response_min, own)
    return Deployment(
        units=tuple(unit.id for unit in on_duty.units),
        sites=tuple(basis.index),
        calls_per_h=on_duty.calls_per_h,
        service_per_h=60.0 / _compute_busy_min(on_duty, response_min, able, preferences),
        places=places,
        travel_min=basis.travel_min,
        response_min=response_min,
        preferences=preferences,
        urgent_preferences=urgent,
        own=own,
        zoned=zoned,
        urgent_share=under.urgent_share,
        queue=under.queue,
    )


def _locate_units(on_duty: UnitsOnDuty, own: IntArray, waits: IdlePlace) -> FloatArray:
    """Return the probability that each unit is at each site, shape (units, sites)."""
    basis, units = on_duty.basis, on_duty.units
    held = own == np.arange(len(units))[:, None]
    weights = held * basis.trips
    for row, unit in enumerate(units):
        posts = [basis.index[post] for post in unit.posts if post in basis.index]
        if waits == "posts" and not posts:
            posts = _find_idle_post(np.flatnonzero(held[row]), basis)
        if posts and (waits == "posts" or not held[row].any()):
            weights[row] = 0.0
            weights[row, posts] = 1.0
    if not weights.any(axis=1).all():
        weights = np.where(weights.any(axis=1, keepdims=True), weights, held)
    total = weights.sum(axis=1, keepdims=True)
    places: FloatArray = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return places


def _find_idle_post(sites: IntArray, basis: PlanningBasis) -> list[int]:
    """Return the site from which the others are served with the least driving; none of none."""
    if not len(sites):
        return []
    return [int(sites[basis.cost[np.ix_(sites, sites)].sum(axis=0).argmin()])]


def _compute_response_min(on_duty: UnitsOnDuty, places: FloatArray) -> FloatArray:
    """Return mean minutes from where units are; inf where they may not or might be unable to go."""
    travel_min, cut_off = on_duty.basis.travel_min, on_duty.cut_off
    unable = ~on_duty.ever | ~places.any(axis=1, keepdims=True)
    if cut_off is not None:
        travel_min = np.where(cut_off, 0.0, travel_min)
        unable |= places @ cut_off > 0
    minutes: FloatArray = places @ travel_min
    minutes[unable] = np.inf
    return minutes


def _rank_units(access: IntArray, response_min: FloatArray, own: IntArray) -> IntArray:
    """Return the order in which units are asked, shape (sites, units)."""
    order = (response_min + _ASSISTING_MIN * (access == MAY_ASSIST)).T
    order[(access == NO_ACCESS).T] = np.inf
    zoned = np.flatnonzero(own >= 0)
    able = zoned[np.isfinite(order[zoned, own[zoned]])]
    order[able, own[able]] = -1.0
    preferences: IntArray = order.argsort(axis=1, kind="stable")
    places = np.isfinite(order).sum(axis=1)
    preferences[np.arange(order.shape[1]) >= places[:, None]] = NO_UNIT
    return preferences


def _compute_busy_min(
    on_duty: UnitsOnDuty, response_min: FloatArray, able: BoolArray, preferences: IntArray
) -> FloatArray:
    """Return mean minutes that a call keeps each unit busy: drive and time on scene.

    The drive is that to the sites where the unit is asked first, else to all where it may go.
    """
    first = preferences[:, 0] == np.arange(len(response_min))[:, None]
    weights = first * on_duty.calls_per_h
    for fallback in (able * on_duty.calls_per_h, able):
        without = ~weights.any(axis=1)
        if without.any():
            weights = np.where(without[:, None], fallback, weights)
    minutes = np.where(able, response_min, 0.0) + on_duty.scene_min
    busy, total = (weights * minutes).sum(axis=1), weights.sum(axis=1)
    mean_min: FloatArray = np.divide(busy, total, out=np.zeros_like(total), where=total > 0)
    return np.maximum(mean_min, _LEAST_BUSY_MIN)
