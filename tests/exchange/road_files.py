"""Writers of a small town's streets as OpenStreetMap, Census and OSMnx files.

Three streets run east, three north, 500 m apart, and all meet. Main Street, in the south, is a
secondary road; the northern street is one-way eastward if the format supports it. There are also
a footway and a road not connected to the others.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from zoneplanner.analysis.geometry.crs import to_lonlat

CRS = "EPSG:26910"
LEFT, LOW = 645_000.0, 4_279_000.0
STEP_M = 500.0
CROSSING = np.array([[LEFT + STEP_M * x, LOW + STEP_M * y] for y in range(3) for x in range(3)])
APART = np.array([[LEFT + 20_000.0, LOW], [LEFT + 20_000.0, LOW + 400.0]])
NODES = np.vstack([CROSSING, APART])
LON, LAT = to_lonlat(CRS, NODES[:, 0], NODES[:, 1])

WAYS = (
    ("secondary", "", (0, 1, 2)),
    ("residential", "", (3, 4, 5)),
    ("residential", "yes", (6, 7, 8)),
    ("residential", "", (0, 3, 6)),
    ("residential", "", (1, 4, 7)),
    ("residential", "", (2, 5, 8)),
    ("footway", "", (0, 4)),
    ("residential", "", (9, 10)),
)
MTFCC = {"secondary": "S1200", "residential": "S1400", "footway": "S1710"}


def write_openstreetmap(
    path: Path, ways: tuple[tuple[str, str, tuple[int, ...]], ...] = WAYS
) -> Path:
    """Write the town as an OpenStreetMap extract in PBF."""
    import osmium
    from osmium.osm.mutable import Node, Way

    with osmium.SimpleWriter(str(path)) as to:
        for at, (lon, lat) in enumerate(zip(LON.tolist(), LAT.tolist(), strict=True)):
            to.add_node(Node(id=at + 1, location=(lon, lat)))
        for at, (kind, oneway, nodes) in enumerate(ways):
            tags = {"highway": kind, **({"oneway": oneway} if oneway else {})}
            day = "2026-10-01T00:00:00Z"
            to.add_way(Way(id=at + 1, nodes=[node + 1 for node in nodes], tags=tags, timestamp=day))
    return path


def write_census(folder: Path) -> Path:
    """Write the town as TIGER/Line roads of 2025."""
    path = folder / "tl_2025_06067_roads.shp"
    lines = [shapely.LineString([(LON[node], LAT[node]) for node in nodes]) for _, _, nodes in WAYS]
    kinds = np.array([MTFCC[kind] for kind, _, _ in WAYS], dtype=object)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(lines),
        [kinds],
        ["MTFCC"],
        geometry_type="LineString",
        crs="EPSG:4269",
        driver="ESRI Shapefile",
    )
    return path


def write_graphml(path: Path, *, head: str = "") -> Path:
    """Write the town as a graph saved by OSMnx."""
    edges = []
    for kind, oneway, nodes in WAYS:
        if kind == "footway":
            continue
        pairs = list(pairwise(nodes))
        pairs += [] if oneway else [(b, a) for a, b in pairs]
        edges += [(a, b, kind) for a, b in pairs]
    keys = [("d0", "graph", "crs"), ("d1", "graph", "created_date")]
    keys += [("d2", "node", "y"), ("d3", "node", "x"), ("d4", "edge", "highway")]
    lines = [
        f'<?xml version="1.0"?>{head}<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(f'<key id="{key}" for="{of}" attr.name="{name}"/>' for key, of, name in keys),
        '<graph edgedefault="directed"><data key="d0">epsg:4326</data>',
        '<data key="d1">2026-09-30 12:00:00</data>',
        *(
            f'<node id="{at}"><data key="d2">{LAT[at]}</data><data key="d3">{LON[at]}</data></node>'
            for at in range(len(NODES))
        ),
        *(
            f'<edge source="{a}" target="{b}"><data key="d4">{kind}</data></edge>'
            for a, b, kind in edges
        ),
        "</graph></graphml>",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write_town(folder: Path, kind: str) -> Path:
    if kind == "census":
        return write_census(folder)
    if kind == "graphml":
        return write_graphml(folder / "town.graphml")
    return write_openstreetmap(folder / "town.osm.pbf")
