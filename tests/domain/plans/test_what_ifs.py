"""What-ifs belong to one draft and do not change the sites."""

from dataclasses import replace

import pytest
from builders import project_from, refused

from zoneplanner.domain.plans.what_ifs import (
    apply_what_ifs,
    suppose_closed,
    suppose_open,
    suppose_planned,
    suppose_students,
)
from zoneplanner.domain.project import Project


@pytest.fixture
def project() -> Project:
    return project_from("AAB / ABB / ccd")


def test_a_closed_site_leaves_its_zone_in_this_plan_only(project: Project) -> None:
    closed = suppose_closed(project, "plan", "r1c1")
    plan = closed.plans["plan"]
    assert closed.sites["r1c1"].patrolled
    assert not closed.with_what_ifs(plan).sites["r1c1"].patrolled
    assert "r1c1" not in plan.assignment


def test_reopening_a_closed_site_leaves_no_what_if(project: Project) -> None:
    back = suppose_open(suppose_closed(project, "plan", "r1c1"), "plan", "r1c1").plans["plan"]
    assert back.what_if == {}
    assert back.assignment["r1c1"] == "A"


def test_an_opened_site_joins_the_nearest_eligible_zone(project: Project) -> None:
    shut = project.with_site(replace(project.sites["r3c2"], patrolled=False))
    plan = shut.plans["plan"]
    left = {site: zone for site, zone in plan.assignment.items() if site != "r3c2"}
    opened = suppose_open(shut.with_plan(replace(plan, assignment=left)), "plan", "r3c2")
    assert opened.plans["plan"].assignment["r3c2"] == "c"


def test_a_planned_site_is_patrolled_in_its_what_if_only(project: Project) -> None:
    new = replace(project.sites["r1c1"], id="new", name="Planned School", x_m=2600.0)
    added = suppose_planned(project, "plan", new)
    assert not added.sites["new"].patrolled
    assert added.with_what_ifs(added.plans["plan"]).sites["new"].patrolled
    assert added.plans["plan"].assignment["new"] == "B"


def test_supposing_the_known_enrollment_removes_the_what_if(project: Project) -> None:
    known = project.sites["r1c1"].enrollment
    other = suppose_students(project, "plan", "r1c1", 4321)
    assert other.with_what_ifs(other.plans["plan"]).sites["r1c1"].enrollment == 4321
    assert suppose_students(other, "plan", "r1c1", known).plans["plan"].what_if == {}
    with refused("out_of_range.enrollment"):
        suppose_students(project, "plan", "r1c1", -1)


def test_applied_what_ifs_change_the_project_and_leave_the_plan(project: Project) -> None:
    real = apply_what_ifs(suppose_closed(project, "plan", "r1c1"), "plan")
    assert not real.sites["r1c1"].patrolled
    assert real.plans["plan"].what_if == {}
    assert real.with_what_ifs(real.plans["plan"]) is real
