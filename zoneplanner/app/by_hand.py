"""One site given to a zone by hand, by mouse or by key."""

from zoneplanner.app.session import Session
from zoneplanner.domain.edits import assign
from zoneplanner.domain.plan import Zone


def own_zones(session: Session, site_id: str) -> tuple[Zone, ...]:
    """Return the zones of the plan on screen whose units may hold a site, locked or not.

    Empty where there is no plan or the site is not patrolled.
    """
    plan, project = session.plan, session.reading.project
    site = project.site(site_id)
    if plan is None or not site.patrolled:
        return ()
    lies_in = session.reading.basis.placements[site_id].jurisdiction
    return tuple(zone for zone in plan.zones if project.units[zone.unit].may_hold(lies_in))


def give(session: Session, site_id: str, zone_id: str) -> None:
    """Give a site, and what lies at its position, to a zone as one step.

    Raises
    ------
    UserError
        As ``edits.assign`` does: the plan is no draft, something is locked, the unit may not.
    """
    plan = session.plan
    if plan is None or plan.assignment.get(site_id) == zone_id:
        return
    uid, stack = plan.uid, dict.fromkeys(session.reading.basis.stack_of(site_id), zone_id)
    name = session.project.sites[site_id].name
    session.apply(f"Move {name} to {zone_id}", lambda project: assign(project, uid, stack))
