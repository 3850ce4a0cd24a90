"""Tools that take one point: pin a note, add a planned site."""

from PySide6.QtCore import QPoint, Qt
from shapely.geometry import Point

from zoneplanner.ui.map.tools.drag_tool import DragTool
from zoneplanner.ui.map.tools.tool import MapTool


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
