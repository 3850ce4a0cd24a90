"""What everything has in common that is painted over a map."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.style.theme import Theme


class PaintedOverlay(QWidget):
    """A widget over a map that is painted by ``draw``; a ``passive`` one lets every click through.

    Overlays are painted by hand because the map is painted under them at every frame of a drag: a
    label or a style sheet takes longer than the map itself.
    """

    def __init__(self, theme: Theme, parent: QWidget, *, passive: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, passive)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the whole of it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Paint with smooth edges, in the pixels of the widget."""
        raise NotImplementedError
