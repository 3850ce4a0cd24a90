"""A panel that is brought up to date when it is seen, and at no other time."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget


class LazyPanel(QWidget):
    """Connect signals to ``renew``; ``refresh`` runs at once while shown, else when next shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stale = True

    def refresh(self) -> None:
        """Read anew what the panel shows."""
        raise NotImplementedError

    def renew(self) -> None:
        """Something changed that the panel shows."""
        self._stale = True
        if self.isVisible():
            self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed meanwhile."""
        if self._stale:
            self._read()
        super().showEvent(event)

    def _read(self) -> None:
        self._stale = False
        self.refresh()
