"""Themes that color the sites: values, missing values and classes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import EARLIER_RULES, OpenSession, project_from

from zoneplanner.analysis.response_times.expected_response import compute_expected_response
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.geography.map_themes import (
    ENROLLMENT,
    JURISDICTION,
    LOAD,
    MAP_THEMES,
    NATURAL,
    QUANTILES,
    READINESS,
    RESPONSE,
    STAFFED,
    STEPS,
    VISIT,
    ZONE,
    ThemeInputs,
    classify_theme_values,
    compute_theme_values,
    read_theme_inputs,
)
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.readiness.rules import install_rule_pack, read_offered_pack
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

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


def test_every_theme_has_a_definition() -> None:
    assert list(MAP_THEMES) == [
        *(ZONE, LOAD, ENROLLMENT, JURISDICTION, VISIT, RESPONSE, READINESS, STAFFED),
    ]
    assert all(subject.definition.endswith(".") for subject in MAP_THEMES.values())


def test_a_missing_enrollment_is_in_no_class() -> None:
    project = with_enrollment(letters(), r1c1=None, r1c2=100, r1c3=900)
    values = compute_theme_values(
        ENROLLMENT, derive_state(project, project.plans["plan"]), ThemeInputs()
    )
    assert values.values["r1c1"] is None
    assert values.n == 7
    assert classify_theme_values(values, QUANTILES, 3).uppers == (400.0, 900.0)


def test_an_unpatrolled_site_has_no_value() -> None:
    project = letters()
    project = project.with_site(replace(project.sites["r1c1"], patrolled=False))
    reading = derive_state(project, project.plans["plan"])
    for key in MAP_THEMES:
        assert "r1c1" not in compute_theme_values(key, reading, ThemeInputs()).values


def test_load_follows_the_enrollment_a_plan_assumes() -> None:
    project = with_enrollment(letters(), r1c1=4000)
    plan = project.plans["plan"]
    figures = compute_theme_values(LOAD, derive_state(project, plan), ThemeInputs()).figures
    assert figures["r1c1"] > figures["r1c2"]


def test_jurisdiction_follows_the_position() -> None:
    values = compute_theme_values(
        JURISDICTION, derive_state(letters(), letters().plans["plan"]), ThemeInputs()
    ).values
    assert (values["r1c1"], values["r2c1"]) == ("county", "city")


def test_expected_response_comes_from_the_queueing_model_and_follows_a_move() -> None:
    project = letters()
    before = derive_state(project, project.plans["plan"])
    after_project = assign_sites(project, "plan", {"r1c2": "B"})
    after = derive_state(after_project, after_project.plans["plan"], before)
    for reading in (before, after):
        assert reading.plan is not None
        model = compute_expected_response(reading.project, reading.plan, reading.basis).sites
        values = compute_theme_values(RESPONSE, reading, ThemeInputs()).values
        assert values == {site: found.mean_response_min for site, found in model.items()}
    assert (
        compute_theme_values(RESPONSE, before, ThemeInputs()).values
        != compute_theme_values(RESPONSE, after, ThemeInputs()).values
    )


def test_without_a_plan_expected_response_is_empty_with_a_reason() -> None:
    values = compute_theme_values(RESPONSE, derive_state(letters(), None), ThemeInputs())
    assert values.n == 0
    assert values.why == Message("theme_without_plan")
    assert len(classify_theme_values(values, QUANTILES, 5)) == 0


def test_a_response_that_cannot_be_computed_has_a_reason() -> None:
    project = replace(letters(), units={})
    values = compute_theme_values(
        RESPONSE, derive_state(project, project.plans["plan"]), ThemeInputs()
    )
    assert values.n == 0
    assert values.why is not None and values.why.template == "no_unit_on_duty"


def test_days_since_a_visit_follow_the_log(session: Session) -> None:
    assert "r1c1" not in read_theme_inputs(session, VISIT).days
    log_visit(session, "r1c1")
    logged = read_theme_inputs(session, VISIT)
    assert (logged.days, logged.declared) == ({"r1c1": 0}, False)
    declare_records(session, since={"visits": session.today})
    logged = read_theme_inputs(session, VISIT)
    assert compute_theme_values(VISIT, session.state, logged).values["r1c1"] == 0


def test_readiness_follows_a_plan_review(session: Session) -> None:
    before = read_theme_inputs(session, READINESS).statuses
    assert set(before.values()) == {"due"}
    install_rule_pack(session, read_offered_pack(session, EARLIER_RULES))
    log_record(session, "review", {"site": "r1c1", "stage": "adopted", "on": "today"})
    after = compute_theme_values(
        READINESS, session.state, read_theme_inputs(session, READINESS)
    ).values
    assert (after["r1c1"], after["r1c2"]) == ("done", "due")


def test_only_days_since_a_visit_have_fixed_steps() -> None:
    with_steps = [key for key, subject in MAP_THEMES.items() if STEPS in subject.methods]
    assert with_steps == [VISIT]
    reading = derive_state(letters(), letters().plans["plan"])
    assert (
        len(classify_theme_values(compute_theme_values(LOAD, reading, ThemeInputs()), STEPS, 5))
        == 0
    )


def test_days_since_a_visit_always_use_fixed_steps() -> None:
    reading = derive_state(letters(), letters().plans["plan"])
    values = compute_theme_values(VISIT, reading, ThemeInputs(days={"r1c1": 4, "r1c2": 40}))
    classes = classify_theme_values(values, STEPS, 5)
    assert [classes.find_class(days) for days in (0, 1, 2, 3, 4, 5, 6, 400)] == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
    ]
    assert classify_theme_values(values, NATURAL, 5).uppers == (4.0, 40.0)
