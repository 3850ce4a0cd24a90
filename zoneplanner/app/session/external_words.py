"""Rows that another program changed, in words: which row, which columns, before and after."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import make_lonlat_converter
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_Row = Mapping[str, Any]
_NAMED = ("site", "plan", "officer")
_NOT_TOLD = ("row_version", "position")
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of a row that another program changed: its name, and its values in words."""

    name: str
    before: str
    after: str


def describe_row(project: Project, table: str, key: tuple[Any, ...], row: _Row) -> str:
    """Return a row in words: its name, and of what it is a part."""
    if table in _NAMED and str(row.get("name", "")).strip():
        return str(row["name"])
    words = table.replace("_", " ")
    plan = project.plans.get(str(row.get("plan", ""))) if table != "plan" else None
    if plan is None:
        return f"{words} {' '.join(map(str, key))}".strip()
    part = key[1:] if table != "assignment" else (_name_of(project, row, "site", key[-1]),)
    of_plan = "" if table == "assignment" else f"{words} "
    return f"{of_plan}{' '.join(map(str, part))} of “{plan.name}”"


def _name_of(project: Project, row: _Row, column: str, value: Any) -> Any:
    """Return what people call the site, zone or unit that a column names."""
    plan = project.plans.get(str(row.get("plan", "")))
    zones = {zone.id: zone for zone in plan.zones} if plan is not None else {}
    known: dict[str, Mapping[str, Any]] = {
        "site": project.sites,
        "zone": zones,
        "unit": project.units,
        "plan": project.plans,
        "officer": project.officers,
    }
    found = known.get(column, {}).get(str(value))
    return value if found is None else found.name


def describe_fields(
    project: Project, before: _Row | None, after: _Row | None
) -> Iterator[FieldChange]:
    """Yield what differs between two sides of a row, in words of the project."""
    names = [name for name in {**(before or {}), **(after or {})} if name not in _NOT_TOLD]
    place = _make_place_words(project)
    for name in names:
        was, now = ((side or {}).get(name) for side in (before, after))
        if was == now or (None in (before, after) and (was or now) in (None, "", False)):
            continue
        if isinstance(was or now, BaseGeometry):
            yield _describe_shape(place, was, now)
            continue
        words = [
            _NOTHING if side is None else str(_name_of(project, side, name, value))
            for side, value in ((before, was), (after, now))
        ]
        yield FieldChange(name.replace("_", " "), *words)


def _describe_shape(
    place: Callable[[Any], str], was: BaseGeometry | None, now: BaseGeometry | None
) -> FieldChange:
    if isinstance(was or now, Point):
        return FieldChange("position", place(was), place(now))
    sides = [_NOTHING if one is None else "drawn" for one in (was, now)]
    return (
        FieldChange("shape", *sides)
        if None in (was, now)
        else FieldChange("shape", "as it was", "drawn anew")
    )


def _make_place_words(project: Project) -> Callable[[Any], str]:
    """Return what writes a position as latitude and longitude."""
    try:
        to_lonlat = make_lonlat_converter(project.crs)
    except UserError:
        return lambda point: _NOTHING if point is None else f"{point.x:.0f}, {point.y:.0f}"

    def words(point: Any) -> str:
        if point is None or point.is_empty:
            return _NOTHING
        lon, lat = to_lonlat(point.x, point.y)
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            return f"{point.x:.0f}, {point.y:.0f} m"
        return f"{lat:.5f}, {lon:.5f}"

    return words
