"""What becomes of sites that are cut off: joined, served alone, or not patrolled."""

from enum import StrEnum

from zoneplanner.analysis.geometry.cells import (
    Cells,
    DetachedSites,
    find_detached_sites,
    merge_areas,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import join_sites
from zoneplanner.domain.geography.separate_service import leave_unpatrolled, serve_separately
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names

_MOST_NAMES = 3


class DetachedChoice(StrEnum):
    """The three ways to go on with sites that are cut off."""

    CONNECT = "connect"
    SEPARATE = "separate"
    UNPATROLLED = "unpatrolled"


def list_detached_sites(session: Session) -> tuple[DetachedSites, ...]:
    """Return the groups of sites that are cut off from the others of their units."""
    return find_detached_sites(session.saved_project, session.state.basis.cells)


def settle_detached_sites(session: Session, site: str, choice: DetachedChoice) -> DetachedSites:
    """Go on with the cut-off group that a site is of in one of three ways, as one step.

    Raises
    ------
    UserError
        The site is not cut off from others.
    """
    site_id = session.saved_project.site(site).id
    own = next((part for part in list_detached_sites(session) if site_id in part.sites), None)
    if own is None:
        raise UserError("site_not_detached", site=session.saved_project.sites[site_id].name)
    names = [session.saved_project.sites[one].name for one in own.sites]
    cells = session.state.basis.cells
    label = {
        DetachedChoice.CONNECT: "Connect {}",
        DetachedChoice.SEPARATE: "A separate unit for {}",
        DetachedChoice.UNPATROLLED: "{} not patrolled",
    }[choice].format(join_names(names, most=_MOST_NAMES))
    session.apply(label, lambda project: _settle(project, own, cells, choice))
    return own


def _settle(project: Project, own: DetachedSites, cells: Cells, choice: DetachedChoice) -> Project:
    if choice is DetachedChoice.CONNECT:
        return join_sites(project, *own.joins)
    if choice is DetachedChoice.UNPATROLLED:
        return leave_unpatrolled(project, own.sites)
    vertices = {cells.vertex_of[site] for site in own.sites}
    area = merge_areas([part.area for part in cells.parts if part.vertex in vertices])
    lies_in = cells.jurisdiction[min(vertices)]
    assert area is not None and lies_in is not None
    return serve_separately(project, own.sites, lies_in, area)
