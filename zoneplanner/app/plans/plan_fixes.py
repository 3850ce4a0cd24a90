"""Fixes for a plan's problems: which sites or blocks to move, and the edits that do it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.districting.zone_group import (
    find_pieces,
    make_neighbor_masks,
    pack_sites,
    unpack_sites,
)
from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines, find_vertex_zones
from zoneplanner.app.plans.initial_assignment import assign_nearest_zone
from zoneplanner.app.plans.zone_edges import find_adjacent_zone
from zoneplanner.app.plans.zone_proposals import SearchRequest, search_proposals
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.plans.edits import (
    assign_sites,
    find_nearest_eligible_zone,
    find_zone_refusal,
    move_block,
    restore_locked_sites,
    retire_plan,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message, join_names

_MIN_GAIN = 1e-9
_MAX_BLOCKS, _MAX_PAIRS_TRIED = 60, 400


@dataclass(frozen=True, slots=True)
class _ZoneMove:
    """A move of a vertex's sites from one zone to another, with their minutes a day."""

    vertex: int
    sites: tuple[str, ...]
    before: str
    after: str
    load_min: float


@dataclass(frozen=True, slots=True)
class _BalancingMoves:
    """One move or two at once, and each affected zone's deviation before and after."""

    moves: tuple[_ZoneMove, ...]
    deviations: tuple[tuple[str, float, float], ...]


def _find_cut_off_sites(state: ProjectState, zone: str) -> dict[str, str]:
    """Return the surrounding zone of each site that is cut off from the bulk of a zone.

    Empty if nothing is cut off, or no surrounding zone may take a part.
    """
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    masks = make_neighbor_masks(cells.neighbors, len(cells.vertices))
    pieces = map(unpack_sites, find_pieces(masks, _pack_zone(zones, zone)))
    parts = sorted(pieces, key=lambda part: -_sum_load(state, part))
    changes: dict[str, str] = {}
    for part in parts[1:]:
        neighbors = (zones[b] for a in part for b in unpack_sites(masks[a]))
        around = Counter(other for other in neighbors if other and other != zone)
        sites = [site for vertex in part for site in cells.vertices[vertex]]
        for target, _ in around.most_common():
            if _may_take_all(state, plan, sites, target):
                changes |= dict.fromkeys(sites, target)
                break
    return changes


def _find_releasable_blocks(state: ProjectState, zone: str) -> tuple[str, ...]:
    """Return blocks moved by hand that would join a zone's pieces if they followed the schools."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    natural = {part.block: zones[part.vertex] for part in cells.parts if part.block is not None}
    moved = [
        block
        for block, home in plan.block_overrides.items()
        if zone in (home, natural.get(block)) and home != natural.get(block)
    ]
    now = state.outlines[zone].pieces if zone in state.outlines else 0
    for blocks in [*((block,) for block in moved[:_MAX_BLOCKS]), tuple(moved)]:
        others = {b: home for b, home in plan.block_overrides.items() if b not in blocks}
        released = replace(plan, block_overrides=others)
        outline = build_zone_outlines(released, cells, only=[zone]).get(zone)
        if blocks and outline is not None and outline.pieces < now:
            return blocks
    return ()


def _find_balancing_moves(state: ProjectState, zone: str) -> _BalancingMoves | None:
    """Return the move into or out of a zone that most reduces the load beyond the tolerance.

    If no single move helps, two at once: an exchange between two zones, or a move on to a third.
    The zones that they leave stay connected and are not emptied. None if no move helps.
    """
    plan, figures = state.plan, state.figures
    assert plan is not None and figures is not None
    every = _list_moves(state)
    own = [row for row, move in enumerate(every) if zone in (move.before, move.after)]
    known = [key for key, each in figures.zones.items() if each.target_min > 0]
    now = np.array([figures.zones[key].deviation for key in known])
    change = np.zeros((len(every), len(known)))
    for row, move in enumerate(every):
        for key, load_min in ((move.before, -move.load_min), (move.after, move.load_min)):
            if key in known:
                change[row, known.index(key)] = load_min / figures.zones[key].target_min
    single = now + change[own]
    moves = _find_first_contiguous(
        state, [(every[row],) for row in own], _sort_by_gain(single, now, plan.tolerance)
    )
    if moves is None:
        pairs = [
            (i, j) for i in own for j in range(len(every)) if _share_a_zone(every[i], every[j])
        ]
        both = now + change[[i for i, _ in pairs]] + change[[j for _, j in pairs]]
        order = _sort_by_gain(both, now, plan.tolerance)[:_MAX_PAIRS_TRIED]
        moves = _find_first_contiguous(state, [(every[i], every[j]) for i, j in pairs], order)
    if moves is None:
        return None
    after = now + sum(change[every.index(move)] for move in moves)
    touched = dict.fromkeys(key for move in moves for key in (move.before, move.after))
    columns = [(key, known.index(key)) for key in touched if key in known]
    deviations = tuple((key, float(now[index]), float(after[index])) for key, index in columns)
    return _BalancingMoves(moves, deviations)


def _list_moves(state: ProjectState) -> list[_ZoneMove]:
    """Return the moves of every vertex that borders another zone to that zone."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    moves = set()
    for i, j in cells.neighbors:
        for vertex, other in ((i, j), (j, i)):
            before, after = zones[vertex], zones[other]
            if before and after and before != after:
                moves.add((vertex, before, after))
    return [
        _ZoneMove(vertex, cells.vertices[vertex], before, after, _sum_load(state, [vertex]))
        for vertex, before, after in sorted(moves)
    ]


def _share_a_zone(one: _ZoneMove, other: _ZoneMove) -> bool:
    """Return whether two moves of different sites have a zone in common."""
    return one.vertex != other.vertex and bool(
        {one.before, one.after} & {other.before, other.after}
    )


def _sort_by_gain(deviations: FloatArray, now: FloatArray, tolerance: float) -> list[int]:
    """Return the rows that reduce the load beyond the tolerance, best first, then most balanced.

    ``deviations`` (n, zones) are those after each choice; ``now`` (zones,) are the current ones.
    """
    if not len(deviations):
        return []
    beyond = np.maximum(0.0, np.abs(deviations) - tolerance).sum(axis=1)
    gain = beyond - np.maximum(0.0, np.abs(now) - tolerance).sum()
    order = np.lexsort(((deviations**2).sum(axis=1), gain.round(9)))
    return [int(row) for row in order if gain[row] <= -_MIN_GAIN]


def _find_first_contiguous(
    state: ProjectState, choices: Sequence[tuple[_ZoneMove, ...]], order: Iterable[int]
) -> tuple[_ZoneMove, ...] | None:
    """Return the first choice after which zones are connected, not empty and open to the sites."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    masks = make_neighbor_masks(cells.neighbors, len(cells.vertices))
    for row in order:
        moves = choices[row]
        after = list(zones)
        for move in moves:
            after[move.vertex] = move.after
        touched = {zone for move in moves for zone in (move.before, move.after)}
        if all(_stays_contiguous(zones, after, zone, masks) for zone in touched) and all(
            _may_take_all(state, plan, move.sites, move.after) for move in moves
        ):
            return moves
    return None


def _stays_contiguous(
    before: Sequence[str | None], after: Sequence[str | None], zone: str, masks: list[int]
) -> bool:
    """Return whether a zone has sites afterward, and no more pieces than before."""
    old, new = (len(find_pieces(masks, _pack_zone(zones, zone))) for zones in (before, after))
    return 0 < new <= old


def _pack_zone(zones: Sequence[str | None], zone: str) -> int:
    """Return the vertices of a zone as the bits of an integer."""
    return pack_sites([vertex for vertex, home in enumerate(zones) if home == zone])


def _sum_load(state: ProjectState, vertices: Iterable[int]) -> float:
    base = state.basis
    rows = [base.index[site] for vertex in vertices for site in base.cells.vertices[vertex]]
    return float(base.load_min[rows].sum())


def _may_take_all(state: ProjectState, plan: Plan, sites: Iterable[str], zone: str) -> bool:
    project = state.project
    return all(
        find_zone_refusal(project, plan, project.sites[site], zone) is None for site in sites
    )


_MAX_FIXES, _STUDENT_WEIGHT = 1000, 0.01
_MAX_NAMES = 3


@dataclass(frozen=True, eq=False, slots=True)
class PlanFix:
    """One edit: ``label`` names it for Undo, ``message`` says what it will do."""

    label: str
    message: Message
    edit: Callable[[Project], Project]


@dataclass(frozen=True, eq=False, slots=True)
class FixResult:
    """The project after a series of fixes, and their labels."""

    project: Project
    done: tuple[str, ...]
    cost_min: float = 0.0
    closer_min: float | None = None
    """Minutes a day of a proposal close to the plan, if it is clearly shorter."""


def find_fix(state: ProjectState, finding: CheckFinding) -> PlanFix | None:
    """Return the fix for a finding, or None if a person has to decide."""
    make = _FIXES.get(finding.code)
    plan = state.plan
    if make is None or plan is None or not (plan.is_draft or finding.code == "dates_overlap"):
        return None
    try:
        return make(state, plan, finding.where)
    except UserError:
        return None


def is_fixable(finding: CheckFinding) -> bool:
    """Return whether a finding's rule can often be fixed without asking."""
    return finding.code in _FIXES


_SEARCH_S, _CLEARLY_LESS = 3.0, 0.005


def find_closer_proposal(
    state: ProjectState, fixed: FixResult, report: ProgressReport
) -> FixResult:
    """Return the result with the drive of a proposal close to the plan, if it is shorter.

    The search takes a few seconds. If no proposal keeps all rules, the result is as before.
    """
    plan = state.plan
    if plan is None or not fixed.done or not plan.assignment:
        return fixed
    after = derive_state(fixed.project, fixed.project.plans[plan.uid], state)
    cost = after.figures.cost if after.figures is not None else 0.0
    report(0.9, "Comparing with a proposal close to the plan")
    best: Plan | None = None
    known = {site: zone for site, zone in plan.assignment.items() if site in after.basis.index}
    near = replace(plan, assignment=known)
    wish = SearchRequest(plan.tolerance, near, _STUDENT_WEIGHT, time_limit_s=_SEARCH_S)
    with suppress(UserError):
        for proposal in search_proposals(after.project, plan, after.basis, wish):
            best = proposal.plan
            report(0.95, "Comparing with a proposal close to the plan")
    if best is None:
        return replace(fixed, cost_min=cost)
    found = derive_state(fixed.project.with_plan(best), best, after).figures
    is_shorter = found is not None and found.cost < cost * (1 - _CLEARLY_LESS)
    return replace(fixed, cost_min=cost, closer_min=found.cost if found and is_shorter else None)


def fix_all_problems(state: ProjectState, report: ProgressReport) -> FixResult:
    """Fix the plan's problems one after the other.

    An empty plan starts from the nearest posts. A fix that would not improve the plan as a whole is
    skipped. ``report`` gets the progress and may raise to stop.
    """
    now, done, skipped = state, list[str](), set[str]()
    plan = state.plan
    if plan is not None and plan.is_draft and not plan.assignment and not plan.locks:
        sketch = assign_nearest_zone(state.project, state.basis, plan, {})
        now = derive_state(state.saved_project.with_plan(sketch), sketch, state)
        done += ["Assign each site to the nearest post"] if sketch.assignment else []
    while len(done) < _MAX_FIXES:
        finding = next((f for f in now.problems if is_fixable(f) and f.text not in skipped), None)
        if finding is None:
            break
        fix = find_fix(now, finding)
        after = None if fix is None else _derive_after(now, fix)
        if fix is None or after is None or not _rank_badness(after) < _rank_badness(now):
            skipped.add(finding.text)
            continue
        now = after
        done.append(fix.label)
        report(len(done) / (len(done) + len(now.problems)), fix.label)
    return FixResult(now.saved_project, tuple(done))


def _derive_after(state: ProjectState, fix: PlanFix) -> ProjectState | None:
    try:
        project = fix.edit(state.saved_project)
    except UserError:
        return None
    return derive_state(project, project.plans[state.plan.uid] if state.plan else None, state)


def _rank_badness(state: ProjectState) -> tuple[int, int, float]:
    """Return how bad a plan is: broken rules, excess pieces, then load beyond the tolerance."""
    single = sum(f.code not in ("in_pieces", "over_tolerance") for f in state.problems)
    if state.plan is None or state.figures is None:
        return (single, 0, 0.0)
    zones, tolerance = state.figures.zones.values(), state.plan.tolerance
    over = sum(max(0.0, abs(zone.deviation) - tolerance) for zone in zones if zone.target_min > 0)
    return (single, sum(max(0, zone.pieces - 1) for zone in zones), round(over, 9))


def _fix_by_nearest(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix:
    site = state.project.site(where["site"])
    zone = find_nearest_eligible_zone(state.project, plan, site)
    what = f"Assign {site.name} to {zone}"
    edit = partial(assign_sites, plan_uid=plan.uid, changes={site.id: zone})
    return PlanFix(what, Message("fix.nearest", site=site.name, zone=zone), edit)


def _fix_by_lock(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    site, home = state.project.site(where["site"]), where.get("zone")
    if home is None:
        return _fix_by_moving_out(state, plan, where)
    edit = partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: home})
    edit(state.saved_project)  # raises if the zone may no longer include the site
    what = f"Move {site.name} back to {home}"
    return PlanFix(what, Message("fix.lock", site=site.name, zone=home), edit)


def _fix_by_moving_out(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    """Move a site that came into a locked zone to the nearest unlocked zone."""
    site = state.project.site(where["site"])
    others = {key: zone for key, zone in plan.assignment.items() if key != site.id}
    zone = find_nearest_eligible_zone(state.project, replace(plan, assignment=others), site)
    what = f"Assign {site.name} to {zone}"
    edit = partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: zone})
    return PlanFix(what, Message("fix.nearest_unlocked", site=site.name, zone=zone), edit)


def _fix_pieces(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    zone = where["zone"]
    changes = _find_cut_off_sites(state, zone)
    if changes:
        by_zone = group_pairs((end, site) for site, end in changes.items())
        parts = [f"{_format_site_names(state, sites)} to {end}" for end, sites in by_zone.items()]
        edit = partial(assign_sites, plan_uid=plan.uid, changes=changes)
        return PlanFix(
            f"Assign {' and '.join(parts)}", Message("fix.cut_off", parts=parts, zone=zone), edit
        )
    blocks = _find_releasable_blocks(state, zone)
    if not blocks:
        return None
    names = _name_blocks(blocks)
    edit = partial(_move_blocks, plan_uid=plan.uid, blocks=blocks, zone=None)
    message = Message("fix.release", blocks=names, zone=zone)
    return PlanFix(f"Let {names} follow the schools again", message, edit)


def _fix_balance(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    balancing = _find_balancing_moves(state, where["zone"])
    if balancing is None:
        return None
    named = [
        (_format_site_names(state, move.sites), move.before, move.after) for move in balancing.moves
    ]
    what = " and ".join(f"{names} to {after}" for names, _, after in named)
    moves = [
        Message("fix.balance_move", sites=names, before=before, after=after)
        for names, before, after in named
    ]
    zones = ", ".join(
        f"{zone} {100 * before:+.1f} → {100 * after:+.1f}%"
        for zone, before, after in balancing.deviations
    )
    changes = {site: move.after for move in balancing.moves for site in move.sites}
    return PlanFix(
        f"Assign {what}",
        Message("fix.balance", moves=moves, zones=zones.replace("-", chr(0x2212))),
        partial(assign_sites, plan_uid=plan.uid, changes=changes),
    )


def _fix_strip(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    blocks = tuple(filter(None, where.get("blocks", "").split(";")))
    end = find_adjacent_zone(state, where["zone"], blocks) if blocks else None
    if end is None:
        return None
    names = _name_blocks(blocks)
    edit = partial(_move_blocks, plan_uid=plan.uid, blocks=blocks, zone=end)
    code = "fix.strips" if len(blocks) > 1 else "fix.strip"
    return PlanFix(f"Assign {names} to {end}", Message(code, blocks=names, zone=end), edit)


def _fix_date_overlap(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    early, late = (state.saved_project.plan(where[key]) for key in ("plan", "next"))
    day = late.effective_on
    if day is None or day == early.effective_on:
        return None
    edit = partial(retire_plan, plan_uid=early.uid, expires_on=day)
    message = Message("fix.end_plan", plan=early.name, on=day, next=late.name)
    return PlanFix(f"End “{early.name}” on {day}", message, edit)


def _name_blocks(blocks: Sequence[str]) -> str:
    return f"block {blocks[0]}" if len(blocks) == 1 else f"{len(blocks)} blocks"


def _move_blocks(
    project: Project, plan_uid: str, blocks: Iterable[str], zone: str | None
) -> Project:
    for block in blocks:
        project = move_block(project, plan_uid, block, zone)
    return project


def _format_site_names(state: ProjectState, sites: Iterable[str]) -> str:
    names = [state.project.sites[site].name for site in sites]
    return join_names(names) if len(names) <= _MAX_NAMES else f"{len(names)} sites"


_FIXES: Mapping[str, Callable[[ProjectState, Plan, Mapping[str, str]], PlanFix | None]] = {
    "unassigned": _fix_by_nearest,
    "wrong_jurisdiction": _fix_by_nearest,
    "lock_not_kept": _fix_by_lock,
    "in_pieces": _fix_pieces,
    "over_tolerance": _fix_balance,
    "dates_overlap": _fix_date_overlap,
    "narrow_strip": _fix_strip,
}
