"""What is open at a site: overdue and due duties, and no visit this week; in a few words."""

from zoneplanner.domain.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.readiness import PLAN_REVIEW, Requirement, RequirementStatus
from zoneplanner.publish.content import Handout

OPEN_STATUSES = (RequirementStatus.OVERDUE, RequirementStatus.DUE)
NO_VISIT_THIS_WEEK = "no visit this week"
_NAMES = {
    PLAN_REVIEW: "Plan review",
    AFTER_ACTION: "After-action review",
    CORRECTIVE_ACTION: "Corrective action",
    CONCERN: "Concern report",
}


def name_requirement(what: str) -> str:
    """Name a duty as people do: Plan review, Fire drill."""
    return _NAMES.get(what) or f"{what.capitalize()} drill"


def _describe_requirement(item: Requirement) -> str:
    """Say what a duty is and how it stands, like “fire drill overdue”."""
    return f"{name_requirement(item.what).lower()} {item.status.value}"


def _list_open_requirements(handout: Handout, site_id: str) -> list[Requirement]:
    """Return a site's overdue duties and then those that are due."""
    own = handout.readiness.get(site_id, ())
    return sorted(
        (item for item in own if item.status in OPEN_STATUSES),
        key=lambda item: (OPEN_STATUSES.index(item.status), item.what),
    )


def _is_unvisited(handout: Handout, site_id: str) -> bool:
    """True where the log shows no visit in the handout's week."""
    return bool(handout.weeks) and not handout.weeks[-1].visits.get(site_id, 0)


def describe_open_items(handout: Handout, site_id: str) -> list[str]:
    """Return what is open at a site, the visit first."""
    words = [NO_VISIT_THIS_WEEK] if _is_unvisited(handout, site_id) else []
    return words + [
        _describe_requirement(item) for item in _list_open_requirements(handout, site_id)
    ]
