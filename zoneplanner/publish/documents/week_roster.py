"""The week roster on a page: units by day, who serves when, and what is open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor

from zoneplanner.domain.units import name_unit_beside
from zoneplanner.publish.handout import Handout, PublishedShift, format_span
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

_LABEL, _LINE, _DAYS_PT, _GROWN = 112.0, 22.0, 20.0, 1.6
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def build_week_roster(handout: Handout, *, gap: str = "") -> Booklet:
    """Return the roster of the card day's week, or of the next with shifts.

    ``gap`` says which weeks after it have no page. It shows no visit or call that could be made up.
    """
    handout = replace(handout, sample="")
    zone = ZoneInfo(handout.project.time_zone)
    cells: dict[tuple[str, date], list[PublishedShift]] = {}
    for duty in handout.duties:
        cells.setdefault((duty.unit, duty.starts_at.astimezone(zone).date()), []).append(duty)
    monday = handout.card_day - timedelta(days=handout.card_day.weekday())
    if cells and not any(day < monday + timedelta(days=7) for _, day in cells):
        monday += timedelta(days=7)
    days = [monday + timedelta(days=n) for n in range(7)]
    if not any(day in days[5:] for _, day in cells):
        days = days[:5]
    parts = _split(handout, days, cells)
    fullest = max(sum(height for _, height in units) for units in parts)
    grown = min(_GROWN, _room(handout) / max(fullest, 1.0))
    pages = [
        BookletPage(
            partial(_page, days=days, units=units, cells=cells, grown=grown, gap=gap),
            "" if n else "The week",
        )
        for n, units in enumerate(parts)
    ]
    return Booklet(handout, "week roster", pages, landscape=True)


def describe_on_duty(handout: Handout, unit: str) -> str:
    """Say who serves a unit on the card day and when, or that nobody has a shift entered."""
    own = handout.list_card_duties(unit)
    said = "; ".join(f"{_who(duty)}, {_hours(handout, duty)}" for duty in own)
    return said or describe_no_shift(handout, unit)


def describe_no_shift(handout: Handout, unit: str) -> str:
    """Say that a unit has no shift on the card day; empty where it has one or school is out."""
    if handout.is_card_day_off or handout.list_card_duties(unit):
        return ""
    return "no shift entered for this day"


def _split(
    handout: Handout, days: Sequence[date], cells: dict[tuple[str, date], list[PublishedShift]]
) -> list[list[tuple[str, float]]]:
    """Divide the units into pages, each with its height."""
    room = _room(handout)
    pages: list[list[tuple[str, float]]] = [[]]
    left = room
    for unit in handout.project.units:
        most = max(len(cells.get((unit, day), ())) for day in days)
        if not most:
            continue
        height = most * _LINE + 8
        if height > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append((unit, height))
        left -= height
    return pages


def _room(handout: Handout) -> float:
    """Return the height that units have on a page that lies on its side."""
    return (
        PAGE_SIZES_PT[handout.paper][0]
        - 2 * PAGE_MARGIN_PT
        - FOOTER_PT
        - HEADING_HEIGHT_PT
        - _DAYS_PT
    )


def _page(
    sheet: PageWriter,
    *,
    days: Sequence[date],
    units: Sequence[tuple[str, float]],
    cells: dict[tuple[str, date], list[PublishedShift]],
    grown: float,
    gap: str,
) -> None:
    write = sheet.handout.formats.long_date
    span = f"{write(days[0])} to {write(days[-1])}"
    said = " · ".join(filter(None, (span, "not for posting in public", gap)))
    top = sheet.heading(f"{sheet.handout.project.name}: week roster", said)
    wide = (sheet.room - _LABEL) / len(days)
    for at, day in enumerate(days):
        left = sheet.left + _LABEL + at * wide + 4
        kind = sheet.handout.project.calendar.day_kind(day)
        note = "no school" if kind is None else kind.value if kind.ends_early else ""
        name = f"{_DAYS[day.weekday()]} {day.day}"
        sheet.text(left, top - 10, name, size=9.5, bold=True)
        named = measure_text_width(name, BOLD_FONT, 9.5) + 5
        sheet.text(left + named, top - 10, note, least=6, color=QUIET, room=wide - 8 - named)
    top -= _DAYS_PT
    sheet.rule(top)
    if not units:
        sheet.text(sheet.left, top - 24, "No shifts this week.", size=11)
    colors = {zone.unit: zone.color for zone in sheet.handout.plan.zones}
    for unit, least in units:
        height = least * grown
        if unit in colors:
            color = HexColor(zone_color(colors[unit]))
            sheet.box((sheet.left, top - height + 3, sheet.left + 5, top - 3), color)
        name = name_unit_beside(sheet.handout.project.units[unit].name, unit)
        x, room = sheet.left + 11, _LABEL - 14
        sheet.text(x, top - 16 * grown, unit, size=12 * grown, least=8, bold=True, room=room)
        y = top - 16 * grown - 10
        sheet.text(x, y, name, size=7.5, least=6, color=QUIET, room=room)
        for at, day in enumerate(days):
            left = sheet.left + _LABEL + at * wide + 4
            for number, duty in enumerate(cells.get((unit, day), ())):
                place = (left, top - (4 + number * _LINE) * grown)
                _duty(sheet, duty, place, wide - 8, grown=grown)
        top -= height
        with sheet.tags.ornament():
            sheet.canvas.setStrokeColor(PALE)
            sheet.canvas.setLineWidth(0.4)
            sheet.canvas.line(sheet.left, top, sheet.right, top)


def _duty(
    sheet: PageWriter,
    duty: PublishedShift,
    place: tuple[float, float],
    room: float,
    *,
    grown: float,
) -> None:
    left, top = place
    color = INK if duty.officer else LATE
    who, bold = _who(duty), not duty.officer
    y, size = top - 9 * grown, 9 * grown
    sheet.text(left, y, who, size=size, least=7, bold=bold, color=color, room=room)
    title = f"  {duty.title}" if duty.title else ""
    draft = "" if duty.final else "  draft"
    words = f"{_hours(sheet.handout, duty)}{title}{draft}"
    y, size = top - 18 * grown, 7.5 * grown
    sheet.text(left, y, words, size=size, least=6, color=QUIET, room=room)


def _who(duty: PublishedShift) -> str:
    return duty.officer or "OPEN"


def _hours(handout: Handout, duty: PublishedShift) -> str:
    zone = ZoneInfo(handout.project.time_zone)
    return format_span(
        handout.formats, duty.starts_at.astimezone(zone), duty.ends_at.astimezone(zone)
    )
