"""Jurisdictions and blocks out of the rows of a foreign file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.imports.results import (
    ImportedRows,
    find_far_rows,
    is_elsewhere,
    sort_row_results,
)
from zoneplanner.domain.geography.map_edits import (
    CITY_KIND,
    COUNTY_KIND,
    DISTRICT_LAYER,
    add_blocks,
    add_jurisdictions,
    cover_with_one_area,
    find_district_boundary,
    remove_whole_district,
    set_district_boundary,
)
from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import LEFT_OUT_STATE, ColumnMapping
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRow
from zoneplanner.messages import join_names

_SLIVER_M2 = 400.0
_SLIVER_SHARE = 0.01
_SAME_SHARE = 0.001
_REST, _MOST_NAMES = "rest", 5
_FRONT = re.compile(r"^((City|Town) of|Unincorporated) ", re.IGNORECASE)
_LSAD = re.compile(r"^(?P<name>.+) (?P<kind>city|town|village|CDP)$")
_KINDS = {
    "c": CITY_KIND,
    "town": CITY_KIND,
    "municipality": CITY_KIND,
    "unincorporated": COUNTY_KIND,
}


def import_jurisdictions(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping, *, near: BaseGeometry | None
) -> ImportedRows:
    """Return the project with the jurisdictions of a file, and its district where one is told.

    Cities are cut out of counties. Areas that do not touch the district are left out.
    """
    taker = _JurisdictionReader(project, how, find_far_rows(rows, near), near)
    for row in rows:
        taker.take(row)
    return taker.taken()


def import_blocks(
    project: Project,
    rows: Sequence[ForeignRow],
    how: ColumnMapping,
    *,
    near: BaseGeometry | None,
    instead: bool = False,
) -> ImportedRows:
    """Return the project with the blocks of a file, each cut to the jurisdiction it lies in.

    ``instead`` of those that there are; else a block that lies on one of them is refused. Blocks
    outside of all jurisdictions or of the district are left out.
    """
    project = cover_with_one_area(project)
    if not project.jurisdictions:
        raise UserError("no_jurisdictions_yet")
    taker = _BlockReader(
        project,
        how,
        find_far_rows(rows, near),
        {} if instead else dict(project.blocks),
    )
    results = [taker.take(row) for row in rows]
    results = [taker.parted(result) for result in results]
    if not taker.found:
        return ImportedRows(project, sort_row_results(results))
    after, completed = _complete_blocks(add_blocks(project, taker.found, instead=instead), how)
    told: tuple[str, ...] = ()
    if completed:
        names = join_names(completed, most=_MOST_NAMES)
        told = (f"No block covers {names}, so the land that the file leaves out was added.",)
    return ImportedRows(after, sort_row_results(results), told)


def _complete_blocks(project: Project, how: ColumnMapping) -> tuple[Project, list[str]]:
    """Add land that blocks leave out where a school stands on it; return those schools too."""
    areas = [block.area for key, block in project.blocks.items() if not key.startswith(_REST)]
    tree = shapely.STRtree(areas)
    bare = [own for own in project.patrolled if not len(tree.query(own.point, "intersects"))]
    if not bare:
        return project, []
    covered = shapely.union_all(areas)
    rest: dict[str, Block] = {}
    for jurisdiction, area in _BlockReader(project, how, {}, {}).list_areas():
        left = _keep_areas(area.difference(covered))
        for part in shapely.get_parts(left) if left is not None else ():
            if part.area > _SLIVER_M2 and any(part.covers(own.point) for own in bare):
                key = f"{_REST} {len(rest) + 1}"
                rest[key] = Block(key, jurisdiction, cast(AreaGeometry, part))
    reached = [own.name for own in bare if any(b.area.covers(own.point) for b in rest.values())]
    return (add_blocks(project, rest), reached) if rest else (project, [])


@dataclass(slots=True)
class _JurisdictionReader:
    """Takes area after area; what they do to each other is told at the end."""

    after: Project
    how: ColumnMapping
    far: Mapping[int, str]
    near: BaseGeometry | None
    results: list[RowResult] = field(default_factory=list)
    found: dict[str, tuple[RowResult, Jurisdiction]] = field(default_factory=dict)

    def take(self, row: ForeignRow) -> None:
        """Look at a row alone: it is left out, refused, the district, or found."""
        name = _strip_suffix(self.how.name(row.fields))
        if is_elsewhere(row, self.near, self.far):
            self.results.append(RowResult(row.row, RowOutcome.ELSEWHERE, name, self.far[row.row]))
            return
        try:
            own = _jurisdiction(row, name, self.how, self.far)
            if own is None:
                self.results.append(
                    RowResult(row.row, RowOutcome.LEFT_OUT, name, _explain_no_police(name))
                )
            elif own.kind == DISTRICT_LAYER:
                if any(result.id == DISTRICT_LAYER for result in self.results):
                    raise UserError("row_is_another_district")
                self.results.append(_district_result(self.after, row, own))
                self.after = set_district_boundary(self.after, own.name, own.area)
            elif own.id in self.found:
                raise UserError("row_repeated", other_row=self.found[own.id][0].row)
            else:
                told = (row.repaired,) if row.repaired else ()
                self.found[own.id] = (
                    RowResult(row.row, RowOutcome.NEW, own.name, "", told, own.id),
                    own,
                )
        except UserError as error:
            self.results.append(RowResult(row.row, RowOutcome.REFUSED, name, error.message))

    def taken(self) -> ImportedRows:
        """Return the project with all that touches the district, cities cut out of counties."""
        kept = self._near()
        if any(own.kind == COUNTY_KIND for _, own in kept.values()):
            self.after = remove_whole_district(self.after)
        cut = _without_cities(self.after, {key: own for key, (_, own) in kept.items()})
        changed = {
            key: replace(self.after.jurisdictions[key], area=area)
            for key, area in cut.items()
            if key not in kept
        }
        for key, (result, own) in kept.items():
            before = self.after.jurisdictions.get(key)
            area = cut.get(key, own.area)
            told = result.repaired
            if key in cut:
                told = (*told, "The cities were removed from it.")
            if before is not None and _same_area(before.area, area) and before.kind == own.kind:
                self.results.append(result._replace(outcome=RowOutcome.KNOWN, repaired=(), id=key))
                continue
            changed[key] = replace(own, area=area, name=before.name if before else own.name)
            what, why = (
                (RowOutcome.NEW, "")
                if before is None
                else (RowOutcome.CHANGED, _describe_changes(before, own))
            )
            self.results.append(result._replace(outcome=what, reason=why, repaired=told, id=key))
        after = add_jurisdictions(self.after, changed) if changed else self.after
        if changed and after.blocks:
            after = _cut_blocks_anew(after, self.how)
        return ImportedRows(after, sort_row_results(self.results))

    def _near(self) -> dict[str, tuple[RowResult, Jurisdiction]]:
        """Return what touches the district, by the id that it has here."""
        reach, known = _find_district_extent(self.after), _by_name(self.after)
        kept = {}
        for result, own in self.found.values():
            if reach is not None and not own.area.intersects(reach):
                why = "It does not touch the district."
                self.results.append(
                    result._replace(outcome=RowOutcome.LEFT_OUT, reason=why, repaired=())
                )
                continue
            twin = self.after.jurisdictions.get(own.id) or known.get(
                (own.kind, _normalize_name(own.name))
            )
            kept[twin.id if twin else own.id] = (result, replace(own, id=twin.id) if twin else own)
        return kept


@dataclass(slots=True)
class _BlockReader:
    """Takes block after block; each is cut by those before it and by the jurisdictions."""

    project: Project
    how: ColumnMapping
    far: Mapping[int, str]
    there: Mapping[str, Block]
    found: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    _areas: list[tuple[str, AreaGeometry]] = field(default_factory=list)
    _tree: shapely.STRtree | None = None
    _over: dict[str, str] | None = None

    def __post_init__(self) -> None:
        own = self.project.jurisdictions.values()
        district = find_district_boundary(self.project)
        for jurisdiction in own:
            area = jurisdiction.area
            inside = area if district is None else area.intersection(district)
            shapely.prepare(inside)
            self._areas.append((jurisdiction.id, cast(AreaGeometry, inside)))
        self._tree = shapely.STRtree([block.area for block in self.there.values()])

    def list_areas(self) -> list[tuple[str, AreaGeometry]]:
        """Return the land of each jurisdiction in the district."""
        return self._areas

    def take(self, row: ForeignRow) -> RowResult:
        """Return what became of a row, as far as it can be told without the others."""
        name = next(iter(self.how.cells(row.fields, "id")), f"row {row.row}")
        try:
            return self._taken(row, name)
        except UserError as error:
            return RowResult(row.row, RowOutcome.REFUSED, name, error.message)

    def parted(self, result: RowResult) -> RowResult:
        """Return a row's result; one that lies on an earlier one of the file is refused."""
        if self._over is None:
            self._over = _overlaps(self.found)
        mine = [own for own in self.pieces.get(result.id, ()) if own in self.found]
        on = next((self._over[own] for own in mine if own in self._over), None)
        if on is None or not result.id:
            return result
        for own in mine:
            del self.found[own]
        why = f"It overlaps block {on} of the file; blocks may only touch."
        return RowResult(result.row, RowOutcome.REFUSED, result.name, why)

    def _taken(self, row: ForeignRow, name: str) -> RowResult:
        key = self.how.cell(row.fields, "id") or f"B{row.row:04}"
        area = _area(row, self.far)
        if key in self.rows:
            raise UserError("row_repeats_id", other_row=self.rows[key])
        told = [row.repaired] if row.repaired else []
        pieces = self.cut(area)
        if not pieces:
            return RowResult(row.row, RowOutcome.LEFT_OUT, name, "It is outside the jurisdictions.")
        if len(pieces) > 1:
            told.append(f"It was split along the lines of {len(pieces)} jurisdictions.")
        self.rows[key] = row.row
        outcomes = set()
        for at, (jurisdiction, piece) in enumerate(pieces):
            own = key if len(pieces) == 1 else f"{key}/{at + 1}"
            before = self.there.get(own)
            self._check_free(piece, own)
            if before is not None and _same_area(before.area, piece):
                outcomes.add(RowOutcome.KNOWN)
                continue
            outcomes.add(RowOutcome.NEW if before is None else RowOutcome.CHANGED)
            self.found[own] = Block(own, jurisdiction, piece)
            self.pieces.setdefault(key, []).append(own)
        outcome = next(
            own for own in (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.KNOWN) if own in outcomes
        )
        why = "Changed: its boundary." if outcome is RowOutcome.CHANGED else ""
        return RowResult(
            row.row, outcome, name, why, tuple(told) if outcome is not RowOutcome.KNOWN else (), key
        )

    def cut(self, area: BaseGeometry) -> list[tuple[str, AreaGeometry]]:
        """Return what of an area lies in each jurisdiction, within the district."""
        pieces = []
        for jurisdiction, reach in self._areas:
            if not reach.intersects(area):
                continue
            piece = area if reach.covers(area) else _keep_areas(area.intersection(reach))
            if piece is not None and piece.area > max(_SLIVER_M2, _SLIVER_SHARE * area.area):
                pieces.append((jurisdiction, cast(AreaGeometry, piece)))
        return pieces

    def _check_free(self, piece: AreaGeometry, own: str) -> None:
        if self._tree is None or not self.there:
            return
        ids = list(self.there)
        for at in self._tree.query(piece, predicate="intersects").tolist():
            other = self.there[ids[at]]
            if other.id != own and other.area.intersection(piece).area > _SLIVER_M2:
                raise UserError("row_overlaps_block", block=other.id)


def _cut_blocks_anew(project: Project, how: ColumnMapping) -> Project:
    """Cut blocks along the lines of other jurisdictions than those that they came in by."""
    reader = _BlockReader(project, how, {}, {})
    blocks: dict[str, Block] = {}
    for block in project.blocks.values():
        pieces = reader.cut(block.area)
        for at, (jurisdiction, area) in enumerate(pieces):
            key = block.id if len(pieces) == 1 else f"{block.id}/{at + 1}"
            same = len(pieces) == 1 and jurisdiction == block.jurisdiction
            blocks[key] = block if same else Block(key, jurisdiction, area)
    return add_blocks(project, blocks, instead=True)


def _overlaps(found: Mapping[str, Block]) -> dict[str, str]:
    """Return of each two blocks that lie on each other the later one, with the earlier."""
    ids = list(found)
    areas = np.array([block.area for block in found.values()], dtype=object)
    first, second = shapely.STRtree(areas).query(areas, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.area(shapely.intersection(areas[first], areas[second]))
    on = shared > _SLIVER_M2
    return {ids[b]: ids[a] for a, b in zip(first[on].tolist(), second[on].tolist(), strict=True)}


def _jurisdiction(
    row: ForeignRow, name: str, how: ColumnMapping, far: Mapping[int, str]
) -> Jurisdiction | None:
    """Return what a row tells, None where it has no police authority of its own."""
    if not name:
        raise UserError("row_lacks_name")
    said = how.cell(row.fields, "kind") or how.profile.words.get("kind", {}).get("", "")
    kind = said.casefold()
    if kind == LEFT_OUT_STATE or name.endswith(" CDP"):
        return None
    kind = _KINDS.get(kind, kind)
    if kind not in (CITY_KIND, COUNTY_KIND, DISTRICT_LAYER):
        kind = COUNTY_KIND if "county" in name.casefold() else CITY_KIND
    area = _area(row, far)
    called = name if kind == DISTRICT_LAYER else _format_name(name, kind, how)
    key = "" if how.profile.call else how.cell(row.fields, "id")
    return Jurisdiction(key or called, called, kind, cast(AreaGeometry, area))


def _area(row: ForeignRow, far: Mapping[int, str]) -> BaseGeometry:
    if row.shape is None:
        raise UserError("row_lacks_area", reason=row.fault or "has no geometry")
    if row.shape.area <= 0:
        raise UserError("row_is_no_area")
    if row.row in far:
        raise UserError(far[row.row])
    return row.shape


def _format_name(name: str, kind: str, how: ColumnMapping) -> str:
    """Return a jurisdiction's name as the profile calls those of its kind."""
    told = how.profile.call.get(kind, "{}")
    return name if name.startswith(told.split("{}")[0]) else told.replace("{}", name)


def _normalize_name(name: str) -> str:
    """Return a name as names are compared: Lake, City of Lake and LAKE are the same."""
    return _FRONT.sub("", name).casefold()


def _strip_suffix(text: str) -> str:
    match = _LSAD.match(text)
    return text if match is None or match["kind"] == "CDP" else match["name"]


def _explain_no_police(name: str) -> str:
    return f"{name} is not a city; the county’s sheriff serves it."


def _district_result(project: Project, row: ForeignRow, own: Jurisdiction) -> RowResult:
    before = find_district_boundary(project)
    outcome = RowOutcome.NEW if before is None else RowOutcome.CHANGED
    if before is not None and _same_area(before, own.area):
        outcome = RowOutcome.KNOWN
    told = (row.repaired,) if row.repaired else ()
    return RowResult(
        row.row, outcome, own.name, "It is the district’s boundary.", told, DISTRICT_LAYER
    )


def _find_district_extent(project: Project) -> BaseGeometry | None:
    """Return the district, else the hull of its sites; None where neither is known."""
    district = find_district_boundary(project)
    if district is not None:
        return district
    points = [site.point for site in project.sites.values()]
    return shapely.MultiPoint(points).convex_hull if points else None


def _by_name(project: Project) -> dict[tuple[str, str], Jurisdiction]:
    return {(own.kind, _normalize_name(own.name)): own for own in project.jurisdictions.values()}


def _without_cities(project: Project, found: Mapping[str, Jurisdiction]) -> dict[str, AreaGeometry]:
    """Return the counties that overlap cities without them, by id."""
    every = {**project.jurisdictions, **found}
    cities = [own.area for own in every.values() if own.kind == CITY_KIND]
    cut: dict[str, AreaGeometry] = {}
    for key, own in every.items():
        if own.kind != COUNTY_KIND or not cities:
            continue
        left = _keep_areas(own.area.difference(shapely.union_all(cities)))
        if left is not None and not _same_area(own.area, left):
            cut[key] = cast(AreaGeometry, left)
    return cut


def _keep_areas(shape: BaseGeometry) -> BaseGeometry | None:
    """Return the areas of a shape, None where it has none."""
    parts = [part for part in shapely.get_parts(shape) if part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _describe_changes(before: Jurisdiction, after: Jurisdiction) -> str:
    return (
        "Changed: its boundary." if before.kind == after.kind else f"Changed: it is a {after.kind}."
    )


def _same_area(one: BaseGeometry, other: BaseGeometry) -> bool:
    differs = one.symmetric_difference(other).area if one != other else 0.0
    return bool(differs <= _SAME_SHARE * max(one.area, other.area) and differs < _SLIVER_M2 * 25)
