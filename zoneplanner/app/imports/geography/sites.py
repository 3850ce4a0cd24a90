"""Import sites from the rows of a foreign file: match them by code, then by name and distance."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

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
    WHOLE_DISTRICT,
    cover_with_one_area,
    find_district_boundary,
)
from zoneplanner.domain.geography.site import Site, derive_school_level
from zoneplanner.domain.geography.site_finder import add_sites
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import (
    LEFT_OUT_STATE,
    ColumnMapping,
    parse_yes_no_cell,
)
from zoneplanner.exchange.mapping.column_matching import is_same_district
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.sandbox.layer_reader import NO_GEOMETRY
from zoneplanner.exchange.tables.text_table import normalize_heading
from zoneplanner.exchange.vector.layers import ForeignRow
from zoneplanner.messages import Message

_NEAR_M = 1_000.0
_SAME_PLACE_M = 0.5
_MOST_NEW = 3_000
_OTHER = "other"
_BLANK = Site("", "", _OTHER, "", "", "", "", "", 0.0, 0.0, None, patrolled=True)
_FIELD_TITLES = {
    **{name: name for name in ("name", "level", "grades", "street", "city", "zip", "phone")},
    **{name: name for name in ("enrollment", "charter", "note")},
    "patrolled": "patrolled or not",
}


def import_sites(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping, *, near: BaseGeometry | None
) -> ImportedRows:
    """Return the project with the sites of a file, and the result of every row.

    ``near`` is the project's area; rows more than 100 km away belong elsewhere. In a known site,
    only values that differ are changed. A new site outside all jurisdictions is not patrolled. A
    project without jurisdictions gets one around its sites.

    Raises
    ------
    UserError
        The file has more new patrolled sites than one district can have.
    """
    far, outside = find_far_rows(rows, near), _find_rows_outside(project, rows)
    reader = _SiteReader(project, how, far, outside, near=near)
    results = [reader.read(row) for row in rows]
    new = [site for site in reader.new.values() if site.patrolled]
    if len(new) > _MOST_NEW:
        raise UserError("several_districts.in_project", new_count=len(new))
    after = reader.move_sites()
    changed = {**reader.changed, **reader.new}
    if changed:
        after = cover_with_one_area(add_sites(after, changed))
    return ImportedRows(
        after, sort_row_results([*(result for result in results if result), *reader.results])
    )


def complete_sites(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping
) -> ImportedRows:
    """Return the project with the enrollment from a file, and with missing levels and grades.

    A site is found by its code, or by its name if the row is of the project's district. Rows of
    other sites belong elsewhere.
    """
    reader = _SiteReader(project, how, {}, frozenset())
    results = [reader.complete(row) for row in _sum_rows(rows, how)]
    after = add_sites(project, reader.changed) if reader.changed else project
    return ImportedRows(after, sort_row_results(results))


def _sum_rows(rows: Sequence[ForeignRow], how: ColumnMapping) -> Iterator[ForeignRow]:
    """Yield one row per site; columns to sum are summed over the rows of a site."""
    if not how.profile.sums:
        yield from rows
        return
    columns = [matches[0] for name, matches in how.columns.items() if name in how.profile.sums]
    sums: dict[str, Counter[str]] = {}
    first: dict[str, ForeignRow] = {}
    for row in rows:
        code = next(iter(how.codes(row.fields)), "")
        first.setdefault(code, row)
        counts = {column: row.fields.get(column, "") for column in columns}
        sums.setdefault(code, Counter()).update(
            {column: int(text) if text.isdigit() else 0 for column, text in counts.items()}
        )
    for code, row in first.items():
        totals = {column: str(total) for column, total in sums[code].items()}
        yield replace(row, fields={**row.fields, **totals})


@dataclass(slots=True)
class _SiteReader:
    """Reads rows one by one, and remembers the sites that the file has named."""

    project: Project
    how: ColumnMapping
    far: Mapping[int, Message]
    outside: frozenset[int]
    new: dict[str, Site] = field(default_factory=dict)
    changed: dict[str, Site] = field(default_factory=dict)
    moves: dict[str, tuple[RowResult, Site]] = field(default_factory=dict)
    results: list[RowResult] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, list[Site]] = field(default_factory=dict)
    near: BaseGeometry | None = None

    def __post_init__(self) -> None:
        for site in self.project.sites.values():
            self.by_name.setdefault(_normalize_name(site.name), []).append(site)

    def read(self, row: ForeignRow) -> RowResult | None:
        """Return a row's result, or None if it depends on the move of its site."""
        name = self.how.name(row.fields)
        try:
            if is_elsewhere(row, self.near, self.far) and not self._find_by_code(row):
                return RowResult(row.row, RowOutcome.ELSEWHERE, name, self.far[row.row])
            return self._read_site(row, name)
        except UserError as error:
            return refuse_row(row.row, error.to_message(), name)

    def complete(self, row: ForeignRow) -> RowResult:
        """Return the result of a row that may only complete a known site."""
        name = self.how.name(row.fields)
        try:
            known = self._find_by_code(row) or self._find_in_district(row, name)
            if known is None:
                return RowResult(
                    row.row, RowOutcome.ELSEWHERE, name, Message("row_elsewhere.unknown_site")
                )
            if known.id in self.seen:
                raise UserError("row_repeats_site", other_row=self.seen[known.id])
            self.seen[known.id] = row.row
            notes: list[Message] = []
            grades = known.grades or self.how.cell(row.fields, "grades")
            level = known.level
            if level in ("", _OTHER):
                level = derive_school_level(self.how.cells(row.fields, "level"), grades) or level
            site = replace(
                known,
                enrollment=self._read_enrollment(row, known.enrollment, notes),
                grades=grades,
                level=level,
            )
            result = self._compare(row, site, known, notes)
            assert result is not None
            return result
        except UserError as error:
            return refuse_row(row.row, error.to_message(), name)

    def move_sites(self) -> Project:
        """Move the known sites with a new position; a move that is refused rejects its row."""
        project = self.project
        for site_id, (result, site) in self.moves.items():
            try:
                project = move_site(project, site_id, site.x_m, site.y_m)
            except UserError as error:
                self.results.append(
                    result._replace(outcome=RowOutcome.REFUSED, remark=error.to_message())
                )
                continue
            self.changed[site_id] = replace(site, decision=None)
            self.results.append(result)
        return project

    def _read_site(self, row: ForeignRow, name: str) -> RowResult | None:
        if not name:
            raise UserError("row_lacks_name")
        code = next(iter(self.how.codes(row.fields)), "")
        known = self._find_by_code(row) or self._find_by_name(code, name, row)
        state, status = self.how.state(row.fields)
        if known is None and state in ("closed", LEFT_OUT_STATE):
            column = self.how.profile.status
            remark = Message("row_not_wanted", column=column, value=status)
            return RowResult(row.row, RowOutcome.LEFT_OUT, name, remark)
        site_id = known.id if known else code or normalize_heading(name)
        if site_id in self.seen:
            raise UserError("row_repeats_site", other_row=self.seen[site_id])
        notes: list[Message] = [row.repaired] if row.repaired else []
        if known is not None and code and code != known.id:
            notes.append(Message("site_matched", site=known.name, id=known.id))
        point = self._read_point(row, known, notes)
        site = self._update_site(row, site_id, name, known, notes)
        site = replace(site, x_m=point[0], y_m=point[1]) if point else site
        site = self._set_patrolled(site, row, is_new=known is None, notes=notes)
        self.seen[site_id] = row.row
        if known is None:
            self.new[site_id] = site
            return RowResult(row.row, RowOutcome.NEW, name, "", tuple(notes), site_id)
        return self._compare(row, site, known, notes)

    def _compare(
        self, row: ForeignRow, site: Site, known: Site, notes: list[Message]
    ) -> RowResult | None:
        """Return the result for a known site, or None if it has a new position."""
        changes: list[Message | str] = [
            title
            for name, title in _FIELD_TITLES.items()
            if getattr(site, name) != getattr(known, name)
        ]
        away_m = float(np.hypot(site.x_m - known.x_m, site.y_m - known.y_m))
        has_moved = away_m > _SAME_PLACE_M
        if has_moved:
            changes.append(Message("site_changed.place", away_m=away_m))
        remark = Message("site_changed", changes=changes) if changes else ""
        outcome = RowOutcome.CHANGED if changes else RowOutcome.KNOWN
        result = RowResult(row.row, outcome, known.name, remark, tuple(notes), known.id)
        if has_moved:
            self.moves[known.id] = (result, site)
            return None
        if changes:
            self.changed[known.id] = replace(site, x_m=known.x_m, y_m=known.y_m)
        return result

    def _find_by_code(self, row: ForeignRow) -> Site | None:
        sites = self.project.sites
        return next((sites[code] for code in self.how.codes(row.fields) if code in sites), None)

    def _find_in_district(self, row: ForeignRow, name: str) -> Site | None:
        """Return the only site with a row's name if the row is of the project's district."""
        districts = self.how.cells(row.fields, "district")
        if not any(is_same_district(text, self.project.name) for text in districts):
            return None
        return self._find_only(name)

    def _find_only(self, name: str) -> Site | None:
        matches = self.by_name.get(_normalize_name(name), [])
        return matches[0] if len(matches) == 1 else None

    def _find_by_name(self, code: str, name: str, row: ForeignRow) -> Site | None:
        if row.shape is None:
            return None if code else self._find_only(name)
        near = [
            (site.point.distance(row.shape), site)
            for site in self.by_name.get(_normalize_name(name), [])
            if site.id not in self.seen
        ]
        if not near:
            return None
        distance_m, site = min(near, key=lambda pair: pair[0])
        return site if distance_m <= _NEAR_M else None

    def _read_point(
        self, row: ForeignRow, known: Site | None, notes: list[Message]
    ) -> tuple[float, float] | None:
        if row.shape is None:
            if known is None:
                raise UserError("row_lacks_place", reason=row.fault or NO_GEOMETRY)
            return None
        if row.row in self.far:
            raise UserError(self.far[row.row])
        point = row.shape
        if point.area > 0:
            point = point.representative_point()
            notes.append(Message("point_within_area"))
        corners = shapely.get_coordinates(point).tolist()
        if len(corners) != 1:
            raise UserError("row_is_no_point")
        return corners[0][0], corners[0][1]

    def _update_site(
        self, row: ForeignRow, site_id: str, name: str, known: Site | None, notes: list[Message]
    ) -> Site:
        base = known or replace(_BLANK, id=site_id)
        values: dict[str, Any] = {
            part: text
            for part in ("grades", "street", "city", "zip", "phone", "note")
            if (text := self.how.cell(row.fields, part))
        }
        level = derive_school_level(self.how.cells(row.fields, "level"), values.get("grades", ""))
        if level:
            values["level"] = level
        elif known is None and (level := derive_school_level([name], "")):
            values["level"] = level
            notes.append(Message("level_from_name"))
        elif known is None:
            notes.append(Message("level_unknown"))
        charter = parse_yes_no_cell(self.how.cell(row.fields, "charter"), otherwise=base.charter)
        enrollment = self._read_enrollment(row, base.enrollment, notes)
        return replace(base, name=name, charter=charter, enrollment=enrollment, **values)

    def _read_enrollment(
        self, row: ForeignRow, before: int | None, notes: list[Message]
    ) -> int | None:
        text = self.how.cell(row.fields, "enrollment")
        digits = text.replace(",", "").replace("\N{NO-BREAK SPACE}", "").removesuffix(".0")
        if not text:
            return before
        if not digits.isdigit() or int(digits) > 100_000:
            notes.append(Message("enrollment_left_out", text=text[:20]))
            return before
        return int(digits)

    def _set_patrolled(
        self, site: Site, row: ForeignRow, *, is_new: bool, notes: list[Message]
    ) -> Site:
        state, status = self.how.state(row.fields)
        if state in ("closed", LEFT_OUT_STATE) or (state == "parked" and is_new):
            if site.patrolled:
                notes.append(Message("not_patrolled.status", status=status))
            return replace(site, patrolled=False)
        cell = self.how.cell(row.fields, "patrolled")
        patrolled = parse_yes_no_cell(cell, otherwise=site.patrolled)
        if is_new and patrolled and row.row in self.outside:
            notes.append(Message("not_patrolled.outside"))
            patrolled = False
        return replace(site, patrolled=patrolled)


def _normalize_name(name: str) -> str:
    """Return a name to compare: without punctuation and common words."""
    words = [word for word in name.casefold().split() if word not in ("school", "the")]
    return normalize_heading(" ".join(words))


def _find_rows_outside(project: Project, rows: Sequence[ForeignRow]) -> frozenset[int]:
    """Return the rows outside all jurisdictions, or outside a district without any."""
    areas = [each.area for key, each in project.jurisdictions.items() if key != WHOLE_DISTRICT]
    boundary = find_district_boundary(project)
    areas = areas or ([boundary] if boundary is not None else [])
    if not areas:
        return frozenset()
    placed = [row for row in rows if row.shape is not None]
    points = shapely.centroid(np.array([row.shape for row in placed], dtype=object))
    inside = np.zeros(len(placed), dtype=bool)
    for area in areas:
        shapely.prepare(area)
        inside |= shapely.covers(area, points)
    return frozenset(row.row for row in compress(placed, ~inside))
