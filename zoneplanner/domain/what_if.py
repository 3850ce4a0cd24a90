"""What-ifs: what one draft takes for true of the sites. They never touch the sites themselves."""

from dataclasses import replace

from zoneplanner.domain.edits import home_zone
from zoneplanner.domain.plan import Assumed, Plan
from zoneplanner.domain.planning import open_plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.site import Site
from zoneplanner.errors import UserError


def close_site(project: Project, plan_uid: str, site_id: str) -> Project:
    """Take a site out of patrol in one draft."""
    plan = open_plan(project, plan_uid)
    site = project.under(plan).site(site_id)
    if not site.patrolled:
        raise UserError(f"{site.name} is not patrolled in “{plan.name}” already.")
    kept = {other: zone for other, zone in plan.assignment.items() if other != site.id}
    locks = {key: lock for key, lock in plan.locks.items() if key != f"site {site.id}"}
    changed = _assuming(project, plan, site, patrolled=False)
    return project.with_plan(replace(changed, assignment=kept, locks=locks))


def open_site(project: Project, plan_uid: str, site_id: str) -> Project:
    """Take a site into patrol in one draft; it joins the nearest zone that may hold it."""
    plan = open_plan(project, plan_uid)
    site = project.under(plan).site(site_id)
    if site.patrolled:
        raise UserError(f"{site.name} is patrolled in “{plan.name}” already.")
    opened = _assuming(project, plan, site, patrolled=True)
    seen = project.under(opened)
    beside = [plan.assignment.get(other) for other in seen.stack_of(site.id) if other != site.id]
    zone = next((zone for zone in beside if zone), None) or home_zone(seen, opened, site)
    return project.with_plan(opened.assigned({site.id: zone}))


def add_planned_site(project: Project, plan_uid: str, site: Site) -> Project:
    """Add a site that does not exist yet and open it in one draft, not elsewhere."""
    if site.id in project.sites:
        raise UserError(f"There is a site “{site.id}” already; choose another id.")
    planned = replace(site, patrolled=False, kind="planned")
    return open_site(project.with_site(planned), plan_uid, site.id)


def assume_enrollment(
    project: Project, plan_uid: str, site_id: str, enrollment: int | None
) -> Project:
    """Take another enrollment for true in one draft; None takes that back."""
    plan = open_plan(project, plan_uid)
    site = project.site(site_id)
    if enrollment is not None and enrollment < 0:
        raise UserError(f"An enrollment is a number from 0 up, not {enrollment}.")
    return project.with_plan(_assuming(project, plan, site, enrollment=enrollment))


def make_real(project: Project, plan_uid: str) -> Project:
    """Take what a draft assumes for true in the whole project."""
    plan = open_plan(project, plan_uid)
    seen = project.under(plan)
    return replace(seen, plans={**project.plans, plan.uid: replace(plan, what_if={})})


def _assuming(project: Project, plan: Plan, site: Site, **assumed: bool | int | None) -> Plan:
    """Return the plan with something assumed of a site; what agrees with the facts is left out."""
    new = replace(plan.what_if.get(site.id, Assumed()), **assumed)  # type: ignore[arg-type]
    fact = project.sites[site.id]
    if new.patrolled == fact.patrolled:
        new = replace(new, patrolled=None)
    if new.enrollment == fact.enrollment:
        new = replace(new, enrollment=None)
    others = {key: kept for key, kept in plan.what_if.items() if key != site.id}
    what_if = others if new == Assumed() else {**others, site.id: new}
    return replace(plan, what_if=what_if)
