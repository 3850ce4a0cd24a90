"""The table of a zone's sites on its printed page."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoneplanner.publish.cards import ZoneCard
from zoneplanner.publish.content import Handout
from zoneplanner.publish.marks import draw_mark
from zoneplanner.publish.paper import HEAD_PT, STRIPE, Sheet
from zoneplanner.publish.pdf import BOLD, QUIET, REGULAR, shown, width_of

ROW_PT, NOTE_PT = 15.0, 9.0
SIZE, SIZE_LEAST = 8.0, 6.2
"""Size of cells, and to what it shrinks before a long one is cut."""
WIDTHS = {"School": 29.0, "Level": 12.0, "Address": 31.0, "Phone": 14.5}
MORE_WIDTHS = {"Bells": 10.5, "Last visit": 16.0}


@dataclass(frozen=True, slots=True)
class Entry:
    """One site's row: its number, mark, cells by column, and a note below them."""

    number: int
    shape: str
    columns: tuple[tuple[str, float], ...]
    cells: tuple[str, ...]
    note: str

    @property
    def height(self) -> float:
        """Height in points."""
        return ROW_PT + (NOTE_PT if self.note else 0.0)


def entries_of(handout: Handout, card: ZoneCard) -> list[Entry]:
    """Return the rows of a zone's sites, numbered as on the map."""
    widths = dict(WIDTHS)
    if handout.bells:
        widths["Bells"] = MORE_WIDTHS["Bells"]
    if handout.audience != "public":
        widths["Last visit"] = MORE_WIDTHS["Last visit"]
    whole = sum(widths.values())
    starts = [sum(list(widths.values())[:at]) / whole for at in range(len(widths))]
    columns = tuple(zip(widths, starts, strict=True))
    entries = []
    for number, one in enumerate(card.sites, start=1):
        more, site = dict(one.more), one.site
        known = {
            "School": site.name,
            "Level": one.level,
            "Address": site.address,
            "Phone": site.phone,
            "Bells": one.bells,
            "Last visit": more.get("Last visit", ""),
        }
        cells = tuple(known[title] for title, _ in columns)
        entries.append(Entry(number, one.shape, columns, cells, more.get("Note", "")))
    return entries


def heights(entries: Sequence[Entry]) -> float:
    """Return the height of some rows together, in points."""
    return sum(entry.height for entry in entries)


def draw_entries(sheet: Sheet, entries: Sequence[Entry], top: float, colour: str) -> None:
    """Draw the head and the rows from ``top`` downward."""
    if not entries:
        sheet.text(sheet.left, top - 14, "This zone has no school yet.", colour=QUIET)
        return
    start = sheet.left + 24
    room = sheet.right - start
    with sheet.tags.part("Table"):
        with sheet.tags.part("TR"):
            for title, share in entries[0].columns:
                edge = start + share * room
                sheet.text(
                    edge, top - 11, title, size=SIZE - 0.5, bold=True, colour=QUIET, role="TH"
                )
        y = top - HEAD_PT
        sheet.rule(y)
        for entry in entries:
            with sheet.tags.part("TR"):
                _row(sheet, entry, y, colour)
            y -= entry.height


def _row(sheet: Sheet, entry: Entry, top: float, colour: str) -> None:
    start = sheet.left + 24
    room = sheet.right - start
    if entry.number % 2 == 0:
        sheet.box((sheet.left, top - entry.height, sheet.right, top), STRIPE)
    with sheet.tags.ornament():
        place = (sheet.left + 11, top - ROW_PT / 2)
        draw_mark(sheet.canvas, place, entry.shape, colour, text=str(entry.number), radius=5)
    base = top - ROW_PT / 2 - SIZE * 0.36
    ends = [*(share for _, share in entry.columns[1:]), 1.0]
    for at, (cell, (_, share), end) in enumerate(
        zip(entry.cells, entry.columns, ends, strict=True)
    ):
        font = BOLD if at == 0 else REGULAR
        wide = (end - share) * room - 5
        full = max(width_of(shown(cell), font, SIZE), 1.0)
        size = min(SIZE, max(SIZE_LEAST, 0.995 * SIZE * wide / full))
        sheet.text(start + share * room, base, cell, size=size, bold=at == 0, room=wide, role="TD")
    if entry.note:
        sheet.text(
            start, base - NOTE_PT, entry.note, size=SIZE - 1.5, colour=QUIET, room=room, role="TD"
        )
