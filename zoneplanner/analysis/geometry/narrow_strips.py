"""Parts of zones that are narrow: slivers along an edge, and hooks that reach for one school."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon

from zoneplanner.domain.geography.jurisdiction import AreaGeometry

_NARROW_M, _LEAST_LENGTHS, _LEAST_M2 = 800.0, 2.5, 200_000.0
_SIMPLER_M = 25.0


@dataclass(frozen=True, eq=False, slots=True)
class NarrowStrip:
    """A narrow part of a zone, its mean width and its length."""

    zone: str
    area: Polygon
    width_m: float
    length_m: float


def find_narrow_strips(areas: Mapping[str, AreaGeometry]) -> Iterator[NarrowStrip]:
    """Yield the parts of zones that are narrower than half a mile and much longer than wide.

    What a disk of that width cannot reach (a morphological opening) is left over; of that, corners
    and specks are no strips.
    """
    reach = _NARROW_M / 2
    for zone, area in areas.items():
        simple = shapely.make_valid(shapely.simplify(area, _SIMPLER_M))
        inner = shapely.buffer(simple, -reach, join_style="mitre")
        body = shapely.buffer(inner, reach + 1, join_style="mitre")
        for part in shapely.get_parts(shapely.difference(simple, body)):
            if not isinstance(part, Polygon) or part.area < _LEAST_M2:
                continue
            half = part.length / 2
            # the sides of a rectangle of this area and outline
            root = max(half * half / 4 - part.area, 0.0) ** 0.5
            width, length = half / 2 - root, half / 2 + root
            if length >= _LEAST_LENGTHS * width:
                yield NarrowStrip(zone, part, width, length)
