"""Vector charts on a printed page: bars by week, a histogram, shares, a range, hours by day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    PALE,
    PAPER,
    QUIET,
    REGULAR_FONT,
    WHITE,
    truncate_text,
)
from zoneplanner.tokens import choose_ink

_BAR, _REST = HexColor(PAPER.bar), HexColor(PAPER.bar_soft)
_DARKEST = (0.58, 0.63, 0.67)
_MIN_RECORDS = 10
_AXIS_LEFT, _AXIS_BOTTOM, _TITLE_PT = 30.0, 24.0, 14.0


def draw_bar_chart(
    canvas: Canvas,
    frame: BoundingBox,
    labels: Sequence[str],
    values: Sequence[float],
    *,
    title: str,
    outlined: Sequence[bool] = (),
) -> None:
    """Draw one bar per label with its value on top; the axis begins at 0.

    Bars that are ``outlined`` cannot be compared with the others.
    """
    if sum(values) < _MIN_RECORDS:
        lines = [
            f"{label}: {value:g}" for label, value in zip(labels, values, strict=True) if value
        ]
        _list_values(canvas, frame, lines, title=title)
        return
    plot, scale = _draw_axes(canvas, frame, max(values, default=0.0), title)
    step = (plot[2] - plot[0]) / max(len(values), 1)
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        left = plot[0] + index * step + step * 0.18
        height = value * scale
        is_outlined = index < len(outlined) and outlined[index]
        canvas.setFillColor(PALE if is_outlined else _BAR)
        canvas.setStrokeColor(_BAR)
        canvas.setDash([2, 1.5] if is_outlined else [])
        canvas.rect(left, plot[1], step * 0.64, height, stroke=int(is_outlined), fill=1)
        canvas.setDash([])
        middle = plot[0] + (index + 0.5) * step
        if step > 18 or index % 2 == 0:
            _write_label(
                canvas, middle, plot[1] - 10, label, size=6.5, color=QUIET, room=step * 1.9
            )
            shown = f"{value:g}" if value or not is_outlined else "–"
            _write_label(
                canvas, middle, plot[1] + height + 3, shown, size=7, room=step * 1.5, over_grid=True
            )


def draw_histogram(
    canvas: Canvas,
    frame: BoundingBox,
    values: Sequence[float],
    *,
    target: float,
    unit: str,
    title: str,
) -> None:
    """Draw how many values are in each interval of 2, upper bound included, and the target."""
    if len(values) < _MIN_RECORDS:
        lines = [f"{value:.1f} {unit}" for value in sorted(values)]
        _list_values(canvas, frame, [*lines, f"Target {target:g} {unit}"], title=title)
        return
    width = 2.0
    longest = max([*values, target * 1.5])
    count = min(max(math.ceil(longest / width), 1), 20)
    bins = [0] * count
    for value in values:
        bins[min(max(math.ceil(value / width) - 1, 0), count - 1)] += 1
    plot, scale = _draw_axes(canvas, frame, max(bins), title)
    step = (plot[2] - plot[0]) / count
    for index, number in enumerate(bins):
        canvas.setFillColor(_BAR)
        canvas.rect(plot[0] + index * step + 1, plot[1], step - 2, number * scale, stroke=0, fill=1)
    for index in range(0, count + 1, max(1, count // 8)):
        suffix = "+" if index == count and longest > count * width else ""
        label = f"{index * width:g}{suffix}"
        _write_label(
            canvas, plot[0] + index * step, plot[1] - 10, label, size=6.5, color=QUIET, room=40
        )
    edge = plot[0] + min(target / width, count) * step
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    canvas.setDash([3, 2])
    canvas.line(edge, plot[1], edge, plot[3])
    canvas.setDash([])
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 7)
    canvas.drawCentredString(edge, plot[3] + 3, f"target {target:g} {unit}")
    _write_label(
        canvas, (plot[0] + plot[2]) / 2, plot[1] - 20, unit, size=6.5, color=QUIET, room=80
    )


def draw_stacked_bar(
    canvas: Canvas, frame: BoundingBox, parts: Sequence[tuple[str, int, Color]], *, gap: float = 1.0
) -> None:
    """Draw counts of a whole next to each other, each with its number and word if they fit.

    On gray paper, the words distinguish the parts.
    """
    left, bottom, right, top = frame
    whole = sum(count for _, count, _ in parts)
    if not whole:
        canvas.setFillColor(_REST)
        canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
        return
    x = left
    for word, count, color in parts:
        width = (right - left) * count / whole
        if width <= 0:
            continue
        canvas.setFillColor(color)
        canvas.rect(x, bottom, max(width - gap, 0.5), top - bottom, stroke=0, fill=1)
        if width > 14:
            canvas.setFillColor(HexColor(choose_ink(f"#{color.hexval()[2:8]}")))
            canvas.setFont(BOLD_FONT, 7.5)
            label = f"{count} {word}"
            fits = stringWidth(label, BOLD_FONT, 7.5) < width - 6
            middle = (x + width / 2, bottom + (top - bottom) / 2 - 2.7)
            canvas.drawCentredString(*middle, label if fits else f"{count}")
        x += width


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A value at ``x`` that is known to be between ``low`` and ``high``."""

    x: float
    low: float
    high: float


def draw_range_chart(
    canvas: Canvas,
    frame: BoundingBox,
    points: Sequence[ChartPoint],
    *,
    title: str,
    marked: float,
) -> float:
    """Draw values by x with the range of each; x is in percent.

    ``marked`` is the x of the plan's own point.

    Returns
    -------
    The value at which the axis begins.
    """
    left, bottom, right, top = frame
    _write_title(canvas, frame, title)
    plot = (left + _AXIS_LEFT + 8, bottom + _AXIS_BOTTOM, right - 24, top - _TITLE_PT - 18)
    low, high = min(each.low for each in points), max(each.high for each in points)
    step = _choose_step((high - low) or abs(high) or 1.0)
    floor, ceiling = math.floor(low / step) * step, math.ceil(high / step) * step or step
    for number in range(round((ceiling - floor) / step) + 1):
        value = floor + number * step
        y = plot[1] + (plot[3] - plot[1]) * (value - floor) / (ceiling - floor)
        _draw_grid_line(canvas, plot, y, f"{value:,g}", base=number == 0)
    last = max(each.x for each in points)

    def place(x: float, value: float) -> tuple[float, float]:
        share = (value - floor) / (ceiling - floor)
        return plot[0] + (plot[2] - plot[0]) * x / last, plot[1] + (plot[3] - plot[1]) * share

    _fill_band(canvas, [place(p.x, p.high) for p in points], [place(p.x, p.low) for p in points])
    for point in points:
        x, y = place(point.x, point.high)
        is_marked = abs(point.x - marked) < 1e-6
        canvas.setFillColor(INK if is_marked else _BAR)
        canvas.circle(x, y, 3.2 if is_marked else 2.2, stroke=0, fill=1)
        _write_label(canvas, x, y + 6, f"{point.high:,.0f}", size=7, room=60, over_grid=True)
        label = f"±{point.x:g}%{' (this plan)' if is_marked else ''}"
        _write_label(canvas, x, plot[1] - 10, label, size=6.5, color=QUIET, room=70)
    return floor


def _fill_band(
    canvas: Canvas, upper: list[tuple[float, float]], lower: list[tuple[float, float]]
) -> None:
    band = canvas.beginPath()
    band.moveTo(*upper[0])
    for point in [*upper[1:], *reversed(lower)]:
        band.lineTo(*point)
    band.close()
    canvas.setFillColor(_REST)
    canvas.drawPath(band, stroke=0, fill=1)
    canvas.setStrokeColor(_BAR)
    canvas.setLineWidth(1.2)
    for start, end in pairwise(upper):
        canvas.line(*start, *end)


_START_H, _END_H = 7, 17
_SCHOOL_DAYS = 5


def draw_hour_grid(
    canvas: Canvas,
    frame: BoundingBox,
    counts: Sequence[Sequence[int]],
    *,
    title: str,
    days: Sequence[int],
) -> None:
    """Draw counts by weekday, Monday first, and hour: darker for more, each with its number.

    ``days`` are how many of each weekday were counted. Hours before and after the school day are
    one column each; a weekend without any count is left out.
    """
    left, bottom, right, top = frame
    rows = [
        [sum(row[:_START_H]), *row[_START_H:_END_H], sum(row[_END_H:])]
        for day, row in enumerate(counts)
        if day < _SCHOOL_DAYS or any(map(sum, counts[_SCHOOL_DAYS:]))
    ]
    hours = [f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}" for hour in range(_START_H, _END_H)]
    headings = [f"before {hours[0]}", *hours, f"from {_END_H - 12} PM"]
    _write_title(canvas, frame, title)
    highest = max(map(max, rows))
    width, height = (right - left - _AXIS_LEFT) / len(headings), (top - bottom - 26) / len(rows)
    for column, heading in enumerate(headings):
        middle = left + _AXIS_LEFT + (column + 0.5) * width
        _write_label(canvas, middle, top - 22, heading, size=6, color=QUIET, room=width)
    for day, row in enumerate(rows):
        y = top - 26 - (day + 1) * height
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR_FONT, 7)
        day_count = f" ({days[day]})" if days[day] else ""
        canvas.drawString(left, y + height / 2 - 2.5, f"{WEEKDAY_NAMES[day][:3]}{day_count}")
        for column, count in enumerate(row):
            share = count / highest if highest else 0.0
            x = left + _AXIS_LEFT + column * width
            shade = Color(*(1 - share * (1 - level) for level in _DARKEST))
            canvas.setFillColor(shade if count else Color(0.96, 0.96, 0.96))
            canvas.rect(x, y, width - 1, height - 1, stroke=0, fill=1)
            if count:
                canvas.setFillColor(INK)
                canvas.setFont(REGULAR_FONT, 7)
                canvas.drawCentredString(x + width / 2, y + height / 2 - 2.5, f"{count}")


def _list_values(canvas: Canvas, frame: BoundingBox, lines: Sequence[str], *, title: str) -> None:
    """Write fewer than ten values line by line: a chart would suggest more than they show."""
    left, *_, top = frame
    _write_title(canvas, frame, title)
    canvas.setFont(REGULAR_FONT, 8)
    for index, line in enumerate(lines or ("None in this period.",)):
        canvas.drawString(left, top - 26 - 11 * index, line)


def _write_title(canvas: Canvas, frame: BoundingBox, title: str) -> None:
    left, _, right, top = frame
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 8.5)
    canvas.drawString(left, top - 9, truncate_text(title, BOLD_FONT, 8.5, right - left))


def _draw_grid_line(canvas: Canvas, plot: BoundingBox, y: float, label: str, *, base: bool) -> None:
    """Draw a horizontal line of the grid with its value; the ``base`` is darker."""
    canvas.setStrokeColor(QUIET if base else PALE)
    canvas.setLineWidth(0.7 if base else 0.3)
    canvas.line(plot[0], y, plot[2], y)
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR_FONT, 6.5)
    canvas.drawRightString(plot[0] - 4, y - 2.3, label)


def _draw_axes(
    canvas: Canvas, frame: BoundingBox, most: float, title: str
) -> tuple[BoundingBox, float]:
    """Draw title, axis and grid; return the plot's box and the points per unit."""
    left, bottom, right, top = frame
    _write_title(canvas, frame, title)
    plot = (left + _AXIS_LEFT, bottom + _AXIS_BOTTOM, right - 4, top - _TITLE_PT - 12)
    step = _choose_step(most)
    ceiling = max(math.ceil(most / step), 1) * step
    scale = (plot[3] - plot[1]) / ceiling
    for number in range(round(ceiling / step) + 1):
        y, value = plot[1] + number * step * scale, number * step
        _draw_grid_line(canvas, plot, y, f"{value:g}", base=number == 0)
    return plot, scale


def _choose_step(most: float) -> float:
    """Return a round step that gives three to six grid lines."""
    if most <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(most / 3)) if most >= 3 else 1
    return float(next(power * n for n in (1, 2, 5, 10) if most / (power * n) <= 6))


def _write_label(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    room: float,
    color: Color = INK,
    over_grid: bool = False,
) -> None:
    """Write a line of a chart, on white if it may be ``over_grid``."""
    line = truncate_text(text, REGULAR_FONT, size, room)
    if over_grid:
        width = stringWidth(line, REGULAR_FONT, size) + 2
        canvas.setFillColor(WHITE)
        canvas.rect(x - width / 2, y - 1, width, size, stroke=0, fill=1)
    canvas.setFillColor(color)
    canvas.setFont(REGULAR_FONT, size)
    canvas.drawCentredString(x, y, line)
