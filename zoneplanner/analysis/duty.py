"""Who is on duty, what calls come, and where each unit may go: what moving a site leaves alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.conditions import MutualAid, ResponseConditions
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.unit import Unit, UnitAccess
from zoneplanner.errors import UserError

SCHOOL_DAY_H = 10.5
"""Hours of a school day in which its calls come: by the usual bells from 7:30 to 18:00."""

NO_UNIT = -1
NO_ACCESS, MAY_ASSIST, MAY_BE_PRIMARY = 0, 1, 2
_ACCESS_RANK = {
    UnitAccess.NO: NO_ACCESS,
    UnitAccess.ASSIST: MAY_ASSIST,
    UnitAccess.PRIMARY: MAY_BE_PRIMARY,
}


@dataclass(frozen=True, eq=False, slots=True)
class UnitsOnDuty:
    """Units on duty and the calls of the sites of a basis.

    Attributes
    ----------
    units
        In the project's order.
    index
        The unit's number by zone; -1 where the zone's unit is off duty.
    calls_per_h, scene_min
        Calls and minutes on scene of one, shape (sites,).
    access, urgent_access
        What each unit may do at each site: 0 nothing, 1 assist, 2 be primary, shape (units,
        sites); at urgent calls ``urgent_access``, which may be the very same.
    cut_off
        Where no way leads from a site to another, shape (sites, sites); None where all are linked.
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
    def ever(self) -> BoolArray:
        """Where each unit may go at some call or other, shape (units, sites)."""
        may: BoolArray = np.maximum(self.access, self.urgent_access) > NO_ACCESS
        return may


def find_units_on_duty(
    project: Project, plan: Plan, basis: PlanningBasis, under: ResponseConditions
) -> UnitsOnDuty:
    """Return who is on duty in a plan's zones and at posts, but for those off.

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
    access = _rank_access(units, basis, under.aid, urgent=False)
    urgent_access = access
    if MutualAid.URGENT in under.aid.values() and under.urgent_share > 0:
        urgent_access = _rank_access(units, basis, under.aid, urgent=True)
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
    holding = {zone.unit for zone in plan.zones}
    return [
        unit
        for unit in project.units.values()
        if unit.id in holding or (unit.posts and not unit.holds_zone)
    ]


def drop_unknown_units(
    project: Project, plan: Plan, under: ResponseConditions
) -> ResponseConditions:
    """Return conditions in which only units are off that the plan has; the very same if so."""
    known = {unit.id for unit in list_plan_units(project, plan)}
    off = tuple(unit for unit in under.without if unit in known)
    return under if len(off) == len(under.without) else replace(under, without=off)


def _select_on_duty(project: Project, plan: Plan, under: ResponseConditions) -> tuple[Unit, ...]:
    without, known = under.without, list_plan_units(project, plan)
    names = [unit.id for unit in known]
    for name in without:
        if name not in names:
            raise UserError(
                f"The plan “{plan.name}” has no unit “{name}”. It has: {', '.join(names)}.",
                {"unit": name},
                code="unknown_unit",
            )
    left = tuple(unit for unit in known if unit.id not in without)
    if not left:
        raise UserError("No unit is on duty, so nobody can answer a call; leave one on duty.")
    return left


def _rank_access(
    units: tuple[Unit, ...], basis: PlanningBasis, aid: Mapping[str, MutualAid], *, urgent: bool
) -> IntArray:
    lies_in = [basis.placements[site.id].jurisdiction for site in basis.sites]
    kinds = {
        kind: [_rank_unit_access(unit, kind, aid.get(kind or ""), urgent=urgent) for unit in units]
        for kind in set(lies_in)
    }
    ranks = np.array([kinds[kind] for kind in lies_in], dtype=np.int64)
    return ranks.reshape(len(lies_in), len(units)).T


def _rank_unit_access(unit: Unit, kind: str | None, aid: MutualAid | None, *, urgent: bool) -> int:
    """Return what a unit may do in a jurisdiction; aid decides of all that are not primary."""
    rank = _ACCESS_RANK[unit.access_in(kind)]
    if rank == MAY_BE_PRIMARY or aid is None:
        return rank
    return (
        MAY_ASSIST if aid is MutualAid.ALWAYS or (aid is MutualAid.URGENT and urgent) else NO_ACCESS
    )
