"""Propose zones: run the optimiser on a project and turn its candidates into plans."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.measures import compute_proof_fingerprint
from zoneplanner.domain.locks import find_site_lock
from zoneplanner.domain.plan import DEFAULT_TOLERANCE, OptimalityProof, Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.optimise.problem import SearchCandidate


@dataclass(frozen=True, eq=False, slots=True)
class PlanProposal:
    """A candidate plan with what is known of it: trip-minutes a day, a true bound, the gap.

    ``cost`` and ``bound`` count what moved students cost where the search keeps close to a plan;
    the plan itself has a proof only where they do not.
    """

    plan: Plan
    cost: float
    bound: float
    gap: float
    proven: bool
    seconds: float


def _build_unit_zones(project: Project) -> tuple[Zone, ...]:
    """Return one zone for each unit that holds one, in the order of the units."""
    holders = [unit for unit in project.units.values() if unit.holds_zone]
    return tuple(
        Zone(unit.id, f"Zone {unit.id}", unit.id, colour) for colour, unit in enumerate(holders)
    )


def build_empty_plan(project: Project, name: str, uid: str, made_at: datetime) -> Plan:
    """Return a plan with the project's zones and nothing assigned."""
    zones = _build_unit_zones(project)
    if not zones:
        raise UserError("No unit of this project holds a zone; choose a preset with zones first.")
    return Plan(uid, name, zones, {}, made_at=made_at)


def check_tolerance(tolerance: float) -> float:
    """Return a tolerance that makes sense, as a share; another is a UserError."""
    if not 0 < tolerance < 1:
        raise UserError(
            f"A tolerance of {tolerance:g} makes no sense; give a share above 0 and below 1, "
            f"such as {DEFAULT_TOLERANCE:.2f} for ±10 %.",
            code="out_of_range",
        )
    return tolerance


def search_proposals(
    project: Project,
    plan: Plan,
    base: PlanningBasis,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = 0,
    time_limit_s: float = 60.0,
    keep_close_to: Mapping[str, str] | None = None,
    weight: float = 0.0,
) -> Generator[PlanProposal, None, None]:
    """Return an iterator of better and better plans with a live bound; stop at any time.

    The problem is set up in this call, so that the time between plans is that of the search.
    ``keep_close_to`` is a site-to-zone assignment; each student moved away from it costs
    ``weight`` trip-minutes. Zones that could bear each other's names are named so that few
    students change theirs, against it or else against the plan as it is.

    Raises
    ------
    UserError
        No plan can keep all rules; the details name the rule and the smallest tolerance, and under
        ``lift`` the sites whose locks stand in the way, by id.
    """
    # the solver behind these takes longer to import than to find a first plan
    from zoneplanner.analysis.optimise.search import search_plans
    from zoneplanner.analysis.problem_of import build_districting_problem

    draft = replace(plan, tolerance=check_tolerance(tolerance), proof=None)
    problem = build_districting_problem(
        project, draft, base, tolerance=tolerance, keep_close_to=keep_close_to, weight=weight
    )
    like = keep_close_to if keep_close_to is not None else draft.assignment
    weighed = problem.linear is not None

    def proposals() -> Generator[PlanProposal, None, None]:
        try:
            for found in search_plans(problem, seed=seed, time_limit_s=time_limit_s):
                yield _build_proposal(project, draft, base, found, like, weighed=weighed)
        except UserError as error:
            raise _name_locked_sites(error, project, draft, base) from None

    return proposals()


def _build_proposal(
    project: Project,
    draft: Plan,
    base: PlanningBasis,
    found: "SearchCandidate",
    like: Mapping[str, str],
    *,
    weighed: bool,
) -> PlanProposal:
    from zoneplanner.analysis.problem_of import read_plan_assignment
    from zoneplanner.analysis.relabel import relabel_zones

    assignment = read_plan_assignment(found.assignment, project, draft, base.cells)
    if like and not weighed:
        assignment = relabel_zones(project, draft, base, assignment, like)
    plan = replace(draft, assignment=assignment)
    if not weighed:
        proof = OptimalityProof(
            found.cost, found.bound, compute_proof_fingerprint(project, plan, base)
        )
        plan = replace(plan, proof=proof)
    return PlanProposal(plan, found.cost, found.bound, found.gap, found.proven, found.seconds)


def _name_locked_sites(
    error: UserError, project: Project, plan: Plan, base: PlanningBasis
) -> UserError:
    """Name the locked sites that stand in the way by id and not by the optimiser's rows."""
    from zoneplanner.analysis.problem_of import list_problem_vertices

    rows = list_problem_vertices(project, plan, base.cells)
    lift = [
        site
        for row in error.details.get("lift", ())
        for site in base.cells.vertices[rows[row]]
        if find_site_lock(project, plan, site) is not None
    ]
    return UserError(error.message, {**error.details, "lift": lift}, code=error.code)
