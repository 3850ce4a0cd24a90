"""Reunification sites are assigned with proof; schools without one are listed with the cause."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from builders import project_from

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.analysis.reunification import GapCause, ReunificationRule
from zoneplanner.analysis.travel.grid import build_grid_model
from zoneplanner.app.readiness.reunification import ReunificationPlan, plan_reunification
from zoneplanner.domain.log.office_entries import REUNIFICATION_WAYS, ReunificationSite
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

ON = date(2026, 11, 2)
WALK_FAR = ReunificationRule(most_m={"walking": 4_024.0, "bus": 24_140.0})


def create_places(project: Project, *, capacity: float = 3_000.0) -> list[ReunificationSite]:
    """Return every campus as an agreed place for walking and riding."""
    return [
        ReunificationSite(f"{how}-{site.id}", None, site.name, how, capacity, ON, at_site=site.id)
        for site in project.patrolled
        for how in REUNIFICATION_WAYS
    ]


def at(project: Project, x_m: float, y_m: float, **columns: object) -> ReunificationSite:
    """Return a place that is not a school, by latitude and longitude."""
    lons, lats = to_lonlat(project.crs, [x_m], [y_m])
    said = {"name": "Park", "how": "walking", "capacity": 500.0, **columns}
    return ReunificationSite(
        site=None, on=ON, position=f"{lats[0]:.6f}, {lons[0]:.6f}", **{"uid": "park", **said}
    )


def small(capacity: float = 2_000.0, apart_m: float = 402.0) -> tuple[Project, ReunificationRule]:
    return project_from("AAB / aab"), ReunificationRule(apart_m=apart_m, each=1)


def test_every_bundled_school_gets_two_sites_by_each_mode_with_proof() -> None:
    project = build_bundled_project(uid="p")
    agreed = create_places(project)
    lacking = plan_reunification(project, agreed, ON, WALK_FAR)
    assert [(site.name, how, gap.cause) for site, how, gap in lacking.gaps] == [
        ("Gold River Discovery Center K-8", "walking", GapCause.TOO_FAR)
    ]
    site = lacking.gaps[0][0]
    agreed += [
        at(project, site.x_m + away, site.y_m, uid=f"park-{away}", capacity=1_500.0)
        for away in (1_000, 1_500)
    ]
    found = plan_reunification(project, agreed, ON, WALK_FAR)
    assert found.proven and not found.gaps and len(found.schools) == len(project.patrolled)
    check_rule(found)
    assert any(one.place.name == "Park" for school in found.schools for one in school.places)


def check_rule(found: ReunificationPlan) -> None:
    """Check each school: two sites by each mode, near, large enough and far apart."""
    for school in found.schools:
        for how in REUNIFICATION_WAYS:
            own = school.reached_by(how)
            assert len(own) == found.rule.each
            for one in own:
                assert one.street_m <= found.rule.most_m[how]
                assert (one.place.capacity or 0) >= school.students
                away = np.hypot(one.x_m - school.site.x_m, one.y_m - school.site.y_m)
                assert away >= found.rule.apart_m
        for one, other in combinations(school.places, 2):
            assert np.hypot(one.x_m - other.x_m, one.y_m - other.y_m) >= found.rule.apart_m


def find_causes(
    project: Project, agreed: Iterable[ReunificationSite], rule: ReunificationRule
) -> set[str]:
    found = plan_reunification(project, list(agreed), ON, rule)
    assert found.proven
    return {str(gap.cause) for _, how, gap in found.gaps if how == "walking"}


def test_each_cause_is_named() -> None:
    project, rule = small()
    near = next(iter(project.patrolled))
    assert find_causes(project, [at(project, *near.position, how="bus")], rule) == {"not_agreed"}
    assert find_causes(project, create_places(project, capacity=1.0), rule) == {"too_small"}
    assert find_causes(
        project, create_places(project), replace(rule, most_m={"walking": 9.0, "bus": 9.0})
    ) == {"too_far"}
    only = replace(project, sites={near.id: near})
    assert find_causes(only, create_places(only), rule) == {"too_near"}
    two = [
        at(only, near.x_m + 900.0, near.y_m, uid="one"),
        at(only, near.x_m + 950.0, near.y_m, uid="two"),
    ]
    assert find_causes(only, two, replace(rule, each=2)) == {"beside_each_other"}
    beside = [replace(near, id=name, x_m=near.x_m + 30 * n) for n, name in enumerate("pq")]
    pair = replace(project, sites={one.id: replace(one, enrollment=400) for one in beside})
    assert find_causes(pair, [at(pair, near.x_m + 900.0, near.y_m)], rule) == {"shared"}
    assert find_causes(pair, [at(pair, near.x_m + 900.0, near.y_m, capacity=800.0)], rule) == set()


@pytest.mark.parametrize("each", [1, 2])
def test_no_other_choice_of_places_is_shorter(each: int) -> None:
    project, _ = small()
    rule = ReunificationRule(each=each)
    agreed = [one for one in create_places(project) if one.how == "bus"]
    found = plan_reunification(project, agreed, ON, rule)
    here = np.array([one.site.position for one in found.schools])
    away = np.sort(build_grid_model(project).street_m(here, here), axis=1)[:, 1 : each + 1]
    students = np.array([one.students for one in found.schools])
    assert found.student_m == pytest.approx(float(students @ away.sum(axis=1)))


def test_a_reserved_place_serves_one_school_and_an_agreement_counts_from_its_day() -> None:
    project, rule = small()
    first, second = list(project.patrolled)[:2]
    only = replace(at(project, first.x_m + 900, first.y_m + 900), site=first.id)
    found = plan_reunification(project, [only], ON, rule)
    served = [one.site.id for one in found.schools if one.reached_by("walking")]
    assert served == [first.id] and second.id not in served
    later = replace(only, uid="later", site=None, on=date(2026, 12, 1))
    again = plan_reunification(project, [only, later], ON, rule)
    assert [one.site.id for one in again.schools if one.reached_by("walking")] == [first.id]
