"""The first plan of a district: so many zones, for the units that there are."""

from dataclasses import replace

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.data.agency_rows import remove_placeholder_units
from zoneplanner.app.plans.optimization import (
    FIRST_PLAN,
    build_empty_plan,
    make_unique_name,
    search_proposals,
)
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.lifecycle import add_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import list_like_units, number_units
from zoneplanner.errors import ProgressReport, UserError

SCHOOLS_A_ZONE = 12


def suggest_zone_count(schools: int) -> int:
    """Return how many zones a district of so many schools may begin with."""
    return max(1, round(schools / SCHOOLS_A_ZONE))


def count_zone_units(project: Project) -> int:
    """Return how many units hold a zone."""
    return sum(unit.holds_zone for unit in project.units.values())


def _set_zone_units(project: Project, zones: int) -> Project:
    """Return a project with units for so many zones; a unit that somebody named stays."""
    more = zones - count_zone_units(project)
    like = list_like_units(project.units)
    if more < 0:  # those that serve sites apart stay
        apart = [key for key, unit in project.units.items() if unit not in like]
        return remove_placeholder_units(project, kept=apart, most=-more)
    if not more or not like:
        return project
    return replace(project, units=number_units(project.units, len(like) + more))


def plan_district(
    session: Session,
    *,
    zones: int | None = None,
    time_limit_s: float = 20.0,
    report: ProgressReport = lambda fraction, text: None,
) -> Plan:
    """Propose zones for a district and keep them as its plan, as one step with its units.

    ``zones`` are the units where no plan holds any yet: None leaves those that there are. Of more
    units placeholders go, the last first, and others stay without a zone. A name in use gets a
    number.

    Raises
    ------
    UserError
        There is no school, or no plan was found; nothing was changed.
    """
    project = session.saved_project
    if not project.patrolled:
        raise UserError("district_without_schools")
    if zones is not None and zones != count_zone_units(project):
        if project.plans:
            raise UserError("units_in_plans")
        project = _set_zone_units(project, zones)
    units = project.units
    name = make_unique_name(FIRST_PLAN, {plan.name for plan in project.plans.values()})
    draft = build_empty_plan(project, name, new_uid(), session.clock())
    draft = replace(draft, zones=draft.zones[:zones])
    basis = compute_planning_basis(project, session.present_state.basis)
    best = None
    for best in search_proposals(project, draft, basis, time_limit_s=time_limit_s):
        report(min(0.99, best.seconds / time_limit_s), f"{best.gap:.1%} from the best possible")
    assert best is not None
    plan = best.plan
    session.apply(f"Propose “{name}”", lambda own: add_plan(replace(own, units=units), plan))
    session.show_plan(plan.uid)
    return plan


def list_units_without_zone(project: Project, plan: Plan) -> list[str]:
    """Return the names of the units that hold zones and have none in a plan."""
    planned = {zone.unit for zone in plan.zones}
    return [
        unit.name for unit in project.units.values() if unit.holds_zone and unit.id not in planned
    ]
