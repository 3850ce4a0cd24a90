"""A place on a map that outlives the map: project metres and scale."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF

from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.navigation import PanZoomView
from zoneplanner.ui.canvas.shapes import SceneTransform


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The middle in metres of the project's CRS and the scale; ``whole`` is all of the district."""

    x_m: float
    y_m: float
    m_px: float
    whole: bool = False


class _GeoreferencedScene(Protocol):
    """A scene that says where it lies in the project's CRS."""

    frame: SceneTransform


def get_viewpoint(view: PanZoomView, scene: _GeoreferencedScene) -> Viewpoint:
    """Return where a view of a scene looks."""
    x_m, y_m = scene.frame.metres(camera.get_visible_rect(view).center())
    return Viewpoint(x_m, y_m, camera.get_m_px(view), view.whole)


def set_viewpoint(view: PanZoomView, scene: _GeoreferencedScene, place: Viewpoint) -> None:
    """Let a view look at a place, with the map arranged for it."""
    if place.whole:
        view.fit()
        return
    view.whole = False
    middle: QPointF = scene.frame.point(place.x_m, place.y_m)
    camera.center_view(view, middle, place.m_px)
    view.looked(zoomed=True)
