"""One press of the left button: a click, a drag of a site, or a pan of the map."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from zoneplanner.domain.plans.edits import put_pin
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.errors import UserError
from zoneplanner.ui.map.scene.markers import PinItem
from zoneplanner.ui.map.tools.tool import MapSurface, MapTool


@dataclass(frozen=True, slots=True)
class PressHandlers:
    """What the pointer's gestures do. ``lift`` tells whether the site may be dragged."""

    lift: Callable[[str], bool]
    carry: Callable[[QPoint], None]
    drop: Callable[[QPoint], None]
    put_back: Callable[[], None]
    pan: Callable[[QPoint], None]
    click: Callable[[QPoint, str | None], None]


class _PressTracker:
    """Follows one press from down to up."""

    def __init__(self, doing: PressHandlers) -> None:
        self._doing = doing
        self._start: QPoint | None = None
        self._last = QPoint()
        self._site: str | None = None
        self.carrying: str | None = None
        self.panning = False

    def press(self, at: QPoint, site: str | None, *, pan_only: bool) -> None:
        """Begin; on a site it may become a drag, else a pan."""
        self._start, self._last = at, at
        self._site = None if pan_only else site
        self.carrying, self.panning = None, pan_only

    def move(self, at: QPoint) -> None:
        """Go on; a press that hardly moves stays a click."""
        if self._start is None:
            return
        if not self.carrying and not self.panning:
            if (at - self._start).manhattanLength() < QApplication.startDragDistance():
                return
            self._begin()
        if self.carrying:
            self._doing.carry(at)
        elif self.panning:
            self._doing.pan(self._last - at)
        self._last = at

    def release(self, at: QPoint) -> None:
        """End with a drop, a pan or a click."""
        if self._start is None:
            return
        carrying, panning, site = self.carrying, self.panning, self._site
        self._end()
        if carrying:
            self._doing.drop(at)
        elif not panning:
            self._doing.click(at, site)

    def cancel(self) -> bool:
        """Give a drag up; tell whether there was one."""
        carrying = self.carrying is not None
        self._end()
        if carrying:
            self._doing.put_back()
        return carrying

    def _begin(self) -> None:
        if self._site is None:
            self.panning = True
        elif self._doing.lift(self._site):
            self.carrying = self._site
        else:
            self._end()

    def _end(self) -> None:
        self._start, self._site, self.carrying, self.panning = None, None, None, False


class _NoteDrag:
    """One drag of a note at a time: its flag follows the pointer."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._pin: Pin | None = None
        self._grip = QPointF()

    @property
    def active(self) -> bool:
        """True while a note is carried."""
        return self._pin is not None

    @property
    def overtaken(self) -> bool:
        """True where the note changed under the drag."""
        plan, held = self._surface.session.plan, self._pin
        return held is not None and (plan is None or plan.pins.get(held.uid) is not held)

    def grip(self, held: Pin, at: QPoint) -> None:
        """Take a note by this place of its flag."""
        foot = self._surface.map.frame.to_scene_point(held.x_m, held.y_m)
        self._grip = foot - self._surface.mapToScene(at)

    def lift(self, uid: str) -> bool:
        """Take a note up."""
        plan = self._surface.session.plan
        self._pin = plan.pins.get(uid) if plan is not None else None
        self._surface.overlays.card.hide()
        return self._pin is not None

    def carry(self, at: QPoint) -> None:
        """Let the flag follow the pointer, held where it was taken."""
        item, point = self._item(), self._surface.mapToScene(at)
        if item is not None:
            item.setPos(point + self._grip)
            self._surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)

    def drop(self, at: QPoint) -> None:
        """Keep the note where it is let go, as one step."""
        held, item, plan = self._pin, self._item(), self._surface.session.plan
        if held is None or item is None or plan is None:
            self.put_back()
            return
        x_m, y_m = self._surface.map.frame.to_project_m(item.pos())
        self.put_back()
        there = replace(held, x_m=x_m, y_m=y_m)
        try:
            self._surface.session.apply(
                "Move a note", lambda project: put_pin(project, plan.uid, there)
            )
        except UserError as error:
            self._surface.refused.emit(error.notice)

    def put_back(self) -> None:
        """Leave the note where it was."""
        item, held = self._item(), self._pin
        self._pin = None
        if item is not None and held is not None:
            item.setPos(self._surface.map.frame.to_scene_point(held.x_m, held.y_m))

    def _item(self) -> PinItem | None:
        return self._surface.map.pins.get(self._pin.uid) if self._pin is not None else None


class DragTool(MapTool):
    """A tool whose drag begins on a site, or on a note, which goes to another place.

    ``over_site`` is the pointer above a site.
    """

    cursor = Qt.CursorShape.ArrowCursor
    over_site = Qt.CursorShape.PointingHandCursor

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._pins = _NoteDrag(surface)
        self._by_site = self._pointer = _PressTracker(self.doing())
        self._by_pin = _PressTracker(
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
    def is_stale(self) -> bool:
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
