"""What one step of a drag costs: a site given to another zone, outlines to checks."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from zoneplanner.analysis.basis import Basis, basis
from zoneplanner.analysis.measures import facts, held_by, plan_figures
from zoneplanner.analysis.outlines import zone_outlines
from zoneplanner.domain.checks import notes, problems
from zoneplanner.domain.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.bundle import bundled_project


def start() -> tuple[Project, Plan, Basis]:
    """Return the bundled district with zones from west to east."""
    project = bundled_project(uid="bench")
    base = basis(project)
    units = [unit for unit in project.units.values() if unit.holds_zone]
    zones = tuple(Zone(unit.id, unit.name, unit.id, n) for n, unit in enumerate(units))
    assignment = {}
    for kind in {held_by(project, zone.unit) for zone in zones}:
        own = [zone.id for zone in zones if held_by(project, zone.unit) == kind]
        sites = [site for site in base.sites if base.placements[site.id].jurisdiction in kind]
        sites.sort(key=lambda site: site.x_m)
        assignment |= {site.id: own[n * len(own) // len(sites)] for n, site in enumerate(sites)}
    return project, Plan("bench", "Bench", zones, assignment), base


def moves(project: Project, plan: Plan, base: Basis) -> Iterator[tuple[str, str]]:
    """Yield every single move of a site to another zone that may hold it."""
    for site in base.sites:
        lies_in = base.placements[site.id].jurisdiction
        for zone in plan.zones:
            if zone.id != plan.assignment[site.id] and lies_in in held_by(project, zone.unit):
                yield site.id, zone.id


def main() -> None:
    """Print the median and the slowest step over all single moves, in milliseconds."""
    begun = perf_counter()
    project, plan, base = start()
    build_s = perf_counter() - begun
    outlines = zone_outlines(plan, base.cells)
    figures = plan_figures(project, plan, base, outlines)
    spent: dict[str, list[float]] = {"outlines": [], "figures": [], "checks": [], "step": []}
    for site_id, zone_id in moves(project, plan, base):
        after = plan.assigned({site_id: zone_id})
        only = {plan.assignment[site_id], zone_id}
        begun = perf_counter()
        drawn = zone_outlines(after, base.cells, only=only)
        outlined = perf_counter()
        now = plan_figures(project, after, base, {**outlines, **drawn}, previous=figures, only=only)
        figured = perf_counter()
        known = facts(base, now)
        problems(project, after, known)
        notes(project, known)
        checked = perf_counter()
        spent["outlines"].append(outlined - begun)
        spent["figures"].append(figured - outlined)
        spent["checks"].append(checked - figured)
        spent["step"].append(checked - begun)
    print(f"{len(spent['step'])} single moves on {len(base.sites)} sites; ms, median and slowest")
    for name, seconds in spent.items():
        print(f"  {name:<10} {1000 * median(seconds):7.2f} {1000 * max(seconds):7.2f}")
    print(f"  project and basis at start-up {1000 * build_s:.0f} ms")


if __name__ == "__main__":
    main()
