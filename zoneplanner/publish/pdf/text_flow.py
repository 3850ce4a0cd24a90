"""What runs over as many pages as it needs: headings, paragraphs, tables, rows of a plan."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reportlab.lib.colors import Color

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

_LEADING = 1.4
_BELOW_PT, _LEAST_ROWS, _SMALL_ROWS = 4.0, 3, 6
"""A table of up to ``_SMALL_ROWS`` rows is not cut."""


@dataclass(frozen=True, slots=True)
class FlowItem:
    """One thing that stands on a page whole; ``keep`` goes to the page of what follows it.

    One that may be cut has ``cut``, which takes the room that is left on the page and that of a
    whole one, and at ``least`` so much of it stands where it begins. ``section`` is what begins.
    """

    height: float
    draw: Callable[[PageWriter, float], None]
    keep: bool = False
    cut: Callable[[float, float], Sequence["FlowItem"]] | None = None
    least: float = 0.0
    section: str = ""


def make_heading(words: str, *, size: float = 11.5) -> FlowItem:
    """Return a heading."""
    draw = partial(_head, words=words, size=size)
    return FlowItem(size + 16, draw, keep=True, section=words)


def make_table_items(handout: Handout, table: PrintedTable) -> Iterator[FlowItem]:
    """Yield a table, which goes on over the page with its heads where it has to."""
    yield _make_table(wrap_cells(table, measure_body_area(handout)[0]))
    yield make_gap(4)


def make_section_items(
    handout: Handout, title: str, said: str, table: PrintedTable
) -> Iterator[FlowItem]:
    """Yield a section that is a table: its heading, what is said of it, and the table."""
    yield make_heading(title)
    yield from make_text_lines(handout, said, size=8.5, color=QUIET, keep=True)
    yield from make_table_items(handout, table)


def _make_table(table: PrintedTable) -> FlowItem:
    def cut(first: float, rest: float) -> list[FlowItem]:
        return [_make_table(part) for part in table.split(first - _BELOW_PT, rest - _BELOW_PT)]

    most = len(table.rows) if len(table.rows) <= _SMALL_ROWS else _LEAST_ROWS
    begun = table.head_pt + sum(map(table.measure_row, table.rows[:most])) + _BELOW_PT
    height = table.height + _BELOW_PT
    return FlowItem(height, partial(_draw_table, table=table), cut=cut, least=begun)


def _draw_table(sheet: PageWriter, top: float, *, table: PrintedTable) -> None:
    draw_table(sheet, table, top)


def make_text_lines(
    handout: Handout,
    words: str,
    *,
    size: float = 9.5,
    color: Color = INK,
    bold: bool = False,
    indent: float = 0.0,
    keep: bool = False,
) -> Iterator[FlowItem]:
    """Yield a text line by line; an empty line of it parts two paragraphs.

    The first line of a paragraph stays with the second and the last with the one before it; with
    ``keep`` the whole text stays with what follows.
    """
    register_fonts()
    room = measure_body_area(handout)[0] - indent
    font = BOLD_FONT if bold else REGULAR_FONT
    for paragraph in words.strip().split("\n"):
        broken = wrap_text(paragraph, font, size, room) or [""]
        for number, line in enumerate(broken, start=1):
            draw = partial(_line, words=line, size=size, color=color, bold=bold, indent=indent)
            stays = len(broken) > 1 and number in (1, len(broken) - 1)
            yield FlowItem(size * _LEADING, draw, keep=keep or stays)


def make_gap(height: float) -> FlowItem:
    """Return room between two things."""
    return FlowItem(height, lambda _sheet, _top: None)


def paginate_items(
    handout: Handout, title: str, subtitle: str, blocks: Sequence[FlowItem], *, bookmark: str = ""
) -> list[BookletPage]:
    """Return the pages that some blocks fill, each under the same heading.

    Without a ``bookmark`` of the whole each page has the sections that begin on it as its own.
    The problems of a plan for which the pages are marked stand first.
    """
    told = describe_plan_problems(handout)
    blocks = [*make_text_lines(handout, told, size=8.5, color=LATE), *blocks] if told else blocks
    room = measure_body_area(handout)[1]
    pages: list[list[FlowItem]] = [[]]
    left = room
    for at, block in enumerate(blocks):
        if _together(blocks, at) > left and pages[-1]:
            pages.append([])
            left = room
        parts = block.cut(left, room) if block.cut and block.height > left else [block]
        for number, part in enumerate(parts):
            if number:
                pages.append([])
                left = room
            pages[-1].append(part)
            left -= part.height
    return [
        BookletPage(
            partial(
                _page,
                title=title,
                said=f"{subtitle} · continued" if n else subtitle,
                own=own,
                repeated=n > 0,
            ),
            _name_sections(own) if not bookmark else "" if n else bookmark,
        )
        for n, own in enumerate(pages)
    ]


def _together(blocks: Sequence[FlowItem], at: int) -> float:
    """Return the height of a block and of those that it must share a page with."""
    height = 0.0
    for block in blocks[at:]:
        height += block.least or block.height
        if not block.keep:
            break
    return height


def _name_sections(items: Sequence[FlowItem]) -> str:
    return ", ".join(item.section for item in items if item.section)


def _page(
    sheet: PageWriter, *, title: str, said: str, own: Sequence[FlowItem], repeated: bool
) -> None:
    top = sheet.heading(title, said, repeated=repeated)
    for block in own:
        block.draw(sheet, top)
        top -= block.height


def _head(sheet: PageWriter, top: float, *, words: str, size: float) -> None:
    sheet.text(sheet.left, top - size - 8, words, size=size, bold=True, role="H2")


def _line(
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
