"""Layers and tables of a project as frames of pandas and geopandas.

Importing both takes 0.4 s, so only the Python API imports this module.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import geopandas
import pandas as pd

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.exports.file_export import refuse_unreleased_layers, select_released_columns
from zoneplanner.app.exports.layers import LAYER_BUILDERS, TABLE_BUILDERS
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.locale_formats import escape_formula
from zoneplanner.errors import UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportLayer
from zoneplanner.publish.audience import OWN, find_audience

if TYPE_CHECKING:
    import geopandas as gpd

_DTYPES = {
    ColumnKind.TEXT: "string",
    ColumnKind.WHOLE: "Int64",
    ColumnKind.NUMBER: "float64",
    ColumnKind.FLAG: "boolean",
}


def build_frame(
    session: Session, state: ProjectState, name: str, *, audience: str = OWN
) -> pd.DataFrame:
    """Return a layer or table of ``export`` by its name, with what is released to an audience.

    A layer with shapes is a GeoDataFrame in the project's coordinate system.

    Raises
    ------
    UserError
        There is no such layer, or it is not for that audience.
    """
    find_audience(audience)
    builders = {**LAYER_BUILDERS, **TABLE_BUILDERS}
    if name not in builders:
        raise UserError("unknown_choice", what="layer", text=name, known=list(builders))
    refuse_unreleased_layers([name], audience)
    layer = select_released_columns(builders[name](session, state), audience)
    frame = convert_to_frame(layer, session.saved_project.time_zone)
    if layer.shapes is None:
        return frame
    geo_frame: pd.DataFrame = make_geo_frame(frame, layer.shapes, session.saved_project.crs)
    return geo_frame


def convert_to_frame(layer: ExportLayer, time_zone: str) -> pd.DataFrame:
    """Return the rows of a layer without shapes, with local times and missing values marked."""
    columns = {
        column.name: _make_column([row[index] for row in layer.rows], column.kind, time_zone)
        for index, column in enumerate(layer.columns)
    }
    return pd.DataFrame(columns, columns=[column.name for column in layer.columns])


def _make_column(values: list[Any], kind: ColumnKind, time_zone: str) -> "pd.Series[Any]":
    if kind is ColumnKind.MOMENT:
        return make_moments(values, time_zone)
    if kind is ColumnKind.DAY:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    if kind is ColumnKind.TEXT:
        values = [None if value is None else str(value) for value in values]
    return pd.Series(values, dtype=_DTYPES[kind])


def make_texts(values: Iterable[str | None]) -> "pd.Series[Any]":
    """Return a column of strings; None is a missing value."""
    return pd.Series(list(values), dtype="string")


def make_whole_numbers(values: Iterable[int | None]) -> "pd.Series[Any]":
    """Return a column of whole numbers; None is a missing value."""
    return pd.Series(list(values), dtype="Int64")


def make_moments(values: list[Any], time_zone: str) -> "pd.Series[Any]":
    """Return a column of datetimes in a time zone; None is a missing value."""
    moments = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
    return moments.astype("datetime64[us, UTC]").dt.tz_convert(time_zone)


def make_geo_frame(
    columns: "pd.DataFrame | Mapping[str, Any]", shapes: Any, crs: str
) -> "gpd.GeoDataFrame":
    """Return columns with their shapes as a GeoDataFrame."""
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def write_frame(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV or, if it has shapes, as GeoJSON, depending on the path's ending.

    Raises
    ------
    UserError
        The ending is unknown, or the file cannot be written.
    """
    ending, exported = path.suffix.casefold(), cast(Any, frame)
    is_spatial = hasattr(exported, "to_crs")
    known = [".csv", *([".geojson"] if is_spatial else [])]
    if ending not in known:
        raise UserError("unknown_choice", what="ending", text=ending or path.name, known=known)
    if ending == ".geojson":
        return write_file_atomically(path, str(exported.to_crs(4326).to_json()).encode())
    columns = pd.DataFrame(exported.drop(columns="geometry") if is_spatial else exported)
    cells = columns.map(lambda cell: escape_formula(cell) if isinstance(cell, str) else cell)
    return write_file_atomically(path, cells.to_csv(index=False).encode("utf-8-sig"))
