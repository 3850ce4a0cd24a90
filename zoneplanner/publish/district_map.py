"""All zones on one printed map, each with its number, and some of the sites large."""

from collections.abc import Collection

import shapely
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.publish.cards import site_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.geometry import Box, backdrop, label_point, zone_bounds
from zoneplanner.publish.inking import corners, credit, fill, free_place, scale_bar, stroke, tint
from zoneplanner.publish.marks import around, draw_mark
from zoneplanner.publish.pdf import BOLD, INK, PALE, haloed, width_of
from zoneplanner.publish.sight import Sight, sight

_OUTSIDE, _RIVER, _STREET = HexColor("#DAD9D4"), HexColor("#6AA5CF"), HexColor("#9E988B")


def draw_district_map(
    canvas: Canvas,
    handout: Handout,
    frame: Box,
    *,
    large: Collection[str] = (),
    small_pt: float = 1.7,
    number_pt: float = 13,
    streets: bool = False,
) -> None:
    """Draw the zones into a frame of the page; sites in ``large`` are in their zone's colour."""
    view = sight(zone_bounds(handout), frame, margin_pt=10)
    behind = backdrop(handout, view.window_m)
    colours = {zone.id: zone.colour for zone in handout.plan.zones}
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])
    canvas.clipPath(window, stroke=0, fill=0)
    fill(canvas, view.shape(behind.outside), _OUTSIDE)
    for zone, area in handout.outlines.items():
        tint(canvas, view.shape(area), colours[zone])
    stroke(canvas, view.shape(behind.river), _RIVER, 1.4)
    for street in behind.streets if streets else ():
        stroke(canvas, view.shape(street.line), _STREET, 0.6)
    for zone, area in handout.outlines.items():
        edge = HexColor(zone_ink(colours[zone]))
        stroke(canvas, view.shape(shapely.boundary(area)), edge, 1.1)
    for city in behind.cities:
        stroke(canvas, view.shape(city.line), INK, 0.9, dash=(4, 1.5, 1, 1.5))
    taken = [*corners(view, handout.credit), *_sites(canvas, view, handout, large, small_pt)]
    canvas.setFillColor(INK)
    for zone, area in handout.outlines.items():
        if not area.is_empty:
            size = width_of(zone, BOLD, number_pt) + 4, number_pt
            x, y = free_place(view, area, size, taken) or view.place(*label_point(area))
            haloed(canvas, x, y - number_pt * 0.38, zone, font=BOLD, size=number_pt)
            taken.append(around(x, y, *size))
    scale_bar(canvas, view)
    if number_pt > 15:
        credit(canvas, view, handout.credit)
    canvas.restoreState()
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.6)
    canvas.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])


def _sites(
    canvas: Canvas, view: Sight, handout: Handout, large: Collection[str], small_pt: float
) -> list[Box]:
    """Draw the marks; return what those cover that a name must not: the large ones, else all."""
    colours = {zone.id: zone.colour for zone in handout.plan.zones}
    cards = [card for card in site_cards(handout) if card.zone is not None and card.site.placed]
    covered = []
    for card in sorted(cards, key=lambda card: card.site.id in large):
        place = view.place(*card.site.position)
        radius = 4.4 if card.site.id in large else small_pt
        if card.site.id in large or not large:
            covered.append(around(*place, 3 * radius, 3 * radius))
        assert card.zone is not None
        if card.site.id in large:
            colour = zone_colour(colours[card.zone.id])
            draw_mark(canvas, place, card.shape, colour, radius=radius)
        else:
            draw_mark(canvas, place, card.shape, "#FFFFFF", radius=radius)
    return covered
