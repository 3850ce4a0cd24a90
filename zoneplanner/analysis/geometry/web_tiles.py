"""The grid of tiles of the web's maps: which tiles cover a place, and where each lies."""

import math

import numpy as np

from zoneplanner.analysis.arrays import FloatArray

TileIndex = tuple[int, int, int]
"""Zoom, column from the west, row from the north."""

_TILE_PX = 256
_EQUATOR_M_PX = 2 * math.pi * 6_378_137.0 / _TILE_PX
_HIGHEST_LATITUDE = 85.0511
_SHARPER = 0.25
"""Tiles are rather shrunk than stretched."""


def choose_zoom(m_px: float, latitude: float, max_zoom: int) -> int:
    """Return the zoom whose pixels are nearest to a scale (meters a pixel) at a latitude."""
    widest = _EQUATOR_M_PX * math.cos(math.radians(latitude))
    return min(max(0, round(math.log2(widest / m_px) + _SHARPER)), max_zoom)


def compute_tile_positions(lonlat: FloatArray, zoom: int) -> FloatArray:
    """Return column and row, with fractions, of positions in degrees; shapes (n, 2)."""
    latitude = np.radians(np.clip(lonlat[:, 1], -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE))
    x = (lonlat[:, 0] + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(latitude)) / np.pi) / 2.0
    places: FloatArray = np.column_stack([x, y]) * 2**zoom
    return places


def compute_tile_corners(tile: TileIndex) -> FloatArray:
    """Return a tile's corners in degrees, shape (4, 2): NW, NE, SE, SW."""
    zoom, x, y = tile
    places = np.array([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)], dtype=float) / 2**zoom
    longitude = places[:, 0] * 360.0 - 180.0
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * places[:, 1]))))
    return np.column_stack([longitude, latitude])


def list_covering_tiles(lonlat: FloatArray, zoom: int, most: int) -> list[TileIndex]:
    """Return the tiles that cover positions in degrees, those in the middle first."""
    places = compute_tile_positions(lonlat, zoom)
    last = 2**zoom - 1
    left, top = np.clip(np.floor(places.min(axis=0)), 0, last).astype(int).tolist()
    right, bottom = np.clip(np.floor(places.max(axis=0)), 0, last).astype(int).tolist()
    if (right - left + 1) * (bottom - top + 1) > most:
        return []
    middle = places.mean(axis=0) - 0.5
    tiles = [(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return sorted(tiles, key=lambda tile: float(np.hypot(*(np.array(tile[1:]) - middle))))
