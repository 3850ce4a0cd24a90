"""The model of a plan: where its units are, what calls come, and who is asked to answer.

What is assumed: the calls of a school day come evenly over its hours and by chance. A unit is at
one of its zone's sites, as often as its trips go there, and leaves a visit for a call. The unit of
the site's own zone is asked first, then the other units that may be primary there, nearest first,
then those that may assist. A call keeps a unit busy for the drive and the time on scene. A call
that finds none of these units free is left to the agency's ordinary patrol and counts as a miss.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.basis import Basis, Floats
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.unit import Access, Unit
from zoneplanner.errors import UserError

SCHOOL_DAY_H = 8.0
"""Hours of a school day in which its calls come, from arrival to the end of after-school hours."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Waits = Literal["visits", "posts"]

NOBODY = -1
ASSISTING_MIN = 1e6
LEAST_BUSY_MIN = 1 / 60


@dataclass(frozen=True, eq=False, slots=True)
class Deployment:
    """Units on duty, the sites' calls, and in what order units are asked.

    Attributes
    ----------
    units, sites
        Ids, in the project's order; the sites are those of the basis.
    unplaced
        Units on duty that have no site and no post to be at; they answer no call.
    calls_per_h
        Shape (sites,).
    service_per_h
        Calls an hour that each unit could end one after the other, shape (units,).
    places
        Probability that a unit is at a site, shape (units, sites); each row sums to 1.
    travel_min
        Minutes of turn-out and drive between sites, origin row, shape (sites, sites).
    response_min
        The mean of that from where the unit is, shape (units, sites); inf where it may not go
        or cannot.
    preferences
        Units in the order in which they are asked, shape (sites, units); -1 ends a row.
    own
        The unit of each site's zone, shape (sites,); -1 where that is off duty or unplaced.
    zoned
        Where a site is in a zone, shape (sites,).
    """

    units: tuple[str, ...]
    unplaced: tuple[str, ...]
    sites: tuple[str, ...]
    calls_per_h: Floats
    service_per_h: Floats
    places: Floats
    travel_min: Floats
    response_min: Floats
    preferences: Ints
    own: Ints
    zoned: Bools


def deployment(
    project: Project,
    plan: Plan,
    basis: Basis,
    *,
    without: Collection[str] = (),
    waits: Waits = "visits",
) -> Deployment:
    """Return the model of a plan; units in ``without`` are off duty.

    ``waits`` says where units are between calls: at their visits or at their posts, the site from
    which the zone is served with the least driving.

    Raises
    ------
    UserError
        A unit in ``without`` is unknown, none is left, or a unit may go to no site.
    """
    on_duty = _on_duty(project, plan, without)
    at = _places(on_duty, plan, basis, waits)
    units = tuple(unit for unit in on_duty if unit.id in at)
    index = {unit.id: row for row, unit in enumerate(units)}
    places = np.array([at[unit.id] for unit in units]).reshape(len(units), len(basis.sites))
    access = _access(project, units, basis)
    response_min = np.where(access == _MAY_NOT, np.inf, _from_places(places, basis.travel_min))
    for unit in units:
        if not np.isfinite(response_min[index[unit.id]]).any():
            raise UserError(
                f"Unit {unit.id} has sites or posts and may go to none of the patrolled sites; "
                "change where it may go, or leave it out.",
                {"unit": unit.id},
            )
    unit_of = {zone.id: zone.unit for zone in plan.zones}
    zone_units = [unit_of.get(plan.assignment.get(site.id, "")) for site in basis.sites]
    own = np.array([index.get(unit or "", NOBODY) for unit in zone_units], dtype=np.int64)
    preferences = _preferences(response_min, access, own)
    calls = np.array([load.calls for load in basis.loads], dtype=float)
    return Deployment(
        units=tuple(index),
        unplaced=tuple(unit.id for unit in on_duty if unit.id not in at),
        sites=tuple(basis.index),
        calls_per_h=calls / SCHOOL_DAY_H,
        service_per_h=60.0 / _busy_min(basis, calls, response_min, preferences),
        places=places,
        travel_min=basis.travel_min,
        response_min=response_min,
        preferences=preferences,
        own=own,
        zoned=np.array([unit is not None for unit in zone_units], dtype=bool),
    )


_MAY_NOT, _ASSISTS, _PRIMARY = 0, 1, 2
_RANK = {Access.NO: _MAY_NOT, Access.ASSIST: _ASSISTS, Access.PRIMARY: _PRIMARY}


def _on_duty(project: Project, plan: Plan, without: Collection[str]) -> tuple[Unit, ...]:
    """Return the units of the plan's zones and those with a post alone, but for ``without``."""
    holding = {zone.unit for zone in plan.zones}
    known = [
        unit
        for unit in project.units.values()
        if unit.id in holding or (unit.posts and not unit.holds_zone)
    ]
    names = [unit.id for unit in known]
    for name in without:
        if name not in names:
            raise UserError(
                f"The plan “{plan.name}” has no unit “{name}”. It has: {', '.join(names)}.",
                {"unit": name},
            )
    left = tuple(unit for unit in known if unit.id not in without)
    if not left:
        raise UserError("No unit is on duty, so nobody can answer a call; leave one on duty.")
    return left


def _places(units: tuple[Unit, ...], plan: Plan, basis: Basis, waits: Waits) -> dict[str, Floats]:
    """Return by unit the probability that it is at each site; those with nowhere are left out."""
    unit_of = {zone.id: zone.unit for zone in plan.zones}
    rows: dict[str, list[int]] = {unit.id: [] for unit in units}
    for row, site in enumerate(basis.sites):
        holder = unit_of.get(plan.assignment.get(site.id, ""))
        if holder in rows:
            rows[holder].append(row)
    found: dict[str, Floats] = {}
    for unit in units:
        posts = [basis.index[post] for post in unit.posts if post in basis.index]
        own = rows[unit.id]
        if posts and (waits == "posts" or not own):
            own, weights = posts, np.ones(len(posts))
        elif own and waits == "posts":
            own = [own[int(basis.cost[np.ix_(own, own)].sum(axis=0).argmin())]]
            weights = np.ones(1)
        else:
            weights = basis.trips[own]
        if own:
            found[unit.id] = np.zeros(len(basis.sites))
            found[unit.id][own] = weights / weights.sum() if weights.any() else 1.0 / len(own)
    return found


def _access(project: Project, units: tuple[Unit, ...], basis: Basis) -> Ints:
    """Return what each unit may do at each site, as a rank, shape (units, sites)."""
    lies_in = [basis.placements[site.id].jurisdiction for site in basis.sites]
    kinds = {kind: [_RANK[unit.access_in(kind)] for unit in units] for kind in set(lies_in)}
    ranks = np.array([kinds[kind] for kind in lies_in], dtype=np.int64)
    return ranks.reshape(len(lies_in), len(units)).T


def _from_places(places: Floats, travel_min: Floats) -> Floats:
    """Return mean minutes from where units are; inf where they may be unable to get there."""
    cut_off = ~np.isfinite(travel_min)
    if not cut_off.any():
        return np.asarray(places @ travel_min)
    minutes = places @ np.where(cut_off, 0.0, travel_min)
    return np.where(places @ cut_off > 0, np.inf, minutes)


def _preferences(response_min: Floats, access: Ints, own: Ints) -> Ints:
    """Return the order in which units are asked, shape (sites, units)."""
    order = response_min + np.where(access == _ASSISTS, ASSISTING_MIN, 0.0)
    zoned = np.flatnonzero(own >= 0)
    able = zoned[np.isfinite(order[own[zoned], zoned])]
    order[own[able], able] = -1.0
    preferences = order.T.argsort(axis=1, kind="stable")
    preferences[~np.isfinite(np.take_along_axis(order.T, preferences, axis=1))] = NOBODY
    return preferences


def _busy_min(basis: Basis, calls: Floats, response_min: Floats, preferences: Ints) -> Floats:
    """Return mean minutes that a call keeps each unit busy: drive and time on scene.

    The drive is that to the sites where the unit is asked first, else to all where it may go.
    """
    scene = np.array([load.call_min for load in basis.loads], dtype=float)
    busy = np.empty(len(response_min))
    first = preferences[:, :1]
    for unit, response in enumerate(response_min):
        able = np.isfinite(response)
        weights = calls * (first == unit).any(axis=1)
        if not weights.any():
            weights = calls * able if (calls * able).any() else able.astype(float)
        minutes = np.where(able, response, 0.0) + scene
        busy[unit] = weights @ minutes / weights.sum()
    return np.maximum(busy, LEAST_BUSY_MIN)
