"""One site given to a zone by hand, by mouse or by key."""

from zoneinfo import ZoneInfo

from zoneplanner.app.session import Session
from zoneplanner.domain.edits import assign_sites, explain_zone_refusal
from zoneplanner.domain.locks import find_blocking_lock
from zoneplanner.domain.plan import Plan, PlanLock, Zone
from zoneplanner.domain.site import Site
from zoneplanner.errors import Disconnected, UserError


def list_eligible_zones(session: Session, site_id: str) -> tuple[Zone, ...]:
    """Return the zones of the plan on screen whose units may hold a site, locked or not.

    Empty where there is no plan or the site is not patrolled.
    """
    plan, project = session.plan, session.reading.project
    site = project.site(site_id)
    if plan is None or not site.patrolled:
        return ()
    lies_in = session.reading.basis.placements[site_id].jurisdiction
    return tuple(zone for zone in plan.zones if project.units[zone.unit].may_hold(lies_in))


def explain_refused_assignment(
    session: Session, plan: Plan, site: Site, zone_id: str
) -> str | None:
    """Say which rule keeps a site from a zone; of a lock also who set it, and when."""
    project = session.project
    why, shut = (
        explain_zone_refusal(project, plan, site, zone_id),
        find_blocking_lock(project, plan, site, zone_id),
    )
    if why is None or shut is None:
        return why
    return f"{why} {describe_lock_author(session, plan, shut)}".rstrip()


def describe_lock_author(session: Session, plan: Plan, shut: PlanLock) -> str:
    """Say in a sentence who set a lock, and when; nothing where that is not known."""
    try:
        known = session.store.last_change("plan_lock", (plan.uid, str(shut.kind), shut.target))
    except Disconnected:  # the rule itself is known without the server
        return ""
    if known is None:
        return ""
    who, at = known
    day = at.astimezone(ZoneInfo(session.project.time_zone))
    return f"{who} locked it on {session.formats.day(day)}."


def reassign_site(session: Session, site_id: str, zone_id: str) -> None:
    """Give a site, and what lies at its position, to a zone as one step.

    Raises
    ------
    UserError
        As ``edits.assign`` does: the plan is no draft, something is locked, the unit may not.
    """
    plan = session.plan
    if plan is None or plan.assignment.get(site_id) == zone_id:
        return
    if plan.open:
        why = explain_refused_assignment(session, plan, session.project.site(site_id), zone_id)
        if why is not None:
            raise UserError(why, {"site": site_id, "zone": zone_id}, code="zone_not_allowed")
    uid, stack = plan.uid, dict.fromkeys(session.reading.basis.stack_of(site_id), zone_id)
    name = session.project.sites[site_id].name
    session.apply(f"Move {name} to {zone_id}", lambda project: assign_sites(project, uid, stack))
