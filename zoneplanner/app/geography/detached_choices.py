"""Connect sites, cut connections, and decide about sites that are cut off from their unit's others.

Each is one step. Sites that are cut off are connected, served separately, or not patrolled.
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
    """The three choices for sites that are cut off."""

    CONNECT = "connect"
    SEPARATE = "separate"
    UNPATROLLED = "unpatrolled"


def list_detached_sites(session: Session) -> tuple[DetachedSites, ...]:
    """Return the groups of sites that are cut off from the other sites of their units."""
    return find_detached_sites(session.saved_project, session.state.basis.cells)


def settle_detached_sites(session: Session, site: str, choice: DetachedChoice) -> DetachedSites:
    """Apply a choice to the group of cut-off sites that contains a site, as one step.

    Raises
    ------
    UserError
        The site is not cut off.
    """
    sites = session.saved_project.sites
    site_id = session.saved_project.site(site).id
    group = next((each for each in list_detached_sites(session) if site_id in each.sites), None)
    if group is None:
        raise UserError("site_not_detached", site=sites[site_id].name)
    names = [sites[each].name for each in group.sites]
    cells = session.state.basis.cells
    label = {
        DetachedChoice.CONNECT: "Connect {}",
        DetachedChoice.SEPARATE: "A separate unit for {}",
        DetachedChoice.UNPATROLLED: "{} not patrolled",
    }[choice].format(join_names(names, most=_MOST_NAMES))
    session.apply(label, lambda project: _apply_choice(project, group, cells, choice))
    return group


def _apply_choice(
    project: Project, group: DetachedSites, cells: Cells, choice: DetachedChoice
) -> Project:
    if choice is DetachedChoice.CONNECT:
        return join_sites(project, *group.joins)
    if choice is DetachedChoice.UNPATROLLED:
        return leave_unpatrolled(project, group.sites)
    vertices = {cells.vertex_of[site] for site in group.sites}
    area = merge_areas([part.area for part in cells.parts if part.vertex in vertices])
    jurisdiction = cells.jurisdiction[min(vertices)]
    assert area is not None and jurisdiction is not None
    return serve_separately(project, group.sites, jurisdiction, area)


def connect_sites(session: Session, one: str, other: str) -> None:
    """Make two sites neighbors; see ``join_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Connect {names}", lambda project: join_sites(project, one, other))


def cut_connection(session: Session, one: str, other: str) -> None:
    """End the connection of two neighbors; see ``cut_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Cut {names}", lambda project: cut_sites(project, one, other))


def remove_connection(session: Session, one: str, other: str) -> None:
    """Remove a manual connection or cut of two sites; see ``forget_connection``."""
    names = _name_pair(session, one, other)
    session.apply(
        f"Remove the connection or separation of {names}",
        lambda project: forget_connection(project, one, other),
    )


def _name_pair(session: Session, one: str, other: str) -> str:
    project = session.saved_project
    names = [project.sites[site].name for site in make_site_pair(project, one, other)]
    return " and ".join(names)
