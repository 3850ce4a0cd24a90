"""Words on the map as pictures with a halo, each painted once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from zoneplanner.ui.widgets.style.theme import render_picture, set_font_weight

_TURNS, _FINE_TURNS, _FINE_PX = 16, 8, 2.0
_LINE_SHARE = 0.94


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How words are set: size in pixels, weight (100 to 900), colors, halo, spacing."""

    size_px: int
    weight: int
    color: str
    halo: str
    halo_px: float
    italic: bool = False
    spacing_px: float = 0.0


@dataclass(frozen=True, slots=True)
class TextImage:
    """A picture of words and its size in pixels; ``middle`` is where the words' middle is."""

    pixmap: QPixmap
    width: float
    height: float


class TextImageCache:
    """The words painted so far. ``ratio`` is the screen's device pixels to a pixel."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio
        self._words: dict[tuple[str, TextStyle, int], TextImage] = {}
        self._plates: dict[tuple[str, TextStyle, str], TextImage] = {}
        self._sizes: dict[tuple[str, TextStyle], tuple[float, float]] = {}

    def size(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the width and height of words set level, halo included."""
        key = (text, style)
        if key not in self._sizes:
            self._sizes[key] = self._measure(text, style)
        return self._sizes[key]

    def _measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the size of the picture of words set level, which need not be painted for it."""
        metrics = QFontMetricsF(_make_font(style))
        wide, high = _measure_lines(text.split("\n"), style, metrics)
        pad = 2 * (style.halo_px + 1)
        width, height = (math.ceil((side + pad) * self.ratio) for side in (wide, high))
        return width / self.ratio, height / self.ratio

    def word(self, text: str, style: TextStyle, angle: int = 0) -> TextImage:
        """Return words as a picture, turned by whole degrees around their middle."""
        key = (text, style, angle)
        if key not in self._words:
            self._words[key] = _render_text(text, style, angle, self.ratio)
        return self._words[key]

    def plate(self, text: str, style: TextStyle, rim: str) -> TextImage:
        """Return words on a plate."""
        key = (text, style, rim)
        if key not in self._plates:
            self._plates[key] = render_plate(text, style, rim, self.ratio)
        return self._plates[key]


def wrap_name(name: str, length: int) -> str:
    """Break a name of at least this many letters at the space nearest its middle."""
    if len(name) < length or " " not in name:
        return name
    spaces = [at for at, letter in enumerate(name) if letter == " "]
    best = min(spaces, key=lambda at: abs(at - len(name) / 2))
    return f"{name[:best]}\n{name[best + 1 :]}"


def _make_font(style: TextStyle) -> QFont:
    """Return the font of a style in the system's typeface."""
    font = QFont()
    font.setPixelSize(style.size_px)
    set_font_weight(font, style.weight)
    font.setItalic(style.italic)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, style.spacing_px)
    return font


def _measure_lines(
    lines: Sequence[str], style: TextStyle, metrics: QFontMetricsF
) -> tuple[float, float]:
    """Return how wide and high lines are together."""
    widths = [metrics.horizontalAdvance(line) - style.spacing_px for line in lines]
    return max(widths), metrics.height() * _LINE_SHARE * len(lines)


def _render_text(text: str, style: TextStyle, angle: int, ratio: float) -> TextImage:
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    lines = text.split("\n")
    wide, high = _measure_lines(lines, style, metrics)
    line_px = high / len(lines)
    starts = [
        QPointF(-wide / 2, -high / 2 + at * line_px + metrics.ascent() * 0.97)
        for at in range(len(lines))
    ]
    slope = math.radians(angle)
    pad = style.halo_px + 1
    box_w = abs(wide * math.cos(slope)) + abs(high * math.sin(slope)) + 2 * pad
    box_h = abs(wide * math.sin(slope)) + abs(high * math.cos(slope)) + 2 * pad

    def draw(painter: QPainter) -> None:
        # the middle of the picture, which ends at a whole pixel of the device
        painter.translate(
            math.ceil(box_w * ratio) / ratio / 2, math.ceil(box_h * ratio) / ratio / 2
        )
        painter.rotate(angle)
        painter.setFont(font)
        for color, shifts in (
            (style.halo, _halo_offsets(style.halo_px)),
            (style.color, [QPointF()]),
        ):
            painter.setPen(QColor(color))
            for shift in shifts:
                for start, line in zip(starts, lines, strict=True):
                    painter.drawText(start + shift, line)

    return _render_image(box_w, box_h, ratio, draw)


def _render_image(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> TextImage:
    picture = render_picture(width, height, ratio, draw)
    return TextImage(picture, picture.width() / ratio, picture.height() / ratio)


def _halo_offsets(radius: float) -> list[QPointF]:
    """Return shifts that make a halo of words set many times: faster than a stroke."""
    rings = [radius] if radius < 2.5 else [radius, radius / 2]
    count = _TURNS if radius > _FINE_PX else _FINE_TURNS
    turns = [2 * math.pi * at / count for at in range(count)]
    return [QPointF(r * math.cos(turn), r * math.sin(turn)) for r in rings for turn in turns if r]


_PLATE_PAD_PX = (4.0, 1.0)


def render_plate(text: str, style: TextStyle, rim: str, ratio: float) -> TextImage:
    """Return words on a rounded plate, as a freeway's number is posted."""
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    wide = max(metrics.horizontalAdvance(text) + 2 * _PLATE_PAD_PX[0], metrics.height() + 2)
    high = metrics.height() + 2 * _PLATE_PAD_PX[1]

    def draw(painter: QPainter) -> None:
        box = QRectF(1, 1, wide - 1, high - 1)
        painter.setPen(QPen(QColor(rim), 1.2))
        painter.setBrush(QColor(style.halo))
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(font)
        painter.setPen(QColor(style.color))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    return _render_image(wide + 1, high + 1, ratio, draw)


_PADLOCK_SHARE = 0.62
"""Height of the padlock as a share of the number's."""


def render_padlock(style: TextStyle, ratio: float) -> TextImage:
    """Return a padlock in the color and with the halo of a number of this style."""
    high = style.size_px * _PADLOCK_SHARE
    wide, pad = high * 0.72, style.halo_px + 1
    body = QPainterPath()
    body.addRoundedRect(QRectF(pad, pad + high * 0.44, wide, high * 0.56), 1.5, 1.5)
    shackle = QPainterPath()
    arch = QRectF(pad + wide * 0.2, pad + high * 0.06, wide * 0.6, high * 0.72)
    shackle.arcMoveTo(arch, 0)
    shackle.arcTo(arch, 0, 180)
    thick, halo, ink = high * 0.13, QColor(style.halo), QColor(style.color)

    def draw(painter: QPainter) -> None:
        painter.strokePath(shackle, QPen(halo, thick + 2 * style.halo_px))
        painter.strokePath(body, QPen(halo, 2 * style.halo_px, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shackle, QPen(ink, thick))
        painter.fillPath(body, ink)

    return _render_image(wide + 2 * pad, high + 2 * pad, ratio, draw)
