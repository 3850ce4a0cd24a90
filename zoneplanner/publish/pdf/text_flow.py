"""Text that runs over as many pages as it needs: headings, paragraphs, rows of a plan."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reportlab.lib.colors import Color
from reportlab.lib.utils import simpleSplit

from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    REGULAR_FONT,
    register_fonts,
    replace_missing_glyphs,
)
from zoneplanner.publish.pdf.page import BookletPage, PageWriter, measure_body_area

_LEADING = 1.4


@dataclass(frozen=True, slots=True)
class FlowItem:
    """One thing that stands on a page whole; ``keep`` goes to the page of what follows it."""

    height: float
    draw: Callable[[PageWriter, float], None]
    keep: bool = False


def make_heading(words: str, *, size: float = 11.5) -> FlowItem:
    """Return a heading."""
    return FlowItem(size + 16, partial(_head, words=words, size=size), keep=True)


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
        broken = simpleSplit(replace_missing_glyphs(paragraph), font, size, room) or [""]
        for number, line in enumerate(broken, start=1):
            draw = partial(_line, words=line, size=size, color=color, bold=bold, indent=indent)
            stays = len(broken) > 1 and number in (1, len(broken) - 1)
            yield FlowItem(size * _LEADING, draw, keep=keep or stays)


def make_gap(height: float) -> FlowItem:
    """Return room between two things."""
    return FlowItem(height, lambda _sheet, _top: None)


def paginate_items(
    handout: Handout, title: str, subtitle: str, blocks: Sequence[FlowItem], *, bookmark: str
) -> list[BookletPage]:
    """Return the pages that some blocks fill, each under the same heading."""
    room = measure_body_area(handout)[1]
    pages: list[list[FlowItem]] = [[]]
    left = room
    for at, block in enumerate(blocks):
        if _together(blocks, at) > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append(block)
        left -= block.height
    return [
        BookletPage(
            partial(
                _page,
                title=title,
                said=f"{subtitle} · continued" if n else subtitle,
                own=own,
                repeated=n > 0,
            ),
            "" if n else bookmark,
        )
        for n, own in enumerate(pages)
    ]


def _together(blocks: Sequence[FlowItem], at: int) -> float:
    """Return the height of a block and of those that it must share a page with."""
    height = 0.0
    for block in blocks[at:]:
        height += block.height
        if not block.keep:
            break
    return height


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
