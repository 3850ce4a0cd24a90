"""QR codes that open the way round in a phone's map."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.publish.documents.cards.unit_days import UnitDay
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import INK, QUIET
from zoneplanner.publish.pdf.page import PageWriter

_MOST_PT, _LEAST_PT, _QUIET_PT = 86.0, 52.0, 14.0
"""The side of a code: below the least a phone does not read it; and what stays white around it."""
_SAID_PT = 24.0
_MOST_CODES, _MOST_STOPS = 3, 10
"""Codes beside each other, and places that the address of a route in Google Maps takes."""
_MASK = 0
"""Any of the eight masks is read; to look for the best one takes as long as eight more codes."""


@dataclass(frozen=True, slots=True)
class DirectionsLeg:
    """A part of the way round that one address holds: its first and last stop."""

    first: int
    last: int
    url: str


def build_directions(handout: Handout, day: UnitDay) -> tuple[DirectionsLeg, ...]:
    """Return the whole way from stop to stop, each leg from where the one before it ends.

    Stops without a position are left out; stops at one place are one place of the way.
    """
    found: list[tuple[int, int, tuple[float, float]]] = []
    for number, stop in enumerate(day.stops, start=1):
        site = stop.card.site
        if not site.has_position:
            continue
        if found and found[-1][2] == site.position:
            found[-1] = (found[-1][0], number, site.position)
        else:
            found.append((number, number, site.position))
    if not found:
        return ()
    count = max(1, -(-(len(found) - 1) // (_MOST_STOPS - 1)))
    cuts = [round(at * (len(found) - 1) / count) for at in range(count + 1)]
    return tuple(
        _make_leg(handout, found[start : end + 1], number == 0)
        for number, (start, end) in enumerate(pairwise(cuts))
    )


def _make_leg(
    handout: Handout, places: Sequence[tuple[int, int, tuple[float, float]]], begins: bool
) -> DirectionsLeg:
    x_m, y_m = zip(*(place for _, _, place in places), strict=True)
    lons, lats = to_lonlat(handout.project.crs, list(x_m), list(y_m))
    way = "/".join(f"{lat:.5f},{lon:.5f}" for lat, lon in zip(lats, lons, strict=True))
    first = places[0][0] if begins else places[0][1]
    return DirectionsLeg(first, places[-1][1], f"https://www.google.com/maps/dir/{way}")


def measure_directions(handout: Handout, day: UnitDay) -> float:
    """Return the least room that the codes of a day take; 0 where it has no stop to lead to."""
    return _LEAST_PT + _QUIET_PT + _SAID_PT if build_directions(handout, day) else 0.0


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
    """Draw the codes side by side above a corner; return the height that they take, 0 for none."""
    way = build_directions(sheet.handout, day)
    legs = way[:_MOST_CODES]
    wide = sheet.right - corner[0]
    beside = (wide - _QUIET_PT * (len(legs) - 1)) / len(legs) if legs else 0.0
    side = min(_MOST_PT, room - _QUIET_PT - _SAID_PT, beside)
    if side < _LEAST_PT:
        return 0.0
    x, y = corner
    rest = "" if len(legs) == len(way) else f" to the first {legs[-1].last} stops"
    words = f"Directions{rest}. Scanning a code opens Google Maps."
    sheet.text(x, y + 4, words, size=7, least=6, color=QUIET, room=wide)
    for leg in legs:
        said = f"Stops {leg.first} to {leg.last}" if leg.last > leg.first else f"Stop {leg.first}"
        with sheet.figure(
            f"QR code: directions, {said.lower()} in order, in Google Maps"
        ) as canvas:
            _draw_code(canvas, leg.url, (x, y + _SAID_PT), side)
        sheet.text(x, y + _SAID_PT - 9, said, size=7.5, bold=True, room=side + _QUIET_PT - 2)
        x += side + _QUIET_PT
    return side + _SAID_PT
