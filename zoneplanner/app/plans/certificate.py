"""The proof of a plan as a file that anybody can check without this program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.branch import can_bound_branches
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.problem_builder import (
    build_districting_problem,
    index_plan_zones,
)
from zoneplanner.analysis.districting.proof.bound_schedule import improve_prices
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.proof.lagrangian_branching import (
    CountRule,
    ProofBranch,
    ServeRule,
    make_root_state,
    prove_by_counts,
)
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_assignment_cost,
    split_into_groups,
    unpack_sites,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.certify import (
    COST_UNITS,
    LOAD_UNIT,
    FalseCertificate,
    check_certificate,
    hash_instance,
    measure_certificate,
)
from zoneplanner.domain.clean_text import parse_json
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.staging import replace_private_file

if TYPE_CHECKING:
    from zoneplanner.analysis.districting.problem import DistrictingProblem

_VERSION = 2
_COST_UNIT = COST_UNITS[_VERSION]
_PRICE_STEPS, _FEW_STEPS = 2000, 360
_MAX_STEPS, _REFERENCE_SITES = 6_000, 70  # the step limit of a proof with this many sites
_MAX_BRANCHED_SITES = 200  # with more sites, branching raises no bound within minutes
_ROUNDING_MARGIN = 2e-7  # share of the cost: certify this much less, because figures are rounded


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """The result of checking a certificate; costs are trip-minutes a day.

    ``sha256`` is the digest of the file. ``unchecked`` are the plan's goals that the certificate
    does not cover: what people call each, by key.
    """

    ok: bool
    cost: float | None
    bound: float | None
    gap: float | None
    findings: tuple[str, ...]
    sha256: str
    unchecked: Mapping[str, str]

    def list_facts(self) -> dict[str, Any]:
        """Return the verdict as JSON values, with only the keys of ``unchecked``."""
        return {**asdict(self), "unchecked": list(self.unchecked)}


def write_certificate(
    project: Project, plan: Plan, basis: PlanningBasis, path: Path, goals: Mapping[str, str]
) -> CertificateVerdict:
    """Prove a bound for a plan, write its certificate and return the result of checking it.

    ``goals`` are the plan's goals other than driving; the file lists them as unchecked. A plan that
    meets them also keeps the checked rules, so the bound on driving applies to it, too.

    Raises
    ------
    UserError
        The plan breaks a rule, so there is nothing to certify.
    """
    problem = build_districting_problem(project, plan, basis, tolerance=plan.tolerance)
    assignment = index_plan_zones(project, plan, basis.cells)
    data = build_certificate(problem, assignment, plan.name, goals)
    replace_private_file(path, json.dumps(data, ensure_ascii=False))
    return read_certificate(path)


def read_certificate(path: Path) -> CertificateVerdict:
    """Check the certificate in a file.

    Raises
    ------
    UserError
        The file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError("no_file", file=path.name) from error
    try:
        data = parse_json(raw)
    except ValueError:
        data = None
    verdict = check_certificate(data)
    digest = hashlib.sha256(raw).hexdigest()
    typed = {"findings": tuple(verdict["findings"]), "unchecked": verdict["unchecked"] or {}}
    return CertificateVerdict(**{**verdict, **typed}, sha256=digest)


def check_plan_certificate(state: ProjectState, path: Path) -> CertificateVerdict:
    """Check that a file certifies the plan on screen in its present state.

    Raises
    ------
    UserError
        The file cannot be read, is not a valid certificate, or is for other loads, rules or zones.
    """
    plan, verdict = require_plan(state), read_certificate(path)
    if not verdict.ok:
        raise UserError("certificate.false", asdict(verdict))
    certified = json.loads(path.read_bytes())["groups"]
    problem = build_districting_problem(state.project, plan, state.basis, tolerance=plan.tolerance)
    assignment = index_plan_zones(state.project, plan, state.basis.cells)
    groups = [_describe_group(problem, each, assignment) for each in split_into_groups(problem)]
    same_instance = hash_instance(certified) == hash_instance(groups)
    if not same_instance or any(
        own["assignment"] != other["assignment"]
        for own, other in zip(groups, certified, strict=True)
    ):
        raise UserError("certificate_of_another_plan", plan=plan.name, file=path.name)
    return verdict


def describe_certificate(verdict: CertificateVerdict) -> tuple[str, ...]:
    """Describe what a certificate proves, and what it does not."""
    if not verdict.ok:
        return (*verdict.findings, str(Message("certificate.false", **asdict(verdict))))
    proven = str(Message("certificate", **asdict(verdict)))
    if not verdict.unchecked:
        return (proven,)
    goals = list(verdict.unchecked.values())
    return (proven, str(Message("certificate.driving_only", goals=goals)))


def build_certificate(
    problem: DistrictingProblem,
    assignment: IntArray,
    name: str,
    goals: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return a certificate's content: the district, the plan (zones by index) and the prices.

    ``assignment`` (sites,) is the index of each site's zone in the problem. ``goals`` are as in
    ``write_certificate``.

    Raises
    ------
    UserError
        The assignment breaks a rule.
    """
    data: dict[str, Any] = {
        "certificate": _VERSION,
        "plan": name,
        "unchecked": dict(goals),
        "tolerance": str(Fraction(str(problem.tolerance))),
        "groups": [
            _build_group(problem, group, assignment) for group in split_into_groups(problem)
        ],
    }
    data["instance"] = hash_instance(data["groups"])
    try:
        data["cost"], data["bound"] = measure_certificate(data)
    except FalseCertificate as finding:
        raise UserError("certificate_refused", finding=str(finding)) from None
    return data


def _build_group(
    problem: DistrictingProblem, group: ZoneGroup, assignment: IntArray
) -> dict[str, Any]:
    """Return a group with its closed zones, in whole units, and the proof of its plan."""
    description = _describe_group(problem, group, assignment)
    tree: dict[str, Any] = {"prices": [0] * len(description["sites"])}
    target = 0.0
    if len(group.zones) and min(description["assignment"]) >= 0:
        allowed = problem.allowed[:, group.zones[0]]
        plan = np.searchsorted(group.zones, assignment[group.sites])
        root, target = _prove(replace(group, linear=None), plan)
        tree = _write_branch(
            root, np.searchsorted(np.flatnonzero(allowed), group.sites), len(description["sites"])
        )
    return {**description, "target": round(target * _COST_UNIT), "tree": tree}


def _describe_group(
    problem: DistrictingProblem, group: ZoneGroup, assignment: IntArray
) -> dict[str, Any]:
    first = group.zones[0] if len(group.zones) else min(problem.closed)
    of_group = (problem.allowed == problem.allowed[:, [first]]).all(axis=0)
    zones, sites = np.flatnonzero(of_group), np.flatnonzero(problem.allowed[:, first])
    row = {int(site): index for index, site in enumerate(sites)}
    label = {int(zone): index for index, zone in enumerate(zones)}
    costs = problem.cost[np.ix_(sites, sites)]
    return {
        "sites": [problem.names[int(site)] for site in sites],
        "zones": [problem.zone_names[int(zone)] for zone in zones],
        "load": _scale(problem.load[sites], LOAD_UNIT),
        "cost": [_scale(values, _COST_UNIT) for values in costs],
        "neighbors": [[row[i], row[j]] for i, j in problem.neighbours if i in row and j in row],
        "locked": {
            str(row[site]): label[int(zone)] for site, zone in problem.locked.items() if site in row
        },
        "closed": sorted(label[zone] for zone in problem.closed if zone in label),
        "assignment": [label.get(int(zone), -1) for zone in assignment[sites]],
    }


def _prove(group: ZoneGroup, plan: IntArray) -> tuple[ProofBranch, float]:
    """Return the root branch of a group's proof, and the cost it proves.

    ``plan`` (n,) is the local zone of each site. A group that is too large has no further branches.
    """
    cost = compute_assignment_cost(group, plan)
    sites = len(group.sites)
    if can_bound_branches(group) and sites <= _MAX_BRANCHED_SITES:
        steps = int(
            _MAX_STEPS * min(1.0, (_REFERENCE_SITES / sites) ** 2)
        )  # a step's time grows with the square
        *_, proof = islice(prove_by_counts(group, plan, cost), steps)
        return proof.root, min(proof.ceiling, cost) * (1 - _ROUNDING_MARGIN)
    relaxed = LagrangianBound(group, plan)
    for _ in islice(improve_prices(relaxed, cost), _PRICE_STEPS if load_library() else _FEW_STEPS):
        pass
    return ProofBranch(make_root_state(group, relaxed.best_price)), cost


def _write_branch(branch: ProofBranch, rows: IntArray, sites: int) -> dict[str, Any]:
    """Return a branch with its sides as JSON; ``rows`` (n,) index its sites among ``sites``."""
    price = np.zeros(sites)
    price[rows] = branch.state.price
    content: dict[str, Any] = {"prices": _scale(price, _COST_UNIT)}
    rule = branch.rule
    if isinstance(rule, CountRule):
        content["count"] = {"sites": rows[unpack_sites(rule.sites)].tolist(), "most": rule.most}
    elif isinstance(rule, ServeRule):
        posts = rows[unpack_sites(rule.posts)].tolist()
        content["serve"] = {"site": int(rows[rule.site]), "posts": posts}
    if rule is not None:
        content["sides"] = [_write_branch(side, rows, sites) for side in branch.sides]
    return content


def _scale(values: FloatArray, unit: int) -> list[int]:
    return [round(value * unit) for value in values.tolist()]
