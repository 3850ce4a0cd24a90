"""The land of a project, kept on this desk under the hash of all that it follows from.

Laying the land of a thousand schools takes longer than all else at opening, that of 67 takes 58 ms
and finding it here 4. A file that is damaged, or made by other code, is as good as none.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from inspect import getsource
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import platformdirs
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry import cells_and_outlines
from zoneplanner.analysis.geometry.cells_and_outlines import CellPart, Cells
from zoneplanner.analysis.travel.grid import find_project_north_rad
from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.staging import make_private_folder

_FROM_SITES = 20
"""Fewer sites are laid anew in less time than it takes to look for them."""
_MOST_KEPT = 12
_DIGEST_BYTES = 32


class KeptLand(NamedTuple):
    """What is kept of a project: its cells, and the angle of true north in its middle.

    The library that finds that angle takes 60 ms to load, of which finding it takes 2.
    """

    cells: Cells
    north_rad: float


def recall_land(project: Project) -> KeptLand | None:
    """Return what was kept of a project's land; None where nothing was."""
    if len(project.patrolled) < _FROM_SITES:
        return None
    try:
        kept = _find_file(project).read_bytes()
    except OSError:
        return None
    digest, data = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
    # what has its digest is as it was written here: whatever fails from now on is a bug
    return _unpack(data) if hashlib.sha256(data).digest() == digest else None


def keep_land(project: Project, cells: Cells) -> None:
    """Keep what was computed of a project's land; that it cannot be kept stops nobody."""
    if len(project.patrolled) < _FROM_SITES:
        return
    with suppress(OSError, UserError):
        file = _find_file(project)
        if file.exists():
            return
        make_private_folder(file.parent)
        land = KeptLand(cells, find_project_north_rad(project))
        packed = _pack(land)
        write_file_atomically(file, hashlib.sha256(packed).digest() + packed)
        for old in sorted(file.parent.glob("*.*"), key=_get_age)[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)


def _get_age(file: Path) -> float:
    return file.stat().st_mtime


def _find_file(project: Project) -> Path:
    """Return where the cells of what a project's land is made of would be."""
    digest = hashlib.sha256()
    with suppress(OSError):  # a frozen program has no sources; its version is that of the folder
        digest.update(getsource(cells_and_outlines).encode())
    sites = [
        (own.id, own.x_m, own.y_m, own.patrolled, own.decision and own.decision.jurisdiction)
        for own in project.sites.values()
    ]
    blocks = [(own.id, own.jurisdiction) for own in project.blocks.values()]
    about = [project.crs, sites, list(project.jurisdictions), blocks]
    digest.update(json.dumps(about).encode())
    areas: list[BaseGeometry] = [own.area for own in project.jurisdictions.values()]
    areas += [own.area for own in project.blocks.values()]
    areas += [own.geometry for own in project.features if own.layer == "district"]
    for wkb in shapely.to_wkb(areas).tolist():
        digest.update(wkb)
    folder = Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False))
    return folder / "cells" / f"{digest.hexdigest()}.land"


def _pack(land: KeptLand) -> bytes:
    """Return what is kept as arrays and JSON, without anything that could run."""
    cells = land.cells
    about = {
        "north_rad": land.north_rad,
        "vertices": cells.vertices,
        "jurisdiction": cells.jurisdiction,
        "parts": [
            (part.block, part.jurisdiction, part.vertex, part.holds_site, part.detached)
            for part in cells.parts
        ],
        "bordering": cells.bordering,
        "outside": cells.outside is not None,
    }
    shapes: list[BaseGeometry] = [part.area for part in cells.parts]
    shapes += cells.areas
    shapes += [cells.outside] if cells.outside is not None else []
    wkb = shapely.to_wkb(shapes).tolist()
    out = io.BytesIO()
    np.savez(
        out,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        wkb=np.frombuffer(b"".join(wkb), dtype=np.uint8),
        ends=np.cumsum([len(own) for own in wkb]),
    )
    return out.getvalue()


def _unpack(data: bytes) -> KeptLand:
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        about = json.loads(found["about"].tobytes())
        wkb, ends = found["wkb"].tobytes(), found["ends"].tolist()
    shapes: list[Any] = shapely.from_wkb(
        [wkb[first:last] for first, last in zip([0, *ends[:-1]], ends, strict=True)]
    ).tolist()
    rows: Sequence[Any] = about["parts"]
    parts = tuple(
        CellPart(block, jurisdiction, area, vertex, holds_site, detached)
        for (block, jurisdiction, vertex, holds_site, detached), area in zip(
            rows, shapes, strict=False
        )
    )
    vertices = tuple(tuple(own) for own in about["vertices"])
    cells = Cells(
        vertices=vertices,
        vertex_of={site: at for at, ids in enumerate(vertices) for site in ids},
        jurisdiction=tuple(about["jurisdiction"]),
        parts=parts,
        areas=tuple(shapes[len(parts) : len(parts) + len(vertices)]),
        bordering=tuple((one, other) for one, other in about["bordering"]),
        outside=shapes[-1] if about["outside"] else None,
    )
    return KeptLand(cells, float(about["north_rad"]))
