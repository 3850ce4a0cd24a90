"""The table of a zone's sites on its printed page."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.publish.cards import ZoneCard
from zoneplanner.publish.content import Handout
from zoneplanner.publish.marks import draw_mark
from zoneplanner.publish.pdf import BOLD, INK, QUIET, REGULAR, fitted, width_of

ROW_PT, NOTE_PT, HEAD_PT = 15.0, 9.0, 16.0
SIZE, SIZE_LEAST = 8.0, 6.2
"""Size of cells, and to what it shrinks before a long one is cut."""
COLUMNS = (("School", 0.0), ("Level", 0.34), ("Address", 0.48), ("Phone", 0.86))
WITH_VISITS = (
    *(("School", 0.0), ("Level", 0.29), ("Address", 0.42), ("Phone", 0.72)),
    ("Last visit", 0.85),
)
STRIPE = HexColor("#F3F4F5")


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
    visits = handout.audience != "public"
    entries = []
    for number, one in enumerate(card.sites, start=1):
        more = dict(one.more)
        site = one.site
        cells = [site.name, one.level, site.address, site.phone]
        if visits:
            cells.append(more.get("Last visit", ""))
        columns = WITH_VISITS if visits else COLUMNS
        entries.append(Entry(number, one.shape, columns, tuple(cells), more.get("Note", "")))
    return entries


def heights(entries: Sequence[Entry]) -> float:
    """Return the height of some rows together, in points."""
    return sum(entry.height for entry in entries)


def draw_table(
    canvas: Canvas,
    entries: Sequence[Entry],
    span: tuple[float, float],
    top: float,
    colour: str,
) -> None:
    """Draw the head and the rows between two edges, from ``top`` downward."""
    left, right = span
    start = left + 24
    room = right - start
    columns = entries[0].columns if entries else COLUMNS
    canvas.setFillColor(QUIET)
    canvas.setFont(BOLD, SIZE - 0.5)
    for title, share in columns:
        canvas.drawString(start + share * room, top - 11, title)
    y = top - HEAD_PT
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.5)
    canvas.line(left, y, right, y)
    for entry in entries:
        _row(canvas, entry, (left, right), y, colour)
        y -= entry.height


def _row(canvas: Canvas, entry: Entry, span: tuple[float, float], top: float, colour: str) -> None:
    left, right = span
    start, room = left + 24, right - left - 24
    if entry.number % 2 == 0:
        canvas.setFillColor(STRIPE)
        canvas.rect(left, top - entry.height, right - left, entry.height, stroke=0, fill=1)
    draw_mark(
        canvas, (left + 11, top - ROW_PT / 2), entry.shape, colour, text=str(entry.number), radius=5
    )
    base = top - ROW_PT / 2 - SIZE * 0.36
    ends = [*(share for _, share in entry.columns[1:]), 1.0]
    for at, (cell, (_, share), end) in enumerate(
        zip(entry.cells, entry.columns, ends, strict=True)
    ):
        font = BOLD if at == 0 else REGULAR
        wide = (end - share) * room - 5
        size = min(
            SIZE, max(SIZE_LEAST, 0.995 * SIZE * wide / max(width_of(cell, font, SIZE), 1.0))
        )
        canvas.setFillColor(INK)
        canvas.setFont(font, size)
        canvas.drawString(start + share * room, base, fitted(cell, font, size, wide))
    if entry.note:
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR, SIZE - 1.5)
        canvas.drawString(start, base - NOTE_PT, fitted(entry.note, REGULAR, SIZE - 1.5, room))
