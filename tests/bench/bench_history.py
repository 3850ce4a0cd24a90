"""Times of the history on the bundled district: python tests/bench/bench_history.py"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from zoneplanner import storage
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

AT = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
STEPS = 1000


def opened(path: Path) -> Session:
    return Session(storage.open(path), actor="Officer A", desk="desk 1", clock=lambda: AT)


Times = tuple[float, float]
"""Milliseconds on the clock, and of processor time (without waiting for the disk)."""


def measure_ms(work: Callable[[], object]) -> Times:
    start, spent = time.perf_counter(), time.process_time()
    work()
    return ((time.perf_counter() - start) * 1000, (time.process_time() - spent) * 1000)


def print_figure(what: str, found: list[Times]) -> None:
    clock, spent = zip(*found, strict=True)
    worst = quantiles(clock, n=100)[-1] if len(clock) > 50 else max(clock)
    print(f"{what:<58} {median(clock):10.2f} {worst:10.2f} {median(spent):10.2f}")


def move_site(plan: str, place: dict[str, str], project: Project) -> Project:
    return assign_sites(project, plan, place)


def measure_moves(session: Session) -> list[Times]:
    """Move one site after another to another allowed zone, as a person would."""
    plan = session.plan
    assert plan is not None
    uid, sites = plan.uid, sorted(plan.assignment)
    zones = [zone.id for zone in plan.zones]
    found: list[Times] = []
    turn = 0
    while len(found) < STEPS:
        place = {sites[turn % len(sites)]: zones[(turn + turn // len(sites)) % len(zones)]}
        turn += 1
        steps = len(session.history)
        with suppress(UserError):  # the city line is a wall
            took = measure_ms(partial(session.apply, "Move", partial(move_site, uid, place)))
            if len(session.history) > steps:
                found.append(took)
    return found


def main() -> None:
    print(f"{'milliseconds':<58} {'median':>10} {'worst/p99':>10} {'processor':>10}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "district.gpkg"
        session = create_project(path, clock=lambda: AT)
        add_first_plan(session)
        print_figure("move one site, saved", measure_moves(session))
        session.close()
        print_figure(
            f"open it again with {STEPS:,} steps", [measure_ms(lambda: opened(path).close())]
        )
        session = opened(path)
        print_figure(
            "look at the step before the last", [measure_ms(lambda: session.view_step(STEPS))]
        )
        print_figure(
            "look at each of the 100 before",
            [measure_ms(partial(session.view_step, STEPS - at)) for at in range(1, 101)],
        )
        print_figure(f"go back over {STEPS:,} steps", [measure_ms(lambda: session.restore_step(1))])
        print_figure("undo that", [measure_ms(session.undo)])
        print_figure("do it again", [measure_ms(session.redo)])
        session.close()


if __name__ == "__main__":
    main()
