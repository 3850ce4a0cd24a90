"""The zones that could include a site, and what each assignment would cost."""

from collections.abc import Iterator
from dataclasses import dataclass

from zoneplanner.analysis.districting.zone_group import find_pieces, make_neighbor_masks, pack_sites
from zoneplanner.analysis.measures.plan_measures import (
    compute_fair_shares_min,
    find_primary_jurisdictions,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.edits import find_lock_refusal
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class ZoneAlternative:
    """The effects of assigning a site, and the sites at its position, to a zone.

    Attributes
    ----------
    zone
        The zone that would include the site; if ``stays``, it already does.
    drive_change_min
        Change of the plan's drive, trip-minutes a day.
    deviation_after
        The zone's deviation from its fair share afterward.
    left_deviation_after
        The same for the zone that the site leaves, or None if it has none or stays.
    pieces
        The larger number of pieces of the zone and the one that the site leaves; 1 if both are
        connected.
    breaks
        What would be wrong, for each rule that would be broken.
    """

    zone: str
    stays: bool
    drive_change_min: float
    deviation_after: float
    left_deviation_after: float | None
    pieces: int
    breaks: tuple[Message, ...]


def list_zone_alternatives(
    project: Project, plan: Plan, basis: PlanningBasis, site_id: str
) -> tuple[ZoneAlternative, ...]:
    """List the zones that may include a site, the shortest drive first.

    Raises
    ------
    UserError
        The site is unknown or not patrolled.
    """
    if site_id not in basis.index:
        raise UserError("unknown_site.not_patrolled", site=site_id)
    stack = (site_id, *(site for site in basis.list_stacked_sites(site_id) if site != site_id))
    places = {basis.placements[site].jurisdiction for site in stack}
    alternatives = [
        _evaluate_alternative(project, plan, basis, stack, zone.id)
        for zone in plan.zones
        if places <= find_primary_jurisdictions(project, zone.unit)
    ]
    return tuple(sorted(alternatives, key=lambda each: each.drive_change_min))


def _evaluate_alternative(
    project: Project, plan: Plan, basis: PlanningBasis, stack: tuple[str, ...], zone: str
) -> ZoneAlternative:
    after = plan.with_assignments(dict.fromkeys(stack, zone))
    origins = [plan.assignment[site] for site in stack if site in plan.assignment]
    changed = list(dict.fromkeys([zone, *origins]))
    targets = compute_fair_shares_min(
        project, after, basis.list_jurisdictions(), basis.list_loads_min()
    )
    rows_of = {each: _list_zone_rows(after, basis, each) for each in changed}
    deviation = {
        each: float(basis.load_min[rows].sum()) / targets[each] - 1 if targets[each] > 0 else 0.0
        for each, rows in rows_of.items()
        if each in targets
    }
    masks = make_neighbor_masks(basis.cells.neighbors, len(basis.cells.vertices))
    pieces = {
        each: len(find_pieces(masks, _pack_cells(rows, basis))) for each, rows in rows_of.items()
    }
    before = sum(_sum_drive(_list_zone_rows(plan, basis, each), basis) for each in changed)
    return ZoneAlternative(
        zone=zone,
        stays=origins[:1] == [zone],
        drive_change_min=sum(_sum_drive(rows, basis) for rows in rows_of.values()) - before,
        deviation_after=deviation[zone],
        left_deviation_after=deviation.get(changed[1]) if len(changed) > 1 else None,
        pieces=max(pieces.values()),
        breaks=(
            *_find_broken_locks(project, plan, stack, zone),
            *_find_breaches(plan, deviation, pieces),
        ),
    )


def _list_zone_rows(plan: Plan, basis: PlanningBasis, zone: str) -> list[int]:
    return [row for row, site in enumerate(basis.sites) if plan.assignment.get(site.id) == zone]


def _sum_drive(rows: list[int], basis: PlanningBasis) -> float:
    """Return a zone's trip-minutes a day from its post."""
    return basis.find_post(rows)[1] if rows else 0.0


def _pack_cells(rows: list[int], basis: PlanningBasis) -> int:
    """Return the vertices of some sites as bits."""
    return pack_sites(sorted({basis.cells.vertex_of[basis.sites[row].id] for row in rows}))


def _find_broken_locks(
    project: Project, plan: Plan, stack: tuple[str, ...], zone: str
) -> Iterator[Message]:
    for site in stack:
        if refusal := find_lock_refusal(project, plan, project.sites[site], zone):
            yield refusal.to_message()


def _find_breaches(
    plan: Plan, deviation: dict[str, float], pieces: dict[str, int]
) -> Iterator[Message]:
    for zone, count in pieces.items():
        if count != 1:
            code = "zone_would_break.pieces" if count else "zone_would_break.empty"
            yield Message(code, zone=zone, count=count)
    for zone, share in deviation.items():
        if abs(share) > plan.tolerance + _SLACK:
            code = "zone_would_break.heavy" if share > 0 else "zone_would_break.light"
            yield Message(code, zone=zone, share=abs(share), percent=100 * plan.tolerance)
