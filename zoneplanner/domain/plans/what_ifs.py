"""What-ifs: what one draft takes for true of the sites. They never touch the sites themselves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.closings import SiteClosing
from zoneplanner.domain.plans.edits import (
    find_nearest_eligible_zone,
    find_zone_of_stack,
)
from zoneplanner.domain.plans.plan import Plan, WhatIfChange
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_Kept = TypeVar("_Kept")


def assume_site_closed(
    project: Project, plan_uid: str, site_id: str, closing: SiteClosing | None = None
) -> Project:
    """Take a site out of patrol in one draft; its students go where ``closing`` says."""
    plan = project.draft(plan_uid)
    site = project.with_what_ifs(plan).site(site_id)
    if not site.patrolled:
        raise UserError("site_not_patrolled", site=site.id, name=site.name, plan=plan.name)
    kept = {other: zone for other, zone in plan.assignment.items() if other != site.id}
    locks = {key: lock for key, lock in plan.locks.items() if key != f"site {site.id}"}
    changed = _with_assumption(project, plan, site, patrolled=False)
    after = project.with_plan(replace(changed, assignment=kept, locks=locks))
    if closing is None:
        return after
    own = tuple(one for one in list_closings(project, plan) if one.site != site.id)
    closings = {**project.closings, plan.uid: (*own, closing)}
    return _move_students(replace(after, closings=closings), plan_uid, closing, back=False)


def list_closings(project: Project, plan: Plan) -> tuple[SiteClosing, ...]:
    """Return the sites that a what-if closes with a day or with students who go elsewhere.

    A branch of a what-if has those of the plan that it came from.
    """
    found = _inherit(project, plan, project.closings) or ()
    seen = project.with_what_ifs(plan).sites
    return tuple(one for one in found if one.site in seen and not seen[one.site].patrolled)


def list_openings(project: Project, plan: Plan) -> dict[str, date]:
    """Return the sites that only a what-if patrols, with the day from which it does.

    A branch of a what-if has those of the plan that it came from.
    """
    found: Mapping[str, date] | None = _inherit(project, plan, project.openings)
    opened = {site for site, change in plan.what_if.items() if change.patrolled}
    return {site: day for site, day in (found or {}).items() if site in opened}


def list_turning_days(project: Project, plan: Plan) -> dict[str, date]:
    """Return from when sites are closed or open in a what-if, where a day is known."""
    closed = {one.site: one.on for one in list_closings(project, plan) if one.on is not None}
    return {**closed, **list_openings(project, plan)}


def _inherit(project: Project, plan: Plan, kept: Mapping[str, _Kept]) -> _Kept | None:
    """Return what is kept of a plan, or of the nearest one that it came from."""
    at: Plan | None = plan
    while at is not None and at.uid not in kept:
        at = project.plans.get(at.parent or "")
    return kept[at.uid] if at is not None else None


def _move_students(project: Project, plan_uid: str, closing: SiteClosing, *, back: bool) -> Project:
    """Let the students of a closing go to the schools that receive them, or come back."""
    for site_id, students in closing.receiving.items():
        seen = project.with_what_ifs(project.plans[plan_uid]).sites.get(site_id)
        if seen is not None:
            now = (seen.enrollment or 0) + (-students if back else students)
            project = set_assumed_enrollment(project, plan_uid, site_id, max(0, now))
    return project


def assume_site_open(
    project: Project, plan_uid: str, site_id: str, on: date | None = None
) -> Project:
    """Take a site into patrol in one draft, from a day where one is known.

    It joins the nearest zone that may hold it.
    """
    plan = project.draft(plan_uid)
    site = project.with_what_ifs(plan).site(site_id)
    if site.patrolled:
        raise UserError("site_patrolled", site=site.id, name=site.name, plan=plan.name)
    own = list_closings(project, plan)
    closing = next((one for one in own if one.site == site.id), None)
    if closing is not None:
        rest = tuple(one for one in own if one is not closing)
        project = replace(project, closings={**project.closings, plan.uid: rest})
        project = _move_students(project, plan_uid, closing, back=True)
        plan = project.plans[plan_uid]
    kept: Mapping[str, date] = _inherit(project, plan, project.openings) or {}
    days = {key: day for key, day in kept.items() if key != site.id}
    if on is not None and not project.sites[site.id].patrolled:
        days[site.id] = on
    if days != kept:
        project = replace(project, openings={**project.openings, plan.uid: days})
    opened = _with_assumption(project, plan, site, patrolled=True)
    seen = project.with_what_ifs(opened)
    beside = find_zone_of_stack(plan, site, seen.stacked_sites(site.id))
    zone = beside or find_nearest_eligible_zone(seen, opened, site)
    return project.with_plan(opened.with_assignments({site.id: zone}))


def assume_planned_site(
    project: Project, plan_uid: str, site: Site, on: date | None = None
) -> Project:
    """Add a site that does not exist yet and open it in one draft, not elsewhere."""
    if site.id in project.sites:
        raise UserError("name_in_use.site", site=site.id)
    planned = replace(site, patrolled=False, kind="planned")
    return assume_site_open(project.with_site(planned), plan_uid, site.id, on)


def set_assumed_enrollment(
    project: Project, plan_uid: str, site_id: str, enrollment: int | None
) -> Project:
    """Take another enrollment for true in one draft; None takes that back."""
    plan = project.draft(plan_uid)
    site = project.site(site_id)
    if enrollment is not None and enrollment < 0:
        raise UserError("out_of_range.enrollment", enrollment=enrollment)
    return project.with_plan(_with_assumption(project, plan, site, enrollment=enrollment))


def apply_what_ifs(project: Project, plan_uid: str) -> Project:
    """Take what a draft assumes for true in the whole project."""
    plan = project.draft(plan_uid)
    seen = project.with_what_ifs(plan)
    return replace(seen, plans={**project.plans, plan.uid: replace(plan, what_if={})})


def _with_assumption(
    project: Project, plan: Plan, site: Site, **assumed: bool | int | None
) -> Plan:
    """Return the plan with something assumed of a site; what agrees with the facts is left out."""
    new = replace(plan.what_if.get(site.id, WhatIfChange()), **assumed)  # type: ignore[arg-type]
    fact = project.sites[site.id]
    if new.patrolled == fact.patrolled:
        new = replace(new, patrolled=None)
    if new.enrollment == fact.enrollment:
        new = replace(new, enrollment=None)
    others = {key: kept for key, kept in plan.what_if.items() if key != site.id}
    what_if = others if new == WhatIfChange() else {**others, site.id: new}
    return replace(plan, what_if=what_if)
