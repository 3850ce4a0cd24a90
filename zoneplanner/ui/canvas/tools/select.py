"""The arrow: a click selects, a drag of a site carries it to a zone, a drag of the ground pans."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.canvas.carrying import Carrying
from zoneplanner.ui.canvas.tools.pointer import Doing, Pointer
from zoneplanner.ui.canvas.tools.tool import Surface, Tool


class Select(Tool):
    """The tool that is in hand at first."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.carrying = Carrying(surface)
        self._pointer = Pointer(
            Doing(
                lift=self.carrying.lift,
                carry=self.carrying.carry,
                drop=self.carrying.drop,
                put_back=self.carrying.put_back,
                pan=self._pan,
                click=self._click,
            )
        )

    @property
    def active(self) -> bool:
        """True while a site is carried."""
        return self.carrying.active

    @property
    def overtaken(self) -> bool:
        """True where the project changed under the drag."""
        return self.carrying.overtaken

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
        shape = Qt.CursorShape.ArrowCursor if site is None else Qt.CursorShape.PointingHandCursor
        self.surface.viewport().setCursor(shape)

    def cancel(self) -> bool:
        """Put back what is carried."""
        return self._pointer.cancel()

    def _pan(self, by: QPoint) -> None:
        self.surface.pan(by)

    def _click(self, at: QPoint, site: str | None) -> None:
        self.surface.click(at, site)
