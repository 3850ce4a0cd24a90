"""A QR code that opens the way round in a phone's map."""

from itertools import groupby
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.publish.documents.unit_days import UnitDay
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import INK, QUIET
from zoneplanner.publish.pdf.page import PageWriter

_MOST_PT, _LEAST_PT, _QUIET_PT = 92.0, 60.0, 14.0
"""The side of a code: below the least a phone does not read it; and what stays white above it."""
_MOST_STOPS = 10
_MASK = 0
"""Any of the eight masks is read; to look for the best one takes as long as eight more codes."""
"""As many places as the address of a route in Google Maps takes."""


def build_directions_url(handout: Handout, day: UnitDay) -> str:
    """Return the address of the way from stop to stop; empty where no stop has a position."""
    sites = [stop.card.site for stop in day.stops if stop.card.site.has_position]
    places = [site.position for site in sites]
    places = [place for at, place in enumerate(places) if at == 0 or place != places[at - 1]]
    if not places:
        return ""
    x_m, y_m = zip(*places[:_MOST_STOPS], strict=True)
    lons, lats = to_lonlat(handout.project.crs, list(x_m), list(y_m))
    way = "/".join(f"{lat:.5f},{lon:.5f}" for lat, lon in zip(lats, lons, strict=True))
    return f"https://www.google.com/maps/dir/{way}"


def measure_directions(handout: Handout, day: UnitDay) -> float:
    """Return the least room that the code of a day takes; 0 where it has no stop to lead to."""
    return _LEAST_PT + _QUIET_PT if build_directions_url(handout, day) else 0.0


def _draw_code(canvas: Canvas, url: str, corner: tuple[float, float], side: float) -> None:
    """Draw a code as one path, row by row; as shapes of reportlab it takes four times as long."""
    widget: Any = QrCodeWidget(url, barLevel="L")
    code = widget.qr
    code.version = code.calculate_version()
    code.makeImpl(False, _MASK)
    (x, y), cell = corner, side / len(code.modules)
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules, start=1):
        column = 0
        for dark, run in groupby(modules):
            wide = len(list(run))
            if dark:
                path.rect(x + column * cell, y + side - row * cell, wide * cell, cell)
            column += wide
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)


def draw_directions(
    sheet: PageWriter, day: UnitDay, corner: tuple[float, float], room: float
) -> float:
    """Draw the code above a corner as large as the room lets it be; return its side, 0 for none."""
    url, side = build_directions_url(sheet.handout, day), min(_MOST_PT, room - _QUIET_PT)
    if not url or side < _LEAST_PT:
        return 0.0
    x, y = corner
    count = min(len(day.stops), _MOST_STOPS)
    rest = "" if count == len(day.stops) else f" first {count}"
    with sheet.figure(f"QR code: directions to the{rest} stops in order, in Google Maps") as canvas:
        _draw_code(canvas, url, (x, y), side)
    words = f"Directions to the{rest} stops. Scanning it asks Google Maps."
    left = x + side + 8
    sheet.paragraph(left, y + side, words, size=7, color=QUIET, room=sheet.right - left)
    return side
