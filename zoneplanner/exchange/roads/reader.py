"""Roads from foreign files: OpenStreetMap extracts, Census TIGER/Line, OSMnx graphs."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoneplanner.analysis.travel.road_network import Roads
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.roads.network_builder import NETWORK_FILE, read_road_network
from zoneplanner.exchange.sandbox.private_copy import copy_foreign_file, copy_plain_file
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    run_guarded,
)
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

_SIGNATURES = {".pbf": b"OSMHeader", ".graphml": b"<"}
_ROAD_FILE = Message("wanted_file.roads")


@dataclass(frozen=True, slots=True)
class RoadLimits:
    """The most that a file of roads may have and use; more is a UserError."""

    file_bytes: int = 400_000_000
    vertices: int = 6_000_000
    seconds: float = 300.0
    memory_bytes: int = 6_000_000_000


def read_roads(
    path: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    limits: RoadLimits | None = None,
) -> Roads:
    """Read a file of roads; ``protected`` are files that must not be opened.

    Raises
    ------
    UserError
        The file has no roads, or none for cars, is damaged, or exceeds ``limits``.
    """
    most = limits or RoadLimits()
    ending = path.suffix.lower()
    if ending not in (*_SIGNATURES, ".shp", ".zip"):
        raise UserError("unreadable_file.no_road_file", file=path.name, wanted=_ROAD_FILE)
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        if ending in _SIGNATURES:
            copy = copy_plain_file(
                path,
                Path(folder) / f"roads{ending}",
                most_bytes=most.file_bytes,
                protected=protected,
                wanted=_ROAD_FILE,
                signature=_SIGNATURES[ending],
            )
        else:
            copy, _ = copy_foreign_file(
                path, Path(folder), most_bytes=most.file_bytes, protected=protected, inside=None
            )
        with copy.open("rb") as source:
            content = hashlib.file_digest(source, "sha256").hexdigest()
        limits_of_process = ProcessLimits(most.seconds, most.memory_bytes)
        options = {"vertices": most.vertices}
        task = GuardedTask(read_road_network, options, limits_of_process, file_kind="roads")
        (answer,) = map(json.loads, run_guarded(task, copy, path.name, report))
        with np.load(copy.with_name(NETWORK_FILE), allow_pickle=False) as network:
            arrays = dict(network)
    return Roads(**arrays, source=path.name, vintage=answer["vintage"], content=content)
