"""The lines that all maps of a project share, uncut; each map cuts them to its frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import starmap

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import AreaGeometry
from zoneplanner.domain.project import Project

_BORDER_TOLERANCE_M = 40.0
"""The most that two sources' versions of one border are apart."""
_NAME_SHARES = (0.5, 0.35, 0.65, 0.2, 0.8)
"""The shares of a line's length at which its name may be written, best first."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A named line that may be in several parts."""

    name: str
    line: BaseGeometry

    @property
    def label(self) -> BaseGeometry:
        """The longest single line, along which the name is written."""
        parts: list[BaseGeometry] = list(shapely.get_parts(shapely.line_merge(self.line)))
        return max(parts, key=lambda part: part.length)

    def spots(self) -> list[tuple[float, float, float]]:
        """Return positions for a name along the line, the middle first: x, y and the line's angle.

        Angles are in degrees, counterclockwise from east, -90 to 90.
        """
        return [_find_spot(self.label, share) for share in _NAME_SHARES]


@dataclass(frozen=True, eq=False, slots=True)
class Backdrop:
    """The lines that a project's maps share; ``zones`` is the union of all zones."""

    zones: BaseGeometry
    district: BaseGeometry
    cities: tuple[NamedLine, ...]
    other_cities: tuple[NamedLine, ...]
    streets: tuple[NamedLine, ...]
    river: BaseGeometry


def build_backdrop(project: Project, outlines: Mapping[str, AreaGeometry]) -> Backdrop:
    """Return the lines and areas of a redacted project, not cut to any frame."""
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
    near_served = shapely.union_all([line for _, line in served]).buffer(_BORDER_TOLERANCE_M)
    others = [
        (name, shapely.boundary(area).difference(near_served))
        for name, area in by_layer.get("city", [])
    ]
    district = [area for _, area in by_layer.get("district", [])] or [zones]
    rivers = [line for _, line in by_layer.get("river", [])]
    return Backdrop(
        zones=zones,
        district=shapely.union_all(district),
        cities=tuple(starmap(NamedLine, served)),
        other_cities=tuple(starmap(NamedLine, others)),
        streets=tuple(starmap(NamedLine, by_layer.get("arterial", []))),
        river=shapely.union_all(rivers),
    )


def _find_spot(line: BaseGeometry, share: float) -> tuple[float, float, float]:
    middle, start, end = (
        line.interpolate(min(max(position, 0.0), 1.0), normalized=True)
        for position in (share, share - 0.08, share + 0.08)
    )
    angle = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
    return middle.x, middle.y, (angle + 90) % 180 - 90
