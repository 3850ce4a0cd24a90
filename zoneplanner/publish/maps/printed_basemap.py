"""The basemap of a printed map, in vectors with the kinds, widths and colors of the window's map.

Also aerial pictures below the zones, from a file of tiles on this computer.
"""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import numpy as np
import shapely
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import BasemapByKind, BasemapFeatures
from zoneplanner.analysis.geometry.crs import (
    TileIndex,
    choose_zoom,
    compute_tile_corners,
    from_lonlat,
    list_covering_tiles,
    to_lonlat,
)
from zoneplanner.domain.geography.basemap import (
    AREAS_BELOW_M_PX,
    BASEMAP_AREAS,
    BASEMAP_LINES,
    BASEMAP_PLACES,
    BASEMAP_SERVICES,
    SERVICE_SIGNS,
)
from zoneplanner.publish.handout import Handout, PublishedPictures
from zoneplanner.publish.maps.backdrop import NamedLine
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.maps.map_frame import MapFrame, fill_shape, stroke_shape
from zoneplanner.publish.maps.site_marks import boxes_overlap, make_box_around
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    PAPER,
    QUIET,
    REGULAR_FONT,
    draw_haloed_text,
    measure_text_width,
)
from zoneplanner.tokens import MAP_STYLE, PT_PER_PX, choose_thin_color

_TOLERANCE_PT = 0.25
_PLATE_SIZE_PT, _PLACE_SIZE_PT = 5.5, 6.0
_SHIELD_SHARES = (0.5, 0.25, 0.75, 0.1, 0.9)
_SERVICES_BELOW_M_PX = 20.0
_MAX_NAMES = 150


def draw_ground(canvas: Canvas, view: MapFrame, basemap: BasemapByKind) -> None:
    """Draw parks and water and, at large scales, buildings."""
    m_px = _compute_m_px(view)
    for kind in BASEMAP_AREAS:
        if kind in basemap and m_px < AREAS_BELOW_M_PX[kind]:
            shapes = _list_in_view(basemap[kind], view)[1]
            large = shapes[shapely.area(shapes) > (1.5 * m_px) ** 2]
            if len(large):
                whole = shapely.union_all(_to_page(large, view))
                fill_shape(canvas, whole, HexColor(getattr(PAPER, kind)))
    _draw_lines(canvas, view, basemap, ("stream",))


def draw_streets(canvas: Canvas, view: MapFrame, basemap: BasemapByKind) -> None:
    """Draw rail lines and streets, with all casings below all streets."""
    _draw_lines(canvas, view, basemap, [kind for kind in BASEMAP_LINES if kind != "stream"])


def draw_mapped_ground(
    canvas: Canvas,
    view: MapFrame,
    basemap: BasemapByKind,
    outside: BaseGeometry,
    *,
    on_pictures: bool,
) -> None:
    """Draw ground and streets, paler outside the district; on pictures only streets."""
    if on_pictures:
        draw_streets(canvas, view, basemap)
        return
    draw_ground(canvas, view, basemap)
    draw_streets(canvas, view, basemap)
    fade_outside(canvas, view, outside)


def fade_outside(canvas: Canvas, view: MapFrame, outside: BaseGeometry) -> None:
    """Draw a veil over the land outside the district."""
    red, green, blue = HexColor(PAPER.outside).rgb()
    veil = Color(red, green, blue, alpha=1 - MAP_STYLE.outside_share)
    fill_shape(canvas, view.to_page_shape(outside), veil)


def list_named_streets(basemap: BasemapByKind, view: MapFrame) -> list[NamedLine]:
    """Return the streets in view that are named at its scale, the main ones first."""
    named: list[NamedLine] = []
    for kind in reversed(BASEMAP_LINES):
        if kind not in basemap or _compute_m_px(view) >= MAP_STYLE.streets[kind].named_below_m_px:
            continue
        rows, shapes = _list_in_view(basemap[kind], view)
        cut = shapely.intersection(shapes, box(*view.window_m))
        names = [basemap[kind].names[row] for row in rows.tolist()]
        order = np.argsort(-shapely.length(cut), kind="stable").tolist()
        named += [NamedLine(names[row], cut[row]) for row in order if names[row]]
    return [street for street in named if street.line.length > 0][:_MAX_NAMES]


def write_map_words(
    canvas: Canvas, view: MapFrame, basemap: BasemapByKind, taken: Sequence[BoundingBox]
) -> list[BoundingBox]:
    """Write freeway numbers, signs of hospitals and stations, and names of places.

    Nothing is written over boxes that are ``taken``. Returns the boxes that the words cover.
    """
    covered: list[BoundingBox] = []

    def reserve(x: float, y: float, width: float, height: float) -> bool:
        """Reserve the box of a word if it is free and within the frame."""
        word_box = make_box_around(x, y, width, height)
        free = view.contains(word_box) and not any(
            boxes_overlap(word_box, other) for other in (*taken, *covered)
        )
        if free:
            covered.append(word_box)
        return free

    shields: list[tuple[str, float, float]] = []
    for ref, x, y in _list_shields(basemap, view):
        near = any(name == ref and math.hypot(x - a, y - b) < 180 for name, a, b in shields)
        width = measure_text_width(ref, BOLD_FONT, _PLATE_SIZE_PT) + 6
        if not near and reserve(x, y, width, 9):
            shields.append((ref, x, y))
            _draw_plate(canvas, x, y, ref, PAPER.freeway_case)
    for kind in BASEMAP_SERVICES if _compute_m_px(view) < _SERVICES_BELOW_M_PX else ():
        for _, x, y in _list_points(basemap, kind, view):
            if reserve(x, y, 10, 9):
                _draw_plate(canvas, x, y, SERVICE_SIGNS[kind], PAPER.muted)
    canvas.setFillColor(QUIET)
    for kind in BASEMAP_PLACES:
        for name, x, y in _list_points(basemap, kind, view):
            text = name.upper()
            if reserve(x, y, measure_text_width(text, REGULAR_FONT, _PLACE_SIZE_PT) + 4, 8):
                draw_haloed_text(canvas, x, y - 2, text, font=REGULAR_FONT, size=_PLACE_SIZE_PT)
    return covered


def _compute_m_px(view: MapFrame) -> float:
    return PT_PER_PX / view.points_per_m


def _list_in_view(
    features: BasemapFeatures, view: MapFrame
) -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.intp]]", "np.ndarray[tuple[int], np.dtype[np.object_]]"
]:
    """Return the row numbers and shapes of the features in the window."""
    rows = np.flatnonzero(shapely.intersects(features.shapes, box(*view.window_m)))
    return rows, features.shapes[rows]


def _to_page(
    shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]", view: MapFrame
) -> list[BaseGeometry]:
    """Return shapes in points, cut to the window, without details too small to print."""
    simplified = shapely.simplify(shapes, _TOLERANCE_PT / view.points_per_m)
    clipped = shapely.clip_by_rect(simplified, *view.window_m)
    on_page = shapely.transform(
        clipped,
        lambda positions: (positions - (view.x_m, view.y_m)) * view.points_per_m + view.frame[:2],
    )
    return [shape for shape in on_page.tolist() if not shape.is_empty]


def _draw_lines(
    canvas: Canvas, view: MapFrame, basemap: BasemapByKind, kinds: Sequence[str]
) -> None:
    m_px = _compute_m_px(view)
    layers = []
    for kind in kinds:
        width, style = MAP_STYLE.compute_street_px(kind, m_px), MAP_STYLE.streets[kind]
        if width and kind in basemap:
            parts = shapely.get_parts(_to_page(_list_in_view(basemap[kind], view)[1], view))
            lines = parts[shapely.get_dimensions(parts) == 1]
            if len(lines):
                layers.append((shapely.multilinestrings(lines), width, style))
    for whole, width, style in layers:
        is_thin = width < MAP_STYLE.thin_px
        case_width = width if is_thin else width + 2 * MAP_STYLE.street_case_px
        color = choose_thin_color(PAPER, style) if is_thin else getattr(PAPER, style.case)
        stroke_shape(canvas, whole, HexColor(color), case_width * PT_PER_PX)
    for whole, width, style in layers:
        if width >= MAP_STYLE.thin_px:
            stroke_shape(canvas, whole, HexColor(getattr(PAPER, style.color)), width * PT_PER_PX)


def _list_shields(basemap: BasemapByKind, view: MapFrame) -> Iterator[tuple[str, float, float]]:
    """Yield freeway numbers with positions on the page along the freeways."""
    if "freeway" not in basemap:
        return
    rows, shapes = _list_in_view(basemap["freeway"], view)
    for index, row in enumerate(rows.tolist()):
        ref = basemap["freeway"].refs[row]
        # a freeway that only touches the window has no part in it
        for shape in _to_page(shapes[index : index + 1], view) if ref else ():
            longest = max(shapely.get_parts(shape), key=lambda part: part.length)
            for share in _SHIELD_SHARES:
                spot = longest.interpolate(share, normalized=True)
                yield ref, spot.x, spot.y


def _list_points(
    basemap: BasemapByKind, kind: str, view: MapFrame
) -> Iterator[tuple[str, float, float]]:
    if kind in basemap:
        rows, shapes = _list_in_view(basemap[kind], view)
        for row, shape in zip(rows.tolist(), shapes.tolist(), strict=True):
            yield (basemap[kind].names[row], *view.to_page(shape.x, shape.y))


def _draw_plate(canvas: Canvas, x: float, y: float, text: str, rim: str) -> None:
    width = max(8.0, measure_text_width(text, BOLD_FONT, _PLATE_SIZE_PT) + 4)
    canvas.setFillColor(HexColor(PAPER.base))
    canvas.setStrokeColor(HexColor(rim))
    canvas.setLineWidth(0.7)
    canvas.roundRect(x - width / 2, y - 4, width, 8, 1.8, stroke=1, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, _PLATE_SIZE_PT)
    canvas.drawCentredString(x, y - 2, text)


_MAX_TILES, _MAX_TILE_BYTES, _MAX_SQL_STEPS = 80, 2_000_000, 1_000_000
_DOTS_PER_PT = 150 / 72
_SELECT_TILE = (
    "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
)


def draw_behind_zones(
    canvas: Canvas, view: MapFrame, handout: Handout, outside: BaseGeometry, color: Color
) -> bool:
    """Draw pictures or the land outside behind the zones; return whether it is pictures."""
    pictures = handout.pictures
    if pictures is None:
        fill_shape(canvas, view.to_page_shape(outside), color)
    else:
        _draw_pictures(canvas, view, pictures, handout.project.crs)
    return pictures is not None


def _draw_pictures(canvas: Canvas, view: MapFrame, pictures: PublishedPictures, crs: str) -> None:
    """Draw the pictures in a map's window, each placed by three of its corners."""
    left, low, right, high = view.window_m
    lons, lats = to_lonlat(crs, [left, right, right, left], [low, low, high, high])
    lonlat = np.column_stack([lons, lats])
    dot_m = 1 / (view.points_per_m * _DOTS_PER_PT)
    zoom = choose_zoom(dot_m, float(lonlat[:, 1].mean()), pictures.max_zoom)
    tiles: list[TileIndex] = []
    while zoom > 0 and not tiles:
        tiles = list_covering_tiles(lonlat, zoom, _MAX_TILES)
        zoom -= 1
    for tile, picture in _read_tiles(pictures.path, tiles):
        corners = compute_tile_corners(tile)
        xs, ys = from_lonlat(crs, corners[:, 0].tolist(), corners[:, 1].tolist())
        north_west, _, south_east, south_west = (
            view.to_page(float(x), float(y)) for x, y in zip(xs, ys, strict=True)
        )
        canvas.saveState()
        canvas.transform(
            south_east[0] - south_west[0],
            south_east[1] - south_west[1],
            north_west[0] - south_west[0],
            north_west[1] - south_west[1],
            *south_west,
        )
        canvas.drawImage(picture, 0, 0, 1, 1, mask="auto")
        canvas.restoreState()


def _read_tiles(path: Path, tiles: list[TileIndex]) -> Iterator[tuple[TileIndex, ImageReader]]:
    """Yield the tiles that the file has; a tile that cannot be read is left out."""
    with suppress(sqlite3.Error):
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.set_progress_handler(lambda: 1, _MAX_SQL_STEPS)
            for zoom, column, row in tiles:
                record = database.execute(
                    _SELECT_TILE, (zoom, column, 2**zoom - 1 - row)
                ).fetchone()
                if (
                    record is None
                    or not isinstance(record[0], bytes)
                    or len(record[0]) > _MAX_TILE_BYTES
                ):
                    continue
                with suppress(OSError, ValueError):
                    yield (zoom, column, row), ImageReader(BytesIO(record[0]))
