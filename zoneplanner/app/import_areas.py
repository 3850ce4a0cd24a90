"""Jurisdictions and blocks out of the rows of a foreign file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.taking import Fate, RowFate, Taken, all_told, far_rows
from zoneplanner.domain.areas import (
    CITY,
    COUNTY,
    DISTRICT,
    add_blocks,
    add_jurisdictions,
    district_of,
    set_district,
)
from zoneplanner.domain.jurisdiction import Area, Block, Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapped import LEFT_OUT, Mapped
from zoneplanner.exchange.vector import ForeignRow

_SLIVER_M2 = 400.0
_SLIVER_SHARE = 0.01
_SAME_SHARE = 0.001
_FRONT = re.compile(r"^((City|Town) of|Unincorporated) ", re.IGNORECASE)
_LSAD = re.compile(r"^(?P<name>.+) (?P<kind>city|town|village|CDP)$")
_KINDS = {"c": CITY, "town": CITY, "municipality": CITY, "unincorporated": COUNTY}


def jurisdictions_taken(
    project: Project, rows: Sequence[ForeignRow], how: Mapped, *, near: BaseGeometry | None
) -> Taken:
    """Return the project with the jurisdictions of a file, and its district where one is told.

    Cities are cut out of counties. Areas that do not touch the district are left out.
    """
    taker = _Jurisdictions(project, how, far_rows(rows, near))
    for row in rows:
        taker.take(row)
    return taker.taken()


def blocks_taken(
    project: Project,
    rows: Sequence[ForeignRow],
    how: Mapped,
    *,
    near: BaseGeometry | None,
    instead: bool = False,
) -> Taken:
    """Return the project with the blocks of a file, each cut to the jurisdiction it lies in.

    ``instead`` of those that there are; else a block that lies on one of them is refused. Blocks
    outside of all jurisdictions or of the district are left out.
    """
    if not project.jurisdictions:
        raise UserError("Blocks lie in jurisdictions, and there are none yet; import those first.")
    taker = _Blocks(project, how, far_rows(rows, near), {} if instead else dict(project.blocks))
    fates = [taker.take(row) for row in rows]
    fates = [taker.parted(fate) for fate in fates]
    if not taker.found:
        return Taken(project, all_told(fates))
    return Taken(add_blocks(project, taker.found, instead=instead), all_told(fates))


@dataclass(slots=True)
class _Jurisdictions:
    """Takes area after area; what they do to each other is told at the end."""

    after: Project
    how: Mapped
    far: Mapping[int, str]
    fates: list[RowFate] = field(default_factory=list)
    found: dict[str, tuple[RowFate, Jurisdiction]] = field(default_factory=dict)

    def take(self, row: ForeignRow) -> None:
        """Look at a row alone: it is left out, refused, the district, or found."""
        name = _name(next(iter(self.how.cells(row.fields, "name")), ""))
        why = self.how.why_left_out(row.fields)
        try:
            own = None if why else _jurisdiction(row, name, self.how, self.far)
            if own is None:
                self.fates.append(RowFate(row.row, Fate.LEFT_OUT, name, why or _no_police(name)))
            elif own.kind == DISTRICT:
                if any(fate.id == DISTRICT for fate in self.fates):
                    raise UserError("The file has another district already; say which is wanted.")
                self.fates.append(_district_fate(self.after, row, own))
                self.after = set_district(self.after, own.name, own.area)
            elif own.id in self.found:
                raise UserError(f"It is the same as row {self.found[own.id][0].row:,}.")
            else:
                told = (row.repaired,) if row.repaired else ()
                self.found[own.id] = RowFate(row.row, Fate.NEW, own.name, "", told, own.id), own
        except UserError as error:
            self.fates.append(RowFate(row.row, Fate.REFUSED, name, error.message))

    def taken(self) -> Taken:
        """Return the project with all that touches the district, cities cut out of counties."""
        kept = self._near()
        cut = _without_cities(self.after, {key: own for key, (_, own) in kept.items()})
        changed = {
            key: replace(self.after.jurisdictions[key], area=area)
            for key, area in cut.items()
            if key not in kept
        }
        for key, (fate, own) in kept.items():
            before = self.after.jurisdictions.get(key)
            area = cut.get(key, own.area)
            told = fate.repaired
            if key in cut:
                told = (*told, "The cities were cut out of it.")
            if before is not None and _same_area(before.area, area) and before.kind == own.kind:
                self.fates.append(replace(fate, fate=Fate.KNOWN, repaired=(), id=key))
                continue
            changed[key] = replace(own, area=area, name=before.name if before else own.name)
            what, why = (Fate.NEW, "") if before is None else (Fate.CHANGED, _changes(before, own))
            self.fates.append(replace(fate, fate=what, why=why, repaired=told, id=key))
        after = add_jurisdictions(self.after, changed) if changed else self.after
        return Taken(after, all_told(self.fates))

    def _near(self) -> dict[str, tuple[RowFate, Jurisdiction]]:
        """Return what touches the district, by the id that it has here."""
        reach, known = _reach(self.after), _by_name(self.after)
        kept = {}
        for fate, own in self.found.values():
            if reach is not None and not own.area.intersects(reach):
                why = "It does not touch the district."
                self.fates.append(replace(fate, fate=Fate.LEFT_OUT, why=why, repaired=()))
                continue
            twin = self.after.jurisdictions.get(own.id) or known.get((own.kind, _bare(own.name)))
            kept[twin.id if twin else own.id] = (fate, replace(own, id=twin.id) if twin else own)
        return kept


@dataclass(slots=True)
class _Blocks:
    """Takes block after block; each is cut by those before it and by the jurisdictions."""

    project: Project
    how: Mapped
    far: Mapping[int, str]
    there: Mapping[str, Block]
    found: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    _areas: list[tuple[str, Area]] = field(default_factory=list)
    _tree: shapely.STRtree | None = None
    _over: dict[str, str] | None = None

    def __post_init__(self) -> None:
        own = self.project.jurisdictions.values()
        district = district_of(self.project)
        for jurisdiction in own:
            area = jurisdiction.area
            inside = area if district is None else area.intersection(district)
            shapely.prepare(inside)
            self._areas.append((jurisdiction.id, cast(Area, inside)))
        self._tree = shapely.STRtree([block.area for block in self.there.values()])

    def take(self, row: ForeignRow) -> RowFate:
        """Return the fate of a row, as far as it can be told without the others."""
        name = next(iter(self.how.cells(row.fields, "id")), f"row {row.row}")
        why = self.how.why_left_out(row.fields)
        if why:
            return RowFate(row.row, Fate.LEFT_OUT, name, why)
        try:
            return self._taken(row, name)
        except UserError as error:
            return RowFate(row.row, Fate.REFUSED, name, error.message)

    def parted(self, fate: RowFate) -> RowFate:
        """Return a row's fate; one that lies on an earlier one of the file is refused."""
        if self._over is None:
            self._over = _overlaps(self.found)
        mine = [own for own in self.pieces.get(fate.id, ()) if own in self.found]
        on = next((self._over[own] for own in mine if own in self._over), None)
        if on is None or not fate.id:
            return fate
        for own in mine:
            del self.found[own]
        why = f"It lies on block {on} of the file; blocks may only touch."
        return RowFate(fate.row, Fate.REFUSED, fate.name, why)

    def _taken(self, row: ForeignRow, name: str) -> RowFate:
        key = self.how.cell(row.fields, "id") or f"B{row.row:04}"
        area = _area(row, self.far)
        if key in self.rows:
            raise UserError(f"It has the same id as row {self.rows[key]:,}.")
        told = [row.repaired] if row.repaired else []
        pieces = self._pieces(area)
        if not pieces:
            return RowFate(row.row, Fate.LEFT_OUT, name, "It lies outside of the jurisdictions.")
        if len(pieces) > 1:
            told.append(f"It is cut along the lines of {len(pieces)} jurisdictions.")
        self.rows[key] = row.row
        fates = set()
        for at, (jurisdiction, piece) in enumerate(pieces):
            own = key if len(pieces) == 1 else f"{key}/{at + 1}"
            before = self.there.get(own)
            self._check_free(piece, own)
            if before is not None and _same_area(before.area, piece):
                fates.add(Fate.KNOWN)
                continue
            fates.add(Fate.NEW if before is None else Fate.CHANGED)
            self.found[own] = Block(own, jurisdiction, piece)
            self.pieces.setdefault(key, []).append(own)
        fate = next(own for own in (Fate.NEW, Fate.CHANGED, Fate.KNOWN) if own in fates)
        why = "Changed: its lines." if fate is Fate.CHANGED else ""
        return RowFate(row.row, fate, name, why, tuple(told) if fate is not Fate.KNOWN else (), key)

    def _pieces(self, area: BaseGeometry) -> list[tuple[str, Area]]:
        pieces = []
        for jurisdiction, reach in self._areas:
            if not reach.intersects(area):
                continue
            piece = area if reach.covers(area) else _areas_of(area.intersection(reach))
            if piece is not None and piece.area > max(_SLIVER_M2, _SLIVER_SHARE * area.area):
                pieces.append((jurisdiction, cast(Area, piece)))
        return pieces

    def _check_free(self, piece: Area, own: str) -> None:
        if self._tree is None or not self.there:
            return
        ids = list(self.there)
        for at in self._tree.query(piece, predicate="intersects").tolist():
            other = self.there[ids[at]]
            if other.id != own and other.area.intersection(piece).area > _SLIVER_M2:
                raise UserError(
                    f"It lies on block {other.id} of the project; take the new blocks instead of "
                    f"the old ones to replace them all."
                )


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
    row: ForeignRow, name: str, how: Mapped, far: Mapping[int, str]
) -> Jurisdiction | None:
    """Return what a row tells, None where it has no police authority of its own."""
    if not name:
        raise UserError("It has no name; fill it in.")
    said = how.cell(row.fields, "kind") or how.profile.words.get("kind", {}).get("", "")
    kind = said.casefold()
    if kind == LEFT_OUT or name.endswith(" CDP"):
        return None
    kind = _KINDS.get(kind, kind)
    if kind not in (CITY, COUNTY, DISTRICT):
        kind = COUNTY if "county" in name.casefold() else CITY
    area = _area(row, far)
    called = name if kind == DISTRICT else _called(name, kind, how)
    key = "" if how.profile.call else how.cell(row.fields, "id")
    return Jurisdiction(key or called, called, kind, cast(Area, area))


def _area(row: ForeignRow, far: Mapping[int, str]) -> BaseGeometry:
    if row.shape is None:
        raise UserError(f"It {row.fault or 'has no geometry'}.")
    if row.shape.area <= 0:
        raise UserError("It is no area.")
    if row.row in far:
        raise UserError(far[row.row])
    return row.shape


def _called(name: str, kind: str, how: Mapped) -> str:
    """Return a jurisdiction's name as the profile calls those of its kind."""
    told = how.profile.call.get(kind, "{}")
    return name if name.startswith(told.split("{}")[0]) else told.replace("{}", name)


def _bare(name: str) -> str:
    """Return a name as names are compared: Lake, City of Lake and LAKE are the same."""
    return _FRONT.sub("", name).casefold()


def _name(text: str) -> str:
    match = _LSAD.match(text)
    return text if match is None or match["kind"] == "CDP" else match["name"]


def _no_police(name: str) -> str:
    return f"{name} is no city; the county’s sheriff serves it."


def _district_fate(project: Project, row: ForeignRow, own: Jurisdiction) -> RowFate:
    before = district_of(project)
    fate = Fate.NEW if before is None else Fate.CHANGED
    if before is not None and _same_area(before, own.area):
        fate = Fate.KNOWN
    told = (row.repaired,) if row.repaired else ()
    return RowFate(row.row, fate, own.name, "It is the district’s boundary.", told, DISTRICT)


def _reach(project: Project) -> BaseGeometry | None:
    """Return the district, else the hull of its sites; None where neither is known."""
    district = district_of(project)
    if district is not None:
        return district
    points = [site.point for site in project.sites.values()]
    return shapely.MultiPoint(points).convex_hull if points else None


def _by_name(project: Project) -> dict[tuple[str, str], Jurisdiction]:
    return {(own.kind, _bare(own.name)): own for own in project.jurisdictions.values()}


def _without_cities(project: Project, found: Mapping[str, Jurisdiction]) -> dict[str, Area]:
    """Return the counties that overlap cities without them, by id."""
    every = {**project.jurisdictions, **found}
    cities = [own.area for own in every.values() if own.kind == CITY]
    cut: dict[str, Area] = {}
    for key, own in every.items():
        if own.kind != COUNTY or not cities:
            continue
        left = _areas_of(own.area.difference(shapely.union_all(cities)))
        if left is not None and not _same_area(own.area, left):
            cut[key] = cast(Area, left)
    return cut


def _areas_of(shape: BaseGeometry) -> BaseGeometry | None:
    """Return the areas of a shape, None where it has none."""
    parts = [part for part in shapely.get_parts(shape) if part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _changes(before: Jurisdiction, after: Jurisdiction) -> str:
    return "Changed: its lines." if before.kind == after.kind else f"Changed: it is a {after.kind}."


def _same_area(one: BaseGeometry, other: BaseGeometry) -> bool:
    differs = one.symmetric_difference(other).area if one != other else 0.0
    return bool(differs <= _SAME_SHARE * max(one.area, other.area) and differs < _SLIVER_M2 * 25)
