"""Tools of one click: give what is there, give it with its neighbours, pick a zone."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from zoneplanner.analysis.ground import AssignableArea
from zoneplanner.app.strokes import list_flooded_sites
from zoneplanner.ui.canvas.painting import AssignGesture
from zoneplanner.ui.canvas.shapes import build_painter_path
from zoneplanner.ui.canvas.tools.giving import MAX_OUTLINED, StrokeTool
from zoneplanner.ui.canvas.tools.tool import MapSurface, MapTool

FLOOD_STEPS = (
    (1, "1 border"),
    (2, "2 borders"),
    (3, "3 borders"),
    (5, "5 borders"),
    (10_000, "all of the zone"),
)
"""How far a flood goes at each size, and how that is called."""


class AssignTool(StrokeTool):
    """Gives the site, or the block without a site, that is clicked; a drag pans the map."""

    cursor = Qt.CursorShape.PointingHandCursor
    nothing = "There is no school and no block there; click inside the district."

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._start: QPoint | None = None
        self._last = QPoint()
        self._panning = False

    def press(self, at: QPoint) -> None:
        """Begin a click."""
        self._start, self._last, self._panning = at, at, False

    def move(self, at: QPoint) -> None:
        """Pan where the hand goes away from where it pressed."""
        if self._start is None:
            return
        far = (at - self._start).manhattanLength() >= QApplication.startDragDistance()
        if far or self._panning:
            self._panning = True
            self.surface.pan(self._last - at)
            self._last = at

    def release(self, at: QPoint) -> None:
        """Give what is there."""
        start, self._start = self._start, None
        if start is None or self._panning:
            return
        painting = self.begin()
        if painting is not None:
            self.give(painting, start)
            self.finish()
        self.hover(at)

    def cancel(self) -> bool:
        """Forget the press."""
        pressed, self._start = self._start is not None, None
        return super().cancel() or pressed

    def hover(self, at: QPoint) -> None:
        """Outline what a click would give."""
        site = self.surface.hover_site(at)
        spot = None if site is not None else self.spot(at)
        spots = [spot] if spot is not None else []
        self.sketch.draw(self.surface.map.m_px, areas=self.outlines(spots))

    def give(self, painting: AssignGesture, at: QPoint) -> None:
        """Take the site at a place, else the block."""
        site, spot = self.surface.site_at(at), self.spot(at)
        if site is not None:
            painting.take(sites=[site])
        elif spot is not None:
            painting.take(spots=[spot])

    def spot(self, at: QPoint) -> AssignableArea | None:
        """Return the block at a place."""
        return self.surface.ground().at(*self.metres(at))


class FloodTool(AssignTool):
    """Gives the cell that is clicked and the cells of its zone around it, so many borders far."""

    nothing = "There is no school's area there; click inside the district."

    def give(self, painting: AssignGesture, at: QPoint) -> None:
        """Take the cells around a place."""
        painting.take(sites=self._reached(at))

    def hover(self, at: QPoint) -> None:
        """Outline the cells that a click would give."""
        self.surface.hover_site(at)
        cells = self.surface.ground().cells
        frame = self.surface.map.frame
        vertices = {cells.vertex_of[site] for site in self._reached(at)}
        few = sorted(vertices) if len(vertices) <= MAX_OUTLINED else []
        areas = [
            ring
            for v in few
            for ring in build_painter_path(cells.areas[v], frame).toSubpathPolygons()
        ]
        self.sketch.draw(self.surface.map.m_px, areas=areas)

    def _reached(self, at: QPoint) -> tuple[str, ...]:
        plan, ground = self.surface.session.plan, self.surface.ground()
        site, spot = self.surface.site_at(at), self.spot(at)
        start = ground.cells.vertex_of.get(site or "", spot.vertices[0] if spot else None)
        if plan is None or start is None:
            return ()
        return list_flooded_sites(
            plan, ground, start, FLOOD_STEPS[self.surface.toolbox.size - 1][0]
        )


class PickZoneTool(MapTool):
    """Makes the zone that is clicked the target and goes on with the tool from before."""

    cursor = Qt.CursorShape.PointingHandCursor

    def release(self, at: QPoint) -> None:
        """Pick the zone there."""
        zone = self.surface.map.zone_at(self.point(at))
        site = self.surface.site_at(at)
        plan = self.surface.session.plan
        if site is not None and plan is not None:
            zone = plan.assignment.get(site, zone)
        if zone is None:
            self.surface.refused.emit("There is no zone there; click one to make it the target.")
        else:
            self.surface.toolbox.picked(zone)
