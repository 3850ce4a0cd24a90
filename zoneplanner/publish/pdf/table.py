"""Tables on printed pages: headings, rows of one or more lines, and page breaks."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

from reportlab.lib.colors import Color

from zoneplanner.messages import Message
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
_LINE_SPACING = 1.25
_MIN_HEADING_SIZE_PT = 5.5
MIN_CELL_SIZE_PT = 6.2
"""The smallest size of a cell's text before the text is cut."""


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """A column of a table: its heading, its share of the width, and how its cells are aligned.

    The text of a cell that is too wide shrinks before it is broken into lines; in a column that
    ``wraps`` it does not shrink.
    """

    title: str
    share: float
    align: str = "left"
    bold: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Rows of text under headings; ``colors`` are text colors of cells, by row and column."""

    columns: tuple[PrintedColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    colors: tuple[tuple[int, int, Color], ...] = ()
    size: float = 8.0
    row_pt: float = _ROW_PT

    @property
    def head_pt(self) -> float:
        """Height of the headings, by the one with the most lines."""
        line_breaks = max(column.title.count("\n") for column in self.columns)
        return HEAD_PT + line_breaks * self.size * _LINE_SPACING

    @property
    def height(self) -> float:
        """Height of headings and rows in points."""
        return self.head_pt + sum(map(self.measure_row, self.rows))

    def measure_row(self, row: tuple[str, ...]) -> float:
        """Return the height of a row, by its cell with the most lines."""
        line_breaks = max(cell.count("\n") for cell in row)
        return self.row_pt + line_breaks * self.size * _LINE_SPACING

    def split(self, first: float, rest: float) -> list["PrintedTable"]:
        """Cut the rows into tables for a first page with so many points of room and for others.

        The last row is not left alone on a page if the page before has more than two rows.
        """
        starts, remaining = [0], first - self.head_pt
        for number, row in enumerate(self.rows):
            if self.measure_row(row) > remaining and number > starts[-1]:
                starts.append(number)
                remaining = rest - self.head_pt
            remaining -= self.measure_row(row)
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
    """Break headings and cells that are too wide for their column into lines."""
    register_fonts()
    cells = list(_place_columns(table, 0.0, room))

    def fold(cell: str, place: tuple[PrintedColumn, float, float]) -> str:
        column, _, width = place
        font = BOLD_FONT if column.bold else REGULAR_FONT
        least = table.size if column.wraps else min(table.size, MIN_CELL_SIZE_PT)
        return "\n".join(fold_text(cell, font, table.size, width, least))

    rows = tuple(tuple(map(fold, row, cells)) for row in table.rows)
    return replace(table, rows=rows, columns=_fold_headings(table, cells))


def _fold_headings(
    table: PrintedTable, places: Sequence[tuple[PrintedColumn, float, float]]
) -> tuple[PrintedColumn, ...]:
    """Break headings into lines; once one is broken, none is shrunk to fit on one line."""

    def fold(least: float) -> list[str]:
        size = table.size - 0.5
        return [
            "\n".join(fold_text(column.title, BOLD_FONT, size, width, min(size, least)))
            for column, _, width in places
        ]

    titles = fold(_MIN_HEADING_SIZE_PT)
    if any("\n" in title for title in titles):
        titles = fold(table.size)
    return tuple(
        replace(column, title=title) for (column, *_), title in zip(places, titles, strict=True)
    )


def paginate_table(
    handout: Handout,
    table: PrintedTable,
    title: str,
    subtitle: Message | str = "",
    *,
    bookmark: str,
) -> list[BookletPage]:
    """Return the pages that a table fills, each with the same heading."""
    width, height = measure_body_area(handout)
    parts = wrap_cells(table, width).split(height, height)
    return [
        BookletPage(
            partial(
                _draw_page,
                table=part,
                title=f"{title}, continued" if n else title,
                subtitle=subtitle,
                repeated=n > 0,
            ),
            "" if n else bookmark,
        )
        for n, part in enumerate(parts)
    ]


def _draw_page(
    sheet: PageWriter, *, table: PrintedTable, title: str, subtitle: Message | str, repeated: bool
) -> None:
    draw_table(sheet, table, sheet.heading(title, subtitle, repeated=repeated))


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
    color_by_cell = {(row, column): color for row, column, color in table.colors}
    with sheet.tags.part("Table"):
        with sheet.tags.part("TR"):
            for column, edge, width in _place_columns(table, start, room):
                lines = column.title.split("\n")
                with sheet.tags.part("TH") if len(lines) > 1 else nullcontext():
                    for number, line in enumerate(lines):
                        sheet.text(
                            edge,
                            top - 11 - number * size * _LINE_SPACING,
                            line,
                            size=size - 0.5,
                            least=_MIN_HEADING_SIZE_PT,
                            bold=True,
                            color=QUIET,
                            align=column.align,
                            room=width,
                            role="Span" if len(lines) > 1 else "TH",
                        )
        y = top - table.head_pt
        sheet.rule(y, left=start, right=end)
        for number, row in enumerate(table.rows):
            height = table.measure_row(row)
            if number % 2:
                sheet.box((start, y - height, end, y), STRIPE)
            base = y - table.row_pt / 2 - size * 0.36
            with sheet.tags.part("TR"):
                for index, place in enumerate(_place_columns(table, start, room)):
                    color = color_by_cell.get((number, index), INK)
                    is_row_heading = index == 0 and place[0].bold and bool(row[index])
                    role = ROW_HEADER if is_row_heading else "TD"
                    _draw_cell(sheet, row[index], place, base, size=size, color=color, role=role)
            y -= height
    return y


def _draw_cell(
    sheet: PageWriter,
    cell: str,
    place: tuple[PrintedColumn, float, float],
    base: float,
    *,
    size: float,
    color: Color,
    role: str = "TD",
) -> None:
    """Write a cell; its lines are tagged as one element."""
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
            base -= size * _LINE_SPACING


def _place_columns(
    table: PrintedTable, start: float, room: float
) -> Iterator[tuple[PrintedColumn, float, float]]:
    """Yield each column with the edge at which its cells are aligned and their width."""
    x = start + 3
    for column in table.columns:
        width = column.share * (room - 6)
        gap = 9 if column.align == "right" else 5
        yield column, x + width - gap if column.align == "right" else x, width - gap
        x += width
