"""The docks at the left and the right: where both leave the map too little room, one folds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

MIN_MAP_WIDTH_PX = 520
_OTHER = {"left": "right", "right": "left"}


class SideDocks(QObject):
    """Keeps the middle of a window at least ``LEAST_MIDDLE_PX`` wide.

    Of two docks the one that was opened last stays. What was folded for want of room comes back
    when the window grows.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._latest, self._folded = "left", ""
        self._busy = False
        for name in _OTHER:
            docks[name].visibilityChanged.connect(partial(self._follow, name))

    @contextmanager
    def unfolded(self) -> Iterator[None]:
        """Show what is folded for want of room, as while the places of the docks are read."""
        with self._alone():
            if self._folded:
                self._docks[self._folded].show()
        yield
        self.fit()

    def lay_out(self, arrange: Callable[[], object]) -> None:
        """Lay a workspace out, then fold what has no room: the left dock goes first."""
        with self._alone():
            arrange()
        self._latest, self._folded = "left", ""
        self.fit()

    def fit(self) -> None:
        """Fold a dock where there is no room for both, and bring it back where there is."""
        with self._alone():
            away = _OTHER[self._latest]
            if (
                self._window.width() - sum(map(_least_px, map(self._docks.__getitem__, _OTHER)))
                < MIN_MAP_WIDTH_PX
            ):
                if len(self._shown()) == len(_OTHER):
                    self._docks[away].hide()
                    self._folded = away
            elif self._folded:
                self._docks[self._folded].show()
                self._folded = ""
        self._narrow()

    def _narrow(self) -> None:
        """Make the docks as narrow as they can be where the middle is narrower than it is to be."""
        shown = self._shown()
        if self._window.width() - sum(dock.width() for dock in shown) < MIN_MAP_WIDTH_PX:
            least = [_least_px(dock) for dock in shown]
            self._window.resizeDocks(shown, least, Qt.Orientation.Horizontal)

    def _shown(self) -> list[QDockWidget]:
        return [self._docks[name] for name in _OTHER if not self._docks[name].isHidden()]

    def _follow(self, name: str, visible: bool) -> None:
        """Take a dock that a person opened for the one that is wanted."""
        if self._busy or not visible or self._docks[name].isHidden():
            return
        self._latest, self._folded = name, ""
        self.fit()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before


def _least_px(dock: QDockWidget) -> int:
    return max(dock.minimumWidth(), dock.minimumSizeHint().width())
