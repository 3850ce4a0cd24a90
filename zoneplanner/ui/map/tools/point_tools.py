"""The tools that pin a note, add a planned site, and measure lengths and areas."""

import shapely
from PySide6.QtCore import QPoint, QPointF, Qt
from shapely.geometry import Point

from zoneplanner.messages import Message
from zoneplanner.ui.map.tools.tool import DragTool, MapSurface, MapTool


class NoteTool(DragTool):
    """A click requests a new note, or shows the note that was clicked."""

    cursor = Qt.CursorShape.PointingHandCursor

    def draggable_site_at(self, at: QPoint) -> str | None:
        """Return no site, so that a drag pans."""
        return None

    def click(self, at: QPoint, site: str | None) -> None:
        """Request a note here, or open the one under the pointer."""
        surface = self.surface
        pin = surface.map.pin_at(self.point(at))
        if pin is not None:
            surface.note_opened.emit(pin)
        elif surface.session.plan is None:
            surface.gesture_refused.emit(Message("no_plan.note"))
        else:
            surface.note_requested.emit(*self.meters(at))


class PlannedSiteTool(MapTool):
    """A click requests a planned site at its position."""

    cursor = Qt.CursorShape.CrossCursor

    def hover(self, at: QPoint) -> None:
        """Show in which jurisdiction a site would be."""
        self.surface.overlays.card.show_site("A planned site", self._describe_position(at), at)

    def clear_feedback(self) -> None:
        """Hide the card."""
        self.surface.overlays.card.hide()

    def release(self, at: QPoint) -> None:
        """Request a planned site here."""
        surface = self.surface
        if surface.session.plan is None:
            surface.gesture_refused.emit(Message("no_plan.what_if"))
        else:
            surface.planned_site_requested.emit(*self.meters(at))

    def double_click(self, at: QPoint) -> bool:
        """Ignore the second click, so that it does not zoom."""
        return True

    def _describe_position(self, at: QPoint) -> list[str]:
        point = Point(*self.meters(at))
        areas = self.surface.session.project.jurisdictions.values()
        home = next((each for each in areas if each.area.covers(point)), None)
        if home is None:
            return ["In no known jurisdiction"]
        line_m = min(point.distance(each.area.boundary) for each in areas)
        return [f"In {home.name}", f"{self.surface.session.formats.length(line_m)} from a boundary"]


class MeasureTool(MapTool):
    """Click corner by corner; a double click or Enter ends, Esc clears."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.corners: list[QPointF] = []
        self._is_open = False

    @property
    def active(self) -> bool:
        """Whether a measurement is shown."""
        return bool(self.corners)

    def press(self, at: QPoint) -> None:
        """Add a corner; after the end of a line, begin another one."""
        if not self._is_open:
            self.corners = []
        self._is_open = True
        self.corners.append(self.point(at))
        self._show(at)

    def move(self, at: QPoint) -> None:
        """Extend the line to the pointer."""
        self._show(at)

    def hover(self, at: QPoint) -> None:
        """Extend the line to the pointer until it is finished."""
        if self._is_open:
            self._show(at)

    def double_click(self, at: QPoint) -> bool:
        """Finish the line."""
        return self.finish_line() or True

    def finish_line(self) -> bool:
        """Finish the line; its measurements stay until Esc or the next corner."""
        was_open, self._is_open = self._is_open, False
        if was_open:
            self._draw(self.corners)
        return was_open

    def clear_feedback(self) -> None:
        """Clear the line."""
        self.cancel()

    def cancel(self) -> bool:
        """Clear the line."""
        was_active = self.active
        self.corners, self._is_open = [], False
        self.surface.overlays.card.hide()
        self.surface.gesture_text.emit("")
        self.remove_sketch()
        return was_active

    @property
    def text(self) -> str:
        """The measurements so far."""
        return "; ".join(self._format_measurements(self.corners))

    def _show(self, at: QPoint) -> None:
        points = [*self.corners, self.point(at)]
        self._draw(points)
        rows = self._format_measurements(points)
        hint = "Double-click to finish, Esc to clear."
        self.surface.overlays.card.show_site(rows[0], [*rows[1:], hint], at)
        self.surface.gesture_text.emit("; ".join(rows))

    def _draw(self, points: list[QPointF]) -> None:
        closed = len(points) > 3
        self.sketch.show_shapes(self.surface.map.m_px, line=points, closed=closed, dots=True)

    def _format_measurements(self, points: list[QPointF]) -> list[str]:
        places = [self.surface.map.frame.to_project_m(point) for point in points]
        formats = self.surface.session.formats
        rows = [formats.length(shapely.LineString(places).length if len(places) > 1 else 0.0)]
        if len(places) > 2:
            rows.append(f"Last leg {formats.length(shapely.LineString(places[-2:]).length)}")
            rows.append(f"Inside {formats.area(shapely.Polygon(places).area)}")
        return rows
