"""Every rule a project can break: pure functions of the project and of facts passed in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from zoneplanner.domain.geography.jurisdiction import SiteJurisdiction
from zoneplanner.domain.plans.locks import find_lock_violations
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project

_RELATIVE_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One broken rule or thing to know. ``where`` names its place, such as a site or a zone."""

    code: str
    text: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class CheckInputs:
    """What the rules are judged by, computed above.

    Loads are minutes a day by zone; targets are each zone's share of its group's load; pieces
    count the parts of each zone's outline.
    """

    placements: Mapping[str, SiteJurisdiction]
    load_min: Mapping[str, float] = field(default_factory=dict)
    target_min: Mapping[str, float] = field(default_factory=dict)
    pieces: Mapping[str, int] = field(default_factory=dict)
    stacked: Sequence[tuple[str, ...]] = ()
    detached_blocks: Sequence[str] = ()


def find_plan_problems(
    project: Project, plan: Plan | None, facts: CheckInputs
) -> tuple[CheckFinding, ...]:
    """Return the broken rules of a project, and of one of its plans."""
    found = list(_find_unserved_sites(project, facts))
    if plan is not None:
        found += _find_ineligible_units(project, plan)
        found += _find_assignment_problems(project, plan, facts)
        found += _find_lock_problems(project, plan)
        found += _find_imbalance(plan, facts)
        found += _find_split_zones(plan, facts)
    found += _find_date_overlaps(project)
    return tuple(found)


def _find_overlapping_plans(project: Project) -> Iterator[tuple[Plan, Plan]]:
    """Yield adopted plans that are in force on one day, the earlier first."""
    adopted = [
        (plan.effective_on, at, plan)
        for at, plan in enumerate(project.plans.values())
        if plan.effective_on is not None
    ]
    for (_, _, early), (begins, _, late) in combinations(sorted(adopted, key=lambda a: a[:2]), 2):
        goes_on = early.expires_on is None or early.expires_on > begins
        if goes_on and late.expires_on != begins:
            yield early, late


def find_plan_notes(project: Project, facts: CheckInputs) -> tuple[CheckFinding, ...]:
    """Return what is no fault but should be known: stacked, near a line, enrollment."""
    found: list[CheckFinding] = []
    for group in facts.stacked:
        names = " and ".join(project.sites[site].name for site in group)
        text = f"{names} share one position; they are kept apart in lists and moved as one."
        found.append(CheckFinding("stacked", text, {"sites": ";".join(group)}))
    for site in project.patrolled:
        placement = facts.placements[site.id]
        if placement.near_line and not placement.decided:
            text = f"{site.name} is {placement.line_m:.0f} m from a line; check it by hand."
            found.append(CheckFinding("near_line", text, {"site": site.id}))
        if site.enrollment is None:
            assumed = project.assumptions.missing_enrollment
            text = f"{site.name} has no enrollment figure; {assumed} students are assumed."
            found.append(CheckFinding("enrollment_missing", text, {"site": site.id}))
        elif site.enrollment_note:
            text = f"{site.name}: {site.enrollment_note}"
            found.append(CheckFinding("enrollment_misleading", text, {"site": site.id}))
    if facts.detached_blocks:
        text = (
            f"{len(facts.detached_blocks)} block parts without a site are cut off from the rest "
            f"of their jurisdiction and go to the nearest zone of the agency."
        )
        found.append(CheckFinding("detached", text, {"blocks": ";".join(facts.detached_blocks)}))
    return tuple(found)


def _find_unserved_sites(project: Project, facts: CheckInputs) -> Iterator[CheckFinding]:
    served = {
        jurisdiction
        for unit in project.units.values()
        for jurisdiction in project.jurisdictions
        if unit.holds_zone and unit.may_be_primary(jurisdiction)
    }
    for site in project.patrolled:
        lies_in = facts.placements[site.id].jurisdiction
        if lies_in in served:
            continue
        where = project.name_jurisdiction(lies_in)
        text = f"{site.name} is in {where}, where no unit may be primary; decide who serves it."
        yield CheckFinding("no_agency", text, {"site": site.id})


def _find_ineligible_units(project: Project, plan: Plan) -> Iterator[CheckFinding]:
    holders: dict[str, str] = {}
    for zone in plan.zones:
        unit = project.units.get(zone.unit)
        other = holders.setdefault(zone.unit, zone.id)
        text = ""
        if unit is None:
            text = f"Zone {zone.id} belongs to unit {zone.unit}, which this project does not have."
        elif not any(unit.may_be_primary(jurisdiction) for jurisdiction in project.jurisdictions):
            text = f"Unit {unit.id} of zone {zone.id} may be primary in no jurisdiction."
        elif other != zone.id:
            text = f"Zones {other} and {zone.id} both belong to unit {unit.id}; a unit holds one."
        if text:
            yield CheckFinding("ineligible_unit", text, {"zone": zone.id})


def _find_assignment_problems(
    project: Project, plan: Plan, facts: CheckInputs
) -> Iterator[CheckFinding]:
    zones = {zone.id: zone for zone in plan.zones}
    for site in project.patrolled:
        zone_id = plan.assignment.get(site.id)
        if zone_id is None:
            where = {"site": site.id, "plan": plan.name}
            yield CheckFinding("unassigned", f"{site.name} has no zone.", where)
            continue
        zone = zones.get(zone_id)
        if zone is None:
            text = f"{site.name} is in zone {zone_id}, which “{plan.name}” does not have."
            yield CheckFinding("unassigned", text, {"site": site.id, "plan": plan.name})
            continue
        unit = project.units.get(zone.unit)
        if unit is not None and not unit.may_be_primary(facts.placements[site.id].jurisdiction):
            text = f"{site.name} is in zone {zone_id}, whose unit may not be primary there."
            yield CheckFinding("wrong_jurisdiction", text, {"site": site.id, "zone": zone_id})


def _find_lock_problems(project: Project, plan: Plan) -> Iterator[CheckFinding]:
    for lock, site_id, now in find_lock_violations(project, plan):
        site, held = project.sites[site_id], lock.held.get(site_id)
        if not site.patrolled:
            continue
        why = f" ({lock.reason})" if lock.reason else ""
        is_now = f"it is in {now}" if now else "it has no zone"
        if lock.kind is LockScope.SITE:
            text = f"{site.name} is locked in {held}{why}, but {is_now}."
        elif held is not None:
            text = f"{site.name} left {_describe_locked_zone(lock, held)}{why}; {is_now}."
        else:
            text = f"{site.name} came into {_describe_locked_zone(lock, now)}{why}."
        where = {"site": site.id, "lock": lock.key}
        yield CheckFinding(
            "lock_not_kept", text, where if held is None else {**where, "zone": held}
        )


def _describe_locked_zone(lock: PlanLock, zone: str | None) -> str:
    if lock.kind is LockScope.ZONE:
        return f"zone {zone}, which is locked"
    return f"zone {zone} of the {lock.target}, whose zones are locked"


def _find_imbalance(plan: Plan, facts: CheckInputs) -> Iterator[CheckFinding]:
    for zone in plan.zones:
        target = facts.target_min.get(zone.id, 0.0)
        load = facts.load_min.get(zone.id, 0.0)
        if target <= 0:
            continue
        deviation = load / target - 1
        if load == 0:
            yield CheckFinding("empty_zone", f"Zone {zone.id} has no site.", {"zone": zone.id})
        elif abs(deviation) > plan.tolerance + _RELATIVE_SLACK:
            way = "above" if deviation > 0 else "below"
            text = (
                f"Zone {zone.id} carries {load:.0f} min a day, {abs(deviation) * 100:.1f} % {way} "
                f"its share; ±{plan.tolerance * 100:g} % is allowed."
            )
            yield CheckFinding("over_tolerance", text, {"zone": zone.id})


def _find_split_zones(plan: Plan, facts: CheckInputs) -> Iterator[CheckFinding]:
    for zone in plan.zones:
        count = facts.pieces.get(zone.id, 1)
        if count > 1:
            text = f"Zone {zone.id} is in {count} pieces; give its parts a common border."
            yield CheckFinding("in_pieces", text, {"zone": zone.id})


def _find_date_overlaps(project: Project) -> Iterator[CheckFinding]:
    for early, late in _find_overlapping_plans(project):
        until = f"until {early.expires_on}" if early.expires_on else "with no end"
        text = (
            f"“{early.name}” is in force from {early.effective_on} {until}, but “{late.name}” "
            f"takes effect on {late.effective_on}; one plan is in force at a time."
        )
        yield CheckFinding("dates_overlap", text, {"plan": early.name, "next": late.name})
