"""Roads from foreign files: OpenStreetMap extracts, Census TIGER/Line, OSMnx graphs."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

import numpy as np

from zoneplanner.analysis.travel.road_network import Roads
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.roads.network_builder import NETWORK_FILE, read_road_network
from zoneplanner.exchange.sandbox.private_copy import copy_signed_file
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


_MOST_BYTES, _MOST_VERTICES = 400_000_000, 6_000_000
_LIMITS = ProcessLimits(seconds=300.0, memory_bytes=6_000_000_000)


def read_roads(
    path: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    most_vertices: int = _MOST_VERTICES,
) -> Roads:
    """Read a file of roads; ``protected`` are files that must not be opened.

    Raises
    ------
    UserError
        The file has no roads, or none for cars, or is damaged or too large.
    """
    if path.suffix.lower() not in (*_SIGNATURES, ".shp", ".zip"):
        raise UserError("unreadable_file.no_road_file", file=path.name, wanted=_ROAD_FILE)
    report(INDETERMINATE, path.name)
    with make_work_folder() as folder:
        copy, _ = copy_signed_file(
            path,
            Path(folder),
            _SIGNATURES,
            most_bytes=_MOST_BYTES,
            protected=protected,
            wanted=_ROAD_FILE,
        )
        with copy.open("rb") as source:
            content = hashlib.file_digest(source, "sha256").hexdigest()
        options = {"vertices": most_vertices}
        task = GuardedTask(read_road_network, options, _LIMITS, file_kind="roads")
        (answer,) = map(json.loads, run_guarded(task, copy, path.name, report))
        with np.load(copy.with_name(NETWORK_FILE), allow_pickle=False) as network:
            arrays = dict(network)
    return Roads(**arrays, source=path.name, vintage=answer["vintage"], content=content)
