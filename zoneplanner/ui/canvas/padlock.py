"""The padlock that stands beside the number of a locked zone."""

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from zoneplanner.ui.canvas.lettering import TextImage, TextStyle

_PADLOCK_SHARE = 0.62
"""Height of the padlock as a share of the number's."""


def render_padlock(style: TextStyle, ratio: float) -> TextImage:
    """Return a padlock in the colour and with the halo of a number of this style."""
    high = style.size_px * _PADLOCK_SHARE
    wide, pad = high * 0.72, style.halo_px + 1
    pixmap = QPixmap(math.ceil((wide + 2 * pad) * ratio), math.ceil((high + 2 * pad) * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    body = QPainterPath()
    body.addRoundedRect(QRectF(pad, pad + high * 0.44, wide, high * 0.56), 1.5, 1.5)
    shackle = QPainterPath()
    arch = QRectF(pad + wide * 0.2, pad + high * 0.06, wide * 0.6, high * 0.72)
    shackle.arcMoveTo(arch, 0)
    shackle.arcTo(arch, 0, 180)
    painter = QPainter(pixmap)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thick = high * 0.13
        halo, ink = QColor(style.halo), QColor(style.colour)
        painter.strokePath(shackle, QPen(halo, thick + 2 * style.halo_px))
        painter.strokePath(body, QPen(halo, 2 * style.halo_px, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shackle, QPen(ink, thick))
        painter.fillPath(body, ink)
    finally:
        painter.end()
    return TextImage(pixmap, pixmap.width() / ratio, pixmap.height() / ratio)
