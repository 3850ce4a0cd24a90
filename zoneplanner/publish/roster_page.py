"""The week roster on a page: units by day, who serves when, and what is open."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor

from zoneplanner.domain.palette import zone_colour
from zoneplanner.publish.content import Duty, Handout, day_text
from zoneplanner.publish.paper import FOOT_PT, MARGIN, SIZES, Booklet, Page, Sheet
from zoneplanner.publish.pdf import ALARM, INK, PALE, QUIET

LABEL, LINE, HEADED, DAYS_PT = 92.0, 22.0, 46.0, 20.0
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def week_roster(handout: Handout) -> Booklet:
    """Return the roster of the week of a released handout's day, or of the next with shifts."""
    zone = ZoneInfo(handout.project.time_zone)
    cells: dict[tuple[str, date], list[Duty]] = {}
    for duty in handout.duties:
        cells.setdefault((duty.unit, duty.starts_at.astimezone(zone).date()), []).append(duty)
    monday = handout.today - timedelta(days=handout.today.weekday())
    if cells and not any(day < monday + timedelta(days=7) for _, day in cells):
        monday += timedelta(days=7)
    days = [monday + timedelta(days=n) for n in range(7)]
    if not any(day in days[5:] for _, day in cells):
        days = days[:5]
    pages = [
        Page(partial(_page, days=days, units=units, cells=cells), "" if n else "The week")
        for n, units in enumerate(_split(handout, days, cells))
    ]
    return Booklet(handout, "week roster", pages, landscape=True)


def on_duty(handout: Handout, unit: str) -> str:
    """Say who serves a unit on the handout's day and when; empty where no shift is known."""
    zone = ZoneInfo(handout.project.time_zone)
    own = [
        duty
        for duty in handout.duties
        if duty.unit == unit and duty.starts_at.astimezone(zone).date() == handout.today
    ]
    return "; ".join(f"{_who(duty)}, {_hours(duty, zone)}" for duty in own)


def _split(
    handout: Handout, days: Sequence[date], cells: dict[tuple[str, date], list[Duty]]
) -> list[list[tuple[str, float]]]:
    """Divide the units into pages, each with its height."""
    room = SIZES[handout.paper][0] - 2 * MARGIN - FOOT_PT - HEADED - DAYS_PT
    pages: list[list[tuple[str, float]]] = [[]]
    left = room
    for unit in handout.project.units:
        most = max(len(cells.get((unit, day), ())) for day in days)
        if not most:
            continue
        height = most * LINE + 8
        if height > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append((unit, height))
        left -= height
    return pages


def _page(
    sheet: Sheet,
    *,
    days: Sequence[date],
    units: Sequence[tuple[str, float]],
    cells: dict[tuple[str, date], list[Duty]],
) -> None:
    said = f"{day_text(days[0])} to {day_text(days[-1])} · not for posting in public"
    top = sheet.heading(f"{sheet.handout.project.name}: week roster", said)
    wide = (sheet.room - LABEL) / len(days)
    for at, day in enumerate(days):
        left = sheet.left + LABEL + at * wide + 4
        kind = sheet.handout.project.calendar.day_kind(day)
        short = "" if kind is None or not kind.short else f", {kind.value}"
        note = "no school" if kind is None else ""
        sheet.text(left, top - 10, f"{DAYS[day.weekday()]} {day.day}{short}", size=9.5, bold=True)
        if note:
            sheet.quiet(left + 46, top - 10, note, size=7.5)
    top -= DAYS_PT
    sheet.rule(top)
    if not units:
        sheet.text(sheet.left, top - 24, "No shifts this week.", size=11)
    colours = {zone.unit: zone.colour for zone in sheet.handout.plan.zones}
    for unit, height in units:
        if unit in colours:
            colour = HexColor(zone_colour(colours[unit]))
            sheet.box((sheet.left, top - height + 3, sheet.left + 5, top - 3), colour)
        name = sheet.handout.project.units[unit].name
        sheet.text(sheet.left + 11, top - 16, unit, size=12, bold=True, room=LABEL - 14)
        sheet.quiet(sheet.left + 11, top - 26, name, size=7, room=LABEL - 14)
        for at, day in enumerate(days):
            left = sheet.left + LABEL + at * wide + 4
            for number, duty in enumerate(cells.get((unit, day), ())):
                _duty(sheet, duty, left, top - 4 - number * LINE, wide - 8)
        top -= height
        with sheet.tags.ornament():
            sheet.canvas.setStrokeColor(PALE)
            sheet.canvas.setLineWidth(0.4)
            sheet.canvas.line(sheet.left, top, sheet.right, top)


def _duty(sheet: Sheet, duty: Duty, left: float, top: float, room: float) -> None:
    zone = ZoneInfo(sheet.handout.project.time_zone)
    colour = INK if duty.officer else ALARM
    sheet.text(left, top - 9, _who(duty), size=9, bold=not duty.officer, colour=colour, room=room)
    title = f"  {duty.title}" if duty.title else ""
    draft = "" if duty.final else "  draft"
    words = f"{_hours(duty, zone)}{title}{draft}"
    sheet.text(left, top - 18, words, size=7.5, colour=QUIET, room=room)


def _who(duty: Duty) -> str:
    return duty.officer or "OPEN"


def _hours(duty: Duty, zone: ZoneInfo) -> str:
    return f"{duty.starts_at.astimezone(zone):%H:%M}–{duty.ends_at.astimezone(zone):%H:%M}"
