"""How much shorter a plan could be at best, also for a plan that was never searched."""

from zoneplanner.analysis.measures.plan_measures import compute_problem_fingerprint
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.plans.plan import OptimalityProof
from zoneplanner.errors import ProgressReport


def fingerprint_plan_problem(state: ProjectState) -> str | None:
    """Return what a bound for the plan on screen depends on; None where it breaks a rule."""
    if state.plan is None or state.problems or state.figures is None:
        return None
    return compute_problem_fingerprint(state.project, state.plan, state.basis)


def find_plan_bound(state: ProjectState, report: ProgressReport) -> OptimalityProof:
    """Return a bound that no plan is below, with the cost of the plan on screen, which keeps all
    rules. A second's work at a thousand sites.

    Raises
    ------
    UserError
        No site can be planned for, or zones of two kinds may hold one jurisdiction.
    Cancelled
        ``report`` says so.
    """
    from zoneplanner.analysis.districting.problem_builder import (
        build_districting_problem,
        index_plan_zones,
    )
    from zoneplanner.analysis.districting.proof.lagrangian import bound_all_plans

    plan = require_plan(state)
    assert state.figures is not None
    problem = build_districting_problem(state.project, plan, state.basis, tolerance=plan.tolerance)
    assignment = index_plan_zones(state.project, plan, state.basis.cells)
    bound = 0.0
    for risen in bound_all_plans(problem, assignment):
        report(-1.0, "")
        bound = risen
    inputs = compute_problem_fingerprint(state.project, plan, state.basis)
    return OptimalityProof(state.figures.cost, bound, inputs)
