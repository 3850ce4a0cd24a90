"""Visor cards: three to a page, cut along the lines; a unit's stops and numbers at a glance."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.publish.content import Handout
from zoneplanner.publish.day_cards import date_words
from zoneplanner.publish.paper import MARGIN, Booklet, Page, Sheet
from zoneplanner.publish.pdf import BOLD, PALE, QUIET, REGULAR, width_of
from zoneplanner.publish.stops import UnitDay, open_lines, unit_days

A_PAGE = 3
INSET, LINE_LEAST, LINE_MOST = 14.0, 16.0, 24.0


def visor_cards(handout: Handout) -> Booklet:
    """Return the visor cards of a released handout."""
    days = unit_days(handout)
    pages = [
        Page(partial(_page, days=days[at : at + A_PAGE]), _named(days[at : at + A_PAGE]))
        for at in range(0, len(days), A_PAGE)
    ]
    return Booklet(handout, "visor cards", pages, landscape=True)


def _named(days: Sequence[UnitDay]) -> str:
    return ", ".join(day.card.zone.id for day in days)


def _page(sheet: Sheet, *, days: Sequence[UnitDay]) -> None:
    wide = sheet.width / A_PAGE
    for at, day in enumerate(days):
        _card(sheet, day, at * wide + INSET, (at + 1) * wide - INSET)
    with sheet.tags.ornament():
        canvas = sheet.canvas
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.5)
        canvas.setDash([3, 3])
        for at in range(1, A_PAGE):
            canvas.line(at * wide, MARGIN, at * wide, sheet.height)
        canvas.setDash([])


def _card(sheet: Sheet, day: UnitDay, left: float, right: float) -> None:
    card, top = day.card, sheet.height - MARGIN
    room = right - left
    with sheet.tags.part("Sect"):
        sheet.box((left, top - 36, left + 7, top), HexColor(zone_colour(card.zone.colour)))
        ink = HexColor(zone_ink(card.zone.colour))
        sheet.text(
            left + 13, top - 22, card.zone.id, size=24, bold=True, colour=ink, room=90, role="H1"
        )
        edge = left + 21 + min(width_of(card.zone.id, BOLD, 24), 90)
        sheet.text(edge, top - 10, card.unit, size=9.5, bold=True, room=right - edge)
        sheet.text(edge, top - 22, date_words(sheet.handout, short=True), size=8, room=right - edge)
        sheet.text(
            left + 13, top - 34, sheet.handout.plan_text, size=7, colour=QUIET, room=room - 13
        )
        below = len(day.calls) + len(open_lines(day)) + 2
        foot = sheet.bottom + 10 + 11 * below
        y = _stops(sheet, day, (left, right), top - 44, foot)
        sheet.rule(y - 8, left=left, right=right)
        _numbers(sheet, day, (left, right), y - 8)


def _stops(
    sheet: Sheet, day: UnitDay, span: tuple[float, float], top: float, bottom: float
) -> float:
    left, right = span
    line = min(max((top - bottom) / max(len(day.stops), 1), LINE_LEAST), LINE_MOST)
    most = max(int((top - bottom) // line), 1)
    shown = day.stops if len(day.stops) <= most else day.stops[: most - 1]
    y = top
    for number, stop in enumerate(shown, start=1):
        y -= line
        site = stop.card.site
        sheet.text(left, y + 6, f"{number}", size=8.5, bold=True, room=16)
        wide = width_of(site.phone, BOLD, 8)
        sheet.text(left + 16, y + 6, site.name, size=8.5, bold=True, room=right - left - wide - 22)
        sheet.text(right, y + 6, site.phone, size=8, bold=True, align="right", room=wide + 1)
        bells = f" · {stop.card.bells}" if stop.card.bells else ""
        said = f"{site.street}, {site.city}{bells}"
        sheet.text(left + 16, y - 2.5, said, size=7, colour=QUIET, room=right - left - 16)
    if len(shown) < len(day.stops):
        y -= line
        rest = f"and {len(day.stops) - len(shown)} more on the day card"
        sheet.text(left + 16, y + 4, rest, size=7.5, colour=QUIET)
    return y


def _numbers(sheet: Sheet, day: UnitDay, span: tuple[float, float], top: float) -> None:
    left, right = span
    y = top
    for words, stops in open_lines(day):
        y -= 11
        wide = width_of(words, REGULAR, 7.5)
        sheet.text(left, y, words, size=7.5, room=right - left)
        sheet.text(right, y, f"at {stops}", size=7.5, align="right", room=right - left - wide - 8)
    y -= 5
    for name, phone in day.calls:
        y -= 11
        wide = width_of(phone, BOLD, 8)
        sheet.text(left, y, name, size=7.5, room=right - left - wide - 8)
        sheet.text(right, y, phone, size=8, bold=True, align="right", room=right - left)
