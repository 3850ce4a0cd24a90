"""A note carried to another place of its plan."""

from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, Qt

from zoneplanner.domain.edits import put_pin
from zoneplanner.domain.plan import Pin
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.pins import PinItem
from zoneplanner.ui.canvas.tools.tool import MapSurface


class NoteDrag:
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
        foot = self._surface.map.frame.point(held.x_m, held.y_m)
        self._grip = foot - self._surface.mapToScene(at)

    def lift(self, uid: str) -> bool:
        """Take a note up."""
        plan = self._surface.session.plan
        self._pin = plan.pins.get(uid) if plan is not None else None
        self._surface.furniture.card.hide()
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
        x_m, y_m = self._surface.map.frame.metres(item.pos())
        self.put_back()
        there = replace(held, x_m=x_m, y_m=y_m)
        try:
            self._surface.session.apply(
                "Move a note", lambda project: put_pin(project, plan.uid, there)
            )
        except UserError as error:
            self._surface.refused.emit(error.said)

    def put_back(self) -> None:
        """Leave the note where it was."""
        item, held = self._item(), self._pin
        self._pin = None
        if item is not None and held is not None:
            item.setPos(self._surface.map.frame.point(held.x_m, held.y_m))

    def _item(self) -> PinItem | None:
        return self._surface.map.pins.get(self._pin.uid) if self._pin is not None else None
