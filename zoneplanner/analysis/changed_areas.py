"""The land that falls to another zone in a second plan."""

from collections.abc import Mapping

import shapely

from zoneplanner.analysis.outlines import ZoneOutline
from zoneplanner.domain.jurisdiction import AreaGeometry

_MIN_CHANGE_M2 = 100.0
_ZoneChange = tuple[str | None, str | None]


def find_changed_areas(
    before: Mapping[str, ZoneOutline], after: Mapping[str, ZoneOutline]
) -> dict[_ZoneChange, AreaGeometry]:
    """Return the areas by the zone they leave and the one they enter, None where there is none.

    Two plans with other sites have other cells; what the lines of both do not share to the metre
    is no change, so polygons below ``LEAST_M2`` are left out.
    """
    old = {zone: outline.area for zone, outline in before.items()}
    new = {zone: outline.area for zone, outline in after.items()}
    found: dict[_ZoneChange, AreaGeometry] = {}
    for zone, area in new.items():
        for other, was in old.items():
            if other != zone and shapely.intersects(area, was):
                _store_change(found, (other, zone), shapely.intersection(area, was))
    whole_old, whole_new = (shapely.union_all(list(areas.values())) for areas in (old, new))
    for zone, area in new.items():
        _store_change(found, (None, zone), shapely.difference(area, whole_old))
    for zone, area in old.items():
        _store_change(found, (zone, None), shapely.difference(area, whole_new))
    return found


def _store_change(
    found: dict[_ZoneChange, AreaGeometry], ends: _ZoneChange, area: shapely.Geometry
) -> None:
    polygons = [
        part
        for part in shapely.get_parts(area)
        if shapely.get_dimensions(part) == 2 and shapely.area(part) >= _MIN_CHANGE_M2
    ]
    if polygons:
        found[ends] = shapely.multipolygons(polygons)
