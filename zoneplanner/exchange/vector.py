"""Layers out of foreign files, with every repaired and refused row told.

GeoJSON, shapefile (also zipped), GeoPackage, KML, KMZ and CSV with coordinates. A file is copied,
read by a process of its own with limits on time, memory, rows and corners, and brought to the
project's coordinates.
"""

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Feature
from zoneplanner.errors import UserError
from zoneplanner.exchange.vector_copy import KINDS, WORDS, SeveralFound, copied
from zoneplanner.exchange.vector_place import CrsUnknown, Placed, crs_name, crs_of, placed
from zoneplanner.exchange.vector_shapes import tidied
from zoneplanner.exchange.vector_worker import serve
from zoneplanner.exchange.worker import UNKNOWN, Report, ask

__all__ = ["KINDS", "WORDS", "CrsUnknown", "LayerFile", "Limits", "SeveralFound", "read_layer"]

NAMES = ("name", "title", "label", "stop_name", "full_name", "site_name", "school")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a layer may take; beyond it is a UserError."""

    file_bytes: int = 100_000_000
    features: int = 5_000
    vertices: int = 500_000
    seconds: float = 60.0
    memory_bytes: int = 3_000_000_000


@dataclass(frozen=True, slots=True)
class RowNote:
    """One row of the file, counted from 1, and what was wrong with it."""

    row: int
    why: str


@dataclass(frozen=True, eq=False, slots=True)
class LayerFile:
    """What a file holds, in the project's coordinates; ``crs`` is the one that it was in."""

    title: str
    source: str
    crs: str
    features: tuple[Feature, ...]
    read: int
    repaired: tuple[RowNote, ...] = ()
    refused: tuple[RowNote, ...] = ()
    warning: str = ""


def read_layer(
    path: Path,
    *,
    crs: str,
    report: Report = lambda fraction, text: None,
    sublayer: str | None = None,
    source_crs: str | None = None,
    near: BaseGeometry | None = None,
    keep_off: Collection[Path] = (),
    limits: Limits | None = None,
) -> LayerFile:
    """Read a layer file into the project's CRS, in metres.

    ``sublayer`` names one of several layers in the file; ``source_crs`` is used where the file
    names none; ``near`` is where the project is, to tell coordinates that cannot be meant.
    ``keep_off`` are files that must not be opened: the project that is open.

    Raises
    ------
    SeveralFound, CrsUnknown
        The caller has to choose a layer, or a coordinate system, and ask again.
    UserError
        It is no layer file, is damaged, or takes more than ``limits``.
    """
    most = limits or Limits()
    report(UNKNOWN, path.name)
    with tempfile.TemporaryDirectory(prefix="layer-") as folder:
        copy = copied(
            path,
            Path(folder),
            most_bytes=most.file_bytes,
            keep_off=keep_off,
            inside=sublayer,
        )
        packed = path.suffix.lower() in (".zip", ".kmz")
        answer = _ask_worker(copy, path.name, None if packed else sublayer, most, report)
    if "error" in answer:
        raise UserError(answer["error"], answer.get("details"))
    if "layers" in answer:
        raise SeveralFound(path.name, answer["layers"])
    report(UNKNOWN, f"{answer['read']:,} rows")
    own = crs_of(answer["crs"], source_crs, path.name)
    shapes = shapely.from_wkb([row[1] for row in answer["rows"]]).tolist()
    there = placed(shapes, own, crs, near, path.name)
    return _layer_file(answer, path, sublayer, there, crs_name(own))


def _layer_file(
    answer: Mapping[str, Any], path: Path, sublayer: str | None, there: Placed, crs: str
) -> LayerFile:
    repaired = [RowNote(*note) for note in answer["repaired"]]
    refused = [RowNote(*note) for note in answer["refused"]]
    features: list[Feature] = []
    for (number, _, fields), shape in zip(answer["rows"], there.shapes, strict=True):
        kept = tidied(shape)
        if shape is None or kept.shape is None:
            refused.append(RowNote(number, "lies where the project has no coordinates"))
            continue
        if kept.repaired:
            repaired.append(RowNote(number, kept.repaired))
        parts = shapely.get_parts(kept.shape) if kept.shape.geom_type == "MultiPoint" else ()
        name = _name_of(fields)
        features += [Feature("", name, part, fields) for part in parts or (kept.shape,)]
    return LayerFile(
        title=_title_of(sublayer or path.stem) or path.name,
        source=path.name,
        crs=crs,
        features=tuple(features),
        read=int(answer["read"]),
        repaired=tuple(sorted(repaired, key=lambda note: note.row)),
        refused=tuple(sorted(refused, key=lambda note: note.row)),
        warning=there.warning,
    )


def _title_of(name: str) -> str:
    title = name.replace("_", " ").strip()
    return title[:1].upper() + title[1:]


def _name_of(fields: Mapping[str, str]) -> str:
    """Return a feature's own name, as a field that is called so tells it."""
    known = {field.casefold(): value for field, value in fields.items()}
    return next((known[name] for name in NAMES if name in known), "")


def _ask_worker(
    copy: Path, name: str, sublayer: str | None, most: Limits, report: Report
) -> dict[str, Any]:
    asked = {
        "layer": sublayer,
        "features": most.features,
        "vertices": most.vertices,
        "memory_bytes": most.memory_bytes,
        "seconds": most.seconds,
    }
    return ask(serve, copy, name, asked, report)
