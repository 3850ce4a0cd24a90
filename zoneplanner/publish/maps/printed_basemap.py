"""The basemap on a printed map: kinds, widths and colors as on the window's, in vectors.

Aerial pictures below the zones of a printed map, out of a file of tiles on this computer.
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

_DETAIL_PT = 0.25
_PLATE_PT, _PLACE_PT = 5.5, 6.0
_SHIELD_SHARES = (0.5, 0.25, 0.75, 0.1, 0.9)
_SERVICES_BELOW_M_PX = 20.0
_MOST_NAMES = 150


def draw_ground(canvas: Canvas, view: MapFrame, found: BasemapByKind) -> None:
    """Draw parks, water and, near enough, buildings."""
    m_px = _m_px(view)
    for kind in BASEMAP_AREAS:
        if kind in found and m_px < AREAS_BELOW_M_PX[kind]:
            shapes = _list_in_view(found[kind], view)[1]
            large = shapes[shapely.area(shapes) > (1.5 * m_px) ** 2]
            if len(large):
                whole = shapely.union_all(_to_page(large, view))
                fill_shape(canvas, whole, HexColor(getattr(PAPER, kind)))
    _draw_lines(canvas, view, found, ("stream",))


def draw_streets(canvas: Canvas, view: MapFrame, found: BasemapByKind) -> None:
    """Draw rail lines and streets, all cases below all streets."""
    _draw_lines(canvas, view, found, [kind for kind in BASEMAP_LINES if kind != "stream"])


def draw_mapped_ground(
    canvas: Canvas,
    view: MapFrame,
    found: BasemapByKind,
    outside: BaseGeometry,
    *,
    on_pictures: bool,
) -> None:
    """Draw ground and streets, fainter outside; on pictures streets alone."""
    if on_pictures:
        draw_streets(canvas, view, found)
        return
    draw_ground(canvas, view, found)
    draw_streets(canvas, view, found)
    fade_outside(canvas, view, outside)


def fade_outside(canvas: Canvas, view: MapFrame, outside: BaseGeometry) -> None:
    """Let what is outside the district step back."""
    red, green, blue = HexColor(PAPER.outside).rgb()
    veil = Color(red, green, blue, alpha=1 - MAP_STYLE.outside_share)
    fill_shape(canvas, view.to_page_shape(outside), veil)


def list_named_streets(found: BasemapByKind, view: MapFrame) -> list[NamedLine]:
    """Return the streets in view that are named at its scale, the main ones first."""
    named: list[NamedLine] = []
    for kind in reversed(BASEMAP_LINES):
        if kind not in found or _m_px(view) >= MAP_STYLE.streets[kind].named_below_m_px:
            continue
        at, shapes = _list_in_view(found[kind], view)
        cut = shapely.intersection(shapes, box(*view.window_m))
        names = [found[kind].names[one] for one in at.tolist()]
        order = np.argsort(-shapely.length(cut), kind="stable").tolist()
        named += [NamedLine(names[one], cut[one]) for one in order if names[one]]
    return [one for one in named if one.line.length > 0][:_MOST_NAMES]


def write_map_words(
    canvas: Canvas, view: MapFrame, found: BasemapByKind, taken: Sequence[BoundingBox]
) -> list[BoundingBox]:
    """Write numbers of freeways, signs of hospitals and stations, names of places.

    Nothing is written over what is ``taken``; returned is what the words cover.
    """
    covered: list[BoundingBox] = []

    def fits(x: float, y: float, wide: float, high: float) -> bool:
        own = make_box_around(x, y, wide, high)
        inside = view.frame[0] < own[0] and view.frame[1] < own[1]
        inside = inside and own[2] < view.frame[2] and own[3] < view.frame[3]
        free = inside and not any(boxes_overlap(own, one) for one in (*taken, *covered))
        if free:
            covered.append(own)
        return free

    shown: list[tuple[str, float, float]] = []
    for ref, x, y in _list_shields(found, view):
        near = any(name == ref and math.hypot(x - a, y - b) < 180 for name, a, b in shown)
        wide = measure_text_width(ref, BOLD_FONT, _PLATE_PT) + 6
        if not near and fits(x, y, wide, 9):
            shown.append((ref, x, y))
            _draw_plate(canvas, x, y, ref, PAPER.freeway_case)
    for kind in BASEMAP_SERVICES if _m_px(view) < _SERVICES_BELOW_M_PX else ():
        for _, x, y in _list_points(found, kind, view):
            if fits(x, y, 10, 9):
                _draw_plate(canvas, x, y, SERVICE_SIGNS[kind], PAPER.muted)
    canvas.setFillColor(QUIET)
    for kind in BASEMAP_PLACES:
        for name, x, y in _list_points(found, kind, view):
            words = name.upper()
            if fits(x, y, measure_text_width(words, REGULAR_FONT, _PLACE_PT) + 4, 8):
                draw_haloed_text(canvas, x, y - 2, words, font=REGULAR_FONT, size=_PLACE_PT)
    return covered


def _m_px(view: MapFrame) -> float:
    return PT_PER_PX / view.points_per_m


def _list_in_view(
    own: BasemapFeatures, view: MapFrame
) -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.intp]]", "np.ndarray[tuple[int], np.dtype[np.object_]]"
]:
    """Return the numbers and shapes of the features that the window touches."""
    at = np.flatnonzero(shapely.intersects(own.shapes, box(*view.window_m)))
    return at, own.shapes[at]


def _to_page(
    shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]", view: MapFrame
) -> list[BaseGeometry]:
    """Return shapes in points, cut to the window, without what no printer shows."""
    simple = shapely.simplify(shapes, _DETAIL_PT / view.points_per_m)
    cut = shapely.clip_by_rect(simple, *view.window_m)
    placed = shapely.transform(
        cut, lambda at: (at - (view.x_m, view.y_m)) * view.points_per_m + view.frame[:2]
    )
    return [shape for shape in placed.tolist() if not shape.is_empty]


def _draw_lines(canvas: Canvas, view: MapFrame, found: BasemapByKind, kinds: Sequence[str]) -> None:
    m_px = _m_px(view)
    drawn = []
    for kind in kinds:
        width, style = MAP_STYLE.compute_street_px(kind, m_px), MAP_STYLE.streets[kind]
        if width and kind in found:
            parts = shapely.get_parts(_to_page(_list_in_view(found[kind], view)[1], view))
            lines = parts[shapely.get_dimensions(parts) == 1]
            if len(lines):
                drawn.append((shapely.multilinestrings(lines), width, style))
    for whole, width, style in drawn:
        thin = width < MAP_STYLE.thin_px
        wide = width if thin else width + 2 * MAP_STYLE.street_case_px
        color = choose_thin_color(PAPER, style) if thin else getattr(PAPER, style.case)
        stroke_shape(canvas, whole, HexColor(color), wide * PT_PER_PX)
    for whole, width, style in drawn:
        if width >= MAP_STYLE.thin_px:
            stroke_shape(canvas, whole, HexColor(getattr(PAPER, style.color)), width * PT_PER_PX)


def _list_shields(found: BasemapByKind, view: MapFrame) -> Iterator[tuple[str, float, float]]:
    """Yield numbers of freeways with places of the page along them."""
    if "freeway" not in found:
        return
    at, shapes = _list_in_view(found["freeway"], view)
    for one, shape in zip(at.tolist(), _to_page(shapes, view), strict=False):
        ref = found["freeway"].refs[one]
        parts = shapely.get_parts(shape)
        longest = max(parts, key=lambda part: part.length)
        for share in _SHIELD_SHARES if ref else ():
            spot = longest.interpolate(share, normalized=True)
            yield ref, spot.x, spot.y


def _list_points(
    found: BasemapByKind, kind: str, view: MapFrame
) -> Iterator[tuple[str, float, float]]:
    if kind in found:
        at, shapes = _list_in_view(found[kind], view)
        for one, shape in zip(at.tolist(), shapes.tolist(), strict=True):
            yield (found[kind].names[one], *view.to_page(shape.x, shape.y))


def _draw_plate(canvas: Canvas, x: float, y: float, text: str, rim: str) -> None:
    wide = max(8.0, measure_text_width(text, BOLD_FONT, _PLATE_PT) + 4)
    canvas.setFillColor(HexColor(PAPER.base))
    canvas.setStrokeColor(HexColor(rim))
    canvas.setLineWidth(0.7)
    canvas.roundRect(x - wide / 2, y - 4, wide, 8, 1.8, stroke=1, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, _PLATE_PT)
    canvas.drawCentredString(x, y - 2, text)


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
