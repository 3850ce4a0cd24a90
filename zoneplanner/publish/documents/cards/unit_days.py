"""A unit's day: the stops in visiting order, the open items there, and whom to call.

Also QR codes that open the route in a phone's map.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout, PublishedStop
from zoneplanner.publish.pdf.canvas import INK, QUIET
from zoneplanner.publish.pdf.page import PageWriter
from zoneplanner.publish.summaries import (
    SiteSummary,
    ZoneSummary,
    describe_open_items,
    rank_open_item,
    summarize_zones,
)

_YEAR_IS_CLEAR = timedelta(days=300)
"""Readers take a day without a year for one within this time."""


@dataclass(frozen=True, slots=True)
class CardStop:
    """A visit on a unit's route; ``open`` are the open items there.

    ``time`` and ``window`` (the part of the school day) are empty on a day without school.
    ``visit`` counts the day's visits to this site.
    """

    card: SiteSummary
    open: tuple[Message, ...]
    last_visit: str
    note: str
    time: str = ""
    window: str = ""
    visit: int = 1

    @property
    def name(self) -> str:
        """The site's name, with the number of the visit if it is not the first."""
        name = self.card.site.name
        return name if self.visit == 1 else f"{name}, visit {self.visit}"


@dataclass(frozen=True, slots=True)
class UnitDay:
    """The day of a zone's unit: its visits in order, then sites that the route leaves out.

    The zone's sites are in the order of their first visit.
    """

    card: ZoneSummary
    stops: tuple[CardStop, ...]
    calls: tuple[tuple[str, str], ...]

    @property
    def has_notes(self) -> bool:
        """Whether a school on the route has a note."""
        return any(stop.note for stop in self.stops)

    @property
    def stop_numbers(self) -> dict[str, str]:
        """The numbers of all stops at each site, such as “4, 16”."""
        numbers: dict[str, list[str]] = {}
        for number, stop in enumerate(self.stops, start=1):
            numbers.setdefault(stop.card.site.id, []).append(f"{number}")
        return {site: ", ".join(site_numbers) for site, site_numbers in numbers.items()}


def build_unit_days(handout: Handout) -> tuple[UnitDay, ...]:
    """Return the day of each zone's unit, in the plan's order."""
    return tuple(_build_unit_day(handout, card) for card in summarize_zones(handout))


def group_open_items(day: UnitDay) -> list[tuple[str, str]]:
    """Return the open items on the route, each with the numbers of its stops, like “1-4, 7”."""
    numbers: dict[Message, list[int]] = {}
    for number, stop in enumerate(day.stops, start=1):
        for item in stop.open if stop.visit == 1 else ():
            numbers.setdefault(item, []).append(number)
    words = {item: str(item) for item in numbers}
    order = sorted(numbers, key=lambda item: (rank_open_item(item), words[item]))
    return [
        (f"{words[item][:1].upper()}{words[item][1:]}", format_ranges(numbers[item]))
        for item in order
    ]


def format_ranges(numbers: Iterable[int]) -> str:
    """Write numbers in order with consecutive ones as ranges, like “1-4, 7”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def _build_unit_day(handout: Handout, card: ZoneSummary) -> UnitDay:
    sites = {each.site.id: each for each in card.sites}
    planned = [stop for stop in handout.stops.get(card.zone.unit, ()) if stop.site in sites]
    first = dict.fromkeys(planned_stop.site for planned_stop in planned)
    planned += [PublishedStop(site) for site in sites if site not in first]
    stops: list[CardStop] = []
    for planned_stop in planned:
        visit = 1 + sum(stop.card.site.id == planned_stop.site for stop in stops)
        stops.append(_make_stop(handout, sites[planned_stop.site], planned_stop, visit))
    ordered = tuple(
        sites[site] for site in dict.fromkeys(planned_stop.site for planned_stop in planned)
    )
    return UnitDay(
        card=replace(card, sites=ordered),
        stops=tuple(stops),
        calls=tuple(_list_numbers(handout, card)),
    )


def _write_last_visit(handout: Handout, last: date | None) -> str:
    """Write the day of a visit, with its year if it would be taken for a day of this year."""
    if last is None:
        return "none"
    recent = handout.card_day - last < _YEAR_IS_CLEAR
    return handout.formats.short_day(last) if recent else handout.formats.day(last)


def _make_stop(handout: Handout, card: SiteSummary, planned: PublishedStop, visit: int) -> CardStop:
    last = handout.visited_before.get(card.site.id)
    time = ""
    if planned.arrive_at is not None and planned.leave_at is not None:
        time = handout.format_span(planned.arrive_at, planned.leave_at)
    return CardStop(
        card,
        tuple(describe_open_items(handout, card.site.id)),
        _write_last_visit(handout, last),
        card.notes,
        time,
        planned.window,
        visit,
    )


def _list_numbers(handout: Handout, card: ZoneSummary) -> list[tuple[str, str]]:
    """Return whom to call: 9-1-1, the zone's agency, the backup, then the others."""
    project = handout.project
    backup = project.units.get(handout.backups.get(card.zone.id, ""))
    numbers = [("Emergency", "9-1-1")]
    agency = card.agency_short or card.agency
    numbers.append((f"{agency}, this zone’s agency", card.agency_phone or "number not entered"))
    if backup is not None:
        other = project.agencies.get(backup.agency)
        phone = other.phone if other and other.phone else "by radio"
        numbers.append((f"Backup {backup.id}, {name_unit_beside(backup.name, backup.id)}", phone))
    for key, other in project.agencies.items():
        if key != card.agency and other.phone:
            numbers.append((other.short or key, other.phone))
    return numbers


_MAX_CODE_PT, _MIN_CODE_PT, _QUIET_PT = 86.0, 52.0, 14.0
"""The side of a code, below which phones cannot read it, and the white space around it."""
_CAPTION_PT = 24.0
_MAX_STOPS = 10
"""The most places in the address of a Google Maps route."""
_MASK = 0
"""Any of the eight masks is readable; choosing the best takes as long as eight codes."""


@dataclass(frozen=True, slots=True)
class DirectionsLeg:
    """The part of a route that fits into one address: its first and last stop."""

    first: int
    last: int
    url: str


def build_directions(handout: Handout, day: UnitDay) -> tuple[DirectionsLeg, ...]:
    """Return the whole route from stop to stop, each leg from where the one before it ends.

    Stops without a position are left out; consecutive stops at one place count as one.
    """
    places: list[tuple[int, int, tuple[float, float]]] = []
    for number, stop in enumerate(day.stops, start=1):
        site = stop.card.site
        if not site.has_position:
            continue
        if places and places[-1][2] == site.position:
            places[-1] = (places[-1][0], number, site.position)
        else:
            places.append((number, number, site.position))
    if not places:
        return ()
    count = max(1, -(-(len(places) - 1) // (_MAX_STOPS - 1)))
    cuts = [round(leg * (len(places) - 1) / count) for leg in range(count + 1)]
    return tuple(
        _make_leg(handout, places[start : end + 1], number == 0)
        for number, (start, end) in enumerate(pairwise(cuts))
    )


def _make_leg(
    handout: Handout, places: Sequence[tuple[int, int, tuple[float, float]]], is_first: bool
) -> DirectionsLeg:
    x_m, y_m = zip(*(place for _, _, place in places), strict=True)
    lons, lats = to_lonlat(handout.project.crs, list(x_m), list(y_m))
    path = "/".join(f"{lat:.5f},{lon:.5f}" for lat, lon in zip(lats, lons, strict=True))
    first = places[0][0] if is_first else places[0][1]
    return DirectionsLeg(first, places[-1][1], f"https://www.google.com/maps/dir/{path}")


def measure_directions(handout: Handout, day: UnitDay) -> float:
    """Return the least height of a day's codes, or 0 if it has no stop with a position."""
    return _MIN_CODE_PT + _QUIET_PT + _CAPTION_PT if build_directions(handout, day) else 0.0


def fit_directions(handout: Handout, day: UnitDay, width: float, height: float) -> float:
    """Return the side of each code in a row, or 0 if they do not fit or there are none."""
    legs = build_directions(handout, day)
    fair_width = (width - _QUIET_PT * (len(legs) - 1)) / len(legs) if legs else 0.0
    side = min(_MAX_CODE_PT, height - _QUIET_PT - _CAPTION_PT, fair_width)
    return side if side >= _MIN_CODE_PT else 0.0


def _draw_code(canvas: Canvas, url: str, corner: tuple[float, float], side: float) -> None:
    """Draw a code as one path, row by row; reportlab's own shapes take four times as long."""
    widget: Any = QrCodeWidget(url, barLevel="L")
    code = widget.qr
    code.version = code.calculate_version()
    code.makeImpl(False, _MASK)
    (x, y), cell = corner, side / len(code.modules)
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules, start=1):
        column = 0
        for is_dark, run in groupby(modules):
            width = len(list(run))
            if is_dark:
                path.rect(x + column * cell, y + side - row * cell, width * cell, cell)
            column += width
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)


def draw_directions(
    sheet: PageWriter, day: UnitDay, corner: tuple[float, float], room: float
) -> float:
    """Draw the codes in a row above a corner; return their height, or 0 without any."""
    width = sheet.right - corner[0]
    side = fit_directions(sheet.handout, day, width, room)
    if not side:
        return 0.0
    x, y = corner
    sheet.text(x, y + 4, Message("cards.codes"), size=7, least=6, color=QUIET, room=width)
    for leg in build_directions(sheet.handout, day):
        stops = f"Stops {leg.first} to {leg.last}" if leg.last > leg.first else f"Stop {leg.first}"
        with sheet.figure(Message("cards.code", stops=stops.lower())) as canvas:
            _draw_code(canvas, leg.url, (x, y + _CAPTION_PT), side)
        sheet.text(x, y + _CAPTION_PT - 9, stops, size=7.5, bold=True, room=side + _QUIET_PT - 2)
        x += side + _QUIET_PT
    return side + _CAPTION_PT
