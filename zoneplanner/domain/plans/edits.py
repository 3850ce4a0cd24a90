"""Edits of plans, sites and assumptions as functions from project to project, and plan locks.

A refused edit raises. A lock keeps sites in their zones against every proposal and drag. Edits can
also replace all zones of a plan by another plan's, or remove zones.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.geography.site import (
    JurisdictionDecision,
    Site,
    find_jurisdiction,
    locate_site,
)
from zoneplanner.domain.plans.plan import (
    LockScope,
    Pin,
    Plan,
    PlanLock,
    PlanStatus,
    keep_tighter_bound,
)
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


def add_plan_lock(
    project: Project, plan_uid: str, kind: LockScope, target: str, reason: str
) -> Project:
    """Lock a site, a zone, or all zones of an agency.

    Raises
    ------
    UserError
        The plan is not a draft, the target is unknown, or the site has no zone yet.
    """
    plan = project.draft(plan_uid)
    held = _covered_assignment(project, plan, kind, target)
    if kind is LockScope.SITE and not held:
        name = project.site(target).name
        raise UserError("site_has_no_zone", site=target, name=name, plan=plan.name)
    new = PlanLock(kind, target, reason, held)
    return project.with_plan(replace(plan, locks={**plan.locks, new.key: new}))


def remove_plan_lock(project: Project, plan_uid: str, kind: LockScope, target: str) -> Project:
    """Remove a lock if there is one."""
    plan = project.draft(plan_uid)
    removed = PlanLock(kind, target, "").key
    locks = {key: lock for key, lock in plan.locks.items() if key != removed}
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
    """Return the ids of the locked zones, which no site may enter or leave."""
    return frozenset(zone.id for zone in plan.zones if find_zone_lock(project, plan, zone.id))


def map_locked_sites(project: Project, plan: Plan) -> dict[str, str]:
    """Return the zone of each site that a lock keeps there."""
    if not plan.locks:
        return {}
    locked_zones = list_locked_zones(project, plan)
    return {
        site: zone
        for site, zone in plan.assignment.items()
        if zone in locked_zones or PlanLock(LockScope.SITE, site, "").key in plan.locks
    }


def find_blocking_lock(project: Project, plan: Plan, site: Site, zone_id: str) -> PlanLock | None:
    """Return the lock that forbids a move: on the site, or on the zone it leaves or enters.

    A lock on an agency locks each of its zones.
    """
    home = plan.assignment.get(site.id)
    if not plan.locks or home == zone_id:
        return None
    own = plan.locks.get(PlanLock(LockScope.SITE, site.id, "").key)
    leaving = None if home is None else find_zone_lock(project, plan, home)
    return own or leaving or find_zone_lock(project, plan, zone_id)


def find_lock_refusal(project: Project, plan: Plan, site: Site, zone_id: str) -> UserError | None:
    """Return the error of a move that a lock forbids, or None."""
    lock = find_blocking_lock(project, plan, site, zone_id)
    if lock is None:
        return None
    facts = {"site": site.id, "zone": zone_id, "name": site.name}
    if lock.kind is LockScope.SITE:
        home, why = plan.assignment.get(site.id), describe_lock_reason(lock)
        return UserError("zone_not_allowed.site_locked", facts, home=home, why=why)
    return UserError("zone_not_allowed.zone_locked", facts, lock=describe_lock(project, lock))


def describe_lock(project: Project, lock: PlanLock) -> Message:
    """Return what is locked and why, without a period."""
    name = project.sites[lock.target].name if lock.kind is LockScope.SITE else lock.target
    return Message(f"plan_lock.{lock.kind}", name=name, why=describe_lock_reason(lock))


def describe_lock_reason(lock: PlanLock) -> Message | str:
    """Return the reason of a lock as an aside after what is locked, or an empty string."""
    return Message("lock_reason", reason=lock.reason) if lock.reason else ""


def find_lock_violations(
    project: Project, plan: Plan
) -> Iterator[tuple[PlanLock, str, str | None]]:
    """Yield each site whose zone differs from its lock: the lock, the site and its zone now."""
    for lock in plan.locks.values():
        now = _present_assignment(project, plan, lock)
        for site in sorted(lock.held.keys() | now.keys()):
            zone = plan.assignment.get(site)
            if site in project.sites and lock.held.get(site) != zone:
                yield lock, site, zone


def restore_locked_sites(project: Project, plan_uid: str, homes: Mapping[str, str]) -> Project:
    """Put sites back into the zones that a lock keeps them in, despite the lock.

    Raises
    ------
    UserError
        The plan is not a draft, a zone is gone, or its unit may not be primary at the site.
    """
    plan = project.draft(plan_uid)
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
        return {}  # the zone or agency is gone, so all of its sites are listed as moved


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


def assign_sites(project: Project, plan_uid: str, changes: Mapping[str, str]) -> Project:
    """Assign sites to zones of one plan, all or none; sites at the same position move together.

    Raises
    ------
    UserError
        The plan is not a draft, a site or zone is unknown, a site or zone is locked, a site is not
        patrolled, or the zone's unit may not be primary in the site's jurisdiction.
    """
    plan = project.draft(plan_uid)
    seen = project.with_what_ifs(plan)
    together = seen.spread_over_stacks(changes)
    for site_id, zone_id in together.items():
        site = seen.site(site_id)
        refusal = find_zone_refusal(seen, plan, site, zone_id)
        if refusal is not None:
            raise refusal
    return project.with_plan(plan.with_assignments(together))


def find_zone_refusal(project: Project, plan: Plan, site: Site, zone_id: str) -> UserError | None:
    """Return the error of assigning a site to a zone, or None if that is allowed.

    ``project`` has the plan's what-ifs applied (``Project.with_what_ifs``).
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
    """Assign a block without a site to another zone by hand; None undoes that."""
    plan = project.draft(plan_uid)
    if zone_id is None:
        left = {block: zone for block, zone in plan.block_overrides.items() if block != block_id}
        return project.with_plan(replace(plan, block_overrides=left))
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
    """Move one site to another position, which decides its jurisdiction again.

    An earlier decision by hand is dropped. In each draft, a site that joins sites of another zone
    at one position goes to their zone. A site whose zone may not serve the new position goes to
    the zone of the nearest site whose zone may.

    Raises
    ------
    UserError
        A draft has no zone for the jurisdiction of the position, or a lock keeps the site.
    """
    site = project.site(site_id)
    moved = replace(site, x_m=x_m, y_m=y_m, decision=None)
    after = project.with_site(moved)
    for plan in project.plans.values():
        seen = after.with_what_ifs(plan)
        if not plan.is_draft or not seen.sites[site.id].patrolled:
            continue
        stack = seen.stacked_sites(site.id)
        zone = _find_zone_at_position(seen, plan, moved, stack)
        reassigned = {key: zone for key in stack if zone and plan.assignment.get(key) != zone}
        for key, new_zone in reassigned.items():
            refusal = find_zone_refusal(after, plan, after.sites[key], new_zone)
            if refusal is not None:
                facts = {**refusal.details, "plan": plan.name, "reason": refusal.to_message()}
                raise UserError("zone_not_allowed.in_plan", facts)
        if reassigned:
            after = after.with_plan(after.plans[plan.uid].with_assignments(reassigned))
    return after


def find_nearest_eligible_zone(project: Project, plan: Plan, site: Site) -> str:
    """Return the zone of the nearest site whose zone may serve this one and is not locked.

    Raises a UserError if no zone of the plan may serve it.
    """
    lies_in = locate_site(site, project.jurisdictions.values())
    eligible = {
        zone.id
        for zone in plan.zones
        if project.units[zone.unit].may_be_primary(lies_in)
        and find_lock_refusal(project, plan, site, zone.id) is None
    }
    near = [
        (site.point.distance(project.sites[other].point), other, zone)
        for other, zone in plan.assignment.items()
        if zone in eligible and other != site.id and other in project.sites
    ]
    if near:
        return min(near)[2]
    if eligible:
        return min(eligible)
    place = project.name_jurisdiction(lies_in)
    raise UserError(
        "no_zone_allowed.in_plan", site=site.id, name=site.name, place=place, plan=plan.name
    )


def _find_zone_at_position(
    seen: Project, plan: Plan, site: Site, stack: tuple[str, ...]
) -> str | None:
    """Return the zone of other sites at the position, else the site's own zone if it may serve.

    Otherwise return the nearest zone that may, or None if the site has no zone and no company.
    """
    zone, home = find_zone_of_stack(plan, site, stack), plan.assignment.get(site.id)
    if zone is not None or home is None:
        return zone
    lies_in = locate_site(site, seen.jurisdictions.values())
    if seen.units[plan.zone(home).unit].may_be_primary(lies_in):
        return home
    return find_nearest_eligible_zone(seen, plan, site)


def find_zone_of_stack(plan: Plan, site: Site, stack: tuple[str, ...]) -> str | None:
    """Return the zone of the other sites at a site's position, or None if none has a zone."""
    others = (other for other in stack if other != site.id and other in plan.assignment)
    return next((plan.assignment[other] for other in others), None)


def put_pin(project: Project, plan_uid: str, pin: Pin) -> Project:
    """Add a pin to a plan, or replace the one with its uid; a pin without text is removed."""
    plan = project.plan(plan_uid)
    pins = {**plan.pins, pin.uid: pin}
    if not pin.text.strip():
        del pins[pin.uid]
    return project.with_plan(replace(plan, pins=pins))


def decide_jurisdiction(
    project: Project, site_id: str, jurisdiction: str | None, *, by: str, at: datetime, why: str
) -> Project:
    """Record a person's decision about a site's jurisdiction; None lets its position decide."""
    site = project.site(site_id)
    if jurisdiction is None:
        return project.with_site(site.with_decision(None))
    if jurisdiction not in project.jurisdictions:
        raise UserError(
            "unknown_jurisdiction", name=jurisdiction, known=list(project.jurisdictions)
        )
    return project.with_site(site.with_decision(JurisdictionDecision(jurisdiction, by, at, why)))


def set_assumptions(project: Project, assumptions: Assumptions) -> Project:
    """Replace the assumptions that loads and travel are computed from.

    Raises
    ------
    UserError
        A figure is negative or infinite, or the speed or the axis factor is 0.
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

    A site that the other plan does not assign keeps its zone if the zone still exists. The
    project gets those of ``units``, which the zones need, that it lacks.
    """
    zones = {zone.id for zone in other.zones}
    assignment = {**plan.assignment, **other.assignment}
    after = replace(
        plan,
        zones=other.zones,
        assignment={
            site.id: assignment[site.id]
            for site in project.with_what_ifs(plan).patrolled
            if assignment.get(site.id) in zones
        },
        tolerance=other.tolerance,
        block_overrides={b: zone for b, zone in plan.block_overrides.items() if zone in zones},
        proof=keep_tighter_bound(plan.proof, other.proof),
    )
    return add_missing_units(project, units).with_plan(after)


def remove_zones(plan: Plan, removed: Collection[str]) -> Plan:
    """Return a plan without some zones; their sites and blocks have no zone."""
    overrides = plan.block_overrides.items()
    return replace(
        plan,
        zones=tuple(zone for zone in plan.zones if zone.id not in removed),
        assignment={site: zone for site, zone in plan.assignment.items() if zone not in removed},
        block_overrides={block: zone for block, zone in overrides if zone not in removed},
        proof=None,
    )


def add_missing_units(project: Project, units: Mapping[str, Unit]) -> Project:
    """Return the project with the units that it lacks, or the same object if it lacks none."""
    if units.keys() <= project.units.keys():
        return project
    return replace(project, units={**units, **project.units})


def branch_plan(plan: Plan, uid: str, name: str, *, at: datetime) -> Plan:
    """Return a draft that starts from another plan, with its locks, notes and what-ifs."""
    return replace(
        plan,
        uid=uid,
        name=name,
        note="",
        parent=plan.uid,
        made_at=at,
        proposed_on=None,
        effective_on=None,
        expires_on=None,
    )


def add_plan(project: Project, plan: Plan) -> Project:
    """Add a plan to a project without replacing another one.

    Raises
    ------
    UserError
        The project has a plan of this uid or name, or the name is empty.
    """
    if plan.uid in project.plans:
        raise UserError("plan_kept", plan=project.plans[plan.uid].name, uid=plan.uid)
    return rename_plan(project.with_plan(plan), plan.uid, plan.name)


def replace_draft(project: Project, plan: Plan) -> Project:
    """Return the project with a new state of a draft. Raises a UserError if it is not a draft."""
    before = project.draft(plan.uid)
    proof = keep_tighter_bound(before.proof, plan.proof)
    return project.with_plan(plan if proof == plan.proof else replace(plan, proof=proof))


def rename_plan(project: Project, plan_uid: str, name: str) -> Project:
    """Rename a plan. Raises a UserError if the name is empty or another plan's."""
    plan, wanted = project.plan(plan_uid), name.strip()
    if not wanted:
        raise UserError("name_missing.plan")
    if any(other.name == wanted for other in project.plans.values() if other is not plan):
        raise UserError("name_in_use", plan=wanted)
    return project.with_plan(replace(plan, name=wanted))


def set_plan_note(project: Project, plan_uid: str, note: str) -> Project:
    """Set the note of a plan of any status."""
    return project.with_plan(replace(project.plan(plan_uid), note=note.strip()))


def submit_plan(project: Project, plan_uid: str, on: date) -> Project:
    """Submit a draft for approval, which locks it until it is withdrawn.

    Raises
    ------
    UserError
        The plan is not a draft, or a patrolled site has no zone.
    """
    plan = project.draft(plan_uid)
    _check_all_assigned(project, plan, "proposing")
    return project.with_plan(replace(plan, proposed_on=on))


def withdraw_plan(project: Project, plan_uid: str) -> Project:
    """Turn a proposed plan back into a draft. Raises a UserError if it is adopted."""
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        raise UserError("plan_adopted.withdraw", plan=plan.name, effective_on=plan.effective_on)
    return project.with_plan(replace(plan, proposed_on=None))


def adopt_plan(
    project: Project, plan_uid: str, effective_on: date, expires_on: date | None = None
) -> Project:
    """Put a plan in force from a day, on which the earlier plans expire.

    Raises
    ------
    UserError
        A patrolled site has no zone, the plan has what-ifs or is already adopted, it would expire
        before it takes effect, or its days overlap those of a plan that takes effect later.
    """
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        project.draft(plan_uid)
    if plan.what_if:
        raise UserError("plan_is_what_if", plan=plan.name)
    _check_all_assigned(project, plan, "adopting")
    if expires_on is not None and expires_on <= effective_on:
        raise UserError(
            "days_out_of_order.plan_expires",
            plan=plan.name,
            effective_on=effective_on,
            last=expires_on - timedelta(days=1),
        )
    adopted = replace(plan, effective_on=effective_on, expires_on=expires_on)
    plans = dict(project.plans)
    for other in project.plans.values():
        if other.effective_on is None:
            continue
        if other.effective_on >= effective_on:
            _check_ends_before(adopted, other)
        elif other.expires_on is None or other.expires_on > effective_on:
            plans[other.uid] = replace(other, expires_on=effective_on)
    return replace(project, plans={**plans, plan.uid: adopted})


def retire_plan(project: Project, plan_uid: str, expires_on: date) -> Project:
    """End an adopted plan; ``expires_on`` is the first day on which it is no longer in force.

    Raises
    ------
    UserError
        The plan is not adopted, takes effect later, or would overlap the next plan.
    """
    plan = project.plan(plan_uid)
    if plan.effective_on is None:
        raise UserError("plan_not_adopted", plan=plan.name)
    if expires_on < plan.effective_on:
        raise UserError(
            "days_out_of_order.plan_ends",
            plan=plan.name,
            effective_on=plan.effective_on,
            last=expires_on - timedelta(days=1),
        )
    retired = replace(plan, expires_on=expires_on)
    for other in project.plans.values():
        if other.effective_on is not None and other.effective_on > plan.effective_on:
            _check_ends_before(retired, other)
    return project.with_plan(retired)


def delete_plan(project: Project, plan_uid: str) -> Project:
    """Remove a plan from the project. Raises a UserError if it was ever adopted."""
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        raise UserError("plan_adopted.delete", plan=plan.name, effective_on=plan.effective_on)
    plans: Mapping[str, Plan] = {
        uid: replace(other, parent=None) if other.parent == plan.uid else other
        for uid, other in project.plans.items()
        if uid != plan.uid
    }
    return replace(project, plans=plans)


def describe_plan_status(plan: Plan, today: date) -> Message:
    """Return a plan's status with its dates."""
    status, begins, ends = plan.status(today), plan.effective_on, plan.expires_on
    if status is PlanStatus.DRAFT:
        return Message("plan_status.what_if" if plan.what_if else "plan_status.draft")
    if status is PlanStatus.PROPOSED and begins is None:
        return Message("plan_status.proposed", since=plan.proposed_on or today)
    if status is PlanStatus.RETIRED:
        return Message("plan_status.retired", on=ends)
    code = "plan_status.in_force" if status is PlanStatus.IN_FORCE else "plan_status.adopted"
    if ends is None:
        return Message(code, begins=begins)
    return Message(f"{code}_until", begins=begins, last=ends - timedelta(days=1))


def _check_ends_before(plan: Plan, later: Plan) -> None:
    """Refuse days that overlap those of a plan that takes effect later."""
    if plan.overlaps(later):
        raise UserError(
            "plans_overlap", plan=plan.name, other=later.name, begins=later.effective_on
        )


def _check_all_assigned(project: Project, plan: Plan, act: str) -> None:
    seen = project.with_what_ifs(plan)
    missing = [site for site in seen.patrolled if site.id not in plan.assignment]
    if missing:
        raise UserError(
            "unassigned_sites",
            plan=plan.name,
            sites=[site.id for site in missing],
            site_count=len(missing),
            first=missing[0].name,
            act=act,
        )
