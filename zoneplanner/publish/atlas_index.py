"""The atlas' index: schools, streets, units and agencies, and the pages where they are."""

from functools import partial
from itertools import groupby

from zoneplanner.publish.cards import summarize_sites
from zoneplanner.publish.content import Handout
from zoneplanner.publish.geometry import collect_basemap, find_zone_bounds
from zoneplanner.publish.paper import BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.pdf import QUIET, REGULAR_FONT, measure_text_width
from zoneplanner.publish.stops import format_ranges

_COLUMNS, _GAP, _LINE_PT = 3, 16.0, 11.0
_STREET_LEAST_M = 150.0

_Line = tuple[str, str]
"""What is named, and its pages; a letter that begins a group has no pages."""


def _build_index_pages(
    handout: Handout, at: dict[str, int], listed: dict[str, int]
) -> list[BookletPage]:
    """Return the index; ``at`` is the page of each zone, ``listed`` where a site is listed."""
    a_column = int(measure_body_area(handout)[1] // _LINE_PT)
    lines = _lines(_entries(handout, at, listed), a_column)
    a_page = a_column * _COLUMNS
    pages = [lines[start : start + a_page] for start in range(0, len(lines), a_page)]
    return [
        BookletPage(partial(_page, lines=part, a_column=a_column, number=n), "" if n else "Index")
        for n, part in enumerate(pages)
    ]


def _entries(handout: Handout, at: dict[str, int], listed: dict[str, int]) -> list[_Line]:
    pages: dict[str, set[int]] = {}
    for card in summarize_sites(handout):
        zone = card.zone.id if card.zone else ""
        pages.setdefault(card.site.name, set()).add(at.get(zone, listed[card.site.id]))
    for held in handout.plan.zones:
        unit = handout.project.units.get(held.unit)
        if unit is not None and held.id in at:
            pages.setdefault(f"{unit.name} ({unit.id})", set()).add(at[held.id])
            pages.setdefault(unit.agency, set()).add(at[held.id])
    for street in collect_basemap(handout, find_zone_bounds(handout)).streets:
        crossed = {
            at[key]
            for key, area in handout.outlines.items()
            if key in at and street.line.intersection(area).length > _STREET_LEAST_M
        }
        if street.name and crossed:
            pages.setdefault(street.name, set()).update(crossed)
    ordered = sorted(pages.items(), key=lambda item: item[0].casefold())
    return [(name, format_ranges(sorted(found))) for name, found in ordered]


def _lines(entries: list[_Line], a_column: int) -> list[_Line]:
    """Put the letter that begins it above each group, never last in a column."""
    lines: list[_Line] = []
    for letter, group in groupby(entries, lambda entry: entry[0][:1].upper()):
        if len(lines) % a_column == a_column - 1:
            lines.append(("", ""))
        lines += [(letter, ""), *group]
    return lines


def _page(sheet: PageWriter, *, lines: list[_Line], a_column: int, number: int) -> None:
    top = sheet.heading(f"Index{', continued' if number else ''}")
    wide = (sheet.room - (_COLUMNS - 1) * _GAP) / _COLUMNS
    for place, (name, pages) in enumerate(lines):
        column, row = divmod(place, a_column)
        left = sheet.left + column * (wide + _GAP)
        y = top - (row + 1) * _LINE_PT + 2
        if not pages:
            sheet.text(left, y, name, size=9, bold=True, colour=QUIET, room=wide)
            continue
        room = wide - measure_text_width(pages, REGULAR_FONT, 7.5) - 8
        sheet.text(left, y, name, size=7.5, least=6, room=room)
        sheet.text(left + wide, y, pages, size=7.5, align="right", room=wide)
