"""Text, shapes and lines on a PDF page, in points from its lower left corner."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

import shapely
from bidi.algorithm import get_display
from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from shapely.geometry.base import BaseGeometry

from zoneplanner.bundled import resources_dir
from zoneplanner.tokens import COLOR_ROLES

REGULAR_FONT, BOLD_FONT, FALLBACK_FONT = "Inter-Regular", "Inter-SemiBold", "DejaVuSans"
"""The fonts of the window, with tabular figures, and one for scripts that they lack."""
_PACKAGED = {
    **dict.fromkeys((REGULAR_FONT, FALLBACK_FONT), ("ziafont", "DejaVuSans")),
    BOLD_FONT: ("reportlab", "VeraBd"),
}
"""The packages that have a substitute font, for a checkout without the built fonts."""
_BOX = "\N{LOZENGE}"
_FILLED: Final = 0
_STROKED: Final = 1
PAPER = COLOR_ROLES["paper"]
INK, QUIET, PALE = HexColor(PAPER.text), HexColor(PAPER.muted), HexColor(PAPER.border)
LATE, LIVE, GOOD = HexColor(PAPER.late), HexColor(PAPER.live), HexColor(PAPER.good)
STRIPE = HexColor(PAPER.alternate)
WHITE = Color(1, 1, 1)
_HALO_WIDTH_PT = 2.4
_WORDS = re.compile(r"\(\d{3}\) \d{3}-\d{4}\S*|\S+")
_FIRST_JOINED = "\u0590"
"""The first character that may be written from right to left or join the next one."""


class _BidiCanvas(Canvas):
    """A canvas that draws each line in visual order, even if it is written from right to left."""

    def drawString(self, x: float, y: float, text: str, *args: Any, **how: Any) -> None:
        """Write a string to the right of a point."""
        with self._face_for(text):
            super().drawString(x, y, reorder_bidi(text), *args, **how)

    def drawRightString(self, x: float, y: float, text: str, *args: Any, **how: Any) -> None:
        """Write a string to the left of a point."""
        with self._face_for(text):
            super().drawRightString(x, y, reorder_bidi(text), *args, **how)

    def drawCentredString(self, x: float, y: float, text: str, *args: Any, **how: Any) -> None:
        """Write a string centered on a point."""
        with self._face_for(text):
            super().drawCentredString(x, y, reorder_bidi(text), *args, **how)

    @contextmanager
    def _face_for(self, text: str) -> Iterator[None]:
        """Use the font that has all characters of a string, then restore the current one."""
        before, size = self._fontname, self._fontsize  # type: ignore[attr-defined]
        self.setFont(choose_font(text, before), size)
        yield
        self.setFont(before, size)


def start_pdf(
    buffer: IO[bytes],
    *,
    title: str,
    subject: str,
    author: str,
    size: tuple[float, float] = letter,
    made_at: datetime | None = None,
) -> Canvas:
    """Begin a document with embedded fonts; the same drawing gives the same bytes.

    ``made_at`` becomes the document's creation date: the time that it shows, never the clock's.
    """
    register_fonts()
    rl_config.useA85 = 0  # base 85 is slow, a quarter larger and only for text channels
    canvas = _BidiCanvas(
        buffer,
        pagesize=size,
        invariant=1,
        pageCompression=1,
        lang="en-US",
        initialFontName=REGULAR_FONT,  # type: ignore[arg-type]  # the stubs call it a float
    )
    if made_at is not None:
        # reportlab has no public way to set the creation date; a test reads it back
        stamp = canvas._doc._timeStamp  # type: ignore[attr-defined]
        stamp.t = made_at.timestamp()
        stamp.lt = tuple(made_at.astimezone(UTC).timetuple())
        stamp.YMDhms = stamp.lt[:6]
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor(author)
    canvas.setCreator("Patrol-zone planner")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


class _NamedCodesFont(TTFont):
    """A font in which every code has a character, even the first codes, which no text uses.

    PDF/UA-1 (ISO 14289-1, 7.21.7) does not allow U+0000, which reportlab assigns to them.
    """

    def addObjects(self, doc: Any) -> None:
        for subset in self.state[doc].subsets if doc in self.state else ():
            subset[:] = [code or ord(" ") for code in subset]
        super().addObjects(doc)


def register_fonts() -> None:
    """Register the fonts with reportlab, which embeds those that a document uses."""
    for name in (REGULAR_FONT, BOLD_FONT, FALLBACK_FONT):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(_NamedCodesFont(name, str(_find_font_file(name))))


def _find_font_file(name: str) -> Path:
    """Return a font's file without importing the package that contains it."""
    built = resources_dir() / "fonts" / f"{name}.ttf"
    if built.is_file():
        return built
    package, name = _PACKAGED[name]
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "fonts" / f"{name}.ttf"


def choose_font(text: str, font: str) -> str:
    """Return the font for a whole text: another one if the given font lacks a character."""
    return font if text.isascii() or _has_all(text, font) else FALLBACK_FONT


def measure_text_width(text: str, font: str, size: float) -> float:
    """Return the width of a string in points."""
    return float(pdfmetrics.stringWidth(text, choose_font(text, font), size))


def replace_missing_glyphs(text: str) -> str:
    """Return a string in characters that the fonts have, with Arabic letters joined.

    A missing character first loses its diacritics. An emoji that the fonts lack becomes its name in
    brackets, and a run of a script that they lack becomes one box.
    """
    if text.isprintable() and (text.isascii() or _has_all(text, REGULAR_FONT)):
        return text
    if max(text) < _FIRST_JOINED and _has_all(text, REGULAR_FONT):
        return text
    if any(unicodedata.bidirectional(char) == "AL" for char in text):
        from arabic_reshaper import ArabicReshaper

        text = ArabicReshaper({"delete_harakat": False}).reshape(text)
    characters: list[str] = []
    for char in text:
        plain = char if _has_fallback(char) else unicodedata.normalize("NFKD", char)[0]
        kind = unicodedata.category(char)
        if _has_fallback(plain):
            characters.append(plain)
        elif kind == "So":
            characters.append(f"[{unicodedata.name(char, 'symbol').lower()}]")
        elif kind not in ("Mn", "Cf", "Cc", "Sk") and characters[-1:] != [_BOX]:
            characters.append(_BOX)
    return "".join(characters)


def _has_all(text: str, font: str) -> bool:
    registered: Any = pdfmetrics.getFont(font)
    return all(ord(char) in registered.face.charToGlyph for char in text)


def _has_fallback(char: str) -> bool:
    return _has_all(char, FALLBACK_FONT)


def is_right_to_left(text: str) -> bool:
    """Return whether any of a string is written from right to left."""
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def reorder_bidi(text: str) -> str:
    """Return a line's characters in visual order, from left to right.

    The first letter decides the direction of the line; brackets are mirrored accordingly.
    """
    if not is_right_to_left(text):
        return text

    return str(get_display(text))


def fit_font_size(text: str, font: str, size: float, room: float, least: float) -> float:
    """Return the size at which a string fits into ``room``, from ``size`` down to ``least``."""
    full = max(measure_text_width(replace_missing_glyphs(text), font, size), 1.0)
    return min(size, max(least, 0.995 * size * room / full))


def fold_text(text: str, font: str, size: float, room: float, least: float) -> list[str]:
    """Return a string as one line if it fits at ``least``, or else in lines at its full size."""
    fits = measure_text_width(replace_missing_glyphs(text), font, least) <= room
    return [text] if fits else wrap_text(text, font, size, room)


def wrap_text(text: str, font: str, size: float, room: float) -> list[str]:
    """Return the lines of a string without missing characters; phone numbers are not broken."""
    lines: list[str] = []
    for paragraph in replace_missing_glyphs(text).split("\n"):
        has_line = False
        for word in _WORDS.findall(paragraph):
            longer = f"{lines[-1]} {word}" if has_line else word
            if has_line and measure_text_width(longer, font, size) <= room:
                lines[-1] = longer
            else:
                lines += _break_word(word, font, size, room)
            has_line = True
    return lines


def _break_word(word: str, font: str, size: float, room: float) -> list[str]:
    """Return a word in lines, broken after a hyphen if possible, if it is wider than one."""
    fitting = len(word)
    while fitting > 1 and measure_text_width(word[:fitting], font, size) > room:
        fitting -= 1
    if fitting == len(word):
        return [word]
    cut = word.rfind("-", 1, fitting) + 1 or fitting
    return [word[:cut], *_break_word(word[cut:], font, size, room)]


def truncate_text(text: str, font: str, size: float, room: float) -> str:
    """Return a string, cut with an ellipsis if it is wider than ``room``."""
    text = replace_missing_glyphs(text)
    if measure_text_width(text, font, size) <= room:
        return text
    while text and measure_text_width(f"{text}…", font, size) > room:
        text = text[:-1]
    return f"{text.rstrip(' ,')}…"


def draw_warning(canvas: Canvas, words: str, x: float, y: float) -> None:
    """Write a warning in white on a dark bar, centered on a point; nothing if it is empty."""
    if not words:
        return
    width = measure_text_width(words, BOLD_FONT, 10) + 24
    canvas.setFillColor(LATE)
    canvas.rect(x - width / 2, y - 5, width, 17, stroke=0, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont(BOLD_FONT, 10)
    canvas.drawCentredString(x, y, words)


def draw_haloed_text(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    font: str,
    size: float,
    halo_pt: float = _HALO_WIDTH_PT,
) -> None:
    """Write a string centered on a point, over a white halo of the given stroke width."""
    left = x - measure_text_width(text, font, size) / 2
    canvas.saveState()
    canvas.setStrokeColor(WHITE)
    canvas.setLineWidth(halo_pt)
    canvas.setLineJoin(1)
    canvas.setFont(font, size)
    canvas.drawString(left, y, text, mode=_STROKED)
    canvas.restoreState()
    canvas.setFont(font, size)
    canvas.drawString(left, y, text, mode=_FILLED)


def build_pdf_path(canvas: Canvas, shape: BaseGeometry) -> PDFPathObject:
    """Return the path of a shape's rings and lines, in the shape's own units."""
    path = canvas.beginPath()
    for ring, closed in _list_lines(shape):
        (x, y), *others = ring
        path.moveTo(x, y)
        for x, y in others:
            path.lineTo(x, y)
        if closed:
            path.close()
    return path


def _list_lines(shape: BaseGeometry) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield list(ring.coords), True
        elif part.geom_type == "LineString":
            yield list(part.coords), False
