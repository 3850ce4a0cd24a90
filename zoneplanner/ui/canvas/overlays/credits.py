"""One small line that says who made the layers and of when they are."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.theme import Theme

BUNDLED = "Schools: CDE 2026 · Lines: US Census 2010–2021 · Blocks: Sacramento County 2016"
BUNDLED_LAYERS = frozenset({"county", "district", "arterial"})


class Credits(QWidget):
    """The sources of what is on the map; it lets every click through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = theme
        self._text = ""

    def set_theme(self, theme: Theme) -> None:
        """Write in other colours."""
        self._theme = theme
        self.update()

    def set_project(self, project: Project) -> None:
        """Name the sources of a project's layers; without bundled layers there is no line."""
        layers = {feature.layer for feature in project.features}
        self._text = BUNDLED if layers >= BUNDLED_LAYERS else ""
        metrics = QFontMetrics(_font())
        self.resize(metrics.horizontalAdvance(self._text) + 8, metrics.height() + 4)
        self.setAccessibleName(self._text)
        self.setVisible(bool(self._text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the line on a veil of the map's own ground."""
        painter = QPainter(self)
        try:
            ground = QColor(self._theme.land)
            ground.setAlphaF(0.85)
            painter.fillRect(self.rect(), ground)
            painter.setFont(_font())
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        finally:
            painter.end()


def _font() -> QFont:
    font = QFont()
    font.setPixelSize(10)
    return font
