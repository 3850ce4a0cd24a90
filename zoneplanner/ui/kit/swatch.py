"""A square in a zone's colour, for lists and combo boxes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from zoneplanner.domain.palette import zone_colour

_SIDE_PX = 16
_SCALE = 2


def make_swatch_icon(place: int) -> QIcon:
    """Return the swatch of a zone by its place in the palette, the same where it is shut."""
    picture = QPixmap(_SIDE_PX * _SCALE, _SIDE_PX * _SCALE)
    picture.setDevicePixelRatio(_SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(zone_colour(place)))
    painter.drawRoundedRect(2, 2, _SIDE_PX - 4, _SIDE_PX - 4, 3, 3)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Disabled)
    return icon
