"""Foreign coordinates brought to the project's: which system they are in, and whether it can be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import UnknownCrs

if TYPE_CHECKING:
    from pyproj import CRS

_FAR_M = 500_000.0


@dataclass(frozen=True, eq=False, slots=True)
class _ReprojectedShapes:
    """Shapes in the project's CRS, None where one cannot be there, and what to tell of them all."""

    shapes: tuple[BaseGeometry | None, ...]
    warning: str = ""


def choose_crs(told: str | None, given: str | None, name: str) -> "CRS":
    """Return the CRS that a file tells, else the one that a person gave.

    Raises
    ------
    CrsUnknown
        The file tells none that is known here, and none was given.
    UserError
        The one that was given is unknown.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if given is not None:
        try:
            return CRS.from_user_input(given)
        except CRSError as error:
            raise UserError("unknown_crs.given", crs=given) from error
    try:
        found = CRS.from_user_input(told) if told else None
    except CRSError:
        found = None
    if found is None or not (found.is_geographic or found.is_projected):
        shapefile = name.lower().endswith(".shp")
        raise UnknownCrs(
            "unknown_crs.shapefile" if shapefile else "unknown_crs.not_in_file", file=name
        )
    return found


def format_crs(crs: "CRS") -> str:
    """Return how a CRS is called: by its number where it has one."""
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else str(crs.name)


def reproject_shapes(
    shapes: Sequence[BaseGeometry], own: "CRS", crs: str, near: BaseGeometry | None, name: str
) -> _ReprojectedShapes:
    """Bring shapes to the project's CRS.

    Latitude and longitude that are exchanged are put right where that brings them from far away to
    ``near``, which is where the project is, in its CRS.

    Raises
    ------
    CrsUnknown
        The file says degrees, and most of its coordinates cannot be degrees.
    """
    from pyproj import Transformer

    moved = Transformer.from_crs(own, crs, always_xy=True).transform
    if own.is_geographic and shapes:
        corners = shapely.get_coordinates(shapes)
        if _is_off_globe(corners).mean() > 0.5 and _is_off_globe(corners[:, ::-1]).mean() > 0.5:
            raise UnknownCrs("unknown_crs.no_degrees", file=name)
    straight = _transform_shapes(shapes, moved)
    away_m = _measure_distance_m(straight, near)
    if away_m <= _FAR_M:
        return _ReprojectedShapes(straight)
    if own.is_geographic:
        exchanged = _transform_shapes(_swap_axes(shapes), moved)
        if _measure_distance_m(exchanged, near) <= _FAR_M:
            text = "Latitude and longitude are swapped in the file; this was corrected."
            return _ReprojectedShapes(exchanged, text)
    if not np.isfinite(away_m):
        return _ReprojectedShapes(straight)
    return _ReprojectedShapes(straight, describe_far(away_m))


def describe_far(meters: float) -> str:
    """Say how far from the project something is."""
    return f"It is {meters / 1609.344:,.0f} miles ({meters / 1000:,.0f} km) from the project."


def _swap_axes(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    return list(
        shapely.transform(np.array(shapes, dtype=object), lambda corners: corners[:, ::-1].copy())
    )


def _is_off_globe(corners: FloatArray) -> NDArray[np.bool_]:
    off: NDArray[np.bool_] = (np.abs(corners[:, 0]) > 360) | (np.abs(corners[:, 1]) > 90.001)
    return off


def _transform_shapes(
    shapes: Sequence[BaseGeometry], moved: Callable[..., tuple[FloatArray, FloatArray]]
) -> tuple[BaseGeometry | None, ...]:
    def there(corners: FloatArray) -> FloatArray:
        return np.column_stack(moved(corners[:, 0], corners[:, 1]))

    every = shapely.transform(np.array(shapes, dtype=object), there)
    bounds = shapely.bounds(every).reshape(-1, 4)
    held = np.asarray((np.abs(np.nan_to_num(bounds, nan=np.inf)) < 1e8).all(axis=1))
    return tuple(shape if fits else None for shape, fits in zip(every, held.tolist(), strict=True))


def _measure_distance_m(shapes: Sequence[BaseGeometry | None], near: BaseGeometry | None) -> float:
    """Return how far the nearest shape is from where the project is; inf where there is none."""
    kept = [shape for shape in shapes if shape is not None]
    if near is None:
        return 0.0
    return float(shapely.distance(kept, near).min()) if kept else float("inf")
