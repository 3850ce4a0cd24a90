"""Between a project's CRS in meters and longitude and latitude (WGS 84), x before y.

pyproj is imported when a conversion is asked for: it is slow to start and seldom needed.
"""

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
    """Return longitudes and latitudes in degrees of positions in meters; shapes are kept."""
    return _convert(_make_transformer(crs, _LONLAT), xs, ys)


def make_lonlat_converter(crs: str) -> Callable[[float, float], tuple[float, float]]:
    """Return what turns one position after another into longitude and latitude, quickly."""
    transformer = _make_transformer(crs, _LONLAT)

    def at(x_m: float, y_m: float) -> tuple[float, float]:
        lon, lat = transformer.transform(x_m, y_m)
        return float(lon), float(lat)

    return at


def make_crs_converters(crs: str) -> tuple[_Converter, _Converter]:
    """Return what turns many positions to degrees and back, quickly, time after time."""
    there, back = _make_transformer(crs, _LONLAT), _make_transformer(_LONLAT, crs)
    return partial(_convert, there), partial(_convert, back)


def from_lonlat(crs: str, lons: ArrayLike, lats: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings in meters of positions in degrees; shapes are kept."""
    return _convert(_make_transformer(_LONLAT, crs), lons, lats)


def geometries_to_lonlat(crs: str, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return geometries in degrees, all converted in one call."""
    return _convert_geometries(_make_transformer(crs, _LONLAT), geometries)


def geometries_from_lonlat(crs: str, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return geometries of degrees in the project's meters, all converted in one call."""
    return _convert_geometries(_make_transformer(_LONLAT, crs), geometries)


def require_meters(crs: str) -> None:
    """Refuse a CRS that is unknown, or whose axes are not meters on the ground.

    Raises
    ------
    UserError
        It says which kind of CRS is wanted.
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
    """Return the projected system in meters that is used around a place: UTM, NAD83 in America.

    Raises
    ------
    UserError
        The place is so near a pole that UTM has no zone there.
    """
    if not (-80 <= lat <= 84 and -180 <= lon <= 180):
        raise UserError("unknown_crs.near_pole", lat=lat, lon=lon)
    zone = min(60, int((lon + 180) // 6) + 1)
    in_america = zone <= _MOST_NAD83_ZONE and lat > _LEAST_NAD83_LAT
    return f"EPSG:{26900 + zone if in_america else (32600 if lat >= 0 else 32700) + zone}"


def find_true_north_rad(crs: str, x_m: float, y_m: float) -> float:
    """Return the angle from the CRS's y axis to true north at a place, counter-clockwise.

    By the projection alone, which starts ten times faster than a transformer: a change of datum
    turns nothing.
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
    def moved(positions: FloatArray) -> FloatArray:
        return np.column_stack(_convert(transformer, positions[:, 0], positions[:, 1]))

    return list(shapely.transform(np.array(geometries, dtype=object), moved))
