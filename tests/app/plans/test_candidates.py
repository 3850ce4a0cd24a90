"""Candidates of a search: their figures, preview and saving."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import locks, project_from, refused

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.candidates import (
    ScoredPlan,
    SearchRequest,
    add_found_candidate,
    overlay_candidate,
    replace_draft_zones,
    save_candidate_as_draft,
    save_candidate_plan,
    search_plan_candidates,
)
from zoneplanner.app.plans.zone_proposals import (
    find_plan_bound,
    search_proposals,
)
from zoneplanner.app.session.state import derive_state, fingerprint_plan_problem
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites, branch_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.plans.what_ifs import suppose_closed
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


TENTH = SearchRequest(0.1, time_limit_s=10.0)


def find_best(project: Project, wish: SearchRequest = TENTH, run: int = 1) -> ScoredPlan:
    plan = project.plans["plan"]
    seen = project.with_what_ifs(plan)
    return list(search_plan_candidates(seen, plan, compute_planning_basis(seen), wish, run))[-1]


def test_a_candidate_has_its_figures_and_moves() -> None:
    spoilt = assign_sites(project_from("AAABBB / AAABBB"), "plan", {"r1c1": "B", "r1c4": "A"})
    found = find_best(spoilt)
    assert found.proposal.proven
    assert (found.sites_moved, found.students_moved, found.like) == (2, 800, "Plan")
    assert found.drive_min == pytest.approx(found.proposal.cost)
    assert found.worst_deviation == pytest.approx(0.0)
    assert not found.uneven_shares
    (uneven,) = find_best(project_from("ABaaaa")).uneven_shares
    assert (uneven.facts["heavy"], uneven.facts["times"]) == (["a"], pytest.approx(4.0))


def test_moves_of_a_new_draft_are_counted_from_its_parent_plan() -> None:
    project = project_from("AAABBB / AAABBB")
    draft = branch_plan(project.plans["plan"], "new", "Proposed", at=NOW)
    basis = compute_planning_basis(project)
    new = list(search_plan_candidates(project, draft, basis, TENTH, 1))[-1]
    assert new.like == "Plan"
    kept = project.with_plan(draft)
    again = list(search_plan_candidates(kept, draft, basis, TENTH, 1))[-1]
    assert again.like == "Proposed"


def test_a_candidate_cannot_replace_an_adopted_plan() -> None:
    project = project_from("AAABBB / AAABBB")
    found = find_best(project, SearchRequest(0.1, time_limit_s=0.3))
    with refused("plan_adopted"):
        save_candidate_plan(adopt_plan(project, "plan", NOW.date()), found)


def test_zones_keep_the_names_most_of_their_students_know() -> None:
    project = project_from("BBAA / BBAA")
    assert find_best(project).plan.assignment == project.plans["plan"].assignment


def test_staying_close_trades_students_moved_against_driving() -> None:
    project = project_from("AAAAA / BBBBB")
    old = replace(project.plans["plan"], name="Old")
    near = find_best(project, SearchRequest(0.1, near=old, weight=1.0, time_limit_s=10.0))
    free = find_best(project, SearchRequest(0.1, near=old, time_limit_s=10.0))
    assert (near.like, near.sites_moved, near.students_moved) == ("Old", 0, 0)
    assert near.proposal.cost == pytest.approx(near.drive_min)
    assert free.sites_moved > 0
    assert free.drive_min < near.drive_min


def test_a_proof_leaves_out_the_cost_of_students_moved() -> None:
    project = project_from("AABB / AABB")
    wish = SearchRequest(0.1, near=project.plans["plan"], weight=0.5, time_limit_s=10.0)
    assert find_best(project, wish).plan.proof is None
    assert find_best(project).plan.proof is not None


def test_a_search_with_more_zones_adds_the_units_they_need() -> None:
    project = project_from("AABB / AABB")
    found = find_best(project, SearchRequest(0.1, zones={"Sheriff": 4}, time_limit_s=10.0))
    after = save_candidate_plan(project, found)
    plan = after.plans["plan"]
    assert len(plan.zones) == len(set(plan.assignment.values())) == 4
    assert all(zone.unit in after.units for zone in plan.zones)
    assert "B2" not in project.units


def test_the_same_plan_with_a_better_bound_replaces_itself() -> None:
    project = project_from("AABB / AABB")
    first = find_best(project)
    known = add_found_candidate((), first)
    again = replace(first, proposal=replace(first.proposal, bound=0.0))
    assert add_found_candidate(known, again) == (again,)
    assert add_found_candidate(known, replace(first, run=2))[0] is first


def test_the_shown_bound_of_a_search_never_drops() -> None:
    project = assign_sites(project_from("AAABBB / AAABBB / AABBBB"), "plan", {"r3c3": "A"})
    plan = find_best(project).plan
    assert plan.proof is not None
    again = project.with_plan(plan)
    seen = again.with_what_ifs(plan)
    found = list(search_plan_candidates(seen, plan, compute_planning_basis(seen), TENTH, 2))
    assert min(one.proposal.bound for one in found) == pytest.approx(plan.proof.bound)
    same = [one.proposal.gap for one in found if one.plan.assignment == plan.assignment]
    assert same and max(same) == pytest.approx(0.0, abs=1e-6)


def test_a_candidate_is_saved_as_a_separate_draft() -> None:
    spoilt = assign_sites(project_from("AAABBB / AAABBB"), "plan", {"r1c1": "B", "r1c4": "A"})
    found = find_best(spoilt)
    after = save_candidate_as_draft(spoilt, found, "Fresh", "fresh", at=NOW)
    fresh = after.plans["fresh"]
    assert (fresh.name, fresh.parent, fresh.is_draft) == ("Fresh", "plan", True)
    assert fresh.assignment == found.plan.assignment
    assert after.plans["plan"] is spoilt.plans["plan"]


def test_a_draft_takes_a_candidate_and_keeps_its_own_name_and_note() -> None:
    project = assign_sites(project_from("AABB / AABB"), "plan", {"r1c1": "B", "r1c3": "A"})
    found = find_best(project)
    renamed = project.with_plan(replace(project.plans["plan"], name="Mine", note="ours"))
    plan = replace_draft_zones(renamed, "plan", found).plans["plan"]
    assert (plan.name, plan.note) == ("Mine", "ours")
    assert plan.assignment == found.plan.assignment and plan.proof == found.plan.proof


def test_a_candidate_that_moves_a_locked_site_does_not_replace_the_draft() -> None:
    spoilt = assign_sites(project_from("AAABBB / AAABBB"), "plan", {"r1c1": "B", "r1c4": "A"})
    found = find_best(spoilt)
    locked = add_plan_lock(spoilt, "plan", LockScope.SITE, "r1c1", "agreed")
    with refused("site_locked.candidate", name="School r1c1", zone="B"):
        replace_draft_zones(locked, "plan", found)


def test_a_candidate_can_be_previewed_in_an_adopted_plan_but_not_applied() -> None:
    spoilt = assign_sites(project_from("AAABBB / AAABBB"), "plan", {"r1c1": "B", "r1c4": "A"})
    found = find_best(spoilt)
    adopted = adopt_plan(spoilt, "plan", NOW.date())
    with refused("plan_adopted"):
        replace_draft_zones(adopted, "plan", found)
    looked = overlay_candidate(adopted, adopted.plans["plan"], found)
    assert looked.plans["plan"].assignment == found.plan.assignment


def test_sites_closed_since_the_search_are_left_out() -> None:
    project = project_from("AABB / AABB")
    found = find_best(project)
    closed = suppose_closed(project, "plan", "r1c1")
    assert "r1c1" not in replace_draft_zones(closed, "plan", found).plans["plan"].assignment


def test_locks_that_rule_out_every_plan_are_named_by_site() -> None:
    project = project_from("ABBA")
    plan = replace(project.plans["plan"], locks=locks("r1c1", "r1c2", "r1c4"))
    basis, wish = compute_planning_basis(project), SearchRequest(time_limit_s=5.0)
    with pytest.raises(UserError) as caught:
        list(search_proposals(project.with_plan(plan), plan, basis, wish))
    assert caught.value.details["rule"] == "locked"
    assert set(caught.value.details["lift"]) <= {"r1c1", "r1c2", "r1c4"}
    assert caught.value.details["lift"]


def test_a_locked_zone_keeps_exactly_its_sites() -> None:
    spoilt = assign_sites(project_from("AABB / AABB / CCCC"), "plan", {"r1c1": "B", "r1c3": "A"})
    shut = add_plan_lock(spoilt, "plan", LockScope.ZONE, "C", "agreed")
    found = find_best(shut)
    assert {s for s, z in found.plan.assignment.items() if z == "C"} == {
        "r3c1", "r3c2", "r3c3", "r3c4",
    }  # fmt: skip


def test_a_fully_locked_plan_stays_as_it_is() -> None:
    project = add_plan_lock(project_from("AABB"), "plan", LockScope.AGENCY, "Sheriff", "agreed")
    assert find_best(project).sites_moved == 0


def test_a_proven_bound_also_applies_to_plans_edited_by_hand() -> None:
    project = project_from("AAAB / AABB")
    found = find_best(project, SearchRequest(0.45, time_limit_s=10.0))
    plan = replace(found.plan, uid="plan")
    state = derive_state(project.with_plan(plan), plan)
    assert state.proof is not None and state.proof.gap == pytest.approx(0, abs=1e-6)
    kept = broken = 0
    for site, zone in plan.assignment.items():
        edited = plan.with_assignments({site: "A" if zone == "B" else "B"})
        after = derive_state(project.with_plan(edited), edited)
        if after.problems:
            assert after.proof is None
            broken += 1
        else:
            assert after.figures is not None and after.proof is not None
            assert after.proof.bound == state.proof.bound
            assert after.proof.cost == after.figures.cost >= state.proof.cost - 1e-9
            kept += 1
    assert kept and broken
    other = replace(plan, tolerance=0.3)
    assert derive_state(project.with_plan(other), other).proof is None


def test_the_bound_of_a_manual_plan_is_below_the_best_cost() -> None:
    project = project_from("AAAB / AABB")
    best_plan = find_best(project, SearchRequest(0.45, time_limit_s=10.0)).plan
    assert best_plan.proof is not None
    plan = replace(project.plans["plan"], tolerance=0.45)
    state = derive_state(project.with_plan(plan), plan)
    assert not state.problems and state.figures is not None
    bound = find_plan_bound(state, lambda fraction, text: None)
    assert bound.cost == state.figures.cost
    assert 0.5 * best_plan.proof.cost < bound.bound <= best_plan.proof.cost * (1 + 1e-9)
    assert bound.inputs == fingerprint_plan_problem(state) == best_plan.proof.inputs
