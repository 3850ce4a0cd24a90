"""Tables on printed pages: heads, rows of one or more lines, and how they go on over pages."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

from reportlab.lib.colors import Color

from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    QUIET,
    REGULAR_FONT,
    STRIPE,
    fold_text,
    register_fonts,
)
from zoneplanner.publish.pdf.page import BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.pdf.tags import ROW_HEADER

HEAD_PT, _ROW_PT = 16.0, 14.0
_LEADING = 1.25
_MIN_HEAD_SIZE_PT = 5.5
MIN_CELL_SIZE_PT = 6.2
"""To what a cell shrinks before it is cut."""


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """A column of a table: its head, its share of the width, and where its cells stand.

    A cell that is too wide shrinks before it takes more lines; one of a column that ``wraps``
    does not shrink.
    """

    title: str
    share: float
    align: str = "left"
    bold: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Rows of text under heads; ``colors`` paint a cell's words, by row and column."""

    columns: tuple[PrintedColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    colors: tuple[tuple[int, int, Color], ...] = ()
    size: float = 8.0
    row_pt: float = _ROW_PT

    @property
    def head_pt(self) -> float:
        """Height of the heads, by the most lines of one."""
        most = max(column.title.count("\n") for column in self.columns)
        return HEAD_PT + most * self.size * _LEADING

    @property
    def height(self) -> float:
        """Height of heads and rows in points."""
        return self.head_pt + sum(map(self.measure_row, self.rows))

    def measure_row(self, row: tuple[str, ...]) -> float:
        """Height of one row, by the most lines of its cells."""
        most = max(cell.count("\n") for cell in row)
        return self.row_pt + most * self.size * _LEADING

    def split(self, first: float, rest: float) -> list["PrintedTable"]:
        """Cut the rows into tables for a first page with so many points of room and for others.

        The last row does not go on alone, where the page before has more than two.
        """
        starts, left = [0], first - self.head_pt
        for number, row in enumerate(self.rows):
            if self.measure_row(row) > left and number > starts[-1]:
                starts.append(number)
                left = rest - self.head_pt
            left -= self.measure_row(row)
        if len(starts) > 1 and starts[-1] == len(self.rows) - 1 and starts[-1] - starts[-2] > 2:
            starts[-1] -= 1
        ends = [*starts[1:], len(self.rows)]
        return [self._between(start, end) for start, end in zip(starts, ends, strict=True)]

    def _between(self, start: int, end: int) -> "PrintedTable":
        colors = tuple(
            (row - start, column, color) for row, column, color in self.colors if start <= row < end
        )
        return replace(self, rows=self.rows[start:end], colors=colors)


def wrap_cells(table: PrintedTable, room: float) -> PrintedTable:
    """Break the heads and cells that are too wide for their column into lines."""
    register_fonts()
    places = list(_places(table, 0.0, room))

    def broken(cell: str, place: tuple[PrintedColumn, float, float]) -> str:
        column, _, width = place
        font = BOLD_FONT if column.bold else REGULAR_FONT
        least = table.size if column.wraps else min(table.size, MIN_CELL_SIZE_PT)
        return "\n".join(fold_text(cell, font, table.size, width, least))

    rows = tuple(tuple(map(broken, row, places)) for row in table.rows)
    return replace(table, rows=rows, columns=_fold_heads(table, places))


def _fold_heads(
    table: PrintedTable, places: Sequence[tuple[PrintedColumn, float, float]]
) -> tuple[PrintedColumn, ...]:
    """Break heads into lines; where one has several, none is smaller to stand on one."""

    def fold(least: float) -> list[str]:
        size = table.size - 0.5
        return [
            "\n".join(fold_text(column.title, BOLD_FONT, size, width, min(size, least)))
            for column, _, width in places
        ]

    titles = fold(_MIN_HEAD_SIZE_PT)
    if any("\n" in title for title in titles):
        titles = fold(table.size)
    return tuple(
        replace(column, title=title) for (column, *_), title in zip(places, titles, strict=True)
    )


def paginate_table(
    handout: Handout, table: PrintedTable, title: str, subtitle: str = "", *, bookmark: str
) -> list[BookletPage]:
    """Return the pages that a table fills, each under the same heading."""
    width, height = measure_body_area(handout)
    parts = wrap_cells(table, width).split(height, height)
    return [
        BookletPage(
            partial(
                _page,
                table=part,
                title=f"{title}, continued" if n else title,
                said=subtitle,
                repeated=n > 0,
            ),
            "" if n else bookmark,
        )
        for n, part in enumerate(parts)
    ]


def _page(sheet: PageWriter, *, table: PrintedTable, title: str, said: str, repeated: bool) -> None:
    draw_table(sheet, table, sheet.heading(title, said, repeated=repeated))


def draw_table(
    sheet: PageWriter,
    table: PrintedTable,
    top: float,
    *,
    left: float | None = None,
    right: float | None = None,
) -> float:
    """Draw a table below ``top``; return where it ends."""
    start, end = left or sheet.left, right or sheet.right
    room, size = end - start, table.size
    painted = {(row, column): color for row, column, color in table.colors}
    with sheet.tags.part("Table"):
        with sheet.tags.part("TR"):
            for column, edge, width in _places(table, start, room):
                lines = column.title.split("\n")
                with sheet.tags.part("TH") if len(lines) > 1 else nullcontext():
                    for number, line in enumerate(lines):
                        sheet.text(
                            edge,
                            top - 11 - number * size * _LEADING,
                            line,
                            size=size - 0.5,
                            least=_MIN_HEAD_SIZE_PT,
                            bold=True,
                            color=QUIET,
                            align=column.align,
                            room=width,
                            role="Span" if len(lines) > 1 else "TH",
                        )
        y = top - table.head_pt
        sheet.rule(y, left=start, right=end)
        for number, row in enumerate(table.rows):
            high = table.measure_row(row)
            if number % 2:
                sheet.box((start, y - high, end, y), STRIPE)
            base = y - table.row_pt / 2 - size * 0.36
            with sheet.tags.part("TR"):
                for at, place in enumerate(_places(table, start, room)):
                    color = painted.get((number, at), INK)
                    names_row = at == 0 and place[0].bold and bool(row[at])
                    role = ROW_HEADER if names_row else "TD"
                    _cell(sheet, row[at], place, base, size=size, color=color, role=role)
            y -= high
    return y


def _cell(
    sheet: PageWriter,
    cell: str,
    place: tuple[PrintedColumn, float, float],
    base: float,
    *,
    size: float,
    color: Color,
    role: str = "TD",
) -> None:
    """Write a cell; its lines are one element."""
    column, edge, width = place
    lines = cell.split("\n")
    with sheet.tags.part(role) if len(lines) > 1 else nullcontext():
        for line in lines:
            sheet.text(
                edge,
                base,
                line,
                size=size,
                least=min(size, MIN_CELL_SIZE_PT),
                bold=column.bold,
                align=column.align,
                room=width,
                color=color,
                role="Span" if len(lines) > 1 else role,
            )
            base -= size * _LEADING


def _places(
    table: PrintedTable, start: float, room: float
) -> Iterator[tuple[PrintedColumn, float, float]]:
    """Yield each column with the edge that its cells stand at and the width that they have."""
    at = start + 3
    for column in table.columns:
        width = column.share * (room - 6)
        gap = 9 if column.align == "right" else 5
        yield column, at + width - gap if column.align == "right" else at, width - gap
        at += width
