"""Read a basemap from a foreign map file in the guarded process."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.bundled import read_resource_table
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.basemap.map_files import BASEMAP_FILE, read_map_features
from zoneplanner.exchange.sandbox.private_copy import MAP_SUFFIXES, copy_signed_file
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    run_guarded,
)
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

_SIGNATURES = {".pbf": b"OSMHeader", ".pmtiles": b"PMTiles", ".mbtiles": b"SQLite format 3\0"}
_MOST_BYTES, _MOST_CORNERS = 1_500_000_000, 4_000_000
_LIMITS = ProcessLimits(seconds=900.0, memory_bytes=8_000_000_000)


@dataclass(frozen=True, eq=False, slots=True)
class MapFile:
    """A map file, and how to read it.

    ``columns`` names the file's columns for ``kind``, ``name`` and ``ref``; ``meanings`` maps words
    in the file to kinds of the basemap.
    """

    path: Path
    layer: str | None = None
    source_crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ForeignBasemap:
    """A packed basemap, the number of features by kind, and facts about the file."""

    data: bytes
    counts: Mapping[str, int]
    read: int
    vintage: str
    credit: str
    buildings_left: int


def read_foreign_basemap(
    map_file: MapFile,
    *,
    crs: str,
    window: BaseGeometry,
    inside: BaseGeometry,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> ForeignBasemap:
    """Read the part of a map file in ``window``, and buildings only in ``inside``; both in ``crs``.

    Raises
    ------
    UserError
        The file is not a map, is damaged or too large, or has no basemap features there.
    """
    path = map_file.path
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        copy, named = copy_signed_file(
            path,
            Path(folder),
            _SIGNATURES,
            most_bytes=_MOST_BYTES,
            protected=protected,
            wanted=Message("wanted_file.basemap"),
            inside=map_file.layer,
        )
        options = {
            "layer": None if named else map_file.layer,
            "crs": crs,
            "source_crs": map_file.source_crs,
            "window": shapely.to_wkb(window, hex=True),
            "inside": shapely.to_wkb(inside, hex=True),
            "columns": dict(map_file.columns),
            "meanings": dict(map_file.meanings),
            "corners": _MOST_CORNERS,
        }
        task = GuardedTask(read_map_features, options, _LIMITS, file_kind="basemap")
        facts: dict[str, Any] = {}
        for facts in map(json.loads, run_guarded(task, copy, path.name, report)):
            report(INDETERMINATE, Message("progress.features", n=facts["read"]))
        data = copy.with_name(BASEMAP_FILE).read_bytes()
    return ForeignBasemap(data=data, credit=_find_credit(path), **facts)


def _find_credit(path: Path) -> str:
    """Return whom to credit for a file, or an empty string if its name does not show that."""
    credits = read_resource_table("basemap.toml")["credits"]
    if path.suffix.lower() in MAP_SUFFIXES:
        return str(credits["openstreetmap"])
    return str(credits["tiger"]) if path.name.lower().startswith("tl_") else ""
