"""Rows and layers from foreign files, with every repaired and rejected row listed.

GeoJSON, shapefile, GeoPackage, KML, KMZ, FlatGeobuf, and CSV or XLSX with coordinates or shapes as
text; also inside a zip file or a folder. A file is copied, read by a separate process with limits
on time, memory, rows and corners, and reprojected to the project's CRS.
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
    decode_message,
    run_guarded,
)
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

LAYER_SUFFIXES = (*SUFFIX_KINDS, *ARCHIVE_KINDS)
_NAME_FIELDS = ("name", "title", "label", "stop_name", "full_name", "site_name", "school")


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """The most that a layer may have and use; more is a UserError."""

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
"""For data that becomes part of the project: blocks of a county, roads, zones."""


@dataclass(frozen=True, eq=False, slots=True)
class ForeignRow:
    """One row of a file, counted from 1: its shape in the project's CRS and its fields as text.

    If ``shape`` is None, ``fault`` says why; ``repaired`` says what was repaired.
    """

    row: int
    shape: BaseGeometry | None
    fields: Mapping[str, str]
    repaired: Message | None = None
    fault: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ForeignRows:
    """All rows of one layer of a file; ``crs`` is the file's, empty without shapes.

    ``layer`` names the layer if the file has several; ``places`` are the columns that a table's
    shapes come from; ``how`` says how a table was read, ``notes`` are further remarks. ``cut`` is
    True if only the first rows of a table were read; ``elsewhere`` counts the rows that were
    skipped.
    """

    source: str
    layer: str
    crs: str
    columns: tuple[str, ...]
    rows: tuple[ForeignRow, ...]
    places: tuple[str, ...] = ()
    how: Message | None = None
    warning: Message | None = None
    notes: tuple[Message, ...] = ()
    cut: bool = False
    elsewhere: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class ForeignLayer:
    """A file's features in the project's coordinates; ``crs`` is the file's."""

    title: str
    source: str
    crs: str
    features: tuple[Feature, ...]
    read: int
    repaired: tuple[RowResult, ...] = ()
    refused: tuple[RowResult, ...] = ()
    warning: Message | None = None


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
    protected: Collection[Path] = (),
    limits: LayerLimits | None = None,
    first: int | None = None,
    wanted: Mapping[str, Sequence[str]] | None = None,
    inside: bool = False,
) -> ForeignRows:
    """Read the rows of a file, their shapes in the project's CRS, in meters.

    ``sublayer`` names one of several layers, files or sheets; without it, the folders of a KML that
    have the field ``shared`` are read together. ``source_crs`` is used if the file names none;
    ``near`` is the project's area, to detect impossible coordinates. ``protected`` are files that
    must not be opened: the open project. ``first`` limits the rows of a table, and only rows with
    one of the ``wanted`` values by column are read; with ``inside``, only shapes that touch the box
    of ``near`` are read.

    Raises
    ------
    SeveralLayers, UnknownCrs
        The caller has to choose a layer or a coordinate system, and read again.
    UserError
        It is not a layer file, is damaged, or exceeds ``limits``.
    """
    most = limits or LayerLimits()
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        copy, named = copy_foreign_file(
            path,
            Path(folder),
            most_bytes=most.file_bytes,
            protected=protected,
            inside=sublayer,
            on_progress=lambda: report(INDETERMINATE, Message("progress.copying", file=path.name)),
        )
        options = {
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
        task = GuardedTask(list_layer_rows, options, ProcessLimits(most.seconds, most.memory_bytes))
        with closing(run_guarded(task, copy, path.name, report)) as answers:
            about = json.loads(next(answers))
            columns = tuple(about["columns"])
            rows = tuple(
                row for batch in answers for row in _build_rows(json.loads(batch), columns)
            )
    report(INDETERMINATE, Message("progress.rows", n=len(rows)))
    about["layer"] = about["layer"] or sublayer or ""
    for name in ("how", "warning"):
        about[name] = decode_message(about[name]) if about[name] else None
    about["notes"] = map(decode_message, about["notes"])
    facts: dict[str, Any] = {
        name: tuple(about[name]) if name in ("columns", "places", "notes") else about[name]
        for name in about
    }
    return ForeignRows(source=path.name, rows=rows, **facts)


def read_foreign_layer(
    path: Path,
    *,
    crs: str,
    report: ProgressReport = lambda fraction, text: None,
    sublayer: str | None = None,
    source_crs: str | None = None,
    near: BaseGeometry | None = None,
    protected: Collection[Path] = (),
    limits: LayerLimits | None = None,
) -> ForeignLayer:
    """Read a layer file to show on the map; see ``read_foreign_rows``."""
    layer = read_foreign_rows(
        path,
        crs=crs,
        report=report,
        sublayer=sublayer,
        source_crs=source_crs,
        near=near,
        protected=protected,
        limits=limits,
    )
    name_field = _choose_name_field(layer.rows)
    return ForeignLayer(
        title=_make_title(sublayer or path.stem) or path.name,
        source=path.name,
        crs=layer.crs,
        features=tuple(each for row in layer.rows for each in _make_features(row, name_field)),
        read=len(layer.rows),
        repaired=tuple(
            RowResult(row.row, RowOutcome.NEW, repaired=(row.repaired,))
            for row in layer.rows
            if row.repaired
        ),
        refused=tuple(
            refuse_row(row.row, row.fault) for row in layer.rows if row.fault is not None
        ),
        warning=layer.warning,
    )


def _build_rows(batch: list[list[Any]], columns: tuple[str, ...]) -> Iterator[ForeignRow]:
    shapes = shapely.from_wkb([row[1] for row in batch]).tolist()
    for (number, _, values, *notes), shape in zip(batch, shapes, strict=True):
        fields = {name: value for name, value in zip(columns, values, strict=True) if value}
        repaired, fault = (decode_message(note) if note else None for note in notes)
        yield ForeignRow(number, shape, fields, repaired, fault)


def _make_features(row: ForeignRow, name_field: str) -> Iterator[Feature]:
    if row.shape is None:
        return
    parts = shapely.get_parts(row.shape) if row.shape.geom_type == "MultiPoint" else ()
    name = _find_feature_name(row.fields) or row.fields.get(name_field, "")
    for part in (*parts,) or (row.shape,):
        yield Feature("", name, part, row.fields)


def _make_title(name: str) -> str:
    title = name.replace("_", " ").strip()
    return title[:1].upper() + title[1:]


def _find_feature_name(fields: Mapping[str, str]) -> str:
    """Return a feature's name from a field that is called “name”, “title” or the like."""
    values = {field.casefold(): value for field, value in fields.items()}
    return next((values[name] for name in _NAME_FIELDS if name in values), "")


def _choose_name_field(rows: Sequence[ForeignRow]) -> str:
    """Return the field that seems to name areas, or an empty string.

    It is the first field with letters in each value and a different value for each area; at least
    two areas are needed.
    """
    areas = [row for row in rows if row.shape is not None and row.shape.area > 0]
    for field in dict.fromkeys(name for row in areas for name in row.fields):
        values = [row.fields.get(field, "") for row in areas]
        are_words = all(any(letter.isalpha() for letter in value) for value in values)
        if are_words and len(set(values)) == len(values) > 1:
            return field
    return ""
