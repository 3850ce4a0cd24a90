"""Conversion between meters and degrees."""

import numpy as np
import pytest
from builders import refused
from shapely.geometry import LineString, Point

from zoneplanner.analysis.geometry.crs import (
    find_true_north_rad,
    from_lonlat,
    geometries_from_lonlat,
    geometries_to_lonlat,
    make_crs_converters,
    require_meters,
    to_lonlat,
)

UTM_10 = "EPSG:26910"


def test_positions_survive_a_round_trip() -> None:
    xs, ys = from_lonlat(UTM_10, [-121.3, -121.2], [38.65, 38.6])
    assert (xs[0], ys[0]) == pytest.approx((647_933.27, 4_279_308.78), abs=0.01)
    lons, lats = to_lonlat(UTM_10, xs, ys)
    assert np.allclose(lons, [-121.3, -121.2], atol=1e-9)
    assert np.allclose(lats, [38.65, 38.6], atol=1e-9)


def test_geometries_of_every_kind_are_converted_in_order() -> None:
    meters = [
        Point(647_933.27, 4_279_308.78),
        LineString([(640_000, 4_270_000), (641_000, 4_270_000)]),
    ]
    degrees = geometries_to_lonlat(UTM_10, meters)
    assert degrees[0].distance(Point(-121.3, 38.65)) < 1e-6
    back = geometries_from_lonlat(UTM_10, degrees)
    assert back[1].equals_exact(meters[1], 1e-3)
    assert geometries_to_lonlat(UTM_10, []) == []


def test_true_north_is_left_of_grid_north_east_of_the_central_meridian() -> None:
    east = find_true_north_rad(UTM_10, 647_933.0, 4_279_308.0)
    west = find_true_north_rad(UTM_10, 352_067.0, 4_279_308.0)
    assert east == pytest.approx(0.01853, abs=1e-4)
    assert west == pytest.approx(-east, abs=1e-6)
    assert find_true_north_rad(UTM_10, 500_000.0, 4_279_308.0) == pytest.approx(0, abs=1e-9)


def test_a_pair_of_converters_matches_single_calls() -> None:
    lonlat, meters = make_crs_converters(UTM_10)
    lons, lats = lonlat([647_933.0], [4_279_308.0])
    assert (lons, lats) == to_lonlat(UTM_10, [647_933.0], [4_279_308.0])
    assert meters(lons, lats)[0] == pytest.approx([647_933.0])


def test_an_unknown_system_is_refused() -> None:
    with refused("unknown_crs", crs="EPSG:0"):
        to_lonlat("EPSG:0", [0.0], [0.0])
    with refused("unknown_crs", crs="nonsense"):
        require_meters("nonsense")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2226"])
def test_degrees_and_feet_are_refused(crs: str) -> None:
    with refused("unknown_crs.not_meters", crs=crs):
        require_meters(crs)
    require_meters(UTM_10)
