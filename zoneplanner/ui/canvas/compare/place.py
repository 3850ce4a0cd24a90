"""A place on a map that outlives the map: project metres and scale."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF

from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.navigation import Navigation
from zoneplanner.ui.canvas.shapes import Frame


@dataclass(frozen=True, slots=True)
class Place:
    """The middle in metres of the project's CRS and the scale; ``whole`` is all of the district."""

    x_m: float
    y_m: float
    m_px: float
    whole: bool = False


class _Framed(Protocol):
    """A scene that says where it lies in the project's CRS."""

    frame: Frame


def place_of(view: Navigation, scene: _Framed) -> Place:
    """Return where a view of a scene looks."""
    x_m, y_m = scene.frame.metres(camera.window(view).center())
    return Place(x_m, y_m, camera.m_px(view), view.whole)


def go_to(view: Navigation, scene: _Framed, place: Place) -> None:
    """Let a view look at a place, with the map arranged for it."""
    if place.whole:
        view.fit()
        return
    view.whole = False
    middle: QPointF = scene.frame.point(place.x_m, place.y_m)
    camera.look_at(view, middle, place.m_px)
    view.looked(zoomed=True)
