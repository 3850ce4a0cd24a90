"""The evaluation of a plan's expected response."""

from dataclasses import replace
from string import ascii_uppercase

import pytest
from builders import project_from, refused

from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.app.coverage.expected_response import (
    RESPONSE_MEASURES,
    compute_response_outlook,
    evaluate_response,
    score_single_moves,
    simulate_response,
)
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.plan import WhatIfChange


def read_layout(layout: str) -> ProjectState:
    """Read a small project with its plan."""
    project = project_from(layout)
    return derive_state(project, project.plans["plan"])


def test_response_is_slower_with_any_unit_off() -> None:
    state = read_layout("AABBCC")
    all_on = evaluate_response(state)
    for unit in all_on.units:
        day = evaluate_response(state, under=ResponseConditions(units_off=(unit,)))
        assert unit not in day.units
        assert (day.mean_response_min or 0) > (all_on.mean_response_min or 0)


def test_single_moves_name_the_sites_and_zones_of_the_plan() -> None:
    state = read_layout("AAB")
    scores = score_single_moves(state)
    assert [(score.site, score.zone) for score in scores] == [
        ("r1c1", "B"),
        ("r1c2", "B"),
        ("r1c3", "A"),
    ]


def test_what_ifs_change_the_expected_response() -> None:
    project = project_from("AB")
    plan = replace(project.plans["plan"], what_if={"r1c1": WhatIfChange(enrollment=4000)})
    project = project.with_plan(plan)
    busier = evaluate_response(derive_state(project, plan))
    assert busier.units["A"] > evaluate_response(read_layout("AB")).units["A"]


def test_every_figure_of_a_plan_has_a_name_and_a_definition() -> None:
    found = evaluate_response(read_layout("AB"))
    for figure in RESPONSE_MEASURES:
        assert getattr(found, figure.key) is not None
        assert figure.definition.endswith(".")


def test_the_simulation_takes_the_same_units_and_target() -> None:
    under = ResponseConditions(units_off=("B",), target_min=3.0)
    measured = simulate_response(read_layout("AABB"), days=5, under=under)
    assert list(measured.units) == ["A"]
    assert measured.target_min == 3.0


@pytest.mark.parametrize("target_min", [0.0, -1.0, float("nan"), float("inf")])
def test_an_invalid_target_is_refused(target_min: float) -> None:
    with refused("out_of_range.response_target"):
        ResponseConditions(target_min=target_min)


def test_without_a_plan_there_is_nothing_to_evaluate() -> None:
    project = replace(project_from("A"), plans={})
    with refused("no_plan"):
        evaluate_response(derive_state(project, None))


def test_moves_in_a_very_large_district_are_counted_but_not_scored() -> None:
    """Scoring the moves of a thousand schools would take an hour and exhaust the memory."""
    state = read_layout("".join(letter * 12 for letter in ascii_uppercase[:20]))
    outlook = compute_response_outlook(state, ResponseConditions(target_min=5.0))
    assert (outlook.unscored, outlook.tried, outlook.moves) == (12 * 20 * 19, 0, ())
    kinds = [(len(level.expected.units), level.kind) for level in outlook.fewer]
    assert kinds == [(20, "all"), (19, "best"), (19, "worst")]
