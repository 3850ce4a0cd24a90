"""Zones for any points: mistaken arguments are refused in the caller's terms."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders import refused

import zoneplanner as zp


@pytest.fixture
def parks() -> gpd.GeoDataFrame:
    """A square of nine parks, 1 km apart, with hours that only a few zonings balance."""
    x, y = np.meshgrid(np.arange(3) * 1000.0, np.arange(3) * 1000.0)
    points = gpd.points_from_xy(x.ravel() + 640_000, y.ravel() + 4_270_000)
    names = [f"Park {at}" for at in range(9)]
    return gpd.GeoDataFrame({"hours": np.arange(1.0, 10)}, index=names, geometry=points, crs=26910)


def propose(points: Any, zones: Any = 2, **options: Any) -> zp.ProposedZones:
    return zp.propose_zones(points, zones, **{"time_limit_s": 0.3, "tolerance": 0.3, **options})


@pytest.mark.parametrize("zones", [np.int64(2), 2.0, ("N", "S"), pd.Series(["N", "S"])])
def test_zones_can_be_a_number_or_names(parks: gpd.GeoDataFrame, zones: Any) -> None:
    assert propose(parks, zones).assignment.nunique() == 2


@pytest.mark.parametrize("zones", ["North", True, 2.5, None, {"N": 1}])
def test_invalid_zones_are_refused(parks: gpd.GeoDataFrame, zones: Any) -> None:
    with refused("zones_unclear", given=repr(zones)):
        propose(parks, zones)


@pytest.mark.parametrize("zones", [0, -2, 10, []])
def test_too_many_zones_are_refused(parks: gpd.GeoDataFrame, zones: Any) -> None:
    with refused("zones_unclear.number", points=9):
        propose(parks, zones)


def test_a_series_of_loads_is_matched_by_index(parks: gpd.GeoDataFrame) -> None:
    by_column = propose(parks, load="hours")
    shuffled = propose(parks, load=parks["hours"].sort_values(ascending=False))
    pd.testing.assert_series_equal(by_column.assignment, shuffled.assignment)
    with refused("missing_values", what="load", count=8, point="Park 1"):
        propose(parks, load=parks["hours"].iloc[:1])


def replace_load(parks: gpd.GeoDataFrame, value: object) -> gpd.GeoDataFrame:
    return parks.assign(
        hours=[value if name == "Park 3" else hours for name, hours in parks["hours"].items()]
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (np.nan, "missing_values"),
        (pd.NA, "missing_values"),
        ("big", "load_unclear"),
        (np.inf, "load_unclear.range"),
        (-4, "load_unclear.range"),
    ],
)
def test_an_invalid_load_is_refused_and_names_its_point(
    parks: gpd.GeoDataFrame, value: object, code: str
) -> None:
    with refused(code, point="Park 3", count=1):
        propose(replace_load(parks, value), load="hours")


def test_empty_or_missing_loads_are_refused(parks: gpd.GeoDataFrame) -> None:
    with refused("load_unclear.none"):
        propose(parks.assign(hours=0.0), load="hours")
    with refused("unknown_column.of_points", column="hour", known=["hours"]):
        propose(parks, load="hour")
    with refused("other_length", what="load", rows=3, points=9):
        propose(parks, load=[1, 2, 3])


def test_frames_without_points_are_refused(parks: gpd.GeoDataFrame) -> None:
    with refused("no_points.frame", given="DataFrame"):
        propose(pd.DataFrame(parks.drop(columns="geometry")))
    with refused("no_points"):
        propose(parks.iloc[:0])
    with refused("no_points.shapes", count=9, shape="Polygon"):
        propose(parks.set_geometry(parks.buffer(10)))
    lost = parks.copy()
    lost.loc["Park 3", "geometry"] = None
    with refused("missing_values", what="position", point="Park 3"):
        propose(lost)


def test_wrong_coordinates_are_rejected(parks: gpd.GeoDataFrame) -> None:
    with refused("degrees_as_meters"):
        propose(parks.to_crs(4326).set_crs(32610, allow_override=True))
    with refused("not_degrees"):
        propose(parks.set_crs(4326, allow_override=True))
    ends = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 90, 179], [0, 1, 0, 5]), crs=4326)
    with refused("points_too_far"):
        propose(ends)


def test_missing_drives_are_refused(parks: gpd.GeoDataFrame) -> None:
    drives = np.ones((9, 9))
    drives[0, 3] = np.nan
    with refused("minutes_unclear", start="Park 0", end="Park 3", count=1):
        propose(parks, minutes=drives)
    with refused("minutes_unclear.shape", points=9):
        propose(parks, minutes=np.ones((3, 3)))
    with refused("minutes_unclear.words"):
        propose(parks, minutes=[["near"]])


@pytest.mark.parametrize("pairs", [[("Park 0",)], [1], 5, [(["Park 0"], "Park 1")]])
def test_neighbors_that_are_not_pairs_are_refused(parks: gpd.GeoDataFrame, pairs: Any) -> None:
    with refused("neighbors_unclear"):
        propose(parks, neighbours=pairs)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"seed": "a"}, "argument_no_number"),
        ({"seed": -1}, "argument_no_number.seed"),
        ({"time_limit_s": "3"}, "argument_no_number"),
        ({"time_limit_s": -1}, "argument_negative"),
        ({"tolerance": None}, "argument_no_number"),
        ({"tolerance": 10}, "tolerance_out_of_range"),
    ],
)
def test_invalid_options_are_refused(
    parks: gpd.GeoDataFrame, options: dict[str, Any], code: str
) -> None:
    with refused(code):
        propose(parks, **options)


def test_zones_meet_the_given_goals(
    parks: gpd.GeoDataFrame,
) -> None:
    usual = propose(parks, load=[1.0] * 9)
    both = propose(parks, load=[1.0] * 9, scenarios=["hours"])
    loads = parks["hours"].groupby(both.assignment).sum()
    assert loads.between(0.7 * 22.5, 1.3 * 22.5).all() and both.cost >= usual.cost - 1e-9
    near = propose(parks, 3, load=[1.0] * 9, longest_drive_min=2.2)
    assert near.assignment.value_counts().max() <= 3
    with refused("infeasible.max_drive", rule="max_drive"):
        propose(parks, 2, load=[1.0] * 9, longest_drive_min=1.0)
    assert propose(parks, 3, load=[1.0] * 9, one_off="worst").cost > near.cost
    with refused("out_of_range.longest_drive", minutes=-1.0):
        propose(parks, longest_drive_min=-1)
    with refused("unknown_absence", given="never"):
        propose(parks, one_off="never")
