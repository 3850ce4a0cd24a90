"""What every tool is to the map, and what the map is to every tool."""

from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt, SignalInstance
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from zoneplanner.analysis.geometry.land_index import LandIndex
from zoneplanner.app.session.session import Session
from zoneplanner.ui.map.overlays.map_overlays import MapOverlays
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.tools.rubber_band import RubberBand
from zoneplanner.ui.map.tools.toolbox import Toolbox
from zoneplanner.ui.widgets.services.session_bridge import SessionBridge
from zoneplanner.ui.widgets.style.theme import Theme


class MapSurface(Protocol):
    """The map as a tool sees it."""

    session: Session
    bridge: SessionBridge
    theme: Theme
    map: MapScene
    overlays: MapOverlays
    toolbox: Toolbox
    refused: SignalInstance
    notice: SignalInstance
    gesture_text: SignalInstance
    note_asked: SignalInstance
    planned_asked: SignalInstance
    pin_asked: SignalInstance

    def viewport(self) -> QWidget: ...

    def mapToScene(self, point: QPoint) -> QPointF: ...

    def pan(self, by: QPoint) -> None: ...

    def click(self, at: QPoint, site: str | None) -> None: ...

    def site_at(self, at: QPoint) -> str | None: ...

    def hover_site(self, at: QPoint) -> str | None: ...

    def ground(self) -> LandIndex: ...


class MapTool:
    """One thing that the left button does. Places are pixels of the viewport.

    A tool holds the map by a weak reference: the map owns the tools.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, surface: MapSurface) -> None:
        self.surface = surface
        self._sketch: RubberBand | None = None

    @property
    def active(self) -> bool:
        """True in the middle of a gesture."""
        return False

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the gesture by another hand."""
        return False

    def press(self, at: QPoint) -> None:
        """Begin."""

    def move(self, at: QPoint) -> None:
        """Go on with the button down."""

    def release(self, at: QPoint) -> None:
        """End."""

    def double(self, at: QPoint) -> bool:
        """Take a double click, which is a second press; False leaves it to the map's zoom."""
        self.press(at)
        return True

    def enter(self) -> bool:
        """Take the Enter key; tell whether it meant anything."""
        return False

    def hover(self, at: QPoint) -> None:
        """Tell what is under the pointer."""
        self.surface.hover_site(at)

    def clear_feedback(self) -> None:
        """Take away what follows the pointer."""

    def cancel(self) -> bool:
        """Give up what is under way; tell whether there was anything."""
        return False

    @property
    def sketch(self) -> RubberBand:
        """What is drawn over the map while the tool is in use."""
        if self._sketch is None or not isValid(self._sketch):
            self._sketch = RubberBand(self.surface.theme.text, self.surface.theme.land)
            self.surface.map.addItem(self._sketch)
        return self._sketch

    def remove_sketch(self) -> None:
        """Take the sketch off the map; what went with an earlier map is gone already."""
        if self._sketch is not None:
            self.surface.map.remove_tool_item(self._sketch)
            self._sketch = None

    def point(self, at: QPoint) -> QPointF:
        """Return a place in the scene."""
        return self.surface.mapToScene(at)

    def meters(self, at: QPoint) -> tuple[float, float]:
        """Return a place in project meters."""
        return self.surface.map.frame.to_project_m(self.point(at))
