"""Which sites or blocks to move so that a zone is in one piece or within the tolerance."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from zoneplanner.app.plans.zone_edges import find_zone_beside
from zoneplanner.app.plans.zone_proposals import search_proposals
from zoneplanner.app.session.state import ProjectState, derive_state
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
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names

_LEAST_GAIN = 1e-9
_MOST_BLOCKS, _MOST_TRIED = 60, 400


@dataclass(frozen=True, slots=True)
class _ZoneMove:
    """The sites of a vertex that go from one zone to another, with their minutes a day."""

    at: int
    sites: tuple[str, ...]
    before: str
    after: str
    load_min: float


@dataclass(frozen=True, slots=True)
class _BalancingMoves:
    """One move or two at once; the deviation of each zone that they touch, before and after."""

    moves: tuple[_ZoneMove, ...]
    deviations: tuple[tuple[str, float, float], ...]


def _find_cut_off_sites(state: ProjectState, zone: str) -> dict[str, str]:
    """Return for each site that is cut off from the bulk of its zone the zone around it.

    Empty where nothing is cut off, or where no zone around may take a part.
    """
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    masks = make_neighbor_masks(cells.neighbors, len(cells.vertices))
    pieces = map(unpack_sites, find_pieces(masks, _pack_zone(zones, zone)))
    parts = sorted(pieces, key=lambda part: -_sum_load(state, part))
    given: dict[str, str] = {}
    for part in parts[1:]:
        beside = (zones[b] for a in part for b in unpack_sites(masks[a]))
        around = Counter(other for other in beside if other not in (None, zone))
        sites = [site for at in part for site in cells.vertices[at]]
        fits = (
            end for end, _ in around.most_common() if end and _may_hold_all(state, plan, sites, end)
        )
        end = next(fits, None)
        if end is not None:
            given |= dict.fromkeys(sites, end)
    return given


def _find_releasable_blocks(state: ProjectState, zone: str) -> tuple[str, ...]:
    """Return blocks moved by hand that follow the schools again to join a zone's pieces."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    natural = {part.block: zones[part.vertex] for part in cells.parts if part.block is not None}
    ours = [
        block
        for block, held in plan.block_overrides.items()
        if zone in (held, natural.get(block)) and held != natural.get(block)
    ]
    now = state.outlines[zone].pieces if zone in state.outlines else 0
    for blocks in [*((block,) for block in ours[:_MOST_BLOCKS]), tuple(ours)]:
        left = {b: held for b, held in plan.block_overrides.items() if b not in blocks}
        outline = build_zone_outlines(replace(plan, block_overrides=left), cells, only=[zone]).get(
            zone
        )
        if blocks and outline is not None and outline.pieces < now:
            return blocks
    return ()


def _find_balancing_moves(state: ProjectState, zone: str) -> _BalancingMoves | None:
    """Return the move into or out of a zone that takes most load from beyond the tolerance.

    Where no single one helps, two at once: an exchange of two zones, or a move onwards to a third.
    The zones that they leave stay whole and are not emptied; None where nothing of that helps.
    """
    plan, figures = state.plan, state.figures
    assert plan is not None and figures is not None
    every = list(_list_moves(state))
    own = [at for at, move in enumerate(every) if zone in (move.before, move.after)]
    known = [key for key, each in figures.zones.items() if each.target_min > 0]
    now = np.array([figures.zones[key].deviation for key in known])
    change = np.zeros((len(every), len(known)))
    for at, move in enumerate(every):
        for key, load_min in ((move.before, -move.load_min), (move.after, move.load_min)):
            if key in known:
                change[at, known.index(key)] = load_min / figures.zones[key].target_min
    alone = now + change[own]
    found = _find_first_contiguous(
        state, [(every[at],) for at in own], _sort_by_gain(alone, now, plan.tolerance)
    )
    if found is None:
        pairs = [
            (i, j) for i in own for j in range(len(every)) if _share_a_zone(every[i], every[j])
        ]
        both = now + change[[i for i, _ in pairs]] + change[[j for _, j in pairs]]
        order = _sort_by_gain(both, now, plan.tolerance)[:_MOST_TRIED]
        found = _find_first_contiguous(state, [(every[i], every[j]) for i, j in pairs], order)
    if found is None:
        return None
    then = now + sum(change[every.index(move)] for move in found)
    touched = dict.fromkeys(end for move in found for end in (move.before, move.after))
    rows = [(key, known.index(key)) for key in touched if key in known]
    return _BalancingMoves(found, tuple((key, float(now[at]), float(then[at])) for key, at in rows))


def _list_moves(state: ProjectState) -> Iterator[_ZoneMove]:
    """Yield each vertex beside another zone with its own zone and that one."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    seen = set()
    for i, j in cells.neighbors:
        for at, other in ((i, j), (j, i)):
            before, after = zones[at], zones[other]
            if before and after and before != after:
                seen.add((at, before, after))
    for at, before, after in sorted(seen):
        yield _ZoneMove(at, cells.vertices[at], before, after, _sum_load(state, [at]))


def _share_a_zone(one: _ZoneMove, other: _ZoneMove) -> bool:
    """Whether two moves of different sites touch a zone in common."""
    return one.at != other.at and bool({one.before, one.after} & {other.before, other.after})


def _sort_by_gain(deviations: FloatArray, now: FloatArray, tolerance: float) -> list[int]:
    """Sort what helps, (n, zones): what takes most from beyond the tolerance, then the evenest."""
    if not len(deviations):
        return []
    beyond = np.maximum(0.0, np.abs(deviations) - tolerance).sum(axis=1)
    gain = beyond - np.maximum(0.0, np.abs(now) - tolerance).sum()
    order = np.lexsort(((deviations**2).sum(axis=1), gain.round(9)))
    return [int(at) for at in order if gain[at] <= -_LEAST_GAIN]


def _find_first_contiguous(
    state: ProjectState, choices: Sequence[tuple[_ZoneMove, ...]], order: Iterable[int]
) -> tuple[_ZoneMove, ...] | None:
    """Return the first of some moves by which no zone falls apart, runs empty or is closed to."""
    plan, cells = state.plan, state.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    masks = make_neighbor_masks(cells.neighbors, len(cells.vertices))
    for at in order:
        moves = choices[at]
        then = list(zones)
        for move in moves:
            then[move.at] = move.after
        touched = {end for move in moves for end in (move.before, move.after)}
        if all(_stays_contiguous(zones, then, zone, masks) for zone in touched) and all(
            _may_hold_all(state, plan, move.sites, move.after) for move in moves
        ):
            return moves
    return None


def _stays_contiguous(
    zones: Sequence[str | None], then: Sequence[str | None], zone: str, masks: list[int]
) -> bool:
    """Whether a zone has sites afterward, and no more pieces than before."""
    before, after = (len(find_pieces(masks, _pack_zone(each, zone))) for each in (zones, then))
    return 0 < after <= before


def _pack_zone(zones: Sequence[str | None], zone: str) -> int:
    """Return the vertices of a zone as the bits of an integer."""
    return pack_sites([vertex for vertex, held in enumerate(zones) if held == zone])


def _sum_load(state: ProjectState, vertices: Iterable[int]) -> float:
    base = state.basis
    rows = [base.index[site] for at in vertices for site in base.cells.vertices[at]]
    return float(base.load_min[rows].sum())


def _may_hold_all(state: ProjectState, plan: Plan, sites: Iterable[str], zone: str) -> bool:
    project = state.project
    return all(
        find_zone_refusal(project, plan, project.sites[site], zone) is None for site in sites
    )


_MAX_FIXES, _STUDENT_WEIGHT = 1000, 0.01
_MOST_NAMES = 3


@dataclass(frozen=True, eq=False, slots=True)
class PlanFix:
    """One edit. ``label`` is what Undo reads, ``text`` says in a sentence what it will do."""

    label: str
    text: str
    edit: Callable[[Project], Project]


@dataclass(frozen=True, eq=False, slots=True)
class FixResult:
    """What fixing one after the other came to: the project after it, and what was done."""

    project: Project
    done: tuple[str, ...]
    cost_min: float = 0.0
    closer_min: float | None = None
    """Minutes a day of a proposal that keeps close to the plan, where they are clearly fewer."""


def find_fix(state: ProjectState, finding: CheckFinding) -> PlanFix | None:
    """Return what fixes a finding, or None where a person has to decide."""
    make = _FIXES.get(finding.code)
    plan = state.plan
    if make is None or plan is None or not (plan.is_draft or finding.code == "dates_overlap"):
        return None
    try:
        return make(state, plan, finding.where)
    except UserError:
        return None


def is_fixable(finding: CheckFinding) -> bool:
    """True of a rule that can often be fixed without asking."""
    return finding.code in _FIXES


_SEARCH_S, _CLEARLY_LESS = 3.0, 0.005


def find_closer_proposal(
    state: ProjectState, fixed: FixResult, report: Callable[[float, str], None]
) -> FixResult:
    """Say beside what fixing came to whether a proposal near the plan would drive less.

    A few seconds are searched; a plan that no proposal can keep all rules for is left as fixed.
    """

    plan = state.plan
    if plan is None or not fixed.done or not plan.assignment:
        return fixed
    after = derive_state(fixed.project, fixed.project.plans[plan.uid], state)
    cost = after.figures.cost if after.figures is not None else 0.0
    report(0.9, "Comparing with a proposal close to the plan")
    best: Plan | None = None
    known = {site: zone for site, zone in plan.assignment.items() if site in after.basis.index}
    with suppress(UserError):
        for found in search_proposals(
            after.project,
            plan,
            after.basis,
            tolerance=plan.tolerance,
            time_limit_s=_SEARCH_S,
            keep_close_to=known,
            weight=_STUDENT_WEIGHT,
        ):
            best = found.plan
            report(0.95, "Comparing with a proposal close to the plan")
    if best is None:
        return replace(fixed, cost_min=cost)
    near = derive_state(fixed.project.with_plan(best), best, after).figures
    less = near is not None and near.cost < cost * (1 - _CLEARLY_LESS)
    return replace(fixed, cost_min=cost, closer_min=near.cost if near and less else None)


def fix_all_problems(state: ProjectState, report: Callable[[float, str], None]) -> FixResult:
    """Fix what can be, one after the other, each on what the one before left.

    An empty plan starts from the nearest posts. A fix that would not make the plan better as a
    whole is left out. ``report`` hears how far it is and may raise to stop.
    """
    now, done, left_out = state, list[str](), set[str]()
    plan = state.plan
    if plan is not None and plan.is_draft and not plan.assignment and not plan.locks:
        sketch = assign_nearest_zone(state.project, state.basis, plan, {})
        now = derive_state(state.saved_project.with_plan(sketch), sketch, state)
        done += ["Assign each site to the nearest post"] if sketch.assignment else []
    while len(done) < _MAX_FIXES:
        finding = next((f for f in now.problems if is_fixable(f) and f.text not in left_out), None)
        if finding is None:
            break
        fix = find_fix(now, finding)
        after = None if fix is None else _derive_after(now, fix)
        if fix is None or after is None or not _rank_badness(after) < _rank_badness(now):
            left_out.add(finding.text)
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
    """How bad a plan is: rules broken one by one, pieces too many, load beyond the tolerance."""
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
    return PlanFix(what, f"{what}, the nearest zone that may include it.", edit)


def _fix_by_lock(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    site, home = state.project.site(where["site"]), where.get("zone")
    if home is None:
        return _fix_by_moving_out(state, plan, where)
    edit = partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: home})
    edit(state.saved_project)  # refused where the zone may not hold the site any more
    what = f"Move {site.name} back to {home}"
    return PlanFix(what, f"{what}, where it is locked.", edit)


def _fix_by_moving_out(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    """Give a site that came into a locked zone to the nearest zone that is not locked."""
    site = state.project.site(where["site"])
    others = {key: zone for key, zone in plan.assignment.items() if key != site.id}
    zone = find_nearest_eligible_zone(state.project, replace(plan, assignment=others), site)
    what = f"Assign {site.name} to {zone}"
    edit = partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: zone})
    return PlanFix(what, f"{what}, the nearest zone that is not locked.", edit)


def _fix_pieces(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    zone = where["zone"]
    given = _find_cut_off_sites(state, zone)
    if given:
        parts = [
            f"{_format_site_names(state, [s for s, to in given.items() if to == end])} to {end}"
            for end in dict.fromkeys(given.values())
        ]
        what = f"Assign {' and '.join(parts)}"
        edit = partial(assign_sites, plan_uid=plan.uid, changes=given)
        return PlanFix(what, f"{what}: cut off from {zone} and surrounded by that zone.", edit)
    blocks = _find_releasable_blocks(state, zone)
    if not blocks:
        return None
    named = f"block {blocks[0]}" if len(blocks) == 1 else f"{len(blocks)} blocks"
    what = f"Let {named} follow the schools again"
    edit = partial(_release_blocks, plan_uid=plan.uid, blocks=blocks)
    return PlanFix(what, f"{what}, so that zone {zone} is in fewer pieces.", edit)


def _fix_balance(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    found = _find_balancing_moves(state, where["zone"])
    if found is None:
        return None
    named = [
        (_format_site_names(state, move.sites), move.before, move.after) for move in found.moves
    ]
    what = " and ".join(f"{names} to {after}" for names, _, after in named)
    whole = " and ".join(f"{names} from {before} to {after}" for names, before, after in named)
    zones = ", ".join(
        f"{zone} {100 * before:+.1f} → {100 * after:+.1f}%"
        for zone, before, after in found.deviations
    )
    given = {site: move.after for move in found.moves for site in move.sites}
    return PlanFix(
        f"Assign {what}",
        f"Reassign {whole}: {zones.replace('-', chr(0x2212))}.",
        partial(assign_sites, plan_uid=plan.uid, changes=given),
    )


def _fix_strip(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    blocks = tuple(filter(None, where.get("blocks", "").split(";")))
    end = find_zone_beside(state, where["zone"], blocks) if blocks else None
    if end is None:
        return None
    named = f"block {blocks[0]}" if len(blocks) == 1 else f"{len(blocks)} blocks"
    what = f"Assign {named} to {end}"
    edit = partial(_move_blocks, plan_uid=plan.uid, blocks=blocks, zone=end)
    return PlanFix(what, f"{what}: they contain no school and border {end}.", edit)


def _fix_date_overlap(state: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    early, late = (state.saved_project.plan(where[key]) for key in ("plan", "next"))
    day = late.effective_on
    if day is None or day == early.effective_on:
        return None
    what = f"End “{early.name}” on {day}"
    edit = partial(retire_plan, plan_uid=early.uid, expires_on=day)
    return PlanFix(what, f"{what}, when “{late.name}” takes effect.", edit)


def _move_blocks(project: Project, plan_uid: str, blocks: Iterable[str], zone: str) -> Project:
    for block in blocks:
        project = move_block(project, plan_uid, block, zone)
    return project


def _release_blocks(project: Project, plan_uid: str, blocks: Iterable[str]) -> Project:
    for block in blocks:
        project = move_block(project, plan_uid, block, None)
    return project


def _format_site_names(state: ProjectState, sites: Iterable[str]) -> str:
    names = [state.project.sites[site].name for site in sites]
    return join_names(names) if len(names) <= _MOST_NAMES else f"{len(names)} sites"


_FIXES: Mapping[str, Callable[[ProjectState, Plan, Mapping[str, str]], PlanFix | None]] = {
    "unassigned": _fix_by_nearest,
    "wrong_jurisdiction": _fix_by_nearest,
    "lock_not_kept": _fix_by_lock,
    "in_pieces": _fix_pieces,
    "over_tolerance": _fix_balance,
    "dates_overlap": _fix_date_overlap,
    "narrow_strip": _fix_strip,
}
