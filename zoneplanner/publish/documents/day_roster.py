"""One page for a day: which unit has which officer, how to reach them, and what changed.

The coordinator's day on one page: a list in groups, cut where it would run over.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.staffing import group_shifts_by_day
from zoneplanner.messages import render_message
from zoneplanner.publish.handout import (
    PublishedStop,
    format_span,
)
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    LATE,
    LIVE,
    PALE,
    QUIET,
    REGULAR_FONT,
    draw_warning,
    fit_font_size,
    start_pdf,
    truncate_text,
)
from zoneplanner.tokens import zone_color

_MARGIN, _UNIT_X, _WHO_X, _SITES_X = 36.0, 12.0, 64.0, 158.0
_LINE, _NUMBER, _TIME = 10.5, 10.0, 40.0
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, eq=False, slots=True)
class _Day:
    """The page under way."""

    canvas: Canvas
    project: Project
    plan: Plan | None
    stops: Mapping[str, Sequence[PublishedStop]]
    width: float
    warning: str


def render_day_roster(
    project: Project,
    plan: Plan | None,
    day: date,
    *,
    printed_at: datetime,
    stops: Mapping[str, Sequence[PublishedStop]] | None = None,
) -> bytes:
    """Return the page of a day as PDF; ``stops`` are visits in order, by unit."""
    width, height = letter
    buffer = io.BytesIO()
    canvas = start_pdf(
        buffer,
        title=f"Day card, {project.formats.long_date(day)}",
        subject="Who is where, for staff on duty",
        author=project.name,
        size=(width, height),
    )
    order = {unit: at for at, unit in enumerate(project.units)}
    shifts = [shift for shift in group_shifts_by_day(project).get(day, ()) if shift.is_active]
    page = _Day(canvas, project, plan, stops or {}, width, _warn_of_samples(shifts))
    top = _heading(page, day, printed_at, height)
    shifts.sort(key=lambda shift: (order.get(shift.unit, len(order)), shift.starts_at))
    for shift in shifts:
        tall = _tall(page, shift)
        if top - tall < _MARGIN + 16:
            canvas.showPage()
            top = _heading(page, day, printed_at, height)
        _shift(page, shift, top, tall)
        top -= tall
    if not shifts:
        canvas.setFont(REGULAR_FONT, 11)
        canvas.drawString(_MARGIN, top - 20, "No shifts are planned for this day.")
    canvas.setFont(REGULAR_FONT, 7.5)
    canvas.setFillColor(QUIET)
    canvas.drawString(_MARGIN, _MARGIN - 12, "Planning aid; in an emergency, call 9-1-1.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _warn_of_samples(shifts: Sequence[Shift]) -> str:
    made_up = {shift.is_sample for shift in shifts}
    code = "sample_data.some" if len(made_up) > 1 else "sample_data"
    return render_message(code, {"kinds": ["shifts"]}) if True in made_up else ""


def _heading(page: _Day, day: date, printed_at: datetime, height: float) -> float:
    canvas, top = page.canvas, height - _MARGIN
    draw_warning(canvas, page.warning, page.width / 2, height - 22)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 17)
    canvas.drawString(
        _MARGIN, top - 14, f"{_WEEKDAYS[day.weekday()]}, {page.project.formats.long_date(day)}"
    )
    kind = page.project.calendar.day_kind(day)
    local = printed_at.astimezone(ZoneInfo(page.project.time_zone))
    parts = (
        page.project.name,
        "no school" if kind is None else str(kind),
        page.plan.name if page.plan else "",
        f"as of {page.project.formats.moment(local)}",
        "for staff on duty, not for posting in public",
    )
    said = " · ".join(filter(None, parts))
    canvas.setFont(REGULAR_FONT, 9)
    canvas.setFillColor(QUIET)
    canvas.drawString(
        _MARGIN, top - 28, truncate_text(said, REGULAR_FONT, 9, page.width - 2 * _MARGIN)
    )
    canvas.setFont(BOLD_FONT, 8.5)
    for x, text in (
        (_UNIT_X, "Unit"),
        (_WHO_X, "Officer"),
        (_SITES_X, "Schools, in visiting order"),
    ):
        canvas.drawString(_MARGIN + x, top - 45, text)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.line(_MARGIN, top - 50, page.width - _MARGIN, top - 50)
    return top - 50


def _sites(page: _Day, shift: Shift) -> list[tuple[str, str]]:
    """Return time and name of the schools of a shift's unit, in visiting order."""
    own = page.stops.get(shift.unit, ())
    if not own and page.plan is not None:
        zone = next((z for z in page.plan.zones if z.unit == shift.unit), None)
        own = tuple(map(PublishedStop, page.plan.sites_of(zone.id))) if zone is not None else ()
    clock = ZoneInfo(page.project.time_zone)
    write = page.project.formats.clock
    return [
        (
            write(stop.arrive_at.astimezone(clock)) if stop.arrive_at else "",
            page.project.sites[stop.site].name,
        )
        for stop in own
        if stop.site in page.project.sites
    ]


def _tall(page: _Day, shift: Shift) -> float:
    return max(56.0, -(-len(_sites(page, shift)) // 2) * _LINE + 12.0)


def _shift(page: _Day, shift: Shift, top: float, tall: float) -> None:
    canvas, project = page.canvas, page.project
    zone = ZoneInfo(project.time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    own = next((z for z in page.plan.zones if z.unit == shift.unit), None) if page.plan else None
    if own is not None:
        canvas.setFillColor(HexColor(zone_color(own.color)))
        canvas.rect(_MARGIN, top - tall + 4, 5, tall - 8, stroke=0, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 14)
    canvas.drawString(
        _MARGIN + _UNIT_X, top - 19, truncate_text(shift.unit, BOLD_FONT, 14, _WHO_X - _UNIT_X - 6)
    )
    officer = project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "OPEN: nobody"
    room = _SITES_X - _WHO_X - 10
    canvas.setFillColor(LATE if shift.is_open else INK)
    size = fit_font_size(name, BOLD_FONT, 10.5, room, 7.5)
    canvas.setFont(BOLD_FONT, size)
    canvas.drawString(_MARGIN + _WHO_X, top - 17, truncate_text(name, BOLD_FONT, size, room))
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR_FONT, 8.5)
    title = f" {shift.title}" if shift.title else ""
    canvas.drawString(
        _MARGIN + _WHO_X,
        top - 29,
        truncate_text(
            f"{format_span(project.formats, start, end)}{title}", REGULAR_FONT, 8.5, room
        ),
    )
    before = [project.officers[one].name for one in shift.former if one in project.officers]
    more = [officer.contact if officer else "", f"instead of {', '.join(before)}" if before else ""]
    canvas.setFillColor(QUIET)
    for at, line in enumerate(filter(None, more)):
        y = top - 40 - at * 10
        canvas.drawString(_MARGIN + _WHO_X, y, truncate_text(line, REGULAR_FONT, 8.5, room))
    canvas.setFillColor(INK)
    sites = _sites(page, shift)
    wide = (page.width - 2 * _MARGIN - _SITES_X) / 2
    timed = _TIME if any(time for time, _ in sites) else 0.0
    rows = -(-len(sites) // 2)
    for at, (time, name) in enumerate(sites):
        column, row = divmod(at, rows)
        x, y = _MARGIN + _SITES_X + column * wide, top - 15 - row * _LINE
        canvas.setFont(REGULAR_FONT, 8)
        canvas.drawRightString(x + _NUMBER, y, f"{at + 1}")
        canvas.drawRightString(x + _NUMBER + timed + 2, y, time)
        x, room = x + _NUMBER + timed + 6, wide - _NUMBER - timed - 10
        size = fit_font_size(name, REGULAR_FONT, 8, room, 6)
        canvas.setFont(REGULAR_FONT, size)
        canvas.drawString(x, y, truncate_text(name, REGULAR_FONT, size, room))
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.4)
    canvas.line(_MARGIN, top - tall, page.width - _MARGIN, top - tall)


_TODAY_MARGIN, _HEADING, _FOOT = 36.0, 52.0, 14.0
_TODAY_LINE, _GROUP, _GAP = 13.0, 19.0, 5.0
_INDENT, _DETAIL_X = 14.0, 268.0


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of the page; what is ``below`` another one is set in, ``is_live`` danger now."""

    text: str
    detail: str
    urgent: bool = False
    below: bool = False
    is_live: bool = False


PrintedGroup = tuple[str, Sequence[PrintedLine]]


def render_today_page(
    title: str,
    subtitle: str,
    groups: Sequence[PrintedGroup],
    *,
    author: str,
    printed_at: datetime,
    formats: LocaleFormats,
    note: str = "",
) -> bytes:
    """Return the page as PDF; ``printed_at`` is local. Long groups say how many lines they lack.

    ``note`` stands at the foot, a line that explains words of the page.
    """
    width, height = letter
    buffer = io.BytesIO()
    canvas = start_pdf(buffer, title=title, subject=subtitle, author=author, size=(width, height))
    top = height - _TODAY_MARGIN
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 17)
    canvas.drawString(
        _TODAY_MARGIN, top - 14, truncate_text(title, BOLD_FONT, 17, width - 2 * _TODAY_MARGIN)
    )
    canvas.setFont(REGULAR_FONT, 9)
    canvas.setFillColor(QUIET)
    said = f"{subtitle} As of {formats.moment(printed_at)}."
    canvas.drawString(
        _TODAY_MARGIN, top - 30, truncate_text(said, REGULAR_FONT, 9, width - 2 * _TODAY_MARGIN)
    )
    top -= _HEADING
    for name, lines in fit_groups(groups, top - _TODAY_MARGIN - _FOOT):
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.6)
        canvas.line(_TODAY_MARGIN, top, width - _TODAY_MARGIN, top)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD_FONT, 10.5)
        canvas.drawString(_TODAY_MARGIN, top - 13, name)
        top -= _GROUP
        for line in lines:
            left = _TODAY_MARGIN + (_INDENT if line.below else 0.0)
            font = BOLD_FONT if line.urgent else REGULAR_FONT
            if line.is_live:
                canvas.setFillColor(LIVE)
                canvas.rect(left - 6, top - 11, 2.5, 10, stroke=0, fill=1)
            canvas.setFillColor(LATE if line.urgent and not line.is_live else INK)
            canvas.setFont(font, 9)
            room = _TODAY_MARGIN + _DETAIL_X - left - 6
            canvas.drawString(left, top - 9, truncate_text(line.text, font, 9, room))
            canvas.setFillColor(QUIET)
            canvas.setFont(REGULAR_FONT, 9)
            room = width - 2 * _TODAY_MARGIN - _DETAIL_X
            detail = truncate_text(line.detail, REGULAR_FONT, 9, room)
            canvas.drawString(_TODAY_MARGIN + _DETAIL_X, top - 9, detail)
            top -= _TODAY_LINE
        top -= _GAP
    canvas.setFont(REGULAR_FONT, 7.5)
    canvas.setFillColor(QUIET)
    canvas.drawString(_TODAY_MARGIN, _TODAY_MARGIN, note)
    canvas.drawString(
        _TODAY_MARGIN,
        _TODAY_MARGIN - 12,
        "For the office only. Planning aid; in an emergency, call 9-1-1.",
    )
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def fit_groups(groups: Sequence[PrintedGroup], room_pt: float) -> list[PrintedGroup]:
    """Return the groups cut to a height: the longest ones lose lines, and say how many."""
    kept = [len(lines) for _, lines in groups]
    least = 2

    def height() -> float:
        return sum(_GROUP + _GAP + count * _TODAY_LINE for count in kept)

    while height() > room_pt and max(kept, default=0) > least:
        at = kept.index(max(kept))
        kept[at] -= 1
    fitted: list[PrintedGroup] = []
    for count, (name, lines) in zip(kept, groups, strict=True):
        rest = len(lines) - count
        cut = [*lines[: count - 1], PrintedLine(f"and {rest + 1} more", "")] if rest else lines
        fitted.append((name, cut))
    return fitted
