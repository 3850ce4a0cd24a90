"""What the tools have in common that give sites and blocks to the target zone."""

from collections.abc import Sequence

import shapely
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QApplication
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shiboken6 import isValid

from zoneplanner.analysis.geometry.land_index import AssignableArea
from zoneplanner.app.plans.manual_assignment import find_spot_zones, list_flooded_sites
from zoneplanner.errors import UserError
from zoneplanner.ui.map.edit_gestures import AssignGesture
from zoneplanner.ui.map.scene.drawing import build_painter_path
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, TARGET_ZONE
from zoneplanner.ui.map.tools.tool import MapSurface, MapTool

_MAX_OUTLINED = 40


class _StrokeTool(MapTool):
    """A stroke from press to release, with the card beside the pointer and a sketch on the map."""

    nothing = "There is nothing there."

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.painting: AssignGesture | None = None

    @property
    def active(self) -> bool:
        """True in the middle of a stroke."""
        return self.painting is not None

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the stroke."""
        painting = self.painting
        return painting is not None and not painting.is_current

    def clear_feedback(self) -> None:
        """Take the sketch off the map."""
        self.remove_sketch()

    def cancel(self) -> bool:
        """Leave everything as it was before the stroke."""
        painting = self.painting
        self._end()
        if painting is not None:
            painting.cancel()
        return painting is not None

    def begin(self) -> AssignGesture | None:
        """Start a stroke for the target zone; a refusal is shown, and None is returned."""
        toolbox = self.surface.toolbox
        try:
            self.painting = AssignGesture(
                self.surface.session, self.surface.ground(), toolbox.target, toolbox.source
            )
        except UserError as error:
            self.surface.refused.emit(error.notice)
            return None
        self.surface.map.hover(None)
        barred = dict.fromkeys(self.painting.barred, DIMMED_ZONE)
        self.surface.map.highlight_zones({**barred, self.painting.target_zone: TARGET_ZONE})
        return self.painting

    def finish(self) -> None:
        """Keep the stroke and tell what it did, or why nothing moves."""
        painting = self.painting
        self._end()
        if painting is None:
            return
        try:
            text = painting.keep()
        except UserError as error:
            self.surface.refused.emit(error.notice)
            return
        if painting.stroke.takes:
            self.surface.notice.emit(text)
        else:
            self.surface.refused.emit(text or self.nothing)

    def show_card(self, at: QPoint) -> None:
        """Show beside the pointer what the stroke does so far."""
        painting, card = self.painting, self.surface.overlays.card
        if painting is None:
            return
        if painting.stroke.takes:
            others = painting.others()
            more = f"Also from {', '.join(others)}." if others else ""
            notes = [text for text in (painting.unchanged_text, *painting.warnings()) if text]
            title = f"{painting.name} → {painting.target_zone}"
            card.show_move(title, painting.changes(), notes, at, more=more)
        elif painting.unchanged_text:
            card.show_refusal(
                f"Nothing moves to {painting.target_zone}", painting.unchanged_text, at
            )
        else:
            card.hide()
        self.surface.gesture_text.emit(painting.text())

    def outlines(self, areas: Sequence[BaseGeometry]) -> list[QPolygonF]:
        """Return the outlines of areas, none where they are too many to be told apart."""
        frame = self.surface.map.frame
        if len(areas) > _MAX_OUTLINED:
            return []
        return [
            ring for area in areas for ring in build_painter_path(area, frame).toSubpathPolygons()
        ]

    def _end(self) -> None:
        under_way, self.painting = self.painting, None
        if self._sketch is not None and isValid(self._sketch):
            self._sketch.clear()
        if under_way is not None:
            self.surface.map.highlight_zones({})
            self.surface.overlays.card.hide()
            self.surface.gesture_text.emit("")


FLOOD_STEPS = (
    (1, "1 border"),
    (2, "2 borders"),
    (3, "3 borders"),
    (5, "5 borders"),
    (10_000, "the whole zone"),
)
"""How far a flood goes at each size, and how that is called."""


class AssignTool(_StrokeTool):
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
        areas = [spot.area] if spot is not None else []
        self.sketch.show_shapes(self.surface.map.m_px, areas=self.outlines(areas))

    def give(self, painting: AssignGesture, at: QPoint) -> None:
        """Take the site at a place, else the block."""
        site, spot = self.surface.site_at(at), self.spot(at)
        if site is not None:
            painting.take(sites=[site])
        elif spot is not None:
            painting.take(spots=[spot])

    def spot(self, at: QPoint) -> AssignableArea | None:
        """Return the block at a place."""
        return self.surface.ground().find_area_at(*self.meters(at))


class FloodTool(AssignTool):
    """Gives the cell that is clicked and the cells of its zone around it, so many borders far."""

    nothing = "No school's area is there; click inside the district."

    def give(self, painting: AssignGesture, at: QPoint) -> None:
        """Take the cells around a place."""
        painting.take(sites=self._reached(at))

    def hover(self, at: QPoint) -> None:
        """Outline the cells that a click would give."""
        self.surface.hover_site(at)
        cells = self.surface.ground().cells
        vertices = sorted({cells.vertex_of[site] for site in self._reached(at)})
        areas = self.outlines([cells.areas[vertex] for vertex in vertices])
        self.sketch.show_shapes(self.surface.map.m_px, areas=areas)

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


_RADII_PX = (0.0, 14.0, 28.0, 56.0, 112.0)
"""The first is a pen that takes the one block under it."""


class BrushTool(_StrokeTool):
    """Takes every block under the ring between press and release, and the sites in it."""

    nothing = "The brush touched no block; brush over the blocks of the district."
    _last: tuple[float, float] = (0.0, 0.0)

    def press(self, at: QPoint) -> None:
        """Dip in."""
        self._last = self.meters(at)
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
        self.surface.overlays.card.hide()
        here = self.meters(at)
        self._ring(at, [spot for spot in self._under(here, here) if not self._has(spot)])

    def _go(self, at: QPoint) -> None:
        painting = self.painting
        if painting is not None:
            here = self.meters(at)
            painting.take(spots=self._under(self._last, here))
            self._last = here
            self._ring(at, ())
            self.show_card(at)

    def _under(
        self, start: tuple[float, float], end: tuple[float, float]
    ) -> tuple[AssignableArea, ...]:
        ground = self.surface.ground()
        reach_m = self._radius_px * self.surface.map.m_px
        path = LineString([start, end])
        if reach_m:
            return ground.find_areas_touching(path.buffer(reach_m, quad_segs=6))
        if start != end:
            return ground.find_areas_touching(path)
        spot = ground.find_area_at(*end)
        return (spot,) if spot is not None else ()

    def _ring(self, at: QPoint, spots: Sequence[AssignableArea]) -> None:
        radius = max(self._radius_px, 3.0)
        ring = (self.point(at), radius)
        self.sketch.show_shapes(
            self.surface.map.m_px, areas=self.outlines([spot.area for spot in spots]), ring=ring
        )

    def _has(self, spot: AssignableArea) -> bool:
        """Tell whether the target zone has a spot already."""
        plan, target = self.surface.session.plan, self.surface.toolbox.target
        return plan is None or find_spot_zones(plan, self.surface.ground(), spot) == {target}

    @property
    def _radius_px(self) -> float:
        return _RADII_PX[self.surface.toolbox.size - 1]


_STEP_PX = 4


class _AreaTool(_StrokeTool):
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
        self.sketch.show_shapes(self.surface.map.m_px, line=line, closed=True, dashed=True)
        self.show_card(at)

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
        sites = ground.find_sites_in(area)
        painting.put(sites=sites, spots=() if sites else ground.find_free_blocks_in(area))

    def _area(self) -> BaseGeometry | None:
        corners = self.outline()
        if len(corners) < 3:
            return None
        frame = self.surface.map.frame
        area = Polygon([frame.to_project_m(corner) for corner in corners])
        return area if area.is_valid else _fill_loops(area)


class BoxTool(_AreaTool):
    """A rectangle from corner to corner."""

    nothing = "The box is empty; draw it around schools, or around blocks without one."

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

    nothing = "The lasso is empty; draw it around schools, or around blocks without one."

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
