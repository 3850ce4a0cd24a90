"""Which places each school's families are reunited at, of those that are agreed on today."""

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
from zoneplanner.messages import render_message


@dataclass(frozen=True, slots=True)
class SchoolPlace:
    """A place that a school is given, its position in the project's CRS and how far it is."""

    place: ReunificationSite
    x_m: float
    y_m: float
    street_m: float


@dataclass(frozen=True, slots=True)
class SchoolReunification:
    """A school with its places by way, the nearest first."""

    site: Site
    students: float
    places: tuple[SchoolPlace, ...]

    def reached_by(self, how: str) -> tuple[SchoolPlace, ...]:
        """Return its places that are reached on foot, or by bus."""
        return tuple(one for one in self.places if one.place.how == how)


@dataclass(frozen=True, eq=False, slots=True)
class ReunificationPlan:
    """The places of every school in patrol, and what is missing with its cause.

    ``student_m`` adds up the meters of all students to all their places.
    """

    schools: tuple[SchoolReunification, ...]
    gaps: tuple[tuple[Site, str, ReunificationGap], ...]
    student_m: float
    proven: bool
    rule: ReunificationRule


def compute_reunification(
    session: Session, rule: ReunificationRule | None = None
) -> ReunificationPlan:
    """Assign the places that are agreed on to the schools; gaps are part of the answer.

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
        one for one in records if one.on <= on and (not one.at_site or one.at_site in project.sites)
    ]  # a site may be gone since
    if not places:
        raise UserError("no_reunification_sites")
    schools = project.patrolled
    there = np.array([_locate(project, one) for one in places], dtype=float)
    here = np.array([one.position for one in schools], dtype=float)
    missing = project.assumptions.missing_enrollment
    students = np.array([float(one.enrollment or missing) for one in schools])
    street_m = build_grid_model(project).street_m(here, there)
    found = assign_reunification_places(
        ReunificationProblem(
            students=students,
            capacity=np.array([one.capacity or 0.0 for one in places]),
            way=np.array([REUNIFICATION_WAYS.index(one.how) for one in places]),
            serves=np.array([[one.site in (None, s.id) for one in places] for s in schools]),
            street_m=street_m,
            straight_m=_straight_m(here, there),
            between_m=_straight_m(there, there),
            schools_m=_straight_m(here, here),
            rule=rule,
        )
    )
    own: dict[int, list[SchoolPlace]] = {}
    for school, place in found.pairs:
        x_m, y_m = there[place]
        one = SchoolPlace(places[place], x_m, y_m, float(street_m[school, place]))
        own.setdefault(school, []).append(one)
    return ReunificationPlan(
        tuple(
            SchoolReunification(site, float(students[at]), tuple(own.get(at, ())))
            for at, site in enumerate(schools)
        ),
        tuple((schools[one.school], REUNIFICATION_WAYS[one.way], one) for one in found.gaps),
        found.student_m,
        found.proven,
        rule,
    )


def describe_gap(site: Site, how: str, gap: ReunificationGap, rule: ReunificationRule) -> str:
    """Say in a sentence what a school lacks, and why."""
    return render_message(f"no_reunification.{gap.cause}", _list_facts(site, how, gap, rule))


def make_gap_error(found: ReunificationPlan) -> UserError:
    """Return the refusal that names the first school that lacks a place, and all of them."""
    site, how, gap = found.gaps[0]
    return UserError(
        f"no_reunification.{gap.cause}",
        **_list_facts(site, how, gap, found.rule),
        proven=found.proven,
        gaps=[
            {"site": one.id, "how": way, "found": own.found, "cause": str(own.cause)}
            for one, way, own in found.gaps
        ],
    )


def _list_facts(
    site: Site, how: str, gap: ReunificationGap, rule: ReunificationRule
) -> dict[str, Any]:
    return {
        **{"site": site.id, "name": site.name, "how": how, "cause": str(gap.cause)},
        **{"found": gap.found, "needed": rule.each},
    }


def _locate(project: Project, one: ReunificationSite) -> tuple[float, float]:
    """Return where a place is."""
    if one.at_site:
        return project.sites[one.at_site].position
    latitude, longitude = parse_position(one.position)
    xs, ys = from_lonlat(project.crs, [longitude], [latitude])
    return float(xs[0]), float(ys[0])


def _straight_m(here: FloatArray, there: FloatArray) -> FloatArray:
    distance: FloatArray = np.linalg.norm(here[:, None, :] - there[None, :, :], axis=2)
    return distance
