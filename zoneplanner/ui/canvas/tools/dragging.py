"""What the tools share that carry a site: a drag of the ground pans, a click selects."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.canvas.tools.pinned import NoteDrag
from zoneplanner.ui.canvas.tools.pointer import PressHandlers, PressTracker
from zoneplanner.ui.canvas.tools.tool import MapSurface, MapTool


class DragTool(MapTool):
    """A tool whose drag begins on a site, or on a note, which goes to another place.

    ``over_site`` is the pointer above a site.
    """

    cursor = Qt.CursorShape.ArrowCursor
    over_site = Qt.CursorShape.PointingHandCursor

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._pins = NoteDrag(surface)
        self._by_site = self._pointer = PressTracker(self.doing())
        self._by_pin = PressTracker(
            PressHandlers(
                lift=self._pins.lift,
                carry=self._pins.carry,
                drop=self._pins.drop,
                put_back=self._pins.put_back,
                pan=self.pan,
                click=self.click,
            )
        )

    def doing(self) -> PressHandlers:
        """Return what lifting, carrying and dropping a site do."""
        raise NotImplementedError

    @property
    def active(self) -> bool:
        """True while a site or a note is carried."""
        return self._pins.active or self.site_lifted

    @property
    def overtaken(self) -> bool:
        """True where what is carried changed under the drag."""
        return self._pins.overtaken or self.site_overtaken

    @property
    def site_lifted(self) -> bool:
        """True while a site is carried."""
        return False

    @property
    def site_overtaken(self) -> bool:
        """True where the project changed under the drag of a site."""
        return False

    def press(self, at: QPoint) -> None:
        """Begin a click, a drag or a pan."""
        pin = self.surface.map.pin_at(self.point(at))
        if pin is None:
            self._pointer = self._by_site
            self._pointer.press(at, self.under(at), pan_only=False)
        else:
            self._pointer = self._by_pin
            self._pins.grip(pin, at)
            self._pointer.press(at, pin.uid, pan_only=False)

    def under(self, at: QPoint) -> str | None:
        """Return the site that a drag from here would carry."""
        return self.surface.site_at(at)

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
        """Point at sites and notes."""
        on_pin = self.surface.map.pin_at(self.point(at)) is not None
        on_site = self.surface.hover_site(at) is not None
        shape = self.over_site if on_site or on_pin else self.cursor
        self.surface.viewport().setCursor(shape)

    def cancel(self) -> bool:
        """Put back what is carried."""
        return self._pointer.cancel()

    def pan(self, by: QPoint) -> None:
        """Take the map along."""
        self.surface.pan(by)

    def click(self, at: QPoint, site: str | None) -> None:
        """Select."""
        self.surface.click(at, site)
