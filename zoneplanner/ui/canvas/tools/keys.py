"""What the keys do on the map."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QPoint, Qt

_PAN_PX = 80
_ZOOM = 1.5


class _PanZoom(Protocol):
    """A map that can be looked at from elsewhere."""

    def fit(self) -> None: ...

    def zoom_by(self, factor: float) -> None: ...

    def pan_by(self, by: QPoint) -> None: ...


VIEW_KEYS: Mapping[Qt.Key, Callable[[_PanZoom], None]] = {
    Qt.Key.Key_Plus: lambda view: view.zoom_by(_ZOOM),
    Qt.Key.Key_Equal: lambda view: view.zoom_by(_ZOOM),
    Qt.Key.Key_Minus: lambda view: view.zoom_by(1 / _ZOOM),
    Qt.Key.Key_0: lambda view: view.fit(),
    Qt.Key.Key_Left: lambda view: view.pan_by(QPoint(-_PAN_PX, 0)),
    Qt.Key.Key_Right: lambda view: view.pan_by(QPoint(_PAN_PX, 0)),
    Qt.Key.Key_Up: lambda view: view.pan_by(QPoint(0, -_PAN_PX)),
    Qt.Key.Key_Down: lambda view: view.pan_by(QPoint(0, _PAN_PX)),
}

ARROW_DIRECTIONS: Mapping[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""The arrows as steps on the screen, to the right and down; with Shift or Ctrl they pan."""
