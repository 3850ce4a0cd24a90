"""What a parent or neighbor who calls is told about a school: whom to call, and never where."""

from dataclasses import dataclass

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.log.response_actions import DistrictTerm
from zoneplanner.domain.units import Agency


@dataclass(frozen=True, slots=True)
class CallSheet:
    """Whom a caller is referred to. It knows no unit and no officer, so it can tell of none.

    ``agency`` serves the school, None where no unit is primary there.
    """

    site: str
    name: str
    address: str
    school_phone: str
    agency: Agency | None
    tip_line: DistrictTerm


def make_call_sheet(state: ProjectState, site_id: str) -> CallSheet:
    """Return the sheet of a school; an unknown one is a UserError."""
    project = state.project
    site = project.site(site_id)
    placement = state.basis.placements.get(site.id)
    area = placement.jurisdiction if placement is not None else None
    serving = [unit.agency for unit in project.units.values() if unit.may_be_primary(area)]
    plan = state.plan
    zone = plan.assignment.get(site.id) if plan is not None else None
    if plan is not None and zone is not None:
        unit = project.units.get(plan.zone(zone).unit)
        if unit is not None and unit.agency in serving:
            serving.insert(0, unit.agency)
    agency = project.agencies.get(serving[0]) if serving else None
    address = ", ".join(filter(None, (site.street, f"{site.city} {site.zip}".strip())))
    return CallSheet(site.id, site.name, address, site.phone, agency, project.terms.tip_line)
