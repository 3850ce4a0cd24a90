"""Pages of a printed document: paper, heading, footer, text and page numbers."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.messages import Message
from zoneplanner.publish.audience import AUDIENCES, PUBLIC
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    QUIET,
    REGULAR_FONT,
    draw_warning,
    fit_font_size,
    is_right_to_left,
    start_pdf,
    truncate_text,
    wrap_text,
)
from zoneplanner.publish.pdf.tags import PAGINATION, TagTree

PAGE_SIZES_PT = {"letter": letter, "a4": A4, "letter-gray": letter, "a4-gray": A4}
PAGE_MARGIN_PT, FOOTER_PT = 36.0, 30.0
_LINE_SPACING = 1.35
HEADING_HEIGHT_PT = 46.0
"""The height of a page's heading."""


@dataclass(frozen=True, eq=False, slots=True)
class PageWriter:
    """A page being drawn: its canvas, its size in points, its number and the number of pages."""

    canvas: Canvas
    tags: TagTree
    handout: Handout
    width: float
    height: float
    number: int
    page_count: int

    @property
    def left(self) -> float:
        """The left edge of the printed area."""
        return PAGE_MARGIN_PT

    @property
    def right(self) -> float:
        """The right edge of the printed area."""
        return self.width - PAGE_MARGIN_PT

    @property
    def top(self) -> float:
        """The upper edge of the printed area."""
        return self.height - PAGE_MARGIN_PT

    @property
    def bottom(self) -> float:
        """The top of the footer."""
        return PAGE_MARGIN_PT + FOOTER_PT

    @property
    def room(self) -> float:
        """The width of the printed area."""
        return self.right - self.left

    @property
    def running_role(self) -> str:
        """The role of a line that every page repeats: content on the first page only."""
        return "P" if self.number == 1 else PAGINATION

    def text(
        self,
        x: float,
        y: float,
        text: Message | str,
        *,
        size: float = 8.5,
        bold: bool = False,
        color: Color = INK,
        align: str = "left",
        room: float | None = None,
        least: float | None = None,
        role: str = "P",
    ) -> None:
        """Write a line; if it is wider than ``room``, it shrinks to ``least`` and is then cut."""
        font = BOLD_FONT if bold else REGULAR_FONT
        canvas, text = self.canvas, self.handout.say(text)
        width = self.room if room is None else room
        if least is not None:
            size = fit_font_size(text, font, size, width, least)
        canvas.setFillColor(color)
        canvas.setFont(font, size)
        line = truncate_text(text, font, size, width)
        if not line and role == "P":
            return
        draw = {
            "left": canvas.drawString,
            "right": canvas.drawRightString,
            "center": canvas.drawCentredString,
        }[align]
        with self.tags.content(role, actual=text if is_right_to_left(line) else ""):
            draw(x, y, line)

    def write_quiet_text(
        self,
        x: float,
        y: float,
        text: Message | str,
        *,
        size: float = 8.0,
        align: str = "left",
        room: float | None = None,
        role: str = "P",
    ) -> None:
        """Write a small gray line."""
        self.text(x, y, text, size=size, color=QUIET, align=align, room=room, role=role)

    def paragraph(
        self,
        x: float,
        top: float,
        text: Message | str,
        *,
        size: float = 8.5,
        color: Color = INK,
        bold: bool = False,
        room: float | None = None,
        role: str = "P",
    ) -> float:
        """Write lines below ``top``; return where they end."""
        font = BOLD_FONT if bold else REGULAR_FONT
        room = self.room if room is None else room
        lines = wrap_text(self.handout.say(text), font, size, room)
        with self.tags.part(role) if lines else nullcontext():
            for line in lines:
                top -= size * _LINE_SPACING
                self.text(x, top, line, size=size, color=color, bold=bold, role="Span")
        return top

    def measure_paragraph(self, text: Message | str, *, size: float) -> float:
        """Return the height of a paragraph as wide as the page, in points."""
        lines = wrap_text(self.handout.say(text), REGULAR_FONT, size, self.room)
        return len(lines) * size * _LINE_SPACING

    def rule(self, y: float, *, left: float | None = None, right: float | None = None) -> None:
        """Draw a thin line across the page, or between two edges."""
        with self.tags.ornament():
            self.canvas.setStrokeColor(QUIET)
            self.canvas.setLineWidth(0.5)
            self.canvas.line(left or self.left, y, right or self.right, y)

    def box(self, frame: BoundingBox, color: Color) -> None:
        """Fill a rectangle."""
        with self.tags.ornament():
            self.canvas.setFillColor(color)
            x_min, y_min, x_max, y_max = frame
            self.canvas.rect(x_min, y_min, x_max - x_min, y_max - y_min, stroke=0, fill=1)

    @contextmanager
    def figure(self, alt: Message | str) -> Iterator[Canvas]:
        """Tag everything drawn inside as a figure; ``alt`` describes it for screen readers."""
        with self.tags.content("Figure", self.handout.say(alt)):
            self.canvas.saveState()
            yield self.canvas
            self.canvas.restoreState()

    def heading(
        self, title: Message | str, subtitle: Message | str = "", *, repeated: bool = False
    ) -> float:
        """Write the page's heading, or repeat the one of the page before; return where it ends."""
        role = PAGINATION if repeated else "H1"
        self.text(self.left, self.top - 14, title, size=16, least=10, bold=True, role=role)
        role = PAGINATION if repeated and not subtitle else "P"
        text = subtitle or self.handout.plan_text
        self.text(self.left, self.top - 28, text, size=9, least=7, color=QUIET, role=role)
        self.rule(self.top - 35)
        return self.top - HEADING_HEIGHT_PT


_DrawPage = Callable[[PageWriter], None]


@dataclass(frozen=True, slots=True)
class BookletPage:
    """A page to draw; its ``bookmark`` is listed in the outline, and links lead to its ``key``.

    ``reader`` is whom the page is for if that is not the booklet's audience. The hashes of the
    office's log are then left out.
    """

    draw: _DrawPage
    bookmark: str = ""
    level: int = 0
    key: str = ""
    reader: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Booklet:
    """The pages of one printed file, all of one size; drawn into a PDF or previewed one by one."""

    handout: Handout
    title: str
    pages: Sequence[BookletPage]
    landscape: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a page in points."""
        width, height = PAGE_SIZES_PT[self.handout.paper]
        return (height, width) if self.landscape else (width, height)


def measure_body_area(handout: Handout) -> tuple[float, float]:
    """Return the width and height below the heading of a page in portrait."""
    width, height = PAGE_SIZES_PT[handout.paper]
    return width - 2 * PAGE_MARGIN_PT, height - 2 * PAGE_MARGIN_PT - FOOTER_PT - HEADING_HEIGHT_PT


def render_pdf(booklet: Booklet, *, only: int | None = None) -> bytes:
    """Return a booklet as a PDF with footers and page numbers; the same input gives the same bytes.

    With ``only``, the PDF has just that page, counted from 1 and numbered as in the whole booklet.
    """
    handout, pages = booklet.handout, booklet.pages
    width, height = booklet.size
    buffer = io.BytesIO()
    canvas = start_pdf(
        buffer,
        title=f"{handout.project.name}: {booklet.title}",
        subject=". ".join(
            filter(None, (handout.plan_text, handout.as_of_text, handout.anchor_text, ""))
        ),
        author=handout.project.name,
        size=(width, height),
        made_at=handout.as_of,
    )
    tags = TagTree(canvas)
    keys = [page.key or f"page-{number}" for number, page in enumerate(pages, start=1)]
    if only is not None:
        for key in keys:
            canvas.bookmarkPage(key)  # links of the page may lead to any other page
    for number, (key, page) in enumerate(zip(keys, pages, strict=True), start=1):
        if only is None:
            canvas.bookmarkPage(key)
            if page.bookmark:
                canvas.addOutlineEntry(page.bookmark, key, page.level)
        elif number != only:
            continue
        numbering = _count_for_reader(pages, number)
        sheet = PageWriter(canvas, tags, handout, width, height, *numbering)
        _draw_page(sheet, page)
        canvas.showPage()
        tags.new_page()
    tags.finish()
    canvas.save()
    return buffer.getvalue()


def _count_for_reader(pages: Sequence[BookletPage], number: int) -> tuple[int, int]:
    """Return a page's number among the pages of its reader, and how many those are."""
    reader = pages[number - 1].reader
    numbers = [count for count, page in enumerate(pages, start=1) if page.reader == reader]
    return numbers.index(number) + 1, len(numbers)


def _draw_page(sheet: PageWriter, page: BookletPage) -> None:
    if sheet.handout.warning:
        with sheet.tags.content(sheet.running_role):
            middle = (sheet.width / 2, sheet.height - 22)
            draw_warning(sheet.canvas, sheet.handout.warning, *middle)
    page.draw(sheet)
    _draw_footer(sheet, page.reader)


def _draw_footer(sheet: PageWriter, reader: str) -> None:
    handout, base, role = sheet.handout, PAGE_MARGIN_PT - 2, sheet.running_role
    sheet.rule(base + 20)
    audience = AUDIENCES.get(handout.audience, AUDIENCES[PUBLIC]).title.lower()
    parts = (handout.as_of_text, handout.plan_text, f"For: {reader or audience}")
    text = " · ".join(filter(None, parts))
    room = sheet.room - 90
    sheet.text(sheet.left, base + 10, text, size=7, least=5, color=QUIET, room=room, role=role)
    page = f"Page {sheet.number} of {sheet.page_count}"
    sheet.write_quiet_text(sheet.right, base + 10, page, size=7, align="right", role=PAGINATION)
    disclaimer = str(Message("planning_aid"))
    sheet.write_quiet_text(sheet.left, base, disclaimer, size=7, role=role)
    room = sheet.room - stringWidth(disclaimer, REGULAR_FONT, 7) - 12
    anchor = "" if reader else handout.anchor_text
    sheet.text(
        sheet.right,
        base,
        anchor,
        size=7,
        least=4.5,
        color=QUIET,
        align="right",
        room=room,
        role=role,
    )
