"""The response page of each campus with its grid and legend: for responders alone."""

import io
from functools import partial
from math import cos, radians, sin

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.domain.readiness.campus_pages import STRETCHED, PictureGrid, PlacedPicture
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.pdf.canvas import BOLD_FONT, INK, LATE, QUIET, WHITE
from zoneplanner.publish.pdf.page import PAGE_MARGIN_PT, Booklet, BookletPage, PageWriter

_EDGE_PT, _LEGEND_PT, _ARROW_PT, _SIGN_PT = 14.0, 44.0, 15.0, 8.0
_ONLY = "For responders only."
_GONE = "The picture of this page is missing or is not the one that was attached; attach it again."


def build_campus_pages(handout: Handout) -> Booklet:
    """Return a page a campus of a released handout, school by school."""
    sites = handout.project.sites
    found = sorted(handout.campus_pages, key=lambda one: sites[one.page.site].name)
    wide = sum(one.size_px[0] >= one.size_px[1] for one in found)
    pages = [
        BookletPage(partial(_draw_campus, one), bookmark=sites[one.page.site].name) for one in found
    ]
    return Booklet(
        handout.without_samples,
        "campus response pages",
        pages,
        landscape=2 * wide >= len(found),
    )


def _draw_campus(one: PlacedPicture, sheet: PageWriter) -> None:
    handout, page = sheet.handout, one.page
    site = handout.project.sites[page.site]
    said = " · ".join(filter(None, (site.address, f"Response page. {_ONLY}")))
    top = sheet.heading(site.name, said, repeated=sheet.number > 1) - _EDGE_PT
    if not one.data:
        sheet.paragraph(sheet.left, top, _GONE, color=LATE, bold=True, size=11)
        return
    room = (sheet.left + _EDGE_PT, sheet.bottom + _LEGEND_PT, sheet.right, top)
    frame = _fit(one.size_px, room)
    with sheet.figure(f"Drawing of {site.name} with a grid of squares") as canvas:
        left, bottom, right, upper = frame
        canvas.drawImage(
            ImageReader(io.BytesIO(one.data)), left, bottom, right - left, upper - bottom
        )
        _draw_grid(canvas, one.grid, frame)
        _draw_site(canvas, one, (site.x_m, site.y_m), frame)
    _write_legend(sheet, one, (site.x_m, site.y_m))


def _fit(size: tuple[int, int], room: BoundingBox) -> BoundingBox:
    """Return the largest frame of a picture's shape, upper left in the room."""
    left, bottom, right, top = room
    scale = min((right - left) / size[0], (top - bottom) / size[1])
    return left, top - size[1] * scale, left + size[0] * scale, top


def _draw_grid(canvas: Canvas, grid: PictureGrid, frame: BoundingBox) -> None:
    left, bottom, right, top = frame
    canvas.setStrokeColor(INK)
    canvas.setFillColor(INK)
    canvas.setStrokeAlpha(0.45)
    canvas.setLineWidth(0.4)
    canvas.setFont(BOLD_FONT, _SIGN_PT)
    for letter, share in grid.columns:
        x = left + share * (right - left)
        canvas.line(x, bottom, x, top)
        if right - x < _SIGN_PT:
            continue  # a sliver of a square at the edge has no sign
        middle = min(x + grid.step_x * (right - left) / 2, (x + right) / 2)
        canvas.drawCentredString(middle, top + 4, letter)
    for number, share in grid.rows:
        y = top - share * (top - bottom)
        canvas.line(left, y, right, y)
        if y - bottom < _SIGN_PT:
            continue
        middle = max(y - grid.step_y * (top - bottom) / 2, (y + bottom) / 2)
        canvas.drawRightString(left - 4, middle - _SIGN_PT / 3, number)
    canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)
    canvas.setStrokeAlpha(1)


def _find_on_picture(one: PlacedPicture, at: tuple[float, float]) -> tuple[float, float] | None:
    """Return where a place is on the picture, as shares of it; None where it is not on it."""
    if one.placement is None:
        return None
    x, y = one.placement.to_picture(*at)
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None


def _draw_site(
    canvas: Canvas, one: PlacedPicture, at: tuple[float, float], frame: BoundingBox
) -> None:
    """Mark where the project has the school, if that is on the picture."""
    if (place := _find_on_picture(one, at)) is None:
        return
    x, y = place
    left, bottom, right, top = frame
    canvas.setFillColor(LATE)
    canvas.setStrokeColor(WHITE)
    canvas.circle(left + x * (right - left), top - y * (top - bottom), 4, stroke=1, fill=1)


def _write_legend(sheet: PageWriter, one: PlacedPicture, at: tuple[float, float]) -> None:
    page, base = one.page, sheet.bottom + _LEGEND_PT - 16
    write = sheet.handout.formats.day
    verified = f"Verified on {write(page.on)}"
    verified += f" by {page.role}" if page.role else ""
    due = f"due again on {write(page.review_on)}" if page.review_on else ""
    late = page.review_on is not None and page.review_on < sheet.handout.today
    left = sheet.left + (2 * _ARROW_PT if one.placement else 0)
    lines = (
        ", ".join(filter(None, (verified, due))) + (" (OVERDUE)" if late else ""),
        " · ".join(
            filter(None, (_describe_grid(one, at), page.source and f"Drawn by {page.source}"))
        ),
        " ".join(filter(None, (STRETCHED if one.is_stretched else "", page.note))),
    )
    away = one.placement is not None and _find_on_picture(one, at) is None
    for number, words in enumerate(filter(None, lines)):
        bad = (late and number == 0) or (away and number == 1)
        color = LATE if bad else QUIET
        sheet.text(left, base - number * 11, words, size=8, least=6, color=color, bold=bad)
    if one.placement is not None:
        with sheet.figure("North arrow") as canvas:
            middle = (PAGE_MARGIN_PT + _ARROW_PT, base - 6)
            _draw_north(canvas, middle, one.placement.north_deg)


def _describe_grid(one: PlacedPicture, at: tuple[float, float]) -> str:
    """Say what the grid's squares and the mark on it mean."""
    step = one.grid.step_ft
    if step is None:
        return "Not placed on the map: squares are not to scale"
    if _find_on_picture(one, at) is None:
        away = "THE SCHOOL’S PLACE IN THE PROJECT IS NOT ON THIS DRAWING: check both before use"
        return f"{away} · squares of {step:,} ft"
    return f"Squares of {step:,} ft · dot: the school’s place in the project"


def _draw_north(canvas: Canvas, middle: tuple[float, float], turned_deg: float) -> None:
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
