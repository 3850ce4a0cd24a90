"""Positions and providers of web tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneplanner.analysis.geometry.crs import (
    choose_zoom,
    compute_tile_corners,
    compute_tile_positions,
    list_covering_tiles,
)
from zoneplanner.app.geography.web_tiles import list_tile_providers

longitudes, latitudes = st.floats(-179.9, 179.9), st.floats(-85, 85)


@given(longitudes, latitudes, st.integers(0, 19))
def test_a_position_is_within_the_corners_of_its_tile(lon: float, lat: float, zoom: int) -> None:
    ((x, y),) = np.floor(compute_tile_positions(np.array([(lon, lat)]), zoom)).astype(int).tolist()
    corners = compute_tile_corners((zoom, x, y))
    assert corners[0, 0] - 1e-9 <= lon <= corners[1, 0] + 1e-9
    assert corners[2, 1] - 1e-9 <= lat <= corners[0, 1] + 1e-9


def test_the_world_is_one_tile_and_then_four() -> None:
    assert compute_tile_corners((0, 0, 0))[0].tolist() == pytest.approx([-180, 85.0511], abs=1e-3)
    world = np.array([(-179.0, -80.0), (179.0, 80.0)])
    assert list_covering_tiles(world, 0, 10) == [(0, 0, 0)]
    assert sorted(list_covering_tiles(world, 1, 10)) == [(1, x, y) for x in (0, 1) for y in (0, 1)]
    assert list_covering_tiles(world, 10, 10) == []


def test_the_zoom_follows_the_scale() -> None:
    assert choose_zoom(156_543.0, 0.0, 19) == 0
    assert choose_zoom(30.0, 38.65, 19) == 12
    assert choose_zoom(0.01, 38.65, 16) == 16


def test_every_provider_works_without_a_key_and_is_credited() -> None:
    found = list_tile_providers()
    assert "OpenStreetMap.Mapnik" in found and "USGS.USTopo" in found
    for provider in found.values():
        address = provider.address((12, 667, 1573))
        assert address.startswith("https://") and "{" not in address and "key" not in address
        assert "/12/" in address and "667" in address and "1573" in address
        assert provider.attribution and provider.title
