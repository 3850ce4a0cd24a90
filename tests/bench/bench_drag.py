"""What one step of a drag costs: a site assigned to another zone, from outlines to checks.

First the computation alone, over all single moves. Then whole frames of the real window with map,
tables, card and figures, from the pointer's move to the last pixel, at two sizes of the window.

    python tests/bench/bench_drag.py [PROJECT]

With a project that has a plan only its frames are measured.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter, process_time, sleep

from PySide6.QtCore import QCoreApplication, QEvent, QLineF, QPoint
from PySide6.QtWidgets import QApplication

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.plan_measures import (
    compute_plan_measures,
    find_primary_jurisdictions,
    gather_plan_facts,
)
from zoneplanner.analysis.planning_basis import PlanningBasis, compute_planning_basis
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project, open_session
from zoneplanner.domain.plans.checks import find_plan_notes, find_plan_problems
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.ui.shell.application_window import ApplicationWindow

SIZES = ((1280, 800), (2560, 1440))
TURNS, STEPS = 20, 8
POINTER_S = 0.012
"""The pause between two steps, as with a hand."""


def start() -> tuple[Project, Plan, PlanningBasis]:
    """Return the bundled district with zones from west to east."""
    project = build_bundled_project(uid="bench")
    base = compute_planning_basis(project)
    units = [unit for unit in project.units.values() if unit.holds_zone]
    zones = tuple(Zone(unit.id, unit.name, unit.id, n) for n, unit in enumerate(units))
    assignment = {}
    for kind in {find_primary_jurisdictions(project, zone.unit) for zone in zones}:
        own = [zone.id for zone in zones if find_primary_jurisdictions(project, zone.unit) == kind]
        sites = [site for site in base.sites if base.placements[site.id].jurisdiction in kind]
        sites.sort(key=lambda site: site.x_m)
        assignment |= {site.id: own[n * len(own) // len(sites)] for n, site in enumerate(sites)}
    return project, Plan("bench", "Bench", zones, assignment), base


def list_moves(project: Project, plan: Plan, base: PlanningBasis) -> Iterator[tuple[str, str]]:
    """Yield every single move of a site to another zone that may hold it."""
    for site in base.sites:
        lies_in = base.placements[site.id].jurisdiction
        for zone in plan.zones:
            if zone.id != plan.assignment[site.id] and lies_in in find_primary_jurisdictions(
                project, zone.unit
            ):
                yield site.id, zone.id


def main() -> None:
    """Print the median and the slowest step over all single moves, in milliseconds."""
    begun = perf_counter()
    project, plan, base = start()
    build_s = perf_counter() - begun
    outlines = build_zone_outlines(plan, base.cells)
    figures = compute_plan_measures(project, plan, base, outlines)
    spent: dict[str, list[float]] = {"outlines": [], "figures": [], "checks": [], "step": []}
    for site_id, zone_id in list_moves(project, plan, base):
        after = plan.with_assignments({site_id: zone_id})
        only = {plan.assignment[site_id], zone_id}
        begun = perf_counter()
        drawn = build_zone_outlines(after, base.cells, only=only)
        outlined = perf_counter()
        now = compute_plan_measures(
            project, after, base, {**outlines, **drawn}, previous=figures, only=only
        )
        figured = perf_counter()
        known = gather_plan_facts(base, now)
        find_plan_problems(project, after, known)
        find_plan_notes(project, known)
        checked = perf_counter()
        spent["outlines"].append(outlined - begun)
        spent["figures"].append(figured - outlined)
        spent["checks"].append(checked - figured)
        spent["step"].append(checked - begun)
    print(f"{len(spent['step'])} single moves on {len(base.sites)} sites; ms, median and slowest")
    for name, seconds in spent.items():
        print(f"  {name:<10} {1000 * median(seconds):7.2f} {1000 * max(seconds):7.2f}")
    print(f"  project and basis at start-up {1000 * build_s:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "district.gpkg"
        session = create_project(path)
        add_first_plan(session)
        session.close()
        measure_frames(path)


def measure_frames(path: Path) -> None:
    """Print what frames of a drag cost in the window of a project with a plan."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    print("frames of the whole window: ms on the wall, of the processor, slowest on the wall")
    for size in SIZES:
        window(app, path, size)
    print(f"memory at most {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def window(app: QApplication, path: Path, size: tuple[int, int]) -> None:
    """Drag a selected school between zones and print the cost of the frames."""
    planner = ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
    planner.resize(*size)
    planner.show()
    planner.show_session(open_session(path), path)
    assert planner.main is not None
    view = planner.main.map
    plan = view.session.plan
    assert plan is not None
    spot_of = {
        z.id: spot for z in plan.zones if (spot := view.map.find_number_position(z.id)) is not None
    }
    middle = view.map.frame.to_scene_point(*view.session.project.patrolled[0].position)
    near = sorted(spot_of, key=lambda zone: QLineF(middle, spot_of[zone]).length())[:3]
    site = next(s for s in view.session.project.patrolled if plan.assignment[s.id] == near[0])
    view.bridge.select(site=site.id)
    for _ in range(5):
        app.processEvents()
    gc.freeze()  # as the program does once it has started
    carrying = view.tools["select"].site_drag
    assert carrying.lift(site.id)
    spots = [spot_of[zone] for zone in near]
    followed: list[None] = []
    view.bridge.preview_followed.connect(lambda: followed.append(None))
    kinds = ("in a zone", "into a zone", "tables follow")
    spent: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for turn in range(TURNS):
        for spot in spots:
            at = view.mapFromScene(spot)
            for step in range(STEPS):
                sleep(POINTER_S)
                known, begun, used = len(followed), perf_counter(), process_time()
                carrying.carry(at + QPoint(3 * step, turn % 5 if step else 0))
                app.processEvents()
                took = (perf_counter() - begun, process_time() - used)
                follows = kinds[2] if len(followed) > known else kinds[0]
                spent[follows if step else kinds[1]].append(took)
    carrying.put_back()
    for name, took in spent.items():
        wall, cpu = ([1000 * each[side] for each in took] for side in (0, 1))
        middle = f"{median(wall):6.1f} {median(cpu):6.1f} {max(wall):6.1f}"
        print(f"  {size[0]} x {size[1]}  drag {name:12} {middle}")
    planner.close()
    planner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


if __name__ == "__main__":
    measure_frames(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
