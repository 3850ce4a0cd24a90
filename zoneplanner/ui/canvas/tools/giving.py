"""What the tools have in common that give sites and blocks to the target zone."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPolygonF
from shiboken6 import isValid

from zoneplanner.analysis.ground import AssignableArea
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.painting import AssignGesture
from zoneplanner.ui.canvas.shapes import build_painter_path
from zoneplanner.ui.canvas.sketch import RubberBand
from zoneplanner.ui.canvas.tools.tool import MapSurface, MapTool
from zoneplanner.ui.canvas.zones import DIMMED_ZONE, TARGET_ZONE

MAX_OUTLINED = 40


class StrokeTool(MapTool):
    """A stroke from press to release, with the card beside the pointer and a sketch on the map."""

    nothing = "There is nothing there."

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.painting: AssignGesture | None = None
        self._sketch: RubberBand | None = None

    @property
    def active(self) -> bool:
        """True in the middle of a stroke."""
        return self.painting is not None

    @property
    def overtaken(self) -> bool:
        """True where the project changed under the stroke."""
        painting = self.painting
        return painting is not None and not painting.standing

    def leave(self) -> None:
        """Take the sketch off the map."""
        if self._sketch is not None:
            self.surface.map.take_off(self._sketch)
            self._sketch = None

    def cancel(self) -> bool:
        """Leave everything as it was before the stroke."""
        painting = self.painting
        self._end()
        if painting is not None:
            painting.cancel()
        return painting is not None

    def begin(self) -> AssignGesture | None:
        """Start a stroke for the target zone; a refusal is told, and None comes back."""
        toolbox = self.surface.toolbox
        try:
            self.painting = AssignGesture(
                self.surface.session, self.surface.ground(), toolbox.target, toolbox.source
            )
        except UserError as error:
            self.surface.refused.emit(error.said)
            return None
        self.surface.map.hover(None)
        barred = dict.fromkeys(self.painting.barred, DIMMED_ZONE)
        self.surface.map.set_states({**barred, self.painting.zone: TARGET_ZONE})
        return self.painting

    def finish(self) -> None:
        """Keep the stroke and tell what it did, or why nothing moves."""
        painting = self.painting
        self._end()
        if painting is None:
            return
        try:
            text = painting.keep()
        except UserError as error:
            self.surface.refused.emit(error.said)
            return
        if painting.stroke.takes:
            self.surface.told.emit(text)
        else:
            self.surface.refused.emit(text or self.nothing)

    def tell(self, at: QPoint) -> None:
        """Show beside the pointer what the stroke does so far."""
        painting, card = self.painting, self.surface.furniture.card
        if painting is None:
            return
        if painting.stroke.takes:
            others = painting.others()
            more = f"Also from {', '.join(others)}." if others else ""
            notes = [text for text in (painting.stays, *painting.warnings()) if text]
            title = f"{painting.name} → {painting.zone}"
            card.show_move(title, painting.changes(), notes, at, more=more)
        elif painting.stays:
            card.show_refusal(f"Nothing goes to {painting.zone}", painting.stays, at)
        else:
            card.hide()
        self.surface.gesture_text.emit(painting.text())

    @property
    def sketch(self) -> RubberBand:
        """What is drawn over the map while the tool is in use."""
        if self._sketch is None or not isValid(self._sketch):
            theme = self.surface.theme
            self._sketch = RubberBand(theme.text, theme.land)
            self.surface.map.addItem(self._sketch)
        return self._sketch

    def outlines(self, spots: Sequence[AssignableArea]) -> list[QPolygonF]:
        """Return the outlines of spots, none where they are too many to be told apart."""
        frame = self.surface.map.frame
        if len(spots) > MAX_OUTLINED:
            return []
        return [
            ring
            for spot in spots
            for ring in build_painter_path(spot.area, frame).toSubpathPolygons()
        ]

    def _end(self) -> None:
        under_way, self.painting = self.painting, None
        if self._sketch is not None and isValid(self._sketch):
            self._sketch.clear()
        if under_way is not None:
            self.surface.map.set_states({})
            self.surface.furniture.card.hide()
            self.surface.gesture_text.emit("")
