"""All that follows from a project and one of its plans, kept up to date piece by piece."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from zoneplanner.analysis.basis import Basis, basis
from zoneplanner.analysis.measures import PlanFigures, facts, fingerprint, plan_figures
from zoneplanner.analysis.outlines import Outline, vertex_zones, zone_outlines
from zoneplanner.domain.checks import Finding, notes, problems
from zoneplanner.domain.plan import Plan, Proof, moves
from zoneplanner.domain.project import Project


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """One state of the project as the window and the command line show it.

    ``project`` is as the plan sees it, what-ifs included; ``kept`` the one that is saved and
    edited, the very same where the plan has no what-ifs. ``proof`` is the plan's proof where it
    still holds for these loads, rules and sites.
    """

    kept: Project
    project: Project
    plan: Plan | None
    basis: Basis
    outlines: Mapping[str, Outline]
    figures: PlanFigures | None
    problems: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    proof: Proof | None


def read(kept: Project, plan: Plan | None, previous: Reading | None = None) -> Reading:
    """Compute what follows from a project and a plan, reusing what has not changed."""
    project = _seen(kept, plan, previous)
    base = basis(project, previous.basis if previous else None)
    if plan is None:
        found = facts(base, None)
        return Reading(
            kept,
            project,
            None,
            base,
            {},
            None,
            problems(project, None, found),
            notes(project, found),
            None,
        )
    only = _touched(plan, base, previous)
    outlines = zone_outlines(plan, base.cells, only=only)
    if previous is not None and only is not None:
        same = {zone: line for zone, line in previous.outlines.items() if zone not in only}
        outlines = {**same, **outlines}
    figures = plan_figures(
        project,
        plan,
        base,
        outlines,
        previous=previous.figures if previous and only is not None else None,
        only=only,
    )
    found = facts(base, figures)
    return Reading(
        kept,
        project,
        plan,
        base,
        outlines,
        figures,
        problems(project, plan, found),
        notes(project, found),
        _valid_proof(project, plan, base),
    )


def at_a_glance(kept: Project, start: Reading) -> Reading:
    """Return what follows within a frame from sites that moved: figures, in the areas from before.

    Pieces, outlines, problems and notes are those of ``start``.
    """
    if start.plan is None or start.figures is None or start.plan.uid not in kept.plans:
        return start
    plan = kept.plans[start.plan.uid]
    project = _seen(kept, plan, start)
    base = basis(project, start.basis, cells=start.basis.cells)
    figures = plan_figures(project, plan, base, start.outlines)
    return replace(start, kept=kept, project=project, plan=plan, basis=base, figures=figures)


def _seen(kept: Project, plan: Plan | None, previous: Reading | None) -> Project:
    """Look at the project through the plan's what-ifs; sites seen before stay the very same."""
    old = previous.plan if previous is not None else None
    if plan is None or not plan.what_if or previous is None or old is None:
        return kept.under(plan)
    if plan.what_if is old.what_if and kept.sites is previous.kept.sites:
        return replace(kept, sites=previous.project.sites)
    return kept.under(plan)


def _touched(plan: Plan, base: Basis, previous: Reading | None) -> frozenset[str] | None:
    """Zones to compute anew, or None where all must be."""
    if previous is None or previous.plan is None or previous.basis is not base:
        return None
    old = previous.plan
    if old.uid != plan.uid or old.zones != plan.zones:
        return None
    ends = {end for move in moves(old, plan) for end in (move.before, move.after) if end}
    return frozenset(ends) | _ends_of_blocks(old, plan, base)


def _ends_of_blocks(old: Plan, plan: Plan, base: Basis) -> frozenset[str]:
    """Return the zones that blocks moved by hand leave or enter."""
    before, after = old.block_overrides, plan.block_overrides
    if before is after:
        return frozenset()
    blocks = {b for b in before.keys() | after.keys() if before.get(b) != after.get(b)}
    if not blocks:
        return frozenset()
    ends = {zones[block] for zones in (before, after) for block in blocks if block in zones}
    vertices = {part.vertex for part in base.cells.parts if part.block in blocks}
    for owner in (old, plan):
        of_vertex = vertex_zones(owner, base.cells)
        ends |= {zone for vertex in vertices if (zone := of_vertex[vertex]) is not None}
    return frozenset(ends)


def _valid_proof(project: Project, plan: Plan, base: Basis) -> Proof | None:
    proof = plan.proof
    if proof is None or proof.inputs != fingerprint(project, plan, base):
        return None
    return proof


def read_plan_in_force(shown: Reading, today: date, known: Reading | None = None) -> Reading:
    """Read the plan that units follow today: the one in force, else the latest.

    It may not be the plan on screen, ``shown``. ``known`` comes back where it still holds.
    """
    plan = shown.kept.current_plan(today)
    if shown.plan is plan:
        return shown
    if known is not None and known.kept is shown.kept and known.plan is plan:
        return known
    return read(shown.kept, plan, shown)
