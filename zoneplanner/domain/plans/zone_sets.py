"""The zones of a plan as a whole: those of another plan laid over it, or some of them gone."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit


def overlay_zones(project: Project, plan: Plan, other: Plan, units: Mapping[str, Unit]) -> Project:
    """Return the project with the zones of another plan in one of its plans.

    A site that the other plan does not know keeps its zone where that is still there. ``units``
    are what the zones need; those that the project lacks are added.
    """
    zones = {zone.id for zone in other.zones}
    own = {**plan.assignment, **other.assignment}
    after = replace(
        plan,
        zones=other.zones,
        assignment={
            site.id: own[site.id]
            for site in project.with_what_ifs(plan).patrolled
            if own.get(site.id) in zones
        },
        tolerance=other.tolerance,
        block_overrides={b: zone for b, zone in plan.block_overrides.items() if zone in zones},
        proof=other.proof,
    )
    return add_missing_units(project, units).with_plan(after)


def remove_zones(plan: Plan, gone: Collection[str]) -> Plan:
    """Return a plan without some zones; their sites and blocks have none then."""
    return replace(
        plan,
        zones=tuple(zone for zone in plan.zones if zone.id not in gone),
        assignment={site: zone for site, zone in plan.assignment.items() if zone not in gone},
        block_overrides={b: zone for b, zone in plan.block_overrides.items() if zone not in gone},
        proof=None,
    )


def add_missing_units(project: Project, units: Mapping[str, Unit]) -> Project:
    """Return the project with the units that it does not have; the same where it has all."""
    if units.keys() <= project.units.keys():
        return project
    return replace(project, units={**units, **project.units})
