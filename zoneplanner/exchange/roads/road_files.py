"""The formats of roads: OpenStreetMap extracts, Census TIGER/Line, graphs that OSMnx saved.

Only a process of its own may call these; see ``roads_worker``.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.travel.road_network import ROAD_CLASSES
from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.gdal_safety import restrict_drivers

ROAD_CLASS_NUMBERS = {kind: at for at, kind in enumerate(ROAD_CLASSES)}
_OTHER_KINDS = {"road": "unclassified", "busway": "service"}
ONE_WAY, _BOTH, BACKWARDS = 1, 0, -1

_MTFCC = {
    "S1100": "motorway",
    "S1200": "secondary",
    "S1400": "residential",
    "S1630": "motorway_link",
    "S1640": "service",
    "S1730": "service",
    "S1740": "service",
    "S1780": "service",
}
"""Census classes of roads that a car may drive; US Census Bureau, MTFCC definitions."""


class RoadWay(NamedTuple):
    """A road: its class, its direction, and the longitudes and latitudes along it.

    ``ids`` name the corners; ways that share one meet there.
    """

    kind: str
    direction: int
    points: list[tuple[float, float]]
    ids: list[int]


class _RoadWays(NamedTuple):
    """All the roads of a file, and the date of its data."""

    found: list[RoadWay]
    vintage: str


def read_openstreetmap(file: Path, name: str, most: int) -> _RoadWays:
    """Read an OpenStreetMap extract; a way that leaves the extract is cut there."""
    import osmium
    from osmium.filter import EntityFilter, KeyFilter
    from osmium.osm import NODE, WAY

    ways: Any = (
        osmium.FileProcessor(str(file), NODE | WAY)
        .with_locations()
        .with_filter(EntityFilter(WAY))
        .with_filter(KeyFilter("highway"))
    )
    with osmium.io.Reader(str(file)) as reader:
        header = reader.header()
        vintage = (header.get("osmosis_replication_timestamp") or header.get("timestamp"))[:10]
    found, corners, latest = [], 0, datetime.fromtimestamp(0, UTC)
    for way in ways:
        kind = _OTHER_KINDS.get(way.tags["highway"], way.tags["highway"])
        if kind not in ROAD_CLASS_NUMBERS or _is_closed_to_cars(way.tags):
            continue
        latest = max(latest, way.timestamp)
        corners = _check_vertex_count(corners + len(way.nodes), most, name)
        for part in _split_at_border(way.nodes):
            points = [(node.location.lon, node.location.lat) for node in part]
            ids = [node.ref for node in part]
            found.append(RoadWay(kind, _read_direction(kind, way.tags), points, ids))
    return _RoadWays(found, vintage or (f"{latest:%Y-%m-%d}" if latest.year > 2000 else ""))


def _is_closed_to_cars(tags: Any) -> bool:
    """Tell whether cars are kept out; the most particular tag decides."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return str(tags[key]) in ("no", "agricultural", "forestry")
    return str(tags.get("area", "no")) == "yes"


def _read_direction(kind: str, tags: Any) -> int:
    told = str(tags.get("oneway", ""))
    if told in ("-1", "reverse"):
        return BACKWARDS
    if told in ("yes", "true", "1"):
        return ONE_WAY
    round_about = str(tags.get("junction", "")) in ("roundabout", "circular")
    return ONE_WAY if not told and (round_about or kind == "motorway") else _BOTH


def _split_at_border(nodes: Any) -> Iterator[list[Any]]:
    """Yield the runs of nodes that the extract holds."""
    run: list[Any] = []
    for node in nodes:
        if node.location.valid():
            run.append(node)
        else:
            if len(run) > 1:
                yield run
            run = []
    if len(run) > 1:
        yield run


def read_tiger_roads(file: Path, name: str, most: int) -> _RoadWays:
    """Read TIGER/Line roads. They tell no one-ways, so every road is driven both ways.

    Motorways meet other roads at ramps and at their ends only: Census lines share a corner also
    where one crosses over the other.
    """
    import pyogrio.raw
    import shapely

    restrict_drivers(("ESRI Shapefile",))
    meta, _, wkb, columns = pyogrio.raw.read(file, force_2d=True)
    fields = [str(field).upper() for field in meta["fields"]]
    if "MTFCC" not in fields:
        raise UserError("unreadable_file.no_mtfcc", file=name)
    kinds = columns[fields.index("MTFCC")].tolist()
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    own = _make_lonlat_converter(meta["crs"], name)
    found, corners = [], 0
    for kind, shape in zip(kinds, shapes, strict=True):
        if kind not in _MTFCC or shape is None:
            continue
        for part in shapely.get_parts(shape):
            corners = _check_vertex_count(corners + shapely.get_num_coordinates(part), most, name)
            points = own(shapely.get_coordinates(part))
            if len(points) > 1:
                found.append(RoadWay(_MTFCC[kind], _BOTH, points, []))
    year = re.search(r"tl_(\d{4})_", name)
    return _RoadWays(_separate_overpasses(found), year[1] if year else "")


def _separate_overpasses(ways: list[RoadWay]) -> list[RoadWay]:
    """Name the corners, those along motorways apart from those of roads that cross them."""
    number: dict[tuple[int, int], int] = {}
    ramps = {
        _round_position(point)
        for way in ways
        if way.kind == "motorway_link"
        for point in way.points
    }
    found = []
    for way in ways:
        spots = [_round_position(point) for point in way.points]
        ids = [number.setdefault(spot, len(number)) for spot in spots]
        if way.kind == "motorway":
            inner = range(1, len(ids) - 1)
            ids = [
                -2 - at_id if at in inner and spots[at] not in ramps else at_id
                for at, at_id in enumerate(ids)
            ]
        found.append(way._replace(ids=ids))
    return found


def _round_position(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * 1e7), round(point[1] * 1e7)


def _make_lonlat_converter(crs: str | None, name: str) -> Any:
    """Return what brings corners to longitude and latitude (TIGER/Line is in NAD 83)."""
    from pyproj import CRS, Transformer

    if crs is None:
        raise UserError("unreadable_file.roads_without_crs", file=name)
    told = CRS.from_user_input(crs)
    if told.is_geographic:
        return lambda points: [(float(x), float(y)) for x, y in points]
    there = Transformer.from_crs(told, "EPSG:4326", always_xy=True)

    def converted(points: NDArray[np.float64]) -> list[tuple[float, float]]:
        lon, lat = there.transform(points[:, 0], points[:, 1])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))

    return converted


def read_graphml(file: Path, name: str, most: int) -> _RoadWays:
    """Read a graph that OSMnx saved: each edge one way, ends named, bends as WKT."""
    import shapely

    graph = _parse_graphml(file, name, most)
    to_lonlat = _make_lonlat_converter(graph.crs, name)
    spots = {key: to_lonlat(np.array([at]))[0] for key, at in graph.nodes.items()}
    number = {key: at for at, key in enumerate(spots)}
    found: list[RoadWay] = []
    seen: dict[tuple[Any, ...], int] = {}
    next_id = len(number)
    for start, end, data in graph.edges:
        kind = _read_first_class(data.get("highway", ""))
        kind = _OTHER_KINDS.get(kind, kind)
        if kind not in ROAD_CLASS_NUMBERS or start not in spots or end not in spots:
            continue
        points = [spots[start], spots[end]]
        if data.get("geometry"):
            line = shapely.from_wkt(data["geometry"])
            points[1:1] = to_lonlat(shapely.get_coordinates(line))[1:-1]
        back = (end, start, tuple(_round_position(point) for point in points[::-1]))
        if back in seen:
            twin = seen.pop(back)
            found[twin] = found[twin]._replace(direction=_BOTH)
            continue
        seen[start, end, tuple(_round_position(point) for point in points)] = len(found)
        inner = list(range(next_id, next_id + len(points) - 2))
        next_id += len(inner)
        found.append(RoadWay(kind, ONE_WAY, points, [number[start], *inner, number[end]]))
    return _RoadWays(found, graph.created[:10])


class _RoadGraph(NamedTuple):
    """What a GraphML file tells: positions by node, edges with their data, CRS and date."""

    nodes: dict[str, tuple[float, float]]
    edges: list[tuple[str, str, dict[str, str]]]
    crs: str
    created: str


def _parse_graphml(file: Path, name: str, most: int) -> _RoadGraph:
    """Read GraphML piece by piece; one that declares entities is not read."""
    from xml.etree.ElementTree import ParseError, iterparse

    with file.open("rb") as source:
        if b"<!DOCTYPE" in source.read(4096).upper():
            raise UserError("unreadable_file.doctype", file=name)
    names: dict[str, str] = {}
    nodes: dict[str, tuple[float, float]] = {}
    edges: list[tuple[str, str, dict[str, str]]] = []
    about: dict[str, str] = {}
    corners = 0
    try:
        for _, element in iterparse(file, events=("end",)):
            tag = element.tag.rpartition("}")[2]
            if tag == "key":
                names[element.get("id", "")] = element.get("attr.name", "")
            elif tag in ("node", "edge"):
                data = {
                    names.get(own.get("key", ""), ""): own.text or ""
                    for own in element
                    if own.tag.rpartition("}")[2] == "data"
                }
                corners = _check_vertex_count(
                    corners + 1 + data.get("geometry", "").count(","), most, name
                )
                if tag == "edge":
                    edges.append((element.get("source", ""), element.get("target", ""), data))
                elif "x" in data and "y" in data:
                    nodes[element.get("id", "")] = (float(data["x"]), float(data["y"]))
                element.clear()
            elif tag == "graph":
                about = {
                    names.get(own.get("key", ""), ""): own.text or ""
                    for own in element
                    if own.tag.rpartition("}")[2] == "data"
                }
    except ParseError as error:
        raise UserError("unreadable_file.no_graphml", file=name, error=error) from error
    return _RoadGraph(nodes, edges, about.get("crs", "epsg:4326"), about.get("created_date", ""))


def _read_first_class(kinds: str) -> str:
    """Return the class of an edge, the first where OSMnx joined several."""
    return re.sub(r"[\[\]'\" ]", "", kinds).partition(",")[0]


def _check_vertex_count(corners: int, most: int, name: str) -> int:
    if corners > most:
        raise UserError("too_large.road_vertices", file=name, most=most)
    return corners
