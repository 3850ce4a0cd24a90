"""Charts on a printed page: bars by week, a histogram, shares side by side. Vector, with axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

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
_FEWEST = 10
_AXIS_LEFT, _AXIS_BOTTOM, _HEAD = 30.0, 24.0, 14.0


def draw_bar_chart(
    canvas: Canvas,
    frame: BoundingBox,
    labels: Sequence[str],
    values: Sequence[float],
    *,
    title: str,
    outlined: Sequence[bool] = (),
) -> None:
    """Draw one bar a label with its value on top; the axis begins at 0.

    Bars that are ``outlined`` are not to be compared with the others.
    """
    if sum(values) < _FEWEST:
        told = [f"{label}: {value:g}" for label, value in zip(labels, values, strict=True) if value]
        _list_few(canvas, frame, told, title=title)
        return
    plot, scale = _axes(canvas, frame, max(values, default=0.0), title)
    step = (plot[2] - plot[0]) / max(len(values), 1)
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        left = plot[0] + at * step + step * 0.18
        height = value * scale
        empty = at < len(outlined) and outlined[at]
        canvas.setFillColor(PALE if empty else _BAR)
        canvas.setStrokeColor(_BAR)
        canvas.setDash([2, 1.5] if empty else [])
        canvas.rect(left, plot[1], step * 0.64, height, stroke=int(empty), fill=1)
        canvas.setDash([])
        middle = plot[0] + (at + 0.5) * step
        if step > 18 or at % 2 == 0:
            _words(canvas, middle, plot[1] - 10, label, size=6.5, color=QUIET, room=step * 1.9)
            shown = f"{value:g}" if value or not empty else "–"
            _words(
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
    """Draw how many values fall into each step of 2, its upper bound included, and the target."""
    if len(values) < _FEWEST:
        told = [f"{value:.1f} {unit}" for value in sorted(values)]
        _list_few(canvas, frame, [*told, f"Target {target:g} {unit}"], title=title)
        return
    width = 2.0
    most = max([*values, target * 1.5])
    count = min(max(math.ceil(most / width), 1), 20)
    bins = [0] * count
    for value in values:
        bins[min(max(math.ceil(value / width) - 1, 0), count - 1)] += 1
    plot, scale = _axes(canvas, frame, max(bins), title)
    step = (plot[2] - plot[0]) / count
    for at, number in enumerate(bins):
        canvas.setFillColor(_BAR)
        canvas.rect(plot[0] + at * step + 1, plot[1], step - 2, number * scale, stroke=0, fill=1)
    for at in range(0, count + 1, max(1, count // 8)):
        more = "+" if at == count and most > count * width else ""
        label = f"{at * width:g}{more}"
        _words(canvas, plot[0] + at * step, plot[1] - 10, label, size=6.5, color=QUIET, room=40)
    edge = plot[0] + min(target / width, count) * step
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    canvas.setDash([3, 2])
    canvas.line(edge, plot[1], edge, plot[3])
    canvas.setDash([])
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 7)
    canvas.drawCentredString(edge, plot[3] + 3, f"target {target:g} {unit}")
    _words(canvas, (plot[0] + plot[2]) / 2, plot[1] - 20, unit, size=6.5, color=QUIET, room=80)


def draw_stacked_bar(
    canvas: Canvas, frame: BoundingBox, parts: Sequence[tuple[str, int, Color]], *, gap: float = 1.0
) -> None:
    """Draw counts of one whole side by side, each with number and word where there is room.

    By the words the parts are told apart where paper is gray.
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
            said = f"{count} {word}"
            fits = stringWidth(said, BOLD_FONT, 7.5) < width - 6
            middle = (x + width / 2, bottom + (top - bottom) / 2 - 2.7)
            canvas.drawCentredString(*middle, said if fits else f"{count}")
        x += width


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """At ``x``, a value that is known to lie from ``low`` to ``high``."""

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
    """Draw values by x, each with what lies between its two limits; x is in percent.

    ``marked`` is the x of the point that is the plan's own. Returns where the axis begins.
    """
    left, bottom, right, top = frame
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 8.5)
    canvas.drawString(left, top - 9, truncate_text(title, BOLD_FONT, 8.5, right - left))
    plot = (left + _AXIS_LEFT + 8, bottom + _AXIS_BOTTOM, right - 24, top - _HEAD - 18)
    low, high = min(each.low for each in points), max(each.high for each in points)
    step = _step((high - low) or abs(high) or 1.0)
    floor, ceiling = math.floor(low / step) * step, math.ceil(high / step) * step or step
    for number in range(round((ceiling - floor) / step) + 1):
        value = floor + number * step
        y = plot[1] + (plot[3] - plot[1]) * (value - floor) / (ceiling - floor)
        canvas.setStrokeColor(QUIET if number == 0 else PALE)
        canvas.setLineWidth(0.7 if number == 0 else 0.3)
        canvas.line(plot[0], y, plot[2], y)
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR_FONT, 6.5)
        canvas.drawRightString(plot[0] - 4, y - 2.3, f"{value:,g}")
    last = max(each.x for each in points)

    def place(x: float, value: float) -> tuple[float, float]:
        share = (value - floor) / (ceiling - floor)
        return plot[0] + (plot[2] - plot[0]) * x / last, plot[1] + (plot[3] - plot[1]) * share

    _fill_band(canvas, [place(p.x, p.high) for p in points], [place(p.x, p.low) for p in points])
    for point in points:
        x, y = place(point.x, point.high)
        own = abs(point.x - marked) < 1e-6
        canvas.setFillColor(INK if own else _BAR)
        canvas.circle(x, y, 3.2 if own else 2.2, stroke=0, fill=1)
        _words(canvas, x, y + 6, f"{point.high:,.0f}", size=7, room=60, over_grid=True)
        label = f"±{point.x:g}%{' (this plan)' if own else ''}"
        _words(canvas, x, plot[1] - 10, label, size=6.5, color=QUIET, room=70)
    return floor


def _fill_band(
    canvas: Canvas, upper: list[tuple[float, float]], lower: list[tuple[float, float]]
) -> None:
    band = canvas.beginPath()
    band.moveTo(*upper[0])
    for at in [*upper[1:], *reversed(lower)]:
        band.lineTo(*at)
    band.close()
    canvas.setFillColor(_REST)
    canvas.drawPath(band, stroke=0, fill=1)
    canvas.setStrokeColor(_BAR)
    canvas.setLineWidth(1.2)
    for one, other in pairwise(upper):
        canvas.line(*one, *other)


_EARLY_H, _LATE_H = 7, 17
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SCHOOL_DAYS = 5


def draw_hour_grid(
    canvas: Canvas,
    frame: BoundingBox,
    counts: Sequence[Sequence[int]],
    *,
    title: str,
    days: Sequence[int],
) -> None:
    """Draw counts by weekday, Monday first, and hour: the more, the darker, each with its number.

    ``days`` are how many of each weekday were counted. Hours before and after the school day are
    one column each; a weekend without any is left out.
    """
    left, bottom, right, top = frame
    rows = [
        [sum(row[:_EARLY_H]), *row[_EARLY_H:_LATE_H], sum(row[_LATE_H:])]
        for at, row in enumerate(counts)
        if at < _SCHOOL_DAYS or any(map(sum, counts[_SCHOOL_DAYS:]))
    ]
    hours = [
        f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}" for hour in range(_EARLY_H, _LATE_H)
    ]
    heads = [f"before {hours[0]}", *hours, f"from {_LATE_H - 12} PM"]
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 8.5)
    canvas.drawString(left, top - 9, title)
    most = max(map(max, rows))
    wide, high = (right - left - _AXIS_LEFT) / len(heads), (top - bottom - 26) / len(rows)
    for at, head in enumerate(heads):
        middle = left + _AXIS_LEFT + (at + 0.5) * wide
        _words(canvas, middle, top - 22, head, size=6, color=QUIET, room=wide)
    for down, row in enumerate(rows):
        y = top - 26 - (down + 1) * high
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR_FONT, 7)
        many = f" ({days[down]})" if days[down] else ""
        canvas.drawString(left, y + high / 2 - 2.5, f"{_WEEKDAYS[down]}{many}")
        for at, count in enumerate(row):
            part = count / most if most else 0.0
            x = left + _AXIS_LEFT + at * wide
            shade = Color(*(1 - part * (1 - level) for level in _DARKEST))
            canvas.setFillColor(shade if count else Color(0.96, 0.96, 0.96))
            canvas.rect(x, y, wide - 1, high - 1, stroke=0, fill=1)
            if count:
                canvas.setFillColor(INK)
                canvas.setFont(REGULAR_FONT, 7)
                canvas.drawCentredString(x + wide / 2, y + high / 2 - 2.5, f"{count}")


def _list_few(canvas: Canvas, frame: BoundingBox, told: Sequence[str], *, title: str) -> None:
    """Write fewer than ten records line by line: a chart of them says more than they do."""
    left, _, right, top = frame
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 8.5)
    canvas.drawString(left, top - 9, truncate_text(title, BOLD_FONT, 8.5, right - left))
    canvas.setFont(REGULAR_FONT, 8)
    for at, line in enumerate(told or ("None in this period.",)):
        canvas.drawString(left, top - 26 - 11 * at, line)


def _axes(canvas: Canvas, frame: BoundingBox, most: float, title: str) -> tuple[BoundingBox, float]:
    """Draw title, axis and grid; return the plot's box and points a unit."""
    left, bottom, right, top = frame
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 8.5)
    canvas.drawString(left, top - 9, truncate_text(title, BOLD_FONT, 8.5, right - left))
    plot = (left + _AXIS_LEFT, bottom + _AXIS_BOTTOM, right - 4, top - _HEAD - 12)
    step = _step(most)
    ceiling = max(math.ceil(most / step), 1) * step
    scale = (plot[3] - plot[1]) / ceiling
    for number in range(round(ceiling / step) + 1):
        y = plot[1] + number * step * scale
        canvas.setStrokeColor(QUIET if number == 0 else PALE)
        canvas.setLineWidth(0.7 if number == 0 else 0.3)
        canvas.line(plot[0], y, plot[2], y)
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR_FONT, 6.5)
        canvas.drawRightString(plot[0] - 4, y - 2.3, f"{number * step:g}")
    return plot, scale


def _step(most: float) -> float:
    """Return a round step that gives three to six lines."""
    if most <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(most / 3)) if most >= 3 else 1
    return float(next(power * n for n in (1, 2, 5, 10) if most / (power * n) <= 6))


def _words(
    canvas: Canvas,
    x: float,
    y: float,
    words: str,
    *,
    size: float,
    room: float,
    color: Color = INK,
    over_grid: bool = False,
) -> None:
    """Write a line of a chart, on white where it may stand ``over_grid``."""
    line = truncate_text(words, REGULAR_FONT, size, room)
    if over_grid:
        wide = stringWidth(line, REGULAR_FONT, size) + 2
        canvas.setFillColor(WHITE)
        canvas.rect(x - wide / 2, y - 1, wide, size, stroke=0, fill=1)
    canvas.setFillColor(color)
    canvas.setFont(REGULAR_FONT, size)
    canvas.drawCentredString(x, y, line)
