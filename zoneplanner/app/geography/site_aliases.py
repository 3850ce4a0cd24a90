"""What sites are also called by dispatch and others; imports find them by it."""

from functools import partial

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_edits import add_site_alias, remove_site_alias
from zoneplanner.domain.project import Project


def list_aliases(project: Project) -> list[tuple[str, Site]]:
    """Return the names that sites have beside their own, in the order of their letters."""
    found = [(alias, site) for site in project.sites.values() for alias in site.aliases]
    return sorted(found, key=lambda own: own[0].casefold())


def add_alias(session: Session, site: str, text: str) -> None:
    """Have a site found by another name too, as one step; see ``add_site_alias``."""
    name = session.saved_project.site(site).name
    if add_site_alias(session.saved_project, site, text) is not session.saved_project:
        session.apply(f"{name} is also called “{text}”", partial(_add, site, text))


def remove_alias(session: Session, text: str) -> None:
    """Forget another name of a site, as one step; see ``remove_site_alias``."""
    session.apply(f"No site is called “{text}” any more", partial(_remove, text))


def _add(site: str, text: str, project: Project) -> Project:
    return add_site_alias(project, site, text)


def _remove(text: str, project: Project) -> Project:
    return remove_site_alias(project, text)
