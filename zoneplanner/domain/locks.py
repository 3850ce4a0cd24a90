"""Locks: what stays in its zone whatever is proposed or dragged, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from zoneplanner.domain.jurisdiction import place
from zoneplanner.domain.plan import Lock, Locked, Plan
from zoneplanner.domain.planning import open_plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.site import Site
from zoneplanner.errors import UserError


def lock(project: Project, plan_uid: str, kind: Locked, target: str, reason: str) -> Project:
    """Keep a site, all of a zone, or all zones of an agency as they are.

    Raises
    ------
    UserError
        The plan is not a draft, the target is unknown, or the site has no zone yet.
    """
    plan = open_plan(project, plan_uid)
    held = dict(_covered(project, plan, kind, target))
    if kind is Locked.SITE and not held:
        name = project.site(target).name
        raise UserError(f"{name} has no zone in “{plan.name}”; give it one before locking it.")
    new = Lock(kind, target, reason, held)
    return project.with_plan(replace(plan, locks={**plan.locks, new.key: new}))


def unlock(project: Project, plan_uid: str, kind: Locked, target: str) -> Project:
    """Take a lock back; where there is none, nothing changes."""
    plan = open_plan(project, plan_uid)
    gone = Lock(kind, target, "").key
    locks = {key: kept for key, kept in plan.locks.items() if key != gone}
    return project.with_plan(replace(plan, locks=locks))


def lock_of(project: Project, plan: Plan, site_id: str) -> Lock | None:
    """Return the lock that keeps a site in its zone: its own, its zone's or its agency's."""
    own = plan.locks.get(Lock(Locked.SITE, site_id, "").key)
    zone = plan.assignment.get(site_id)
    return own or (None if zone is None else lock_of_zone(project, plan, zone))


def lock_of_zone(project: Project, plan: Plan, zone_id: str) -> Lock | None:
    """Return the lock on a zone: its own or its agency's."""
    own = plan.locks.get(Lock(Locked.ZONE, zone_id, "").key)
    if own is not None or not plan.locks:
        return own
    unit = project.units.get(plan.zone(zone_id).unit)
    return plan.locks.get(Lock(Locked.AGENCY, unit.agency, "").key) if unit else None


def locked_zones(project: Project, plan: Plan) -> frozenset[str]:
    """Return the zones that no site enters or leaves."""
    return frozenset(z.id for z in plan.zones if lock_of_zone(project, plan, z.id))


def held_sites(project: Project, plan: Plan) -> dict[str, str]:
    """Return the zone of each site that a lock keeps there."""
    if not plan.locks:
        return {}
    shut = locked_zones(project, plan)
    return {
        site: zone
        for site, zone in plan.assignment.items()
        if zone in shut or Lock(Locked.SITE, site, "").key in plan.locks
    }


def lock_against(project: Project, plan: Plan, site: Site, zone_id: str) -> Lock | None:
    """Return the lock that forbids a move: the site's own, or that of the zone it leaves or enters.

    A lock of an agency stands for each of its zones.
    """
    home = plan.assignment.get(site.id)
    if not plan.locks or home == zone_id:
        return None
    own = plan.locks.get(Lock(Locked.SITE, site.id, "").key)
    zones = [zone for zone in (home, zone_id) if zone is not None]
    shut = (lock_of_zone(project, plan, zone) for zone in zones)
    return own or next((one for one in shut if one is not None), None)


def why_locked(project: Project, plan: Plan, site: Site, zone_id: str) -> str | None:
    """Say in one sentence which lock forbids a move, or None where none does."""
    shut = lock_against(project, plan, site, zone_id)
    if shut is None:
        return None
    if shut.kind is Locked.SITE:
        home = plan.assignment.get(site.id)
        return f"{site.name} is locked in {home}{_because(shut)}; unlock it first."
    return f"{shut_words(project, shut)}; unlock it before moving {site.name}."


def shut_words(project: Project, shut: Lock) -> str:
    """Say what a lock is on and why, without its full stop."""
    name = project.sites[shut.target].name if shut.kind is Locked.SITE else shut.target
    what = {Locked.SITE: "", Locked.ZONE: "Zone ", Locked.AGENCY: "Every zone of the "}[shut.kind]
    return f"{what}{name} is locked{_because(shut)}"


def broken(project: Project, plan: Plan) -> Iterator[tuple[Lock, str, str | None]]:
    """Yield what a lock did not keep: the lock, the site, and the zone it is in now."""
    for kept in plan.locks.values():
        now = {} if kept.kind is Locked.SITE else dict(_present(project, plan, kept))
        for site in sorted(kept.held.keys() | now.keys()):
            zone = plan.assignment.get(site)
            if site in project.sites and kept.held.get(site) != zone:
                yield kept, site, zone


def put_back(project: Project, plan_uid: str, homes: Mapping[str, str]) -> Project:
    """Give sites back to the zones that a lock holds them in; locks do not stand in the way.

    Raises
    ------
    UserError
        The plan is no draft, a zone is gone, or its unit may not be primary at the site.
    """
    plan = open_plan(project, plan_uid)
    seen = project.under(plan)
    areas = tuple(project.jurisdictions.values())
    together = {one: zone for site, zone in homes.items() for one in seen.stack_of(site)}
    for site_id, zone_id in together.items():
        site, unit = seen.site(site_id), project.units.get(plan.zone(zone_id).unit)
        if unit is None or not unit.may_hold(place(site, areas).jurisdiction):
            raise UserError(f"Zone {zone_id} may not hold {site.name} any more; lift the lock.")
    return project.with_plan(plan.assigned(together))


def _present(project: Project, plan: Plan, kept: Lock) -> Iterator[tuple[str, str]]:
    try:
        yield from _covered(project, plan, kept.kind, kept.target)
    except UserError:
        return  # the zone or agency is gone, and what it held is told as moved


def _covered(project: Project, plan: Plan, kind: Locked, target: str) -> Iterator[tuple[str, str]]:
    if kind is Locked.SITE:
        site = project.site(target).id
        zones = {plan.assignment[site]} if site in plan.assignment else set()
        pairs = [(site, zone) for zone in zones]
    elif kind is Locked.ZONE:
        zones = {plan.zone(target).id}
        pairs = [pair for pair in plan.assignment.items() if pair[1] in zones]
    else:
        if target not in project.agencies:
            known = ", ".join(project.agencies)
            raise UserError(f"There is no agency “{target}” in this project. It has: {known}.")
        units = {unit.id for unit in project.units.values() if unit.agency == target}
        zones = {zone.id for zone in plan.zones if zone.unit in units}
        pairs = [pair for pair in plan.assignment.items() if pair[1] in zones]
    yield from pairs


def _because(kept: Lock) -> str:
    return f" ({kept.reason})" if kept.reason else ""
