"""Every single move is scored as if it had been made."""

from dataclasses import replace

import pytest
from builders import moved, project_from

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.expected_response import compute_expected_response
from zoneplanner.analysis.response_times.reassignment_scores import score_moves
from zoneplanner.domain.project import Project
from zoneplanner.errors import Cancelled


def create_busy_project(project: Project) -> Project:
    """Return a project with many calls."""
    return replace(project, assumptions=replace(project.assumptions, calls_per_1000=20.0))


@pytest.mark.parametrize(
    ("layout", "without"),
    [
        ("AAB / BBC", ()),
        ("AABcc / ABBdd", ()),
        ("AABcc / ABBdd", ("A", "d")),
        ("AB?", ()),
        ("A", ()),
    ],
)
def test_each_move_is_scored_as_if_it_had_been_made(layout: str, without: tuple[str, ...]) -> None:
    project = create_busy_project(project_from(layout))
    base, plan = compute_planning_basis(project), project.plans["plan"]
    under = ResponseConditions(units_off=without, target_min=3.0)
    scores = score_moves(project, plan, base, under=under)
    for score in scores:
        after = plan.with_assignments({score.site: score.zone})
        found = compute_expected_response(project, after, base, under=under)
        for figure in (
            "mean_response_min",
            "share_within_target",
            "cross_zone_share",
            "all_busy_probability",
        ):
            assert getattr(score, figure) == pytest.approx(getattr(found, figure), abs=1e-5), score


def test_every_move_that_jurisdictions_allow_is_scored() -> None:
    project = project_from("AABc / ABBd")
    scores = score_moves(project, project.plans["plan"], compute_planning_basis(project))
    tried = {(score.site, score.zone) for score in scores}
    assert tried == {
        *((site, "B") for site in ("r1c1", "r1c2", "r2c1")),
        *((site, "A") for site in ("r1c3", "r2c2", "r2c3")),
        ("r1c4", "d"),
        ("r2c4", "c"),
    }


def test_many_moves_are_solved_in_batches_and_can_be_canceled_between_them() -> None:
    """Solved at once, a thousand schools took more memory than a computer has."""
    project = create_busy_project(project_from("AAABBBCCCDDDEEE / FFFGGGHHHIIIJKK"))
    base, plan = compute_planning_basis(project), project.plans["plan"]
    shares: list[float] = []

    def cancel(share: float, _text: str) -> None:
        shares.append(share)
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        score_moves(project, plan, base, report=cancel)
    assert shares[0] == 0.0 and 0.5 < shares[1] < 1.0 and len(shares) == 2


def test_sites_at_one_position_move_together() -> None:
    project = create_busy_project(moved(project_from("AAB"), "r1c2", 500.0, -500.0))
    base, plan = compute_planning_basis(project), project.plans["plan"]
    scores = {(score.site, score.zone): score for score in score_moves(project, plan, base)}
    assert set(scores) == {("r1c1", "B"), ("r1c3", "A")}
    found = compute_expected_response(
        project, plan.with_assignments({"r1c1": "B", "r1c2": "B"}), base
    )
    assert scores["r1c1", "B"].mean_response_min == pytest.approx(found.mean_response_min)


@pytest.mark.long  # 3 s of processor time: the largest pool that is solved exactly
def test_a_pool_of_sixteen_units_can_be_scored() -> None:
    project = create_busy_project(project_from("AABCDEFGHIJKLMNOP"))
    base, plan = compute_planning_basis(project), project.plans["plan"]
    score = score_moves(project, plan, base)[0]
    found = compute_expected_response(
        project, plan.with_assignments({score.site: score.zone}), base
    )
    assert score.share_within_target == pytest.approx(found.share_within_target)


def test_without_calls_no_move_has_figures() -> None:
    project = project_from("AAB")
    project = replace(project, assumptions=replace(project.assumptions, calls_per_1000=0.0))
    score = score_moves(project, project.plans["plan"], compute_planning_basis(project))[0]
    assert score.mean_response_min is None
    assert score.share_within_target is None
