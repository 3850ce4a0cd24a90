"""What lies around a plan's zones: neighbors, the unit asked next, the nearest way round."""

from collections import defaultdict

from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response.deployment import build_deployment
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


def find_backup_units(project: Project, plan: Plan, basis: PlanningBasis) -> dict[str, str]:
    """Return the unit that is asked next for most of each zone's calls; none where none may come.

    Who is asked is the model's word; see ``deployment``.
    """
    try:
        model = build_deployment(project, plan, basis)
    except UserError:
        return {}
    weights: dict[str, dict[str, float]] = {zone.id: defaultdict(float) for zone in plan.zones}
    own = {zone.id: zone.unit for zone in plan.zones}
    for row, site in enumerate(model.sites):
        zone = plan.assignment.get(site)
        if zone is None or zone not in own:
            continue
        asked = [model.units[at] for at in model.preferences[row].tolist() if at >= 0]
        following = [unit for unit in asked if unit != own[zone]]
        if following:
            weights[zone][following[0]] += max(float(model.calls_per_h[row]), 1e-9)
    return {
        zone: max(calls, key=lambda unit: calls[unit]) for zone, calls in weights.items() if calls
    }


def order_sites_by_nearest(plan: Plan, basis: PlanningBasis, zone_id: str) -> tuple[str, ...]:
    """Return a zone's sites from its post on, each time the one that is reached soonest."""
    left = [basis.index[site] for site in plan.sites_of(zone_id) if site in basis.index]
    if not left:
        return ()
    here, _ = basis.find_post(left)
    order = []
    while left:
        here = min(left, key=lambda at: (basis.travel_min[here, at] if at != here else -1.0, at))
        left.remove(here)
        order.append(basis.sites[here].id)
    return tuple(order)
