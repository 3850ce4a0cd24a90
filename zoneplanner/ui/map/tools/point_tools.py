"""Tools that take one point: pin a note, add a planned site.

Lengths and areas on the map.
"""

import shapely
from PySide6.QtCore import QPoint, QPointF, Qt
from shapely.geometry import Point

from zoneplanner.ui.map.tools.tool import DragTool, MapSurface, MapTool


class NoteTool(DragTool):
    """A click asks for the text of a note there, or shows the note that is there."""

    cursor = Qt.CursorShape.PointingHandCursor

    def under(self, at: QPoint) -> str | None:
        """Return no site, so that a drag pans."""
        return None

    def click(self, at: QPoint, site: str | None) -> None:
        """Ask for a note here, or open the one under the pointer."""
        surface = self.surface
        pin = surface.map.pin_at(self.point(at))
        if pin is not None:
            surface.pin_asked.emit(pin)
        elif surface.session.plan is None:
            surface.refused.emit("There is no plan to pin a note to yet; propose zones first.")
        else:
            surface.note_asked.emit(*self.meters(at))


class PlannedSiteTool(MapTool):
    """A click asks for the name of a site that is only planned there."""

    cursor = Qt.CursorShape.CrossCursor

    def hover(self, at: QPoint) -> None:
        """Say where a site would lie."""
        self.surface.overlays.card.show_site("A planned site", self._lies_in(at), at)

    def clear_feedback(self) -> None:
        """Take away what follows the pointer."""
        self.surface.overlays.card.hide()

    def release(self, at: QPoint) -> None:
        """Ask for a site here."""
        surface = self.surface
        if surface.session.plan is None:
            surface.refused.emit("There is no plan for a what-if yet; propose zones first.")
        else:
            surface.planned_asked.emit(*self.meters(at))

    def double(self, at: QPoint) -> bool:
        """A second click asks nothing more, and does not zoom."""
        return True

    def _lies_in(self, at: QPoint) -> list[str]:
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
        self._open = False

    @property
    def active(self) -> bool:
        """True while anything is measured."""
        return bool(self.corners)

    def press(self, at: QPoint) -> None:
        """Set a corner; after the end of a line, the first of the next one."""
        if not self._open:
            self.corners = []
        self._open = True
        self.corners.append(self.point(at))
        self._show(at)

    def move(self, at: QPoint) -> None:
        """Stretch the line to the pointer."""
        self._show(at)

    def hover(self, at: QPoint) -> None:
        """Stretch the line to the pointer while it is open."""
        if self._open:
            self._show(at)

    def double(self, at: QPoint) -> bool:
        """End the line where it is."""
        return self.enter() or True

    def enter(self) -> bool:
        """End the line; what it measured stays until Esc or the next corner."""
        was_open, self._open = self._open, False
        if was_open:
            self._draw(self.corners)
        return was_open

    def clear_feedback(self) -> None:
        """Clear the line, as when another tool is taken."""
        self.cancel()

    def cancel(self) -> bool:
        """Clear the line."""
        had = bool(self.corners)
        self.corners, self._open = [], False
        self.surface.overlays.card.hide()
        self.surface.gesture_text.emit("")
        self.remove_sketch()
        return had

    @property
    def text(self) -> str:
        """What is measured so far."""
        return "; ".join(self._rows(self.corners))

    def _show(self, at: QPoint) -> None:
        points = [*self.corners, self.point(at)]
        self._draw(points)
        rows = self._rows(points)
        hint = "Double-click to finish, Esc to clear."
        self.surface.overlays.card.show_site(rows[0], [*rows[1:], hint], at)
        self.surface.gesture_text.emit("; ".join(rows))

    def _draw(self, points: list[QPointF]) -> None:
        closed = len(points) > 3
        self.sketch.show_shapes(self.surface.map.m_px, line=points, closed=closed, dots=True)

    def _rows(self, points: list[QPointF]) -> list[str]:
        places = [self.surface.map.frame.to_project_m(point) for point in points]
        formats = self.surface.session.formats
        rows = [formats.length(shapely.LineString(places).length if len(places) > 1 else 0.0)]
        if len(places) > 2:
            rows.append(f"Last leg {formats.length(shapely.LineString(places[-2:]).length)}")
            rows.append(f"Inside {formats.area(shapely.Polygon(places).area)}")
        return rows
