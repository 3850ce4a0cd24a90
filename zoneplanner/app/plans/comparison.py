"""Compare two plans of the open project."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from zoneplanner.analysis.measures.comparison import (
    EvaluatedPlan,
    PlanComparison,
    compute_comparison,
)
from zoneplanner.analysis.measures.plan_measures import MeasureDefinition
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.plans.what_ifs import list_turning_days
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.publish.handout import ComparedPlan, Handout


@dataclass(frozen=True, eq=False, slots=True)
class PlanPair:
    """Two plans with their derived states, and the differences between them."""

    before: ProjectState
    after: ProjectState
    comparison: PlanComparison


def order_plans(project: Project, one: Plan, other: Plan) -> tuple[Plan, Plan]:
    """Return two plans in chronological order.

    Adopted plans come first, in the order in which they take effect. Drafts follow: a parent before
    its branch, otherwise in the order in which they were added.
    """
    uids = list(project.plans)

    def rank(plan: Plan) -> tuple[object, ...]:
        rival = other if plan is one else one
        return (plan.in_force_from or date.max, plan.parent == rival.uid, uids.index(plan.uid))

    first, second = sorted((one, other), key=rank)
    return first, second


def compare_project_plans(
    session: Session, before: str, after: str, *, previous: PlanPair | None = None
) -> PlanPair:
    """Compare two plans by uid or name; states of a previous comparison are reused.

    Raises
    ------
    UserError
        A plan is unknown (it may have been deleted), or both are the same plan.
    """
    saved = session.saved_project
    one, other = saved.plan(before), saved.plan(after)
    if one is other:
        raise UserError("same_plan", plan=one.name)
    sides = (previous.before, previous.after) if previous is not None else ()
    known = {state.plan.uid: state for state in sides if state.plan is not None}
    first, second = (
        session.state
        if plan is session.plan
        else _reuse_or_derive(saved, plan, known.get(plan.uid, session.state))
        for plan in (one, other)
    )
    return PlanPair(first, second, compute_comparison(_build_side(first), _build_side(second)))


def collect_comparison_page(session: Session, before: str, after: str, *, audience: str) -> Handout:
    """Collect the printed comparison of two plans; errors are those of ``compare_project_plans``.

    The result refers to no project, so a job can write it.
    """
    pair = compare_project_plans(session, before, after)
    first = collect_handout(session, audience, pair.before, log=False)
    second = collect_handout(session, audience, pair.after, log=False)
    return replace(second, compared=ComparedPlan(first, pair.comparison))


def print_comparison(content: Handout, path: Path) -> Path:
    """Write a comparison as one printed page; a path that cannot be written is a UserError."""
    from zoneplanner.publish.documents.plan_comparison import build_plan_comparison
    from zoneplanner.publish.pdf.page import render_pdf

    return write_file_atomically(path, render_pdf(build_plan_comparison(content)))


def _reuse_or_derive(saved: Project, plan: Plan, known: ProjectState) -> ProjectState:
    """Return the known state of a plan if nothing has changed since, else derive it again."""
    is_current = known.plan is plan and known.saved_project is saved
    return known if is_current else derive_state(saved, plan, known)


def _build_side(state: ProjectState) -> EvaluatedPlan:
    assert state.plan is not None
    assert state.figures is not None
    # the model takes longer to import than most commands take
    from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES, evaluate_response

    response: dict[MeasureDefinition, float] = {}
    with suppress(UserError):  # nobody can answer
        expected = evaluate_response(state)
        values = {measure: getattr(expected, measure.key) for measure in RESPONSE_MEASURES}
        response = {measure: value for measure, value in values.items() if value is not None}
    days = list_turning_days(state.saved_project, state.plan)
    return EvaluatedPlan(state.project, state.plan, state.basis, state.figures, response, days)
