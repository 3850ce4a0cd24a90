"""Join two sites as neighbors, cut them, or have them be what their land makes them."""

from dataclasses import replace

from zoneplanner.domain.geography.connections import SitePair
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


def make_site_pair(project: Project, one: str, other: str) -> SitePair:
    """Return two sites, named by id or full name, as a pair; one and the same is a UserError."""
    ids = sorted({project.site(one).id, project.site(other).id})
    if len(ids) < 2:
        raise UserError("pair_of_one", site=project.sites[ids[0]].name)
    return ids[0], ids[1]


def join_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites neighbors."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    return replace(project, connections=replace(left, joined=(*left.joined, pair)))


def cut_sites(project: Project, one: str, other: str) -> Project:
    """Make two sites no neighbors."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    return replace(project, connections=replace(left, cut=(*left.cut, pair)))


def forget_connection(project: Project, one: str, other: str) -> Project:
    """Have two sites be neighbors by their land alone; where nothing was said, a UserError."""
    pair = make_site_pair(project, one, other)
    left = project.connections.without(pair)
    if left == project.connections:
        names = [project.sites[site].name for site in pair]
        raise UserError("unknown_connection", sites=names)
    return replace(project, connections=left)
