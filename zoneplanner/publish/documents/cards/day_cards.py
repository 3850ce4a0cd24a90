"""Day cards: a page for each unit with its route, open items, and whom to call."""

from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.messages import Message
from zoneplanner.publish.documents.cards.unit_days import (
    UnitDay,
    build_unit_days,
    draw_directions,
    fit_directions,
    group_open_items,
    measure_directions,
)
from zoneplanner.publish.documents.week_roster import describe_on_duty
from zoneplanner.publish.documents.zone_sheets import (
    PrintedSiteRow,
    draw_site_rows,
    fold_site_cells,
    measure_rows,
    split_site_rows,
    wrap_note,
)
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.zone_map import choose_zone_color, draw_zone_map
from zoneplanner.publish.pdf.canvas import BOLD_FONT, INK, QUIET, REGULAR_FONT, measure_text_width
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
)
from zoneplanner.publish.pdf.table import HEAD_PT
from zoneplanner.tokens import zone_color, zone_text_color

_WIDTHS = (
    ("School", 0.0),
    ("Visit", 0.28),
    ("Part of day", 0.415),
    ("Address", 0.505),
    ("Phone", 0.67),
    ("Last visit", 0.79),
    ("Arrived", 0.87),
    ("Left", 0.94),
)
_WITH_BELLS = (
    ("School", 0.0),
    ("Visit", 0.235),
    ("Part of day", 0.37),
    ("Address", 0.445),
    ("Phone", 0.569),
    ("Bells", 0.674),
    ("Last visit", 0.807),
    ("Arrived", 0.876),
    ("Left", 0.936),
)
_SIDE_PT, _GAP, _LINE_PT = 186.0, 12.0, 19.0
_MIN_MAP_PT, _MAX_MAP_PT = 190.0, 480.0
_HEADING_PT, _DATE_PT = 58.0, 205.0
_OPEN_PT, _CODES_PT = 40.0, 140.0
"""The height for one open item, and for the QR codes below the stops."""


def build_day_cards(handout: Handout) -> Booklet:
    """Return the day cards of a redacted handout; a long route continues on a second page.

    So do the QR codes of directions if the first page has no room for them.
    """
    pages = []
    for day in build_unit_days(handout):
        sheets = _split_rows(handout, _list_rows(handout, day))
        codes_part = _find_codes_part(handout, day, sheets)
        if codes_part == len(sheets):
            sheets.append([])
        for part, rows in enumerate(sheets):
            draw = partial(_draw_page, day=day, rows=rows, part=part, codes_part=codes_part)
            name = "" if part else f"{day.card.zone.id}, {day.card.unit_beside}"
            pages.append(BookletPage(draw, name))
    return Booklet(handout, "day cards", pages)


def format_weekday(handout: Handout) -> str:
    """Return the weekday of the cards' day."""
    return WEEKDAY_NAMES[handout.card_day.weekday()]


def describe_day_kind(handout: Handout) -> str:
    """Describe what is special about the cards' day, or return "" on a regular school day."""
    kind = handout.project.calendar.day_kind(handout.card_day)
    if kind is None:
        return "No school"
    return kind.value.capitalize() if kind.ends_early else ""


def _split_rows(handout: Handout, rows: list[PrintedSiteRow]) -> list[list[PrintedSiteRow]]:
    """Divide the stops into pages; the first leaves room for the map."""
    sheet_pt = _measure_sheet(handout) - HEAD_PT
    return split_site_rows(rows, sheet_pt - _MIN_MAP_PT - _GAP, sheet_pt)


def _measure_sheet(handout: Handout) -> float:
    """Return the height of a sheet below its heading."""
    return PAGE_SIZES_PT[handout.paper][1] - 2 * PAGE_MARGIN_PT - FOOTER_PT - _HEADING_PT


def _measure_map(handout: Handout, rows: list[PrintedSiteRow]) -> float:
    free = _measure_sheet(handout) - HEAD_PT - measure_rows(rows) - _GAP
    return min(max(free, _MIN_MAP_PT), _MAX_MAP_PT)


def _find_codes_part(handout: Handout, day: UnitDay, parts: list[list[PrintedSiteRow]]) -> int:
    """Return the sheet of the QR codes: the first, next to the map, or else the last, below the
    stops.

    One more than the last if neither has room.
    """
    beside = _measure_map(handout, parts[0]) - _measure_numbers(day) - _OPEN_PT
    if not measure_directions(handout, day) or fit_directions(handout, day, _SIDE_PT, beside):
        return 0
    below = _measure_sheet(handout) - HEAD_PT - measure_rows(parts[-1]) - _CODES_PT
    return len(parts) if len(parts) == 1 or below < 0 else len(parts) - 1


def _draw_page(
    sheet: PageWriter, *, day: UnitDay, rows: list[PrintedSiteRow], part: int, codes_part: int
) -> None:
    card = day.card
    _draw_heading(sheet, day, ", continued" if part else "")
    top = sheet.top - _HEADING_PT
    color = zone_color(choose_zone_color(sheet.handout, card.zone))
    if part:
        if rows:
            draw_site_rows(sheet, rows, top, color)
            top -= HEAD_PT + measure_rows(rows) + _GAP
        if part == codes_part:
            sheet.text(sheet.left, top - 14, "Directions", size=10, bold=True, role="H2")
            draw_directions(sheet, day, (sheet.left, top - _CODES_PT), _CODES_PT - 20)
        return
    height = _measure_map(sheet.handout, rows)
    edge = sheet.right - _SIDE_PT
    with sheet.figure(Message("cards.map", zone=card.zone.name)) as canvas:
        frame = (sheet.left, top - height, edge - _GAP, top)
        draw_zone_map(canvas, sheet.handout, card, frame, day.stop_numbers)
    _draw_side_column(sheet, day, (edge, top - height), top, has_codes=codes_part == 0)
    draw_site_rows(sheet, rows, top - height - _GAP, color)


def _draw_heading(sheet: PageWriter, day: UnitDay, suffix: str) -> None:
    card, top = day.card, sheet.top
    sheet.box((sheet.left, top - 40, sheet.left + 8, top), HexColor(zone_color(card.zone.color)))
    ink = HexColor(zone_text_color(card.zone.color))
    left = sheet.left + 32 + min(measure_text_width(card.zone.id, BOLD_FONT, 28), 160)
    room = sheet.right - _DATE_PT - 10 - left
    with sheet.tags.part("H1"):
        position = (sheet.left + 16, top - 25)
        sheet.text(*position, card.zone.id, size=28, bold=True, color=ink, room=160, role="Span")
        unit_name = f"{card.unit_beside}{suffix}"
        sheet.text(left, top - 11, unit_name, size=12, least=9, bold=True, room=room, role="Span")
    handout = sheet.handout
    date = f"{format_weekday(handout)}, {handout.formats.long_date(handout.card_day)}"
    plan = " · ".join(filter(None, (describe_day_kind(handout), handout.plan.name)))
    lines = ((date, 11.0, top - 11), (plan, 8.0, top - 24), (handout.plan_status, 8.0, top - 34))
    for words, size, y in lines:
        sheet.text(
            sheet.right,
            y,
            words,
            size=size,
            least=6,
            bold=size > 10,
            color=INK if size > 10 else QUIET,
            align="right",
            room=_DATE_PT,
        )
    sheet.text(left, top - 25, card.agency, size=9, least=7, room=room)
    count, on_duty = len(day.stops), describe_on_duty(handout, card.zone.unit)
    in_order = "in_order" if day.stops and day.stops[0].time else "by_nearness"
    code = {0: "no_stop", 1: "one_stop"}.get(count, f"stops_{in_order}")
    stops = str(Message(f"cards.{code}", n=count))
    subtitle = " · ".join(filter(None, ("Day card", str(Message("not_public")), stops, on_duty)))
    sheet.text(sheet.left, top - 51, subtitle, size=8.5, least=6, color=QUIET, room=sheet.room)


def _has_own_line(name: str, phone: str) -> bool:
    """Return whether a name is too long to be written next to its number."""
    room = _SIDE_PT - measure_text_width(phone, BOLD_FONT, 8) - 8
    return measure_text_width(name, REGULAR_FONT, 8) > room


def _measure_numbers(day: UnitDay) -> float:
    """Return the height of the key numbers, with the heading of the open items below."""
    return 41 + sum(23 if _has_own_line(name, phone) else 12 for name, phone in day.calls)


def _draw_side_column(
    sheet: PageWriter, day: UnitDay, corner: tuple[float, float], top: float, *, has_codes: bool
) -> None:
    """Write whom to call and the open items into the column next to the map."""
    (left, bottom), y = corner, top - 9
    sheet.text(left, y, "Key numbers", size=10, bold=True, role="H2")
    for name, phone in day.calls:
        y -= 12
        if _has_own_line(name, phone):
            sheet.text(left, y, name, size=8, least=6.5, room=_SIDE_PT)
            y -= 11
        else:
            sheet.text(left, y, name, size=8)
        sheet.text(sheet.right, y, phone, size=8, bold=True, align="right", room=_SIDE_PT)
    around = ", ".join(sheet.handout.neighbors.get(day.card.zone.id, ())) or "none"
    y -= 12
    sheet.text(left, y, f"Neighbors: {around}", size=8, room=_SIDE_PT)
    y -= 20
    sheet.text(left, y, "Open items", size=10, bold=True, role="H2")
    lines = group_open_items(day)
    least = bottom + (measure_directions(sheet.handout, day) if has_codes else 0) + _LINE_PT
    if not lines:
        sheet.text(left, y - 13, Message("cards.no_open_items"), size=8, room=_SIDE_PT)
    for index, (words, stops) in enumerate(lines):
        if y - 38 < least and index < len(lines) - 1:  # room for two lines and one more
            more = Message("cards.more_kinds", n=len(lines) - index)
            y -= 12
            sheet.text(left, y, more, size=7.5, color=QUIET, room=_SIDE_PT)
            break
        y -= 13
        sheet.text(left, y, words, size=8, bold=True, room=_SIDE_PT)
        y = sheet.paragraph(left, y - 1, f"at {stops}", size=8, room=_SIDE_PT)
    if has_codes:
        room = y - (14 if lines else 27) - bottom
        codes_pt = draw_directions(sheet, day, corner, room)
        bottom += codes_pt + 12 if codes_pt else 0.0
    else:
        note = Message("cards.codes_apart")
        sheet.text(left, bottom + 4, note, size=7, least=6, color=QUIET, room=_SIDE_PT)
        bottom += 16
    _draw_note_lines(sheet, left, y - (24 if lines else 37), bottom)


def _draw_note_lines(sheet: PageWriter, left: float, top: float, bottom: float) -> None:
    """Fill the rest of the side column with lines for notes, if there is room."""
    if top - bottom < 2 * _LINE_PT:
        return
    sheet.text(left, top, "Notes", size=10, bold=True, role="H2")
    for number in range(1, int((top - bottom) / _LINE_PT) + 1):
        sheet.rule(top - number * _LINE_PT, left=left)


def _list_rows(handout: Handout, day: UnitDay) -> list[PrintedSiteRow]:
    columns = _WITH_BELLS if handout.bells else _WIDTHS
    rows = []
    for number, stop in enumerate(day.stops, start=1):
        site = stop.card.site
        bells = (stop.card.bells,) if handout.bells else ()
        site_cells = (
            (site.street, site.phone, *bells, stop.last_visit)
            if stop.visit == 1
            else ("",) * (3 + len(bells))
        )
        values = (stop.name, stop.time, stop.window, *site_cells, *("______",) * 2)
        cells = fold_site_cells(handout, columns, values)
        note = wrap_note(handout, stop.note if stop.visit == 1 else "")
        rows.append(PrintedSiteRow(number, None, columns, cells, note))
    return rows
