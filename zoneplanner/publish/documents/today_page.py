"""The coordinator's day on one page: a list in groups, cut where it would run over."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.lib.pagesizes import letter

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    INK,
    LATE,
    LIVE,
    PALE,
    QUIET,
    REGULAR_FONT,
    start_pdf,
    truncate_text,
)

_MARGIN, _HEADING, _FOOT = 36.0, 52.0, 14.0
_LINE, _GROUP, _GAP = 13.0, 19.0, 5.0
_INDENT, _DETAIL_X = 14.0, 268.0


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of the page; what is ``below`` another one is set in, ``is_live`` danger now."""

    text: str
    detail: str
    urgent: bool = False
    below: bool = False
    is_live: bool = False


PrintedGroup = tuple[str, Sequence[PrintedLine]]


def render_today_page(
    title: str,
    subtitle: str,
    groups: Sequence[PrintedGroup],
    *,
    author: str,
    printed_at: datetime,
    formats: LocaleFormats,
    note: str = "",
) -> bytes:
    """Return the page as PDF; ``printed_at`` is local. Long groups say how many lines they lack.

    ``note`` stands at the foot, a line that explains words of the page.
    """
    width, height = letter
    buffer = io.BytesIO()
    canvas = start_pdf(buffer, title=title, subject=subtitle, author=author, size=(width, height))
    top = height - _MARGIN
    canvas.setFillColor(INK)
    canvas.setFont(BOLD_FONT, 17)
    canvas.drawString(_MARGIN, top - 14, truncate_text(title, BOLD_FONT, 17, width - 2 * _MARGIN))
    canvas.setFont(REGULAR_FONT, 9)
    canvas.setFillColor(QUIET)
    said = f"{subtitle} As of {formats.moment(printed_at)}."
    canvas.drawString(_MARGIN, top - 30, truncate_text(said, REGULAR_FONT, 9, width - 2 * _MARGIN))
    top -= _HEADING
    for name, lines in fit_groups(groups, top - _MARGIN - _FOOT):
        canvas.setStrokeColor(PALE)
        canvas.setLineWidth(0.6)
        canvas.line(_MARGIN, top, width - _MARGIN, top)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD_FONT, 10.5)
        canvas.drawString(_MARGIN, top - 13, name)
        top -= _GROUP
        for line in lines:
            left = _MARGIN + (_INDENT if line.below else 0.0)
            font = BOLD_FONT if line.urgent else REGULAR_FONT
            canvas.setFillColor(LIVE if line.is_live else LATE if line.urgent else INK)
            canvas.setFont(font, 9)
            room = _MARGIN + _DETAIL_X - left - 6
            canvas.drawString(left, top - 9, truncate_text(line.text, font, 9, room))
            canvas.setFillColor(QUIET)
            canvas.setFont(REGULAR_FONT, 9)
            room = width - 2 * _MARGIN - _DETAIL_X
            detail = truncate_text(line.detail, REGULAR_FONT, 9, room)
            canvas.drawString(_MARGIN + _DETAIL_X, top - 9, detail)
            top -= _LINE
        top -= _GAP
    canvas.setFont(REGULAR_FONT, 7.5)
    canvas.setFillColor(QUIET)
    canvas.drawString(_MARGIN, _MARGIN, note)
    canvas.drawString(
        _MARGIN, _MARGIN - 12, "For the office only. Planning aid; in an emergency call 9-1-1."
    )
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def fit_groups(groups: Sequence[PrintedGroup], room_pt: float) -> list[PrintedGroup]:
    """Return the groups cut to a height: the longest ones lose lines, and say how many."""
    kept = [len(lines) for _, lines in groups]
    least = 2

    def height() -> float:
        return sum(_GROUP + _GAP + count * _LINE for count in kept)

    while height() > room_pt and max(kept, default=0) > least:
        at = kept.index(max(kept))
        kept[at] -= 1
    fitted: list[PrintedGroup] = []
    for count, (name, lines) in zip(kept, groups, strict=True):
        rest = len(lines) - count
        cut = [*lines[: count - 1], PrintedLine(f"and {rest + 1} more", "")] if rest else lines
        fitted.append((name, cut))
    return fitted
