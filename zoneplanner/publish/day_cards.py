"""Day cards: one page for each unit with its way round, what is open, and whom to call."""

from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.publish.content import MONTHS, Handout, day_text
from zoneplanner.publish.paper import HEAD_PT, Booklet, Page, Sheet
from zoneplanner.publish.pdf import BOLD, QUIET, width_of
from zoneplanner.publish.roster_page import on_duty
from zoneplanner.publish.sheet_map import draw_zone_map
from zoneplanner.publish.sheet_table import Entry, draw_entries, heights
from zoneplanner.publish.stops import UnitDay, open_lines, unit_days

WIDTHS = (
    *(("School", 0.0), ("Address", 0.29), ("Phone", 0.55), ("Seen", 0.675)),
    *(("Arrived", 0.755), ("Left", 0.835), ("Initials", 0.915)),
)
WITH_BELLS = (
    *(("School", 0.0), ("Address", 0.26), ("Phone", 0.49), ("Bells", 0.61), ("Seen", 0.715)),
    *(("Arrived", 0.785), ("Left", 0.86), ("Initials", 0.93)),
)
SIDE_PT, GAP = 186.0, 12.0
MAP_LEAST, MAP_MOST = 190.0, 380.0
HEADED = 52.0
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day_cards(handout: Handout) -> Booklet:
    """Return the day cards of a released handout."""
    pages = [
        Page(partial(_page, day=day), f"{day.card.zone.id}, {day.card.unit}")
        for day in unit_days(handout)
    ]
    return Booklet(handout, "day cards", pages)


def date_words(handout: Handout, *, short: bool = False) -> str:
    """Write the handout's day with its weekday, and what kind of school day it is."""
    day = handout.today
    kind = handout.project.calendar.day_kind(handout.today)
    early = f", {kind.value}" if kind is not None and kind.short else ""
    school = early if kind is not None else ", no school"
    name = WEEKDAYS[day.weekday()]
    if short:
        return f"{name[:3]} {day.day} {MONTHS[day.month - 1][:3]} {day.year}{school}"
    return f"{name}, {day_text(day)}{school}"


def _page(sheet: Sheet, *, day: UnitDay) -> None:
    card = day.card
    _heading(sheet, day)
    top = sheet.top - HEADED
    entries = _entries(sheet, day)
    free = top - sheet.bottom - HEAD_PT - heights(entries) - GAP
    height = min(max(free, MAP_LEAST), MAP_MOST)
    edge = sheet.right - SIDE_PT
    with sheet.figure(f"Map of {card.zone.name}, its schools numbered in visiting order") as canvas:
        draw_zone_map(canvas, sheet.handout, card, (sheet.left, top - height, edge - GAP, top))
    _side(sheet, day, edge, top, top - height)
    room = top - height - GAP - HEAD_PT - sheet.bottom
    kept = _fitting(entries, room)
    draw_entries(sheet, kept, top - height - GAP, zone_colour(card.zone.colour))
    if len(kept) < len(entries):
        left = f"and {len(entries) - len(kept)} more; see the zone's pages in the atlas"
        sheet.text(sheet.left + 24, sheet.bottom - 8, left, size=7.5, colour=QUIET)


def _heading(sheet: Sheet, day: UnitDay) -> None:
    card, top = day.card, sheet.top
    sheet.box((sheet.left, top - 40, sheet.left + 8, top), HexColor(zone_colour(card.zone.colour)))
    ink = HexColor(zone_ink(card.zone.colour))
    sheet.text(
        sheet.left + 16, top - 25, card.zone.id, size=28, bold=True, colour=ink, room=160, role="H1"
    )
    left = sheet.left + 32 + min(width_of(card.zone.id, BOLD, 28), 160)
    sheet.text(left, top - 11, f"Day card: {card.unit}", size=12, bold=True, room=240)
    served = on_duty(sheet.handout, card.zone.unit)
    sheet.text(left, top - 25, f"{card.agency}{f' · {served}' if served else ''}", size=9, room=240)
    sheet.text(sheet.right, top - 11, date_words(sheet.handout), size=11, bold=True, align="right")
    sheet.text(
        sheet.right,
        top - 24,
        sheet.handout.plan_text,
        size=8,
        colour=QUIET,
        align="right",
        room=200,
    )
    count = len(day.stops)
    said = f"{count} stops, in the order of the numbers" if count != 1 else "1 stop"
    sheet.text(sheet.left + 16, top - 39, said, size=8, colour=QUIET)


def _side(sheet: Sheet, day: UnitDay, left: float, top: float, bottom: float) -> None:
    """Write whom to call and what is open into the column beside the map."""
    y = top - 9
    sheet.text(left, y, "Key numbers", size=10, bold=True, role="H2")
    for name, phone in day.calls:
        y -= 12
        wide = width_of(phone, BOLD, 8)
        sheet.text(left, y, name, size=8, room=SIDE_PT - wide - 8)
        sheet.text(sheet.right, y, phone, size=8, bold=True, align="right", room=SIDE_PT)
    around = ", ".join(sheet.handout.neighbours.get(day.card.zone.id, ())) or "none"
    y -= 12
    sheet.text(left, y, f"Neighbours: {around}", size=8, room=SIDE_PT)
    y -= 20
    sheet.text(left, y, "Open items", size=10, bold=True, role="H2")
    lines = open_lines(day)
    if not lines:
        sheet.text(left, y - 13, "Nothing is open at these schools.", size=8, room=SIDE_PT)
    for place, (words, stops) in enumerate(lines):
        if y - 26 < bottom:
            rest = f"and {len(lines) - place} more kinds"
            sheet.text(left, y - 12, rest, size=7.5, colour=QUIET, room=SIDE_PT)
            return
        y -= 13
        sheet.text(left, y, words, size=8, bold=True, room=SIDE_PT)
        y = sheet.paragraph(left, y - 1, f"at {stops}", size=8, room=SIDE_PT)


def _entries(sheet: Sheet, day: UnitDay) -> list[Entry]:
    columns = WITH_BELLS if sheet.handout.bells else WIDTHS
    found = []
    for number, stop in enumerate(day.stops, start=1):
        site = stop.card.site
        bells = (stop.card.bells,) if sheet.handout.bells else ()
        cells = (site.name, site.address, site.phone, *bells, stop.last_visit, *("_______",) * 3)
        found.append(Entry(number, stop.card.shape, columns, cells, stop.note))
    return found


def _fitting(entries: list[Entry], room: float) -> list[Entry]:
    kept: list[Entry] = []
    for entry in entries:
        room -= entry.height
        if room < 0:
            break
        kept.append(entry)
    return kept
