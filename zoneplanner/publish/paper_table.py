"""Tables on printed pages: rows of text under heads, cut where a page ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from reportlab.lib.colors import Color

from zoneplanner.publish.paper import HEAD_PT, STRIPE, Sheet
from zoneplanner.publish.pdf import (
    INK,
    QUIET,
)

ROW_PT = 14.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its share of the width, and where its cells stand."""

    title: str
    share: float
    align: str = "left"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under heads; ``colours`` paint a cell's words, by row and column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    colours: tuple[tuple[int, int, Color], ...] = ()
    size: float = 8.0
    row_pt: float = ROW_PT

    @property
    def height(self) -> float:
        """Height of heads and rows in points."""
        return HEAD_PT + self.row_pt * len(self.rows)

    def split(self, first: float, rest: float) -> list["Table"]:
        """Cut the rows into tables for a first page with so many points of room and for others."""
        tables: list[Table] = []
        at, room = 0, first
        while at < len(self.rows) or not tables:
            count = max(int((room - HEAD_PT) // self.row_pt), 1)
            colours = tuple(
                (row - at, column, colour)
                for row, column, colour in self.colours
                if at <= row < at + count
            )
            tables.append(
                Table(self.columns, self.rows[at : at + count], colours, self.size, self.row_pt)
            )
            at, room = at + count, rest
        return tables


def draw_table(
    sheet: Sheet,
    table: Table,
    top: float,
    *,
    left: float | None = None,
    right: float | None = None,
) -> float:
    """Draw a table below ``top``; return where it ends."""
    start, end = left or sheet.left, right or sheet.right
    room = end - start
    size = table.size
    painted = {(row, column): colour for row, column, colour in table.colours}
    with sheet.tags.part("Table"):
        with sheet.tags.part("TR"):
            for column, edge, width in _places(table, start, room):
                sheet.text(
                    edge,
                    top - 11,
                    column.title,
                    size=size - 0.5,
                    bold=True,
                    colour=QUIET,
                    align=column.align,
                    room=width,
                    role="TH",
                )
        y = top - HEAD_PT
        sheet.rule(y, left=start, right=end)
        for number, row in enumerate(table.rows):
            if number % 2:
                sheet.box((start, y - table.row_pt, end, y), STRIPE)
            base = y - table.row_pt / 2 - size * 0.36
            with sheet.tags.part("TR"):
                for at, (column, edge, width) in enumerate(_places(table, start, room)):
                    sheet.text(
                        edge,
                        base,
                        row[at],
                        size=size,
                        bold=column.bold,
                        align=column.align,
                        room=width,
                        colour=painted.get((number, at), INK),
                        role="TD",
                    )
            y -= table.row_pt
    return y


def _places(table: Table, start: float, room: float) -> Iterator[tuple[Column, float, float]]:
    """Yield each column with the edge that its cells stand at and the width that they have."""
    at = start + 3
    for column in table.columns:
        width = column.share * (room - 6)
        edge = at + width - 5 if column.align == "right" else at
        yield column, edge, width - 5
        at += width
