"""Zone sheets: a printed page for each zone with its map, its sites and whom to call."""

import io
from collections.abc import Collection, Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.errors import UserError
from zoneplanner.publish.audience import released
from zoneplanner.publish.cards import ZoneCard, zone_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.pdf import BOLD, INK, QUIET, REGULAR, fitted, new_document, warn, width_of
from zoneplanner.publish.sheet_map import draw_zone_map
from zoneplanner.publish.sheet_table import HEAD_PT, Entry, draw_table, entries_of, heights

WIDTH, HEIGHT = letter
MARGIN = 36.0
FOOT = 30.0
HEADING = 62.0
MAP_LEAST, MAP_MOST = 300.0, 470.0
GAP = 10.0
AID = "Planning aid; in an emergency call 9-1-1."


def zone_sheets(handout: Handout, only: Collection[str] | None = None) -> bytes:
    """Return a page for each zone, or for some, as one PDF; the same handout gives the same bytes.

    A zone with more sites than a page holds goes on on a second one.

    Raises
    ------
    UserError
        A zone is unknown, or there is none.
    """
    for zone in only or ():
        handout.plan.zone(zone)
    shown = released(handout)
    cards = [card for card in zone_cards(shown) if only is None or card.zone.id in only]
    if not cards:
        raise UserError(f"“{handout.plan.name}” has no zone to print; propose zones first.")
    return _document(shown, cards)


def _document(handout: Handout, cards: Sequence[ZoneCard]) -> bytes:
    pages = [
        (card, number, entries)
        for card in cards
        for number, entries in enumerate(_split(entries_of(handout, card)))
    ]
    buffer = io.BytesIO()
    canvas = new_document(
        buffer,
        title=f"{handout.title}, zone sheets",
        subject=f"{handout.plan_text}. {handout.as_of_text}.",
        author=handout.project.name,
    )
    for number, (card, part, entries) in enumerate(pages, start=1):
        if part == 0:
            canvas.bookmarkPage(f"zone-{number}")
            canvas.addOutlineEntry(f"{card.zone.name}, {card.unit}", f"zone-{number}", 0)
        _page(canvas, handout, card, entries, first=part == 0)
        _foot(canvas, handout, f"Page {number} of {len(pages)}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _split(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Divide a zone's entries into pages; the first leaves room for the map."""
    room = HEIGHT - 2 * MARGIN - FOOT - HEADING - HEAD_PT
    left = room - MAP_LEAST - GAP
    pages: list[list[Entry]] = [[]]
    for entry in entries:
        if entry.height > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append(entry)
        left -= entry.height
    return pages


def _page(
    canvas: Canvas, handout: Handout, card: ZoneCard, entries: Sequence[Entry], *, first: bool
) -> None:
    _heading(canvas, handout, card, "" if first else ", continued")
    warn(canvas, handout.warning, WIDTH / 2, HEIGHT - 22)
    top = HEIGHT - MARGIN - HEADING
    if first:
        free = top - MARGIN - FOOT - HEAD_PT - heights(entries) - GAP
        height = min(max(free, MAP_LEAST), MAP_MOST)
        draw_zone_map(canvas, handout, card, (MARGIN, top - height, WIDTH - MARGIN, top))
        top -= height + GAP
    draw_table(canvas, entries, (MARGIN, WIDTH - MARGIN), top, zone_colour(card.zone.colour))


def _heading(canvas: Canvas, handout: Handout, card: ZoneCard, suffix: str) -> None:
    top = HEIGHT - MARGIN
    colour = card.zone.colour
    size = 30.0
    badge = width_of(card.zone.id, BOLD, size)
    canvas.setFillColor(HexColor(zone_colour(colour)))
    canvas.setStrokeColor(HexColor(zone_ink(colour)))
    canvas.rect(MARGIN, top - 44, 8, 44, stroke=0, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, size)
    canvas.drawString(MARGIN + 16, top - 26, card.zone.id)
    left = MARGIN + 16 + badge + 16
    right = WIDTH - MARGIN
    canvas.setFont(BOLD, 12)
    canvas.drawString(left, top - 11, fitted(f"{card.unit}{suffix}", BOLD, 12, right - left - 170))
    canvas.setFont(REGULAR, 9)
    agency = f"{card.agency} · {card.agency_phone}" if card.agency_phone else card.agency
    canvas.drawString(left, top - 25, fitted(agency, REGULAR, 9, right - left - 170))
    canvas.setFillColor(QUIET)
    count = f"{len(card.sites)} sites" if len(card.sites) != 1 else "1 site"
    facts = " · ".join([count, *(f"{label} {value}" for label, value in card.more)])
    canvas.setFont(REGULAR, 8)
    canvas.drawString(MARGIN + 16, top - 42, fitted(facts, REGULAR, 8, right - MARGIN - 16))
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 9)
    canvas.drawRightString(right, top - 9, fitted(handout.title, BOLD, 9, 165))
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR, 8)
    canvas.drawRightString(right, top - 21, fitted(handout.plan_text, REGULAR, 8, 165))


def _foot(canvas: Canvas, handout: Handout, page: str) -> None:
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, MARGIN + 18, WIDTH - MARGIN, MARGIN + 18)
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR, 7)
    room = WIDTH - 2 * MARGIN - 80
    said = f"{handout.as_of_text} · {handout.plan_text} · For: {handout.audience}"
    canvas.drawString(MARGIN, MARGIN + 8, fitted(said, REGULAR, 7, room))
    canvas.drawString(MARGIN, MARGIN - 2, AID)
    canvas.drawRightString(WIDTH - MARGIN, MARGIN + 8, page)
    canvas.drawRightString(WIDTH - MARGIN, MARGIN - 2, handout.anchor_text)
