"""A week of shifts on one page to print: units by day, who is where, and what is open."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import landscape, letter
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.palette import zone_colour
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import Shift, ShiftStatus
from zoneplanner.publish.pdf import (
    ALARM,
    BOLD,
    INK,
    PALE,
    QUIET,
    REGULAR,
    fitted,
    new_document,
)

MARGIN, LABEL = 36.0, 76.0
LINE = 11.0
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, eq=False, slots=True)
class _Week:
    """The page under way, and what stands in its cells."""

    canvas: Canvas
    project: Project
    days: Sequence[date]
    cells: Mapping[tuple[str, date], Sequence[Shift]]
    printed_at: datetime
    width: float
    height: float

    @property
    def room(self) -> float:
        """The width of a day."""
        return (self.width - 2 * MARGIN - LABEL) / len(self.days)


def week_page(project: Project, monday: date, *, printed_at: datetime) -> bytes:
    """Return the week that begins on a Monday as PDF; it goes on where a page is full."""
    buffer = io.BytesIO()
    width, height = landscape(letter)
    canvas = new_document(
        buffer,
        title=f"Shifts of the week of {monday}",
        subject="Who is where, for staff",
        author=project.name,
        size=(width, height),
    )
    days = [monday + timedelta(days=n) for n in range(7)]
    cells = week_cells(project, days)
    if not any((unit, day) in cells for unit in project.units for day in days[5:]):
        days = days[:5]
    week = _Week(canvas, project, days, cells, printed_at, width, height)
    rows = [unit for unit in project.units if any((unit, day) in cells for day in days)]
    top = _heading(week)
    for unit in rows:
        tall = max(len(cells.get((unit, day), ())) for day in days) * 2 * LINE + 8
        if top - tall < MARGIN + 14:
            canvas.showPage()
            top = _heading(week)
        _unit_row(week, unit, top, tall)
        top -= tall
    if not rows:
        canvas.setFont(REGULAR, 11)
        canvas.drawString(MARGIN, top - 24, "No shifts this week.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def week_cells(project: Project, days: list[date]) -> dict[tuple[str, date], list[Shift]]:
    """Return the shifts of some days that are not cancelled, by unit and day, in order of time."""
    wanted = set(days)
    found: dict[tuple[str, date], list[Shift]] = {}
    for shift in sorted(project.shifts.values(), key=lambda one: (one.starts_at, one.uid)):
        day = shift.day(project.time_zone)
        if shift.on and day in wanted:
            found.setdefault((shift.unit, day), []).append(shift)
    return found


def _heading(week: _Week) -> float:
    canvas, project = week.canvas, week.project
    first, last = week.days[0], week.days[-1]
    top = week.height - MARGIN
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 16)
    canvas.drawString(MARGIN, top - 14, f"Shifts, {first:%d %B} to {last:%d %B %Y}")
    canvas.setFont(REGULAR, 9)
    canvas.setFillColor(QUIET)
    local = week.printed_at.astimezone(ZoneInfo(project.time_zone))
    said = f"{project.name}. As of {local:%Y-%m-%d %H:%M}. For staff; not for posting in public."
    canvas.drawString(MARGIN, top - 28, fitted(said, REGULAR, 9, week.width - 2 * MARGIN))
    return _day_heads(week, top - 40)


def _day_heads(week: _Week, top: float) -> float:
    canvas = week.canvas
    for at, day in enumerate(week.days):
        left = MARGIN + LABEL + at * week.room + 4
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 10)
        canvas.drawString(left, top - 10, f"{DAYS[day.weekday()]} {day.day}")
        kind = week.project.calendar.day_kind(day)
        note = "no school" if kind is None else str(kind) if kind.short else ""
        canvas.setFont(REGULAR, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(left, top - 19, note)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.line(MARGIN, top - 23, week.width - MARGIN, top - 23)
    return top - 23


def _unit_row(week: _Week, unit: str, top: float, tall: float) -> None:
    canvas = week.canvas
    plan = week.project.current_plan(week.days[0])
    zones = {zone.unit: zone for zone in plan.zones} if plan else {}
    if unit in zones:
        canvas.setFillColor(HexColor(zone_colour(zones[unit].colour)))
        canvas.rect(MARGIN, top - tall + 3, 5, tall - 6, stroke=0, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN + 11, top - 17, fitted(unit, BOLD, 12, LABEL - 12))
    for at, day in enumerate(week.days):
        left = MARGIN + LABEL + at * week.room + 4
        for number, shift in enumerate(week.cells.get((unit, day), ())):
            _shift(week, shift, left, top - 3 - number * 2 * LINE)
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, top - tall, week.width - MARGIN, top - tall)


def _shift(week: _Week, shift: Shift, left: float, top: float) -> None:
    canvas, zone, room = week.canvas, ZoneInfo(week.project.time_zone), week.room - 8
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    officer = week.project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "OPEN"
    canvas.setFillColor(ALARM if shift.open else INK)
    canvas.setFont(BOLD if shift.open else REGULAR, 9)
    canvas.drawString(left, top - 9, fitted(name, BOLD, 9, room))
    what = f"  {shift.title}" if shift.title else ""
    draft = "" if shift.status is ShiftStatus.FINAL else "  draft"
    words = f"{start:%H:%M}–{end:%H:%M}{what}{draft}"
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(left, top - 18, fitted(words, REGULAR, 7.5, room))
