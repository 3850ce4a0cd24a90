"""Import jurisdictions and blocks from the rows of a foreign file."""

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
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.vector.layers import ForeignRow
from zoneplanner.messages import Message

_SLIVER_M2 = 400.0
_SLIVER_SHARE = 0.01
_SAME_SHARE = 0.001
_BOUNDARY_CHANGED = Message("row_changed.boundary")
_REST = "rest"
_NAME_PREFIX = re.compile(r"^((City|Town) of|Unincorporated) ", re.IGNORECASE)
_CENSUS_NAME = re.compile(r"^(?P<name>.+) (?P<kind>city|town|village|CDP)$")
_KINDS = {
    "c": CITY_KIND,
    "town": CITY_KIND,
    "municipality": CITY_KIND,
    "unincorporated": COUNTY_KIND,
}


def import_jurisdictions(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping, *, near: BaseGeometry | None
) -> ImportedRows:
    """Return the project with the jurisdictions of a file, and the district if the file has it.

    Cities are cut out of counties. Areas that do not touch the district are left out.
    """
    reader = _JurisdictionReader(project, how, find_far_rows(rows, near), near)
    for row in rows:
        reader.read(row)
    return reader.finish()


def import_blocks(
    project: Project,
    rows: Sequence[ForeignRow],
    how: ColumnMapping,
    *,
    near: BaseGeometry | None,
    replaces_all: bool = False,
) -> ImportedRows:
    """Return the project with the blocks of a file, each split along jurisdictions.

    With ``replaces_all``, they replace all existing blocks; if not, a block that overlaps an
    existing one is rejected. Blocks outside all jurisdictions or the district are left out.
    """
    project = cover_with_one_area(project)
    if not project.jurisdictions:
        raise UserError("no_jurisdictions_yet")
    existing = {} if replaces_all else project.blocks
    reader = _BlockReader(project, how, find_far_rows(rows, near), existing)
    results = [reader.read(row) for row in rows]
    results = [reader.reject_overlap(result) for result in results]
    if not reader.new:
        return ImportedRows(project, sort_row_results(results))
    after, completed = _complete_blocks(add_blocks(project, reader.new, instead=replaces_all), how)
    notes = (Message("blocks_completed", sites=completed),) if completed else ()
    return ImportedRows(after, sort_row_results(results), notes)


def _complete_blocks(project: Project, how: ColumnMapping) -> tuple[Project, list[str]]:
    """Add land that no block covers if a school is on it; also return the names of the schools."""
    areas = [block.area for key, block in project.blocks.items() if not key.startswith(_REST)]
    tree = shapely.STRtree(areas)
    uncovered = [
        site for site in project.patrolled if not len(tree.query(site.point, "intersects"))
    ]
    if not uncovered:
        return project, []
    covered = shapely.union_all(areas)
    rest: dict[str, Block] = {}
    for jurisdiction, area in _BlockReader(project, how, {}, {}).areas:
        gap = _select_areas(area.difference(covered))
        for part in shapely.get_parts(gap) if gap is not None else ():
            if part.area > _SLIVER_M2 and any(part.covers(site.point) for site in uncovered):
                key = f"{_REST} {len(rest) + 1}"
                rest[key] = Block(key, jurisdiction, cast(AreaGeometry, part))
    completed = [
        site.name
        for site in uncovered
        if any(block.area.covers(site.point) for block in rest.values())
    ]
    return (add_blocks(project, rest), completed) if rest else (project, [])


@dataclass(slots=True)
class _JurisdictionReader:
    """Reads areas one by one; what they change in each other is computed at the end."""

    after: Project
    how: ColumnMapping
    far: Mapping[int, Message]
    near: BaseGeometry | None
    results: list[RowResult] = field(default_factory=list)
    read_areas: dict[str, tuple[RowResult, Jurisdiction]] = field(default_factory=dict)

    def read(self, row: ForeignRow) -> None:
        """Read one row: it is left out, rejected, the district, or a jurisdiction."""
        name = _strip_suffix(self.how.name(row.fields))
        if is_elsewhere(row, self.near, self.far):
            self.results.append(RowResult(row.row, RowOutcome.ELSEWHERE, name, self.far[row.row]))
            return
        try:
            area = _read_jurisdiction(row, name, self.how, self.far)
            if area is None:
                remark = Message("row_left_out.no_city", name=name)
                self.results.append(RowResult(row.row, RowOutcome.LEFT_OUT, name, remark))
            elif area.kind == DISTRICT_LAYER:
                if any(result.id == DISTRICT_LAYER for result in self.results):
                    raise UserError("row_is_another_district")
                self.results.append(_make_district_result(self.after, row, area))
                self.after = set_district_boundary(self.after, area.name, area.area)
            elif area.id in self.read_areas:
                raise UserError("row_repeated", other_row=self.read_areas[area.id][0].row)
            else:
                notes = (row.repaired,) if row.repaired else ()
                result = RowResult(row.row, RowOutcome.NEW, area.name, "", notes, area.id)
                self.read_areas[area.id] = (result, area)
        except UserError as error:
            self.results.append(refuse_row(row.row, error.to_message(), name))

    def finish(self) -> ImportedRows:
        """Return the project with the areas that touch the district, cities cut out of counties."""
        near = self._select_near()
        if any(area.kind == COUNTY_KIND for _, area in near.values()):
            self.after = remove_whole_district(self.after)
        cut = _cut_cities_out(self.after, {key: area for key, (_, area) in near.items()})
        changed = {
            key: replace(self.after.jurisdictions[key], area=area)
            for key, area in cut.items()
            if key not in near
        }
        for key, (result, new) in near.items():
            before = self.after.jurisdictions.get(key)
            area = cut.get(key, new.area)
            if before is not None and _is_same_area(before.area, area) and before.kind == new.kind:
                self.results.append(result._replace(outcome=RowOutcome.KNOWN, repaired=(), id=key))
                continue
            changed[key] = replace(new, area=area, name=before.name if before else new.name)
            notes = (Message("cities_removed"),) if key in cut else ()
            final = result._replace(repaired=(*result.repaired, *notes), id=key)
            if before is not None:
                same_kind = before.kind == new.kind
                reason = (
                    _BOUNDARY_CHANGED if same_kind else Message("row_changed.kind", kind=new.kind)
                )
                final = final._replace(outcome=RowOutcome.CHANGED, remark=reason)
            self.results.append(final)
        after = add_jurisdictions(self.after, changed) if changed else self.after
        if changed and after.blocks:
            after = _split_blocks_again(after, self.how)
        return ImportedRows(after, sort_row_results(self.results))

    def _select_near(self) -> dict[str, tuple[RowResult, Jurisdiction]]:
        """Return the areas that touch the district, by their ids in the project."""
        extent = _find_district_extent(self.after)
        by_name = {
            (area.kind, _normalize_name(area.name)): area
            for area in self.after.jurisdictions.values()
        }
        near = {}
        for result, area in self.read_areas.values():
            if extent is not None and not area.area.intersects(extent):
                remark = Message("row_left_out.outside_district")
                self.results.append(
                    result._replace(outcome=RowOutcome.LEFT_OUT, remark=remark, repaired=())
                )
                continue
            existing = self.after.jurisdictions.get(area.id) or by_name.get(
                (area.kind, _normalize_name(area.name))
            )
            area_id = existing.id if existing else area.id
            near[area_id] = (result, replace(area, id=area_id))
        return near


@dataclass(slots=True)
class _BlockReader:
    """Reads blocks one by one; each is split along jurisdictions and must not overlap others."""

    project: Project
    how: ColumnMapping
    far: Mapping[int, Message]
    existing: Mapping[str, Block]
    new: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    areas: list[tuple[str, AreaGeometry]] = field(default_factory=list)
    """The area of each jurisdiction in the district."""
    _tree: shapely.STRtree = field(init=False)
    _overlapped: dict[str, str] | None = None

    def __post_init__(self) -> None:
        district = find_district_boundary(self.project)
        for jurisdiction in self.project.jurisdictions.values():
            area = jurisdiction.area
            inside = area if district is None else area.intersection(district)
            shapely.prepare(inside)
            self.areas.append((jurisdiction.id, cast(AreaGeometry, inside)))
        self._tree = shapely.STRtree([block.area for block in self.existing.values()])

    def read(self, row: ForeignRow) -> RowResult:
        """Return the result of a row, as far as it does not depend on other rows."""
        name = next(iter(self.how.cells(row.fields, "id")), f"row {row.row}")
        try:
            return self._read_block(row, name)
        except UserError as error:
            return refuse_row(row.row, error.to_message(), name)

    def reject_overlap(self, result: RowResult) -> RowResult:
        """Return a row's result; a block that overlaps an earlier one of the file is rejected."""
        if self._overlapped is None:
            self._overlapped = _find_overlaps(self.new)
        pieces = [piece for piece in self.pieces.get(result.id, ()) if piece in self.new]
        earlier = next((self._overlapped[p] for p in pieces if p in self._overlapped), None)
        if earlier is None or not result.id:
            return result
        for piece in pieces:
            del self.new[piece]
        remark = Message("row_overlaps_block.of_file", block=earlier)
        return refuse_row(result.row, remark, result.name)

    def _read_block(self, row: ForeignRow, name: str) -> RowResult:
        key = self.how.cell(row.fields, "id") or f"B{row.row:04}"
        area = _require_area(row, self.far)
        if key in self.rows:
            raise UserError("row_repeats_id", other_row=self.rows[key])
        notes = [row.repaired] if row.repaired else []
        pieces = self.split(key, area)
        if not pieces:
            reason = Message("row_left_out.outside_jurisdictions")
            return RowResult(row.row, RowOutcome.LEFT_OUT, name, reason)
        if len(pieces) > 1:
            notes.append(Message("block_split", n=len(pieces)))
        self.rows[key] = row.row
        outcomes = set()
        for piece in pieces:
            before = self.existing.get(piece.id)
            self._check_free(piece)
            if before is not None and _is_same_area(before.area, piece.area):
                outcomes.add(RowOutcome.KNOWN)
                continue
            outcomes.add(RowOutcome.NEW if before is None else RowOutcome.CHANGED)
            self.new[piece.id] = piece
            self.pieces.setdefault(key, []).append(piece.id)
        if RowOutcome.NEW in outcomes:
            return RowResult(row.row, RowOutcome.NEW, name, "", tuple(notes), key)
        if RowOutcome.CHANGED in outcomes:
            return RowResult(
                row.row, RowOutcome.CHANGED, name, _BOUNDARY_CHANGED, tuple(notes), key
            )
        return RowResult(row.row, RowOutcome.KNOWN, name, id=key)

    def split(self, key: str, area: BaseGeometry) -> list[Block]:
        """Return the parts of a block in each jurisdiction, within the district."""
        parts: list[tuple[str, AreaGeometry]] = []
        for jurisdiction, inside in self.areas:
            if not inside.intersects(area):
                continue
            part = area if inside.covers(area) else _select_areas(area.intersection(inside))
            if part is not None and part.area > max(_SLIVER_M2, _SLIVER_SHARE * area.area):
                parts.append((jurisdiction, cast(AreaGeometry, part)))
        return [
            Block(key if len(parts) == 1 else f"{key}/{number}", jurisdiction, part)
            for number, (jurisdiction, part) in enumerate(parts, 1)
        ]

    def _check_free(self, piece: Block) -> None:
        ids = list(self.existing)
        for index in self._tree.query(piece.area, predicate="intersects").tolist():
            other = self.existing[ids[index]]
            if other.id != piece.id and other.area.intersection(piece.area).area > _SLIVER_M2:
                raise UserError("row_overlaps_block", block=other.id)


def _split_blocks_again(project: Project, how: ColumnMapping) -> Project:
    """Split blocks along jurisdictions that changed after the blocks were imported."""
    reader = _BlockReader(project, how, {}, {})
    blocks: dict[str, Block] = {}
    for block in project.blocks.values():
        pieces = reader.split(block.id, block.area)
        if [piece.jurisdiction for piece in pieces] == [block.jurisdiction]:
            blocks[block.id] = block
        else:
            blocks |= {piece.id: piece for piece in pieces}
    return add_blocks(project, blocks, instead=True)


def _find_overlaps(blocks: Mapping[str, Block]) -> dict[str, str]:
    """Return, for each pair of overlapping blocks, the earlier block by the later one."""
    ids = list(blocks)
    areas = np.array([block.area for block in blocks.values()], dtype=object)
    first, second = shapely.STRtree(areas).query(areas, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.area(shapely.intersection(areas[first], areas[second]))
    overlaps = shared > _SLIVER_M2
    pairs = zip(first[overlaps].tolist(), second[overlaps].tolist(), strict=True)
    return {ids[later]: ids[earlier] for earlier, later in pairs}


def _read_jurisdiction(
    row: ForeignRow, name: str, how: ColumnMapping, far: Mapping[int, Message]
) -> Jurisdiction | None:
    """Return a row's jurisdiction, or None if the place has no police of its own."""
    if not name:
        raise UserError("row_lacks_name")
    text = how.cell(row.fields, "kind") or how.profile.words.get("kind", {}).get("", "")
    kind = text.casefold()
    if kind == LEFT_OUT_STATE or name.endswith(" CDP"):
        return None
    kind = _KINDS.get(kind, kind)
    if kind not in (CITY_KIND, COUNTY_KIND, DISTRICT_LAYER):
        kind = COUNTY_KIND if "county" in name.casefold() else CITY_KIND
    area = _require_area(row, far)
    if kind != DISTRICT_LAYER:
        pattern = how.profile.call.get(kind, "{}")
        name = name if name.startswith(pattern.split("{}")[0]) else pattern.replace("{}", name)
    key = "" if how.profile.call else how.cell(row.fields, "id")
    return Jurisdiction(key or name, name, kind, cast(AreaGeometry, area))


def _require_area(row: ForeignRow, far: Mapping[int, Message]) -> BaseGeometry:
    if row.shape is None:
        if row.fault is not None:
            raise UserError(row.fault)
        raise UserError("shape_rejected.no_geometry")
    if row.shape.area <= 0:
        raise UserError("row_is_no_area")
    if row.row in far:
        raise UserError(far[row.row])
    return row.shape


def _normalize_name(name: str) -> str:
    """Return a name to compare: Lake, City of Lake and LAKE are the same."""
    return _NAME_PREFIX.sub("", name).casefold()


def _strip_suffix(text: str) -> str:
    match = _CENSUS_NAME.match(text)
    return text if match is None or match["kind"] == "CDP" else match["name"]


def _make_district_result(project: Project, row: ForeignRow, district: Jurisdiction) -> RowResult:
    before = find_district_boundary(project)
    outcome = RowOutcome.NEW if before is None else RowOutcome.CHANGED
    if before is not None and _is_same_area(before, district.area):
        outcome = RowOutcome.KNOWN
    notes = (row.repaired,) if row.repaired else ()
    remark = Message("row_is_district")
    return RowResult(row.row, outcome, district.name, remark, notes, DISTRICT_LAYER)


def _find_district_extent(project: Project) -> BaseGeometry | None:
    """Return the district, or else the hull of its sites, or None if neither is known."""
    district = find_district_boundary(project)
    if district is not None:
        return district
    points = [site.point for site in project.sites.values()]
    return shapely.MultiPoint(points).convex_hull if points else None


def _cut_cities_out(project: Project, new: Mapping[str, Jurisdiction]) -> dict[str, AreaGeometry]:
    """Return the remaining areas of counties that overlap cities, by id."""
    every = {**project.jurisdictions, **new}
    cities = shapely.union_all([each.area for each in every.values() if each.kind == CITY_KIND])
    remaining: dict[str, AreaGeometry] = {}
    for key, county in every.items():
        if county.kind == COUNTY_KIND and not cities.is_empty:
            area = _select_areas(county.area.difference(cities))
            if area is not None and not _is_same_area(county.area, area):
                remaining[key] = cast(AreaGeometry, area)
    return remaining


def _select_areas(shape: BaseGeometry) -> BaseGeometry | None:
    """Return only the areas of a shape, or None if it has none."""
    parts = [part for part in shapely.get_parts(shape) if part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _is_same_area(one: BaseGeometry, other: BaseGeometry) -> bool:
    difference_m2 = one.symmetric_difference(other).area if one != other else 0.0
    return bool(
        difference_m2 <= _SAME_SHARE * max(one.area, other.area) and difference_m2 < _SLIVER_M2 * 25
    )
