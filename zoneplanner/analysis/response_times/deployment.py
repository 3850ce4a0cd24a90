"""The units on duty, the calls, where each unit may go, and the order in which units are asked.

How long calls keep units busy depends on who is sent where: a unit that helps in another zone
drives farther, so it is busy longer, so others help more often. A fixed point makes the mean
service times agree with the model's results, as in Larson and Odoni, *Urban Operations Research*,
5.3 (mean service time calibration).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import (
    USUAL_CONDITIONS,
    IdlePlace,
    MutualAid,
    ResponseConditions,
)
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit, UnitAccess
from zoneplanner.errors import UserError

NO_UNIT = -1
_NO_ACCESS, _MAY_ASSIST, MAY_BE_PRIMARY = 0, 1, 2
_ACCESS_RANK = {
    UnitAccess.NO: _NO_ACCESS,
    UnitAccess.ASSIST: _MAY_ASSIST,
    UnitAccess.PRIMARY: MAY_BE_PRIMARY,
}


@dataclass(frozen=True, eq=False, slots=True)
class UnitsOnDuty:
    """The units on duty and the sites' calls.

    Attributes
    ----------
    units
        In the project's order.
    index
        The unit's number by zone, or -1 if the zone's unit is off duty.
    calls_per_h, scene_min
        Calls an hour and minutes on scene of a call, shape (sites,).
    access, urgent_access
        What each unit may do at each site: 0 nothing, 1 assist, 2 be primary, shape (units,
        sites). ``urgent_access`` is for urgent calls; it may be the same array.
    cut_off
        Which pairs of sites have no route, shape (sites, sites), or None if all have one.
    """

    basis: PlanningBasis
    units: tuple[Unit, ...]
    index: dict[str, int]
    calls_per_h: FloatArray
    scene_min: FloatArray
    access: IntArray
    urgent_access: IntArray
    cut_off: BoolArray | None

    @property
    def may_respond(self) -> BoolArray:
        """Which sites each unit may go to for any call, shape (units, sites)."""
        return np.asarray(np.maximum(self.access, self.urgent_access) > _NO_ACCESS)


def find_units_on_duty(
    project: Project, plan: Plan, basis: PlanningBasis, under: ResponseConditions
) -> UnitsOnDuty:
    """Return the units on duty in a plan's zones and at posts.

    Raises
    ------
    UserError
        A unit that is off is unknown, or none is left.
    """
    units = _select_on_duty(project, plan, under)
    calls_per_h = np.array([load.calls for load in basis.loads], dtype=float) / SCHOOL_DAY_H
    if under.calls_per_h is not None:
        known = zip(basis.index, calls_per_h.tolist(), strict=True)
        calls_per_h = np.array([under.calls_per_h.get(site, usual) for site, usual in known])
    access = _rank_access(units, basis, under.mutual_aid, urgent=False)
    urgent_access = access
    if MutualAid.URGENT in under.mutual_aid.values() and under.urgent_share > 0:
        urgent_access = _rank_access(units, basis, under.mutual_aid, urgent=True)
    number = {unit.id: row for row, unit in enumerate(units)}
    cut_off = ~np.isfinite(basis.travel_min)
    return UnitsOnDuty(
        basis=basis,
        units=units,
        index={zone.id: number.get(zone.unit, NO_UNIT) for zone in plan.zones},
        calls_per_h=calls_per_h,
        scene_min=np.array([load.call_min for load in basis.loads], dtype=float),
        access=access,
        urgent_access=urgent_access,
        cut_off=cut_off if cut_off.any() else None,
    )


def list_plan_units(project: Project, plan: Plan) -> list[Unit]:
    """Return the units of a plan's zones, and those with a post and no zone."""
    with_zone = {zone.unit for zone in plan.zones}
    return [
        unit
        for unit in project.units.values()
        if unit.id in with_zone or (unit.posts and not unit.holds_zone)
    ]


def drop_unknown_units(
    project: Project, plan: Plan, under: ResponseConditions
) -> ResponseConditions:
    """Return the conditions with only the plan's units off.

    The result is the same object if nothing changes.
    """
    known = {unit.id for unit in list_plan_units(project, plan)}
    off = tuple(unit for unit in under.units_off if unit in known)
    return under if len(off) == len(under.units_off) else replace(under, units_off=off)


def _select_on_duty(project: Project, plan: Plan, under: ResponseConditions) -> tuple[Unit, ...]:
    without, known = under.units_off, list_plan_units(project, plan)
    names = [unit.id for unit in known]
    for name in without:
        if name not in names:
            raise UserError("unknown_unit.plan", unit=name, plan=plan.name, known=names)
    left = tuple(unit for unit in known if unit.id not in without)
    if not left:
        raise UserError("no_unit_on_duty")
    return left


def _rank_access(
    units: tuple[Unit, ...], basis: PlanningBasis, aid: Mapping[str, MutualAid], *, urgent: bool
) -> IntArray:
    places = [basis.placements[site.id].jurisdiction for site in basis.sites]
    kinds = {
        kind: [_rank_unit_access(unit, kind, aid.get(kind or ""), urgent=urgent) for unit in units]
        for kind in set(places)
    }
    ranks = np.array([kinds[kind] for kind in places], dtype=np.int64)
    return ranks.reshape(len(places), len(units)).T


def _rank_unit_access(unit: Unit, kind: str | None, aid: MutualAid | None, *, urgent: bool) -> int:
    """Return what a unit may do in a jurisdiction; aid decides unless the unit is primary."""
    rank = _ACCESS_RANK[unit.access_in(kind)]
    if rank == MAY_BE_PRIMARY or aid is None:
        return rank
    helps = aid is MutualAid.ALWAYS or (aid is MutualAid.URGENT and urgent)
    return _MAY_ASSIST if helps else _NO_ACCESS


_ASSISTING_MIN = 1e6
_MIN_BUSY_MIN = 1 / 60


@dataclass(frozen=True, eq=False, slots=True)
class Deployment:
    """The units on duty, the sites' calls, and the order in which units are asked.

    Attributes
    ----------
    units, sites
        Ids, in the project's order; the sites are the basis's.
    calls_per_h
        Shape (sites,).
    scene_min
        Mean minutes on scene of a call at each site, shape (sites,).
    service_per_h
        Calls an hour that each unit could handle if it took only calls for which it is asked
        first, shape (units,): the starting value for ``settle_service_rates``.
    position_probability
        Probability that a unit is at a site, shape (units, sites); each row sums to 1, or is 0 for
        a unit without a site or post, which answers no call.
    travel_min
        Minutes of turnout and drive between sites, origin row, shape (sites, sites).
    response_min
        The mean of ``travel_min`` from the unit's positions, shape (units, sites); inf if it may
        not or cannot go there.
    preferences, urgent_preferences
        Units in the order in which they are asked, shape (sites, units); -1 ends a row. The second
        is for urgent calls; it is the same object if priority makes no difference.
    zone_unit
        The unit of each site's zone, shape (sites,), or -1 if none is on duty.
    is_in_zone
        Whether each site is in a zone, shape (sites,).
    under
        The conditions of the evaluation.
    """

    units: tuple[str, ...]
    sites: tuple[str, ...]
    calls_per_h: FloatArray
    scene_min: FloatArray
    service_per_h: FloatArray
    position_probability: FloatArray
    travel_min: FloatArray
    response_min: FloatArray
    preferences: IntArray
    urgent_preferences: IntArray
    zone_unit: IntArray
    is_in_zone: BoolArray
    under: ResponseConditions

    @property
    def streams(self) -> tuple[tuple[float, IntArray], ...]:
        """The preference lists, (sites, units), each with its share of the calls."""
        if self.urgent_preferences is self.preferences:
            return ((1.0, self.preferences),)
        return (
            (1.0 - self.under.urgent_share, self.preferences),
            (self.under.urgent_share, self.urgent_preferences),
        )

    @property
    def unplaced(self) -> tuple[str, ...]:
        """The units on duty without a site or post to be at."""
        counts = (self.position_probability > 0).sum(axis=1).tolist()
        return tuple(unit for unit, n in zip(self.units, counts, strict=True) if not n)


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
        A unit that is off is unknown, no unit is left, or a unit may go to no site.
    """
    factor = project.assumptions.find_drive_factor(under.window)
    if factor != 1.0:
        turnout_min = project.assumptions.turnout_min
        basis = replace(basis, travel_min=turnout_min + factor * (basis.travel_min - turnout_min))
    on_duty = find_units_on_duty(project, plan, basis, under)
    zones = [plan.assignment.get(site.id, "") for site in basis.sites]
    own = np.array([on_duty.index.get(zone, NO_UNIT) for zone in zones], dtype=np.int64)
    zoned = np.array([zone in on_duty.index for zone in zones], dtype=bool)
    return deploy_units(on_duty, own, zoned, under)


def deploy_units(
    on_duty: UnitsOnDuty, own: IntArray, zoned: BoolArray, under: ResponseConditions
) -> Deployment:
    """Return the model with each site's ``own`` unit, or -1 for none; see ``build_deployment``.

    ``own`` and ``zoned`` have the shape (sites,).
    """
    basis = on_duty.basis
    places = _locate_units(on_duty, own, under.idle_place)
    response_min = _compute_response_min(on_duty, places)
    able = np.isfinite(response_min)
    unable = places.any(axis=1) & ~able.any(axis=1)
    if unable.any():
        unit = on_duty.units[int(unable.argmax())].id
        raise UserError("unit_cannot_respond", unit=unit)
    preferences = _rank_units(on_duty.access, response_min, own)
    urgent = preferences
    if on_duty.urgent_access is not on_duty.access:
        urgent = _rank_units(on_duty.urgent_access, response_min, own)
    return Deployment(
        units=tuple(unit.id for unit in on_duty.units),
        sites=tuple(basis.index),
        calls_per_h=on_duty.calls_per_h,
        scene_min=on_duty.scene_min,
        service_per_h=60.0 / _compute_busy_min(on_duty, response_min, able, preferences),
        position_probability=places,
        travel_min=basis.travel_min,
        response_min=response_min,
        preferences=preferences,
        urgent_preferences=urgent,
        zone_unit=own,
        is_in_zone=zoned,
        under=under,
    )


def _locate_units(on_duty: UnitsOnDuty, own: IntArray, idle_place: IdlePlace) -> FloatArray:
    """Return the probability that each unit is at each site, shape (units, sites)."""
    basis, units = on_duty.basis, on_duty.units
    is_own = own == np.arange(len(units))[:, None]
    weights = is_own * basis.trips
    for row, unit in enumerate(units):
        posts = [basis.index[post] for post in unit.posts if post in basis.index]
        if idle_place == "posts" and not posts and is_own[row].any():
            posts = [basis.find_post(np.flatnonzero(is_own[row]))[0]]
        if posts and (idle_place == "posts" or not is_own[row].any()):
            weights[row] = 0.0
            weights[row, posts] = 1.0
    if not weights.any(axis=1).all():
        weights = np.where(weights.any(axis=1, keepdims=True), weights, is_own)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))


def _compute_response_min(on_duty: UnitsOnDuty, places: FloatArray) -> FloatArray:
    """Return mean minutes from where units are; inf if they may not, or may be unable to, go."""
    travel_min, cut_off = on_duty.basis.travel_min, on_duty.cut_off
    unable = ~on_duty.may_respond | ~places.any(axis=1, keepdims=True)
    if cut_off is not None:
        travel_min = np.where(cut_off, 0.0, travel_min)
        unable |= places @ cut_off > 0
    minutes: FloatArray = places @ travel_min
    minutes[unable] = np.inf
    return minutes


def _rank_units(access: IntArray, response_min: FloatArray, own: IntArray) -> IntArray:
    """Return the order in which units are asked, shape (sites, units)."""
    order = (response_min + _ASSISTING_MIN * (access == _MAY_ASSIST)).T
    order[(access == _NO_ACCESS).T] = np.inf
    zoned = np.flatnonzero(own >= 0)
    able = zoned[np.isfinite(order[zoned, own[zoned]])]
    order[able, own[able]] = -1.0
    preferences: IntArray = order.argsort(axis=1, kind="stable")
    length = np.isfinite(order).sum(axis=1)
    preferences[np.arange(order.shape[1]) >= length[:, None]] = NO_UNIT
    return preferences


def _compute_busy_min(
    on_duty: UnitsOnDuty, response_min: FloatArray, able: BoolArray, preferences: IntArray
) -> FloatArray:
    """Return the mean minutes that a call keeps each unit busy: drive and time on scene.

    Drives are to the sites where the unit is asked first, else to all where it may go.
    """
    first = preferences[:, 0] == np.arange(len(response_min))[:, None]
    weights = first * on_duty.calls_per_h
    for fallback in (able * on_duty.calls_per_h, able):
        has_none = ~weights.any(axis=1)
        if has_none.any():
            weights = np.where(has_none[:, None], fallback, weights)
    minutes = np.where(able, response_min, 0.0) + on_duty.scene_min
    busy, total = (weights * minutes).sum(axis=1), weights.sum(axis=1)
    mean_min: FloatArray = np.divide(busy, total, out=np.zeros_like(total), where=total > 0)
    return np.maximum(mean_min, _MIN_BUSY_MIN)


_MAX_STEPS = 50
_MIN_CHANGE = 1e-6
"""Service rates are settled when none changes by a larger share; a step leaves about a tenth."""

Answer = TypeVar("Answer")


def settle_service_rates(
    start_per_h: FloatArray, serve: Callable[[FloatArray], tuple[Answer, FloatArray, FloatArray]]
) -> tuple[Answer, FloatArray]:
    """Return the model's answer at the service rates that follow from it, and those rates.

    ``serve`` returns, for given rates, the answer, the calls an hour that each unit takes, and the
    minutes an hour that they keep it busy; all have the shape of ``start_per_h``. A unit that takes
    no call keeps its initial rate.
    """
    rates = start_per_h
    for _ in range(_MAX_STEPS):
        answer, taken, busy_min = serve(rates)
        busy = (taken > 0) & (busy_min > 0)
        after = 60.0 * np.divide(taken, busy_min, out=rates / 60.0, where=busy)
        change = np.abs(after / rates - 1.0).max(initial=0.0)
        rates = after
        if change < _MIN_CHANGE:
            break
    return answer, rates


def find_backup_units(project: Project, plan: Plan, basis: PlanningBasis) -> dict[str, str]:
    """Return the unit asked next for most of each zone's calls, by the model, if there is one."""
    try:
        model = build_deployment(project, plan, basis)
    except UserError:
        return {}
    weights: dict[str, dict[str, float]] = {zone.id: defaultdict(float) for zone in plan.zones}
    own = {zone.id: zone.unit for zone in plan.zones}
    for row, site in enumerate(model.sites):
        zone = plan.assignment.get(site)
        if zone is None or zone not in own:
            continue
        asked = (model.units[unit] for unit in model.preferences[row].tolist() if unit >= 0)
        backup = next((unit for unit in asked if unit != own[zone]), None)
        if backup is not None:
            weights[zone][backup] += max(float(model.calls_per_h[row]), 1e-9)
    return {
        zone: max(calls, key=lambda unit: calls[unit]) for zone, calls in weights.items() if calls
    }


def order_sites_by_nearest(plan: Plan, basis: PlanningBasis, zone_id: str) -> tuple[str, ...]:
    """Return a zone's sites in nearest-neighbor order from its post."""
    left = [basis.index[site] for site in plan.sites_of(zone_id) if site in basis.index]
    if not left:
        return ()
    here, _ = basis.find_post(left)
    order = []
    while left:
        here = min(
            left, key=lambda row: (basis.travel_min[here, row] if row != here else -1.0, row)
        )
        left.remove(here)
        order.append(basis.sites[here].id)
    return tuple(order)
