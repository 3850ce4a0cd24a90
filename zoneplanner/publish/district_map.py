"""All zones on one printed map, each with its number, and some of the sites large."""

from collections.abc import Collection

import shapely
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.publish.cards import site_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.geometry import Box, backdrop, label_point, zone_bounds
from zoneplanner.publish.inking import credit, fill, scale_bar, stroke, tint
from zoneplanner.publish.marks import draw_mark
from zoneplanner.publish.pdf import BOLD, INK, PALE, haloed
from zoneplanner.publish.sight import Sight, sight

OUTSIDE, RIVER, STREET = HexColor("#DAD9D4"), HexColor("#6AA5CF"), HexColor("#9E988B")


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
    fill(canvas, view.shape(behind.outside), OUTSIDE)
    for zone, area in handout.outlines.items():
        tint(canvas, view.shape(area), colours[zone])
    stroke(canvas, view.shape(behind.river), RIVER, 1.4)
    for street in behind.streets if streets else ():
        stroke(canvas, view.shape(street.line), STREET, 0.6)
    for zone, area in handout.outlines.items():
        edge = HexColor(zone_ink(colours[zone]))
        stroke(canvas, view.shape(shapely.boundary(area)), edge, 1.1)
    for city in behind.cities:
        stroke(canvas, view.shape(city.line), INK, 0.9, dash=(4, 1.5, 1, 1.5))
    _sites(canvas, view, handout, large, small_pt)
    canvas.setFillColor(INK)
    away = [site.point for site in handout.project.patrolled if site.placed]
    for zone, area in handout.outlines.items():
        if not area.is_empty:
            x, y = view.place(*label_point(area, away if number_pt > 15 else ()))
            haloed(canvas, x, y - number_pt * 0.38, zone, font=BOLD, size=number_pt)
    scale_bar(canvas, view)
    if number_pt > 15:
        credit(canvas, view, handout.credit)
    canvas.restoreState()
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.6)
    canvas.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])


def _sites(
    canvas: Canvas, view: Sight, handout: Handout, large: Collection[str], small_pt: float
) -> None:
    colours = {zone.id: zone.colour for zone in handout.plan.zones}
    cards = [card for card in site_cards(handout) if card.zone is not None and card.site.placed]
    for card in sorted(cards, key=lambda card: card.site.id in large):
        place = view.place(*card.site.position)
        assert card.zone is not None
        if card.site.id in large:
            draw_mark(canvas, place, card.shape, zone_colour(colours[card.zone.id]), radius=4.4)
        else:
            draw_mark(canvas, place, card.shape, "#FFFFFF", radius=small_pt)
