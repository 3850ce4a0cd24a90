"""The numbered marks of sites on a printed page, and how they are placed without overlap."""

import math
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.publish.pdf.canvas import BOLD_FONT, INK, WHITE, measure_text_width
from zoneplanner.tokens import MAP_STYLE, PT_PER_PX, choose_ink

MARK_RADIUS_PT = 6.5
"""Half the height of a numbered mark, in points."""
_RING_WIDTH_PT, _STOP_NUMBER_SIZE_PT = 1.5, 8.0
_Point = tuple[float, float]
_Box = tuple[float, float, float, float]

_PLACE_RINGS = ((15.0, 8), (26.0, 12), (38.0, 16))
"""The distances at which a mark is tried if it would cover another, and in how many directions."""


def make_box_around(x: float, y: float, width: float, height: float) -> _Box:
    """Return the box of a size around a point."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def expand_box(box: _Box, across: float, up: float) -> _Box:
    """Return a box expanded on each side."""
    return box[0] - across, box[1] - up, box[2] + across, box[3] + up


def boxes_overlap(one: _Box, other: _Box) -> bool:
    """Return whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def place_marks(
    points: Sequence[_Point], inside: _Box, widths: Sequence[float] = ()
) -> list[_Point]:
    """Return a place for the mark of each point: the point itself, or else the nearest free place.

    Everything is in points on the page, x then y. ``widths`` are the widths of marks that are wider
    than tall.
    """
    taken: list[_Box] = []
    places: list[_Point] = []
    mark_widths = widths or [2 * MARK_RADIUS_PT] * len(points)
    for point, width in zip(points, mark_widths, strict=True):
        size = width + 1, 2 * MARK_RADIUS_PT + 1
        for place in _list_candidates(point):
            box = make_box_around(*place, *size)
            if _is_within(box, inside) and not any(boxes_overlap(box, other) for other in taken):
                break
        else:
            place = point
        taken.append(make_box_around(*place, *size))
        places.append(place)
    return places


def _list_candidates(point: _Point) -> list[_Point]:
    around = [
        (
            point[0] + reach * math.cos(2 * math.pi * step / steps),
            point[1] + reach * math.sin(2 * math.pi * step / steps),
        )
        for reach, steps in _PLACE_RINGS
        for step in range(steps)
    ]
    return [point, *around]


def _is_within(box: _Box, frame: _Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def draw_site_mark(
    canvas: Canvas,
    place: _Point,
    shape: str,
    color: str,
    *,
    text: str = "",
    radius: float = MARK_RADIUS_PT,
) -> None:
    """Draw the mark of a school's level with a number in it."""
    x, y = place
    name = f"mark-{shape}-{color.removeprefix('#')}-{radius:g}"
    if not canvas.hasForm(name):
        _define_mark(canvas, name, shape, color, radius)
    canvas.saveState()
    canvas.translate(x, y)
    canvas.doForm(name)
    canvas.restoreState()
    canvas.saveState()
    if text:
        size = radius * (1.05 if len(text) < 2 else 0.95)
        canvas.setFillColor(HexColor(choose_ink(color)))
        canvas.setFont(BOLD_FONT, size)
        drop = 0.36 * size + (radius * 0.22 if shape == "triangle" else 0)
        canvas.drawString(x - measure_text_width(text, BOLD_FONT, size) / 2, y - drop, text)
    canvas.restoreState()


def measure_stop_mark(text: str) -> float:
    """Return the width of the mark that shows a stop's numbers, in points."""
    width = measure_text_width(text, BOLD_FONT, _STOP_NUMBER_SIZE_PT) + 1.1 * MARK_RADIUS_PT
    return max(2 * MARK_RADIUS_PT, width)


def draw_stop_mark(canvas: Canvas, place: _Point, text: str) -> None:
    """Draw the numbers of stops on dark, so they are not taken for the numbers of schools."""
    x, y = place
    width, radius = measure_stop_mark(text), MARK_RADIUS_PT
    canvas.saveState()
    canvas.setFillColor(INK)
    canvas.setStrokeColor(WHITE)
    canvas.setLineWidth(1.0)
    canvas.roundRect(x - width / 2, y - radius, width, 2 * radius, radius, stroke=1, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont(BOLD_FONT, _STOP_NUMBER_SIZE_PT)
    canvas.drawCentredString(x, y - 0.36 * _STOP_NUMBER_SIZE_PT, text)
    canvas.restoreState()


def _define_mark(canvas: Canvas, name: str, shape: str, color: str, radius: float) -> None:
    """Define a mark once per document, centered on its origin; each use refers to it."""
    reach = math.ceil(3 * radius + 2 * _RING_WIDTH_PT)
    edge_pt = MAP_STYLE.site_edge_px * PT_PER_PX
    halo_pt = edge_pt + 2 * MAP_STYLE.site_halo_px * PT_PER_PX
    canvas.beginForm(name, -reach, -reach, reach, reach)
    canvas.setFillColor(HexColor(color))
    for ink_color, width, fill in ((WHITE, halo_pt, 0), (INK, edge_pt, 1)):
        canvas.setStrokeColor(ink_color)
        canvas.setLineWidth(width)
        _draw_outline(canvas, (0.0, 0.0), shape, radius, fill)
    canvas.endForm()


def _draw_outline(canvas: Canvas, place: _Point, shape: str, radius: float, fill: int) -> None:
    """Draw a mark; ``radius`` is the circle's, and other marks are larger by the same factor as on
    screen.

    A ring is outside the disk, so a number has room in it.
    """
    x, y = place
    mark = MAP_STYLE.marks[shape]
    radius *= mark.size_px / MAP_STYLE.marks["circle"].size_px
    if not mark.corners:
        if mark.inner < 1:
            canvas.circle(x, y, radius + _RING_WIDTH_PT, stroke=1, fill=0)
        canvas.circle(x, y, radius, stroke=1, fill=fill)
        return
    path = canvas.beginPath()
    for index, (right, up) in enumerate(mark.corners):
        corner = x + right * radius, y + up * radius
        if index:
            path.lineTo(*corner)
        else:
            path.moveTo(*corner)
    path.close()
    canvas.drawPath(path, stroke=1, fill=fill)
