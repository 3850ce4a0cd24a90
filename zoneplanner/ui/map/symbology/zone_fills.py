"""How a zone is filled: its tone, its band, and line patterns that repeat without a seam."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from zoneplanner.domain.plans.zone_colors import zone_hatch
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.widgets.style.data_colors import (
    blend_over,
    make_zone_fill,
    make_zone_text_color,
)
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme

_TILE_PX = 14
_TILES_ACROSS = 16


def make_hatch_brush(
    name: str, color: QColor, ratio: float, ground: QColor | None = None
) -> QBrush:
    """Return a brush that fills with a hatch of ``domain.plans.zone_colors``.

    With a ground one fill paints both.
    """
    size = math.ceil(_TILE_PX * ratio)
    tile = QPixmap(size, size)
    tile.fill(Qt.GlobalColor.transparent if ground is None else ground)
    with QPainter(tile) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size / _TILE_PX, size / _TILE_PX)
        painter.setPen(QPen(color, 1.1))
        for start, end in _LINES.get(name, ()):
            painter.drawLine(QPointF(*start), QPointF(*end))
        if name == "dots":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for x, y in ((3.5, 3.5), (10.5, 10.5)):
                painter.drawEllipse(QPointF(x, y), 1.3, 1.3)
    return QBrush(_tile_row(tile, ratio))


def _tile_row(tile: QPixmap, ratio: float) -> QPixmap:
    """Return many tiles side by side; Qt fills by runs of pixels that end where a tile does."""
    row = QPixmap(tile.width() * _TILES_ACROSS, tile.height())
    row.fill(Qt.GlobalColor.transparent)
    with QPainter(row) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawTiledPixmap(row.rect(), tile)
    row.setDevicePixelRatio(ratio)
    return row


def make_zone_brush(
    color: int, theme: Theme, ratio: float, share: float, *, clear: bool = False
) -> QBrush:
    """Return how a zone is filled by ``share`` of its color on the map's land.

    Where tone cannot tell zones apart, in high contrast, its hatch is drawn too. A ``clear`` fill
    lets what is below it show.
    """
    tint = make_zone_fill(color, min(1.0, share))
    fill = tint if clear else blend_over(tint, theme.color("land"))
    if not theme.hatch_share:
        return QBrush(fill)
    lines = fade_color(make_zone_text_color(color, theme), theme.hatch_share)
    return make_hatch_brush(zone_hatch(color), lines, ratio, fill)


def make_band_color(color: int) -> QColor:
    """Return the color of the band along the inside of a zone's edge."""
    return make_zone_fill(color, MAP_STYLE.band_share)


def paint_zone_swatch(
    painter: QPainter, box: QRectF, color: int, theme: Theme, *, ratio: float, strength: float = 1.0
) -> None:
    """Paint a zone as the map has it: fill, band, edge. ``strength`` multiplies the fill."""
    band = min(MAP_STYLE.at(_USUAL_M_PX).band_px, box.height() / 4)
    fill = make_zone_brush(color, theme, ratio, theme.zone_fill_share * strength)
    painter.fillRect(box, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = band / 2
    painter.setPen(QPen(make_band_color(color), band, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(box.adjusted(half, half, -half, -half))
    painter.setPen(QPen(theme.color("zone_edge"), theme.zone_edge_px))
    painter.drawRect(box)


_USUAL_M_PX = 60.0


_T = _TILE_PX
_H = _TILE_PX / 2
_Line = tuple[tuple[float, float], tuple[float, float]]
_RISING: tuple[_Line, ...] = (
    ((-_T, _T), (_T, -_T)),
    ((0, _T), (_T, 0)),
    ((0, 2 * _T), (2 * _T, 0)),
)
_FALLING: tuple[_Line, ...] = (
    ((0, 0), (_T, _T)),
    ((-_T, 0), (_T, 2 * _T)),
    ((0, -_T), (2 * _T, _T)),
)
_LEVEL: tuple[_Line, ...] = (((0, _H), (_T, _H)),)
_UPRIGHT: tuple[_Line, ...] = (((_H, 0), (_H, _T)),)
_LINES: dict[str, tuple[_Line, ...]] = {
    "rising": _RISING,
    "falling": _FALLING,
    "level": _LEVEL,
    "upright": _UPRIGHT,
    "squares": _LEVEL + _UPRIGHT,
    "diamonds": _RISING + _FALLING,
}
