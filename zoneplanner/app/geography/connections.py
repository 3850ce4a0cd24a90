"""Connect two sites that no border joins, or cut two that it does, as one step."""

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import (
    cut_sites,
    forget_connection,
    join_sites,
    make_site_pair,
)


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
