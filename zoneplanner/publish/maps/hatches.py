"""Hatches of zones on pages for a gray printer, where tone does not tell them apart."""

import math

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.plans.zone_colors import HATCH_TILES, zone_hatch
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.pdf.canvas import PAPER, build_pdf_path

_TILE_PT, _LINE_PT = 7.0, 0.4


def draw_zone_hatch(canvas: Canvas, shape: BaseGeometry, color: int) -> None:
    """Draw the hatch of a zone by its place in the palette over its area."""
    canvas.saveState()
    canvas.clipPath(build_pdf_path(canvas, shape), stroke=0, fill=0, fillMode=0)
    canvas.setStrokeColor(HexColor(PAPER.muted))
    canvas.setLineWidth(_LINE_PT)
    canvas.setLineCap(1)
    _draw_tiles(canvas, shape.bounds, zone_hatch(color))
    canvas.restoreState()


def _draw_tiles(canvas: Canvas, bounds: BoundingBox, hatch: str) -> None:
    """Draw the lines of a hatch over a box, each as one line from edge to edge.

    Tile by tile a page would have ten thousand of them. What is no line across its tile is a dot,
    which dashes repeat, or the corner of a line that the next tile draws.
    """
    left, bottom, right, top = (at / _TILE_PT for at in bounds)
    columns = range(math.floor(left), math.ceil(right) + 1)
    rows = range(math.floor(bottom), math.ceil(top) + 1)
    lines: list[tuple[float, float, float, float]] = []
    for x1, y1, x2, y2 in HATCH_TILES[hatch]:
        long = max(abs(x2 - x1), abs(y2 - y1)) >= 1
        if y1 == y2:
            if not long:
                canvas.setDash([(x2 - x1) * _TILE_PT, (1 + x1 - x2) * _TILE_PT])
            start = columns[0] + x1
            lines += [(start, row + y1, right, row + y1) for row in rows]
        elif x1 == x2:
            lines += [(column + x1, bottom, column + x1, top) for column in columns]
        elif long:
            slope = (y2 - y1) / (x2 - x1)
            for row in range(rows[0] - len(columns), rows[-1] + len(columns)):
                start = row + y1 + slope * (left - columns[0] - x1)
                end = start + slope * (right - left)
                if min(start, end) < top and max(start, end) > bottom:
                    lines.append((left, start, right, end))
    canvas.lines([tuple(at * _TILE_PT for at in line) for line in lines])
