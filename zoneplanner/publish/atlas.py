"""The atlas: an overview, a page for each zone, a directory of schools, and an index."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.palette import zone_colour
from zoneplanner.publish.atlas_index import _build_index_pages
from zoneplanner.publish.cards import (
    MARK_LABELS,
    SiteSummary,
    ZoneSummary,
    summarize_sites,
    summarize_zones,
)
from zoneplanner.publish.content import Handout
from zoneplanner.publish.district_map import draw_district_map
from zoneplanner.publish.marks import draw_site_mark
from zoneplanner.publish.paper import Booklet, BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.paper_table import PrintedColumn, PrintedTable, draw_table, paginate_table
from zoneplanner.publish.pdf import QUIET, REGULAR_FONT, measure_text_width
from zoneplanner.publish.sheets import build_zone_pages

_KEY_PT = 22.0
_DEFINITIONS = (
    "On the pages of zones: load is planned visits and expected calls in minutes of a school day; "
    "off its share says how far the load is from a fair share of the zones of its kind; drive is "
    "all trips of a day from the zone's post to its schools, a measure of reach and not of a tour."
)


def build_atlas(handout: Handout) -> Booklet:
    """Return the atlas of a released handout.

    Raises
    ------
    UserError
        The plan has no zone.
    """
    cards = summarize_zones(handout)
    zones = build_zone_pages(handout, cards)
    at = {page.key.removeprefix("zone-"): n for n, page in enumerate(zones, 2) if page.key}
    schools = sorted(
        summarize_sites(handout), key=lambda card: (card.site.name.casefold(), card.site.id)
    )
    table, title = _directory(schools, at), "Directory: school, zone, unit"
    directory = paginate_table(handout, table, title, bookmark="Directory of schools")
    room = measure_body_area(handout)[1]
    a_page, first = len(table.split(room, room)[0].rows), len(zones) + 2
    listed = {card.site.id: first + n // max(a_page, 1) for n, card in enumerate(schools)}
    overview = BookletPage(partial(_overview, cards=cards, at=at), "Overview", key="overview")
    index = _build_index_pages(handout, at, listed)
    return Booklet(handout, "patrol zones, atlas", [overview, *zones, *directory, *index])


def _overview(sheet: PageWriter, *, cards: Sequence[ZoneSummary], at: dict[str, int]) -> None:
    handout = sheet.handout
    top = sheet.heading(handout.title)
    table = _zones(handout, cards, at)
    said = _DEFINITIONS if any(card.more for card in cards) else ""
    bottom = sheet.bottom + table.height + _KEY_PT + (28 if said else 8)
    alt = f"Map of all {len(cards)} zones with their numbers and schools"
    with sheet.figure(alt) as canvas:
        frame = (sheet.left, bottom, sheet.right, top)
        draw_district_map(canvas, handout, frame, small_pt=3.0, number_pt=22, streets=True)
    _key(sheet, bottom - 14)
    end = draw_table(sheet, table, bottom - _KEY_PT)
    sheet.paragraph(sheet.left, end - 2, said, size=6.5, colour=QUIET)
    y = bottom - _KEY_PT - 16
    for number, card in enumerate(cards[: len(table.rows)]):
        row = y - number * table.row_pt
        colour = HexColor(zone_colour(card.zone.colour))
        sheet.box((sheet.left - 5, row - table.row_pt + 2, sheet.left - 1, row - 2), colour)
        zone = card.zone.id
        edges = (sheet.left, row - table.row_pt, sheet.right, row)
        sheet.canvas.linkRect(f"To {zone}", f"zone-{zone}", edges, relative=0, thickness=0)


def _zones(handout: Handout, cards: Sequence[ZoneSummary], at: dict[str, int]) -> PrintedTable:
    units = handout.project.units
    loads = any(card.more for card in cards)
    columns = [
        PrintedColumn("Zone", 0.09, bold=True),
        PrintedColumn("Unit", 0.22),
        PrintedColumn("Agency and phone", 0.36 if loads else 0.44),
        PrintedColumn("Backup", 0.10),
        PrintedColumn("Sites", 0.07, "right"),
    ]
    if loads:
        columns += [PrintedColumn("Students", 0.09, "right")]
    columns += [PrintedColumn("Page", 0.0, "right")]
    rest = 1 - sum(column.share for column in columns)
    columns[-1] = PrintedColumn("Page", rest, "right")
    rows = []
    for card in cards:
        backup = units.get(handout.backups.get(card.zone.id, ""))
        phone = f" · {card.agency_phone}" if card.agency_phone else ""
        row = [card.zone.id, card.unit, f"{card.agency}{phone}", backup.id if backup else "–"]
        row += [str(len(card.sites))]
        row += [dict(card.more).get("Students", "")] if loads else []
        rows.append((*row, str(at.get(card.zone.id, ""))))
    most = int((measure_body_area(handout)[1] - 320) // 14)
    return PrintedTable(tuple(columns), tuple(rows[:most]))


def _key(sheet: PageWriter, y: float) -> None:
    """Explain the marks under the map."""
    x = sheet.left
    for shape, words in MARK_LABELS.items():
        with sheet.tags.ornament():
            draw_site_mark(sheet.canvas, (x + 5, y + 3), shape, "#FFFFFF", radius=3.4)
        sheet.text(x + 14, y, words, size=7.5, colour=QUIET)
        x += 14 + measure_text_width(words, REGULAR_FONT, 7.5) + 16
    with sheet.tags.ornament():
        sheet.canvas.setDash([4, 1.5, 1, 1.5])
        sheet.canvas.line(x, y + 3, x + 22, y + 3)
        sheet.canvas.setDash([])
    sheet.text(x + 27, y, "City limit", size=7.5, colour=QUIET)


def _directory(schools: Sequence[SiteSummary], at: dict[str, int]) -> PrintedTable:
    columns = (
        PrintedColumn("School", 0.375, bold=True),
        PrintedColumn("Level", 0.145),
        PrintedColumn("Phone", 0.13),
        PrintedColumn("Zone", 0.08, bold=True),
        PrintedColumn("Unit", 0.21),
        PrintedColumn("Page", 0.06, "right"),
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
        for card in schools
    )
    return PrintedTable(columns, rows, row_pt=12.4)
