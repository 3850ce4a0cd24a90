"""What the sites can be coloured by: values, what is missing, classes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import OpenSession, project_from

from zoneplanner.analysis.expected import expected
from zoneplanner.app.logbook import log_columns, log_visit
from zoneplanner.app.reading import read
from zoneplanner.app.session import Session
from zoneplanner.app.themes import (
    ENROLLMENT,
    JURISDICTION,
    LOAD,
    NATURAL,
    QUANTILES,
    READINESS,
    RESPONSE,
    STAFFED,
    STEPS,
    SUBJECTS,
    VISIT,
    ZONE,
    Logged,
    classed,
    logged_for,
    site_values,
)
from zoneplanner.domain.edits import assign
from zoneplanner.domain.project import Project

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones over one city zone."""
    return open_session(letters(), now=NOW)


def letters() -> Project:
    return project_from("AABB / aaaa")


def with_enrollment(project: Project, **students: int | None) -> Project:
    for site, number in students.items():
        project = project.with_site(replace(project.sites[site], enrollment=number))
    return project


def test_every_subject_says_what_it_means() -> None:
    assert list(SUBJECTS) == [
        *(ZONE, LOAD, ENROLLMENT, JURISDICTION, VISIT, RESPONSE, READINESS, STAFFED),
    ]
    assert all(subject.definition.endswith(".") for subject in SUBJECTS.values())


def test_a_missing_enrollment_is_in_no_class() -> None:
    project = with_enrollment(letters(), r1c1=None, r1c2=100, r1c3=900)
    values = site_values(ENROLLMENT, read(project, project.plans["plan"]), Logged())
    assert values.values["r1c1"] is None
    assert values.n == 7
    assert classed(values, QUANTILES, 3).uppers == (400.0, 900.0)


def test_a_site_out_of_patrol_has_no_value() -> None:
    project = letters()
    project = project.with_site(replace(project.sites["r1c1"], patrolled=False))
    reading = read(project, project.plans["plan"])
    for key in SUBJECTS:
        assert "r1c1" not in site_values(key, reading, Logged()).values


def test_load_follows_what_a_plan_takes_for_true() -> None:
    project = with_enrollment(letters(), r1c1=4000)
    plan = project.plans["plan"]
    figures = site_values(LOAD, read(project, plan), Logged()).figures
    assert figures["r1c1"] > figures["r1c2"]


def test_jurisdiction_is_that_of_the_position() -> None:
    values = site_values(JURISDICTION, read(letters(), letters().plans["plan"]), Logged()).values
    assert (values["r1c1"], values["r2c1"]) == ("county", "city")


def test_expected_response_is_that_of_the_queueing_model_and_follows_a_move() -> None:
    project = letters()
    before = read(project, project.plans["plan"])
    after_project = assign(project, "plan", {"r1c2": "B"})
    after = read(after_project, after_project.plans["plan"], before)
    for reading in (before, after):
        assert reading.plan is not None
        model = expected(reading.project, reading.plan, reading.basis).sites
        values = site_values(RESPONSE, reading, Logged()).values
        assert values == {site: found.mean_response_min for site, found in model.items()}
    assert (
        site_values(RESPONSE, before, Logged()).values
        != site_values(RESPONSE, after, Logged()).values
    )


def test_without_a_plan_nothing_is_expected_and_it_says_why() -> None:
    values = site_values(RESPONSE, read(letters(), None), Logged())
    assert values.n == 0
    assert values.why == "There is no plan yet."
    assert len(classed(values, QUANTILES, 5)) == 0


def test_a_response_that_cannot_be_computed_says_why() -> None:
    project = replace(letters(), units={})
    values = site_values(RESPONSE, read(project, project.plans["plan"]), Logged())
    assert values.n == 0
    assert "unit" in values.why


def test_days_since_a_visit_follow_the_log(session: Session) -> None:
    assert "r1c1" not in logged_for(session, VISIT).days
    log_visit(session, "r1c1")
    logged = logged_for(session, VISIT)
    assert site_values(VISIT, session.reading, logged).values["r1c1"] == 0


def test_readiness_follows_a_plan_review(session: Session) -> None:
    before = logged_for(session, READINESS).statuses
    assert set(before.values()) == {"due"}
    log_columns(session, "review", {"site": "r1c1", "stage": "adopted"})
    after = site_values(READINESS, session.reading, logged_for(session, READINESS)).values
    assert (after["r1c1"], after["r1c2"]) == ("done", "due")


def test_only_days_since_a_visit_have_fixed_steps() -> None:
    with_steps = [key for key, subject in SUBJECTS.items() if STEPS in subject.methods]
    assert with_steps == [VISIT]
    reading = read(letters(), letters().plans["plan"])
    assert len(classed(site_values(LOAD, reading, Logged()), STEPS, 5)) == 0


def test_visits_are_classed_by_fixed_steps_whatever_the_values() -> None:
    reading = read(letters(), letters().plans["plan"])
    values = site_values(VISIT, reading, Logged(days={"r1c1": 4, "r1c2": 40}))
    classes = classed(values, STEPS, 5)
    assert [classes.of(days) for days in (0, 1, 2, 3, 4, 5, 6, 400)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert classed(values, NATURAL, 5).uppers == (4.0, 40.0)
