"""What differs between two readings, so that only that is drawn anew."""

from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.layers import list_user_layers
from zoneplanner.domain.project import Project
from zoneplanner.ui.canvas.colouring import SiteColoring


def has_same_background(before: Project, after: Project) -> bool:
    """True where blocks, areas and features are the same, but for layers of the user's own."""
    if before.blocks is not after.blocks or before.jurisdictions is not after.jurisdictions:
        return False
    if before.features is after.features:
        return True
    own = {layer.id for project in (before, after) for layer in list_user_layers(project)}
    old, new = (
        [item for item in project.features if item.layer not in own] for project in (before, after)
    )
    return old == new


def find_reassigned_sites(before: ProjectState, after: ProjectState) -> frozenset[str]:
    """Return the sites whose zone differs."""
    old = before.plan.assignment if before.plan else {}
    new = after.plan.assignment if after.plan else {}
    return frozenset(site for site, _ in old.items() ^ new.items())


def find_recolored_sites(before: SiteColoring, after: SiteColoring) -> frozenset[str]:
    """Return the sites whose shade differs."""
    return frozenset(site for site, _ in before.place.items() ^ after.place.items())
