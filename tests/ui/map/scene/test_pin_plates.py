"""The plate beside a call's pin is never cut off by the map's edge."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QApplication, QGraphicsScene

from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.ui.map.scene.calls import CallItem, CallLayer, CallMark
from zoneplanner.ui.map.scene.drawing import SceneTransform
from zoneplanner.ui.widgets.style.theme import THEMES


def test_a_plate_covers_a_zone_number_rather_than_being_cut_off(
    looks: QApplication,
) -> None:
    layer = CallLayer(QGraphicsScene(), SceneTransform(0.0, 0.0), THEMES["light"])
    units = (("S1", UnitState.DISPATCHED),)
    layer.show([CallMark("call", 0.0, 0.0, 3, "42 min", units, chosen=True)], [])
    (item,) = layer.items.values()
    assert isinstance(item, CallItem)
    edge = (QPointF(0, 0), QRectF(-50, -400, 1, 800))
    numbers = np.array([[14.0, -70.0, 90.0, 10.0]])
    layer.arrange(1.0, [edge], [], numbers)
    assert item.plate is not None and item.plate.left() > -49
