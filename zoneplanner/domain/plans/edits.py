"""Edits of plans, sites and assumptions, and the locks that refuse some: from project to project.

A refused edit raises. A lock says what stays in its zone whatever is proposed or dragged, and why.
The zones of a plan may change as a whole: those of another plan laid over it, or some of them gone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.geography.site import (
    JurisdictionDecision,
    Site,
    find_jurisdiction,
    locate_site,
)
from zoneplanner.domain.plans.lifecycle import require_draft
from zoneplanner.domain.plans.plan import LockScope, Pin, Plan, PlanLock, keep_tighter_bound
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError


def add_plan_lock(
    project: Project, plan_uid: str, kind: LockScope, target: str, reason: str
) -> Project:
    """Keep a site, all of a zone, or all zones of an agency as they are.

    Raises
    ------
    UserError
        The plan is not a draft, the target is unknown, or the site has no zone yet.
    """
    plan = require_draft(project, plan_uid)
    held = _covered_assignment(project, plan, kind, target)
    if kind is LockScope.SITE and not held:
        name = project.site(target).name
        raise UserError("site_has_no_zone", site=target, name=name, plan=plan.name)
    new = PlanLock(kind, target, reason, held)
    return project.with_plan(replace(plan, locks={**plan.locks, new.key: new}))


def remove_plan_lock(project: Project, plan_uid: str, kind: LockScope, target: str) -> Project:
    """Take a lock back; where there is none, nothing changes."""
    plan = require_draft(project, plan_uid)
    gone = PlanLock(kind, target, "").key
    locks = {key: kept for key, kept in plan.locks.items() if key != gone}
    return project.with_plan(replace(plan, locks=locks))


def find_site_lock(project: Project, plan: Plan, site_id: str) -> PlanLock | None:
    """Return the lock that keeps a site in its zone: its own, its zone's or its agency's."""
    own = plan.locks.get(PlanLock(LockScope.SITE, site_id, "").key)
    zone = plan.assignment.get(site_id)
    return own or (None if zone is None else find_zone_lock(project, plan, zone))


def find_zone_lock(project: Project, plan: Plan, zone_id: str) -> PlanLock | None:
    """Return the lock on a zone: its own or its agency's."""
    own = plan.locks.get(PlanLock(LockScope.ZONE, zone_id, "").key)
    if own is not None or not plan.locks:
        return own
    unit = project.units.get(plan.zone(zone_id).unit)
    return plan.locks.get(PlanLock(LockScope.AGENCY, unit.agency, "").key) if unit else None


def list_locked_zones(project: Project, plan: Plan) -> frozenset[str]:
    """Return the zones that no site enters or leaves."""
    return frozenset(z.id for z in plan.zones if find_zone_lock(project, plan, z.id))


def map_locked_sites(project: Project, plan: Plan) -> dict[str, str]:
    """Return the zone of each site that a lock keeps there."""
    if not plan.locks:
        return {}
    shut = list_locked_zones(project, plan)
    return {
        site: zone
        for site, zone in plan.assignment.items()
        if zone in shut or PlanLock(LockScope.SITE, site, "").key in plan.locks
    }


def find_blocking_lock(project: Project, plan: Plan, site: Site, zone_id: str) -> PlanLock | None:
    """Return the lock that forbids a move: the site's own, or that of the zone it leaves or enters.

    A lock of an agency stands for each of its zones.
    """
    home = plan.assignment.get(site.id)
    if not plan.locks or home == zone_id:
        return None
    own = plan.locks.get(PlanLock(LockScope.SITE, site.id, "").key)
    zones = [zone for zone in (home, zone_id) if zone is not None]
    shut = (find_zone_lock(project, plan, zone) for zone in zones)
    return own or next((one for one in shut if one is not None), None)


def find_lock_refusal(project: Project, plan: Plan, site: Site, zone_id: str) -> UserError | None:
    """Return the refusal by the lock that forbids a move, or None where none does."""
    lock = find_blocking_lock(project, plan, site, zone_id)
    if lock is None:
        return None
    facts = {"site": site.id, "zone": zone_id, "name": site.name}
    if lock.kind is LockScope.SITE:
        home, why = plan.assignment.get(site.id), _format_lock_reason(lock)
        return UserError("zone_not_allowed.site_locked", facts, home=home, why=why)
    words = describe_lock(project, lock)
    return UserError("zone_not_allowed.zone_locked", facts, lock=words)


_LOCKED = {LockScope.SITE: "", LockScope.ZONE: "Zone ", LockScope.AGENCY: "Every zone of the "}


def describe_lock(project: Project, shut: PlanLock) -> str:
    """Say what a lock is on and why, without its full stop."""
    name = project.sites[shut.target].name if shut.kind is LockScope.SITE else shut.target
    return f"{_LOCKED[shut.kind]}{name} is locked{_format_lock_reason(shut)}"


def find_lock_violations(
    project: Project, plan: Plan
) -> Iterator[tuple[PlanLock, str, str | None]]:
    """Yield what a lock did not keep: the lock, the site, and the zone it is in now."""
    for lock in plan.locks.values():
        now = _present_assignment(project, plan, lock)
        for site in sorted(lock.held.keys() | now.keys()):
            zone = plan.assignment.get(site)
            if site in project.sites and lock.held.get(site) != zone:
                yield lock, site, zone


def restore_locked_sites(project: Project, plan_uid: str, homes: Mapping[str, str]) -> Project:
    """Give sites back to the zones that a lock holds them in; locks do not stand in the way.

    Raises
    ------
    UserError
        The plan is no draft, a zone is gone, or its unit may not be primary at the site.
    """
    plan = require_draft(project, plan_uid)
    seen = project.with_what_ifs(plan)
    areas = tuple(project.jurisdictions.values())
    together = seen.spread_over_stacks(homes)
    for site_id, zone_id in together.items():
        site, unit = seen.site(site_id), project.units.get(plan.zone(zone_id).unit)
        if unit is None or not unit.may_be_primary(find_jurisdiction(site, areas).jurisdiction):
            raise UserError("lock_not_restorable", zone=zone_id, site=site.id, name=site.name)
    return project.with_plan(plan.with_assignments(together))


def _present_assignment(project: Project, plan: Plan, lock: PlanLock) -> dict[str, str]:
    if lock.kind is LockScope.SITE:
        return {}
    try:
        return _covered_assignment(project, plan, lock.kind, lock.target)
    except UserError:
        return {}  # the zone or agency is gone, and what it had is listed as moved


def _covered_assignment(
    project: Project, plan: Plan, kind: LockScope, target: str
) -> dict[str, str]:
    if kind is LockScope.SITE:
        site = project.site(target).id
        return {site: plan.assignment[site]} if site in plan.assignment else {}
    if kind is LockScope.ZONE:
        zones = {plan.zone(target).id}
    elif target not in project.agencies:
        raise UserError("unknown_agency", agency=target, known=list(project.agencies))
    else:
        units = {unit.id for unit in project.units.values() if unit.agency == target}
        zones = {zone.id for zone in plan.zones if zone.unit in units}
    return {site: zone for site, zone in plan.assignment.items() if zone in zones}


def _format_lock_reason(kept: PlanLock) -> str:
    return f" ({kept.reason})" if kept.reason else ""


def assign_sites(project: Project, plan_uid: str, changes: Mapping[str, str]) -> Project:
    """Give sites to zones of one plan, all or none; sites at one position move together.

    Raises
    ------
    UserError
        The plan is no draft, a site or zone is unknown, a site or zone is locked, a site is not
        patrolled, or the zone's unit may not be primary in the site's jurisdiction.
    """
    plan = require_draft(project, plan_uid)
    seen = project.with_what_ifs(plan)
    together = seen.spread_over_stacks(changes)
    for site_id, zone_id in together.items():
        site = seen.site(site_id)
        refusal = find_zone_refusal(seen, plan, site, zone_id)
        if refusal is not None:
            raise refusal
    return project.with_plan(plan.with_assignments(together))


def find_zone_refusal(project: Project, plan: Plan, site: Site, zone_id: str) -> UserError | None:
    """Return the refusal why a site cannot go to a zone, or None where it can.

    ``project`` is as the plan sees it (``Project.with_what_ifs``).
    """
    zone = plan.zone(zone_id)
    facts = {"site": site.id, "zone": zone_id, "name": site.name}
    if not site.patrolled:
        return UserError("zone_not_allowed.not_patrolled", facts)
    locked = find_lock_refusal(project, plan, site, zone_id)
    if locked is not None:
        return locked
    lies_in = locate_site(site, project.jurisdictions.values())
    unit = project.units[zone.unit]
    if not unit.may_be_primary(lies_in):
        place = project.name_jurisdiction(lies_in)
        return UserError("zone_not_allowed.jurisdiction", facts, place=place, agency=unit.agency)
    return None


def move_block(project: Project, plan_uid: str, block_id: str, zone_id: str | None) -> Project:
    """Give a block without a site to another zone by hand; None takes that back."""
    plan = require_draft(project, plan_uid)
    if zone_id is None:
        kept = {block: zone for block, zone in plan.block_overrides.items() if block != block_id}
        return project.with_plan(replace(plan, block_overrides=kept))
    zone = plan.zone(zone_id)
    if block_id not in project.blocks:
        raise UserError("unknown_block", block=block_id)
    block = project.blocks[block_id]
    inside = project.find_site_in(block)
    if inside is not None:
        raise UserError("block_has_site", block=block_id, site=inside.id, name=inside.name)
    if not project.units[zone.unit].may_be_primary(block.jurisdiction):
        place = project.name_jurisdiction(block.jurisdiction)
        raise UserError("block_not_allowed", block=block_id, zone=zone_id, place=place)
    if find_zone_lock(project, plan, zone_id) is not None:
        raise UserError("zone_locked", block=block_id, zone=zone_id)
    overrides = {**plan.block_overrides, block_id: zone_id}
    return project.with_plan(replace(plan, block_overrides=overrides))


def move_site(project: Project, site_id: str, x_m: float, y_m: float) -> Project:
    """Put a site, alone, at another position; its jurisdiction is decided anew.

    An earlier decision by hand goes. In each draft where its zone may not hold it there, and where
    it joins sites of another zone at one position, it goes to their zone, else to that of the
    nearest site whose zone may.

    Raises
    ------
    UserError
        The position lies in no jurisdiction where a draft has a zone, or a lock keeps the site.
    """
    site = project.site(site_id)
    there = replace(site, x_m=x_m, y_m=y_m, decision=None)
    after = project.with_site(there)
    for plan in project.plans.values():
        seen = after.with_what_ifs(plan)
        if not plan.is_draft or not seen.sites[site.id].patrolled:
            continue
        stack = seen.stacked_sites(site.id)
        zone = _find_zone_at_position(seen, plan, there, stack)
        gets = {one: zone for one in stack if zone and plan.assignment.get(one) != zone}
        for one, given in gets.items():
            refusal = find_zone_refusal(after, plan, after.sites[one], given)
            if refusal is not None:
                facts = {**refusal.details, "plan": plan.name, "reason": refusal.message}
                raise UserError("zone_not_allowed.in_plan", facts)
        if gets:
            after = after.with_plan(after.plans[plan.uid].with_assignments(gets))
    return after


def find_nearest_eligible_zone(project: Project, plan: Plan, site: Site) -> str:
    """Return the zone of the nearest site whose zone may hold this one and is not locked.

    A UserError where no zone of the plan may.
    """
    lies_in = locate_site(site, project.jurisdictions.values())
    fit = {
        zone.id
        for zone in plan.zones
        if project.units[zone.unit].may_be_primary(lies_in)
        and find_lock_refusal(project, plan, site, zone.id) is None
    }
    near = [
        (site.point.distance(project.sites[other].point), other, zone)
        for other, zone in plan.assignment.items()
        if zone in fit and other != site.id and other in project.sites
    ]
    if near:
        return min(near)[2]
    if fit:
        return min(fit)
    place = project.name_jurisdiction(lies_in)
    raise UserError(
        "no_zone_allowed.in_plan", site=site.id, name=site.name, place=place, plan=plan.name
    )


def _find_zone_at_position(
    seen: Project, plan: Plan, site: Site, stack: tuple[str, ...]
) -> str | None:
    """Return the zone of a site where it stands: that of the sites at its very position first."""
    zone, home = find_zone_of_stack(plan, site, stack), plan.assignment.get(site.id)
    if zone is not None or home is None:
        return zone
    lies_in = locate_site(site, seen.jurisdictions.values())
    if seen.units[plan.zone(home).unit].may_be_primary(lies_in):
        return home
    return find_nearest_eligible_zone(seen, plan, site)


def find_zone_of_stack(plan: Plan, site: Site, stack: tuple[str, ...]) -> str | None:
    """Return the zone of the other sites at a site's position, None where none has one."""
    return next(
        (plan.assignment[one] for one in stack if one != site.id and one in plan.assignment), None
    )


def put_pin(project: Project, plan_uid: str, note: Pin) -> Project:
    """Pin a note to a place of a plan, or replace the one with its uid; one without text goes."""
    plan = project.plan(plan_uid)
    pins = {**plan.pins, note.uid: note}
    if not note.text.strip():
        del pins[note.uid]
    return project.with_plan(replace(plan, pins=pins))


def decide_jurisdiction(
    project: Project, site_id: str, jurisdiction: str | None, *, by: str, at: datetime, why: str
) -> Project:
    """Record a person's decision about a site's jurisdiction (None goes back to its position)."""
    site = project.site(site_id)
    if jurisdiction is None:
        return project.with_site(site.with_decision(None))
    if jurisdiction not in project.jurisdictions:
        raise UserError(
            "unknown_jurisdiction", name=jurisdiction, known=list(project.jurisdictions)
        )
    return project.with_site(site.with_decision(JurisdictionDecision(jurisdiction, by, at, why)))


def set_assumptions(project: Project, assumptions: Assumptions) -> Project:
    """Compute loads and travel from other assumptions.

    Raises
    ------
    UserError
        A figure is negative, or the speed or the axis factor is not above 0; the sentence names it.
    """
    for name, value in assumptions.figures():
        if not value >= 0 or value == float("inf"):
            raise UserError("out_of_range.figure", name=name, value=value)
    for name, value in (
        ("Speed", assumptions.speed_mph),
        ("Street factor", assumptions.axis_factor),
    ):
        if value <= 0:
            raise UserError("out_of_range.zero_figure", name=name)
    return replace(project, assumptions=assumptions)


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
        proof=keep_tighter_bound(plan.proof, other.proof),
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
