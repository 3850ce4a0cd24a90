"""Zones proposed by search: a first plan, better ones, and plans with faster response.

Also the bound on how much shorter a plan could be, even if no search has run on it.
"""

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.measures.plan_measures import compute_problem_fingerprint
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.plans.edits import add_plan, branch_plan, find_site_lock, replace_draft
from zoneplanner.domain.plans.plan import (
    DEFAULT_TOLERANCE,
    OptimalityProof,
    Plan,
    Zone,
    keep_tighter_bound,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.analysis.districting.plan_wishes import PlanWishes
    from zoneplanner.analysis.districting.problem import DistrictingProblem, SearchCandidate
    from zoneplanner.analysis.response_times.response_search import ResponseImprovement


def describe_proof(gap: float, *, proven: bool, combined: bool = False) -> Message:
    """Describe what a proof means, in plain words; ``combined`` with goals other than driving."""
    code = f"proof.{'best' if proven else 'gap'}{'_combined' if combined else ''}"
    return Message(code, gap=max(gap, 0.0005))


def find_workable_tolerance(error: Exception) -> float | None:
    """Return the smallest tolerance that works by a failed search, or its nearest plan's tolerance.

    None if there is none, or if the search failed for another reason.
    """
    details = error.details if isinstance(error, UserError) else {}
    smallest = details.get("smallest_tolerance")
    if smallest is None and (accept := details.get("accept")):
        smallest = accept / 100
    return None if smallest is None or not 0 < smallest < 1 else float(smallest)


def make_unique_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with the first free number if it is taken."""
    names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 2)))
    return next(each for each in names if each not in taken)


@dataclass(frozen=True, eq=False, slots=True)
class PlanProposal:
    """A candidate plan with its cost in trip-minutes a day, a proven bound, and the gap.

    If the search keeps close to a plan or has wishes, ``cost`` and ``bound`` also count moved
    students, borders and days with one unit off; they are then ``weighed``. The plan itself has a
    proof only if there were no wishes.
    """

    plan: Plan
    cost: float
    bound: float
    gap: float
    proven: bool
    seconds: float
    weighed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class SearchRequest:
    """The options of a search.

    ``zones`` is the number of zones by agency if it differs from the plan's. ``near`` is the plan
    to keep close to; each student moved away from it costs ``weight`` trip-minutes a day.
    ``wishes`` are goals other than the shortest drive.
    """

    tolerance: float = DEFAULT_TOLERANCE
    near: Plan | None = None
    weight: float = 0.0
    zones: Mapping[str, int] | None = None
    time_limit_s: float = 60.0
    seed: int = 0
    wishes: "PlanWishes | None" = None

    @property
    def near_assignment(self) -> Mapping[str, str] | None:
        """The assignment to keep close to."""
        return None if self.near is None else self.near.assignment


_USUAL_SEARCH = SearchRequest()


def build_empty_plan(project: Project, name: str, uid: str, made_at: datetime) -> Plan:
    """Return a plan with a zone for each unit that holds one, and nothing assigned."""
    holders = [unit for unit in project.units.values() if unit.holds_zone]
    zones = tuple(
        Zone(unit.id, f"Zone {unit.id}", unit.id, color) for color, unit in enumerate(holders)
    )
    if not zones:
        raise UserError("no_zone_units")
    return Plan(uid, name, zones, {}, made_at=made_at)


def check_tolerance(tolerance: float) -> float:
    """Return a tolerance if it is a share between 0 and 1, else raise a UserError."""
    if not 0 < tolerance < 1:
        raise UserError("out_of_range.tolerance", tolerance=tolerance, example=DEFAULT_TOLERANCE)
    return tolerance


def search_proposals(
    project: Project, plan: Plan, base: PlanningBasis, wish: SearchRequest = _USUAL_SEARCH
) -> Generator[PlanProposal, None, None]:
    """Return an iterator of successively better plans with their bound; stop it at any time.

    The problem is set up in this call, so the time between plans is only the search's. The plan
    has the numbers of zones that are wanted.

    Interchangeable zones are named so that few students change zones compared with the plan to
    keep close to, else with the plan's assignment, else (if nothing is assigned yet) with the plan
    in force when it was made, else with the latest other plan.

    Raises
    ------
    UserError
        No plan can keep all rules; the details name the rule and the smallest tolerance, and under
        ``lift`` the ids of the sites whose locks prevent one.
    """
    # the solver behind these takes longer to import than to find a first plan
    from zoneplanner.analysis.districting.plan_search import search_plans

    draft = replace(plan, tolerance=check_tolerance(wish.tolerance), proof=None)
    like, wishes = wish.near_assignment, wish.wishes
    if like is None:
        like = draft.assignment or _find_assignment_before(project, draft)
    problem = build_problem(project, draft, base, wish, start_from=like)
    weighed = problem.linear is not None
    wished = wishes is not None and bool(wishes.names)
    adds_cost = wishes is not None and wishes.changes_cost
    known_proof = (
        None if wished else plan.proof
    )  # the plan's proof is of the problem without wishes

    def proposals() -> Generator[PlanProposal, None, None]:
        try:
            for found in search_plans(problem, seed=wish.seed, time_limit_s=wish.time_limit_s):
                proposal = _build_proposal(
                    project, draft, base, found, like, weighed=weighed, known_proof=known_proof
                )
                plan = replace(proposal.plan, proof=None) if wished else proposal.plan
                yield replace(proposal, plan=plan, weighed=weighed or adds_cost)
                if proposal.proven:  # possibly by an earlier proof: nothing is left to find
                    return
        except UserError as error:
            raise _name_locked_sites(error, project, draft, base) from None

    return proposals()


def build_problem(
    project: Project,
    plan: Plan,
    base: PlanningBasis,
    wish: SearchRequest = _USUAL_SEARCH,
    *,
    start_from: Mapping[str, str] | None = None,
) -> "DistrictingProblem":
    """Return the optimizer's problem for a plan and its tolerance, with the wishes of a request."""
    from zoneplanner.analysis.districting.problem_builder import build_districting_problem

    problem = build_districting_problem(
        project,
        plan,
        base,
        tolerance=plan.tolerance,
        keep_close_to=wish.near_assignment,
        weight=wish.weight,
        start_from=start_from,
    )
    if wish.wishes is None or not wish.wishes.names:
        return problem
    from zoneplanner.analysis.districting.plan_wishes import add_wishes

    return add_wishes(problem, project, plan, base, wish.wishes)


def _find_assignment_before(project: Project, draft: Plan) -> Mapping[str, str]:
    """Return the assignment of the plan in force when the draft was made, else of the latest."""
    others = {uid: plan for uid, plan in project.plans.items() if uid != draft.uid}
    day = draft.made_at.date() if draft.made_at else date.max
    before = replace(project, plans=others).current_plan(day)
    return before.assignment if before else {}


def _build_proposal(
    project: Project,
    draft: Plan,
    base: PlanningBasis,
    found: "SearchCandidate",
    like: Mapping[str, str],
    *,
    weighed: bool,
    known_proof: OptimalityProof | None,
) -> PlanProposal:
    from zoneplanner.analysis.districting.problem_builder import read_plan_assignment, relabel_zones

    assignment = read_plan_assignment(found.assignment, project, draft, base.cells)
    if like and not weighed:
        assignment = relabel_zones(project, draft, base, assignment, like)
    plan = replace(draft, assignment=assignment)
    if weighed:
        return PlanProposal(plan, found.cost, found.bound, found.gap, found.proven, found.seconds)
    inputs = compute_problem_fingerprint(project, plan, base)
    now = OptimalityProof(found.cost, found.bound, inputs)
    proof = keep_tighter_bound(known_proof, now) or now
    proven = found.proven or proof.gap <= PROVEN_GAP
    plan = replace(plan, proof=proof)
    return PlanProposal(plan, found.cost, proof.bound, proof.gap, proven, found.seconds)


def _name_locked_sites(
    error: UserError, project: Project, plan: Plan, base: PlanningBasis
) -> UserError:
    """Return the error with the ids of blocking locked sites in place of the optimizer's rows."""
    from zoneplanner.analysis.districting.problem_builder import list_problem_vertices

    rows = list_problem_vertices(project, plan, base.cells)
    lift = [
        site
        for row in error.details.get("lift", ())
        for site in base.cells.vertices[rows[row]]
        if find_site_lock(project, plan, site) is not None
    ]
    return UserError(error.template, {**error.details, "lift": lift})


def search_faster_response(
    state: ProjectState,
    *,
    tolerance: float | None = None,
    under: ResponseConditions = USUAL_CONDITIONS,
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> "Iterator[ResponseImprovement]":
    """Return an iterator of plans with successively faster expected response than on screen.

    Raises
    ------
    UserError
        There is no plan, or it breaks a rule that the search must keep; see ``improve_response``.
    """
    from zoneplanner.analysis.response_times.response_search import improve_response

    plan = require_plan(state)
    return improve_response(
        state.project,
        plan,
        state.basis,
        tolerance=check_tolerance(plan.tolerance if tolerance is None else tolerance),
        under=under,
        seed=seed,
        time_limit_s=time_limit_s,
    )


def describe_response_gain(found: "ResponseImprovement") -> str:
    """Describe in a sentence what a search gained."""
    gain_s = 60 * (found.start_min - found.mean_response_min)
    facts = {
        "gain_s": gain_s,
        "start_min": found.start_min,
        "mean_min": found.mean_response_min,
        "tried": found.tried,
    }
    return str(Message("response_gain" if gain_s >= 0.05 else "response_gain.none", **facts))


FIRST_PLAN = "Proposed"


def keep_proposal(session: Session, proposed: Plan, name: str = FIRST_PLAN) -> Plan:
    """Add a plan that a search proposed as a separate draft, as one step; return it.

    It may be added more than once: each is another plan. A name in use gets a number.

    Raises
    ------
    UserError
        The name is empty.
    """
    plans, wanted = session.saved_project.plans, name.strip()
    if not wanted:
        raise UserError("name_missing.plan")
    free = make_unique_name(wanted, {plan.name for plan in plans.values()})
    uid = new_uid() if proposed.uid in plans else proposed.uid
    plan = replace(proposed, uid=uid, name=free)
    save_plan(session, plan, f"Propose “{free}”")
    return plan


def add_first_plan(session: Session) -> Plan:
    """Propose zones for a new project and save the search's first plan, within a moment."""
    plan = build_empty_plan(session.project, FIRST_PLAN, new_uid(), session.clock())
    first = next(search_proposals(session.project, plan, session.state.basis))
    save_plan(session, first.plan, f"Propose “{FIRST_PLAN}”", kind=EditKind.IMPORT)
    return first.plan


def save_plan(session: Session, plan: Plan, label: str, *, kind: EditKind = EditKind.EDIT) -> None:
    """Add a plan to the project as one step; it never replaces another one."""
    session.apply(label, lambda project: add_plan(project, plan), kind=kind)


def copy_plan(session: Session, plan: Plan, name: str | None = None) -> Plan:
    """Branch a draft off a plan of any status, as one step; return the draft.

    Without a name it is called a copy; a name in use gets a number.
    """
    taken = {other.name for other in session.saved_project.plans.values()}
    free = make_unique_name(f"{plan.name}, copy" if name is None else name.strip(), taken)
    draft = branch_plan(plan, new_uid(), free, at=session.clock())
    save_plan(session, draft, f"Copy “{plan.name}” to the draft “{free}”")
    return draft


def save_search_result(session: Session, plan: Plan, label: str) -> None:
    """Save a search's plan as one step: in place of the draft it was made from, or as a new one."""
    session.apply(label, lambda project: add_or_replace_draft(project, plan))


def add_or_replace_draft(project: Project, plan: Plan) -> Project:
    """Return the project with a plan added, or in place of the draft it was made from."""
    return (replace_draft if plan.uid in project.plans else add_plan)(project, plan)


def find_plan_bound(state: ProjectState, report: ProgressReport) -> OptimalityProof:
    """Return the plan on screen's cost with a lower bound on all plans; it must break no rule.

    This takes a second at a thousand sites.


    Raises
    ------
    UserError
        No site can be planned for, or zones of two kinds may include one jurisdiction.
    Cancelled
        ``report`` raised it.
    """
    from zoneplanner.analysis.districting.problem_builder import (
        build_districting_problem,
        index_plan_zones,
    )
    from zoneplanner.analysis.districting.proof.lagrangian_bound import bound_all_plans

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
