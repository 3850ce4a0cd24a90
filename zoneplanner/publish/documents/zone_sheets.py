"""Zone sheets: a printed page for each zone with its map, its sites and whom to call."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from reportlab.lib.colors import HexColor

from zoneplanner.domain.plans.edits import describe_plan_status
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count
from zoneplanner.publish.audience import is_released, redact_for_audience
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.site_marks import draw_site_mark, draw_stop_mark
from zoneplanner.publish.maps.zone_map import choose_zone_color, draw_zone_map
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    LATE,
    QUIET,
    REGULAR_FONT,
    STRIPE,
    fold_text,
    measure_text_width,
    register_fonts,
    wrap_text,
)
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
    measure_body_area,
)
from zoneplanner.publish.pdf.table import HEAD_PT, MIN_CELL_SIZE_PT
from zoneplanner.publish.pdf.tags import ROW_HEADER
from zoneplanner.publish.summaries import (
    ZoneSummary,
    describe_land_parts,
    describe_plan_problems,
    summarize_zones,
)
from zoneplanner.tokens import zone_color, zone_text_color

_ROW_PT, _NOTE_PT, _LINE_PT = 15.0, 9.0, 9.5
_SIZE, _NOTE_SIZE, _INDENT = 8.0, 6.5, 28.0
_WIDTHS = {"School": 31.0, "Level": 13.0, "Address": 33.0, "Phone": 14.0}
_OPTIONAL_WIDTHS = {"Bells": 13.0, "Last visit": 12.0}


@dataclass(frozen=True, slots=True)
class PrintedSiteRow:
    """A site's row: its number, mark, cells by column, and the lines of a note below them.

    Without a shape, the row is a stop of a route and has the mark of a stop. A cell that would not
    fit even in small type has several lines.
    """

    number: int
    shape: str | None
    columns: tuple[tuple[str, float], ...]
    cells: tuple[str, ...]
    note: tuple[str, ...]

    @property
    def height(self) -> float:
        """Height in points."""
        return self.cells_pt + _NOTE_PT * len(self.note)

    @property
    def cells_pt(self) -> float:
        """Height of the cells without the note."""
        return _ROW_PT + _LINE_PT * max(cell.count("\n") for cell in self.cells)


def list_site_rows(handout: Handout, card: ZoneSummary) -> list[PrintedSiteRow]:
    """Return the rows of a zone's sites, numbered as on the map."""
    widths = dict(_WIDTHS)
    if handout.bells:
        widths["Bells"] = _OPTIONAL_WIDTHS["Bells"]
    if is_released(handout.audience, "handout.last_visits"):
        widths["Last visit"] = _OPTIONAL_WIDTHS["Last visit"]
    total = sum(widths.values())
    starts = [sum(list(widths.values())[:index]) / total for index in range(len(widths))]
    columns = tuple(zip(widths, starts, strict=True))
    rows = []
    for number, site_card in enumerate(card.sites, start=1):
        site, last = site_card.site, handout.last_visits.get(site_card.site.id)
        values = {
            "School": site.name,
            "Level": site_card.level,
            "Address": site.address,
            "Phone": site.phone,
            "Bells": site_card.bells,
            "Last visit": handout.formats.day(last) if last else "none logged",
        }
        cells = fold_site_cells(handout, columns, [values[title] for title, _ in columns])
        note = wrap_note(handout, site_card.notes)
        rows.append(PrintedSiteRow(number, site_card.shape, columns, cells, note))
    return rows


def fold_site_cells(
    handout: Handout, columns: Sequence[tuple[str, float]], cells: Sequence[str]
) -> tuple[str, ...]:
    """Break cells into lines if they are too wide for their column even in small type."""
    register_fonts()
    room = measure_body_area(handout)[0] - _INDENT
    widths = (
        (end - start) * room - 5 for start, end in pairwise([*(share for _, share in columns), 1.0])
    )
    fonts = (BOLD_FONT, *(REGULAR_FONT,) * (len(columns) - 1))
    return tuple(
        "\n".join(fold_text(cell, font, _SIZE, width, MIN_CELL_SIZE_PT))
        for cell, font, width in zip(cells, fonts, widths, strict=True)
    )


def wrap_note(handout: Handout, note: str) -> tuple[str, ...]:
    """Break a site's note into lines below its row; no part of it is cut."""
    register_fonts()
    room = measure_body_area(handout)[0] - _INDENT
    return tuple(wrap_text(note, REGULAR_FONT, _NOTE_SIZE, room))


def measure_rows(rows: Sequence[PrintedSiteRow]) -> float:
    """Return the total height of some rows, in points."""
    return sum(row.height for row in rows)


def split_site_rows(
    rows: Sequence[PrintedSiteRow], first: float, room: float
) -> list[list[PrintedSiteRow]]:
    """Divide rows into pages with a room in points; the first page has less."""
    pages: list[list[PrintedSiteRow]] = [[]]
    remaining = first
    for row in rows:
        if row.height > remaining and pages[-1]:
            pages.append([])
            remaining = room
        pages[-1].append(row)
        remaining -= row.height
    return pages


def draw_site_rows(
    sheet: PageWriter, rows: Sequence[PrintedSiteRow], top: float, color: str
) -> None:
    """Draw the headings and the rows from ``top`` downward."""
    if not rows:
        sheet.text(sheet.left, top - 14, Message("zone_sheet.no_school"), color=QUIET)
        return
    start = sheet.left + _INDENT
    room = sheet.right - start
    with sheet.tags.part("Table"):
        with sheet.tags.part("TR"):
            columns = rows[0].columns
            ends = [*(share for _, share in columns[1:]), 1.0]
            for (title, share), end in zip(columns, ends, strict=True):
                sheet.text(
                    start + share * room,
                    top - 11,
                    title,
                    size=_SIZE - 0.5,
                    least=6,
                    bold=True,
                    color=QUIET,
                    room=(end - share) * room - 4,
                    role="TH",
                )
        y = top - HEAD_PT
        sheet.rule(y)
        for row in rows:
            with sheet.tags.part("TR"):
                _draw_row(sheet, row, y, color)
            if row.note:
                with sheet.tags.part("TR"), sheet.tags.part("TD", span=len(row.columns)):
                    _draw_note(sheet, row, y)
            y -= row.height


def _draw_row(sheet: PageWriter, row: PrintedSiteRow, top: float, color: str) -> None:
    start = sheet.left + _INDENT
    room = sheet.right - start
    if row.number % 2 == 0:
        sheet.box((sheet.left, top - row.height, sheet.right, top), STRIPE)
    base = top - _ROW_PT / 2 - _SIZE * 0.36
    with sheet.tags.ornament():
        place = (sheet.left + 11, top - _ROW_PT / 2)
        text = str(row.number)
        if row.shape is None:
            draw_stop_mark(sheet.canvas, place, text)
        else:
            draw_site_mark(sheet.canvas, (sheet.left + 5, place[1]), row.shape, color, radius=3.4)
            sheet.canvas.setFillColor(INK)
            sheet.canvas.setFont(BOLD_FONT, _SIZE)
            sheet.canvas.drawRightString(start - 4, base, text)
    edges = [*(share for _, share in row.columns), 1.0]
    for index, (cell, (share, end)) in enumerate(zip(row.cells, pairwise(edges), strict=True)):
        lines = cell.split("\n")
        role = "TD" if index else ROW_HEADER
        with sheet.tags.part(role) if len(lines) > 1 else nullcontext():
            for number, line in enumerate(lines):
                sheet.text(
                    start + share * room,
                    base - number * _LINE_PT,
                    line,
                    size=_SIZE,
                    least=MIN_CELL_SIZE_PT,
                    bold=index == 0,
                    room=(end - share) * room - 5,
                    role=role if len(lines) == 1 else "Span",
                )


def _draw_note(sheet: PageWriter, row: PrintedSiteRow, top: float) -> None:
    """Write a note below its row, in a cell across all columns."""
    start = sheet.left + _INDENT
    base = top - row.cells_pt + _ROW_PT / 2 - _SIZE * 0.36
    for number, line in enumerate(row.note, start=1):
        y = base - number * _NOTE_PT
        room = sheet.right - start + 1
        sheet.text(start, y, line, size=_NOTE_SIZE, color=QUIET, room=room, role="Span")


_HEADING_PT, _PROBLEM_SIZE = 74.0, 8.0
_MIN_MAP_PT, _MAX_MAP_PT = 300.0, 480.0
_GAP = 10.0


def build_zone_sheets(handout: Handout, only: Collection[str] | None = None) -> Booklet:
    """Return a page for each zone, or for some.

    A zone with more sites than fit on a page continues on a second one.

    Raises
    ------
    UserError
        A zone is unknown, or there is none.
    """
    for zone in only or ():
        handout.plan.zone(zone)
    shown = redact_for_audience(handout)
    cards = [card for card in summarize_zones(shown) if only is None or card.zone.id in only]
    pages = build_zone_pages(shown, cards, problems=describe_plan_problems(shown))
    return Booklet(shown, "patrol zones, zone sheets", pages)


def build_zone_pages(
    handout: Handout, cards: Sequence[ZoneSummary], *, problems: Message | str = ""
) -> list[BookletPage]:
    """Return the pages of some zones, with the plan's ``problems`` below the heading of each.

    Raises
    ------
    UserError
        There is no zone.
    """
    if not cards:
        raise UserError("no_zones_to_print", plan=handout.plan.name)
    register_fonts()
    text = handout.say(problems)
    lines = wrap_text(text, REGULAR_FONT, _PROBLEM_SIZE, measure_body_area(handout)[0])
    head_pt = _HEADING_PT + len(lines) * _PROBLEM_SIZE * 1.35
    pages = []
    for card in cards:
        for part, rows in enumerate(_split_rows(handout, list_site_rows(handout, card), head_pt)):
            draw_part = partial(_draw_page, card=card, problems=text, head_pt=head_pt)
            draw = partial(draw_part, rows=rows, first=part == 0)
            name = f"{card.zone.name}, {card.unit_beside}" if part == 0 else ""
            key = f"zone-{card.zone.id}" if part == 0 else ""
            pages.append(BookletPage(draw, bookmark=name, key=key))
    return pages


def _split_rows(
    handout: Handout, rows: Sequence[PrintedSiteRow], heading_pt: float
) -> list[list[PrintedSiteRow]]:
    """Divide a zone's rows into pages; the first leaves room for the map."""
    room = PAGE_SIZES_PT[handout.paper][1] - 2 * PAGE_MARGIN_PT - FOOTER_PT - heading_pt - HEAD_PT
    return split_site_rows(rows, room - _MIN_MAP_PT - _GAP, room)


def _draw_page(
    sheet: PageWriter,
    *,
    card: ZoneSummary,
    rows: Sequence[PrintedSiteRow],
    problems: str,
    head_pt: float,
    first: bool,
) -> None:
    _draw_heading(sheet, card, "" if first else ", continued")
    sheet.paragraph(sheet.left, sheet.top - 61, problems, size=_PROBLEM_SIZE, color=LATE)
    top = sheet.top - head_pt
    if first:
        free = top - sheet.bottom - HEAD_PT - measure_rows(rows) - _GAP
        height = min(max(free, _MIN_MAP_PT), _MAX_MAP_PT)
        alt = describe_zone_map(sheet.handout, card)
        with sheet.figure(alt) as canvas:
            frame = (sheet.left, top - height, sheet.right, top)
            draw_zone_map(canvas, sheet.handout, card, frame)
        top -= height + _GAP
    draw_site_rows(sheet, rows, top, zone_color(choose_zone_color(sheet.handout, card.zone)))


def describe_zone_map(handout: Handout, card: ZoneSummary) -> Message:
    """Describe the map of a zone for screen readers."""
    around = ", ".join(handout.neighbors.get(card.zone.id, ()))
    names = ", ".join(f"{n} {one.site.name}" for n, one in enumerate(card.sites, start=1))
    code = "zone_sheet.map.beside" if around else "zone_sheet.map"
    return Message(code, zone=card.zone.name, around=around, schools=names or "none")


def _draw_heading(sheet: PageWriter, card: ZoneSummary, suffix: str) -> None:
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
    line = f"Neighbors: {around}"
    if is_released(handout.audience, "handout.backups"):
        next_ = (
            f"{unit.id}, {name_unit_beside(unit.name, unit.id)}"
            if unit
            else "the agency’s regular patrol"
        )
        line = f"Backup: {next_} · {line}"
    parts = handout.say(describe_land_parts(handout, card.zone.id))
    line = " · ".join(filter(None, (line, parts)))
    sheet.text(sheet.left + 16, top - 55, line, size=8, least=6.5, room=sheet.room - 16)
    title = handout.title
    write = partial(sheet.text, least=6, align="right", room=170, role=sheet.running_role)
    write(sheet.right, top - 9, title, size=9, bold=True)
    status = describe_plan_status(handout.plan, handout.today)
    lines: list[Message | str] = [handout.plan.name, status]
    if "last" in status.facts:  # on a line of its own
        status_alone = status.template.removesuffix("_until")
        lines[1:] = [
            Message(code, **status.facts) for code in (status_alone, "zone_sheet.last_day")
        ]
    for number, text in enumerate(lines):
        y = top - 21 - 9.5 * number
        write(sheet.right, y, text, size=8, color=QUIET)
