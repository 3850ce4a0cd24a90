"""Assign each school the places agreed on today where its families are reunited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.analysis.reunification import (
    ReunificationGap,
    ReunificationProblem,
    ReunificationRule,
    assign_reunification_places,
)
from zoneplanner.analysis.travel.grid import build_grid_model
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.office_entries import (
    REUNIFICATION_WAYS,
    ReunificationSite,
    parse_position,
    read_reunification_sites,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class SchoolPlace:
    """A place assigned to a school, its position in the project's CRS and its distance."""

    place: ReunificationSite
    x_m: float
    y_m: float
    street_m: float


@dataclass(frozen=True, slots=True)
class SchoolReunification:
    """A school with its places, walking then bus, the nearest first."""

    site: Site
    students: float
    places: tuple[SchoolPlace, ...]

    def reached_by(self, how: str) -> tuple[SchoolPlace, ...]:
        """Return its places reached on foot, or by bus."""
        return tuple(each for each in self.places if each.place.how == how)


@dataclass(frozen=True, eq=False, slots=True)
class ReunificationPlan:
    """The places of every patrolled school, and the missing ones with their cause.

    ``student_m`` is the sum of all students' distances to all their places.
    """

    schools: tuple[SchoolReunification, ...]
    gaps: tuple[tuple[Site, str, ReunificationGap], ...]
    student_m: float
    proven: bool
    rule: ReunificationRule


def compute_reunification(
    session: Session, rule: ReunificationRule | None = None
) -> ReunificationPlan:
    """Assign the agreed places to the schools; the result lists schools that lack places.

    Raises
    ------
    UserError
        No place is agreed on yet.
    """
    entries = session.store.entries(kinds=("reunification_site", "void"))
    records = read_reunification_sites(entries)
    return plan_reunification(session.saved_project, records, session.today, rule)


def plan_reunification(
    project: Project,
    records: Sequence[ReunificationSite],
    on: date,
    rule: ReunificationRule | None = None,
) -> ReunificationPlan:
    """Assign places to the schools of a project on a day; see ``compute_reunification``."""
    rule = rule or ReunificationRule()
    places = [
        record
        for record in records
        if record.on <= on
        and (not record.at_site or record.at_site in project.sites)  # the site may be deleted
    ]
    if not places:
        raise UserError("no_reunification_sites")
    schools = project.patrolled
    place_xy = np.array([_locate(project, place) for place in places], dtype=float)
    school_xy = np.array([school.position for school in schools], dtype=float)
    missing = project.assumptions.missing_enrollment
    students = np.array([float(school.enrollment or missing) for school in schools])
    street_m = build_grid_model(project).street_m(school_xy, place_xy)
    result = assign_reunification_places(
        ReunificationProblem(
            students=students,
            capacity=np.array([place.capacity or 0.0 for place in places]),
            way=np.array([REUNIFICATION_WAYS.index(place.how) for place in places]),
            serves=np.array([[place.site in (None, s.id) for place in places] for s in schools]),
            street_m=street_m,
            straight_m=_straight_m(school_xy, place_xy),
            between_m=_straight_m(place_xy, place_xy),
            schools_m=_straight_m(school_xy, school_xy),
            rule=rule,
        )
    )
    own: dict[int, list[SchoolPlace]] = {}
    for school, place in result.pairs:
        x_m, y_m = place_xy[place]
        assigned = SchoolPlace(places[place], x_m, y_m, float(street_m[school, place]))
        own.setdefault(school, []).append(assigned)
    return ReunificationPlan(
        tuple(
            SchoolReunification(site, float(students[row]), tuple(own.get(row, ())))
            for row, site in enumerate(schools)
        ),
        tuple((schools[gap.school], REUNIFICATION_WAYS[gap.way], gap) for gap in result.gaps),
        result.student_m,
        result.proven,
        rule,
    )


def describe_gap(site: Site, how: str, gap: ReunificationGap, rule: ReunificationRule) -> str:
    """Describe in a sentence what a school lacks, and why."""
    return str(Message(f"no_reunification.{gap.cause}", **_list_facts(site, how, gap, rule)))


def make_gap_error(plan: ReunificationPlan) -> UserError:
    """Return an error about the first school that lacks a place; its details list all of them."""
    site, how, gap = plan.gaps[0]
    return UserError(
        f"no_reunification.{gap.cause}",
        **_list_facts(site, how, gap, plan.rule),
        proven=plan.proven,
        gaps=[
            {"site": site.id, "how": how, "found": gap.found, "cause": str(gap.cause)}
            for site, how, gap in plan.gaps
        ],
    )


def _list_facts(
    site: Site, how: str, gap: ReunificationGap, rule: ReunificationRule
) -> dict[str, Any]:
    return {
        "site": site.id,
        "name": site.name,
        "how": how,
        "cause": str(gap.cause),
        "found": gap.found,
        "needed": rule.each,
    }


def _locate(project: Project, place: ReunificationSite) -> tuple[float, float]:
    if place.at_site:
        return project.sites[place.at_site].position
    latitude, longitude = parse_position(place.position)
    xs, ys = from_lonlat(project.crs, [longitude], [latitude])
    return float(xs[0]), float(ys[0])


def _straight_m(here: FloatArray, there: FloatArray) -> FloatArray:
    distance: FloatArray = np.linalg.norm(here[:, None, :] - there[None, :, :], axis=2)
    return distance
