"""A cache of projects' cells on this computer, by the hash of everything that they depend on.

For a thousand schools, computing the cells takes longer than the rest of opening; for 67 schools it
takes 58 ms, and reading them from the cache 4 ms. A file that is damaged or was made by other code
is ignored.
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

_LEAST_SITES = 20
"""With fewer sites, computing the cells is faster than looking for them."""
_MOST_FILES = 12
_DIGEST_BYTES = 32


class CachedLand(NamedTuple):
    """A project's cells, and the angle of true north at its center.

    The library that computes the angle takes 60 ms to load.
    """

    cells: Cells
    north_rad: float


def read_cached_land(project: Project) -> CachedLand | None:
    """Return a project's land from the cache, or None if it is not there."""
    if len(project.patrolled) < _LEAST_SITES:
        return None
    try:
        content = _find_file(project).read_bytes()
    except OSError:
        return None
    digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    # data with the right digest is exactly what this code wrote: any later error is a bug
    return _unpack(data) if hashlib.sha256(data).digest() == digest else None


def cache_land(project: Project, cells: Cells) -> None:
    """Write a project's land to the cache, if possible."""
    if len(project.patrolled) < _LEAST_SITES:
        return
    with suppress(OSError, UserError):
        file = _find_file(project)
        if file.exists():
            return
        make_private_folder(file.parent)
        land = CachedLand(cells, find_project_north_rad(project))
        packed = _pack(land)
        write_file_atomically(file, hashlib.sha256(packed).digest() + packed)
        files = sorted(file.parent.glob("*.*"), key=lambda each: each.stat().st_mtime)
        for old in files[:-_MOST_FILES]:
            old.unlink(missing_ok=True)


def _find_file(project: Project) -> Path:
    """Return the cache file for a project; its name is a hash of everything its cells depend on."""
    digest = hashlib.sha256()
    with suppress(OSError):  # a packaged program has no source files; it has a folder by version
        digest.update(getsource(cells_and_outlines).encode())
    sites = [
        (site.id, site.x_m, site.y_m, site.patrolled, site.decision and site.decision.jurisdiction)
        for site in project.sites.values()
    ]
    blocks = [(block.id, block.jurisdiction) for block in project.blocks.values()]
    facts = [project.crs, sites, list(project.jurisdictions), blocks]
    digest.update(json.dumps(facts).encode())
    areas: list[BaseGeometry] = [each.area for each in project.jurisdictions.values()]
    areas += [block.area for block in project.blocks.values()]
    areas += [each.geometry for each in project.features if each.layer == "district"]
    for wkb in shapely.to_wkb(areas).tolist():
        digest.update(wkb)
    folder = Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False))
    return folder / "cells" / f"{digest.hexdigest()}.land"


def _pack(land: CachedLand) -> bytes:
    """Return land as arrays and JSON, which cannot contain code."""
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
        ends=np.cumsum([len(each) for each in wkb]),
    )
    return out.getvalue()


def _unpack(data: bytes) -> CachedLand:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        wkb, ends = arrays["wkb"].tobytes(), arrays["ends"].tolist()
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
    vertices = tuple(map(tuple, about["vertices"]))
    cells = Cells(
        vertices=vertices,
        vertex_of={site: index for index, sites in enumerate(vertices) for site in sites},
        jurisdiction=tuple(about["jurisdiction"]),
        parts=parts,
        areas=tuple(shapes[len(parts) : len(parts) + len(vertices)]),
        bordering=tuple(map(tuple, about["bordering"])),
        outside=shapes[-1] if about["outside"] else None,
    )
    return CachedLand(cells, float(about["north_rad"]))
