"""Pins a note to a place of the plan."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.canvas.tools.tool import Tool


class Note(Tool):
    """A click asks for the text of a note there, or shows the note that is there."""

    cursor = Qt.CursorShape.PointingHandCursor

    def release(self, at: QPoint) -> None:
        """Ask for a note here, or open the one under the pointer."""
        surface = self.surface
        pin = surface.map.pin_at(self.point(at))
        if pin is not None:
            surface.pin_asked.emit(pin)
        elif surface.session.plan is None:
            surface.refused.emit("There is no plan to pin a note to yet; propose zones first.")
        else:
            surface.note_asked.emit(*self.metres(at))
