"""The atlas: an overview, a page for each zone, a directory of schools, and an index."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.palette import zone_colour
from zoneplanner.publish.atlas_index import index_pages
from zoneplanner.publish.cards import SHAPE_WORDS, ZoneCard, site_cards, zone_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.district_map import draw_district_map
from zoneplanner.publish.marks import draw_mark
from zoneplanner.publish.paper import FOOT_PT, MARGIN, SIZES, Booklet, Page, Sheet
from zoneplanner.publish.paper_table import Column, Table, draw_table
from zoneplanner.publish.pdf import QUIET
from zoneplanner.publish.sheets import zone_pages

HEADED = 46.0
KEY_PT = 22.0


def atlas(handout: Handout) -> Booklet:
    """Return the atlas of a released handout.

    Raises
    ------
    UserError
        The plan has no zone.
    """
    cards = zone_cards(handout)
    zones = zone_pages(handout, cards)
    at = {page.key.removeprefix("zone-"): n for n, page in enumerate(zones, 2) if page.key}
    directory = _directory(handout, at)
    overview = Page(partial(_overview, cards=cards, at=at), "Overview", key="overview")
    index = index_pages(handout, at, directory_page=len(zones) + 2)
    return Booklet(handout, "patrol zones, atlas", [overview, *zones, *directory, *index])


def _overview(sheet: Sheet, *, cards: Sequence[ZoneCard], at: dict[str, int]) -> None:
    handout = sheet.handout
    top = sheet.heading(handout.title)
    table = _zones(handout, cards, at)
    bottom = sheet.bottom + table.height + KEY_PT + 8
    alt = f"Map of all {len(cards)} zones with their numbers and schools"
    with sheet.figure(alt) as canvas:
        frame = (sheet.left, bottom, sheet.right, top)
        draw_district_map(canvas, handout, frame, small_pt=3.0, number_pt=22, streets=True)
    _key(sheet, bottom - 14)
    draw_table(sheet, table, bottom - KEY_PT)
    y = bottom - KEY_PT - 16
    for number, card in enumerate(cards[: len(table.rows)]):
        row = y - number * table.row_pt
        colour = HexColor(zone_colour(card.zone.colour))
        sheet.box((sheet.left - 5, row - table.row_pt + 2, sheet.left - 1, row - 2), colour)
        zone = card.zone.id
        edges = (sheet.left, row - table.row_pt, sheet.right, row)
        sheet.canvas.linkRect(f"To {zone}", f"zone-{zone}", edges, relative=0, thickness=0)


def _zones(handout: Handout, cards: Sequence[ZoneCard], at: dict[str, int]) -> Table:
    units = handout.project.units
    loads = any(card.more for card in cards)
    columns = [
        Column("Zone", 0.09, bold=True),
        Column("Unit", 0.24),
        Column("Agency and phone", 0.36 if loads else 0.44),
        Column("Backup", 0.10),
        Column("Sites", 0.07, "right"),
    ]
    if loads:
        columns += [Column("Students", 0.09, "right")]
    columns += [Column("Page", 0.0, "right")]
    rest = 1 - sum(column.share for column in columns)
    columns[-1] = Column("Page", rest, "right")
    rows = []
    for card in cards:
        backup = units.get(handout.backups.get(card.zone.id, ""))
        phone = f" · {card.agency_phone}" if card.agency_phone else ""
        row = [card.zone.id, card.unit, f"{card.agency}{phone}", backup.id if backup else "–"]
        row += [str(len(card.sites))]
        row += [dict(card.more).get("Students", "")] if loads else []
        rows.append((*row, str(at.get(card.zone.id, ""))))
    most = int((SIZES[handout.paper][1] - 2 * MARGIN - FOOT_PT - HEADED - 320) // 14)
    return Table(tuple(columns), tuple(rows[:most]))


def _key(sheet: Sheet, y: float) -> None:
    """Explain the marks under the map."""
    x = sheet.left
    for shape, words in SHAPE_WORDS.items():
        with sheet.tags.ornament():
            draw_mark(sheet.canvas, (x + 5, y + 3), shape, "#FFFFFF", radius=3.4)
        sheet.text(x + 14, y, words, size=7.5, colour=QUIET)
        x += 14 + 4.6 * len(words) + 14
    with sheet.tags.ornament():
        sheet.canvas.setDash([4, 1.5, 1, 1.5])
        sheet.canvas.line(x, y + 3, x + 22, y + 3)
        sheet.canvas.setDash([])
    sheet.text(x + 27, y, "City limit", size=7.5, colour=QUIET)


def _directory(handout: Handout, at: dict[str, int]) -> list[Page]:
    cards = sorted(site_cards(handout), key=lambda card: (card.site.name.casefold(), card.site.id))
    columns = (
        Column("School", 0.35, bold=True),
        Column("Level", 0.155),
        Column("Phone", 0.135),
        Column("Zone", 0.09, bold=True),
        Column("Unit", 0.21),
        Column("Page", 0.06, "right"),
    )
    rows = tuple(
        (
            card.site.name,
            card.level,
            card.site.phone,
            card.zone.id if card.zone else "–",
            card.unit or "In no patrol zone",
            str(at.get(card.zone.id, "")) if card.zone else "",
        )
        for card in cards
    )
    room = SIZES[handout.paper][1] - 2 * MARGIN - FOOT_PT - HEADED
    table = Table(columns, rows, row_pt=12.4)
    return [
        Page(
            partial(_directory_page, table=part, number=number),
            "Directory of schools" if number == 0 else "",
        )
        for number, part in enumerate(table.split(room, room))
    ]


def _directory_page(sheet: Sheet, *, table: Table, number: int) -> None:
    more = ", continued" if number else ""
    top = sheet.heading(f"Directory: school, zone, unit{more}")
    draw_table(sheet, table, top)
