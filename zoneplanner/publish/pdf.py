"""Text, shapes and lines on a PDF page, in points from its lower left corner."""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import reportlab
import shapely
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from shapely.geometry.base import BaseGeometry

REGULAR, BOLD = "Vera", "VeraBd"
ALARM = HexColor("#A33B00")
BOX = "\N{LOZENGE}"
FILLED: Final = 0
STROKED: Final = 1
INK, QUIET, PALE, WHITE = (
    HexColor("#1C2126"),
    HexColor("#545C64"),
    HexColor("#AAB0B6"),
    Color(1, 1, 1),
)


def new_document(
    buffer: IO[bytes],
    *,
    title: str,
    subject: str,
    author: str,
    size: tuple[float, float] = letter,
) -> Canvas:
    """Begin a document with embedded fonts; the same drawing gives the same bytes."""
    embed_fonts()
    canvas = Canvas(
        buffer,
        pagesize=size,
        invariant=1,
        pageCompression=1,
        lang="en-US",
        initialFontName=REGULAR,  # type: ignore[arg-type]  # the stubs call it a float
    )
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor(author)
    canvas.setCreator("Patrol-zone planner")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def embed_fonts() -> None:
    """Make the two fonts known to reportlab; both are embedded in what is written."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def width_of(text: str, font: str, size: float) -> float:
    """Return the width of a text in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def shown(text: str) -> str:
    """Return a text in characters that the fonts have: accents fall before letters do.

    What neither font has, such as an emoji or another script, stands as one box for each run.
    """
    has = _glyphs()
    if all(ord(sign) in has for sign in text):
        return text
    found: list[str] = []
    for sign in text:
        plain = sign if ord(sign) in has else unicodedata.normalize("NFKD", sign)[0]
        if ord(plain) in has:
            found.append(plain)
        elif unicodedata.category(sign) not in ("Mn", "Cf", "Cc") and found[-1:] != [BOX]:
            found.append(BOX)
    return "".join(found)


def _glyphs() -> Mapping[int, int]:
    font: Any = pdfmetrics.getFont(REGULAR)
    glyphs: Mapping[int, int] = font.face.charToGlyph
    return glyphs


def fitted(text: str, font: str, size: float, room: float) -> str:
    """Return a text cut with an ellipsis where it is wider than ``room``."""
    text = shown(text)
    if width_of(text, font, size) <= room:
        return text
    while text and width_of(f"{text}…", font, size) > room:
        text = text[:-1]
    return f"{text.rstrip(' ,')}…"


def warn(canvas: Canvas, words: str, x: float, y: float) -> None:
    """Write a warning in white on a dark bar, centred on a point; nothing without words."""
    if not words:
        return
    width = width_of(words, BOLD, 10) + 24
    canvas.setFillColor(ALARM)
    canvas.rect(x - width / 2, y - 5, width, 17, stroke=0, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(x, y, words)


def haloed(canvas: Canvas, x: float, y: float, text: str, *, font: str, size: float) -> None:
    """Write a text centred on a point, over a white halo."""
    left = x - width_of(text, font, size) / 2
    canvas.saveState()
    canvas.setStrokeColor(WHITE)
    canvas.setLineWidth(2.4)
    canvas.setLineJoin(1)
    canvas.setFont(font, size)
    canvas.drawString(left, y, text, mode=STROKED)
    canvas.restoreState()
    canvas.setFont(font, size)
    canvas.drawString(left, y, text, mode=FILLED)


def path_of(canvas: Canvas, shape: BaseGeometry) -> PDFPathObject:
    """Return the path of a shape's rings and lines, in the shape's own units."""
    path = canvas.beginPath()
    for ring, closed in _runs(shape):
        (x, y), *others = ring
        path.moveTo(x, y)
        for x, y in others:
            path.lineTo(x, y)
        if closed:
            path.close()
    return path


def _runs(shape: BaseGeometry) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield list(ring.coords), True
        elif part.geom_type == "LineString":
            yield list(part.coords), False
