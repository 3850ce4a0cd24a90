"""From site to site on the map by keys."""

from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.tools.keys import WAYS
from zoneplanner.ui.kit.bridge import Bridge, Selection

_EDGE_PX = 48
_PANNING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Steppable(Protocol):
    """A map with sites of which one can be selected."""

    bridge: Bridge
    map: MapScene

    def viewport(self) -> QWidget: ...

    def mapToScene(self, point: QPoint) -> QPointF: ...

    def mapFromScene(self, point: QPointF) -> QPoint: ...

    def pan_by(self, by: QPoint) -> None: ...


def take_step(view: _Steppable, event: QKeyEvent) -> bool:
    """Go to the next site by an arrow, to the first one by Enter; tell whether it was meant so.

    An arrow with Shift or Ctrl is left to the map, which pans.
    """
    key = Qt.Key(event.key())
    if key in ENTER:
        return _start(view)
    if key in WAYS and not event.modifiers() & _PANNING:
        return _step(view, WAYS[key])
    return False


def _step(view: _Steppable, way: tuple[int, int]) -> bool:
    """Select the next site in a direction; tell whether there was one to start from."""
    start = view.bridge.selection.site
    if start is None:
        return False
    site = view.map.site_toward(start, way)
    if site is not None:
        _choose(view, site)
    return True


def _start(view: _Steppable) -> bool:
    """Select the site nearest to the middle where nothing is selected."""
    if view.bridge.selection != Selection():
        return False
    site = view.map.nearest_site(view.mapToScene(view.viewport().rect().center()))
    if site is not None:
        _choose(view, site)
    return site is not None


def _choose(view: _Steppable, site: str) -> None:
    """Select a site and move the map as far as it takes to see it."""
    view.bridge.select(site=site)
    at = view.mapFromScene(view.map.sites[site].pos())
    room = view.viewport().rect().adjusted(_EDGE_PX, _EDGE_PX, -_EDGE_PX, -_EDGE_PX)
    inside = QPoint(
        min(max(at.x(), room.left()), room.right()),
        min(max(at.y(), room.top()), room.bottom()),
    )
    if inside != at:
        view.pan_by(at - inside)
