"""Box and lasso: what lies inside goes to the target zone."""

from PySide6.QtCore import QPoint
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.ui.canvas.tools.giving import Giving
from zoneplanner.ui.canvas.tools.tool import Surface

STEP_PX = 4


class Fence(Giving):
    """Takes the sites inside a line drawn by hand; where there is none, the blocks inside."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.corners: list[QPoint] = []

    def press(self, at: QPoint) -> None:
        """Begin the line."""
        self.corners = [at] if self.begin() is not None else []

    def move(self, at: QPoint) -> None:
        """Go on with the line; what is inside is shown at once."""
        if self.painting is None or not self.extend(at):
            return
        self._take()
        points = [self.point(corner) for corner in self.outline()]
        self.sketch.draw(self.surface.map.m_px, line=points, closed=True, dashed=True)
        self.tell(at)

    def release(self, at: QPoint) -> None:
        """Close the line and keep what is inside."""
        if self.painting is not None:
            if self.extend(at):
                self._take()
            self.finish()

    def extend(self, at: QPoint) -> bool:
        """Draw to a place; tell whether the line changed."""
        raise NotImplementedError

    def outline(self) -> list[QPoint]:
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
        area = Polygon([self.metres(corner) for corner in corners])
        return area if area.is_valid else area.buffer(0)


class Box(Fence):
    """A rectangle from corner to corner."""

    nothing = "Nothing lies in the box; draw it around schools, or around blocks without one."

    def extend(self, at: QPoint) -> bool:
        """Move the far corner."""
        if self.corners[-1] == at:
            return False
        self.corners = [self.corners[0], at]
        return True

    def outline(self) -> list[QPoint]:
        """Return the four corners."""
        if len(self.corners) < 2:
            return []
        one, other = self.corners
        return [one, QPoint(other.x(), one.y()), other, QPoint(one.x(), other.y())]


class Lasso(Fence):
    """A line drawn by hand, closed by itself."""

    nothing = "Nothing lies in the lasso; draw it around schools, or around blocks without one."

    def extend(self, at: QPoint) -> bool:
        """Draw on once the pointer has gone a little way."""
        if (at - self.corners[-1]).manhattanLength() < STEP_PX:
            return False
        self.corners.append(at)
        return True

    def outline(self) -> list[QPoint]:
        """Return the line's points."""
        return self.corners
