"""The tools that assign sites and blocks to the target zone, by click, brush, box or lasso."""

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
from zoneplanner.messages import Message
from zoneplanner.ui.map.edit_preview import AssignGesture
from zoneplanner.ui.map.scene.drawing import build_painter_path
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, TARGET_ZONE
from zoneplanner.ui.map.tools.tool import MapSurface, MapTool

_MAX_OUTLINED = 40


class _StrokeTool(MapTool):
    """A tool whose gesture is a stroke, with a card at the pointer and a sketch on the map."""

    nothing_found = Message("nothing_there")

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.gesture: AssignGesture | None = None

    @property
    def active(self) -> bool:
        """Whether a stroke is in progress."""
        return self.gesture is not None

    @property
    def is_stale(self) -> bool:
        """Whether something else changed the project since the stroke began."""
        return self.gesture is not None and not self.gesture.is_current

    def clear_feedback(self) -> None:
        """Remove the sketch."""
        self.remove_sketch()

    def cancel(self) -> bool:
        """Restore everything as it was before the stroke."""
        gesture = self.gesture
        self._end()
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def begin(self) -> AssignGesture | None:
        """Start a stroke for the target zone; show why and return None if it is refused."""
        toolbox = self.surface.toolbox
        try:
            self.gesture = AssignGesture(
                self.surface.session, self.surface.land_index(), toolbox.target, toolbox.source
            )
        except UserError as error:
            self.surface.gesture_refused.emit(error.notice)
            return None
        self.surface.map.hover(None)
        barred = dict.fromkeys(self.gesture.barred, DIMMED_ZONE)
        self.surface.map.highlight_zones({**barred, self.gesture.target_zone: TARGET_ZONE})
        return self.gesture

    def finish(self) -> None:
        """Save the stroke and show what it did, or why nothing moves."""
        gesture = self.gesture
        self._end()
        if gesture is None:
            return
        try:
            text = gesture.save()
        except UserError as error:
            self.surface.gesture_refused.emit(error.notice)
            return
        if gesture.stroke.takes:
            self.surface.notice.emit(text)
        else:
            self.surface.gesture_refused.emit(text or self.nothing_found)

    def show_card(self, at: QPoint) -> None:
        """Show at the pointer what the stroke has done so far."""
        gesture, card = self.gesture, self.surface.overlays.card
        if gesture is None:
            return
        if gesture.stroke.takes:
            others = gesture.others()
            more = f"Also from {', '.join(others)}." if others else ""
            notes = [text for text in (gesture.unchanged_text, *gesture.warnings()) if text]
            title = f"{gesture.name} → {gesture.target_zone}"
            card.show_move(title, gesture.changes(), notes, at, more=more)
        elif gesture.unchanged_text:
            card.show_refusal(f"Nothing moves to {gesture.target_zone}", gesture.unchanged_text, at)
        else:
            card.hide()
        self.surface.gesture_text.emit(gesture.text())

    def outlines(self, areas: Sequence[BaseGeometry]) -> list[QPolygonF]:
        """Return the outlines of areas, none if there are too many to distinguish."""
        frame = self.surface.map.frame
        if len(areas) > _MAX_OUTLINED:
            return []
        return [
            ring for area in areas for ring in build_painter_path(area, frame).toSubpathPolygons()
        ]

    def _end(self) -> None:
        if self._sketch is not None and isValid(self._sketch):
            self._sketch.clear()
        if self.gesture is not None:
            self.gesture = None
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
"""How many borders a flood crosses at each size, and its name."""


class AssignTool(_StrokeTool):
    """Assigns the clicked site, or the clicked block without a site; a drag pans the map."""

    cursor = Qt.CursorShape.PointingHandCursor
    nothing_found = Message("nothing_there.click")

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._start: QPoint | None = None
        self._last = QPoint()
        self._panning = False

    def press(self, at: QPoint) -> None:
        """Begin a click."""
        self._start, self._last, self._panning = at, at, False

    def move(self, at: QPoint) -> None:
        """Pan once the pointer has moved away from the press."""
        if self._start is None:
            return
        is_far = (at - self._start).manhattanLength() >= QApplication.startDragDistance()
        if is_far or self._panning:
            self._panning = True
            self.surface.pan(self._last - at)
            self._last = at

    def release(self, at: QPoint) -> None:
        """Assign what was clicked."""
        start, self._start = self._start, None
        if start is None or self._panning:
            return
        gesture = self.begin()
        if gesture is not None:
            self.take_at(gesture, start)
            self.finish()
        self.hover(at)

    def cancel(self) -> bool:
        """Discard the press."""
        pressed, self._start = self._start is not None, None
        return super().cancel() or pressed

    def hover(self, at: QPoint) -> None:
        """Outline the block that a click would assign."""
        site = self.surface.hover_site(at)
        block = None if site is not None else self.block_at(at)
        areas = [block.area] if block is not None else []
        self.sketch.show_shapes(self.surface.map.m_px, areas=self.outlines(areas))

    def take_at(self, gesture: AssignGesture, at: QPoint) -> None:
        """Add the site at a position to the stroke, else the block."""
        site, block = self.surface.site_at(at), self.block_at(at)
        if site is not None:
            gesture.take(sites=[site])
        elif block is not None:
            gesture.take(spots=[block])

    def block_at(self, at: QPoint) -> AssignableArea | None:
        """Return the block at a position."""
        return self.surface.land_index().find_area_at(*self.meters(at))


class FloodTool(AssignTool):
    """Assigns the clicked cell and the cells of its zone within a number of borders."""

    nothing_found = Message("nothing_there.flood")

    def take_at(self, gesture: AssignGesture, at: QPoint) -> None:
        """Add the sites of the cells around a position to the stroke."""
        gesture.take(sites=self._find_flooded_sites(at))

    def hover(self, at: QPoint) -> None:
        """Outline the cells that a click would assign."""
        self.surface.hover_site(at)
        cells = self.surface.land_index().cells
        vertices = sorted({cells.vertex_of[site] for site in self._find_flooded_sites(at)})
        areas = self.outlines([cells.areas[vertex] for vertex in vertices])
        self.sketch.show_shapes(self.surface.map.m_px, areas=areas)

    def _find_flooded_sites(self, at: QPoint) -> tuple[str, ...]:
        plan, ground = self.surface.session.plan, self.surface.land_index()
        site, block = self.surface.site_at(at), self.block_at(at)
        start = ground.cells.vertex_of.get(site or "", block.vertices[0] if block else None)
        if plan is None or start is None:
            return ()
        borders, _ = FLOOD_STEPS[self.surface.toolbox.size - 1]
        return list_flooded_sites(plan, ground, start, borders)


class PickZoneTool(MapTool):
    """Makes the clicked zone the target, then returns to the previous tool."""

    cursor = Qt.CursorShape.PointingHandCursor

    def release(self, at: QPoint) -> None:
        """Make the zone of the clicked site or position the target."""
        zone = self.surface.map.zone_at(self.point(at))
        site, plan = self.surface.site_at(at), self.surface.session.plan
        if site is not None and plan is not None:
            zone = plan.assignment.get(site, zone)
        if zone is None:
            self.surface.gesture_refused.emit(Message("no_zone_there.pick"))
        else:
            self.surface.toolbox.set_picked_target(zone)


_RADII_PX = (0.0, 14.0, 28.0, 56.0, 112.0)
"""The first is a pen that adds only the block under it."""


class BrushTool(_StrokeTool):
    """Assigns every block that the ring touches between press and release, and their sites."""

    nothing_found = Message("nothing_there.brush")
    _last: tuple[float, float] = (0.0, 0.0)

    def press(self, at: QPoint) -> None:
        """Begin a stroke."""
        self._last = self.meters(at)
        if self.begin() is not None:
            self._continue_stroke(at)

    def move(self, at: QPoint) -> None:
        """Add the blocks between here and the last position."""
        if self.gesture is not None:
            self._continue_stroke(at)

    def release(self, at: QPoint) -> None:
        """End the stroke and save it."""
        if self.gesture is not None:
            self._continue_stroke(at)
            self.finish()
            self.hover(at)

    def hover(self, at: QPoint) -> None:
        """Show the brush's ring and the blocks that it would add."""
        self.surface.map.hover(None)
        self.surface.overlays.card.hide()
        here = self.meters(at)
        blocks = self._find_blocks_along(here, here)
        self._show_ring(at, [block for block in blocks if not self._is_in_target(block)])

    def _continue_stroke(self, at: QPoint) -> None:
        if self.gesture is not None:
            here = self.meters(at)
            self.gesture.take(spots=self._find_blocks_along(self._last, here))
            self._last = here
            self._show_ring(at, ())
            self.show_card(at)

    def _find_blocks_along(
        self, start: tuple[float, float], end: tuple[float, float]
    ) -> tuple[AssignableArea, ...]:
        ground = self.surface.land_index()
        reach_m = self._radius_px * self.surface.map.m_px
        path = LineString([start, end])
        if reach_m:
            return ground.find_areas_touching(path.buffer(reach_m, quad_segs=6))
        if start != end:
            return ground.find_areas_touching(path)
        block = ground.find_area_at(*end)
        return (block,) if block is not None else ()

    def _show_ring(self, at: QPoint, blocks: Sequence[AssignableArea]) -> None:
        ring = (self.point(at), max(self._radius_px, 3.0))
        areas = self.outlines([block.area for block in blocks])
        self.sketch.show_shapes(self.surface.map.m_px, areas=areas, ring=ring)

    def _is_in_target(self, block: AssignableArea) -> bool:
        """Whether a block is already in the target zone."""
        plan, target = self.surface.session.plan, self.surface.toolbox.target
        return plan is None or find_spot_zones(plan, self.surface.land_index(), block) == {target}

    @property
    def _radius_px(self) -> float:
        return _RADII_PX[self.surface.toolbox.size - 1]


_STEP_PX = 4


class _AreaTool(_StrokeTool):
    """Assigns the sites inside a drawn line, or if there are none, the blocks inside."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.corners: list[QPointF] = []

    def press(self, at: QPoint) -> None:
        """Begin the line."""
        self.corners = [self.point(at)] if self.begin() is not None else []

    def move(self, at: QPoint) -> None:
        """Extend the line, and show at once what is inside."""
        if self.gesture is None or not self.extend_to(self.point(at)):
            return
        self._take()
        line = self.outline()
        self.sketch.show_shapes(self.surface.map.m_px, line=line, closed=True, dashed=True)
        self.show_card(at)

    def release(self, at: QPoint) -> None:
        """Close the line and assign what is inside."""
        if self.gesture is not None:
            if self.extend_to(self.point(at)):
                self._take()
            self.finish()

    def extend_to(self, to: QPointF) -> bool:
        """Draw to a point; return whether the line changed."""
        raise NotImplementedError

    def outline(self) -> list[QPointF]:
        """Return the corners of the area."""
        raise NotImplementedError

    def _take(self) -> None:
        gesture, ground, area = self.gesture, self.surface.land_index(), self._build_area()
        if gesture is None or area is None:
            return
        sites = ground.find_sites_in(area)
        gesture.replace_with(sites=sites, spots=() if sites else ground.find_free_blocks_in(area))

    def _build_area(self) -> BaseGeometry | None:
        corners = self.outline()
        if len(corners) < 3:
            return None
        frame = self.surface.map.frame
        area = Polygon([frame.to_project_m(corner) for corner in corners])
        return area if area.is_valid else _fill_loops(area)


class BoxTool(_AreaTool):
    """A rectangle from corner to corner."""

    nothing_found = Message("nothing_there.box")

    def extend_to(self, to: QPointF) -> bool:
        """Move the far corner."""
        if self.corners[-1] == to:
            return False
        self.corners = [self.corners[0], to]
        return True

    def outline(self) -> list[QPointF]:
        """Return the four corners."""
        if len(self.corners) < 2:
            return []
        first, last = self.corners
        return [first, QPointF(last.x(), first.y()), last, QPointF(first.x(), last.y())]


class LassoTool(_AreaTool):
    """A freehand line, closed automatically."""

    nothing_found = Message("nothing_there.lasso")

    def extend_to(self, to: QPointF) -> bool:
        """Extend the line once the pointer has moved a few pixels."""
        if (to - self.corners[-1]).manhattanLength() < _STEP_PX * self.surface.map.m_px:
            return False
        self.corners.append(to)
        return True

    def outline(self) -> list[QPointF]:
        """Return the line's points."""
        return self.corners


def _fill_loops(area: Polygon) -> BaseGeometry:
    """Return the area inside all loops of a line that crosses itself."""
    noded = shapely.unary_union(area.exterior)
    return shapely.unary_union(shapely.polygonize([noded]))
