"""From site to site on the map by keys."""

from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.tools.keys import ARROW_DIRECTIONS
from zoneplanner.ui.kit.bridge import Selection, SessionBridge

_EDGE_PX = 48
_PAN_MODIFIERS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
_ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _SteppableMap(Protocol):
    """A map with sites of which one can be selected."""

    bridge: SessionBridge
    map: MapScene

    def viewport(self) -> QWidget: ...

    def mapToScene(self, point: QPoint) -> QPointF: ...

    def mapFromScene(self, point: QPointF) -> QPoint: ...

    def pan_by(self, by: QPoint) -> None: ...


def _handle_site_key(view: _SteppableMap, event: QKeyEvent) -> bool:
    """Go to the next site by an arrow, to the first one by Enter; tell whether it was meant so.

    An arrow with Shift or Ctrl is left to the map, which pans.
    """
    key = Qt.Key(event.key())
    if key in _ENTER_KEYS:
        return _select_first_site(view)
    if key in ARROW_DIRECTIONS and not event.modifiers() & _PAN_MODIFIERS:
        return _select_next_site(view, ARROW_DIRECTIONS[key])
    return False


def _select_next_site(view: _SteppableMap, way: tuple[int, int]) -> bool:
    """Select the next site in a direction; tell whether there was one to start from."""
    start = view.bridge.selection.site
    if start is None:
        return False
    site = view.map.site_toward(start, way)
    if site is not None:
        _select_and_reveal(view, site)
    return True


def _select_first_site(view: _SteppableMap) -> bool:
    """Select the site nearest to the middle where nothing is selected."""
    if view.bridge.selection != Selection():
        return False
    site = view.map.nearest_site(view.mapToScene(view.viewport().rect().center()))
    if site is not None:
        _select_and_reveal(view, site)
    return site is not None


def _select_and_reveal(view: _SteppableMap, site: str) -> None:
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
