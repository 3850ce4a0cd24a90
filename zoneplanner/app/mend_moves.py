"""Which sites or blocks to move so that a zone is in one piece or within the tolerance."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from zoneplanner.analysis.cells import Cells
from zoneplanner.analysis.outlines import vertex_zones, zone_outlines
from zoneplanner.app.reading import Reading
from zoneplanner.domain.edits import why_not
from zoneplanner.domain.plan import Plan

LEAST_GAIN = 1e-9
MOST_BLOCKS = 60


@dataclass(frozen=True, slots=True)
class HelpfulMove:
    """Sites at one position that go to another zone; each zone's deviation before and after."""

    sites: tuple[str, ...]
    before: str
    after: str
    deviations: tuple[tuple[str, float, float], ...]


def cut_off(reading: Reading, zone: str) -> dict[str, str]:
    """Return for each site that is cut off from the bulk of its zone the zone around it.

    Empty where nothing is cut off, or where no zone around may take a part.
    """
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones = vertex_zones(plan, cells)
    next_to = _neighbours(cells)
    own = {at for at, held in enumerate(zones) if held == zone}
    parts = sorted(_components(own, next_to), key=lambda part: -_load(reading, part))
    given: dict[str, str] = {}
    for part in parts[1:]:
        around = Counter(zones[b] for a in part for b in next_to[a] if zones[b] not in (None, zone))
        sites = [site for at in part for site in cells.vertices[at]]
        fits = (end for end, _ in around.most_common() if end and _may(reading, plan, sites, end))
        end = next(fits, None)
        if end is not None:
            given |= dict.fromkeys(sites, end)
    return given


def freed_blocks(reading: Reading, zone: str) -> tuple[str, ...]:
    """Return blocks moved by hand that follow the schools again to join a zone's pieces."""
    plan, cells = reading.plan, reading.basis.cells
    assert plan is not None
    zones = vertex_zones(plan, cells)
    natural = {part.block: zones[part.vertex] for part in cells.parts if part.block is not None}
    ours = [
        block
        for block, held in plan.block_overrides.items()
        if zone in (held, natural.get(block)) and held != natural.get(block)
    ]
    now = reading.outlines[zone].pieces if zone in reading.outlines else 0
    for blocks in [*((block,) for block in ours[:MOST_BLOCKS]), tuple(ours)]:
        left = {b: held for b, held in plan.block_overrides.items() if b not in blocks}
        outline = zone_outlines(replace(plan, block_overrides=left), cells, only=[zone]).get(zone)
        if blocks and outline is not None and outline.pieces < now:
            return blocks
    return ()


def helpful_move(reading: Reading, zone: str) -> HelpfulMove | None:
    """Return the one move into or out of a zone that takes most load from beyond the tolerance.

    The zone that it leaves stays whole and is not emptied; None where no move helps.
    """
    plan, cells, figures = reading.plan, reading.basis.cells, reading.figures
    assert plan is not None and figures is not None
    zones, next_to = vertex_zones(plan, cells), _neighbours(cells)
    weighed = [_weighed(reading, plan, *end) for end in _moves(zones, cells, zone)]
    found = [move for move in weighed if move is not None]
    for _, _, at, move in sorted(found, key=lambda entry: entry[:3]):
        left = {v for v, held in enumerate(zones) if held == move.before and v != at}
        now = sum(1 for _ in _components(left | {at}, next_to))
        whole = sum(1 for _ in _components(left, next_to)) <= now
        if left and whole and _may(reading, plan, move.sites, move.after):
            return move
    return None


def _moves(
    zones: tuple[str | None, ...], cells: Cells, zone: str
) -> Iterator[tuple[int, str, str]]:
    """Yield a vertex beside another zone, its zone and that one, where either is ``zone``."""
    seen = set()
    for i, j in cells.neighbours:
        for at, other in ((i, j), (j, i)):
            before, after = zones[at], zones[other]
            if before and after and before != after and zone in (before, after):
                seen.add((at, before, after))
    yield from sorted(seen)


def _weighed(
    reading: Reading, plan: Plan, at: int, before: str, after: str
) -> tuple[float, float, int, HelpfulMove] | None:
    """Return a move with the load beyond the tolerance and the unevenness that it adds.

    None where it takes nothing from beyond the tolerance.
    """
    assert reading.figures is not None
    load = _load(reading, [at])
    beyond = uneven = 0.0
    deviations = []
    for zone, change in ((before, -load), (after, load)):
        figures = reading.figures.zones.get(zone)
        if figures is None or figures.target_min <= 0:
            return None
        now = figures.deviation
        then = (figures.load_min + change) / figures.target_min - 1
        deviations.append((zone, now, then))
        beyond += max(0.0, abs(then) - plan.tolerance) - max(0.0, abs(now) - plan.tolerance)
        uneven += then**2 - now**2
    if beyond > -LEAST_GAIN:
        return None
    sites = reading.basis.cells.vertices[at]
    return round(beyond, 9), uneven, at, HelpfulMove(sites, before, after, tuple(deviations))


def _load(reading: Reading, vertices: Iterable[int]) -> float:
    base = reading.basis
    rows = [base.index[site] for at in vertices for site in base.cells.vertices[at]]
    return float(base.load_min[rows].sum())


def _may(reading: Reading, plan: Plan, sites: Iterable[str], zone: str) -> bool:
    project = reading.project
    return all(why_not(project, plan, project.sites[site], zone) is None for site in sites)


def _neighbours(cells: Cells) -> list[list[int]]:
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
