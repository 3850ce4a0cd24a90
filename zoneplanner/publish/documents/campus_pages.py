"""The response page of each campus with its grid and legend, for responders only."""

import io
from functools import partial
from math import cos, radians, sin

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.readiness.campus_pages import STRETCHED, PictureGrid, PlacedPicture
from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.pdf.canvas import BOLD_FONT, INK, LATE, QUIET, WHITE
from zoneplanner.publish.pdf.page import PAGE_MARGIN_PT, Booklet, BookletPage, PageWriter

_EDGE_PT, _LEGEND_PT, _ARROW_PT, _LABEL_SIZE_PT = 14.0, 44.0, 15.0, 8.0


def build_campus_pages(handout: Handout) -> Booklet:
    """Return a page for each campus of a redacted handout, school by school."""
    sites = handout.project.sites
    pictures = sorted(handout.campus_pages, key=lambda picture: sites[picture.page.site].name)
    landscape_count = sum(picture.size_px[0] >= picture.size_px[1] for picture in pictures)
    pages = [
        BookletPage(partial(_draw_campus, picture), bookmark=sites[picture.page.site].name)
        for picture in pictures
    ]
    return Booklet(
        handout.without_samples,
        "campus response pages",
        pages,
        landscape=2 * landscape_count >= len(pictures),
    )


def _draw_campus(picture: PlacedPicture, sheet: PageWriter) -> None:
    handout, page = sheet.handout, picture.page
    site = handout.project.sites[page.site]
    subtitle = " · ".join(filter(None, (site.address, str(Message("campus_page.readers")))))
    top = sheet.heading(site.name, subtitle, repeated=sheet.number > 1) - _EDGE_PT
    if not picture.data:
        missing = Message("campus_page.no_picture")
        sheet.paragraph(sheet.left, top, missing, color=LATE, bold=True, size=11)
        return
    room = (sheet.left + _EDGE_PT, sheet.bottom + _LEGEND_PT, sheet.right, top)
    frame = _fit_picture(picture.size_px, room)
    with sheet.figure(Message("campus_page.drawing", site=site.name)) as canvas:
        left, bottom, right, upper = frame
        canvas.drawImage(
            ImageReader(io.BytesIO(picture.data)), left, bottom, right - left, upper - bottom
        )
        _draw_grid(canvas, picture.grid, frame)
        _draw_site(canvas, picture, (site.x_m, site.y_m), frame)
    _write_legend(sheet, picture, (site.x_m, site.y_m))


def _fit_picture(size: tuple[int, int], room: BoundingBox) -> BoundingBox:
    """Return the largest frame in the picture's proportions, in the upper left of the room."""
    left, bottom, right, top = room
    scale = min((right - left) / size[0], (top - bottom) / size[1])
    return left, top - size[1] * scale, left + size[0] * scale, top


def _draw_grid(canvas: Canvas, grid: PictureGrid, frame: BoundingBox) -> None:
    left, bottom, right, top = frame
    canvas.setStrokeColor(INK)
    canvas.setFillColor(INK)
    canvas.setStrokeAlpha(0.45)
    canvas.setLineWidth(0.4)
    canvas.setFont(BOLD_FONT, _LABEL_SIZE_PT)
    for letter, share in grid.columns:
        x = left + share * (right - left)
        canvas.line(x, bottom, x, top)
        if right - x < _LABEL_SIZE_PT:
            continue  # a sliver of a square at the edge gets no label
        middle = min(x + grid.step_x * (right - left) / 2, (x + right) / 2)
        canvas.drawCentredString(middle, top + 4, letter)
    for number, share in grid.rows:
        y = top - share * (top - bottom)
        canvas.line(left, y, right, y)
        if y - bottom < _LABEL_SIZE_PT:
            continue
        middle = max(y - grid.step_y * (top - bottom) / 2, (y + bottom) / 2)
        canvas.drawRightString(left - 4, middle - _LABEL_SIZE_PT / 3, number)
    canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)
    canvas.setStrokeAlpha(1)


def _find_on_picture(
    picture: PlacedPicture, place: tuple[float, float]
) -> tuple[float, float] | None:
    """Return a position on the picture as shares of its size, or None if it is outside."""
    if picture.placement is None:
        return None
    x, y = picture.placement.to_picture(*place)
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None


def _draw_site(
    canvas: Canvas, picture: PlacedPicture, at: tuple[float, float], frame: BoundingBox
) -> None:
    """Mark the school's position in the project, if it is on the picture."""
    if (place := _find_on_picture(picture, at)) is None:
        return
    x, y = place
    left, bottom, right, top = frame
    canvas.setFillColor(LATE)
    canvas.setStrokeColor(WHITE)
    canvas.circle(left + x * (right - left), top - y * (top - bottom), 4, stroke=1, fill=1)


def _write_legend(sheet: PageWriter, picture: PlacedPicture, place: tuple[float, float]) -> None:
    page, base = picture.page, sheet.bottom + _LEGEND_PT - 16
    code = "campus_page.verified_by" if page.role else "campus_page.verified"
    verified = Message(code, on=page.on, by=page.role)
    is_overdue = page.review_on is not None and page.review_on < sheet.handout.today
    code = "campus_page.overdue" if is_overdue else "campus_page.due"
    due = Message(code, verified=verified, due=page.review_on) if page.review_on else verified
    left = sheet.left + (2 * _ARROW_PT if picture.placement else 0)
    lines = (
        sheet.handout.say(due),
        " · ".join(
            filter(
                None,
                (str(_describe_grid(picture, place)), page.source and f"Drawn by {page.source}"),
            )
        ),
        sheet.handout.say(STRETCHED if picture.is_stretched else "", page.note),
    )
    is_outside = picture.placement is not None and _find_on_picture(picture, place) is None
    for number, words in enumerate(filter(None, lines)):
        is_warning = (is_overdue and number == 0) or (is_outside and number == 1)
        color = LATE if is_warning else QUIET
        sheet.text(left, base - number * 11, words, size=8, least=6, color=color, bold=is_warning)
    if picture.placement is not None:
        with sheet.figure("North arrow") as canvas:
            middle = (PAGE_MARGIN_PT + _ARROW_PT, base - 6)
            _draw_north_arrow(canvas, middle, picture.placement.north_deg)


def _describe_grid(picture: PlacedPicture, place: tuple[float, float]) -> Message:
    """Describe what the grid's squares and the mark on it mean."""
    step = picture.grid.step_ft
    if step is None:
        return Message("campus_page.grid_not_placed")
    is_outside = _find_on_picture(picture, place) is None
    return Message("campus_page.grid_elsewhere" if is_outside else "campus_page.grid", step_ft=step)


def _draw_north_arrow(canvas: Canvas, middle: tuple[float, float], turned_deg: float) -> None:
    x, y = middle
    east, north = sin(radians(turned_deg)), cos(radians(turned_deg))
    tip = (x + east * _ARROW_PT / 1.5, y + north * _ARROW_PT / 1.5)
    tail = (x - east * _ARROW_PT / 2, y - north * _ARROW_PT / 2)
    path = canvas.beginPath()
    path.moveTo(*tip)
    path.lineTo(tail[0] - north * 4, tail[1] + east * 4)
    path.lineTo(tail[0] + north * 4, tail[1] - east * 4)
    path.close()
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont(BOLD_FONT, 7)
    canvas.drawCentredString(tip[0] + east * 6, tip[1] + north * 6 - 2, "N")
