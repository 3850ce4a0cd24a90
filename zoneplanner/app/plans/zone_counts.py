"""More or fewer zones of one agency than it has: what a plan needs of planned units."""

import re
from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.edits import find_zone_lock, map_locked_sites, remove_zones
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError

PLANNED_UNIT_SUFFIX = "(planned)"


def count_zones(project: Project, plan: Plan) -> dict[str, int]:
    """Return how many zones each agency has in a plan, in the order of the project's agencies."""
    counts = dict.fromkeys(project.agencies, 0)
    for zone in plan.zones:
        unit = project.units.get(zone.unit)
        if unit is not None:
            counts[unit.agency] = counts.get(unit.agency, 0) + 1
    return {agency: n for agency, n in counts.items() if n}


def compute_max_zones(project: Project, plan: Plan, base: PlanningBasis, agency: str) -> int:
    """Return how many zones of an agency the sites that they may hold can fill at most."""
    units = [project.units[zone.unit] for zone in plan.zones if _agency(project, zone) == agency]
    return sum(
        any(unit.may_be_primary(lies_in) for unit in units) for lies_in in base.cells.jurisdiction
    )


def change_zone_count(project: Project, plan: Plan, agency: str, n: int) -> tuple[Project, Plan]:
    """Return the project and the plan with ``n`` zones of one agency; nothing is kept by this.

    New zones are held by the agency's units that have none in the plan, then by planned units
    that are like the others but hold a zone in no new plan. Zones that go leave their sites
    without a zone: planned ones go first, then the last ones; locked ones stay.

    Raises
    ------
    UserError
        ``n`` is below 1, the agency has no zone in the plan, or too many of its zones are locked.
    """
    own = [zone for zone in plan.zones if _agency(project, zone) == agency]
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
    """Return the units that ``after`` has and ``before`` has not."""
    return {key: unit for key, unit in after.units.items() if key not in before.units}


def _agency(project: Project, zone: Zone) -> str | None:
    unit = project.units.get(zone.unit)
    return unit.agency if unit is not None else None


def _choose_zones_to_drop(project: Project, plan: Plan, own: list[Zone], fewer: int) -> set[str]:
    kept = {z.id for z in own if find_zone_lock(project, plan, z.id) is not None}
    kept |= set(map_locked_sites(project, plan).values())
    free = [zone for zone in reversed(own) if zone.id not in kept]
    free.sort(key=lambda zone: project.units[zone.unit].holds_zone)
    if len(free) < fewer:
        locked = [zone.id for zone in own if zone.id in kept]
        raise UserError("zones_locked", rule="locked", zones=locked, count=len(own) - fewer)
    return {zone.id for zone in free[:fewer]}


def _add_zone(project: Project, plan: Plan, agency: str) -> tuple[Project, Plan]:
    """Add a zone after the agency's last one, in a color that is still free."""
    holding = {zone.unit for zone in plan.zones}
    last = max(at for at, zone in enumerate(plan.zones) if _agency(project, zone) == agency)
    like = project.units[plan.zones[last].unit]
    unit = next((u for u in project.units.values() if _is_alike(u, like, holding)), None)
    if unit is None:
        unit = _build_planned_unit(project, plan, like)
        project = replace(project, units={**project.units, unit.id: unit})
    taken = {zone.color for zone in plan.zones}
    color = next(place for place in range(len(taken) + 1) if place not in taken)
    zones = list(plan.zones)
    zones.insert(last + 1, Zone(unit.id, f"Zone {unit.id}", unit.id, color))
    return project, replace(plan, zones=tuple(zones), proof=None)


def _is_alike(unit: Unit, like: Unit, holding: set[str]) -> bool:
    """Tell whether a unit without a zone in the plan may take one beside its like."""
    return (
        unit.id not in holding
        and (unit.agency, unit.kind, dict(unit.access))
        == (like.agency, like.kind, dict(like.access))
        and (unit.holds_zone or unit.name.endswith(PLANNED_UNIT_SUFFIX))
    )


def _build_planned_unit(project: Project, plan: Plan, like: Unit) -> Unit:
    """Return a unit like another one, under the first number that is free."""
    stem, number = _split_number(like.id)
    taken = project.units.keys() | {zone.id for zone in plan.zones}
    place = number + 1
    while f"{stem}{place}" in taken:
        place += 1
    name = (
        f"{_split_number(like.name.removesuffix(PLANNED_UNIT_SUFFIX).strip())[0].strip()} "
        f"{place} {PLANNED_UNIT_SUFFIX}"
    )
    return replace(like, id=f"{stem}{place}", name=name, holds_zone=False, posts=())


def _split_number(text: str) -> tuple[str, int]:
    """Part a name from the number at its end; without one it counts as the first."""
    found = re.fullmatch(r"(.*?)(\d+)", text)
    return (found[1], int(found[2])) if found else (text, 1)
