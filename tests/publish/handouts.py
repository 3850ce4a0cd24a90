"""Handouts of small projects and of the bundled district, with a simple zoning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from builders import project_from

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.publish.handout import Handout, ZoneWorkload

AS_OF = datetime(2026, 11, 16, 20, 5, tzinfo=UTC)
VISITED = date(2026, 11, 13)
NOTE = "gate code is with the front desk"
HEAD = "3fa94c0b" * 8


def build_handout(project: Project, plan: Plan | None = None, audience: str = "public") -> Handout:
    """Return a handout of a project's plan with a visit and a note at every site."""
    plan = plan or project.plans["plan"]
    sites = {key: replace(site, note=NOTE) for key, site in project.sites.items()}
    base = compute_planning_basis(project)
    return Handout(
        project=replace(project, sites=sites),
        plan=plan,
        outlines={key: line.area for key, line in build_zone_outlines(plan, base.cells).items()},
        placements=base.placements,
        figures={zone.id: ZoneWorkload(471.5, 0.042, 6123, 95.0) for zone in plan.zones},
        last_visits=dict.fromkeys(project.sites, VISITED),
        visited_before=dict.fromkeys(project.sites, VISITED),
        as_of=AS_OF,
        head_hash=HEAD,
        entries=128,
        audience=audience,
    )


def letter_handout(layout: str, audience: str = "public") -> Handout:
    """Return a handout of ``project_from(layout)``."""
    return build_handout(project_from(layout), audience=audience)


def district_handout(audience: str = "public") -> Handout:
    """Return a handout of the bundled district with zones in bands from west to east."""
    project = build_bundled_project(uid="p")
    holders = [unit for unit in project.units.values() if unit.holds_zone]
    zones = tuple(Zone(unit.id, f"Zone {unit.id}", unit.id, n) for n, unit in enumerate(holders))
    lies_in = compute_planning_basis(project).placements
    assignment: dict[str, str] = {}
    for home in ("Unincorporated Sacramento County", "City of Citrus Heights"):
        sites = [site for site in project.patrolled if lies_in[site.id].jurisdiction == home]
        units = [unit.id for unit in holders if unit.may_be_primary(home)]
        assignment |= _bands(sites, units)
    plan = Plan("plan", "Draft A", zones, assignment, made_at=AS_OF)
    return build_handout(project.with_plan(plan), plan, audience)


def _bands(sites: Sequence[Site], zones: Sequence[str]) -> dict[str, str]:
    order = sorted(sites, key=lambda site: (site.x_m, site.id))
    return {site.id: zones[n * len(zones) // len(order)] for n, site in enumerate(order)}
