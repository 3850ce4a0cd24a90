"""Edits of a project: pure functions from one project to the next; a refused one raises."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.jurisdiction import place
from zoneplanner.domain.plan import Plan, PlanStatus
from zoneplanner.domain.project import Project
from zoneplanner.domain.site import Decision, Site
from zoneplanner.errors import UserError


def assign(project: Project, plan_uid: str, changes: Mapping[str, str]) -> Project:
    """Give sites to zones of one plan, all or none; sites at one position move together.

    Raises
    ------
    UserError
        The plan is adopted, a site or zone is unknown, a site is locked or not patrolled, or the
        zone's unit may not be primary in the site's jurisdiction.
    """
    plan = open_plan(project, plan_uid)
    together = {
        member: zone_id
        for site_id, zone_id in changes.items()
        for member in project.stack_of(site_id)
    }
    for site_id, zone_id in together.items():
        site = project.site(site_id)
        refusal = why_not(project, plan, site, zone_id)
        if refusal is not None:
            raise UserError(refusal, {"site": site_id, "zone": zone_id})
    return project.with_plan(plan.assigned(together))


def why_not(project: Project, plan: Plan, site: Site, zone_id: str) -> str | None:
    """Say in one sentence why a site cannot go to a zone, or None where it can."""
    zone = plan.zone(zone_id)
    if not site.patrolled:
        return f"{site.name} is not patrolled; mark it as patrolled before giving it to a zone."
    if site.id in plan.locks and plan.assignment.get(site.id) != zone_id:
        reason = f" ({plan.locks[site.id]})" if plan.locks[site.id] else ""
        return f"{site.name} is locked in {plan.assignment.get(site.id)}{reason}; unlock it first."
    lies_in = place(site, project.jurisdictions.values()).jurisdiction
    unit = project.units[zone.unit]
    if not unit.may_hold(lies_in):
        where = project.jurisdictions[lies_in].name if lies_in else "no known jurisdiction"
        return (
            f"{site.name} lies in {where}, where {unit.agency} may not be primary; "
            f"choose a zone of the agency that may."
        )
    return None


def move_block(project: Project, plan_uid: str, block_id: str, zone_id: str | None) -> Project:
    """Give a block without a site to another zone by hand; None takes that back."""
    plan = open_plan(project, plan_uid)
    if zone_id is None:
        kept = {block: zone for block, zone in plan.block_overrides.items() if block != block_id}
        return project.with_plan(replace(plan, block_overrides=kept))
    zone = plan.zone(zone_id)
    if block_id not in project.blocks:
        raise UserError(f"There is no block “{block_id}” in this project.")
    block = project.blocks[block_id]
    inside = project.site_in(block)
    if inside is not None:
        raise UserError(f"Block {block_id} holds {inside.name}; move the school instead.")
    if not project.units[zone.unit].may_hold(block.jurisdiction):
        where = project.jurisdictions[block.jurisdiction].name
        raise UserError(f"Block {block_id} lies in {where}; zone {zone_id} may not hold it.")
    overrides = {**plan.block_overrides, block_id: zone_id}
    return project.with_plan(replace(plan, block_overrides=overrides))


def lock(project: Project, plan_uid: str, site_id: str, reason: str) -> Project:
    """Keep a site in its zone, whatever is proposed or dragged."""
    plan = open_plan(project, plan_uid)
    site = project.site(site_id)
    if site.id not in plan.assignment:
        raise UserError(f"{site.name} has no zone in “{plan.name}”; give it one before locking it.")
    return project.with_plan(replace(plan, locks={**plan.locks, site.id: reason}))


def unlock(project: Project, plan_uid: str, site_id: str) -> Project:
    """Let a site move again."""
    plan = open_plan(project, plan_uid)
    locks = {site: reason for site, reason in plan.locks.items() if site != site_id}
    return project.with_plan(replace(plan, locks=locks))


def adopt(project: Project, plan_uid: str, effective_on: date, patrolled: Iterable[str]) -> Project:
    """Put a plan in force from a day; the plans before it expire on that day.

    Raises
    ------
    UserError
        A patrolled site has no zone, or another plan takes force on or after that day.
    """
    plan = open_plan(project, plan_uid)
    missing = [site for site in patrolled if site not in plan.assignment]
    if missing:
        first = project.site(missing[0]).name
        raise UserError(
            f"{len(missing)} patrolled sites have no zone in “{plan.name}” ({first} first); "
            f"give each one a zone before adopting it."
        )
    plans = dict(project.plans)
    for other in project.plans.values():
        if other.effective_on is None:
            continue
        if other.effective_on >= effective_on:
            raise UserError(
                f"“{other.name}” takes force on {other.effective_on}; "
                f"choose a later day for “{plan.name}”."
            )
        if other.expires_on is None or other.expires_on > effective_on:
            plans[other.uid] = replace(other, expires_on=effective_on)
    plans[plan.uid] = replace(plan, effective_on=effective_on)
    return replace(project, plans=plans)


def decide(
    project: Project, site_id: str, jurisdiction: str | None, *, by: str, at: datetime, why: str
) -> Project:
    """Record a person's decision about a site's jurisdiction (None goes back to its position)."""
    site = project.site(site_id)
    if jurisdiction is None:
        return project.with_site(site.decided(None))
    if jurisdiction not in project.jurisdictions:
        known = ", ".join(project.jurisdictions)
        raise UserError(f"There is no jurisdiction “{jurisdiction}”. Known are: {known}.")
    return project.with_site(site.decided(Decision(jurisdiction, by, at, why)))


def assume(project: Project, assumptions: Assumptions) -> Project:
    """Compute loads and travel from other assumptions.

    Raises
    ------
    UserError
        A figure is negative, or the speed or the axis factor is not above 0; the sentence names it.
    """
    for name, value in assumptions.figures():
        if not value >= 0 or value == float("inf"):
            raise UserError(f"“{name}” is a number from 0 up, not {value:g}.")
    for name, value in (
        ("Speed", assumptions.speed_mph),
        ("Street factor", assumptions.axis_factor),
    ):
        if value <= 0:
            raise UserError(f"“{name}” must be above 0.")
    return replace(project, assumptions=assumptions)


def open_plan(project: Project, plan_uid: str) -> Plan:
    """Return a plan that may still be edited; an adopted one is a UserError."""
    plan = project.plan(plan_uid)
    if plan.adopted:
        raise UserError(
            f"“{plan.name}” is adopted from {plan.effective_on} and no longer edited; "
            f"copy it to a new plan first."
        )
    return plan


def status_text(plan: Plan, today: date) -> str:
    """Say where a plan stands, with its date."""
    status = plan.status(today)
    if status is PlanStatus.DRAFT:
        return "Draft"
    if status is PlanStatus.PROPOSED:
        return f"Takes force on {plan.effective_on}"
    if status is PlanStatus.IN_FORCE:
        return f"In force since {plan.effective_on}"
    return f"Retired on {plan.expires_on}"
