"""Reproject foreign coordinates: which CRS a file is in, and whether that is plausible."""

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
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from pyproj import CRS

_FAR_M = 500_000.0


@dataclass(frozen=True, eq=False, slots=True)
class _ReprojectedShapes:
    """Shapes in the project's CRS (None if one cannot be there), and a warning if needed."""

    shapes: tuple[BaseGeometry | None, ...]
    warning: Message | None = None


def choose_crs(in_file: str | None, chosen: str | None, name: str) -> "CRS":
    """Return the CRS that a person chose, or else the one that the file names.

    Raises
    ------
    UnknownCrs
        No CRS was chosen, and the file names no known one.
    UserError
        The chosen CRS is unknown.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if chosen is not None:
        try:
            return CRS.from_user_input(chosen)
        except CRSError as error:
            raise UserError("unknown_crs.given", crs=chosen) from error
    try:
        crs = CRS.from_user_input(in_file) if in_file else None
    except CRSError:
        crs = None
    if crs is None or not (crs.is_geographic or crs.is_projected):
        shapefile = name.lower().endswith(".shp")
        raise UnknownCrs(
            "unknown_crs.shapefile" if shapefile else "unknown_crs.not_in_file", file=name
        )
    return crs


def format_crs(crs: "CRS") -> str:
    """Return the EPSG code of a CRS, or its name if it has none."""
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else str(crs.name)


def reproject_shapes(
    shapes: Sequence[BaseGeometry],
    file_crs: "CRS",
    crs: str,
    near: BaseGeometry | None,
    name: str,
) -> _ReprojectedShapes:
    """Reproject shapes to the project's CRS.

    Swapped latitude and longitude are corrected if that moves the shapes from far away to ``near``,
    the project's area in its CRS.

    Raises
    ------
    UnknownCrs
        The file's CRS is in degrees, but most of its coordinates cannot be degrees.
    """
    from pyproj import Transformer

    transform = Transformer.from_crs(file_crs, crs, always_xy=True).transform
    if file_crs.is_geographic and shapes:
        corners = shapely.get_coordinates(shapes)
        if _is_off_globe(corners).mean() > 0.5 and _is_off_globe(corners[:, ::-1]).mean() > 0.5:
            raise UnknownCrs("unknown_crs.no_degrees", file=name)
    straight = _transform_shapes(shapes, transform)
    away_m = _measure_distance_m(straight, near)
    if away_m <= _FAR_M:
        return _ReprojectedShapes(straight)
    if file_crs.is_geographic:
        flipped = shapely.transform(
            np.array(shapes, dtype=object), lambda corners: corners[:, ::-1].copy()
        )
        swapped = _transform_shapes(flipped.tolist(), transform)
        if _measure_distance_m(swapped, near) <= _FAR_M:
            return _ReprojectedShapes(swapped, Message("coordinates_swapped"))
    if not np.isfinite(away_m):
        return _ReprojectedShapes(straight)
    return _ReprojectedShapes(straight, describe_far(away_m))


def describe_far(meters: float) -> Message:
    """Return a message on how far away from the project something is."""
    return Message("far_from_project", miles=meters / 1609.344, km=meters / 1000)


def _is_off_globe(corners: FloatArray) -> NDArray[np.bool_]:
    off: NDArray[np.bool_] = (np.abs(corners[:, 0]) > 360) | (np.abs(corners[:, 1]) > 90.001)
    return off


def _transform_shapes(
    shapes: Sequence[BaseGeometry], transform: Callable[..., tuple[FloatArray, FloatArray]]
) -> tuple[BaseGeometry | None, ...]:
    moved = shapely.transform(
        np.array(shapes, dtype=object), lambda corners: np.column_stack(transform(*corners.T))
    )
    bounds = shapely.bounds(moved).reshape(-1, 4)
    in_range = np.asarray((np.abs(np.nan_to_num(bounds, nan=np.inf)) < 1e8).all(axis=1))
    return tuple(
        shape if is_valid else None
        for shape, is_valid in zip(moved, in_range.tolist(), strict=True)
    )


def _measure_distance_m(shapes: Sequence[BaseGeometry | None], near: BaseGeometry | None) -> float:
    """Return how far the nearest shape is from the project; inf without shapes."""
    if near is None:
        return 0.0
    present = [shape for shape in shapes if shape is not None]
    return float(shapely.distance(present, near).min()) if present else float("inf")
