"""Roads from an OpenStreetMap extract; only the guarded process may call this."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from zoneplanner.exchange.roads.road_ways import (
    BACKWARDS,
    BOTH_WAYS,
    ONE_WAY,
    OTHER_CLASSES,
    ROAD_CLASS_NUMBERS,
    RoadWay,
    RoadWays,
    check_vertex_count,
)


def read_openstreetmap(file: Path, name: str, most: int) -> RoadWays:
    """Read an OpenStreetMap extract; a way that leaves the extract is cut at its border."""
    import osmium
    from osmium.filter import EntityFilter, KeyFilter
    from osmium.osm import NODE, WAY

    ways: Any = (
        osmium.FileProcessor(str(file), NODE | WAY)
        .with_locations()
        .with_filter(EntityFilter(WAY))
        .with_filter(KeyFilter("highway"))
    )
    vintage = read_extract_date(file)
    found, vertices, latest = [], 0, datetime.fromtimestamp(0, UTC)
    for way in ways:
        kind = OTHER_CLASSES.get(way.tags["highway"], way.tags["highway"])
        if kind not in ROAD_CLASS_NUMBERS or _is_closed_to_cars(way.tags):
            continue
        latest = max(latest, way.timestamp)
        vertices = check_vertex_count(vertices + len(way.nodes), most, name)
        for part in _split_at_border(way.nodes):
            points = [(node.location.lon, node.location.lat) for node in part]
            ids = [node.ref for node in part]
            found.append(RoadWay(kind, _read_direction(kind, way.tags), points, ids))
    return RoadWays(found, vintage or (f"{latest:%Y-%m-%d}" if latest.year > 2000 else ""))


def read_extract_date(file: Path) -> str:
    """Return the date in an extract's header, or an empty string."""
    import osmium

    with osmium.io.Reader(str(file)) as reader:
        header = reader.header()
        return str(header.get("osmosis_replication_timestamp") or header.get("timestamp"))[:10]


def _is_closed_to_cars(tags: Any) -> bool:
    """Whether cars are excluded; the most specific tag decides."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return str(tags[key]) in ("no", "agricultural", "forestry")
    return str(tags.get("area", "no")) == "yes"


def _read_direction(kind: str, tags: Any) -> int:
    one_way = str(tags.get("oneway", ""))
    if one_way in ("-1", "reverse"):
        return BACKWARDS
    if one_way in ("yes", "true", "1"):
        return ONE_WAY
    is_roundabout = str(tags.get("junction", "")) in ("roundabout", "circular")
    return ONE_WAY if not one_way and (is_roundabout or kind == "motorway") else BOTH_WAYS


def _split_at_border(nodes: Any) -> Iterator[list[Any]]:
    """Yield the runs of two or more nodes whose locations are in the extract."""
    for is_inside, group in groupby(nodes, key=lambda node: node.location.valid()):
        run = list(group)
        if is_inside and len(run) > 1:
            yield run
