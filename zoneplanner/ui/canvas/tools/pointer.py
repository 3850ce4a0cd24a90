"""One press of the left button: a click, a drag of a site, or a pan of the map."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class PressHandlers:
    """What the pointer's gestures do. ``lift`` tells whether the site may be dragged."""

    lift: Callable[[str], bool]
    carry: Callable[[QPoint], None]
    drop: Callable[[QPoint], None]
    put_back: Callable[[], None]
    pan: Callable[[QPoint], None]
    click: Callable[[QPoint, str | None], None]


class PressTracker:
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
