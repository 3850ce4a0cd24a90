"""Cut a georeferenced aerial picture (GeoTIFF) into tiles, in the guarded process."""

import io
import json
import math
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from numbers import Rational
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import (
    INDETERMINATE,
    GuardedTask,
    ProcessLimits,
    refuse_library_errors,
    run_guarded,
)
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

GEOTIFF_SUFFIXES = (".tif", ".tiff")
_TILES_FILE = "tiles.mbtiles"
_MOST_BYTES, _MOST_PIXELS, _MOST_TILES, _MOST_ZOOM = 2_000_000_000, 200_000_000, 4_000, 20
_LIMITS = ProcessLimits(seconds=300.0, memory_bytes=3_500_000_000)
_TILE_PX, _STEPS, _QUALITY = 256, 9, 82
_HALF_WORLD_M = math.pi * 6_378_137.0
_WEB_MERCATOR = 3857
_SCALE, _TIE_POINTS, _MATRIX, _KEYS = 33550, 33922, 34264, 34735
_TAGS = (_KEYS, _SCALE, _TIE_POINTS, _MATRIX)
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1025, 2048, 3072
_POINT, _USER_DEFINED = 2, 32767
_Tile = tuple[int, int, int]


def read_geotiff(
    path: Path,
    target: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> int:
    """Cut a picture into tiles of the web's grid, in an MBTiles file; return how many.

    Raises
    ------
    UserError
        The file is not a picture, does not say where it is, or is too large.
    """
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "picture.tif",
            most_bytes=_MOST_BYTES,
            protected=protected,
            wanted=Message("wanted_file.geotiff"),
        )
        task = GuardedTask(cut_geotiff, {}, _LIMITS, file_kind="picture")
        tiles = 0
        for answer in map(json.loads, run_guarded(task, copy, path.name, report)):
            tiles = answer["tiles"]
            report(INDETERMINATE, Message("progress.tiles", n=tiles))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(copy.with_name(_TILES_FILE), target)
    return tiles


def cut_geotiff(copy: Path, name: str) -> Iterator[Any]:
    """Write a picture's tiles next to it; only for the guarded process."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    with refuse_library_errors(UserError("unreadable_file.no_geotiff", file=name)):
        try:
            picture = Image.open(copy, formats=("TIFF",))
        except Image.DecompressionBombError:
            raise UserError("too_large.dots", file=name, most=_MOST_PIXELS) from None
        if picture.width * picture.height > _MOST_PIXELS:
            raise UserError("too_large.dots", file=name, most=_MOST_PIXELS)
        tags = {tag: picture.tag_v2.get(tag) for tag in _TAGS}  # type: ignore[attr-defined]
        pixels = np.asarray(picture.convert("RGBA" if picture.mode == "RGBA" else "RGB"))
    grid = _PictureGrid.build(_read_placement(tags, name), pixels)
    with closing(sqlite3.connect(copy.with_name(_TILES_FILE))) as base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER,"
            " tile_data BLOB, PRIMARY KEY (zoom_level, tile_column, tile_row))"
        )
        about = {"name": name, "format": "png", "maxzoom": str(grid.zoom), "attribution": name}
        base.executemany("INSERT INTO metadata VALUES (?, ?)", list(about.items()))
        tiles: dict[_Tile, NDArray[np.uint8]] = {}
        for count, tile in enumerate(grid.list_tiles()):
            tile_pixels = grid.draw(tile)
            if tile_pixels is not None:
                tiles[tile] = tile_pixels
                _store(base, tile, tile_pixels)
            if count % 200 == 0:
                yield {"tiles": len(tiles)}
        total = len(tiles)
        for zoom in range(grid.zoom, 0, -1):
            tiles = _zoom_out(tiles, zoom)
            for tile, tile_pixels in tiles.items():
                _store(base, tile, tile_pixels)
            total += len(tiles)
        base.commit()
    if not total:
        raise UserError("unreadable_file.no_geotiff", file=name)
    yield {"tiles": total}


@dataclass(frozen=True, slots=True)
class _Placement:
    """Where a picture is: EPSG code, and x, y = origin + column * by_column + row * by_row."""

    epsg: int
    origin: tuple[float, float]
    by_column: tuple[float, float]
    by_row: tuple[float, float]

    def locate_pixels(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the fractional columns and rows of positions."""
        (a, d), (b, e) = self.by_column, self.by_row
        dx, dy = x - self.origin[0], y - self.origin[1]
        determinant = a * e - b * d
        return (e * dx - b * dy) / determinant, (a * dy - d * dx) / determinant


def _read_placement(tags: Mapping[int, object], name: str) -> _Placement:
    """Read GeoTIFF tags (OGC 19-008r4): scale and tie point, or a matrix, and the keys."""
    keys_words, scale, tie, matrix = (_list_numbers(tags[tag]) for tag in _TAGS)
    keys = {
        keys_words[start]: keys_words[start + 3]
        for start in range(4, len(keys_words) - 3, 4)
        if keys_words[start + 1] == 0
    }
    epsg = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC) or _USER_DEFINED
    if len(matrix) >= 8:
        origin, by_column = (matrix[3], matrix[7]), (matrix[0], matrix[4])
        by_row = (matrix[1], matrix[5])
    elif len(scale) >= 2 and len(tie) >= 6:
        origin = (tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1])
        by_column, by_row = (scale[0], 0.0), (0.0, -scale[1])
    else:
        raise UserError("unreadable_file.no_place_of_picture", file=name)
    if epsg == _USER_DEFINED or by_column[0] * by_row[1] - by_row[0] * by_column[1] == 0:
        raise UserError("unreadable_file.no_place_of_picture", file=name)
    if keys.get(_RASTER_TYPE) == _POINT:
        half = [(c + r) / 2 for c, r in zip(by_column, by_row, strict=True)]
        origin = (origin[0] - half[0], origin[1] - half[1])
    return _Placement(int(epsg), origin, by_column, by_row)


def _list_numbers(value: object) -> tuple[float, ...]:
    """Return a tag's numbers; none if it is missing, or if a bad file has other values there."""
    values = value if isinstance(value, tuple) else ()
    numbers = tuple(float(each) for each in values if isinstance(each, Rational | float))
    return numbers if len(numbers) == len(values) else ()


@dataclass(frozen=True, eq=False, slots=True)
class _PictureGrid:
    """A picture's pixels, how to find them from web positions, its zoom, and its web bounds."""

    placement: _Placement
    pixels: NDArray[np.uint8]
    from_web: Any
    zoom: int
    bounds: tuple[float, float, float, float]

    @staticmethod
    def build(placement: _Placement, pixels: NDArray[np.uint8]) -> "_PictureGrid":
        from pyproj import CRS, Transformer

        crs = CRS.from_epsg(placement.epsg)
        to_web = Transformer.from_crs(crs, _WEB_MERCATOR, always_xy=True)
        height, width = pixels.shape[:2]
        columns, rows = np.meshgrid(np.linspace(0, width, _STEPS), np.linspace(0, height, _STEPS))
        x, y = (
            origin + columns * by_column + rows * by_row
            for origin, by_column, by_row in zip(
                placement.origin, placement.by_column, placement.by_row, strict=True
            )
        )
        xs, ys = to_web.transform(x.ravel(), y.ravel())
        bounds = (min(xs), min(ys), max(xs), max(ys))
        pixel_m = max((bounds[2] - bounds[0]) / width, 1e-3)
        zoom = math.ceil(math.log2(2 * _HALF_WORLD_M / _TILE_PX / pixel_m) - 0.25)
        zoom = min(max(zoom, 1), _MOST_ZOOM)
        while zoom > 1 and _count_tiles(bounds, zoom) > _MOST_TILES:
            zoom -= 1
        from_web = Transformer.from_crs(_WEB_MERCATOR, crs, always_xy=True)
        return _PictureGrid(placement, pixels, from_web, zoom, bounds)

    def list_tiles(self) -> Iterator[_Tile]:
        """Yield the tiles that the picture may touch."""
        left, top, right, bottom = _find_tile_span(self.bounds, self.zoom)
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                yield self.zoom, column, row

    def draw(self, tile: _Tile) -> NDArray[np.uint8] | None:
        """Return a tile's pixels with opacity, shape (256, 256, 4), or None if it has none."""
        zoom, column, row = tile
        side = 2 * _HALF_WORLD_M / 2**zoom
        edges = np.linspace(0, side, _STEPS)
        x, y = np.meshgrid(
            column * side - _HALF_WORLD_M + edges, _HALF_WORLD_M - row * side - edges
        )
        xy = self.from_web.transform(x.ravel(), y.ravel())
        coarse = self.placement.locate_pixels(*(np.reshape(each, x.shape) for each in xy))
        columns, rows = (np.floor(_interpolate(each)).astype(np.int64) for each in coarse)
        height, width = self.pixels.shape[:2]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        if not inside.any():
            return None
        drawn = np.zeros((_TILE_PX, _TILE_PX, 4), dtype=np.uint8)
        visible = self.pixels[rows[inside], columns[inside]]
        drawn[inside, : visible.shape[-1]] = visible
        if visible.shape[-1] == 3:
            drawn[inside, 3] = 255
        return drawn


def _interpolate(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate a tile's coarse grid to the center of each of its pixels."""
    position = (np.arange(_TILE_PX) + 0.5) / _TILE_PX * (_STEPS - 1)
    low = np.minimum(position.astype(np.int64), _STEPS - 2)
    share = position - low
    across = coarse[:, low] * (1 - share) + coarse[:, low + 1] * share
    return np.asarray(across[low] * (1 - share[:, None]) + across[low + 1] * share[:, None])


def _find_tile_span(
    bounds: tuple[float, float, float, float], zoom: int
) -> tuple[int, int, int, int]:
    side = 2 * _HALF_WORLD_M / 2**zoom
    west, south, east, north = bounds
    last = 2**zoom - 1
    edges = (
        (west + _HALF_WORLD_M) // side,
        (_HALF_WORLD_M - north) // side,
        (east + _HALF_WORLD_M) // side,
        (_HALF_WORLD_M - south) // side,
    )
    left, top, right, bottom = (min(max(int(edge), 0), last) for edge in edges)
    return left, top, right, bottom


def _count_tiles(bounds: tuple[float, float, float, float], zoom: int) -> int:
    left, top, right, bottom = _find_tile_span(bounds, zoom)
    return (right - left + 1) * (bottom - top + 1)


def _zoom_out(tiles: dict[_Tile, NDArray[np.uint8]], zoom: int) -> dict[_Tile, NDArray[np.uint8]]:
    """Return the tiles of the next smaller zoom, each made from up to four tiles."""
    half = _TILE_PX // 2
    parents: dict[_Tile, NDArray[np.uint8]] = {}
    for (_, column, row), pixels in tiles.items():
        parent = (zoom - 1, column // 2, row // 2)
        target = parents.setdefault(parent, np.zeros((_TILE_PX, _TILE_PX, 4), dtype=np.uint8))
        blocks = pixels.reshape(half, 2, half, 2, 4).astype(np.uint16)
        means = (blocks.sum(axis=(1, 3)) // 4).astype(np.uint8)
        left, top = half * (column % 2), half * (row % 2)
        target[top : top + half, left : left + half] = means
    return parents


def _store(base: sqlite3.Connection, tile: _Tile, pixels: NDArray[np.uint8]) -> None:
    """Store a tile as JPEG, or as PNG if the picture does not cover it."""
    zoom, column, row = tile
    out = io.BytesIO()
    if pixels[:, :, 3].min() == 255:
        Image.fromarray(pixels[:, :, :3]).save(out, "JPEG", quality=_QUALITY)
    else:
        Image.fromarray(pixels).save(out, "PNG")
    key = (zoom, column, 2**zoom - 1 - row)  # MBTiles count rows from the bottom
    base.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (*key, out.getvalue()))
