"""Conversion between a project's CRS in meters and longitude and latitude (WGS 84), x before y.

pyproj is imported on first use: it is slow to load and rarely needed. Also the grid of web map
tiles: which tiles cover an area, and each one's corners.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from pyproj import Transformer


_Converter = Callable[[ArrayLike, ArrayLike], tuple[FloatArray, FloatArray]]

_LONLAT = "EPSG:4326"
_STEP_DEG = 0.005
_MOST_NAD83_ZONE, _LEAST_NAD83_LAT = 19, 14.0


def to_lonlat(crs: str, xs: ArrayLike, ys: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return longitudes and latitudes in degrees of positions in meters, in the same shapes."""
    return _convert(_make_transformer(crs, _LONLAT), xs, ys)


def make_lonlat_converter(crs: str) -> Callable[[float, float], tuple[float, float]]:
    """Return a fast function from one position to longitude and latitude."""
    transformer = _make_transformer(crs, _LONLAT)

    def convert(x_m: float, y_m: float) -> tuple[float, float]:
        lon, lat = transformer.transform(x_m, y_m)
        return float(lon), float(lat)

    return convert


def make_crs_converters(crs: str) -> tuple[_Converter, _Converter]:
    """Return fast functions from many positions to degrees and back, for repeated use."""
    forward, back = _make_transformer(crs, _LONLAT), _make_transformer(_LONLAT, crs)
    return partial(_convert, forward), partial(_convert, back)


def from_lonlat(crs: str, lons: ArrayLike, lats: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings in meters of positions in degrees, in the same shapes."""
    return _convert(_make_transformer(_LONLAT, crs), lons, lats)


def geometries_to_lonlat(crs: str, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Convert geometries from the meters of ``crs``, easting first, to degrees, longitude first."""
    return _convert_geometries(_make_transformer(crs, _LONLAT), geometries)


def geometries_from_lonlat(crs: str, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Convert geometries from degrees, longitude first, to the meters of ``crs``, easting first."""
    return _convert_geometries(_make_transformer(_LONLAT, crs), geometries)


def require_meters(crs: str) -> None:
    """Raise a UserError for a CRS that is unknown, or whose axes are not meters on the ground.

    Raises
    ------
    UserError
        The message says which kind of CRS is needed.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(crs)
    except CRSError as error:
        raise _make_crs_error(crs, error) from error
    units = {axis.unit_name for axis in found.axis_info}
    if not found.is_projected or units != {"metre"}:
        raise UserError("unknown_crs.not_meters", crs=crs)


def choose_utm_crs(lon: float, lat: float) -> str:
    """Return the usual projected CRS in meters around a place: UTM, with NAD83 in America.

    Raises
    ------
    UserError
        The place is too near a pole for UTM.
    """
    if not (-80 <= lat <= 84 and -180 <= lon <= 180):
        raise UserError("unknown_crs.near_pole", lat=lat, lon=lon)
    zone = min(60, int((lon + 180) // 6) + 1)
    in_america = zone <= _MOST_NAD83_ZONE and lat > _LEAST_NAD83_LAT
    return f"EPSG:{26900 + zone if in_america else (32600 if lat >= 0 else 32700) + zone}"


def find_true_north_rad(crs: str, x_m: float, y_m: float) -> float:
    """Return the counterclockwise angle from the CRS's y axis to true north at a place.

    It uses only the projection, which loads ten times faster than a transformer: a change of datum
    does not rotate anything.
    """
    from pyproj import Proj
    from pyproj.exceptions import ProjError

    try:
        projection = Proj(crs)
    except ProjError as error:
        raise _make_crs_error(crs, error) from error
    lon, lat = projection(x_m, y_m, inverse=True)
    (left, right), (low, high) = projection([lon, lon], [lat - _STEP_DEG, lat + _STEP_DEG])
    return float(np.arctan2(left - right, high - low))


def _make_transformer(source: str, target: str) -> "Transformer":
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except ProjError as error:
        raise _make_crs_error(target if source == _LONLAT else source, error) from error


def _make_crs_error(crs: str, error: Exception) -> UserError:
    return UserError("unknown_crs", crs=crs, reason=str(error))


def _convert(
    transformer: "Transformer", xs: ArrayLike, ys: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    found: tuple[Any, Any] = transformer.transform(first, second)
    return np.asarray(found[0], dtype=np.float64), np.asarray(found[1], dtype=np.float64)


def _convert_geometries(
    transformer: "Transformer", geometries: Sequence[BaseGeometry]
) -> list[BaseGeometry]:
    def convert(positions: FloatArray) -> FloatArray:
        return np.column_stack(_convert(transformer, positions[:, 0], positions[:, 1]))

    return list(shapely.transform(np.array(geometries, dtype=object), convert))


TileIndex = tuple[int, int, int]
"""Zoom, column from the west, row from the north."""

_TILE_PX = 256
_EQUATOR_M_PX = 2 * math.pi * 6_378_137.0 / _TILE_PX
_HIGHEST_LATITUDE = 85.0511
_ZOOM_BIAS = 0.25
"""Prefer to shrink tiles rather than stretch them."""


def choose_zoom(m_px: float, latitude: float, max_zoom: int) -> int:
    """Return the zoom nearest to a scale (meters per pixel) at a latitude."""
    widest = _EQUATOR_M_PX * math.cos(math.radians(latitude))
    return min(max(0, round(math.log2(widest / m_px) + _ZOOM_BIAS)), max_zoom)


def compute_tile_positions(lonlat: FloatArray, zoom: int) -> FloatArray:
    """Return the fractional column and row of positions in degrees; shapes (n, 2)."""
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
    """Return the tiles that cover positions, shape (n, 2), degrees, longitude before latitude.

    Tiles in the middle come first; empty if they are more than ``most``.
    """
    places = compute_tile_positions(lonlat, zoom)
    last = 2**zoom - 1
    left, top = np.clip(np.floor(places.min(axis=0)), 0, last).astype(int).tolist()
    right, bottom = np.clip(np.floor(places.max(axis=0)), 0, last).astype(int).tolist()
    if (right - left + 1) * (bottom - top + 1) > most:
        return []
    middle = places.mean(axis=0) - 0.5
    tiles = [(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return sorted(tiles, key=lambda tile: float(np.hypot(*(np.array(tile[1:]) - middle))))
