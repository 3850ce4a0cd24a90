"""A site carried over the map: what is under it stands out, what it may not go to steps back."""

from PySide6.QtCore import QPoint, QPointF, Qt

from zoneplanner.errors import UserError
from zoneplanner.ui.map.edit_gestures import MoveSiteGesture
from zoneplanner.ui.map.scene.map_scene import find_zone_at
from zoneplanner.ui.map.scene.zones import DIMMED_ZONE, TARGET_ZONE
from zoneplanner.ui.map.tools.drag_tool import DragTool, PressHandlers
from zoneplanner.ui.map.tools.rubber_band import DragSymbol
from zoneplanner.ui.map.tools.tool import MapSurface


class _SiteDrag:
    """One drag of a site at a time."""

    def __init__(self, surface: MapSurface) -> None:
        self._surface = surface
        self._move: MoveSiteGesture | None = None
        self._ghost: DragSymbol | None = None

    def lift(self, site: str) -> bool:
        """Take a site up; tell whether it may be moved at all."""
        try:
            move = MoveSiteGesture(self._surface.session, site)
        except UserError as error:
            self._surface.refused.emit(error.notice)
            return False
        self._move = move
        scene = self._surface.map
        start = scene.frame.to_scene_point(move.site.x_m, move.site.y_m)
        self._ghost = DragSymbol(start, self._surface.theme.selected)
        scene.addItem(self._ghost)
        return True

    def carry(self, at: QPoint) -> None:
        """Follow the pointer; the loads change when it comes over another zone."""
        move, scene = self._move, self._surface.map
        if move is None or self._ghost is None:
            return
        point = self._surface.mapToScene(at)
        zone = self._zone_under(point)
        if move.preview_target(zone):
            self._surface.gesture_text.emit(move.text())
        item = scene.sites[move.site.id]
        self._ghost.show_at(point, item.look, scene.render_symbol(item.look), scene.m_px)
        self._show_states(zone)
        self._tell(zone, at)

    def drop(self, at: QPoint) -> None:
        """Keep the move, or say why it is not possible."""
        move = self._move
        if move is None:
            return
        zone = self._zone_under(self._surface.mapToScene(at))
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
    def overtaken(self) -> bool:
        """True where the project changed under the gesture by another hand."""
        return self._move is not None and self._move.start is not self._surface.session.state

    def put_back(self) -> None:
        """Leave everything as it was."""
        move = self._move
        self._end()
        if move is not None:
            move.cancel()

    def _zone_under(self, point: QPointF) -> str | None:
        """Return the zone of the plan as it was when the site was taken up."""
        if self._move is None:
            return None
        return find_zone_at(self._move.start, *self._surface.map.frame.to_project_m(point))

    def _show_states(self, zone: str | None) -> None:
        move = self._move
        if move is None:
            return
        states = dict.fromkeys(move.refusals, DIMMED_ZONE)
        if zone is not None and zone not in states and zone != move.home:
            states[zone] = TARGET_ZONE
        self._surface.map.set_states(states)

    def _tell(self, zone: str | None, at: QPoint) -> None:
        move, card = self._move, self._surface.overlays.card
        if move is None:
            return
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
        if self._ghost is not None:
            self._surface.map.remove_tool_item(self._ghost)
        self._move, self._ghost = None, None
        self._surface.map.set_states({})
        self._surface.overlays.card.hide()
        self._surface.gesture_text.emit("")


class SelectTool(DragTool):
    """The tool that is in hand at first."""

    def __init__(self, surface: MapSurface) -> None:
        self.carrying = _SiteDrag(surface)
        super().__init__(surface)

    def doing(self) -> PressHandlers:
        """Carry a site to another zone."""
        return PressHandlers(
            lift=self.carrying.lift,
            carry=self.carrying.carry,
            drop=self.carrying.drop,
            put_back=self.carrying.put_back,
            pan=self.pan,
            click=self.click,
        )

    @property
    def site_lifted(self) -> bool:
        """True while a site is carried."""
        return self.carrying.active

    @property
    def site_overtaken(self) -> bool:
        """True where the project changed under the drag."""
        return self.carrying.overtaken
