"""What the tools share that carry a site: a drag of the ground pans, a click selects."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.canvas.tools.pointer import Doing, Pointer
from zoneplanner.ui.canvas.tools.tool import Surface, Tool


class Dragging(Tool):
    """A tool whose drag begins on a site; ``over_site`` is the pointer above one."""

    cursor = Qt.CursorShape.ArrowCursor
    over_site = Qt.CursorShape.PointingHandCursor

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._pointer = Pointer(self.doing())

    def doing(self) -> Doing:
        """Return what lifting, carrying and dropping a site do."""
        raise NotImplementedError

    def press(self, at: QPoint) -> None:
        """Begin a click, a drag or a pan."""
        self._pointer.press(at, self.surface.site_at(at), pan_only=False)

    def move(self, at: QPoint) -> None:
        """Carry or pan."""
        self._pointer.move(at)

    def release(self, at: QPoint) -> None:
        """Drop, or select."""
        self._pointer.release(at)

    def double(self, at: QPoint) -> bool:
        """Leave a double click to the map's zoom."""
        return False

    def hover(self, at: QPoint) -> None:
        """Point at sites."""
        site = self.surface.hover_site(at)
        self.surface.viewport().setCursor(self.cursor if site is None else self.over_site)

    def cancel(self) -> bool:
        """Put back what is carried."""
        return self._pointer.cancel()

    def pan(self, by: QPoint) -> None:
        """Take the map along."""
        self.surface.pan(by)

    def click(self, at: QPoint, site: str | None) -> None:
        """Select."""
        self.surface.click(at, site)
