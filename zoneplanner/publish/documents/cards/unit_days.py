"""A unit's day: the stops in visiting order, what is open there, and whom to call.

QR codes that open the way round in a phone's map.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.publish.handout import Handout, PublishedStop, format_span
from zoneplanner.publish.pdf.canvas import INK, QUIET
from zoneplanner.publish.pdf.page import PageWriter
from zoneplanner.publish.summaries import (
    NO_VISIT_THIS_WEEK,
    SiteSummary,
    ZoneSummary,
    describe_open_items,
    summarize_zones,
)

_SURE_OF_YEAR = timedelta(days=300)
"""A day without its year is read as one of these last days."""


@dataclass(frozen=True, slots=True)
class CardStop:
    """One visit on a unit's way round; ``open`` is what is to be done there.

    ``time`` is when it is and in which part of the school day, empty on a day without school;
    ``visit`` counts the visits of the day to this site.
    """

    card: SiteSummary
    open: tuple[str, ...]
    last_visit: str
    note: str
    time: str = ""
    window: str = ""
    visit: int = 1

    @property
    def name(self) -> str:
        """The site's name, and which visit it is where it is not the first."""
        return (
            self.card.site.name if self.visit == 1 else f"{self.card.site.name}, visit {self.visit}"
        )


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
        """Tell whether a school of the way has a note."""
        return any(stop.note for stop in self.stops)

    @property
    def stop_numbers(self) -> dict[str, str]:
        """The numbers of all stops at each site, like “4, 16”."""
        found: dict[str, list[int]] = {}
        for number, stop in enumerate(self.stops, start=1):
            found.setdefault(stop.card.site.id, []).append(number)
        return {site: ", ".join(map(str, numbers)) for site, numbers in found.items()}


def build_unit_days(handout: Handout) -> tuple[UnitDay, ...]:
    """Return the day of each zone's unit, in the plan's order."""
    return tuple(_unit_day(handout, card) for card in summarize_zones(handout))


def group_open_items(day: UnitDay) -> list[tuple[str, str]]:
    """Return what is open on the way round and the numbers of the stops, like “1-4, 7”."""
    at: dict[str, list[int]] = {}
    for number, stop in enumerate(day.stops, start=1):
        for words in stop.open if stop.visit == 1 else ():
            at.setdefault(words, []).append(number)
    order = sorted(
        at, key=lambda words: (words != NO_VISIT_THIS_WEEK, "overdue" not in words, words)
    )
    return [(f"{words[:1].upper()}{words[1:]}", format_ranges(at[words])) for words in order]


def format_ranges(numbers: Iterable[int]) -> str:
    """Write numbers in order with runs drawn together, like “1-4, 7”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def _unit_day(handout: Handout, card: ZoneSummary) -> UnitDay:
    sites = {one.site.id: one for one in card.sites}
    planned = [one for one in handout.stops.get(card.zone.unit, ()) if one.site in sites]
    first = dict.fromkeys(one.site for one in planned)
    planned += [PublishedStop(site) for site in sites if site not in first]
    stops: list[CardStop] = []
    for one in planned:
        visit = 1 + sum(stop.card.site.id == one.site for stop in stops)
        stops.append(_stop(handout, sites[one.site], one, visit))
    ordered = tuple(sites[site] for site in dict.fromkeys(one.site for one in planned))
    return UnitDay(
        card=replace(card, sites=ordered), stops=tuple(stops), calls=tuple(_calls(handout, card))
    )


def _write_last_visit(handout: Handout, last: date | None) -> str:
    """Write the day of a visit, with its year where it would be read as one of this year."""
    if last is None:
        return "none"
    recent = handout.card_day - last < _SURE_OF_YEAR
    return handout.formats.short_day(last) if recent else handout.formats.day(last)


def _stop(handout: Handout, card: SiteSummary, planned: PublishedStop, visit: int) -> CardStop:
    last = handout.visited_before.get(card.site.id)
    zone = ZoneInfo(handout.project.time_zone)
    time = ""
    if planned.arrive_at is not None and planned.leave_at is not None:
        time = format_span(
            handout.formats, planned.arrive_at.astimezone(zone), planned.leave_at.astimezone(zone)
        )
    return CardStop(
        card,
        tuple(describe_open_items(handout, card.site.id)),
        _write_last_visit(handout, last),
        card.notes,
        time,
        planned.window,
        visit,
    )


def _calls(handout: Handout, card: ZoneSummary) -> list[tuple[str, str]]:
    """Return whom to call: the own agency, the backup, the others, and 9-1-1 first."""
    project = handout.project
    backup = project.units.get(handout.backups.get(card.zone.id, ""))
    found = [("Emergency", "9-1-1")]
    agency = card.agency_short or card.agency
    found.append((f"{agency}, this zone's agency", card.agency_phone or "number not entered"))
    if backup is not None:
        other = project.agencies.get(backup.agency)
        phone = other.phone if other and other.phone else "by radio"
        found.append((f"Backup {backup.id}, {name_unit_beside(backup.name, backup.id)}", phone))
    for key, other in project.agencies.items():
        if key != card.agency and other.phone:
            found.append((other.short or key, other.phone))
    return found


_MOST_PT, _LEAST_PT, _QUIET_PT = 86.0, 52.0, 14.0
"""The side of a code: below the least a phone does not read it; and what stays white around it."""
_SAID_PT = 24.0
_MOST_STOPS = 10
"""Places that the address of a route in Google Maps takes."""
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


def fit_directions(handout: Handout, day: UnitDay, wide: float, room: float) -> float:
    """Return the side of each code beside each other; 0 where they have no room, or none is."""
    legs = build_directions(handout, day)
    beside = (wide - _QUIET_PT * (len(legs) - 1)) / len(legs) if legs else 0.0
    side = min(_MOST_PT, room - _QUIET_PT - _SAID_PT, beside)
    return side if side >= _LEAST_PT else 0.0


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
    wide = sheet.right - corner[0]
    side = fit_directions(sheet.handout, day, wide, room)
    if not side:
        return 0.0
    x, y = corner
    words = "Directions. Scanning a code opens Google Maps."
    sheet.text(x, y + 4, words, size=7, least=6, color=QUIET, room=wide)
    for leg in build_directions(sheet.handout, day):
        said = f"Stops {leg.first} to {leg.last}" if leg.last > leg.first else f"Stop {leg.first}"
        with sheet.figure(
            f"QR code: directions, {said.lower()} in order, in Google Maps"
        ) as canvas:
            _draw_code(canvas, leg.url, (x, y + _SAID_PT), side)
        sheet.text(x, y + _SAID_PT - 9, said, size=7.5, bold=True, room=side + _QUIET_PT - 2)
        x += side + _QUIET_PT
    return side + _SAID_PT
