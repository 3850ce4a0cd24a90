"""Moves a site to another position; its jurisdiction is decided anew there."""

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QPoint, Qt, QTimer

from zoneplanner.app.session.state import ProjectState, derive_gesture_state
from zoneplanner.domain.geography.jurisdiction import find_jurisdiction
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.map.edit_gestures import (
    compute_zone_changes,
    list_new_problems,
    list_zones_of_move,
    update_piece_counts,
)
from zoneplanner.ui.map.tools.drag_tool import DragTool, PressHandlers
from zoneplanner.ui.map.tools.rubber_band import DragSymbol
from zoneplanner.ui.map.tools.tool import MapSurface

_REST_MS = 40


class RelocateSiteTool(DragTool):
    """A drag of a site puts it elsewhere; a drag of the ground pans, a click selects.

    Cells are laid anew for another position, which takes longer than a frame: symbol and figures
    follow the pointer at once, and map, tables and pieces as soon as the pointer rests.
    """

    over_site = Qt.CursorShape.SizeAllCursor

    def __init__(self, surface: MapSurface) -> None:
        self.site: Site | None = None
        self._start: ProjectState | None = None
        self._ghost: DragSymbol | None = None
        self._at = QPoint()
        self._refusal = ""
        self._rest = QTimer(surface.viewport(), singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._look)
        super().__init__(surface)

    def doing(self) -> PressHandlers:
        """Carry a site to another position."""
        return PressHandlers(
            lift=self._lift,
            carry=self._carry,
            drop=self._drop,
            put_back=self._put_back,
            pan=self.pan,
            click=self.click,
        )

    @property
    def site_lifted(self) -> bool:
        """True while a site is carried."""
        return self.site is not None

    @property
    def site_overtaken(self) -> bool:
        """True where the project changed under the drag."""
        return self.site is not None and self._start is not self.surface.session.state

    def _lift(self, site_id: str) -> bool:
        session, scene = self.surface.session, self.surface.map
        try:
            session.check_present()
        except UserError as error:
            self.surface.refused.emit(error.message)
            return False
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self._start, self._refusal = session.state, ""
        self.site = session.project.site(site_id)
        start = scene.frame.to_scene_point(self.site.x_m, self.site.y_m)
        self._ghost = DragSymbol(start, self.surface.theme.selected)
        scene.addItem(self._ghost)
        return True

    def _carry(self, at: QPoint) -> None:
        if self.site is None or self._ghost is None:
            return
        self._at = at
        scene = self.surface.map
        look = scene.sites[self.site.id].look
        self._ghost.show_at(self.point(at), look, scene.render_symbol(look), scene.m_px)
        self.surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        self._tell()
        self._rest.start()

    def _look(self) -> None:
        """Show what a drop here would do."""
        if self.site is not None:
            self._preview()
            self._tell()

    def _preview(self) -> bool:
        self._refusal = ""
        try:
            self.surface.session.preview(self._moved)
        except UserError as error:
            self._refusal = error.message
            self.surface.session.preview(lambda project: project)
        return not self._refusal

    def _moved(self, project: Project) -> Project:
        assert self.site is not None
        return move_site(project, self.site.id, *self.meters(self._at))

    def _tell(self) -> None:
        """Say at the pointer where the site would lie and what that changes.

        Pieces and warnings are those of the last rest.
        """
        site, start = self.site, self._start
        if site is None or start is None:
            return
        card, rested = self.surface.overlays.card, self.surface.session.state
        rows = self._lies_in(site, *self.meters(self._at))
        try:
            after = derive_gesture_state(self._moved(start.saved_project), start)
        except UserError as error:
            card.show_refusal(site.name, error.message, self._at)
            return
        changes = compute_zone_changes(start, after, list_zones_of_move(start, after, site.id))
        if not changes:
            card.show_site(site.name, rows, self._at)
            return
        notes, more = list_new_problems(start, rested), " · ".join(rows)
        card.show_move(site.name, update_piece_counts(rested, changes), notes, self._at, more=more)

    def _lies_in(self, site: Site, x_m: float, y_m: float) -> list[str]:
        project = self.surface.session.project
        length = self.surface.session.formats.length
        there = replace(site, x_m=x_m, y_m=y_m, decision=None)
        found = find_jurisdiction(there, project.jurisdictions.values())
        away = f"{length(hypot(x_m - site.x_m, y_m - site.y_m))} from where it was"
        if found.jurisdiction is None:
            return ["In no known jurisdiction", away]
        name = project.jurisdictions[found.jurisdiction].name
        return [f"In {name}", f"{length(found.line_m)} from a line", away]

    def _drop(self, at: QPoint) -> None:
        site, session = self.site, self.surface.session
        if site is None:
            return
        self._at = at
        kept = self._preview()
        refusal: str | UserError = self._refusal
        self._end()
        try:
            if kept:
                session.commit_gesture(f"Put {site.name} at another place")
        except UserError as error:
            kept, refusal = False, error.notice
        if not kept:
            session.cancel_gesture()
            self.surface.refused.emit(refusal)
            return
        lies_in = session.state.basis.placements[site.id].jurisdiction
        name = session.project.name_jurisdiction(lies_in)
        zone = session.plan.assignment.get(site.id) if session.plan else None
        where = f" and is in zone {zone}" if zone else ""
        self.surface.notice.emit(f"{site.name} now lies in {name}{where}.")

    def _put_back(self) -> None:
        self._end()
        self.surface.session.cancel_gesture()

    def _end(self) -> None:
        self._rest.stop()
        if self._ghost is not None:
            self.surface.map.remove_tool_item(self._ghost)
        self.site, self._start, self._ghost = None, None, None
        self.surface.overlays.card.hide()
