"""What is open at a site: overdue and due duties, and no visit this week; in a few words."""

from zoneplanner.domain.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.readiness import PLAN_REVIEW, Item, Status
from zoneplanner.publish.content import Handout

OPEN = (Status.OVERDUE, Status.DUE)
NOT_VISITED = "no visit this week"
_NAMES = {
    PLAN_REVIEW: "Plan review",
    AFTER_ACTION: "After-action review",
    CORRECTIVE_ACTION: "Corrective action",
    CONCERN: "Concern report",
}


def duty_name(what: str) -> str:
    """Name a duty as people do: Plan review, Fire drill."""
    return _NAMES.get(what) or f"{what.capitalize()} drill"


def _duty_words(item: Item) -> str:
    """Say what a duty is and how it stands, like “fire drill overdue”."""
    return f"{duty_name(item.what).lower()} {item.status.value}"


def _open_items(handout: Handout, site_id: str) -> list[Item]:
    """Return a site's overdue duties and then those that are due."""
    own = handout.readiness.get(site_id, ())
    return sorted(
        (item for item in own if item.status in OPEN),
        key=lambda item: (OPEN.index(item.status), item.what),
    )


def _unvisited(handout: Handout, site_id: str) -> bool:
    """True where the log shows no visit in the handout's week."""
    return bool(handout.weeks) and not handout.weeks[-1].visits.get(site_id, 0)


def open_words(handout: Handout, site_id: str) -> list[str]:
    """Return what is open at a site, the visit first."""
    words = [NOT_VISITED] if _unvisited(handout, site_id) else []
    return words + [_duty_words(item) for item in _open_items(handout, site_id)]
