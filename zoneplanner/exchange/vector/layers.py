"""Rows and layers out of foreign files, with every repaired and refused row told.

GeoJSON, shapefile, GeoPackage, KML, KMZ, FlatGeobuf, and CSV or XLSX with coordinates or shapes as
text; also out of a zip file or a folder. A file is copied, read by a process of its own with
limits on time, memory, rows and corners, and brought to the project's coordinates.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Feature
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.sandbox.layer_reader import list_layer_rows
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns
from zoneplanner.exchange.sandbox.private_copy import (
    ARCHIVE_KINDS,
    SUFFIX_KINDS,
    copy_foreign_file,
)
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    run_guarded,
)
from zoneplanner.staging import make_work_folder

LAYER_SUFFIXES = (*SUFFIX_KINDS, *ARCHIVE_KINDS)
_NAMES = ("name", "title", "label", "stop_name", "full_name", "site_name", "school")


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """What a layer may take; beyond it is a UserError."""

    file_bytes: int = 100_000_000
    features: int = 5_000
    vertices: int = 500_000
    columns: int = 40
    text: int = 200
    seconds: float = 60.0
    memory_bytes: int = 3_000_000_000


IMPORT_LIMITS = LayerLimits(
    file_bytes=600_000_000,
    features=400_000,
    vertices=5_000_000,
    columns=200,
    text=1_000,
    seconds=300.0,
)
"""For what becomes a part of the project: blocks of a county, roads, zones."""


@dataclass(frozen=True, eq=False, slots=True)
class ForeignRow:
    """One row of a file, counted from 1: its shape in the project's CRS and its fields as text.

    ``shape`` is None where ``fault`` says why; ``repaired`` says what was repaired.
    """

    row: int
    shape: BaseGeometry | None
    fields: Mapping[str, str]
    repaired: str = ""
    fault: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ForeignRows:
    """All rows of one layer of a file; ``crs`` is the one that it was in, empty without shapes.

    ``layer`` names the layer where the file holds several; ``places`` are the columns that a
    table's shapes come from; ``how`` says how a table was read, ``notes`` what else to tell.
    ``cut`` marks the first rows of a table that has more; ``elsewhere`` counts the rows that were
    passed over.
    """

    source: str
    layer: str
    crs: str
    columns: tuple[str, ...]
    rows: tuple[ForeignRow, ...]
    places: tuple[str, ...] = ()
    how: str = ""
    warning: str = ""
    notes: tuple[str, ...] = ()
    cut: bool = False
    elsewhere: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class ForeignLayer:
    """What a file holds, in the project's coordinates; ``crs`` is the one that it was in."""

    title: str
    source: str
    crs: str
    features: tuple[Feature, ...]
    read: int
    repaired: tuple[RowResult, ...] = ()
    refused: tuple[RowResult, ...] = ()
    warning: str = ""


def read_foreign_rows(
    path: Path,
    *,
    crs: str,
    report: ProgressReport = lambda fraction, text: None,
    sublayer: str | None = None,
    shared: str = "",
    source_crs: str | None = None,
    places: PlaceColumns | None = None,
    near: BaseGeometry | None = None,
    keep_off: Collection[Path] = (),
    limits: LayerLimits | None = None,
    first: int | None = None,
    wanted: Mapping[str, Sequence[str]] | None = None,
    inside: bool = False,
) -> ForeignRows:
    """Read the rows of a file, their shapes in the project's CRS, in meters.

    ``sublayer`` names one of several layers, files or sheets; without it the folders of a KML that
    have the field ``shared`` are read together. ``source_crs`` is used where the
    file names none; ``near`` is where the project is, to tell coordinates that cannot be meant.
    ``keep_off`` are files that must not be opened: the project that is open. Of a table only the
    ``first`` rows are read where that is given, and only those with values ``wanted``, by column;
    of shapes only those that touch the box of ``near`` where ``inside``.

    Raises
    ------
    SeveralLayers, UnknownCrs
        The caller has to choose a layer, or a coordinate system, and ask again.
    UserError
        It is no layer file, is damaged, or takes more than ``limits``.
    """
    most = limits or LayerLimits()
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        copy, named = copy_foreign_file(
            path,
            Path(folder),
            most_bytes=most.file_bytes,
            keep_off=keep_off,
            inside=sublayer,
            heard=lambda: report(INDETERMINATE, f"Copying {path.name}"),
        )
        asked = {
            "layer": None if named else sublayer,
            "shared": shared,
            "places": asdict(places or PlaceColumns()),
            "first": first,
            "limits": asdict(most),
            "crs": crs,
            "source_crs": source_crs,
            "near": shapely.to_wkb(near, hex=True) if near is not None else None,
            "wanted": {column: list(values) for column, values in (wanted or {}).items()},
            "inside": inside,
        }
        within = ProcessLimits(most.seconds, most.memory_bytes)
        task = GuardedTask(list_layer_rows, asked, within)
        with closing(run_guarded(task, copy, path.name, report)) as answers:
            about = json.loads(next(answers))
            columns = tuple(about["columns"])
            rows = tuple(row for one in answers for row in _build_rows(json.loads(one), columns))
    report(INDETERMINATE, f"{len(rows):,} rows")
    return ForeignRows(
        source=path.name,
        layer=about["layer"] or sublayer or "",
        crs=about["crs"],
        columns=columns,
        rows=rows,
        places=tuple(about["places"]),
        how=about["how"],
        warning=about["warning"],
        notes=tuple(about["notes"]),
        elsewhere=about["elsewhere"],
    )


def read_foreign_layer(
    path: Path,
    *,
    crs: str,
    report: ProgressReport = lambda fraction, text: None,
    sublayer: str | None = None,
    source_crs: str | None = None,
    near: BaseGeometry | None = None,
    keep_off: Collection[Path] = (),
    limits: LayerLimits | None = None,
) -> ForeignLayer:
    """Read a layer file to show on the map; the arguments and errors are those of ``read_rows``."""
    found = read_foreign_rows(
        path,
        crs=crs,
        report=report,
        sublayer=sublayer,
        source_crs=source_crs,
        near=near,
        keep_off=keep_off,
        limits=limits,
    )
    named_by = _choose_name_field(found.rows)
    return ForeignLayer(
        title=_make_title(sublayer or path.stem) or path.name,
        source=path.name,
        crs=found.crs,
        features=tuple(feature for row in found.rows for feature in _make_features(row, named_by)),
        read=len(found.rows),
        repaired=tuple(
            RowResult(own.row, RowOutcome.NEW, repaired=(own.repaired,))
            for own in found.rows
            if own.repaired
        ),
        refused=tuple(refuse_row(own.row, own.fault) for own in found.rows if own.shape is None),
        warning=found.warning,
    )


def _build_rows(batch: list[list[Any]], columns: tuple[str, ...]) -> Iterator[ForeignRow]:
    shapes = shapely.from_wkb([row[1] for row in batch]).tolist()
    for (number, _, values, repaired, why), shape in zip(batch, shapes, strict=True):
        fields = {name: value for name, value in zip(columns, values, strict=True) if value}
        yield ForeignRow(number, shape, fields, repaired, why)


def _make_features(row: ForeignRow, named_by: str) -> Iterator[Feature]:
    if row.shape is None:
        return
    parts = shapely.get_parts(row.shape) if row.shape.geom_type == "MultiPoint" else ()
    name = _find_feature_name(row.fields) or row.fields.get(named_by, "")
    for part in (*parts,) or (row.shape,):
        yield Feature("", name, part, row.fields)


def _make_title(name: str) -> str:
    title = name.replace("_", " ").strip()
    return title[:1].upper() + title[1:]


def _find_feature_name(fields: Mapping[str, str]) -> str:
    """Return a feature's own name, as a field that is called so tells it."""
    known = {field.casefold(): value for field, value in fields.items()}
    return next((known[name] for name in _NAMES if name in known), "")


def _choose_name_field(rows: Sequence[ForeignRow]) -> str:
    """Return the field that names areas where none is called so; empty where there is none.

    It is the first that has letters in it and another value for each of two areas or more.
    """
    areas = [one for one in rows if one.shape is not None and one.shape.area > 0]
    for field in dict.fromkeys(name for one in areas for name in one.fields):
        values = [one.fields.get(field, "") for one in areas]
        worded = all(any(letter.isalpha() for letter in value) for value in values)
        if worded and len(set(values)) == len(values) > 1:
            return field
    return ""
