"""The week roster on a page: units by day, who serves when, and open shifts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout, PublishedShift
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    LATE,
    PALE,
    QUIET,
    measure_text_width,
)
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    HEADING_HEIGHT_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
)
from zoneplanner.tokens import zone_color

_UNIT_COLUMN_PT, _SHIFT_PT, _DAY_HEADING_PT, _MAX_SCALE = 112.0, 22.0, 20.0, 1.6


def build_week_roster(handout: Handout, *, gaps: Sequence[Message] = ()) -> Booklet:
    """Return the roster of the card day's week, or of the next week if that week has no shift.

    ``gaps`` say which other weeks have no page. The roster shows no visit or call, so it needs no
    warning about sample data.
    """
    handout = replace(handout, sample="")
    cells: dict[tuple[str, date], list[PublishedShift]] = {}
    for duty in handout.duties:
        cells.setdefault((duty.unit, handout.to_local(duty.starts_at).date()), []).append(duty)
    monday = handout.card_day - timedelta(days=handout.card_day.weekday())
    if cells and not any(day < monday + timedelta(days=7) for _, day in cells):
        monday += timedelta(days=7)
    days = [monday + timedelta(days=n) for n in range(7)]
    if not any(day in days[5:] for _, day in cells):
        days = days[:5]
    unit_pages = _split_into_pages(handout, days, cells)
    tallest = max(sum(height for _, height in units) for units in unit_pages)
    scale = min(_MAX_SCALE, _measure_room(handout) / max(tallest, 1.0))
    pages = [
        BookletPage(
            partial(_draw_page, days=days, units=units, cells=cells, scale=scale, gaps=gaps),
            "" if n else "The week",
        )
        for n, units in enumerate(unit_pages)
    ]
    return Booklet(handout, "week roster", pages, landscape=True)


def describe_on_duty(handout: Handout, unit: str) -> str:
    """Describe who serves a unit on the card day and when, or that no shift is entered."""
    duties = (
        f"{_name_officer(duty)}, {handout.format_span(duty.starts_at, duty.ends_at)}"
        for duty in handout.list_card_duties(unit)
    )
    return "; ".join(duties) or describe_no_shift(handout, unit)


def describe_no_shift(handout: Handout, unit: str) -> str:
    """Return a note that a unit has no shift on the card day, or "" if it has or school is out."""
    if handout.is_card_day_off or handout.list_card_duties(unit):
        return ""
    return str(Message("cards.no_shift"))


def _split_into_pages(
    handout: Handout, days: Sequence[date], cells: dict[tuple[str, date], list[PublishedShift]]
) -> list[list[tuple[str, float]]]:
    """Divide the units into pages; each unit has its height."""
    room = _measure_room(handout)
    pages: list[list[tuple[str, float]]] = [[]]
    remaining = room
    for unit in handout.project.units:
        shift_count = max(len(cells.get((unit, day), ())) for day in days)
        if not shift_count:
            continue
        height = shift_count * _SHIFT_PT + 8
        if height > remaining and pages[-1]:
            pages.append([])
            remaining = room
        pages[-1].append((unit, height))
        remaining -= height
    return pages


def _measure_room(handout: Handout) -> float:
    """Return the height for units on a page in landscape."""
    return (
        PAGE_SIZES_PT[handout.paper][0]
        - 2 * PAGE_MARGIN_PT
        - FOOTER_PT
        - HEADING_HEIGHT_PT
        - _DAY_HEADING_PT
    )


def _draw_page(
    sheet: PageWriter,
    *,
    days: Sequence[date],
    units: Sequence[tuple[str, float]],
    cells: dict[tuple[str, date], list[PublishedShift]],
    scale: float,
    gaps: Sequence[Message],
) -> None:
    write = sheet.handout.formats.long_date
    span = f"{write(days[0])} to {write(days[-1])}"
    subtitle = " · ".join(
        filter(None, (span, str(Message("not_public")), sheet.handout.say(*gaps)))
    )
    top = sheet.heading(f"{sheet.handout.project.name}: week roster", subtitle)
    width = (sheet.room - _UNIT_COLUMN_PT) / len(days)
    for column, day in enumerate(days):
        left = sheet.left + _UNIT_COLUMN_PT + column * width + 4
        kind = sheet.handout.project.calendar.day_kind(day)
        note = "no school" if kind is None else kind.value if kind.ends_early else ""
        name = f"{WEEKDAY_NAMES[day.weekday()][:3]} {day.day}"
        sheet.text(left, top - 10, name, size=9.5, bold=True)
        name_pt = measure_text_width(name, BOLD_FONT, 9.5) + 5
        sheet.text(left + name_pt, top - 10, note, least=6, color=QUIET, room=width - 8 - name_pt)
    top -= _DAY_HEADING_PT
    sheet.rule(top)
    if not units:
        sheet.text(sheet.left, top - 24, Message("week_roster.no_shift"), size=11)
    colors = {zone.unit: zone.color for zone in sheet.handout.plan.zones}
    for unit, base_height in units:
        height = base_height * scale
        if unit in colors:
            color = HexColor(zone_color(colors[unit]))
            sheet.box((sheet.left, top - height + 3, sheet.left + 5, top - 3), color)
        name = name_unit_beside(sheet.handout.project.units[unit].name, unit)
        x, room = sheet.left + 11, _UNIT_COLUMN_PT - 14
        sheet.text(x, top - 16 * scale, unit, size=12 * scale, least=8, bold=True, room=room)
        y = top - 16 * scale - 10
        sheet.text(x, y, name, size=7.5, least=6, color=QUIET, room=room)
        for column, day in enumerate(days):
            left = sheet.left + _UNIT_COLUMN_PT + column * width + 4
            for number, duty in enumerate(cells.get((unit, day), ())):
                place = (left, top - (4 + number * _SHIFT_PT) * scale)
                _draw_duty(sheet, duty, place, width - 8, scale=scale)
        top -= height
        with sheet.tags.ornament():
            sheet.canvas.setStrokeColor(PALE)
            sheet.canvas.setLineWidth(0.4)
            sheet.canvas.line(sheet.left, top, sheet.right, top)


def _draw_duty(
    sheet: PageWriter,
    duty: PublishedShift,
    place: tuple[float, float],
    room: float,
    *,
    scale: float,
) -> None:
    left, top = place
    color = INK if duty.officer else LATE
    who, bold = _name_officer(duty), not duty.officer
    y, size = top - 9 * scale, 9 * scale
    sheet.text(left, y, who, size=size, least=7, bold=bold, color=color, room=room)
    title = f"  {duty.title}" if duty.title else ""
    draft = "" if duty.final else "  draft"
    words = f"{sheet.handout.format_span(duty.starts_at, duty.ends_at)}{title}{draft}"
    y, size = top - 18 * scale, 7.5 * scale
    sheet.text(left, y, words, size=size, least=6, color=QUIET, room=room)


def _name_officer(duty: PublishedShift) -> str:
    return duty.officer or "OPEN"
