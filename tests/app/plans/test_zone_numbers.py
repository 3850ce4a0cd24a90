"""Zone numbers follow the plan in force, and only real moves are counted."""

from dataclasses import replace
from datetime import UTC, date, datetime

from builders import project_from

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.comparison import EvaluatedPlan, compute_comparison
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.zone_proposals import SearchRequest, build_empty_plan, search_proposals
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.publish.documents.plan_comparison import describe_changes

AT = datetime(2026, 11, 16, 20, tzinfo=UTC)
LAYOUT = "AABB / AABB / ddcc / ddcc"


def side(project: Project, plan: Plan) -> EvaluatedPlan:
    base = compute_planning_basis(project)
    outlines = build_zone_outlines(plan, base.cells)
    return EvaluatedPlan(project, plan, base, compute_plan_measures(project, plan, base, outlines))


def exchange_zones(plan: Plan, **names: str) -> Plan:
    given = {site: names.get(zone, zone) for site, zone in plan.assignment.items()}
    return replace(plan, assignment=given)


def test_a_new_proposal_takes_the_numbers_of_the_plan_in_force() -> None:
    project = project_from(LAYOUT)
    in_force = replace(
        exchange_zones(project.plans["plan"], A="B", B="A", c="d", d="c"),
        effective_on=date(2026, 8, 14),
    )
    project = project.with_plan(in_force)
    draft = build_empty_plan(project, "Next year", "next", AT)
    basis = compute_planning_basis(project)
    *_, best = search_proposals(project, draft, basis, SearchRequest(time_limit_s=5))
    moved = [s for s, zone in best.plan.assignment.items() if zone != in_force.assignment[s]]
    assert moved == []


def test_without_a_plan_in_force_numbers_come_from_the_previous_plan() -> None:
    project = project_from(LAYOUT)
    first = exchange_zones(project.plans["plan"], A="B", B="A", c="d", d="c")
    draft = build_empty_plan(project, "Next year", "next", AT)
    project = project.with_plan(first).with_plan(draft)
    basis = compute_planning_basis(project)
    *_, best = search_proposals(project, draft, basis, SearchRequest(time_limit_s=5))
    moved = [s for s, zone in best.plan.assignment.items() if zone != first.assignment[s]]
    assert moved == []


def test_renumbering_a_zone_moves_no_school() -> None:
    project = project_from("AAAB / AABB")
    before = project.plans["plan"]
    after = replace(exchange_zones(before, A="B", B="A"), uid="after", name="After")
    after = after.with_assignments({"r1c3": "A"})
    found = compute_comparison(side(project, before), side(project, after))
    assert [(move.site, move.before, move.after) for move in found.moved] == [("r1c3", "B", "A")]
    assert found.renumbered == (("A", "B"), ("B", "A"))
    assert found.students_moved == 400
    moves, *_, numbers = describe_changes(found)
    assert moves.template == "comparison.moves_students.one" and moves.facts["students"] == 400
    assert numbers.template == "comparison.renumbered"
    assert [pair.facts for pair in numbers.facts["pairs"]] == [
        {"old": "A", "new": "B"},
        {"old": "B", "new": "A"},
    ]


def test_zones_of_different_agencies_never_count_as_renumbered() -> None:
    project = project_from("AA / cc")
    before = project.plans["plan"]
    after = exchange_zones(before, A="c", c="A")
    found = compute_comparison(side(project, before), side(project, after))
    assert len(found.moved) == 4
    assert found.renumbered == ()
