"""Locks: what stays in its zone whatever is proposed or dragged, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from zoneplanner.domain.geography.site import Site, find_jurisdiction
from zoneplanner.domain.plans.lifecycle import require_draft
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
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
