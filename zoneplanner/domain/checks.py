"""Every rule a project can break: pure functions of the project and of facts passed in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zoneplanner.domain.jurisdiction import Placement
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project

RELATIVE_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule or thing to know. ``where`` names its place, such as a site or a zone."""

    code: str
    text: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """What the rules are judged by, computed above.

    Loads are minutes a day by zone; targets are each zone's share of its group's load; pieces
    count the parts of each zone's outline.
    """

    placements: Mapping[str, Placement]
    load_min: Mapping[str, float] = field(default_factory=dict)
    target_min: Mapping[str, float] = field(default_factory=dict)
    pieces: Mapping[str, int] = field(default_factory=dict)
    stacked: Sequence[tuple[str, ...]] = ()
    detached_blocks: Sequence[str] = ()


def problems(project: Project, plan: Plan | None, facts: Facts) -> tuple[Finding, ...]:
    """Return the broken rules of a project, and of one of its plans."""
    found = list(_unplaced(project, facts))
    if plan is not None:
        found += _assignment(project, plan, facts)
        found += _balance(plan, facts)
        found += _pieces(plan, facts)
    return tuple(found)


def notes(project: Project, facts: Facts) -> tuple[Finding, ...]:
    """Return what is no fault but should be known: stacked, near a line, enrollment."""
    found: list[Finding] = []
    for group in facts.stacked:
        names = " and ".join(project.sites[site].name for site in group)
        text = f"{names} share one position; they are kept apart in lists and moved as one."
        found.append(Finding("stacked", text, {"sites": ";".join(group)}))
    for site in project.patrolled:
        placement = facts.placements[site.id]
        if placement.near_line and not placement.decided:
            text = f"{site.name} is {placement.line_m:.0f} m from a line; check it by hand."
            found.append(Finding("near_line", text, {"site": site.id}))
        if site.enrollment is None:
            assumed = project.assumptions.missing_enrollment
            text = f"{site.name} has no enrollment figure; {assumed} students are assumed."
            found.append(Finding("enrollment_missing", text, {"site": site.id}))
        elif site.enrollment_note:
            text = f"{site.name}: {site.enrollment_note}"
            found.append(Finding("enrollment_misleading", text, {"site": site.id}))
    if facts.detached_blocks:
        text = (
            f"{len(facts.detached_blocks)} block parts without a site are cut off from the rest "
            f"of their jurisdiction and go to the nearest zone of the agency."
        )
        found.append(Finding("detached", text, {"blocks": ";".join(facts.detached_blocks)}))
    return tuple(found)


def _unplaced(project: Project, facts: Facts) -> Iterator[Finding]:
    served = {
        jurisdiction
        for unit in project.units.values()
        for jurisdiction in project.jurisdictions
        if unit.holds_zone and unit.may_hold(jurisdiction)
    }
    for site in project.patrolled:
        lies_in = facts.placements[site.id].jurisdiction
        if lies_in in served:
            continue
        where = project.jurisdictions[lies_in].name if lies_in else "no known jurisdiction"
        text = f"{site.name} lies in {where}, where no unit may be primary; decide who serves it."
        yield Finding("no_agency", text, {"site": site.id})


def _assignment(project: Project, plan: Plan, facts: Facts) -> Iterator[Finding]:
    zones = {zone.id: zone for zone in plan.zones}
    for site in project.patrolled:
        zone_id = plan.assignment.get(site.id)
        if zone_id is None:
            where = {"site": site.id, "plan": plan.name}
            yield Finding("unassigned", f"{site.name} has no zone.", where)
            continue
        zone = zones.get(zone_id)
        unit = project.units.get(zone.unit) if zone else None
        if unit is not None and not unit.may_hold(facts.placements[site.id].jurisdiction):
            text = f"{site.name} is in zone {zone_id}, whose unit may not be primary there."
            yield Finding("wrong_jurisdiction", text, {"site": site.id, "zone": zone_id})


def _balance(plan: Plan, facts: Facts) -> Iterator[Finding]:
    for zone in plan.zones:
        target = facts.target_min.get(zone.id, 0.0)
        load = facts.load_min.get(zone.id, 0.0)
        if target <= 0:
            continue
        deviation = load / target - 1
        if load == 0:
            yield Finding("empty_zone", f"Zone {zone.id} has no site.", {"zone": zone.id})
        elif abs(deviation) > plan.tolerance + RELATIVE_SLACK:
            text = (
                f"Zone {zone.id} carries {load:.0f} min a day, {deviation:+.1%} of its share; "
                f"the tolerance is ±{plan.tolerance:.1%}."
            )
            yield Finding("over_tolerance", text, {"zone": zone.id})


def _pieces(plan: Plan, facts: Facts) -> Iterator[Finding]:
    for zone in plan.zones:
        count = facts.pieces.get(zone.id, 1)
        if count > 1:
            text = f"Zone {zone.id} is in {count} pieces; give its parts a common border."
            yield Finding("in_pieces", text, {"zone": zone.id})
