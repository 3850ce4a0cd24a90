"""Painting by hand: pictures made once, colors let through, and the plates that text stands on."""

import math
from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX


def render_picture(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> QPixmap:
    """Draw a picture on nothing; ``ratio`` is the screen's device pixels to a pixel."""
    picture = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter)
    return picture


def fade_color(color: QColor | str, share: float) -> QColor:
    """Return a color that covers what is below it by ``share`` (0 to 1) only."""
    faded = QColor(color)
    faded.setAlphaF(share)
    return faded


def draw_plate(painter: QPainter, box: QRectF, ground: QColor, rim: QColor) -> None:
    """Draw the rounded plate of a card or legend; its rim lies on whole pixels."""
    painter.setPen(rim)
    painter.setBrush(ground)
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(inner, CORNER_RADIUS_PX, CORNER_RADIUS_PX)


def is_led_to_by_keys(widget: QWidget) -> bool:
    """Tell whether keys led to a widget: the focus also comes when another part is hidden."""
    by_keys = Qt.WidgetAttribute.WA_KeyboardFocusChange
    return widget.hasFocus() and widget.window().testAttribute(by_keys)


def draw_focus_rim(widget: QWidget, around: QRect) -> None:
    """Draw a rim of two pixels in the accent right within a part of a widget."""
    with QPainter(widget) as painter:
        painter.setPen(widget.palette().color(QPalette.ColorRole.Accent))
        for inset in (0, 1):
            painter.drawRect(around.adjusted(inset, inset, -inset - 1, -inset - 1))
