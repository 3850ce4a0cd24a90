"""Made-up officers, marked as samples, to show what a roster is for: Officer A to Officer Z."""

from datetime import date, time
from string import ascii_uppercase

from zoneplanner.domain.duties import list_unit_jurisdictions
from zoneplanner.domain.officers import put_officer
from zoneplanner.domain.posts import make_standard_posts, put_post
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import SUBSTITUTE_KIND, AvailabilityKind, AvailabilityPeriod, Officer
from zoneplanner.domain.school_year import build_school_year
from zoneplanner.domain.unit import Unit

_SUBSTITUTES = 4
_PER_UNIT = 4
_DAY_JOB = (time(7), time(17))
_SWING_JOB = (time(15), time(1))
_MAIN_JOBS = (
    (frozenset((5, 6, 7, 1)), _SWING_JOB),
    (frozenset((3, 4, 5, 6)), _DAY_JOB),
    (frozenset((7, 1, 2, 3)), _DAY_JOB),
    (frozenset((6, 7, 1, 2)), _SWING_JOB),
    (frozenset((4, 5, 6, 7)), _SWING_JOB),
)
"""ISO weekdays and times of the four-day weeks that off-duty deputies work elsewhere."""


def add_sample_officers(project: Project, today: date) -> Project:
    """Add sample officers to a project, and a post for each unit where it has none.

    Units outside the city get several off-duty deputies each, whose main job leaves them other
    days; units of the city one officer each; the last few are substitutes for all.
    """
    units = [unit for unit in project.units.values() if unit.holds_zone or unit.posts]
    year = build_school_year(project.calendar, today)
    shared = [unit for unit in units if unit.kind in ("deputy", "specialist")]
    alone = [unit for unit in units if unit not in shared]
    names = list(ascii_uppercase)
    most = max(1, min(_PER_UNIT * len(shared), len(names) - _SUBSTITUTES - len(alone)))
    for number in range(most if shared else 0):
        job, hours = _MAIN_JOBS[number % len(_MAIN_JOBS)]
        times = (
            AvailabilityPeriod(
                "main-job", AvailabilityKind.MAIN_JOB, year.first, year.last, *hours, job
            ),
        )
        favourite = shared[number % len(shared)].id
        project = _add_officer(project, names.pop(0), shared, times=times, prefers=(favourite,))
    for unit in alone[: len(names) - _SUBSTITUTES]:
        project = _add_officer(project, names.pop(0), [unit])
    for _ in range(_SUBSTITUTES):
        project = _add_officer(project, names.pop(0), units, kind=SUBSTITUTE_KIND)
    for post in make_standard_posts(project):
        if not any(known.unit == post.unit for known in project.posts.values()):
            project = put_post(project, post)
    return project


def _add_officer(
    project: Project,
    letter: str,
    units: list[Unit],
    *,
    kind: str = "",
    times: tuple[AvailabilityPeriod, ...] = (),
    prefers: tuple[str, ...] = (),
) -> Project:
    areas = dict.fromkeys(area for unit in units for area in list_unit_jurisdictions(unit))
    officer = Officer(
        id=f"sample-{letter}",
        name=f"Officer {letter}",
        agency=units[0].agency,
        kind=kind or units[0].kind,
        units=tuple(unit.id for unit in units),
        jurisdictions=tuple(areas),
        prefers=prefers,
        times=times,
    )
    return put_officer(project, officer)
