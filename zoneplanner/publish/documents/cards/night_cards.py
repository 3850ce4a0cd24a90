"""Night cards: a unit's stops and numbers in type that is legible by dashboard light."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.messages import Message, format_count
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
_STOP_PT, _MIN_STOP_PT, _CALL_PT, _HEAD_PT = 37.0, 35.0, 18.0, 62.0


def build_night_cards(handout: Handout) -> Booklet:
    """Return the night cards of a redacted handout; a long route takes several sheets."""
    pages = []
    for day in build_unit_days(handout):
        for part, (first, stops) in enumerate(_split_stops(handout, day)):
            draw = partial(_draw_page, day=day, stops=stops, first=first)
            name = "" if part else f"{day.card.zone.id}, {day.card.unit_beside}"
            pages.append(BookletPage(draw, name))
    return Booklet(handout, "night cards", pages)


def _split_stops(handout: Handout, day: UnitDay) -> list[tuple[int, Sequence[CardStop]]]:
    """Divide the stops into pages; each also has the numbers to call."""
    room = PAGE_SIZES_PT[handout.paper][1] - 2 * PAGE_MARGIN_PT - FOOTER_PT - _HEAD_PT
    room -= _CALL_PT * (len(day.calls) + 1) + 8
    if len(day.stops) * _MIN_STOP_PT <= room + _CALL_PT:  # no line about a next sheet
        return [(0, day.stops)]
    stops_per_page = max(int(room // _STOP_PT), 1)
    starts = range(0, max(len(day.stops), 1), stops_per_page)
    return [(start, day.stops[start : start + stops_per_page]) for start in starts]


def _draw_page(sheet: PageWriter, *, day: UnitDay, stops: Sequence[CardStop], first: int) -> None:
    card, top = day.card, sheet.top
    sheet.box((sheet.left, top - 46, sheet.left + 12, top), HexColor(zone_color(card.zone.color)))
    left = sheet.left + 22
    suffix = ", continued" if first else ""
    title = f"{card.zone.id}  {card.unit_beside}{suffix}"
    sheet.text(left, top - 20, title, size=20, bold=True, role="H1",
               room=sheet.right - left, least=_LARGE)  # fmt: skip
    kind = describe_day_kind(sheet.handout)
    on_duty = describe_on_duty(sheet.handout, card.zone.unit)
    long_date = sheet.handout.formats.long_date(sheet.handout.card_day)
    date = f"{format_weekday(sheet.handout)}, {long_date}"
    line = " · ".join(filter(None, (date, kind, on_duty)))
    sheet.text(left, top - 40, line, size=_LARGE, least=_SMALL, room=sheet.right - left)
    count = format_count(len(day.stops), "stop") if day.stops else "No stop"
    left_out = ["notes"] if day.has_notes else []
    if any(stop.open for stop in day.stops):
        left_out.append("open items")
    more = str(Message("cards.left_out", parts=left_out)) if left_out else ""
    line = " · ".join(filter(None, (count, str(Message("not_public")), more)))
    sheet.text(left, top - 55, line, size=_SMALL, room=sheet.right - left)
    y = top - _HEAD_PT
    remaining = len(day.stops) - first - len(stops)
    calls = _CALL_PT * len(day.calls) + 8
    step = (
        _STOP_PT
        if remaining or not stops
        else min(_STOP_PT, (y - calls - sheet.bottom) / len(stops))
    )
    for number, stop in enumerate(stops, start=first + 1):
        _draw_stop(sheet, number, stop, y)
        y -= step
    if remaining:
        sheet.rule(y)
        rest = Message("cards.more_stops", n=remaining)
        sheet.text(sheet.left + 30, y - _CALL_PT + 4, rest, size=_LARGE, bold=True)
        y -= _CALL_PT
    y -= 8
    for name, phone in day.calls:
        y -= _CALL_PT
        room = sheet.room - measure_text_width(phone, BOLD_FONT, _LARGE) - 12
        sheet.text(sheet.left, y, name, size=_SMALL, room=room)
        sheet.text(sheet.right, y, phone, size=_LARGE, bold=True, align="right")


def _draw_stop(sheet: PageWriter, number: int, stop: CardStop, top: float) -> None:
    sheet.rule(top)
    left, site = sheet.left + 30, stop.card.site
    sheet.text(sheet.left, top - 17, str(number), size=_LARGE, bold=True, room=28)
    time_pt = measure_text_width(stop.time, BOLD_FONT, _LARGE)
    room = sheet.right - left - time_pt - 10
    sheet.text(left, top - 17, stop.name, size=_LARGE, least=_SMALL, bold=True, room=room)
    sheet.text(sheet.right, top - 17, stop.time, size=_LARGE, bold=True, align="right")
    phone_pt = measure_text_width(site.phone, BOLD_FONT, _SMALL)
    details = " · ".join(filter(None, (stop.window, site.street, site.city)))
    room = sheet.right - left - phone_pt - 10
    sheet.text(left, top - 32, details, size=_SMALL, color=INK, room=room)
    sheet.text(sheet.right, top - 32, site.phone, size=_SMALL, bold=True, align="right")
