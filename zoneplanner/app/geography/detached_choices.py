"""What becomes of sites that are cut off: joined, served alone, or not patrolled.

Connect two sites that no border joins, or cut two that it does, as one step.
"""

from enum import StrEnum

from zoneplanner.analysis.geometry.cells_and_outlines import (
    Cells,
    DetachedSites,
    find_detached_sites,
    merge_areas,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import (
    cut_sites,
    forget_connection,
    join_sites,
    make_site_pair,
)
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


def connect_sites(session: Session, one: str, other: str) -> None:
    """Make two sites neighbors; see ``join_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Connect {names}", lambda project: join_sites(project, one, other))


def cut_connection(session: Session, one: str, other: str) -> None:
    """Make two sites no neighbors; see ``cut_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Cut {names}", lambda project: cut_sites(project, one, other))


def remove_connection(session: Session, one: str, other: str) -> None:
    """Have two sites be neighbors by their land alone; see ``forget_connection``."""
    names = _name_pair(session, one, other)
    session.apply(f"{names} by their land", lambda project: forget_connection(project, one, other))


def _name_pair(session: Session, one: str, other: str) -> str:
    project = session.saved_project
    names = [project.sites[site].name for site in make_site_pair(project, one, other)]
    return " and ".join(names)
