"""Box and lasso: what lies inside goes to the target zone."""

import shapely
from PySide6.QtCore import QPoint, QPointF
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.ui.canvas.tools.giving import StrokeTool
from zoneplanner.ui.canvas.tools.tool import MapSurface

_STEP_PX = 4


class _AreaTool(StrokeTool):
    """Takes the sites inside a line drawn by hand; where there is none, the blocks inside."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.corners: list[QPointF] = []

    def press(self, at: QPoint) -> None:
        """Begin the line."""
        self.corners = [self.point(at)] if self.begin() is not None else []

    def move(self, at: QPoint) -> None:
        """Go on with the line; what is inside is shown at once."""
        if self.painting is None or not self.extend(self.point(at)):
            return
        self._take()
        line = self.outline()
        self.sketch.draw(self.surface.map.m_px, line=line, closed=True, dashed=True)
        self.tell(at)

    def release(self, at: QPoint) -> None:
        """Close the line and keep what is inside."""
        if self.painting is not None:
            if self.extend(self.point(at)):
                self._take()
            self.finish()

    def extend(self, to: QPointF) -> bool:
        """Draw to a place; tell whether the line changed."""
        raise NotImplementedError

    def outline(self) -> list[QPointF]:
        """Return the corners of the area."""
        raise NotImplementedError

    def _take(self) -> None:
        painting, ground, area = self.painting, self.surface.ground(), self._area()
        if painting is None or area is None:
            return
        sites = ground.sites_in(area)
        painting.put(sites=sites, spots=() if sites else ground.free_in(area))

    def _area(self) -> BaseGeometry | None:
        corners = self.outline()
        if len(corners) < 3:
            return None
        frame = self.surface.map.frame
        area = Polygon([frame.metres(corner) for corner in corners])
        return area if area.is_valid else _fill_loops(area)


class BoxTool(_AreaTool):
    """A rectangle from corner to corner."""

    nothing = "Nothing lies in the box; draw it around schools, or around blocks without one."

    def extend(self, to: QPointF) -> bool:
        """Move the far corner."""
        if self.corners[-1] == to:
            return False
        self.corners = [self.corners[0], to]
        return True

    def outline(self) -> list[QPointF]:
        """Return the four corners."""
        if len(self.corners) < 2:
            return []
        one, other = self.corners
        return [one, QPointF(other.x(), one.y()), other, QPointF(one.x(), other.y())]


class LassoTool(_AreaTool):
    """A line drawn by hand, closed by itself."""

    nothing = "Nothing lies in the lasso; draw it around schools, or around blocks without one."

    def extend(self, to: QPointF) -> bool:
        """Draw on once the pointer has gone a little way."""
        if (to - self.corners[-1]).manhattanLength() < _STEP_PX * self.surface.map.m_px:
            return False
        self.corners.append(to)
        return True

    def outline(self) -> list[QPointF]:
        """Return the line's points."""
        return self.corners


def _fill_loops(area: Polygon) -> BaseGeometry:
    """Return all that lies within any loop of a line that crosses itself."""
    noded = shapely.unary_union(area.exterior)
    return shapely.unary_union(shapely.polygonize([noded]))
