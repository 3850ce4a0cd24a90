"""Connect two sites that no border joins, or cut two that it does, as one step."""

from collections.abc import Callable
from functools import partial

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.connection_edits import (
    cut_sites,
    forget_connection,
    join_sites,
    make_site_pair,
)
from zoneplanner.domain.project import Project

_PairEdit = Callable[[Project, str, str], Project]


def connect_sites(session: Session, one: str, other: str) -> None:
    """Make two sites neighbors; see ``join_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Connect {names}", partial(_turned, join_sites, one, other))


def cut_connection(session: Session, one: str, other: str) -> None:
    """Make two sites no neighbors; see ``cut_sites``."""
    names = _name_pair(session, one, other)
    session.apply(f"Cut {names}", partial(_turned, cut_sites, one, other))


def remove_connection(session: Session, one: str, other: str) -> None:
    """Have two sites be neighbors by their land alone; see ``forget_connection``."""
    names = _name_pair(session, one, other)
    session.apply(f"{names} by their land", partial(_turned, forget_connection, one, other))


def _turned(edit: _PairEdit, one: str, other: str, project: Project) -> Project:
    return edit(project, one, other)


def _name_pair(session: Session, one: str, other: str) -> str:
    project = session.saved_project
    names = [project.sites[site].name for site in make_site_pair(project, one, other)]
    return " and ".join(names)
