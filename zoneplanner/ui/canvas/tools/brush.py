"""The brush: what it goes over goes to the target zone."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from shapely import LineString

from zoneplanner.analysis.ground import Spot
from zoneplanner.app.strokes import block_zones
from zoneplanner.ui.canvas.tools.giving import Giving

RADII_PX = (0.0, 14.0, 28.0, 56.0, 112.0)
"""The first is a pen that takes the one block under it."""


class Brush(Giving):
    """Takes every block under the ring between press and release, and the sites in it."""

    nothing = "The brush met no block; brush over the blocks of the district."
    _last = QPoint()

    def press(self, at: QPoint) -> None:
        """Dip in."""
        self._last = at
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
        self._ring(at, [spot for spot in self._under(at, at) if not self._has(spot)])

    def _go(self, at: QPoint) -> None:
        painting = self.painting
        if painting is not None:
            painting.take(spots=self._under(self._last, at))
            self._last = at
            self._ring(at, ())
            self.tell(at)

    def _under(self, start: QPoint, end: QPoint) -> tuple[Spot, ...]:
        ground = self.surface.ground()
        path = LineString([self.metres(start), self.metres(end)])
        reach_m = self._radius_px * self.surface.map.m_px
        if not reach_m:
            spot = ground.at(*path.coords[-1])
            return ground.under(path) if start != end else (spot,) if spot is not None else ()
        return ground.under(path.buffer(reach_m, quad_segs=6))

    def _ring(self, at: QPoint, spots: Sequence[Spot]) -> None:
        radius = max(self._radius_px, 3.0)
        ring = (self.point(at), radius)
        self.sketch.draw(self.surface.map.m_px, areas=self.outlines(spots), ring=ring)

    def _has(self, spot: Spot) -> bool:
        """Tell whether the target zone has a spot already."""
        plan, target = self.surface.session.plan, self.surface.toolbox.target
        return plan is None or block_zones(plan, self.surface.ground(), spot) == {target}

    @property
    def _radius_px(self) -> float:
        return RADII_PX[self.surface.toolbox.size - 1]
