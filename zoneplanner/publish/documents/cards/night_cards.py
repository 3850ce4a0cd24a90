"""Night cards: a unit's stops and numbers in type that a dashboard light is enough for."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.messages import format_count
from zoneplanner.publish.documents.cards.day_cards import describe_day_kind, format_weekday
from zoneplanner.publish.documents.cards.unit_days import CardStop, UnitDay, build_unit_days
from zoneplanner.publish.documents.week_roster import describe_on_duty
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import BOLD_FONT, INK, measure_text_width
from zoneplanner.publish.pdf.page import (
    FOOTER_PT,
    PAGE_MARGIN_PT,
    PAGE_SIZES_PT,
    Booklet,
    BookletPage,
    PageWriter,
)
from zoneplanner.tokens import zone_color

_LARGE, _SMALL = 14.0, 12.0
_STOP_PT, _STOP_LEAST_PT, _CALL_PT, _HEAD_PT = 37.0, 35.0, 18.0, 62.0


def build_night_cards(handout: Handout) -> Booklet:
    """Return the night cards of a released handout; a long way round goes on on a second page."""
    pages = []
    for day in build_unit_days(handout):
        for part, (first, stops) in enumerate(_split(handout, day)):
            draw = partial(_page, day=day, stops=stops, first=first)
            name = "" if part else f"{day.card.zone.id}, {day.card.unit_beside}"
            pages.append(BookletPage(draw, name))
    return Booklet(handout, "night cards", pages)


def _split(handout: Handout, day: UnitDay) -> list[tuple[int, Sequence[CardStop]]]:
    """Divide the stops into pages; each has the numbers to call too."""
    room = PAGE_SIZES_PT[handout.paper][1] - 2 * PAGE_MARGIN_PT - FOOTER_PT - _HEAD_PT
    room -= _CALL_PT * (len(day.calls) + 1) + 8
    if len(day.stops) * _STOP_LEAST_PT <= room + _CALL_PT:  # all on one sheet: none is announced
        return [(0, day.stops)]
    most = max(int(room // _STOP_PT), 1)
    starts = range(0, max(len(day.stops), 1), most)
    return [(start, day.stops[start : start + most]) for start in starts]


def _page(sheet: PageWriter, *, day: UnitDay, stops: Sequence[CardStop], first: int) -> None:
    card, top = day.card, sheet.top
    sheet.box((sheet.left, top - 46, sheet.left + 12, top), HexColor(zone_color(card.zone.color)))
    left = sheet.left + 22
    suffix = ", continued" if first else ""
    title = f"{card.zone.id}  {card.unit_beside}{suffix}"
    sheet.text(left, top - 20, title, size=20, bold=True, role="H1",
               room=sheet.right - left, least=_LARGE)  # fmt: skip
    kind = describe_day_kind(sheet.handout)
    served = describe_on_duty(sheet.handout, card.zone.unit)
    written = sheet.handout.formats.long_date(sheet.handout.card_day)
    date = f"{format_weekday(sheet.handout)}, {written}"
    said = " · ".join(filter(None, (date, kind, served)))
    sheet.text(left, top - 40, said, size=_LARGE, least=_SMALL, room=sheet.right - left)
    count = {0: "No stop", 1: "1 stop"}.get(len(day.stops), f"{len(day.stops)} stops")
    left_out = [
        words
        for words, is_so in (
            ("notes", day.has_notes),
            ("open items", any(stop.open for stop in day.stops)),
        )
        if is_so
    ]
    more = f"{' and '.join(left_out)}: see the day card" if left_out else ""
    said = " · ".join(filter(None, (count, "not for posting in public", more)))
    sheet.text(left, top - 55, said, size=_SMALL, room=sheet.right - left)
    y = top - _HEAD_PT
    left_over = len(day.stops) - first - len(stops)
    calls = _CALL_PT * len(day.calls) + 8
    step = (
        _STOP_PT
        if left_over or not stops
        else min(_STOP_PT, (y - calls - sheet.bottom) / len(stops))
    )
    for number, stop in enumerate(stops, start=first + 1):
        _stop(sheet, number, stop, y)
        y -= step
    if left_over:
        said = f"{format_count(left_over, 'more stop')} on the next sheet"
        sheet.rule(y)
        sheet.text(sheet.left + 30, y - _CALL_PT + 4, said, size=_LARGE, bold=True)
        y -= _CALL_PT
    y -= 8
    for name, phone in day.calls:
        y -= _CALL_PT
        room = sheet.room - measure_text_width(phone, BOLD_FONT, _LARGE) - 12
        sheet.text(sheet.left, y, name, size=_SMALL, room=room)
        sheet.text(sheet.right, y, phone, size=_LARGE, bold=True, align="right")


def _stop(sheet: PageWriter, number: int, stop: CardStop, top: float) -> None:
    sheet.rule(top)
    left, site = sheet.left + 30, stop.card.site
    sheet.text(sheet.left, top - 17, str(number), size=_LARGE, bold=True, room=28)
    wide = measure_text_width(stop.time, BOLD_FONT, _LARGE)
    room = sheet.right - left - wide - 10
    sheet.text(left, top - 17, stop.name, size=_LARGE, least=_SMALL, bold=True, room=room)
    sheet.text(sheet.right, top - 17, stop.time, size=_LARGE, bold=True, align="right")
    phone = measure_text_width(site.phone, BOLD_FONT, _SMALL)
    below = " · ".join(filter(None, (stop.window, site.street, site.city)))
    room = sheet.right - left - phone - 10
    sheet.text(left, top - 32, below, size=_SMALL, color=INK, room=room)
    sheet.text(sheet.right, top - 32, site.phone, size=_SMALL, bold=True, align="right")
