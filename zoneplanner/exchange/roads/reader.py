"""Roads out of foreign files: OpenStreetMap extracts, Census TIGER/Line, OSMnx graphs."""

import hashlib
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoneplanner.analysis.travel.road_network import Roads
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.files import check_foreign_file
from zoneplanner.exchange.roads.network_builder import NETWORK_FILE, serve_road_reader
from zoneplanner.exchange.sandbox.private_copy import copy_foreign_file
from zoneplanner.exchange.sandbox.process import INDETERMINATE, run_in_process

_SIGNATURES = {".pbf": b"OSMHeader", ".graphml": b"<"}
_ROAD_FILES_TEXT = (
    "an OpenStreetMap extract (.osm.pbf), TIGER/Line roads (.zip, .shp) or an OSMnx .graphml"
)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RoadLimits:
    """What a file of roads may take; beyond it is a UserError."""

    file_bytes: int = 400_000_000
    vertices: int = 6_000_000
    seconds: float = 300.0
    memory_bytes: int = 6_000_000_000


def read_roads(
    path: Path,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    limits: RoadLimits | None = None,
) -> Roads:
    """Read a file of roads; ``keep_off`` are files that may not be opened.

    Raises
    ------
    UserError
        It is no file of roads, is damaged, holds none for cars, or takes more than ``limits``.
    """
    most = limits or RoadLimits()
    ending = path.suffix.lower()
    if ending not in (*_SIGNATURES, ".shp", ".zip"):
        raise UserError(
            f"“{path.name}” is no file of roads; choose {_ROAD_FILES_TEXT}.", code="unreadable_file"
        )
    check_foreign_file(path, keep_off, wanted=_ROAD_FILES_TEXT)
    report(INDETERMINATE, path.name)
    with tempfile.TemporaryDirectory(prefix="roads-") as folder:
        if ending in _SIGNATURES:
            copy = _copy_road_file(path, Path(folder) / f"roads{ending}", most.file_bytes)
        else:
            copy, _ = copy_foreign_file(
                path, Path(folder), most_bytes=most.file_bytes, keep_off=keep_off, inside=None
            )
        content = _hash_content(copy)
        asked = {
            "vertices": most.vertices,
            "memory_bytes": most.memory_bytes,
            "seconds": most.seconds,
        }
        answer = run_in_process(serve_road_reader, copy, path.name, asked, report)
        if "error" in answer:
            raise UserError(
                answer["error"],
                answer.get("details"),
                code=answer.get("code", "unreadable_file"),
            )
        with np.load(copy.with_name(NETWORK_FILE), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    return Roads(**arrays, source=path.name, vintage=answer["vintage"], content=content)


def _copy_road_file(path: Path, copy: Path, most_bytes: int) -> Path:
    """Copy a file that begins as its name says."""
    sign = _SIGNATURES[copy.suffix]
    try:
        with path.open("rb") as source, copy.open("wb") as to:
            head = source.read(64)
            if sign not in head:
                raise UserError(
                    f"“{path.name}” is not what its name says; choose {_ROAD_FILES_TEXT}.",
                    code="unreadable_file",
                )
            to.write(head)
            room = most_bytes - len(head)
            while chunk := source.read(_CHUNK):
                room -= len(chunk)
                if room < 0:
                    raise UserError(
                        f"“{path.name}” is larger than {most_bytes // 10**6} MB; "
                        "use an extract of the county.",
                        code="too_large",
                    )
                to.write(chunk)
    except OSError as error:
        raise UserError(
            f"“{path.name}” cannot be read: {error.strerror or error}.", code="unreadable_file"
        ) from error
    return copy


def _hash_content(copy: Path) -> str:
    with copy.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
