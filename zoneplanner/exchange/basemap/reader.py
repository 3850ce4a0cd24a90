"""A basemap out of a foreign map file, read by the guarded process."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.bundled import read_resource_table
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.basemap.map_files import BASEMAP_FILE, read_map_features
from zoneplanner.exchange.sandbox.private_copy import (
    MAP_SUFFIXES,
    copy_foreign_file,
    copy_plain_file,
)
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    run_guarded,
)
from zoneplanner.staging import make_work_folder

_SIGNATURES = {".pbf": b"OSMHeader", ".pmtiles": b"PMTiles", ".mbtiles": b"SQLite format 3\0"}
_MAP_FILES_TEXT = (
    "an OpenStreetMap extract (.osm.pbf), vector tiles (.pmtiles, .mbtiles) or TIGER/Line (.zip)"
)


@dataclass(frozen=True, slots=True)
class BasemapLimits:
    """What a map file may take; beyond it is a UserError."""

    file_bytes: int = 1_500_000_000
    corners: int = 4_000_000
    seconds: float = 900.0
    memory_bytes: int = 8_000_000_000


@dataclass(frozen=True, eq=False, slots=True)
class MapFile:
    """A map file, and how a person wants it read.

    ``columns`` names the file's column for ``kind``, ``name`` or ``ref``; ``meanings`` are kinds
    of the basemap by words of the file.
    """

    path: Path
    layer: str | None = None
    source_crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ForeignBasemap:
    """What a file brought: the packed basemap, features by kind, and what to tell of them."""

    data: bytes
    counts: Mapping[str, int]
    read: int
    vintage: str
    credit: str
    buildings_left: int


def read_foreign_basemap(
    asked: MapFile,
    *,
    crs: str,
    window: BaseGeometry,
    inside: BaseGeometry,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    limits: BasemapLimits | None = None,
) -> ForeignBasemap:
    """Read what of a map file is in ``window``, and its buildings in ``inside``; both in ``crs``.

    Raises
    ------
    UserError
        It is no map file, is damaged, holds nothing of a basemap there, or takes more than
        ``limits``.
    """
    most, path = limits or BasemapLimits(), asked.path
    ending = path.suffix.lower()
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        if ending in _SIGNATURES:
            copy = copy_plain_file(
                path,
                Path(folder) / f"map{ending}",
                most_bytes=most.file_bytes,
                keep_off=keep_off,
                wanted=_MAP_FILES_TEXT,
            )
            with copy.open("rb") as source:
                if _SIGNATURES[ending] not in source.read(64):
                    raise UserError(
                        "unreadable_file.not_as_named", file=path.name, wanted=_MAP_FILES_TEXT
                    )
            named = False
        else:
            copy, named = copy_foreign_file(
                path,
                Path(folder),
                most_bytes=most.file_bytes,
                keep_off=keep_off,
                inside=asked.layer,
            )
        given = {
            "layer": None if named else asked.layer,
            "crs": crs,
            "source_crs": asked.source_crs,
            "window": shapely.to_wkb(window, hex=True),
            "inside": shapely.to_wkb(inside, hex=True),
            "columns": dict(asked.columns),
            "meanings": dict(asked.meanings),
            "corners": most.corners,
        }
        within = ProcessLimits(most.seconds, most.memory_bytes)
        task = GuardedTask(read_map_features, given, within, what="basemap")
        told: dict[str, object] = {}
        for answer in map(json.loads, run_guarded(task, copy, path.name, report)):
            told = answer
            report(INDETERMINATE, f"{answer['read']:,} features")
        data = copy.with_name(BASEMAP_FILE).read_bytes()
    return ForeignBasemap(data=data, credit=_find_credit(path), **told)  # type: ignore[arg-type]


def _find_credit(path: Path) -> str:
    """Return who is to be named for a file; empty where its name does not show it."""
    credits = read_resource_table("basemap.toml")["credits"]
    if path.suffix.lower() in MAP_SUFFIXES:
        return str(credits["openstreetmap"])
    return str(credits["tiger"]) if path.name.lower().startswith("tl_") else ""
