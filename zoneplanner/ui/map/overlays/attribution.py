"""One small line that says who made the layers and of when they are."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_layers import format_credit_line
from zoneplanner.domain.geography.map_edits import list_user_layers
from zoneplanner.ui.map.overlays.painted_overlay import PaintedOverlay
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme, make_micro_font

_PARTED = " · "
_SHARE_OF_WIDTH = 0.6


class Attribution(PaintedOverlay):
    """The sources of what is on the map; it lets every click through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._text = self._lines = ""
        self._known: tuple[object, ...] = ()

    def show_sources(self, scene: MapScene) -> None:
        """Name the makers of the layers that a map shows, and of its web tiles, if any."""
        project, look, tiles = scene.reading.saved_project, scene.arrangement, scene.tiles.credit
        rows = look.rows([layer.id for layer in list_user_layers(project)])
        shown = frozenset(filter(look.shows, rows))
        known = (id(project.features), id(project.layers), id(project.basemap), shown, tiles)
        if known == self._known:
            return
        self._known, self._project = known, project  # what is kept is not made anew at its place
        self._text = format_credit_line(project, shown, tiles)
        self.setAccessibleName(self._text)
        self.setVisible(bool(self._text))
        self.update()

    def fit(self, width_px: int) -> None:
        """Break the line where it would take more than its share of the map's width."""
        metrics = QFontMetrics(make_micro_font())
        lines = [""]
        for part in self._text.split(_PARTED):
            longer = f"{lines[-1]}{_PARTED}{part}" if lines[-1] else part
            if metrics.horizontalAdvance(longer) > width_px * _SHARE_OF_WIDTH and lines[-1]:
                lines.append(part)
            else:
                lines[-1] = longer
        self._lines = "\n".join(lines)
        widest = max(metrics.horizontalAdvance(line) for line in lines)
        self.resize(widest + 8, metrics.lineSpacing() * len(lines) + 4)

    def draw(self, painter: QPainter) -> None:
        """Write the line on a veil of the map's own ground."""
        painter.fillRect(self.rect(), fade_color(self._theme.land, 0.85))
        painter.setFont(make_micro_font())
        painter.setPen(QColor(self._theme.muted))
        room = self.rect().adjusted(4, 2, -4, -2)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, self._lines)
