"""An aerial picture with its place (GeoTIFF), cut into tiles in the guarded process."""

import io
import json
import math
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    run_guarded,
)
from zoneplanner.staging import make_work_folder

GEOTIFF_SUFFIXES = (".tif", ".tiff")
_TILES_FILE = "tiles.mbtiles"
_MOST_BYTES, _MOST_DOTS, _MOST_TILES, _MOST_ZOOM = 2_000_000_000, 200_000_000, 4_000, 20
_LIMITS = ProcessLimits(seconds=300.0, memory_bytes=3_500_000_000)
_TILE_PX, _STEPS, _QUALITY = 256, 9, 82
_HALF_WORLD_M = math.pi * 6_378_137.0
_WEB_MERCATOR = 3857
_SCALE, _TIE_POINTS, _MATRIX, _KEYS = 33550, 33922, 34264, 34735
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1025, 2048, 3072
_POINT, _USER_DEFINED = 2, 32767
_Tile = tuple[int, int, int]


def read_geotiff(
    path: Path,
    target: Path,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> int:
    """Cut a picture into tiles of the web's grid, as an MBTiles file; return how many.

    Raises
    ------
    UserError
        It is no picture, does not say where it lies, or takes more than a file may.
    """
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "picture.tif",
            most_bytes=_MOST_BYTES,
            keep_off=keep_off,
            wanted="a GeoTIFF",
        )
        task = GuardedTask(cut_geotiff, {}, _LIMITS, what="picture")
        tiles = 0
        for answer in map(json.loads, run_guarded(task, copy, path.name, report)):
            tiles = answer["tiles"]
            report(INDETERMINATE, f"{tiles:,} tiles")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(copy.with_name(_TILES_FILE), target)
    return tiles


def cut_geotiff(copy: Path, name: str) -> Iterator[Any]:
    """Write the tiles of a picture beside it; the guarded process's own part."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MOST_DOTS
    try:
        with Image.open(copy, formats=("TIFF",)) as picture:
            if picture.width * picture.height > _MOST_DOTS:
                raise UserError("too_large.dots", file=name, most=_MOST_DOTS)
            place = _read_place(picture.tag_v2, name)  # type: ignore[attr-defined]
            dots = np.asarray(picture.convert("RGBA" if picture.mode == "RGBA" else "RGB"))
    except Image.DecompressionBombError:
        raise UserError("too_large.dots", file=name, most=_MOST_DOTS) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UserError("unreadable_file.no_geotiff", file=name) from error
    grid = _PictureGrid.build(place, dots)
    with closing(sqlite3.connect(copy.with_name(_TILES_FILE))) as base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER,"
            " tile_data BLOB, PRIMARY KEY (zoom_level, tile_column, tile_row))"
        )
        about = {"name": name, "format": "png", "maxzoom": str(grid.zoom), "attribution": name}
        base.executemany("INSERT INTO metadata VALUES (?, ?)", list(about.items()))
        made: dict[_Tile, NDArray[np.uint8]] = {}
        for count, tile in enumerate(grid.list_tiles()):
            found = grid.draw(tile)
            if found is not None:
                made[tile] = found
                _store(base, tile, found)
            if count % 200 == 0:
                yield {"tiles": len(made)}
        total = len(made)
        for zoom in range(grid.zoom, 0, -1):
            made = _halve(made, zoom)
            for tile, found in made.items():
                _store(base, tile, found)
            total += len(made)
        base.commit()
    if not total:
        raise UserError("unreadable_file.no_geotiff", file=name)
    yield {"tiles": total}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a picture lies: EPSG code, and x, y = origin + column * by_column + row * by_row."""

    epsg: int
    origin: tuple[float, float]
    by_column: tuple[float, float]
    by_row: tuple[float, float]

    def find_dots(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return columns and rows, with fractions, of positions."""
        (a, d), (b, e) = self.by_column, self.by_row
        dx, dy = x - self.origin[0], y - self.origin[1]
        whole = a * e - b * d
        return (e * dx - b * dy) / whole, (a * dy - d * dx) / whole


def _read_place(tags: Any, name: str) -> _Place:
    """Read the tags of GeoTIFF (OGC 19-008r4): scale and tie point, or a matrix, and the keys."""
    words = tags.get(_KEYS) or ()
    keys = {words[at]: words[at + 3] for at in range(4, len(words) - 3, 4) if words[at + 1] == 0}
    epsg = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC) or _USER_DEFINED
    scale, tie, matrix = tags.get(_SCALE), tags.get(_TIE_POINTS), tags.get(_MATRIX)
    if matrix is not None and len(matrix) >= 8:
        origin, by_column = (matrix[3], matrix[7]), (matrix[0], matrix[4])
        by_row = (matrix[1], matrix[5])
    elif scale is not None and tie is not None and len(scale) >= 2 and len(tie) >= 6:
        origin = (tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1])
        by_column, by_row = (scale[0], 0.0), (0.0, -scale[1])
    else:
        raise UserError("unreadable_file.no_place_of_picture", file=name)
    if epsg == _USER_DEFINED or by_column[0] * by_row[1] - by_row[0] * by_column[1] == 0:
        raise UserError("unreadable_file.no_place_of_picture", file=name)
    if keys.get(_RASTER_TYPE) == _POINT:
        half = [(c + r) / 2 for c, r in zip(by_column, by_row, strict=True)]
        origin = (origin[0] - half[0], origin[1] - half[1])
    return _Place(int(epsg), origin, by_column, by_row)


@dataclass(frozen=True, eq=False, slots=True)
class _PictureGrid:
    """A picture's dots, how web positions lead to them, its zoom, and its bounds on the web."""

    place: _Place
    dots: NDArray[np.uint8]
    from_web: Any
    zoom: int
    bounds: tuple[float, float, float, float]

    @staticmethod
    def build(place: _Place, dots: NDArray[np.uint8]) -> "_PictureGrid":
        from pyproj import CRS, Transformer

        crs = CRS.from_epsg(place.epsg)
        to_web = Transformer.from_crs(crs, _WEB_MERCATOR, always_xy=True)
        high, wide = dots.shape[:2]
        columns, rows = np.meshgrid(np.linspace(0, wide, _STEPS), np.linspace(0, high, _STEPS))
        x = place.origin[0] + columns * place.by_column[0] + rows * place.by_row[0]
        y = place.origin[1] + columns * place.by_column[1] + rows * place.by_row[1]
        xs, ys = to_web.transform(x.ravel(), y.ravel())
        bounds = (min(xs), min(ys), max(xs), max(ys))
        dot_m = max((bounds[2] - bounds[0]) / wide, 1e-3)
        zoom = math.ceil(math.log2(2 * _HALF_WORLD_M / _TILE_PX / dot_m) - 0.25)
        zoom = min(max(zoom, 1), _MOST_ZOOM)
        while zoom > 1 and _count_tiles(bounds, zoom) > _MOST_TILES:
            zoom -= 1
        from_web = Transformer.from_crs(_WEB_MERCATOR, crs, always_xy=True)
        return _PictureGrid(place, dots, from_web, zoom, bounds)

    def list_tiles(self) -> Iterator[_Tile]:
        """Yield the tiles that the picture reaches into."""
        left, top, right, bottom = _find_tile_span(self.bounds, self.zoom)
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                yield self.zoom, column, row

    def draw(self, tile: _Tile) -> NDArray[np.uint8] | None:
        """Return the dots of a tile with their opacity, shape (256, 256, 4); None without any."""
        zoom, column, row = tile
        side = 2 * _HALF_WORLD_M / 2**zoom
        edges = np.linspace(0, side, _STEPS)
        x, y = np.meshgrid(
            column * side - _HALF_WORLD_M + edges, _HALF_WORLD_M - row * side - edges
        )
        there = self.from_web.transform(x.ravel(), y.ravel())
        found = self.place.find_dots(*(np.reshape(own, x.shape) for own in there))
        columns, rows = (np.floor(_spread(own)).astype(np.int64) for own in found)
        high, wide = self.dots.shape[:2]
        inside = (columns >= 0) & (columns < wide) & (rows >= 0) & (rows < high)
        if not inside.any():
            return None
        drawn = np.zeros((_TILE_PX, _TILE_PX, 4), dtype=np.uint8)
        taken = self.dots[rows[inside], columns[inside]]
        drawn[inside, : taken.shape[-1]] = taken
        if taken.shape[-1] == 3:
            drawn[inside, 3] = 255
        return drawn


def _spread(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate a coarse grid of a tile's corners to the middle of each of its dots."""
    at = (np.arange(_TILE_PX) + 0.5) / _TILE_PX * (_STEPS - 1)
    low = np.minimum(at.astype(np.int64), _STEPS - 2)
    share = at - low
    across = coarse[:, low] * (1 - share) + coarse[:, low + 1] * share
    return np.asarray(across[low] * (1 - share[:, None]) + across[low + 1] * share[:, None])


def _find_tile_span(
    bounds: tuple[float, float, float, float], zoom: int
) -> tuple[int, int, int, int]:
    side = 2 * _HALF_WORLD_M / 2**zoom
    west, south, east, north = bounds
    last = 2**zoom - 1
    found = (
        (west + _HALF_WORLD_M) // side,
        (_HALF_WORLD_M - north) // side,
        (east + _HALF_WORLD_M) // side,
        (_HALF_WORLD_M - south) // side,
    )
    left, top, right, bottom = (min(max(int(own), 0), last) for own in found)
    return left, top, right, bottom


def _count_tiles(bounds: tuple[float, float, float, float], zoom: int) -> int:
    left, top, right, bottom = _find_tile_span(bounds, zoom)
    return (right - left + 1) * (bottom - top + 1)


def _halve(made: dict[_Tile, NDArray[np.uint8]], zoom: int) -> dict[_Tile, NDArray[np.uint8]]:
    """Return the tiles of the zoom above, each out of up to four."""
    half = _TILE_PX // 2
    above: dict[_Tile, NDArray[np.uint8]] = {}
    for (_, column, row), dots in made.items():
        parent = (zoom - 1, column // 2, row // 2)
        whole = above.setdefault(parent, np.zeros((_TILE_PX, _TILE_PX, 4), dtype=np.uint8))
        small = dots.reshape(half, 2, half, 2, 4).astype(np.uint16)
        left, top = half * (column % 2), half * (row % 2)
        whole[top : top + half, left : left + half] = (small.sum(axis=(1, 3)) // 4).astype(np.uint8)
    return above


def _store(base: sqlite3.Connection, tile: _Tile, dots: NDArray[np.uint8]) -> None:
    """Keep a tile: as JPEG, or as PNG where it is not whole."""
    from PIL import Image

    zoom, column, row = tile
    out = io.BytesIO()
    if dots[:, :, 3].min() == 255:
        Image.fromarray(dots[:, :, :3]).save(out, "JPEG", quality=_QUALITY)
    else:
        Image.fromarray(dots).save(out, "PNG")
    place = (zoom, column, 2**zoom - 1 - row)
    base.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (*place, out.getvalue()))
