"""Text that runs over as many pages as it needs: headings, paragraphs, rows of a plan."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reportlab.lib.colors import Color
from reportlab.lib.utils import simpleSplit

from zoneplanner.publish.content import Handout
from zoneplanner.publish.paper import FOOT_PT, MARGIN, SIZES, Page, Sheet
from zoneplanner.publish.pdf import BOLD, INK, REGULAR, embed_fonts, shown

HEADED = 50.0
LEADING = 1.4


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that stands on a page whole; ``keep`` goes to the page of what follows it."""

    height: float
    draw: Callable[[Sheet, float], None]
    keep: bool = False


def head(words: str, *, size: float = 11.5) -> Block:
    """Return a heading."""
    return Block(size + 16, partial(_head, words=words, size=size), keep=True)


def lines(
    handout: Handout,
    words: str,
    *,
    size: float = 9.5,
    colour: Color = INK,
    bold: bool = False,
    indent: float = 0.0,
) -> Iterator[Block]:
    """Yield a text line by line; an empty line of it parts two paragraphs."""
    embed_fonts()
    room = SIZES[handout.paper][0] - 2 * MARGIN - indent
    font = BOLD if bold else REGULAR
    for paragraph in words.strip().split("\n"):
        for line in simpleSplit(shown(paragraph), font, size, room) or [""]:
            draw = partial(_line, words=line, size=size, colour=colour, bold=bold, indent=indent)
            yield Block(size * LEADING, draw)


def space(height: float) -> Block:
    """Return room between two things."""
    return Block(height, lambda _sheet, _top: None)


def flowing(
    handout: Handout, title: str, subtitle: str, blocks: Sequence[Block], *, bookmark: str
) -> list[Page]:
    """Return the pages that some blocks fill, each under the same heading."""
    room = SIZES[handout.paper][1] - 2 * MARGIN - FOOT_PT - HEADED
    pages: list[list[Block]] = [[]]
    left = room
    for at, block in enumerate(blocks):
        need = block.height
        if block.keep and at + 1 < len(blocks):
            need += blocks[at + 1].height
        if need > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append(block)
        left -= block.height
    return [
        Page(
            partial(_page, title=title + (", continued" if n else ""), subtitle=subtitle, own=own),
            "" if n else bookmark,
        )
        for n, own in enumerate(pages)
    ]


def _page(sheet: Sheet, *, title: str, subtitle: str, own: Sequence[Block]) -> None:
    top = sheet.heading(title, subtitle)
    for block in own:
        block.draw(sheet, top)
        top -= block.height


def _head(sheet: Sheet, top: float, *, words: str, size: float) -> None:
    sheet.text(sheet.left, top - size - 8, words, size=size, bold=True, role="H2")


def _line(
    sheet: Sheet,
    top: float,
    *,
    words: str,
    size: float,
    colour: Color,
    bold: bool,
    indent: float,
) -> None:
    x, y = sheet.left + indent, top - size * 1.1
    sheet.text(x, y, words, size=size, colour=colour, bold=bold, room=sheet.room - indent + 1)
