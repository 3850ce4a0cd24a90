"""Roads from a graph saved by OSMnx (GraphML); only the guarded process may call this."""

import re
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, iterparse

import numpy as np
import shapely

from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.road_ways import (
    BOTH_WAYS,
    ONE_WAY,
    OTHER_CLASSES,
    ROAD_CLASS_NUMBERS,
    RoadWay,
    RoadWays,
    check_vertex_count,
    make_vertex_converter,
    round_vertex,
)


def read_graphml(file: Path, name: str, most: int) -> RoadWays:
    """Read a graph saved by OSMnx: each edge is one-way, with its bends as WKT.

    Two opposite edges with the same bends become one way in both directions.
    """
    graph = _parse_graphml(file, name, most)
    to_lonlat = make_vertex_converter(graph.crs, name)
    places = {key: to_lonlat(np.array([xy]))[0] for key, xy in graph.nodes.items()}
    ids = {key: index for index, key in enumerate(places)}
    ways: list[RoadWay] = []
    unpaired: dict[tuple[Any, ...], int] = {}
    next_id = len(ids)
    for start, end, data in graph.edges:
        kind = _read_first_class(data.get("highway", ""))
        kind = OTHER_CLASSES.get(kind, kind)
        if kind not in ROAD_CLASS_NUMBERS or start not in places or end not in places:
            continue
        points = [places[start], places[end]]
        if data.get("geometry"):
            line = shapely.from_wkt(data["geometry"])
            points[1:1] = to_lonlat(shapely.get_coordinates(line))[1:-1]
        opposite = (end, start, tuple(round_vertex(point) for point in points[::-1]))
        if opposite in unpaired:
            twin = unpaired.pop(opposite)
            ways[twin] = ways[twin]._replace(direction=BOTH_WAYS)
            continue
        unpaired[start, end, tuple(round_vertex(point) for point in points)] = len(ways)
        inner = list(range(next_id, next_id + len(points) - 2))
        next_id += len(inner)
        ways.append(RoadWay(kind, ONE_WAY, points, [ids[start], *inner, ids[end]]))
    return RoadWays(ways, graph.created[:10])


class _RoadGraph(NamedTuple):
    """The content of a GraphML file: positions by node, edges with their data, CRS and date."""

    nodes: dict[str, tuple[float, float]]
    edges: list[tuple[str, str, dict[str, str]]]
    crs: str
    created: str


def _parse_graphml(file: Path, name: str, most: int) -> _RoadGraph:
    """Read GraphML piece by piece; a DOCTYPE, which may declare entities, is refused."""
    with file.open("rb") as source:
        if b"<!DOCTYPE" in source.read(4096).upper():
            raise UserError("unreadable_file.doctype", file=name)
    names: dict[str, str] = {}
    nodes: dict[str, tuple[float, float]] = {}
    edges: list[tuple[str, str, dict[str, str]]] = []
    about: dict[str, str] = {}
    vertices = 0

    def read_data(element: Element) -> dict[str, str]:
        return {
            names.get(child.get("key", ""), ""): child.text or ""
            for child in element
            if child.tag.rpartition("}")[2] == "data"
        }

    try:
        for _, element in iterparse(file, events=("end",)):
            tag = element.tag.rpartition("}")[2]
            if tag == "key":
                names[element.get("id", "")] = element.get("attr.name", "")
            elif tag in ("node", "edge"):
                data = read_data(element)
                vertices = check_vertex_count(
                    vertices + 1 + data.get("geometry", "").count(","), most, name
                )
                if tag == "edge":
                    edges.append((element.get("source", ""), element.get("target", ""), data))
                elif "x" in data and "y" in data:
                    nodes[element.get("id", "")] = (float(data["x"]), float(data["y"]))
                element.clear()
            elif tag == "graph":
                about = read_data(element)
    except ParseError as error:
        raise UserError("unreadable_file.no_graphml", file=name, error=error) from error
    return _RoadGraph(nodes, edges, about.get("crs", "epsg:4326"), about.get("created_date", ""))


def _read_first_class(kinds: str) -> str:
    """Return the class of an edge, or the first class if OSMnx joined several."""
    return re.sub(r"[\[\]'\" ]", "", kinds).partition(",")[0]
