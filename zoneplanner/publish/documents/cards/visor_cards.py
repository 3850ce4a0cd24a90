"""Visor cards: three to a page, cut along the lines; a unit's stops and numbers at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from reportlab.lib.colors import HexColor

from zoneplanner.publish.documents.cards.day_cards import describe_day_kind, format_weekday
from zoneplanner.publish.documents.cards.unit_days import (
    CardStop,
    UnitDay,
    build_unit_days,
    group_open_items,
)
from zoneplanner.publish.documents.week_roster import describe_no_shift
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import BOLD_FONT, PALE, QUIET, REGULAR_FONT, measure_text_width
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
)
from zoneplanner.tokens import zone_color, zone_text_color

_A_PAGE = 3
_HEAD_PT, _INSET, _LINE_LEAST, _LINE_MOST, _NUMBER_PT, _LEAST_PT = 48.0, 18.0, 19.0, 32.0, 12.5, 6.5


@dataclass(frozen=True, slots=True)
class _Card:
    """A card of a unit's day: some of its stops, ``first`` of them gone before."""

    day: UnitDay
    stops: tuple[CardStop, ...]
    first: int


_NOT_PUBLIC = "Not for posting in public"


def build_visor_cards(handout: Handout) -> Booklet:
    """Return the visor cards of a released handout; a long way round goes on on a second card."""
    cards = [card for day in build_unit_days(handout) for card in _split(handout, day)]
    pages = [
        BookletPage(
            partial(_page, cards=cards[at : at + _A_PAGE]), _named(cards[at : at + _A_PAGE])
        )
        for at in range(0, len(cards), _A_PAGE)
    ]
    return Booklet(handout, "visor cards", pages, landscape=True)


def _split(handout: Handout, day: UnitDay) -> list[_Card]:
    """Divide the stops into as few cards as hold them, evenly; each has the numbers to call."""
    height = PAGE_SIZES_PT[handout.paper][0] - 2 * PAGE_MARGIN_PT - FOOTER_PT
    most = max(int((height - _HEAD_PT - _measure_numbers(day)) // _LINE_LEAST), 1)
    count = max(1, -(-len(day.stops) // most))
    cuts = [round(at * len(day.stops) / count) for at in range(count + 1)]
    return [_Card(day, day.stops[start:end], start) for start, end in pairwise(cuts)]


def _measure_numbers(day: UnitDay) -> float:
    return 16 + _NUMBER_PT * (len(day.calls) + len(group_open_items(day)) + 1)


def _named(cards: Sequence[_Card]) -> str:
    return ", ".join(dict.fromkeys(card.day.card.zone.id for card in cards))


def _page(sheet: PageWriter, *, cards: Sequence[_Card]) -> None:
    wide = sheet.width / _A_PAGE
    for at, card in enumerate(cards):
        _draw_card(sheet, card, at * wide + _INSET, (at + 1) * wide - _INSET)
    with sheet.tags.ornament():
        canvas = sheet.canvas
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.5)
        canvas.setDash([3, 3])
        for at in range(1, min(len(cards) + 1, _A_PAGE)):
            canvas.line(at * wide, sheet.bottom, at * wide, sheet.height)
        canvas.setDash([])


def _draw_card(sheet: PageWriter, piece: _Card, left: float, right: float) -> None:
    day = piece.day
    handout, card, top = sheet.handout, day.card, sheet.height - PAGE_MARGIN_PT
    room = right - left
    with sheet.tags.part("Sect"):
        sheet.box((left, top - 43, left + 7, top), HexColor(zone_color(card.zone.color)))
        ink = HexColor(zone_text_color(card.zone.color))
        edge = left + 21 + min(measure_text_width(card.zone.id, BOLD_FONT, 24), 90)
        with sheet.tags.part("H1"):
            write = partial(sheet.text, bold=True, role="Span")
            write(left + 13, top - 22, card.zone.id, size=24, color=ink, room=90)
            named = f"{card.unit_beside}{', continued' if piece.first else ''}"
            write(edge, top - 10, named, size=10.5, least=7.5, room=right - edge)
        date, kind = (
            f"{format_weekday(handout)[:3]} {handout.formats.short_day(handout.card_day)}",
            describe_day_kind(handout),
        )
        absent = describe_no_shift(handout, card.zone.unit)
        # the bar on top of the page is not on each card once they are cut
        made_up = "SAMPLE DATA" if handout.sample_text else ""
        said = " · ".join(filter(None, (date, kind.lower(), absent)))
        sheet.text(edge, top - 22, said, size=9, least=7, room=right - edge)
        notes = "notes: see the day card" if day.has_notes else ""
        plan = " · ".join(filter(None, (made_up, _NOT_PUBLIC, notes, handout.plan.name)))
        sheet.text(left + 13, top - 34, plan, size=7, least=5, color=QUIET, room=room - 13)
        made_on = handout.formats.short_day(handout.today)
        made = f"{handout.plan_status} · as of {made_on}, {handout.clock_text}"
        sheet.text(left + 13, top - 42, made, size=7, least=5, color=QUIET, room=room - 13)
        foot = sheet.bottom + _measure_numbers(day)
        y = _stops(sheet, piece, (left, right), top - _HEAD_PT, foot)
        sheet.rule(y - 12, left=left, right=right)
        _numbers(sheet, day, (left, right), y - 14)


def _stops(
    sheet: PageWriter, piece: _Card, span: tuple[float, float], top: float, bottom: float
) -> float:
    left, right = span
    line = min(max((top - bottom) / max(len(piece.stops), 1), _LINE_LEAST), _LINE_MOST)
    size = 8.5 + min(max(line - 24, 0) / 4, 1.5)
    x, y = left + 18, top
    for number, stop in enumerate(piece.stops, start=piece.first + 1):
        y -= line
        site = stop.card.site
        sheet.text(left, y + 6, f"{number}", size=size, bold=True, room=18)
        wide = measure_text_width(stop.time, REGULAR_FONT, size - 1) + 5
        beside = measure_text_width(stop.name, BOLD_FONT, _LEAST_PT) <= right - x - wide
        room = right - x - (wide if beside else 0)
        sheet.text(x, y + 6, stop.name, size=size, least=_LEAST_PT, bold=True, room=room)
        if beside:
            sheet.text(right, y + 6, stop.time, size=size - 1, align="right")
        wide = measure_text_width(site.phone, BOLD_FONT, size - 1)
        below = y + 5 - size
        sheet.text(right, below, site.phone, size=size - 1, bold=True, align="right")
        room = right - x - wide - 6
        said = _describe_place(stop, room, time="" if beside else stop.time)
        sheet.text(x, below, said, size=7.5, least=6, color=QUIET, room=room)
    return y


def _describe_place(stop: CardStop, room: float, *, time: str) -> str:
    """Return when and where a stop is; what does not fit gives way, the street last."""
    site = stop.card.site
    place = ", ".join(filter(None, (site.street, site.city)))
    ways = ((time, stop.window, place), (time, stop.window, site.street), (time, site.street))
    said = [" · ".join(filter(None, way)) for way in ways]
    fits = (one for one in said if measure_text_width(one, REGULAR_FONT, 6) <= room)
    return next(fits, said[-1])


def _numbers(sheet: PageWriter, day: UnitDay, span: tuple[float, float], top: float) -> None:
    left, right = span
    y = top
    for words, stops in group_open_items(day):
        y -= _NUMBER_PT
        wide = right - left - measure_text_width(words, REGULAR_FONT, 8.5) - 8
        sheet.text(left, y, words, size=8.5, room=right - left)
        sheet.text(right, y, f"at {stops}", size=8.5, least=6.5, align="right", room=wide)
    y -= _NUMBER_PT / 2
    for name, phone in day.calls:
        y -= _NUMBER_PT
        wide = right - left - measure_text_width(phone, BOLD_FONT, 8.5) - 8
        sheet.text(left, y, name, size=8.5, least=6, room=wide)
        sheet.text(right, y, phone, size=8.5, bold=True, align="right", room=right - left)
