"""Sites out of the rows of a foreign file: matched by code, then by name and distance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import normalize_heading
from zoneplanner.exchange.vector.layers import ForeignRow

_NO_SUCH_SITE = "No site of this project has this code or name."
_NEAR_M = 1_000.0
_SAME_PLACE_M = 0.5
_MOST_NEW = 3_000
_OTHER = "other"
_BLANK = Site("", "", _OTHER, "", "", "", "", "", 0.0, 0.0, None, patrolled=True)
_WORDS = {
    **{name: name for name in ("name", "level", "grades", "street", "city", "zip", "phone")},
    **{name: name for name in ("enrollment", "charter", "note")},
    "patrolled": "patrolled or not",
}


def import_sites(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping, *, near: BaseGeometry | None
) -> ImportedRows:
    """Return the project with the sites of a file; every row has a result, none is lost.

    ``near`` is where the project is; rows more than 100 km away belong elsewhere. Of a site that
    is known only what the file says otherwise is changed. A new one that lies in no jurisdiction
    is not patrolled. A project without jurisdictions gets one around its sites.

    Raises
    ------
    UserError
        It would bring more new patrolled sites than one district has.
    """
    reader = _SiteReader(
        project,
        how,
        find_far_rows(rows, near),
        _find_unplaced_rows(project, rows),
        near=near,
    )
    results = [reader.take(row) for row in rows]
    new = [site for site in reader.new.values() if site.patrolled]
    if len(new) > _MOST_NEW:
        raise UserError("several_districts.in_project", new_count=len(new))
    after = reader.moved()
    changed = {**reader.changed, **reader.new}
    if changed:
        after = cover_with_one_area(add_sites(after, changed))
    return ImportedRows(
        after, sort_row_results([*(result for result in results if result), *reader.results])
    )


def complete_sites(
    project: Project, rows: Sequence[ForeignRow], how: ColumnMapping
) -> ImportedRows:
    """Return the project with the students of a file, and levels and grades where it had none.

    A site is known by its code, or by its name where the row names the project's district. Rows of
    other sites belong elsewhere.
    """
    reader = _SiteReader(project, how, {}, frozenset())
    results = [reader.complete(row) for row in _add_up_rows(rows, how)]
    after = add_sites(project, reader.changed) if reader.changed else project
    return ImportedRows(after, sort_row_results(results))


def _add_up_rows(rows: Sequence[ForeignRow], how: ColumnMapping) -> Iterator[ForeignRow]:
    """Yield the rows, those of one site as one where the file tells a site in several."""
    if not how.profile.sums:
        yield from rows
        return
    columns = [own[0] for name, own in how.columns.items() if name in how.profile.sums]
    sums: dict[str, dict[str, int]] = {}
    first: dict[str, ForeignRow] = {}
    for row in rows:
        code = next(iter(how.codes(row.fields)), "")
        own = sums.setdefault(code, dict.fromkeys(columns, 0))
        first.setdefault(code, row)
        for column in columns:
            text = row.fields.get(column, "")
            own[column] += int(text) if text.isdigit() else 0
    for code, row in first.items():
        told = {column: str(count) for column, count in sums[code].items()}
        yield replace(row, fields={**row.fields, **told})


@dataclass(slots=True)
class _SiteReader:
    """Takes row after row; remembers which sites the file named already."""

    project: Project
    how: ColumnMapping
    far: Mapping[int, str]
    homeless: frozenset[int]
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

    def take(self, row: ForeignRow) -> RowResult | None:
        """Return a row's result; None where it has to wait for the move of its site."""
        name = self.how.name(row.fields)
        try:
            if is_elsewhere(row, self.near, self.far) and not self._known_by_code(row):
                return RowResult(row.row, RowOutcome.ELSEWHERE, name, self.far[row.row])
            return self._taken(row, name)
        except UserError as error:
            return RowResult(row.row, RowOutcome.REFUSED, name, error.message)

    def complete(self, row: ForeignRow) -> RowResult:
        """Return a row's result where it may only complete a site that is known."""
        name = self.how.name(row.fields)
        try:
            known = self._known_by_code(row) or self._known_in_district(row, name)
            if known is None:
                return RowResult(row.row, RowOutcome.ELSEWHERE, name, _NO_SUCH_SITE)
            if known.id in self.seen:
                raise UserError("row_repeats_site", other_row=self.seen[known.id])
            self.seen[known.id] = row.row
            notes: list[str] = []
            grades = known.grades or self.how.cell(row.fields, "grades")
            level = known.level
            if level in ("", _OTHER):
                words = self.how.cells(row.fields, "level")
                level = derive_school_level(words, grades) or level
            site = replace(
                known,
                enrollment=self._enrollment(row, known.enrollment, notes),
                grades=grades,
                level=level,
            )
            result = self._compared(row, site, known, notes)
            assert result is not None
            return result
        except UserError as error:
            return RowResult(row.row, RowOutcome.REFUSED, name, error.message)

    def moved(self) -> Project:
        """Move the known sites that lie elsewhere now; a move that is refused is told."""
        project = self.project
        for site_id, (result, site) in self.moves.items():
            try:
                project = move_site(project, site_id, site.x_m, site.y_m)
            except UserError as error:
                self.results.append(
                    result._replace(outcome=RowOutcome.REFUSED, reason=error.message)
                )
                continue
            self.changed[site_id] = replace(site, decision=None)
            self.results.append(result)
        return project

    def _taken(self, row: ForeignRow, name: str) -> RowResult | None:
        if not name:
            raise UserError("row_lacks_name")
        code = next(iter(self.how.codes(row.fields)), "")
        known = self._known_by_code(row) or self._known(code, name, row)
        state, said = self.how.state(row.fields)
        if known is None and state in ("closed", LEFT_OUT_STATE):
            return RowResult(
                row.row, RowOutcome.LEFT_OUT, name, f"{self.how.profile.status} is “{said}”"
            )
        site_id = known.id if known else code or normalize_heading(name)
        if site_id in self.seen:
            raise UserError("row_repeats_site", other_row=self.seen[site_id])
        notes: list[str] = [row.repaired] if row.repaired else []
        if known is not None and code and code != known.id:
            notes.append(f"It was matched with {known.name} ({known.id}) by name and place.")
        point = self._point(row, known, notes)
        site = self._site(row, site_id, name, known, notes)
        site = replace(site, x_m=point[0], y_m=point[1]) if point else site
        site = self._patrolled(site, row, new=known is None, state=(state, said), notes=notes)
        self.seen[site_id] = row.row
        if known is None:
            self.new[site_id] = site
            return RowResult(row.row, RowOutcome.NEW, name, "", tuple(notes), site_id)
        return self._compared(row, site, known, notes)

    def _compared(
        self, row: ForeignRow, site: Site, known: Site, notes: list[str]
    ) -> RowResult | None:
        said = [
            word for part, word in _WORDS.items() if getattr(site, part) != getattr(known, part)
        ]
        away_m = float(np.hypot(site.x_m - known.x_m, site.y_m - known.y_m))
        told = RowResult(row.row, RowOutcome.CHANGED, known.name, "", tuple(notes), known.id)
        if away_m > _SAME_PLACE_M:
            said.append(f"place, by {away_m:,.0f} m")
            self.moves[known.id] = (told._replace(reason=_describe_changes(said)), site)
            return None
        if not said:
            return told._replace(outcome=RowOutcome.KNOWN)
        self.changed[known.id] = replace(site, x_m=known.x_m, y_m=known.y_m)
        return told._replace(reason=_describe_changes(said))

    def _known_by_code(self, row: ForeignRow) -> Site | None:
        sites = self.project.sites
        return next((sites[code] for code in self.how.codes(row.fields) if code in sites), None)

    def _known_in_district(self, row: ForeignRow, name: str) -> Site | None:
        """Return the one site of a row's name, where the row is of the project's district."""
        said = self.how.cells(row.fields, "district")
        if not any(is_same_district(text, self.project.name) for text in said):
            return None
        found = self.by_name.get(_normalize_name(name), [])
        return found[0] if len(found) == 1 else None

    def _known(self, code: str, name: str, row: ForeignRow) -> Site | None:
        if row.shape is None:
            found = self.by_name.get(_normalize_name(name), []) if not code else []
            return found[0] if len(found) == 1 else None
        near = [
            (site.point.distance(row.shape), site)
            for site in self.by_name.get(_normalize_name(name), [])
            if site.id not in self.seen
        ]
        if not near:
            return None
        meters, site = min(near, key=lambda own: own[0])
        return site if meters <= _NEAR_M else None

    def _point(
        self, row: ForeignRow, known: Site | None, notes: list[str]
    ) -> tuple[float, float] | None:
        if row.shape is None:
            if known is None:
                raise UserError("row_lacks_place", reason=row.fault or "has no geometry")
            return None
        if row.row in self.far:
            raise UserError(self.far[row.row])
        point = row.shape
        if point.area > 0:
            point = point.representative_point()
            notes.append("A point within its area was used.")
        corners = shapely.get_coordinates(point).tolist()
        if len(corners) != 1:
            raise UserError("row_is_no_point")
        return corners[0][0], corners[0][1]

    def _site(
        self, row: ForeignRow, site_id: str, name: str, known: Site | None, notes: list[str]
    ) -> Site:
        base = known or replace(_BLANK, id=site_id)
        told: dict[str, Any] = {
            part: text
            for part in ("grades", "street", "city", "zip", "phone", "note")
            if (text := self.how.cell(row.fields, part))
        }
        level = derive_school_level(self.how.cells(row.fields, "level"), told.get("grades", ""))
        if level:
            told["level"] = level
        elif known is None and (level := derive_school_level([name], "")):
            told["level"] = level
            notes.append("Its level was set from its name; import a file of levels to correct it.")
        elif known is None:
            notes.append("Its level is unknown; it was imported as another kind of site.")
        charter = parse_yes_no_cell(self.how.cell(row.fields, "charter"), otherwise=base.charter)
        enrollment = self._enrollment(row, base.enrollment, notes)
        return replace(base, name=name, charter=charter, enrollment=enrollment, **told)

    def _enrollment(self, row: ForeignRow, before: int | None, notes: list[str]) -> int | None:
        text = self.how.cell(row.fields, "enrollment")
        digits = text.replace(",", "").replace("\N{NO-BREAK SPACE}", "").removesuffix(".0")
        if not text:
            return before
        if not digits.isdigit() or int(digits) > 100_000:
            notes.append(f"Its enrollment “{text[:20]}” is not a number and was left out.")
            return before
        return int(digits)

    def _patrolled(
        self, site: Site, row: ForeignRow, *, new: bool, state: tuple[str, str], notes: list[str]
    ) -> Site:
        means, said = state
        if means in ("closed", LEFT_OUT_STATE) or (means == "parked" and new):
            if site.patrolled:
                notes.append(f"The file lists it as “{said}”, so it is not patrolled.")
            return replace(site, patrolled=False)
        wanted = parse_yes_no_cell(self.how.cell(row.fields, "patrolled"), otherwise=site.patrolled)
        if new and wanted and row.row in self.homeless:
            notes.append(
                "It is outside every jurisdiction of this project, so it is not patrolled."
            )
            wanted = False
        return replace(site, patrolled=wanted)


def _normalize_name(name: str) -> str:
    """Return a name as names are compared: without marks and the words that all share."""
    words = [word for word in name.casefold().split() if word not in ("school", "the")]
    return normalize_heading(" ".join(words))


def _describe_changes(said: list[str]) -> str:
    return f"Changed: {', '.join(said)}."


def _find_unplaced_rows(project: Project, rows: Sequence[ForeignRow]) -> frozenset[int]:
    """Return the rows that lie in no jurisdiction, or outside of a district that has none."""
    areas = [own.area for key, own in project.jurisdictions.items() if key != WHOLE_DISTRICT]
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
    return frozenset(row.row for row, held in zip(placed, inside.tolist(), strict=True) if not held)
