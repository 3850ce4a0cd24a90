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
    fold_text,
    register_fonts,
    start_pdf,
    truncate_text,
    wrap_text,
)
from zoneplanner.tokens import zone_color

_MARGIN, _UNIT_X, _WHO_X, _SITES_X = 36.0, 12.0, 64.0, 158.0
_LINE, _NUMBER, _TIME = 10.5, 10.0, 40.0
_WHO_ROOM = _SITES_X - _WHO_X - 10
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

    @property
    def wide(self) -> float:
        """The width of a column of schools."""
        return (self.width - 2 * _MARGIN - _SITES_X) / 2


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


def _sites(page: _Day, shift: Shift) -> list[tuple[str, list[str]]]:
    """Return time and lines of the name of the schools of a shift's unit, in visiting order."""
    own = page.stops.get(shift.unit, ())
    if not own and page.plan is not None:
        zone = next((z for z in page.plan.zones if z.unit == shift.unit), None)
        own = tuple(map(PublishedStop, page.plan.sites_of(zone.id))) if zone is not None else ()
    clock = ZoneInfo(page.project.time_zone)
    write = page.project.formats.clock
    times = [write(one.arrive_at.astimezone(clock)) if one.arrive_at else "" for one in own]
    timed = _TIME if any(times) else 0.0
    room = page.wide - _NUMBER - timed - 10
    return [
        (time, fold_text(page.project.sites[stop.site].name, REGULAR_FONT, 8, room, 6))
        for time, stop in zip(times, own, strict=True)
        if stop.site in page.project.sites
    ]


def _name_officer(page: _Day, shift: Shift) -> list[str]:
    """Return the lines of the officer's name."""
    officer = page.project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "OPEN: nobody"
    return fold_text(name, BOLD_FONT, 10.5, _WHO_ROOM, 7.5)


def _tall(page: _Day, shift: Shift) -> float:
    sites = _sites(page, shift)
    half = -(-len(sites) // 2)
    columns = (sites[:half], sites[half:])
    lines = max(sum(len(names) for _, names in column) for column in columns)
    return max(44.0 + len(_name_officer(page, shift)) * 12.0, lines * _LINE + 12.0)


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
    canvas.setFillColor(LATE if shift.is_open else INK)
    names = _name_officer(page, shift)
    for at, line in enumerate(names):
        _write(page, line, (_MARGIN + _WHO_X, top - 17 - at * 12), 10.5, _WHO_ROOM, font=BOLD_FONT)
    canvas.setFillColor(INK)
    under = top - 17 - (len(names) - 1) * 12
    canvas.setFont(REGULAR_FONT, 8.5)
    title = f" {shift.title}" if shift.title else ""
    canvas.drawString(
        _MARGIN + _WHO_X,
        under - 12,
        truncate_text(
            f"{format_span(project.formats, start, end)}{title}", REGULAR_FONT, 8.5, _WHO_ROOM
        ),
    )
    before = [project.officers[one].name for one in shift.former if one in project.officers]
    more = [officer.contact if officer else "", f"instead of {', '.join(before)}" if before else ""]
    canvas.setFillColor(QUIET)
    for at, line in enumerate(filter(None, more)):
        y = under - 23 - at * 10
        canvas.drawString(_MARGIN + _WHO_X, y, truncate_text(line, REGULAR_FONT, 8.5, _WHO_ROOM))
    canvas.setFillColor(INK)
    sites = _sites(page, shift)
    timed = _TIME if any(time for time, _ in sites) else 0.0
    rows, y = -(-len(sites) // 2), top
    for at, (time, lines) in enumerate(sites):
        x = _MARGIN + _SITES_X + at // rows * page.wide
        y = y - _LINE if at % rows else top - 15
        canvas.setFont(REGULAR_FONT, 8)
        canvas.drawRightString(x + _NUMBER, y, f"{at + 1}")
        canvas.drawRightString(x + _NUMBER + timed + 2, y, time)
        x, room = x + _NUMBER + timed + 6, page.wide - _NUMBER - timed - 10
        for number, line in enumerate(lines):
            y -= _LINE if number else 0
            _write(page, line, (x, y), 8, room, least=6)
    canvas.setStrokeColor(PALE)
    canvas.setLineWidth(0.4)
    canvas.line(_MARGIN, top - tall, page.width - _MARGIN, top - tall)


def _write(
    page: _Day,
    line: str,
    place: tuple[float, float],
    size: float,
    room: float,
    *,
    font: str = REGULAR_FONT,
    least: float = 7.5,
) -> None:
    """Write a line of a name, smaller where it is too wide, and cut where it still is."""
    size = fit_font_size(line, font, size, room, least)
    page.canvas.setFont(font, size)
    page.canvas.drawString(*place, truncate_text(line, font, size, room))


_TODAY_MARGIN, _HEADING, _FOOT = 36.0, 52.0, 14.0
_TODAY_LINE, _NEXT, _GROUP, _GAP = 13.0, 11.0, 19.0, 5.0
_INDENT, _DETAIL_X = 14.0, 268.0


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of the page; what is ``below`` another one is set in, ``is_live`` danger now."""

    text: str
    detail: str
    urgent: bool = False
    below: bool = False
    is_live: bool = False

    @property
    def font(self) -> str:
        """What is urgent is bold."""
        return BOLD_FONT if self.urgent else REGULAR_FONT

    @property
    def indent(self) -> float:
        """How far it is set in, in points."""
        return _INDENT if self.below else 0.0

    def fold(self) -> tuple[list[str], list[str]]:
        """Return the lines of its text and of its detail."""
        left, right = _DETAIL_X - self.indent - 6, letter[0] - 2 * _TODAY_MARGIN - _DETAIL_X
        texts = wrap_text(self.text, self.font, 9, left)
        return texts, wrap_text(self.detail, REGULAR_FONT, 9, right)

    @property
    def height(self) -> float:
        """The height of its lines, in points."""
        return _TODAY_LINE + _NEXT * (max(map(len, self.fold())) - 1)


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
            texts, details = line.fold()
            left = _TODAY_MARGIN + line.indent
            if line.is_live:
                canvas.setFillColor(LIVE)
                bottom = line.height - 3
                canvas.rect(left - 6, top - 1 - bottom, 2.5, bottom, stroke=0, fill=1)
            canvas.setFillColor(LATE if line.urgent and not line.is_live else INK)
            canvas.setFont(line.font, 9)
            for at, part in enumerate(texts):
                canvas.drawString(left, top - 9 - at * _NEXT, part)
            canvas.setFillColor(QUIET)
            canvas.setFont(REGULAR_FONT, 9)
            for at, part in enumerate(details):
                canvas.drawString(_TODAY_MARGIN + _DETAIL_X, top - 9 - at * _NEXT, part)
            top -= line.height
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
    register_fonts()
    kept = [len(lines) for _, lines in groups]
    heights = [[line.height for line in lines] for _, lines in groups]
    height = sum(_GROUP + _GAP + sum(own) for own in heights)
    least = 2
    while height > room_pt and max(kept, default=0) > least:
        at = kept.index(max(kept))
        kept[at] -= 1
        height -= heights[at].pop()
    fitted: list[PrintedGroup] = []
    for count, (name, lines) in zip(kept, groups, strict=True):
        rest = len(lines) - count
        cut = [*lines[: count - 1], PrintedLine(f"and {rest + 1} more", "")] if rest else lines
        fitted.append((name, cut))
    return fitted
