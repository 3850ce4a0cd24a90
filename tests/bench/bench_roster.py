"""Rosters of a 180-day term and visiting orders: python tests/bench/bench_roster.py

CPU time of this process, beside the targets. The term: 20 deputies with main jobs, 2 school
resource officers, 4 substitutes, 7 posts a school day; then with after-school programs and games.
"""

import time
from collections.abc import Callable
from datetime import date
from datetime import time as clock
from typing import TypeVar

import numpy as np

from zoneplanner.analysis.staffing.roster_solver import apply_assignment, fill_open_shifts
from zoneplanner.analysis.travel.visiting_order import RouteStop, find_best_route
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import find_roster_violations
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import RosterPost, ShiftKind
from zoneplanner.domain.roster.shift_edits import make_open_shifts, put_post
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

FIRST, LAST = date(2026, 8, 13), date(2027, 6, 2)
Found = TypeVar("Found")


def print_time(what: str, work: Callable[[], Found], target: str = "") -> Found:
    """Run some work and print its CPU time."""
    start = time.process_time()
    found = work()
    print(f"{what:<66} {time.process_time() - start:8.2f} s   {target}")
    return found


def create_term(*, more: bool) -> Project:
    """Return the bundled district with sample officers and the open shifts of the term."""
    project = add_sample_officers(build_bundled_project(uid="bench"), FIRST)
    if more:
        for unit in ("S1", "S3", "SRO1"):
            post = RosterPost(
                uid=f"{unit}-after",
                unit=unit,
                starts=clock(16),
                ends=clock(18),
                weekdays=frozenset((2, 4)),
                kind=ShiftKind.AFTER_SCHOOL,
                title="Programme",
            )
            project = put_post(project, post)
        game = RosterPost(
            uid="game",
            unit="S2",
            starts=clock(18),
            ends=clock(22),
            weekdays=frozenset((5,)),
            kind=ShiftKind.EVENT,
            title="Game",
        )
        project = put_post(project, game)
    return make_open_shifts(project, FIRST, LAST)


def main() -> None:
    """Print the table."""
    for more in (False, True):
        project = create_term(more=more)
        words = f"{len(project.shifts):,} shifts of {len(project.officers)} officers"
        *_, found = print_time(
            f"propose a term, {words}",
            lambda p=project: list(fill_open_shifts(p, FIRST, LAST)),
            "<= 10 s",
        )
        after = apply_assignment(project, found.assignment)
        broken = print_time(
            "check its rules", lambda p=after: find_roster_violations(p, FIRST, LAST)
        )
        stops = [one for one in broken if one.level in (Enforcement.OVERRIDE, Enforcement.BLOCK)]
        print(f"   {len(found.open)} open, {len(stops)} rules broken, gap {found.gap:.2%}")
    for count in (10, 14, 15):
        places = np.random.default_rng(count).random((count, 2)) * 20
        drive = np.abs(places[:, None] - places[None]).sum(axis=2)
        stops_of = [RouteStop(str(at), ((30.0 * (at % 5), 420.0),), 15.0) for at in range(count)]
        print_time(
            f"visiting order of {count} stops with windows, exact",
            lambda own=stops_of, way=drive: find_best_route(own, way),
        )


if __name__ == "__main__":
    main()
