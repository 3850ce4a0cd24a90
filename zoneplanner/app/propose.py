"""Propose zones: run the optimiser on a project and turn its candidates into plans."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from zoneplanner.analysis.basis import Basis
from zoneplanner.analysis.measures import fingerprint
from zoneplanner.domain.plan import DEFAULT_TOLERANCE, Plan, Proof, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


@dataclass(frozen=True, eq=False, slots=True)
class Proposal:
    """A candidate plan with what is known of it: trip-minutes a day, a true bound, the gap."""

    plan: Plan
    cost: float
    bound: float
    gap: float
    proven: bool
    seconds: float


def zones_of(project: Project) -> tuple[Zone, ...]:
    """Return one zone for each unit that holds one, in the order of the units."""
    holders = [unit for unit in project.units.values() if unit.holds_zone]
    return tuple(
        Zone(unit.id, f"Zone {unit.id}", unit.id, colour) for colour, unit in enumerate(holders)
    )


def new_plan(project: Project, name: str, uid: str, made_at: datetime) -> Plan:
    """Return a plan with the project's zones and nothing assigned."""
    zones = zones_of(project)
    if not zones:
        raise UserError("No unit of this project holds a zone; choose a preset with zones first.")
    return Plan(uid, name, zones, {}, made_at=made_at)


def check_tolerance(tolerance: float) -> float:
    """Return a tolerance that makes sense, as a share; another is a UserError."""
    if not 0 < tolerance < 1:
        raise UserError(
            f"A tolerance of {tolerance:g} makes no sense; give a share above 0 and below 1, "
            f"such as {DEFAULT_TOLERANCE:.2f} for ±10 %."
        )
    return tolerance


def propose(
    project: Project,
    plan: Plan,
    base: Basis,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = 0,
    time_limit_s: float = 60.0,
    keep_close_to: Mapping[str, str] | None = None,
    weight: float = 0.0,
) -> Iterator[Proposal]:
    """Return an iterator of better and better plans with a live bound; stop at any time.

    The problem is set up in this call, so that the time between plans is that of the search.
    ``keep_close_to`` is a site-to-zone assignment; each student moved away from it costs
    ``weight`` trip-minutes.

    Raises
    ------
    UserError
        No plan can keep all rules; the details name the rule and the smallest tolerance.
    """
    # the solver behind these takes longer to import than to find a first plan
    from zoneplanner.analysis import optimise
    from zoneplanner.analysis.problem_of import assignment_of, optimise_problem

    draft = replace(plan, tolerance=check_tolerance(tolerance), proof=None)
    problem = optimise_problem(
        project, draft, base, tolerance=tolerance, keep_close_to=keep_close_to, weight=weight
    )

    def proposal(candidate: optimise.Candidate) -> Proposal:
        assignment = assignment_of(candidate.assignment, project, draft, base.cells)
        found = replace(draft, assignment=assignment)
        proof = Proof(candidate.cost, candidate.bound, fingerprint(project, found, base))
        return Proposal(
            replace(found, proof=proof),
            candidate.cost,
            candidate.bound,
            candidate.gap,
            candidate.proven,
            candidate.seconds,
        )

    candidates = optimise.search(problem, seed=seed, time_limit_s=time_limit_s)
    return (proposal(candidate) for candidate in candidates)
