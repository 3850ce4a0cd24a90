"""Content that flows over as many pages as it needs: headings, paragraphs and tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reportlab.lib.colors import Color

from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    LATE,
    QUIET,
    REGULAR_FONT,
    register_fonts,
    wrap_text,
)
from zoneplanner.publish.pdf.page import BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.pdf.table import PrintedTable, draw_table, wrap_cells
from zoneplanner.publish.summaries import describe_plan_problems

_LINE_SPACING = 1.4
_GAP_BELOW_PT, _MIN_ROWS, _SMALL_ROWS = 4.0, 3, 6
"""A table of up to ``_SMALL_ROWS`` rows is not cut."""


@dataclass(frozen=True, slots=True)
class FlowItem:
    """An item of a page; with ``keep`` it stays on the page of the next item.

    An item that may be cut has ``cut``, which takes the room left on the page and the room of a
    whole page and returns the parts; at least ``least`` points of it are placed where it begins.
    ``section`` is the title of the section that begins with it.
    """

    height: float
    draw: Callable[[PageWriter, float], None]
    keep: bool = False
    cut: Callable[[float, float], Sequence["FlowItem"]] | None = None
    least: float = 0.0
    section: str = ""


def make_heading(words: str, *, size: float = 11.5) -> FlowItem:
    """Return a heading."""
    draw = partial(_draw_heading, words=words, size=size)
    return FlowItem(size + 16, draw, keep=True, section=words)


def make_table_items(handout: Handout, table: PrintedTable) -> Iterator[FlowItem]:
    """Yield a table that continues on the next page with its headings if necessary."""
    yield _make_table(wrap_cells(table, measure_body_area(handout)[0]))
    yield make_gap(4)


def make_section_items(
    handout: Handout, title: str, text: Message | str, table: PrintedTable
) -> Iterator[FlowItem]:
    """Yield a section with a table: its heading, a text about it, and the table."""
    yield make_heading(title)
    yield from make_text_lines(handout, text, size=8.5, color=QUIET, keep=True)
    yield from make_table_items(handout, table)


def _make_table(table: PrintedTable) -> FlowItem:
    def cut(first: float, rest: float) -> list[FlowItem]:
        return [
            _make_table(part) for part in table.split(first - _GAP_BELOW_PT, rest - _GAP_BELOW_PT)
        ]

    rows = len(table.rows) if len(table.rows) <= _SMALL_ROWS else _MIN_ROWS
    least = table.head_pt + sum(map(table.measure_row, table.rows[:rows])) + _GAP_BELOW_PT
    height = table.height + _GAP_BELOW_PT
    return FlowItem(height, partial(_draw_table, table=table), cut=cut, least=least)


def _draw_table(sheet: PageWriter, top: float, *, table: PrintedTable) -> None:
    draw_table(sheet, table, top)


def make_text_lines(
    handout: Handout,
    text: Message | str,
    *,
    size: float = 9.5,
    color: Color = INK,
    bold: bool = False,
    indent: float = 0.0,
    keep: bool = False,
) -> Iterator[FlowItem]:
    """Yield a text line by line; an empty line separates two paragraphs.

    The first line of a paragraph stays with the second, and the last with the one before it. With
    ``keep``, the whole text stays with what follows.
    """
    register_fonts()
    room = measure_body_area(handout)[0] - indent
    font = BOLD_FONT if bold else REGULAR_FONT
    for paragraph in handout.say(text).strip().split("\n"):
        lines = wrap_text(paragraph, font, size, room) or [""]
        for number, line in enumerate(lines, start=1):
            draw = partial(_draw_line, words=line, size=size, color=color, bold=bold, indent=indent)
            stays = len(lines) > 1 and number in (1, len(lines) - 1)
            yield FlowItem(size * _LINE_SPACING, draw, keep=keep or stays)


def make_gap(height: float) -> FlowItem:
    """Return an empty space between two items."""
    return FlowItem(height, lambda _sheet, _top: None)


def paginate_items(
    handout: Handout,
    title: str,
    subtitle: Message | str,
    blocks: Sequence[FlowItem],
    *,
    bookmark: str = "",
) -> list[BookletPage]:
    """Return the pages that some items fill, each with the same heading.

    Without a ``bookmark`` for the whole, each page's bookmark names the sections that begin on it.
    The plan problems for which the pages are marked come first.
    """
    problems, subtitle = describe_plan_problems(handout), handout.say(subtitle)
    blocks = (
        [*make_text_lines(handout, problems, size=8.5, color=LATE), *blocks] if problems else blocks
    )
    room = measure_body_area(handout)[1]
    pages: list[list[FlowItem]] = [[]]
    remaining = room
    for index, block in enumerate(blocks):
        if _measure_kept_items(blocks, index) > remaining and pages[-1]:
            pages.append([])
            remaining = room
        parts = block.cut(remaining, room) if block.cut and block.height > remaining else [block]
        for number, part in enumerate(parts):
            if number:
                pages.append([])
                remaining = room
            pages[-1].append(part)
            remaining -= part.height
    return [
        BookletPage(
            partial(
                _draw_page,
                title=title,
                subtitle=f"{subtitle} · continued" if n else subtitle,
                items=page_items,
                repeated=n > 0,
            ),
            _name_sections(page_items) if not bookmark else "" if n else bookmark,
        )
        for n, page_items in enumerate(pages)
    ]


def _measure_kept_items(blocks: Sequence[FlowItem], start: int) -> float:
    """Return the height of an item and of the items that must be on the same page."""
    height = 0.0
    for block in blocks[start:]:
        height += block.least or block.height
        if not block.keep:
            break
    return height


def _name_sections(items: Sequence[FlowItem]) -> str:
    return ", ".join(item.section for item in items if item.section)


def _draw_page(
    sheet: PageWriter, *, title: str, subtitle: str, items: Sequence[FlowItem], repeated: bool
) -> None:
    top = sheet.heading(title, subtitle, repeated=repeated)
    for block in items:
        block.draw(sheet, top)
        top -= block.height


def _draw_heading(sheet: PageWriter, top: float, *, words: str, size: float) -> None:
    sheet.text(sheet.left, top - size - 8, words, size=size, bold=True, role="H2")


def _draw_line(
    sheet: PageWriter,
    top: float,
    *,
    words: str,
    size: float,
    color: Color,
    bold: bool,
    indent: float,
) -> None:
    x, y = sheet.left + indent, top - size * 1.1
    sheet.text(x, y, words, size=size, color=color, bold=bold, room=sheet.room - indent + 1)
