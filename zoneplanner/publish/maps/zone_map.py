"""The map on a zone's printed page: the zone in color, its sites numbered, the rest in gray."""

import math
from collections.abc import Mapping, Sequence

import shapely
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import has_streets
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.backdrop import NamedLine
from zoneplanner.publish.maps.basemap import (
    BoundingBox,
    collect_basemap,
    find_zone_bounds,
)
from zoneplanner.publish.maps.map_frame import (
    MapFrame,
    clip_to_frame,
    draw_city_limits,
    draw_credit,
    draw_scale_bar,
    draw_zone_edge,
    fill_shape,
    fill_zone,
    find_label_place,
    fit_map_frame,
    list_reserved_boxes,
    stroke_shape,
)
from zoneplanner.publish.maps.printed_basemap import (
    draw_behind_zones,
    draw_mapped_ground,
    list_named_streets,
    write_map_words,
)
from zoneplanner.publish.maps.site_marks import (
    MARK_RADIUS_PT,
    boxes_overlap,
    draw_site_mark,
    draw_stop_mark,
    make_box_around,
    measure_stop_mark,
    place_marks,
)
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    PALE,
    PAPER,
    QUIET,
    REGULAR_FONT,
    draw_haloed_text,
    measure_text_width,
)
from zoneplanner.publish.summaries import ZoneSummary, choose_mark
from zoneplanner.tokens import zone_color

_SMALL_MARK_PT = 2.6
_GRAY_COLOR = 7
"""The gray of the zone palette."""
_NEIGHBOR_FILL, _OUTSIDE_FILL = HexColor(PAPER.alternate), HexColor(PAPER.outside)
_GRAY_NEIGHBOR_FILL = HexColor(PAPER.bar_soft)
_STREET, _RIVER = HexColor(PAPER.road_case), HexColor(PAPER.water)


def choose_zone_color(handout: Handout, zone: Zone) -> int:
    """Return the color of a zone on its own page; on gray paper it is the same for all zones.

    On gray paper, a pale zone would look like those around it, and a dark one like the land outside
    the district. So the zone is white there, with a dark edge.
    """
    return _GRAY_COLOR if handout.is_gray else zone.color


def draw_zone_map(
    canvas: Canvas,
    handout: Handout,
    card: ZoneSummary,
    frame: BoundingBox,
    stops: Mapping[str, str] | None = None,
) -> None:
    """Draw the zone's map into a frame, its sites numbered in their order.

    With ``stops``, the dark marks of a route with these numbers replace the sites' marks.
    """
    outline = handout.outlines.get(card.zone.id)
    shapes: list[BaseGeometry] = [one.site.point for one in card.sites if one.site.has_position]
    if outline is not None and not outline.is_empty:
        shapes = [outline]
    x_min, y_min, x_max, y_max = shapely.total_bounds(shapes or [box(*find_zone_bounds(handout))])
    view = fit_map_frame((x_min, y_min, x_max, y_max), frame)
    basemap = collect_basemap(handout, view.window_m)
    with clip_to_frame(canvas, frame, QUIET):
        clear = draw_behind_zones(canvas, view, handout, basemap.outside, _OUTSIDE_FILL)
        has_basemap = has_streets(handout.basemap)
        window = box(*view.window_m)
        others = {
            key: area
            for key, area in handout.outlines.items()
            if key != card.zone.id and area.intersects(window)
        }
        color = choose_zone_color(handout, card.zone)
        for area in () if clear else others.values():
            tone = _GRAY_NEIGHBOR_FILL if handout.is_gray else _NEIGHBOR_FILL
            fill_shape(canvas, view.to_page_shape(area), tone)
        if outline is not None and not handout.is_gray:
            fill_zone(canvas, view.to_page_shape(outline), color, clear=clear)
        if has_basemap:
            draw_mapped_ground(canvas, view, handout.basemap, basemap.outside, on_pictures=clear)
        elif not clear:
            stroke_shape(canvas, view.to_page_shape(basemap.river), _RIVER, 2.2)
        for street in () if has_basemap else basemap.streets:
            stroke_shape(canvas, view.to_page_shape(street.line), _STREET, 1.1)
        for area in others.values():
            stroke_shape(canvas, view.to_page_shape(shapely.boundary(area)), PALE, 1.0)
        if outline is not None:
            draw_zone_edge(canvas, view, outline, color, cased=clear and handout.is_gray)
        draw_city_limits(canvas, view, basemap.cities)
        land = () if outline is None else (outline,)
        taken = [
            *list_reserved_boxes(view, handout.credit, handout.formats, land),
            *_draw_sites(canvas, view, handout, card, stops),
        ]
        taken += _name_neighbors(canvas, view, others, taken)
        taken += write_map_words(canvas, view, handout.basemap, taken)
        streets = list_named_streets(handout.basemap, view) if has_basemap else basemap.streets
        _name_streets(canvas, view, streets, taken)
        draw_scale_bar(canvas, view, handout.formats, land)
        draw_credit(canvas, view, handout.credit)


def _draw_sites(
    canvas: Canvas,
    view: MapFrame,
    handout: Handout,
    card: ZoneSummary,
    stops: Mapping[str, str] | None,
) -> list[BoundingBox]:
    """Draw the marks, small for other zones; return the boxes that they cover."""
    zone_sites = {member.site.id for member in card.sites}
    small: list[BoundingBox] = []
    for site in handout.project.sites.values():
        if site.id in handout.plan.assignment and site.has_position and site.id not in zone_sites:
            place = view.to_page(*site.position)
            if not boxes_overlap(make_box_around(*place, 6, 6), view.frame):
                continue
            draw_site_mark(canvas, place, choose_mark(site), PAPER.site_pale, radius=_SMALL_MARK_PT)
            small.append(make_box_around(*place, 3 * _SMALL_MARK_PT, 3 * _SMALL_MARK_PT))
    numbers = stops or {member.site.id: f"{n}" for n, member in enumerate(card.sites, start=1)}
    numbered = [
        (numbers[member.site.id], member) for member in card.sites if member.site.has_position
    ]
    points = [view.to_page(*member.site.position) for _, member in numbered]
    widths = [measure_stop_mark(text) if stops else 2 * MARK_RADIUS_PT for text, _ in numbered]
    places = place_marks(points, view.frame, widths)
    canvas.setStrokeColor(INK)
    canvas.setFillColor(INK)
    canvas.setLineWidth(0.7)
    for point, place in zip(points, places, strict=True):
        if point != place:
            canvas.line(*point, *place)
            canvas.circle(*point, 1.4, stroke=0, fill=1)
    color = zone_color(choose_zone_color(handout, card.zone))
    for (text, member), place in zip(numbered, places, strict=True):
        if stops:
            draw_stop_mark(canvas, place, text)
        else:
            draw_site_mark(canvas, place, member.shape, color, text=text)
    return small + [
        make_box_around(*place, width + 5, 18) for place, width in zip(places, widths, strict=True)
    ]


def _name_neighbors(
    canvas: Canvas, view: MapFrame, others: Mapping[str, BaseGeometry], taken: list[BoundingBox]
) -> list[BoundingBox]:
    """Write the names of adjacent zones if they fit; return the boxes that they cover."""
    names: list[BoundingBox] = []
    canvas.setFillColor(QUIET)
    for key, area in others.items():
        size = measure_text_width(key, BOLD_FONT, 15) + 6, 18.0
        place = find_label_place(view, area, size, taken)
        if place is not None:
            draw_haloed_text(canvas, place[0], place[1] - 5, key, font=BOLD_FONT, size=15)
            names.append(make_box_around(*place, *size))
    return names


def _name_streets(
    canvas: Canvas, view: MapFrame, streets: Sequence[NamedLine], taken: Sequence[BoundingBox]
) -> None:
    covered = list(taken)
    canvas.setFillColor(QUIET)
    for street in streets:
        room = measure_text_width(street.name, REGULAR_FONT, 6.5) + 8
        if street.label.length * view.points_per_m < room:
            continue
        for x_m, y_m, angle in street.spots():
            x, y = view.to_page(x_m, y_m)
            turn = math.radians(angle)
            across = abs(room * math.cos(turn)) + abs(8 * math.sin(turn))
            up = abs(room * math.sin(turn)) + abs(8 * math.cos(turn))
            label_box = make_box_around(x, y, across, up)
            if not view.contains(label_box) or any(boxes_overlap(label_box, b) for b in covered):
                continue
            canvas.saveState()
            canvas.translate(x, y)
            canvas.rotate(angle)
            draw_haloed_text(canvas, 0, -2.2, street.name, font=REGULAR_FONT, size=6.5)
            canvas.restoreState()
            covered.append(label_box)
            break
