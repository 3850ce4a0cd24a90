"""Change the number of an agency's zones in a plan, with planned units for added zones."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.edits import find_zone_lock, map_locked_sites, remove_zones
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError

PLANNED_UNIT_SUFFIX = "(planned)"


def count_zones(project: Project, plan: Plan) -> dict[str, int]:
    """Return the number of zones of each agency in a plan, in the project's order of agencies."""
    counts = dict.fromkeys(project.agencies, 0)
    for zone in plan.zones:
        unit = project.units.get(zone.unit)
        if unit is not None:
            counts[unit.agency] = counts.get(unit.agency, 0) + 1
    return {agency: n for agency, n in counts.items() if n}


def compute_max_zones(project: Project, plan: Plan, base: PlanningBasis, agency: str) -> int:
    """Return the most zones of an agency that its eligible sites can fill."""
    units = [project.units[zone.unit] for zone in _list_agency_zones(project, plan, agency)]
    return sum(
        any(unit.may_be_primary(place) for unit in units) for place in base.cells.jurisdiction
    )


def change_zone_count(project: Project, plan: Plan, agency: str, n: int) -> tuple[Project, Plan]:
    """Return the project and the plan with ``n`` zones of one agency; nothing is saved.

    New zones go to the agency's units that have none in the plan, then to planned units that are
    like the others but get no zone in new plans. Removed zones leave their sites unassigned:
    planned zones are removed first, then the last ones; locked zones stay.

    Raises
    ------
    UserError
        ``n`` is below 1, the agency has no zone in the plan, or too many of its zones are locked.
    """
    own = _list_agency_zones(project, plan, agency)
    if not own:
        raise UserError("agency_without_zone", agency=agency, plan=plan.name)
    if n < 1:
        raise UserError("out_of_range.zone_count", agency=agency, n=n)
    if n < len(own):
        return project, remove_zones(plan, _choose_zones_to_drop(project, plan, own, len(own) - n))
    for _ in range(n - len(own)):
        project, plan = _add_zone(project, plan, agency)
    return project, plan


def list_added_units(before: Project, after: Project) -> Mapping[str, Unit]:
    """Return the units that are in ``after`` but not in ``before``."""
    return {key: unit for key, unit in after.units.items() if key not in before.units}


def _list_agency_zones(project: Project, plan: Plan, agency: str) -> list[Zone]:
    return [
        zone
        for zone in plan.zones
        if (unit := project.units.get(zone.unit)) is not None and unit.agency == agency
    ]


def _choose_zones_to_drop(project: Project, plan: Plan, own: list[Zone], fewer: int) -> set[str]:
    locked = {z.id for z in own if find_zone_lock(project, plan, z.id) is not None}
    locked |= set(map_locked_sites(project, plan).values())
    free = [zone for zone in reversed(own) if zone.id not in locked]
    free.sort(key=lambda zone: project.units[zone.unit].holds_zone)
    if len(free) < fewer:
        zones = [zone.id for zone in own if zone.id in locked]
        raise UserError("zones_locked", rule="locked", zones=zones, count=len(own) - fewer)
    return {zone.id for zone in free[:fewer]}


def _add_zone(project: Project, plan: Plan, agency: str) -> tuple[Project, Plan]:
    """Add a zone after the agency's last one, in the first free color."""
    with_zone = {zone.unit for zone in plan.zones}
    last = _list_agency_zones(project, plan, agency)[-1]
    like = project.units[last.unit]
    unit = next((u for u in project.units.values() if _may_get_zone(u, like, with_zone)), None)
    if unit is None:
        unit = _build_planned_unit(project, plan, like)
        project = replace(project, units={**project.units, unit.id: unit})
    taken = {zone.color for zone in plan.zones}
    color = next(index for index in range(len(taken) + 1) if index not in taken)
    zones = list(plan.zones)
    zones.insert(zones.index(last) + 1, Zone(unit.id, f"Zone {unit.id}", unit.id, color))
    return project, replace(plan, zones=tuple(zones), proof=None)


def _may_get_zone(unit: Unit, like: Unit, with_zone: set[str]) -> bool:
    """Return whether a unit has no zone in the plan but may get one, like another unit."""
    return (
        unit.id not in with_zone
        and (unit.agency, unit.kind, dict(unit.access))
        == (like.agency, like.kind, dict(like.access))
        and (unit.holds_zone or unit.name.endswith(PLANNED_UNIT_SUFFIX))
    )


def _build_planned_unit(project: Project, plan: Plan, like: Unit) -> Unit:
    """Return a unit like another one, with the first free number."""
    stem, number = _split_number(like.id)
    taken = project.units.keys() | {zone.id for zone in plan.zones}
    free = next(n for n in count(number + 1) if f"{stem}{n}" not in taken)
    name = (
        f"{_split_number(like.name.removesuffix(PLANNED_UNIT_SUFFIX).strip())[0].strip()} "
        f"{free} {PLANNED_UNIT_SUFFIX}"
    )
    return replace(like, id=f"{stem}{free}", name=name, holds_zone=False, posts=())


def _split_number(text: str) -> tuple[str, int]:
    """Split a name into its stem and the number at its end, 1 if there is none."""
    match = re.fullmatch(r"(.*?)(\d+)", text)
    return (match[1], int(match[2])) if match else (text, 1)
