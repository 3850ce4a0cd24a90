"""Compare two plans of the open project."""

from dataclasses import dataclass
from pathlib import Path

from zoneplanner.analysis.measures.comparison import (
    EvaluatedPlan,
    PlanComparison,
    compute_comparison,
)
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.publish.handout import Handout


@dataclass(frozen=True, eq=False, slots=True)
class PlanPair:
    """Two plans as they are read, and what differs between them."""

    before: ProjectState
    after: ProjectState
    comparison: PlanComparison


@dataclass(frozen=True, eq=False, slots=True)
class _ComparisonPage:
    """What the printed page is made of; it touches no project, so it may be written as a job."""

    before: Handout
    after: Handout
    comparison: PlanComparison


def compare_project_plans(
    session: Session, before: str, after: str, *, previous: PlanPair | None = None
) -> PlanPair:
    """Compare two plans by uid or name; what a previous comparison knows is not read again.

    Raises
    ------
    UserError
        A plan is unknown (it may have been deleted), or both are the same one.
    """
    kept = session.state.saved_project
    one, other = kept.plan(before), kept.plan(after)
    if one is other:
        raise UserError("same_plan", plan=one.name)
    sides = (previous.before, previous.after) if previous is not None else ()
    known = {state.plan.uid: state for state in sides if state.plan is not None}
    first, second = (
        session.state
        if plan is session.plan
        else _reuse_or_derive(kept, plan, known.get(plan.uid, session.state))
        for plan in (one, other)
    )
    return PlanPair(first, second, compute_comparison(_build_side(first), _build_side(second)))


def collect_comparison_page(
    session: Session, before: str, after: str, *, audience: str
) -> _ComparisonPage:
    """Collect the printed comparison of two plans; errors are those of ``compare_plans``."""
    found = compare_project_plans(session, before, after)
    first = collect_handout(session, audience, found.before, log=False)
    return _ComparisonPage(
        first, collect_handout(session, audience, found.after, log=False), found.comparison
    )


def print_comparison(content: _ComparisonPage, path: Path) -> Path:
    """Write a comparison as one printed page; a path that cannot be written is a UserError."""
    # reportlab is slow to import, and only a printed page needs it
    from zoneplanner.app.exports.atomic_files import write_file_atomically
    from zoneplanner.publish.documents import plan_comparison
    from zoneplanner.publish.pdf.page import render_pdf

    page = plan_comparison.build_plan_comparison(content.before, content.after, content.comparison)
    return write_file_atomically(path, render_pdf(page))


def _reuse_or_derive(kept: Project, plan: Plan, known: ProjectState) -> ProjectState:
    """Read a plan, or return what is known where nothing has changed since."""
    if known.plan is plan and known.saved_project is kept:
        return known
    return derive_state(kept, plan, known)


def _build_side(state: ProjectState) -> EvaluatedPlan:
    assert state.plan is not None
    assert state.figures is not None
    return EvaluatedPlan(state.project, state.plan, state.basis, state.figures)
