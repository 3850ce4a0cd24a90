"""All zones on one printed map, each with its number; on gray paper with hatches.

Also the map of schools by how many of their required visits were made.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from shapely import box
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import has_streets
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import (
    BoundingBox,
    collect_basemap,
    find_label_point,
    find_zone_bounds,
)
from zoneplanner.publish.maps.map_frame import (
    MapFrame,
    clip_to_frame,
    draw_city_limits,
    draw_credit,
    draw_scale_bar,
    draw_zone_edge,
    fill_zone,
    find_label_place,
    fit_map_frame,
    list_reserved_boxes,
    stroke_shape,
)
from zoneplanner.publish.maps.printed_basemap import (
    draw_behind_zones,
    draw_mapped_ground,
    write_map_words,
)
from zoneplanner.publish.maps.site_marks import boxes_overlap, draw_site_mark, make_box_around
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    PALE,
    PAPER,
    build_pdf_path,
    draw_haloed_text,
    measure_text_width,
)
from zoneplanner.publish.summaries import summarize_sites
from zoneplanner.tokens import HATCH_TILES, MAP_STYLE, PT_PER_PX, zone_color, zone_hatch

_HATCH_TILE_PT, _HATCH_LINE_PT = 7.0, 0.4


def draw_zone_hatch(canvas: Canvas, shape: BaseGeometry, color: int) -> None:
    """Draw the hatch of a zone over its area, by its place in the palette."""
    canvas.saveState()
    canvas.clipPath(build_pdf_path(canvas, shape), stroke=0, fill=0, fillMode=0)
    canvas.setStrokeColor(HexColor(PAPER.muted))
    canvas.setLineWidth(_HATCH_LINE_PT)
    canvas.setLineCap(1)
    _draw_hatch_lines(canvas, shape.bounds, zone_hatch(color))
    canvas.restoreState()


def _draw_hatch_lines(canvas: Canvas, bounds: BoundingBox, hatch: str) -> None:
    """Draw the lines of a hatch over a box, each as one line from edge to edge.

    Drawing tile by tile would take ten thousand lines per page. A segment shorter than its tile is
    a dot, drawn as a dashed line, or a corner piece of a line that another segment draws.
    """
    left, bottom, right, top = (edge / _HATCH_TILE_PT for edge in bounds)
    columns = range(math.floor(left), math.ceil(right) + 1)
    rows = range(math.floor(bottom), math.ceil(top) + 1)
    lines: list[tuple[float, float, float, float]] = []
    for x1, y1, x2, y2 in HATCH_TILES[hatch]:
        crosses_tile = max(abs(x2 - x1), abs(y2 - y1)) >= 1
        if y1 == y2:
            if not crosses_tile:
                canvas.setDash([(x2 - x1) * _HATCH_TILE_PT, (1 + x1 - x2) * _HATCH_TILE_PT])
            start = columns[0] + x1
            lines += [(start, row + y1, right, row + y1) for row in rows]
        elif x1 == x2:
            lines += [(column + x1, bottom, column + x1, top) for column in columns]
        elif crosses_tile:
            slope = (y2 - y1) / (x2 - x1)
            for row in range(rows[0] - len(columns), rows[-1] + len(columns)):
                start = row + y1 + slope * (left - columns[0] - x1)
                end = start + slope * (right - left)
                if min(start, end) < top and max(start, end) > bottom:
                    lines.append((left, start, right, end))
    canvas.lines([tuple(end * _HATCH_TILE_PT for end in line) for line in lines])


_DrawMark = Callable[[Canvas, tuple[float, float]], None]
_OUTSIDE_FILL, _RIVER, _STREET = map(HexColor, (PAPER.outside, PAPER.water, PAPER.road_case))
_NAME_SIZE_PT = 8.5
_NUMBER_HALO_PT = 2 * MAP_STYLE.number_halo_px * PT_PER_PX
_NUMBER_SCALES, _MIN_NUMBER_PT = (1.0, 0.75, 0.55, 0.4, 0.3), 7.0
"""The factors by which zone numbers are shrunk until they fit, and their smallest size."""
_LEADER_LENGTHS_PT = (6.0, 120.0, 3.0)
"""Distances tried for a number outside its zone if it has no room in it: from, to, step."""


def draw_district_map(
    canvas: Canvas,
    handout: Handout,
    frame: BoundingBox,
    *,
    large: Collection[str] = (),
    marks: Mapping[str, _DrawMark] | None = None,
    small_pt: float = 1.7,
    number_pt: float = 13,
    streets: bool = False,
    around: BoundingBox | None = None,
) -> None:
    """Draw the zones into a frame of the page; sites in ``large`` have their zone's color.

    With ``marks``, only those sites are drawn, by their own functions, and zones are paler. A map
    ``around`` a box in meters shows that box and names the large sites.
    """
    view = fit_map_frame(around or find_zone_bounds(handout), frame, margin_pt=10)
    basemap = collect_basemap(handout, view.window_m)
    colors = {zone.id: zone.color for zone in handout.plan.zones}
    with clip_to_frame(canvas, frame, PALE):
        clear = draw_behind_zones(canvas, view, handout, basemap.outside, _OUTSIDE_FILL)
        for zone, area in handout.outlines.items():
            shape = view.to_page_shape(area)
            fill_zone(canvas, shape, colors[zone], themed=marks is not None, clear=clear)
            if handout.is_gray and marks is None:
                draw_zone_hatch(canvas, shape, colors[zone])
        has_basemap = streets and has_streets(handout.basemap)
        if has_basemap:
            draw_mapped_ground(canvas, view, handout.basemap, basemap.outside, on_pictures=clear)
        else:
            stroke_shape(canvas, view.to_page_shape(basemap.river), _RIVER, 1.4)
        for street in basemap.streets if streets and not has_basemap else ():
            stroke_shape(canvas, view.to_page_shape(street.line), _STREET, 0.6)
        for zone, area in handout.outlines.items():
            draw_zone_edge(canvas, view, area, colors[zone], cased=clear and handout.is_gray)
        draw_city_limits(canvas, view, basemap.cities)
        taken = [
            *list_reserved_boxes(view, handout.credit, handout.formats, handout.outlines.values()),
            *(
                _draw_marks(canvas, view, handout, marks)
                if marks is not None
                else _draw_sites(canvas, view, handout, large, small_pt)
            ),
        ]
        canvas.setFillColor(INK)
        if around:
            taken += _name_sites(canvas, view, handout, large, taken)
        taken += _write_numbers(canvas, view, handout, taken, number_pt)
        if has_basemap:
            write_map_words(canvas, view, handout.basemap, taken)
        draw_scale_bar(canvas, view, handout.formats, handout.outlines.values())
        if number_pt > 15:
            draw_credit(canvas, view, handout.credit)


def _write_numbers(
    canvas: Canvas,
    view: MapFrame,
    handout: Handout,
    taken: Sequence[BoundingBox],
    number_pt: float,
) -> list[BoundingBox]:
    """Write the numbers of zones, smaller for many small zones; return the boxes that they cover.

    None overlaps another: a number without room at the smallest size is placed next to its zone,
    with a line to it.
    """
    for scale in _NUMBER_SCALES:
        size = max(number_pt * scale, min(number_pt, _MIN_NUMBER_PT))
        placed = _place_numbers(view, handout, taken, size)
        if None not in placed.values():
            break
    covered = [each for each in placed.values() if each is not None]
    halo = _NUMBER_HALO_PT * size / number_pt
    for zone in [zone for zone, number_box in placed.items() if number_box is None]:
        extent = measure_text_width(zone, BOLD_FONT, size) + 4, size
        outside = _draw_leader(canvas, view, handout.outlines[zone], extent, [*taken, *covered])
        placed[zone] = outside
        covered += [] if outside is None else [outside]
    canvas.setFillColor(INK)
    for zone, number_box in placed.items():
        if number_box is not None:
            x, y = (number_box[0] + number_box[2]) / 2, (number_box[1] + number_box[3]) / 2
            baseline = y - size * 0.38
            draw_haloed_text(canvas, x, baseline, zone, font=BOLD_FONT, size=size, halo_pt=halo)
    return covered


def _draw_leader(
    canvas: Canvas,
    view: MapFrame,
    area: BaseGeometry,
    extent: tuple[float, float],
    taken: Sequence[BoundingBox],
) -> BoundingBox | None:
    """Draw a line from a zone to the nearest free place for its number; return its box."""
    x, y = view.to_page(*find_label_point(area.intersection(box(*view.window_m))))
    for length in np.arange(*_LEADER_LENGTHS_PT):
        for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
            place = float(x + length * np.cos(angle)), float(y + length * np.sin(angle))
            number_box = make_box_around(*place, *extent)
            if view.contains(number_box) and not any(boxes_overlap(number_box, b) for b in taken):
                canvas.setStrokeColor(INK)
                canvas.setLineWidth(0.5)
                canvas.line(x, y, *place)
                canvas.circle(x, y, 1.0, stroke=0, fill=1)
                return number_box
    return None


def _place_numbers(
    view: MapFrame, handout: Handout, taken: Sequence[BoundingBox], size: float
) -> dict[str, BoundingBox | None]:
    """Return the box of each visible zone's number, or None if it would overlap another."""
    window_m = box(*view.window_m)
    placed: dict[str, BoundingBox | None] = {}
    for zone, area in handout.outlines.items():
        if area.intersects(window_m):
            extent = measure_text_width(zone, BOLD_FONT, size) + 4, size
            others = [each for each in placed.values() if each is not None]
            place = find_label_place(view, area, extent, [*taken, *others]) or view.to_page(
                *find_label_point(area.intersection(window_m))
            )
            number_box = make_box_around(*place, *extent)
            free = not any(boxes_overlap(number_box, other) for other in others)
            placed[zone] = number_box if free else None
    return placed


def _draw_sites(
    canvas: Canvas, view: MapFrame, handout: Handout, large: Collection[str], small_pt: float
) -> list[BoundingBox]:
    """Draw the marks; return the boxes that a name must not cover: the large ones, or else all."""
    colors = {zone.id: zone.color for zone in handout.plan.zones}
    cards = [
        card
        for card in summarize_sites(handout)
        if card.zone is not None and card.site.has_position
    ]
    covered = []
    for card in sorted(cards, key=lambda card: card.site.id in large):
        place = view.to_page(*card.site.position)
        radius = 4.4 if card.site.id in large else small_pt
        if card.site.id in large or not large:
            covered.append(make_box_around(*place, 3 * radius, 3 * radius))
        assert card.zone is not None
        if card.site.id in large:
            color = zone_color(colors[card.zone.id])
            draw_site_mark(canvas, place, card.shape, color, radius=radius)
        else:
            draw_site_mark(canvas, place, card.shape, PAPER.base, radius=radius)
    return covered


def _name_sites(
    canvas: Canvas,
    view: MapFrame,
    handout: Handout,
    named: Collection[str],
    taken: list[BoundingBox],
) -> list[BoundingBox]:
    """Write the names of sites next to their marks if they fit; return the boxes they cover."""
    covered: list[BoundingBox] = []
    for site in (handout.project.sites[key] for key in sorted(named)):
        x, y = view.to_page(*site.position)
        width = measure_text_width(site.name, BOLD_FONT, _NAME_SIZE_PT) + 4
        beside = width / 2 + 8
        left, right = view.frame[0] + width / 2 + 1 - x, view.frame[2] - width / 2 - 1 - x
        shift = min(max(0.0, left), right)  # moves a name above or below its mark into the frame
        for across, up in ((beside, 0.0), (-beside, 0.0), (shift, 13.0), (shift, -13.0)):
            name_box = make_box_around(x + across, y + up, width, _NAME_SIZE_PT + 3)
            inside = view.frame[0] < name_box[0] and name_box[2] < view.frame[2]
            if inside and not any(boxes_overlap(name_box, one) for one in (*taken, *covered)):
                low = y + up - 0.36 * _NAME_SIZE_PT
                draw_haloed_text(
                    canvas, x + across, low, site.name, font=BOLD_FONT, size=_NAME_SIZE_PT
                )
                covered.append(name_box)
                break
    return covered


def _draw_marks(
    canvas: Canvas, view: MapFrame, handout: Handout, marks: Mapping[str, _DrawMark]
) -> list[BoundingBox]:
    covered = []
    for site_id, draw in marks.items():
        site = handout.project.sites[site_id]
        if site.has_position:
            place = view.to_page(*site.position)
            draw(canvas, place)
            covered.append(make_box_around(*place, 10, 10))
    return covered


@dataclass(frozen=True, slots=True)
class CoverageClass:
    """A class of schools, and a mark that differs from the others in gray, too."""

    key: str
    title: str
    shape: str
    color: str
    radius_pt: float

    def draw_mark(self, canvas: Canvas, place: tuple[float, float]) -> None:
        """Draw the mark of a school in the class."""
        draw_site_mark(canvas, place, self.shape, self.color, radius=self.radius_pt)


COVERAGE_CLASSES = (
    CoverageClass("none", "no visit", "square", PAPER.lateness[4], 4.4),
    CoverageClass("few", "under half", "circle", PAPER.lateness[3], 4.0),
    CoverageClass("most", "half to 90%", "circle", PAPER.lateness[1], 3.2),
    CoverageClass("all", "90% or more", "circle", PAPER.lateness[0], 2.6),
    CoverageClass("unknown", "too few to tell", "triangle", PAPER.lateness[0], 2.6),
)
"""From the most urgent class to the least: from dark and large to light and small."""


def draw_coverage_map(
    canvas: Canvas, handout: Handout, frame: BoundingBox, classes: Mapping[str, str]
) -> None:
    """Draw the zones and each school in ``classes``, by the key of its class."""
    by_key = {each.key: each for each in COVERAGE_CLASSES}
    marks = {site: by_key[key].draw_mark for site, key in classes.items()}
    draw_district_map(canvas, handout, frame, marks=marks, number_pt=15)
