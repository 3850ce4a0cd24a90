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

_SMALL_PT = 2.6
_DARK = 7
"""The palette's own gray."""
_NEIGHBOR, _OUTSIDE = HexColor(PAPER.alternate), HexColor(PAPER.outside)
_GRAY_NEIGHBOR = HexColor(PAPER.bar_soft)
_STREET, _RIVER = HexColor(PAPER.road_case), HexColor(PAPER.water)


def choose_zone_color(handout: Handout, zone: Zone) -> int:
    """Return the color of a zone on its own page: for a gray printer one tone for all.

    There a pale zone would be as white as those around it, and a dark one as gray as what lies
    outside the district; so the zone is the white one, with a dark edge.
    """
    return _DARK if handout.is_gray else zone.color


def draw_zone_map(
    canvas: Canvas,
    handout: Handout,
    card: ZoneSummary,
    frame: BoundingBox,
    stops: Mapping[str, str] | None = None,
) -> None:
    """Draw the zone's map into a frame, its sites numbered in their order.

    With ``stops`` the dark marks of a way round stand for them, with these numbers.
    """
    outline = handout.outlines.get(card.zone.id)
    shapes: list[BaseGeometry] = [one.site.point for one in card.sites if one.site.has_position]
    if outline is not None and not outline.is_empty:
        shapes = [outline]
    x_min, y_min, x_max, y_max = shapely.total_bounds(shapes or [box(*find_zone_bounds(handout))])
    view = fit_map_frame((x_min, y_min, x_max, y_max), frame)
    behind = collect_basemap(handout, view.window_m)
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])
    canvas.clipPath(window, stroke=0, fill=0)
    clear = draw_behind_zones(canvas, view, handout, behind.outside, _OUTSIDE)
    mapped = has_streets(handout.basemap)
    shown = box(*view.window_m)
    others = {
        key: area
        for key, area in handout.outlines.items()
        if key != card.zone.id and area.intersects(shown)
    }
    color = choose_zone_color(handout, card.zone)
    for area in () if clear else others.values():
        tone = _GRAY_NEIGHBOR if handout.is_gray else _NEIGHBOR
        fill_shape(canvas, view.to_page_shape(area), tone)
    if outline is not None and not handout.is_gray:
        fill_zone(canvas, view.to_page_shape(outline), color, clear=clear)
    if mapped:
        draw_mapped_ground(canvas, view, handout.basemap, behind.outside, on_pictures=clear)
    elif not clear:
        stroke_shape(canvas, view.to_page_shape(behind.river), _RIVER, 2.2)
    for street in () if mapped else behind.streets:
        stroke_shape(canvas, view.to_page_shape(street.line), _STREET, 1.1)
    for area in others.values():
        stroke_shape(canvas, view.to_page_shape(shapely.boundary(area)), PALE, 1.0)
    if outline is not None:
        draw_zone_edge(canvas, view, outline, color, cased=clear and handout.is_gray)
    draw_city_limits(canvas, view, behind.cities)
    land = () if outline is None else (outline,)
    taken = [
        *list_reserved_boxes(view, handout.credit, handout.formats, land),
        *_sites(canvas, view, handout, card, stops),
    ]
    taken += _neighbor_names(canvas, view, others, taken)
    taken += write_map_words(canvas, view, handout.basemap, taken)
    streets = list_named_streets(handout.basemap, view) if mapped else behind.streets
    _street_names(canvas, view, streets, taken)
    draw_scale_bar(canvas, view, handout.formats, land)
    draw_credit(canvas, view, handout.credit)
    canvas.restoreState()
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.6)
    canvas.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])


def _sites(
    canvas: Canvas,
    view: MapFrame,
    handout: Handout,
    card: ZoneSummary,
    stops: Mapping[str, str] | None,
) -> list[BoundingBox]:
    """Draw the marks, those of other zones small; return what they cover."""
    own = {one.site.id for one in card.sites}
    small: list[BoundingBox] = []
    for site in handout.project.sites.values():
        if site.id in handout.plan.assignment and site.has_position and site.id not in own:
            place = view.to_page(*site.position)
            if not boxes_overlap(make_box_around(*place, 6, 6), view.frame):
                continue
            draw_site_mark(canvas, place, choose_mark(site), PAPER.site_pale, radius=_SMALL_PT)
            small.append(make_box_around(*place, 3 * _SMALL_PT, 3 * _SMALL_PT))
    known = stops or {one.site.id: f"{n}" for n, one in enumerate(card.sites, start=1)}
    numbered = [(known[one.site.id], one) for one in card.sites if one.site.has_position]
    points = [view.to_page(*one.site.position) for _, one in numbered]
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
    for (text, one), place in zip(numbered, places, strict=True):
        if stops:
            draw_stop_mark(canvas, place, text)
        else:
            draw_site_mark(canvas, place, one.shape, color, text=text)
    return small + [
        make_box_around(*place, width + 5, 18) for place, width in zip(places, widths, strict=True)
    ]


def _neighbor_names(
    canvas: Canvas, view: MapFrame, others: Mapping[str, BaseGeometry], taken: list[BoundingBox]
) -> list[BoundingBox]:
    """Name the zones around where there is room for it; return what the names cover."""
    names: list[BoundingBox] = []
    canvas.setFillColor(QUIET)
    for key, area in others.items():
        size = measure_text_width(key, BOLD_FONT, 15) + 6, 18.0
        place = find_label_place(view, area, size, taken)
        if place is not None:
            draw_haloed_text(canvas, place[0], place[1] - 5, key, font=BOLD_FONT, size=15)
            names.append(make_box_around(*place, *size))
    return names


def _street_names(
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
            named = make_box_around(x, y, across, up)
            inside = view.frame[0] < named[0] and view.frame[1] < named[1]
            inside = inside and named[2] < view.frame[2] and named[3] < view.frame[3]
            if not inside or any(boxes_overlap(named, other) for other in covered):
                continue
            canvas.saveState()
            canvas.translate(x, y)
            canvas.rotate(angle)
            draw_haloed_text(canvas, 0, -2.2, street.name, font=REGULAR_FONT, size=6.5)
            canvas.restoreState()
            covered.append(named)
            break
