"""Roads beside other programs: shortest paths from 70 places to all of 100,000 junctions.

The network is a seeded grid of streets with one-ways and unlike speeds. Each row tells seconds on
the wall (of processor) and the farthest difference from ours in minutes. networkx gets 7 of the 70
places and its time is multiplied.
"""

import numpy as np
from peers import measure_run, name_missing

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.analysis.travel.road_network import (
    ROAD_CLASSES,
    RoadNetwork,
    Roads,
    build_road_network,
)

SIDE, STEP_M, PLACES, FEW = 316, 100.0, 70, 7
CRS = "EPSG:26910"


def draw_town(rng: np.random.Generator) -> RoadNetwork:
    """Draw a grid of streets of all classes, one in twenty one-way."""
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    east = np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()])
    north = np.column_stack([at[:-1].ravel(), at[1:].ravel()])
    there = np.vstack([east, north])
    back = there[rng.random(len(there)) > 0.05][:, ::-1]
    edges = np.vstack([there, back]).astype(np.int32)
    x, y = np.meshgrid(np.arange(SIDE) * STEP_M, np.arange(SIDE) * STEP_M)
    lon, lat = to_lonlat(CRS, 640_000 + x.ravel(), 4_270_000 + y.ravel())
    roads = Roads(
        np.column_stack([lon, lat]),
        edges[:, 0],
        edges[:, 1],
        (STEP_M * rng.uniform(1.0, 1.4, len(edges))).astype(np.float32),
        rng.integers(4, len(ROAD_CLASSES), len(edges)).astype(np.int32),
        "grid",
        "",
        "",
    )
    return build_road_network(roads, CRS)


def route_by_networkx(net: RoadNetwork, starts: np.ndarray) -> np.ndarray:
    """Return minutes to all junctions by networkx, for a few of the starts."""
    import networkx

    graph = networkx.from_scipy_sparse_array(net.edge_min, create_using=networkx.DiGraph)
    found = np.full((FEW, len(net.positions)), np.inf)
    for row, start in enumerate(starts[:FEW].tolist()):
        reached = networkx.single_source_dijkstra_path_length(graph, start)
        found[row, list(reached)] = list(reached.values())
    return found


def route_by_igraph(net: RoadNetwork, starts: np.ndarray) -> np.ndarray:
    """Return minutes to all junctions by igraph."""
    import igraph

    edges = net.edge_min.tocoo()
    graph = igraph.Graph(
        n=len(net.positions), edges=np.column_stack([edges.row, edges.col]), directed=True
    )
    return np.array(graph.distances(starts.tolist(), weights=edges.data.tolist(), mode="out"))


def main() -> None:
    """Print a row for each program."""
    rng = np.random.default_rng(0)
    net = draw_town(rng)
    starts = rng.choice(len(net.positions), PLACES, replace=False)
    print(f"{len(net.positions):,} junctions, {net.edge_min.nnz:,} edges, {PLACES} places to all")
    wall, cpu, ours = measure_run(lambda: net.minutes_to_junctions(net.positions[starts]))
    assert isinstance(ours, np.ndarray)
    held = ours.astype(np.float32).nbytes / 1e6
    print(f"  this package (scipy) {wall:7.2f} s ({cpu:6.2f}), kept as {held:.0f} MB of float32")
    for name, needed, run, times in (
        ("networkx", "networkx", route_by_networkx, PLACES / FEW),
        ("igraph", "igraph", route_by_igraph, 1.0),
    ):
        gone = name_missing(needed)
        if gone:
            print(f"  {name:20} {gone}")
            continue
        wall, cpu, found = measure_run(lambda r=run: r(net, starts))
        assert isinstance(found, np.ndarray)
        off = float(np.abs(found - ours[: len(found)]).max())
        print(f"  {name:20} {wall * times:7.2f} s ({cpu * times:6.2f}), differs by {off:.1e} min")


if __name__ == "__main__":
    main()
