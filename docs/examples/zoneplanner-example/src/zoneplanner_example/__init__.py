"""One extension of each kind; most are given a project as ``zoneplanner.open`` gives it."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np

import zoneplanner as zp

LEAST_SITES = 8
WALK_M = 800


def measure_minutes(lonlat: np.ndarray) -> np.ndarray:
    """Travel source: minutes between positions in degrees, shape (n, n).

    Here as the crow flies at 30 mph.
    """
    lon, lat = np.radians(lonlat).T
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    miles = 2 * 3958.8 * np.arcsin(np.sqrt(half))
    return miles / 30 * 60


def write_workload(district: zp.ZoneProject, folder: Path) -> list[Path]:
    """Report: write files into a folder and return them."""
    zones = district.zones().sort_values("load_min_per_day", ascending=False)
    path = folder / "workload.csv"
    zones[["zone", "unit", "sites", "load_min_per_day"]].to_csv(path, index=False)
    return [path]


def build_walking_areas(district: zp.ZoneProject) -> gpd.GeoDataFrame:
    """Layer: a frame, with or without shapes; here what lies within half a mile of a school."""
    schools = district.sites().query("patrolled")[["id", "name", "zone", "geometry"]]
    return schools.set_geometry(schools.buffer(WALK_M))


def find_small_zones(district: zp.ZoneProject) -> Iterator[tuple[str, dict[str, str]]]:
    """Rule: yield a sentence for each problem, and where it is."""
    for zone in district.zones().itertuples():
        if zone.sites < LEAST_SITES:
            yield (
                f"Zone {zone.zone} has {zone.sites} sites, fewer than {LEAST_SITES}.",
                {"zone": zone.zone},
            )
