"""Who is on duty, what calls come, and where each unit may go: what moving a site leaves alone."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.basis import Basis, Floats
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.unit import Access, Unit
from zoneplanner.errors import UserError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCHOOL_DAY_H = 8.0
"""Hours of a school day in which its calls come, from arrival to the end of after-school hours."""

NOBODY = -1
MAY_NOT, ASSISTS, PRIMARY = 0, 1, 2
_RANK = {Access.NO: MAY_NOT, Access.ASSIST: ASSISTS, Access.PRIMARY: PRIMARY}


@dataclass(frozen=True, eq=False, slots=True)
class Duty:
    """Units on duty and the calls of the sites of a basis.

    Attributes
    ----------
    units
        In the project's order.
    index
        The unit's number by zone; -1 where the zone's unit is off duty.
    calls_per_h, scene_min
        Calls and minutes on scene of one, shape (sites,).
    access
        What each unit may do at each site: 0 nothing, 1 assist, 2 be primary, shape (units,
        sites).
    cut_off
        Where no way leads from a site to another, shape (sites, sites); None where all are linked.
    """

    basis: Basis
    units: tuple[Unit, ...]
    index: dict[str, int]
    calls_per_h: Floats
    scene_min: Floats
    access: Ints
    cut_off: Bools | None


def duty(project: Project, plan: Plan, basis: Basis, *, without: Collection[str] = ()) -> Duty:
    """Return who is on duty in a plan's zones and at posts, but for ``without``.

    Raises
    ------
    UserError
        A unit in ``without`` is unknown, or none is left.
    """
    units = _on_duty(project, plan, without)
    number = {unit.id: row for row, unit in enumerate(units)}
    cut_off = ~np.isfinite(basis.travel_min)
    return Duty(
        basis=basis,
        units=units,
        index={zone.id: number.get(zone.unit, NOBODY) for zone in plan.zones},
        calls_per_h=np.array([load.calls for load in basis.loads], dtype=float) / SCHOOL_DAY_H,
        scene_min=np.array([load.call_min for load in basis.loads], dtype=float),
        access=_access(units, basis),
        cut_off=cut_off if cut_off.any() else None,
    )


def _on_duty(project: Project, plan: Plan, without: Collection[str]) -> tuple[Unit, ...]:
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


def _access(units: tuple[Unit, ...], basis: Basis) -> Ints:
    lies_in = [basis.placements[site.id].jurisdiction for site in basis.sites]
    kinds = {kind: [_RANK[unit.access_in(kind)] for unit in units] for kind in set(lies_in)}
    ranks = np.array([kinds[kind] for kind in lies_in], dtype=np.int64)
    return ranks.reshape(len(lies_in), len(units)).T
