"""The atlas: an overview, a page for each zone, a directory of schools, and an index."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from reportlab.lib.colors import HexColor

from zoneplanner.domain.locale_formats import split_numbers
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message
from zoneplanner.publish.audience import is_released
from zoneplanner.publish.documents.cards.unit_days import format_ranges
from zoneplanner.publish.documents.zone_sheets import build_zone_pages
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import collect_basemap, find_zone_bounds
from zoneplanner.publish.maps.district_map import draw_district_map
from zoneplanner.publish.maps.site_marks import draw_site_mark
from zoneplanner.publish.pdf.canvas import (
    LATE,
    PAPER,
    QUIET,
    REGULAR_FONT,
    fold_text,
    measure_text_width,
    register_fonts,
)
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.pdf.table import (
    PrintedColumn,
    PrintedTable,
    draw_table,
    paginate_table,
    wrap_cells,
)
from zoneplanner.publish.summaries import (
    SiteSummary,
    ZoneSummary,
    describe_office_numbers,
    describe_plan_problems,
    list_mark_labels,
    summarize_sites,
    summarize_zones,
)
from zoneplanner.tokens import zone_color

_COLUMNS, _GAP, _LINE_PT = 3, 16.0, 11.0
_INDEX_SIZE, _MIN_SIZE, _CONTINUES = 7.5, 6.0, " "
"""The pages of an index line whose name continues on the next line."""
_MIN_STREET_M = 150.0
_ALL = "All zones"

_IndexLine = tuple[str, str]
"""A name and its pages; a letter that begins a group has no pages."""


def _build_index_pages(
    handout: Handout, zone_pages: dict[str, int], site_pages: dict[str, int]
) -> list[BookletPage]:
    """Return the index; ``site_pages`` are the directory's pages by site."""
    register_fonts()
    width, height = measure_body_area(handout)
    per_column = int(height // _LINE_PT)
    lines = _group_lines(
        _list_entries(handout, zone_pages, site_pages), per_column, _measure_column(width)
    )
    per_page = per_column * _COLUMNS
    pages = [lines[start : start + per_page] for start in range(0, len(lines), per_page)]
    return [
        BookletPage(
            partial(_draw_index_page, lines=part, per_column=per_column, number=n),
            "" if n else "Index",
        )
        for n, part in enumerate(pages)
    ]


def _list_entries(
    handout: Handout, zone_pages: dict[str, int], site_pages: dict[str, int]
) -> list[_IndexLine]:
    pages: dict[str, set[int]] = {}
    for card in summarize_sites(handout):
        zone_id = card.zone.id if card.zone else ""
        page = zone_pages.get(zone_id, site_pages[card.site.id])
        pages.setdefault(card.site.name, set()).add(page)
    for zone in handout.plan.zones:
        unit = handout.project.units.get(zone.unit)
        if unit is not None and zone.id in zone_pages:
            pages.setdefault(f"{name_unit_beside(unit.name, unit.id)} ({unit.id})", set()).add(
                zone_pages[zone.id]
            )
            pages.setdefault(unit.agency, set()).add(zone_pages[zone.id])
    for street in collect_basemap(handout, find_zone_bounds(handout)).streets:
        crossed = {
            zone_pages[key]
            for key, area in handout.outlines.items()
            if key in zone_pages and street.line.intersection(area).length > _MIN_STREET_M
        }
        if street.name and crossed:
            pages.setdefault(street.name, set()).update(crossed)
    ordered = sorted(pages.items(), key=lambda item: split_numbers(item[0]))
    return [(name, format_ranges(sorted(numbers))) for name, numbers in ordered]


def _group_lines(entries: list[_IndexLine], per_column: int, column_pt: float) -> list[_IndexLine]:
    """Put its first letter above each group, but never on the last line of a column."""
    lines: list[_IndexLine] = []
    for letter, group in groupby(entries, lambda entry: entry[0][:1].upper()):
        if len(lines) % per_column == per_column - 1:
            lines.append(("", ""))
        lines.append((letter, ""))
        for name, pages in group:
            room = column_pt - measure_text_width(pages, REGULAR_FONT, _INDEX_SIZE) - 8
            *beginning, last = fold_text(name, REGULAR_FONT, _INDEX_SIZE, room, _MIN_SIZE)
            lines += [*((part, _CONTINUES) for part in beginning), (last, pages)]
    return lines


def _measure_column(room: float) -> float:
    return (room - (_COLUMNS - 1) * _GAP) / _COLUMNS


def _draw_index_page(
    sheet: PageWriter, *, lines: list[_IndexLine], per_column: int, number: int
) -> None:
    top = sheet.heading(f"Index{', continued' if number else ''}", repeated=number > 0)
    column_pt = _measure_column(sheet.room)
    for index, (name, pages) in enumerate(lines):
        column, row = divmod(index, per_column)
        left = sheet.left + column * (column_pt + _GAP)
        y = top - (row + 1) * _LINE_PT + 2
        if not pages:
            sheet.text(left, y, name, size=9, bold=True, color=QUIET, room=column_pt)
            continue
        room = column_pt - measure_text_width(pages, REGULAR_FONT, _INDEX_SIZE) - 8
        sheet.text(left, y, name, size=_INDEX_SIZE, least=_MIN_SIZE, room=room)
        if pages != _CONTINUES:
            sheet.text(left + column_pt, y, pages, size=_INDEX_SIZE, align="right", room=column_pt)


_KEY_PT = 22.0


def build_atlas(handout: Handout) -> Booklet:
    """Return the atlas of a redacted handout.

    Raises
    ------
    UserError
        The plan has no zone.
    """
    cards = summarize_zones(handout)
    zones = build_zone_pages(handout, cards)
    zone_pages = {page.key.removeprefix("zone-"): n for n, page in enumerate(zones, 2) if page.key}
    schools = sorted(
        summarize_sites(handout), key=lambda card: (split_numbers(card.site.name), card.site.id)
    )
    table, title = _build_directory(handout, schools, zone_pages), "Directory: school, zone, unit"
    no_zone = "" if all(card.zone for card in schools) else _describe_no_zone(handout)
    directory = paginate_table(handout, table, title, no_zone, bookmark="Directory of schools")
    width, height = measure_body_area(handout)
    parts = wrap_cells(table, width).split(height, height)
    pages = (page for page, part in enumerate(parts, len(zones) + 2) for _ in part.rows)
    site_pages = {card.site.id: page for card, page in zip(schools, pages, strict=True)}
    table = _build_zone_table(handout, cards, zone_pages)
    shown = int((height - 320) // 14)
    all_zones = [] if len(cards) <= shown else paginate_table(handout, table, _ALL, bookmark=_ALL)
    after = len(zones) + len(directory) + 2
    more = Message("atlas.more_zones", shown=shown, zones=len(cards), page=after)
    note = more if all_zones else ""
    shown_table = replace(table, rows=table.rows[:shown])
    draw = partial(_draw_overview, cards=cards, table=shown_table, note=note)
    overview = BookletPage(draw, "Overview", key="overview")
    index = _build_index_pages(handout, zone_pages, site_pages)
    return Booklet(
        handout, "patrol zones, atlas", [overview, *zones, *directory, *all_zones, *index]
    )


def _draw_overview(
    sheet: PageWriter, *, cards: Sequence[ZoneSummary], table: PrintedTable, note: Message | str
) -> None:
    handout = sheet.handout
    top = sheet.heading(handout.title)
    if problems := describe_plan_problems(handout):
        top = sheet.paragraph(sheet.left, top + 4, problems, size=8.5, color=LATE) - 6
    if any(card.details for card in cards):
        calls = Message("atlas.calls", demand=handout.demand) if handout.demand else ""
        note = handout.say(note, Message("atlas.definitions"), calls)
    bottom = sheet.bottom + table.height + _KEY_PT + (38 if note else 8)
    counts = ", ".join(f"{card.zone.id} with {len(card.sites)}" for card in cards)
    with sheet.figure(Message("atlas.map", n=len(cards), counts=counts)) as canvas:
        frame = (sheet.left, bottom, sheet.right, top)
        draw_district_map(canvas, handout, frame, small_pt=3.0, number_pt=22, streets=True)
    write_map_key(sheet, bottom - 14)
    end = draw_table(sheet, table, bottom - _KEY_PT)
    sheet.paragraph(sheet.left, end - 2, note, size=6.5, color=QUIET)
    y = bottom - _KEY_PT - 16
    for number, card in enumerate(cards[: len(table.rows)]):
        row = y - number * table.row_pt
        color = HexColor(zone_color(card.zone.color))
        sheet.box((sheet.left - 5, row - table.row_pt + 2, sheet.left - 1, row - 2), color)
        zone = card.zone.id
        edges = (sheet.left, row - table.row_pt, sheet.right, row)
        link = str(Message("atlas.zone_link", zone=card.zone.name))
        sheet.tags.link(link, f"zone-{zone}", edges)


def _build_zone_table(
    handout: Handout, cards: Sequence[ZoneSummary], zone_pages: dict[str, int]
) -> PrintedTable:
    units = handout.project.units
    loads = any(card.details for card in cards)
    phones = any(card.agency_phone for card in cards)
    backups = is_released(handout.audience, "handout.backups")
    columns = [
        PrintedColumn("Zone", 0.09, bold=True),
        PrintedColumn("Unit", 0.22),
        PrintedColumn("Agency and phone" if phones else "Agency", 0.36 if loads else 0.44),
        *([PrintedColumn("Backup", 0.10)] if backups else []),
        PrintedColumn("Sites", 0.07, "right"),
    ]
    if loads:
        columns += [PrintedColumn("Students", 0.09, "right")]
    page_share = 1 - sum(column.share for column in columns)
    columns.append(PrintedColumn("Page", page_share, "right"))
    rows = []
    for card in cards:
        backup = units.get(handout.backups.get(card.zone.id, ""))
        phone = f" · {card.agency_phone}" if card.agency_phone else ""
        row = [card.zone.id, card.unit_beside, f"{card.agency}{phone}"]
        row += [backup.id if backup else "–"] if backups else []
        row += [str(len(card.sites))]
        row += [dict(card.details).get("Students", "")] if loads else []
        rows.append((*row, str(zone_pages.get(card.zone.id, ""))))
    return PrintedTable(tuple(columns), tuple(rows))


def write_map_key(sheet: PageWriter, y: float) -> None:
    """Explain the marks below a map."""
    x = sheet.left
    for shape, words in list_mark_labels(sheet.handout):
        with sheet.tags.ornament():
            draw_site_mark(sheet.canvas, (x + 5, y + 3), shape, PAPER.base, radius=3.4)
        sheet.text(x + 14, y, words, size=7.5, color=QUIET)
        x += 14 + measure_text_width(words, REGULAR_FONT, 7.5) + 16
    backdrop = sheet.handout.backdrop
    if backdrop is not None and not (backdrop.cities or backdrop.other_cities):
        return
    with sheet.tags.ornament():
        sheet.canvas.setDash([4, 1.5, 1, 1.5])
        sheet.canvas.line(x, y + 3, x + 22, y + 3)
        sheet.canvas.setDash([])
    sheet.text(x + 27, y, "City limit", size=7.5, color=QUIET)


def _describe_no_zone(handout: Handout) -> Message:
    """Describe what it means that a school is in no zone, and whom to call if not 9-1-1."""
    numbers = describe_office_numbers(handout)
    return Message("atlas.no_zone" if numbers else "atlas.no_zone.unknown", numbers=numbers)


def _build_directory(
    handout: Handout, schools: Sequence[SiteSummary], zone_pages: dict[str, int]
) -> PrintedTable:
    """Return the table of schools; if the plan ends, also with each school's next zone."""
    coming = handout.coming
    next_zones = {} if coming is None or coming.zones is None else coming.zones
    later = [] if not next_zones or coming is None else [handout.formats.short_day(coming.on)]
    columns = (
        PrintedColumn("School", 0.375 - 0.09 * len(later), bold=True),
        PrintedColumn("Level", 0.145 - 0.02 * len(later)),
        PrintedColumn("Phone", 0.13),
        PrintedColumn("Zone", 0.08, bold=True),
        *(PrintedColumn(f"From {day}", 0.11, bold=True) for day in later),
        PrintedColumn("Unit", 0.21),
        PrintedColumn("Page", 0.06, "right"),
    )
    rows = tuple(
        (
            card.site.name,
            card.level,
            card.site.phone,
            card.zone.id if card.zone else "–",
            *(next_zones[card.site.id][0] if card.site.id in next_zones else "–" for _ in later),
            card.unit_beside or "Not in a patrol zone",
            str(zone_pages.get(card.zone.id, "")) if card.zone else "",
        )
        for card in schools
    )
    return PrintedTable(columns, rows, row_pt=12.4)
