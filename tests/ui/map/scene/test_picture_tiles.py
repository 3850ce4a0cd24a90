"""Tiles of the previous scale are shown until new ones load, and never through them."""

import time

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView
from pytestqt.qtbot import QtBot

from zoneplanner.ui.map.scene.picture_tiles import PictureTiles

SIDE = 1000
TILE_PX = 256


@pytest.mark.parametrize("zoom", [2.2, 0.7])
def test_tiles_of_the_previous_scale_do_not_show_through_new_ones(
    qtbot: QtBot, zoom: float
) -> None:
    painted: list[QRectF] = []

    def paint(painter: QPainter, world: QTransform, place: QRectF) -> None:
        """Fill tiles at the first scale; leave those at another empty, slowly."""
        if world.m11() == 1:
            painter.fillRect(0, 0, TILE_PX, TILE_PX, QColor("red"))
        else:
            painted.append(place)
            time.sleep(0.02)  # a tile a slice, so that some are there and some to come

    rect = QRectF(-SIDE, -SIDE, 2 * SIDE, 2 * SIDE)
    scene = QGraphicsScene(rect)
    scene.addItem(PictureTiles(rect, 0, paint))
    view = QGraphicsView(scene)
    qtbot.addWidget(view)
    view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
    for set_policy in (view.setHorizontalScrollBarPolicy, view.setVerticalScrollBarPolicy):
        set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.resize(700, 700)
    view.show()
    qtbot.waitExposed(view)
    assert view.grab().toImage().pixelColor(350, 350) == QColor("red")
    view.scale(zoom, zoom)
    assert view.grab().toImage().pixelColor(350, 350) == QColor("red")  # stretched meanwhile
    qtbot.waitUntil(lambda: bool(painted))
    there = painted[:]
    picture = view.grab().toImage()
    seen = view.mapToScene(view.viewport().rect()).boundingRect()
    for place in there:
        spot = view.mapFromScene(place.intersected(seen).center())
        assert picture.pixelColor(spot) != QColor("red"), place
