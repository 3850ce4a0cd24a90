"""Roads of a graph that OSMnx saved (GraphML); only the guarded process may call this."""

import re
from pathlib import Path
from typing import Any, NamedTuple

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
    """Read a graph that OSMnx saved: each edge one way, ends named, bends as WKT."""

    graph = _parse_graphml(file, name, most)
    to_lonlat = make_vertex_converter(graph.crs, name)
    spots = {key: to_lonlat(np.array([at]))[0] for key, at in graph.nodes.items()}
    number = {key: at for at, key in enumerate(spots)}
    found: list[RoadWay] = []
    seen: dict[tuple[Any, ...], int] = {}
    next_id = len(number)
    for start, end, data in graph.edges:
        kind = _read_first_class(data.get("highway", ""))
        kind = OTHER_CLASSES.get(kind, kind)
        if kind not in ROAD_CLASS_NUMBERS or start not in spots or end not in spots:
            continue
        points = [spots[start], spots[end]]
        if data.get("geometry"):
            line = shapely.from_wkt(data["geometry"])
            points[1:1] = to_lonlat(shapely.get_coordinates(line))[1:-1]
        back = (end, start, tuple(round_vertex(point) for point in points[::-1]))
        if back in seen:
            twin = seen.pop(back)
            found[twin] = found[twin]._replace(direction=BOTH_WAYS)
            continue
        seen[start, end, tuple(round_vertex(point) for point in points)] = len(found)
        inner = list(range(next_id, next_id + len(points) - 2))
        next_id += len(inner)
        found.append(RoadWay(kind, ONE_WAY, points, [number[start], *inner, number[end]]))
    return RoadWays(found, graph.created[:10])


class _RoadGraph(NamedTuple):
    """What a GraphML file holds: positions by node, edges with their data, CRS and date."""

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
                corners = check_vertex_count(
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
