"""Pins a note to a place of the plan."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.canvas.tools.dragging import DragTool
from zoneplanner.ui.canvas.tools.pointer import PressHandlers


class NoteTool(DragTool):
    """A click asks for the text of a note there, or shows the note that is there."""

    cursor = Qt.CursorShape.PointingHandCursor

    def doing(self) -> PressHandlers:
        """Carry no site: what is dragged here is a note, or the map."""
        return PressHandlers(
            lift=lambda _: False,
            carry=lambda _: None,
            drop=lambda _: None,
            put_back=lambda: None,
            pan=self.pan,
            click=self.click,
        )

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
            surface.note_asked.emit(*self.metres(at))
