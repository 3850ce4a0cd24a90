"""Two plans compared on one printed page, for a board that reads no GIS."""

import io
from collections.abc import Sequence

import shapely
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry import box

from zoneplanner.analysis.compare import Comparison, SiteMove
from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.publish.audience import released
from zoneplanner.publish.board_words import Score, change_words, scores, sentences
from zoneplanner.publish.cards import site_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.geometry import Box, backdrop, label_point
from zoneplanner.publish.inking import fill, scale_bar, stroke, tint
from zoneplanner.publish.marks import draw_mark
from zoneplanner.publish.pdf import (
    BOLD,
    INK,
    PALE,
    QUIET,
    REGULAR,
    fitted,
    haloed,
    new_document,
    warn,
)
from zoneplanner.publish.sight import Sight, sight

WIDTH, HEIGHT = letter
MARGIN, GAP = 36.0, 12.0
MAP_HEIGHT = 236.0
ROW_PT = 13.0
FOOT = 38.0
OUTSIDE, RIVER, STRIPE = HexColor("#DAD9D4"), HexColor("#6AA5CF"), HexColor("#F3F4F5")
GOOD, BAD = HexColor("#00695C"), HexColor("#A33B00")
DEFINITIONS = (
    "Minutes to a school: turn-out and drive from the zone's post, the school that all others of "
    "the zone are reached from soonest.",
    "Work: planned visits and expected calls, in minutes a school day. Planning aid, not a "
    "promise of response time.",
)


def board(before: Handout, after: Handout, found: Comparison) -> bytes:
    """Return the comparison as one PDF page; the same input gives the same bytes."""
    return _document(released(before), released(after), found)


def _document(before: Handout, after: Handout, found: Comparison) -> bytes:
    buffer = io.BytesIO()
    canvas = new_document(
        buffer,
        title=f"{after.project.name}: “{found.before}” and “{found.after}” compared",
        subject=f"{after.as_of_text}.",
        author=after.project.name,
    )
    warn(canvas, after.warning, WIDTH / 2, HEIGHT - 22)
    top = _heading(canvas, after, found)
    top = _maps(canvas, (before, after), found, top)
    top = _score_card(canvas, found, top)
    _moves(canvas, after, found.moved, top)
    _foot(canvas, after)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _heading(canvas: Canvas, after: Handout, found: Comparison) -> float:
    top = HEIGHT - MARGIN
    _text(canvas, (MARGIN, top - 15), f"{after.project.name}: patrol zones compared", BOLD, 17)
    y = top - 34
    said = " ".join(sentences(found))
    for sentence in simpleSplit(said, REGULAR, 9.5, WIDTH - 2 * MARGIN):
        _text(canvas, (MARGIN, y), sentence, REGULAR, 9.5)
        y -= 13.5
    return y - 4


def _maps(canvas: Canvas, sides: tuple[Handout, Handout], found: Comparison, top: float) -> float:
    wide = (WIDTH - 2 * MARGIN - GAP) / 2
    moved = {move.site for move in found.moved}
    for at, (side, word) in enumerate(zip(sides, ("Before", "After"), strict=True)):
        left = MARGIN + at * (wide + GAP)
        status = side.plan_text.removeprefix(f"{side.plan.name} · ")
        _text(canvas, (left, top - 10), f"{word}: {side.plan.name}", BOLD, 10.5, room=wide)
        _text(canvas, (left, top - 21), status, REGULAR, 8, colour=QUIET, room=wide)
        _map(canvas, side, moved, (left, top - 27 - MAP_HEIGHT, left + wide, top - 27))
    return top - 27 - MAP_HEIGHT - 16


def _map(canvas: Canvas, side: Handout, moved: set[str], frame: Box) -> None:
    shapes = [*side.outlines.values()] or [box(0, 0, 1, 1)]
    x_min, y_min, x_max, y_max = shapely.total_bounds(shapes)
    view = sight((x_min, y_min, x_max, y_max), frame, margin_pt=10)
    behind = backdrop(side, view.window_m)
    colours = {zone.id: zone.colour for zone in side.plan.zones}
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])
    canvas.clipPath(window, stroke=0, fill=0)
    fill(canvas, view.shape(behind.outside), OUTSIDE)
    for zone, area in side.outlines.items():
        tint(canvas, view.shape(area), colours[zone])
    stroke(canvas, view.shape(behind.river), RIVER, 1.4)
    for zone, area in side.outlines.items():
        edge = HexColor(zone_ink(colours[zone]))
        stroke(canvas, view.shape(shapely.boundary(area)), edge, 1.1)
    for city in behind.cities:
        stroke(canvas, view.shape(city.line), INK, 0.9, dash=(4, 1.5, 1, 1.5))
    _sites(canvas, view, side, moved, colours)
    canvas.setFillColor(INK)
    for zone, area in side.outlines.items():
        if not area.is_empty:
            x, y = view.place(*label_point(area))
            haloed(canvas, x, y - 5, zone, font=BOLD, size=13)
    scale_bar(canvas, view)
    canvas.restoreState()
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.6)
    canvas.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1])


def _sites(
    canvas: Canvas, view: Sight, side: Handout, moved: set[str], colours: dict[str, int]
) -> None:
    """Draw all sites small, and those that change their zone large in its colour."""
    cards = [card for card in site_cards(side) if card.zone is not None]
    for card in sorted(cards, key=lambda card: card.site.id in moved):
        place = view.place(*card.site.position)
        assert card.zone is not None
        if card.site.id in moved:
            draw_mark(canvas, place, card.shape, zone_colour(colours[card.zone.id]), radius=4.4)
        else:
            draw_mark(canvas, place, card.shape, "#FFFFFF", radius=1.7)


def _score_card(canvas: Canvas, found: Comparison, top: float) -> float:
    columns = (MARGIN + 330, MARGIN + 400, MARGIN + 470, WIDTH - MARGIN)
    heads = (found.before, found.after, "Change", "")
    _text(canvas, (MARGIN, top - 9), "What changes", BOLD, 10.5)
    for right, head in zip(columns, heads, strict=True):
        _text(canvas, (right, top - 9), head, BOLD, 8, colour=QUIET, right=True, room=66)
    y = top - 14
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, y, WIDTH - MARGIN, y)
    for number, score in enumerate(scores(found)):
        _score_row(canvas, score, columns, y, striped=number % 2 == 1)
        y -= ROW_PT
    return y - 14


def _score_row(
    canvas: Canvas, score: Score, columns: Sequence[float], top: float, *, striped: bool
) -> None:
    base = _stripe(canvas, top, striped=striped)
    _text(canvas, (MARGIN + 4, base), score.name, REGULAR, 8.5)
    for right, text in zip(columns, (score.before, score.after, score.change), strict=False):
        _text(canvas, (right, base), text, REGULAR, 8.5, right=True)
    colour = {"better": GOOD, "worse": BAD}.get(score.verdict, QUIET)
    _text(canvas, (columns[-1] - 4, base), score.verdict, BOLD, 8.5, colour=colour, right=True)


def _moves(canvas: Canvas, after: Handout, moved: Sequence[SiteMove], top: float) -> None:
    """List the sites that change their zone, in two columns, as many as the page holds."""
    if not moved:
        return
    rows = max(1, int((top - 16 - MARGIN - FOOT) // ROW_PT))
    places = 2 * rows
    shown = moved if len(moved) <= places else moved[: places - 1]
    title = "Schools that change their zone, and minutes nearer or farther"
    _text(canvas, (MARGIN, top - 9), title, BOLD, 10.5)
    wide = (WIDTH - 2 * MARGIN - GAP) / 2
    rows = min(rows, (len(shown) + 2) // 2)
    for number, move in enumerate(shown):
        at, row = divmod(number, rows)
        left = MARGIN + at * (wide + GAP)
        base = top - 16 - row * ROW_PT - 9
        _text(canvas, (left, base), move.name, REGULAR, 7.5, room=wide - 126)
        zones = f"{move.before or 'none'} to {move.after or 'none'}"
        _text(canvas, (left + wide - 122, base), zones, BOLD, 8)
        _text(canvas, (left + wide, base), change_words(move), REGULAR, 8, right=True)
    if len(shown) < len(moved):
        left, base = MARGIN + wide + GAP, top - 16 - (rows - 1) * ROW_PT - 9
        rest = f"and {len(moved) - len(shown)} more schools"
        _text(canvas, (left, base), rest, REGULAR, 8, colour=QUIET)


def _foot(canvas: Canvas, after: Handout) -> None:
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, MARGIN + 26, WIDTH - MARGIN, MARGIN + 26)
    for number, line in enumerate(DEFINITIONS):
        _text(canvas, (MARGIN, MARGIN + 16 - 9 * number), line, REGULAR, 6.3, colour=QUIET)
    said = f"{after.as_of_text} · For: {after.audience}"
    _text(canvas, (MARGIN, MARGIN - 4), said, REGULAR, 7, colour=QUIET)
    right = WIDTH - MARGIN
    _text(canvas, (right, MARGIN + 7), after.credit, REGULAR, 6.3, colour=QUIET, right=True)
    _text(canvas, (right, MARGIN - 4), after.anchor_text, REGULAR, 7, colour=QUIET, right=True)


def _stripe(canvas: Canvas, top: float, *, striped: bool) -> float:
    if striped:
        canvas.setFillColor(STRIPE)
        canvas.rect(MARGIN, top - ROW_PT, WIDTH - 2 * MARGIN, ROW_PT, stroke=0, fill=1)
    return top - ROW_PT + 4


def _text(
    canvas: Canvas,
    place: tuple[float, float],
    text: str,
    font: str,
    size: float,
    *,
    colour: Color = INK,
    right: bool = False,
    room: float = WIDTH - 2 * MARGIN,
) -> None:
    canvas.setFillColor(colour)
    canvas.setFont(font, size)
    draw = canvas.drawRightString if right else canvas.drawString
    draw(*place, fitted(text, font, size, room))
