"""The brush: what it goes over goes to the target zone."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from shapely import LineString

from zoneplanner.analysis.ground import AssignableArea
from zoneplanner.app.strokes import find_spot_zones
from zoneplanner.ui.canvas.tools.giving import StrokeTool

_RADII_PX = (0.0, 14.0, 28.0, 56.0, 112.0)
"""The first is a pen that takes the one block under it."""


class BrushTool(StrokeTool):
    """Takes every block under the ring between press and release, and the sites in it."""

    nothing = "The brush met no block; brush over the blocks of the district."
    _last: tuple[float, float] = (0.0, 0.0)

    def press(self, at: QPoint) -> None:
        """Dip in."""
        self._last = self.metres(at)
        if self.begin() is not None:
            self._go(at)

    def move(self, at: QPoint) -> None:
        """Go over the blocks between here and the last place."""
        if self.painting is not None:
            self._go(at)

    def release(self, at: QPoint) -> None:
        """Keep the stroke."""
        if self.painting is not None:
            self._go(at)
            self.finish()
            self.hover(at)

    def hover(self, at: QPoint) -> None:
        """Show how far the brush reaches."""
        self.surface.map.hover(None)
        self.surface.furniture.card.hide()
        here = self.metres(at)
        self._ring(at, [spot for spot in self._under(here, here) if not self._has(spot)])

    def _go(self, at: QPoint) -> None:
        painting = self.painting
        if painting is not None:
            here = self.metres(at)
            painting.take(spots=self._under(self._last, here))
            self._last = here
            self._ring(at, ())
            self.tell(at)

    def _under(
        self, start: tuple[float, float], end: tuple[float, float]
    ) -> tuple[AssignableArea, ...]:
        ground = self.surface.ground()
        reach_m = self._radius_px * self.surface.map.m_px
        path = LineString([start, end])
        if reach_m:
            return ground.under(path.buffer(reach_m, quad_segs=6))
        if start != end:
            return ground.under(path)
        spot = ground.at(*end)
        return (spot,) if spot is not None else ()

    def _ring(self, at: QPoint, spots: Sequence[AssignableArea]) -> None:
        radius = max(self._radius_px, 3.0)
        ring = (self.point(at), radius)
        self.sketch.draw(self.surface.map.m_px, areas=self.outlines(spots), ring=ring)

    def _has(self, spot: AssignableArea) -> bool:
        """Tell whether the target zone has a spot already."""
        plan, target = self.surface.session.plan, self.surface.toolbox.target
        return plan is None or find_spot_zones(plan, self.surface.ground(), spot) == {target}

    @property
    def _radius_px(self) -> float:
        return _RADII_PX[self.surface.toolbox.size - 1]
