"""Visor cards, three to a page to cut out: a unit's stops and numbers at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from reportlab.lib.colors import HexColor

from zoneplanner.messages import Message
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

_CARDS_PER_PAGE = 3
_HEAD_PT, _INSET, _MIN_LINE_PT, _MAX_LINE_PT, _NUMBER_PT, _MIN_NAME_SIZE = (
    48.0,
    18.0,
    19.0,
    32.0,
    12.5,
    6.5,
)


@dataclass(frozen=True, slots=True)
class _Card:
    """A card of a unit's day: some of its stops; ``first`` is how many come before them."""

    day: UnitDay
    stops: tuple[CardStop, ...]
    first: int


def build_visor_cards(handout: Handout) -> Booklet:
    """Return the visor cards of a redacted handout; a long route takes several cards."""
    cards = [card for day in build_unit_days(handout) for card in _split_into_cards(handout, day)]
    pages = [
        BookletPage(
            partial(_draw_page, cards=cards[start : start + _CARDS_PER_PAGE]),
            _name_zones(cards[start : start + _CARDS_PER_PAGE]),
        )
        for start in range(0, len(cards), _CARDS_PER_PAGE)
    ]
    return Booklet(handout, "visor cards", pages, landscape=True)


def _split_into_cards(handout: Handout, day: UnitDay) -> list[_Card]:
    """Divide the stops evenly into as few cards as possible, each with the numbers to call."""
    height = PAGE_SIZES_PT[handout.paper][0] - 2 * PAGE_MARGIN_PT - FOOTER_PT
    stops_per_card = max(int((height - _HEAD_PT - _measure_numbers(day)) // _MIN_LINE_PT), 1)
    count = max(1, -(-len(day.stops) // stops_per_card))
    cuts = [round(number * len(day.stops) / count) for number in range(count + 1)]
    return [_Card(day, day.stops[start:end], start) for start, end in pairwise(cuts)]


def _measure_numbers(day: UnitDay) -> float:
    return 16 + _NUMBER_PT * (len(day.calls) + len(group_open_items(day)) + 1)


def _name_zones(cards: Sequence[_Card]) -> str:
    return ", ".join(dict.fromkeys(card.day.card.zone.id for card in cards))


def _draw_page(sheet: PageWriter, *, cards: Sequence[_Card]) -> None:
    width = sheet.width / _CARDS_PER_PAGE
    for index, card in enumerate(cards):
        _draw_card(sheet, card, index * width + _INSET, (index + 1) * width - _INSET)
    with sheet.tags.ornament():
        canvas = sheet.canvas
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.5)
        canvas.setDash([3, 3])
        for index in range(1, min(len(cards) + 1, _CARDS_PER_PAGE)):
            canvas.line(index * width, sheet.bottom, index * width, sheet.height)
        canvas.setDash([])


def _draw_card(sheet: PageWriter, visor_card: _Card, left: float, right: float) -> None:
    day = visor_card.day
    handout, card, top = sheet.handout, day.card, sheet.height - PAGE_MARGIN_PT
    room = right - left
    with sheet.tags.part("Sect"):
        sheet.box((left, top - 43, left + 7, top), HexColor(zone_color(card.zone.color)))
        ink = HexColor(zone_text_color(card.zone.color))
        edge = left + 21 + min(measure_text_width(card.zone.id, BOLD_FONT, 24), 90)
        with sheet.tags.part("H1"):
            write = partial(sheet.text, bold=True, role="Span")
            write(left + 13, top - 22, card.zone.id, size=24, color=ink, room=90)
            named = f"{card.unit_beside}{', continued' if visor_card.first else ''}"
            write(edge, top - 10, named, size=10.5, least=7.5, room=right - edge)
        date, kind = (
            f"{format_weekday(handout)[:3]} {handout.formats.short_day(handout.card_day)}",
            describe_day_kind(handout),
        )
        no_shift = describe_no_shift(handout, card.zone.unit)
        # the warning at the top of the page is lost once the cards are cut out
        sample_mark = "SAMPLE DATA" if handout.sample_text else ""
        day_text = " · ".join(filter(None, (date, kind.lower(), no_shift)))
        sheet.text(edge, top - 22, day_text, size=9, least=7, room=right - edge)
        not_public = str(Message("not_public")).capitalize()
        notes = str(Message("cards.left_out", parts=["notes"])) if day.has_notes else ""
        plan = " · ".join(filter(None, (sample_mark, not_public, notes, handout.plan.name)))
        sheet.text(left + 13, top - 34, plan, size=7, least=5, color=QUIET, room=room - 13)
        today = handout.formats.short_day(handout.today)
        status_text = f"{handout.plan_status} · as of {today}, {handout.clock_text}"
        sheet.text(left + 13, top - 42, status_text, size=7, least=5, color=QUIET, room=room - 13)
        foot = sheet.bottom + _measure_numbers(day)
        y = _draw_stops(sheet, visor_card, (left, right), top - _HEAD_PT, foot)
        sheet.rule(y - 12, left=left, right=right)
        _draw_numbers(sheet, day, (left, right), y - 14)


def _draw_stops(
    sheet: PageWriter, visor_card: _Card, span: tuple[float, float], top: float, bottom: float
) -> float:
    left, right = span
    line = min(max((top - bottom) / max(len(visor_card.stops), 1), _MIN_LINE_PT), _MAX_LINE_PT)
    size = 8.5 + min(max(line - 24, 0) / 4, 1.5)
    x, y = left + 18, top
    for number, stop in enumerate(visor_card.stops, start=visor_card.first + 1):
        y -= line
        site = stop.card.site
        sheet.text(left, y + 6, f"{number}", size=size, bold=True, room=18)
        time_pt = measure_text_width(stop.time, REGULAR_FONT, size - 1) + 5
        has_time = measure_text_width(stop.name, BOLD_FONT, _MIN_NAME_SIZE) <= right - x - time_pt
        room = right - x - (time_pt if has_time else 0)
        sheet.text(x, y + 6, stop.name, size=size, least=_MIN_NAME_SIZE, bold=True, room=room)
        if has_time:
            sheet.text(right, y + 6, stop.time, size=size - 1, align="right")
        time_pt = measure_text_width(site.phone, BOLD_FONT, size - 1)
        below = y + 5 - size
        sheet.text(right, below, site.phone, size=size - 1, bold=True, align="right")
        room = right - x - time_pt - 6
        place = _describe_place(stop, room, time="" if has_time else stop.time)
        sheet.text(x, below, place, size=7.5, least=6, color=QUIET, room=room)
    return y


def _describe_place(stop: CardStop, room: float, *, time: str) -> str:
    """Return when and where a stop is; what does not fit is left out, the street last."""
    site = stop.card.site
    place = ", ".join(filter(None, (site.street, site.city)))
    variants = ((time, stop.window, place), (time, stop.window, site.street), (time, site.street))
    lines = [" · ".join(filter(None, parts)) for parts in variants]
    fits = (line for line in lines if measure_text_width(line, REGULAR_FONT, 6) <= room)
    return next(fits, lines[-1])


def _draw_numbers(sheet: PageWriter, day: UnitDay, span: tuple[float, float], top: float) -> None:
    left, right = span
    y = top
    for words, stops in group_open_items(day):
        y -= _NUMBER_PT
        width = right - left - measure_text_width(words, REGULAR_FONT, 8.5) - 8
        sheet.text(left, y, words, size=8.5, room=right - left)
        sheet.text(right, y, f"at {stops}", size=8.5, least=6.5, align="right", room=width)
    y -= _NUMBER_PT / 2
    for name, phone in day.calls:
        y -= _NUMBER_PT
        width = right - left - measure_text_width(phone, BOLD_FONT, 8.5) - 8
        sheet.text(left, y, name, size=8.5, least=6, room=width)
        sheet.text(right, y, phone, size=8.5, bold=True, align="right", room=right - left)
