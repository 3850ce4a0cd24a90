"""What-ifs: what one draft supposes about sites. They never change the sites themselves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.closings import SiteClosing
from zoneplanner.domain.plans.edits import find_nearest_eligible_zone, find_zone_of_stack
from zoneplanner.domain.plans.plan import Plan, WhatIfChange
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_Value = TypeVar("_Value")


def suppose_closed(
    project: Project, plan_uid: str, site_id: str, closing: SiteClosing | None = None
) -> Project:
    """Suppose in one draft that a site is closed, with its students moved as ``closing`` says."""
    plan = project.draft(plan_uid)
    site = project.with_what_ifs(plan).site(site_id)
    if not site.patrolled:
        raise UserError("site_not_patrolled", site=site.id, name=site.name, plan=plan.name)
    assignment = {other: zone for other, zone in plan.assignment.items() if other != site.id}
    locks = {key: lock for key, lock in plan.locks.items() if key != f"site {site.id}"}
    changed = _suppose(project, plan, site, patrolled=False)
    after = project.with_plan(replace(changed, assignment=assignment, locks=locks))
    if closing is None:
        return after
    others = tuple(other for other in list_closings(project, plan) if other.site != site.id)
    closings = {**project.closings, plan.uid: (*others, closing)}
    return _move_students(replace(after, closings=closings), plan_uid, closing, back=False)


def list_closings(project: Project, plan: Plan) -> tuple[SiteClosing, ...]:
    """Return the closings of a what-if that have a day or students who move.

    A branch of a what-if inherits the closings of the plan that it came from.
    """
    closings = _inherit(project, plan, project.closings) or ()
    sites = project.with_what_ifs(plan).sites
    return tuple(each for each in closings if each.site in sites and not sites[each.site].patrolled)


def list_openings(project: Project, plan: Plan) -> dict[str, date]:
    """Return the opening days of sites that are patrolled only in a what-if.

    A branch of a what-if inherits the openings of the plan that it came from.
    """
    days: Mapping[str, date] | None = _inherit(project, plan, project.openings)
    opened = {site for site, change in plan.what_if.items() if change.patrolled}
    return {site: day for site, day in (days or {}).items() if site in opened}


def list_turning_days(project: Project, plan: Plan) -> dict[str, date]:
    """Return the known days on which a what-if closes or opens sites."""
    closed = {each.site: each.on for each in list_closings(project, plan) if each.on is not None}
    return {**closed, **list_openings(project, plan)}


def _inherit(project: Project, plan: Plan, by_plan: Mapping[str, _Value]) -> _Value | None:
    """Return the value of a plan, or else of its nearest ancestor that has one."""
    lineage = (plan, *project.list_ancestors(plan))
    return next((by_plan[each.uid] for each in lineage if each.uid in by_plan), None)


def _move_students(project: Project, plan_uid: str, closing: SiteClosing, *, back: bool) -> Project:
    """Move the students of a closing to the schools that receive them, or ``back``."""
    for site_id, students in closing.receiving.items():
        site = project.with_what_ifs(project.plans[plan_uid]).sites.get(site_id)
        if site is not None:
            enrollment = (site.enrollment or 0) + (-students if back else students)
            project = suppose_students(project, plan_uid, site_id, max(0, enrollment))
    return project


def suppose_open(project: Project, plan_uid: str, site_id: str, on: date | None = None) -> Project:
    """Suppose in one draft that a site is patrolled, from the day ``on`` if it is known.

    The site joins the nearest zone that may serve it.
    """
    plan = project.draft(plan_uid)
    site = project.with_what_ifs(plan).site(site_id)
    if site.patrolled:
        raise UserError("site_patrolled", site=site.id, name=site.name, plan=plan.name)
    closings = list_closings(project, plan)
    closing = next((each for each in closings if each.site == site.id), None)
    if closing is not None:
        others = tuple(each for each in closings if each is not closing)
        project = replace(project, closings={**project.closings, plan.uid: others})
        project = _move_students(project, plan_uid, closing, back=True)
        plan = project.plans[plan_uid]
    days_before: Mapping[str, date] = _inherit(project, plan, project.openings) or {}
    days = {key: day for key, day in days_before.items() if key != site.id}
    if on is not None and not project.sites[site.id].patrolled:
        days[site.id] = on
    if days != days_before:
        project = replace(project, openings={**project.openings, plan.uid: days})
    opened = _suppose(project, plan, site, patrolled=True)
    seen = project.with_what_ifs(opened)
    zone_here = find_zone_of_stack(plan, site, seen.stacked_sites(site.id))
    zone = zone_here or find_nearest_eligible_zone(seen, opened, site)
    return project.with_plan(opened.with_assignments({site.id: zone}))


def suppose_planned(project: Project, plan_uid: str, site: Site, on: date | None = None) -> Project:
    """Add a site that does not exist yet, and suppose in one draft only that it is open."""
    if site.id in project.sites:
        raise UserError("name_in_use.site", site=site.id)
    planned = replace(site, patrolled=False, kind="planned")
    return suppose_open(project.with_site(planned), plan_uid, site.id, on)


def suppose_students(
    project: Project, plan_uid: str, site_id: str, enrollment: int | None
) -> Project:
    """Suppose another enrollment of a site in one draft; None goes back to the fact."""
    plan = project.draft(plan_uid)
    site = project.site(site_id)
    if enrollment is not None and enrollment < 0:
        raise UserError("out_of_range.enrollment", enrollment=enrollment)
    return project.with_plan(_suppose(project, plan, site, enrollment=enrollment))


def apply_what_ifs(project: Project, plan_uid: str) -> Project:
    """Make what a draft supposes a fact of the whole project."""
    plan = project.draft(plan_uid)
    seen = project.with_what_ifs(plan)
    return replace(seen, plans={**project.plans, plan.uid: replace(plan, what_if={})})


def _suppose(project: Project, plan: Plan, site: Site, **supposed: bool | int | None) -> Plan:
    """Return the plan with a site's what-if updated; values that equal the facts are removed."""
    new = replace(plan.what_if.get(site.id, WhatIfChange()), **supposed)  # type: ignore[arg-type]
    fact = project.sites[site.id]
    if new.patrolled == fact.patrolled:
        new = replace(new, patrolled=None)
    if new.enrollment == fact.enrollment:
        new = replace(new, enrollment=None)
    others = {key: change for key, change in plan.what_if.items() if key != site.id}
    what_if = others if new == WhatIfChange() else {**others, site.id: new}
    return replace(plan, what_if=what_if)
