"""Edits of many sites at once, as an import makes them, and what sites are called elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_finder import normalize_alias
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_LONGEST_ALIAS = 200


def add_sites(project: Project, sites: Mapping[str, Site]) -> Project:
    """Add sites, or replace those whose id is known, all as they are given.

    In each draft a new site at the position of one that has a zone joins it, where that zone may
    hold it; any other new site has no zone yet. One that is no longer patrolled leaves its zone.
    """
    after = replace(project, sites={**project.sites, **sites})
    for plan in project.plans.values():
        if not plan.is_draft:
            continue
        gone = {key for key, site in sites.items() if not site.patrolled and key in plan.assignment}
        kept = {key: zone for key, zone in plan.assignment.items() if key not in gone}
        if gone:
            after = after.with_plan(replace(after.plans[plan.uid], assignment=kept))
        at = {after.sites[key].position: zone for key, zone in kept.items() if key in after.sites}
        new = [site for key, site in sites.items() if key not in project.sites and site.patrolled]
        joined = {
            site.id: at[site.position]
            for site in new
            if site.position in at
            and find_zone_refusal(
                after.with_what_ifs(plan), after.plans[plan.uid], site, at[site.position]
            )
            is None
        }
        if joined:
            after = after.with_plan(after.plans[plan.uid].with_assignments(joined))
    return after


def add_site_alias(project: Project, site_id: str, text: str) -> Project:
    """Have a site found by another name too; a name means one site, so that it leaves any other.

    Raises
    ------
    UserError
        The site is unknown, or the name is empty, too long, or that of another site.
    """
    site, alias = project.site(site_id), " ".join(text.split())
    key = normalize_alias(alias)
    if not key or len(alias) > _LONGEST_ALIAS:
        raise UserError("no_site_alias", alias=alias, most=_LONGEST_ALIAS)
    own = next((one for one in project.sites.values() if normalize_alias(one.name) == key), site)
    if own is not site:
        raise UserError("site_alias_is_name", alias=alias, site=own.name)
    if any(normalize_alias(known) == key for known in site.aliases):
        return project
    project = _without_alias(project, key)
    return project.with_site(replace(site, aliases=tuple(sorted((*site.aliases, alias)))))


def remove_site_alias(project: Project, text: str) -> Project:
    """Forget another name of a site; one that no site has is a UserError."""
    after = _without_alias(project, normalize_alias(text))
    if after is project:
        raise UserError("unknown_site_alias", alias=text)
    return after


def _without_alias(project: Project, key: str) -> Project:
    for site in project.sites.values():
        kept = tuple(alias for alias in site.aliases if normalize_alias(alias) != key)
        if kept != site.aliases:
            project = project.with_site(replace(site, aliases=kept))
    return project
