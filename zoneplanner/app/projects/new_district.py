"""Start a project of another district from a file that shows its location or boundary."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from zoneplanner.analysis.geometry.crs import choose_utm_crs, geometries_from_lonlat
from zoneplanner.app.projects.open_project import check_new_project_path, write_new_project
from zoneplanner.app.session.identity import get_utc_now, new_uid
from zoneplanner.app.session.session import Clock, Session
from zoneplanner.domain.geography.map_edits import set_district_boundary
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping, ImportProfile
from zoneplanner.exchange.presets import bundled_district
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns
from zoneplanner.exchange.vector.layers import LayerLimits, read_foreign_rows

if TYPE_CHECKING:
    from zoneplanner.exchange.vector.layers import ForeignRow

ANY_DISTRICT_PRESET = "any-district"
_DEGREES = "EPSG:4326"
_FARTHEST_DEG = 2.0
MAX_DISTRICT_ZONES = 200


def create_district(
    path: Path,
    file: Path,
    *,
    name: str = "",
    preset: str = ANY_DISTRICT_PRESET,
    zones: int | None = None,
    layer: str | None = None,
    crs: str | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    report: ProgressReport = lambda fraction, text: None,
    clock: Clock = get_utc_now,
    protected: Collection[Path] = (),
) -> Session:
    """Create a project at the location that a file shows, with units and without schools.

    ``file`` has the district's boundary as one area, or other data of the district, such as its
    schools, from which only the coordinate system is chosen. ``protected`` are files that must not
    be opened. ``only`` has the wanted values by column; ``zones`` is the number of units; ``name``
    is the district's name, by default the name of the boundary or the file.

    Raises
    ------
    UserError
        The path exists or does not end in .gpkg, the file cannot be read or shows no single
        location, or the preset is unknown. Nothing was created.
    """
    check_new_project_path(path)
    if zones is not None:
        check_zone_count(zones)
    foreign = read_foreign_rows(
        file,
        crs=_DEGREES,
        report=report,
        sublayer=layer,
        source_crs=crs,
        places=PlaceColumns(),
        protected=protected,
        limits=LayerLimits(
            features=200_000, vertices=6_000_000, columns=200, file_bytes=300_000_000
        ),
    )
    how = ColumnMapping({}, ImportProfile("", "", ""), _select_columns(foreign.columns, only or {}))
    rows = [
        row for row in foreign.rows if row.shape is not None and not how.why_left_out(row.fields)
    ]
    return create_district_from_rows(
        path, rows, file, name=name, preset=preset, zones=zones, clock=clock
    )


def check_zone_count(zones: int) -> None:
    """Refuse a number of zones that no district can have."""
    if not 1 <= zones <= MAX_DISTRICT_ZONES:
        raise UserError("out_of_range.district_zones", most=MAX_DISTRICT_ZONES, zones=zones)


def create_district_from_rows(
    path: Path,
    rows: "Sequence[ForeignRow]",
    file: Path,
    *,
    name: str = "",
    preset: str = ANY_DISTRICT_PRESET,
    zones: int | None = None,
    clock: Clock = get_utc_now,
) -> Session:
    """Create a project centered on the rows of a file, which are in degrees.

    The other arguments are those of ``create_district``.

    Raises
    ------
    UserError
        No row has a location, or they are spread over a whole state.
    """
    rows = [row for row in rows if row.shape is not None]
    if not rows:
        raise UserError("no_place", source=file.name)
    center = _find_center(rows, file.name)
    project = bundled_district.build_district_project(
        preset,
        uid=new_uid(),
        name=name or _choose_name(rows, file),
        crs=choose_utm_crs(*center),
        zones=zones,
    )
    if len(rows) == 1 and rows[0].shape is not None and rows[0].shape.area > 0:
        (area,) = geometries_from_lonlat(project.crs, [rows[0].shape])
        project = set_district_boundary(project, project.name, area)  # type: ignore[arg-type]
    return write_new_project(path, project, clock)


def _select_columns(
    columns: Sequence[str], only: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    by_name = {column.casefold(): column for column in columns}
    for column in only:
        if column.casefold() not in by_name:
            raise UserError("unknown_column.of_file", column=column, columns=list(columns))
    return {by_name[column.casefold()]: tuple(values) for column, values in only.items()}


def _find_center(rows: "Sequence[ForeignRow]", source: str) -> tuple[float, float]:
    """Return the median of all rows as longitude and latitude; they must be in one region."""
    shapes = np.array([row.shape for row in rows], dtype=object)
    centroids = shapely.get_coordinates(shapely.centroid(shapes))
    center = np.median(centroids, axis=0)
    near_share = (np.abs(centroids - center) <= _FARTHEST_DEG).all(axis=1).mean()
    if near_share < 0.5:
        raise UserError("several_districts", source=source)
    return float(center[0]), float(center[1])


def _choose_name(rows: "Sequence[ForeignRow]", file: Path) -> str:
    if len(rows) == 1:
        fields = {field.casefold(): value for field, value in rows[0].fields.items()}
        name = next((fields[key] for key in ("name", "namelsad", "district") if key in fields), "")
        if name:
            return name
    return file.stem.replace("_", " ").strip().capitalize()
