"""The lines that maps are drawn over, whole; a map cuts from them what is in its frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import AreaGeometry
from zoneplanner.domain.project import Project

_SAME_LINE_M = 40.0
"""Two sources draw one border this far apart at most."""
_SPOTS = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Shares of a line's length at which its name may stand."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A named line that may be in several parts."""

    name: str
    line: BaseGeometry

    @property
    def label(self) -> BaseGeometry:
        """The longest single line, where a name is written."""
        parts: list[BaseGeometry] = list(shapely.get_parts(shapely.line_merge(self.line)))
        return max(parts, key=lambda part: part.length)

    def spots(self) -> list[tuple[float, float, float]]:
        """Return places for a name along the line, the middle first: x, y and the line's angle.

        Angles are in degrees, counter-clockwise from east, -90 to 90.
        """
        return [_spot(self.label, share) for share in _SPOTS]


@dataclass(frozen=True, eq=False, slots=True)
class Backdrop:
    """The lines of a project that its maps share; ``zones`` is the land of all zones together."""

    zones: BaseGeometry
    district: BaseGeometry
    cities: tuple[NamedLine, ...]
    other_cities: tuple[NamedLine, ...]
    streets: tuple[NamedLine, ...]
    river: BaseGeometry


def build_backdrop(project: Project, outlines: Mapping[str, AreaGeometry]) -> Backdrop:
    """Return the lines and areas of a released project, not cut to any frame."""
    zones = shapely.union_all(list(outlines.values()))
    by_layer: dict[str, list[tuple[str, BaseGeometry]]] = {}
    for feature in project.features:
        by_layer.setdefault(feature.layer, []).append((feature.name, feature.geometry))
    served = [
        (area.name, shapely.boundary(area.area))
        for area in project.jurisdictions.values()
        if area.kind == "city"
        and any(unit.may_be_primary(area.id) for unit in project.units.values())
    ]
    near = shapely.union_all([line for _, line in served]).buffer(_SAME_LINE_M)
    others = [
        (name, shapely.boundary(area).difference(near)) for name, area in by_layer.get("city", [])
    ]
    district = [area for _, area in by_layer.get("district", [])] or [zones]
    rivers = [line for _, line in by_layer.get("river", [])]
    return Backdrop(
        zones=zones,
        district=shapely.union_all(district),
        cities=tuple(NamedLine(*one) for one in served),
        other_cities=tuple(NamedLine(*one) for one in others),
        streets=tuple(NamedLine(*one) for one in by_layer.get("arterial", [])),
        river=shapely.union_all(rivers),
    )


def _spot(line: BaseGeometry, share: float) -> tuple[float, float, float]:
    middle, start, end = (
        line.interpolate(min(max(at, 0.0), 1.0), normalized=True)
        for at in (share, share - 0.08, share + 0.08)
    )
    angle = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
    return middle.x, middle.y, (angle + 90) % 180 - 90
