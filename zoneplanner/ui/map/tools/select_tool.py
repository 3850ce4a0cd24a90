"""The select tool: click a site to select it, drag it to another zone."""

from PySide6.QtCore import QPoint, Qt

from zoneplanner.errors import UserError
from zoneplanner.ui.map.edit_gestures import MoveSiteGesture
from zoneplanner.ui.map.scene.map_scene import find_zone_at
from zoneplanner.ui.map.scene.zones import DIMMED_ZONE, TARGET_ZONE
from zoneplanner.ui.map.tools.drag_tool import Drag, DragTool, SymbolDrag
from zoneplanner.ui.map.tools.tool import MapSurface


class _SiteDrag(SymbolDrag):
    """One drag of a site at a time."""

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self._move: MoveSiteGesture | None = None

    def lift(self, key: str) -> bool:
        """Take a site up; tell whether it may be moved at all."""
        try:
            move = MoveSiteGesture(self._surface.session, key)
        except UserError as error:
            self._surface.refused.emit(error.notice)
            return False
        self._move = move
        self.raise_symbol(move.site)
        return True

    def carry(self, at: QPoint) -> None:
        """Follow the pointer; the loads change when it comes over another zone."""
        move = self._move
        if move is None:
            return
        zone = self._zone_under(at)
        if move.preview_target(zone):
            self._surface.gesture_text.emit(move.text())
        self.move_symbol(move.site, at)
        states = dict.fromkeys(move.refusals, DIMMED_ZONE)
        if zone is not None and zone not in states and zone != move.home:
            states[zone] = TARGET_ZONE
        self._surface.map.set_states(states)
        self._show_card(move, zone, at)

    def drop(self, at: QPoint) -> None:
        """Keep the move, or say why it is not possible."""
        move = self._move
        if move is None:
            return
        zone = self._zone_under(at)
        refusal: str | UserError | None = move.refusals.get(zone or "")
        self._end()
        try:
            move.drop()
        except UserError as error:
            refusal = error.notice
        if refusal is not None:
            self._surface.refused.emit(refusal)
        elif zone is None:
            self._surface.refused.emit(
                f"There is no zone there; drop {move.name} on a zone of the map."
            )

    @property
    def active(self) -> bool:
        """True while a site is carried."""
        return self._move is not None

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the gesture by another hand."""
        return self._move is not None and self._move.start is not self._surface.session.state

    def put_back(self) -> None:
        """Leave everything as it was."""
        move = self._move
        self._end()
        if move is not None:
            move.cancel()

    def _zone_under(self, at: QPoint) -> str | None:
        """Return the zone of the plan as it was when the site was taken up."""
        if self._move is None:
            return None
        point = self._surface.mapToScene(at)
        return find_zone_at(self._move.start, *self._surface.map.frame.to_project_m(point))

    def _show_card(self, move: MoveSiteGesture, zone: str | None, at: QPoint) -> None:
        card = self._surface.overlays.card
        barred = zone is None or zone in move.refusals
        shape = Qt.CursorShape.ForbiddenCursor if barred else Qt.CursorShape.DragMoveCursor
        self._surface.viewport().setCursor(shape)
        if zone is None:
            card.show_refusal(move.name, "No zone here.", at)
        elif zone in move.refusals:
            card.show_refusal(f"{move.name} → {zone}", move.refusals[zone], at)
        elif zone == move.home:
            card.show_site(move.name, [f"Stays in {zone}"], at)
        else:
            card.show_move(f"{move.name} → {zone}", move.changes(), move.warnings(), at)

    def _end(self) -> None:
        self._move = None
        self.remove_symbol()
        self._surface.map.set_states({})
        self._surface.gesture_text.emit("")


class SelectTool(DragTool):
    """The tool that is in hand at first."""

    def make_site_drag(self) -> Drag:
        """Carry a site to another zone."""
        return _SiteDrag(self.surface)
