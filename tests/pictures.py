"""Campus drawings like those of vendors and architects."""

import io
from pathlib import Path

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.domain.geography.picture_placement import ControlPoint
from zoneplanner.domain.project import Project
from zoneplanner.storage.attachments import Attachment

CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9))


def draw_png(width: int = 600, height: int = 400) -> bytes:
    """Draw a building with rooms."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for at in range(4):
        left = width // 10 + at * width // 5
        pen.rectangle((left, height // 4, left + width // 6, height // 2), outline="black", width=3)
        pen.text((left + 9, height // 3), f"B{at + 1}", fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def create_attachment(width: int = 600, height: int = 400) -> Attachment:
    """Draw the building as a project's attachment."""
    return Attachment("image/png", draw_png(width, height))


def write_pdf(path: Path, pages: int = 2) -> Path:
    """Write a drawing of several pages with an author in its metadata."""
    canvas = Canvas(str(path), pagesize=(792, 612))
    canvas.setAuthor("Secretauthor")
    for page in range(pages):
        canvas.drawString(100, 500, f"Sheet {page + 1}")
        canvas.rect(100, 100, 400, 300)
        canvas.showPage()
    canvas.save()
    return path


def place_around(
    project: Project, site: str, *, width_m: float = 300.0, height_m: float = 200.0
) -> list[str]:
    """Return three control points that place an upright picture around a site."""
    own = project.sites[site]
    found = []
    for x, y in CORNERS:
        at = (own.x_m + (x - 0.5) * width_m, own.y_m - (y - 0.5) * height_m)
        lons, lats = to_lonlat(project.crs, [at[0]], [at[1]])
        found.append(str(ControlPoint(x, y, float(lats[0]), float(lons[0]))))
    return found
