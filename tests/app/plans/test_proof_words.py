"""Unique names, and a search from a proven plan."""

from dataclasses import replace
from datetime import UTC, datetime

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.zone_proposals import (
    SearchRequest,
    build_empty_plan,
    make_unique_name,
    search_proposals,
)
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project


def test_a_taken_name_gets_the_first_free_number() -> None:
    assert make_unique_name("Plan", {"Plan", "Plan 2"}) == "Plan 3"


def test_a_search_from_a_proven_plan_ends_at_once() -> None:
    """The search used to continue to its time limit after the proof."""
    project = build_bundled_project(DEFAULT_PRESET_ID, uid="proven")
    plan = build_empty_plan(project, "Plan", "plan", datetime(2026, 1, 1, tzinfo=UTC))
    basis = compute_planning_basis(project)
    *_, first = search_proposals(project, plan, basis, SearchRequest(time_limit_s=0.3))
    assert not first.proven and first.plan.proof is not None
    shown = replace(first.plan.proof, bound=first.cost)  # as a longer search would have shown it
    again = replace(first.plan, proof=shown)
    wish = SearchRequest(time_limit_s=1)
    known = [one.proven for one in search_proposals(project, again, basis, wish)]
    assert known.index(True) == len(known) - 1
