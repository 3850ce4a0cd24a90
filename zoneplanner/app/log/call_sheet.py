"""What to tell a parent or neighbor who calls about a school; never where a unit is."""

from dataclasses import dataclass

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.log.response_action_terms import DistrictTerm
from zoneplanner.domain.project import list_office_agencies
from zoneplanner.domain.units import Agency
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class CallSheet:
    """Whom to refer a caller to. It contains no unit or officer, so it cannot reveal one.

    ``agency`` serves the school; it is None if no unit is primary there. For a school in no zone
    it is an agency without zones that has a number, such as the district's own office.
    """

    site: str
    name: str
    address: str
    school_phone: str
    agency: Agency | None
    tip_line: DistrictTerm


ASK_FIRST = "Is anybody in danger now? Have the caller hang up and dial 9-1-1."
NEVER_SAY = "Never say where an officer or unit is, or when one will come by."
CALL_SHEET_LABELS = {
    "agency": "Served by",
    "phone": "Not an emergency",
    "school": "The school",
    "tip": "A concern",
    "complaint": "A complaint about an officer",
}
NO_NUMBER = "No number is on file: call 9-1-1 for an emergency"
_NO_TIP_LINE = "The school’s office, or the district’s tip line"
NO_CONTACT = "no phone or address is on file"
_NO_AGENCY = "no agency in this project"


def describe_call_sheet(sheet: CallSheet) -> dict[str, str]:
    """Return what to tell a caller, by the keys of ``CALL_SHEET_LABELS``."""
    name = sheet.agency.id if sheet.agency else _NO_AGENCY
    phone = sheet.agency.phone if sheet.agency else ""
    tip = sheet.tip_line.term or (sheet.tip_line.text and "Tip line")
    return {
        "agency": name,
        "phone": phone or NO_NUMBER,
        "school": ", ".join(filter(None, (sheet.address, sheet.school_phone))),
        "tip": f"{tip}: {sheet.tip_line.text or NO_CONTACT}" if tip else _NO_TIP_LINE,
        "complaint": f"Refer the caller to {name}. Nothing about the complaint is recorded here.",
    }


def list_missing_facts(sheet: CallSheet) -> list[Message]:
    """Name what the office has to enter to complete the sheet, and where."""
    agency, tip, missing = sheet.agency, sheet.tip_line, list[Message]()
    if agency is not None and not agency.phone:
        missing.append(Message("sheet_lacks.phone", agency=agency.id))
    if not tip.text:
        code = "sheet_lacks.tip_line_contact" if tip.term else "sheet_lacks.tip_line"
        missing.append(Message(code, tip_line=tip.term))
    return missing


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
    if plan is not None and zone is None:
        agency = next(iter(list_office_agencies(project, plan)), agency)
    address = ", ".join(filter(None, (site.street, f"{site.city} {site.zip}".strip())))
    return CallSheet(site.id, site.name, address, site.phone, agency, project.terms.tip_line)
