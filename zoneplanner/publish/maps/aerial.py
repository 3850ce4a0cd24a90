"""Aerial pictures below the zones of a printed map, out of a file of tiles on this computer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import numpy as np
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import (
    TileIndex,
    choose_zoom,
    compute_tile_corners,
    from_lonlat,
    list_covering_tiles,
    to_lonlat,
)
from zoneplanner.publish.handout import Handout, PublishedPictures
from zoneplanner.publish.maps.map_frame import MapFrame, fill_shape

_MOST_TILES, _MOST_BYTES, _MOST_STEPS = 80, 2_000_000, 1_000_000
_DOTS_PER_PT = 150 / 72
_SQL = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"


def draw_behind_zones(
    canvas: Canvas, view: MapFrame, handout: Handout, outside: BaseGeometry, color: Color
) -> bool:
    """Draw what zones lie on, pictures or the land outside; True where it is pictures."""
    pictures = handout.pictures
    if pictures is None:
        fill_shape(canvas, view.to_page_shape(outside), color)
    else:
        _draw_pictures(canvas, view, pictures, handout.project.crs)
    return pictures is not None


def _draw_pictures(canvas: Canvas, view: MapFrame, pictures: PublishedPictures, crs: str) -> None:
    """Draw the pictures that a map's window shows, each placed by three of its corners."""
    left, low, right, high = view.window_m
    lons, lats = to_lonlat(crs, [left, right, right, left], [low, low, high, high])
    lonlat = np.column_stack([lons, lats])
    wanted_m = 1 / (view.points_per_m * _DOTS_PER_PT)
    zoom = choose_zoom(wanted_m, float(lonlat[:, 1].mean()), pictures.max_zoom)
    tiles: list[TileIndex] = []
    while zoom > 0 and not tiles:
        tiles = list_covering_tiles(lonlat, zoom, _MOST_TILES)
        zoom -= 1
    for tile, picture in _read_tiles(pictures.path, tiles):
        corners = compute_tile_corners(tile)
        xs, ys = from_lonlat(crs, corners[:, 0].tolist(), corners[:, 1].tolist())
        north_west, _, south_east, south_west = (
            view.to_page(float(x), float(y)) for x, y in zip(xs, ys, strict=True)
        )
        canvas.saveState()
        canvas.transform(
            *(south_east[0] - south_west[0], south_east[1] - south_west[1]),
            *(north_west[0] - south_west[0], north_west[1] - south_west[1]),
            *south_west,
        )
        canvas.drawImage(picture, 0, 0, 1, 1, mask="auto")
        canvas.restoreState()


def _read_tiles(path: Path, tiles: list[TileIndex]) -> Iterator[tuple[TileIndex, ImageReader]]:
    """Yield the pictures that are there; one that cannot be read is left out."""
    with suppress(sqlite3.Error):
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            base.set_progress_handler(lambda: 1, _MOST_STEPS)
            for zoom, column, row in tiles:
                found = base.execute(_SQL, (zoom, column, 2**zoom - 1 - row)).fetchone()
                if found is None or not isinstance(found[0], bytes) or len(found[0]) > _MOST_BYTES:
                    continue
                with suppress(OSError, ValueError):
                    yield (zoom, column, row), ImageReader(BytesIO(found[0]))
