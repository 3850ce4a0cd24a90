"""Say in the planner's words that another desk was faster, with both versions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict

REPEAT = "Theirs is on the map now; do yours again if it still holds."


def in_words(conflict: Conflict, project: Project) -> Conflict:
    """Return a conflict with names in the place of ids, for where a site goes."""
    said = conflict.details
    plan, site = [*said.get("key", ()), "", ""][:2]
    if said.get("table") != "assignment" or site not in project.sites:
        return conflict
    name, who = project.sites[site].name, _who(said, project)
    mine = _zone(said.get("yours"), project, plan)
    theirs = _zone(said.get("theirs"), project, plan)
    return Conflict(
        f"{name} is {theirs} since {who}; you wanted it {mine}. {REPEAT}",
        {"yours": mine, "theirs": theirs},
    )


def _who(said: dict[str, object], project: Project) -> str:
    if not said.get("by"):
        return "another desk changed it"
    at = datetime.fromisoformat(str(said["at"])).astimezone(ZoneInfo(project.time_zone))
    return f"{said['by']} changed it at {at:%H:%M}"


def _zone(row: object, project: Project, plan_uid: str) -> str:
    if not isinstance(row, dict) or not row.get("zone"):
        return "in no zone"
    plan = project.plans.get(plan_uid)
    known = {zone.id: zone.name for zone in plan.zones} if plan else {}
    return f"in {known.get(str(row['zone']), row['zone'])}"
