"""Zone sheets: a printed page for each zone with its map, its sites and whom to call."""

from collections.abc import Collection, Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.plans.zone_colors import zone_color, zone_text_color
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.publish.audience import is_released, redact_for_audience
from zoneplanner.publish.documents.site_table import (
    PrintedSiteRow,
    draw_site_rows,
    list_site_rows,
    measure_rows,
    split_site_rows,
)
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.zone_map import choose_zone_color, draw_zone_map
from zoneplanner.publish.pdf.canvas import BOLD_FONT, QUIET, measure_text_width
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
)
from zoneplanner.publish.pdf.table import HEAD_PT
from zoneplanner.publish.summaries import ZoneSummary, describe_land_parts, summarize_zones

_HEADING = 74.0
_MAP_LEAST, _MAP_MOST = 300.0, 480.0
_GAP = 10.0


def build_zone_sheets(handout: Handout, only: Collection[str] | None = None) -> Booklet:
    """Return a page for each zone, or for some,.

    A zone with more sites than a page holds goes on on a second one.

    Raises
    ------
    UserError
        A zone is unknown, or there is none.
    """
    for zone in only or ():
        handout.plan.zone(zone)
    shown = redact_for_audience(handout)
    cards = [card for card in summarize_zones(shown) if only is None or card.zone.id in only]
    return Booklet(shown, "patrol zones, zone sheets", build_zone_pages(shown, cards))


def build_zone_pages(handout: Handout, cards: Sequence[ZoneSummary]) -> list[BookletPage]:
    """Return the pages of some zones; without any it is a UserError."""
    if not cards:
        raise UserError("no_zones_to_print", plan=handout.plan.name)
    pages = []
    for card in cards:
        for part, entries in enumerate(_split(handout, list_site_rows(handout, card))):
            draw = partial(_page, card=card, entries=entries, first=part == 0)
            name = f"{card.zone.name}, {card.unit_beside}" if part == 0 else ""
            key = f"zone-{card.zone.id}" if part == 0 else ""
            pages.append(BookletPage(draw, bookmark=name, key=key))
    return pages


def _split(handout: Handout, entries: Sequence[PrintedSiteRow]) -> list[list[PrintedSiteRow]]:
    """Divide a zone's entries into pages; the first leaves room for the map."""
    room = PAGE_SIZES_PT[handout.paper][1] - 2 * PAGE_MARGIN_PT - FOOTER_PT - _HEADING - HEAD_PT
    return split_site_rows(entries, room - _MAP_LEAST - _GAP, room)


def _page(
    sheet: PageWriter, *, card: ZoneSummary, entries: Sequence[PrintedSiteRow], first: bool
) -> None:
    _heading(sheet, card, "" if first else ", continued")
    top = sheet.top - _HEADING
    if first:
        free = top - sheet.bottom - HEAD_PT - measure_rows(entries) - _GAP
        height = min(max(free, _MAP_LEAST), _MAP_MOST)
        alt = describe_zone_map(sheet.handout, card)
        with sheet.figure(alt) as canvas:
            frame = (sheet.left, top - height, sheet.right, top)
            draw_zone_map(canvas, sheet.handout, card, frame)
        top -= height + _GAP
    draw_site_rows(sheet, entries, top, zone_color(choose_zone_color(sheet.handout, card.zone)))


def describe_zone_map(handout: Handout, card: ZoneSummary) -> str:
    """Say what the map of a zone shows to those who do not see it."""
    around = handout.neighbors.get(card.zone.id, ())
    beside = f" beside {', '.join(around)}" if around else ""
    names = ", ".join(f"{n} {one.site.name}" for n, one in enumerate(card.sites, start=1))
    return f"Map of {card.zone.name}{beside}. Its schools by number: {names or 'none'}."


def _heading(sheet: PageWriter, card: ZoneSummary, suffix: str) -> None:
    handout, top, size = sheet.handout, sheet.top, 30.0
    sheet.box((sheet.left, top - 44, sheet.left + 8, top), HexColor(zone_color(card.zone.color)))
    ink = HexColor(zone_text_color(card.zone.color))
    left = sheet.left + 32 + min(measure_text_width(card.zone.id, BOLD_FONT, size), 160)
    room = sheet.right - left - 175
    with sheet.tags.part("H1"):
        at, named = (sheet.left + 16, top - 26), f"{card.unit_beside}{suffix}"
        sheet.text(*at, card.zone.id, size=size, bold=True, color=ink, role="Span", room=160)
        sheet.text(left, top - 11, named, size=12, least=9, bold=True, room=room, role="Span")
    agency = f"{card.agency} · {card.agency_phone}" if card.agency_phone else card.agency
    sheet.text(left, top - 25, agency, size=9, least=7, room=room)
    count = format_count(len(card.sites), "site")
    facts = " · ".join([count, *(f"{label} {value}" for label, value in card.details)])
    sheet.write_quiet_text(sheet.left + 16, top - 42, facts, room=sheet.room - 16)
    backup = handout.backups.get(card.zone.id)
    unit = handout.project.units.get(backup or "")
    around = ", ".join(handout.neighbors.get(card.zone.id, ())) or "none"
    said = f"Neighbors: {around}"
    if is_released(handout.audience, "handout.backups"):
        next_ = (
            f"{unit.id}, {name_unit_beside(unit.name, unit.id)}"
            if unit
            else "the agency's ordinary patrol"
        )
        said = f"Backup: {next_} · {said}"
    said = " · ".join(filter(None, (said, describe_land_parts(handout, card.zone.id))))
    sheet.text(sheet.left + 16, top - 55, said, size=8, least=6.5, room=sheet.room - 16)
    title = handout.title
    write = partial(sheet.text, least=6, align="right", room=170, role=sheet.running_role)
    write(sheet.right, top - 9, title, size=9, bold=True)
    status, _, last = handout.plan_status.partition(", last day ")
    lines = (handout.plan.name, status, f"Last day {last}" if last else "")
    for number, line in enumerate(filter(None, lines)):
        y = top - 21 - 9.5 * number
        write(sheet.right, y, line, size=8, color=QUIET)
