"""The day on one page: which officer each unit has, how to reach them, and what changed.

Also the coordinator's day on one page: a list in groups, cut where it would not fit.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.locale_formats import WEEKDAY_NAMES, LocaleFormats
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.staffing import group_shifts_by_day
from zoneplanner.messages import Message, say_all
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
    fold_text,
    register_fonts,
    start_pdf,
    truncate_text,
    wrap_text,
)
from zoneplanner.tokens import zone_color

_MARGIN, _UNIT_X_PT, _OFFICER_X_PT, _SITES_X_PT = 36.0, 12.0, 64.0, 158.0
_LINE_PT, _NUMBER_PT, _TIME_PT = 10.5, 10.0, 40.0
_OFFICER_ROOM_PT = _SITES_X_PT - _OFFICER_X_PT - 10


@dataclass(frozen=True, eq=False, slots=True)
class _DayPage:
    """The page being drawn."""

    canvas: Canvas
    project: Project
    plan: Plan | None
    stops: Mapping[str, Sequence[PublishedStop]]
    width: float
    warning: str

    @property
    def wide(self) -> float:
        """The width of a column of schools."""
        return (self.width - 2 * _MARGIN - _SITES_X_PT) / 2


def render_day_roster(
    project: Project,
    plan: Plan | None,
    day: date,
    *,
    printed_at: datetime,
    stops: Mapping[str, Sequence[PublishedStop]] | None = None,
) -> bytes:
    """Return the page of a day as PDF; ``stops`` are the visits in order, by unit."""
    width, height = letter
    buffer = io.BytesIO()
    canvas = start_pdf(
        buffer,
        title=f"Day card, {project.formats.long_date(day)}",
        subject="Who is where, for staff on duty",
        author=project.name,
        size=(width, height),
    )
    order = {unit: rank for rank, unit in enumerate(project.units)}
    shifts = [shift for shift in group_shifts_by_day(project).get(day, ()) if shift.is_active]
    page = _DayPage(canvas, project, plan, stops or {}, width, _warn_of_samples(shifts))
    top = _draw_heading(page, day, printed_at, height)
    shifts.sort(key=lambda shift: (order.get(shift.unit, len(order)), shift.starts_at))
    for shift in shifts:
        height_pt = _measure_shift(page, shift)
        if top - height_pt < _MARGIN + 16:
            canvas.showPage()
            top = _draw_heading(page, day, printed_at, height)
        _draw_shift(page, shift, top, height_pt)
        top -= height_pt
    if not shifts:
        canvas.setFont(REGULAR_FONT, 11)
        canvas.drawString(_MARGIN, top - 20, str(Message("day_roster.no_shift")))
    canvas.setFont(REGULAR_FONT, 7.5)
    canvas.setFillColor(QUIET)
    canvas.drawString(_MARGIN, _MARGIN - 12, str(Message("planning_aid")))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _warn_of_samples(shifts: Sequence[Shift]) -> str:
    made_up = {shift.is_sample for shift in shifts}
    code = "sample_data.some" if len(made_up) > 1 else "sample_data"
    return str(Message(code, kinds=["shifts"])) if True in made_up else ""


def _draw_heading(page: _DayPage, day: date, printed_at: datetime, height: float) -> float:
    canvas, top = page.canvas, height - _MARGIN
    draw_warning(canvas, page.warning, page.width / 2, height - 22)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 17)
    canvas.drawString(
        _MARGIN, top - 14, f"{WEEKDAY_NAMES[day.weekday()]}, {page.project.formats.long_date(day)}"
    )
    kind = page.project.calendar.day_kind(day)
    local = printed_at.astimezone(ZoneInfo(page.project.time_zone))
    parts = (
        page.project.name,
        "no school" if kind is None else str(kind),
        page.plan.name if page.plan else "",
        f"as of {page.project.formats.moment(local)}",
        f"for staff on duty, {Message('not_public')}",
    )
    line = " · ".join(filter(None, parts))
    canvas.setFont(REGULAR_FONT, 9)
    canvas.setFillColor(QUIET)
    canvas.drawString(
        _MARGIN, top - 28, truncate_text(line, REGULAR_FONT, 9, page.width - 2 * _MARGIN)
    )
    canvas.setFont(BOLD_FONT, 8.5)
    for x, text in (
        (_UNIT_X_PT, "Unit"),
        (_OFFICER_X_PT, "Officer"),
        (_SITES_X_PT, "Schools, in visiting order"),
    ):
        canvas.drawString(_MARGIN + x, top - 45, text)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.line(_MARGIN, top - 50, page.width - _MARGIN, top - 50)
    return top - 50


def _list_stops(page: _DayPage, shift: Shift) -> list[tuple[str, list[str]]]:
    """Return the schools of a shift's unit in visiting order: time, and the lines of the name."""
    stops = page.stops.get(shift.unit, ())
    if not stops and page.plan is not None:
        zone = next((each for each in page.plan.zones if each.unit == shift.unit), None)
        stops = tuple(map(PublishedStop, page.plan.sites_of(zone.id))) if zone is not None else ()
    clock = ZoneInfo(page.project.time_zone)
    write = page.project.formats.clock
    times = [write(stop.arrive_at.astimezone(clock)) if stop.arrive_at else "" for stop in stops]
    time_pt = _TIME_PT if any(times) else 0.0
    room = page.wide - _NUMBER_PT - time_pt - 10
    return [
        (time, fold_text(page.project.sites[stop.site].name, REGULAR_FONT, 8, room, 6))
        for time, stop in zip(times, stops, strict=True)
        if stop.site in page.project.sites
    ]


def _name_officer(page: _DayPage, shift: Shift) -> list[str]:
    """Return the officer's name in lines."""
    officer = page.project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "OPEN: nobody"
    return fold_text(name, BOLD_FONT, 10.5, _OFFICER_ROOM_PT, 7.5)


def _measure_shift(page: _DayPage, shift: Shift) -> float:
    sites = _list_stops(page, shift)
    half = -(-len(sites) // 2)
    columns = (sites[:half], sites[half:])
    lines = max(sum(len(names) for _, names in column) for column in columns)
    return max(44.0 + len(_name_officer(page, shift)) * 12.0, lines * _LINE_PT + 12.0)


def _draw_shift(page: _DayPage, shift: Shift, top: float, height: float) -> None:
    canvas, project = page.canvas, page.project
    zone = ZoneInfo(project.time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    unit_zone = (
        next((z for z in page.plan.zones if z.unit == shift.unit), None) if page.plan else None
    )
    if unit_zone is not None:
        canvas.setFillColor(HexColor(zone_color(unit_zone.color)))
        canvas.rect(_MARGIN, top - height + 4, 5, height - 8, stroke=0, fill=1)
    canvas.setFillColor(INK)
    place, room = (_MARGIN + _UNIT_X_PT, top - 19), _OFFICER_X_PT - _UNIT_X_PT - 6
    _write(page, shift.unit, place, 14, room, font=BOLD_FONT, least=14)
    x = _MARGIN + _OFFICER_X_PT
    officer = project.officers.get(shift.officer or "")
    canvas.setFillColor(LATE if shift.is_open else INK)
    names = _name_officer(page, shift)
    for index, line in enumerate(names):
        _write(page, line, (x, top - 17 - index * 12), 10.5, _OFFICER_ROOM_PT, font=BOLD_FONT)
    canvas.setFillColor(INK)
    last_name_y = top - 17 - (len(names) - 1) * 12
    title = f" {shift.title}" if shift.title else ""
    hours = f"{format_span(project.formats, start, end)}{title}"
    _write(page, hours, (x, last_name_y - 12), 8.5, _OFFICER_ROOM_PT, least=8.5)
    former = [project.officers[key].name for key in shift.former if key in project.officers]
    instead = str(Message("day_roster.instead", officers=", ".join(former))) if former else ""
    more = [officer.contact if officer else "", instead]
    canvas.setFillColor(QUIET)
    for index, line in enumerate(filter(None, more)):
        y = last_name_y - 23 - index * 10
        canvas.drawString(x, y, truncate_text(line, REGULAR_FONT, 8.5, _OFFICER_ROOM_PT))
    canvas.setFillColor(INK)
    sites = _list_stops(page, shift)
    time_pt = _TIME_PT if any(time for time, _ in sites) else 0.0
    rows, y = -(-len(sites) // 2), top
    for index, (time, lines) in enumerate(sites):
        x = _MARGIN + _SITES_X_PT + index // rows * page.wide
        y = y - _LINE_PT if index % rows else top - 15
        canvas.setFont(REGULAR_FONT, 8)
        canvas.drawRightString(x + _NUMBER_PT, y, f"{index + 1}")
        canvas.drawRightString(x + _NUMBER_PT + time_pt + 2, y, time)
        x, room = x + _NUMBER_PT + time_pt + 6, page.wide - _NUMBER_PT - time_pt - 10
        for number, line in enumerate(lines):
            y -= _LINE_PT if number else 0
            _write(page, line, (x, y), 8, room, least=6)
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.4)
    canvas.line(_MARGIN, top - height, page.width - _MARGIN, top - height)


def _write(
    page: _DayPage,
    line: str,
    place: tuple[float, float],
    size: float,
    room: float,
    *,
    font: str = REGULAR_FONT,
    least: float = 7.5,
) -> None:
    """Write a line of a name, shrunk if it is too wide, and cut if it still is."""
    size = fit_font_size(line, font, size, room, least)
    page.canvas.setFont(font, size)
    page.canvas.drawString(*place, truncate_text(line, font, size, room))


_TODAY_MARGIN, _HEADING_PT, _FOOTER_PT = 36.0, 52.0, 14.0
_TODAY_LINE_PT, _WRAP_PT, _GROUP_PT, _GAP_PT = 13.0, 11.0, 19.0, 5.0
_INDENT_PT, _DETAIL_X_PT = 14.0, 268.0


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of the page; ``below`` indents it under another, ``is_live`` marks present danger."""

    text: str
    detail: str
    urgent: bool = False
    below: bool = False
    is_live: bool = False

    @property
    def font(self) -> str:
        """Bold for urgent lines."""
        return BOLD_FONT if self.urgent else REGULAR_FONT

    @property
    def indent(self) -> float:
        """The indent in points."""
        return _INDENT_PT if self.below else 0.0

    def fold(self) -> tuple[list[str], list[str]]:
        """Return the lines of its text and of its detail."""
        left, right = _DETAIL_X_PT - self.indent - 6, letter[0] - 2 * _TODAY_MARGIN - _DETAIL_X_PT
        texts = wrap_text(self.text, self.font, 9, left)
        return texts, wrap_text(self.detail, REGULAR_FONT, 9, right)

    @property
    def height(self) -> float:
        """The height of its lines, in points."""
        return _TODAY_LINE_PT + _WRAP_PT * (max(map(len, self.fold())) - 1)


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
    """Return the page as PDF; ``printed_at`` is local.

    A group that does not fit is cut and ends with the number of lines left out. ``note`` is a line
    at the bottom that explains words of the page.
    """
    width, height = letter
    buffer = io.BytesIO()
    canvas = start_pdf(buffer, title=title, subject=subtitle, author=author, size=(width, height))
    top = height - _TODAY_MARGIN
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 17)
    room = width - 2 * _TODAY_MARGIN
    canvas.drawString(_TODAY_MARGIN, top - 14, truncate_text(title, BOLD_FONT, 17, room))
    canvas.setFont(REGULAR_FONT, 9)
    canvas.setFillColor(QUIET)
    full_subtitle = f"{subtitle} {Message('today_page.as_of', at=printed_at).say(formats)}"
    canvas.drawString(_TODAY_MARGIN, top - 30, truncate_text(full_subtitle, REGULAR_FONT, 9, room))
    top -= _HEADING_PT
    for name, lines in fit_groups(groups, top - _TODAY_MARGIN - _FOOTER_PT):
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.6)
        canvas.line(_TODAY_MARGIN, top, width - _TODAY_MARGIN, top)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD_FONT, 10.5)
        canvas.drawString(_TODAY_MARGIN, top - 13, name)
        top -= _GROUP_PT
        for line in lines:
            texts, details = line.fold()
            left = _TODAY_MARGIN + line.indent
            if line.is_live:
                canvas.setFillColor(LIVE)
                bottom = line.height - 3
                canvas.rect(left - 6, top - 1 - bottom, 2.5, bottom, stroke=0, fill=1)
            canvas.setFillColor(LATE if line.urgent and not line.is_live else INK)
            canvas.setFont(line.font, 9)
            for index, part in enumerate(texts):
                canvas.drawString(left, top - 9 - index * _WRAP_PT, part)
            canvas.setFillColor(QUIET)
            canvas.setFont(REGULAR_FONT, 9)
            for index, part in enumerate(details):
                canvas.drawString(_TODAY_MARGIN + _DETAIL_X_PT, top - 9 - index * _WRAP_PT, part)
            top -= line.height
        top -= _GAP_PT
    canvas.setFont(REGULAR_FONT, 7.5)
    canvas.setFillColor(QUIET)
    canvas.drawString(_TODAY_MARGIN, _TODAY_MARGIN, note)
    notice = say_all((Message("today_page.readers"), Message("planning_aid")))
    canvas.drawString(_TODAY_MARGIN, _TODAY_MARGIN - 12, notice)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def fit_groups(groups: Sequence[PrintedGroup], room_pt: float) -> list[PrintedGroup]:
    """Return the groups cut to a height: the longest lose lines and say how many."""
    register_fonts()
    line_counts = [len(lines) for _, lines in groups]
    heights = [[line.height for line in lines] for _, lines in groups]
    height = sum(_GROUP_PT + _GAP_PT + sum(line_heights) for line_heights in heights)
    min_lines = 2
    while height > room_pt and max(line_counts, default=0) > min_lines:
        longest = line_counts.index(max(line_counts))
        line_counts[longest] -= 1
        height -= heights[longest].pop()
    fitted: list[PrintedGroup] = []
    for count, (name, lines) in zip(line_counts, groups, strict=True):
        rest = len(lines) - count
        more = PrintedLine(str(Message("today_page.more", n=rest + 1)), "")
        cut = [*lines[: count - 1], more] if rest else lines
        fitted.append((name, cut))
    return fitted
