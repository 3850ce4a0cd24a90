"""A made-up county for tests and benchmarks: as varied as a real one, and always the same.

No place in it is real. It can be written as an OpenStreetMap extract or as TIGER/Line files, so
that both importers are tested with the same streets.

    python -m tests.county DIR [SEGMENTS]
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pyogrio.raw
import shapely
from osmium.osm.mutable import Node, Relation, Way
from pyproj import Transformer
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

CENTER = (-121.33, 38.66)
"""Longitude and latitude of its center, in the bundled district."""
MILE_M = 1609.344
_STEP_M = 45.0
_SEGMENTS_PER_CELL = 640
_FIRST = (
    *("Whispering Oaks", "Winding", "Fair Meadow", "Cedar Hollow", "Sunrise Vista", "Madrone"),
    *("Old Stagecoach", "Manzanita", "Rolling Hills", "Garfield", "Walnut Grove", "Eastern Star"),
    *("San Lorenzo", "Coyote Ridge", "Pershing", "Kenneth", "Twin Rivers", "Marconi Heights"),
    *("Valley Quail", "Blue Heron", "Dry Creek", "Hazelwood", "Sierra Crest", "Almond Blossom"),
)
_SECOND = ("", " North", " Park", " Glen", " Creek", " View", " Terrace", " Springs", " Point")
_SUFFIX = ("Way", "Court", "Drive", "Lane", "Circle", "Street", "Place")
_ARTERIAL = ("Avenue", "Boulevard", "Road")
_PLACES = (
    *("Alder Bend", "Carrow Heights", "Dunmore", "East Fallon", "Garrity", "Hollis Park"),
    *("Ione Flat", "Juniper Wells", "Kestrel", "Larkmoor", "Mather Grove", "Norwick"),
)

_MTFCC = {
    **{"motorway": "S1100", "primary": "S1200", "secondary": "S1200", "residential": "S1400"},
    **{"motorway_link": "S1630", "service": "S1740", "rail": "R1011", "stream": "H3010"},
    **{"water": "H3010", "lake": "H2030", "park": "K2180", "hospital": "K1231"},
    **{"police": "K2194", "fire_station": "K2193"},
}


@dataclass(frozen=True)
class CountyFeature:
    """A feature in meters from the county's center, with OpenStreetMap tags."""

    kind: str
    shape: BaseGeometry
    tags: Mapping[str, str] = field(default_factory=dict)


def build_county(segments: int = 100_000) -> list[CountyFeature]:
    """Build a county with about this many road segments."""
    rng = np.random.default_rng(20261127)
    side = max(2, round((segments / _SEGMENTS_PER_CELL) ** 0.5))
    half = side * MILE_M / 2
    found: list[CountyFeature] = []
    found += _list_arterials(side, half)
    found += _list_freeways(side, half)
    for row in range(side):
        for column in range(side):
            west, south = column * MILE_M - half, row * MILE_M - half
            found += _list_neighborhood(rng, west, south, row * side + column)
    found += _list_waters(half)
    found += _list_rails(half)
    found += _list_points(rng, side, half)
    return found


def count_road_segments(county: list[CountyFeature]) -> int:
    """Count the straight segments of its roads."""
    roads = [one.shape for one in county if "highway" in one.tags]
    return int((shapely.get_num_coordinates(roads) - 1).sum())


def write_osm(county: list[CountyFeature], path: Path) -> Path:
    """Write the county as an OpenStreetMap extract; lines that meet share a node."""
    to_lonlat = _make_lonlat_transform()
    ids: dict[tuple[int, int], int] = {}
    nodes: list[Any] = []
    ways: list[Any] = []
    relations: list[Any] = []

    def find_node(x: float, y: float) -> int:
        key = round(x * 10), round(y * 10)
        if key not in ids:
            ids[key] = len(nodes) + 1
            nodes.append(Node(id=ids[key], location=to_lonlat(x, y), version=1))
        return ids[key]

    def create_way(ring: Any, tags: Mapping[str, str]) -> int:
        refs = [find_node(x, y) for x, y in shapely.get_coordinates(ring).tolist()]
        ways.append(Way(id=len(ways) + 1, nodes=refs, tags=dict(tags), version=1))
        return len(ways)

    points = []
    for one in county:
        if isinstance(one.shape, Point):
            points.append(one)
        elif isinstance(one.shape, Polygon) and one.shape.interiors:
            members = [("w", create_way(one.shape.exterior, {}), "outer")]
            members += [("w", create_way(hole, {}), "inner") for hole in one.shape.interiors]
            tags = {"type": "multipolygon", **one.tags}
            relations.append(Relation(id=len(relations) + 1, members=members, tags=tags, version=1))
        else:
            create_way(
                one.shape.exterior if isinstance(one.shape, Polygon) else one.shape, one.tags
            )
    for at, one in enumerate(points, len(nodes) + 1):
        where = to_lonlat(one.shape.x, one.shape.y)
        nodes.append(Node(id=at, location=where, tags=dict(one.tags), version=1))
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path))
    for add, items in ((writer.add_node, nodes), (writer.add_way, ways)):
        for item in items:
            add(item)
    for item in relations:
        writer.add_relation(item)
    writer.close()
    return path


def write_tiger(county: list[CountyFeature], folder: Path) -> dict[str, Path]:
    """Write the county as TIGER/Line shapefiles, one folder each, and return them by content."""
    to_lonlat = _make_lonlat_transform()
    layers: dict[str, list[CountyFeature]] = {}
    for one in county:
        if one.kind in _MTFCC:
            layers.setdefault(_find_tiger_layer(one), []).append(one)
    found = {}
    for layer, items in layers.items():
        path = folder / layer / f"tl_2025_06999_{layer}.shp"
        path.parent.mkdir(parents=True, exist_ok=True)
        moved = [
            shapely.transform(one.shape, lambda xy: np.column_stack(to_lonlat(xy[:, 0], xy[:, 1])))
            for one in items
        ]
        names = [one.tags.get("ref", one.tags.get("name", "")) for one in items]
        names = [name.replace("I ", "I- ").replace("US ", "US Hwy ") for name in names]
        kinds = [_MTFCC[one.kind] for one in items]
        pyogrio.raw.write(
            path,
            shapely.to_wkb(moved),
            [np.array(names, dtype=object), np.array(kinds, dtype=object)],
            ["FULLNAME", "MTFCC"],
            geometry_type=items[0].shape.geom_type,
            crs="EPSG:4269",
            driver="ESRI Shapefile",
        )
        found[layer] = path
    return found


def write_census_layer(
    path: Path, rows: list[tuple[str, str, BaseGeometry]], crs: str = "EPSG:26910"
) -> Path:
    """Write rows of name, class (MTFCC) and shape in the project's meters as a TIGER/Line file."""
    pyogrio.raw.write(
        path,
        shapely.to_wkb([shape for _, _, shape in rows]),
        [np.array([row[at] for row in rows], dtype=object) for at in (0, 1)],
        ["FULLNAME", "MTFCC"],
        geometry_type=rows[0][2].geom_type,
        crs=crs,
        driver="GeoJSON",
    )
    return path


def _find_tiger_layer(one: CountyFeature) -> str:
    if "highway" in one.tags:
        return "roads"
    if isinstance(one.shape, Point):
        return "pointlm"
    if isinstance(one.shape, Polygon):
        return "arealm" if one.kind == "park" else "areawater"
    return "rails" if one.kind == "rail" else "linearwater"


def _make_lonlat_transform() -> Any:
    to_m = Transformer.from_crs("EPSG:4326", "EPSG:32610", always_xy=True)
    back = Transformer.from_crs("EPSG:32610", "EPSG:4326", always_xy=True)
    east, north = to_m.transform(*CENTER)
    return lambda x, y: back.transform(x + east, y + north)


def _create_road(kind: str, shape: BaseGeometry, name: str = "", **tags: str) -> CountyFeature:
    named = {"name": name} if name else {}
    return CountyFeature(kind, shape, {"highway": kind, **named, **tags})


def _compute_offset(at: float, number: int) -> float:
    """Return a road's offset from its straight axis, zero at crossings."""
    return 28.0 * sin(at / MILE_M * pi) * sin(number * 1.7)


def _list_arterials(side: int, half: float) -> Iterator[CountyFeature]:
    """Yield main roads a mile apart, split where they meet."""
    for number in range(side + 1):
        kind = "primary" if number % 3 == 0 else "secondary"
        for upright in (False, True):
            name = f"{_FIRST[(number * 2 + upright) % len(_FIRST)]} {_ARTERIAL[number % 3]}"
            fixed = number * MILE_M - half
            for cell in range(side):
                along = np.linspace(0, MILE_M, 13)
                across = np.array(
                    [fixed + _compute_offset(at, number + 3 * upright) for at in along]
                )
                points = np.column_stack([along + cell * MILE_M - half, across])
                yield _create_road(kind, LineString(points[:, ::-1] if upright else points), name)


def _list_freeways(side: int, half: float) -> Iterator[CountyFeature]:
    """Yield two freeways, one line per direction, with ramps at main roads."""
    for ref, tilt, shift in (("I 80", 0.32, -0.18), ("US 50", -0.55, 0.12)):
        xs = np.arange(-half, half + 1, 120.0)
        ys = half * shift + tilt * xs + 420 * np.sin(xs / 3100)
        middle = LineString(np.column_stack([xs, ys]))
        sides = [shapely.offset_curve(middle, away) for away in (16.0, -16.0)]
        for way in (sides[0].reverse(), sides[1]):
            yield _create_road("motorway", way, ref=ref, oneway="yes")
        for column in range(1, side):
            x = column * MILE_M - half
            y = float(np.interp(x, xs, ys))
            if abs(y) > half - 500:
                continue
            for east, north in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                far = x + east * 430
                own = sides[0] if north > 0 else sides[1]
                meets = own.interpolate(own.project(Point(far, float(np.interp(far, xs, ys)))))
                near = Point(x, y + north * 150)
                bend = Point(x + east * 150, (near.y + meets.y) / 2 + north * 45)
                yield _create_road("motorway_link", _create_curve(near, bend, meets), oneway="yes")


def _create_curve(start: Point, bend: Point, end: Point) -> LineString:
    share = np.linspace(0, 1, 10)[:, None]
    a, b, c = (np.array([[one.x, one.y]]) for one in (start, bend, end))
    return LineString((1 - share) ** 2 * a + 2 * share * (1 - share) * b + share**2 * c)


def _list_neighborhood(
    rng: np.random.Generator, west: float, south: float, cell: int
) -> Iterator[CountyFeature]:
    """Yield a square mile with collectors, curved streets and courts, a park and some houses."""
    phase, bend = float(rng.uniform(0, 2 * pi)), float(rng.uniform(20, 60))
    names = [
        f"{_FIRST[int(rng.integers(len(_FIRST)))]}{_SECOND[int(rng.integers(len(_SECOND)))]}"
        for _ in range(20)
    ]
    rows = 16
    park = cell % 3 == 0
    for row in range(1, rows):
        y = south + row * MILE_M / rows
        xs = np.arange(0, MILE_M + 1, _STEP_M)
        # a street starts and ends on the main roads of its cell, which are curved too
        ease = np.sin(np.clip(xs / MILE_M, 0, 1) * pi)
        ys = y + bend * ease * np.sin(xs / 310 + phase)
        points = np.column_stack([west + xs, ys])
        collector = row == rows // 2
        if collector:
            yield _create_road("tertiary", LineString(points), f"{names[0]} Parkway")
            continue
        first, last = (0, len(points)) if row % 3 else (3, len(points) - 4)
        if park and row in (3, 4):
            last = len(points) // 2
        name = f"{names[row]} {_SUFFIX[row % len(_SUFFIX)]}"
        yield _create_road("residential", LineString(points[first:last]), name)
        if row % 2 and not (park and row < 5):
            for at in (6, 14, 24, 30):
                if at < last:
                    yield _list_court(points[at], names[(row + at) % 20], 62.0)
    for column in (0.27, 0.52, 0.76):
        ys = np.arange(0, MILE_M + 1, _STEP_M)
        xs = west + column * MILE_M + 18 * np.sin(ys / 260 + phase)
        points = np.column_stack([xs, south + ys])
        yield _create_road(
            "residential", LineString(points), f"{names[16 + int(column * 4)]} {_SUFFIX[2]}"
        )
    if park:
        box = np.array([(0.56, 0.14), (0.94, 0.12), (0.97, 0.29), (0.7, 0.31), (0.54, 0.27)])
        yield CountyFeature(
            "park",
            Polygon(box * MILE_M + (west, south)),
            {"leisure": "park", "name": f"{names[3]} Park"},
        )
    if cell % 4 == 1:
        yield _create_road(
            "service", LineString([(west + 40, south + 60), (west + 190, south + 75)]), ""
        )
        for house in range(60):
            x, y = west + 60 + (house % 12) * 33, south + 60 + (house // 12) * 52
            shape = Polygon([(x, y), (x + 16, y), (x + 16, y + 11), (x, y + 11)])
            yield CountyFeature("building", shape, {"building": "yes"})


def _list_court(start: Any, name: str, long_m: float) -> CountyFeature:
    turn = np.linspace(0, pi, 6)
    curve = np.column_stack([10 * np.sin(turn), long_m * (1 - np.cos(turn)) / 2])
    return _create_road("residential", LineString(curve + start), f"{name} Court")


def _list_waters(half: float) -> Iterator[CountyFeature]:
    xs = np.arange(-half, half + 1, 90.0)
    ys = -0.62 * half + 520 * np.sin(xs / 2300) + 150 * np.sin(xs / 700)
    wide = 75 + 25 * np.sin(xs / 900)
    island = 8 * len(xs) // 16
    bank = Polygon(
        np.vstack([np.column_stack([xs, ys + wide]), np.column_stack([xs, ys - wide])[::-1]])
    )
    x, y = float(xs[island]), float(ys[island])
    hole = shapely.affinity.scale(Point(x, y).buffer(40, quad_segs=4), xfact=3)
    yield CountyFeature(
        "water",
        Polygon(bank.exterior, [hole.exterior]) if bank.contains(hole) else bank,
        {"natural": "water", "water": "river", "name": "Almanor River"},
    )
    lake = [
        (0.5 * half + 420 * cos(t) * (1 + 0.2 * sin(3 * t)), 0.4 * half + 300 * sin(t))
        for t in np.linspace(0, 2 * pi, 40)
    ]
    tags = {"natural": "water", "water": "lake", "name": "Lake Corvallen"}
    yield CountyFeature("lake", Polygon(lake), tags)
    for number in range(4):
        x0 = -half + (number + 0.6) * half / 2.2
        down = np.arange(-0.6 * half, half, 110.0)
        xs = x0 + 160 * np.sin(down / 800 + number)
        creek = LineString(np.column_stack([xs, down]))
        yield CountyFeature(
            "stream", creek, {"waterway": "stream", "name": f"{_FIRST[number + 8]} Creek"}
        )


def _list_rails(half: float) -> Iterator[CountyFeature]:
    xs = np.arange(-half, half + 1, 150.0)
    ys = 0.72 * xs + 300 * np.sin(xs / 5200) + 300
    tags = {"railway": "rail", "name": "Western Valley Subdivision"}
    yield CountyFeature("rail", LineString(np.column_stack([xs, ys])), tags)


def _list_points(rng: np.random.Generator, side: int, half: float) -> Iterator[CountyFeature]:
    for at, name in enumerate(_PLACES):
        x, y = rng.uniform(-half * 0.9, half * 0.9, 2)
        rank = "city" if at == 0 else "town" if at < 4 else "suburb" if at < 9 else "neighbourhood"
        yield CountyFeature("place", Point(x, y), {"place": rank, "name": name})
    each = max(1, side // 3)
    for kind, title in (
        ("hospital", "Hospital"),
        ("police", "Police Department"),
        ("fire_station", "Fire Station"),
    ):
        for at in range(each):
            x, y = rng.uniform(-half * 0.85, half * 0.85, 2)
            tags = {"amenity": kind, "name": f"{_PLACES[at % len(_PLACES)]} {title}"}
            yield CountyFeature(kind, Point(x, y), tags)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    made = build_county(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    write_osm(made, target / "county.osm.pbf")
    write_tiger(made, target)
    print(f"{count_road_segments(made):,} segments of roads in {target}")
