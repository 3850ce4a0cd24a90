"""A new plan's first assignment: from the nearest posts, a table of zones, or zone polygons."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.site import Block, Site
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowResult, refuse_row
from zoneplanner.exchange.tables.text_table import TextTable
from zoneplanner.messages import Message

_ROUNDS = 20
_MAX_ROWS_IN_ERROR = 20
_MAX_PARTS = 10


@dataclass(frozen=True, eq=False, slots=True)
class InitialPlan:
    """A plan read from a file, how much of it was used, and the rejected rows.

    ``taken`` of the ``read`` rows or polygons of the file were used; ``table`` is the table that
    the rows came from.
    """

    plan: Plan
    message: Message
    notes: tuple[Message, ...] = ()
    refused: tuple[RowResult, ...] = ()
    read: int = 0
    taken: int = 0
    table: TextTable | None = None


def assign_nearest_zone(
    project: Project, base: PlanningBasis, plan: Plan, like: Mapping[str, str]
) -> Plan:
    """Assign each patrolled site to the zone with the nearest post whose unit may be primary there.

    A zone's post is its unit's, else the one in ``like`` (a site by zone), else a site chosen so
    that the posts of an agency are well spread. Loads are not balanced.
    """
    assignment: dict[str, str] = {}
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    for kind in dict.fromkeys(kinds.values()):
        zones = [zone for zone in plan.zones if kinds[zone.id] == kind]
        rows = np.array(
            [
                row
                for row, site in enumerate(base.sites)
                if base.placements[site.id].jurisdiction in kind and site.id not in assignment
            ],
            dtype=np.int64,
        )
        if not rows.size:
            continue
        posts = []
        for zone in zones:
            unit = project.units.get(zone.unit)
            own = [*(unit.posts if unit else ()), like.get(zone.id, "")]
            posts.append(next((base.index[site] for site in own if site in base.index), None))
        nearest = _find_nearest_posts(base, rows, posts)
        for row, zone_index in zip(rows.tolist(), nearest, strict=True):
            assignment[base.sites[row].id] = zones[zone_index].id
    return replace(plan, assignment=assignment, proof=None)


def build_plan_from_table(
    project: Project,
    plan: Plan,
    path: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> InitialPlan:
    """Build a plan from a table of sites and zones, with a result for each rejected row.

    ``protected`` are files that may not be opened.

    Raises
    ------
    UserError
        The file is not such a table, or none of its rows can be used.
    """
    # late: the window starts without the readers of foreign files
    from zoneplanner.exchange.tables.zone_assignments import read_zone_assignments

    table = read_zone_assignments(path, protected=protected, report=report)
    rows = table.rows
    numbers = _number_zones(plan, [row.zone for row in rows])
    zone_of = _zone_finder(plan, numbers)
    refused: list[RowResult] = []
    seen: dict[str, int] = {}
    for row in rows:
        try:
            if row.fault:
                raise UserError(row.fault)
            zone = zone_of(row.zone)
            blocks = _find_blocks(project, row.site)
            if blocks:
                plan = _assign_blocks(project, plan, blocks, zone)
                continue
            site = project.site(row.site)
            if site.id in seen:
                raise UserError("site_repeated", site=site.name, row=seen[site.id])
            plan = _assign_site(project, plan, site, zone)
            seen[site.id] = row.row
        except UserError as error:
            refused.append(refuse_row(row.row, error.to_message()))
    facts = {"taken": len(rows) - len(refused), "read": len(rows), "file": path.name}
    message = Message("plan_from_file.rows", plan=plan.name, **facts)
    return _build_result(
        project, plan, message, refused=refused, numbers=numbers, table=table.table
    )


def build_plan_from_polygons(
    project: Project,
    plan: Plan,
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> InitialPlan:
    """Build a plan from zone polygons: each patrolled site goes to the zone that it is in.

    ``layer`` is one of several in the file, ``crs`` its coordinate system if it names none;
    ``protected`` are files that may not be opened.

    Raises
    ------
    UserError
        The file is not a layer of zones, or no site can be assigned to any of them.
    """
    from zoneplanner.exchange.tables.zone_assignments import read_zone_polygons

    features = read_zone_polygons(
        path,
        project.crs,
        layer=layer,
        source_crs=crs,
        near=compute_project_extent(project),
        protected=protected,
        report=report,
    )
    numbers = _number_zones(plan, [feature.zone for feature in features])
    zone_of = _zone_finder(plan, numbers)
    refused: list[RowResult] = []
    areas: list[tuple[int, str, BaseGeometry]] = []
    for feature in features:
        try:
            if feature.area is None:
                if feature.fault:
                    raise UserError("no_area.why", why=feature.fault)
                raise UserError("no_area")
            areas.append((feature.row, zone_of(feature.zone), feature.area))
        except UserError as error:
            refused.append(refuse_row(feature.row, error.to_message()))
    for site in project.patrolled:
        for row, zone, area in areas:
            if area.covers(site.point):
                try:
                    plan = _assign_site(project, plan, site, zone)
                except UserError as error:
                    refused.append(refuse_row(row, error.to_message()))
                break
    facts = {"taken": len(areas), "read": len(features), "file": path.name}
    message = Message("plan_from_file.polygons", plan=plan.name, **facts)
    return _build_result(project, plan, message, refused=refused, numbers=numbers)


def _find_nearest_posts(base: PlanningBasis, rows: IntArray, posts: list[int | None]) -> list[int]:
    """Return the index of each row's nearest post.

    Posts that are None are chosen: first far apart, then by up to ``_ROUNDS`` of k-medoids.
    """
    minutes = np.minimum(base.travel_min, 1e6)
    chosen = fixed = [post for post in posts if post is not None]
    while len(chosen) < len(posts):
        if not chosen:
            middle = rows[minutes[rows][:, rows].sum(axis=1).argmin()]
            apart = minutes[middle, rows]
        else:
            apart = minutes[chosen][:, rows].min(axis=0)
        chosen = [*chosen, int(rows[apart.argmax()])]
    free = iter(chosen[len(fixed) :])
    centers = [next(free) if post is None else post for post in posts]
    owner = minutes[centers][:, rows].argmin(axis=0)
    for _ in range(_ROUNDS):
        moved = [
            _find_medoid(base, rows[owner == index], center) if posts[index] is None else center
            for index, center in enumerate(centers)
        ]
        if moved == centers:
            break
        centers = moved
        owner = minutes[centers][:, rows].argmin(axis=0)
    nearest: list[int] = owner.tolist()
    return nearest


def _find_medoid(base: PlanningBasis, members: IntArray, present: int) -> int:
    """Return the member with the least driving to the others; ``present`` if there is none."""
    if not members.size:
        return present
    return int(members[base.cost[members][:, members].sum(axis=0).argmin()])


def _number_zones(plan: Plan, words: Iterable[str]) -> dict[str, str]:
    """Return zones by number, if a file numbers its zones as GIS programs do, else nothing."""
    in_file = {word.strip() for word in words} - {""}
    in_plan = {word for zone in plan.zones for word in (zone.id, zone.name, zone.unit)}
    numbers = {str(number): zone.id for number, zone in enumerate(plan.zones, 1)}
    return numbers if in_file <= numbers.keys() and not in_file & in_plan else {}


def _zone_finder(plan: Plan, numbers: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that finds the id of a zone as people write it; UserError if unknown."""
    names = [(word, zone.id) for zone in plan.zones for word in (zone.id, zone.name, zone.unit)]
    names += numbers.items()

    def find(text: str) -> str:
        wanted = text.strip()
        exact = {zone for word, zone in names if word == wanted}
        near = {zone for word, zone in names if word.casefold() == wanted.casefold()}
        matches = exact or near
        if len(matches) != 1:
            known = [zone.id for zone in plan.zones]
            raise UserError("unknown_zone.of_file", zone=text, known=known)
        return matches.pop()

    return find


def _assign_site(project: Project, plan: Plan, site: Site, zone: str) -> Plan:
    refusal = find_zone_refusal(project, plan, site, zone)
    if refusal is not None:
        raise refusal
    assigned = [other for other in project.stacked_sites(site.id) if other in plan.assignment]
    if assigned and plan.assignment[assigned[0]] != zone:
        name, home = project.sites[assigned[0]].name, plan.assignment[assigned[0]]
        raise UserError("sites_share_position", site=site.name, other=name, zone=home)
    return plan.with_assignments({site.id: zone})


def _find_blocks(project: Project, text: str) -> list[Block]:
    """Return the block with an id, or its parts if a jurisdiction's boundary divides it."""
    if text in project.sites:
        return []
    if text in project.blocks:
        return [project.blocks[text]]
    parts = (f"{text}/{number}" for number in range(1, _MAX_PARTS))
    return [project.blocks[part] for part in parts if part in project.blocks]


def _assign_blocks(project: Project, plan: Plan, blocks: list[Block], zone: str) -> Plan:
    """Assign the sites of blocks to a zone, and the blocks themselves if they contain none."""
    overrides = dict(plan.block_overrides)
    unit = project.units[plan.zone(zone).unit]
    for block in blocks:
        inside = [site for site in project.patrolled if block.area.covers(site.point)]
        for site in inside:
            plan = _assign_site(project, plan, site, zone)
        if not inside and unit.may_be_primary(block.jurisdiction):
            overrides[block.id] = zone
    return replace(plan, block_overrides=overrides)


def _build_result(
    project: Project,
    plan: Plan,
    message: Message,
    *,
    refused: list[RowResult],
    numbers: Mapping[str, str],
    table: TextTable | None = None,
) -> InitialPlan:
    if not plan.assignment:
        rows = {f"row {note.row}": note.remark for note in refused[:_MAX_ROWS_IN_ERROR]}
        facts: dict[str, Any] = {"file": message.facts["file"]}
        if not refused:
            raise UserError("no_row_imported.plan", **facts)
        facts |= {"row": refused[0].row, "reason": refused[0].remark}
        raise UserError("no_row_imported.plan_row", rows, **facts)
    notes: list[Message] = []
    if numbers:
        zones = ", ".join(f"{number} is {zone}" for number, zone in numbers.items())
        notes.append(Message("plan_from_file.numbers", numbers=zones))
    if missing := sum(site.id not in plan.assignment for site in project.patrolled):
        notes.append(Message("plan_from_file.missing", n=missing))
    read, taken = message.facts["read"], message.facts["taken"]
    return InitialPlan(plan, message, tuple(notes), tuple(refused), read, taken, table)
