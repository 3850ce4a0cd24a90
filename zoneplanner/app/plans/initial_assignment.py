"""Where a new plan starts from: the nearest post, a table made elsewhere, or zone polygons."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

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
from zoneplanner.messages import render_message

_ROUNDS = 20
_MOST_TOLD = 20
_MOST_PARTS = 10


@dataclass(frozen=True, eq=False, slots=True)
class InitialPlan:
    """A plan made of a file, a sentence that says of how much of it, and what was left out.

    ``taken`` of the ``read`` rows or polygons of the file gave the plan something, ``table`` is
    where rows came from.
    """

    plan: Plan
    text: str
    refused: tuple[RowResult, ...] = ()
    read: int = 0
    taken: int = 0
    table: TextTable | None = None


def assign_nearest_zone(
    project: Project, base: PlanningBasis, plan: Plan, like: Mapping[str, str]
) -> Plan:
    """Give each patrolled site to the zone whose unit may be primary and whose post is nearest.

    A zone's posts are those of its unit, else that of ``like`` (a site by zone), else a site
    chosen so that the posts of an agency lie well apart. Loads are not evened out.
    """
    assignment: dict[str, str] = {}
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    for kind in dict.fromkeys(kinds.values()):
        zones = [zone for zone in plan.zones if kinds[zone.id] == kind]
        rows = np.array(
            [
                at
                for at, site in enumerate(base.sites)
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
        for at, place in zip(rows.tolist(), nearest, strict=True):
            assignment[base.sites[at].id] = zones[place].id
    return replace(plan, assignment=assignment, proof=None)


def build_plan_from_table(
    project: Project,
    plan: Plan,
    path: Path,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> InitialPlan:
    """Make a plan of a table of sites and zones; rows that cannot be taken are told one by one.

    ``keep_off`` are files that may not be opened.

    Raises
    ------
    UserError
        The file is no such table, or none of its rows can be taken.
    """
    # late: the window starts without the readers of foreign files
    from zoneplanner.exchange.tables.zone_assignments import read_zone_assignments

    given_table = read_zone_assignments(path, keep_off=keep_off, report=report)
    rows = given_table.rows
    numbers = _number_zones(plan, [given.zone for given in rows])
    zone_of = _zone_finder(plan, numbers)
    refused: list[RowResult] = []
    seen: dict[str, int] = {}
    for given in rows:
        try:
            if given.fault:
                raise UserError(given.fault)
            zone = zone_of(given.zone)
            blocks = _find_blocks(project, given.site)
            if blocks:
                plan = _assign_blocks(project, plan, blocks, zone)
                continue
            site = project.site(given.site)
            if site.id in seen:
                raise UserError("site_repeated", site=site.name, row=seen[site.id])
            plan = _assign_site(project, plan, site, zone)
            seen[site.id] = given.row
        except UserError as error:
            refused.append(refuse_row(given.row, error.message))
    taken = f"{len(rows) - len(refused)} of {len(rows)} rows"
    found = _build_result(project, plan, path, taken, refused=refused, numbers=numbers)
    return replace(found, read=len(rows), taken=len(rows) - len(refused), table=given_table.table)


def build_plan_from_polygons(
    project: Project,
    plan: Plan,
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> InitialPlan:
    """Make a plan of zone polygons: each patrolled site goes to the zone that it lies in.

    ``layer`` is one of several in the file, ``crs`` its coordinate system where it names none;
    ``keep_off`` are files that may not be opened.

    Raises
    ------
    UserError
        The file is no layer of zones, or no site can be given to any of them.
    """
    from zoneplanner.exchange.tables.zone_assignments import read_zone_polygons

    features = read_zone_polygons(
        path,
        project.crs,
        layer=layer,
        source_crs=crs,
        near=compute_project_extent(project),
        keep_off=keep_off,
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
            refused.append(refuse_row(feature.row, error.message))
    taken = f"{len(areas)} of {len(features)} polygons"
    for site in project.patrolled:
        inside = next((own for own in areas if own[2].covers(site.point)), None)
        if inside is None:
            continue
        row, zone, _ = inside
        try:
            plan = _assign_site(project, plan, site, zone)
        except UserError as error:
            refused.append(refuse_row(row, error.message))
    found = _build_result(project, plan, path, taken, refused=refused, numbers=numbers)
    return replace(found, read=len(features), taken=len(areas))


def _find_nearest_posts(base: PlanningBasis, rows: IntArray, posts: list[int | None]) -> list[int]:
    """Return for each row the place of its nearest post; posts that are None are chosen well."""
    minutes = np.minimum(base.travel_min, 1e6)
    fixed = [post for post in posts if post is not None]
    chosen = list(fixed)
    while len(chosen) < len(posts):
        if not chosen:
            middle = rows[minutes[rows][:, rows].sum(axis=1).argmin()]
            chosen.append(int(rows[minutes[middle, rows].argmax()]))
        else:
            apart = minutes[chosen][:, rows].min(axis=0)
            chosen.append(int(rows[apart.argmax()]))
    free = iter(chosen[len(fixed) :])
    at = [next(free) if post is None else post for post in posts]
    owner = minutes[at][:, rows].argmin(axis=0)
    for _ in range(_ROUNDS):
        moved = [
            _find_medoid(base, rows[owner == place], kept) if posts[place] is None else kept
            for place, kept in enumerate(at)
        ]
        if moved == at:
            break
        at = moved
        owner = minutes[at][:, rows].argmin(axis=0)
    return [int(place) for place in owner]


def _find_medoid(base: PlanningBasis, members: IntArray, kept: int) -> int:
    """Return the member from which the others are served with the least driving."""
    if not members.size:
        return kept
    return int(members[base.cost[members][:, members].sum(axis=0).argmin()])


def _number_zones(plan: Plan, words: Iterable[str]) -> dict[str, str]:
    """Return zones by their place in the plan, where a file numbers its zones as programs do."""
    said = {word.strip() for word in words} - {""}
    called = {word for zone in plan.zones for word in (zone.id, zone.name, zone.unit)}
    numbers = {str(at): zone.id for at, zone in enumerate(plan.zones, 1)}
    return numbers if said <= numbers.keys() and not said & called else {}


def _zone_finder(plan: Plan, numbers: Mapping[str, str]) -> Callable[[str], str]:
    """Return what turns a zone as people write it into its id; an unknown one is a UserError."""
    known = [(word, zone.id) for zone in plan.zones for word in (zone.id, zone.name, zone.unit)]
    known += numbers.items()

    def find(text: str) -> str:
        wanted = text.strip()
        exact = {zone for word, zone in known if word == wanted}
        near = {zone for word, zone in known if word.casefold() == wanted.casefold()}
        found = exact or near
        if len(found) != 1:
            known_ids = [zone.id for zone in plan.zones]
            raise UserError("unknown_zone.of_file", zone=text, known=known_ids)
        return found.pop()

    return find


def _assign_site(project: Project, plan: Plan, site: Site, zone: str) -> Plan:
    refusal = find_zone_refusal(project, plan, site, zone)
    if refusal is not None:
        raise refusal
    beside = [other for other in project.stacked_sites(site.id) if other in plan.assignment]
    if beside and plan.assignment[beside[0]] != zone:
        name, home = project.sites[beside[0]].name, plan.assignment[beside[0]]
        raise UserError("sites_share_position", site=site.name, other=name, zone=home)
    return plan.with_assignments({site.id: zone})


def _find_blocks(project: Project, text: str) -> list[Block]:
    """Return the block of an id, or the parts that one was cut into at a jurisdiction's line."""
    if text in project.sites:
        return []
    if text in project.blocks:
        return [project.blocks[text]]
    parts = (f"{text}/{at}" for at in range(1, _MOST_PARTS))
    return [project.blocks[part] for part in parts if part in project.blocks]


def _assign_blocks(project: Project, plan: Plan, blocks: list[Block], zone: str) -> Plan:
    """Give the sites of blocks to a zone, and the blocks themselves where they hold none."""
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
    path: Path,
    taken: str,
    *,
    refused: list[RowResult],
    numbers: Mapping[str, str],
) -> InitialPlan:
    if not plan.assignment:
        why = f" Row {refused[0].row}: {refused[0].reason}" if refused else ""
        raise UserError(
            "no_row_imported.plan",
            {f"row {note.row}": note.reason for note in refused[:_MOST_TOLD]},
            file=path.name,
            why=why,
        )
    missing = sum(site.id not in plan.assignment for site in project.patrolled)
    facts = {
        "plan": plan.name,
        "taken": taken,
        "file": path.name,
        "numbers": ", ".join(f"{number} is {zone}" for number, zone in numbers.items()),
        "n": missing,
    }
    parts = (
        ("plan_from_file", True),
        ("plan_from_file.numbers", numbers),
        ("plan_from_file.missing", missing),
    )
    text = " ".join(render_message(part, facts) for part, there in parts if there)
    return InitialPlan(plan, text, tuple(refused))
