"""Edits of many sites at once, as an import makes them."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.domain.project import Project


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
