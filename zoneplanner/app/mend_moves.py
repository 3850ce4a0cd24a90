"""Which sites or blocks to move so that a zone is in one piece or within the tolerance."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.cells import Cells
from zoneplanner.analysis.outlines import build_zone_outlines, find_vertex_zones
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.edits import explain_zone_refusal
from zoneplanner.domain.plan import Plan

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


def _find_cut_off_sites(reading: ProjectState, zone: str) -> dict[str, str]:
    """Return for each site that is cut off from the bulk of its zone the zone around it.

    Empty where nothing is cut off, or where no zone around may take a part.
    """
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    next_to = _build_adjacency(cells)
    own = {at for at, held in enumerate(zones) if held == zone}
    parts = sorted(_components(own, next_to), key=lambda part: -_sum_load(reading, part))
    given: dict[str, str] = {}
    for part in parts[1:]:
        around = Counter(zones[b] for a in part for b in next_to[a] if zones[b] not in (None, zone))
        sites = [site for at in part for site in cells.vertices[at]]
        fits = (
            end
            for end, _ in around.most_common()
            if end and _may_hold_all(reading, plan, sites, end)
        )
        end = next(fits, None)
        if end is not None:
            given |= dict.fromkeys(sites, end)
    return given


def _find_releasable_blocks(reading: ProjectState, zone: str) -> tuple[str, ...]:
    """Return blocks moved by hand that follow the schools again to join a zone's pieces."""
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    natural = {part.block: zones[part.vertex] for part in cells.parts if part.block is not None}
    ours = [
        block
        for block, held in plan.block_overrides.items()
        if zone in (held, natural.get(block)) and held != natural.get(block)
    ]
    now = reading.outlines[zone].pieces if zone in reading.outlines else 0
    for blocks in [*((block,) for block in ours[:_MOST_BLOCKS]), tuple(ours)]:
        left = {b: held for b, held in plan.block_overrides.items() if b not in blocks}
        outline = build_zone_outlines(replace(plan, block_overrides=left), cells, only=[zone]).get(
            zone
        )
        if blocks and outline is not None and outline.pieces < now:
            return blocks
    return ()


def _find_balancing_moves(reading: ProjectState, zone: str) -> _BalancingMoves | None:
    """Return the move into or out of a zone that takes most load from beyond the tolerance.

    Where no single one helps, two at once: an exchange of two zones, or a move onwards to a third.
    The zones that they leave stay whole and are not emptied; None where nothing of that helps.
    """
    plan, figures = reading.plan, reading.figures
    assert plan is not None and figures is not None
    every = list(_list_moves(reading))
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
        reading, [(every[at],) for at in own], _sort_by_gain(alone, now, plan.tolerance)
    )
    if found is None:
        pairs = [
            (i, j) for i in own for j in range(len(every)) if _share_a_zone(every[i], every[j])
        ]
        both = now + change[[i for i, _ in pairs]] + change[[j for _, j in pairs]]
        order = _sort_by_gain(both, now, plan.tolerance)[:_MOST_TRIED]
        found = _find_first_contiguous(reading, [(every[i], every[j]) for i, j in pairs], order)
    if found is None:
        return None
    then = now + sum(change[every.index(move)] for move in found)
    touched = dict.fromkeys(end for move in found for end in (move.before, move.after))
    rows = [(key, known.index(key)) for key in touched if key in known]
    return _BalancingMoves(found, tuple((key, float(now[at]), float(then[at])) for key, at in rows))


def _list_moves(reading: ProjectState) -> Iterator[_ZoneMove]:
    """Yield each vertex beside another zone with its own zone and that one."""
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones = find_vertex_zones(plan, cells)
    seen = set()
    for i, j in cells.neighbours:
        for at, other in ((i, j), (j, i)):
            before, after = zones[at], zones[other]
            if before and after and before != after:
                seen.add((at, before, after))
    for at, before, after in sorted(seen):
        yield _ZoneMove(at, cells.vertices[at], before, after, _sum_load(reading, [at]))


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
    reading: ProjectState, choices: Sequence[tuple[_ZoneMove, ...]], order: Iterable[int]
) -> tuple[_ZoneMove, ...] | None:
    """Return the first of some moves by which no zone falls apart, runs empty or is closed to."""
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones, next_to = find_vertex_zones(plan, cells), _build_adjacency(cells)
    for at in order:
        moves = choices[at]
        then = list(zones)
        for move in moves:
            then[move.at] = move.after
        touched = {end for move in moves for end in (move.before, move.after)}
        if all(_stays_contiguous(zones, then, zone, next_to) for zone in touched) and all(
            _may_hold_all(reading, plan, move.sites, move.after) for move in moves
        ):
            return moves
    return None


def _stays_contiguous(
    zones: Sequence[str | None], then: Sequence[str | None], zone: str, next_to: list[list[int]]
) -> bool:
    """Whether a zone has sites afterwards, and no more pieces than before."""
    pieces = [
        sum(1 for _ in _components([v for v, held in enumerate(state) if held == zone], next_to))
        for state in (zones, then)
    ]
    return 0 < pieces[1] <= pieces[0]


def _sum_load(reading: ProjectState, vertices: Iterable[int]) -> float:
    base = reading.basis
    rows = [base.index[site] for at in vertices for site in base.cells.vertices[at]]
    return float(base.load_min[rows].sum())


def _may_hold_all(reading: ProjectState, plan: Plan, sites: Iterable[str], zone: str) -> bool:
    project = reading.project
    return all(
        explain_zone_refusal(project, plan, project.sites[site], zone) is None for site in sites
    )


def _build_adjacency(cells: Cells) -> list[list[int]]:
    next_to: list[list[int]] = [[] for _ in cells.vertices]
    for i, j in cells.neighbours:
        next_to[i].append(j)
        next_to[j].append(i)
    return next_to


def _components(vertices: Collection[int], next_to: list[list[int]]) -> Iterator[set[int]]:
    left = set(vertices)
    while left:
        part, edge = set[int](), [min(left)]
        while edge:
            at = edge.pop()
            if at in left:
                left.discard(at)
                part.add(at)
                edge += next_to[at]
        yield part
